#include "topo/read/read.h"

#include <stdlib.h>
#include <string.h>

#include "topo/notation/range.h"
#include "topo/read/inject.h"
#include "topo/schema/schema.h"
#include "topo/notation/words.h"

/* What each kind of step must and may have, besides at and after. */
static const struct {
	const char *subject;		/* the key that makes a step this kind */
	enum topo_step_kind kind;
	const char *needs;		/* another key that it must have; NULL: none */
	bool link_keys;			/* the keys of a link may stand here */
	const char *may[2];
} kinds[] = {
	{ "do", TOPO_STEP_DO, "on", false, { "on", "as" } },
	{ "inject", TOPO_STEP_DO, "on", false, { "on", "as" } },
	{ "link", TOPO_STEP_LINK, NULL, true, { "state" } },
	{ "node", TOPO_STEP_NODE, "state", false, { "state" } },
	{ "interface", TOPO_STEP_IFACE, NULL, false, { "state", "ra" } },
};

static bool key_fits(size_t kind, const char *key)
{
	if (!strcmp(key, "at") || !strcmp(key, "after") || !strcmp(key, kinds[kind].subject))
		return true;
	for (size_t i = 0; i < 2 && kinds[kind].may[i]; i++)
		if (!strcmp(key, kinds[kind].may[i]))
			return true;
	return kinds[kind].link_keys &&
	       (!strcmp(key, "forward") || !strcmp(key, "reverse") ||
		!strcmp(schema_find("step", key)->in, "dir"));
}

/* Which kind a step is; its number of rows if it is none, or wrong. */
static size_t kind_find(struct reader *r, const struct yaml_node *map)
{
	size_t kind = G_N_ELEMENTS(kinds);

	for (size_t k = 0; k < G_N_ELEMENTS(kinds) && kind == G_N_ELEMENTS(kinds); k++)
		if (value_of(map, kinds[k].subject))
			kind = k;
	if (kind == G_N_ELEMENTS(kinds)) {
		place_error(r->error, map->at, "a step does nothing; expected one of do, inject, link, "
			    "node and interface");
		return kind;
	}
	for (size_t i = 0; i < map->n; i++)
		if (!key_fits(kind, map->pairs[i].key)) {
			bool where = kinds[kind].kind == TOPO_STEP_DO && !strcmp(map->pairs[i].key, "node");

			place_error(r->error, map->pairs[i].at, "'%s' does not go with '%s'; expected %s",
				    map->pairs[i].key, kinds[kind].subject,
				    where ? "'on', which says where" : "another step for it");
			return G_N_ELEMENTS(kinds);
		}
	if (kinds[kind].needs && !value_of(map, kinds[kind].needs)) {
		place_error(r->error, map->at, "'%s' needs '%s' beside it", kinds[kind].subject,
			    kinds[kind].needs);
		return G_N_ELEMENTS(kinds);
	}
	return kind;
}

/* The same packets from each node. */
static bool inject_step_read(struct reader *r, const struct yaml_node *map, struct topo_step *step)
{
	const struct yaml_node *value = value_of(map, "inject");
	struct topo_command *commands = (struct topo_command *)step->commands;
	const struct topo_inject *inject = read_inject(r, value, step->nodes, step->n_nodes);
	char why[WORDS_WHY];
	int argc;

	if (!inject)
		return false;
	for (uint32_t i = 0; i < step->n_nodes; i++) {
		const char *text = read_inject_text(r, value, inject);

		commands[i] = (struct topo_command){ .text = text, .inject = inject, .at = value->at };
		commands[i].argv = words_split(r->arena, text, &argc, why);
		value_good(commands[i].argv != NULL);
		commands[i].argc = argc;
	}
	return true;
}

/* The processes of a `do` or `inject` step, one for each node. */
static bool do_read(struct reader *r, const struct yaml_node *map, struct topo_step *step)
{
	struct topo_command *commands;
	uint32_t *nodes;

	if (!read_node_names(r, value_of(map, "on"), &nodes, &step->n_nodes))
		return false;
	step->nodes = nodes;
	commands = arena_array(r->arena, struct topo_command, step->n_nodes);
	step->commands = commands;
	for (uint32_t i = 0; i < step->n_nodes; i++) {
		const struct topo_node *node = &r->s->nodes[nodes[i]];

		if (node->kind == TOPO_SWITCH || node->kind == TOPO_EXTERNAL) {
			place_error(r->error, value_of(map, "on")->at, "'%s' is %s and %s; expected a host "
				    "or router", node->name,
				    node->kind == TOPO_SWITCH ? "a switch" : "external",
				    value_of(map, "do") ? "runs no programs" : "injects nothing");
			return false;
		}
	}
	if (step->n_nodes && value_of(map, "inject"))
		return inject_step_read(r, map, step);
	if (step->n_nodes)
		return read_command_each(r, value_of(map, "do"), nodes, commands, step->n_nodes);
	place_error(r->error, map->at, "'on' is empty; expected at least one node");
	return false;
}

