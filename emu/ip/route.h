/*
 * Routes: which way a destination lies.
 *
 * One table a node holds both families: prefixes live in the 128-bit mapped space (::ffff:0:0/96
 * is IPv4), so that one path-compressed trie (fib.c) serves both, each family from a root of its
 * own (::/0 is no route for IPv4). It also holds the node's own addresses and broadcasts, as
 * Linux's table `local` does: one lookup says deliver, forward or refuse. Link-local and multicast
 * destinations are not in it: they are decided by the interface.
 *
 * Of several routes with one prefix the one with the lowest metric whose interface is up wins;
 * of those with one metric, which only router advertisements bring, the one of lowest rank.
 * In front of the table stands a small direct-mapped cache by destination, allocated when a node
 * first forwards or sends, and emptied by a generation count; route_lookup() uses it.
 */
#ifndef IP_ROUTE_H
#define IP_ROUTE_H

#include "ip/node.h"

enum route_type {
	ROUTE_UNICAST,
	ROUTE_LOCAL,
	ROUTE_BROADCAST,
	ROUTE_BLACKHOLE,   /* silent */
	ROUTE_UNREACHABLE, /* ICMP host unreachable */
	ROUTE_PROHIBIT,    /* ICMP administratively prohibited */
	ROUTE_NONE,        /* of a cache entry: no route */
};

/* Who made it; what `ip route` shows as proto. */
enum route_proto { ROUTE_KERNEL, ROUTE_STATIC, ROUTE_IGP, ROUTE_DHCP, ROUTE_RA };

/* A place in the trie: inside a route, or a bare fork where two prefixes part (fib.c). */
struct fib_node {
	struct fib_node *child[2]; /* by the bit that follows the first len ones */
	uint8_t len;
	bool fork;
};

/* A route carries its trie node: a host's seven take less than a kilobyte. */
struct route {
	struct fib_node fib; /* fib.c's; idle in all but the first of a prefix */
	struct route *next; /* same prefix, higher metric */
	struct prefix dst;
	uint8_t type, proto;
	uint16_t initcwnd; /* TCP's initial window in segments; 0: its own */
	uint32_t metric;
	uint32_t mtu; /* 0: the interface's */
	uint8_t rank; /* of several with one metric, as advertisements bring them; 0: it stands alone */
	struct ipaddr gateway; /* any: on link */
	struct ip_iface *dev;  /* NULL for blackhole and the like */
};

/* fib.c: the trie alone. Routes are owned by the table and freed with it. */
void fib_init(struct fib *f);
void fib_fini(struct fib *f);
/* Takes r over; false (r still the caller's) if prefix and metric are there already. */
bool fib_add(struct fib *f, struct route *r);
/* The route out of the table, the caller's again; NULL if there is none. */
struct route *fib_remove(struct fib *f, const struct prefix *dst, uint32_t metric);
/* The same for one that is in it. */
void fib_take(struct fib *f, struct route *r);
/* The usable route (its dev up, or no dev) with the longest prefix; NULL if there is none. */
struct route *fib_lookup(const struct fib *f, const struct ipaddr *dst);
/*
 * Every route: IPv4 before IPv6, ascending by prefix, shorter first, then by metric. visit() must
 * not change the table.
 */
void fib_walk(const struct fib *f, void (*visit)(struct route *, void *), void *arg);

/*
 * Adds a route to a node. gateway NULL: on link; dev NULL: found from the gateway, which must be
 * on a connected network. 0, -EEXIST, -ENETUNREACH (gateway not on any connected network).
 */
int route_add(struct node *n, const struct prefix *dst, enum route_type type,
	      const struct ipaddr *gateway, struct ip_iface *dev, uint32_t metric, uint32_t mtu,
	      enum route_proto proto);

/*
 * Takes away the route of that prefix and metric, if its next hop and interface are those (NULL: any).
 * 0 or -ESRCH.
 */
int route_remove(struct node *n, const struct prefix *dst, const struct ipaddr *gateway,
		 const struct ip_iface *dev, uint32_t metric);

/* Takes away all routes of a family over an interface, those to the node's own addresses too. */
void route_remove_dev(struct node *n, const struct ip_iface *dev, bool ipv4);

/* Gives the route of that prefix and metric, which must be there, an initial window for TCP. */
void route_set_initcwnd(struct node *n, const struct prefix *dst, uint32_t metric,
			uint16_t segments);

/* What the cache keeps for a destination. Valid until node->generation changes. */
struct route_entry {
	struct ipaddr dst;
	uint32_t generation;
	uint8_t type;        /* the route's; BROADCAST for the last address of a connected network */
	struct route *route; /* NULL: none */
	struct neigh *neigh; /* next hop's, once known; NULL: not yet */
};

struct route_cache {
	uint32_t mask; /* entries - 1 */
	struct route_entry entries[];
};

/* Never NULL; entry->route may be. Not for link-local or multicast destinations. */
struct route_entry *route_lookup(struct node *n, const struct ipaddr *dst);

/* Routes, addresses, interfaces or neighbours changed. */
static inline void route_cache_flush(struct node *n)
{
	n->generation++;
}

#endif
