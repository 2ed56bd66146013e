/* traceroute and tracepath against the text of Butskoy's 2.1 and of iputils 20221126. */
#include "programs_lab.h"

static int setup(void **state)
{
	/* ARP and ND are done, and the rate limits of ICMP errors are full again. */
	lab_setup_warm(state);
	lab_command(&lab, lab.client, "ping -q -c 1 -6 web");
	lab_command(&lab, lab.client, "sleep 10");
	return 0;
}

static void pause_for_limits(void)
{
	lab_command(&lab, lab.client, "sleep 10");
}

static void test_traceroute(void **state)
{
	(void)state;
	struct process *p = lab_command(&lab, lab.client, "traceroute web");

	assert_console(p, 0,
		"traceroute to web (10.0.1.2), 30 hops max, 60 byte packets\n"
		" 1  gw (10.0.0.1)  20.000 ms  20.000 ms  20.000 ms\n"
		" 2  web (10.0.1.2)  40.000 ms  40.000 ms  40.000 ms\n");
	assert_true(lab_metric(p, "hops") == 2 && lab_metric(p, "reached") == 1);
	pause_for_limits();
	assert_console(lab_command(&lab, lab.client, "traceroute -n -q 2 web 100"), 0,
		"traceroute to web (10.0.1.2), 30 hops max, 100 byte packets\n"
		" 1  10.0.0.1  20.000 ms  20.000 ms\n"
		" 2  10.0.1.2  40.000 ms  40.000 ms\n");
	pause_for_limits();
	assert_console(lab_command(&lab, lab.client, "traceroute -I web"), 0,
		"traceroute to web (10.0.1.2), 30 hops max, 60 byte packets\n"
		" 1  gw (10.0.0.1)  20.000 ms  20.000 ms  20.000 ms\n"
		" 2  web (10.0.1.2)  40.000 ms  40.000 ms  40.000 ms\n");
	pause_for_limits();
	assert_console(lab_command(&lab, lab.client, "traceroute -f 2 -N 1 -U web"), 0,
		"traceroute to web (10.0.1.2), 30 hops max, 60 byte packets\n"
		" 2  web (10.0.1.2)  40.000 ms  40.000 ms  40.000 ms\n");
}

static void test_traceroute6(void **state)
{
	(void)state;
	assert_console(lab_command(&lab, lab.client, "traceroute -6 web"), 0,
		"traceroute to web (fd00:1::2), 30 hops max, 80 byte packets\n"
		" 1  gw (fd00::1)  20.000 ms  20.000 ms  20.000 ms\n"
		" 2  web (fd00:1::2)  40.000 ms  40.000 ms  40.000 ms\n");
	pause_for_limits();
	assert_console(lab_command(&lab, lab.client, "traceroute -I -n fd00:1::2"), 0,
		"traceroute to fd00:1::2 (fd00:1::2), 30 hops max, 80 byte packets\n"
		" 1  fd00::1  20.000 ms  20.000 ms  20.000 ms\n"
		" 2  fd00:1::2  40.000 ms  40.000 ms  40.000 ms\n");
}

/* The router answers no more than six errors at once (net.ipv4.icmp_ratelimit). */
static void test_rate_limit(void **state)
{
	(void)state;
	struct process *p = lab_command(&lab, lab.client, "traceroute -n -q 10 -m 1 web");

	assert_console(p, 0,
		"traceroute to web (10.0.1.2), 1 hops max, 60 byte packets\n"
		" 1  10.0.0.1  20.000 ms  20.000 ms  20.000 ms  20.000 ms  20.000 ms  20.000 ms "
		"* * * *\n");
	assert_true(lab_metric(p, "hops") == 1 && lab_metric(p, "reached") == 0);
	/* Three times the answer's time and its grace: nobody waited five seconds. */
	assert_true(vtime_sub(process_end(p), process_start(p)).ns <= vtime_ms(63).ns);
}

