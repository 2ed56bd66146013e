/*
 * ICMPv6 (RFC 4443) and the neighbour discovery messages (RFC 4861, router preference RFC 4191).
 * struct icmp6 holds the fixed part, whose length depends on the type (icmp6_hlen()); after it
 * come echo data, the quoted packet of an error (wire/quote.h), or ND options (wire/nd_opt.h).
 *
 * Message types are ICMP6_MSG_*: the shorter names belong to <netinet/icmp6.h> and <libnet.h>.
 *
 * The parser reads the fixed part only. What RFC 4861 asks a receiver to check besides it (hop
 * limit 255, source, options) is one function, nd_check().
 */
#ifndef WIRE_ICMP6_H
#define WIRE_ICMP6_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ipaddr.h"
#include "wire/nd_opt.h"

#define ICMP6_HLEN 8                    /* echo and errors; also the least of all */
#define ICMP6_NS_LEN 24
#define ICMP6_NA_LEN 24
#define ICMP6_RS_LEN 8
#define ICMP6_RA_LEN 16
#define ICMP6_REDIRECT_LEN 40
#define ICMP6_MAX_HLEN 40

#define ND_HOP_LIMIT 255                /* of every ND packet */

enum icmp6_type {
	ICMP6_MSG_DESTINATION_UNREACHABLE = 1,
	ICMP6_MSG_PACKET_TOO_BIG = 2,
	ICMP6_MSG_TIME_EXCEEDED = 3,
	ICMP6_MSG_PARAMETER_PROBLEM = 4,
	ICMP6_MSG_ECHO_REQUEST = 128,
	ICMP6_MSG_ECHO_REPLY = 129,
	ICMP6_MSG_ROUTER_SOLICITATION = 133,
	ICMP6_MSG_ROUTER_ADVERTISEMENT = 134,
	ICMP6_MSG_NEIGHBOR_SOLICITATION = 135,
	ICMP6_MSG_NEIGHBOR_ADVERTISEMENT = 136,
	ICMP6_MSG_REDIRECT = 137,
};

enum icmp6_unreachable_code {
	ICMP6_NO_ROUTE = 0,
	ICMP6_ADMIN_PROHIBITED = 1,
	ICMP6_BEYOND_SCOPE = 2,
	ICMP6_ADDRESS_UNREACHABLE = 3,
	ICMP6_PORT_UNREACHABLE = 4,
	ICMP6_POLICY_FAILED = 5,
	ICMP6_REJECT_ROUTE = 6,
};

enum icmp6_time_code {
	ICMP6_HOP_LIMIT_EXCEEDED = 0,
	ICMP6_REASSEMBLY_TIMEOUT = 1,
};

enum icmp6_parameter_code {
	ICMP6_ERRONEOUS_FIELD = 0,
	ICMP6_UNKNOWN_NEXT_HEADER = 1,
	ICMP6_UNKNOWN_OPTION = 2,
	ICMP6_INCOMPLETE_CHAIN = 3,     /* RFC 7112 */
};

enum icmp6_result {
	ICMP6_OK,
	ICMP6_SHORT,                    /* less than the type's fixed part */
	ICMP6_UNKNOWN_TYPE,             /* type, code, checksum set; see icmp6_is_error() */
	ICMP6_BAD_CODE,                 /* ND with a code other than 0 (RFC 4861 6.1, 7.1, 8.1) */
	ICMP6_BAD_TARGET,               /* NS, NA: multicast, mapped or ::; redirect likewise */
	ICMP6_BAD_QUOTE_LEN,            /* the RFC 4884 length is more than there is */
};

struct icmp6 {
	enum icmp6_type type;
	uint8_t code;
	uint16_t checksum;
	uint16_t quote_len;             /* RFC 4884, bytes, types 1 and 3: extensions follow */
	union {
		struct {
			uint16_t id;
			uint16_t seq;
		} echo;
		uint32_t mtu;           /* PACKET_TOO_BIG */
		uint32_t pointer;       /* PARAMETER_PROBLEM */
		struct {
			struct ipaddr target;
		} ns;
		struct {
			struct ipaddr target;
			bool router;
			bool solicited;
			bool override;
		} na;
		struct {
			uint8_t hop_limit;              /* 0: unspecified */
			bool managed;
			bool other;
			enum nd_preference preference;
			uint16_t lifetime;              /* s; 0: not a default router */
			uint32_t reachable_ms;          /* 0: unspecified */
			uint32_t retrans_ms;            /* 0: unspecified */
		} ra;
		struct {
			struct ipaddr target;           /* the better first hop */
			struct ipaddr dst;              /* for this destination */
		} redirect;
	};
};

/* `len`: of the whole message, whose fixed part stands at p. The checksum is not looked at. */
enum icmp6_result icmp6_parse(const uint8_t *p, size_t len, struct icmp6 *m);

/* Writes icmp6_hlen(m->type) bytes and returns their number; reserved fields are zero. */
size_t icmp6_emit(uint8_t *p, const struct icmp6 *m);

/* Length of the fixed part; ICMP6_HLEN for types it does not know. */
size_t icmp6_hlen(uint8_t type);

/* An error about a packet: never answered by another one (RFC 4443 2.1). */
static inline bool icmp6_is_error(uint8_t type)
{
	return type < 128;
}

static inline bool icmp6_is_nd(uint8_t type)
{
	return type >= ICMP6_MSG_ROUTER_SOLICITATION && type <= ICMP6_MSG_REDIRECT;
}

/* The quoted part of the `len` bytes that follow the header: without RFC 4884 extensions. */
static inline size_t icmp6_quote_len(const struct icmp6 *m, size_t len)
{
	return m->quote_len && m->quote_len < len ? m->quote_len : len;
}

/*
 * The checksum field for `m` over a body (what follows the fixed part) of `body_len` bytes whose
 * partial sum from 0 is `body`.
 */
uint16_t icmp6_checksum(const struct ipaddr *src, const struct ipaddr *dst, const struct icmp6 *m,
			size_t body_len, uint32_t body);

/* Whether a whole message in one piece sums right. */
static inline bool icmp6_checksum_ok(const struct ipaddr *src, const struct ipaddr *dst,
				     const uint8_t *p, size_t len)
{
	return csum_fold(csum_partial(p, len, csum_pseudo(src, dst, IPPROTO_ICMPV6,
							  (uint32_t)len))) == 0;
}

enum nd_check {
	ND_VALID,
	ND_BAD_HOP_LIMIT,               /* not 255: it crossed a router */
	ND_BAD_OPTION,                  /* an option of length 0, too short or overrunning */
	ND_BAD_SOURCE,                  /* RA and redirect from other than a link-local address */
	ND_BAD_DAD_DESTINATION,         /* NS from :: to other than a solicited-node group */
	ND_SLLA_FROM_ANY,               /* a source link-layer address from :: */
	ND_SOLICITED_MULTICAST,         /* NA to a group with the solicited flag */
};

/*
 * The receiver's checks of RFC 4861 6.1.1, 6.1.2, 7.1.1, 7.1.2 and 8.1 for a message that
 * icmp6_parse() took; `opts` are the bytes after the fixed part. Whether a redirect comes from the
 * current first hop is for the one who knows it.
 */
enum nd_check nd_check(const struct ipaddr *src, const struct ipaddr *dst, uint8_t hop_limit,
		       const struct icmp6 *m, const uint8_t *opts, size_t opts_len);

const char *icmp6_result_name(enum icmp6_result r);
const char *nd_check_name(enum nd_check c);

#endif
