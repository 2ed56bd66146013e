/*
 * NAT: source NAT with port translation on the way out of `outside` interfaces, its reverse on the
 * way in, port forwarding, hairpinning (RFC 4787, 5382, 5508, 7857), and NAT64 (RFC 6146, 7915).
 *
 * Two tables. A mapping ties an endpoint inside to one outside: (inside address and port, and as
 * much of the remote end as the kind of mapping says) -> (outside address and port), one a
 * protocol. A connection (conntrack.h) is a session of a mapping; the mapping lives as long as it
 * has one, and its time-outs are the connections'. What a packet's addresses become is read off
 * the connection alone, as in netfilter: on the way in the destination becomes the source of the
 * other direction's tuple, on the way out the source becomes that tuple's destination.
 *
 * What comes from outside without a connection is looked up among the mappings by its
 * destination, and the kind of filtering says whether its sender may: anyone, an address that was
 * sent to, an address and port that was sent to. What may not is dropped (NAT_FILTERED), but a TCP
 * SYN is held for six seconds before it is answered, in case that the other end opens at the same
 * time (RFC 5382 REQ-4; nat_held.c). Other segments that belong to no mapping are for the router's own
 * TCP, which resets what it does not know: so the peer of a connection that a restarted NAT has forgotten
 * learns of it.
 */
#ifndef FILTER_NAT_H
#define FILTER_NAT_H

#include "filter/filter.h"

/* How much of the remote end a mapping, or a filter, looks at (RFC 4787 4.1, 5). */
enum nat_kind { NAT_ENDPOINT_INDEPENDENT, NAT_ADDRESS_DEPENDENT, NAT_ADDRESS_AND_PORT_DEPENDENT };

/* A forwarded port: what comes for it outside goes inside, whoever sends it. */
struct nat_forward {
	uint8_t proto;          /* IPPROTO_TCP, IPPROTO_UDP */
	struct ipaddr address;  /* outside; any: every outside address */
	uint16_t first, last;   /* ports outside */
	struct ipaddr to;
	uint16_t to_port;       /* of first; the others follow */
};

struct nat_kinds {
	bool said; /* else as those of all protocols */
	enum nat_kind mapping, filtering;
};

struct nat_params {
	enum nat_kind mapping, filtering; /* mapping: the remote address, the remote port too */
	struct nat_kinds udp, tcp; /* of one protocol (RFC 5382 REQ-3 b) */
	bool hairpinning;
	bool port_preservation;   /* the port outside is that inside where it is free */
	bool port_parity;         /* else it is even or odd as that inside is */
	bool paired;              /* of a pool, one inside address always has one outside (REQ-2) */
	uint16_t first_port, last_port;
	const struct ipaddr *pool; /* outside addresses; none: the interface's own */
	uint32_t n_pool;
	const struct nat_forward *forwards;
	uint32_t n_forwards;
	bool has_dmz;
	struct ipaddr dmz;        /* a host inside that gets all that nobody asked for */
	bool has_nat64;
	struct prefix nat64;      /* 64:ff9b::/96, or one of RFC 6052's other lengths */
};

/* params is copied, arrays and all. */
struct nat *nat_new(struct node *n, const struct nat_params *params);
void nat_free(struct nat *nat);

/* i leads to the public side. */
void nat_add_outside(struct nat *nat, struct ip_iface *i);

/* The hooks; NULL: p was consumed. */
struct packet *nat_prerouting(struct nat *nat, struct packet *p, struct filter_pass *pass,
			      struct ip_iface *in);
struct packet *nat_postrouting(struct nat *nat, struct packet *p, struct filter_pass *pass,
			       struct ip_iface *in, struct ip_iface *out);

/* p, as it left: with the addresses that it came in with. */
void nat_undo(struct nat *nat, struct packet *p);

/* A connection has ended: its mapping has one session less. */
void nat_conn_ended(struct nat *nat, struct conn *c);

/* Whether it is a session of a mapping to that address outside. */
bool nat_conn_is_from(const struct conn *c, const struct ipaddr *outside);

/* The node went down: SYNs that it holds go, and what else is not in the table of connections. */
void nat_reset(struct nat *nat);

uint32_t nat_mapping_count(const struct nat *nat);

#endif