static void test_notes(void **state)
{
	(void)state;
	struct process *p;

	lab_far_mtu(&lab, 1400);
	p = lab_command(&lab, lab.client, "traceroute -F -q 1 web 1500");
	assert_console(p, 0,
		"traceroute to web (10.0.1.2), 30 hops max, 1500 byte packets\n"
		" 1  gw (10.0.0.1)  20.000 ms\n"
		" 2  gw (10.0.0.1)  20.000 ms !F-1400\n");
	assert_true(lab_metric(p, "reached") == 0 && lab_metric(p, "hops") == 2);
	pause_for_limits();
	assert_console(lab_command(&lab, lab.client, "traceroute -n -q 1 -N 1 10.0.1.77"), 0,
		"traceroute to 10.0.1.77 (10.0.1.77), 30 hops max, 60 byte packets\n"
		" 1  10.0.0.1  20.000 ms\n"
		" 2  10.0.0.1  3020.000 ms !H\n");
	pause_for_limits();
	assert_console(lab_command(&lab, lab.client, "traceroute -n -q 1 -f 2 10.9.9.9"), 0,
		"traceroute to 10.9.9.9 (10.9.9.9), 30 hops max, 60 byte packets\n"
		" 2  10.0.0.1  20.000 ms !N\n");
	pause_for_limits();
	lab_route(lab.gw, "10.8.0.0/16", NULL, ROUTE_PROHIBIT);
	assert_contains(lab_command(&lab, lab.client, "traceroute -n -q 1 -f 2 10.8.0.1"),
			" 2  10.0.0.1  20.000 ms !X\n");
	pause_for_limits();
	assert_contains(lab_command(&lab, lab.client, "traceroute -n -q 1 -f 2 fd00:9::1"),
			" 2  fd00::1  20.000 ms !N\n");
}

static void test_silence(void **state)
{
	(void)state;
	struct process *p;

	link_set_up(lab.near, false);
	p = lab_command(&lab, lab.client, "traceroute -m 3 -w 2 web");
	assert_console(p, 0,
		"traceroute to web (10.0.1.2), 3 hops max, 60 byte packets\n"
		" 1  * * *\n"
		" 2  * * *\n"
		" 3  * * *\n");
	assert_int_equal(vtime_sub(process_end(p), process_start(p)).ns, vtime_s(2).ns);
	assert_true(lab_metric(p, "hops") == 0);
}

