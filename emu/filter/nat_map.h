/*
 * Mappings: which endpoint outside stands for one inside, in two hash tables, by either end.
 *
 * A port outside is one mapping's and no other's for its protocol and address (RFC 4787 REQ-3:
 * ports are not overloaded), also where a mapping is for one remote end only.
 */
#ifndef FILTER_NAT_MAP_H
#define FILTER_NAT_MAP_H

#include "filter/nat.h"

struct nat_endpoint {
	struct ipaddr addr;
	uint16_t port; /* of an ICMP query: its identifier */
};

struct nat_map {
	struct nat_map *next_inside, *next_outside; /* in their buckets */
	struct nat_endpoint inside, outside;
	struct nat_endpoint remote; /* as much of it as the kind of mapping looks at; else zero */
	uint8_t proto;
	uint32_t refs;         /* connections that need it */
	struct conn *sessions; /* whose source it translates, or that came to it; linked by map_next */
};

struct nat_maps {
	struct nat_map **inside, **outside; /* buckets */
	uint32_t size;                      /* of each, a power of two; 0: nothing yet */
	uint32_t count;
	uint64_t key;
	struct rng rng;
	struct nat_map *spare; /* linked by next_inside */
};

void nat_maps_init(struct nat_maps *m, struct node *n);
void nat_maps_fini(struct nat_maps *m);

struct nat_map *nat_map_by_inside(const struct nat_maps *m, uint8_t proto,
				  const struct nat_endpoint *inside,
				  const struct nat_endpoint *remote);
struct nat_map *nat_map_by_outside(const struct nat_maps *m, uint8_t proto,
				   const struct nat_endpoint *outside);

/* Puts a copy in; its outside end must be free. It has no connection yet. */
struct nat_map *nat_map_add(struct nat_maps *m, const struct nat_map *map);

/* A connection that needs it, and one less: the last one takes it along. */
void nat_map_join(struct nat_map *map, struct conn *c);
void nat_map_leave(struct nat_maps *m, struct conn *c);

/* Takes it out if no connection came to need it. */
void nat_map_reap(struct nat_maps *m, struct nat_map *map);

#endif
