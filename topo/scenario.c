#include "topo/scenario.h"

#include <string.h>

#include "topo/yaml/include.h"
#include "topo/read/read.h"
#include "topo/schema/schema.h"
#include "topo/yaml/set.h"

static void addressing_read(const struct yaml_node *map, struct topo_addressing *a)
{
	const struct yaml_node *value;

	*a = (struct topo_addressing){ .ipv4 = true, .ipv6 = true, .len4 = IPADDR_V4_BITS + 24,
				       .len6 = 64 };
	value_good(prefix_parse("10.0.0.0/8", &a->pool4) && prefix_parse("fd00::/16", &a->pool6));
	if ((value = value_of(map, "ipv4")))
		a->ipv4 = prefix_parse(value->text, &a->pool4);
	if ((value = value_of(map, "ipv6")))
		a->ipv6 = prefix_parse(value->text, &a->pool6);
	if ((value = value_of(map, "ipv4_prefix")))
		a->len4 = (uint8_t)(IPADDR_V4_BITS + value_count_of(value));
	if ((value = value_of(map, "ipv6_prefix")))
		a->len6 = (uint8_t)value_count_of(value);
}

/* A segment's network has to fit into the pool that it is taken from. */
static bool addressing_check(struct reader *r, const struct topo_addressing *a)
{
	const struct yaml_pair *pair = yaml_map_find(r->root, "addressing");
	bool four = a->ipv4 && a->len4 < a->pool4.len, six = a->ipv6 && a->len6 < a->pool6.len;

	if (four || six)
		place_error(r->error, pair->at, "networks of /%u do not fit into the /%u that they are "
			    "taken from; expected a longer %s_prefix",
			    four ? a->len4 - IPADDR_V4_BITS : a->len6,
			    prefix_text_len(four ? &a->pool4 : &a->pool6), four ? "ipv4" : "ipv6");
	return !four && !six;
}

static bool top_read(struct reader *r)
{
	const struct yaml_node *value;
	struct scenario *s = r->s;

	s->title = (value = value_of(r->root, "title")) ? value->text : NULL;
	s->description = (value = value_of(r->root, "description")) ? value->text : NULL;
	s->seed = (value = value_of(r->root, "seed")) ? value_count_of(value) : 1;
	value = value_of(r->root, "duration");
	s->has_duration = value != NULL;
	s->duration = value ? value_time(value) : VTIME_NEVER;
	addressing_read(value_of(r->root, "addressing"), &s->addressing);
	return addressing_check(r, &s->addressing);
}

static struct scenario *scenario_new(const char *path)
{
	struct arena *arena = arena_new();
	struct scenario *s = arena_alloc(arena, sizeof(*s));
	g_autofree char *name = g_path_get_basename(path);

	s->priv = arena_alloc(arena, sizeof(*s->priv));
	s->priv->arena = arena;
	s->priv->nodes = g_hash_table_new(g_str_hash, g_str_equal);
	s->priv->links = g_hash_table_new(g_str_hash, g_str_equal);
	s->priv->parallel = g_hash_table_new(g_str_hash, g_str_equal);
	s->priv->steps = g_hash_table_new(g_str_hash, g_str_equal);
	s->priv->labels = g_hash_table_new(g_str_hash, g_str_equal);
	s->priv->traces = g_hash_table_new(g_str_hash, g_str_equal);
	if (g_str_has_suffix(name, ".yaml"))
		name[strlen(name) - 5] = '\0';
	else if (g_str_has_suffix(name, ".yml"))
		name[strlen(name) - 4] = '\0';
	s->file = arena_text(arena, path);
	s->name = arena_text(arena, name);
	return s;
}

/* Everything is read, whatever is wrong elsewhere, unless it would be judged by what is missing. */
static void scenario_read(struct reader *r)
{
	top_read(r);
	read_nodes(r);
	read_links(r);
	if (!r->lost) {
		check_nodes(r);
		check_addresses(r);
	}
	read_steps(r);
	read_services(r);
	if (!*r->error)
		read_dhcp_services(r);
	read_expects(r);
	read_captures(r);
	read_series(r);
}

/* A key that nobody knows may have been meant to be any; a section that is no list has no names. */
static unsigned sections_lost(const struct yaml_node *root)
{
	unsigned lost = 0;

	for (size_t i = 0; i < root->n; i++) {
		const struct yaml_pair *pair = &root->pairs[i];
		bool list = pair->value->kind == YAML_LIST || yaml_is_null(pair->value);

		if (!schema_find("scenario", pair->key))
			lost |= READ_LOST_NODES | READ_LOST_LINKS | READ_LOST_STEPS;
		if (!list && !strcmp(pair->key, "links"))
			lost |= READ_LOST_LINKS;
		if (!list && !strcmp(pair->key, "run"))
			lost |= READ_LOST_STEPS;
	}
	return lost;
}

/* From the merged tree to the model; `found` is what was wrong with its text, or NULL. `s` is freed
 * when something is wrong. */
static struct scenario *tree_read(struct scenario *s, struct yaml_node *root,
				  const struct scenario_options *options, GError *found, GError **error)
{
	static const struct scenario_options nothing = { 0 };
	const struct yaml_node *nodes;
	struct reader r = { .arena = s->priv->arena, .s = s, .options = options ? options : &nothing,
			    .root = root, .error = &found };

	for (char **set = r.options->sets; root && set && *set; set++)
		set_apply(r.arena, root, *set, &found);
	if (root)
		schema_check(root, &found);
	r.lost = root ? sections_lost(root) : 0;
	nodes = root ? section_of(&r, "nodes", YAML_MAP) : NULL;
	if (nodes && nodes->n)
		scenario_read(&r);
	else if (root && !found)
		place_error(&found, yaml_map_find(root, "nodes")->at, "'nodes' is empty; expected at "
			    "least one machine");
	if (root && !found)
		return s;
	scenario_free(s);
	if (found)
		g_propagate_error(error, found);
	return NULL;
}

struct scenario *scenario_load(const char *path, const struct scenario_options *options,
			       GError **error)
{
	struct scenario *s = scenario_new(path);

	GError *found = NULL;
	struct yaml_node *root = include_load(s->priv->arena, path, &found);

	return tree_read(s, root, options, found, error);
}

struct scenario *scenario_parse(const char *text, size_t length, const char *shown,
				const struct scenario_options *options, GError **error)
{
	struct scenario *s = scenario_new(shown);

	GError *found = NULL;
	struct yaml_node *root = include_parse(s->priv->arena, text, length, shown, &found);

	return tree_read(s, root, options, found, error);
}

void scenario_free(struct scenario *s)
{
	if (!s)
		return;
	g_hash_table_destroy(s->priv->nodes);
	g_hash_table_destroy(s->priv->links);
	g_hash_table_destroy(s->priv->parallel);
	g_hash_table_destroy(s->priv->steps);
	g_hash_table_destroy(s->priv->labels);
	g_hash_table_destroy(s->priv->traces);
	arena_free(s->priv->arena);
}

uint32_t scenario_node(const struct scenario *s, const char *name)
{
	return index_find(s->priv->nodes, name);
}

uint32_t scenario_link(const struct scenario *s, const char *name)
{
	return index_find(s->priv->links, name);
}

uint32_t scenario_iface(const struct topo_node *node, const char *name)
{
	for (uint32_t i = 0; i < node->n_ifaces; i++)
		if (!strcmp(node->ifaces[i].name, name))
			return i;
	return TOPO_NONE;
}
