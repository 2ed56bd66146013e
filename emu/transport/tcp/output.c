/* New data: what may be sent now (windows, Nagle, CORK, pacing), and what waits for it. */
#include <errno.h>

#include "transport/tcp/internal.h"

uint32_t tcp_wnd_end(const struct tcp *tp)
{
	return tp->snd_una + tp->snd_wnd;
}

/* Whether the next segment fits the peer's window. */
bool tcp_snd_wnd_test(const struct tcp *tp, uint32_t mss_now)
{
	uint32_t len = tcp_notsent(tp);

	if (len > mss_now)
		len = mss_now;
	else if (tp->fin_queued && !tp->fin_sent)
		len++;
	return !after(tp->snd_nxt + len, tcp_wnd_end(tp));
}

/* Minshall's variant of Nagle: only a small segment in flight holds back another. */
static bool nagle_holds(const struct tcp *tp, bool partial, uint8_t nonagle)
{
	bool small_out = after(tp->snd_sml, tp->snd_una) && !after(tp->snd_sml, tp->snd_nxt);

	return partial && (nonagle & TCP_NAGLE_CORK || (!nonagle && tp->packets_out && small_out));
}

static bool nagle_test(const struct tcp *tp, uint32_t len, uint32_t mss_now, bool fin,
		       uint8_t nonagle)
{
	return nonagle & TCP_NAGLE_PUSH || fin || !nagle_holds(tp, len < mss_now, nonagle);
}

/* A segment left: count it, and start its timer. */
void tcp_event_new_data_sent(struct tcp *tp, uint32_t n)
{
	uint32_t prior = tp->packets_out;

	tp->snd_nxt = tcp_seg_at(tp, n)->end_seq;
	tp->packets_out++;
	if (!prior || tp->pending == ICSK_TIME_LOSS_PROBE)
		tcp_rearm_rto(tp);
}

/* Internal pacing: too early for the next segment; the timer goes on. */
bool tcp_pacing_check(struct tcp *tp)
{
	if (!tp->sk_pacing_status || tp->tcp_wstamp_ns <= node_now(tcp_node(tp)).ns)
		return false;
	if (tp->pacing_timer.due.ns == VTIME_NEVER.ns)
		tcp_timer_set(tp, &tp->pacing_timer, vtime_ns(tp->tcp_wstamp_ns));
	return true;
}

static bool pushes(const struct tcp *tp, uint32_t seq, uint32_t end)
{
	return before(seq, tp->push_seq) && !before(end, tp->push_seq);
}

/* Cuts one segment of at most len bytes off the queue; push: with PSH. 0 or -errno. */
static int send_one(struct tcp *tp, uint32_t len, uint32_t mss_now, bool push, const char *note)
{
	uint32_t seq = tp->snd_nxt, end = seq + len;
	bool fin = tp->fin_queued && end == tp->write_seq;
	uint16_t flags = TCPHDR_ACK;

	if (len && (push || pushes(tp, seq, end)))
		flags |= TCPHDR_PSH;
	if (fin)
		flags |= TCPHDR_FIN;
	const struct tcp_out o = {.seq = seq, .len = len, .flags = flags, .note = note};
	uint32_t n = tcp_seg_push(tp, seq, end + fin, (uint8_t)flags);
	struct tcp_seg *g = tcp_seg_at(tp, n);
	g->mstamp = tp->tcp_mstamp;
	tcp_rate_skb_sent(tp, g);
	int err = tcp_transmit(tp, &o);
	/* One that does not fit the path after all stays on record: it is lost, and cut later. */
	if (err && err != -EMSGSIZE) {
		tp->seg_count--;
		return err;
	}
	tcp_tsorted_add_tail(tp, n);
	tcp_event_new_data_sent(tp, n);
	if (fin)
		tp->fin_sent = true;
	if (len < mss_now && len)
		tp->snd_sml = end;
	return 0;
}

/* Segments that leave back to back count as one for pacing, as they do where they are one buffer. */
static void piece_end(struct tcp *tp)
{
	tp->pacing_in_piece = false;
	if (tp->pacing_piece)
		tcp_pacing_sent(tp, node_now(tcp_node(tp)).ns, tp->pacing_piece);
	tp->pacing_piece = 0;
}

/*
 * Sends what may be sent (tcp_write_xmit()). push_one: 1 one segment; 2 one even if the congestion
 * window is full (a tail loss probe). True if everything waits for a window that nothing in
 * flight can open: then a probe is needed.
 */
