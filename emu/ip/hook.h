/*
 * Hooks: where a packet's way through a node can be watched, changed and ended. The places and
 * their order are those of Linux's netfilter:
 *
 *     ip4_input, ip6_input -> PREROUTING -> route? -> INPUT -> ip_deliver
 *                                                  -> FORWARD -> POSTROUTING -> ip_transmit
 *     ip_send                              -> OUTPUT          -> POSTROUTING -> ip_transmit
 *
 * A hook sees whole datagrams: fragments are put together before PREROUTING, and cut again behind
 * POSTROUTING where they must. l3 and l4 are its headers, proto the transport protocol. What a
 * node sends to itself passes no hook, and neither do ARP and ND.
 *
 * A node without hooks, as most are, pays one branch for each place.
 */
#ifndef IP_HOOK_H
#define IP_HOOK_H

#include "ip/node.h"
#include "wire/icmp6.h"

enum ip_hook { IP_PREROUTING, IP_INPUT, IP_FORWARD, IP_OUTPUT, IP_POSTROUTING, IP_HOOKS };

/*
 * What stands at a node's hooks: a row, made known with node->hooks = &row. pass[] takes the packet
 * and returns the one to go on with; NULL: it has consumed it (dropped it with a reason, or taken
 * it over). in is NULL where the node made the packet, out where it has no way yet.
 */
struct ip_hooks {
	struct packet *(*pass[IP_HOOKS])(struct node *, enum ip_hook, struct packet *,
					 struct ip_iface *in, struct ip_iface *out);
	/* p (borrowed) has passed and cannot go on: as it came in, for the error about it. */
	void (*undo)(struct node *, struct packet *p);
	void (*reset)(struct node *); /* it went down: what was known of what went by is lost */
	void (*address_gone)(struct node *, const struct ipaddr *); /* it is the node's no longer */
	void (*free)(struct node *); /* with the node */
};

static inline struct packet *ip_hook(struct node *n, enum ip_hook at, struct packet *p,
				     struct ip_iface *in, struct ip_iface *out)
{
	return __builtin_expect(n->hooks != NULL, 0) ? n->hooks->pass[at](n, at, p, in, out) : p;
}

/* Neighbour discovery is IPv6's ARP: no hook's business. l4 and proto are set. */
static inline bool ip_is_nd(struct packet *p)
{
	return p->proto == IPPROTO_ICMPV6 && packet_pull(p, p->l4, 1) &&
	       icmp6_is_nd(p->hdr[p->l4]);
}

#endif
