/* Fibers alone: switches, many at once, stacks that come back, registers that survive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/alloc.h"
#include "process/fiber.h"

struct counter {
	struct fiber fiber;
	int steps, done;
	double sum;
};

static void count(void *arg)
{
	struct counter *c = arg;
	double x = c->steps; /* lives in registers or on this stack across the switches */

	for (int i = 0; i < c->steps; i++) {
		c->done++;
		x = x * 1.5 + i;
		c->sum = x;
		fiber_suspend(&c->fiber);
	}
}

static void test_many(void **state)
{
	struct stack_pool *pool = stack_pool_new();
	enum { N = 500 };
	struct counter *c = nt_calloc(N, sizeof(*c));
	int alive = N;

	(void)state;
	for (int i = 0; i < N; i++) {
		c[i].steps = i % 50;
		fiber_init(&c[i].fiber, pool, count, &c[i]);
	}
	while (alive > 0)
		for (int i = 0; i < N; i++)
			if (!c[i].fiber.finished) {
				fiber_resume(&c[i].fiber);
				alive -= c[i].fiber.finished;
			}
	for (int i = 0; i < N; i++) {
		double x = i % 50;

		assert_int_equal(c[i].done, c[i].steps);
		for (int k = 0; k < c[i].steps; k++)
			x = x * 1.5 + k;
		assert_true(c[i].steps == 0 || x == c[i].sum);
	}
	assert_in_range(stack_pool_count(pool), N, N + 16);
	/* The same stacks serve again. */
	uint32_t before = stack_pool_count(pool);
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < N; i++) {
			c[i] = (struct counter){.steps = 0};
			fiber_init(&c[i].fiber, pool, count, &c[i]);
			fiber_resume(&c[i].fiber);
			assert_true(c[i].fiber.finished);
		}
	assert_int_equal(stack_pool_count(pool), before);
	free(c);
	stack_pool_free(pool);
}

static int __attribute__((noinline)) deep(int n)
{
	volatile char frame[1024];

	memset((void *)frame, n, sizeof(frame));
	return n == 0 ? 0 : deep(n - 1) + (frame[n] == (char)n);
}

static struct fiber jumper;
static int depth;

static void finish_deep(int n)
{
	if (n < 0)
		return;
	depth++;
	if (n == 0)
		fiber_finish(&jumper);
	finish_deep(n - 1);
	depth = 0; /* never reached */
}

static void leave(void *arg)
{
	*(int *)arg = deep(40); /* some 45 KiB */
	finish_deep(10);
}

static void test_finish_and_depth(void **state)
{
	struct stack_pool *pool = stack_pool_new();
	int result = 0;

	(void)state;
	fiber_init(&jumper, pool, leave, &result);
	fiber_resume(&jumper);
	assert_int_equal(result, 40);
	assert_true(jumper.finished);
	assert_int_equal(depth, 11);
	stack_pool_free(pool);
}

static volatile uintptr_t frame;
static char text[32];

static void look_at_stack(void *arg)
{
	(void)arg;
	frame = (uintptr_t)__builtin_frame_address(0);
	snprintf(text, sizeof(text), "%.3f", 1.5); /* aligned vector stores, as every printf */
}

/* Both ABIs promise a function a stack aligned to 16 bytes. */
static void test_alignment(void **state)
{
	struct stack_pool *pool = stack_pool_new();
	struct fiber f[20];

	(void)state;
	for (int i = 0; i < 20; i++) {
		fiber_init(&f[i], pool, look_at_stack, NULL);
		fiber_resume(&f[i]);
		assert_string_equal(text, "1.500");
#if defined(__x86_64__) || defined(__aarch64__)
		assert_int_equal(frame % 16, 0);
#endif
	}
	stack_pool_free(pool);
}

static void test_drop(void **state)
{
	struct stack_pool *pool = stack_pool_new();
	struct counter c = {.steps = 10};

	(void)state;
	fiber_init(&c.fiber, pool, count, &c);
	fiber_resume(&c.fiber);
	fiber_drop(&c.fiber);
	assert_int_equal(c.done, 1);
	fiber_init(&c.fiber, pool, count, &c); /* and one that never ran */
	fiber_drop(&c.fiber);
	stack_pool_free(pool);
}

struct nested {
	struct fiber outer, inner;
	struct stack_pool *pool;
	char order[8];
	int n;
};

static void inner(void *arg)
{
	struct nested *t = arg;

	t->order[t->n++] = 'b';
	fiber_suspend(&t->inner);
	t->order[t->n++] = 'd';
}

static void outer(void *arg)
{
	struct nested *t = arg;

	t->order[t->n++] = 'a';
	fiber_init(&t->inner, t->pool, inner, t);
	fiber_resume(&t->inner);
	t->order[t->n++] = 'c';
	fiber_resume(&t->inner);
	t->order[t->n++] = 'e';
}

/* The engine never does it, but a fiber may run another. */
static void test_nested(void **state)
{
	struct nested t = {.pool = stack_pool_new()};

	(void)state;
	fiber_init(&t.outer, t.pool, outer, &t);
	fiber_resume(&t.outer);
	assert_string_equal(t.order, "abcde");
	stack_pool_free(t.pool);
}

#ifndef FIBER_ASAN
static void overflow(void *arg)
{
	*(int *)arg = deep(FIBER_STACK / 1024 + 8);
}

/* Who grows over the end of the stack dies of it, instead of writing over a neighbour. */
static void test_guard(void **state)
{
	(void)state;
	pid_t child = fork();
	if (child == 0) {
		struct stack_pool *pool = stack_pool_new();
		struct fiber f;
		int result;

		signal(SIGSEGV, SIG_DFL);
		fiber_init(&f, pool, overflow, &result);
		fiber_resume(&f);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_finish_and_depth),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_nested),
#ifndef FIBER_ASAN
		cmocka_unit_test(test_guard),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
