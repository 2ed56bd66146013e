#include "transport/tcp/cc/bbr.h"

#include "ip/node.h"

#define BW_RTTS (BBR_CYCLE_LEN + 2) /* window of the bandwidth filter */
#define MIN_RTT_WIN_MS 10000u
#define PROBE_RTT_MS 200u
#define HIGH_GAIN (BBR_UNIT * 2885 / 1000 + 1) /* 2/ln 2: doubles what is delivered each round */
#define DRAIN_GAIN (BBR_UNIT * 1000 / 2885)
#define CWND_GAIN (BBR_UNIT * 2)
#define FULL_BW_THRESH (BBR_UNIT * 5 / 4)
#define FULL_BW_CNT 3u
#define EXTRA_ACKED_WIN_RTTS 5u
#define ACK_EPOCH_MAX 0xFFFFFu

static const uint16_t cycle_gain[BBR_CYCLE_LEN] = {
	BBR_UNIT * 5 / 4, BBR_UNIT * 3 / 4, BBR_UNIT, BBR_UNIT,
	BBR_UNIT, BBR_UNIT, BBR_UNIT, BBR_UNIT,
};

/*
 * The largest value of the last `win` rounds, from three samples: the best, the best since that
 * one, and the best since that one. When the first leaves the window the second takes its place.
 */
static void bbr_max_update(struct bbr_max *m, uint32_t win, uint32_t t, uint32_t v)
{
	const struct bbr_max_sample now = {t, v};
	struct bbr_max_sample *s = m->s;

	if (v >= s[0].v || t - s[2].t > win) {
		s[0] = s[1] = s[2] = now;
		return;
	}
	if (v >= s[1].v)
		s[1] = s[2] = now;
	else if (v >= s[2].v)
		s[2] = now;

	if (t - s[0].t > win) {
		for (int i = 0; i < 2 && t - s[0].t > win; i++) {
			s[0] = s[1];
			s[1] = s[2];
			s[2] = now;
		}
	} else if (s[1].t == s[0].t && t - s[0].t > win / 4) {
		s[1] = s[2] = now; /* a quarter of the window without a second best */
	} else if (s[2].t == s[1].t && t - s[0].t > win / 2) {
		s[2] = now;
	}
}

static bool rate_is_valid(const struct rate_sample *rs)
{
	return rs->delivered >= 0 && rs->interval_us > 0;
}

static void update_bw(struct tcp *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);
	uint32_t bw;

	b->round_start = 0;
	if (!rate_is_valid(rs))
		return;
	if (!before(rs->prior_delivered, b->next_rtt_delivered)) {
		b->next_rtt_delivered = tp->delivered;
		b->rtt_cnt++;
		b->round_start = 1;
		b->packet_conservation = 0;
	}
	bbr_lt_sampling(tp, rs);
	bw = (uint32_t)((uint64_t)rs->delivered * BW_UNIT / (uint64_t)rs->interval_us);
	/* A sample that shows the application and not the path counts only if it is higher. */
	if (!rs->is_app_limited || bw >= bbr_max_bw(b))
		bbr_max_update(&b->bw, BW_RTTS, b->rtt_cnt, bw);
}

/*
 * ACKs that come in heaps (Wi-Fi, offloads) leave silences between them, which the window must
 * bridge: how much more was acknowledged than bw explains.
 */
static void update_ack_aggregation(struct tcp *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);
	uint32_t expected, extra;

	if (!rs->acked_sacked || !rate_is_valid(rs))
		return;
	if (b->round_start) {
		if (b->extra_acked_win_rtts + 1u >= EXTRA_ACKED_WIN_RTTS) {
			b->extra_acked_win_rtts = 0;
			b->extra_acked_win_idx ^= 1;
			b->extra_acked[b->extra_acked_win_idx] = 0;
		} else {
			b->extra_acked_win_rtts++;
		}
	}
	expected = (uint32_t)((uint64_t)bbr_bw(b) * (tp->delivered_mstamp - b->ack_epoch_mstamp) >>
			      BW_SCALE);
	if (b->ack_epoch_acked <= expected ||
	    b->ack_epoch_acked + rs->acked_sacked > ACK_EPOCH_MAX) {
		b->ack_epoch_acked = 0;
		b->ack_epoch_mstamp = tp->delivered_mstamp;
		expected = 0;
	}
	extra = b->ack_epoch_acked + rs->acked_sacked;
	b->ack_epoch_acked = (extra < ACK_EPOCH_MAX ? extra : ACK_EPOCH_MAX) & ACK_EPOCH_MAX;
	extra = b->ack_epoch_acked - expected;
	if (extra > tp->snd_cwnd)
		extra = tp->snd_cwnd;
	if (extra > UINT16_MAX)
		extra = UINT16_MAX;
	if (extra > b->extra_acked[b->extra_acked_win_idx])
		b->extra_acked[b->extra_acked_win_idx] = (uint16_t)extra;
}

