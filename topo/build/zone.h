/*
 * Zones: what lies behind a router with NAT. Its inside networks are nobody's business outside: no
 * router beyond it learns an IPv4 route to them, as none does on the real internet; who should be
 * reached from there gets a forwarded port. (IPv6 is not translated, and announced as ever.)
 *
 * A zone is all segments that are reached from the router's inside interfaces without crossing it.
 * A NAT behind a NAT makes a zone within a zone. Where there is a way around the router, from its
 * inside to its outside, it separates nothing and makes no zone.
 */
#ifndef TOPO_BUILD_ZONE_H
#define TOPO_BUILD_ZONE_H

#include "topo/build/segments.h"

struct zones {
	uint32_t *of_segment; /* [n_segments]: the innermost; TOPO_NONE: none */
	uint32_t *parent;     /* [n]: the zone that its router's outside is in; TOPO_NONE: none */
	uint32_t n;
};

struct zones *zones_new(const struct segments *g);
void zones_free(struct zones *z);

/* The zone of a node's network on no link: that of its first linked interface outside. */
uint32_t zones_of_node(const struct zones *z, const struct segments *g, uint32_t node);

/* Whether a node learns of networks in that zone: it is in it, or in one within. */
bool zones_sees(const struct zones *z, const struct segments *g, uint32_t node, uint32_t zone);

#endif
