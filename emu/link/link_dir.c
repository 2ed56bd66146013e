#include "link/link_dir.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "link/backlog.h"
#include "link/impair.h"
#include "link/link_queue.h"
#include "link/wire_time.h"

static inline void pipe_insert(struct link_dir *d, struct packet *p)
{
	struct packet **at = d->tail ? &d->tail->next : &d->head;

	/* Over frames that were held back, if there are any. */
	while (unlikely(*at != NULL) && packet_before(*at, p))
		at = &(*at)->next;
	p->next = *at;
	*at = p;
	if (at == &d->head)
		event_arm_ticket(&p->world->sched, &d->arrive, p->at, p->ticket);
}

/* Puts a frame on the wire, behind those before it. */
static inline __attribute__((always_inline)) void
pipe_send(struct link_dir *d, struct packet *p, vtime now, vtime jitter, vtime hold)
{
	struct span s = wire_take(d, p, now);

	if (s.start.ns > now.ns)
		backlog_push(&d->backlog, &(struct backlog_entry){
			.start = s.start,
			.finish = s.finish,
			.jitter = jitter,
			.hold = hold,
			.packet = p,
			.bytes = packet_len(p),
		});
	frame_settle(d, p, s.finish, jitter, hold);
	p->ticket = sched_ticket(&p->world->sched);
	p->world->on_wires++;
	pipe_insert(d, p);
	if (likely(hold.ns == 0))
		d->tail = p;
}

static inline bool queue_full(struct link_dir *d, const struct packet *p, vtime now)
{
	struct backlog *b = d->backlog;

	/* Nobody waits for a wire that is free: not even a queue of size 0 keeps a frame off. */
	if (d->busy_until.ns <= now.ns && !d->trace)
		return false;
	if (b)
		backlog_expire(b, now);
	if (d->params->limit_unit == QUEUE_PACKETS)
		return (b ? b->count : 0) >= d->limit;
	return (b ? b->bytes : 0) + packet_len(p) > d->limit;
}

static void __attribute__((noinline)) refuse_full(struct link_dir *d, struct packet *p)
{
	bool packets = d->params->limit_unit == QUEUE_PACKETS;

	d->counters.dropped++;
	packet_drop_detail(p, d->from->site, packets ? DROP_QUEUE_FULL : DROP_QUEUE_FULL_BYTES,
			   d->limit);
}

/* Frames that do not just pass: into a discipline's queue, or nowhere. */
static void __attribute__((noinline)) send_aside(struct link_dir *d, struct packet *p, vtime now)
{
	bool fits = packet_l3_len(p) <= d->params->mtu;

	if (d->link->up && fits) {
		link_queue_send(d, p, now);
		return;
	}
	d->counters.lost++;
	if (!d->link->up)
		packet_drop(p, &d->link->site, DROP_LINK_DOWN);
	else
		packet_drop_detail(p, &d->link->site, DROP_LINK_MTU, d->params->mtu);
}

/* The same from where a few nanoseconds do not count. */
static void __attribute__((noinline)) wire_send(struct link_dir *d, struct packet *p, vtime now,
						vtime jitter, vtime hold)
{
	pipe_send(d, p, now, jitter, hold);
}

static void __attribute__((noinline)) send_impaired(struct link_dir *d, struct packet *p, vtime now)
{
	struct fate f = impair_draw(d->impair, d->params);
	struct packet *twin = NULL;

	if (f.lost) {
		p->flags |= PACKET_LOST;
		p->reason = (uint8_t)f.reason;
		p->detail = f.detail;
	}
	if (f.duplicate) {
		twin = packet_clone(p);
		d->counters.duplicated++;
		packet_note(p, "duplicated on %s", d->link->name);
		packet_note(twin, "duplicated on %s", d->link->name);
	}
	if (f.corrupt)
		impair_corrupt(d->impair, p, d->link->name);
	if (f.hold.ns > 0) {
		char text[32];

		p->flags |= PACKET_HELD;
		packet_note(p, "held back on %s by %s", d->link->name,
			    vtime_format(text, sizeof(text), f.hold));
	}
	wire_send(d, p, now, f.jitter, f.hold);
	if (twin)
		wire_send(d, twin, now, f.jitter, VTIME_ZERO);
}

