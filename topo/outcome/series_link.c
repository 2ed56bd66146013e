/* Queues and links over time: looked at once an interval, by an event that touches nothing. */
#include <stdlib.h>

#include "core/alloc.h"
#include "link/qdisc.h"
#include "topo/outcome/series_private.h"

enum { Q_PACKETS, Q_BYTES, Q_DELAY, Q_DROPS, Q_MARKS, Q_COLUMNS };

static const struct csv_column queue_columns[Q_COLUMNS] = {
	[Q_PACKETS] = {.name = "length_packets"},
	[Q_BYTES] = {.name = "length_bytes"},
	[Q_DELAY] = {.name = "delay_s", .decimals = 9},
	[Q_DROPS] = {.name = "drops"},
	[Q_MARKS] = {.name = "marks"},
};

enum { L_RATE, L_THROUGHPUT, L_UTILISATION, L_BYTES, L_DELIVERED, L_LOST, L_COLUMNS };

static const struct csv_column link_columns[L_COLUMNS] = {
	[L_RATE] = {.name = "rate_bit_s"},
	[L_THROUGHPUT] = {.name = "throughput_bit_s"},
	[L_UTILISATION] = {.name = "utilisation", .decimals = 6},
	[L_BYTES] = {.name = "delivered_bytes"},
	[L_DELIVERED] = {.name = "delivered_packets"},
	[L_LOST] = {.name = "lost_packets"},
};

/*
 * Under drop-tail the wait of a frame that came now; under a discipline the mean wait of the frames
 * that left since it was looked at last, or the wait of the last one if none has.
 */
static uint64_t delay_of(struct series_file *f, struct link *l)
{
	const struct link_counters *c = link_counters(l, f->direction);
	const struct qdisc *q = link_qdisc(l, f->direction);
	uint64_t left = c->left - f->seen[0], waited = (uint64_t)c->waited.ns - f->seen[1];

	f->seen[0] = c->left;
	f->seen[1] = (uint64_t)c->waited.ns;
	if (!q)
		return (uint64_t)link_queue_delay(l, f->direction).ns;
	if (left)
		return waited / left;
	return q->packets ? (uint64_t)q->delay.ns : 0;
}

static void queue_look(struct series_file *f, struct link *l, vtime now)
{
	const struct link_counters *c = link_counters(l, f->direction);
	const uint64_t v[Q_COLUMNS] = {
		[Q_PACKETS] = link_queue_packets(l, f->direction),
		[Q_BYTES] = link_queue_bytes(l, f->direction),
		[Q_DELAY] = delay_of(f, l),
		[Q_DROPS] = c->dropped,
		[Q_MARKS] = c->marked,
	};

	csv_sample(&f->csv, now, v);
}

/* value / per * factor, rounded down, without an overflow on the way. */
static uint64_t scaled(uint64_t value, uint64_t factor, uint64_t per)
{
	return (uint64_t)((unsigned __int128)value * factor / per);
}

static void link_look(struct series_file *f, struct link *l, vtime now)
{
	const struct link_counters *c = link_counters(l, f->direction);
	const struct link_params *p = link_params(l, f->direction);
	uint64_t ns = (uint64_t)(now.ns - f->seen_at.ns), bits = 8 * (c->bytes - f->seen[0]);
	uint64_t wire = bits + 8 * p->overhead * (c->delivered - f->seen[1]);
	/* The last look may come at the instant of the one before: rates are still what they were. */
	const uint64_t v[L_COLUMNS] = {
		[L_RATE] = p->rate && !p->trace ? p->rate : CSV_EMPTY,
		[L_THROUGHPUT] = ns ? scaled(bits, NS_PER_S, ns) : f->csv.last[L_THROUGHPUT],
		[L_UTILISATION] = !p->rate || p->trace ? CSV_EMPTY
				: ns ? scaled(wire, NS_PER_S * UINT64_C(1000000) / p->rate, ns)
				: f->csv.last[L_UTILISATION],
		[L_BYTES] = c->bytes,
		[L_DELIVERED] = c->delivered,
		[L_LOST] = c->lost,
	};

	f->seen_at = now;
	f->seen[0] = c->bytes;
	f->seen[1] = c->delivered;
	csv_sample(&f->csv, now, v);
}

static void look(struct series_file *f, vtime now)
{
	struct link *l = f->series->in->links[f->link];

	if (f->kind == SERIES_QUEUES)
		queue_look(f, l, now);
	else
		link_look(f, l, now);
	if (file_error(f->csv.file) && !f->series->error)
		f->series->error = nt_strdup(file_error(f->csv.file));
}

static void look_all(const struct series_sampler *s, vtime now)
{
	for (guint i = 0; i < s->files->len; i++)
		look(s->files->pdata[i], now);
}

static void sampler_fire(struct event *e)
{
	struct series_sampler *s = container_of(e, struct series_sampler, event);
	struct sched *sched = &s->series->in->world->sched;

	look_all(s, sched->now);
	event_arm(sched, e, vtime_ns((sched->now.ns / s->every.ns + 1) * s->every.ns));
}

void series_links_end(struct series *s)
{
	for (guint i = 0; i < s->samplers->len; i++) {
		struct series_sampler *sampler = s->samplers->pdata[i];

		look_all(sampler, world_now(s->in->world));
		event_cancel(&s->in->world->sched, &sampler->event);
	}
	s->in->world->sched.aside -= s->samplers->len;
}

static struct series_sampler *sampler_of(struct series *s, vtime every)
{
	struct series_sampler *sampler;

	for (guint i = 0; i < s->samplers->len; i++) {
		sampler = s->samplers->pdata[i];
		if (sampler->every.ns == every.ns)
			return sampler;
	}
	sampler = nt_calloc(1, sizeof(*sampler));
	sampler->series = s;
	sampler->every = every;
	sampler->files = g_ptr_array_new();
	event_init(&sampler->event, sampler_fire);
	event_arm(&s->in->world->sched, &sampler->event, world_now(s->in->world));
	s->in->world->sched.aside++;
	g_ptr_array_add(s->samplers, sampler);
	return sampler;
}

static void direction_watch(struct series *s, uint32_t link, int direction, enum series_kind kind,
			    vtime every)
{
	bool queue = kind == SERIES_QUEUES;
	char *name = g_strdup_printf("%s-%s-%s", queue ? "queue" : "link",
				     s->in->scenario->links[link].name,
				     direction ? "reverse" : "forward");
	struct series_file *f = series_file_new(s, kind, name, queue ? queue_columns : link_columns,
						queue ? (unsigned)Q_COLUMNS : (unsigned)L_COLUMNS);

	f->link = link;
	f->direction = direction;
	f->every = every;
	f->seen_at = world_now(s->in->world);
	g_ptr_array_add(sampler_of(s, every)->files, f);
}

void series_watch_links(struct series *s)
{
	const struct scenario *sc = s->in->scenario;

	for (uint32_t k = 0; k < sc->n_links; k++)
		for (int d = 0; d < 2; d++) {
			vtime queues = sc->series.queues[2 * k + (uint32_t)d];
			vtime links = sc->series.links[2 * k + (uint32_t)d];

			if (queues.ns != VTIME_NEVER.ns)
				direction_watch(s, k, d, SERIES_QUEUES, queues);
			if (links.ns != VTIME_NEVER.ns)
				direction_watch(s, k, d, SERIES_LINKS, links);
		}
}
