/*
 * UDP (RFC 768; over IPv6 RFC 8200 8.1). The payload need not follow its header in memory: the
 * parser reads the eight bytes only, and the checksum takes the payload as a partial sum.
 */
#ifndef WIRE_UDP_H
#define WIRE_UDP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ipaddr.h"

#define UDP_HLEN 8

enum udp_result {
	UDP_OK,
	UDP_SHORT,                      /* less than a header */
	UDP_BAD_LEN,                    /* the length field is less than a header */
	UDP_TRUNCATED,                  /* the length field is more than IP delivered */
};

struct udp_hdr {
	uint16_t sport;
	uint16_t dport;
	uint16_t len;                   /* header and payload, 8.. */
	uint16_t checksum;              /* 0: none was sent (IPv4 only) */
};

/* `len`: of the whole IP payload, of which eight bytes stand at p; past h->len is padding. */
static inline enum udp_result udp_parse(const uint8_t *p, size_t len, struct udp_hdr *h)
{
	if (len < UDP_HLEN)
		return UDP_SHORT;
	h->sport = be16_load(p);
	h->dport = be16_load(p + 2);
	h->len = be16_load(p + 4);
	h->checksum = be16_load(p + 6);
	if (h->len < UDP_HLEN)
		return UDP_BAD_LEN;
	return h->len > len ? UDP_TRUNCATED : UDP_OK;
}

/* Writes UDP_HLEN bytes. */
static inline void udp_emit(uint8_t *p, const struct udp_hdr *h)
{
	be16_store(p, h->sport);
	be16_store(p + 2, h->dport);
	be16_store(p + 4, h->len);
	be16_store(p + 6, h->checksum);
}

/*
 * The checksum field for `h` (its own checksum is ignored) over a payload whose partial sum from 0
 * is `payload`. A sum of zero is sent as 0xffff.
 */
static inline uint16_t udp_checksum(const struct ipaddr *src, const struct ipaddr *dst,
				    const struct udp_hdr *h, uint32_t payload)
{
	uint32_t s = csum_pseudo(src, dst, IPPROTO_UDP, h->len);
	uint16_t c;

	s = csum_add(s, payload);
	s = csum_add16(s, h->sport);
	s = csum_add16(s, h->dport);
	c = csum_fold(csum_add16(s, h->len));
	return c ? c : 0xffff;
}

/* Whether a received datagram is whole. None sent is right over IPv4 and wrong over IPv6. */
static inline bool udp_checksum_ok(const struct ipaddr *src, const struct ipaddr *dst,
				   const struct udp_hdr *h, uint32_t payload)
{
	if (h->checksum == 0)
		return ipaddr_is4(src);
	return udp_checksum(src, dst, h, payload) == h->checksum;
}

#endif
