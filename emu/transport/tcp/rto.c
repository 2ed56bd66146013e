/* The retransmission time-out (RFC 6298 5), and when it is given up (RFC 9293 3.8.3). */
#include <errno.h>
#include <stdio.h>

#include "transport/tcp/internal.h"

/* The end for want of answers. */
void tcp_write_err(struct tcp *tp)
{
	tcp_done_with_error(tp, tp->err_soft ? tp->err_soft : ETIMEDOUT);
}

/* How long `boundary` retransmissions take with back-off from rto_base (tcp_model_timeout()). */
static int64_t model_timeout(uint32_t boundary, uint32_t rto_base)
{
	uint32_t thresh = 31 - (uint32_t)__builtin_clz(TCP_RTO_MAX_US / rto_base);

	if (boundary <= thresh)
		return (int64_t)((2ull << boundary) - 1) * rto_base;
	return (int64_t)((2ull << thresh) - 1) * rto_base +
	       (int64_t)(boundary - thresh) * TCP_RTO_MAX_US;
}

/* Whether it has been tried for as long as `boundary` retransmissions, or timeout_us, last. */
static bool timed_out(const struct tcp *tp, uint32_t boundary, int64_t timeout_us)
{
	if (!tp->retransmits)
		return false;
	if (timeout_us == 0)
		timeout_us = model_timeout(boundary, TCP_RTO_MIN_US);
	return (int64_t)(tp->tcp_mstamp - tp->rto_stamp) >= timeout_us;
}

static bool write_timeout(struct tcp *tp)
{
	const struct sysctls *c = tcp_sysctl(tp);
	uint32_t until;
	bool expired;

	if (tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV) {
		until = tp->state == TCP_SYN_RECV ? (uint32_t)c->tcp_synack_retries
			: tp->syn_retries ? tp->syn_retries
					  : (uint32_t)c->tcp_syn_retries;
		/* A user timeout counts from the SYN. */
		expired = tp->retransmits >= until ||
			  (tp->user_timeout_ms &&
			   timed_out(tp, until, (int64_t)tp->user_timeout_ms * 1000));
	} else {
		if (timed_out(tp, (uint32_t)c->tcp_retries1, 0)) {
			tcp_mtu_probing(tp); /* a black hole? (RFC 4821) */
			tp->path_known = false;
		}
		until = (uint32_t)c->tcp_retries2;
		if (tp->dead) {
			until = tcp_orphan_retries(tp, tp->rto < TCP_RTO_MAX_US);
			if (tcp_out_of_resources(tp))
				return true;
		}
		expired = timed_out(tp, until, (int64_t)tp->user_timeout_ms * 1000);
	}
	tcp_fastopen_detect_blackhole(tp, expired);
	if (expired)
		tcp_write_err(tp);
	return expired;
}

/* The RTO, but not past the user's timeout (tcp_clamp_rto_to_user_timeout()). */
static int64_t clamped_rto(const struct tcp *tp)
{
	int64_t left;

	if (!tp->user_timeout_ms)
		return tp->rto;
	left = (int64_t)tp->user_timeout_ms * 1000 - (int64_t)(tp->tcp_mstamp - tp->rto_stamp);
	return left <= 0 ? 1 : left < (int64_t)tp->rto ? left : (int64_t)tp->rto;
}

void tcp_retransmit_timeout(struct tcp *tp)
{
	char why[64];

	if (tp->fastopen_rsk) {
		tcp_fastopen_synack_timer(tp);
		return;
	}
	if (!tp->packets_out)
		return;
	if (!tp->retransmits && tp->state != TCP_SYN_SENT && tp->state != TCP_SYN_RECV)
		tp->rto_stamp = tp->tcp_mstamp;
	tp->tlp_high_seq = 0;
	if (!tp->snd_wnd && !tp->dead && tp->state != TCP_SYN_SENT && tp->state != TCP_SYN_RECV) {
		/* The peer took its window back: it is alive, and probing is all there is to do. */
		if (tp->tcp_mstamp - tp->rcv_tstamp > TCP_RTO_MAX_US) {
			tcp_write_err(tp);
			return;
		}
		tcp_enter_loss(tp);
		tcp_retransmit(tp, tp->seg_first, "retransmission into a closed window");
		tp->path_known = false;
	} else {
		if (write_timeout(tp))
			return;
		bool reneged = tcp_seg_at(tp, tp->seg_first)->sacked & TCPCB_SACKED_ACKED;
		tcp_enter_loss(tp);
		if (tp->retransmits < UINT8_MAX)
			tp->retransmits++;
		if (reneged)
			snprintf(why, sizeof(why), "retransmission: the peer took back a SACK");
		else
			snprintf(why, sizeof(why), "%s number %u",
				 tp->state == TCP_SYN_SENT   ? "SYN retransmission"
				 : tp->state == TCP_SYN_RECV ? "SYN-ACK retransmission"
							     : "RTO",
				 tp->retransmits);
		tcp_retransmit(tp, tp->seg_first, why); /* if it finds no way, as if it were lost */
		if (tp->backoff < UINT8_MAX)
			tp->backoff++;
	}
	if (tp->state == TCP_ESTABLISHED && tcp_sysctl(tp)->tcp_thin_linear_timeouts &&
	    tp->packets_out < 4 && !tcp_in_initial_slowstart(tp) && tp->retransmits <= 6) {
		tp->backoff = 0;
		tcp_set_rto(tp);
	} else {
		tp->rto = tp->rto > TCP_RTO_MAX_US / 2 ? TCP_RTO_MAX_US : tp->rto << 1;
	}
	tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, clamped_rto(tp), TCP_RTO_MAX_US);
}

/*
 * RFC 6069: the path to the peer was broken when the segment at seq was sent again, so nothing is
 * known of congestion. One doubling is taken back, and what is left of the shorter RTO is waited
 * for (tcp_ld_RTO_revert()).
 */
void tcp_rto_revert(struct tcp *tp, uint32_t seq)
{
	if (seq != tp->snd_una || !tp->retransmits || !tp->backoff || !tp->packets_out)
		return;
	tp->backoff--;
	tp->rto = TCP_TIMEOUT_INIT_US;
	if (tp->srtt_us)
		tcp_set_rto(tp);
	uint64_t rto = (uint64_t)tp->rto << (tp->backoff < 32 ? tp->backoff : 32);
	tp->rto = rto < TCP_RTO_MAX_US ? (uint32_t)rto : TCP_RTO_MAX_US;
	int64_t left = tcp_rto_delta_us(tp);
	if (left > 0) {
		tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, left, TCP_RTO_MAX_US);
		return;
	}
	tp->pending = ICSK_TIME_NONE;
	tcp_timer_stop(&tp->retransmit_timer);
	tcp_retransmit_timeout(tp);
}
