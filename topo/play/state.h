/*
 * What a play remembers. Private to play.c (when something happens) and step.c (what happens).
 */
#ifndef TOPO_PLAY_STATE_H
#define TOPO_PLAY_STATE_H

#include "topo/play/play.h"
#include "topo/play/quiet.h"

struct step_state {
	vtime began;
	uint32_t running;         /* processes of it */
	struct process **process; /* parallel to commands; NULL until it begins */
	uint32_t first_after;     /* steps that wait for this one, in file order; TOPO_NONE: none */
	uint32_t next_after;
	uint32_t next_due;        /* in the queue of steps whose predecessor has ended */
};

struct play {
	struct internet *in;
	const struct program *(*find)(const char *name);
	const struct play_watch *watch;
	void *arg;
	struct event timed, due;
	struct step_state *steps;
	uint32_t next_timed;          /* into scenario->timed */
	uint32_t due_head, due_tail;  /* steps, linked by next_due */
	uint32_t to_come;             /* steps that have not happened yet and may, and holds */
	uint32_t held;                /* holds */
	uint32_t running;             /* processes of steps */
	struct play_process *list;
	uint32_t count, room;
	GHashTable *of_process;       /* struct process * -> index in list + 1; only looked up */
	uint32_t *boots;              /* of each node; NULL until one came up again */
	GStringChunk *names;          /* of services that were started again */
	vtime end;                    /* the duration; VTIME_NEVER: none */
	vtime wanted;                 /* when the last step or process of one was over */
	vtime until;                  /* the end as far as it is known */
	uint32_t left, left_first;    /* play_left() */
	bool late;
	struct quiet quiet;
	vtime instant;                /* the present one, and the events before it began */
	uint64_t instant_began, instant_most;
	bool over, stuck;
};

/* A step or the end of one of its processes: what a run without `duration` counts from. */
void play_wanted(struct play *p);

/* Starts the services of a node; boot: how often it has come up, from 1. */
void play_start_services(struct play *p, uint32_t node, uint32_t boot);

/* Does what a step says, now. */
void play_step_begin(struct play *p, uint32_t step);

/* The world's callback: a process has ended. */
void play_process_over(struct process *process, void *play);

#endif
