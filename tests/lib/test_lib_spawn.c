/* The emulator's programs, started from outside. */
#include "lab.h"

static void test_ping(void **state)
{
	struct lab *l = *state;
	struct nt_process *p = nt_spawn(l->a, "ping -c 2 b", NULL), *again;
	size_t len;
	char *results;

	assert_non_null(p);
	assert_false(nt_ended(p));
	pass(l->w, 500 * MS);
	assert_non_null(strstr(nt_console(p, NULL), "icmp_seq=1"));
	assert_null(strstr(nt_console(p, NULL), "icmp_seq=2"));
	again = nt_spawn(l->a, "ping -c 1 b", NULL);
	pass(l->w, 5 * S);
	assert_true(nt_ended(p) && nt_ended(again));
	assert_int_equal(nt_exit_status(p), 0);
	assert_non_null(strstr(nt_console(p, &len), "2 received"));
	assert_int_equal(len, strlen(nt_console(p, NULL)));
	assert_int_equal(nt_finish(l->w, NULL), 0);
	results = nt_results(l->w);
	assert_non_null(strstr(results, "\"ping.a\""));
	assert_non_null(strstr(results, "\"ping-2.a\""));
	free(results);
}

static void test_wrong(void **state)
{
	struct lab *l = *state;
	char *why = NULL;

	assert_null(nt_spawn(l->a, "pong b", &why));
	assert_string_equal(why, "unknown program 'pong'; did you mean 'ping'?");
	free(why);
	assert_null(nt_spawn(l->a, "ping 'b", &why));
	assert_non_null(strstr(why, "not closed"));
	free(why);
	assert_null(nt_spawn(l->a, "", NULL));
}

static void test_kill(void **state)
{
	struct lab *l = *state;
	struct nt_process *p = nt_spawn(l->a, "ping b", NULL);

	pass(l->w, 2500 * MS);
	nt_kill(p);
	assert_int_equal(nt_advance_to(l->w, NT_NEVER), 0);
	assert_true(nt_ended(p));
	assert_non_null(strstr(nt_console(p, NULL), "3 packets transmitted"));
	nt_kill(p);
}

/* A program of the emulator answers a socket of ours. */
static void test_talks_with_sockets(void **state)
{
	struct lab *l = *state;
	struct name to = name_of(l->a, "b", AF_INET, 7);
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0);
	char buf[10];

	assert_non_null(nt_spawn(l->b, "udp-echo", NULL));
	pass(l->w, 0);
	assert_int_equal(nt_sendto(l->a, fd, "hello", 5, 0, SA(&to), to.len), 5);
	pass(l->w, S);
	assert_int_equal(nt_recv(l->a, fd, buf, sizeof(buf), 0), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ping, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_wrong, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_kill, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_talks_with_sockets, lab_open, lab_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
