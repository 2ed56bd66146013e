/*
 * Neighbours: which Ethernet address a next hop has (ARP for IPv4, neighbour discovery for IPv6).
 *
 * One table a node and one state machine for both families, with Linux's states and knobs
 * (net.ipv4.neigh.default.*, RFC 4861 7.3.2):
 *
 *     NONE -> INCOMPLETE -> REACHABLE -> STALE -> DELAY -> PROBE -> FAILED
 *
 * While the address is asked for (INCOMPLETE), packets wait in the entry, bounded by
 * unres_qlen_bytes; the oldest goes first. When nobody answers, they end with NEIGH_FAILED and
 * an ICMP host unreachable to their sources. REACHABLE turns STALE by the clock alone, without a
 * timer. What differs by family is in arp.c and nd.c: how to ask, and how answers come in.
 * neigh_table.c keeps the entries, neigh.c is the state machine.
 */
#ifndef IP_NEIGH_H
#define IP_NEIGH_H

#include "ip/node.h"

enum neigh_state {
	NEIGH_NONE,
	NEIGH_INCOMPLETE,
	NEIGH_REACHABLE,
	NEIGH_STALE,
	NEIGH_DELAY,
	NEIGH_PROBE,
	NEIGH_FAILED,
	NEIGH_PERMANENT,
};

struct neigh {
	struct neigh *next; /* in its bucket */
	struct ipaddr addr;
	struct ip_iface *dev;
	struct mac mac;
	uint8_t state;
	uint8_t probes;    /* sent since the state was entered */
	bool router;       /* IPv6: it said so */
	vtime confirmed;   /* last proof that it hears us */
	vtime fresh_until; /* REACHABLE: until when; past, in every other state but PERMANENT */
	vtime used;        /* last packet sent to it */
	vtime updated;     /* last change of state or address */
	struct event timer;
	struct packet *head, *tail; /* waiting; each has its IP header at head */
	uint32_t waiting_bytes;
};

void neigh_table_fini(struct node *n);

/* The run is over: who still waits for an address is dropped (WORLD_END). */
void neigh_end_run(struct node *n);

/* Forgets all (node down) or those behind dev (interface down); waiting packets are dropped. */
void neigh_flush(struct node *n, const struct ip_iface *dev);

struct neigh *neigh_find(const struct node *n, const struct ip_iface *dev,
			 const struct ipaddr *addr);

/* The entry, made if need be; NULL if its family has gc_thresh3 already, even after a clean-up. */
struct neigh *neigh_get(struct node *n, struct ip_iface *dev, const struct ipaddr *addr);

/*
 * Sends an IP packet (consumes it; its IP header is at head) to a neighbour: at once if the
 * address is known, else after it was found out. The fast case is inline in output.c.
 */
void neigh_output(struct node *n, struct neigh *e, struct packet *p);

/* The state by the clock: a REACHABLE entry whose time is over is STALE. */
enum neigh_state neigh_state_now(const struct node *n, struct neigh *e);

/* Whether an entry of that state has a link-layer address. */
static inline bool neigh_knows(enum neigh_state s)
{
	return s != NEIGH_NONE && s != NEIGH_INCOMPLETE && s != NEIGH_FAILED;
}

/* The neighbour answered, or was overheard. */
enum neigh_news {
	NEIGH_ANSWERED,  /* a solicited reply: it is reachable */
	NEIGH_OVERHEARD, /* it spoke (request, unsolicited): the address is known, but stale */
};
void neigh_learn(struct node *n, struct neigh *e, const struct mac *mac, enum neigh_news news,
		 bool override);

/* A protocol above saw progress through this neighbour (MSG_CONFIRM). */
void neigh_confirm(struct node *n, struct neigh *e);

/* In a stable order (by interface, then address): for `ip neigh`. Returns how many were visited. */
uint32_t neigh_walk(struct node *n, void (*visit)(struct neigh *, void *), void *arg);

const char *neigh_state_name(enum neigh_state s); /* "REACHABLE" */

/* Between the two files: an entry's timer, and the first packet that waits in it (NULL: none). */
void neigh_timer_fire(struct event *timer);
struct packet *neigh_take_waiting(struct neigh *e);

/* arp.c: RFC 826. Both consume the packet; p->l3 is the ARP message. */
void arp_input(struct ip_iface *i, struct packet *p);
void arp_solicit(struct node *n, struct neigh *e, bool unicast, const struct packet *why);

/*
 * Looking for somebody else who has an IPv4 address (RFC 5227): hang a watch at the interface, send
 * probes, and after a while see whether `seen` is set. Any ARP message from another station that
 * has the address as its sender's counts, and so does another's probe for it.
 */
struct arp_watch {
	struct arp_watch *next;
	struct ipaddr addr;
	bool seen;
	struct mac by; /* who, if seen */
};

void arp_watch_add(struct ip_iface *i, struct arp_watch *w); /* w is borrowed */
void arp_watch_remove(struct ip_iface *i, struct arp_watch *w);

/* Who has this address? Asked from 0.0.0.0, so that nobody learns it (RFC 5227 2.1.1). */
void arp_probe(struct ip_iface *i, const struct ipaddr *addr);

/* It is ours: whoever has another station for it in its table forgets that (RFC 5227 2.3). */
void arp_announce(struct ip_iface *i, const struct ipaddr *addr);

/* nd.c: RFC 4861; called by icmp6.c with a validated checksum; l4 is the ICMPv6 message. */
void nd_input(struct node *n, struct packet *p, const struct ip_info *info);
void nd_solicit(struct node *n, struct neigh *e, bool unicast, const struct packet *why);

/* Sends a message of neighbour discovery with `len` bytes of options, 1200 at most; the checksum is
 * filled in. src may be ::. */
struct icmp6;
void nd_send(struct ip_iface *i, const struct ipaddr *src, const struct ipaddr *dst,
	     struct icmp6 *m, const void *opts, size_t len);

#endif