static void test_traceroute_usage(void **state)
{
	(void)state;
	static const struct {
		const char *command, *text;
		int status;
	} cases[] = {
		{"traceroute -Z web", "Bad option `-Z' (argc 1)\n", 2},
		{"traceroute --foo web", "Bad option `--foo' (argc 1)\n", 2},
		{"traceroute -q", "Option `-q' (argc 1) requires an argument: `-q nqueries'\n", 2},
		{"traceroute -w x web", "Cannot handle `-w' option with arg `x' (argc 2)\n", 2},
		{"traceroute -q 11 web", "no more than 10 probes per hop\n", 2},
		{"traceroute -m 256 web", "max hops cannot be more than 255\n", 2},
		{"traceroute -f 5 -m 3 web", "first hop out of range\n", 2},
		{"traceroute web 65537", "too big packetlen 65537 specified\n", 2},
		{"traceroute web xx",
		 "Cannot handle \"packetlen\" cmdline arg `xx' on position 2 (argc 2)\n", 2},
		{"traceroute web 40 50", "Extra arg `50' (position 3, argc 3)\n", 2},
		{"traceroute -n", "Specify \"host\" missing argument.\n", 2},
		{"traceroute nobody", "nobody: Name or service not known\n"
		 "Cannot handle \"host\" cmdline arg `nobody' on position 1 (argc 1)\n", 2},
		{"traceroute -s 1.2.3.4 web",
		 "traceroute to web (10.0.1.2), 30 hops max, 60 byte packets\n"
		 "bind: Cannot assign requested address\n", 1},
		{"traceroute -i eth9 web",
		 "traceroute to web (10.0.1.2), 30 hops max, 60 byte packets\n"
		 "setsockopt SO_BINDTODEVICE: No such device\n", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_console(lab_command(&lab, lab.client, cases[i].command), cases[i].status,
			       cases[i].text);
}

static void test_tracepath(void **state)
{
	(void)state;
	struct process *p;

	lab_far_mtu(&lab, 1400);
	p = lab_command(&lab, lab.client, "tracepath web");
	assert_console(p, 0,
		" 1?: [LOCALHOST]                      pmtu 1500\n"
		" 1:  gw                                                   20.000ms \n"
		" 1:  gw                                                   20.000ms \n"
		" 2:  gw                                                   20.000ms pmtu 1400\n"
		" 2:  web                                                  40.000ms reached\n"
		"     Resume: pmtu 1400 hops 2 back 2 \n");
	assert_true(lab_metric(p, "pmtu") == 1400 && lab_metric(p, "hops") == 2);
	assert_true(lab_metric(p, "back") == 2 && lab_metric(p, "reached") == 1);
	pause_for_limits();
	/* Now the host knows. */
	assert_console(lab_command(&lab, lab.client, "tracepath -b web"), 0,
		" 1?: [LOCALHOST]                      pmtu 1400\n"
		" 1:  gw (10.0.0.1)                                        20.000ms \n"
		" 1:  gw (10.0.0.1)                                        20.000ms \n"
		" 2:  web (10.0.1.2)                                       40.000ms reached\n"
		"     Resume: pmtu 1400 hops 2 back 2 \n");
	pause_for_limits();
	assert_console(lab_command(&lab, lab.client, "tracepath -n fd00:1::2"), 0,
		" 1?: [LOCALHOST]                        0.000ms pmtu 1500\n"
		" 1:  fd00::1                                              20.000ms \n"
		" 1:  fd00::1                                              20.000ms \n"
		" 2:  fd00::1                                              20.000ms pmtu 1400\n"
		" 2:  fd00:1::2                                            40.000ms reached\n"
		"     Resume: pmtu 1400 hops 2 back 2 \n");
	pause_for_limits();
	assert_console(lab_command(&lab, lab.client, "tracepath -n -m 1 -l 1300 web"), 0,
		" 1:  10.0.0.1                                             20.000ms \n"
		"     Too many hops: pmtu 1300\n"
		"     Resume: pmtu 1300 \n");
}

static void test_tracepath_ends(void **state)
{
	(void)state;
	struct prefix all = prefix_make(&ipaddr_any4, IPADDR_V4_BITS);

	assert_contains(lab_command(&lab, lab.client, "tracepath -n 10.9.9.9"),
			":  10.0.0.1                                             20.000ms !N\n"
			"     Resume: pmtu 1500 \n");
	pause_for_limits();
	assert_contains(lab_command(&lab, lab.client, "tracepath -n 10.0.1.77"),
			" 2:  no reply\n"
			" 2:  10.0.0.1                                            3020.000ms !H\n");
	assert_console(lab_command(&lab, lab.client, "tracepath nobody"), 1,
		       "tracepath: nobody: Name or service not known\n");
	assert_console(lab_command(&lab, lab.client, "tracepath -m 999 web"), 1,
		       "tracepath: invalid argument: '999': out of range: 0 <= value <= 255\n");
	assert_console(lab_command(&lab, lab.client, "tracepath -l 5 web"), 1,
		       "tracepath: pktlen must be within: 28 < value <= 2147483647\n");
	assert_int_equal(process_exit_status(lab_command(&lab, lab.client, "tracepath a b")), 255);
	free(fib_remove(&lab.client->fib, &all, 0));
	route_cache_flush(lab.client);
	assert_console(lab_command(&lab, lab.client, "tracepath 10.0.1.2"), 0,
		       " 1:  send failed\n     Resume: pmtu 65535 \n");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_traceroute), CASE(test_traceroute6), CASE(test_rate_limit),
		CASE(test_notes), CASE(test_silence), CASE(test_traceroute_usage),
		CASE(test_tracepath), CASE(test_tracepath_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
