/* Processes without a network: order, sleep, ends, kills, forks, consoles, metrics. */
#include "transport_lab.h"

#include <stdio.h>
#include <string.h>

#include "process/process.h"
#include "process/sys.h"

struct world_of_processes {
	struct world *w;
	struct node *n, *m;
	struct processes *ps;
};

static int setup(void **state)
{
	struct world_of_processes *t = nt_calloc(1, sizeof(*t));

	t->w = world_new(1);
	t->n = node_new(t->w, "n");
	t->m = node_new(t->w, "m");
	transport_attach(t->n);
	transport_attach(t->m);
	t->ps = processes_new(t->w, NULL);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct world_of_processes *t = *state;

	processes_free(t->ps);
	transport_free(t->n);
	transport_free(t->m);
	node_free(t->n);
	node_free(t->m);
	world_free(t->w);
	free(t);
	return 0;
}

static void run(struct world_of_processes *t)
{
	while (sched_step(&t->w->sched, vtime_s(1000000)))
		;
}

static struct process *spawn(struct world_of_processes *t,
			     int (*program)(struct process *, int, char **), const char *command,
			     const char *name)
{
	/* Rows are constants in life; these live as long as the test's executable. */
	static struct program rows[64];
	static int used;
	struct program *row = &rows[used++ % 64];
	const char *error = NULL;

	*row = (struct program){.name = name, .main = program};
	struct process *p = process_spawn(t->ps, t->n, row, command, name, &error);
	assert_non_null(p);
	assert_null(error);
	return p;
}

static char journal[256];

static int writes(struct process *p, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int64_t ms = strtol(argv[i], NULL, 10);

		if (sys_sleep(p, vtime_ms(ms)) != 0)
			return 1;
		strcat(journal, process_name(p));
	}
	return 7;
}

/* Ties go to who armed first; nothing else decides. */
static void test_order(void **state)
{
	struct world_of_processes *t = *state;

	journal[0] = '\0';
	struct process *a = spawn(t, writes, "writes 5 5 0", "a");
	struct process *b = spawn(t, writes, "writes 5 1 4", "b");
	struct process *c = spawn(t, writes, "writes 10", "c");
	assert_string_equal(journal, ""); /* nothing runs before the world does */
	assert_int_equal(processes_running(t->ps), 3);
	run(t);
	/* At 10 ms: c's timer was armed at 0, a's at 5, b's at 6, a's second at 10. */
	assert_string_equal(journal, "abbcaba");
	assert_int_equal(process_exit_status(a), 7);
	assert_int_equal(process_start(a).ns, 0);
	assert_int_equal(process_end(a).ns, vtime_ms(10).ns);
	assert_true(process_ended(b) && process_ended(c));
	assert_int_equal(processes_running(t->ps), 0);
	assert_ptr_equal(processes_first(t->ps), a);
	assert_ptr_equal(process_next(a), b);
	assert_string_equal(process_command(c), "writes 10");
}

static int talks(struct process *p, int argc, char **argv)
{
	(void)argc;
	process_printf(p, "%s on %s\n", argv[0], process_hostname(p));
	process_metric(p, "rtt_avg", 0.25);
	process_count(p, "sent", 3);
	process_metric(p, "rtt_avg", 0.5);
	if (argc > 1) {
		char *big = nt_malloc(CONSOLE_MAX);

		memset(big, 'x', CONSOLE_MAX);
		process_write(p, big, CONSOLE_MAX);
		process_printf(p, "%.*s", 1000, big); /* longer than any line buffer */
		if (argc > 2)
			for (int k = 0; k < 20000; k++)
				process_printf(p, "line %d\n", k);
		free(big);
	}
	process_exit(p, 3);
}

static size_t streamed;

static void stream(struct process *p, const char *text, size_t len, void *arg)
{
	assert_ptr_equal(arg, &streamed);
	assert_non_null(text);
	assert_string_equal(process_name(p), "talker");
	streamed += len;
}

