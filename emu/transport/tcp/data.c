/* Delivery: in order to the reader, behind a gap into the out-of-order queue; FIN. */
#include <assert.h>

#include "transport/tcp/internal.h"

static_assert(sizeof(struct tcp_rx_note) <= PACKET_L3, "the note fits in front of the IP header");

void tcp_dsack_set(struct tcp *tp, uint32_t seq, uint32_t end_seq)
{
	if (!tp->sack_ok || !tcp_sysctl(tp)->tcp_dsack)
		return;
	tp->has_dsack = true;
	tp->duplicate_sack = (struct tcp_sack_block){seq, end_seq};
}

static void dsack_extend(struct tcp *tp, uint32_t seq, uint32_t end_seq)
{
	if (!tp->has_dsack) {
		tcp_dsack_set(tp, seq, end_seq);
		return;
	}
	struct tcp_sack_block *b = &tp->duplicate_sack;
	if (after(seq, b->end_seq) || after(b->start_seq, end_seq))
		return;
	if (before(seq, b->start_seq))
		b->start_seq = seq;
	if (after(end_seq, b->end_seq))
		b->end_seq = end_seq;
}

static void charge(struct tcp *tp, struct packet *p)
{
	struct tcp_rx_note *note = tcp_note_of(p);

	note->charge = socket_truesize(packet_l3_len(p));
	tp->rmem_alloc += note->charge;
}

static void release(struct tcp *tp, struct packet *p)
{
	tp->rmem_alloc -= tcp_note_of(p)->charge;
}

static void write_note(struct packet *p, const struct tcp_in *in)
{
	*tcp_note_of(p) = (struct tcp_rx_note){
		.seq = in->seq, .end_seq = in->end_seq,
		.fin = in->h.flags & TCPHDR_FIN, .psh = in->h.flags & TCPHDR_PSH};
}

/*
 * To the end of what can be read; consumes. What brings nothing but its FIN does not stay: there is
 * nothing in it to read, and a close must not take it for unread data.
 */
static void queue_in_order(struct tcp *tp, struct packet *p)
{
	struct socket *s = &tp->socket;
	struct tcp_rx_note *note = tcp_note_of(p);

	if (!after(note->end_seq - note->fin, tp->rcv_nxt)) {
		tp->bytes_received += note->end_seq - tp->rcv_nxt;
		tp->rcv_nxt = note->end_seq;
		release(tp, p);
		packet_free(p);
		return;
	}
	p->next = NULL;
	if (s->rx_tail)
		s->rx_tail->next = p;
	else
		s->rx_head = p;
	s->rx_tail = p;
	s->rx_packets++;
	tp->bytes_received += note->end_seq - tp->rcv_nxt;
	tp->rcv_nxt = note->end_seq;
}

/*
 * Small packets waste the buffer: when it is full, they are accounted for as Linux does after it
 * has copied them together (tcp_collapse()).
 */
static void collapse(struct tcp *tp, struct packet *p)
{
	for (; p; p = p->next) {
		struct tcp_rx_note *note = tcp_note_of(p);
		uint32_t len = note->end_seq - note->seq, dense = len + len / 8 + 16;

		if (dense < note->charge) {
			tp->rmem_alloc -= note->charge - dense;
			note->charge = dense;
		}
	}
}

static void ofo_unlink(struct tcp *tp, struct packet *p)
{
	struct packet *prev = tcp_note_of(p)->prev;

	if (prev)
		prev->next = p->next;
	else
		tp->ofo_head = p->next;
	if (p->next)
		tcp_note_of(p->next)->prev = prev;
	else
		tp->ofo_tail = prev;
	tp->ofo_count--;
}

/* Makes room: first by density, then by throwing away what is furthest behind the gap. */
static bool make_room(struct tcp *tp)
{
	if (tp->rmem_alloc <= tp->socket.rcvbuf)
		return true;
	tcp_clamp_window(tp);
	collapse(tp, tp->socket.rx_head);
	collapse(tp, tp->ofo_head);
	while (tp->rmem_alloc > tp->socket.rcvbuf && tp->ofo_tail) {
		struct packet *p = tp->ofo_tail;

		ofo_unlink(tp, p);
		release(tp, p);
		packet_drop_detail(p, &tcp_node(tp)->site, DROP_TCP_BUFFER_FULL,
				   tp->socket.rcvbuf);
		/* What was reported is taken back (RFC 2018 8). */
		tp->num_sacks = 0;
	}
	return tp->rmem_alloc <= tp->socket.rcvbuf;
}

