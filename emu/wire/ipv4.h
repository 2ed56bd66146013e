/*
 * The IPv4 header (RFC 791). ipv4_parse() is the validation sequence of RFC 1812 5.2.2 with one
 * name per failure; it reads the header only, so the payload may stand elsewhere. A header whose
 * datagram is cut (quoted in an ICMP error) goes through ipv4_parse_quoted().
 *
 * Options are not copied into the struct: they are the bytes from IPV4_HLEN to ipv4_hlen(), and
 * struct ipv4_options walks them in place.
 *
 * ipv4_emit() writes the twenty fixed bytes with `ihl` and `checksum` as given. The order for a
 * sender is: emit, options, then ipv4_set_checksum().
 */
#ifndef WIRE_IPV4_H
#define WIRE_IPV4_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ipaddr.h"

#define IPV4_HLEN 20                    /* without options */
#define IPV4_MAX_HLEN 60
#define IPV4_MIN_MTU 68                 /* RFC 791 3.2 */
#define IPV4_MAX_LEN 65535

enum ipv4_result {
	IPV4_OK,
	IPV4_SHORT,                     /* (1) less than 20 bytes, or than the header says */
	IPV4_BAD_VERSION,               /* (3) not 4 */
	IPV4_BAD_IHL,                   /* (4) header length below 20 */
	IPV4_BAD_CHECKSUM,              /* (2) */
	IPV4_BAD_TOTAL_LEN,             /* (5) total length below the header's */
	IPV4_TRUNCATED,                 /* total length above what the link delivered */
	IPV4_BAD_FRAGMENT,              /* empty, past 65535, or not last and no multiple of 8 */
};

struct ipv4_hdr {
	uint8_t ihl;                    /* 32-bit words, 5..15 */
	uint8_t tos;
	uint16_t total_len;             /* bytes, header included */
	uint16_t id;
	bool rf;                        /* the reserved flag: zero by RFC 791; carried */
	bool df;
	bool mf;
	uint16_t frag_off;              /* bytes, a multiple of 8 */
	uint8_t ttl;
	uint8_t proto;
	uint16_t checksum;
	struct ipaddr src;
	struct ipaddr dst;
};

static inline size_t ipv4_hlen(const struct ipv4_hdr *h)
{
	return (size_t)h->ihl * 4;
}

static inline size_t ipv4_payload_len(const struct ipv4_hdr *h)
{
	return h->total_len - ipv4_hlen(h);
}

static inline bool ipv4_is_fragment(const struct ipv4_hdr *h)
{
	return h->mf || h->frag_off;
}

/* The header's sum over ihl words, folded: 0 if its checksum is right. */
static inline uint16_t ipv4_header_sum(const uint8_t *p, uint8_t ihl)
{
	uint64_t s = 0;
	uint32_t w[5];

	memcpy(w, p, sizeof w);
	for (int i = 0; i < 5; i++)
		s += w[i];
	if (__builtin_expect(ihl > 5, 0))
		s += csum_partial(p + IPV4_HLEN, (size_t)(ihl - 5) * 4, 0);
	return csum_fold(csum_from64(s));
}

/* What the checksum field of the header at p (ihl words) must be, whatever it holds now. */
static inline uint16_t ipv4_header_checksum(const uint8_t *p, uint8_t ihl)
{
	/* Taking the field out of the sum is adding its complement. */
	return csum_update16(ipv4_header_sum(p, ihl), be16_load(p + 10), 0);
}

static inline void ipv4_set_checksum(uint8_t *p)
{
	be16_store(p + 10, 0);
	be16_store(p + 10, ipv4_header_sum(p, p[0] & 0x0f));
}

/* All fields, nothing checked; 20 bytes must be readable. For those who checked or are printing. */
static inline void ipv4_load(const uint8_t *p, struct ipv4_hdr *h)
{
	uint16_t frag = be16_load(p + 6);

	h->ihl = p[0] & 0x0f;
	h->tos = p[1];
	h->total_len = be16_load(p + 2);
	h->id = be16_load(p + 4);
	h->rf = frag >> 15;
	h->df = frag >> 14 & 1;
	h->mf = frag >> 13 & 1;
	h->frag_off = (uint16_t)(frag << 3);
	h->ttl = p[8];
	h->proto = p[9];
	h->checksum = be16_load(p + 10);
	h->src = ipaddr_from_bytes4(p + 12);
	h->dst = ipaddr_from_bytes4(p + 16);
}

/*
 * A header quoted in an ICMP error, of which `len` bytes are there: options and payload may be cut
 * and the checksum stale. IPV4_OK, _SHORT, _BAD_VERSION, _BAD_IHL or _BAD_TOTAL_LEN.
 */
static inline enum ipv4_result ipv4_parse_quoted(const uint8_t *p, size_t len, struct ipv4_hdr *h)
{
	if (len < IPV4_HLEN)
		return IPV4_SHORT;
	if (p[0] >> 4 != 4)
		return IPV4_BAD_VERSION;
	if ((p[0] & 0x0f) < 5)
		return IPV4_BAD_IHL;
	ipv4_load(p, h);
	return h->total_len < ipv4_hlen(h) ? IPV4_BAD_TOTAL_LEN : IPV4_OK;
}

/*
 * The whole sequence. `len`: bytes that the link delivered from p on, of which the header stands
 * at p; bytes past total_len are padding (cut them).
 */