static void test_console_and_metrics(void **state)
{
	struct world_of_processes *t = *state;
	struct process *p = spawn(t, talks, "talks", "talker");
	struct process *q = spawn(t, talks, "talks much", "talker");
	size_t len;

	streamed = 0;
	processes_on_output(t->ps, stream, &streamed);
	run(t);
	assert_string_equal(process_console(p, &len), "talks on n\n");
	assert_int_equal(len, 11);
	assert_int_equal(process_exit_status(p), 3);
	const struct metrics *m = process_metrics(p);
	assert_int_equal(m->count, 2);
	assert_string_equal(m->items[0].name, "rtt_avg");
	assert_true(m->items[0].value == 0.5 && !m->items[0].count);
	assert_true(m->items[1].value == 3 && m->items[1].count);
	assert_ptr_equal(metrics_find(m, "sent"), &m->items[1]);
	assert_null(metrics_find(m, "lost"));

	/* A little too long: nothing is missing. */
	const char *text = process_console(q, &len);
	assert_int_equal(len, 11 + CONSOLE_MAX + 1000);
	assert_int_equal(strlen(text), len);
	assert_int_equal(streamed, 22 + CONSOLE_MAX + 1000);

	/* Much too long: its beginning, what is missing, and its end in whole lines. */
	struct process *r = spawn(t, talks, "talks very much", "talker");
	run(t);
	text = process_console(r, &len);
	assert_in_range(len, CONSOLE_MAX + CONSOLE_TAIL - 100, CONSOLE_MAX + CONSOLE_TAIL + 100);
	assert_string_equal(text + len - 11, "line 19999\n");
	const char *note = strstr(text, "bytes were left out here]\n");
	assert_non_null(note);
	assert_int_equal(strncmp(strchr(note, '\n') + 1, "line ", 5), 0);
}

static int sleeps(struct process *p, int argc, char **argv)
{
	int fd = sys_socket(p, SOCKET_UDP, AF_INET);
	int err = sys_sleep_until(p, VTIME_NEVER);

	(void)argc;
	(void)argv;
	assert_int_equal(fd, 3);
	assert_int_equal(err, -EINTR);
	assert_true(process_killed(p));
	assert_int_equal(sys_sleep(p, vtime_s(1)), -EINTR);
	process_printf(p, "report\n");
	return 0;
}

static int ignores(struct process *p, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	assert_int_equal(sys_socket(p, SOCKET_UDP, AF_INET6), 3);
	for (uint64_t tries = 1; tries < 1000; tries++) {
		process_count(p, "tries", tries);
		sys_sleep(p, vtime_s(1));
	}
	return 0;
}

static int busy(struct process *p, int argc, char **argv)
{
	struct endpoint to = endpoint_of("127.0.0.1", 9);
	int fd = sys_socket(p, SOCKET_UDP, AF_INET);
	uint64_t n = 0;

	(void)argc;
	(void)argv;
	while (!process_killed(p) && process_now(p).ns < vtime_ms(10).ns)
		n += sys_sendto(p, fd, "x", 1, &to) == 1;
	process_count(p, "sent", n);
	return 0;
}

static struct process *ends[8];
static int end_count;

static void note_end(struct process *p, void *arg)
{
	assert_ptr_equal(arg, ends);
	assert_true(process_ended(p));
	ends[end_count++] = p;
}

static void test_kill(void **state)
{
	struct world_of_processes *t = *state;
	struct process *p = spawn(t, sleeps, "sleeps", "sleeper");
	struct process *q = spawn(t, ignores, "ignores", "stubborn");

	end_count = 0;
	processes_on_end(t->ps, note_end, ends);
	while (sched_step(&t->w->sched, vtime_ms(1500)))
		;
	sched_advance(&t->w->sched, vtime_ms(1500));
	assert_false(process_ended(p));
	process_kill(p);
	process_kill(q);
	assert_int_equal(end_count, 0); /* not yet: at the next event */
	while (sched_step(&t->w->sched, vtime_ms(1500)))
		;
	assert_int_equal(end_count, 2);
	assert_ptr_equal(ends[0], p);
	assert_ptr_equal(ends[1], q);
	assert_int_equal(process_exit_status(p), 0);
	assert_string_equal(process_console(p, NULL), "report\n");
	assert_int_equal(process_end(p).ns, vtime_ms(1500).ns);
	assert_int_equal(process_exit_status(q), 137);
	assert_true(metrics_find(process_metrics(q), "tries")->value == 2 + 1 + PROCESS_PATIENCE);
	assert_int_equal(sched_next(&t->w->sched).ns, VTIME_NEVER.ns);
}

/* The end of a run: no event is needed for it. And one that was never run ends too. */
static void test_stop(void **state)
{
	struct world_of_processes *t = *state;
	struct process *p = spawn(t, sleeps, "sleeps", "sleeper");
	struct process *q = spawn(t, ignores, "ignores", "stubborn");

	sched_step(&t->w->sched, VTIME_ZERO);
	sched_step(&t->w->sched, VTIME_ZERO);
	struct process *never = spawn(t, sleeps, "sleeps", "late");
	processes_stop(t->ps);
	assert_true(process_ended(p) && process_ended(q) && process_ended(never));
	assert_string_equal(process_console(p, NULL), "report\n");
	assert_string_equal(process_console(never, NULL), "report\n");
	assert_int_equal(process_exit_status(q), 137);
	processes_stop(t->ps); /* nothing left to do */
}

