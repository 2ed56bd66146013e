/* nc, udp-echo, mgen and udp-sink, the small helpers, and the table of programs. */
#include "programs_lab.h"

static void test_nc(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "nc -u -l -v -w 5 --send welcome 4000"), *p;

	p = lab_run("nc -u -w 1 -p 40000 --send hello --send 'is there anybody' web 4000");
	assert_console(p, 0, "welcome\n");
	assert_true(lab_metric(p, "sent") == 2 && lab_metric(p, "received") == 1);
	/* The first sender is the only peer: others are refused. */
	lab_run("nc -u -w 1 --send 'not for you' web 4000");
	lab_finish(&lab, server);
	assert_console(server, 0,
		       "Bound on 0.0.0.0 4000\n"
		       "Connection received on client 40000\n"
		       "hello\nis there anybody\n");
	assert_true(lab_metric(server, "bytes_received") == 6 + 17);
}

static void test_nc_keep(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "nc -luk -6 4001"), *p;

	lab_run("nc -6 -u -w 1 --send one web 4001");
	p = lab_spawn(&lab, lab.client, "nc -6 -u -q 0 web 4001");
	process_set_input(p, "from\nstdin", 10);
	lab_finish(&lab, p);
	/* Two datagrams at once, then one a second while it waits for an objection. */
	assert_console(lab_run("nc -6 -u -z -v web 4001"), 0,
		       "Connection to web (fd00:1::2) 4001 port [udp/*] succeeded!\n");
	lab_run("sleep 1");
	processes_stop(lab.ps);
	assert_console(server, 0, "one\nfrom\nstdinXXXXX");
}

