#include "topo/build/segments.h"

#include <string.h>

/* ---- vertices: nodes, and the VLANs of switches as they turn up ---- */

struct work {
	struct segments *g;
	GHashTable *vlans;  /* (switch, VLAN) -> vertex; looked up, never walked */
	GArray *parent;     /* union-find over interfaces, then VLAN vertices from n_ifaces on */
	GArray *from;       /* uint32_t: source vertex of each edge, in the order of links */
	GArray *edges;      /* struct graph_edge */
	uint32_t n_vlans;
};

static uint32_t vlan_vertex(struct work *w, uint32_t node, uint16_t vlan)
{
	gint64 key = (gint64)node << 12 | vlan;
	gpointer found = g_hash_table_lookup(w->vlans, &key);

	if (found)
		return GPOINTER_TO_UINT(found) - 1;
	gint64 *own = g_new(gint64, 1);
	uint32_t v = w->n_vlans++, at = w->g->n_ifaces + v;
	*own = key;
	g_hash_table_insert(w->vlans, own, GUINT_TO_POINTER(v + 1));
	g_array_append_val(w->parent, at);
	return v;
}

static uint32_t root(GArray *parent, uint32_t x)
{
	uint32_t *p = (uint32_t *)(void *)parent->data;

	while (p[x] != x) {
		p[x] = p[p[x]];
		x = p[x];
	}
	return x;
}

/* The lower number becomes the root, so that a segment is known by its first member. */
static void join(GArray *parent, uint32_t a, uint32_t b)
{
	uint32_t *p = (uint32_t *)(void *)parent->data;

	a = root(parent, a);
	b = root(parent, b);
	if (a < b)
		p[b] = a;
	else
		p[a] = b;
}

/* What stands at one end of a link for one kind of frame: untagged (vlan 0), or a VLAN's tag. */
static bool port_vlan(const struct topo_iface *i, uint16_t tag, uint16_t *vlan)
{
	if (i->port == TOPO_PORT_TRUNK) {
		*vlan = tag ? tag : i->vlan;
		if (tag == 0)
			return i->vlan != 0;
		for (uint32_t k = 0; k < i->n_trunk; k++)
			if (i->trunk[k] == tag)
				return true;
		return false;
	}
	*vlan = i->port == TOPO_PORT_ACCESS ? i->vlan : 1;
	return tag == 0;
}

struct end {
	uint32_t vertex; /* of the graph */
	uint32_t element; /* of the union-find */
	uint32_t iface;  /* global number, TOPO_NONE for a switch */
	bool transit;    /* a way may lead through it */
};

static bool end_of(struct work *w, const struct topo_end *e, uint16_t tag, struct end *out)
{
	const struct scenario *s = w->g->scenario;
	const struct topo_node *n = &s->nodes[e->node];
	uint16_t vlan;

	if (n->kind != TOPO_SWITCH) {
		uint32_t iface = w->g->iface_base[e->node] + e->iface;

		*out = (struct end){e->node, iface, iface, topo_forwards(n)};
		return tag == 0;
	}
	if (!port_vlan(&n->ifaces[e->iface], tag, &vlan))
		return false;
	uint32_t v = vlan_vertex(w, e->node, vlan);
	*out = (struct end){s->n_nodes + v, w->g->n_ifaces + v, TOPO_NONE, true};
	return true;
}

static void edge(struct work *w, const struct end *a, const struct end *b, vtime delay)
{
	struct graph_edge e = {b->vertex, a->iface, b->iface, delay.ns};

	if (!b->transit)
		return;
	g_array_append_val(w->from, a->vertex);
	g_array_append_val(w->edges, e);
}

static void connect(struct work *w, const struct topo_link *l, uint16_t tag)
{
	struct end a, b;

	if (!end_of(w, &l->end[0], tag, &a) || !end_of(w, &l->end[1], tag, &b))
		return;
	join(w->parent, a.element, b.element);
	edge(w, &a, &b, l->dir[0].delay);
	edge(w, &b, &a, l->dir[1].delay);
}

static void read_links(struct work *w)
{
	const struct scenario *s = w->g->scenario;

	for (uint32_t k = 0; k < s->n_links; k++) {
		const struct topo_link *l = &s->links[k];
		const struct topo_iface *a = &s->nodes[l->end[0].node].ifaces[l->end[0].iface];

		connect(w, l, 0);
		if (s->nodes[l->end[0].node].kind == TOPO_SWITCH)
			for (uint32_t t = 0; t < a->n_trunk; t++)
				connect(w, l, a->trunk[t]);
	}
}

static void sort_edges(struct work *w)
{
	struct segments *g = w->g;
	uint32_t n = w->edges->len;

	g->n_vertices = g->scenario->n_nodes + w->n_vlans;
	g->edge_start = g_new0(uint32_t, g->n_vertices + 1);
	g->edges = g_new(struct graph_edge, n + 1);
	for (uint32_t k = 0; k < n; k++)
		g->edge_start[g_array_index(w->from, uint32_t, k) + 1]++;
	for (uint32_t v = 0; v < g->n_vertices; v++)
		g->edge_start[v + 1] += g->edge_start[v];
	uint32_t *at = g_memdup2(g->edge_start, (g->n_vertices + 1) * sizeof(*at));
	for (uint32_t k = 0; k < n; k++)
		g->edges[at[g_array_index(w->from, uint32_t, k)]++] =
			g_array_index(w->edges, struct graph_edge, k);
	g_free(at);
}

/* ---- segments, numbered so that what lies together gets neighbouring numbers ---- */

struct order {
	struct segments *g;
	uint32_t *number;  /* root element -> segment number + 1; 0: none yet */
	GArray *parent;
	bool *seen;        /* vertices */
	uint32_t *stack;
};

