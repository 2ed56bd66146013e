/* The ring of records of what is in flight, and their list by sending time. */
#include <stdlib.h>
#include <string.h>

#include "transport/tcp/internal.h"

#define SEGS_MIN 16u

static void grow(struct tcp *tp)
{
	uint32_t room = tp->seg_room ? 2 * tp->seg_room : SEGS_MIN;
	struct tcp_seg *segs = nt_malloc(room * sizeof(*segs));

	for (uint32_t i = 0; i < tp->seg_count; i++)
		segs[(tp->seg_first + i) & (room - 1)] = *tcp_seg_at(tp, tp->seg_first + i);
	free(tp->segs);
	tp->segs = segs;
	tp->seg_room = room;
}

void tcp_segs_clear(struct tcp *tp)
{
	free(tp->segs);
	tp->segs = NULL;
	tp->seg_room = tp->seg_count = 0;
	tp->tsorted_head = tp->tsorted_tail = TCP_SEG_NONE;
	tp->retransmit_hint = TCP_SEG_NONE;
	tp->packets_out = tp->sacked_out = tp->lost_out = tp->retrans_out = 0;
}

void tcp_tsorted_add_tail(struct tcp *tp, uint32_t n)
{
	struct tcp_seg *g = tcp_seg_at(tp, n);

	g->prev = tp->tsorted_tail;
	g->next = TCP_SEG_NONE;
	if (tp->tsorted_tail != TCP_SEG_NONE)
		tcp_seg_at(tp, tp->tsorted_tail)->next = n;
	else
		tp->tsorted_head = n;
	tp->tsorted_tail = n;
	g->sent = ++tp->sent;
	g->sacked |= TCPCB_IN_LIST;
}

void tcp_tsorted_del(struct tcp *tp, uint32_t n)
{
	struct tcp_seg *g = tcp_seg_at(tp, n);

	if (!(g->sacked & TCPCB_IN_LIST))
		return;
	if (g->prev != TCP_SEG_NONE)
		tcp_seg_at(tp, g->prev)->next = g->next;
	else
		tp->tsorted_head = g->next;
	if (g->next != TCP_SEG_NONE)
		tcp_seg_at(tp, g->next)->prev = g->prev;
	else
		tp->tsorted_tail = g->prev;
	g->sacked &= (uint8_t)~TCPCB_IN_LIST;
}

/* A new record at the end; its number. The caller counts packets_out. */
uint32_t tcp_seg_push(struct tcp *tp, uint32_t seq, uint32_t end_seq, uint8_t flags)
{
	if (tp->seg_count == 0 && tp->seg_first > 1u << 30)
		tp->seg_first &= tp->seg_room - 1; /* numbers stay far from TCP_SEG_NONE */
	if (tp->seg_count == tp->seg_room)
		grow(tp);
	uint32_t n = tp->seg_first + tp->seg_count++;
	struct tcp_seg *g = tcp_seg_at(tp, n);
	memset(g, 0, sizeof(*g));
	g->seq = seq;
	g->end_seq = end_seq;
	g->flags = flags;
	return n;
}

void tcp_seg_pop(struct tcp *tp)
{
	tcp_tsorted_del(tp, tp->seg_first);
	if (tp->retransmit_hint == tp->seg_first)
		tp->retransmit_hint = TCP_SEG_NONE;
	tp->seg_first++;
	tp->seg_count--;
}

/* The record that holds seq, or the first behind it; by bisection. */
uint32_t tcp_seg_find(const struct tcp *tp, uint32_t seq)
{
	uint32_t low = 0, high = tp->seg_count;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (after(tcp_seg_at(tp, tp->seg_first + mid)->end_seq, seq))
			high = mid;
		else
			low = mid + 1;
	}
	return tp->seg_first + low;
}

static void renumber(uint32_t *n, uint32_t from)
{
	if (*n != TCP_SEG_NONE && (int32_t)(*n - from) >= 0)
		++*n;
}

/* Makes room for one record at number `at`: those from there on move up by one. */
static void open_gap(struct tcp *tp, uint32_t at)
{
	if (tp->seg_count == tp->seg_room)
		grow(tp);
	for (uint32_t n = tp->seg_first + tp->seg_count; n != at; n--)
		*tcp_seg_at(tp, n) = *tcp_seg_at(tp, n - 1);
	tp->seg_count++;
	for (uint32_t i = 0; i < tp->seg_count; i++) {
		struct tcp_seg *g = tcp_seg_at(tp, tp->seg_first + i);

		renumber(&g->prev, at);
		renumber(&g->next, at);
	}
	renumber(&tp->tsorted_head, at);
	renumber(&tp->tsorted_tail, at);
	renumber(&tp->retransmit_hint, at);
}

/* Cuts record n after len bytes (Linux's tcp_fragment): the path carries less than it did. */
void tcp_seg_split(struct tcp *tp, uint32_t n, uint32_t len)
{
	open_gap(tp, n + 1);
	struct tcp_seg *g = tcp_seg_at(tp, n), *rest = tcp_seg_at(tp, n + 1);
	*rest = *g;
	rest->seq = g->end_seq = g->seq + len;
	g->flags &= (uint8_t)~(TCPHDR_FIN | TCPHDR_PSH);
	rest->flags &= (uint8_t)~(TCPHDR_SYN | TCPHDR_CWR);
	if (g->sacked & TCPCB_IN_LIST) { /* behind the first half */
		rest->prev = n;
		rest->next = g->next;
		if (g->next != TCP_SEG_NONE)
			tcp_seg_at(tp, g->next)->prev = n + 1;
		else
			tp->tsorted_tail = n + 1;
		g->next = n + 1;
	}
	tp->packets_out++;
	if (g->sacked & TCPCB_SACKED_ACKED)
		tp->sacked_out++;
	if (g->sacked & TCPCB_LOST)
		tp->lost_out++;
	if (g->sacked & TCPCB_SACKED_RETRANS)
		tp->retrans_out++;
}
