#include "core/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "core/group.h"

struct world *world_new(uint64_t seed)
{
	struct world *w = nt_calloc(1, sizeof(*w));

	sched_init(&w->sched);
	w->seed = seed;
	packet_pool_init(&w->pool);
	return w;
}

void world_free(struct world *w)
{
	if (!w)
		return;
	group_free_all(w);
	sched_fini(&w->sched);
	packet_pool_fini(&w->pool);
	free(w);
}

void world_observe(struct world *w, struct observer *o)
{
	o->next = w->observers;
	w->observers = o;
}

void world_unobserve(struct world *w, struct observer *o)
{
	struct observer **at = &w->observers;

	while (*at && *at != o)
		at = &(*at)->next;
	if (*at)
		*at = o->next;
}

void site_init(struct site *s, struct world *w, const char *name)
{
	*s = (struct site){.world = w, .name = name};
}

void site_fini(struct site *s)
{
	free(s->drops);
	s->drops = NULL;
}

uint64_t site_drops(const struct site *s, enum drop_reason r)
{
	return s->drops ? s->drops[r] : 0;
}

void site_count(struct site *s, enum drop_reason r)
{
	if (!s->drops)
		s->drops = nt_calloc(DROP_REASON_COUNT, sizeof(*s->drops));
	s->drops[r]++;
}

static void observers_tell(const struct packet *p, const char *text)
{
	for (struct observer *o = p->world->observers; o; o = o->next)
		o->note(o, p, text);
}

/* Not delivered: of a frame to many stations, this copy does not count as taken. */
static void packet_end(struct packet *p)
{
	if (p->flags & PACKET_GROUP)
		group_leave(p, false);
	packet_free(p);
}

void packet_drop_detail(struct packet *p, struct site *where, enum drop_reason r, uint64_t detail)
{
	site_count(where, r);
	if (p->flags & PACKET_BROADCAST && drop_is_refusal(r)) {
		group_refuse(p, where, r, detail);
	} else if (p->world->observers) {
		char words[DROP_WORDS_MAX], text[256];

		snprintf(text, sizeof(text), "%s %s: %s",
			 drop_is_loss(r) ? "lost on" : "dropped at", where->name,
			 drop_print(words, r, detail));
		observers_tell(p, text);
	}
	packet_end(p);
}

void packet_drop_said(struct packet *p, struct site *where, enum drop_reason r, const char *fmt,
		      ...)
{
	site_count(where, r);
	if (p->world->observers) {
		char text[256];
		va_list ap;

		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		observers_tell(p, text);
	}
	packet_end(p);
}

void packet_ignore(struct packet *p, struct site *where, enum drop_reason r)
{
	site_count(where, r);
	packet_end(p);
}

static void note(const struct packet *p, const char *fmt, va_list ap)
{
	char text[480];

	vsnprintf(text, sizeof(text), fmt, ap);
	observers_tell(p, text);
}

void packet_note(const struct packet *p, const char *fmt, ...)
{
	va_list ap;

	if (!p->world->observers)
		return;
	va_start(ap, fmt);
	note(p, fmt, ap);
	va_end(ap);
}

void packet_note_id(struct world *w, uint64_t id, const char *fmt, ...)
{
	const struct packet gone = {.world = w, .id = id};
	va_list ap;

	if (!w->observers)
		return;
	va_start(ap, fmt);
	note(&gone, fmt, ap);
	va_end(ap);
}
