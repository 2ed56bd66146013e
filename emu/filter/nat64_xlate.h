/*
 * The headers of one family made into those of the other (RFC 7915): IP header for IP header,
 * extension headers and options left out; TCP, UDP and ICMP echo with their ports, and every
 * checksum changed by what its pseudo-header changed (RFC 1624). An ICMP error is made anew around
 * the packet that it quotes.
 */
#ifndef FILTER_NAT64_XLATE_H
#define FILTER_NAT64_XLATE_H

#include "filter/tuple.h"

/* Whether a flow of that protocol can cross: TCP, UDP, ICMP echo. */
bool nat64_crosses_proto(uint8_t proto);

/*
 * p, whose tuple is `was`, becomes a packet of the other family with the tuple `is`, at l3 and head;
 * its TTL is what it came with. id: for an IPv4 packet that may be cut. False: it cannot be done,
 * and p is as it was.
 */
bool nat64_translate(struct packet *p, const struct ct_tuple *was, const struct ct_tuple *is,
		     uint16_t id);

/* What an ICMP error becomes. */
struct nat64_error {
	struct ipaddr src, dst;
	struct ct_tuple quoted;      /* of the packet that it quotes, in the other family */
	uint32_t mtu_here, mtu_next; /* of the links where it came in, and goes out */
};

/* The same for an ICMP error. False: what it says has no word in the other family. */
bool nat64_translate_error(struct packet *p, const struct nat64_error *e, uint16_t id);

/* Whether the IPv4 packet that p became or will become may be cut on its way (RFC 7915 5.1). */
bool nat64_may_cut(const struct packet *p);

#endif
