/* What stands on the pages of a run: one a connection, one a direction of a link, and an overview;
 * and on the one page that compares several runs. */
#ifndef CLI_PLOT_DRAW_H
#define CLI_PLOT_DRAW_H

#include "cli/plot/load.h"
#include "cli/plot/page.h"

/* The page borrows the curves; its texts go with page_fini(). False: there is nothing to draw. */
bool draw_tcp(struct plot_page *p, const struct plot_set *set, const struct plot_tcp *t);
bool draw_way(struct plot_page *p, const struct plot_set *set, const struct plot_way *w);
bool draw_overview(struct plot_page *p, const struct plot_set *set);

/* At most PLOT_RUNS, as many as there are colours. */
#define PLOT_RUNS 8
bool draw_compared(struct plot_page *p, const struct plot_set *sets, guint runs);

#endif
