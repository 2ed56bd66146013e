#include "transport/tcp/cc/bbr.h"

#include "ip/node.h"

#define HIGH_GAIN (BBR_UNIT * 2885 / 1000 + 1)
#define MARGIN_PERCENT 1u          /* pace a little below bw, so that queues shrink */
#define MIN_TSO_RATE (1200000u / 8) /* bytes/s: below, segments leave one by one */
#define PIECE_MAX (65536u - 1 - 320) /* bytes that Linux gives to the interface at once */
#define EXTRA_ACKED_MAX_US 100000u

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

uint64_t bbr_rate_bytes_per_sec(const struct tcp *tp, uint64_t bw, uint32_t gain)
{
	uint64_t rate = (bw * tp->mss_cache * gain) >> BBR_SCALE;

	return (rate * (1000000 / 100 * (100 - MARGIN_PERCENT))) >> BW_SCALE;
}

static uint64_t bw_to_pacing_rate(const struct tcp *tp, uint64_t bw, uint32_t gain)
{
	uint64_t rate = bbr_rate_bytes_per_sec(tp, bw, gain);

	return rate < tp->sk_max_pacing_rate ? rate : tp->sk_max_pacing_rate;
}

/* Before there is a rate sample: the initial window over the round trip, or over 1 ms. */
void bbr_init_pacing_rate(struct tcp *tp)
{
	uint32_t rtt_us = 1000;

	if (tp->srtt_us) {
		rtt_us = max_u32(tp->srtt_us >> 3, 1);
		bbr_of(tp)->has_seen_rtt = 1;
	}
	tp->sk_pacing_rate = bw_to_pacing_rate(tp, tp->snd_cwnd * BW_UNIT / rtt_us, HIGH_GAIN);
}

void bbr_set_pacing_rate(struct tcp *tp, uint32_t bw, uint32_t gain)
{
	struct bbr *b = bbr_of(tp);
	uint64_t rate = bw_to_pacing_rate(tp, bw, gain);

	if (!b->has_seen_rtt && tp->srtt_us)
		bbr_init_pacing_rate(tp);
	/* STARTUP never slows down: a low sample is more likely noise than the path. */
	if (b->full_bw_reached || rate > tp->sk_pacing_rate)
		tp->sk_pacing_rate = rate;
}

uint32_t bbr_min_tso_segs(const struct tcp *tp)
{
	return tp->sk_pacing_rate < MIN_TSO_RATE ? 1 : 2;
}

/* Segments that leave in one piece at this rate. */
static uint32_t tso_segs_goal(const struct tcp *tp)
{
	uint64_t bytes = tp->sk_pacing_rate >> 10;

	if (bytes > PIECE_MAX)
		bytes = PIECE_MAX;
	return min_u32(max_u32((uint32_t)bytes / tp->mss_cache, bbr_min_tso_segs(tp)), 0x7f);
}

/* The product of bandwidth and delay, times gain, rounded up. */
static uint32_t bbr_bdp(const struct tcp *tp, uint32_t bw, uint32_t gain)
{
	const struct bbr *b = (const void *)tp->ca_priv;
	uint64_t w;

	if (b->min_rtt_us == UINT32_MAX) /* not one round trip measured yet */
		return TCP_INIT_CWND;
	w = (uint64_t)bw * b->min_rtt_us;
	return (uint32_t)((((w * gain) >> BBR_SCALE) + BW_UNIT - 1) / BW_UNIT);
}

/* Room for a piece at the sender, one at its interface and one at the receiver; an even number,
 * for delayed ACKs; and enough that probing reaches beyond the product even where that is small. */
static uint32_t quantization_budget(const struct tcp *tp, uint32_t cwnd)
{
	const struct bbr *b = (const void *)tp->ca_priv;

	cwnd += 3 * tso_segs_goal(tp);
	cwnd = (cwnd + 1) & ~1u;
	if (b->mode == BBR_PROBE_BW && b->cycle_idx == 0)
		cwnd += 2;
	return cwnd;
}