static void test_nc_errors(void **state)
{
	(void)state;
	static const struct {
		const char *command, *text;
		int status;
	} cases[] = {
		{"nc web 80", "", 1}, /* refused, and without -v not a word */
		{"nc -u web", "nc: missing port number\n", 1},
		{"nc -u -l", "nc: missing port number\n", 1},
		{"nc -u web x", "nc: port number invalid: x\n", 1},
		{"nc -u web 99999", "nc: port number too large: 99999\n", 1},
		{"nc -u -k web 5", "nc: must use -l with -k\n", 1},
		{"nc -u -l -z 9", "nc: cannot use -z and -l\n", 1},
		{"nc -u -w x web 9", "nc: timeout invalid: x\n", 1},
		{"nc -u nobody 9", "nc: getaddrinfo for host \"nobody\" port 9: Name or service not "
		 "known\n", 1},
		{"nc -u -s 1.2.3.4 web 9", "nc: bind failed: Cannot assign requested address\n", 1},
		/* Refused: the port is closed, and nobody says a word. */
		{"nc -u -z -v web 9", "", 1},
		{"nc -u -w 2 --send x web 9", "", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_console(lab_run(cases[i].command), cases[i].status, cases[i].text);
	assert_contains(lab_run("nc -Y"), "usage: nc ");
}

static void test_echo_service(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "udp-echo");

	assert_console(lab_run("nc -u -w 1 --send four web echo"), 0, "four\n");
	assert_console(lab_run("nc -6 -u -w 1 --send six web 7"), 0, "six\n");
	processes_stop(lab.ps);
	assert_console(server, 0, "udp-echo: listening on port 7\n");
	assert_true(lab_metric(server, "received") == 2 && lab_metric(server, "sent") == 2);
	assert_true(lab_metric(server, "bytes") == 9);
	assert_int_equal(process_exit_status(lab_run("udp-echo -p 0")), 2);
	assert_int_equal(process_exit_status(lab_run("udp-echo what")), 2);
}

static void test_mgen(void **state)
{
	(void)state;
	struct process *sink = lab_spawn(&lab, lab.web, "udp-sink -c 100"), *p;

	p = lab_run("mgen -d web -r 300 -c 100 -s 200");
	assert_console(p, 0, "mgen: 100 datagrams of 200 bytes sent in 0.330 s\n");
	assert_true(lab_metric(p, "sent") == 100 && lab_metric(p, "bytes") == 20000);
	lab_finish(&lab, sink);
	assert_console(sink, 0,
		       "udp-sink: 100 datagrams, 20000 bytes received, 0 lost (0%)\n"
		       "udp-sink: delay min/avg/max = 20.000000/20.000000/20.000000 ms\n");
	assert_true(lab_metric(sink, "delay_avg") == 0.02 && lab_metric(sink, "lost") == 0);
	/* Ten seconds by default, and nobody listens. */
	p = lab_run("mgen -d web -r 10");
	assert_true(lab_metric(p, "sent") + lab_metric(p, "errors") == 100);
	assert_int_equal(process_exit_status(lab_run("mgen -r 10")), 2);
	assert_console(lab_run("mgen -d web -s 1"), 2, "mgen: '1' is not a size (24 to 65507 bytes)\n");
	assert_console(lab_run("mgen -d nobody"), 2, "mgen: nobody: Name or service not known\n");
}

/* M/D/1 at load 0.8: the mean wait is 2 service times. */
static void test_poisson(void **state)
{
	(void)state;
	struct lab l;
	struct process *sink;
	double wait;

	lab_init(&l);
	l.far_params.rate = 1328000; /* 100 bytes of payload take 1 ms */
	l.far_params.limit = 100000;
	lab_open(&l);
	lab_command(&l, l.client, "ping -q -c 1 web");
	sink = lab_spawn(&l, l.web, "udp-sink -q -c 200000");
	lab_command(&l, l.client, "mgen -d web --poisson -r 800 -s 100 -c 200000");
	lab_finish(&l, sink);
	assert_true(lab_metric(sink, "lost") == 0);
	wait = lab_metric(sink, "delay_avg") - 0.021;
	assert_true(wait > 0.0019 && wait < 0.0021);
	assert_true(lab_metric(sink, "delay_min") == 0.021);
	lab_close(&l);
}

/* Sizes with the mean that was asked for, whose squares have twice the mean's (cut at 65507). */
static void test_exponential(void **state)
{
	(void)state;
	struct process *sink = lab_spawn(&lab, lab.web, "udp-sink -q"), *p;
	double mean;

	p = lab_run("mgen -d web -r 100 --exponential -s 1000 -c 20000");
	assert_contains(p, "mgen: 20000 datagrams of about 1000 bytes sent in 199.990 s\n");
	mean = lab_metric(p, "bytes") / 20000;
	assert_true(mean > 980 && mean < 1020); /* three times 1000 / sqrt(20000) */
	lab_run("sleep 1");
	processes_stop(lab.ps);
	assert_true(lab_metric(sink, "received") == 20000);
	assert_true(lab_metric(sink, "bytes") == lab_metric(p, "bytes"));
}

/* Three in a row, one, and the last two: six in three bursts. */
static void test_bursts(void **state)
{
	static const uint64_t lost[] = {11, 12, 13, 21, 99, 100};
	struct process *sink;
	struct lab l;

	(void)state;
	lab_init(&l);
	l.far_params.loss = (struct loss_params){.kind = LOSS_LISTED, .listed = lost,
						 .listed_count = 6};
	lab_open(&l);
	sink = lab_spawn(&l, l.web, "udp-sink -q");
	/* The router's ARP request is the link's first frame. */
	lab_command(&l, l.client, "mgen -d web -4 -r 100 -c 99");
	lab_command(&l, l.client, "sleep 1");
	processes_stop(l.ps);
	assert_true(lab_metric(sink, "lost") == 6 && lab_metric(sink, "received") == 93);
	assert_true(lab_metric(sink, "burst_avg") == 2);
	lab_close(&l);
}

static void test_helpers(void **state)
{
	(void)state;
	struct process *p = lab_run("sleep 1.5 1m 0.5s");

	assert_int_equal(vtime_sub(process_end(p), process_start(p)).ns, vtime_s(62).ns);
	assert_console(lab_run("sleep"), 1,
		       "sleep: missing operand\nTry 'sleep --help' for more information.\n");
	assert_console(lab_run("sleep 1y x"), 1,
		       "sleep: invalid time interval ‘1y’\nsleep: invalid time interval ‘x’\n"
		       "Try 'sleep --help' for more information.\n");
	assert_console(lab_run("echo -n a  'b  c'"), 0, "a b  c");
	assert_console(lab_run("echo"), 0, "\n");
	assert_console(lab_run("true"), 0, "");
	assert_console(lab_run("false"), 1, "");
}

/* What help, the checker and the expectations rely on. */
static void test_table(void **state)
{
	(void)state;
	for (int i = 0; programs[i]; i++) {
		const struct program *p = programs[i];
		size_t len = strlen(p->usage);

		assert_ptr_equal(program_find(p->name), p);
		assert_true(len > 0 && p->usage[len - 1] == '\n');
		assert_non_null(p->main);
		assert_true(p->summary[0] && p->summary[strlen(p->summary) - 1] != '.');
		/* Every metric is explained to who asks for help. */
		for (const char *const *m = p->metrics; m && *m; m++)
			assert_non_null(strstr(p->usage, *m));
	}
	assert_null(program_find("pong"));
	assert_true(program_has_metric(&program_ping, "rtt_avg"));
	assert_false(program_has_metric(&program_ping, "rtt"));
	assert_false(program_has_metric(&program_sleep, "rtt"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, lab_setup_warm, lab_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_nc), CASE(test_nc_keep), CASE(test_nc_errors), CASE(test_echo_service),
		CASE(test_mgen), cmocka_unit_test(test_poisson),
		CASE(test_exponential), cmocka_unit_test(test_bursts), CASE(test_helpers),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