/* The peer has no more to send (RFC 9293 3.10.7.4, eighth check). */
void tcp_fin_received(struct tcp *tp)
{
	tp->ack.pending |= ICSK_ACK_SCHED;
	tp->shutdown |= TCP_RCV_SHUTDOWN;
	tp->fin_received = true;
	/* Nothing can follow a FIN (tcp_fin()). */
	while (tp->ofo_head) {
		struct packet *p = tp->ofo_head;

		ofo_unlink(tp, p);
		release(tp, p);
		packet_drop(p, &tcp_node(tp)->site, DROP_TCP_WINDOW);
	}
	switch (tp->state) {
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
		tcp_set_state(tp, TCP_CLOSE_WAIT);
		tp->ack.pingpong = 1; /* ours may follow soon */
		break;
	case TCP_FIN_WAIT1:
		/* Both closed at once: ours is not ACKed yet. */
		tcp_send_ack(tp);
		tcp_set_state(tp, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		tcp_send_ack(tp);
		tcp_time_wait(tp, TCP_TIME_WAIT, 0);
		return;
	default:
		return;
	}
	tcp_wake(tp);
}

/* What stands behind no gap any more; what filled it and was there before came twice (RFC 2883 4). */
static void ofo_drain(struct tcp *tp)
{
	uint32_t filled = tp->rcv_nxt;
	bool fin = false;

	while (tp->ofo_head && !fin) {
		struct packet *p = tp->ofo_head;
		struct tcp_rx_note *note = tcp_note_of(p);

		if (after(note->seq, tp->rcv_nxt))
			break;
		if (before(note->seq, filled))
			dsack_extend(tp, note->seq,
				     before(note->end_seq, filled) ? note->end_seq : filled);
		ofo_unlink(tp, p);
		if (!after(note->end_seq, tp->rcv_nxt)) { /* covered by what filled the gap */
			release(tp, p);
			packet_drop(p, &tcp_node(tp)->site, DROP_TCP_OLD_DATA);
			continue;
		}
		fin = note->fin;
		queue_in_order(tp, p);
	}
	if (fin)
		tcp_fin_received(tp);
}

/* Puts p into the sorted queue; duplicates are reported (RFC 2883). */
static void ofo_insert(struct tcp *tp, struct tcp_in *in)
{
	struct packet *p = in->p, *at = tp->ofo_tail;
	struct node *n = tcp_node(tp);

	while (at && before(in->seq, tcp_note_of(at)->seq))
		at = tcp_note_of(at)->prev;
	/* at: the last that begins at or before it. */
	if (at && before(in->seq, tcp_note_of(at)->end_seq)) {
		if (!after(in->end_seq, tcp_note_of(at)->end_seq)) {
			tcp_dsack_set(tp, in->seq, in->end_seq);
			tcp_in_drop(in, n, DROP_TCP_OLD_DATA);
			return;
		}
		if (after(in->seq, tcp_note_of(at)->seq)) {
			tcp_dsack_set(tp, in->seq, tcp_note_of(at)->end_seq);
		} else {
			/* It begins together with a shorter one, which it replaces. */
			struct packet *shorter = at;

			dsack_extend(tp, tcp_note_of(at)->seq, tcp_note_of(at)->end_seq);
			at = tcp_note_of(at)->prev;
			ofo_unlink(tp, shorter);
			release(tp, shorter);
			packet_drop(shorter, &n->site, DROP_TCP_OLD_DATA);
		}
	}
	write_note(p, in);
	charge(tp, p);
	struct packet *next = at ? at->next : tp->ofo_head;
	tcp_note_of(p)->prev = at;
	p->next = next;
	if (at)
		at->next = p;
	else
		tp->ofo_head = p;
	if (next)
		tcp_note_of(next)->prev = p;
	else
		tp->ofo_tail = p;
	tp->ofo_count++;
	/* What it covers wholly goes. */
	while (p->next && after(in->end_seq, tcp_note_of(p->next)->seq)) {
		struct packet *q = p->next;
		struct tcp_rx_note *note = tcp_note_of(q);

		if (before(in->end_seq, note->end_seq)) {
			dsack_extend(tp, note->seq, in->end_seq);
			break;
		}
		dsack_extend(tp, note->seq, note->end_seq);
		ofo_unlink(tp, q);
		release(tp, q);
		packet_drop(q, &n->site, DROP_TCP_OLD_DATA);
	}
	if (in->len)
		tcp_grow_window(tp, in->len);
	if (tp->sack_ok)
		tcp_sack_new_ofo(tp, in->seq, in->end_seq);
}

static void queue_ofo(struct tcp *tp, struct tcp_in *in)
{
	tcp_ecn_check_ce(tp, in);
	if (!make_room(tp)) {
		tcp_in_drop(in, tcp_node(tp), DROP_TCP_BUFFER_FULL);
		return;
	}
	tp->ack.pending |= ICSK_ACK_SCHED;
	tp->ack_cause = ACK_GAP;
	tp->rcv_ooopack++;
	ofo_insert(tp, in);
}

static void out_of_window(struct tcp *tp, struct tcp_in *in, enum drop_reason r)
{
	tcp_enter_quickack_mode(tp, TCP_MAX_QUICKACKS);
	tp->ack.pending |= ICSK_ACK_SCHED;
	tp->ack_cause = r == DROP_TCP_OLD_DATA	    ? ACK_OLD_DATA
			: r == DROP_TCP_ZERO_WINDOW ? ACK_PROBE
						    : ACK_OUTSIDE;
	tcp_in_drop(in, tcp_node(tp), r);
}

/* Whether it takes the place of a packet that was shortened at the front: rcv_nxt may be inside. */
static void accept_in_order(struct tcp *tp, struct tcp_in *in)
{
	struct packet *p = in->p;
	bool fin = in->h.flags & TCPHDR_FIN;

	/* With nothing to read it is always taken: the gap's end is what frees the buffer. */
	if (tp->socket.rx_head && !make_room(tp)) {
		tp->ack.pending |= ICSK_ACK_NOW | ICSK_ACK_SCHED;
		tp->ack_cause = ACK_NO_ROOM;
		tcp_in_drop(in, tcp_node(tp), DROP_TCP_BUFFER_FULL);
		return;
	}
	write_note(p, in);
	if (in->len) {
		charge(tp, p);
		queue_in_order(tp, p);
		tcp_event_data_recv(tp, in);
	} else { /* a lone FIN */
		tp->rcv_nxt = in->end_seq;
		packet_free(p);
	}
	if (fin)
		tcp_fin_received(tp);
	if (tp->state == TCP_CLOSE || tp->dying)
		return;
	if (tp->ofo_head) {
		ofo_drain(tp);
		/* The gap is filled: the sender is waiting to hear it (RFC 5681 4.2). */
		if (!tp->ofo_head)
			tp->ack.pending |= ICSK_ACK_NOW;
	}
	if (tp->num_sacks)
		tcp_sack_remove(tp);
	if (!tp->dying)
		tcp_wake(tp);
}

/*
 * A segment with data or FIN, acceptable by its number. Consumes. Behind the peer's FIN only what came
 * before gets here (state.c).
 */
void tcp_data_queue(struct tcp *tp, struct tcp_in *in)
{
	uint32_t window = tcp_receive_window(tp);

	if (in->seq == in->end_seq) {
		packet_free(in->p);
		return;
	}
	tcp_ecn_accept_cwr(tp, in);
	tp->has_dsack = false;
	if (in->seq == tp->rcv_nxt) {
		if (window == 0 && in->len)
			out_of_window(tp, in, DROP_TCP_ZERO_WINDOW);
		else
			accept_in_order(tp, in);
		return;
	}
	if (!after(in->end_seq, tp->rcv_nxt)) {
		tcp_dsack_set(tp, in->seq, in->end_seq);
		out_of_window(tp, in, DROP_TCP_OLD_DATA);
		return;
	}
	if (!before(in->seq, tp->rcv_nxt + window)) {
		out_of_window(tp, in, DROP_TCP_WINDOW);
		return;
	}
	if (before(in->seq, tp->rcv_nxt)) { /* old and new in one */
		tcp_dsack_set(tp, in->seq, tp->rcv_nxt);
		if (!window)
			out_of_window(tp, in, DROP_TCP_ZERO_WINDOW);
		else
			accept_in_order(tp, in);
		return;
	}
	queue_ofo(tp, in);
}

void tcp_take_syn_data(struct tcp *tp, const struct tcp_in *in)
{
	bool fin = in->h.flags & TCPHDR_FIN;
	struct tcp_in data = *in;

	data.seq++;
	tp->rcv_nxt = data.seq;
	if (data.end_seq == data.seq)
		return;
	tp->syn_data_acked = true;
	if (in->len) {
		data.p = packet_clone(in->p);
		write_note(data.p, &data);
		charge(tp, data.p);
		queue_in_order(tp, data.p);
		tp->segs_in = 1;
		tp->data_segs_in = 1;
	} else {
		tp->rcv_nxt = data.end_seq;
	}
	if (fin)
		tcp_fin_received(tp);
}

/* What an arrival may have made possible to send. */
void tcp_data_snd_check(struct tcp *tp)
{
	if (tcp_unsent(tp))
		tcp_push_pending(tp);
	tcp_check_space(tp);
}

/* What was not read is dropped. */
void tcp_rx_flush(struct tcp *tp, enum drop_reason r)
{
	struct socket *s = &tp->socket;
	struct packet *lists[] = {s->rx_head, tp->ofo_head};

	for (int i = 0; i < 2; i++)
		for (struct packet *p = lists[i], *next; p; p = next) {
			next = p->next;
			packet_drop(p, &s->node->site, r);
		}
	s->rx_head = s->rx_tail = tp->ofo_head = tp->ofo_tail = NULL;
	tp->ofo_count = 0;
	tp->rmem_alloc = 0;
	tp->num_sacks = 0;
}
