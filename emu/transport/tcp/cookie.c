/*
 * SYN cookies (RFC 4987 3.6): when the SYN queue overflows, what must be remembered of a SYN is put
 * into our initial sequence number: a count of minutes, one of four segment sizes, and a hash that
 * nobody else can make (Bernstein's scheme as Linux has it). Where the SYN had a timestamp, the other
 * options survive in the low bits of ours, which the peer echoes.
 */
#include "transport/tcp/internal.h"

#define COOKIE_BITS 24
#define COOKIE_MASK ((1u << COOKIE_BITS) - 1)
#define MAX_COOKIE_AGE 2 /* minutes */

/* Low bits of the timestamp: the peer's window scale (15: none), SACK, ECN. */
#define STAMP_BITS 6
#define STAMP_WSCALE 0xfu
#define STAMP_SACK (1u << 4)
#define STAMP_ECN (1u << 5)

static const uint16_t table4[] = {536, 1300, 1440, 1460};
static const uint16_t table6[] = {1220, 1420, 1440, 8940};

static uint32_t minute(const struct tcp_stack *st)
{
	return (uint32_t)(node_now(st->node).ns / (60 * NS_PER_S));
}

static uint32_t hash(struct tcp_stack *st, const struct tcp_entry *e, uint32_t count, uint32_t which)
{
	return (uint32_t)tcp_secret_hash(st, &e->saddr, &e->daddr,
					 (uint32_t)e->sport << 16 | e->dport,
					 count << 8 | (16 + which));
}

uint32_t tcp_cookie_make(struct tcp_stack *st, const struct tcp_entry *e, uint32_t seq,
			 uint16_t *mss)
{
	const uint16_t *table = ipaddr_is4(&e->daddr) ? table4 : table6;
	uint32_t count = minute(st), i = 3;

	while (i > 0 && table[i] > *mss)
		i--;
	*mss = table[i];
	return hash(st, e, 0, 0) + seq + (count << COOKIE_BITS) +
	       ((hash(st, e, count, 1) + i) & COOKIE_MASK);
}

bool tcp_cookie_check(struct tcp_stack *st, const struct tcp_entry *e, uint32_t seq, uint32_t cookie,
		      uint16_t *mss)
{
	const uint16_t *table = ipaddr_is4(&e->daddr) ? table4 : table6;
	uint32_t now = minute(st), age;

	cookie -= hash(st, e, 0, 0) + seq;
	age = (now - (cookie >> COOKIE_BITS)) & (UINT32_MAX >> COOKIE_BITS);
	if (age >= MAX_COOKIE_AGE)
		return false;
	uint32_t i = (cookie - hash(st, e, now - age, 1)) & COOKIE_MASK;
	if (i > 3)
		return false;
	*mss = table[i];
	return true;
}

/* The timestamp of a cookie's SYN-ACK in ms, never later than now (cookie_init_timestamp()). */
uint32_t tcp_cookie_stamp(const struct tcp_request *req)
{
	uint32_t now = (uint32_t)(node_now(tcp_node(req->listener)).ns / NS_PER_MS);
	uint32_t bits = req->wscale_ok ? req->snd_wscale : STAMP_WSCALE;

	if (req->sack_ok)
		bits |= STAMP_SACK;
	if (req->ecn_ok)
		bits |= STAMP_ECN;
	uint32_t stamp = (now >> STAMP_BITS << STAMP_BITS) | bits;
	return after(stamp, now) ? stamp - (1u << STAMP_BITS) : stamp;
}

/*
 * Reads them back from the echo. False: it says what this node never offers, so it is no echo of
 * ours (cookie_timestamp_decode()).
 */
bool tcp_cookie_options(struct tcp_request *req, const struct tcp_in *in)
{
	struct node *n = tcp_node(req->listener);
	const struct sysctls *c = n->sysctl;

	if (!in->o.has_ts || !c->tcp_timestamps)
		return true;
	req->ts_off = tcp_ts_offset(tcp_stack_of(n), &req->entry);
	req->tstamp_ok = true;
	req->ts_recent = in->o.ts_val;
	uint32_t bits = in->o.ts_ecr ? in->o.ts_ecr - req->ts_off : 0;
	req->sack_ok = bits & STAMP_SACK;
	req->ecn_ok = bits & STAMP_ECN && c->tcp_ecn;
	req->wscale_ok = (bits & STAMP_WSCALE) != STAMP_WSCALE;
	req->snd_wscale = req->wscale_ok ? bits & STAMP_WSCALE : 0;
	return !(req->sack_ok && !c->tcp_sack) && !(req->wscale_ok && !c->tcp_window_scaling);
}
