#include "topo/read/read.h"

#include "topo/notation/range.h"
#include "topo/notation/notation.h"
#include "topo/notation/units.h"

const struct yaml_node *value_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_pair *pair = yaml_map_find(map, key);

	return pair && !yaml_is_null(pair->value) && !pair->value->bad ? pair->value : NULL;
}

const struct yaml_node *section_of(const struct reader *r, const char *key, enum yaml_kind kind)
{
	const struct yaml_pair *pair = yaml_map_find(r->root, key);

	return pair && pair->value->kind == kind ? pair->value : NULL;
}

size_t value_count(const struct yaml_node *value)
{
	if (!value || yaml_is_null(value))
		return 0;
	return value->kind == YAML_LIST ? value->n : 1;
}

const struct yaml_node *value_item(const struct yaml_node *value, size_t i)
{
	return value->kind == YAML_LIST ? value->items[i] : value;
}

void value_good(bool ok)
{
	if (!ok)
		g_error("a value that the schema accepts cannot be read");
}

vtime value_time(const struct yaml_node *value)
{
	char why[UNITS_WHY];
	int64_t ns = 0;

	value_good(units_time(value->text, &ns, why));
	return vtime_ns(ns);
}

uint64_t value_rate(const struct yaml_node *value)
{
	char why[UNITS_WHY];
	uint64_t rate = 0;

	value_good(units_rate(value->text, &rate, why));
	return rate;
}

uint64_t value_count_of(const struct yaml_node *value)
{
	char why[UNITS_WHY];
	uint64_t n = 0;

	value_good(units_count(value->text, &n, why));
	return n;
}

uint64_t value_bytes(const struct yaml_node *value)
{
	char why[UNITS_WHY];
	uint64_t n = 0;

	value_good(units_count(value->text, &n, why) || units_size(value->text, &n, why));
	return n;
}

double value_share(const struct yaml_node *value)
{
	char why[UNITS_WHY];
	double share = 0;

	value_good(units_share(value->text, &share, why));
	return share;
}

double value_number(const struct yaml_node *value)
{
	char why[UNITS_WHY];
	double number = 0;

	value_good(units_number(value->text, &number, why));
	return number;
}

bool index_add(GHashTable *table, const char *name, uint32_t index)
{
	if (g_hash_table_contains(table, name))
		return false;
	return g_hash_table_insert(table, (char *)name, GUINT_TO_POINTER(index + 1));
}

uint32_t index_find(GHashTable *table, const char *name)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(table, name)) - 1;
}

static bool node_undefined(struct reader *r, struct place at, const char *name)
{
	struct nearest nearest = nearest_to(name);

	if (r->lost & READ_LOST_NODES)
		return false;
	for (uint32_t i = 0; i < r->s->n_nodes; i++)
		nearest_try(&nearest, r->s->nodes[i].name);
	place_error(r->error, at, "there is no node '%s'%s", name, nearest_hint(&nearest));
	return false;
}

static bool link_undefined(struct reader *r, struct place at, const char *name)
{
	struct nearest nearest = nearest_to(name);

	if (r->lost & READ_LOST_LINKS)
		return false;
	for (uint32_t i = 0; i < r->s->n_links; i++)
		nearest_try(&nearest, r->s->links[i].name);
	place_error(r->error, at, "there is no link '%s'%s", name, nearest_hint(&nearest));
	return false;
}

bool read_pcap_filter(struct reader *r, const struct yaml_node *filter)
{
	int (*check)(const char *, char *, size_t) = r->options->filter_check;
	g_autofree char *meant = filter ? notation_pcap_words(filter->text) : NULL;
	char why[NOTATION_WHY], other[NOTATION_WHY];

	if (!filter || !check || !check(filter->text, why, sizeof(why)))
		return true;
	if (meant && !check(meant, other, sizeof(other)))
		place_error(r->error, filter->at, "filter '%s' is wrong; pcap-filter says %s", filter->text,
			    meant);
	else
		place_error(r->error, filter->at, "filter '%s' is wrong: %s", filter->text, why);
	return false;
}

bool read_end(struct reader *r, const struct yaml_node *value, uint32_t *node, uint32_t *iface)
{
	struct end_text end;
	char why[NOTATION_WHY];
	const struct topo_node *n;

	value_good(notation_end(r->arena, value->text, &end, why));
	*node = scenario_node(r->s, end.node);
	*iface = TOPO_NONE;
	if (*node == TOPO_NONE)
		return node_undefined(r, value->at, end.node);
	if (!end.iface)
		return true;
	n = &r->s->nodes[*node];
	*iface = scenario_iface(n, end.iface);
	if (*iface != TOPO_NONE || (r->lost & READ_LOST_LINKS))
		return *iface != TOPO_NONE;
	place_error(r->error, value->at, "'%s' has no interface '%s'%s", n->name, end.iface,
		    read_iface_hint(r, n, end.iface));
	return false;
}

/* All names that the items of `value` stand for, looked up with `find`. */
static bool names_read(struct reader *r, const struct yaml_node *value, uint32_t **list, uint32_t *n,
		       uint32_t (*find)(const struct scenario *, const char *),
		       bool (*undefined)(struct reader *, struct place, const char *))
{
	char why[RANGE_WHY];
	struct range range;

	*list = NULL;
	*n = 0;
	for (size_t i = 0; i < value_count(value); i++) {
		const struct yaml_node *item = value_item(value, i);

		if (!range_read(item->text, &range, why)) {
			place_error(r->error, item->at, "%s", why);
			return false;
		}
		for (uint32_t k = 0; k < range.count; k++) {
			const char *name = range_name(r->arena, &range, k);
			uint32_t index = find(r->s, name);

			if (index == TOPO_NONE)
				return undefined(r, item->at, name);
			*list = arena_grow(r->arena, *list, *n, sizeof(**list));
			(*list)[(*n)++] = index;
		}
	}
	return true;
}

bool read_node_names(struct reader *r, const struct yaml_node *value, uint32_t **list, uint32_t *n)
{
	return names_read(r, value, list, n, scenario_node, node_undefined);
}

bool read_link_names(struct reader *r, const struct yaml_node *value, uint32_t **list, uint32_t *n)
{
	return names_read(r, value, list, n, scenario_link, link_undefined);
}
