#include <stdlib.h>

#include "core/alloc.h"
#include "link/codel.h"
#include "wire/flow.h"

/*
 * fq_codel (RFC 8290; tc-fq_codel(8)): a queue with a CoDel controller for each flow, served in
 * turns of a quantum of bytes (deficit round robin), those that have just begun to send before the
 * others.
 *
 * Flows are found by hash; two with the same share a queue. A controller keeps what it has learnt
 * while its queue is empty.
 */

/* What a frame costs in memory besides its bytes: the figure is Linux's SKB_TRUESIZE(0). */
#define FRAME_BOOKKEEPING 576

struct fq_flow {
	struct fq_flow *next; /* in the list it stands on */
	struct fifo fifo;
	struct codel codel;
	int64_t deficit;
	bool listed;
};

/* Flows in the order of their turns. */
struct fq_list {
	struct fq_flow *head, *tail;
};

struct qdisc_fq {
	struct qdisc base; /* first */
	struct fq_flow *flows;
	struct fq_list new, old;
	uint64_t key;      /* of the hash */
	uint64_t new_flow_count, overlimit;
};

static void list_push(struct fq_list *l, struct fq_flow *flow)
{
	flow->next = NULL;
	if (l->head)
		l->tail->next = flow;
	else
		l->head = flow;
	l->tail = flow;
}

static struct fq_flow *list_pop(struct fq_list *l)
{
	struct fq_flow *flow = l->head;

	l->head = flow->next;
	return flow;
}

static void fq_init(struct qdisc *q, vtime now)
{
	struct qdisc_fq *s = (struct qdisc_fq *)q;

	(void)now;
	free(s->flows);
	s->flows = nt_calloc(q->params.flows, sizeof(*s->flows));
	s->new = s->old = (struct fq_list){0};
	s->key = rng_u64(&q->rng);
}

static void fq_fini(struct qdisc *q)
{
	free(((struct qdisc_fq *)q)->flows);
}

static struct packet *fq_pop(struct qdisc_fq *s, struct fq_flow *flow)
{
	return qdisc_pop(&s->base, &flow->fifo);
}

/* Of all that wait. */
static uint64_t fq_memory(const struct qdisc_fq *s)
{
	return s->base.bytes + (uint64_t)s->base.packets * FRAME_BOOKKEEPING;
}

static bool fq_over_limit(const struct qdisc_fq *s)
{
	const struct qdisc *q = &s->base;

	if (q->idle)
		return false;
	return q->place.limit_bytes ? q->bytes > q->place.limit : q->packets > q->place.limit;
}

static struct fq_flow *fq_longest(const struct qdisc_fq *s)
{
	struct fq_flow *longest = &s->flows[0];

	for (uint32_t i = 1; i < s->base.params.flows; i++)
		if (s->flows[i].fifo.bytes > longest->fifo.bytes)
			longest = &s->flows[i];
	return longest;
}

/*
 * From the head of the longest queue goes half of it, but no more than a batch: looking for the
 * longest takes a while, so it should not happen for every frame of a flood (RFC 8290 4.1.2).
 */
static void fq_drop_batch(struct qdisc_fq *s, enum drop_reason r)
{
	struct fq_flow *flow = fq_longest(s);
	uint64_t before = flow->fifo.bytes, limit = s->base.place.limit;
	uint32_t n = 0;

	if (r == DROP_FQ_CODEL_MEMORY)
		limit = s->base.params.memory_limit;
	do {
		qdisc_drop(&s->base, fq_pop(s, flow), r, limit);
		n++;
	} while (n < s->base.params.drop_batch && flow->fifo.bytes > before / 2);
	flow->codel.count += n;
	s->overlimit += n;
}

static void fq_enqueue(struct qdisc *q, struct packet *p, vtime now)
{
	struct qdisc_fq *s = (struct qdisc_fq *)q;
	struct fq_flow *flow = &s->flows[packet_flow_hash(p, s->key) % q->params.flows];

	(void)now;
	qdisc_push(q, &flow->fifo, p);
	if (!flow->listed) {
		flow->listed = true;
		flow->deficit = q->params.quantum;
		list_push(&s->new, flow);
		s->new_flow_count++;
	}
	while (fq_over_limit(s))
		fq_drop_batch(s, q->place.limit_bytes ? DROP_FQ_CODEL_LIMIT_BYTES
						      : DROP_FQ_CODEL_LIMIT);
	while (!q->idle && fq_memory(s) > q->params.memory_limit)
		fq_drop_batch(s, DROP_FQ_CODEL_MEMORY);
}

/* RFC 8290 4.2. */
static struct packet *fq_dequeue(struct qdisc *q, vtime now)
{
	struct qdisc_fq *s = (struct qdisc_fq *)q;

	for (;;) {
		bool is_new = s->new.head != NULL;
		struct fq_list *l = is_new ? &s->new : &s->old;
		struct fq_flow *flow = l->head;
		struct packet *p;

		if (!flow)
			return NULL;
		if (flow->deficit <= 0) {
			flow->deficit += q->params.quantum;
			list_push(&s->old, list_pop(l));
			continue;
		}
		p = codel_dequeue(&flow->codel, q, &flow->fifo, DROP_FQ_CODEL, now);
		if (p) {
			flow->deficit -= packet_len(p);
			return p;
		}
		list_pop(l);
		/* A new flow that is empty has one more turn among the old ones before it may be
		 * new again: else it could keep them waiting for ever. */
		if (is_new && s->old.head)
			list_push(&s->old, flow);
		else
			flow->listed = false;
	}
}

/* In the order of turns, flow by flow. */
static struct packet *fq_take(struct qdisc *q)
{
	struct qdisc_fq *s = (struct qdisc_fq *)q;
	struct fq_list *l;

	while ((l = s->new.head ? &s->new : &s->old)->head) {
		struct packet *p = fq_pop(s, l->head);

		if (p)
			return p;
		list_pop(l)->listed = false;
	}
	return NULL;
}

static uint32_t list_length(const struct fq_list *l)
{
	uint32_t n = 0;

	for (const struct fq_flow *flow = l->head; flow; flow = flow->next)
		n++;
	return n;
}

static uint32_t fq_figures(const struct qdisc *q, struct qdisc_figure *f)
{
	const struct qdisc_fq *s = (const struct qdisc_fq *)q;

	f[0] = (struct qdisc_figure){"new_flow_count", (double)s->new_flow_count, true};
	f[1] = (struct qdisc_figure){"new_flows_len", list_length(&s->new), true};
	f[2] = (struct qdisc_figure){"old_flows_len", list_length(&s->old), true};
	f[3] = (struct qdisc_figure){"drop_overlimit", (double)s->overlimit, true};
	f[4] = (struct qdisc_figure){"memory_used", (double)fq_memory(s), true};
	return 5;
}

const struct qdisc_ops qdisc_fq_codel = {
	.name = "fq_codel",
	.words = "FQ-CoDel",
	.size = sizeof(struct qdisc_fq),
	.init = fq_init,
	.fini = fq_fini,
	.enqueue = fq_enqueue,
	.dequeue = fq_dequeue,
	.take = fq_take,
	.figures = fq_figures,
};