static bool link_read(struct reader *r, const struct yaml_node *map, struct topo_step *step)
{
	uint32_t *links;

	if (!read_link_names(r, value_of(map, "link"), &links, &step->n_links))
		return false;
	step->links = links;
	if (!read_dirs(r, map, step->dir))
		return false;
	if (step->dir[0].given || step->dir[1].given || value_of(map, "state"))
		return true;
	place_error(r->error, map->at, "nothing of link '%s' changes; expected a link key or state",
		    value_of(map, "link")->text);
	return false;
}

/* What changes of an interface: its state, or what it advertises. */
static bool ra_read(struct reader *r, const struct yaml_node *map, struct topo_step *step)
{
	const struct yaml_node *ra = value_of(map, "ra");
	const struct topo_node *node = &r->s->nodes[step->nodes[0]];

	step->has_ra = ra != NULL;
	if (!ra == !value_of(map, "state")) {
		place_error(r->error, map->at, "'interface' needs one of 'state' and 'ra' beside it");
		return false;
	}
	if (ra && (node->kind == TOPO_SWITCH || node->kind == TOPO_EXTERNAL)) {
		place_error(r->error, ra->at, "'%s' is %s and sends no router advertisements; expected a "
			    "host or router", node->name,
			    node->kind == TOPO_SWITCH ? "a switch" : "external");
		return false;
	}
	return read_ra(r, ra, &step->ra);
}

static bool iface_read(struct reader *r, const struct yaml_node *map, struct topo_step *step)
{
	const struct yaml_node *value = value_of(map, "interface");
	uint32_t *nodes = arena_array(r->arena, uint32_t, 1);

	if (!read_end(r, value, &nodes[0], &step->iface))
		return false;
	step->nodes = nodes;
	step->n_nodes = 1;
	if (step->iface != TOPO_NONE)
		return ra_read(r, map, step);
	place_error(r->error, value->at, "'%s' names no interface; expected one such as %s:eth0",
		    value->text, value->text);
	return false;
}

static bool subject_read(struct reader *r, const struct yaml_node *map, struct topo_step *step)
{
	const struct yaml_node *state = value_of(map, "state");
	uint32_t *nodes;

	step->has_state = state != NULL;
	step->up = state && !strcmp(state->text, "up");
	switch (step->kind) {
	case TOPO_STEP_DO:
		return do_read(r, map, step);
	case TOPO_STEP_LINK:
		return link_read(r, map, step);
	case TOPO_STEP_IFACE:
		return iface_read(r, map, step);
	case TOPO_STEP_NODE:
		break;
	}
	if (!read_node_names(r, value_of(map, "node"), &nodes, &step->n_nodes))
		return false;
	step->nodes = nodes;
	return true;
}

static bool step_read(struct reader *r, const struct yaml_node *map, struct topo_step *step)
{
	const struct yaml_node *at = value_of(map, "at"), *after = value_of(map, "after");
	size_t kind = map->bad ? G_N_ELEMENTS(kinds) : kind_find(r, map);

	*step = (struct topo_step){ .place = map->at, .after = TOPO_NONE, .iface = TOPO_NONE };
	if (kind == G_N_ELEMENTS(kinds))
		return false;
	step->kind = kinds[kind].kind;
	if (at)
		step->at = value_time(at);
	if (at && after) {
		place_error(r->error, after->at, "'at' and 'after' do not go together; expected one");
		return false;
	}
	return subject_read(r, map, step);
}

static bool name_take(struct reader *r, const struct yaml_node *as, struct topo_step *step, uint32_t i)
{
	bool meant = !strcmp(as->text, "packets") || !strcmp(as->text, "fairness");
	char why[RANGE_WHY];

	if (!name_is_good(as->text, why)) {
		place_error(r->error, as->at, "%s", why);
		return false;
	}
	if (meant || !index_add(r->s->priv->labels, as->text, 1)) {
		place_error(r->error, as->at, meant
			    ? "'%s' has a meaning of its own in 'expect'; expected another name"
			    : "duplicate name '%s' of a step; expected another one", as->text);
		return false;
	}
	step->name = as->text;
	return index_add(r->s->priv->steps, as->text, i);
}

static void results_name(struct reader *r, struct topo_step *step)
{
	struct topo_command *commands = (struct topo_command *)step->commands;

	for (uint32_t i = 0; i < step->n_nodes; i++) {
		commands[i].label = step->name;
		commands[i].result = step->n_nodes == 1 ? step->name
				   : arena_printf(r->arena, "%s.%s", step->name,
						  r->s->nodes[step->nodes[i]].name);
	}
}

