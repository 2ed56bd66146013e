/*
 * Mappings: which endpoint outside stands for one inside, in two hash tables, by either end.
 *
 * A port outside is one mapping's and no other's for its protocol and address (RFC 4787 REQ-3:
 * ports are not overloaded), also where a mapping is for one remote end only.
 */
#ifndef FILTER_NAT_MAP_H
#define FILTER_NAT_MAP_H

#include "core/pool.h"
#include "filter/nat.h"

/*
 * Its remote end is as much of one as the kind of mapping looks at, else 0. Outside all is IPv4: only
 * inside may be IPv6 (NAT64). Of an ICMP query the identifier is the port.
 */
struct nat_map {
	struct nat_map *next_inside, *next_outside; /* in their buckets */
	struct conn *sessions; /* whose source it translates, or that came to it: the newest of a ring */
	uint32_t hairpins;     /* sessions of other mappings that go to it */
	struct ipaddr inside;
	uint32_t outside, remote; /* as ipaddr_to4() says them */
	uint16_t inside_port, outside_port, remote_port;
	uint8_t proto;
};

struct nat_maps {
	struct nat_map **inside, **outside; /* buckets */
	uint32_t size;                      /* of each, a power of two; 0: nothing yet */
	uint32_t count;
	uint64_t key;
	struct rng rng;
	struct pool pool;
};

void nat_maps_init(struct nat_maps *m, struct node *n);
void nat_maps_fini(struct nat_maps *m);

/* The mapping of like's protocol, inside and remote end; of its protocol and outside end. Or NULL. */
struct nat_map *nat_map_by_inside(const struct nat_maps *m, const struct nat_map *like);
struct nat_map *nat_map_by_outside(const struct nat_maps *m, const struct nat_map *like);

/* Puts a copy in; its outside end must be free. It has no connection yet. */
struct nat_map *nat_map_add(struct nat_maps *m, const struct nat_map *map);

/* A connection that needs it, and one less: the last one takes it along. */
void nat_map_join(struct nat_map *map, struct conn *c);
void nat_map_leave(struct nat_maps *m, struct conn *c);

/* A session of another mapping goes to it, and does so no more. */
void nat_map_hairpin(struct nat_map *map, struct conn *c);
void nat_map_unhairpin(struct nat_maps *m, const struct nat_map *like);

/* Takes it out if no connection came to need it. */
void nat_map_reap(struct nat_maps *m, struct nat_map *map);

#endif
