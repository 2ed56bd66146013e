/* What the files of NAT share. Private to filter/. */
#ifndef FILTER_NAT_INT_H
#define FILTER_NAT_INT_H

#include "filter/nat_map.h"

#define NAT_OUTSIDES 8

#define NAT_KNOCKS 16

struct nat_held;

/* An inside host's endpoint outside has sent to another one's: see nat_knock.c. */
struct nat_knock {
	uint32_t from, at; /* IPv4 */
	uint16_t from_port, at_port;
	uint8_t proto;     /* 0: none */
	vtime until;
};

struct nat {
	struct node *node;
	struct nat_params params;
	struct nat_maps maps;
	struct ip_iface *outside[NAT_OUTSIDES];
	uint32_t n_outside;
	uint32_t next_pool; /* whose turn it is, unless paired */
	struct nat_held *held;
	struct nat_knock knocks[NAT_KNOCKS];
	uint32_t next_knock;
};

/* How NAT looks at the remote ends of a protocol. */
struct nat_kinds nat_kinds_of(const struct nat *nat, uint8_t proto);

/* The mapping for what the tuple's source sends to its destination (IPv4), which leaves by out; made
 * if there is none. NULL: no port is free. */
struct nat_map *nat_map_get(struct nat *nat, const struct ct_tuple *t, struct ip_iface *out);

/* nat_ports.c: an outside endpoint for a new mapping whose other fields are filled in, and which the
 * tuple (IPv4) is the first to need. False: none is free. */
bool nat_choose_outside(struct nat *nat, struct nat_map *map, const struct ct_tuple *t,
			struct ip_iface *out);

/* Whether i leads to the public side. */
bool nat_is_outside(const struct nat *nat, const struct ip_iface *i);

/* There is no session for p (consumed), for that reason, and its sender is told. NULL. */
struct packet *nat_refuse(struct nat *nat, struct packet *p, enum drop_reason why);

/* nat_inside.c: a new connection to an outside address; where it goes inside is noted in its reply tuple.
 * NULL: p was consumed. */
struct packet *nat_to_inside(struct nat *nat, struct packet *p, struct filter_pass *pass,
			     struct ip_iface *in);

/* Whether the mapping lets in what comes from there (RFC 4787 5), by its kind of filtering. */
bool nat_map_admits(const struct nat *nat, const struct nat_map *map, const struct ipaddr *from,
		    uint16_t port);

/* nat_knock.c: whether it lets in what comes round by a hairpin from own's endpoint; if not, that is
 * remembered, so that an answer to it is let in. */
bool nat_hairpin_admits(struct nat *nat, const struct nat_map *map, const struct nat_map *own);

/* The forwarded port that the tuple's destination is; NULL. */
const struct nat_forward *nat_forward_find(const struct nat *nat, const struct ct_tuple *t);

/* Whether an address is one that NAT stands for outside. */
bool nat_is_outside_addr(const struct nat *nat, const struct ipaddr *a);

/* nat_held.c: takes an unsolicited SYN (consumes it). */
void nat_hold(struct nat *nat, struct packet *p);
void nat_held_free(struct nat *nat, enum drop_reason why);

#endif
