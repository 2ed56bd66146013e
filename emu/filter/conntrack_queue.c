/* When connections end: a queue for each time-out, and one event for all of them. */
#include "core/alloc.h"
#include "filter/conntrack_int.h"

void conntrack_unqueue(struct conntrack *t, struct conn *c)
{
	struct ct_queue *q = &t->queues[c->timeout];

	if (c->sooner)
		c->sooner->later = c->later;
	else
		q->head = c->later;
	if (c->later)
		c->later->sooner = c->sooner;
	else
		q->tail = c->sooner;
	c->sooner = c->later = NULL;
}

/* At the end of its queue; a little before it, if the time-out was made shorter meanwhile. */
static void queue_append(struct ct_queue *q, struct conn *c)
{
	struct conn *before = q->tail;

	while (before && vtime_before(c->expires, before->expires))
		before = before->sooner;
	c->sooner = before;
	c->later = before ? before->later : q->head;
	if (c->later)
		c->later->sooner = c;
	else
		q->tail = c;
	if (before)
		before->later = c;
	else
		q->head = c;
}

static void arm(struct conntrack *t, vtime at)
{
	struct sched *s = &node_world(t->node)->sched;

	/* A time that moved on is found when the event fires: nothing is to be done for it now. */
	if (!event_armed(s, &t->event) || vtime_before(at, event_at(s, &t->event)))
		event_arm(s, &t->event, at);
}

void conntrack_enqueue(struct conntrack *t, struct conn *c)
{
	c->confirmed = true;
	queue_append(&t->queues[c->timeout], c);
	arm(t, c->expires);
}

void conntrack_refresh(struct conntrack *t, struct conn *c, enum ct_timeout timeout)
{
	int32_t seconds = t->node->sysctl->nf_conntrack_timeout[timeout];
	vtime expires = vtime_add(node_now(t->node), vtime_s(seconds));
	/* Already where it has to be: the last of its queue was seen last. */
	bool stays = c->timeout == timeout && !c->later && !vtime_before(expires, c->expires);

	if (c->confirmed && !stays)
		conntrack_unqueue(t, c);
	c->timeout = (uint8_t)timeout;
	c->expires = expires;
	if (c->confirmed && !stays)
		conntrack_enqueue(t, c);
}

static void timer_fire(struct event *e)
{
	struct conntrack *t = container_of(e, struct conntrack, event);
	vtime now = node_now(t->node), next = VTIME_NEVER;

	for (int i = 0; i < CT_TIMEOUT_COUNT; i++) {
		struct ct_queue *q = &t->queues[i];

		while (q->head && !vtime_before(now, q->head->expires))
			conntrack_kill(t, q->head);
		if (q->head && vtime_before(q->head->expires, next))
			next = q->head->expires;
	}
	if (next.ns != VTIME_NEVER.ns)
		event_arm(&node_world(t->node)->sched, e, next);
}

void conntrack_timer_init(struct conntrack *t)
{
	event_init(&t->event, timer_fire);
}
