#include "topo/read/read.h"

#include <string.h>

#include "topo/notation/notation.h"
#include "topo/notation/range.h"

/* One item of `links` before its ranges are expanded. */
struct link_text {
	struct range node[2];
	struct range iface[2];
	bool has_iface[2];
	struct range name;
	bool has_name;
	uint32_t count;
	struct place at;
	struct place end_at[2];
};

/* The interface that an end names, by link; NULL: the next free ethN. */
struct end_name {
	const char *name[2];
};

static bool range_take(struct reader *r, const char *text, struct place at, struct range *range)
{
	char why[RANGE_WHY];

	if (range_read(text, range, why))
		return true;
	place_error(r->error, at, "%s", why);
	return false;
}

static bool ends_read(struct reader *r, const struct yaml_node *item, struct end_text ends[2],
		      struct place at[2])
{
	const struct yaml_node *between = item->kind == YAML_MAP ? value_of(item, "between") : NULL;
	char why[NOTATION_WHY];

	if (item->kind == YAML_SCALAR && !yaml_is_null(item)) {
		value_good(notation_pair(r->arena, item->text, ends, why));
		return true;
	}
	if (!between || between->n != 2) {
		place_error(r->error, between ? between->at : item->at, "a link has two ends; expected "
			    "between: [a, b]");
		return false;
	}
	for (int i = 0; i < 2; i++) {
		value_good(notation_end(r->arena, between->items[i]->text, &ends[i], why));
		at[i] = between->items[i]->at;
	}
	return true;
}

/* How many links an item makes: ranges pair up one to one, or all with one. */
static bool count_links(struct reader *r, struct link_text *t)
{
	uint32_t many = 1;
	const struct range *parts[] = { &t->node[0], &t->node[1], &t->iface[0], &t->iface[1], &t->name };

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		uint32_t n = parts[i]->many ? parts[i]->count : 1;

		if (n == 1 || n == many)
			continue;
		if (many > 1) {
			place_error(r->error, t->at, "ranges of %u and %u names do not pair up; expected "
				    "equal ones, or one and a single name", many, n);
			return false;
		}
		many = n;
	}
	t->count = many;
	if (t->has_name && many > 1 && !t->name.many) {
		place_error(r->error, t->at, "one name for %u links; expected a range such as %s[1..%u]",
			    many, t->name.text, many);
		return false;
	}
	return true;
}

static bool link_text_read(struct reader *r, const struct yaml_node *item, struct link_text *t)
{
	const struct yaml_node *name = item->kind == YAML_MAP ? value_of(item, "name") : NULL;
	struct end_text ends[2];

	*t = (struct link_text){ .at = item->at, .end_at = { item->at, item->at } };
	if (!ends_read(r, item, ends, t->end_at))
		return false;
	for (int i = 0; i < 2; i++) {
		t->has_iface[i] = ends[i].iface != NULL;
		if (!range_take(r, ends[i].node, t->end_at[i], &t->node[i]) ||
		    (ends[i].iface && !range_take(r, ends[i].iface, t->end_at[i], &t->iface[i])))
			return false;
	}
	t->has_name = name != NULL;
	if (name && !range_take(r, name->text, name->at, &t->name))
		return false;
	return count_links(r, t);
}

/* The i-th name of a range, or the only one. */
static const char *part_name(struct reader *r, const struct range *part, uint32_t i)
{
	return range_name(r->arena, part, part->count > 1 ? i : 0);
}

static uint32_t end_node(struct reader *r, const struct link_text *t, int side, uint32_t i)
{
	const char *name = part_name(r, &t->node[side], i);
	uint32_t node = scenario_node(r->s, name);
	struct nearest nearest = nearest_to(name);

	if (node != TOPO_NONE || (r->lost & READ_LOST_NODES))
		return node;
	for (uint32_t k = 0; k < r->s->n_nodes; k++)
		nearest_try(&nearest, r->s->nodes[k].name);
	place_error(r->error, t->end_at[side], "there is no node '%s'%s", name, nearest_hint(&nearest));
	return TOPO_NONE;
}

/* a--b, and a--b#2, a--b#3 for those beside it. */
static const char *plain_name(struct reader *r, const struct topo_link *link)
{
	GHashTable *parallel = r->s->priv->parallel;
	const char *name = arena_printf(r->arena, "%s--%s", r->s->nodes[link->end[0].node].name,
					r->s->nodes[link->end[1].node].name);
	uint32_t n = index_find(parallel, name) + 2;	/* 1 for the first */

	g_hash_table_insert(parallel, (char *)name, GUINT_TO_POINTER(n));
	return n == 1 ? name : arena_printf(r->arena, "%s#%u", name, n);
}

static bool link_add(struct reader *r, const struct link_text *t, const struct topo_dir *dir,
		     uint32_t i, struct end_name **names)
{
	struct scenario *s = r->s;
	struct topo_link link = { .at = t->at, .dir = dir };
	struct end_name ends = { { NULL, NULL } };

	for (int side = 0; side < 2; side++) {
		link.end[side].node = end_node(r, t, side, i);
		if (link.end[side].node == TOPO_NONE)
			return false;
		if (t->has_iface[side])
			ends.name[side] = part_name(r, &t->iface[side], i);
	}
	if (link.end[0].node == link.end[1].node) {
		place_error(r->error, t->at, "a link from '%s' to itself; expected two different nodes",
			    s->nodes[link.end[0].node].name);
		return false;
	}
	link.name = t->has_name ? part_name(r, &t->name, i) : plain_name(r, &link);
	if (!index_add(s->priv->links, link.name, s->n_links)) {
		place_error(r->error, t->at, "duplicate link '%s'; expected a name of its own",
			    link.name);
		return false;
	}
	s->links = arena_grow(r->arena, s->links, s->n_links, sizeof(s->links[0]));
	*names = arena_grow(r->arena, *names, s->n_links, sizeof(**names));
	(*names)[s->n_links] = ends;
	s->links[s->n_links++] = link;
	return true;
}

