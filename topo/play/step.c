/* What a step does, and what follows from the end of its processes. */
#include "topo/play/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/nearest.h"
#include "programs/programs.h"
#include "topo/play/inject.h"

/* ---- processes ---- */

static struct process *spawn(struct play *p, const struct topo_command *c, struct play_process row)
{
	const struct program *program = c->inject ? injection_program(p->in->injections, c->inject)
						  : p->find(c->argv[0]);
	const char *why = NULL;

	assert(program);
	row.process = process_spawn(p->in->processes, p->in->nodes[row.node].node, program, c->text,
				    row.result, &why);
	/* topo/notation/words.h has split this line already, by the same rules. */
	assert(row.process);
	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 16;
		p->list = nt_realloc(p->list, p->room * sizeof(*p->list));
	}
	p->list[p->count++] = row;
	g_hash_table_insert(p->of_process, row.process, GUINT_TO_POINTER(p->count));
	return row.process;
}

static const char *name_again(struct play *p, const char *name, uint32_t boot)
{
	g_autofree char *text = g_strdup_printf("%s.%u", name, boot);

	return g_string_chunk_insert(p->names, text);
}

void play_start_services(struct play *p, uint32_t node, uint32_t boot)
{
	const struct topo_node *t = &p->in->scenario->nodes[node];

	for (uint32_t k = 0; k < t->n_services; k++) {
		const struct topo_command *c = &t->services[k];

		spawn(p, c, (struct play_process){
			.node = node,
			.step = TOPO_NONE,
			.index = k,
			.label = boot == 1 ? c->label : name_again(p, c->label, boot),
			.result = boot == 1 ? c->result : name_again(p, c->result, boot),
		});
	}
}

/* Whether something is called that, or will be when its step comes. */
static bool is_taken(const struct play *p, uint32_t node, const char *label, const char *result)
{
	const struct scenario *s = p->in->scenario;

	for (uint32_t i = 0; i < p->count; i++)
		if (!strcmp(p->list[i].result, result) ||
		    (p->list[i].node == node && !strcmp(p->list[i].label, label)))
			return true;
	for (uint32_t k = 0; k < s->n_steps; k++)
		for (uint32_t i = 0; s->steps[k].kind == TOPO_STEP_DO && i < s->steps[k].n_nodes; i++)
			if (!strcmp(s->steps[k].commands[i].result, result) ||
			    (s->steps[k].nodes[i] == node &&
			     !strcmp(s->steps[k].commands[i].label, label)))
				return true;
	return false;
}

/* "ping" and "ping.laptop", "ping-2" and "ping-2.laptop" ... */
static void name_spawned(struct play *p, const char *program, struct play_process *row)
{
	const char *node = p->in->scenario->nodes[row->node].name;
	g_autofree char *label = g_strdup(program);
	g_autofree char *result = g_strdup_printf("%s.%s", label, node);

	for (uint32_t n = 2; is_taken(p, row->node, label, result); n++) {
		g_free(label);
		g_free(result);
		label = g_strdup_printf("%s-%u", program, n);
		result = g_strdup_printf("%s.%s", label, node);
	}
	row->label = g_string_chunk_insert(p->names, label);
	row->result = g_string_chunk_insert(p->names, result);
}

static char *program_unknown(const char *name)
{
	struct nearest nearest = nearest_to(name);

	for (size_t i = 0; programs[i]; i++)
		nearest_try(&nearest, programs[i]->name);
	return g_strdup_printf("unknown program '%s'%s", name, nearest_hint(&nearest));
}

struct process *play_spawn(struct play *p, uint32_t node, const char *command, char **error)
{
	struct play_process row = {.node = node, .step = TOPO_NONE, .index = TOPO_NONE};
	const char *name = p->in->scenario->nodes[node].name, *why;
	struct topo_command c = {.text = command};
	int argc;
	char **argv = command_split(command, &argc, &why);
	struct process *process = NULL;

