/* TIME-WAIT, and an orphan's FIN-WAIT-2, in a small struct (tcp_timewait_state_process()). */
#include <stdlib.h>

#include "transport/tcp/internal.h"

void tcp_tw_free(struct tcp_tw *tw)
{
	struct tcp_stack *st = tcp_stack_of(tw->node);

	event_cancel(&node_world(tw->node)->sched, &tw->event);
	tcp_entry_remove(st, &tw->entry);
	st->timewaits--;
	free(tw);
}

static void tw_fire(struct event *e)
{
	tcp_tw_free(container_of(e, struct tcp_tw, event));
}

static void tw_arm(struct tcp_tw *tw, int64_t us)
{
	event_arm(&node_world(tw->node)->sched, &tw->event,
		  vtime_add(node_now(tw->node), vtime_us(us)));
}

/* The connection goes, its tuple waits. timeout_us 0: the full minute. */
void tcp_time_wait(struct tcp *tp, enum tcp_state state, int64_t timeout_us)
{
	struct node *n = tcp_node(tp);
	struct tcp_stack *st = tcp_stack_of(n);
	struct tcp_tw *tw;
	int64_t least = ((int64_t)tp->rto << 2) - (tp->rto >> 1);

	if (st->timewaits >= (uint32_t)n->sysctl->tcp_max_tw_buckets) {
		tcp_done(tp);
		return;
	}
	tw = nt_calloc(1, sizeof(*tw));
	tw->entry = tp->entry;
	tw->entry.kind = TCP_ENTRY_TIMEWAIT;
	tw->entry.next = NULL;
	tw->node = n;
	tw->oif = tp->flow.oif;
	tw->substate = (uint8_t)state;
	tw->rcv_wscale = tp->rcv_wscale;
	tw->tos = tp->socket.tos;
	tw->tstamp_ok = tp->tstamp_ok;
	tw->rcv_nxt = tp->rcv_nxt;
	tw->snd_nxt = tp->snd_nxt;
	tw->rcv_wnd = tcp_receive_window(tp);
	tw->ts_recent = tp->ts_recent;
	tw->ts_recent_stamp = tp->tstamp_ok ? tp->ts_recent_stamp : 0;
	tw->ts_off = tp->tsoffset;
	event_init(&tw->event, tw_fire);
	if (timeout_us < least)
		timeout_us = least;
	if (state == TCP_TIME_WAIT)
		timeout_us = TCP_TIMEWAIT_US;
	/* The table holds the tuple once: first the connection leaves it. */
	tcp_done(tp);
	tcp_entry_add(st, &tw->entry);
	st->timewaits++;
	tw_arm(tw, timeout_us);
}

static void tw_ack(struct tcp_tw *tw, const struct tcp_in *in, const char *note)
{
	const struct tcp_reply r = {
		.seq = tw->snd_nxt, .ack = tw->rcv_nxt, .flags = TCPHDR_ACK,
		.window = tw->rcv_wnd >> tw->rcv_wscale, .ts = tw->tstamp_ok,
		.tsval = (uint32_t)(node_now(tw->node).ns / NS_PER_MS) + tw->ts_off,
		.tsecr = tw->ts_recent, .tos = tw->tos, .note = note};

	tcp_reply_send(tw->node, in, &r);
}

/*
 * Nothing else: the segment is not acceptable and is answered, a reset is not. The limit is for
 * what two ends could answer each other with for ever: data, or a FIN again, always gets its ACK.
 */
static void answer(struct tcp_tw *tw, struct tcp_in *in, enum drop_reason r)
{
	bool loops = in->seq == in->end_seq || in->h.flags & TCPHDR_SYN;

	if (!(in->h.flags & TCPHDR_RST) &&
	    !(loops && tcp_oow_rate_limited(tw->node, &tw->last_oow_ack_time)))
		tw_ack(tw, in, "ACK of a connection in TIME-WAIT");
	tcp_in_drop(in, tw->node, r);
}

static bool tw_in_window(const struct tcp_tw *tw, const struct tcp_in *in)
{
	uint32_t end = tw->rcv_nxt + tw->rcv_wnd;

	if (in->seq == tw->rcv_nxt)
		return true;
	if (after(in->end_seq, tw->rcv_nxt) && before(in->seq, end))
		return true;
	return in->seq == end && in->seq == in->end_seq;
}

