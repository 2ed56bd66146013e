/*
 * From a direction as the scenario says it (struct topo_dir) to what a link needs (struct
 * link_params). Equal parameters are one struct, shared by all directions that have them.
 */
#ifndef TOPO_BUILD_LINK_BUILD_H
#define TOPO_BUILD_LINK_BUILD_H

#include "link/link.h"
#include "topo/scenario.h"

struct link_build;

struct link_build *link_build_new(void);
void link_build_free(struct link_build *b);

/* back is the delay of the other direction: a queue of one BDP is rate * (there + back). The result
 * lives as long as b. */
const struct link_params *link_build_params(struct link_build *b, const struct topo_dir *dir,
					    vtime back);

/* Copies the members of change whose bits are in change->given. */
void topo_dir_change(struct topo_dir *dir, const struct topo_dir *change);

#endif
