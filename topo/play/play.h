/*
 * Playing a scenario: its services and steps, in virtual time.
 *
 *     play = play_new(internet, find_program, &watch, arg);
 *     while (play_run(play, 4096))          batches, so that whoever calls may draw a bar or stop
 *             ...
 *     play_end(play);                       what still runs ends and says what it knows
 *     ... outcome/expect.h, outcome/results.h read what happened ...
 *     play_free(play);
 *
 * The services of all nodes start first, in the order of the file; then steps happen, those with
 * a time at that time, those with `after` at the instant when the last process of the step before
 * has ended. One event over the sorted steps and one for those whose predecessor has ended are all
 * that the scheduler sees.
 *
 * A run ends at the scenario's `duration`. Without one it ends when every process that a step
 * started has ended, no step is still to come and the wires are quiet: no frame is on a link, and
 * no packet waits for its next hop to answer ARP or neighbour discovery. It also ends when nothing
 * can happen any more (a `nc -l` that nobody talks to), and at the latest PLAY_CALM after the last
 * step or end of a process of one, if no step with a time is to come and nobody holds the run: some
 * wires never calm down (a ring of switches; neighbours whose answers take longer than asking anew
 * does), and some programs have no end (`ping` without -c). play_left() tells of the programs.
 *
 * Frames that go round over links without rate and delay (a ring of switches) would keep time
 * from ever moving on. When far more happens in one instant than a scenario of this size can want,
 * the run is over and play_stuck() says so.
 *
 * A node that is down runs nothing: what a step would start there is passed over. When a node
 * comes up again its services are started again, as on a machine that boots; such a process is
 * called as the first one with ".2", ".3" ... behind its name.
 */
#ifndef TOPO_PLAY_H
#define TOPO_PLAY_H

#include "topo/internet.h"

struct play;

#define PLAY_CALM vtime_s(3600)

/* A process that the scenario wanted, in the order in which they were started. */
struct play_process {
	struct process *process;
	uint32_t node;
	uint32_t step;      /* TOPO_NONE: a service */
	uint32_t index;     /* in the step's commands, or in the node's services; TOPO_NONE: of
			     * play_spawn() */
	const char *label;  /* unique on its node */
	const char *result; /* unique */
};

/* Who wants to know. Any may be NULL. Called between and within events: look, do not touch. */
struct play_watch {
	/* A step has begun; the world's time is its time. */
	void (*began)(const struct play *, uint32_t step, void *arg);
	/* All processes of a `do` step have ended. */
	void (*ended)(const struct play *, uint32_t step, void *arg);
	/* A service has ended, of its own accord or because the run or its node did. */
	void (*service_ended)(const struct play *, const struct play_process *, void *arg);
};

/*
 * Everything is borrowed and must outlive the play. find gives the program of a name; the
 * scenario's commands were checked, so that it finds every one.
 */
struct play *play_new(struct internet *in, const struct program *(*find)(const char *name),
		      const struct play_watch *watch, void *arg);
void play_free(struct play *p);

/* Lets at most that many events happen. False: the run is over. */
bool play_run(struct play *p, uint32_t events);

/*
 * Lets everything happen that is due until `at`, past the end of the run if it lies there, and
 * makes it the present time (VTIME_NEVER: as long as something is left to happen). False: time
 * stood still before, play_stuck().
 */
bool play_run_to(struct play *p, vtime at);

/* Whether play_run() would say that the run is over. */
bool play_over(struct play *p);

/* The run is over, here and now. */
void play_stop(struct play *p);

/*
 * Somebody outside has something to bring to this run, and it is not over before he has let go of
 * it; a `duration` holds all the same. Holds are counted.
 */
void play_hold(struct play *p);
void play_let_go(struct play *p);

/*
 * Starts one more program on a node, named after it as services are. NULL, and *error is one
 * sentence, freed by the caller: no such program, a bad command line, the node is down.
 */
struct process *play_spawn(struct play *p, uint32_t node, const char *command, char **error);

/*
 * The end of the run, at the present instant, over or not: no further step happens, all processes
 * end, and packets that were under way are told of (DROP_WORLD_END).
 */
void play_end(struct play *p);

/* The run is over because time stood still: frames go round where nothing takes time. */
bool play_stuck(const struct play *p);

/*
 * Of a run without `duration` that is over: how many processes of steps had not ended by then, and
 * the first of them, NULL if none. late: PLAY_CALM had passed; else nothing could happen any more.
 */
uint32_t play_left(const struct play *p, const struct play_process **first, bool *late);

/* Facts. */
const struct internet *play_internet(const struct play *p);
uint32_t play_process_count(const struct play *p);
const struct play_process *play_process_at(const struct play *p, uint32_t i);

/* When a step began; VTIME_NEVER: it has not. */
vtime play_step_began(const struct play *p, uint32_t step);

/*
 * The process of commands[index] of a step, or of services[index] of a node (its first one);
 * NULL: it was not started.
 */
const struct process *play_step_process(const struct play *p, uint32_t step, uint32_t index);
const struct process *play_service(const struct play *p, uint32_t node, uint32_t index);

#endif
