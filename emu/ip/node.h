/*
 * A node: a host or a router, what `ip/` knows of it.
 *
 * A node owns its interfaces, addresses, routes (route.h), neighbours (neigh.h), half-assembled
 * datagrams (reassemble.h), path MTUs (pmtu.h) and ICMP rate limits (icmp.h). IPv4 and IPv6 share
 * all of these: an address is a struct ipaddr, a prefix counts its bits in the mapped space, and
 * only headers, ARP/ND and ICMP differ. What a node may never need (reassembly, path MTUs, rate
 * limits, the route cache) is allocated at first use: an idle host costs little.
 *
 * A packet's way through a node, one step a file:
 *
 *     iface.input -> ether.c -> input4.c / input6.c -> local? deliver.c -> registered protocol
 *                                                   -> forward.c -> output.c -> neigh.c -> iface
 *     ip_send (transport) ------------------------------------------> output.c
 *
 * Protocols above register with ip_register(); that is the only way up.
 */
#ifndef IP_NODE_H
#define IP_NODE_H

#include "core/alloc.h"
#include "core/rng.h"
#include "core/world.h"
#include "ip/sysctl.h"
#include "link/iface.h"
#include "wire/ipaddr.h"

struct node;
struct route;
struct fib_node;
struct neigh;
struct arp_watch;
struct ip_hooks;
struct ip_port;

/* What is special about an address, by the names of Linux's IFA_F_*. One without flags is in use for
 * ever, as all are that a host is configured with. */
enum ip_addr_flag {
	IP_ADDR_TENTATIVE = 1 << 0,     /* not in use: others may have it (RFC 4862 5.4) */
	IP_ADDR_DADFAILED = 1 << 1,     /* not in use: another has it */
	IP_ADDR_DEPRECATED = 1 << 2,    /* in use, but for nothing new (RFC 4862 5.5.4) */
	IP_ADDR_DYNAMIC = 1 << 3,       /* its lifetime ends */
	IP_ADDR_MNGTMPADDR = 1 << 4,    /* made of an advertised prefix */
	IP_ADDR_NOPREFIXROUTE = 1 << 5, /* brought no route to its network */
	IP_ADDR_STABLE_PRIVACY = 1 << 6, /* RFC 7217 */
	IP_ADDR_TEMPORARY = 1 << 7,      /* RFC 8981 */
};

/* An address on an interface. */
struct ip_addr {
	struct ip_addr *next;
	struct ipaddr addr;
	struct ipaddr broadcast; /* IPv4 with less than 31 bits: its directed broadcast; else :: */
	uint8_t len;             /* of its network, 0..128 in the mapped space */
	uint8_t flags;           /* enum ip_addr_flag */
};

struct ip_iface {
	struct iface link; /* first: its `input` is ether_input */
	struct node *node;
	struct ip_addr *addrs; /* in the order in which they were added */
	uint32_t reachable_ms[2]; /* this interface's random reachable time, IPv4 and IPv6 */
	struct ip_port *port;     /* port.h; NULL: it is none, or nobody is attached */
	struct arp_watch *watches; /* neigh.h; NULL: nobody looks */
};

static inline struct ip_iface *ip_iface_of(struct iface *i)
{
	return container_of(i, struct ip_iface, link);
}

static inline struct ip_iface *ip_iface_next(const struct ip_iface *i)
{
	return i->link.next ? ip_iface_of(i->link.next) : NULL;
}

/* What a protocol above is told about a datagram that arrived for it, or about one that failed. */
struct ip_info {
	struct ipaddr src, dst;
	struct ip_iface *in; /* NULL: from this node itself */
	uint8_t proto;
	uint8_t ttl; /* as received: TTL or hop limit */
	uint8_t tos; /* or traffic class */
	uint16_t next_off; /* IPv6: offset of the Next Header byte that says proto */
};

struct ip_error {
	struct ipaddr src, dst; /* of the datagram that failed: src is this node */
	uint8_t proto;          /* of that datagram */
	struct ipaddr offender; /* who reported it; this node's own address if it noticed itself */
	int err;                /* errno value that sockets report (Linux: icmp_err_convert) */
	bool hard;              /* ends a connected socket's call even without IP_RECVERR */
	uint8_t type, code;     /* of the ICMP message; of the offender's family */
	uint32_t mtu;           /* next-hop MTU of frag-needed and packet-too-big, else 0 */
	uint8_t ttl;            /* of the ICMP message as it arrived: how far away the offender is */
	const uint8_t *l4;      /* what was quoted of the transport header and data */
	uint32_t l4_len;        /* at least 8, unless the quote was cut (then 0) */
};

/* A protocol above: a row. input consumes the packet (l4 is its transport header); error borrows.
 * For ICMP itself input gets echo replies only, error the failures of echo requests. */
struct ip_proto {
	uint8_t proto;
	void (*input)(struct node *, struct packet *, const struct ip_info *);
	void (*error)(struct node *, const struct ip_error *);
	/* Whether the datagram that an error quotes (all but its meaning is filled in) can have been
	 * sent from here and still be under way; what a stranger may have made up changes no path
	 * MTU (RFC 5927 4.1). NULL: it can. */
	bool (*sent)(struct node *, const struct ip_error *);
	/* Whether somebody here waits for connections to, or has a socket at, that port; may be NULL. */
	bool (*listens)(struct node *, const struct ipaddr *addr, uint16_t port);
};

