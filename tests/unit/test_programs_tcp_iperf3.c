/* iperf3 over TCP against the text of iperf 3.12, its messages on the wire, and its figures. */
#include "programs_lab.h"

#include "programs/iperf3/tcp.h"

static int setup(void **state)
{
	(void)state;
	lab_init(&lab);
	lab.near_params.rate = 100000000;
	lab.far_params.rate = 10000000;
	lab_open(&lab);
	lab_command(&lab, lab.client, "ping -q -c 1 web");
	return 0;
}

/* 100 kB/s in blocks of 10,000, 7 segments: nothing is lost, every figure is known. The window
 * grows to twice what is sent at once, and stays (RFC 7661, as Linux has it). */
static void test_text(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "iperf3 -s"), *p;

	p = lab_run("iperf3 -c web -4 -t 2 -b 800k -l 10000 --cport 40000");
	assert_console(p, 0,
		"Connecting to host web, port 5201\n"
		"[  5] local 10.0.0.2 port 40000 connected to 10.0.1.2 port 5201\n"
		"[ ID] Interval           Transfer     Bitrate         Retr  Cwnd\n"
		"[  5]   0.00-1.00   sec  97.7 KBytes   800 Kbits/sec    0   19.8 KBytes       \n"
		"[  5]   1.00-2.00   sec  97.7 KBytes   800 Kbits/sec    0   19.8 KBytes       \n"
		"- - - - - - - - - - - - - - - - - - - - - - - - -\n"
		"[ ID] Interval           Transfer     Bitrate         Retr\n"
		"[  5]   0.00-2.00   sec   195 KBytes   800 Kbits/sec    0             sender\n"
		"[  5]   0.00-2.04   sec   195 KBytes   784 Kbits/sec                  receiver\n"
		"\n"
		"iperf Done.\n");
	assert_true(lab_metric(p, "bytes_sent") == 200000 && lab_metric(p, "bytes") == 200000);
	assert_true(lab_metric(p, "retransmits") == 0 && lab_metric(p, "cwnd") == 14 * 1448);
	assert_true(lab_metric(p, "rtt_min") > 0.04 && lab_metric(p, "rtt_min") < 0.042);
	assert_true(lab_metric(p, "seconds") > 2.04 && lab_metric(p, "seconds") < 2.05);
	lab_run("sleep 1"); /* the last word is on its way */
	processes_stop(lab.ps);
	assert_contains(server,
		"-----------------------------------------------------------\n"
		"Server listening on 5201 (test #1)\n"
		"-----------------------------------------------------------\n"
		"Accepted connection from 10.0.0.2, port ");
	assert_contains(server,
		"[  5] local 10.0.1.2 port 5201 connected to 10.0.0.2 port 40000\n"
		"[ ID] Interval           Transfer     Bitrate\n");
	assert_contains(server,
		"- - - - - - - - - - - - - - - - - - - - - - - - -\n"
		"[ ID] Interval           Transfer     Bitrate\n"
		"[  5]   0.00-2.04   sec   195 KBytes   784 Kbits/sec                  receiver\n"
		"-----------------------------------------------------------\n"
		"Server listening on 5201 (test #2)\n");
	assert_true(lab_metric(server, "tests") == 1 && lab_metric(server, "bytes") == 200000);
}

static void test_parallel(void **state)
{
	(void)state;
	lab_spawn(&lab, lab.web, "iperf3 -s");
	struct process *p = lab_run("iperf3 -4 -c web -t 2 -P 2 -b 80k -l 1000 --cport 40000");

	assert_console(p, 0,
		"Connecting to host web, port 5201\n"
		"[  5] local 10.0.0.2 port 40000 connected to 10.0.1.2 port 5201\n"
		"[  7] local 10.0.0.2 port 40001 connected to 10.0.1.2 port 5201\n"
		"[ ID] Interval           Transfer     Bitrate         Retr  Cwnd\n"
		"[  5]   0.00-1.00   sec  9.77 KBytes  80.0 Kbits/sec    0   14.1 KBytes       \n"
		"[  7]   0.00-1.00   sec  9.77 KBytes  80.0 Kbits/sec    0   14.1 KBytes       \n"
		"[SUM]   0.00-1.00   sec  19.5 KBytes   160 Kbits/sec    0             \n"
		"- - - - - - - - - - - - - - - - - - - - - - - - -\n"
		"[  5]   1.00-2.00   sec  9.77 KBytes  80.0 Kbits/sec    0   14.1 KBytes       \n"
		"[  7]   1.00-2.00   sec  9.77 KBytes  80.0 Kbits/sec    0   14.1 KBytes       \n"
		"[SUM]   1.00-2.00   sec  19.5 KBytes   160 Kbits/sec    0             \n"
		"- - - - - - - - - - - - - - - - - - - - - - - - -\n"
		"[ ID] Interval           Transfer     Bitrate         Retr\n"
		"[  5]   0.00-2.00   sec  19.5 KBytes  80.0 Kbits/sec    0             sender\n"
		"[  5]   0.00-2.04   sec  19.5 KBytes  78.4 Kbits/sec                  receiver\n"
		"[  7]   0.00-2.00   sec  19.5 KBytes  80.0 Kbits/sec    0             sender\n"
		"[  7]   0.00-2.04   sec  19.5 KBytes  78.4 Kbits/sec                  receiver\n"
		"[SUM]   0.00-2.00   sec  39.1 KBytes   160 Kbits/sec    0             sender\n"
		"[SUM]   0.00-2.04   sec  39.1 KBytes   157 Kbits/sec                  receiver\n"
		"\n"
		"iperf Done.\n");
	assert_true(lab_metric(p, "streams") == 2 && lab_metric(p, "fairness") == 1);
}