	if (!argv) {
		*error = g_strdup_printf("'%s': %s", command, why);
	} else if (!argc || !p->find(argv[0])) {
		*error = program_unknown(argc ? argv[0] : "");
	} else if (!p->in->nodes[node].node->up) {
		*error = g_strdup_printf("'%s' is down", name);
	} else {
		c.argv = argv;
		name_spawned(p, argv[0], &row);
		process = spawn(p, &c, row);
	}
	free(argv);
	return process;
}

/* ---- steps ---- */

/* A step with all its processes has ended: those that waited for it happen next. */
static void step_ended(struct play *p, uint32_t step)
{
	if (p->watch && p->watch->ended)
		p->watch->ended(p, step, p->arg);
	if (p->over)
		return;
	for (uint32_t k = p->steps[step].first_after; k != TOPO_NONE; k = p->steps[k].next_after) {
		if (p->due_head == TOPO_NONE)
			p->due_head = k;
		else
			p->steps[p->due_tail].next_due = k;
		p->due_tail = k;
	}
	if (p->due_head != TOPO_NONE && !event_armed(&p->in->world->sched, &p->due))
		event_arm(&p->in->world->sched, &p->due, world_now(p->in->world));
}

static void step_do(struct play *p, uint32_t step)
{
	const struct topo_step *t = &p->in->scenario->steps[step];
	struct step_state *state = &p->steps[step];

	state->process = nt_calloc(t->n_nodes, sizeof(struct process *));
	for (uint32_t k = 0; k < t->n_nodes; k++) {
		if (!p->in->nodes[t->nodes[k]].node->up)
			continue;
		state->process[k] = spawn(p, &t->commands[k], (struct play_process){
			.node = t->nodes[k],
			.step = step,
			.index = k,
			.label = t->commands[k].label,
			.result = t->commands[k].result,
		});
		state->running++;
		p->running++;
	}
}

static void step_link(struct internet *in, const struct topo_step *t)
{
	for (uint32_t k = 0; k < t->n_links; k++) {
		for (int d = 0; d < 2; d++)
			if (t->dir[d].given)
				internet_change_link(in, t->links[k], d, &t->dir[d]);
		if (t->has_state)
			link_set_up(in->links[t->links[k]], t->up);
	}
}

static void step_node(struct play *p, const struct topo_step *t)
{
	for (uint32_t k = 0; k < t->n_nodes; k++) {
		uint32_t n = t->nodes[k];
		const struct node *node = p->in->nodes[n].node;
		bool boots = t->up && node && !node->up;

		internet_set_node_up(p->in, n, t->up);
		if (!boots)
			continue;
		if (!p->boots)
			p->boots = nt_calloc(p->in->scenario->n_nodes, sizeof(*p->boots));
		play_start_services(p, n, ++p->boots[n] + 1);
	}
}

void play_step_begin(struct play *p, uint32_t step)
{
	const struct topo_step *t = &p->in->scenario->steps[step];

	p->steps[step].began = world_now(p->in->world);
	p->to_come--;
	play_wanted(p);
	switch (t->kind) {
	case TOPO_STEP_DO:
		step_do(p, step);
		break;
	case TOPO_STEP_LINK:
		step_link(p->in, t);
		break;
	case TOPO_STEP_NODE:
		step_node(p, t);
		break;
	case TOPO_STEP_IFACE:
		if (t->has_ra)
			internet_set_iface_ra(p->in, t->nodes[0], t->iface, t->ra);
		else
			internet_set_iface_up(p->in, t->nodes[0], t->iface, t->up);
		break;
	}
	if (p->watch && p->watch->began)
		p->watch->began(p, step, p->arg);
	if (t->kind == TOPO_STEP_DO && !p->steps[step].running)
		step_ended(p, step);
}

void play_process_over(struct process *process, void *play)
{
	struct play *p = play;
	uint32_t at = GPOINTER_TO_UINT(g_hash_table_lookup(p->of_process, process));

	if (!at)
		return;
	const struct play_process *row = &p->list[at - 1];
	if (row->step == TOPO_NONE) {
		if (p->watch && p->watch->service_ended)
			p->watch->service_ended(p, row, p->arg);
		return;
	}
	p->running--;
	play_wanted(p);
	if (!--p->steps[row->step].running)
		step_ended(p, row->step);
}
