#include "topo/build/zone.h"

#include <string.h>

#include "topo/topo_filter.h"

struct flood {
	const struct segments *g;
	uint32_t *seen; /* [n_segments]: the round in which it was reached */
	uint32_t round;
	GArray *reached; /* uint32_t: segments */
};

static bool is_outside(const struct topo_node *n, uint32_t iface)
{
	for (uint32_t k = 0; k < n->nat->n_outside; k++)
		if (!strcmp(n->nat->outside[k].name, n->ifaces[iface].name))
			return true;
	return false;
}

static void reach(struct flood *f, uint32_t segment)
{
	if (segment == TOPO_NONE || f->seen[segment] == f->round)
		return;
	f->seen[segment] = f->round;
	g_array_append_val(f->reached, segment);
}

/* All segments reached from that node's inside interfaces. False: its outside is one of them. */
static bool flood_behind(struct flood *f, uint32_t node)
{
	const struct segments *g = f->g;
	const struct topo_node *n = &g->scenario->nodes[node];
	uint32_t base = g->iface_base[node];

	f->round++;
	g_array_set_size(f->reached, 0);
	for (uint32_t k = 0; k < n->n_ifaces; k++)
		if (!is_outside(n, k))
			reach(f, g->segment_of[base + k]);
	for (uint32_t i = 0; i < f->reached->len; i++) {
		uint32_t s = g_array_index(f->reached, uint32_t, i);

		for (uint32_t m = g->member_start[s]; m < g->member_start[s + 1]; m++) {
			uint32_t other = g->node_of[g->members[m]];

			if (!topo_forwards(&g->scenario->nodes[other]))
				break; /* routers come first */
			if (other == node)
				continue;
			for (uint32_t k = g->iface_base[other]; k < g->iface_base[other + 1]; k++)
				reach(f, g->segment_of[k]);
		}
	}
	for (uint32_t k = 0; k < n->n_ifaces; k++)
		if (is_outside(n, k) && g->segment_of[base + k] != TOPO_NONE &&
		    f->seen[g->segment_of[base + k]] == f->round)
			return false;
	return f->reached->len > 0;
}

struct zones *zones_new(const struct segments *g)
{
	struct zones *z = g_new0(struct zones, 1);
	struct flood f = {.g = g, .reached = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
	GArray *routers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t *size = g_new0(uint32_t, g->n_segments + 1);

	f.seen = g_new0(uint32_t, g->n_segments + 1);
	z->of_segment = g_new(uint32_t, g->n_segments + 1);
	for (uint32_t s = 0; s < g->n_segments; s++)
		z->of_segment[s] = TOPO_NONE;
	for (uint32_t n = 0; n < g->scenario->n_nodes; n++) {
		if (!g->scenario->nodes[n].nat || !flood_behind(&f, n))
			continue;
		/* Of two that hold a segment the smaller is within the other. */
		for (uint32_t i = 0; i < f.reached->len; i++) {
			uint32_t s = g_array_index(f.reached, uint32_t, i);

			if (z->of_segment[s] == TOPO_NONE || f.reached->len < size[s]) {
				z->of_segment[s] = z->n;
				size[s] = f.reached->len;
			}
		}
		g_array_append_val(routers, n);
		z->n++;
	}
	z->parent = g_new(uint32_t, z->n + 1);
	for (uint32_t k = 0; k < z->n; k++)
		z->parent[k] = zones_of_node(z, g, g_array_index(routers, uint32_t, k));
	g_array_free(routers, TRUE);
	g_array_free(f.reached, TRUE);
	g_free(f.seen);
	g_free(size);
	return z;
}

void zones_free(struct zones *z)
{
	g_free(z->of_segment);
	g_free(z->parent);
	g_free(z);
}

uint32_t zones_of_node(const struct zones *z, const struct segments *g, uint32_t node)
{
	const struct topo_node *n = &g->scenario->nodes[node];

	for (uint32_t k = 0; k < n->n_ifaces; k++) {
		uint32_t s = g->segment_of[g->iface_base[node] + k];

		if (s != TOPO_NONE && (!n->nat || is_outside(n, k)))
			return z->of_segment[s];
	}
	return TOPO_NONE;
}

static bool is_within(const struct zones *z, uint32_t inner, uint32_t outer)
{
	while (inner != TOPO_NONE && inner != outer)
		inner = z->parent[inner];
	return inner == outer;
}

bool zones_sees(const struct zones *z, const struct segments *g, uint32_t node, uint32_t zone)
{
	if (zone == TOPO_NONE)
		return true;
	for (uint32_t i = g->iface_base[node]; i < g->iface_base[node + 1]; i++)
		if (g->segment_of[i] != TOPO_NONE && is_within(z, z->of_segment[g->segment_of[i]], zone))
			return true;
	return false;
}
