/* `address: slaac` and `ra:`, in a world whose nodes have addresses, links and routes. */
#ifndef TOPO_BUILD_RA_BUILD_H
#define TOPO_BUILD_RA_BUILD_H

#include "topo/internet.h"

struct ra_build;

/* Starts all that there are. False, with *error set, where a prefix is none of its interface's networks. */
bool ra_build_all(struct internet *in, struct ra_build **out, GError **error);
void ra_build_free(struct ra_build *b); /* after the nodes; NULL is fine */

/* A step: the interface advertises that from now on; NULL: no more. */
void ra_build_change(struct internet *in, uint32_t node, uint32_t iface, const struct topo_ra *ra);

#endif