void link_dir_transmit(struct link_dir *d, struct packet *p, vtime now)
{
	if (d->impair)
		send_impaired(d, p, now);
	else
		wire_send(d, p, now, VTIME_ZERO, VTIME_ZERO);
}

void link_dir_arm(struct link_dir *d)
{
	struct sched *s = &d->link->site.world->sched;

	if (d->head)
		event_arm_ticket(s, &d->arrive, d->head->at, d->head->ticket);
	else
		event_cancel(s, &d->arrive);
}

void link_send(struct link_dir *d, struct packet *p)
{
	vtime now = world_now(p->world);

	d->counters.sent++;
	if (unlikely(packet_l3_len(p) >= d->too_long)) {
		send_aside(d, p, now);
		return;
	}
	if (unlikely(queue_full(d, p, now))) {
		refuse_full(d, p);
		return;
	}
	if (unlikely(d->impair)) {
		send_impaired(d, p, now);
		return;
	}
	pipe_send(d, p, now, VTIME_ZERO, VTIME_ZERO);
}

/* The end of a frame that the wire has lost. */
static void __attribute__((noinline)) frame_lost(struct link_dir *d, struct packet *p)
{
	d->counters.lost++;
	packet_drop_detail(p, &d->link->site, (enum drop_reason)p->reason, p->detail);
}

static inline struct packet *pipe_pop(struct link_dir *d)
{
	struct packet *p = d->head;

	d->head = p->next;
	if (d->tail == p)
		d->tail = NULL;
	p->world->on_wires--;
	return p;
}

static inline void pipe_deliver(struct link_dir *d, struct packet *p)
{
	if (unlikely(p->flags & (PACKET_LOST | PACKET_HELD))) {
		p->flags &= (uint8_t)~PACKET_HELD;
		if (p->flags & PACKET_LOST) {
			frame_lost(d, p);
			return;
		}
	}
	p->next = NULL;
	d->counters.delivered++;
	d->counters.bytes += packet_len(p);
	iface_receive(d->to, p); /* d may be gone afterwards */
}

void link_dir_arrive(struct event *e)
{
	struct link_dir *d = container_of(e, struct link_dir, arrive);
	struct packet *p = pipe_pop(d), *next = d->head;

	if (next)
		event_arm_ticket(&p->world->sched, e, next->at, next->ticket);
	pipe_deliver(d, p);
}

void link_dir_arrive_queued(struct link_dir *d)
{
	struct packet *p = pipe_pop(d);

	link_queue_arm(d);
	pipe_deliver(d, p);
}

void link_dir_init(struct link_dir *d, struct link *l, struct iface *from, struct iface *to,
		   const struct link_params *params)
{
	*d = (struct link_dir){
		.from = from,
		.to = to,
		.link = l,
		.params = &link_params_default,
		.overhead = link_params_default.overhead,
	};
	event_init(&d->arrive, link_dir_arrive);
	link_dir_set_params(d, params);
}

void link_dir_fini(struct link_dir *d)
{
	assert(!d->head);
	event_cancel(&d->link->site.world->sched, &d->arrive);
	link_queue_free(d->queue);
	free(d->backlog);
	free(d->impair);
	free(d->trace);
}

void link_dir_clear(struct link_dir *d, enum drop_reason r)
{
	struct world *w = d->link->site.world;
	struct packet *p = d->head, *next;

	event_cancel(&w->sched, &d->arrive);
	d->head = d->tail = NULL;
	d->busy_until = d->last_at = world_now(w);
	d->fraction = 0;
	if (d->backlog)
		backlog_clear(d->backlog);
	for (; p; p = next) {
		next = p->next;
		w->on_wires--;
		if (p->flags & PACKET_LOST) {
			frame_lost(d, p);
			continue;
		}
		d->counters.lost += drop_is_loss(r);
		packet_drop(p, &d->link->site, r);
	}
	if (d->queue)
		link_queue_clear(d, r);
}

struct backlog *link_dir_backlog(struct link_dir *d)
{
	if (d->backlog)
		backlog_expire(d->backlog, world_now(d->link->site.world));
	return d->backlog;
}
