/*
 * Addresses of both families as one value: sixteen bytes in network order, IPv4 as ::ffff:a.b.c.d
 * (RFC 4291 2.5.5.2). Tables, sockets and routes thus need one code path; ipaddr_is4() tells the
 * families apart. An IPv6 header that itself carries a mapped address is refused by the parser
 * (wire/ipv6.h), so no packet can be mistaken for the other family.
 *
 * A prefix is an address with the bits after `len` cleared. `len` counts bits in the 128-bit mapped
 * space: IPv4's /24 is 120, IPv6's ::/0 is 0 and IPv4's 0.0.0.0/0 is 96. Text has the familiar
 * numbers.
 */
#ifndef WIRE_IPADDR_H
#define WIRE_IPADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/be.h"

struct ipaddr {
	union {
		uint8_t b[16];
		uint32_t w[4];          /* network order */
		uint64_t q[2];          /* network order */
	};
};

struct prefix {
	struct ipaddr addr;             /* bits from `len` on are zero */
	uint8_t len;                    /* 0..128; 96..128 when addr is IPv4 */
};

#define IPADDR_BITS 128
#define IPADDR_V4_BITS 96               /* the mapped prefix ::ffff:0:0/96 */
#define IPADDR_TEXT 46                  /* longest text and its NUL */
#define PREFIX_TEXT 50

#define IPADDR_V4(a, b_, c, d) \
	((struct ipaddr){ { .b = { [10] = 0xff, 0xff, (a), (b_), (c), (d) } } })

static const struct ipaddr ipaddr_any4 = { { .b = { [10] = 0xff, 0xff } } };
static const struct ipaddr ipaddr_any6 = { { .b = { 0 } } };
static const struct ipaddr ipaddr_broadcast4 = {
	{ .b = { [10] = 0xff, 0xff, 255, 255, 255, 255 } }
};
static const struct ipaddr ipaddr_loopback4 = { { .b = { [10] = 0xff, 0xff, 127, 0, 0, 1 } } };
static const struct ipaddr ipaddr_loopback6 = { { .b = { [15] = 1 } } };
static const struct ipaddr ipaddr_all_nodes6 = { { .b = { 0xff, 0x02, [15] = 1 } } };
static const struct ipaddr ipaddr_all_routers6 = { { .b = { 0xff, 0x02, [15] = 2 } } };

static inline bool ipaddr_is4(const struct ipaddr *a)
{
	return a->q[0] == 0 && a->w[2] == htobe32(0x0000ffff);
}

static inline bool ipaddr_eq(const struct ipaddr *a, const struct ipaddr *b)
{
	return ((a->q[0] ^ b->q[0]) | (a->q[1] ^ b->q[1])) == 0;
}

/* Numeric order of the 128 bits: <0, 0, >0. All of IPv4 sorts together. */
static inline int ipaddr_cmp(const struct ipaddr *a, const struct ipaddr *b)
{
	uint64_t x = be64toh(a->q[0]), y = be64toh(b->q[0]);

	if (x == y) {
		x = be64toh(a->q[1]);
		y = be64toh(b->q[1]);
	}
	return (x > y) - (x < y);
}

/* `v` in host order: 0x7f000001 is 127.0.0.1. */
static inline struct ipaddr ipaddr_from4(uint32_t v)
{
	struct ipaddr a;

	a.q[0] = 0;
	a.w[2] = htobe32(0x0000ffff);
	a.w[3] = htobe32(v);
	return a;
}

/* Host order; meaningful only for ipaddr_is4(). */
static inline uint32_t ipaddr_to4(const struct ipaddr *a)
{
	return be32toh(a->w[3]);
}

static inline struct ipaddr ipaddr_from_bytes4(const uint8_t *p)
{
	struct ipaddr a;

	a.q[0] = 0;
	a.w[2] = htobe32(0x0000ffff);
	memcpy(&a.w[3], p, 4);
	return a;
}

static inline struct ipaddr ipaddr_from_bytes16(const uint8_t *p)
{
	struct ipaddr a;

	memcpy(a.b, p, 16);
	return a;
}

/* 0.0.0.0 or :: */
static inline bool ipaddr_is_any(const struct ipaddr *a)
{
	return a->q[0] == 0 && (a->q[1] == 0 || a->q[1] == htobe64(0x0000ffff00000000));
}

/* 224.0.0.0/4 or ff00::/8 */
static inline bool ipaddr_is_multicast(const struct ipaddr *a)
{
	return ipaddr_is4(a) ? (a->b[12] & 0xf0) == 0xe0 : a->b[0] == 0xff;
}