uint32_t bbr_inflight(const struct tcp *tp, uint32_t bw, uint32_t gain)
{
	return quantization_budget(tp, bbr_bdp(tp, bw, gain));
}

/*
 * With pacing, what happens next was decided a while ago: the next segment leaves at its earliest
 * departure time, and until then the path delivers bw.
 */
uint32_t bbr_packets_in_net_at_edt(const struct tcp *tp, uint32_t inflight_now)
{
	const struct bbr *b = (const void *)tp->ca_priv;
	int64_t wait_ns = tp->tcp_wstamp_ns - node_now(tcp_node(tp)).ns;
	uint64_t wait_us = wait_ns > 0 ? (uint64_t)wait_ns / 1000 : 0;
	uint64_t delivered = (bbr_bw(b) * wait_us) >> BW_SCALE;

	if (b->pacing_gain > BBR_UNIT) /* more is wanted: count what will leave then */
		inflight_now += tso_segs_goal(tp);
	return delivered >= inflight_now ? 0 : inflight_now - (uint32_t)delivered;
}

static uint32_t ack_aggregation_cwnd(const struct bbr *b)
{
	uint32_t extra = max_u32(b->extra_acked[0], b->extra_acked[1]);
	uint64_t most = ((uint64_t)bbr_bw(b) * EXTRA_ACKED_MAX_US) >> BW_SCALE;

	if (!b->full_bw_reached)
		return 0;
	return extra < most ? extra : (uint32_t)most;
}

void bbr_save_cwnd(struct tcp *tp)
{
	struct bbr *b = bbr_of(tp);

	if (b->prev_ca_state < TCP_CA_Recovery && b->mode != BBR_PROBE_RTT)
		b->prior_cwnd = tp->snd_cwnd;
	else /* it is cut already */
		b->prior_cwnd = max_u32(b->prior_cwnd, tp->snd_cwnd);
}

/*
 * The first round of a recovery sends one segment for each that was delivered (packet
 * conservation), later ones up to two; when it is over, the window is what it was. True: *cwnd is
 * final.
 */
static bool recover_or_restore(struct tcp *tp, const struct rate_sample *rs, uint32_t *cwnd)
{
	struct bbr *b = bbr_of(tp);
	enum tcp_ca_state prev = b->prev_ca_state, state = tp->icsk_ca_state;
	uint32_t conserve = tcp_packets_in_flight(tp) + rs->acked_sacked;

	if (rs->losses > 0)
		*cwnd = *cwnd > (uint32_t)rs->losses ? *cwnd - (uint32_t)rs->losses : 1;
	if (state == TCP_CA_Recovery && prev != TCP_CA_Recovery) {
		b->packet_conservation = 1;
		b->next_rtt_delivered = tp->delivered;
		*cwnd = conserve;
	} else if (prev >= TCP_CA_Recovery && state < TCP_CA_Recovery) {
		*cwnd = max_u32(*cwnd, b->prior_cwnd);
		b->packet_conservation = 0;
	}
	b->prev_ca_state = state & 7u;
	if (b->packet_conservation)
		*cwnd = max_u32(*cwnd, conserve);
	return b->packet_conservation;
}

void bbr_set_cwnd(struct tcp *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);
	uint32_t acked = rs->acked_sacked, cwnd = tp->snd_cwnd;

	if (acked && !recover_or_restore(tp, rs, &cwnd)) {
		uint32_t target = bbr_bdp(tp, bbr_bw(b), b->cwnd_gain) + ack_aggregation_cwnd(b);

		target = quantization_budget(tp, target);
		if (b->full_bw_reached)
			cwnd = min_u32(cwnd + acked, target);
		else if (cwnd < target || tp->delivered < TCP_INIT_CWND)
			cwnd += acked;
		cwnd = max_u32(cwnd, BBR_MIN_CWND);
	}
	tp->snd_cwnd = min_u32(cwnd, tp->snd_cwnd_clamp);
	if (b->mode == BBR_PROBE_RTT)
		tp->snd_cwnd = min_u32(tp->snd_cwnd, BBR_MIN_CWND);
}
