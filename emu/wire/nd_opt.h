/*
 * Neighbour discovery options (RFC 4861 4.6): type, length in units of eight bytes, body. The walk
 * is an iterator over borrowed bytes; options of types it does not know pass with their body.
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
};

#define ND_OPT_LLA_LEN 8
#define ND_OPT_PREFIX_LEN 32
#define ND_OPT_MTU_LEN 8
#define ND_INFINITY 0xffffffffu         /* a lifetime without end */

enum nd_opt_result {
	ND_OPT_END,                     /* no more options */
	ND_OPT_ONE,                     /* *opt holds the next one */
	ND_OPT_BAD,                     /* length 0, overrun, or wrong for its type */
};

struct nd_opt {
	uint8_t type;
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

#endif
