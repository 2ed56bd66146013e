#include "topo/play/play.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "topo/play/state.h"

/*
 * The most events of one instant: every node of a large scenario may begin at 0 s and talk to a
 * far end over links that take no time, but a frame that goes round does not end there.
 */
#define INSTANT_EVENTS 1000000
#define INSTANT_EVENTS_PER_LINK 200
#define BATCH 4096 /* events between two looks at that */

static void arm_timed(struct play *p)
{
	const struct scenario *s = p->in->scenario;

	if (p->next_timed < s->n_timed)
		event_arm(&p->in->world->sched, &p->timed, s->steps[s->timed[p->next_timed]].at);
}

static void timed_fire(struct event *e)
{
	struct play *p = container_of(e, struct play, timed);
	const struct scenario *s = p->in->scenario;
	vtime now = world_now(p->in->world);

	while (p->next_timed < s->n_timed &&
	       !vtime_before(now, s->steps[s->timed[p->next_timed]].at))
		play_step_begin(p, s->timed[p->next_timed++]);
	arm_timed(p);
}

static void due_fire(struct event *e)
{
	struct play *p = container_of(e, struct play, due);

	while (p->due_head != TOPO_NONE) {
		uint32_t step = p->due_head;

		p->due_head = p->steps[step].next_due;
		play_step_begin(p, step);
	}
}

/*
 * Without a duration: programs that were given no end would fill the disk. Steps that have a time,
 * and who holds the run, know what they want.
 */
void play_wanted(struct play *p)
{
	const struct scenario *s = p->in->scenario;

	p->wanted = world_now(p->in->world);
	if (p->end.ns != VTIME_NEVER.ns)
		p->until = p->end;
	else if (p->held || p->next_timed < s->n_timed)
		p->until = VTIME_NEVER;
	else
		p->until = vtime_add(p->wanted, PLAY_CALM);
}

/* ---- the whole ---- */

/* Links each step to the one that it waits for; backwards, so that lists are in file order. */
static void link_afters(struct play *p)
{
	const struct scenario *s = p->in->scenario;

	for (uint32_t k = 0; k < s->n_steps; k++)
		p->steps[k] = (struct step_state){.began = VTIME_NEVER, .first_after = TOPO_NONE,
						  .next_after = TOPO_NONE, .next_due = TOPO_NONE};
	for (uint32_t k = s->n_steps; k-- > 0;) {
		uint32_t before = s->steps[k].after;

		if (before == TOPO_NONE)
			continue;
		p->steps[k].next_after = p->steps[before].first_after;
		p->steps[before].first_after = k;
	}
}

struct play *play_new(struct internet *in, const struct program *(*find)(const char *name),
		      const struct play_watch *watch, void *arg)
{
	const struct scenario *s = in->scenario;
	struct play *p = nt_calloc(1, sizeof(*p));

	p->in = in;
	p->find = find;
	p->watch = watch;
	p->arg = arg;
	p->end = s->has_duration ? s->duration : VTIME_NEVER;
	p->due_head = TOPO_NONE;
	p->to_come = s->n_steps;
	p->instant_most = INSTANT_EVENTS + INSTANT_EVENTS_PER_LINK * (uint64_t)s->n_links;
	p->steps = nt_calloc(s->n_steps + 1, sizeof(*p->steps));
	p->of_process = g_hash_table_new(NULL, NULL);
	p->names = g_string_chunk_new(256);
	quiet_init(&p->quiet, in);
	event_init(&p->timed, timed_fire);
	event_init(&p->due, due_fire);
	link_afters(p);
	play_wanted(p);
	processes_on_end(in->processes, play_process_over, p);
	for (uint32_t n = 0; n < s->n_nodes; n++)
		play_start_services(p, n, 1);
	arm_timed(p);
	return p;
}

void play_free(struct play *p)
{
	if (!p)
		return;
	event_cancel(&p->in->world->sched, &p->timed);
	event_cancel(&p->in->world->sched, &p->due);
	processes_on_end(p->in->processes, NULL, NULL);
	for (uint32_t k = 0; k < p->in->scenario->n_steps; k++)
		free(p->steps[k].process);
	g_hash_table_destroy(p->of_process);
	g_string_chunk_free(p->names);
	free(p->boots);
	free(p->list);
	free(p->steps);
	free(p);
}

