#include "core/group.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "core/world.h"

static struct packet_group *group_new(struct world *w)
{
	struct packet_group *g = nt_calloc(1, sizeof(*g));

	if (w->group_count == w->group_room) {
		w->group_room = w->group_room ? 2 * w->group_room : 16;
		w->groups = nt_realloc(w->groups, w->group_room * sizeof(struct packet_group *));
	}
	g->index = w->group_count;
	return w->groups[w->group_count++] = g;
}

static struct packet_group *group_of(const struct packet *p)
{
	return p->world->groups[p->group];
}

void group_begin(struct packet *p)
{
	struct world *w = p->world;
	struct packet_group *g = w->groups_free;

	if (!w->observers || p->flags & PACKET_GROUP)
		return;
	if (g)
		w->groups_free = g->next;
	else
		g = group_new(w);
	g->copies = 1;
	g->refused = 0;
	g->taken = false;
	p->group = g->index;
	p->flags |= PACKET_GROUP;
}

void group_join(const struct packet *p)
{
	group_of(p)->copies++;
}

static void refusal_add(struct packet_group *g, const struct site *where, enum drop_reason r,
			uint64_t detail)
{
	if (g->refused < GROUP_REFUSALS)
		g->refusal[g->refused] = (struct group_refusal){where, detail, r};
	g->refused++;
}

static void tell(const struct packet *p, const struct packet_group *g)
{
	const struct group_refusal *before = NULL;
	char text[400];
	size_t len = 0;

	for (uint32_t i = 0; i < g->refused && i < GROUP_REFUSALS && len < sizeof(text); i++) {
		const struct group_refusal *r = &g->refusal[i];
		char words[DROP_WORDS_MAX];

		if (before && before->reason == r->reason && before->detail == r->detail)
			len += (size_t)snprintf(text + len, sizeof(text) - len, ", %s",
						r->where->name);
		else
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s at %s",
						before ? "; " : "",
						drop_print(words, r->reason, r->detail),
						r->where->name);
		before = r;
	}
	packet_note(p, "nobody took it: %s%s", text,
		    g->refused > GROUP_REFUSALS ? " and others" : "");
}

void group_leave(struct packet *p, bool taken)
{
	struct packet_group *g = group_of(p);

	p->flags &= (uint8_t)~PACKET_GROUP;
	g->taken |= taken;
	if (--g->copies)
		return;
	if (g->refused && !g->taken)
		tell(p, g);
	g->next = p->world->groups_free;
	p->world->groups_free = g;
}

void group_refuse(struct packet *p, const struct site *where, enum drop_reason r, uint64_t detail)
{
	if (p->flags & PACKET_GROUP) {
		refusal_add(group_of(p), where, r, detail);
		group_leave(p, false);
	} else if (p->world->observers) {
		struct packet_group alone = {0};

		refusal_add(&alone, where, r, detail);
		tell(p, &alone);
	}
}

void group_free_all(struct world *w)
{
	for (uint32_t i = 0; i < w->group_count; i++)
		free(w->groups[i]);
	free(w->groups);
}
