/*
 * Neighbour discovery options (RFC 4861 4.6; routes RFC 4191 2.3; name servers and search lists
 * RFC 8106 5; nonces RFC 3971 5.3.2): type, length in units of eight bytes, body. The walk is an
 * iterator over borrowed bytes; options of types it does not know pass with their body.
 *
 * One that RFC 4861 defines and that is wrong makes its whole message wrong. Those of RFC 4191 and
 * RFC 8106 are passed over alone then: they come as `malformed`, with their body.
 */
#ifndef WIRE_ND_OPT_H
#define WIRE_ND_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/cursor.h"
#include "wire/ipaddr.h"
#include "wire/mac.h"

enum nd_opt_type {
	ND_OPT_SLLA = 1,                /* source link-layer address */
	ND_OPT_TLLA = 2,                /* target link-layer address */
	ND_OPT_PREFIX = 3,
	ND_OPT_REDIRECTED = 4,          /* the packet that was redirected */
	ND_OPT_LINK_MTU = 5,
	ND_OPT_NONCE = 14,
	ND_OPT_ROUTE = 24,
	ND_OPT_RDNSS = 25,              /* recursive name servers */
	ND_OPT_DNSSL = 31,              /* domains to search in */
};

#define ND_OPT_LLA_LEN 8
#define ND_OPT_PREFIX_LEN 32
#define ND_OPT_MTU_LEN 8
#define ND_OPT_NONCE_BYTES 6            /* of the body, as all send it */
#define ND_INFINITY 0xffffffffu         /* a lifetime without end */
#define ND_DOMAIN_TEXT 256              /* a domain name with its NUL */

/* RFC 4191 2.1; 2 is reserved: in an advertisement it reads as medium, a route with it is malformed. */
enum nd_preference {
	ND_PREF_MEDIUM = 0,
	ND_PREF_HIGH = 1,
	ND_PREF_RESERVED = 2,
	ND_PREF_LOW = 3,
};

enum nd_opt_result {
	ND_OPT_END,                     /* no more options */
	ND_OPT_ONE,                     /* *opt holds the next one */
	ND_OPT_BAD,                     /* length 0, overrun, or wrong for its type */
};

struct nd_opt {
	uint8_t type;
	bool malformed;                         /* only `body` counts */
	union {
		struct mac lla;                 /* SLLA, TLLA */
		struct {
			struct prefix prefix;   /* its length 0..128; bits past it are cleared */
			bool on_link;
			bool autonomous;
			uint32_t valid;         /* s, or ND_INFINITY */
			uint32_t preferred;     /* s; above valid: ignore it (RFC 4862) */
		} prefix;
		uint32_t mtu;
		struct {
			struct prefix prefix;
			uint8_t bytes;          /* of the prefix that are written: 0, 8 or 16 */
			enum nd_preference preference;
			uint32_t lifetime;      /* s, or ND_INFINITY; 0: no more */
		} route;
		struct {
			uint32_t lifetime;      /* s, or ND_INFINITY; 0: no more */
			const uint8_t *data;    /* borrowed: addresses, or names as DNS writes them */
			size_t len;
		} dns;                          /* RDNSS, DNSSL */
		struct {
			const uint8_t *data;    /* borrowed; REDIRECTED: from the IP header */
			size_t len;             /* on, others: all past the length byte */
		} body;
	};
};

/* Over `opts_len` bytes of options: rcursor_make(opts, opts_len). */
enum nd_opt_result nd_opt_next(struct rcursor *c, struct nd_opt *opt);

/*
 * The first option of `type`; false if there is none, or if any option before or after it is bad.
 */
bool nd_opt_find(const uint8_t *opts, size_t opts_len, uint8_t type, struct nd_opt *opt);

/* Bytes that the option takes on the wire, a multiple of eight. */
size_t nd_opt_len(const struct nd_opt *opt);

/* Writes nd_opt_len(opt) bytes and returns their number; a body is padded with zeros. */
size_t nd_opt_emit(uint8_t *p, const struct nd_opt *opt);

/* A route option as short as its prefix allows. */
struct nd_opt nd_opt_route(const struct prefix *prefix, enum nd_preference preference,
			   uint32_t lifetime);

/* How many addresses an RDNSS option has, and the i-th. */
size_t nd_opt_servers(const struct nd_opt *opt);
struct ipaddr nd_opt_server(const struct nd_opt *opt, size_t i);

/*
 * The next name of a DNSSL option, over rcursor_make(opt->dns.data, opt->dns.len): "home.example".
 * False at the end, and at what is no name: then c->error. Bytes that do not print become '?'.
 */
bool nd_domain_next(struct rcursor *c, char name[ND_DOMAIN_TEXT]);

/* Writes a name as DNS does; the bytes it took, or 0 if it is none or `size` too small. */
size_t nd_domain_emit(uint8_t *p, size_t size, const char *name);

#endif
