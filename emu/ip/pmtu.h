/*
 * Path MTUs, per destination (RFC 1191, RFC 8201): what an ICMP frag-needed or packet-too-big said.
 *
 * They are exceptions to the interface's MTU, kept for net.ipv4.route.mtu_expires (600 s), never
 * below net.ipv4.route.min_pmtu (552), and never above what is known already; an IPv6 error that
 * tells less than 1280 is not believed (RFC 8201 4). A node keeps 1024 of them; the one that was
 * learnt first makes room.
 */
#ifndef IP_PMTU_H
#define IP_PMTU_H

#include "ip/node.h"

/* The path MTU to dst, at most mtu. */
uint32_t pmtu_get(struct node *n, const struct ipaddr *dst, uint32_t mtu);

/* An ICMP error said so; returns what is in force now, 0 for nothing. */
uint32_t pmtu_update(struct node *n, const struct ipaddr *dst, uint32_t mtu);

/* When the exception for dst ends; VTIME_ZERO if there is none. For `ip route get`. */
vtime pmtu_expires(const struct node *n, const struct ipaddr *dst);

void pmtu_free(struct node *n);

#endif
