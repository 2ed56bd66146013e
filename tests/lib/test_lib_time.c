/* Time moves when it is told to, and then as far as it is told to. */
#include "lab.h"

static void test_nothing_moves_by_itself(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0), there = bound(l->b, SOCK_DGRAM, 9);
	struct name to = name_of(l->a, "b", AF_INET, 9);
	char byte;

	assert_int_equal(nt_now(l->w), 0);
	assert_true(nt_next_event(l->w) == NT_NEVER);
	assert_int_equal(nt_sendto(l->a, fd, "x", 1, 0, SA(&to), to.len), 1);
	assert_int_equal(nt_now(l->w), 0);
	assert_errno(nt_recv(l->b, there, &byte, 1, 0), EAGAIN);
	/* Step by step: the ARP request, its answer, the datagram; each is an event of its own. */
	for (int k = 0; k < 1000 && nt_recv(l->b, there, &byte, 1, 0) < 0; k++) {
		int64_t next = nt_next_event(l->w);

		assert_true(next >= nt_now(l->w) && next < S);
		assert_int_equal(nt_advance_to(l->w, next), 0);
		assert_int_equal(nt_now(l->w), next);
	}
	assert_int_equal(byte, 'x');
	/* Two small frames' time on the wire at 100 Mbit/s (6.72 us each) and three journeys. */
	assert_int_equal(nt_now(l->w), 30 * MS + 3 * 6720);
}

static void test_bounds(void **state)
{
	struct lab *l = *state;

	assert_int_equal(nt_advance_to(l->w, S), 0);
	assert_int_equal(nt_now(l->w), S);
	assert_int_equal(nt_advance_to(l->w, S), 0);
	assert_errno(nt_advance_to(l->w, S - 1), EINVAL);
	assert_errno(nt_advance_to(l->w, -1), EINVAL);
	assert_int_equal(nt_now(l->w), S);
	/* Nothing is left to happen: time stays where the last of it was. */
	assert_int_equal(nt_advance_to(l->w, NT_NEVER), 0);
	assert_int_equal(nt_now(l->w), S);
}

static void test_end_of_the_run(void **state)
{
	struct nt_world *w = world_of_text(TWO_HOSTS
					   "run: [{at: 2s, on: a, do: ping -c 1 b}]\n");

	(void)state;
	assert_false(nt_over(w));
	assert_int_equal(nt_next_event(w), 2 * S);
	assert_int_equal(nt_advance_to(w, 1 * S), 0);
	assert_false(nt_over(w));
	assert_int_equal(nt_advance_to(w, NT_NEVER), 0);
	assert_true(nt_over(w));
	assert_true(nt_now(w) > 2 * S);
	assert_int_equal(nt_advance_to(w, 100 * S), 0);
	assert_true(nt_over(w));
	nt_free(w);
}

static void test_past_the_duration(void **state)
{
	struct nt_world *w = world_of_text(TWO_HOSTS "duration: 1s\n"
					   "run: [{at: 2s, on: a, do: ping -c 1 b, as: late}]\n");
	char *results;

	(void)state;
	assert_int_equal(nt_advance_to(w, S - 1), 0);
	assert_false(nt_over(w));
	assert_int_equal(nt_advance_to(w, S), 0);
	assert_true(nt_over(w));
	assert_int_equal(nt_advance_to(w, 4 * S), 0);
	assert_int_equal(nt_finish(w, NULL), 0);
	results = nt_results(w);
	assert_non_null(strstr(results, "\"received\": 1"));
	free(results);
	nt_free(w);
}

static void again(struct nt_host *h, int fd, void *arg)
{
	struct nt_world *w = nt_host_world(h);

	(void)fd;
	++*(int *)arg;
	assert_errno(nt_advance_to(w, nt_now(w) + S), EDEADLK);
	assert_errno(nt_finish(w, NULL), EDEADLK);
}

static void test_callbacks_cannot_move_it(void **state)
{
	struct lab *l = *state;
	int called = 0, fd = bound(l->a, SOCK_DGRAM, 9);

	assert_int_equal(nt_watch(l->a, fd, again, &called), 0);
	assert_int_equal(nt_advance_to(l->w, S), 0);
	assert_int_equal(called, 1); /* writable from the beginning */
}

/* A ring of switches, on links that take no time: a frame goes round for ever. */
static void test_stuck(void **state)
{
	struct nt_world *w = world_of_text(
		"nodes: {a: {}, b: {}, 's[1..3]': {kind: switch}}\n"
		"links: [a -- s1, s1 -- s2, s2 -- s3, s3 -- s1, b -- s2]\n"
		"run: [{at: 1s, on: a, do: ping -c 1 b}]\n");

	(void)state;
	assert_int_equal(nt_advance_to(w, S - 1), 0);
	assert_errno(nt_advance_to(w, 2 * S), ELOOP);
	assert_int_equal(nt_now(w), S);
	assert_int_equal(nt_finish(w, NULL), 0);
	nt_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_moves_by_itself, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_bounds, lab_open, lab_close),
		cmocka_unit_test(test_end_of_the_run),
		cmocka_unit_test(test_past_the_duration),
		cmocka_unit_test_setup_teardown(test_callbacks_cannot_move_it, lab_open, lab_close),
		cmocka_unit_test(test_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
