#include "topo/igp.h"

#include <string.h>

#include "ip/route.h"
#include "topo/zone.h"

/* ---- Dijkstra over the vertices of the graph ---- */

struct reach {
	int64_t delay;   /* INT64_MAX: not reached */
	uint32_t hops;
	uint32_t out;    /* global interface of the source by which the way begins */
	uint32_t next;   /* global interface of the first router or host on the way; TOPO_NONE while
			  * the way has only crossed switches */
	bool settled;
};

struct search {
	const struct segments *g;
	struct reach *reach; /* [n_vertices] */
	uint32_t *heap;      /* vertices */
	uint32_t *slot;      /* [n_vertices]: position in heap + 1 */
	uint32_t count;
	uint32_t *touched, n_touched;
};

static bool nearer(const struct search *s, uint32_t a, uint32_t b)
{
	const struct reach *x = &s->reach[a], *y = &s->reach[b];

	if (x->delay != y->delay)
		return x->delay < y->delay;
	if (x->hops != y->hops)
		return x->hops < y->hops;
	return a < b;
}

static void heap_put(struct search *s, uint32_t i, uint32_t v)
{
	s->heap[i] = v;
	s->slot[v] = i + 1;
}

static void heap_up(struct search *s, uint32_t v)
{
	uint32_t i;

	if (!s->slot[v])
		heap_put(s, s->count++, v);
	i = s->slot[v] - 1;
	while (i > 0 && nearer(s, v, s->heap[(i - 1) / 2])) {
		heap_put(s, i, s->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_put(s, i, v);
}

static uint32_t heap_pop(struct search *s)
{
	uint32_t top = s->heap[0], v = s->heap[--s->count], i = 0;

	s->slot[top] = 0;
	if (s->count == 0)
		return top;
	for (;;) {
		uint32_t c = 2 * i + 1;

		if (c >= s->count)
			break;
		if (c + 1 < s->count && nearer(s, s->heap[c + 1], s->heap[c]))
			c++;
		if (!nearer(s, s->heap[c], v))
			break;
		heap_put(s, i, s->heap[c]);
		i = c;
	}
	heap_put(s, i, v);
	return top;
}

static bool improve(struct search *s, uint32_t to, struct reach r)
{
	struct reach *old = &s->reach[to];

	if (old->settled || old->delay < r.delay || (old->delay == r.delay && old->hops <= r.hops))
		return false;
	if (old->delay == INT64_MAX)
		s->touched[s->n_touched++] = to;
	*old = r;
	heap_up(s, to);
	return true;
}

/* All ways from a node, or only those to routers on its own segments. What does not forward is not
 * gone through: edges to it do not exist. */
static void search_from(struct search *s, uint32_t source, bool own_segments)
{
	const struct segments *g = s->g;

	for (uint32_t k = 0; k < s->n_touched; k++)
		s->reach[s->touched[k]] = (struct reach){.delay = INT64_MAX};
	s->n_touched = 0;
	improve(s, source, (struct reach){.out = TOPO_NONE, .next = TOPO_NONE});
	while (s->count) {
		uint32_t v = heap_pop(s);
		struct reach at = s->reach[v];

		s->reach[v].settled = true;
		if (own_segments && v != source && v < g->scenario->n_nodes)
			continue;
		for (uint32_t e = g->edge_start[v]; e < g->edge_start[v + 1]; e++) {
			const struct graph_edge *d = &g->edges[e];

			improve(s, d->to,
				(struct reach){
					.delay = at.delay + d->delay,
					.hops = at.hops + 1,
					.out = v == source ? d->out_iface : at.out,
					.next = at.next != TOPO_NONE ? at.next : d->in_iface,
				});
		}
	}
}

/* ---- what there is to be reached ---- */

/* Networks, sorted by who is attached: those of one stub router form one run. */
struct target {
	struct igp_prefix net; /* via: not used */
	uint32_t segment;      /* TOPO_NONE: behind an interface without a link */
	uint32_t zone;         /* behind which NAT; TOPO_NONE: everyone's */
	uint32_t owner;        /* the only router attached; TOPO_NONE: several, see the segment */
};

struct work {
	struct internet *in;
	const struct segments *g;
	const struct addresses *a;
	struct zones *zones;
	struct search search;
	GArray *targets;    /* struct target */
	GArray *prefixes;   /* struct igp_prefix, of the node at work */
};

static bool is_network(const struct iface_addr *a)
{
	return ipaddr_is4(&a->ip) || !ipaddr_is_linklocal(&a->ip);
}

static void target_add(struct work *w, const struct iface_addr *a, uint32_t segment, uint32_t owner)
{
	struct target t = {
		.net = {.net = prefix_make(&a->ip, a->len)}, .segment = segment, .owner = owner};

	t.zone = !ipaddr_is4(&a->ip) ? TOPO_NONE
		 : segment != TOPO_NONE ? w->zones->of_segment[segment]
					: zones_of_node(w->zones, w->g, owner);

	for (uint32_t k = w->targets->len; k-- > 0;) {
		const struct target *o = &g_array_index(w->targets, struct target, k);

		if (o->segment != segment || o->owner != owner || segment == TOPO_NONE)
			break;
		if (prefix_eq(&o->net.net, &t.net.net))
			return;
	}
	g_array_append_val(w->targets, t);
}

static uint32_t sole_router(const struct work *w, uint32_t segment)
{
	const struct segments *g = w->g;
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

static void list_targets(struct work *w)
{
	const struct segments *g = w->g;

	for (uint32_t s = 0; s < g->n_segments; s++) {
		uint32_t owner = sole_router(w, s);

		for (uint32_t m = g->member_start[s]; m < g->member_start[s + 1]; m++) {
			uint32_t i = g->members[m];

			for (uint32_t k = w->a->start[i]; k < w->a->start[i + 1]; k++)
				if (is_network(&w->a->addrs[k]))
					target_add(w, &w->a->addrs[k], s, owner);
		}
	}
	for (uint32_t i = 0; i < g->n_ifaces; i++)
		if (g->segment_of[i] == TOPO_NONE)
			for (uint32_t k = w->a->start[i]; k < w->a->start[i + 1]; k++)
				if (is_network(&w->a->addrs[k]))
					target_add(w, &w->a->addrs[k], TOPO_NONE, g->node_of[i]);
}

static int by_owner(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

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
static void shorten_targets(struct work *w)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(struct target));
	uint32_t n = w->targets->len;

	g_array_sort(w->targets, by_owner);
	for (uint32_t k = 0; k < n;) {
		struct target first = g_array_index(w->targets, struct target, k);

		if (first.owner == TOPO_NONE) {
			g_array_append_val(out, first);
			k++;
			continue;
		}
		g_array_set_size(w->prefixes, 0);
		for (; k < n; k++) {
			const struct target *t = &g_array_index(w->targets, struct target, k);

			if (t->owner != first.owner || t->zone != first.zone)
				break;
			g_array_append_val(w->prefixes, t->net);
		}
		uint32_t left = igp_aggregate((struct igp_prefix *)(void *)w->prefixes->data,
					      w->prefixes->len);
		for (uint32_t i = 0; i < left; i++) {
			struct target t = first;

			t.net = g_array_index(w->prefixes, struct igp_prefix, i);
			t.segment = TOPO_NONE;
			g_array_append_val(out, t);
		}
	}
	g_array_free(w->targets, TRUE);
	w->targets = out;
}

/* ---- one node ---- */

static bool attached(const struct work *w, uint32_t node, uint32_t segment)
{
	for (uint32_t i = w->g->iface_base[node]; i < w->g->iface_base[node + 1]; i++)
		if (w->g->segment_of[i] == segment)
			return true;
	return false;
}

/* The router by which a segment of several is entered: the nearest. */
static uint32_t nearest_router(const struct work *w, uint32_t segment)
{
	const struct segments *g = w->g;
	uint32_t best = TOPO_NONE;

	for (uint32_t m = g->member_start[segment]; m < g->member_start[segment + 1]; m++) {
		uint32_t node = g->node_of[g->members[m]];

		if (!topo_forwards(&g->scenario->nodes[node]))
			break;
		if (best == TOPO_NONE || nearer(&w->search, node, best))
			best = node;
	}
	return best;
}

static struct ip_iface *built_iface(const struct work *w, uint32_t iface)
{
	uint32_t node = w->g->node_of[iface];

	return ip_iface_of(w->in->nodes[node].ifaces[iface - w->g->iface_base[node]]);
}

static bool shares_network(const struct ip_iface *i, const struct ipaddr *gateway)
{
	for (const struct ip_addr *a = i->addrs; a; a = a->next) {
		struct prefix net = prefix_make(&a->addr, a->len);

		if (prefix_contains(&net, gateway))
			return true;
	}
	return false;
}

/*
 * The address by which an interface on the other side of `out` is a next hop: one on a network of
 * out, else it is none (whoever gives two neighbours different networks gets what he asked for).
 * IPv6 routes go by the neighbour's link-local address, as those of OSPFv3 and BGP do.
 */
static const struct ipaddr *gateway_address(const struct work *w, uint32_t iface, uint32_t out,
					    bool ip4)
{
	for (const struct ip_addr *a = built_iface(w, iface)->addrs; a; a = a->next)
		if (ipaddr_is4(&a->addr) == ip4 && (ip4 || ipaddr_is_linklocal(&a->addr)) &&
		    shares_network(built_iface(w, out), &a->addr))
			return &a->addr;
	return NULL;
}

static void add_route(struct work *w, uint32_t node, const struct prefix *dst, uint32_t router)
{
	const struct reach *r = &w->search.reach[router];
	const struct ipaddr *via = gateway_address(w, r->next, r->out, ipaddr_is4(&dst->addr));

	if (via)
		route_add(w->in->nodes[node].node, dst, ROUTE_UNICAST, via, built_iface(w, r->out), 20,
			  0, ROUTE_IGP);
}

static void default_routes(struct work *w, uint32_t node, uint32_t router)
{
	struct prefix all4 = {.addr = ipaddr_any4, .len = IPADDR_V4_BITS}, all6 = {.len = 0};

	add_route(w, node, &all4, router);
	add_route(w, node, &all6, router);
}

/* A way is known by the router it begins with: its entry interface. */
static void compute_routes(struct work *w, uint32_t node)
{
	g_array_set_size(w->prefixes, 0);
	for (uint32_t k = 0; k < w->targets->len; k++) {
		const struct target *t = &g_array_index(w->targets, struct target, k);
		uint32_t router = t->owner;

		if (!zones_sees(w->zones, w->g, node, t->zone))
			continue;
		if (router == TOPO_NONE && t->segment != TOPO_NONE) {
			if (attached(w, node, t->segment))
				continue;
			router = nearest_router(w, t->segment);
		}
		if (router == TOPO_NONE || router == node ||
		    w->search.reach[router].delay == INT64_MAX)
			continue;
		struct igp_prefix p = {t->net.net, w->search.reach[router].next};
		g_array_append_val(w->prefixes, p);
	}
	struct igp_prefix *p = (struct igp_prefix *)(void *)w->prefixes->data;
	uint32_t left = igp_aggregate(p, w->prefixes->len);
	for (uint32_t k = 0; k < left; k++)
		add_route(w, node, &p[k].net, w->g->node_of[p[k].via]);
}

/* The router that a host's default goes to; *ways counts the different first ones it has. */
static uint32_t first_router(const struct work *w, uint32_t node, uint32_t *ways)
{
	const struct search *s = &w->search;
	uint32_t best = TOPO_NONE;

	*ways = 0;
	for (uint32_t k = 0; k < s->n_touched; k++) {
		uint32_t v = s->touched[k];

		/* Routers on the host's own segments: the way there crosses switches only. */
		if (v >= w->g->scenario->n_nodes || v == node ||
		    w->g->node_of[s->reach[v].next] != v)
			continue;
		++*ways;
		if (best == TOPO_NONE || nearer(s, v, best))
			best = v;
	}
	return best;
}

static bool has_own_routes(const struct topo_node *n)
{
	return n->n_gateways || n->own_routes;
}

static void search_init(struct search *s, const struct segments *g)
{
	s->g = g;
	s->reach = g_new(struct reach, g->n_vertices + 1);
	for (uint32_t v = 0; v < g->n_vertices; v++)
		s->reach[v] = (struct reach){.delay = INT64_MAX};
	s->heap = g_new(uint32_t, g->n_vertices + 1);
	s->slot = g_new0(uint32_t, g->n_vertices + 1);
	s->touched = g_new(uint32_t, g->n_vertices + 1);
}

static void search_fini(struct search *s)
{
	g_free(s->reach);
	g_free(s->heap);
	g_free(s->slot);
	g_free(s->touched);
}

/*
 * A host with one link to one router directly: no search needed, and the usual case of many.
 * TOPO_NONE if it is not so.
 */
static bool is_plain_leaf(const struct work *w, uint32_t node, struct reach *way)
{
	const struct segments *g = w->g;
	const struct graph_edge *e = &g->edges[g->edge_start[node]];

	if (g->edge_start[node + 1] - g->edge_start[node] != 1 ||
	    e->to >= g->scenario->n_nodes)
		return false;
	*way = (struct reach){.out = e->out_iface, .next = e->in_iface};
	return true;
}

static uint32_t linked_ifaces(const struct work *w, uint32_t node)
{
	const struct topo_node *n = &w->g->scenario->nodes[node];
	uint32_t count = 0;

	for (uint32_t k = 0; k < n->n_ifaces; k++)
		count += n->ifaces[k].link != TOPO_NONE;
	return count;
}

static void host_routes(struct work *w, uint32_t node)
{
	struct reach direct;
	uint32_t ways, router;

	if (is_plain_leaf(w, node, &direct)) {
		router = w->g->node_of[direct.next];
		struct reach saved = w->search.reach[router];
		w->search.reach[router] = direct;
		default_routes(w, node, router);
		w->search.reach[router] = saved;
		return;
	}
	search_from(&w->search, node, linked_ifaces(w, node) == 1);
	router = first_router(w, node, &ways);
	if (router == TOPO_NONE)
		return;
	if (ways > 1 && linked_ifaces(w, node) > 1)
		compute_routes(w, node);
	default_routes(w, node, router);
}

void igp_converge(struct internet *in, const struct segments *g, const struct addresses *a)
{
	const struct scenario *s = g->scenario;
	struct work w = {
		.in = in,
		.g = g,
		.a = a,
		.targets = g_array_new(FALSE, FALSE, sizeof(struct target)),
		.prefixes = g_array_new(FALSE, FALSE, sizeof(struct igp_prefix)),
	};

	w.zones = zones_new(g);
	search_init(&w.search, g);
	list_targets(&w);
	shorten_targets(&w);
	for (uint32_t n = 0; n < s->n_nodes; n++) {
		if (s->nodes[n].kind == TOPO_SWITCH || has_own_routes(&s->nodes[n]))
			continue;
		if (!topo_forwards(&s->nodes[n])) {
			host_routes(&w, n);
			continue;
		}
		search_from(&w.search, n, false);
		compute_routes(&w, n);
	}
	search_fini(&w.search);
	zones_free(w.zones);
	g_array_free(w.targets, TRUE);
	g_array_free(w.prefixes, TRUE);
}
