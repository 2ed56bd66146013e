/*
 * BBR version 1 (Cardwell et al., 2016; draft-cardwell-iccrg-bbr-congestion-control-00), as in
 * Linux. Private to the files tcp_bbr*.c.
 *
 * BBR sends by a model of the path, not by losses: the highest delivery rate of the last ten
 * round trips (bw) and the lowest round-trip time of the last ten seconds (min_rtt). It paces at
 * bw times a gain and keeps at most their product times a gain in flight:
 *
 *     STARTUP    gains 2.89: doubles the rate each round, until bw has not grown by 1/4 in three
 *     DRAIN      paces at 1/2.89 until what is in flight is the product: the queue is gone
 *     PROBE_BW   eight phases of one min_rtt: paces at 5/4 (is there more?), 3/4 (drain what that
 *                left), then six times 1; begins at a random phase other than 3/4
 *     PROBE_RTT  when min_rtt is 10 s old: four segments in flight for 200 ms and a round trip
 *
 *     bbr.c        hooks, modes          bbr_model.c  bw, min_rtt, full pipe, aggregation
 *     bbr_window.c pacing rate, cwnd     bbr_lt.c     the estimate for policed paths
 *
 * Units: bw in segments per us, times 2^24; gains in 1/256; instants in ms where seconds matter
 * (Linux: jiffies), else in us.
 */
#ifndef TRANSPORT_TCP_CC_BBR_H
#define TRANSPORT_TCP_CC_BBR_H

#include "transport/tcp/tcp.h"

#define BW_SCALE 24
#define BW_UNIT (UINT64_C(1) << BW_SCALE)
#define BBR_SCALE 8
#define BBR_UNIT (1u << BBR_SCALE)
#define BBR_CYCLE_LEN 8u
#define BBR_MIN_CWND 4u /* enough to keep ACKs of every other segment coming */

enum bbr_mode { BBR_STARTUP, BBR_DRAIN, BBR_PROBE_BW, BBR_PROBE_RTT };

/* The best, second and third best of a window of rounds, after Kathleen Nichols. */
struct bbr_max {
	struct bbr_max_sample {
		uint32_t t, v;
	} s[3];
};

struct bbr {
	uint64_t cycle_mstamp;     /* us: this phase of PROBE_BW began */
	uint64_t ack_epoch_mstamp; /* us: start of the interval that looks for aggregation */
	struct bbr_max bw;         /* over rounds */
	uint32_t min_rtt_us;
	uint32_t min_rtt_stamp;    /* ms */
	uint32_t probe_rtt_done_stamp; /* ms; 0: not yet down to four */
	uint32_t rtt_cnt;          /* rounds so far */
	uint32_t next_rtt_delivered; /* a round ends with a segment sent after this was delivered */
	uint32_t lt_bw, lt_last_delivered, lt_last_stamp /* ms */, lt_last_lost;
	uint32_t prior_cwnd;       /* to be restored after recovery or PROBE_RTT */
	uint32_t full_bw;          /* bw that had grown by 1/4 */
	uint16_t extra_acked[2];   /* most acked beyond what bw explains: last 5 to 10 rounds */
	uint32_t ack_epoch_acked : 20, extra_acked_win_rtts : 5, extra_acked_win_idx : 1;
	uint32_t mode : 2, prev_ca_state : 3, full_bw_cnt : 2, cycle_idx : 3, lt_rtt_cnt : 7;
	uint32_t packet_conservation : 1, round_start : 1, idle_restart : 1,
		probe_rtt_round_done : 1, lt_is_sampling : 1, lt_use_bw : 1, full_bw_reached : 1,
		has_seen_rtt : 1;
	uint16_t pacing_gain, cwnd_gain;
};
_Static_assert(sizeof(struct bbr) <= sizeof(((struct tcp *)0)->ca_priv), "ca_priv is too small");

static inline struct bbr *bbr_of(struct tcp *tp)
{
	return tcp_ca(tp);
}

static inline uint32_t bbr_now_ms(const struct tcp *tp)
{
	return (uint32_t)(tp->tcp_mstamp / 1000);
}

static inline uint32_t bbr_max_bw(const struct bbr *b)
{
	return b->bw.s[0].v;
}

/* What it takes for the path's bandwidth. */
static inline uint32_t bbr_bw(const struct bbr *b)
{
	return b->lt_use_bw ? b->lt_bw : bbr_max_bw(b);
}

/* bbr.c */
void bbr_reset_probe_bw_mode(struct tcp *tp);
void bbr_check_probe_rtt_done(struct tcp *tp);

/* bbr_model.c: takes an ACK's sample into the model, changes modes and gains. */
void bbr_update_model(struct tcp *tp, const struct rate_sample *rs);

/* bbr_lt.c */
void bbr_lt_reset(struct tcp *tp);
void bbr_lt_sampling(struct tcp *tp, const struct rate_sample *rs);

/* bbr_window.c */
uint32_t bbr_min_tso_segs(const struct tcp *tp);
uint64_t bbr_rate_bytes_per_sec(const struct tcp *tp, uint64_t bw, uint32_t gain);
void bbr_init_pacing_rate(struct tcp *tp);
void bbr_set_pacing_rate(struct tcp *tp, uint32_t bw, uint32_t gain);
void bbr_save_cwnd(struct tcp *tp);
void bbr_set_cwnd(struct tcp *tp, const struct rate_sample *rs);
/* Segments in flight that bw and min_rtt ask for at this gain, bursts of both ends included. */
uint32_t bbr_inflight(const struct tcp *tp, uint32_t bw, uint32_t gain);
/* Of inflight_now, what will still be in the network when the next segment may leave. */
uint32_t bbr_packets_in_net_at_edt(const struct tcp *tp, uint32_t inflight_now);

#endif