static void test_reverse(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "iperf3 -s"), *p;

	p = lab_run("iperf3 -4 -c web -R -t 5 -M 1000 -C reno");
	assert_contains(p, "Reverse mode, remote host web is sending\n");
	assert_contains(p, "[ ID] Interval           Transfer     Bitrate\n[  5]   0.00-1.00   sec ");
	assert_contains(p, " sender\n");
	assert_contains(p, "  0.00-5.00   sec ");
	/* 988 bytes of payload in frames of 1078: 90.9 % of 10 Mbit/s at most (time stamps). */
	assert_in_range((uint64_t)lab_metric(p, "goodput"), 6500000, 9200000);
	lab_run("sleep 1");
	assert_contains(server, "Retr  Cwnd\n");
	assert_true(lab_metric(server, "retransmits") == lab_metric(p, "retransmits"));
	p = lab_run("iperf3 -c web -6 -n 1M -R");
	assert_true(lab_metric(p, "bytes_sent") >= 1 << 20);
	lab_run("sleep 1");
	processes_stop(lab.ps);
	assert_true(lab_metric(server, "tests") == 2);
}

static void test_limits(void **state)
{
	(void)state;
	lab_spawn(&lab, lab.web, "iperf3 -s");
	/* At least so much, and at most what one write more is. */
	assert_in_range((uint64_t)lab_metric(lab_run("iperf3 -c web -n 300K"), "bytes_sent"), 300 << 10,
			(300 << 10) + 131072);
	assert_true(lab_metric(lab_run("iperf3 -c web -k 3 -l 1000 -N"), "bytes_sent") == 3000);
	struct process *p = lab_run("iperf3 -c web -t 4 -w 20K");
	/* SO_RCVBUF 40,960, half of it window: 20 kB a round trip of 42 ms. */
	assert_in_range((uint64_t)lab_metric(p, "goodput"), 2500000, 5500000);
}

/* -O: what came before the test is shown, and counted nowhere. */
static void test_omit(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "iperf3 -s"), *p;

	p = lab_run("iperf3 -c web -4 -O 2 -t 2 -b 800k -l 10000 --cport 40000");
	assert_console(p, 0,
		"Connecting to host web, port 5201\n"
		"[  5] local 10.0.0.2 port 40000 connected to 10.0.1.2 port 5201\n"
		"[ ID] Interval           Transfer     Bitrate         Retr  Cwnd\n"
		"[  5]   0.00-1.00   sec  97.7 KBytes   800 Kbits/sec    0   19.8 KBytes       (omitted)\n"
		"[  5]   1.00-2.00   sec  97.7 KBytes   800 Kbits/sec    0   19.8 KBytes       (omitted)\n"
		"[  5]   0.00-1.00   sec  97.7 KBytes   800 Kbits/sec    0   19.8 KBytes       \n"
		"[  5]   1.00-2.00   sec  97.7 KBytes   800 Kbits/sec    0   19.8 KBytes       \n"
		"- - - - - - - - - - - - - - - - - - - - - - - - -\n"
		"[ ID] Interval           Transfer     Bitrate         Retr\n"
		"[  5]   0.00-2.00   sec   195 KBytes   800 Kbits/sec    0             sender\n"
		"[  5]   0.00-2.04   sec   195 KBytes   784 Kbits/sec                  receiver\n"
		"\n"
		"iperf Done.\n");
	assert_true(lab_metric(p, "bytes_sent") == 200000);
	lab_run("sleep 1");
	assert_contains(server, "   1.00-2.00   sec  97.7 KBytes   800 Kbits/sec                  "
				"(omitted)\n");
	/* The third interval of four is over when -O is not: no line, and the fourth starts anew. */
	p = lab_run("iperf3 -c web -4 -O 1 -i 0.4 -t 0.4 -l 1000 -b 80k -J");
	assert_contains(p, "\t\t\t\"omit\":\t1,\n");
	assert_contains(p, "\"omitted\":\ttrue,\n");
	assert_contains(p, "\"start\":\t0.4,\n");
	assert_true(lab_metric(p, "bytes_sent") == 4000);
	assert_true(lab_metric(lab_run("iperf3 -c web -O 1 -n 10000 -l 1000"), "bytes_sent") == 10000);
}

