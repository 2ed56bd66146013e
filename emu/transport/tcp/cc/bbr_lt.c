/*
 * Policed paths. A token bucket lets bursts through and then drops whatever exceeds its rate:
 * the highest delivery rate is the burst's, and pacing at it loses a large share for ever. Two
 * intervals in a row, each from loss to loss over 4 to 16 rounds, with at least 20 % lost and
 * nearly equal rates, are taken for a policer: their mean (lt_bw) is then the bandwidth for 48
 * rounds.
 */
#include "transport/tcp/cc/bbr.h"

#include "ip/node.h"

#define INTERVAL_MIN_RTTS 4u
#define LOSS_THRESH 50u           /* of 256 */
#define BW_RATIO (BBR_UNIT / 8)   /* two rates are alike: 1/8 apart at most ... */
#define BW_DIFF (4000u / 8)       /* ... or so many bytes/s */
#define BW_MAX_RTTS 48u

static void begin_interval(struct tcp *tp)
{
	struct bbr *b = bbr_of(tp);

	b->lt_last_stamp = (uint32_t)(tp->delivered_mstamp / 1000);
	b->lt_last_delivered = tp->delivered;
	b->lt_last_lost = tp->lost;
	b->lt_rtt_cnt = 0;
}

void bbr_lt_reset(struct tcp *tp)
{
	struct bbr *b = bbr_of(tp);

	b->lt_bw = 0;
	b->lt_use_bw = 0;
	b->lt_is_sampling = 0;
	begin_interval(tp);
}

static void end_interval(struct tcp *tp, uint32_t bw)
{
	struct bbr *b = bbr_of(tp);

	if (b->lt_bw) {
		uint32_t diff = bw > b->lt_bw ? bw - b->lt_bw : b->lt_bw - bw;

		if ((uint64_t)diff * BBR_UNIT <= (uint64_t)BW_RATIO * b->lt_bw ||
		    bbr_rate_bytes_per_sec(tp, diff, BBR_UNIT) <= BW_DIFF) {
			b->lt_bw = (uint32_t)(((uint64_t)bw + b->lt_bw) >> 1);
			b->lt_use_bw = 1;
			b->pacing_gain = BBR_UNIT;
			b->lt_rtt_cnt = 0;
			return;
		}
	}
	b->lt_bw = bw;
	begin_interval(tp);
}

/* Enough lost to suspect a policer? Then what was delivered over the time it took. */
static void judge_interval(struct tcp *tp)
{
	struct bbr *b = bbr_of(tp);
	uint32_t lost = tp->lost - b->lt_last_lost;
	uint32_t delivered = tp->delivered - b->lt_last_delivered;
	uint32_t ms = (uint32_t)(tp->delivered_mstamp / 1000) - b->lt_last_stamp;

	if (!delivered || (uint64_t)lost << BBR_SCALE < (uint64_t)LOSS_THRESH * delivered)
		return;
	if ((int32_t)ms < 1)
		return;
	if (ms >= UINT32_MAX / 1000) {
		bbr_lt_reset(tp);
		return;
	}
	end_interval(tp, (uint32_t)((uint64_t)delivered * BW_UNIT / ((uint64_t)ms * 1000)));
}

void bbr_lt_sampling(struct tcp *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);

	if (b->lt_use_bw) {
		if (b->mode == BBR_PROBE_BW && b->round_start && ++b->lt_rtt_cnt >= BW_MAX_RTTS) {
			bbr_lt_reset(tp);
			bbr_reset_probe_bw_mode(tp);
		}
		return;
	}
	/* Until the first loss the bucket still had tokens. */
	if (!b->lt_is_sampling) {
		if (!rs->losses)
			return;
		begin_interval(tp);
		b->lt_is_sampling = 1;
	}
	if (rs->is_app_limited) {
		bbr_lt_reset(tp);
		return;
	}
	if (b->round_start)
		b->lt_rtt_cnt++;
	if (b->lt_rtt_cnt < INTERVAL_MIN_RTTS)
		return;
	if (b->lt_rtt_cnt > 4 * INTERVAL_MIN_RTTS) {
		bbr_lt_reset(tp);
		return;
	}
	if (rs->losses)
		judge_interval(tp);
}
