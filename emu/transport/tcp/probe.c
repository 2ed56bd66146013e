/* Probing a zero window: the timer that does not give up on a peer that answers. */
#include <stdio.h>

#include "transport/tcp/internal.h"

int64_t tcp_probe0_base(const struct tcp *tp)
{
	return tp->rto > TCP_RTO_MIN_US ? tp->rto : TCP_RTO_MIN_US;
}

int64_t tcp_probe0_when(const struct tcp *tp, int64_t max_us)
{
	uint8_t backoff = tp->backoff > 10 ? 10 : tp->backoff;
	int64_t when = tcp_probe0_base(tp) << backoff;

	return when < max_us ? when : max_us;
}

int64_t tcp_probe0_clamp(const struct tcp *tp, int64_t when)
{
	int64_t left;

	if (!tp->user_timeout_ms || !tp->probes_tstamp)
		return when;
	left = (int64_t)tp->user_timeout_ms * 1000 - (int64_t)(tp->tcp_mstamp - tp->probes_tstamp);
	if (left < (int64_t)TCP_TIMEOUT_MIN_US)
		left = TCP_TIMEOUT_MIN_US;
	return left < when ? left : when;
}

void tcp_check_probe_timer(struct tcp *tp)
{
	if (!tp->packets_out && !tp->pending)
		tcp_reset_xmit_timer(tp, ICSK_TIME_PROBE0, tcp_probe0_base(tp), TCP_RTO_MAX_US);
}

/* What a capture is told: the timer also ends a wait for more to send than a little. */
static const char *why_probed(const struct tcp *tp, char *buf, size_t size)
{
	if (!before(tp->snd_nxt, tcp_wnd_end(tp)) || !tcp_notsent(tp))
		snprintf(buf, size, "zero-window probe number %u", tp->backoff + 1u);
	else
		snprintf(buf, size, "%s", tp->nonagle & TCP_NAGLE_CORK
						  ? "TCP_CORK's 200 ms are over"
						  : "what fits a small window");
	return buf;
}

/* RFC 9293 3.8.6.1 */
void tcp_probe_timeout(struct tcp *tp)
{
	const struct sysctls *c = tcp_sysctl(tp);
	uint32_t most = (uint32_t)c->tcp_retries2;

	if (tp->packets_out || !tcp_unsent(tp)) {
		tp->probes_out = 0;
		tp->probes_tstamp = 0;
		return;
	}
	if (!tp->probes_tstamp) {
		tp->probes_tstamp = tp->tcp_mstamp;
	} else if (tp->user_timeout_ms &&
		   tp->tcp_mstamp - tp->probes_tstamp >= (uint64_t)tp->user_timeout_ms * 1000) {
		tcp_write_err(tp);
		return;
	}
	if (tp->dead) {
		bool alive = tcp_probe0_when(tp, TCP_RTO_MAX_US) < (int64_t)TCP_RTO_MAX_US;

		most = tcp_orphan_retries(tp, alive);
		if (!alive && tp->backoff >= most) {
			tcp_write_err(tp);
			return;
		}
		if (tcp_out_of_resources(tp))
			return;
	}
	if (tp->probes_out >= most) {
		tcp_write_err(tp);
		return;
	}
	/* tcp_send_probe0() */
	char why[40];
	tcp_write_wakeup(tp, why_probed(tp, why, sizeof(why)));
	if (tp->packets_out || !tcp_unsent(tp)) {
		tp->probes_out = 0;
		tp->backoff = 0;
		tp->probes_tstamp = 0;
		return;
	}
	tp->probes_out++;
	if (tp->backoff < (uint32_t)c->tcp_retries2)
		tp->backoff++;
	tcp_reset_xmit_timer(tp, ICSK_TIME_PROBE0,
			     tcp_probe0_clamp(tp, tcp_probe0_when(tp, TCP_RTO_MAX_US)),
			     TCP_RTO_MAX_US);
}