#define IP_PROTOS 8

struct fib {
	struct fib_node *roots[2]; /* IPv6, IPv4 */
	uint32_t routes;
};

struct neigh_table {
	struct neigh **buckets;
	uint32_t size; /* power of two; 0: nothing yet */
	uint32_t count;
	uint32_t of_family[2]; /* IPv6, IPv4 */
	vtime collected[2];    /* when each family was last looked through for unused entries */
};

struct node {
	struct site site; /* first */
	struct rng rng;
	const struct sysctls *sysctl; /* sysctls_default until node_sysctl_set() */
	struct ip_iface *ifaces;      /* in the order in which they were added */
	struct fib fib;
	struct route_cache *cache;
	uint32_t generation; /* of everything that the cache depends on */
	struct neigh_table neigh;
	struct reassembly *reassembly;
	struct pmtu_table *pmtus;
	struct icmp_limits *icmp_limits;
	struct loopback *loopback;
	const struct ip_proto *protos[IP_PROTOS];
	const struct ip_hooks *hooks; /* hook.h; NULL: none */
	void *filter;    /* filter/'s part */
	void *transport; /* transport/'s part */
	void *host;      /* process/'s part */
	uint32_t iface_count;
	uint16_t ip_id;  /* IPv4 identification of the next datagram that may be fragmented */
	bool up;
	uint64_t forwarded, delivered, originated; /* packets */
};

/* A node without interfaces. The name is copied. */
struct node *node_new(struct world *w, const char *name);
void node_free(struct node *n);

static inline struct world *node_world(const struct node *n)
{
	return n->site.world;
}

static inline vtime node_now(const struct node *n)
{
	return world_now(n->site.world);
}

/* The run is over: what a node still holds, waiting for something, ends as WORLD_END. */
void node_end_run(struct node *n);

/* Down: it takes and sends no packet, and forgets its neighbours and fragments. */
void node_set_up(struct node *n, bool up);

/*
 * Sets a knob by Linux's name. 0, or -1 with a sentence in why.
 */
int node_sysctl_set(struct node *n, const char *name, const char *value, char *why, size_t size);

/* Whether it forwards datagrams of this family. */
bool node_forwards(const struct node *n, bool ipv4);

/* A new interface, up, with an IPv6 link-local address (EUI-64) unless IPv6 is disabled. */
struct ip_iface *node_add_iface(struct node *n, const char *name, struct mac mac);

struct ip_iface *node_iface_find(const struct node *n, const char *name);
struct ip_iface *node_iface_by_index(const struct node *n, uint32_t index);

/* An interface that is down sends and takes nothing; routes over it do not count meanwhile. */
void ip_iface_set_up(struct ip_iface *i, bool up);

/* 
 * Adds an address with the routes that come with it: local, connected, broadcast. len counts bits
 * in the mapped space. -EEXIST if the node has it already.
 */
int ip_addr_add(struct ip_iface *i, const struct ipaddr *addr, uint8_t len);

/*
 * The same with flags, for autoconf/: one that is TENTATIVE is not in use before ip_addr_use(), and
 * NOPREFIXROUTE brings no connected route. *made, if made is not NULL, is the new address.
 */
int ip_addr_add_flags(struct ip_iface *i, const struct ipaddr *addr, uint8_t len, unsigned flags,
		      struct ip_addr **made);
void ip_addr_use(struct ip_iface *i, struct ip_addr *a);

/*
 * Takes an address away with the routes that came with it; a network that another address of the
 * interface shares stays connected. With the last IPv4 address go all IPv4 routes over the
 * interface, as on Linux. What is bound to the address stays bound and can send no more
 * (-EADDRNOTAVAIL). -EADDRNOTAVAIL if the interface does not have it.
 */
int ip_addr_remove(struct ip_iface *i, const struct ipaddr *addr);

/* An interface whose MTU is below 1280 cannot speak IPv6 (RFC 8200 5): it loses the link-local address
 * that it was made with. Before other addresses are added. */
void ip_iface_without_ip6(struct ip_iface *i);

/* The node's own address that is in use, on any interface, or on i if that is not NULL. */
struct ip_addr *node_addr_find(const struct node *n, const struct ip_iface *i,
			       const struct ipaddr *addr);

/*
 * The source address for a destination, leaving through i: RFC 6724's rules as far as they apply
 * (same scope, not deprecated, temporary if use_tempaddr prefers them, longest common prefix, first
 * added), IPv4 alike. NULL if it has none.
 */
const struct ipaddr *ip_source_select(const struct ip_iface *i, const struct ipaddr *dst);

/* Registers a protocol; the row is borrowed. A protocol registers once a node. */
void ip_register(struct node *n, const struct ip_proto *row);
const struct ip_proto *ip_proto_find(const struct node *n, uint8_t proto);

#endif