/* Unicast of link scope: 169.254.0.0/16 or fe80::/10 */
static inline bool ipaddr_is_linklocal(const struct ipaddr *a)
{
	return ipaddr_is4(a) ? a->b[12] == 169 && a->b[13] == 254
			     : a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/* 127.0.0.0/8 or ::1 */
static inline bool ipaddr_is_loopback(const struct ipaddr *a)
{
	return ipaddr_is4(a) ? a->b[12] == 127 : a->q[0] == 0 && a->q[1] == htobe64(1);
}

/* 255.255.255.255 */
static inline bool ipaddr_is_limited_broadcast(const struct ipaddr *a)
{
	return ipaddr_is4(a) && a->w[3] == 0xffffffff;
}

/*
 * A fixed 32-bit mix (two multiply-xorshift rounds over the halves), no seed. The value is the
 * same on every machine; still, nothing that makes output may walk a table in its order.
 */
static inline uint32_t ipaddr_hash(const struct ipaddr *a)
{
	uint64_t x = be64toh(a->q[0]) * 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 32) ^ be64toh(a->q[1])) * 0xd6e8feb86659fd93;
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
	return (uint32_t)(x ^ (x >> 32));
}

/* ff02::1:ffXX:XXXX of an IPv6 unicast or anycast address (RFC 4291 2.7.1). */
static inline struct ipaddr ipaddr_solicited_node(const struct ipaddr *a)
{
	struct ipaddr s;

	s.q[0] = htobe64(0xff02000000000000);
	s.q[1] = htobe64(0x00000001ff000000);
	memcpy(s.b + 13, a->b + 13, 3);
	return s;
}

/* How many leading bits are the same: 0..128, in the mapped space. */
static inline unsigned ipaddr_common_prefix(const struct ipaddr *a, const struct ipaddr *b)
{
	uint64_t x = be64toh(a->q[0] ^ b->q[0]);

	if (x)
		return (unsigned)__builtin_clzll(x);
	x = be64toh(a->q[1] ^ b->q[1]);
	return x ? 64 + (unsigned)__builtin_clzll(x) : 128;
}

/* `a` with the bits from `len` (0..128, mapped space) on cleared. */
static inline struct ipaddr ipaddr_mask(const struct ipaddr *a, unsigned len)
{
	struct ipaddr m = *a;

	if (len < 64) {
		m.q[0] &= htobe64(len ? ~0ull << (64 - len) : 0);
		m.q[1] = 0;
	} else if (len < 128) {
		m.q[1] &= htobe64(len > 64 ? ~0ull << (128 - len) : 0);
	}
	return m;
}

/*
 * Strict: the whole string is one address. IPv4 is four decimal numbers 0..255 without leading
 * zeros; IPv6 is RFC 4291 2.2 in all three forms (`::` stands for at least one group of zeros; no
 * zone). The text ::ffff:1.2.3.4 gives the IPv4 address 1.2.3.4.
 * False leaves *out alone.
 */
bool ipaddr_parse(const char *text, struct ipaddr *out);

/* RFC 5952, or dotted quad; always NUL-terminated when size > 0; returns buf. */
char *ipaddr_format(char *buf, size_t size, const struct ipaddr *a);

/* The prefix of `len` bits (mapped space) that `a` lies in. */
static inline struct prefix prefix_make(const struct ipaddr *a, unsigned len)
{
	return (struct prefix){ .addr = ipaddr_mask(a, len), .len = (uint8_t)len };
}

/* All `len` leading ones, as an address (255.255.255.0 for an IPv4 /24). */
struct ipaddr prefix_mask(const struct prefix *p);

/* The last address: the directed broadcast of an IPv4 prefix shorter than /31. */
struct ipaddr prefix_last(const struct prefix *p);

/* Families never mix: ::/0 does not contain 10.0.0.1, though its bits would say so. */
static inline bool prefix_contains(const struct prefix *p, const struct ipaddr *a)
{
	return ipaddr_common_prefix(&p->addr, a) >= p->len &&
	       (p->len >= IPADDR_V4_BITS || !ipaddr_is4(a));
}

static inline bool prefix_eq(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && ipaddr_eq(&a->addr, &b->addr);
}

/* Bits as people write them: 24 for 10.0.0.0/24. */
static inline unsigned prefix_text_len(const struct prefix *p)
{
	return ipaddr_is4(&p->addr) && p->len >= IPADDR_V4_BITS ? p->len - IPADDR_V4_BITS : p->len;
}

/*
 * "10.0.0.0/8", "2001:db8::/32". The length is required, decimal, without leading zeros, and no
 * address bit may be set after it. False leaves *out alone.
 */
bool prefix_parse(const char *text, struct prefix *out);

/*
 * An address on a network, as an interface has it: "192.168.1.1/24" gives the address as it
 * stands and the length in *len (mapped space). False leaves both alone.
 */
bool prefix_parse_interface(const char *text, struct ipaddr *addr, uint8_t *len);

/* "10.0.0.0/8"; returns buf. */
char *prefix_format(char *buf, size_t size, const struct prefix *p);

#endif
