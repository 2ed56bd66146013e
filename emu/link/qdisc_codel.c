#include "link/codel.h"

/* codel: one queue, one controller (RFC 8289; tc-codel(8)). */
struct qdisc_codel {
	struct qdisc base; /* first */
	struct fifo fifo;
	struct codel codel;
};

static void codel_init(struct qdisc *q, vtime now)
{
	struct qdisc_codel *s = (struct qdisc_codel *)q;

	(void)now;
	s->codel = (struct codel){0};
}

static void codel_enqueue(struct qdisc *q, struct packet *p, vtime now)
{
	struct qdisc_codel *s = (struct qdisc_codel *)q;

	(void)now;
	if (qdisc_full(q, p))
		qdisc_drop_full(q, p);
	else
		qdisc_push(q, &s->fifo, p);
}

static struct packet *codel_next(struct qdisc *q, vtime now)
{
	struct qdisc_codel *s = (struct qdisc_codel *)q;

	return codel_dequeue(&s->codel, q, &s->fifo, DROP_CODEL, now);
}

static struct packet *codel_take(struct qdisc *q)
{
	return qdisc_pop(q, &((struct qdisc_codel *)q)->fifo);
}

static uint32_t codel_figures(const struct qdisc *q, struct qdisc_figure *f)
{
	const struct codel *c = &((const struct qdisc_codel *)q)->codel;

	f[0] = (struct qdisc_figure){"count", c->count, true};
	f[1] = (struct qdisc_figure){"lastcount", c->lastcount, true};
	f[2] = (struct qdisc_figure){"dropping", c->dropping, true};
	f[3] = (struct qdisc_figure){"ldelay", vtime_seconds(c->delay), false};
	return 4;
}

const struct qdisc_ops qdisc_codel = {
	.name = "codel",
	.words = "CoDel",
	.size = sizeof(struct qdisc_codel),
	.init = codel_init,
	.enqueue = codel_enqueue,
	.dequeue = codel_next,
	.take = codel_take,
	.figures = codel_figures,
};
