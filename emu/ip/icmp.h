/*
 * ICMP for both families (RFC 792, 1122, 1191, 1812 4.3; RFC 4443, 8201): echo, and errors.
 *
 * Errors are made by icmp_error() alone, which knows when none may be sent (RFC 1122 3.2.2,
 * RFC 4443 2.4 e) and holds Linux's rate limits: per destination a token bucket of
 * net.ipv4.icmp_ratelimit with a burst of 6 for the types in icmp_ratemask, and over all
 * icmp_msgs_per_sec with icmp_msgs_burst (icmp_limit.c). What is not sent is counted
 * (ICMP_RATE_LIMIT). An error quotes the packet as it came to this node.
 */
#ifndef IP_ICMP_H
#define IP_ICMP_H

#include "ip/node.h"

/* What went wrong, for both families; icmp.c has the table of types, codes and errno values. */
enum icmp_problem {
	ICMP_NO_ROUTE,        /* net unreachable / no route */
	ICMP_HOST_UNREACHABLE, /* host unreachable / address unreachable */
	ICMP_NO_PROTOCOL,     /* protocol unreachable / parameter problem; arg: offset of Next Header */
	ICMP_NO_PORT,         /* port unreachable */
	ICMP_TOO_BIG,         /* fragmentation needed / packet too big; arg: MTU */
	ICMP_PROHIBITED,      /* communication administratively prohibited */
	ICMP_TTL,             /* time exceeded in transit */
	ICMP_REASSEMBLY,      /* fragment reassembly time exceeded */
	ICMP_BAD_HEADER,      /* parameter problem; arg: offset of the octet */
	ICMP_BAD_OPTION,      /* IPv6: unrecognised option; arg: offset of the octet */
};

/*
 * Reports what happened to p, which is borrowed (l3 is its IP header), to its source. If this
 * node is the source, its protocol is told at once instead.
 */
void icmp_error(struct node *n, const struct packet *p, enum icmp_problem problem, uint32_t arg);

/*
 * Whether p, of these ends, went from one host to one: else nobody answers it with an error, or a reset
 * (RFC 1122 3.2.2, 4.2.3.10).
 */
bool icmp_answerable(struct node *n, const struct packet *p, const struct ipaddr *src,
		     const struct ipaddr *dst);

/* Registered rows for IPPROTO_ICMP and IPPROTO_ICMPV6 input; called by ip_deliver. Consume. */
void icmp4_input(struct node *n, struct packet *p, const struct ip_info *info);
void icmp6_input(struct node *n, struct packet *p, const struct ip_info *info);

void icmp_limits_free(struct node *n);

#endif
