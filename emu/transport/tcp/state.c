/* A segment of a connection: RFC 9293 3.10.7.4 in its order, and the states that it leads to. */
#include "transport/tcp/internal.h"

/* RFC 9293 3.10.7.4, fifth check, in SYN-RECEIVED. */
static void establish(struct tcp *tp, const struct tcp_in *in)
{
	const struct tcp_request *req = tp->fastopen_rsk;

	tp->delivered++; /* the SYN-ACK: it is no record that tcp_ack() could count */
	if (req)
		tp->synack_mstamp = req->num_retrans ? TCP_NO_MSTAMP : req->mstamp;
	/* Where it left twice, or as a cookie, the timestamp option may still tell. */
	if (!tp->srtt_us)
		tcp_synack_rtt(tp);
	tcp_set_state(tp, TCP_ESTABLISHED);
	if (req) {
		tcp_fastopen_established(tp);
	} else {
		tp->ack.lrcvtime = tp->tcp_mstamp;
		tcp_init_transfer(tp);
		tp->copied_seq = tp->rcv_nxt;
	}
	tp->snd_una = in->ack_seq;
	/* The window of a SYN-ACK, which ends a simultaneous open, is never scaled (RFC 7323 2.2). */
	tp->snd_wnd = (uint32_t)in->h.window << (in->h.flags & TCPHDR_SYN ? 0 : tp->snd_wscale);
	tcp_update_wl(tp, in->seq);
	if (tp->max_window < tp->snd_wnd) {
		tp->max_window = tp->snd_wnd;
		tcp_sync_mss(tp, tp->pmtu_cookie);
	}
	tp->lsndtime = tp->tcp_mstamp;
	tp->rcv_tstamp = tp->tcp_mstamp;
	tcp_initialize_rcv_mss(tp);
	if (tp->keepalive)
		tcp_keepalive_start(tp);
	tcp_wake(tp);
	if (tp->shutdown & TCP_SEND_SHUTDOWN) /* it was to wait for this */
		tcp_shutdown_send(tp);
}

static void fin_wait1_acked(struct tcp *tp, const struct tcp_in *in, bool *done)
{
	if (tp->fastopen_rsk)
		tcp_fastopen_established(tp);
	if (tp->snd_una != tp->write_seq + 1)
		return;
	tcp_set_state(tp, TCP_FIN_WAIT2);
	tp->shutdown |= TCP_SEND_SHUTDOWN;
	if (!tp->dead) {
		tcp_wake(tp);
		return;
	}
	/*
	 * TCP_LINGER2 below 0 waits for nobody; and there may be data that nobody will read (RFC
	 * 1122 4.2.2.13). Linux lets go first, and so the segment finds no connection: the reset
	 * takes its number from it.
	 */
	if (tp->linger2_s < 0 || (in->len && after(in->seq + in->len, tp->rcv_nxt))) {
		tcp_reply_reset(tcp_node(tp), in,
				tp->linger2_s < 0 ? "reset: closed, and TCP_LINGER2 waits for nobody"
						  : "reset: data after close");
		tcp_done(tp);
		*done = true;
		return;
	}
	int64_t wait = tcp_fin_time_us(tp);
	if (wait > (int64_t)TCP_TIMEWAIT_US)
		tcp_keepalive_reset(tp, wait - TCP_TIMEWAIT_US);
	else if (in->h.flags & TCPHDR_FIN)
		tcp_keepalive_reset(tp, wait); /* its FIN is in this segment */
	else {
		tcp_time_wait(tp, TCP_FIN_WAIT2, wait);
		*done = true;
	}
}

/* The state changes that an acceptable ACK brings. True: the connection is gone. */
static bool ack_states(struct tcp *tp, const struct tcp_in *in)
{
	bool done = false, fin_acked = tp->fin_sent && tp->snd_una == tp->write_seq + 1;

	switch (tp->state) {
	case TCP_SYN_RECV:
		establish(tp, in);
		break;
	case TCP_FIN_WAIT1:
		fin_wait1_acked(tp, in, &done);
		break;
	case TCP_CLOSING:
		if (fin_acked) {
			tcp_time_wait(tp, TCP_TIME_WAIT, 0);
			done = true;
		}
		break;
	case TCP_LAST_ACK:
		if (fin_acked) {
			tcp_done(tp);
			done = true;
		}
		break;
	default:
		break;
	}
	return done;
}

/*
 * Data for a socket that nobody can read any more: reset (RFC 9293 3.10.7.4, RFC 1122). The reset takes
 * its number from the segment; behind the peer's own FIN only what also repeats something is looked at.
 */
static bool refuse_data(struct tcp *tp, struct tcp_in *in)
{
	switch (tp->state) {
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		if (!before(in->seq, tp->rcv_nxt))
			return false;
		break;
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
		break;
	default:
		return false;
	}
	if (!(tp->shutdown & TCP_RCV_SHUTDOWN) || !in->len ||
	    !after(in->seq + in->len, tp->rcv_nxt))
		return false;
	tcp_reset(tp);
	tcp_reply_reset(tcp_node(tp), in, "reset: data after close");
	tcp_in_drop(in, tcp_node(tp), DROP_TCP_CLOSED);
	return true;
}

static bool takes_data(const struct tcp *tp)
{
	return tp->state == TCP_ESTABLISHED || tp->state == TCP_FIN_WAIT1 ||
	       tp->state == TCP_FIN_WAIT2;
}

/* For a connection that has seen the peer's SYN. Consumes. */
void tcp_rcv_state(struct tcp *tp, struct tcp_in *in)
{
	struct node *n = tcp_node(tp);
	int verdict;

	tcp_mstamp_refresh(tp);
	if (tp->fastopen_rsk && !tcp_request_check(tp->fastopen_rsk, tp, in))
		return;
	if (!tcp_validate(tp, in))
		return;
	if (!(in->h.flags & TCPHDR_ACK)) {
		tcp_in_drop(in, n, DROP_TCP_FLAGS);
		return;
	}
	verdict = tcp_ack(tp, in, FLAG_SLOWPATH | FLAG_UPDATE_TS_RECENT |
				  (tp->state == TCP_SYN_RECV ? FLAG_NO_CHALLENGE_ACK : 0));
	if (tp->state == TCP_SYN_RECV && verdict <= 0) {
		tcp_reply_reset(n, in, "reset: it does not acknowledge our SYN");
		tcp_in_drop(in, n, DROP_TCP_UNSENT_ACK);
		return;
	}
	if (verdict < 0) {
		if (verdict == -1) /* RFC 5961 5.2: it is answered, and dropped */
			tcp_send_challenge_ack(tp,
					       "challenge ACK (RFC 5961): ACK of data never sent");
		tcp_in_drop(in, n, verdict == -1 ? DROP_TCP_UNSENT_ACK : DROP_TCP_OLD_ACK);
		return;
	}
	if (tp->state == TCP_CLOSE) {
		packet_free(in->p);
		return;
	}
	if (ack_states(tp, in)) {
		packet_free(in->p);
		return;
	}
	if (refuse_data(tp, in))
		return;
	tcp_rcv_rtt_measure_ts(tp, in);
	if (takes_data(tp) || before(in->seq, tp->rcv_nxt)) {
		if (in->seq != in->end_seq)
			tcp_data_queue(tp, in);
		else
			packet_free(in->p);
	} else {
		packet_free(in->p);
	}
	if (tp->state == TCP_CLOSE || tp->dying)
		return;
	tcp_data_snd_check(tp);
	tcp_ack_snd_check(tp);
}