static void test_kill_node(void **state)
{
	struct world_of_processes *t = *state;
	static const struct program row = {.name = "sleeps", .main = sleeps};
	const char *error;
	struct process *p = spawn(t, sleeps, "sleeps", "here");
	struct process *q = process_spawn(t->ps, t->m, &row, "sleeps", "there", &error);

	sched_step(&t->w->sched, VTIME_ZERO);
	sched_step(&t->w->sched, VTIME_ZERO);
	processes_kill_node(t->ps, t->m);
	run(t);
	assert_false(process_ended(p));
	assert_true(process_ended(q));
}

/* A program that never blocks still lets the world go on. */
static void test_busy(void **state)
{
	struct world_of_processes *t = *state;
	struct process *p = spawn(t, busy, "busy", "busy");

	run(t);
	assert_true(process_ended(p));
	assert_int_equal(process_end(p).ns, vtime_ms(10).ns);
	assert_in_range((uint64_t)metrics_find(process_metrics(p), "sent")->value,
			9 * PROCESS_SLICE, 11 * PROCESS_SLICE);
}

static int forked_sum;

static void child(struct process *p, void *arg)
{
	int number = *(int *)arg;
	struct endpoint local;

	assert_int_equal(sys_local(p, 3, &local), 0); /* what the parent gave it */
	assert_int_equal(local.port, 1000 + number);
	if (sys_sleep(p, vtime_ms(number)) == 0)
		forked_sum += number;
	process_printf(p, "child %d\n", number);
	free(arg);
}

static int forks(struct process *p, int argc, char **argv)
{
	(void)argv;
	for (int i = 3; i >= 1; i--) {
		int fd = sys_socket(p, SOCKET_UDP, AF_INET);
		int *number = nt_malloc(sizeof(*number));

		*number = i;
		const struct endpoint at = {.port = (uint16_t)(1000 + i)};
		assert_int_equal(sys_bind(p, fd, &at), 0);
		struct process *c = process_fork(p, child, number);
		assert_int_equal(sys_give(p, fd, c), 3);
		assert_int_equal(sys_close(p, fd), -EBADF);
	}
	process_printf(p, "parent\n");
	return argc > 1 ? sys_sleep(p, vtime_s(5)) : 0;
}

static void test_fork(void **state)
{
	struct world_of_processes *t = *state;
	struct process *p = spawn(t, forks, "forks", "server");

	forked_sum = 0;
	run(t);
	assert_int_equal(forked_sum, 6);
	assert_string_equal(process_console(p, NULL), "parent\nchild 1\nchild 2\nchild 3\n");
	assert_null(process_next(p));

	/* Killed together with their parent. */
	struct process *q = spawn(t, forks, "forks and waits", "server");
	vtime at = vtime_add(world_now(t->w), vtime_us(1500));
	while (sched_step(&t->w->sched, at))
		;
	process_kill(q);
	run(t);
	assert_int_equal(forked_sum, 7);
	assert_int_equal(process_exit_status(q), -EINTR);
}

static int reads(struct process *p, int argc, char **argv)
{
	char buf[5];
	size_t n;

	(void)argc;
	(void)argv;
	while ((n = process_read(p, buf, sizeof(buf))) > 0)
		process_printf(p, "[%.*s]", (int)n, buf);
	return 0;
}

static void test_input(void **state)
{
	struct world_of_processes *t = *state;
	struct process *p = spawn(t, reads, "reads", "p"), *q = spawn(t, reads, "reads", "q");

	process_set_input(p, "hello world", 11);
	run(t);
	assert_string_equal(process_console(p, NULL), "[hello][ worl][d]");
	assert_string_equal(process_console(q, NULL), "");
}

/* Ten thousand of them at once. */
static void test_many(void **state)
{
	struct world_of_processes *t = *state;
	static const struct program row = {.name = "writes", .main = writes};
	const char *error;

	journal[0] = '\0';
	for (int i = 0; i < 10000; i++) {
		char command[32];

		snprintf(command, sizeof(command), "writes %d 1", i % 97);
		process_spawn(t->ps, t->n, &row, command, "", &error);
	}
	run(t);
	assert_int_equal(processes_running(t->ps), 0);
	assert_int_equal(world_now(t->w).ns, vtime_ms(97).ns);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order), TEST(test_console_and_metrics), TEST(test_kill),
		TEST(test_stop), TEST(test_kill_node), TEST(test_busy),
		TEST(test_fork), TEST(test_input), TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
