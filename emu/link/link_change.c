#include <stdlib.h>

#include "core/alloc.h"
#include "link/backlog.h"
#include "link/impair.h"
#include "link/link_queue.h"
#include "link/wire_time.h"
#include "wire/eth.h"

#define LEAST_BDP_FRAMES 10

uint64_t link_dir_rate(const struct link_dir *d)
{
	return d->trace ? trace_rate(d->trace->trace) : d->rate;
}

/* The queue's limit in its unit's plain numbers. */
static uint64_t queue_limit(const struct link_dir *d)
{
	const struct link_params *params = d->params;
	uint64_t least = LEAST_BDP_FRAMES * ((uint64_t)params->mtu + ETH_HLEN);

	if (params->limit_unit != QUEUE_BDP)
		return params->limit;
	double bdp = (double)link_dir_rate(d) * 2 * vtime_seconds(params->delay) / 8;
	double limit = bdp * (double)params->limit / 1000;
	return limit > (double)least ? (uint64_t)limit : least;
}

static void follow_state(struct link_dir *d)
{
	uint32_t mtu = d->params->mtu;

	d->too_long = !d->link->up || d->params->queue.kind ? 0 : mtu < UINT32_MAX ? mtu + 1 : mtu;
}

void link_dir_set_up(struct link_dir *d)
{
	follow_state(d);
	if (!d->link->up)
		link_dir_clear(d, DROP_LINK_DOWN);
}

static struct packet *pipe_merge(struct packet *a, struct packet *b)
{
	struct packet *all = NULL, **at = &all;

	while (a && b) {
		struct packet **first = packet_before(b, a) ? &b : &a;

		*at = *first;
		at = &(*at)->next;
		*first = *at;
	}
	*at = a ? a : b;
	return all;
}

/* A list in the order of (at, ticket): merge sort from the bottom up. */
static struct packet *pipe_sort(struct packet *list)
{
	struct packet *runs[32] = {NULL}; /* runs[i]: 2^i frames, or none */
	struct packet *all = NULL;

	while (list) {
		struct packet *run = list;
		unsigned i = 0;

		list = list->next;
		run->next = NULL;
		for (; runs[i]; i++) {
			run = pipe_merge(runs[i], run);
			runs[i] = NULL;
		}
		runs[i] = run;
	}
	for (unsigned i = 0; i < 32; i++)
		all = pipe_merge(runs[i], all);
	return all;
}

/* When the last in-order frame arrives of those sent before this ticket was taken. */
static vtime last_arrival_before(const struct link_dir *d, uint64_t ticket)
{
	vtime last = VTIME_ZERO;

	for (const struct packet *p = d->head; p; p = p->next)
		if (p->ticket < ticket && !(p->flags & PACKET_HELD))
			last = vtime_max(last, p->at);
	return last;
}

/*
 * Times the frames anew that have not begun to leave. Their starts stay if the wire is as fast as
 * before; what impairments drew for them stays in any case, and so do their tickets.
 */
static void backlog_retime(struct link_dir *d, bool other_wire)
{
	struct world *w = d->link->site.world;
	struct backlog *b = d->backlog;

	d->last_at = last_arrival_before(d, backlog_at(b, 0)->packet->ticket);
	for (uint32_t i = 0; i < b->count; i++) {
		struct backlog_entry *e = backlog_at(b, i);

		if (other_wire) {
			struct span s = wire_take(d, e->packet, world_now(w));

			e->start = s.start;
			e->finish = s.finish;
		}
		frame_settle(d, e->packet, e->finish, e->jitter, e->hold);
	}
	d->head = pipe_sort(d->head);
	d->tail = NULL;
	for (struct packet *p = d->head; p; p = p->next)
		if (!(p->flags & PACKET_HELD))
			d->tail = p;
	event_arm_ticket(&w->sched, &d->arrive, d->head->at, d->head->ticket);
}

/*
 * The wire becomes another one: the frame that it carries ends as it began, the next one starts
 * then. Under a trace nothing is on the wire between opportunities, so the next one need not wait.
 */
static void wire_change(struct link_dir *d, const struct link_params *params)
{
	vtime now = world_now(d->link->site.world);
	struct backlog *b = link_dir_backlog(d);

	if (d->trace)
		d->busy_until = now;
	else if (b && b->count)
		d->busy_until = backlog_at(b, 0)->start;
	d->fraction = 0;
	d->rate = params->trace ? 0 : params->rate;
	d->overhead = params->overhead;
	d->timed_len = 0;
	if (params->trace == d->params->trace)
		return;
	free(d->trace);
	d->trace = NULL;
	if (params->trace) {
		d->trace = nt_malloc(sizeof(*d->trace));
		trace_start(d->trace, params->trace, now);
	}
}

void link_dir_set_params(struct link_dir *d, const struct link_params *params)
{
	const struct link_params *old = d->params;
	struct backlog *b = link_dir_backlog(d);
	bool other_wire = params->trace != old->trace ||
			  (!params->trace && (params->rate != old->rate ||
					      params->overhead != old->overhead));

	if (other_wire)
		wire_change(d, params);
	if (!d->impair && impair_wanted(params))
		d->impair = impair_new(d->link->site.world->seed, d->link->name,
				       d == &d->link->dir[1]);
	else if (d->impair)
		impair_change(d->impair, old, params);
	d->params = params;
	d->delay = params->delay;
	d->limit = queue_limit(d);
	follow_state(d);
	if (b && b->count)
		backlog_retime(d, other_wire);
	if (d->queue || params->queue.kind)
		link_queue_change(d);
}
