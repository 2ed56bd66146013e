/*
 * Two interfaces and a link between them, for tests of link/: whatever arrives is written down and
 * freed, or handed to the next pair of a chain.
 */
#ifndef TESTS_LINK_PAIR_H
#define TESTS_LINK_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "core/rng.h"
#include "link/link.h"

struct seen {
	uint64_t id, parent;
	vtime at;
	uint32_t len;
	uint8_t flags;
};

struct end {
	struct iface iface; /* first */
	struct site site;
	struct iface *forward; /* where what arrives is sent on; NULL: it is freed */
	struct seen *seen;
	uint32_t count, room;
};

struct pair {
	struct world *w;
	struct end a, b;
	struct link *link;
};

static inline void end_input(struct iface *i, struct packet *p)
{
	struct end *e = (struct end *)i;

	if (e->count == e->room) {
		e->room = e->room ? 2 * e->room : 64;
		e->seen = nt_realloc(e->seen, e->room * sizeof(*e->seen));
	}
	e->seen[e->count++] = (struct seen){
		.id = p->id,
		.parent = p->parent,
		.at = world_now(p->world),
		.len = packet_len(p),
		.flags = p->flags,
	};
	assert_int_equal(p->at.ns, world_now(p->world).ns);
	assert_ptr_equal(p->in, i);
	assert_null(p->next);
	if (e->forward)
		iface_send(e->forward, p);
	else
		packet_free(p);
}

static inline void end_init(struct end *e, struct world *w, const char *name)
{
	struct mac mac = {{2, 0, 0, 0, 0, (uint8_t)name[0]}};

	*e = (struct end){0};
	site_init(&e->site, w, name);
	iface_init(&e->iface, &e->site, "eth0", mac, end_input);
}

static inline void end_fini(struct end *e)
{
	iface_fini(&e->iface);
	site_fini(&e->site);
	free(e->seen);
}

static inline void pair_init(struct pair *n, struct world *w, const char *name,
			     const struct link_params *params)
{
	n->w = w;
	end_init(&n->a, w, "a");
	end_init(&n->b, w, "b");
	n->link = link_new(w, name, &n->a.iface, &n->b.iface, params, params);
}

static inline void pair_fini(struct pair *n)
{
	link_free(n->link);
	end_fini(&n->a);
	end_fini(&n->b);
}

/* An Ethernet frame of len bytes (at least 14), its payload zeros. */
static inline struct packet *frame_new(struct world *w, uint32_t len)
{
	static const uint8_t zeros[65536];
	struct packet *p = packet_new(w);

	memset(packet_push(p, 14), 0, 14);
	packet_copy_in(p, zeros, len - 14);
	return p;
}

static inline void world_run(struct world *w)
{
	while (sched_step(&w->sched, VTIME_NEVER))
		;
}

/* Runs everything before t, and goes there. */
static inline void world_run_to(struct world *w, vtime t)
{
	while (sched_step(&w->sched, vtime_ns(t.ns - 1)))
		;
	sched_advance(&w->sched, t);
}

/* Nothing is left behind: the end of every test. */
static inline void world_close(struct world *w)
{
	assert_int_equal(w->on_wires, 0);
	assert_int_equal(w->pool.live, 0);
	world_free(w);
}

/* A world with one link, "wan", and its end. */
static inline struct world *pair_open(struct pair *n, const struct link_params *params)
{
	pair_init(n, world_new(1), "wan", params);
	return n->w;
}

static inline void pair_close(struct pair *n)
{
	pair_fini(n);
	world_close(n->w);
}

/* sent + duplicates = delivered + lost + dropped, once the wires are quiet. */
static inline void assert_books(const struct link *l, int direction, uint64_t duplicates)
{
	const struct link_counters *c = link_counters(l, direction);

	assert_int_equal(c->duplicated, duplicates);
	assert_int_equal(c->sent + c->duplicated, c->delivered + c->lost + c->dropped);
}

/* Writes down what observers are told. */
struct notes {
	struct observer observer; /* first */
	uint32_t count;
	char last[256];
	uint64_t last_id;
	vtime last_at;
};

static inline void notes_take(struct observer *o, const struct packet *p, const char *text)
{
	struct notes *n = (struct notes *)o;

	n->count++;
	snprintf(n->last, sizeof(n->last), "%s", text);
	n->last_id = p->id;
	n->last_at = world_now(p->world);
}

static inline void notes_start(struct notes *n, struct world *w)
{
	*n = (struct notes){.observer.note = notes_take};
	world_observe(w, &n->observer);
}

#endif
