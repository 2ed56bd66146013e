#include "link/link.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "link/backlog.h"
#include "link/link_dir.h"
#include "link/link_queue.h"

const struct link_params link_params_default = {
	.mtu = 1500,
	.overhead = LINK_OVERHEAD,
	.limit = LINK_LIMIT_PACKETS,
	.limit_unit = QUEUE_PACKETS,
};

struct link *link_new(struct world *w, const char *name, struct iface *a, struct iface *b,
		      const struct link_params *a_to_b, const struct link_params *b_to_a)
{
	size_t size = strlen(name) + 1;
	struct link *l = nt_malloc(sizeof(*l) + size);

	assert(a != b && !a->out && !b->out);
	memcpy(l->name, name, size);
	site_init(&l->site, w, l->name);
	l->up = true;
	link_dir_init(&l->dir[0], l, a, b, a_to_b);
	link_dir_init(&l->dir[1], l, b, a, b_to_a);
	a->out = &l->dir[0];
	b->out = &l->dir[1];
	return l;
}

void link_end_run(struct link *l)
{
	for (int i = 0; i < 2; i++)
		link_dir_clear(&l->dir[i], DROP_WORLD_END);
}

void link_free(struct link *l)
{
	if (!l)
		return;
	link_end_run(l);
	for (int i = 0; i < 2; i++) {
		l->dir[i].from->out = NULL;
		link_dir_fini(&l->dir[i]);
	}
	site_fini(&l->site);
	free(l);
}

struct site *link_site(struct link *l)
{
	return &l->site;
}

const char *link_name(const struct link *l)
{
	return l->name;
}

struct iface *link_end(const struct link *l, int end)
{
	return l->dir[end].from;
}

const struct link_params *link_params(const struct link *l, int direction)
{
	return l->dir[direction].params;
}

void link_set_params(struct link *l, int direction, const struct link_params *params)
{
	link_dir_set_params(&l->dir[direction], params);
}

const struct link_counters *link_counters(const struct link *l, int direction)
{
	return &l->dir[direction].counters;
}

uint32_t link_queue_packets(struct link *l, int direction)
{
	const struct backlog *b = link_dir_backlog(&l->dir[direction]);
	const struct qdisc *q = link_qdisc(l, direction);

	return (b ? b->count : 0) + (q ? q->packets : 0);
}

uint64_t link_queue_bytes(struct link *l, int direction)
{
	const struct backlog *b = link_dir_backlog(&l->dir[direction]);
	const struct qdisc *q = link_qdisc(l, direction);

	return (b ? b->bytes : 0) + (q ? q->bytes : 0);
}

vtime link_queue_delay(const struct link *l, int direction)
{
	const struct link_dir *d = &l->dir[direction];
	vtime now = world_now(l->site.world);

	if (d->queue)
		return d->queue->qdisc->delay;
	return vtime_before(now, d->busy_until) ? vtime_sub(d->busy_until, now) : VTIME_ZERO;
}

const struct qdisc *link_qdisc(const struct link *l, int direction)
{
	const struct link_queue *queue = l->dir[direction].queue;

	return queue ? queue->qdisc : NULL;
}

void link_set_up(struct link *l, bool up)
{
	if (l->up == up)
		return;
	l->up = up;
	for (int i = 0; i < 2; i++)
		link_dir_set_up(&l->dir[i]);
	for (int i = 0; i < 2; i++)
		iface_changed(l->dir[i].to);
}

bool link_up(const struct link *l)
{
	return l->up;
}
