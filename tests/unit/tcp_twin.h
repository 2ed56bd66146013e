/*
 * A connection looked over by a naive twin: every count that TCP keeps by increments is made anew
 * from what it counts, and whatever waits must wait for a timer that is armed. Legal between two
 * events of the world only.
 */
#ifndef TESTS_TCP_TWIN_H
#define TESTS_TCP_TWIN_H

#include <cmocka.h>

#include "transport/tcp/internal.h"

#define TWIN(tp, x) \
	((x) ? (void)0 \
	     : twin_fail((tp), #x, __LINE__))

static const char *twin_context = "";

static inline void twin_fail(const struct tcp *tp, const char *what, int line)
{
	fail_msg("%s: port %u state %u ca %u at %.6f s: not so (line %d): %s\n"
		 "una %u nxt %u write %u out %u sacked %u lost %u retrans %u cwnd %u wnd %u pending %u "
		 "ack %x fin %d%d", twin_context, tp->socket.local.port, tp->state,
		 tp->icsk_ca_state, vtime_seconds(node_now(tcp_node(tp))), line, what, tp->snd_una,
		 tp->snd_nxt, tp->write_seq, tp->packets_out, tp->sacked_out, tp->lost_out,
		 tp->retrans_out, tp->snd_cwnd, tp->snd_wnd, tp->pending, tp->ack.pending,
		 tp->fin_queued, tp->fin_sent);
}

/* A timer that is on has an event that comes in time, and one that is off none that acts. */
static inline bool twin_timer_on(const struct tcp *tp, const struct tcp_timer *t)
{
	const struct sched *s = &node_world(tcp_node(tp))->sched;

	return t->due.ns != VTIME_NEVER.ns && event_armed(s, &t->event) &&
	       !vtime_before(t->due, event_at(s, &t->event));
}

static inline void twin_timer(const struct tcp *tp, const struct tcp_timer *t)
{
	TWIN(tp, t->due.ns == VTIME_NEVER.ns || twin_timer_on(tp, t));
}

/* The ring: end to end from snd_una to snd_nxt, and its counts. */
static inline void twin_scoreboard(const struct tcp *tp)
{
	uint32_t sacked = 0, lost = 0, retrans = 0, listed = 0;
	const struct tcp_seg *prev = NULL;

	for (uint32_t i = 0; i < tp->seg_count; i++) {
		const struct tcp_seg *g = tcp_seg_at(tp, tp->seg_first + i);

		TWIN(tp, before(g->seq, g->end_seq));
		TWIN(tp, !prev || g->seq == prev->end_seq);
		sacked += !!(g->sacked & TCPCB_SACKED_ACKED);
		lost += !!(g->sacked & TCPCB_LOST);
		retrans += !!(g->sacked & TCPCB_SACKED_RETRANS);
		listed += !!(g->sacked & TCPCB_IN_LIST);
		TWIN(tp, !(g->sacked & TCPCB_SACKED_ACKED) || !(g->sacked & TCPCB_LOST));
		TWIN(tp, !(g->sacked & TCPCB_SACKED_RETRANS) || g->sacked & TCPCB_EVER_RETRANS);
		prev = g;
	}
	TWIN(tp, tp->seg_count == tp->packets_out);
	if (tp->seg_count) {
		TWIN(tp, !after(tcp_seg_at(tp, tp->seg_first)->seq, tp->snd_una));
		TWIN(tp, after(tcp_seg_at(tp, tp->seg_first)->end_seq, tp->snd_una));
		TWIN(tp, prev->end_seq == tp->snd_nxt);
	}
	TWIN(tp, lost == tp->lost_out);
	TWIN(tp, retrans == tp->retrans_out);
	if (tp->sack_ok)
		TWIN(tp, sacked == tp->sacked_out);
	else
		TWIN(tp, sacked == 0);
	TWIN(tp, tp->sacked_out + tp->lost_out <= tp->packets_out);
	TWIN(tp, (int32_t)tcp_packets_in_flight(tp) >= 0);
	TWIN(tp, tp->snd_cwnd >= 1);
	/* by sending time: every one that is listed once, and times never fall */
	uint32_t n = tp->tsorted_head, before_it = TCP_SEG_NONE, seen = 0;
	for (; n != TCP_SEG_NONE && seen <= listed; n = tcp_seg_at(tp, n)->next, seen++) {
		TWIN(tp, n - tp->seg_first < tp->seg_count);
		TWIN(tp, tcp_seg_at(tp, n)->sacked & TCPCB_IN_LIST);
		TWIN(tp, tcp_seg_at(tp, n)->prev == before_it);
		TWIN(tp, before_it == TCP_SEG_NONE ||
			 tcp_seg_at(tp, before_it)->mstamp <= tcp_seg_at(tp, n)->mstamp);
		before_it = n;
	}
	TWIN(tp, seen == listed);
	TWIN(tp, tp->tsorted_tail == before_it);
	if (tp->retransmit_hint != TCP_SEG_NONE)
		TWIN(tp, tp->retransmit_hint - tp->seg_first <= tp->seg_count);
}

/* The queues of bytes: chunks end to end up to write_seq, packets up to rcv_nxt, gaps behind. */
static inline void twin_queues(const struct tcp *tp)
{
	const struct socket *s = &tp->socket;
	uint32_t sum = 0, count = 0, at = tp->copied_seq;
	const struct packet *prev = NULL;

	TWIN(tp, !after(tp->snd_una, tp->snd_nxt));
	if (tp->state != TCP_SYN_SENT) /* there the SYN's own number is not counted yet */
		TWIN(tp, !after(tp->snd_nxt, tp->write_seq + tp->fin_sent));
	for (uint32_t i = 0; i < tp->chunk_count && tp->state != TCP_SYN_SENT; i++) {
		const struct tcp_chunk *c =
			&tp->chunks[(tp->chunk_first + i) & (tp->chunk_room - 1)];

		if (i == 0)
			TWIN(tp, !after(c->seq, tp->snd_una));
		TWIN(tp, c->slab->refs > 0);
		TWIN(tp, c->data >= c->slab->bytes &&
			 c->data + c->len + c->room <= c->slab->bytes + c->slab->size);
		if (i + 1 == tp->chunk_count)
			TWIN(tp, c->seq + c->len == tp->write_seq);
		else
			TWIN(tp, c->seq + c->len == tp->chunks[(tp->chunk_first + i + 1) &
							       (tp->chunk_room - 1)].seq);
	}
	for (const struct packet *p = s->rx_head; p; prev = p, p = p->next) {
		const struct tcp_rx_note *note = (const struct tcp_rx_note *)p->hdr;

		TWIN(tp, !after(note->seq, at));
		TWIN(tp, after(note->end_seq, at));
		at = note->end_seq;
		sum += note->charge;
	}
	TWIN(tp, s->rx_tail == prev);
	TWIN(tp, !s->rx_head || at == tp->rcv_nxt || (tp->fin_received && at + 1 == tp->rcv_nxt));
	prev = NULL;
	for (const struct packet *p = tp->ofo_head; p; prev = p, p = p->next, count++) {
		const struct tcp_rx_note *note = (const struct tcp_rx_note *)p->hdr;

		TWIN(tp, note->prev == prev);
		TWIN(tp, after(note->seq, tp->rcv_nxt));
		if (prev) {
			const struct tcp_rx_note *last = (const struct tcp_rx_note *)prev->hdr;

			TWIN(tp, before(last->seq, note->seq));
			TWIN(tp, before(last->end_seq, note->end_seq));
		}
		sum += note->charge;
	}
	TWIN(tp, tp->ofo_tail == prev);
	TWIN(tp, count == tp->ofo_count);
	TWIN(tp, sum == tp->rmem_alloc);
	for (unsigned i = 0; i < tp->num_sacks; i++) {
		TWIN(tp, before(tp->selective_acks[i].start_seq, tp->selective_acks[i].end_seq));
		TWIN(tp, after(tp->selective_acks[i].start_seq, tp->rcv_nxt));
	}
}

/* What waits, waits for something that will happen. */
static inline void twin_waits(const struct tcp *tp)
{
	bool unsent = tcp_notsent(tp) || (tp->fin_queued && !tp->fin_sent);

	twin_timer(tp, &tp->retransmit_timer);
	twin_timer(tp, &tp->delack_timer);
	twin_timer(tp, &tp->keepalive_timer);
	twin_timer(tp, &tp->pacing_timer);
	twin_timer(tp, &tp->comp_ack_timer);
	TWIN(tp, !tp->pending == (tp->retransmit_timer.due.ns == VTIME_NEVER.ns));
	if (tp->packets_out)
		TWIN(tp, tp->fastopen_rsk || tp->pending == ICSK_TIME_RETRANS ||
			 tp->pending == ICSK_TIME_LOSS_PROBE ||
			 tp->pending == ICSK_TIME_REO_TIMEOUT);
	else if (unsent && tp->state != TCP_SYN_SENT && tp->state != TCP_SYN_RECV)
		TWIN(tp, tp->pending || twin_timer_on(tp, &tp->pacing_timer));
	if (tp->ack.pending & ICSK_ACK_TIMER)
		TWIN(tp, twin_timer_on(tp, &tp->delack_timer));
	else if (tp->ack.pending & ICSK_ACK_SCHED)
		TWIN(tp, tp->compressed_ack || tp->state == TCP_SYN_SENT ||
			 tp->state == TCP_SYN_RECV);
	if (tp->compressed_ack)
		TWIN(tp, twin_timer_on(tp, &tp->comp_ack_timer));
}

static inline void twin_check(const struct tcp *tp)
{
	if (tp->state == TCP_LISTEN || tp->state == TCP_CLOSE)
		return;
	twin_scoreboard(tp);
	twin_queues(tp);
	twin_waits(tp);
}

/* All connections of a node; how many there are. */
static inline uint32_t twin_check_node(struct node *n)
{
	const struct tcp_stack *st = tcp_stack_of(n);
	uint32_t count = 0;

	for (uint32_t i = 0; i < st->size; i++)
		for (struct tcp_entry *e = st->buckets[i]; e; e = e->next, count++)
			if (e->kind == TCP_ENTRY_FULL)
				twin_check(container_of(e, struct tcp, entry));
	assert_int_equal(count, st->count);
	return count;
}

/* Slabs come in lots of a class: what nobody gave back leaves a lot incomplete. */
static inline void twin_slabs(const struct world *w)
{
	static const uint32_t lot[4] = {256, 64, 8, 4};

	for (unsigned i = 0; i < 4; i++) {
		uint32_t count = 0;

		for (const struct slab *s = w->pool.slabs[i]; s; s = s->next)
			count++;
		assert_int_equal(count % lot[i], 0);
	}
}

#endif
