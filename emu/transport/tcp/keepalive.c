/* Keep-alives (RFC 9293 3.8.4); its timer also ends an orphan's FIN-WAIT-2. */
#include <stdio.h>

#include "transport/tcp/internal.h"

void tcp_keepalive_reset(struct tcp *tp, int64_t us)
{
	tcp_timer_set_us(tp, &tp->keepalive_timer, us);
}

static int64_t keepidle_us(const struct tcp *tp)
{
	int64_t s = tp->keepidle_s ? tp->keepidle_s : (uint32_t)tcp_sysctl(tp)->tcp_keepalive_time;

	return s * 1000000;
}

static int64_t keepintvl_us(const struct tcp *tp)
{
	int64_t s = tp->keepintvl_s ? tp->keepintvl_s
				    : (uint32_t)tcp_sysctl(tp)->tcp_keepalive_intvl;

	return s * 1000000;
}

static int64_t idle_us(const struct tcp *tp)
{
	uint64_t a = tp->ack.lrcvtime, b = tp->rcv_tstamp;

	return (int64_t)(tp->tcp_mstamp - (a > b ? a : b));
}

void tcp_keepalive_start(struct tcp *tp)
{
	if (tp->state == TCP_CLOSE || tp->state == TCP_LISTEN || tp->state == TCP_SYN_SENT)
		return;
	tcp_keepalive_reset(tp, keepidle_us(tp));
}

/* RFC 9293 3.8.4; also the end of an orphan's FIN-WAIT-2. */
void tcp_keepalive_timeout(struct tcp *tp)
{
	uint32_t most = tp->keepcnt ? tp->keepcnt : (uint32_t)tcp_sysctl(tp)->tcp_keepalive_probes;
	int64_t elapsed;

	if (tp->state == TCP_LISTEN)
		return;
	if (tp->state == TCP_FIN_WAIT2 && tp->dead) {
		int64_t left = tcp_fin_time_us(tp) - TCP_TIMEWAIT_US;

		if (tp->linger2_s >= 0 && left > 0) {
			tcp_time_wait(tp, TCP_FIN_WAIT2, left);
			return;
		}
		tcp_send_active_reset(tp, "reset: FIN-WAIT-2 took too long");
		tcp_done(tp);
		return;
	}
	if (!tp->keepalive || tp->state == TCP_CLOSE || tp->state == TCP_SYN_SENT)
		return;
	elapsed = keepidle_us(tp);
	if (tp->packets_out || tcp_unsent(tp)) /* there is other traffic to wait for */
		goto resched;
	elapsed = idle_us(tp);
	if (elapsed >= keepidle_us(tp)) {
		bool user = tp->user_timeout_ms != 0;

		if ((user && elapsed >= (int64_t)tp->user_timeout_ms * 1000 && tp->probes_out > 0) ||
		    (!user && tp->probes_out >= most)) {
			tcp_send_active_reset(tp, "reset: no keep-alive was answered");
			tcp_write_err(tp);
			return;
		}
		char why[32];

		snprintf(why, sizeof(why), "keep-alive number %u", tp->probes_out + 1u);
		tcp_write_wakeup(tp, why);
		tp->probes_out++;
		elapsed = keepintvl_us(tp);
	} else {
		elapsed = keepidle_us(tp) - elapsed;
	}
resched:
	tcp_keepalive_reset(tp, elapsed);
}
