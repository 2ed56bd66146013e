/* RACK: what was sent before something that arrived since is lost (RFC 8985 6). */
#include "transport/tcp/internal.h"

/*
 * RACK_sent_after() of RFC 8985 6.2: the later one, and of two sent at the same time the one further
 * back in the stream. Linux compares microseconds. In virtual time many ACKs arrive in one and the
 * same, and what went again may then have left behind new data: the number of the sending tells,
 * which halves of a segment that was cut share.
 */
static bool sent_after(uint32_t sent1, uint32_t sent2, uint32_t seq1, uint32_t seq2)
{
	return after(sent1, sent2) || (sent1 == sent2 && after(seq1, seq2));
}

/* RFC 8985 6.2 step 4: how much reordering is allowed for. */
static uint32_t reo_wnd(const struct tcp *tp)
{
	if (!tp->reord_seen) {
		if (tp->icsk_ca_state >= TCP_CA_Recovery)
			return 0;
		if (tp->sacked_out >= tp->reordering && !(tcp_sysctl(tp)->tcp_recovery & 4))
			return 0;
	}
	uint32_t wnd = (tcp_min_rtt(tp) >> 2) * tp->rack.reo_wnd_steps;
	return wnd < tp->srtt_us >> 3 ? wnd : tp->srtt_us >> 3;
}

/* Step 5. In the order of sending, so that it ends early. */
static void detect_loss(struct tcp *tp, int64_t *timeout)
{
	uint32_t wnd = reo_wnd(tp), n = tp->tsorted_head, next;

	*timeout = 0;
	for (; n != TCP_SEG_NONE; n = next) {
		const struct tcp_seg *g = tcp_seg_at(tp, n);

		next = g->next;
		if (g->sacked & TCPCB_LOST && !(g->sacked & TCPCB_SACKED_RETRANS))
			continue;
		if (!sent_after(tp->rack.sent, g->sent, tp->rack.end_seq, g->end_seq))
			break;
		int64_t left = (int64_t)tp->rack.rtt_us + wnd - (int64_t)(tp->tcp_mstamp - g->mstamp);
		if (left <= 0) {
			tcp_mark_lost(tp, n);
			tcp_tsorted_del(tp, n);
		} else if (left > *timeout) {
			*timeout = left;
		}
	}
}

bool tcp_rack_mark_lost(struct tcp *tp)
{
	int64_t timeout;

	if (!tp->rack.advanced)
		return false;
	tp->rack.advanced = false;
	detect_loss(tp, &timeout);
	if (timeout)
		tcp_reset_xmit_timer(tp, ICSK_TIME_REO_TIMEOUT, timeout + TCP_TIMEOUT_MIN_US,
				     tp->rto);
	return timeout != 0;
}

/* Steps 1 and 2: a segment was delivered. */
void tcp_rack_advance(struct tcp *tp, const struct tcp_seg *g)
{
	uint32_t rtt_us = (uint32_t)(tp->tcp_mstamp - g->mstamp);

	/* Faster than the path: it was the original that arrived, not this retransmission. */
	if (rtt_us < tcp_min_rtt(tp) && g->sacked & (TCPCB_SACKED_RETRANS | TCPCB_EVER_RETRANS))
		return;
	tp->rack.advanced = true;
	tp->rack.rtt_us = rtt_us;
	if (sent_after(g->sent, tp->rack.sent, g->end_seq, tp->rack.end_seq)) {
		tp->rack.mstamp = g->mstamp;
		tp->rack.sent = g->sent;
		tp->rack.end_seq = g->end_seq;
	}
}

/* The time that reordering was given is over. */
void tcp_rack_reo_timeout(struct tcp *tp)
{
	uint32_t prior = tcp_packets_in_flight(tp), lost = tp->lost;
	int64_t timeout;

	detect_loss(tp, &timeout);
	if (prior != tcp_packets_in_flight(tp)) {
		if (tp->icsk_ca_state != TCP_CA_Recovery) {
			tcp_enter_recovery(tp, false);
			if (!tp->icsk_ca_ops->cong_control)
				tcp_cwnd_reduction(tp, 1, (int)(tp->lost - lost), 0);
		}
		tcp_xmit_retransmit_queue(tp);
	}
	if (tp->pending != ICSK_TIME_RETRANS)
		tcp_rearm_rto(tp);
}

/* Step 4, adaptation: each round with D-SACKs widens the window by min_rtt/4, for 16 recoveries. */
void tcp_rack_update_reo_wnd(struct tcp *tp, const struct rate_sample *rs)
{
	if (tcp_sysctl(tp)->tcp_recovery & 2 || !rs->prior_delivered)
		return;
	if (before(rs->prior_delivered, tp->rack.last_delivered))
		tp->rack.dsack_seen = 0;
	if (tp->rack.dsack_seen) {
		if (tp->rack.reo_wnd_steps < UINT8_MAX)
			tp->rack.reo_wnd_steps++;
		tp->rack.dsack_seen = 0;
		tp->rack.last_delivered = tp->delivered;
		tp->rack.reo_wnd_persist = 16;
	} else if (!tp->rack.reo_wnd_persist) {
		tp->rack.reo_wnd_steps = 1;
	}
}

/* Without SACK (RFC 6582): the first segment, after three duplicates or a partial ACK. */
void tcp_newreno_mark_lost(struct tcp *tp, bool snd_una_advanced)
{
	uint8_t state = tp->icsk_ca_state;

	if ((state < TCP_CA_Recovery && tp->sacked_out >= tp->reordering) ||
	    (state == TCP_CA_Recovery && snd_una_advanced)) {
		if (!(tcp_seg_at(tp, tp->seg_first)->sacked & TCPCB_LOST))
			tcp_mark_lost(tp, tp->seg_first);
	}
}
