#include "link/qdisc.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "wire/ecn.h"

static const struct qdisc_ops *const kinds[QDISC_KIND_COUNT] = {
#define X(symbol, name) [QDISC_##symbol] = &qdisc_##name,
	QDISC_KINDS(X)
#undef X
};

const char *qdisc_kind_name(enum qdisc_kind kind)
{
	return kind == QDISC_DROPTAIL ? "droptail" : kinds[kind]->name;
}

struct qdisc_params qdisc_defaults(enum qdisc_kind kind)
{
	return (struct qdisc_params){
		.kind = kind,
		.ecn = kind == QDISC_FQ_CODEL,
		.target = vtime_ms(kind == QDISC_PIE ? 15 : 5),
		.interval = vtime_ms(100),
		.ce_threshold = VTIME_NEVER,
		.tupdate = vtime_ms(15),
		.quantum = 1514,
		.flows = 1024,
		.drop_batch = 64,
		.alpha = 2,
		.beta = 20,
		.avpkt = 1000,
		.memory_limit = 32 << 20,
		.probability = 0.02,
	};
}

uint32_t qdisc_default_limit(enum qdisc_kind kind)
{
	switch (kind) {
	case QDISC_CODEL:
	case QDISC_PIE:
		return 1000;
	case QDISC_FQ_CODEL:
		return 10240;
	default:
		return 0;
	}
}

struct qdisc *qdisc_new(const struct qdisc_params *params, const struct qdisc_place *place,
			vtime now)
{
	const struct qdisc_ops *ops = kinds[params->kind];
	struct qdisc *q = nt_calloc(1, ops->size);

	q->ops = ops;
	q->params = *params;
	q->place = *place;
	q->place.stream = NULL;
	rng_init(&q->rng, place->site->world->seed, place->stream);
	ops->init(q, now);
	return q;
}

void qdisc_free(struct qdisc *q)
{
	if (!q)
		return;
	assert(!q->packets);
	if (q->ops->fini)
		q->ops->fini(q);
	free(q);
}

bool qdisc_differs(const struct qdisc *q, const struct qdisc_params *params)
{
	return q->params.kind != params->kind ||
	       (params->kind == QDISC_FQ_CODEL && q->params.flows != params->flows);
}

void qdisc_change(struct qdisc *q, const struct qdisc_params *params,
		  const struct qdisc_place *place, vtime now)
{
	q->params = *params;
	q->place = *place;
	q->place.stream = NULL;
	if (q->ops->change)
		q->ops->change(q, now);
}

void qdisc_reset(struct qdisc *q, vtime now)
{
	assert(!q->packets);
	q->delay = VTIME_ZERO;
	q->ops->init(q, now);
}

void qdisc_enqueue(struct qdisc *q, struct packet *p, vtime now)
{
	p->at = now;
	qdisc_adopt(q, p, now);
}

void qdisc_adopt(struct qdisc *q, struct packet *p, vtime now)
{
	p->world->on_wires++;
	q->ops->enqueue(q, p, now);
}

struct packet *qdisc_dequeue(struct qdisc *q, vtime now)
{
	struct packet *p = q->ops->dequeue(q, now);

	if (p) {
		p->world->on_wires--;
		q->delay = vtime_sub(now, p->at);
		q->place.counters->left++;
		q->place.counters->waited = vtime_add(q->place.counters->waited, q->delay);
	}
	return p;
}

struct packet *qdisc_take(struct qdisc *q)
{
	struct packet *p = q->ops->take(q);

	if (p)
		p->world->on_wires--;
	return p;
}

uint32_t qdisc_figures(const struct qdisc *q, struct qdisc_figure *f)
{
	return q->ops->figures(q, f);
}

void qdisc_drop(struct qdisc *q, struct packet *p, enum drop_reason r, uint64_t detail)
{
	q->drops[r]++;
	q->place.counters->dropped++;
	p->world->on_wires--;
	packet_drop_detail(p, q->place.site, r, detail);
}

void qdisc_drop_full(struct qdisc *q, struct packet *p)
{
	qdisc_drop(q, p, q->place.limit_bytes ? DROP_QUEUE_FULL_BYTES : DROP_QUEUE_FULL,
		   q->place.limit);
}

bool qdisc_mark_always(struct qdisc *q, struct packet *p)
{
	if (!packet_set_ce(p))
		return false;
	q->place.counters->marked++;
	packet_note(p, "marked CE at %s: %s", q->place.site->name, q->ops->words);
	return true;
}

bool qdisc_mark(struct qdisc *q, struct packet *p)
{
	return q->params.ecn && qdisc_mark_always(q, p);
}
