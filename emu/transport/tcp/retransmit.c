/* Sending again. */
#include <assert.h>
#include <errno.h>

#include "transport/tcp/internal.h"

/* What was acknowledged of it in the meantime is not sent again. */
static void trim_head(struct tcp *tp, struct tcp_seg *g)
{
	assert(after(g->end_seq, tp->snd_una));
	if (before(g->seq, tp->snd_una)) {
		g->seq = tp->snd_una;
		g->flags &= (uint8_t)~TCPHDR_SYN;
	}
}

static int transmit_again(struct tcp *tp, uint32_t n, const char *why)
{
	struct tcp_seg *g = tcp_seg_at(tp, n);
	bool fin = g->flags & TCPHDR_FIN, syn = g->flags & TCPHDR_SYN;
	const uint16_t ecn_setup = TCPHDR_SYN | TCPHDR_ECE | TCPHDR_CWR;

	/* RFC 3168 6.1.1.1: it may be for the flags that it was lost. */
	if ((g->flags & ecn_setup) == ecn_setup && tcp_sysctl(tp)->tcp_ecn_fallback) {
		g->flags &= (uint8_t)~(TCPHDR_ECE | TCPHDR_CWR);
		why = "SYN again, without asking for ECN (RFC 3168 6.1.1.1)";
	}
	struct tcp_out o = {.seq = g->seq,
			    .len = g->end_seq - g->seq - fin - syn,
			    .flags = g->flags,
			    .retransmission = true,
			    .note = why};

	g->mstamp = tp->tcp_mstamp;
	tcp_rate_skb_sent(tp, g);
	return tcp_transmit(tp, &o);
}

/*
 * Record n once more, without a word to the scoreboard (__tcp_retransmit_skb()): a tail loss probe is
 * no repair that is waited for. 0 or -errno: -EAGAIN if the window does not allow it, or the route's.
 */
int tcp_retransmit_probe(struct tcp *tp, uint32_t n, const char *why)
{
	struct tcp_seg *g = tcp_seg_at(tp, n);

	if (tp->mtup.probe_size)
		tp->mtup.probe_size = 0;
	trim_head(tp, g);
	int err = tcp_route(tp);
	if (err) { /* nothing is tried; who gives up one day learns why */
		tp->err_soft = -err;
		return err;
	}
	uint32_t mss = tcp_current_mss(tp);
	if (tp->state != TCP_SYN_SENT && tp->state != TCP_SYN_RECV) {
		/* A shrunken window: only the first segment goes on as its probe. */
		int32_t room = (int32_t)(tcp_wnd_end(tp) - g->seq);
		if (room <= 0) {
			if (g->seq != tp->snd_una)
				return -EAGAIN;
			room = (int32_t)mss;
		}
		uint32_t most = (uint32_t)room < mss ? (uint32_t)room : mss;
		uint32_t len = g->end_seq - g->seq - !!(g->flags & TCPHDR_FIN);
		if (len > most) {
			tcp_seg_split(tp, n, most);
			g = tcp_seg_at(tp, n);
		}
		if (len < mss && len && g->end_seq == tp->snd_nxt)
			tp->snd_sml = g->end_seq;
	}
	tcp_mstamp_refresh(tp);
	err = transmit_again(tp, n, why);
	tp->total_retrans++;
	tp->bytes_retrans += g->end_seq - g->seq;
	if (g->retrans < UINT8_MAX)
		g->retrans++;
	/* Even if it did not leave: its time is not the first one's any more, and measures no RTT. */
	g->sacked |= TCPCB_EVER_RETRANS;
	if (err && err != -EMSGSIZE) /* too long is on record as sent: it is lost, and cut later */
		return err;
	tcp_tsorted_del(tp, n);
	tcp_tsorted_add_tail(tp, n);
	return 0;
}

/* The same, as the repair of a loss: in flight until it is acknowledged or found lost in turn. */
int tcp_retransmit(struct tcp *tp, uint32_t n, const char *why)
{
	int err = tcp_retransmit_probe(tp, n, why);
	struct tcp_seg *g = tcp_seg_at(tp, n);

	if (!err) {
		if (!(g->sacked & TCPCB_SACKED_RETRANS))
			tp->retrans_out++;
		g->sacked |= TCPCB_SACKED_RETRANS;
	}
	/* What was tried counts: whatever comes back now is no proof that it was needless. */
	if (!tp->retrans_stamp)
		tp->retrans_stamp = g->mstamp;
	if (tp->undo_retrans < 0)
		tp->undo_retrans = 0;
	tp->undo_retrans++;
	return err;
}

/* What a capture is told of a segment that is taken for lost. */
static const char *why_lost(const struct tcp *tp, uint32_t n)
{
	if (tp->syn_data && !tp->syn_data_acked && tp->snd_una == tp->iss + 1)
		return "data of the SYN again: the SYN-ACK did not acknowledge it";
	if (tp->icsk_ca_state == TCP_CA_Loss)
		return tp->loss_why;
	if (!tp->sack_ok)
		return tp->undo_marker && after(tp->snd_una, tp->undo_marker)
			       ? "retransmission after a partial ACK (NewReno, RFC 6582)"
			       : "fast retransmit: three duplicate ACKs";
	if (!(tcp_sysctl(tp)->tcp_recovery & 1))
		return "fast retransmit: SACK (RFC 6675)";
	if (tcp_seg_at(tp, n)->sacked & TCPCB_EVER_RETRANS)
		return "fast retransmit by RACK: the retransmission was lost as well";
	return tp->pending == ICSK_TIME_REO_TIMEOUT && tp->retransmit_timer.due.ns == VTIME_NEVER.ns
		       ? "fast retransmit by RACK: the reordering timer is over"
		       : "fast retransmit by RACK";
}

/* All that is marked lost and not sent again yet, as far as the window goes. */
void tcp_xmit_retransmit_queue(struct tcp *tp)
{
	bool rearm = false;

	if (!tp->packets_out)
		return;
	uint32_t n = tp->retransmit_hint != TCP_SEG_NONE ? tp->retransmit_hint : tp->seg_first;
	tp->retransmit_hint = TCP_SEG_NONE;
	for (; (int32_t)(n - tp->seg_first - tp->seg_count) < 0; n++) {
		uint8_t sacked = tcp_seg_at(tp, n)->sacked;

		if (tp->retrans_out >= tp->lost_out)
			break;
		if (tcp_packets_in_flight(tp) >= tp->snd_cwnd || tcp_pacing_check(tp)) {
			tp->retransmit_hint = n;
			break;
		}
		if (!(sacked & TCPCB_LOST) || sacked & (TCPCB_SACKED_ACKED | TCPCB_SACKED_RETRANS))
			continue;
		if (tcp_retransmit(tp, n, why_lost(tp, n))) {
			tp->retransmit_hint = n;
			break;
		}
		if (tcp_in_cwnd_reduction(tp))
			tp->prr_out++;
		if (n == tp->seg_first && tp->pending != ICSK_TIME_REO_TIMEOUT)
			rearm = true;
	}
	if (rearm)
		tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, tp->rto, TCP_RTO_MAX_US);
}