static bool links_expand(struct reader *r, const struct yaml_node *item, struct end_name **names)
{
	struct topo_dir dir[2] = { read_dir_default(), read_dir_default() };
	struct link_text t;
	bool ok = true;

	if (item->bad || !link_text_read(r, item, &t) ||
	    (item->kind == YAML_MAP && !read_dirs(r, item, dir)))
		return false;
	if (r->s->n_links + t.count > READ_MOST) {
		place_error(r->error, t.at, "more than %d links; expected fewer", READ_MOST);
		return false;
	}
	const struct topo_dir *shared = arena_copy(r->arena, dir, sizeof(dir));
	for (uint32_t i = 0; i < t.count; i++)
		ok = link_add(r, &t, shared, i, names) && ok;
	return ok;
}

static uint32_t iface_add(struct reader *r, struct topo_node *node, const char *name, struct place at)
{
	node->ifaces = arena_grow(r->arena, node->ifaces, node->n_ifaces, sizeof(node->ifaces[0]));
	node->ifaces[node->n_ifaces] = (struct topo_iface){ .name = name, .at = at, .link = TOPO_NONE };
	return node->n_ifaces++;
}

static void iface_join(struct scenario *s, uint32_t link, int side, uint32_t iface)
{
	struct topo_iface *i = &s->nodes[s->links[link].end[side].node].ifaces[iface];

	s->links[link].end[side].iface = iface;
	i->link = link;
	i->side = (uint8_t)side;
}

/* `known` finds every named interface by "NODE:NAME", NODE being its index. */
static const char *iface_key(struct reader *r, uint32_t node, const char *name)
{
	return arena_printf(r->arena, "%u:%s", node, name);
}

/* The interface of that name, made if it is not there. */
static uint32_t iface_named(struct reader *r, uint32_t node, const char *name, struct place at,
			    GHashTable *known)
{
	const char *key = iface_key(r, node, name);
	uint32_t iface = index_find(known, key);

	if (iface == TOPO_NONE) {
		iface = iface_add(r, &r->s->nodes[node], name, at);
		index_add(known, key, iface);
	}
	return iface;
}

static bool end_join(struct reader *r, uint32_t l, int side, const char *name, GHashTable *known)
{
	struct scenario *s = r->s;
	struct topo_link *link = &s->links[l];
	uint32_t iface = iface_named(r, link->end[side].node, name, link->at, known);
	struct topo_node *node = &s->nodes[link->end[side].node];

	if (node->ifaces[iface].link != TOPO_NONE) {
		place_error(r->error, link->at, "interface '%s:%s' is on link '%s' already; expected "
			    "another one", node->name, name, s->links[node->ifaces[iface].link].name);
		return false;
	}
	iface_join(s, l, side, iface);
	return true;
}

/* First the ends that say which interface they mean. */
static bool join_named(struct reader *r, const struct end_name *names)
{
	GHashTable *known = g_hash_table_new(g_str_hash, g_str_equal);
	struct scenario *s = r->s;
	bool ok = true;

	for (uint32_t n = 0; n < s->n_nodes; n++)
		for (uint32_t i = 0; i < s->nodes[n].n_ifaces; i++)
			index_add(known, iface_key(r, n, s->nodes[n].ifaces[i].name), i);
	for (uint32_t l = 0; l < s->n_links; l++)
		for (int side = 0; side < 2; side++)
			if (names[l].name[side])
				ok = end_join(r, l, side, names[l].name[side], known) && ok;
	g_hash_table_destroy(known);
	return ok;
}

/* Then the others get eth0 or the next free ethN, in the order of the links. A
 * declared ethN that no link names is free; `next` remembers each node's N. */
static void join_others(struct reader *r, const struct end_name *names)
{
	struct scenario *s = r->s;
	uint32_t *next = g_new0(uint32_t, s->n_nodes), *named = g_new(uint32_t, s->n_nodes);
	GPtrArray *eth = g_ptr_array_new();

	for (uint32_t n = 0; n < s->n_nodes; n++)
		named[n] = s->nodes[n].n_ifaces;
	for (uint32_t l = 0; l < s->n_links; l++)
		for (int side = 0; side < 2; side++) {
			uint32_t n = s->links[l].end[side].node, iface = TOPO_NONE;
			struct topo_node *node = &s->nodes[n];

			if (names[l].name[side])
				continue;
			while (iface == TOPO_NONE) {
				const char *name;
				uint32_t i = 0;

				if (next[n] == eth->len)
					g_ptr_array_add(eth, arena_printf(r->arena, "eth%u", eth->len));
				name = g_ptr_array_index(eth, next[n]++);
				while (i < named[n] && strcmp(node->ifaces[i].name, name))
					i++;
				if (i == named[n])
					iface = iface_add(r, node, name, s->links[l].at);
				else if (node->ifaces[i].link == TOPO_NONE)
					iface = i;
			}
			iface_join(s, l, side, iface);
		}
	g_ptr_array_free(eth, TRUE);
	g_free(next);
	g_free(named);
}

bool read_links(struct reader *r)
{
	const struct yaml_node *list = section_of(r, "links", YAML_LIST);
	struct end_name *names = NULL;
	bool ok = true;

	for (size_t i = 0; list && i < list->n; i++)
		ok = links_expand(r, list->items[i], &names) && ok;
	ok = join_named(r, names) && ok;
	join_others(r, names);
	if (!ok)
		r->lost |= READ_LOST_LINKS;
	return ok;
}