/* A block every 100 ms; the receiver, whichever side it is, sees nothing in between. */
static void test_stall(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "iperf3 -s"), *p;

	p = lab_run("iperf3 -c web -R -t 2 -b 80k -l 1000");
	assert_in_range((uint64_t)(lab_metric(p, "stall_max") * 1e6 + 0.5), 99999, 100001);
	p = lab_run("iperf3 -c web -t 2 -b 40k -l 1000");
	assert_null(metrics_find(process_metrics(p), "stall_max"));
	lab_run("sleep 1");
	assert_in_range((uint64_t)(lab_metric(server, "stall_max") * 1e6 + 0.5), 199999, 200001);
}

static void test_json(void **state)
{
	(void)state;
	lab_spawn(&lab, lab.web, "iperf3 -s");
	struct process *p = lab_run("iperf3 -c web -4 -J -t 2 -b 800k -l 10000 --cport 40000");

	assert_int_equal(process_exit_status(p), 0);
	assert_contains(p,
		"{\n"
		"\t\"start\":\t{\n"
		"\t\t\"connected\":\t[{\n"
		"\t\t\t\t\"socket\":\t5,\n"
		"\t\t\t\t\"local_host\":\t\"10.0.0.2\",\n"
		"\t\t\t\t\"local_port\":\t40000,\n");
	assert_contains(p, "\t\t\"tcp_mss_default\":\t1448,\n");
	assert_contains(p, "\t\t\t\"protocol\":\t\"TCP\",\n\t\t\t\"num_streams\":\t1,\n");
	assert_contains(p, "\t\t\t\t\t\"retransmits\":\t0,\n\t\t\t\t\t\"snd_cwnd\":\t20272,\n");
	assert_contains(p, "\t\t\t\t\t\"pmtu\":\t1500,\n\t\t\t\t\t\"omitted\":\tfalse,\n"
			"\t\t\t\t\t\"sender\":\ttrue\n");
	assert_contains(p, "\t\t\"sum_sent\":\t{\n\t\t\t\"start\":\t0,\n\t\t\t\"end\":\t2,\n"
			"\t\t\t\"seconds\":\t2,\n\t\t\t\"bytes\":\t200000,\n"
			"\t\t\t\"bits_per_second\":\t800000,\n\t\t\t\"retransmits\":\t0,\n");
	assert_contains(p, "\t\t\"sender_tcp_congestion\":\t\"cubic\",\n"
			"\t\t\"receiver_tcp_congestion\":\t\"cubic\"\n\t}\n}\n");
	assert_contains(lab_run("iperf3 -c gw -J"),
			"\t\"error\":\t\"unable to connect to server: Connection refused\"\n}\n");
}

static void test_busy_and_stop(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "iperf3 -s"), *first;

	first = lab_spawn(&lab, lab.client, "iperf3 -c web -t 30");
	lab_run("sleep 2");
	assert_console(lab_run("iperf3 -c web"), 1,
		       "Connecting to host web, port 5201\n"
		       "iperf3: error - the server is busy running a test. try again later\n");
	process_kill(first);
	lab_finish(&lab, first);
	assert_int_equal(process_exit_status(first), 1);
	assert_contains(first, "iperf3: interrupt - the client has terminated\n");
	lab_run("sleep 2");
	assert_contains(server, "iperf3: error - the client has terminated\n");
	assert_int_equal(process_exit_status(lab_run("iperf3 -c web -t 1")), 0);
	first = lab_spawn(&lab, lab.client, "iperf3 -c web -t 30");
	lab_run("sleep 2");
	process_kill(server);
	lab_finish(&lab, server);
	lab_finish(&lab, first);
	assert_contains(server, "iperf3: interrupt - the server has terminated\n");
	assert_contains(first, "iperf3: error - the server has terminated\n");
}

/* Both protocols on one server, in turn. */
static void test_udp_too(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "iperf3 -s");

	assert_int_equal(process_exit_status(lab_run("iperf3 -c web -t 1")), 0);
	assert_int_equal(process_exit_status(lab_run("iperf3 -u -c web -t 1")), 0);
	assert_int_equal(process_exit_status(lab_run("iperf3 -c web -t 1")), 0);
	lab_run("sleep 1");
	processes_stop(lab.ps);
	assert_true(lab_metric(server, "tests") == 3);
}