bool tcp_write_xmit(struct tcp *tp, uint32_t mss_now, uint8_t nonagle, int push_one)
{
	uint32_t sent = 0, piece = 0; /* piece: segments that may follow the last one at once */
	bool cwnd_limited = false, rwnd_limited = false;

	tcp_mstamp_refresh(tp);
	if (!push_one) {
		int result = tcp_mtu_probe(tp);

		if (result == 0)
			return false;
		if (result > 0)
			sent = 1;
	}
	while (tcp_unsent(tp)) {
		uint32_t bytes = tcp_notsent(tp), len = bytes < mss_now ? bytes : mss_now;
		bool fin = tp->fin_queued && len == bytes;

		if (!piece) {
			if (tcp_pacing_check(tp))
				break;
			piece = tcp_tso_autosize(tp);
			tp->pacing_in_piece = tp->sk_pacing_status;
		}
		if (tcp_packets_in_flight(tp) >= tp->snd_cwnd && push_one != 2) {
			cwnd_limited = true;
			break;
		}
		if (!tcp_snd_wnd_test(tp, mss_now)) {
			rwnd_limited = true;
			break;
		}
		uint8_t how = len == bytes ? nonagle : TCP_NAGLE_PUSH;
		if (!nagle_test(tp, len, mss_now, fin, how))
			break;
		if (send_one(tp, len, mss_now, false,
			     push_one == 2 ? "tail loss probe: new data" : NULL))
			break;
		sent++;
		if (--piece == 0)
			piece_end(tp);
		if (push_one)
			break;
	}
	piece_end(tp);
	if (rwnd_limited)
		tcp_chrono_start(tp, TCP_CHRONO_RWND_LIMITED);
	else
		tcp_chrono_stop(tp, TCP_CHRONO_RWND_LIMITED);
	cwnd_limited |= tcp_packets_in_flight(tp) >= tp->snd_cwnd;
	if (sent || cwnd_limited)
		tcp_cwnd_validate(tp, cwnd_limited);
	if (sent) {
		if (tcp_in_cwnd_reduction(tp))
			tp->prr_out += sent;
		if (push_one != 2)
			tcp_schedule_loss_probe(tp, false);
		return false;
	}
	return !tp->packets_out && tcp_unsent(tp);
}

void tcp_push_pending(struct tcp *tp)
{
	if (!tcp_unsent(tp) || tp->state == TCP_CLOSE || tp->state == TCP_SYN_SENT)
		return;
	if (tcp_write_xmit(tp, tcp_current_mss(tp), tp->nonagle, 0))
		tcp_check_probe_timer(tp);
}

/* After a write; more: MSG_MORE. */
void tcp_push(struct tcp *tp, bool more)
{
	uint8_t nonagle = tp->nonagle;

	if (!more || after(tp->write_seq, tp->pushed_seq + (tp->max_window >> 1)))
		tp->push_seq = tp->pushed_seq = tp->write_seq;
	if (more)
		nonagle |= TCP_NAGLE_CORK;
	if (!tcp_unsent(tp) || tp->state == TCP_CLOSE)
		return;
	if (tcp_write_xmit(tp, tcp_current_mss(tp), nonagle, 0))
		tcp_check_probe_timer(tp);
	tcp_watch_event(tp);
}

/*
 * A segment that makes the peer answer: what fits the window, or else one byte's number before it
 * without data (tcp_write_wakeup(), tcp_xmit_probe_skb()). 0, or -errno.
 */
int tcp_write_wakeup(struct tcp *tp, const char *why)
{
	if (tp->state == TCP_CLOSE)
		return -1;
	tcp_mstamp_refresh(tp);
	if (tcp_unsent(tp) && before(tp->snd_nxt, tcp_wnd_end(tp))) {
		uint32_t mss = tcp_current_mss(tp), len = tcp_notsent(tp);
		uint32_t room = tcp_wnd_end(tp) - tp->snd_nxt;

		if (len > room)
			len = room;
		if (len > mss)
			len = mss;
		if (before(tp->pushed_seq, tp->snd_nxt + len))
			tp->pushed_seq = tp->snd_nxt + len;
		/* The end of the write keeps its own PSH. */
		return send_one(tp, len, mss, true, why);
	}
	const struct tcp_out o = {.seq = tp->snd_una - 1, .flags = TCPHDR_ACK, .note = why};
	return tcp_transmit(tp, &o);
}

static bool should_expand_sndbuf(const struct tcp *tp)
{
	return !tp->sndbuf_locked && tp->packets_out < tp->snd_cwnd;
}

/* An ACK made room: is anyone waiting to write? */
void tcp_check_space(struct tcp *tp)
{
	if (!tp->nospace)
		return;
	if (should_expand_sndbuf(tp)) {
		tcp_sndbuf_expand(tp);
		tp->snd_cwnd_stamp = tp->tcp_mstamp;
	}
	if (tcp_ready(&tp->socket) & SOCKET_WRITABLE) {
		tp->nospace = false;
		tcp_chrono_stop(tp, TCP_CHRONO_SNDBUF_LIMITED);
		tcp_wake(tp);
	}
}