static void number_segment(struct order *o, uint32_t iface)
{
	uint32_t r = root(o->parent, iface);

	if (!o->number[r])
		o->number[r] = ++o->g->n_segments;
}

static bool iface_is_linked(const struct topo_iface *i)
{
	return i->link != TOPO_NONE;
}

/*
 * Depth first through the routers: a router's own segments, then one neighbour with all that is
 * behind it, then the next. The networks of a subtree are thus contiguous, and routers elsewhere
 * can speak of it with few prefixes.
 */
static void number_from(struct order *o, uint32_t first)
{
	const struct segments *g = o->g;
	const struct scenario *s = g->scenario;
	uint32_t depth = 0;

	o->stack[depth++] = first;
	o->seen[first] = true;
	while (depth) {
		uint32_t v = o->stack[--depth];

		if (v < s->n_nodes && s->nodes[v].kind != TOPO_SWITCH)
			for (uint32_t k = 0; k < s->nodes[v].n_ifaces; k++)
				if (iface_is_linked(&s->nodes[v].ifaces[k]))
					number_segment(o, g->iface_base[v] + k);
		for (uint32_t e = g->edge_start[v + 1]; e-- > g->edge_start[v];) {
			uint32_t to = g->edges[e].to;

			if (!o->seen[to]) {
				o->seen[to] = true;
				o->stack[depth++] = to;
			}
		}
	}
}

static void number_segments(struct work *w)
{
	struct segments *g = w->g;
	const struct scenario *s = g->scenario;
	struct order o = {
		.g = g,
		.number = g_new0(uint32_t, w->parent->len),
		.parent = w->parent,
		.seen = g_new0(bool, g->n_vertices + 1),
		.stack = g_new(uint32_t, g->n_vertices + 1),
	};

	for (uint32_t n = 0; n < s->n_nodes; n++)
		if (s->nodes[n].kind != TOPO_SWITCH && topo_forwards(&s->nodes[n]) && !o.seen[n])
			number_from(&o, n);
	g->segment_of = g_new(uint32_t, g->n_ifaces + 1);
	for (uint32_t i = 0; i < g->n_ifaces; i++) {
		bool in_one = s->nodes[g->node_of[i]].kind != TOPO_SWITCH &&
			      iface_is_linked(segments_iface(g, i));

		if (in_one)
			number_segment(&o, i);
		g->segment_of[i] = in_one ? o.number[root(o.parent, i)] - 1 : TOPO_NONE;
	}
	g_free(o.number);
	g_free(o.seen);
	g_free(o.stack);
}

static void list_members(struct segments *g)
{
	const struct scenario *s = g->scenario;

	g->member_start = g_new0(uint32_t, g->n_segments + 1);
	g->members = g_new(uint32_t, g->n_ifaces + 1);
	for (uint32_t i = 0; i < g->n_ifaces; i++)
		if (g->segment_of[i] != TOPO_NONE)
			g->member_start[g->segment_of[i] + 1]++;
	for (uint32_t k = 0; k < g->n_segments; k++)
		g->member_start[k + 1] += g->member_start[k];
	uint32_t *at = g_memdup2(g->member_start, (g->n_segments + 1) * sizeof(*at));
	for (int routers = 1; routers >= 0; routers--)
		for (uint32_t i = 0; i < g->n_ifaces; i++)
			if (g->segment_of[i] != TOPO_NONE &&
			    topo_forwards(&s->nodes[g->node_of[i]]) == routers)
				g->members[at[g->segment_of[i]]++] = i;
	g_free(at);
}

bool topo_forwards(const struct topo_node *n)
{
	bool forwards = n->kind == TOPO_ROUTER;

	for (uint32_t k = 0; k < n->n_sysctls; k++)
		if (strcmp(n->sysctls[k].def->name, "net.ipv4.ip_forward") == 0)
			forwards = strcmp(n->sysctls[k].value, "0") != 0;
	return forwards;
}

struct segments *segments_new(const struct scenario *s)
{
	struct segments *g = g_new0(struct segments, 1);

	g->scenario = s;
	g->iface_base = g_new(uint32_t, s->n_nodes + 1);
	for (uint32_t n = 0; n < s->n_nodes; n++) {
		g->iface_base[n] = g->n_ifaces;
		g->n_ifaces += s->nodes[n].n_ifaces;
	}
	g->iface_base[s->n_nodes] = g->n_ifaces;
	g->node_of = g_new(uint32_t, g->n_ifaces + 1);
	for (uint32_t n = 0; n < s->n_nodes; n++)
		for (uint32_t k = 0; k < s->nodes[n].n_ifaces; k++)
			g->node_of[g->iface_base[n] + k] = n;

	struct work w = {
		.g = g,
		.vlans = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
		.parent = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.from = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.edges = g_array_new(FALSE, FALSE, sizeof(struct graph_edge)),
	};
	for (uint32_t i = 0; i < g->n_ifaces; i++)
		g_array_append_val(w.parent, i);
	read_links(&w);
	sort_edges(&w);
	number_segments(&w);
	list_members(g);
	g_hash_table_destroy(w.vlans);
	g_array_free(w.parent, TRUE);
	g_array_free(w.from, TRUE);
	g_array_free(w.edges, TRUE);
	return g;
}

void segments_free(struct segments *g)
{
	if (!g)
		return;
	g_free(g->iface_base);
	g_free(g->node_of);
	g_free(g->segment_of);
	g_free(g->member_start);
	g_free(g->members);
	g_free(g->edge_start);
	g_free(g->edges);
	g_free(g);
}