/* Whether this phase of PROBE_BW has done what it is for. */
static bool phase_is_over(const struct tcp *tp, const struct bbr *b, const struct rate_sample *rs)
{
	bool full_length = tp->delivered_mstamp > b->cycle_mstamp + b->min_rtt_us;
	uint32_t inflight;

	if (b->pacing_gain == BBR_UNIT)
		return full_length;
	inflight = bbr_packets_in_net_at_edt(tp, rs->prior_in_flight);
	if (b->pacing_gain > BBR_UNIT) /* until it really is in flight, or does not fit */
		return full_length &&
		       (rs->losses || inflight >= bbr_inflight(tp, bbr_max_bw(b), b->pacing_gain));
	return full_length || inflight <= bbr_inflight(tp, bbr_max_bw(b), BBR_UNIT);
}

static void update_cycle_phase(struct tcp *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);

	if (b->mode == BBR_PROBE_BW && phase_is_over(tp, b, rs)) {
		b->cycle_idx = (b->cycle_idx + 1u) % BBR_CYCLE_LEN;
		b->cycle_mstamp = tp->delivered_mstamp;
	}
}

static void check_full_bw_reached(struct tcp *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);

	if (b->full_bw_reached || !b->round_start || rs->is_app_limited)
		return;
	if (bbr_max_bw(b) >= (uint64_t)b->full_bw * FULL_BW_THRESH >> BBR_SCALE) {
		b->full_bw = bbr_max_bw(b);
		b->full_bw_cnt = 0;
		return;
	}
	b->full_bw_cnt++;
	b->full_bw_reached = b->full_bw_cnt >= FULL_BW_CNT;
}

static void check_drain(struct tcp *tp)
{
	struct bbr *b = bbr_of(tp);
	uint32_t goal;

	if (b->mode != BBR_STARTUP && b->mode != BBR_DRAIN)
		return;
	goal = bbr_inflight(tp, bbr_max_bw(b), BBR_UNIT);
	if (b->mode == BBR_STARTUP && b->full_bw_reached) {
		b->mode = BBR_DRAIN;
		tp->snd_ssthresh = goal;
	}
	if (b->mode == BBR_DRAIN &&
	    bbr_packets_in_net_at_edt(tp, tcp_packets_in_flight(tp)) <= goal)
		bbr_reset_probe_bw_mode(tp);
}

static void probe_rtt(struct tcp *tp)
{
	struct bbr *b = bbr_of(tp);

	/* Rates measured now are low because we are. */
	tp->app_limited = tp->delivered + tcp_packets_in_flight(tp);
	if (!tp->app_limited)
		tp->app_limited = 1;
	if (!b->probe_rtt_done_stamp) {
		if (tcp_packets_in_flight(tp) > BBR_MIN_CWND)
			return;
		b->probe_rtt_done_stamp = bbr_now_ms(tp) + PROBE_RTT_MS;
		b->probe_rtt_round_done = 0;
		b->next_rtt_delivered = tp->delivered;
		return;
	}
	if (b->round_start)
		b->probe_rtt_round_done = 1;
	if (b->probe_rtt_round_done)
		bbr_check_probe_rtt_done(tp);
}

static void update_min_rtt(struct tcp *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);
	bool expired = after(bbr_now_ms(tp), b->min_rtt_stamp + MIN_RTT_WIN_MS);

	/* Only what is shorter makes it young: an empty queue shows the same round trip for ever. */
	if (rs->rtt_us >= 0 &&
	    (rs->rtt_us < (int64_t)b->min_rtt_us || (expired && !rs->is_ack_delayed))) {
		b->min_rtt_us = (uint32_t)rs->rtt_us;
		b->min_rtt_stamp = bbr_now_ms(tp);
	}
	if (expired && !b->idle_restart && b->mode != BBR_PROBE_RTT) {
		b->mode = BBR_PROBE_RTT;
		bbr_save_cwnd(tp);
		b->probe_rtt_done_stamp = 0;
	}
	if (b->mode == BBR_PROBE_RTT)
		probe_rtt(tp);
	if (rs->delivered > 0)
		b->idle_restart = 0;
}

static void update_gains(struct bbr *b)
{
	switch (b->mode) {
	case BBR_STARTUP:
		b->pacing_gain = HIGH_GAIN;
		b->cwnd_gain = HIGH_GAIN;
		break;
	case BBR_DRAIN:
		b->pacing_gain = DRAIN_GAIN;
		b->cwnd_gain = HIGH_GAIN;
		break;
	case BBR_PROBE_BW:
		b->pacing_gain = b->lt_use_bw ? BBR_UNIT : cycle_gain[b->cycle_idx];
		b->cwnd_gain = CWND_GAIN;
		break;
	case BBR_PROBE_RTT:
		b->pacing_gain = BBR_UNIT;
		b->cwnd_gain = BBR_UNIT;
		break;
	}
}

void bbr_update_model(struct tcp *tp, const struct rate_sample *rs)
{
	update_bw(tp, rs);
	update_ack_aggregation(tp, rs);
	update_cycle_phase(tp, rs);
	check_full_bw_reached(tp, rs);
	check_drain(tp);
	update_min_rtt(tp, rs);
	update_gains(bbr_of(tp));
}
