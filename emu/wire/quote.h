/*
 * The datagram quoted in an ICMP error of either family, parsed as far as it goes. An error may
 * quote as little as eight bytes past the IP header (RFC 792), and what is quoted may have been
 * altered on its way, so nothing here is refused but a header that cannot be read: the receiver
 * looks at what is there, then finds its own socket.
 */
#ifndef WIRE_QUOTE_H
#define WIRE_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/ipaddr.h"

struct quote {
	bool v4;
	struct ipaddr src;              /* who sent the quoted datagram and gets the error */
	struct ipaddr dst;
	uint8_t proto;                  /* of the upper layer, past any IPv6 extension headers */
	uint8_t ttl;                    /* or hop limit, as it arrived where the error was made */
	uint8_t tos;                    /* or traffic class */
	uint32_t len;                   /* of the whole datagram, as its header says */
	uint16_t frag_off;              /* not 0: no upper-layer header follows */

	const uint8_t *l4;              /* upper-layer bytes that were quoted; borrowed */
	size_t l4_len;

	bool has_ports;                 /* TCP, UDP, SCTP, DCCP: the first four bytes were there */
	uint16_t sport;
	uint16_t dport;
	bool has_echo;                  /* ICMP echo of either family: its header was there */
	bool echo_request;
	uint16_t echo_id;
	uint16_t echo_seq;
	bool has_seq;                   /* TCP's sequence number was there */
	uint32_t tcp_seq;
};

/* `len` bytes of quote. False if there is no readable IP header of either version. */
bool quote_parse(const uint8_t *p, size_t len, struct quote *q);

#endif
