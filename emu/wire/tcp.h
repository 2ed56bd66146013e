/*
 * TCP segments (RFC 9293 3.1) and their options (RFC 9293 3.2, 7323, 2018, 7413).
 *
 * A segment is parsed in two steps: tcp_parse() reads the fixed twenty bytes and says whether the
 * header it announces is there, tcp_options_parse() reads what stands between them and the
 * payload. Options are read as tolerantly as Linux reads them: an option that is cut short or lies
 * about its length ends the list, what came before it counts, and the segment lives on; what was
 * wrong is left in `flaws` for counters and tests. What the struct holds is legal and may be used
 * without another test: a scale is at most 14, a cookie fits, at most four SACK blocks.
 *
 * The payload need not follow its header in memory: checksums take it as a partial sum.
 */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ipaddr.h"

#define TCP_HLEN 20
#define TCP_HLEN_MAX 60
#define TCP_OPTIONS_MAX (TCP_HLEN_MAX - TCP_HLEN)
#define TCP_HLEN_TS 32                  /* a header with the aligned timestamp option only */
#define TCP_CSUM_OFF 16                 /* where the checksum stands */

/* The control bits with the names Linux gives them; AE is the former NS (RFC 3540, 9768). */
enum tcp_flags {
	TCPHDR_FIN = 0x001,
	TCPHDR_SYN = 0x002,
	TCPHDR_RST = 0x004,
	TCPHDR_PSH = 0x008,
	TCPHDR_ACK = 0x010,
	TCPHDR_URG = 0x020,
	TCPHDR_ECE = 0x040,
	TCPHDR_CWR = 0x080,
	TCPHDR_AE = 0x100,
};

enum tcp_result {
	TCP_OK,
	TCP_SHORT,                      /* less than the fixed header */
	TCP_BAD_DOFF,                   /* the data offset is less than the fixed header */
	TCP_TRUNCATED,                  /* the data offset is past what IP delivered */
};

struct tcp_hdr {
	uint32_t seq;
	uint32_t ack;
	uint16_t sport;
	uint16_t dport;
	uint16_t flags;                 /* enum tcp_flags, nine bits */
	uint16_t window;                /* as on the wire, not scaled */
	uint16_t checksum;
	uint16_t urgent;
	uint8_t doff;                   /* header length in 32-bit words, 5..15 */
	uint8_t reserved;               /* the three bits that nobody uses; emitted as they are */
};

#define TCP_SACK_BLOCKS 4               /* what forty bytes of options hold */
#define TCP_WSCALE_MAX 14               /* RFC 7323 2.3 */
#define TCP_COOKIE_MIN 4                /* RFC 7413 2 */
#define TCP_COOKIE_MAX 16

enum tcp_option_kind {
	TCP_OPT_EOL = 0,
	TCP_OPT_NOP = 1,
	TCP_OPT_MSS = 2,
	TCP_OPT_WSCALE = 3,
	TCP_OPT_SACK_PERMITTED = 4,
	TCP_OPT_SACK = 5,
	TCP_OPT_TS = 8,
	TCP_OPT_FASTOPEN = 34,
	TCP_OPT_EXP = 254,              /* RFC 6994; 0xf989 is the early Fast Open */
};

enum tcp_option_flaw {
	TCP_FLAW_CUT = 0x01,            /* a kind without its length, or a length past the header */
	TCP_FLAW_TINY = 0x02,           /* a length less than two: nothing after it can be found */
	TCP_FLAW_SIZE = 0x04,           /* a known kind of a length that it cannot have: skipped */
	TCP_FLAW_VALUE = 0x08,          /* scale over 14 (held to it), MSS 0, cookie size */
	TCP_FLAW_PLACE = 0x10,          /* a SYN's option on another segment: skipped */
};

/* A range of sequence numbers, [start_seq, end_seq). */
struct tcp_sack_block {
	uint32_t start_seq;
	uint32_t end_seq;
};

/*
 * The options of one segment. Blocks at or past `sacks` and cookie bytes at or past `cookie_len`
 * are undefined. For emitting, start from tcp_options_init() and set what shall be sent.
 */
struct tcp_options {
	uint32_t ts_val;
	uint32_t ts_ecr;
	uint16_t mss;                   /* 0: none */
	bool has_ts;
	bool has_wscale;
	uint8_t wscale;                 /* 0..14 */
	bool sack_permitted;
	uint8_t sacks;                  /* blocks there, 0..4 */
	bool has_cookie;                /* Fast Open stands there: a request if cookie_len is 0 */
	bool cookie_exp;                /* under the experimental kind */
	uint8_t cookie_len;             /* 0 or 4..16, even */
	uint8_t unknown;                /* options of kinds not listed above */
	uint8_t flaws;                  /* enum tcp_option_flaw */
	struct tcp_sack_block sack[TCP_SACK_BLOCKS];
	uint8_t cookie[TCP_COOKIE_MAX];
};

/* No options: all fields but the arrays, which are long and counted. */
static inline void tcp_options_init(struct tcp_options *o)
{
	memset(o, 0, offsetof(struct tcp_options, sack));
}

static inline size_t tcp_hlen(const struct tcp_hdr *h)
{
	return (size_t)h->doff * 4;
}

/*
 * `len`: of the whole IP payload, of which the header stands at p. On TCP_OK tcp_hlen(h) <= len.
 * On TCP_SHORT nothing is stored; on the other errors the fields are, for printing.
 */
