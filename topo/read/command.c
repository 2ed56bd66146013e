#include "topo/read/read.h"

#include <stdio.h>
#include <string.h>

#include "topo/notation/range.h"
#include "topo/notation/words.h"

/* Whose command line it is. */
struct asker {
	bool lost;			/* there may be more nodes */
	const struct scenario *s;
	const struct topo_node *node;
};

/* "fe80::1%eth0" is an address too. */
static bool is_address(const char *host)
{
	g_autofree char *plain = g_strndup(host, strcspn(host, "%"));
	struct ipaddr ip;

	return ipaddr_parse(plain, &ip);
}

static bool own_name(const struct topo_node *node, const char *host)
{
	for (uint32_t i = 0; i < node->n_hosts; i++)
		if (!g_ascii_strcasecmp(node->hosts[i].name, host))
			return true;
	return !strcmp(host, "localhost");
}

/* "web:80", "[fd00::1]:80": a host and something that is not part of it. */
static bool with_port(const struct scenario *s, const char *host)
{
	const char *colon = strrchr(host, ':');
	g_autofree char *name = colon ? g_strndup(host, (size_t)(colon - host)) : NULL;

	return *host == '[' || (name && (is_address(name) || scenario_node(s, name) != TOPO_NONE));
}

bool read_host_known(const struct scenario *s, const struct topo_node *node, const char *host,
		     char *why)
{
	uint32_t found = scenario_node(s, host);
	struct nearest nearest = nearest_to(host);

	if (is_address(host) || own_name(node, host))
		return true;
	if (!node->names) {
		snprintf(why, PAPER_WHY, "'%s' knows no name '%.60s' after 'names: none'; expected an "
			 "address, or it in 'hosts'", node->name, host);
		return false;
	}
	for (uint32_t i = 0; found == TOPO_NONE && i < s->n_nodes; i++) {
		nearest_try(&nearest, s->nodes[i].name);
		if (nearest.best && !nearest.steps)	/* but for its case */
			found = i;
	}
	for (uint32_t i = 0; i < node->n_hosts; i++)
		nearest_try(&nearest, node->hosts[i].name);
	if (found == TOPO_NONE && with_port(s, host))
		snprintf(why, PAPER_WHY, "'%.60s' is no host; expected its name or address alone, and a port "
			 "as a word of its own", host);
	else if (found == TOPO_NONE)
		snprintf(why, PAPER_WHY, "there is no node '%.60s'%s", host, nearest_hint(&nearest));
	else if (s->nodes[found].kind == TOPO_SWITCH)
		snprintf(why, PAPER_WHY, "'%s' is a switch and has no address; expected a host or router",
			 s->nodes[found].name);
	else
		return true;
	return false;
}

static bool host_known(void *data, const char *host, char why[PAPER_WHY])
{
	const struct asker *asker = data;

	if (asker->lost && scenario_node(asker->s, host) == TOPO_NONE)
		return true;
	return read_host_known(asker->s, asker->node, host, why);
}

bool read_arguments(struct reader *r, const struct yaml_node *value, const struct topo_node *node,
		    const struct topo_command *command)
{
	struct asker asker = { r->lost & READ_LOST_NODES, r->s, node };
	struct paper_fault fault;
	const char *word;
	size_t offset;

	if (!r->options->arguments || r->options->arguments(command->argc, command->argv, host_known,
							    &asker, &fault))
		return true;
	if (fault.word < 0) {
		place_error(r->error, value->at, "%s", fault.why);
		return false;
	}
	/* Words are where they were, though a name may stand for a range now. */
	offset = words_offset(value->text, fault.word);
	word = command->argv[fault.word];
	if (!strncmp(value->text + offset, word, strlen(word)))
		offset += fault.at;
	place_error(r->error, yaml_place(value, offset), "%s", fault.why);
	return false;
}

bool read_command(struct reader *r, const struct yaml_node *value, const char *text,
		  const struct topo_node *node, struct topo_command *command)
{
	char why[WORDS_WHY];

	*command = (struct topo_command){ .text = text, .at = value->at };
	command->argv = words_split(r->arena, text, &command->argc, why);
	value_good(command->argv != NULL);
	return read_program(r, value, command->argv[0]) && read_arguments(r, value, node, command);
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
	bool ok = true;

	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *line = value_item(list, i);

		ok = read_command(r, line, line->text, &nodes[0], &common[i]) && ok;
	}
	services_label(r, common, n);
	for (uint32_t k = 0; n && k < n_nodes; k++) {
		struct topo_command *own = arena_copy(r->arena, common, n * sizeof(*common));

		for (size_t i = 0; i < n; i++)
			own[i].result = arena_printf(r->arena, "%s.%s", own[i].label, nodes[k].name);
		nodes[k].services = own;
		nodes[k].n_services = (uint32_t)n;
	}
	return ok;
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
	const struct yaml_node *nodes = section_of(r, "nodes", YAML_MAP);
	struct range range;
	char why[RANGE_WHY];
	bool ok = true;

	for (size_t i = 0; i < nodes->n; i++) {
		const struct yaml_pair *pair = &nodes->pairs[i];
		uint32_t first;

		if (pair->value->bad) {
			r->lost |= READ_LOST_STEPS;	/* an expectation may be of its services */
			continue;
		}
		value_good(range_read(pair->key, &range, why));
		first = scenario_node(r->s, range_name(r->arena, &range, 0));
		ok = services_read(r, value_of(pair->value, "services"), &r->s->nodes[first],
				   range.count) && ok;
	}
	return ok;
}
