/*
 * What stands at a router's hooks (ip/hook.h): connection tracking, firewall, NAT, in the order in
 * which netfilter has them:
 *
 *     PREROUTING    conntrack_in   which connection, or a new one     nat_prerouting   destination
 *     INPUT         firewall       input rules                        conntrack_confirm
 *     FORWARD       firewall       forward rules
 *     OUTPUT        conntrack_in                                      firewall         output rules
 *     POSTROUTING   nat_postrouting   source                          conntrack_confirm
 *
 * A packet passes all of its hooks in one go, so what is known of it (struct filter_pass) is kept
 * here and not in the packet: once for what comes in, once for what the node itself sends, because
 * an ICMP error about a packet is sent in the midst of that packet's way.
 *
 * A connection is confirmed, that is found by others, when its first packet has passed the last
 * hook: one that a rule drops, or that finds no route, leaves nothing behind.
 *
 * A part that the scenario does not ask for is NULL. Firewall and NAT need tracking.
 */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H

#include "filter/conntrack.h"
#include "ip/hook.h"

struct nat;
struct firewall;

struct filter_pass {
	struct conn *conn; /* NULL: not tracked, or invalid */
	uint8_t dir;       /* enum ct_dir: of this packet in conn */
	uint8_t state;     /* enum ct_state: what rules see */
	bool ends;         /* conn ends when it has passed */
};

struct node_filter {
	struct conntrack *conntrack;
	struct nat *nat;
	struct firewall *firewall;
	struct filter_pass in, out;
};

/* Hooks in: what the node has from now on, made at the first call. Freed with the node. */
struct node_filter *filter_attach(struct node *n);

/* A packet that is under way here may hold a connection that ends: not any more. */
static inline void filter_forget(struct node_filter *f, const struct conn *c)
{
	if (f->in.conn == c)
		f->in.conn = NULL;
	if (f->out.conn == c)
		f->out.conn = NULL;
}

/* NULL: nothing stands at this node's hooks. */
static inline struct node_filter *filter_of(const struct node *n)
{
	return n->filter;
}

#endif