static inline enum tcp_result tcp_parse(const uint8_t *p, size_t len, struct tcp_hdr *h)
{
	if (len < TCP_HLEN)
		return TCP_SHORT;
	h->sport = be16_load(p);
	h->dport = be16_load(p + 2);
	h->seq = be32_load(p + 4);
	h->ack = be32_load(p + 8);
	h->doff = p[12] >> 4;
	h->reserved = p[12] >> 1 & 7;
	h->flags = (uint16_t)((p[12] & 1) << 8 | p[13]);
	h->window = be16_load(p + 14);
	h->checksum = be16_load(p + TCP_CSUM_OFF);
	h->urgent = be16_load(p + 18);
	if (h->doff < TCP_HLEN / 4)
		return TCP_BAD_DOFF;
	return tcp_hlen(h) > len ? TCP_TRUNCATED : TCP_OK;
}

/* Writes TCP_HLEN bytes; the options, up to doff, are the caller's (tcp_options_emit). */
static inline void tcp_emit(uint8_t *p, const struct tcp_hdr *h)
{
	be16_store(p, h->sport);
	be16_store(p + 2, h->dport);
	be32_store(p + 4, h->seq);
	be32_store(p + 8, h->ack);
	p[12] = (uint8_t)(h->doff << 4 | (h->reserved & 7) << 1 | (h->flags >> 8 & 1));
	p[13] = (uint8_t)h->flags;
	be16_store(p + 14, h->window);
	be16_store(p + TCP_CSUM_OFF, h->checksum);
	be16_store(p + 18, h->urgent);
}

/* The four bytes with which nearly every segment's options begin: NOP, NOP, TS, 10. */
#define TCP_TS_ALIGNED 0x0101080au

/*
 * The options of a header that is just a timestamp in Linux's place, without a loop. `p`: the
 * header. False, and nothing stored, for any other.
 */
static inline bool tcp_ts_parse(const uint8_t *p, uint8_t doff, uint32_t *val, uint32_t *ecr)
{
	if (doff != TCP_HLEN_TS / 4 || be32_load(p + TCP_HLEN) != TCP_TS_ALIGNED)
		return false;
	*val = be32_load(p + TCP_HLEN + 4);
	*ecr = be32_load(p + TCP_HLEN + 8);
	return true;
}

/* Writes the twelve bytes NOP NOP TS. `p`: where the options begin. */
static inline void tcp_ts_emit(uint8_t *p, uint32_t val, uint32_t ecr)
{
	be32_store(p, TCP_TS_ALIGNED);
	be32_store(p + 4, val);
	be32_store(p + 8, ecr);
}

/* The general reader: `p`, `len` is the option space alone. `syn`: the segment carries SYN. */
void tcp_options_parse_any(const uint8_t *p, size_t len, bool syn, struct tcp_options *o);

/* Reads the options of the header at p, of which tcp_parse() said TCP_OK. */
static inline void tcp_options_parse(const uint8_t *p, const struct tcp_hdr *h,
				     struct tcp_options *o)
{
	if (h->doff == TCP_HLEN / 4) {
		tcp_options_init(o);
	} else if (!(h->flags & TCPHDR_SYN) && tcp_ts_parse(p, h->doff, &o->ts_val, &o->ts_ecr)) {
		uint32_t val = o->ts_val, ecr = o->ts_ecr;

		tcp_options_init(o);
		o->has_ts = true;
		o->ts_val = val;
		o->ts_ecr = ecr;
	} else {
		tcp_options_parse_any(p + TCP_HLEN, tcp_hlen(h) - TCP_HLEN,
				      h->flags & TCPHDR_SYN, o);
	}
}

/*
 * Bytes that tcp_options_emit() will write: a multiple of four. It may be more than
 * TCP_OPTIONS_MAX if too much was asked for; then it must not be emitted.
 */
size_t tcp_options_len(const struct tcp_options *o);

/*
 * Writes the options in Linux's order and padding and returns their length. On a SYN: MSS,
 * SACK-permitted, TS, NOP, scale, Fast Open; SACK-permitted without TS stands behind two NOPs, and
 * so does TS without SACK-permitted. On others: NOP NOP TS, then NOP NOP SACK. `unknown` and
 * `flaws` are not looked at. The result of tcp_options_len() must be at most TCP_OPTIONS_MAX.
 */
size_t tcp_options_emit(uint8_t *p, const struct tcp_options *o);

/*
 * The checksum field, of a segment whose header, with options and with any checksum, stands at p,
 * over `payload_len` bytes whose partial sum from 0 is `payload`. Host order.
 */
uint16_t tcp_checksum(const struct ipaddr *src, const struct ipaddr *dst, const uint8_t *p,
		      size_t hlen, uint32_t payload, size_t payload_len);

/* Whether a received segment is whole: the same arguments. */
bool tcp_checksum_ok(const struct ipaddr *src, const struct ipaddr *dst, const uint8_t *p,
		     size_t hlen, uint32_t payload, size_t payload_len);

const char *tcp_result_name(enum tcp_result r);

/* The letters tcpdump prints for control bits, in its order: "S.", "FP.", "R", "none". */
#define TCP_FLAGS_TEXT 12
const char *tcp_flags_format(char buf[TCP_FLAGS_TEXT], uint16_t flags);

/* Sequence arithmetic modulo 2^32 (RFC 9293 3.4), for numbers less than 2^31 apart. */
static inline bool tcp_seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool tcp_seq_after(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a) < 0;
}

#endif
