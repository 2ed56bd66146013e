#include "topo/build/igp_search.h"

bool igp_search_nearer(const struct igp_search *s, uint32_t a, uint32_t b)
{
	const struct igp_reach *x = &s->reach[a], *y = &s->reach[b];

	if (x->delay != y->delay)
		return x->delay < y->delay;
	if (x->hops != y->hops)
		return x->hops < y->hops;
	return a < b;
}

static void heap_put(struct igp_search *s, uint32_t i, uint32_t v)
{
	s->heap[i] = v;
	s->slot[v] = i + 1;
}

static void heap_up(struct igp_search *s, uint32_t v)
{
	uint32_t i;

	if (!s->slot[v])
		heap_put(s, s->count++, v);
	i = s->slot[v] - 1;
	while (i > 0 && igp_search_nearer(s, v, s->heap[(i - 1) / 2])) {
		heap_put(s, i, s->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_put(s, i, v);
}

static uint32_t heap_pop(struct igp_search *s)
{
	uint32_t top = s->heap[0], v = s->heap[--s->count], i = 0;

	s->slot[top] = 0;
	if (s->count == 0)
		return top;
	for (;;) {
		uint32_t c = 2 * i + 1;

		if (c >= s->count)
			break;
		if (c + 1 < s->count && igp_search_nearer(s, s->heap[c + 1], s->heap[c]))
			c++;
		if (!igp_search_nearer(s, s->heap[c], v))
			break;
		heap_put(s, i, s->heap[c]);
		i = c;
	}
	heap_put(s, i, v);
	return top;
}

static bool improve(struct igp_search *s, uint32_t to, struct igp_reach r)
{
	struct igp_reach *old = &s->reach[to];

	if (old->settled || old->delay < r.delay || (old->delay == r.delay && old->hops <= r.hops))
		return false;
	if (old->delay == INT64_MAX)
		s->touched[s->n_touched++] = to;
	*old = r;
	heap_up(s, to);
	return true;
}

void igp_search_from(struct igp_search *s, uint32_t source, bool own_segments)
{
	const struct segments *g = s->g;

	for (uint32_t k = 0; k < s->n_touched; k++)
		s->reach[s->touched[k]] = (struct igp_reach){.delay = INT64_MAX};
	s->n_touched = 0;
	improve(s, source, (struct igp_reach){.out = TOPO_NONE, .next = TOPO_NONE});
	while (s->count) {
		uint32_t v = heap_pop(s);
		struct igp_reach at = s->reach[v];

		s->reach[v].settled = true;
		if (own_segments && v != source && v < g->scenario->n_nodes)
			continue;
		for (uint32_t e = g->edge_start[v]; e < g->edge_start[v + 1]; e++) {
			const struct graph_edge *d = &g->edges[e];

			improve(s, d->to,
				(struct igp_reach){
					.delay = at.delay + d->delay,
					.hops = at.hops + 1,
					.out = v == source ? d->out_iface : at.out,
					.next = at.next != TOPO_NONE ? at.next : d->in_iface,
				});
		}
	}
}

void igp_search_init(struct igp_search *s, const struct segments *g)
{
	s->g = g;
	s->reach = g_new(struct igp_reach, g->n_vertices + 1);
	for (uint32_t v = 0; v < g->n_vertices; v++)
		s->reach[v] = (struct igp_reach){.delay = INT64_MAX};
	s->heap = g_new(uint32_t, g->n_vertices + 1);
	s->slot = g_new0(uint32_t, g->n_vertices + 1);
	s->touched = g_new(uint32_t, g->n_vertices + 1);
}

void igp_search_fini(struct igp_search *s)
{
	g_free(s->reach);
	g_free(s->heap);
	g_free(s->slot);
	g_free(s->touched);
}