static bool saw_ts(const struct tcp_tw *tw, const struct tcp_in *in)
{
	return in->o.has_ts && tw->ts_recent_stamp;
}

static bool tw_paws_fails(const struct tcp_tw *tw, const struct tcp_in *in)
{
	return saw_ts(tw, in) && tcp_paws_reject(tw->node, tw->ts_recent, tw->ts_recent_stamp, in);
}

static void tw_note_ts(struct tcp_tw *tw, const struct tcp_in *in)
{
	if (!in->o.has_ts)
		return;
	tw->ts_recent = in->o.ts_val;
	tw->ts_recent_stamp = (uint64_t)(node_now(tw->node).ns / NS_PER_S) + 1;
}

/* The peer's FIN is still to come. */
static void fin_wait2(struct tcp_tw *tw, struct tcp_in *in)
{
	if (tw_paws_fails(tw, in) || !tw_in_window(tw, in)) {
		answer(tw, in, DROP_TCP_WINDOW);
		return;
	}
	if (in->h.flags & TCPHDR_RST) {
		tcp_tw_free(tw);
		packet_free(in->p);
		return;
	}
	if (in->h.flags & TCPHDR_SYN && !before(in->seq, tw->rcv_nxt)) {
		struct node *n = tw->node;

		tcp_tw_free(tw);
		tcp_reply_reset(n, in, "reset: a SYN in FIN-WAIT-2");
		tcp_in_drop(in, n, DROP_TCP_FLAGS);
		return;
	}
	if (!(in->h.flags & TCPHDR_ACK) || !after(in->end_seq, tw->rcv_nxt) ||
	    in->end_seq == in->seq) {
		packet_free(in->p);
		return;
	}
	/* Data that nobody will read, or not only its FIN. */
	if (!(in->h.flags & TCPHDR_FIN) || in->end_seq != tw->rcv_nxt + 1) {
		struct node *n = tw->node;

		tcp_tw_free(tw);
		tcp_reply_reset(n, in, "reset: data after close");
		tcp_in_drop(in, n, DROP_TCP_CLOSED);
		return;
	}
	tw->substate = TCP_TIME_WAIT;
	tw->rcv_nxt = in->end_seq;
	tw_note_ts(tw, in);
	tw_arm(tw, TCP_TIMEWAIT_US);
	tw_ack(tw, in, NULL);
	packet_free(in->p);
}

/* RFC 9293 3.10.7.4 in TIME-WAIT; a new SYN may take over (RFC 1122 4.2.2.13, RFC 6191). */
void tcp_timewait_input(struct tcp_tw *tw, struct tcp_in *in)
{
	struct node *n = tw->node;
	bool paws = tw_paws_fails(tw, in);

	if (tw->substate == TCP_FIN_WAIT2) {
		fin_wait2(tw, in);
		return;
	}
	if (!paws && in->seq == tw->rcv_nxt &&
	    (in->seq == in->end_seq || in->h.flags & TCPHDR_RST)) {
		if (in->h.flags & TCPHDR_RST) {
			/* Assassination (RFC 1337), unless it is to be ignored. */
			if (!n->sysctl->tcp_rfc1337) {
				tcp_tw_free(tw);
				packet_free(in->p);
				return;
			}
		} else {
			tw_arm(tw, TCP_TIMEWAIT_US);
		}
		tw_note_ts(tw, in);
		packet_free(in->p);
		return;
	}
	if (in->h.flags & TCPHDR_SYN && !(in->h.flags & (TCPHDR_RST | TCPHDR_ACK)) && !paws &&
	    (after(in->seq, tw->rcv_nxt) ||
	     (saw_ts(tw, in) && (int32_t)(tw->ts_recent - in->o.ts_val) < 0))) {
		struct tcp *l = tcp_listener_find(tcp_stack_of(n), in);
		uint32_t isn = tw->snd_nxt + 65535 + 2;

		if (l) {
			tcp_tw_free(tw);
			tcp_listen_input(l, in, isn ? isn : 1);
			return;
		}
	}
	/* A retransmitted FIN: our ACK was lost. It starts the minute anew. */
	if (!(in->h.flags & TCPHDR_RST) && (paws || in->h.flags & TCPHDR_ACK))
		tw_arm(tw, TCP_TIMEWAIT_US);
	answer(tw, in, paws ? DROP_TCP_PAWS : DROP_TCP_WINDOW);
}
