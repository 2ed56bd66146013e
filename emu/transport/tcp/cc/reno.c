/*
 * Reno (RFC 5681), and what other algorithms take from it.
 *
 * Byte counting (RFC 3465) is by segments, and without its limit L: the window grows by what was
 * acknowledged however much one ACK covers. Linux does so because bursts are pacing's business.
 * net.ipv4.tcp_abc = 0 counts ACKs instead (RFC 5681 3.1 as it stands): with delayed ACKs windows
 * then grow half as fast. Linux had that knob until 3.8; kernels since then always count
 * segments.
 */
#include "transport/tcp/tcp.h"

#include "core/alloc.h"
#include "ip/node.h"

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

uint32_t tcp_slow_start(struct tcp *tp, uint32_t acked)
{
	uint32_t cwnd = min_u32(tp->snd_cwnd + acked, tp->snd_ssthresh);

	acked -= cwnd - tp->snd_cwnd;
	tp->snd_cwnd = min_u32(cwnd, tp->snd_cwnd_clamp);
	return acked;
}

void tcp_cong_avoid_ai(struct tcp *tp, uint32_t w, uint32_t acked)
{
	/* Credit from before w shrank is worth one segment, no more. */
	if (tp->snd_cwnd_cnt >= w) {
		tp->snd_cwnd_cnt = 0;
		tp->snd_cwnd++;
	}
	tp->snd_cwnd_cnt += acked;
	if (tp->snd_cwnd_cnt >= w) {
		uint32_t more = tp->snd_cwnd_cnt / w;

		tp->snd_cwnd_cnt -= more * w;
		tp->snd_cwnd += more;
	}
	tp->snd_cwnd = min_u32(tp->snd_cwnd, tp->snd_cwnd_clamp);
}

void tcp_reno_cong_avoid(struct tcp *tp, uint32_t ack, uint32_t acked)
{
	(void)ack;
	if (!tcp_is_cwnd_limited(tp))
		return;
	if (!tcp_sysctl(tp)->tcp_abc && acked > 1)
		acked = 1;
	if (tcp_in_slow_start(tp)) {
		acked = tcp_slow_start(tp, acked);
		if (!acked)
			return;
	}
	tcp_cong_avoid_ai(tp, tp->snd_cwnd, acked);
}

/* RFC 5681 (4), of the window rather than of the flight size, as Linux. */
uint32_t tcp_reno_ssthresh(struct tcp *tp)
{
	return max_u32(tp->snd_cwnd >> 1, 2);
}

uint32_t tcp_reno_undo_cwnd(struct tcp *tp)
{
	return max_u32(tp->snd_cwnd, tp->prior_cwnd);
}

const struct tcp_congestion_ops tcp_cc_reno = {
	.name = "reno",
	.non_restricted = true,
	.ssthresh = tcp_reno_ssthresh,
	.cong_avoid = tcp_reno_cong_avoid,
	.undo_cwnd = tcp_reno_undo_cwnd,
};
