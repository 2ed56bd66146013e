/* Between the files of ICMP: what icmp.c, icmp_limit.c, icmp4.c and icmp6.c share. */
#ifndef IP_ICMP_INTERNAL_H
#define IP_ICMP_INTERNAL_H

#include "ip/ip.h"
#include "wire/quote.h"

#define ICMP_QUOTE_MAX 1280 /* bytes of a quote that anyone here reads */

/* What sockets report for an ICMP error: Linux's icmp_err_convert[] and icmpv6_err_convert(). */
struct icmp_meaning {
	int err;
	bool hard;
};

struct icmp_meaning icmp_meaning(bool ip4, uint8_t type, uint8_t code);

/* Not one host's address: any group, and broadcasts that this node can know to be some. */
bool icmp_is_group(struct node *n, const struct ipaddr *a);

/* Who says what about a datagram of this node. */
struct icmp_news {
	struct ipaddr offender;
	uint8_t type, code, ttl;
	uint32_t mtu;
};

/* Tells the protocol that the quoted datagram belongs to; false if there is none. */
bool icmp_tell(struct node *n, const struct quote *q, const struct icmp_news *news);

/* Whether the quoted datagram can have come from here, as far as its protocol knows. */
bool icmp_was_sent(struct node *n, const struct quote *q);

/* Turns an echo request round into its reply (consumes it); checksum and header were right. */
void icmp_echo_answer(struct node *n, struct packet *p, const struct ip_info *info);

/* icmp_limit.c: whether a message to dst over path may be sent now; takes its token if so. */
bool icmp_limit_allows(struct node *n, uint8_t type, uint8_t code, const struct ipaddr *dst,
		       const struct ip_path *path);

#endif
