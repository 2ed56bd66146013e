#include "link/link_queue.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "link/wire_time.h"
#include "wire/eth.h"

/* The earliest instant at which a frame that waits now may begin to leave. */
static vtime wire_ready(struct link_dir *d, vtime now)
{
	struct span s = {.start = vtime_max(d->busy_until, now)};

	/* No bytes take no room, so that asking twice does no harm. */
	if (d->trace)
		trace_take(d->trace, s.start, 0, &s.start, &s.finish);
	return s.start;
}

static bool ready_first(const struct link_dir *d)
{
	const struct link_queue *queue = d->queue;
	const struct packet *p = d->head;

	return queue->waiting && (!p || queue->ready.ns < p->at.ns ||
				  (queue->ready.ns == p->at.ns && queue->ticket < p->ticket));
}

void link_queue_arm(struct link_dir *d)
{
	if (ready_first(d))
		event_arm_ticket(&d->link->site.world->sched, &d->arrive, d->queue->ready,
				 d->queue->ticket);
	else
		link_dir_arm(d);
}

static void queue_wait(struct link_dir *d, vtime ready)
{
	d->queue->waiting = true;
	d->queue->ready = ready;
	d->queue->ticket = sched_ticket(&d->link->site.world->sched);
}

/* The wire is ready: it takes up frames until it is not, or nobody waits any more. */
static void queue_pull(struct link_dir *d, vtime now)
{
	struct qdisc *q = d->queue->qdisc;
	vtime ready;
	struct packet *p;

	d->queue->waiting = false;
	while ((p = qdisc_dequeue(q, now)) != NULL) {
		link_dir_transmit(d, p, now);
		if (!q->packets)
			return;
		ready = wire_ready(d, now);
		if (ready.ns > now.ns) {
			queue_wait(d, ready);
			return;
		}
	}
}

static void queue_fire(struct event *e)
{
	struct link_dir *d = container_of(e, struct link_dir, arrive);

	if (ready_first(d)) {
		queue_pull(d, world_now(d->link->site.world));
		link_queue_arm(d);
	} else {
		link_dir_arrive_queued(d);
	}
}

/* Somebody may have begun to wait: either the wire takes the frame up at once, or it is waited for. */
static void queue_settle(struct link_dir *d, vtime now)
{
	vtime ready;

	if (!d->queue->qdisc->packets) {
		d->queue->waiting = false;
	} else {
		ready = wire_ready(d, now);
		if (ready.ns <= now.ns)
			queue_pull(d, now);
		else
			queue_wait(d, ready);
	}
	link_queue_arm(d);
}

void link_queue_send(struct link_dir *d, struct packet *p, vtime now)
{
	struct link_queue *queue = d->queue;
	struct qdisc *q = queue->qdisc;

	q->idle = !queue->waiting && wire_ready(d, now).ns <= now.ns;
	qdisc_enqueue(q, p, now);
	q->idle = false;
	if (!queue->waiting)
		queue_settle(d, now);
}

static struct qdisc_place queue_place(struct link_dir *d)
{
	const struct link_params *params = d->params;

	return (struct qdisc_place){
		.site = d->from->site,
		.counters = &d->counters,
		.rate = link_dir_rate(d),
		.limit = d->limit,
		.limit_bytes = params->limit_unit != QUEUE_PACKETS,
		.mtu = params->mtu + ETH_HLEN,
	};
}

static struct qdisc *queue_qdisc_new(struct link_dir *d, vtime now)
{
	struct qdisc_place place = queue_place(d);
	char *stream = nt_asprintf("link %s %s queue", d->link->name,
				   d == &d->link->dir[1] ? "reverse" : "forward");
	struct qdisc *q;

	place.stream = stream;
	q = qdisc_new(&d->params->queue, &place, now);
	free(stream);
	return q;
}

/* No discipline any more: who waited goes into the pipe. */
static void queue_remove(struct link_dir *d, vtime now)
{
	struct link_queue *queue = d->queue;
	struct packet *p;

	d->queue = NULL;
	d->arrive.fire = link_dir_arrive;
	while ((p = qdisc_take(queue->qdisc)) != NULL)
		link_dir_transmit(d, p, now);
	link_queue_free(queue);
	link_dir_arm(d);
}

static void queue_replace(struct link_dir *d, vtime now)
{
	struct qdisc *old = d->queue->qdisc, *q = queue_qdisc_new(d, now);
	struct packet *p;

	while ((p = qdisc_take(old)) != NULL)
		qdisc_adopt(q, p, now);
	qdisc_free(old);
	d->queue->qdisc = q;
}

void link_queue_change(struct link_dir *d)
{
	const struct qdisc_params *params = &d->params->queue;
	vtime now = world_now(d->link->site.world);

	if (!params->kind) {
		queue_remove(d, now);
		return;
	}
	if (!d->queue) {
		d->queue = nt_calloc(1, sizeof(*d->queue));
		d->queue->qdisc = queue_qdisc_new(d, now);
		d->arrive.fire = queue_fire;
	} else if (qdisc_differs(d->queue->qdisc, params)) {
		queue_replace(d, now);
	} else {
		struct qdisc_place place = queue_place(d);

		qdisc_change(d->queue->qdisc, params, &place, now);
	}
	queue_settle(d, now);
}

void link_queue_clear(struct link_dir *d, enum drop_reason r)
{
	struct qdisc *q = d->queue->qdisc;
	struct packet *p;

	d->queue->waiting = false;
	while ((p = qdisc_take(q)) != NULL) {
		d->counters.lost += drop_is_loss(r);
		packet_drop(p, &d->link->site, r);
	}
	if (drop_is_loss(r)) /* not at the end of the run: its figures are still to be read */
		qdisc_reset(q, world_now(d->link->site.world));
}

void link_queue_free(struct link_queue *queue)
{
	if (!queue)
		return;
	qdisc_free(queue->qdisc);
	free(queue);
}
