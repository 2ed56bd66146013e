/*
 * The IPv6 fixed header (RFC 8200 3), and the walk over its extension headers. (The headers
 * themselves, one by one, are in wire/ipv6_ext.h.)
 *
 * ipv6_parse() reads forty bytes only. A mapped address on the wire (::ffff:a.b.c.d) is refused:
 * inside this program it would mean IPv4 (RFC 4942 2.2; Linux drops such packets too).
 */
#ifndef WIRE_IPV6_H
#define WIRE_IPV6_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/be.h"
#include "wire/ipaddr.h"

#define IPV6_HLEN 40
#define IPV6_MIN_MTU 1280

enum ipv6_result {
	IPV6_OK,
	IPV6_SHORT,                     /* less than the fixed header */
	IPV6_BAD_VERSION,
	IPV6_MAPPED_ADDRESS,            /* source or destination is ::ffff:a.b.c.d */
	IPV6_TRUNCATED,                 /* payload length above what the link delivered */
};

struct ipv6_hdr {
	uint8_t tclass;
	uint32_t flow;                  /* 20 bits */
	uint16_t payload_len;           /* bytes after the fixed header, extensions included */
	uint8_t next;                   /* IPPROTO_* */
	uint8_t hop_limit;
	struct ipaddr src;
	struct ipaddr dst;
};

/* A header of which `len` bytes are there, the payload cut or not. Not IPV6_TRUNCATED. */
static inline enum ipv6_result ipv6_parse_quoted(const uint8_t *p, size_t len, struct ipv6_hdr *h)
{
	uint32_t w;

	if (len < IPV6_HLEN)
		return IPV6_SHORT;
	w = be32_load(p);
	if (w >> 28 != 6)
		return IPV6_BAD_VERSION;
	h->tclass = (uint8_t)(w >> 20);
	h->flow = w & 0xfffff;
	h->payload_len = be16_load(p + 4);
	h->next = p[6];
	h->hop_limit = p[7];
	h->src = ipaddr_from_bytes16(p + 8);
	h->dst = ipaddr_from_bytes16(p + 24);
	if (ipaddr_is4(&h->src) || ipaddr_is4(&h->dst))
		return IPV6_MAPPED_ADDRESS;
	return IPV6_OK;
}

/* `len`: bytes that the link delivered from p on; those past the payload are padding. */
static inline enum ipv6_result ipv6_parse(const uint8_t *p, size_t len, struct ipv6_hdr *h)
{
	enum ipv6_result r = ipv6_parse_quoted(p, len, h);

	if (r == IPV6_OK && h->payload_len > len - IPV6_HLEN)
		return IPV6_TRUNCATED;
	return r;
}

/* Writes IPV6_HLEN bytes. */
static inline void ipv6_emit(uint8_t *p, const struct ipv6_hdr *h)
{
	be32_store(p, 6u << 28 | (uint32_t)h->tclass << 20 | (h->flow & 0xfffff));
	be16_store(p + 4, h->payload_len);
	p[6] = h->next;
	p[7] = h->hop_limit;
	memcpy(p + 8, h->src.b, 16);
	memcpy(p + 24, h->dst.b, 16);
}

const char *ipv6_result_name(enum ipv6_result r);

#endif