/* Nobody is left who wanted something: is this instant over, and all that they set off? */
static bool calmed_down(struct play *p)
{
	const struct sched *s = &p->in->world->sched;

	if (p->end.ns != VTIME_NEVER.ns || !vtime_before(s->now, sched_next(s)))
		return false;
	return !vtime_before(s->now, vtime_add(p->wanted, PLAY_CALM)) || quiet_now(&p->quiet);
}

/* Looked at once a batch: the check costs the events nothing. */
static void watch_time(struct play *p)
{
	const struct sched *s = &p->in->world->sched;

	if (vtime_before(p->instant, s->now)) {
		p->instant = s->now;
		p->instant_began = s->fired;
	} else if (s->fired - p->instant_began > p->instant_most) {
		p->stuck = true;
	}
}

/* Nothing is left to happen before the end. */
static void run_out(struct play *p)
{
	struct sched *s = &p->in->world->sched;
	bool endless = p->end.ns == VTIME_NEVER.ns;
	bool idle = endless && sched_next(s).ns == VTIME_NEVER.ns;

	p->over = true;
	/* A duration passes all the same. */
	if (!idle)
		sched_advance(s, p->until);
	if (!endless || !p->running)
		return;
	p->late = !idle;
	p->left = p->running;
	while (p->list[p->left_first].step == TOPO_NONE ||
	       process_ended(p->list[p->left_first].process))
		p->left_first++;
}

bool play_run(struct play *p, uint32_t events)
{
	struct sched *s = &p->in->world->sched;

	watch_time(p);
	p->over |= p->stuck;
	while (!p->over && events--) {
		if (__builtin_expect(!p->running && !p->to_come, 0) && calmed_down(p))
			p->over = true;
		else if (!sched_step(s, p->until))
			run_out(p);
	}
	return !p->over;
}

bool play_run_to(struct play *p, vtime at)
{
	struct sched *s = &p->in->world->sched;

	/* Each call has an instant of its own to fill: what its caller did before counts for him. */
	p->instant = s->now;
	p->instant_began = s->fired;
	p->stuck = false;
	while (!p->stuck) {
		for (int k = 0; k < BATCH; k++)
			if (!sched_step(s, at)) {
				if (at.ns != VTIME_NEVER.ns)
					sched_advance(s, at);
				return true;
			}
		watch_time(p);
	}
	return false;
}

bool play_over(struct play *p)
{
	const struct sched *s = &p->in->world->sched;

	if (p->over)
		return true;
	if (p->end.ns != VTIME_NEVER.ns)
		return !vtime_before(s->now, p->end);
	return sched_next(s).ns == VTIME_NEVER.ns ||
	       (!p->running && !p->to_come && calmed_down(p));
}

void play_stop(struct play *p)
{
	p->over = true;
}

void play_hold(struct play *p)
{
	p->to_come++;
	p->held++;
	play_wanted(p);
}

void play_let_go(struct play *p)
{
	p->to_come--;
	p->held--;
	play_wanted(p);
}

void play_end(struct play *p)
{
	p->over = true;
	event_cancel(&p->in->world->sched, &p->timed);
	event_cancel(&p->in->world->sched, &p->due);
	processes_stop(p->in->processes);
	for (uint32_t k = 0; k < p->in->scenario->n_links; k++)
		link_end_run(p->in->links[k]);
	for (uint32_t n = 0; n < p->in->scenario->n_nodes; n++)
		if (p->in->nodes[n].node)
			node_end_run(p->in->nodes[n].node);
}

/* ---- facts ---- */

bool play_stuck(const struct play *p)
{
	return p->stuck;
}

uint32_t play_left(const struct play *p, const struct play_process **first, bool *late)
{
	*first = p->left ? &p->list[p->left_first] : NULL;
	*late = p->late;
	return p->left;
}

const struct internet *play_internet(const struct play *p)
{
	return p->in;
}

uint32_t play_process_count(const struct play *p)
{
	return p->count;
}

const struct play_process *play_process_at(const struct play *p, uint32_t i)
{
	return &p->list[i];
}

vtime play_step_began(const struct play *p, uint32_t step)
{
	return p->steps[step].began;
}

const struct process *play_step_process(const struct play *p, uint32_t step, uint32_t index)
{
	return p->steps[step].process ? p->steps[step].process[index] : NULL;
}

const struct process *play_service(const struct play *p, uint32_t node, uint32_t index)
{
	/* Services of all nodes were started first and in order; later ones were started again. */
	for (uint32_t i = 0; i < p->count; i++)
		if (p->list[i].step == TOPO_NONE && p->list[i].node == node &&
		    p->list[i].index == index)
			return p->list[i].process;
	return NULL;
}
