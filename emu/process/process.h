/*
 * Virtual processes: C functions that block in virtual time.
 *
 * A process runs on a small stack of its own (fiber.h). It runs until it blocks (sys.h): then the
 * world goes on, and its event resumes it when the time has come or what it waits for may be
 * there. A process never runs inside somebody else's event: being woken arms its own event for
 * now, so that the order of things is that of the scheduler and nothing else.
 *
 *     struct processes *ps = processes_new(world, names);
 *     p = process_spawn(ps, node, program, "ping -c 3 web", "first", &error);
 *     ... the world runs ...     process_on_end() tells when it has ended
 *     processes_stop(ps);        services end, and say what they have to say
 *     ... results are read: process_exit_status(p), metrics, console ...
 *     processes_free(ps);
 *
 * Ending. A process ends when its main returns, or by process_exit() from anywhere in it. It is
 * killed (process_kill: the run ends, its node goes down) by making every blocking call, the
 * present one and all later ones, return -EINTR at once, as if Ctrl-C had been typed: programs
 * then print what they know and return. One that goes on all the same is abandoned after
 * PROCESS_PATIENCE such calls: its descriptors are closed and its stack is dropped.
 * What ended stays in the list with its console and its metrics until processes_free().
 *
 * Calls that do not block take no virtual time. So that a program that never blocks cannot stop
 * the world, it pauses for PROCESS_PAUSE after PROCESS_SLICE calls in a row without a block: as
 * if a call took a microsecond.
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include <stdarg.h>

#include "ip/node.h"
#include "process/metric.h"
#include "process/program.h"

struct names;
struct processes;
struct process;

#define PROCESS_PATIENCE 64
#define PROCESS_SLICE 1000
#define PROCESS_PAUSE vtime_ms(1)

/* names is borrowed, may be NULL, and must outlive the processes. */
struct processes *processes_new(struct world *w, struct names *names);

/* Kills what still runs and frees everything. Before nodes and world are freed. */
void processes_free(struct processes *ps);

/*
 * Starts a program: it runs from the next event on. The command line is split as a shell does
 * without variables and globs: blanks, '...', "...", \x. name is what results call it; both are
 * copied. argv[0] is the first word; finding the program by it is the caller's business.
 * NULL with a sentence in *error (static) if a quote is not closed or the line is empty.
 */
struct process *process_spawn(struct processes *ps, struct node *n, const struct program *program,
			      const char *command, const char *name, const char **error);

/* Splits a command line as process_spawn() does; both the array (NULL at the end) and its words
 * are one allocation, free() it. NULL with *error set. */
char **command_split(const char *command, int *argc, const char **error);

/*
 * From within a process: starts another one on the same node that shares its console and metrics
 * (a server's process per connection). It has no descriptors until sys_give() and runs when
 * the caller blocks next. It does not keep its parent's name alive in results: it is freed when it
 * returns.
 */
struct process *process_fork(struct process *parent, void (*main)(struct process *, void *),
			     void *arg);

/* Called when a process (not a fork) has ended; its results are complete. One callback a world. */
void processes_on_end(struct processes *ps, void (*ended)(struct process *, void *), void *arg);

/* All processes in the order in which they were started; forks are not among them. */
struct process *processes_first(const struct processes *ps);
struct process *process_next(const struct process *p);

/* How many run that are not forks. */
uint32_t processes_running(const struct processes *ps);

/* With its forks. */
void process_kill(struct process *p);

/* Kills every process of a node (it goes down). */
void processes_kill_node(struct processes *ps, const struct node *n);

/* Kills everything and lets it run to its end, all at the present instant. */
void processes_stop(struct processes *ps);

/* Facts. Times are VTIME_NEVER until they are there; the exit status is meaningful once ended. */
struct node *process_node(const struct process *p);
struct world *process_world(const struct process *p);
const char *process_name(const struct process *p);    /* "first" */
const char *process_command(const struct process *p); /* "ping -c 3 web" */
const struct program *process_program(const struct process *p);
vtime process_start(const struct process *p);
vtime process_end(const struct process *p);
bool process_ended(const struct process *p);
int process_exit_status(const struct process *p); /* 137: it was abandoned */
const struct metrics *process_metrics(const struct process *p);
const char *process_failure(const struct process *p); /* NULL: it said none */

/* For programs. */
vtime process_now(const struct process *p);
const char *process_hostname(const struct process *p);
bool process_killed(const struct process *p); /* blocking calls return -EINTR from now on */
struct rng *process_rng(struct process *p);   /* the node's stream: never another source */
void process_exit(struct process *p, int status) __attribute__((noreturn));

/* Console: standard output and error in one, as a terminal shows them. Text is kept as the
 * program wrote it. Of a very long one the first CONSOLE_MAX and the last CONSOLE_TAIL bytes are
 * kept, and a line between them says how much was left out. */
#define CONSOLE_MAX (1 << 20)
#define CONSOLE_TAIL (1 << 16)
void process_printf(struct process *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void process_vprintf(struct process *p, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
void process_write(struct process *p, const void *data, size_t len);
/* NUL-terminated; valid until more is written or this is called again. */
const char *process_console(const struct process *p, size_t *len);

/* Every piece of console text as it is written, before the cut; for streaming. */
void processes_on_output(struct processes *ps,
			 void (*output)(struct process *, const char *text, size_t len, void *arg),
			 void *arg);

/* Standard input: what `nc` reads. Empty (end of file at once) unless set; copied. */
void process_set_input(struct process *p, const void *data, size_t len);
size_t process_read(struct process *p, void *buf, size_t size); /* 0: end of file */

/* Results, in SI units (seconds, bytes, bit/s, shares); a second value for a name replaces the
 * first. Names are static strings. */
void process_metric(struct process *p, const char *name, double value);
void process_count(struct process *p, const char *name, uint64_t value);

/* Why it will fail, for results, from who prints nothing as the tool it is after prints nothing.
 * A second one replaces the first; it counts for nothing if the exit status is 0. */
void process_fail(struct process *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
