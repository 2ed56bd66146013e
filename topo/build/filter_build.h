/* What a scenario wants at a node's hooks, hung there. */
#ifndef TOPO_BUILD_FILTER_BUILD_H
#define TOPO_BUILD_FILTER_BUILD_H

#include "ip/node.h"
#include "topo/scenario.h"

/* After the node has its interfaces. */
bool filter_build(const struct topo_node *t, struct node *n, GError **error);

#endif
