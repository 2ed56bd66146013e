#include "transport/tcp/cc/bbr.h"

#include "core/rng.h"
#include "ip/node.h"

#define CYCLE_RAND 7u /* a random phase of all but the draining one */

static void bbr_reset_mode(struct tcp *tp)
{
	if (bbr_of(tp)->full_bw_reached)
		bbr_reset_probe_bw_mode(tp);
	else
		bbr_of(tp)->mode = BBR_STARTUP;
}

/* Flows that share a bottleneck should not probe in step: the phase is drawn from the node's
 * stream. */
void bbr_reset_probe_bw_mode(struct tcp *tp)
{
	struct bbr *b = bbr_of(tp);

	b->mode = BBR_PROBE_BW;
	b->cycle_idx = (BBR_CYCLE_LEN - rng_below(&tcp_node(tp)->rng, CYCLE_RAND)) % BBR_CYCLE_LEN;
	b->cycle_mstamp = tp->delivered_mstamp;
}

void bbr_check_probe_rtt_done(struct tcp *tp)
{
	struct bbr *b = bbr_of(tp);

	if (!b->probe_rtt_done_stamp || !after(bbr_now_ms(tp), b->probe_rtt_done_stamp))
		return;
	b->min_rtt_stamp = bbr_now_ms(tp);
	if (tp->snd_cwnd < b->prior_cwnd)
		tp->snd_cwnd = b->prior_cwnd;
	bbr_reset_mode(tp);
}

static void bbr_init(struct tcp *tp)
{
	struct bbr *b = bbr_of(tp);

	*b = (struct bbr){
		.mode = BBR_STARTUP,
		.prev_ca_state = TCP_CA_Open,
		.min_rtt_us = tcp_min_rtt(tp),
		.min_rtt_stamp = bbr_now_ms(tp),
		.ack_epoch_mstamp = tp->tcp_mstamp,
	};
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	bbr_init_pacing_rate(tp);
	bbr_lt_reset(tp);
	if (!tp->sk_pacing_status)
		tp->sk_pacing_status = 1;
}

static void bbr_main(struct tcp *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);

	bbr_update_model(tp, rs);
	bbr_set_pacing_rate(tp, bbr_bw(b), b->pacing_gain);
	bbr_set_cwnd(tp, rs);
}

static void bbr_cwnd_event(struct tcp *tp, enum tcp_ca_event ev)
{
	struct bbr *b = bbr_of(tp);

	if (ev != CA_EVENT_TX_START || !tp->app_limited)
		return;
	b->idle_restart = 1;
	b->ack_epoch_mstamp = tp->tcp_mstamp;
	b->ack_epoch_acked = 0;
	/* After idleness there is no queue to fill or to drain: pace at what the path carries. */
	if (b->mode == BBR_PROBE_BW)
		bbr_set_pacing_rate(tp, bbr_bw(b), BBR_UNIT);
	else if (b->mode == BBR_PROBE_RTT)
		bbr_check_probe_rtt_done(tp);
}

static void bbr_set_state(struct tcp *tp, enum tcp_ca_state st)
{
	struct bbr *b = bbr_of(tp);
	const struct rate_sample rs = {.losses = 1};

	if (st != TCP_CA_Loss)
		return;
	b->prev_ca_state = TCP_CA_Loss;
	b->full_bw = 0;
	b->round_start = 1; /* a timeout ends a round */
	bbr_lt_sampling(tp, &rs);
}

static uint32_t bbr_ssthresh(struct tcp *tp)
{
	bbr_save_cwnd(tp);
	return tp->snd_ssthresh;
}

static uint32_t bbr_undo_cwnd(struct tcp *tp)
{
	struct bbr *b = bbr_of(tp);

	b->full_bw = 0; /* what slowed it down was no loss: look anew whether the pipe is full */
	b->full_bw_cnt = 0;
	bbr_lt_reset(tp);
	return tp->snd_cwnd;
}

static uint32_t bbr_sndbuf_expand(struct tcp *tp)
{
	(void)tp;
	return 3; /* it may slow-start even in recovery */
}

static bool bbr_get_info(const struct tcp *tp, union tcp_cc_info *info)
{
	const struct bbr *b = (const void *)tp->ca_priv;

	info->bbr.bw = ((uint64_t)bbr_bw(b) * tp->mss_cache * 1000000) >> BW_SCALE;
	info->bbr.min_rtt = b->min_rtt_us;
	info->bbr.pacing_gain = b->pacing_gain;
	info->bbr.cwnd_gain = b->cwnd_gain;
	return true;
}

const struct tcp_congestion_ops tcp_cc_bbr = {
	.name = "bbr",
	.priv_size = sizeof(struct bbr),
	.non_restricted = true,
	.init = bbr_init,
	.ssthresh = bbr_ssthresh,
	.cong_control = bbr_main,
	.undo_cwnd = bbr_undo_cwnd,
	.set_state = bbr_set_state,
	.cwnd_event = bbr_cwnd_event,
	.sndbuf_expand = bbr_sndbuf_expand,
	.min_tso_segs = bbr_min_tso_segs,
	.get_info = bbr_get_info,
};
