/*
 * ICMP for IPv4 (RFC 792, RFC 1191, RFC 4884). A message is an eight-byte header, which is what
 * struct icmp4 holds, and what follows it: echo data, or the quoted datagram of an error
 * (wire/quote.h). The parser reads the header only, so the rest may stand elsewhere.
 */
#ifndef WIRE_ICMP4_H
#define WIRE_ICMP4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ipaddr.h"

#define ICMP4_HLEN 8

enum icmp4_type {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_DESTINATION_UNREACHABLE = 3,
	ICMP4_REDIRECT = 5,
	ICMP4_ECHO = 8,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER_PROBLEM = 12,
};

enum icmp4_unreachable_code {           /* RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1 */
	ICMP4_NET_UNREACHABLE = 0,
	ICMP4_HOST_UNREACHABLE = 1,
	ICMP4_PROTOCOL_UNREACHABLE = 2,
	ICMP4_PORT_UNREACHABLE = 3,
	ICMP4_FRAGMENTATION_NEEDED = 4,
	ICMP4_SOURCE_ROUTE_FAILED = 5,
	ICMP4_NET_UNKNOWN = 6,
	ICMP4_HOST_UNKNOWN = 7,
	ICMP4_SOURCE_HOST_ISOLATED = 8,
	ICMP4_NET_PROHIBITED = 9,
	ICMP4_HOST_PROHIBITED = 10,
	ICMP4_NET_TOS_UNREACHABLE = 11,
	ICMP4_HOST_TOS_UNREACHABLE = 12,
	ICMP4_ADMIN_PROHIBITED = 13,
	ICMP4_PRECEDENCE_VIOLATION = 14,
	ICMP4_PRECEDENCE_CUTOFF = 15,
};

enum icmp4_time_code {
	ICMP4_TTL_EXCEEDED = 0,
	ICMP4_REASSEMBLY_TIMEOUT = 1,
};

enum icmp4_redirect_code {
	ICMP4_REDIRECT_NET = 0,
	ICMP4_REDIRECT_HOST = 1,
	ICMP4_REDIRECT_TOS_NET = 2,
	ICMP4_REDIRECT_TOS_HOST = 3,
};

enum icmp4_parameter_code {
	ICMP4_POINTER_ERROR = 0,
	ICMP4_OPTION_MISSING = 1,
	ICMP4_BAD_LENGTH = 2,
};

enum icmp4_result {
	ICMP4_OK,
	ICMP4_SHORT,
	ICMP4_UNKNOWN_TYPE,             /* type, code, checksum set; ignored (RFC 1122 3.2.2) */
	ICMP4_BAD_CODE,                 /* no such code for the type; type, code, checksum set */
	ICMP4_BAD_QUOTE_LEN,            /* the RFC 4884 length is more than there is */
};

struct icmp4 {
	enum icmp4_type type;
	uint8_t code;
	uint16_t checksum;
	union {
		struct {
			uint16_t id;
			uint16_t seq;
		} echo;                 /* ECHO, ECHO_REPLY */
		uint16_t next_hop_mtu;  /* FRAGMENTATION_NEEDED; 0: from before RFC 1191 */
		uint8_t pointer;        /* PARAMETER_PROBLEM */
		struct ipaddr gateway;  /* REDIRECT */
	};
	uint16_t quote_len;             /* RFC 4884, bytes: extensions follow; 0: none do */
};

/* `len`: of the whole message, of which eight bytes stand at p. The checksum is not looked at. */
enum icmp4_result icmp4_parse(const uint8_t *p, size_t len, struct icmp4 *m);

/* Writes ICMP4_HLEN bytes; unused fields are zero. */
void icmp4_emit(uint8_t *p, const struct icmp4 *m);

/* An error about a datagram: never answered by another one. */
static inline bool icmp4_is_error(uint8_t type)
{
	return type == ICMP4_DESTINATION_UNREACHABLE || type == ICMP4_TIME_EXCEEDED ||
	       type == ICMP4_PARAMETER_PROBLEM || type == ICMP4_REDIRECT || type == 4;
}

/* The quoted part of the `len` bytes that follow the header: without RFC 4884 extensions. */
static inline size_t icmp4_quote_len(const struct icmp4 *m, size_t len)
{
	return m->quote_len && m->quote_len < len ? m->quote_len : len;
}

/* The checksum field for `m` over a body whose partial sum from 0 is `body`. */
uint16_t icmp4_checksum(const struct icmp4 *m, uint32_t body);

/* Whether a whole message in one piece sums right. */
static inline bool icmp4_checksum_ok(const uint8_t *p, size_t len)
{
	return csum_fold(csum_partial(p, len, 0)) == 0;
}

const char *icmp4_result_name(enum icmp4_result r);

#endif
