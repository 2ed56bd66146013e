#include "link/codel.h"

#include <math.h>

#define RECENT 16 /* intervals after which dropping starts from scratch */

vtime codel_law(vtime t, vtime interval, uint32_t count)
{
	return vtime_add(t, vtime_ns((int64_t)((double)interval.ns / sqrt(count))));
}

/* RFC 8289 5.6, dodequeue. */
static struct packet *codel_look(struct codel *c, struct qdisc *q, struct fifo *f, vtime now,
				 bool *ok_to_drop)
{
	struct packet *p = qdisc_pop(q, f);

	*ok_to_drop = false;
	if (!p) {
		c->first_above = VTIME_ZERO;
		return NULL;
	}
	c->delay = vtime_sub(now, p->at);
	if (c->delay.ns < q->params.target.ns || f->bytes <= q->place.mtu)
		c->first_above = VTIME_ZERO;
	else if (c->first_above.ns == 0)
		c->first_above = vtime_add(now, q->params.interval);
	else
		*ok_to_drop = now.ns >= c->first_above.ns;
	return p;
}

/* RFC 8289 5.5: while dropping, one frame each time it is due, until the wait is short. */
static struct packet *codel_drop_on(struct codel *c, struct qdisc *q, struct fifo *f,
				    struct packet *p, bool ok, enum drop_reason reason, vtime now)
{
	c->dropping = ok;
	while (c->dropping && now.ns >= c->drop_next.ns) {
		c->count++;
		if (qdisc_mark(q, p)) {
			c->drop_next = codel_law(c->drop_next, q->params.interval, c->count);
			return p;
		}
		qdisc_drop(q, p, reason, 0);
		p = codel_look(c, q, f, now, &ok);
		c->dropping = ok;
		if (ok)
			c->drop_next = codel_law(c->drop_next, q->params.interval, c->count);
	}
	return p;
}

/* The first drop. Soon after the last time it goes on about where it was, not from one. */
static struct packet *codel_drop_first(struct codel *c, struct qdisc *q, struct fifo *f,
				       struct packet *p, enum drop_reason reason, vtime now)
{
	uint32_t delta = c->count - c->lastcount;
	bool recent = now.ns - c->drop_next.ns < RECENT * q->params.interval.ns;
	bool ok;

	if (!qdisc_mark(q, p)) {
		qdisc_drop(q, p, reason, 0);
		p = codel_look(c, q, f, now, &ok);
	}
	c->dropping = true;
	c->count = delta > 1 && recent ? delta : 1;
	c->drop_next = codel_law(now, q->params.interval, c->count);
	c->lastcount = c->count;
	return p;
}

struct packet *codel_dequeue(struct codel *c, struct qdisc *q, struct fifo *f,
			     enum drop_reason reason, vtime now)
{
	bool ok;
	struct packet *p = codel_look(c, q, f, now, &ok);

	if (!p)
		c->dropping = false;
	else if (c->dropping)
		p = codel_drop_on(c, q, f, p, ok, reason, now);
	else if (ok)
		p = codel_drop_first(c, q, f, p, reason, now);
	if (p && c->delay.ns > q->params.ce_threshold.ns)
		qdisc_mark_always(q, p);
	return p;
}
