/* ss: which sockets its filters let pass, and what it says of a connection, as iproute2 prints it. */
#include "programs_lab.h"

/* web listens on 80 and 81; three connections of client's stay open, one has ended here first. */
static int setup(void **state)
{
	lab_setup_warm(state);
	lab_spawn(&lab, lab.web, "nc -l -k --discard 80");
	lab_spawn(&lab, lab.web, "nc -l -k -6 81");
	lab_command(&lab, lab.client, "nc -N -p 39999 web 80");
	lab_spawn(&lab, lab.client, "nc -p 40000 10.0.1.2 80");
	lab_spawn(&lab, lab.client, "nc -p 40001 --send-bytes 5000 10.0.1.2 80");
	lab_spawn(&lab, lab.client, "nc -6 -p 40002 web 81");
	lab_command(&lab, lab.client, "sleep 1");
	return 0;
}

static void lists(const char *filter, int sockets)
{
	char command[200];

	snprintf(command, sizeof(command), "ss -tan %s", filter);
	struct process *p = lab_run(command);
	if (process_exit_status(p) != 0 || lab_metric(p, "sockets") != sockets)
		fail_msg("%s: exit %d, %g sockets, expected %d", command, process_exit_status(p),
			 lab_metric(p, "sockets"), sockets);
}

static void test_states(void **state)
{
	(void)state;
	lists("", 4);
	lists("state all", 4);
	lists("state established", 3);
	lists("state time-wait", 1);
	lists("state established state time-wait", 4);
	lists("exclude time-wait", 3);
	lists("state connected exclude established", 1);
	lists("state bucket", 1);
	lists("state listening", 0);
	assert_true(lab_metric(lab_command(&lab, lab.web, "ss -tn state listening"), "sockets") == 2);
	/* A state that was named counts without -a, too. */
	assert_true(lab_metric(lab_run("ss -tn state time-wait"), "sockets") == 1);
}

static void test_addresses(void **state)
{
	(void)state;
	lists("dst 10.0.1.2", 3);
	lists("dst 10.0.1.0/24", 3);
	lists("dst 10.0.1.2:81", 0);
	lists("dst :81", 1);
	lists("dst [fd00:1::2]:81", 1);
	lists("dst fd00:1::2", 1);
	lists("src 10.0.0.2:40001", 1);
	lists("src fd00::/64", 1);
	lists("dst client", 0);
	lists("not dst 10.0.1.2", 1);
}

static void test_ports(void **state)
{
	(void)state;
	lists("sport = :40000", 1);
	lists("sport :40000", 1);
	lists("dport = 80", 3);
	lists("dport != :80", 1);
	lists("sport gt :40000", 2);
	lists("sport ge 40000 and sport lt 40002", 2);
	lists("'( dport = :81 or sport = :40000 )'", 2);
	lists("'(' dport = :81 or sport = :40000 ')' and dst 10.0.1.2", 1);
	lists("dport = :80 sport = :40000", 1);
	lists("dport = :81 or dport = :80 sport = :40000", 2);
	lists("state established '( sport >= :40001 )'", 2);
	lists("state established not '(' dport = :80 ')'", 1);
}

static void test_wrong(void **state)
{
	static const char *const wrong[] = {
		"ss -t state open", "ss -t dport", "ss -t dport = :http80", "ss -t dst",
		"ss -t '( dport = :80'", "ss -t dport = :80 )", "ss -t sprot = :80",
		"ss -t dst 10.0.1.2/40", "ss -t dport = :70000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct process *p = lab_run(wrong[i]);

		if (process_exit_status(p) != 255)
			fail_msg("%s: exit %d", wrong[i], process_exit_status(p));
	}
	assert_contains(lab_run("ss -t state open"), "ss: wrong state name: open\n");
}

/* With one state the column of states is left out. */
static void test_text(void **state)
{
	(void)state;
	assert_console(lab_run("ss -tn state established dport = :81"), 0,
		       "Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n"
		       "0      0          [fd00::2]:40002  [fd00:1::2]:81   \n");
	assert_contains(lab_run("ss -tn dport = :81"),
			"ESTAB      0      0          [fd00::2]:40002  [fd00:1::2]:81   \n");
}

/* 5000 bytes took one round trip of 40 ms: that long it was busy, and nothing held it up. */
static void test_info(void **state)
{
	(void)state;
	struct process *p = lab_run("ss -ti sport = :40001");

	assert_contains(p, " bytes_sent:5000 bytes_acked:5001 ");
	assert_contains(p, " delivered:5 ");
	assert_contains(p, " busy:40ms rcv_space:");
	/* One that waits for its peer's window: nearly always. */
	lab_spawn(&lab, lab.web, "nc -l --pause 9 --discard 82");
	lab_spawn(&lab, lab.client, "nc -p 40003 --send-bytes 1000000 10.0.1.2 82");
	lab_run("sleep 5");
	p = lab_run("ss -ti sport = :40003");
	assert_contains(p, " busy:4960ms rwnd_limited:4840ms(97.6%) ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states), cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_ports),  cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_text),   cmocka_unit_test(test_info),
	};

	return cmocka_run_group_tests(tests, setup, lab_teardown);
}