static inline enum ipv4_result ipv4_parse(const uint8_t *p, size_t len, struct ipv4_hdr *h)
{
	enum ipv4_result r = ipv4_parse_quoted(p, len, h);

	if (r != IPV4_OK)
		return r;
	if (len < ipv4_hlen(h))
		return IPV4_SHORT;
	if (ipv4_header_sum(p, h->ihl) != 0)
		return IPV4_BAD_CHECKSUM;
	if (h->total_len > len)
		return IPV4_TRUNCATED;
	if (__builtin_expect(ipv4_is_fragment(h), 0)) {
		/* A fragment's end must lie in a datagram that can exist, on its 8-byte grid. */
		if (h->frag_off + ipv4_payload_len(h) > IPV4_MAX_LEN - ipv4_hlen(h) ||
		    ipv4_payload_len(h) == 0 || (h->mf && ipv4_payload_len(h) & 7))
			return IPV4_BAD_FRAGMENT;
	}
	return IPV4_OK;
}

/* Writes IPV4_HLEN bytes. */
static inline void ipv4_emit(uint8_t *p, const struct ipv4_hdr *h)
{
	p[0] = (uint8_t)(0x40 | h->ihl);
	p[1] = h->tos;
	be16_store(p + 2, h->total_len);
	be16_store(p + 4, h->id);
	be16_store(p + 6, (uint16_t)((h->rf ? 0x8000 : 0) | (h->df ? 0x4000 : 0) |
				     (h->mf ? 0x2000 : 0) | h->frag_off >> 3));
	p[8] = h->ttl;
	p[9] = h->proto;
	be16_store(p + 10, h->checksum);
	memcpy(p + 12, h->src.b + 12, 4);
	memcpy(p + 16, h->dst.b + 12, 4);
}

/*
 * TTL down by one in place, the checksum with it (RFC 1141, RFC 1624). The caller has seen that
 * the TTL is above one. The TTL is the high byte of its word, so the sum falls by 0x0100 and its
 * complement rises by as much; what carries out comes in at the end.
 */
static inline void ipv4_decrement_ttl(uint8_t *iphdr)
{
	uint32_t c = be16_load(iphdr + 10) + 0x0100u;

	be16_store(iphdr + 10, (uint16_t)(c + (c >= 0xffff)));
	iphdr[8]--;
}

const char *ipv4_result_name(enum ipv4_result r);

/* ---- options (RFC 791 3.1, RFC 2113) ---- */

enum ipv4_opt_type {
	IPV4_OPT_EOL = 0,
	IPV4_OPT_NOP = 1,
	IPV4_OPT_RR = 7,
	IPV4_OPT_TS = 68,
	IPV4_OPT_LSRR = 131,
	IPV4_OPT_SSRR = 137,
	IPV4_OPT_ROUTER_ALERT = 148,
};

#define IPV4_OPT_COPIED 0x80            /* in the type: goes into every fragment */

enum ipv4_opt_result {
	IPV4_OPT_END,                   /* no more options */
	IPV4_OPT_ONE,                   /* *opt holds the next one */
	IPV4_OPT_BAD,                   /* malformed at opt->offset: parameter problem */
};

enum ipv4_ts_flag {
	IPV4_TS_ONLY = 0,
	IPV4_TS_ADDR = 1,
	IPV4_TS_PRESPEC = 3,
};

struct ipv4_opt {
	uint8_t type;
	uint8_t len;                    /* bytes with type and length; 1 for NOP */
	uint8_t offset;                 /* from the IP header on; an error's pointer if BAD */
	const uint8_t *data;            /* len - 2 bytes after type and length; NULL for NOP */
	uint8_t pointer;                /* RR, LSRR, SSRR, TS: as on the wire, from 4 (TS: 5) */
	uint8_t overflow;               /* TS: 0..15 */
	enum ipv4_ts_flag ts_flag;      /* TS */
	uint16_t alert;                 /* router alert's value */
};

struct ipv4_options {
	const uint8_t *hdr;
	uint8_t at;                     /* offset of the next option */
	uint8_t end;
};

/* Over the options of the header at p, whose ihl*4 bytes are there. */
static inline struct ipv4_options ipv4_options(const uint8_t *p)
{
	return (struct ipv4_options){ .hdr = p, .at = IPV4_HLEN,
				      .end = (uint8_t)((p[0] & 0x0f) * 4) };
}

/* Types it does not know pass with their data; EOL ends. After IPV4_OPT_BAD the walk is over. */
enum ipv4_opt_result ipv4_options_next(struct ipv4_options *it, struct ipv4_opt *opt);

/* Router alert (RFC 2113): writes 4 bytes. */
void ipv4_opt_emit_router_alert(uint8_t *p, uint16_t value);

/*
 * An empty record route with room for `slots` (1..9) addresses, padded with EOL to a multiple of
 * four: writes and returns 4 + 4 * slots bytes.
 */
size_t ipv4_opt_emit_record_route(uint8_t *p, unsigned slots);

/*
 * The options that a fragment other than the first carries: those with the copied bit (RFC 791
 * 3.1), padded with EOL. `p` is the whole header, `out` takes up to 40 bytes; returns their
 * number, a multiple of four.
 */
size_t ipv4_opt_copied(const uint8_t *p, uint8_t *out);

#endif