/* First the names that people gave, then programs' names for the others. */
static bool steps_name(struct reader *r, const struct yaml_node *list)
{
	struct scenario *s = r->s;
	bool ok = true;

	for (uint32_t i = 0; i < s->n_steps; i++) {
		const struct yaml_node *as = value_of(list->items[i], "as");

		if (as)
			ok = name_take(r, as, &s->steps[i], i) && ok;
	}
	for (uint32_t i = 0; i < s->n_steps; i++) {
		struct topo_step *step = &s->steps[i];

		if (step->kind != TOPO_STEP_DO)
			continue;
		if (!step->name && !step->commands) {
			r->lost |= READ_LOST_STEPS;
			continue;
		}
		if (!step->name) {
			step->name = read_label(r, step->commands[0].argv[0]);
			index_add(s->priv->steps, step->name, i);
		}
		results_name(r, step);
	}
	return ok;
}

static bool after_read(struct reader *r, const struct yaml_node *after, struct topo_step *step)
{
	struct nearest nearest = nearest_to(after->text);

	step->after = index_find(r->s->priv->steps, after->text);
	if (step->after != TOPO_NONE || (r->lost & READ_LOST_STEPS))
		return step->after != TOPO_NONE;
	for (uint32_t i = 0; i < r->s->n_steps; i++)
		nearest_try(&nearest, r->s->steps[i].name);
	place_error(r->error, after->at, "there is no step '%s'%s", after->text, nearest_hint(&nearest));
	return false;
}

/* Whether `after` leads from a step back to itself. `known` marks the steps from
 * which it is known that it does not, so that each is passed once. */
static bool leads_back(const struct scenario *s, uint32_t start, bool *known)
{
	uint32_t step = start, n = 0;

	while (step != TOPO_NONE && !known[step] && n++ <= s->n_steps)
		step = s->steps[step].after;
	if (step != TOPO_NONE && !known[step])
		return true;
	for (step = start; step != TOPO_NONE && !known[step]; step = s->steps[step].after)
		known[step] = true;
	return false;
}

static bool afters_check(struct reader *r, const struct yaml_node *list)
{
	struct scenario *s = r->s;
	bool *known = arena_array(r->arena, bool, s->n_steps);
	bool ok = true;

	for (uint32_t i = 0; i < s->n_steps; i++) {
		const struct yaml_node *after = value_of(list->items[i], "after");

		if (after)
			ok = after_read(r, after, &s->steps[i]) && ok;
	}
	for (uint32_t i = 0; i < s->n_steps; i++)
		if (leads_back(s, i, known)) {	/* told once: whoever is in it leads back */
			place_error(r->error, value_of(list->items[i], "after")->at,
				    "'after' goes in a circle; expected a step that happens before");
			return false;
		}
	return ok;
}

static int timed_compare(const void *a, const void *b, void *steps)
{
	const struct topo_step *x = &((struct topo_step *)steps)[*(const uint32_t *)a];
	const struct topo_step *y = &((struct topo_step *)steps)[*(const uint32_t *)b];

	if (x->at.ns != y->at.ns)
		return x->at.ns < y->at.ns ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void steps_order(struct reader *r)
{
	struct scenario *s = r->s;
	uint32_t *timed = arena_array(r->arena, uint32_t, s->n_steps);

	for (uint32_t i = 0; i < s->n_steps; i++)
		if (s->steps[i].after == TOPO_NONE)
			timed[s->n_timed++] = i;
	g_qsort_with_data(timed, (gint)s->n_timed, sizeof(*timed), timed_compare, s->steps);
	s->timed = timed;
}

/* What was refused keeps its kind and its program's name, so that others may speak of it. */
static void refused_keep(struct reader *r, const struct yaml_node *map, struct topo_step *step)
{
	const struct yaml_node *line = value_of(map, "do");
	struct topo_command *command;
	char why[WORDS_WHY];

	step->n_nodes = step->n_links = 0;
	step->commands = NULL;
	for (size_t k = 1; k < G_N_ELEMENTS(kinds); k++)
		if (yaml_map_find(map, kinds[k].subject))
			step->kind = kinds[k].kind;
	if (!line)
		return;
	command = arena_array(r->arena, struct topo_command, 1);
	command->argv = words_split(r->arena, line->text, &command->argc, why);
	value_good(command->argv != NULL);
	step->commands = command;
}

bool read_steps(struct reader *r)
{
	const struct yaml_node *list = section_of(r, "run", YAML_LIST);
	size_t n = list ? list->n : 0;
	bool ok = true;

	r->s->steps = arena_array(r->arena, struct topo_step, n);
	for (; r->s->n_steps < n; r->s->n_steps++) {
		struct yaml_node *item = list->items[r->s->n_steps];
		struct topo_step *step = &r->s->steps[r->s->n_steps];

		if (step_read(r, item, step))
			continue;
		refused_keep(r, item, step);
		item->bad = true;
		ok = false;
	}
	ok = steps_name(r, list) && ok;
	ok = afters_check(r, list) && ok;
	steps_order(r);
	return ok;
}
