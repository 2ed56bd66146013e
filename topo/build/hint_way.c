#include "topo/build/hint.h"

#include <string.h>

#include "topo/play/inject.h"

/* Whether two hosts, one of which calls the other, have a way between them. */

/* More than that many are not told anyway; each costs a search. */
#define SEARCHES_MAX 50

struct work {
	const struct segments *g;
	GError **hints;
	uint32_t *parent;     /* union-find of segments: what routers join */
	uint32_t *by;         /* of a search: the node through which a segment was reached; TOPO_NONE */
	uint32_t *from;       /* and the segment before it */
	uint32_t *queue;
	unsigned searches;
	uint32_t node;        /* whose command is at work */
	const struct topo_command *command;
};

static bool lets_through(const struct topo_node *n)
{
	bool forwards = topo_forwards(n) || n->kind == TOPO_EXTERNAL;

	for (uint32_t k = 0; k < n->n_sysctls; k++)
		if (!strcmp(n->sysctls[k].def->name, "net.ipv6.conf.all.forwarding"))
			forwards = forwards || strcmp(n->sysctls[k].value, "0");
	return forwards;
}

static uint32_t root(const struct work *w, uint32_t segment)
{
	while (w->parent[segment] != segment)
		segment = w->parent[segment] = w->parent[w->parent[segment]];
	return segment;
}

static void join_routers(struct work *w)
{
	const struct segments *g = w->g;

	for (uint32_t k = 0; k < g->n_segments; k++)
		w->parent[k] = k;
	for (uint32_t n = 0; n < g->scenario->n_nodes; n++) {
		uint32_t first = TOPO_NONE;

		if (!lets_through(&g->scenario->nodes[n]))
			continue;
		for (uint32_t i = g->iface_base[n]; i < g->iface_base[n + 1]; i++) {
			if (g->segment_of[i] == TOPO_NONE)
				continue;
			if (first == TOPO_NONE)
				first = g->segment_of[i];
			w->parent[root(w, g->segment_of[i])] = root(w, first);
		}
	}
}

static bool has_link(const struct segments *g, uint32_t node)
{
	for (uint32_t i = g->iface_base[node]; i < g->iface_base[node + 1]; i++)
		if (g->segment_of[i] != TOPO_NONE)
			return true;
	return false;
}

static bool routed(const struct work *w, uint32_t a, uint32_t b)
{
	const struct segments *g = w->g;

	for (uint32_t i = g->iface_base[a]; i < g->iface_base[a + 1]; i++)
		for (uint32_t k = g->iface_base[b]; k < g->iface_base[b + 1]; k++)
			if (g->segment_of[i] != TOPO_NONE && g->segment_of[k] != TOPO_NONE &&
			    root(w, g->segment_of[i]) == root(w, g->segment_of[k]))
				return true;
	return false;
}

static void reach(struct work *w, uint32_t node, uint32_t before, uint32_t *n)
{
	for (uint32_t i = w->g->iface_base[node]; i < w->g->iface_base[node + 1]; i++) {
		uint32_t segment = w->g->segment_of[i];

		if (segment == TOPO_NONE || w->by[segment] != TOPO_NONE)
			continue;
		w->by[segment] = node;
		w->from[segment] = before;
		w->queue[(*n)++] = segment;
	}
}

/* The segment of b that is fewest nodes away from a, if every node forwarded; TOPO_NONE: none is. */
static uint32_t search(struct work *w, uint32_t a, uint32_t b)
{
	const struct segments *g = w->g;
	uint32_t n = 0;

	memset(w->by, 0xff, g->n_segments * sizeof(*w->by));
	reach(w, a, TOPO_NONE, &n);
	for (uint32_t k = 0; k < n; k++)
		for (uint32_t m = g->member_start[w->queue[k]]; m < g->member_start[w->queue[k] + 1]; m++) {
			uint32_t node = g->node_of[g->members[m]];

			if (node == b)
				return w->queue[k];
			reach(w, node, w->queue[k], &n);
		}
	return TOPO_NONE;
}

/* Names the hosts on the shortest way from a to b that would have to forward and do not. */
static void blame_hosts(struct work *w, uint32_t a, uint32_t b)
{
	const struct topo_node *nodes = w->g->scenario->nodes;
	uint32_t segment;

	if (w->searches++ >= SEARCHES_MAX)
		return;
	segment = search(w, a, b);
	for (; segment != TOPO_NONE && w->by[segment] != a; segment = w->from[segment]) {
		const struct topo_node *host = &nodes[w->by[segment]];

		if (!lets_through(host))
			place_error(w->hints, host->at, "hint: '%s' forwards nothing, and '%s' gets to '%s' "
				    "('%s') only through it; 'kind: router' forwards", host->name,
				    nodes[a].name, nodes[b].name, w->command->text);
	}
}

/* Whether the name means the node to who uses it. */
static bool means_node(const struct topo_node *user, const char *name)
{
	for (uint32_t k = 0; k < user->n_hosts; k++)
		if (!strcmp(user->hosts[k].name, name))
			return false;
	return user->names;
}

static bool host_named(void *data, const char *host, char why[PAPER_WHY])
{
	struct work *w = data;
	const struct topo_node *nodes = w->g->scenario->nodes;
	uint32_t other = scenario_node(w->g->scenario, host);

	(void)why;
	if (other == TOPO_NONE || other == w->node || !means_node(&nodes[w->node], host))
		return true;
	if (!has_link(w->g, other))
		place_error(w->hints, w->command->at, "hint: '%s' has no link, so '%s' of '%s' cannot reach "
			    "it", nodes[other].name, w->command->text, nodes[w->node].name);
	else if (!has_link(w->g, w->node))
		place_error(w->hints, w->command->at, "hint: '%s' has no link, so its '%s' cannot reach '%s'",
			    nodes[w->node].name, w->command->text, nodes[other].name);
	else if (!routed(w, w->node, other))
		blame_hosts(w, w->node, other);
	return true;
}

static void command_look(struct work *w, hint_arguments_fn arguments, uint32_t node,
			 const struct topo_command *c)
{
	struct paper_fault fault;

	w->node = node;
	w->command = c;
	if (!c->inject)
		arguments(c->argc, c->argv, host_named, w, &fault);
	else if (c->inject->to.host && !c->inject->to.literal && !c->inject->has_eth)
		host_named(w, c->inject->to.host, fault.why);
}

void hint_ways(const struct segments *g, hint_arguments_fn arguments, GError **hints)
{
	const struct scenario *s = g->scenario;
	struct work w = {
		.g = g,
		.hints = hints,
		.parent = g_new(uint32_t, g->n_segments + 1),
		.by = g_new(uint32_t, g->n_segments + 1),
		.from = g_new(uint32_t, g->n_segments + 1),
		.queue = g_new(uint32_t, g->n_segments + 1),
	};

	join_routers(&w);
	for (uint32_t n = 0; n < s->n_nodes; n++)
		for (uint32_t k = 0; k < s->nodes[n].n_services; k++)
			command_look(&w, arguments, n, &s->nodes[n].services[k]);
	for (uint32_t k = 0; k < s->n_steps; k++)
		for (uint32_t i = 0; s->steps[k].kind == TOPO_STEP_DO && i < s->steps[k].n_nodes; i++)
			command_look(&w, arguments, s->steps[k].nodes[i], &s->steps[k].commands[i]);
	g_free(w.parent);
	g_free(w.by);
	g_free(w.from);
	g_free(w.queue);
}