static void test_errors(void **state)
{
	(void)state;
	static const struct {
		const char *command, *text;
	} cases[] = {
		{"iperf3 -c web", "iperf3: error - unable to connect to server: Connection refused\n"},
		{"iperf3 -c nobody", "iperf3: error - unable to connect to server: Name or service not "
		 "known\n"},
		{"iperf3 -c web -P 200", "number of parallel streams too large (maximum = 128)\n"},
		{"iperf3 -c web -M 9999", "TCP MSS too large (maximum = 9216 bytes)\n"},
		{"iperf3 -c web -l 2M", "block size too large (maximum = 1048576 bytes)\n"},
		{"iperf3 -c web -w 3G", "a value is not a number of the wanted kind\n"},
		{"iperf3 -c web -O 601", "bogus value for --omit (maximum = 600 seconds)\n"},
		{"iperf3 -u -c web -O 1", "--omit with -u is not built yet in this version\n"},
		{"iperf3 -s -P 2", "some option you are trying to set is client only\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct process *p = lab_run(cases[i].command);

		assert_contains(p, cases[i].text);
		assert_int_equal(process_exit_status(p), 1);
	}
	lab_spawn(&lab, lab.web, "iperf3 -s");
	assert_contains(lab_run("iperf3 -c web -C nosuch"),
			"iperf3: error - unable to create a new stream: No such file or directory\n");
}

/* With -R, data may overtake the word that the test has begun: it counts all the same. 384 KiB are three blocks, and
 * the server sends no more. */
static void test_reverse_loss(void **state)
{
	(void)state;
	uint64_t numbers[30];

	lab_spawn(&lab, lab.web, "iperf3 -s");
	for (int i = 0; i < 30; i++) {
		numbers[i] = (uint64_t)i + 1;
		lab_lose(&lab, 1, &numbers[i], 1);
		struct process *p = lab_run("iperf3 -4 -c web -R -n 384K");
		assert_int_equal(process_exit_status(p), 0);
		assert_true(lab_metric(p, "bytes") >= 384 << 10);
		lab_run("sleep 1");
	}
}

/* What a stranger may say in place of an iperf3 client: the server says so, and goes on. */
static void test_strangers(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "iperf3 -s");

	lab_run("nc -N --send hello web 5201");
	lab_run("nc -N --send-bytes 100000 --discard web 5201");
	lab_run("nc -z web 5201");
	assert_int_equal(process_exit_status(lab_run("iperf3 -c web -t 1")), 0);
	assert_contains(server, "iperf3: error - ");
	processes_stop(lab.ps);
	assert_true(lab_metric(server, "tests") == 1);
}

/* The messages: written as the real one writes them, and read whatever their order. */
static void test_messages(void **state)
{
	(void)state;
	struct iperf_tcp t = {.params = {.duration = vtime_s(10), .parallel = 3, .len = 131072}}, u;
	char *text = iperf_tcp_params_text(&t);

	assert_string_equal(text, "{\"tcp\":true,\"omit\":0,\"time\":10,\"num\":0,\"blockcount\":0,"
			    "\"parallel\":3,\"len\":131072,\"pacing_timer\":1000,"
			    "\"client_version\":\"3.12\"}");
	free(text);
	u = t;
	assert_true(iperf_tcp_params_parse(&u, " { \"x\": [1,{\"len\":7,\"s\":\"]}\\\"\"}], \"len\" : "
					   "1000,\"tcp\":true, \"num\":5,\"reverse\":true,"
					   "\"congestion\":\"bbr\",\"MSS\":500,\"time\":2.5,"
					   "\"omit\":3}"));
	assert_true(u.params.omit.ns == 3 * NS_PER_S);
	assert_true(u.params.len == 1000 && u.params.bytes == 5 && u.params.reverse);
	assert_true(u.params.mss == 500 && u.params.duration.ns == 2500 * NS_PER_MS);
	assert_string_equal(u.params.congestion, "bbr");
	static const char *const wrong[] = {
		"", "[]", "{", "{}", "{\"tcp\":true,\"len\":0}", "{\"tcp\":true,\"len\":1e9}",
		"{\"tcp\":true,\"parallel\":129}", "{\"tcp\":true,\"time\":-1}", "{\"udp\":true}",
		"{\"tcp\":true,\"omit\":601}",
		"{\"tcp\":true,\"num\":nan}", "{\"tcp\"", "{\"tcp", "{\"a\":[[[[", "{\"a\":\"\\",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (iperf_tcp_params_parse(&u, wrong[i]))
			fail_msg("taken: %s", wrong[i]);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		T(test_text), T(test_parallel), T(test_reverse), T(test_reverse_loss), T(test_limits), T(test_omit), T(test_stall),
		T(test_json),
		T(test_busy_and_stop), T(test_udp_too), T(test_errors), T(test_strangers),
		cmocka_unit_test(test_messages),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
