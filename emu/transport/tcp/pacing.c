/*
 * Pacing: at which rate segments leave, where an algorithm or the application wants that.
 *
 * The rate is kept for every connection, because others look at it (the slow start of CUBIC, the
 * size of bursts); segments are spread only where sk_pacing_status is set.
 */
#include "transport/tcp/tcp.h"

#include "ip/node.h"

#define GSO_MAX_SIZE 65536u
#define MAX_TCP_HEADER 320u  /* room for headers in Linux's largest piece */
#define PACING_SHIFT 10      /* sk_pacing_shift: a piece is 1/1024 s */
#define UNPACED_SEGMENTS 10  /* sch_fq lets the initial window go at once */

void tcp_update_pacing_rate(struct tcp *tp)
{
	const struct sysctls *k = tcp_sysctl(tp);
	uint64_t rate = (uint64_t)tp->mss_cache * (1000000 / 100 * 8); /* srtt_us is 8 * us */
	int32_t percent = tp->snd_cwnd < tp->snd_ssthresh / 2 ? k->tcp_pacing_ss_ratio
							      : k->tcp_pacing_ca_ratio;

	rate *= (uint32_t)percent;
	rate *= tp->snd_cwnd > tp->packets_out ? tp->snd_cwnd : tp->packets_out;
	if (tp->srtt_us)
		rate /= tp->srtt_us;
	tp->sk_pacing_rate = rate < tp->sk_max_pacing_rate ? rate : tp->sk_max_pacing_rate;
}

void tcp_pacing_sent(struct tcp *tp, int64_t now_ns, uint32_t bytes)
{
	int64_t took, credit = 0;

	if (!tp->sk_pacing_status)
		return;
	if (now_ns > tp->tcp_wstamp_ns) {
		credit = now_ns - tp->tcp_wstamp_ns;
		tp->tcp_wstamp_ns = now_ns;
	}
	if (!tp->sk_pacing_rate || tp->sk_pacing_rate == UINT64_MAX ||
	    tp->data_segs_out < UNPACED_SEGMENTS)
		return;
	took = (int64_t)((uint64_t)bytes * NS_PER_S / tp->sk_pacing_rate);
	tp->tcp_wstamp_ns += took - (credit < took / 2 ? credit : took / 2);
}

uint32_t tcp_tso_autosize(const struct tcp *tp)
{
	uint32_t least = tp->icsk_ca_ops->min_tso_segs ?
				 tp->icsk_ca_ops->min_tso_segs(tp) :
				 (uint32_t)tcp_sysctl(tp)->tcp_min_tso_segs;
	uint64_t bytes = tp->sk_pacing_rate >> PACING_SHIFT;
	uint32_t steps = tcp_min_rtt(tp) >> tcp_sysctl(tp)->tcp_tso_rtt_log;
	uint32_t segs;

	if (!tp->sk_pacing_status)
		return 1;
	/* Below some 0.5 ms bursts cost no latency that matters: allow more, up to the largest. */
	if (tcp_sysctl(tp)->tcp_tso_rtt_log && steps < 32)
		bytes += GSO_MAX_SIZE >> steps;
	if (bytes > GSO_MAX_SIZE - 1 - MAX_TCP_HEADER)
		bytes = GSO_MAX_SIZE - 1 - MAX_TCP_HEADER;
	segs = (uint32_t)bytes / tp->mss_cache;
	return segs > least ? segs : least;
}
