#include "transport/tcp/cc/hystart.h"

#include "ip/node.h"

#define MIN_SAMPLES 8u       /* a round's RTT samples before they count: N_RTT_SAMPLE */
#define MIN_RTT_THRESH 4000u /* us */
#define MAX_RTT_THRESH 16000u
#define CSS_GROWTH_DIVISOR 4u
#define CSS_ROUNDS 5u
#define L_UNPACED 8u         /* RFC 9406 4.2: segments a single ACK may add without pacing */
#define GSO_MAX_SIZE 65536u

static uint32_t rtt_threshold(uint32_t rtt)
{
	uint32_t eighth = rtt >> 3;

	if (eighth < MIN_RTT_THRESH)
		return MIN_RTT_THRESH;
	return eighth < MAX_RTT_THRESH ? eighth : MAX_RTT_THRESH;
}

static void round_begin(struct tcp *tp, struct hystart *h)
{
	h->round_start = h->last_ack = (uint32_t)tp->tcp_mstamp;
	h->end_seq = tp->snd_nxt;
	h->curr_rtt = UINT32_MAX;
	h->sample_cnt = 0;
}

void hystart_reset(struct tcp *tp, struct hystart *h)
{
	h->found = false;
	h->last_rtt = h->css_baseline = UINT32_MAX;
	h->css_rounds = h->css_credit = 0;
	round_begin(tp, h);
}

static void leave_slow_start(struct tcp *tp, struct hystart *h)
{
	h->found = true;
	tp->snd_ssthresh = tp->snd_cwnd;
}

/*
 * Linux allows trains some length for segments that leave in bursts: four of its largest pieces
 * at the pacing rate, at most 1 ms.
 */
static uint32_t train_allowance(const struct tcp *tp)
{
	uint64_t us;

	if (!tp->sk_pacing_rate)
		return 0;
	us = (uint64_t)GSO_MAX_SIZE * 4 * 1000000 / tp->sk_pacing_rate;
	return us < 1000 ? (uint32_t)us : 1000;
}

/* ACKs that follow each other closely since the round began span what is in flight; when that is
 * as long as the path, the path is full. */
static bool train_is_long(const struct tcp *tp, struct hystart *h, uint32_t delay_min)
{
	uint32_t now = (uint32_t)tp->tcp_mstamp;
	uint32_t threshold = delay_min + train_allowance(tp);

	if ((int32_t)(now - h->last_ack) > tcp_sysctl(tp)->tcp_cubic_hystart_ack_delta_us)
		return false;
	h->last_ack = now;
	if (!tp->sk_pacing_status) /* pacing spreads a window over up to half of a round trip */
		threshold >>= 1;
	return (int32_t)(now - h->round_start) > (int32_t)threshold;
}

static void classic_update(struct tcp *tp, struct hystart *h, uint32_t rtt, uint32_t delay_min)
{
	const struct sysctls *k = tcp_sysctl(tp);

	if (after(tp->snd_una, h->end_seq))
		round_begin(tp, h);
	if (tp->snd_cwnd < (uint32_t)k->tcp_cubic_hystart_low_window)
		return;
	if ((k->tcp_cubic_hystart_detect & HYSTART_ACK_TRAIN) && train_is_long(tp, h, delay_min))
		leave_slow_start(tp, h);
	if (!(k->tcp_cubic_hystart_detect & HYSTART_DELAY))
		return;
	if (rtt < h->curr_rtt)
		h->curr_rtt = rtt;
	if (h->sample_cnt < MIN_SAMPLES)
		h->sample_cnt++;
	else if (h->curr_rtt > delay_min + rtt_threshold(delay_min))
		leave_slow_start(tp, h);
}

/* RFC 9406 4.2 and 4.3, in its order. Only the first slow start: later ones know an ssthresh. */
static void plusplus_update(struct tcp *tp, struct hystart *h, uint32_t rtt)
{
	if (!tcp_in_initial_slowstart(tp))
		return;
	/* The ACK of all before end_seq is still about what the last round sent. */
	if (after(tp->snd_una, h->end_seq)) {
		h->last_rtt = h->curr_rtt;
		round_begin(tp, h);
		if (h->css_rounds && ++h->css_rounds > CSS_ROUNDS) {
			leave_slow_start(tp, h);
			return;
		}
	}
	if (rtt < h->curr_rtt)
		h->curr_rtt = rtt;
	if (h->sample_cnt < MIN_SAMPLES && ++h->sample_cnt < MIN_SAMPLES)
		return;
	if (h->css_rounds) {
		if (h->curr_rtt < h->css_baseline) { /* it was not the queue */
			h->css_baseline = UINT32_MAX;
			h->css_rounds = 0;
		}
	} else if (h->last_rtt != UINT32_MAX &&
		   h->curr_rtt >= h->last_rtt + rtt_threshold(h->last_rtt)) {
		h->css_baseline = h->curr_rtt;
		h->css_rounds = 1; /* the rest of this round counts */
		h->css_credit = 0;
	}
}

void hystart_update(struct tcp *tp, struct hystart *h, uint32_t rtt_us, uint32_t delay_min)
{
	switch (tcp_sysctl(tp)->tcp_cubic_hystart) {
	case HYSTART_CLASSIC:
		classic_update(tp, h, rtt_us, delay_min);
		break;
	case HYSTART_PLUSPLUS:
		plusplus_update(tp, h, rtt_us);
		break;
	}
}

uint32_t hystart_growth(const struct tcp *tp, struct hystart *h, uint32_t acked)
{
	if (tcp_sysctl(tp)->tcp_cubic_hystart != HYSTART_PLUSPLUS || !tcp_in_initial_slowstart(tp))
		return acked;
	if (!tp->sk_pacing_status && acked > L_UNPACED)
		acked = L_UNPACED;
	if (!h->css_rounds)
		return acked;
	acked += h->css_credit;
	h->css_credit = acked % CSS_GROWTH_DIVISOR;
	return acked / CSS_GROWTH_DIVISOR;
}
