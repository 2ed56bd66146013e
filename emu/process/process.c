#include "process/process.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "process/engine.h"

#define STATUS_ABANDONED 137 /* 128 + SIGKILL, as a shell would say */

struct processes *processes_new(struct world *w, struct names *names)
{
	struct processes *ps = nt_calloc(1, sizeof(*ps));

	ps->world = w;
	ps->names = names;
	ps->stacks = stack_pool_new();
	return ps;
}

static void forks_remove(struct process *p)
{
	*(p->prev ? &p->prev->next : &p->all->forks) = p->next;
	if (p->next)
		p->next->prev = p->prev;
}

static void process_free(struct process *p)
{
	free(p->fds);
	free(p->failure);
	free(p->command);
	free(p->name);
	free(p->argv);
	console_fini(&p->console);
	free(p->input);
	metrics_fini(&p->metrics);
	free(p);
}

/* On the world's stack: the fiber is gone, or will never be resumed. */
static void process_reap(struct process *p)
{
	struct processes *ps = p->all;

	event_cancel(&ps->world->sched, &p->event);
	process_close_all(p);
	p->ended = true;
	p->waiting = false;
	p->end = world_now(ps->world);
	if (p->root != p) {
		forks_remove(p);
		process_free(p);
		return;
	}
	ps->running--;
	if (ps->ended)
		ps->ended(p, ps->ended_arg);
}

/* Runs it until it blocks or ends. */
static void process_run(struct process *p)
{
	fiber_resume(&p->fiber);
	if (__builtin_expect(p->abandoned, 0)) {
		fiber_drop(&p->fiber);
		p->status = STATUS_ABANDONED;
		process_reap(p);
	} else if (__builtin_expect(p->fiber.finished, 0)) {
		process_reap(p);
	}
}

static void process_fire(struct event *e)
{
	struct process *p = container_of(e, struct process, event);

	p->waiting = false;
	p->calls = 0;
	process_run(p);
}

/* The first function on a process's stack. */
static void process_body(void *arg)
{
	struct process *p = arg;

	if (p->fork_main)
		p->fork_main(p, p->fork_arg);
	else
		p->status = p->program->main(p, p->argc, p->argv);
}

static struct process *process_new(struct processes *ps, struct node *n)
{
	struct process *p = nt_calloc(1, sizeof(*p));

	p->all = ps;
	p->root = p;
	p->node = n;
	p->start = p->end = VTIME_NEVER;
	event_init(&p->event, process_fire);
	fiber_init(&p->fiber, ps->stacks, process_body, p);
	return p;
}

static void process_launch(struct process *p)
{
	p->start = world_now(p->all->world);
	event_arm(&p->all->world->sched, &p->event, p->start);
}

struct process *process_spawn(struct processes *ps, struct node *n, const struct program *program,
			      const char *command, const char *name, const char **error)
{
	int argc;
	char **argv = command_split(command, &argc, error);

	if (!argv)
		return NULL;
	struct process *p = process_new(ps, n);
	p->program = program;
	p->command = nt_strdup(command);
	p->name = nt_strdup(name);
	p->argc = argc;
	p->argv = argv;
	if (ps->last)
		ps->last->next = p;
	else
		ps->first = p;
	ps->last = p;
	ps->running++;
	process_launch(p);
	return p;
}

struct process *process_fork(struct process *parent, void (*main)(struct process *, void *),
			     void *arg)
{
	struct processes *ps = parent->all;
	struct process *p = process_new(ps, parent->node);

	p->root = parent->root;
	p->program = parent->program;
	p->fork_main = main;
	p->fork_arg = arg;
	p->killed = parent->killed;
	p->next = ps->forks;
	if (p->next)
		p->next->prev = p;
	ps->forks = p;
	process_launch(p);
	return p;
}

void process_exit(struct process *p, int status)
{
	p->status = status;
	fiber_finish(&p->fiber);
}

