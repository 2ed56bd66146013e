/* What the files of this room share about processes. Private to process/. */
#ifndef PROCESS_ENGINE_H
#define PROCESS_ENGINE_H

#include <errno.h>

#include "process/fiber.h"
#include "process/process.h"

struct socket;
struct paper;

struct processes {
	struct world *world;
	struct names *names;
	struct stack_pool *stacks;
	struct slab *pattern; /* sys_pattern()'s; NULL: nobody asked yet */
	struct process *first, *last;
	struct process *forks;
	uint32_t running; /* that are not forks */
	void (*ended)(struct process *, void *);
	void *ended_arg;
	void (*output)(struct process *, const char *, size_t, void *);
	void *output_arg;
};

struct console {
	char *text; /* NUL-terminated; NULL while empty */
	size_t len, room;
	char *tail;   /* of what did not fit, the last bytes: a ring */
	size_t after; /* bytes that went there */
	char *joined; /* what process_console() made of both */
};

struct process {
	struct event event; /* resumes it: a deadline, or now because it was woken */
	struct fiber fiber;
	struct processes *all;
	struct process *next, *prev; /* prev: forks only */
	struct process *root;        /* whose console and metrics: itself, unless a fork */
	struct node *node;
	struct socket **fds;         /* by number - FD_FIRST; NULL: free */
	uint32_t fd_room;
	uint32_t calls;              /* in a row without a block */
	uint16_t refused;            /* blocking calls since it was killed */
	bool waiting;                /* blocked, and its event not yet armed for now */
	bool killed, ended, abandoned;
	int status;
	vtime start, end;
	void (*fork_main)(struct process *, void *);
	void *fork_arg;
	const struct program *program;
	char *command, *name;
	char **argv;
	int argc;
	struct console console;
	struct metrics metrics;
	char *failure;               /* process_failure() */
	char *input;
	size_t input_len, input_at;
	struct paper *paper;         /* paper.c; NULL: a real one */
};

#define FD_FIRST 3
#define FD_MAX 1024

/* A killed process asks to block: -EINTR, but not for ever. */
int process_refuse(struct process *p);

/*
 * Suspends the calling process until the deadline, or until process_wake(), or a little earlier:
 * who waits for something looks again. 0 or -EINTR. Inline for the reason told in fiber.h.
 */
static inline int process_block(struct process *p, vtime deadline)
{
	if (__builtin_expect(p->killed, 0))
		return process_refuse(p);
	p->waiting = true;
	if (deadline.ns != VTIME_NEVER.ns)
		event_arm(&p->all->world->sched, &p->event, deadline);
	fiber_suspend(&p->fiber);
	return p->killed ? -EINTR : 0;
}

/* Arms its event for now if it is blocked. */
void process_wake(struct process *p);

/* What a process does after PROCESS_SLICE calls in one instant. 0 or -EINTR. */
int process_pause(struct process *p);

/* Counts a call that did not block. 0 or -EINTR. */
static inline int process_spend(struct process *p)
{
	return __builtin_expect(++p->calls < PROCESS_SLICE, 1) ? 0 : process_pause(p);
}

/* console.c: frees what it holds. */
void console_fini(struct console *c);

/* sys.c: closes what is open. */
void process_close_all(struct process *p);

/* The socket of a descriptor; NULL: none. */
struct socket *process_socket(const struct process *p, int fd);

/* A descriptor for s, the lowest free as POSIX wants it; -EMFILE. */
int process_fd_new(struct process *p, struct socket *s);

/* Who waits for s from now on is p. */
void process_watch(struct process *p, struct socket *s);

/* sys_stream.c: what connect(2) and close(2) wait for. */
int process_connected(struct process *p, struct socket *s, vtime deadline);
void process_linger(struct process *p, struct socket *s);

#endif
