/*
 * The window against what the application really uses of it.
 *
 * A window that was not filled has not been tested, so it neither grows (tcp_is_cwnd_limited) nor
 * stays for ever (RFC 2861): after an RTO's worth of under-use it moves half-way down to what was
 * used, after idleness it is halved for each RTO, down to the initial window.
 */
#include "transport/tcp/internal.h"

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

uint32_t tcp_init_cwnd(const struct tcp *tp)
{
	uint32_t segments = tp->path_known && tp->path.initcwnd ? tp->path.initcwnd : TCP_INIT_CWND;

	return min_u32(segments, tp->snd_cwnd_clamp);
}

bool tcp_is_cwnd_limited(const struct tcp *tp)
{
	if (tp->is_cwnd_limited)
		return true;
	/* In slow start the window may become twice of what was in flight, full or not: one that
	 * stops just short of it must not hold the growth up. */
	return tcp_in_slow_start(tp) && tp->snd_cwnd < 2 * tp->max_packets_out;
}

/* The flow used at most snd_cwnd_used segments for an RTO: RFC 2861 3.2. */
static void tcp_cwnd_application_limited(struct tcp *tp)
{
	if (tp->icsk_ca_state == TCP_CA_Open && !tp->nospace) {
		uint32_t used = max_u32(tp->snd_cwnd_used, tcp_init_cwnd(tp));

		if (used < tp->snd_cwnd) {
			tp->snd_ssthresh = tcp_current_ssthresh(tp);
			tp->snd_cwnd = (tp->snd_cwnd + used) >> 1;
		}
		tp->snd_cwnd_used = 0;
	}
	tp->snd_cwnd_stamp = tp->tcp_mstamp;
}

void tcp_cwnd_validate(struct tcp *tp, bool is_cwnd_limited)
{
	/* The strongest sign within a window of data: that it was full, else the most in flight. */
	if (!before(tp->snd_una, tp->cwnd_usage_seq) || is_cwnd_limited ||
	    (!tp->is_cwnd_limited && tp->packets_out > tp->max_packets_out)) {
		tp->is_cwnd_limited = is_cwnd_limited;
		tp->max_packets_out = tp->packets_out;
		tp->cwnd_usage_seq = tp->snd_nxt;
	}
	if (tcp_is_cwnd_limited(tp)) {
		tp->snd_cwnd_used = 0;
		tp->snd_cwnd_stamp = tp->tcp_mstamp;
		return;
	}
	tp->snd_cwnd_used = max_u32(tp->snd_cwnd_used, tp->packets_out);
	/* Everything is sent, the window is not full, and the writer waits for room. */
	if (tp->nospace && tcp_notsent(tp) == 0 &&
	    (tp->state == TCP_ESTABLISHED || tp->state == TCP_CLOSE_WAIT))
		tcp_chrono_start(tp, TCP_CHRONO_SNDBUF_LIMITED);
	if (tcp_sysctl(tp)->tcp_slow_start_after_idle && !tp->icsk_ca_ops->cong_control &&
	    tp->tcp_mstamp - tp->snd_cwnd_stamp >= tp->rto)
		tcp_cwnd_application_limited(tp);
}

void tcp_cwnd_restart(struct tcp *tp, int64_t idle_us)
{
	uint32_t restart = tcp_init_cwnd(tp);
	uint32_t cwnd = tp->snd_cwnd;

	tcp_ca_event(tp, CA_EVENT_CWND_RESTART);
	tp->snd_ssthresh = tcp_current_ssthresh(tp);
	restart = min_u32(restart, cwnd);
	while ((idle_us -= tp->rto) > 0 && cwnd > restart)
		cwnd >>= 1;
	tp->snd_cwnd = max_u32(cwnd, restart);
	tp->snd_cwnd_stamp = tp->tcp_mstamp;
	tp->snd_cwnd_used = 0;
}
