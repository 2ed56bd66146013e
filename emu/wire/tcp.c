#include "wire/tcp.h"

#include "wire/cursor.h"

/* RFC 6994 and the drafts before RFC 7413: kind 254 with these two bytes was Fast Open. */
#define EXP_FASTOPEN 0xf989

enum {
	MSS_SIZE = 4,
	WSCALE_SIZE = 3,
	SACK_PERMITTED_SIZE = 2,
	TS_SIZE = 10,
	SACK_BLOCK_SIZE = 8,
	FASTOPEN_SIZE = 2,              /* and the cookie */
	EXP_FASTOPEN_SIZE = 4,
};

static void parse_mss(struct rcursor *c, bool syn, struct tcp_options *o)
{
	uint16_t mss = rcursor_u16(c);

	if (c->error || rcursor_remaining(c))
		o->flaws |= TCP_FLAW_SIZE;
	else if (!syn)
		o->flaws |= TCP_FLAW_PLACE;
	else if (mss == 0)
		o->flaws |= TCP_FLAW_VALUE;
	else
		o->mss = mss;
}

static void parse_wscale(struct rcursor *c, bool syn, struct tcp_options *o)
{
	uint8_t wscale = rcursor_u8(c);

	if (c->error || rcursor_remaining(c)) {
		o->flaws |= TCP_FLAW_SIZE;
	} else if (!syn) {
		o->flaws |= TCP_FLAW_PLACE;
	} else {
		if (wscale > TCP_WSCALE_MAX) {  /* RFC 7323 2.3: use 14 and log */
			o->flaws |= TCP_FLAW_VALUE;
			wscale = TCP_WSCALE_MAX;
		}
		o->has_wscale = true;
		o->wscale = wscale;
	}
}

static void parse_sack_permitted(struct rcursor *c, bool syn, struct tcp_options *o)
{
	if (rcursor_remaining(c))
		o->flaws |= TCP_FLAW_SIZE;
	else if (!syn)
		o->flaws |= TCP_FLAW_PLACE;
	else
		o->sack_permitted = true;
}

/* Of several SACK options the last counts, as on Linux. */
static void parse_sack(struct rcursor *c, struct tcp_options *o)
{
	size_t len = rcursor_remaining(c);
	uint8_t n = 0;

	if (len == 0 || len % SACK_BLOCK_SIZE) {
		o->flaws |= TCP_FLAW_SIZE;
		return;
	}
	while (n < TCP_SACK_BLOCKS && rcursor_remaining(c)) {
		o->sack[n].start_seq = rcursor_u32(c);
		o->sack[n].end_seq = rcursor_u32(c);
		n++;
	}
	o->sacks = n;
}

static void parse_ts(struct rcursor *c, struct tcp_options *o)
{
	uint32_t val = rcursor_u32(c), ecr = rcursor_u32(c);

	if (c->error || rcursor_remaining(c)) {
		o->flaws |= TCP_FLAW_SIZE;
		return;
	}
	o->has_ts = true;
	o->ts_val = val;
	o->ts_ecr = ecr;
}

static void parse_cookie(struct rcursor *c, bool syn, bool exp, struct tcp_options *o)
{
	size_t len = rcursor_remaining(c);

	if (!syn) {
		o->flaws |= TCP_FLAW_PLACE;
	} else if (len & 1) {
		o->flaws |= TCP_FLAW_SIZE;
	} else if (len && (len < TCP_COOKIE_MIN || len > TCP_COOKIE_MAX)) {
		o->flaws |= TCP_FLAW_VALUE;
	} else {
		o->has_cookie = true;
		o->cookie_exp = exp;
		o->cookie_len = (uint8_t)len;
		rcursor_bytes(c, o->cookie, len);
	}
}

static void parse_exp(struct rcursor *c, bool syn, struct tcp_options *o)
{
	uint16_t id = rcursor_u16(c);

	if (!c->error && id == EXP_FASTOPEN)
		parse_cookie(c, syn, true, o);
	else
		o->unknown++;
}

/* `c`: what stands behind the option's length byte. */
static void parse_option(uint8_t kind, struct rcursor *c, bool syn, struct tcp_options *o)
{
	switch (kind) {
	case TCP_OPT_MSS:
		parse_mss(c, syn, o);
		break;
	case TCP_OPT_WSCALE:
		parse_wscale(c, syn, o);
		break;
	case TCP_OPT_SACK_PERMITTED:
		parse_sack_permitted(c, syn, o);
		break;
	case TCP_OPT_SACK:
		parse_sack(c, o);
		break;
	case TCP_OPT_TS:
		parse_ts(c, o);
		break;
	case TCP_OPT_FASTOPEN:
		parse_cookie(c, syn, false, o);
		break;
	case TCP_OPT_EXP:
		parse_exp(c, syn, o);
		break;
	default:
		o->unknown++;
	}
}

void tcp_options_parse_any(const uint8_t *p, size_t len, bool syn, struct tcp_options *o)
{
	struct rcursor c = rcursor_make(p, len), body;
	uint8_t kind, size;

	tcp_options_init(o);
	while (rcursor_remaining(&c)) {
		kind = rcursor_u8(&c);
		if (kind == TCP_OPT_EOL)
			return;
		if (kind == TCP_OPT_NOP)
			continue;
		size = rcursor_u8(&c);
		if (c.error) {
			o->flaws |= TCP_FLAW_CUT;
			return;
		}
		if (size < 2) {
			o->flaws |= TCP_FLAW_TINY;
			return;
		}
		body = rcursor_sub(&c, size - 2u);
		if (c.error) {
			o->flaws |= TCP_FLAW_CUT;
			return;
		}
		parse_option(kind, &body, syn, o);
	}
}

