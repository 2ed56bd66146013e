#include "topo/build/igp_target.h"

struct listing {
	const struct segments *g;
	const struct addresses *a;
	struct zones *zones;
	GArray *targets;  /* struct igp_target */
	GArray *prefixes; /* struct igp_prefix, of the router at work */
};

static bool is_network(const struct iface_addr *a)
{
	return ipaddr_is4(&a->ip) || !ipaddr_is_linklocal(&a->ip);
}

static void target_add(struct listing *l, const struct iface_addr *a, uint32_t segment,
		       uint32_t owner)
{
	struct igp_target t = {
		.net = {.net = prefix_make(&a->ip, a->len)}, .segment = segment, .owner = owner};

	t.zone = !ipaddr_is4(&a->ip) ? TOPO_NONE
		 : segment != TOPO_NONE ? l->zones->of_segment[segment]
					: zones_of_node(l->zones, l->g, owner);

	for (uint32_t k = l->targets->len; k-- > 0;) {
		const struct igp_target *o = &g_array_index(l->targets, struct igp_target, k);

		if (o->segment != segment || o->owner != owner || segment == TOPO_NONE)
			break;
		if (prefix_eq(&o->net.net, &t.net.net))
			return;
	}
	g_array_append_val(l->targets, t);
}

static uint32_t sole_router(const struct listing *l, uint32_t segment)
{
	const struct segments *g = l->g;
	uint32_t first = g->member_start[segment], owner = TOPO_NONE;

	for (uint32_t m = first; m < g->member_start[segment + 1]; m++) {
		uint32_t node = g->node_of[g->members[m]];

		if (!topo_forwards(&g->scenario->nodes[node]))
			break; /* routers come first */
		if (owner != TOPO_NONE && owner != node)
			return TOPO_NONE;
		owner = node;
	}
	return owner;
}

static void list_targets(struct listing *l)
{
	const struct segments *g = l->g;

	for (uint32_t s = 0; s < g->n_segments; s++) {
		uint32_t owner = sole_router(l, s);

		for (uint32_t m = g->member_start[s]; m < g->member_start[s + 1]; m++) {
			uint32_t i = g->members[m];

			for (uint32_t k = l->a->start[i]; k < l->a->start[i + 1]; k++)
				if (is_network(&l->a->addrs[k]))
					target_add(l, &l->a->addrs[k], s, owner);
		}
	}
	for (uint32_t i = 0; i < g->n_ifaces; i++)
		if (g->segment_of[i] == TOPO_NONE)
			for (uint32_t k = l->a->start[i]; k < l->a->start[i + 1]; k++)
				if (is_network(&l->a->addrs[k]))
					target_add(l, &l->a->addrs[k], TOPO_NONE, g->node_of[i]);
}

static int by_owner(const void *a, const void *b)
{
	const struct igp_target *x = a, *y = b;

	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (x->zone != y->zone)
		return x->zone < y->zone ? -1 : 1;
	if (x->owner == TOPO_NONE && x->segment != y->segment)
		return x->segment < y->segment ? -1 : 1;
	int c = ipaddr_cmp(&x->net.net.addr, &y->net.net.addr);
	return c ? c : (x->net.net.len > y->net.net.len) - (x->net.net.len < y->net.net.len);
}

/* What one router alone has is written together once, for all who will want to go there. */
static void shorten_targets(struct listing *l)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(struct igp_target));
	uint32_t n = l->targets->len;

	g_array_sort(l->targets, by_owner);
	for (uint32_t k = 0; k < n;) {
		struct igp_target first = g_array_index(l->targets, struct igp_target, k);

		if (first.owner == TOPO_NONE) {
			g_array_append_val(out, first);
			k++;
			continue;
		}
		g_array_set_size(l->prefixes, 0);
		for (; k < n; k++) {
			const struct igp_target *t = &g_array_index(l->targets, struct igp_target, k);

			if (t->owner != first.owner || t->zone != first.zone)
				break;
			g_array_append_val(l->prefixes, t->net);
		}
		uint32_t left = igp_aggregate((struct igp_prefix *)(void *)l->prefixes->data,
					      l->prefixes->len);
		for (uint32_t i = 0; i < left; i++) {
			struct igp_target t = first;

			t.net = g_array_index(l->prefixes, struct igp_prefix, i);
			t.segment = TOPO_NONE;
			g_array_append_val(out, t);
		}
	}
	g_array_free(l->targets, TRUE);
	l->targets = out;
}

GArray *igp_targets(const struct segments *g, const struct addresses *a, struct zones *zones)
{
	struct listing l = {
		.g = g,
		.a = a,
		.zones = zones,
		.targets = g_array_new(FALSE, FALSE, sizeof(struct igp_target)),
		.prefixes = g_array_new(FALSE, FALSE, sizeof(struct igp_prefix)),
	};

	list_targets(&l);
	shorten_targets(&l);
	g_array_free(l.prefixes, TRUE);
	return l.targets;
}
