/*
 * Ethernet addresses, and how IP makes them: multicast groups to MACs, and link-local addresses
 * from MACs.
 */
#ifndef WIRE_MAC_H
#define WIRE_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/ipaddr.h"

struct mac {
	uint8_t b[6];
};

#define MAC_TEXT 18                     /* "02:00:00:00:00:01" and its NUL */

static const struct mac mac_broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
static const struct mac mac_zero = { { 0 } };

/* The 48 bits as a number; a handy key. */
static inline uint64_t mac_to_u64(const struct mac *m)
{
	return (uint64_t)be16_load(m->b) << 32 | be32_load(m->b + 2);
}

static inline struct mac mac_from_u64(uint64_t v)
{
	struct mac m;

	be16_store(m.b, (uint16_t)(v >> 32));
	be32_store(m.b + 2, (uint32_t)v);
	return m;
}

static inline struct mac mac_from_bytes(const uint8_t *p)
{
	struct mac m;

	memcpy(m.b, p, sizeof m.b);
	return m;
}

static inline bool mac_eq(const struct mac *a, const struct mac *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

/* The group bit; true for broadcast too. */
static inline bool mac_is_multicast(const struct mac *m)
{
	return m->b[0] & 1;
}

static inline bool mac_is_broadcast(const struct mac *m)
{
	return mac_eq(m, &mac_broadcast);
}

static inline bool mac_is_zero(const struct mac *m)
{
	return mac_eq(m, &mac_zero);
}

/*
 * The group's MAC: 01:00:5e and 23 bits for IPv4 (RFC 1112 6.4), 33:33 and 32 bits for IPv6
 * (RFC 2464 7). `group` is a multicast address.
 */
static inline struct mac mac_from_multicast(const struct ipaddr *group)
{
	struct mac m;

	if (ipaddr_is4(group)) {
		m = (struct mac){ { 0x01, 0x00, 0x5e } };
		memcpy(m.b + 3, group->b + 13, 3);
		m.b[3] &= 0x7f;
	} else {
		m = (struct mac){ { 0x33, 0x33 } };
		memcpy(m.b + 2, group->b + 12, 4);
	}
	return m;
}

/* The 64-bit interface identifier made of `m` under the /64 of `net` (RFC 2464 4, RFC 4291 A). */
static inline struct ipaddr mac_eui64(const struct ipaddr *net, const struct mac *m)
{
	struct ipaddr a = *net;

	memcpy(a.b + 8, m->b, 3);
	a.b[8] ^= 0x02;
	a.b[11] = 0xff;
	a.b[12] = 0xfe;
	memcpy(a.b + 13, m->b + 3, 3);
	return a;
}

/* fe80::/64 with the EUI-64 of `m`. */
static inline struct ipaddr mac_linklocal(const struct mac *m)
{
	static const struct ipaddr fe80 = { { .b = { 0xfe, 0x80 } } };

	return mac_eui64(&fe80, m);
}

/* Strict: six groups of two hex digits, all ':' or all '-' between. False leaves *out alone. */
bool mac_parse(const char *text, struct mac *out);

/* Lower case with colons; always NUL-terminated when size > 0; returns buf. */
char *mac_format(char *buf, size_t size, const struct mac *m);

#endif
