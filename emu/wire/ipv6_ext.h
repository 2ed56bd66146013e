/*
 * IPv6 extension headers (RFC 8200 4): hop-by-hop and destination options, routing, fragment.
 *
 * ipv6_ext_walk() goes once from the fixed header to the upper layer and leaves a summary: where
 * each header stands, what it says, and where the upper layer begins. It takes at most
 * IPV6_EXT_MAX headers, IPV6_EXT_MAX_BYTES bytes and IPV6_OPT_MAX options a header, so no packet
 * can keep it busy. It stops
 *   - at the first header it does not know (TCP, UDP, ESP, 59 ...): that is `proto`;
 *   - after a fragment header with an offset: what follows is the middle of something;
 *   - at a second fragment header: the first one has to be dealt with before.
 * Where a header is wrong, `pointer` is what a Parameter Problem must point at.
 *
 * Fields describe; what to do with a routing header or an unknown option is the receiver's rule
 * (opt_action is already the strictest one that RFC 8200 4.2 asks for).
 */
#ifndef WIRE_IPV6_EXT_H
#define WIRE_IPV6_EXT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/ipv6.h"

#define IPV6_EXT_MAX 8                  /* headers */
#define IPV6_EXT_MAX_BYTES 1280         /* of all of them (RFC 7112 wants them in one fragment) */
#define IPV6_OPT_MAX 16                 /* options other than padding in one header */

#define IPV6_FRAG_LEN 8
#define IPV6_HBH_ALERT_LEN 8

enum ipv6_opt_type {
	IPV6_OPT_PAD1 = 0x00,
	IPV6_OPT_PADN = 0x01,
	IPV6_OPT_ROUTER_ALERT = 0x05,   /* RFC 2711 */
	IPV6_OPT_JUMBO = 0xc2,          /* RFC 2675 */
};

/* The two high bits of an option type: what someone who does not know it does (RFC 8200 4.2). */
enum ipv6_opt_action {
	IPV6_OPT_SKIP = 0,
	IPV6_OPT_DISCARD = 1,
	IPV6_OPT_DISCARD_ICMP = 2,              /* Parameter Problem 2, to multicast too */
	IPV6_OPT_DISCARD_ICMP_UNICAST = 3,      /* Parameter Problem 2, not to multicast */
};

enum ipv6_ext_result {
	IPV6_EXT_OK,
	IPV6_EXT_TRUNCATED,             /* a header ends past the packet */
	IPV6_EXT_FIRST_INCOMPLETE,      /* so in a first fragment: Parameter Problem 3 (RFC 7112) */
	IPV6_EXT_TOO_MANY,              /* more than IPV6_EXT_MAX headers or IPV6_OPT_MAX options */
	IPV6_EXT_TOO_LONG,              /* more than IPV6_EXT_MAX_BYTES */
	IPV6_EXT_HBH_NOT_FIRST,         /* hop-by-hop elsewhere: Parameter Problem 1 at `pointer` */
	IPV6_EXT_BAD_OPTION,            /* an option overruns its header or has a wrong length */
	IPV6_EXT_BAD_JUMBO,             /* RFC 2675 3: Parameter Problem 0 at `pointer` */
	IPV6_EXT_BAD_FRAGMENT,          /* no multiple of 8, or past 65535: Parameter Problem 0 */
	IPV6_EXT_BAD_ROUTING,           /* fewer bytes than segments: Parameter Problem 0 */
};

struct ipv6_frag {
	uint8_t next;
	uint16_t offset;                /* bytes, a multiple of 8 */
	bool mf;
	uint32_t id;
};

/* All offsets count from the start of the fixed header; 0 means "not there". */
struct ipv6_ext {
	uint8_t proto;                  /* the upper layer, or what the walk stopped at */
	uint16_t l4_off;                /* where it begins */
	uint16_t next_off;              /* the Next Header byte that names it */
	uint8_t count;                  /* extension headers seen */

	uint16_t hbh_off;
	bool router_alert;
	uint16_t alert;                 /* its value */
	uint32_t jumbo_len;             /* 0: none */

	uint16_t dest_off;              /* the last destination options header */
	uint16_t routing_off;           /* the last routing header */
	uint8_t routing_type;
	uint8_t segments_left;

	uint16_t frag_off;              /* the fragment header */
	uint16_t frag_next_off;         /* the Next Header byte that says 44 */
	struct ipv6_frag frag;

	enum ipv6_opt_action opt_action; /* of the first unknown option that may not be skipped */
	bool opt_in_hbh;                /* it is in the hop-by-hop header: routers heed it too */
	uint16_t opt_off;               /* where it is */

	uint16_t pointer;               /* on failure */
};

/*
 * Walks the packet at p (fixed header included, already through ipv6_parse()), of which `len`
 * bytes are there (>= 40; what passes the payload length is padding). ipv6_has_ext() tells first
 * whether there is anything to walk. On failure the fields up to the bad header hold, `proto`
 * names that header and l4_off says where it stands.
 */
enum ipv6_ext_result ipv6_ext_walk(const uint8_t *p, size_t len, struct ipv6_ext *out);

/* Whether `next` is a header that the walk goes through. */
static inline bool ipv6_has_ext(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_DSTOPTS;
}

/* False if fewer than IPV6_FRAG_LEN bytes are there. Reserved bits are ignored. */
bool ipv6_frag_parse(const uint8_t *p, size_t len, struct ipv6_frag *f);

/* Writes IPV6_FRAG_LEN bytes. */
void ipv6_frag_emit(uint8_t *p, const struct ipv6_frag *f);

/*
 * An options header (hop-by-hop or destination) around `opts_len` bytes of options, padded with
 * Pad1 or PadN to a multiple of eight: writes and returns 8..2048 bytes. opts_len <= 2046.
 */
size_t ipv6_options_emit(uint8_t *p, uint8_t next, const uint8_t *opts, size_t opts_len);

/* A hop-by-hop header with a router alert alone: writes IPV6_HBH_ALERT_LEN bytes. */
void ipv6_hbh_alert_emit(uint8_t *p, uint8_t next, uint16_t value);

const char *ipv6_ext_result_name(enum ipv6_ext_result r);

#endif
