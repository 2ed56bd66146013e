/* The sockets of a node, as ss(8) lists them. */
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "transport/tcp/info.h"
#include "transport/tcp/internal.h"

struct list {
	struct tcp_row *rows;
	uint32_t count, room;
	vtime now;
	const struct sched *sched;
};

static struct tcp_row *add(struct list *l)
{
	if (l->count == l->room) {
		l->room = l->room ? 2 * l->room : 16;
		l->rows = nt_realloc(l->rows, l->room * sizeof(*l->rows));
	}
	l->rows[l->count] = (struct tcp_row){.state = TCP_CLOSE};
	return &l->rows[l->count++];
}

static void add_listener(struct list *l, const struct tcp *tp)
{
	struct tcp_row *r = add(l);

	r->local = tp->socket.local;
	r->peer.addr = ipaddr_is4(&r->local.addr) ? ipaddr_any4 : ipaddr_any6;
	r->state = TCP_LISTEN;
	r->recv_q = tp->accept_count;
	r->send_q = tp->backlog;
	r->tcp = tp;
}

/* What ss -o says of a connection's timers (inet_sk_diag_fill()). */
static void put_timer(const struct list *l, struct tcp_row *r, const struct tcp *tp)
{
	const struct tcp_timer *t = NULL;

	if (tp->pending != ICSK_TIME_NONE) {
		t = &tp->retransmit_timer;
		r->timer = tp->pending == ICSK_TIME_PROBE0 ? 4 : 1;
		r->retries = tp->pending == ICSK_TIME_PROBE0 ? tp->probes_out : tp->retransmits;
	} else if (tp->keepalive_timer.due.ns != VTIME_NEVER.ns) {
		t = &tp->keepalive_timer;
		r->timer = 2;
		r->retries = tp->probes_out;
	}
	if (t && t->due.ns != VTIME_NEVER.ns)
		r->timer_ns = vtime_sub(vtime_max(t->due, l->now), l->now).ns;
}

static void add_entry(struct list *l, const struct tcp_entry *e)
{
	struct tcp_row *r = add(l);

	r->local = (struct endpoint){.addr = e->saddr, .port = e->sport};
	r->peer = (struct endpoint){.addr = e->daddr, .port = e->dport};
	if (e->kind == TCP_ENTRY_TIMEWAIT) {
		const struct tcp_tw *tw = (const struct tcp_tw *)e;

		r->state = tw->substate;
		r->timer = 3;
		r->timer_ns = vtime_sub(event_at(l->sched, &tw->event), l->now).ns;
	} else if (e->kind == TCP_ENTRY_REQUEST) {
		r->state = TCP_SYN_RECV;
	} else {
		const struct tcp *tp = container_of(e, struct tcp, entry);

		r->local = tp->socket.local;
		r->state = tp->state;
		r->recv_q = stream_inq(&tp->socket);
		r->send_q = tp->write_seq - tp->snd_una;
		r->tcp = tp;
		put_timer(l, r, tp);
	}
}

static int by_place(const void *a, const void *b)
{
	const struct tcp_row *x = a, *y = b;
	int d = (y->state == TCP_LISTEN) - (x->state == TCP_LISTEN);

	if (!d)
		d = memcmp(&x->local.addr, &y->local.addr, sizeof(struct ipaddr));
	if (!d)
		d = (int)x->local.port - (int)y->local.port;
	if (!d)
		d = memcmp(&x->peer.addr, &y->peer.addr, sizeof(struct ipaddr));
	return d ? d : (int)x->peer.port - (int)y->peer.port;
}

struct tcp_row *tcp_rows(struct node *n, uint32_t *count)
{
	const struct tcp_stack *st = tcp_stack_of(n);
	struct list l = {.now = node_now(n), .sched = &node_world(n)->sched};

	for (uint32_t i = 0; i < TCP_BOUND_BUCKETS; i++)
		for (const struct tcp *tp = st->bound[i]; tp; tp = tp->bind_next)
			if (tp->state == TCP_LISTEN)
				add_listener(&l, tp);
	for (uint32_t i = 0; i < st->size; i++)
		for (const struct tcp_entry *e = st->buckets[i]; e; e = e->next)
			add_entry(&l, e);
	if (l.count)
		qsort(l.rows, l.count, sizeof(*l.rows), by_place);
	*count = l.count;
	return l.rows;
}
