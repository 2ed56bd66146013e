#include "topo/build/igp.h"

#include "ip/route.h"
#include "topo/build/igp_search.h"
#include "topo/build/igp_target.h"

struct work {
	struct internet *in;
	const struct segments *g;
	struct zones *zones;
	struct igp_search search;
	GArray *targets;    /* struct igp_target */
	GArray *prefixes;   /* struct igp_prefix, of the node at work */
};

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
		if (best == TOPO_NONE || igp_search_nearer(&w->search, node, best))
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
	const struct igp_reach *r = &w->search.reach[router];
	bool ip4 = ipaddr_is4(&dst->addr);
	const struct ipaddr *via = gateway_address(w, r->next, r->out, ip4);

	/* By an interface that listens to advertisements, routes come with these. */
	if (via && (ip4 || !segments_iface(w->g, r->out)->slaac))
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
		const struct igp_target *t = &g_array_index(w->targets, struct igp_target, k);
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
	const struct igp_search *s = &w->search;
	uint32_t best = TOPO_NONE;

	*ways = 0;
	for (uint32_t k = 0; k < s->n_touched; k++) {
		uint32_t v = s->touched[k];

		/* Routers on the host's own segments: the way there crosses switches only. */
		if (v >= w->g->scenario->n_nodes || v == node ||
		    w->g->node_of[s->reach[v].next] != v)
			continue;
		++*ways;
		if (best == TOPO_NONE || igp_search_nearer(s, v, best))
			best = v;
	}
	return best;
}

static bool has_own_routes(const struct topo_node *n)
{
	return n->n_gateways || n->own_routes;
}

/*
 * A host with one link to one router directly: no search needed, and the usual case of many.
 * TOPO_NONE if it is not so.
 */
static bool is_plain_leaf(const struct work *w, uint32_t node, struct igp_reach *way)
{
	const struct segments *g = w->g;
	const struct graph_edge *e = &g->edges[g->edge_start[node]];

	if (g->edge_start[node + 1] - g->edge_start[node] != 1 ||
	    e->to >= g->scenario->n_nodes)
		return false;
	*way = (struct igp_reach){.out = e->out_iface, .next = e->in_iface};
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
	struct igp_reach direct;
	uint32_t ways, router;

	if (is_plain_leaf(w, node, &direct)) {
		router = w->g->node_of[direct.next];
		struct igp_reach saved = w->search.reach[router];
		w->search.reach[router] = direct;
		default_routes(w, node, router);
		w->search.reach[router] = saved;
		return;
	}
	igp_search_from(&w->search, node, linked_ifaces(w, node) == 1);
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
		.prefixes = g_array_new(FALSE, FALSE, sizeof(struct igp_prefix)),
	};

	w.zones = zones_new(g);
	igp_search_init(&w.search, g);
	w.targets = igp_targets(g, a, w.zones);
	for (uint32_t n = 0; n < s->n_nodes; n++) {
		if (s->nodes[n].kind == TOPO_SWITCH || has_own_routes(&s->nodes[n]))
			continue;
		if (!topo_forwards(&s->nodes[n])) {
			host_routes(&w, n);
			continue;
		}
		igp_search_from(&w.search, n, false);
		compute_routes(&w, n);
	}
	igp_search_fini(&w.search);
	zones_free(w.zones);
	g_array_free(w.targets, TRUE);
	g_array_free(w.prefixes, TRUE);
}
