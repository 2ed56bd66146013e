/*
 * A page of drawings: panels one below the other over one axis of time, as a gnuplot script that
 * carries its data with it. The colours are those of Okabe and Ito, which everyone can tell apart;
 * lines differ in dashes too, for printing.
 */
#ifndef CLI_PLOT_PAGE_H
#define CLI_PLOT_PAGE_H

#include "cli/plot/data.h"

#define PLOT_PANELS 4
#define PLOT_LINES 10

enum plot_style {
	PLOT_LINE,    /* from point to point */
	PLOT_STEPS,   /* holds until the next point */
	PLOT_BINS_OF, /* holds since the point before */
	PLOT_THIN,    /* steps in the background */
	PLOT_DASHED,  /* steps, dashed */
	PLOT_DOTS,    /* many points */
	PLOT_CROSSES, /* points: what was lost or sent again */
	PLOT_TRIANGLES, /* points: time-outs, marks */
};

enum plot_unit { PLOT_COUNT, PLOT_SECONDS, PLOT_BIT_RATE };

struct plot_line {
	const struct plot_curve *curve; /* borrowed; an empty one is not drawn */
	char *title;
	enum plot_style style;
	int colour;                     /* 0 to 7 */
};

struct plot_panel {
	char *label;                    /* without its unit */
	enum plot_unit unit;            /* of the values: 1, s, bit/s */
	double most;                    /* what need not be seen is above; 0: everything is seen */
	struct plot_line lines[PLOT_LINES];
	int count;
};

struct plot_page {
	char *name;                     /* of the files, without suffix */
	char *title, *subtitle;
	struct plot_span span;
	struct plot_panel panels[PLOT_PANELS];
	int count;
};

/* A further panel; returns it. Texts are copied. */
struct plot_panel *page_panel(struct plot_page *p, const char *label, enum plot_unit unit);

/* A further line, unless the curve is empty or the panel is full; points that are to lie on top
 * come last. The title is a format. */
void panel_line(struct plot_panel *p, const struct plot_curve *curve, enum plot_style style,
		int colour, const char *title, ...) G_GNUC_PRINTF(5, 6);

/* Takes panels out in which there is nothing. False: no panel remains. */
bool page_trim(struct plot_page *p);

void page_fini(struct plot_page *p);

/* The script; for each word of `formats` ("svg png") it makes NAME.word. g_free(). */
char *page_script(const struct plot_page *p, const char *formats);

#endif