static size_t cookie_size(const struct tcp_options *o)
{
	return (o->cookie_exp ? EXP_FASTOPEN_SIZE : FASTOPEN_SIZE) + (size_t)o->cookie_len;
}

size_t tcp_options_len(const struct tcp_options *o)
{
	size_t len = 0;

	if (o->mss)
		len += MSS_SIZE;
	if (o->has_ts)
		len += 12;              /* behind two NOPs or SACK-permitted */
	else if (o->sack_permitted)
		len += 4;
	if (o->has_wscale)
		len += 4;
	if (o->sacks)
		len += 4 + SACK_BLOCK_SIZE * (size_t)o->sacks;
	if (o->has_cookie)
		len += (cookie_size(o) + 3) & ~(size_t)3;
	return len;
}

static void emit_cookie(struct wcursor *c, const struct tcp_options *o)
{
	size_t size = cookie_size(o);

	wcursor_u8(c, o->cookie_exp ? TCP_OPT_EXP : TCP_OPT_FASTOPEN);
	wcursor_u8(c, (uint8_t)size);
	if (o->cookie_exp)
		wcursor_u16(c, EXP_FASTOPEN);
	wcursor_bytes(c, o->cookie, o->cookie_len);
	for (; size & 3; size++)
		wcursor_u8(c, TCP_OPT_NOP);
}

size_t tcp_options_emit(uint8_t *p, const struct tcp_options *o)
{
	struct wcursor c = wcursor_make(p, TCP_OPTIONS_MAX);

	if (o->mss)
		wcursor_u32(&c, TCP_OPT_MSS << 24 | MSS_SIZE << 16 | o->mss);
	if (o->sack_permitted || o->has_ts) {
		wcursor_u16(&c, o->sack_permitted && o->has_ts ?
				TCP_OPT_SACK_PERMITTED << 8 | SACK_PERMITTED_SIZE :
				TCP_OPT_NOP << 8 | TCP_OPT_NOP);
		if (o->has_ts) {
			wcursor_u16(&c, TCP_OPT_TS << 8 | TS_SIZE);
			wcursor_u32(&c, o->ts_val);
			wcursor_u32(&c, o->ts_ecr);
		} else {
			wcursor_u16(&c, TCP_OPT_SACK_PERMITTED << 8 | SACK_PERMITTED_SIZE);
		}
	}
	if (o->has_wscale)
		wcursor_u32(&c, TCP_OPT_NOP << 24 | TCP_OPT_WSCALE << 16 | WSCALE_SIZE << 8 |
				o->wscale);
	if (o->sacks) {
		wcursor_u16(&c, TCP_OPT_NOP << 8 | TCP_OPT_NOP);
		wcursor_u8(&c, TCP_OPT_SACK);
		wcursor_u8(&c, (uint8_t)(2 + SACK_BLOCK_SIZE * o->sacks));
		for (int i = 0; i < o->sacks; i++) {
			wcursor_u32(&c, o->sack[i].start_seq);
			wcursor_u32(&c, o->sack[i].end_seq);
		}
	}
	if (o->has_cookie)
		emit_cookie(&c, o);
	return wcursor_written(&c);
}

static uint32_t segment_sum(const struct ipaddr *src, const struct ipaddr *dst, const uint8_t *p,
			    size_t hlen, uint32_t payload, size_t payload_len)
{
	uint32_t s = csum_pseudo(src, dst, IPPROTO_TCP, (uint32_t)(hlen + payload_len));

	return csum_add(csum_partial(p, hlen, s), payload);
}

uint16_t tcp_checksum(const struct ipaddr *src, const struct ipaddr *dst, const uint8_t *p,
		      size_t hlen, uint32_t payload, size_t payload_len)
{
	uint32_t s = segment_sum(src, dst, p, hlen, payload, payload_len);

	/* Taking the field that is there out again: in ones' complement, adding its complement. */
	return csum_fold(csum_add16(s, (uint16_t)~be16_load(p + TCP_CSUM_OFF)));
}

bool tcp_checksum_ok(const struct ipaddr *src, const struct ipaddr *dst, const uint8_t *p,
		     size_t hlen, uint32_t payload, size_t payload_len)
{
	return csum_fold(segment_sum(src, dst, p, hlen, payload, payload_len)) == 0;
}

const char *tcp_result_name(enum tcp_result r)
{
	static const char *const names[] = {
		[TCP_OK] = "ok",
		[TCP_SHORT] = "shorter than a header",
		[TCP_BAD_DOFF] = "data offset inside the header",
		[TCP_TRUNCATED] = "options cut short",
	};

	return names[r];
}

const char *tcp_flags_format(char buf[TCP_FLAGS_TEXT], uint16_t flags)
{
	static const struct {
		uint16_t flag;
		char letter;
	} letters[] = {
		{ TCPHDR_FIN, 'F' }, { TCPHDR_SYN, 'S' }, { TCPHDR_RST, 'R' }, { TCPHDR_PSH, 'P' },
		{ TCPHDR_ACK, '.' }, { TCPHDR_URG, 'U' }, { TCPHDR_ECE, 'E' }, { TCPHDR_CWR, 'W' },
		{ TCPHDR_AE, 'e' },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (flags & letters[i].flag)
			buf[n++] = letters[i].letter;
	buf[n] = '\0';
	return n ? buf : "none";
}
