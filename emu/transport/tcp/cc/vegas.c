/*
 * Vegas (Brakmo and Peterson, 1995), as Linux does it.
 *
 * Once a round trip it compares the rate there is (window / shortest RTT of this round) with the
 * rate there would be without a queue (window / shortest RTT ever). The difference, times the
 * shortest RTT, is the number of its own segments that stand in queues: it is kept between
 * tcp_vegas.alpha and tcp_vegas.beta. In slow start more than tcp_vegas.gamma of them end it.
 *
 * A round is judged only if it gave more than two RTT samples (two may both be delayed ACKs) and
 * if it began in an undisturbed state; otherwise the window follows Reno.
 */
#include "transport/tcp/tcp.h"

#include "ip/node.h"

#define NO_RTT 0x7fffffffu

struct vegas {
	uint32_t beg_snd_nxt; /* the round ends when this is acknowledged */
	uint32_t cnt_rtt;     /* RTT samples of this round */
	uint32_t min_rtt;     /* us + 1, of this round */
	uint32_t base_rtt;    /* us + 1, ever (since idleness) */
	bool doing_vegas_now;
};
_Static_assert(sizeof(struct vegas) <= sizeof(((struct tcp *)0)->ca_priv), "ca_priv is too small");

static void vegas_round_begin(struct tcp *tp)
{
	struct vegas *v = tcp_ca(tp);

	v->beg_snd_nxt = tp->snd_nxt;
	v->cnt_rtt = 0;
	v->min_rtt = NO_RTT;
}

static void vegas_enable(struct tcp *tp)
{
	struct vegas *v = tcp_ca(tp);

	v->doing_vegas_now = true;
	vegas_round_begin(tp);
}

static void vegas_init(struct tcp *tp)
{
	struct vegas *v = tcp_ca(tp);

	v->base_rtt = NO_RTT;
	vegas_enable(tp);
}

static void vegas_pkts_acked(struct tcp *tp, const struct ack_sample *s)
{
	struct vegas *v = tcp_ca(tp);
	uint32_t rtt;

	if (s->rtt_us < 0)
		return;
	rtt = (uint32_t)s->rtt_us + 1; /* never zero: it divides */
	if (rtt < v->base_rtt)
		v->base_rtt = rtt;
	if (rtt < v->min_rtt)
		v->min_rtt = rtt;
	v->cnt_rtt++;
}

static void vegas_set_state(struct tcp *tp, enum tcp_ca_state st)
{
	struct vegas *v = tcp_ca(tp);

	if (st == TCP_CA_Open)
		vegas_enable(tp);
	else
		v->doing_vegas_now = false;
}

static void vegas_cwnd_event(struct tcp *tp, enum tcp_ca_event ev)
{
	if (ev == CA_EVENT_CWND_RESTART || ev == CA_EVENT_TX_START)
		vegas_init(tp);
}

static void vegas_lower_ssthresh(struct tcp *tp)
{
	if (tp->snd_cwnd < tp->snd_ssthresh)
		tp->snd_ssthresh = tp->snd_cwnd;
}

/* The once-a-round decision. */
static void vegas_adjust(struct tcp *tp, uint32_t acked)
{
	const struct vegas *v = tcp_ca(tp);
	const struct sysctls *k = tcp_sysctl(tp);
	/* Segments in queues: cwnd (rtt - base) / base. */
	uint64_t diff = (uint64_t)tp->snd_cwnd * (v->min_rtt - v->base_rtt) / v->base_rtt;

	if (tcp_in_slow_start(tp)) {
		if (diff > (uint32_t)k->tcp_vegas_gamma) {
			/* What the path carries; one more, because the division rounds down. */
			uint64_t target = (uint64_t)tp->snd_cwnd * v->base_rtt / v->min_rtt + 1;

			if (target < tp->snd_cwnd)
				tp->snd_cwnd = (uint32_t)target;
			vegas_lower_ssthresh(tp);
		} else {
			tcp_slow_start(tp, acked);
		}
	} else if (diff > (uint32_t)k->tcp_vegas_beta) {
		tp->snd_cwnd--;
		vegas_lower_ssthresh(tp);
	} else if (diff < (uint32_t)k->tcp_vegas_alpha) {
		tp->snd_cwnd++;
	}
	if (tp->snd_cwnd < 2)
		tp->snd_cwnd = 2;
	else if (tp->snd_cwnd > tp->snd_cwnd_clamp)
		tp->snd_cwnd = tp->snd_cwnd_clamp;
	tp->snd_ssthresh = tcp_current_ssthresh(tp);
}

static void vegas_cong_avoid(struct tcp *tp, uint32_t ack, uint32_t acked)
{
	struct vegas *v = tcp_ca(tp);

	if (!v->doing_vegas_now) {
		tcp_reno_cong_avoid(tp, ack, acked);
	} else if (after(ack, v->beg_snd_nxt)) {
		if (v->cnt_rtt <= 2)
			tcp_reno_cong_avoid(tp, ack, acked);
		else
			vegas_adjust(tp, acked);
		vegas_round_begin(tp);
	} else if (tcp_in_slow_start(tp)) {
		tcp_slow_start(tp, acked);
	}
}

static bool vegas_get_info(const struct tcp *tp, union tcp_cc_info *info)
{
	const struct vegas *v = (const void *)tp->ca_priv;

	info->vegas.enabled = v->doing_vegas_now;
	info->vegas.rttcnt = v->cnt_rtt;
	info->vegas.rtt = v->base_rtt;
	info->vegas.minrtt = v->min_rtt;
	return true;
}

const struct tcp_congestion_ops tcp_cc_vegas = {
	.name = "vegas",
	.priv_size = sizeof(struct vegas),
	.non_restricted = true,
	.init = vegas_init,
	.ssthresh = tcp_reno_ssthresh,
	.cong_avoid = vegas_cong_avoid,
	.undo_cwnd = tcp_reno_undo_cwnd,
	.pkts_acked = vegas_pkts_acked,
	.set_state = vegas_set_state,
	.cwnd_event = vegas_cwnd_event,
	.get_info = vegas_get_info,
};
