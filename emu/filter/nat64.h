/*
 * Stateful NAT64 (RFC 6146): IPv6 hosts reach IPv4 ones at addresses behind a prefix.
 *
 * A connection across has a tuple of each family: the one that its packets come in with here, and
 * the one that they come in with from the other side. So a packet whose two tuples differ in family
 * is translated at PREROUTING, whichever way it goes: its route is looked up in the other family,
 * TTL and MTU are looked at before anything is changed (the error about it quotes what came), and
 * it goes on through FORWARD and POSTROUTING as a packet of that family: that is what rules of a
 * firewall see. One router is one hop: the TTL goes down by one.
 *
 * Mappings are those of NAT (nat_map.h) with an IPv6 endpoint inside; kinds of mapping and
 * filtering, pool and ports are the same.
 */
#ifndef FILTER_NAT64_H
#define FILTER_NAT64_H

#include "filter/nat_int.h"

/* A new connection from inside to the prefix: gets its mapping. NULL: p was consumed. */
struct packet *nat64_begin(struct nat *nat, struct packet *p, struct filter_pass *pass);

/* p belongs to a connection that crosses: over it goes. Consumes p. */
void nat64_cross(struct nat *nat, struct packet *p, struct filter_pass *pass, struct ip_iface *in);

/* p, which has crossed as a packet of c in that direction, is again as it came in. */
void nat64_restore(struct packet *p, const struct conn *c, uint8_t dir);

#endif