int process_refuse(struct process *p)
{
	if (++p->refused > PROCESS_PATIENCE) {
		p->abandoned = true;
		fiber_suspend(&p->fiber); /* for good */
	}
	return -EINTR;
}

void process_wake(struct process *p)
{
	if (!p->waiting)
		return;
	p->waiting = false;
	event_arm(&p->all->world->sched, &p->event, world_now(p->all->world));
}

int process_pause(struct process *p)
{
	p->calls = 0;
	return process_block(p, vtime_add(world_now(p->all->world), PROCESS_PAUSE));
}

void process_kill(struct process *p)
{
	if (p->ended || p->killed)
		return;
	p->killed = true;
	process_wake(p);
	for (struct process *f = p->root == p ? p->all->forks : NULL; f; f = f->next)
		if (f->root == p)
			process_kill(f);
}

void processes_kill_node(struct processes *ps, const struct node *n)
{
	for (struct process *p = ps->first; p; p = p->next)
		if (p->node == n)
			process_kill(p);
	for (struct process *p = ps->forks; p; p = p->next)
		if (p->node == n)
			process_kill(p);
}

/* A killed process runs to its end in one go: nothing it can call suspends it any more. */
static void process_stop(struct process *p)
{
	if (p->ended)
		return;
	p->killed = true;
	event_cancel(&p->all->world->sched, &p->event);
	process_fire(&p->event);
}

void processes_stop(struct processes *ps)
{
	/* What they start meanwhile joins the lists and is stopped too. */
	while (ps->forks)
		process_stop(ps->forks);
	for (struct process *p = ps->first; p; p = p->next) {
		process_stop(p);
		while (ps->forks)
			process_stop(ps->forks);
	}
	assert(ps->running == 0);
}

void processes_free(struct processes *ps)
{
	if (!ps)
		return;
	ps->output = NULL;
	ps->ended = NULL;
	processes_stop(ps);
	for (struct process *p = ps->first, *next; p; p = next) {
		next = p->next;
		process_free(p);
	}
	if (ps->pattern)
		slab_unref(ps->world, ps->pattern);
	stack_pool_free(ps->stacks);
	free(ps);
}

void processes_on_end(struct processes *ps, void (*ended)(struct process *, void *), void *arg)
{
	ps->ended = ended;
	ps->ended_arg = arg;
}

struct process *processes_first(const struct processes *ps)
{
	return ps->first;
}

struct process *process_next(const struct process *p)
{
	return p->next;
}

uint32_t processes_running(const struct processes *ps)
{
	return ps->running;
}

struct node *process_node(const struct process *p)
{
	return p->node;
}

struct world *process_world(const struct process *p)
{
	return p->all->world;
}

const char *process_name(const struct process *p)
{
	return p->root->name;
}

const char *process_command(const struct process *p)
{
	return p->root->command;
}

const struct program *process_program(const struct process *p)
{
	return p->program;
}

vtime process_start(const struct process *p)
{
	return p->start;
}

vtime process_end(const struct process *p)
{
	return p->end;
}

bool process_ended(const struct process *p)
{
	return p->ended;
}

int process_exit_status(const struct process *p)
{
	return p->status;
}

const struct metrics *process_metrics(const struct process *p)
{
	return &p->root->metrics;
}

const char *process_failure(const struct process *p)
{
	return p->root->status ? p->root->failure : NULL;
}

void process_fail(struct process *p, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	free(p->root->failure);
	p->root->failure = nt_strdup(text);
}

vtime process_now(const struct process *p)
{
	return world_now(p->all->world);
}

const char *process_hostname(const struct process *p)
{
	return p->node->site.name;
}

bool process_killed(const struct process *p)
{
	return p->killed;
}

struct rng *process_rng(struct process *p)
{
	return &p->node->rng;
}

void process_metric(struct process *p, const char *name, double value)
{
	metrics_set(&p->root->metrics, name, value, false);
}

void process_count(struct process *p, const char *name, uint64_t value)
{
	metrics_set(&p->root->metrics, name, (double)value, true);
}
