#include "topo/read.h"

#include <string.h>

#include "topo/range.h"
#include "topo/words.h"

static bool program_known(const struct scenario_options *o, const char *name)
{
	const char *const *known = o->programs;

	for (; known && *known; known++)
		if (!strcmp(*known, name))
			return true;
	return !o->programs;
}

/* Tools that people will look for, and that later rooms bring. */
static bool program_to_come(const char *name)
{
	static const char *const names[] = { "bird",  "curl", "dig",  "dnsmasq", "host",
					     "httpd", "mtr",  "named",	  "nginx", "wget" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

bool read_command(struct reader *r, const struct yaml_node *value, struct topo_command *command)
{
	char why[WORDS_WHY];
	struct nearest nearest;

	*command = (struct topo_command){ .text = value->text, .at = value->at };
	command->argv = words_split(r->arena, value->text, &command->argc, why);
	value_good(command->argv != NULL);
	if (program_known(r->options, command->argv[0]))
		return true;
	if (program_to_come(command->argv[0])) {
		place_error(r->error, value->at, "program '%s' is not built yet in this version; "
			    "'netarium help' lists those that are", command->argv[0]);
		return false;
	}
	nearest = nearest_to(command->argv[0]);
	nearest_try_all(&nearest, r->options->programs);
	place_error(r->error, value->at, "unknown program '%s'%s", command->argv[0],
		    nearest_hint(&nearest));
	return false;
}

/* `base`, base-2, base-3 ...: the first that is in neither table. It is added to
 * `mine`, where `base` also remembers the number reached. */
static const char *label_make(struct reader *r, const char *base, GHashTable *mine, GHashTable *others)
{
	uint32_t reached = index_find(mine, base), n = reached == TOPO_NONE ? 1 : reached;
	const char *label = base;

	while (index_find(mine, label) != TOPO_NONE || index_find(others, label) != TOPO_NONE)
		label = arena_printf(r->arena, "%s-%u", base, ++n);
	index_add(mine, label, 1);
	g_hash_table_insert(mine, (char *)base, GUINT_TO_POINTER(n + 1));
	return label;
}

const char *read_label(struct reader *r, const char *base)
{
	return label_make(r, base, r->s->priv->labels, r->s->priv->labels);
}

/* Unlike steps, services of different nodes may be called alike: only names of
 * steps and of services before it on its own node are taken. */
static void services_label(struct reader *r, struct topo_command *list, size_t n)
{
	GHashTable *mine = g_hash_table_new(g_str_hash, g_str_equal);

	for (size_t i = 0; i < n; i++)
		list[i].label = label_make(r, list[i].argv[0], mine, r->s->priv->labels);
	g_hash_table_destroy(mine);
}

/* The services of one entry of `nodes`: read once, then named for each node. */
static bool services_read(struct reader *r, const struct yaml_node *list, struct topo_node *nodes,
			  uint32_t n_nodes)
{
	size_t n = value_count(list);
	struct topo_command *common = arena_array(r->arena, struct topo_command, n);

	for (size_t i = 0; i < n; i++)
		if (!read_command(r, value_item(list, i), &common[i]))
			return false;
	services_label(r, common, n);
	for (uint32_t k = 0; n && k < n_nodes; k++) {
		struct topo_command *own = arena_copy(r->arena, common, n * sizeof(*common));

		for (size_t i = 0; i < n; i++)
			own[i].result = arena_printf(r->arena, "%s.%s", own[i].label, nodes[k].name);
		nodes[k].services = own;
		nodes[k].n_services = (uint32_t)n;
	}
	return true;
}

void read_service_add(struct reader *r, struct topo_node *node, struct place at, const char *text)
{
	uint32_t n = node->n_services;
	struct topo_command *list = arena_array(r->arena, struct topo_command, n + 1);
	GHashTable *mine = g_hash_table_new(g_str_hash, g_str_equal);
	char why[WORDS_WHY];

	for (uint32_t k = 0; k < n; k++) {
		list[k] = node->services[k];
		index_add(mine, list[k].label, 1);
	}
	list[n] = (struct topo_command){ .text = text, .at = at };
	list[n].argv = words_split(r->arena, text, &list[n].argc, why);
	value_good(list[n].argv != NULL);
	list[n].label = label_make(r, list[n].argv[0], mine, r->s->priv->labels);
	list[n].result = arena_printf(r->arena, "%s.%s", list[n].label, node->name);
	g_hash_table_destroy(mine);
	node->services = list;
	node->n_services = n + 1;
}

bool read_services(struct reader *r)
{
	const struct yaml_node *nodes = value_of(r->root, "nodes");
	struct range range;
	char why[RANGE_WHY];
	uint32_t first = 0;

	for (size_t i = 0; i < nodes->n; i++, first += range.count) {
		value_good(range_read(nodes->pairs[i].key, &range, why));
		if (!services_read(r, value_of(nodes->pairs[i].value, "services"), &r->s->nodes[first],
				   range.count))
			return false;
	}
	return true;
}
