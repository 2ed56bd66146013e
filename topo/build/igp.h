/*
 * Routes that nobody gave, as if an interior gateway protocol had converged.
 *
 * For each router the shortest way (delay, then hops) to every segment is computed on the graph of
 * segments.h, by Dijkstra's algorithm; ties go to what comes first in the scenario. What a router
 * learns is then written down in as few prefixes as say exactly the same: neighbouring networks
 * with one next hop become one. Aggregates cover nothing that does not exist, so an address that
 * nobody has stays unreachable and never loops.
 *
 * A host with one way out has a default route through the nearest router. A host with several
 * ways computes routes like a router, and its default goes the nearest way. Nodes with a gateway
 * or routes of their own get no others, and an interface with `address: slaac` no IPv6 routes.
 */
#ifndef TOPO_BUILD_IGP_H
#define TOPO_BUILD_IGP_H

#include "topo/build/address.h"
#include "topo/internet.h"

/* Adds the routes to the nodes, which have their interfaces and addresses already. */
void igp_converge(struct internet *in, const struct segments *g, const struct addresses *a);

/*
 * Writes prefixes with equal next hops together, in place: sorted, merged where two halves of one
 * prefix have the same `via`, and without those that one around them says already. Returns how
 * many are left. Exposed for its test.
 */
struct igp_prefix {
	struct prefix net;
	uint32_t via; /* whatever identifies a next hop */
};
uint32_t igp_aggregate(struct igp_prefix *p, uint32_t n);

#endif
