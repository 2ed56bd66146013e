/* iperf3 -u against the text of iperf 3.12, and its figures against what the link did. */
#include "programs_lab.h"

#include "wire/be.h"
#include "wire/eth.h"

static void test_text(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "iperf3 -s"), *p;

	p = lab_command(&lab, lab.client, "iperf3 -u -c web -b 10M -t 3 --cport 40000");
	assert_console(p, 0,
		"Connecting to host web, port 5201\n"
		"[  5] local 10.0.0.2 port 40000 connected to 10.0.1.2 port 5201\n"
		"[ ID] Interval           Transfer     Bitrate         Total Datagrams\n"
		"[  5]   0.00-1.00   sec  1.19 MBytes  10.0 Mbits/sec  864  \n"
		"[  5]   1.00-2.00   sec  1.19 MBytes  10.0 Mbits/sec  863  \n"
		"[  5]   2.00-3.00   sec  1.19 MBytes  10.0 Mbits/sec  863  \n"
		"- - - - - - - - - - - - - - - - - - - - - - - - -\n"
		"[ ID] Interval           Transfer     Bitrate         Jitter    Lost/Total Datagrams\n"
		"[  5]   0.00-3.00   sec  3.58 MBytes  10.0 Mbits/sec  0.000 ms  0/2590 (0%)  sender\n"
		"[  5]   0.00-3.00   sec  3.58 MBytes  10.0 Mbits/sec  0.000 ms  0/2590 (0%)  receiver\n"
		"\n"
		"iperf Done.\n");
	assert_true(lab_metric(p, "sent") == 2590 && lab_metric(p, "packets") == 2590);
	assert_true(lab_metric(p, "bytes") == 2590 * 1448);
	assert_true(lab_metric(p, "lost") == 0 && lab_metric(p, "loss") == 0);
	assert_true(lab_metric(p, "jitter") == 0); /* not a nanosecond: nothing varies here */
	assert_true(lab_metric(p, "goodput") > 9.99e6 && lab_metric(p, "goodput") < 10.01e6);
	lab_command(&lab, lab.client, "iperf3 -u -c web -k 3 -l 1k --cport 40001");
	processes_stop(lab.ps);
	assert_contains(server,
		"-----------------------------------------------------------\n"
		"Server listening on 5201 (test #1)\n"
		"-----------------------------------------------------------\n"
		"Accepted connection from 10.0.0.2, port ");
	assert_contains(server,
		"[  5] local 10.0.1.2 port 5201 connected to 10.0.0.2 port 40000\n"
		"[ ID] Interval           Transfer     Bitrate         Jitter    Lost/Total Datagrams\n"
		"[  5]   0.00-1.00   sec  1.19 MBytes  10.0 Mbits/sec  0.000 ms  0/864 (0%)  \n"
		"[  5]   1.00-2.00   sec  1.19 MBytes  10.0 Mbits/sec  0.000 ms  0/863 (0%)  \n"
		"[  5]   2.00-3.00   sec  1.19 MBytes  10.0 Mbits/sec  0.000 ms  0/863 (0%)  \n"
		"- - - - - - - - - - - - - - - - - - - - - - - - -\n"
		"[ ID] Interval           Transfer     Bitrate         Jitter    Lost/Total Datagrams\n"
		"[  5]   0.00-3.00   sec  3.58 MBytes  10.0 Mbits/sec  0.000 ms  0/2590 (0%)  receiver\n"
		"-----------------------------------------------------------\n"
		"Server listening on 5201 (test #2)\n");
	assert_contains(server, "[  5]   0.00-0.02   sec  3.00 KBytes ");
	assert_contains(server, "iperf3: interrupt - the server has terminated\n");
	assert_true(lab_metric(server, "tests") == 2 && lab_metric(server, "packets") == 3);
}

static void test_reverse(void **state)
{
	(void)state;
	lab_spawn(&lab, lab.web, "iperf3 -s");
	assert_console(lab_command(&lab, lab.client,
				   "iperf3 -u -R -c web -b 1M -t 2 --cport 40000"), 0,
		"Connecting to host web, port 5201\n"
		"Reverse mode, remote host web is sending\n"
		"[  5] local 10.0.0.2 port 40000 connected to 10.0.1.2 port 5201\n"
		"[ ID] Interval           Transfer     Bitrate         Jitter    Lost/Total Datagrams\n"
		"[  5]   0.00-1.00   sec   123 KBytes  1.01 Mbits/sec  0.000 ms  0/87 (0%)  \n"
		"[  5]   1.00-2.00   sec   122 KBytes   996 Kbits/sec  0.000 ms  0/86 (0%)  \n"
		"- - - - - - - - - - - - - - - - - - - - - - - - -\n"
		"[ ID] Interval           Transfer     Bitrate         Jitter    Lost/Total Datagrams\n"
		"[  5]   0.00-2.00   sec   245 KBytes  1.00 Mbits/sec  0.000 ms  0/173 (0%)  sender\n"
		"[  5]   0.00-2.00   sec   245 KBytes  1.00 Mbits/sec  0.000 ms  0/173 (0%)  receiver\n"
		"\n"
		"iperf Done.\n");
	assert_contains(lab_command(&lab, lab.client, "iperf3 -u -6 -c web -n 100000 -i 0 -f k"),
			"[  5]   0.00-0.77   sec  99.0 KBytes  1049 Kbits/sec  71  \n");
}

static void test_json(void **state)
{
	(void)state;
	struct process *p;

	lab_spawn(&lab, lab.web, "iperf3 -s");
	p = lab_command(&lab, lab.client, "iperf3 -u -c web -b 5M -t 1 -i 0.5 -J --cport 40000");
	assert_int_equal(process_exit_status(p), 0);
	assert_contains(p,
		"{\n"
		"\t\"start\":\t{\n"
		"\t\t\"connected\":\t[{\n"
		"\t\t\t\t\"socket\":\t5,\n"
		"\t\t\t\t\"local_host\":\t\"10.0.0.2\",\n"
		"\t\t\t\t\"local_port\":\t40000,\n"
		"\t\t\t\t\"remote_host\":\t\"10.0.1.2\",\n"
		"\t\t\t\t\"remote_port\":\t5201\n"
		"\t\t\t}],\n"
		"\t\t\"version\":\t\"iperf 3.12\",\n");
	assert_contains(p, "\t\t\t\"time\":\t\"Thu, 01 Jan 1970 00:00:00 GMT\",\n");
	assert_contains(p,
		"\t\t\t\t\t\"start\":\t0.5,\n"
		"\t\t\t\t\t\"end\":\t1,\n"
		"\t\t\t\t\t\"seconds\":\t0.5,\n"
		"\t\t\t\t\t\"bytes\":\t312768,\n"
		"\t\t\t\t\t\"bits_per_second\":\t5004288,\n"
		"\t\t\t\t\t\"packets\":\t216,\n"
		"\t\t\t\t\t\"omitted\":\tfalse,\n"
		"\t\t\t\t\t\"sender\":\ttrue\n"
		"\t\t\t\t}],\n");
	assert_contains(p, "\t\t\"sum_received\":\t{\n\t\t\t\"start\":\t0,\n");
}

static void test_loss(void **state)
{
	(void)state;
	/* START, the greeting, 20 datagrams: lost are numbers 1, 7, 8 and the last. */
	static const uint64_t listed[] = {3, 9, 10, 22};
	struct process *p;

	lab_spawn(&lab, lab.web, "iperf3 -s");
	lab_lose(&lab, 0, listed, 4);
	p = lab_command(&lab, lab.client, "iperf3 -u -c web -b 1M -k 20 -l 1000");
	assert_contains(p, "  0.000 ms  4/20 (20%)  receiver\n");
	assert_true(lab_metric(p, "lost") == 4 && lab_metric(p, "packets") == 16);
	assert_true(lab_metric(p, "loss") == 0.2 && lab_metric(p, "bytes") == 16000);
}

/* Whatever control datagram is lost, the test goes through and counts right. */
static void test_lost_control(void **state)
{
	(void)state;
	for (int k = 0; k < 56; k++) {
		struct lab l;
		struct process *p;
		bool reverse = k >= 28;
		int direction = k % 2;
		uint64_t listed;

		lab_init(&l);
		lab_open(&l);
		lab_command(&l, l.client, "ping -q -c 1 web");
		listed = 1 + (uint64_t)(k % 28 / 2);
		lab_lose(&l, direction, &listed, 1);
		lab_spawn(&l, l.web, "iperf3 -s");
		p = lab_command(&l, l.client, reverse ? "iperf3 -u -R -c web -k 10 -l 1000" :
							"iperf3 -u -c web -k 10 -l 1000");
		assert_int_equal(process_exit_status(p), 0);
		assert_true(lab_metric(p, "sent") == 10);
		assert_true(lab_metric(p, "packets") + lab_metric(p, "lost") == 10);
		assert_true(lab_metric(p, "lost") <= 1);
		assert_true(lab_metric(p, "seconds") < 0.1);
		lab_close(&l);
	}
}

static void test_reordered(void **state)
{
	(void)state;
	struct lab l;
	struct process *p;

	lab_init(&l);
	l.far_params.reorder = 0.1;
	lab_open(&l);
	lab_spawn(&l, l.web, "iperf3 -s");
	p = lab_command(&l, l.client, "iperf3 -u -c web -b 20M -t 1 -l 1000");
	/* What is late fills its gap again; the very last ones may come after the END. */
	assert_true(lab_metric(p, "out_of_order") > 100 && lab_metric(p, "lost") < 20);
	assert_true(lab_metric(p, "jitter") > 0);
	lab_close(&l);
}

/* validation: 1472 of the 1538 bytes that a full frame occupies are payload. */
static void test_ceiling(void **state)
{
	(void)state;
	struct lab l;
	struct process *p;

	lab_init(&l);
	l.near_params.rate = 10000000;
	lab_open(&l);
	lab_spawn(&l, l.web, "iperf3 -s");
	p = lab_command(&l, l.client, "iperf3 -u -c web -b 0 -t 20 -l 1472");
	assert_true(lab_metric(p, "lost") == 0); /* the send buffer holds the program back */
	assert_true(lab_metric(p, "goodput") > 1472.0 / 1538 * 10e6 * 0.9998);
	assert_true(lab_metric(p, "goodput") < 1472.0 / 1538 * 10e6 * 1.0002);
	/* More than the link can carry, further on: the queue's drops are the losses. */
	l.changed = l.far_params;
	l.changed.rate = 5000000;
	l.changed.limit = 20;
	link_set_params(l.far, 0, &l.changed);
	p = lab_command(&l, l.client, "iperf3 -u -c web -b 8M -t 10 -l 1472");
	/* An END may have met the full queue too. */
	assert_in_range((uint64_t)lab_metric(p, "lost"), link_counters(l.far, 0)->dropped - 3,
			link_counters(l.far, 0)->dropped);
	assert_true(lab_metric(p, "lost") > 2000);
	assert_true(lab_metric(p, "goodput") > 1472.0 / 1538 * 5e6 * 0.999);
	assert_true(lab_metric(p, "goodput") < 1472.0 / 1538 * 5e6 * 1.001);
	lab_close(&l);
}

static void test_one_at_a_time(void **state)
{
	(void)state;
	struct process *first, *second;

	lab_spawn(&lab, lab.web, "iperf3 -s");
	first = lab_spawn(&lab, lab.client, "iperf3 -u -c web -t 2");
	lab_run_until(&lab, vtime_s(1));
	second = lab_command(&lab, lab.client, "iperf3 -u -c web");
	assert_console(second, 1, "Connecting to host web, port 5201\n"
		       "iperf3: error - the server is busy running a test. try again later\n");
	lab_finish(&lab, first);
	assert_true(lab_metric(first, "lost") == 0);
	assert_int_equal(process_exit_status(lab_command(&lab, lab.client, "iperf3 -u -c web -t 1")),
			 0);
}

static void test_ends(void **state)
{
	(void)state;
	struct process *server, *p;

	assert_console(lab_command(&lab, lab.client, "iperf3 -u -c web"), 1,
		       "Connecting to host web, port 5201\n"
		       "iperf3: error - unable to connect to server: Connection refused\n");
	assert_console(lab_command(&lab, lab.client, "iperf3 -u -c nobody"), 1,
		       "iperf3: error - unable to connect to server: Name or service not known\n");
	link_set_up(lab.far, false);
	p = lab_command(&lab, lab.client, "iperf3 -u -c web");
	assert_contains(p, "iperf3: error - unable to connect to server: Connection timed out\n");
	link_set_up(lab.far, true);
	server = lab_spawn(&lab, lab.web, "iperf3 -s -1");
	p = lab_spawn(&lab, lab.client, "iperf3 -u -c web -t 60");
	lab_run_until(&lab, vtime_add(world_now(lab.world), vtime_s(10)));
	process_kill(p);
	lab_finish(&lab, p);
	assert_contains(p, "sec  ");
	assert_contains(p, "iperf3: interrupt - the client has terminated\n");
	assert_int_equal(process_exit_status(p), 1);
	lab_finish(&lab, server); /* it gives up after a minute of silence */
	assert_contains(server, "iperf3: the client has terminated\n");
}

static void test_usage(void **state)
{
	(void)state;
	static const struct {
		const char *command, *text;
		int status;
	} cases[] = {
		{"iperf3", "iperf3: parameter error - must either be a client (-c) or server (-s)\n", 1},
		{"iperf3 -s -c web", "iperf3: parameter error - cannot be both server and client\n", 1},
		{"iperf3 -s -t 3", "iperf3: parameter error - some option you are trying to set is "
		 "client only\n", 1},
		{"iperf3 -u -c web -l 70000", "iperf3: parameter error - block size invalid "
		 "(minimum = 16 bytes, maximum = 65507 bytes)\n", 1},
		{"iperf3 -u -c web -t 1 -n 10", "iperf3: parameter error - only one test end condition "
		 "(-t, -n, -k) may be specified\n", 1},
		{"iperf3 -u -c web -i 0.01", "iperf3: parameter error - invalid report interval "
		 "(min = 0.1, max = 60 seconds)\n", 1},
		{"iperf3 -u -c web -t 90000", "iperf3: parameter error - test duration too long "
		 "(maximum = 86400 seconds)\n", 1},
		{"iperf3 -u -c web -P 2", "iperf3: parameter error - parallel UDP streams are not built "
		 "yet in this version\n", 1},
		{"iperf3 -u -c web -b much", "iperf3: parameter error - ", 1},
		{"iperf3 -Y", "iperf3: invalid option -- 'Y'\n", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct process *p = lab_command(&lab, lab.client, cases[i].command);

		assert_contains(p, cases[i].text);
		assert_contains(p, "Usage: iperf3 [-s|-c host] [options]\n");
		assert_int_equal(process_exit_status(p), cases[i].status);
	}
	assert_console(lab_command(&lab, lab.client, "iperf3 -u -c web -b 0"), 1,
		       "Connecting to host web, port 5201\n"
		       "iperf3: error - -b 0 takes the rate of the host's own link, and eth0 has none: "
		       "give a bitrate\n");
}

struct eye {
	struct tap tap;
	uint32_t count;
	vtime at;
	uint8_t data[64]; /* of the third of the large datagrams, from the IP header on */
};

static void eye_frame(struct tap *t, const struct packet *p, enum tap_dir dir, vtime at)
{
	struct eye *e = container_of(t, struct eye, tap);

	if (dir != TAP_OUT || packet_len(p) < 500 || ++e->count != 3)
		return;
	e->at = at;
	assert_int_equal(packet_read(p, p->head, ETH_HLEN, e->data, 64), 64);
}

/* What Wireshark and the real one's receiver would read. */
static void test_header(void **state)
{
	(void)state;
	struct eye eye = {.tap.frame = eye_frame};
	const uint8_t *d = eye.data + 28;

	lab_spawn(&lab, lab.web, "iperf3 -s");
	iface_tap_add(&lab.client0->link, &eye.tap);
	lab_command(&lab, lab.client, "iperf3 -u -c web -b 7M -k 5 -l 600");
	iface_tap_remove(&lab.client0->link, &eye.tap);
	assert_int_equal(eye.count, 5);
	assert_int_equal(be32_load(d), eye.at.ns / NS_PER_S);
	assert_int_equal(be32_load(d + 4), eye.at.ns % NS_PER_S / NS_PER_US);
	assert_int_equal(be32_load(d + 8), 3);
	for (int i = 16; i < 36; i++)
		assert_in_range(d[i], '0', '9');
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, lab_setup_warm, lab_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_text), CASE(test_reverse), CASE(test_json), CASE(test_loss),
		cmocka_unit_test(test_lost_control), cmocka_unit_test(test_reordered),
		cmocka_unit_test(test_ceiling), CASE(test_one_at_a_time), CASE(test_ends),
		CASE(test_usage), CASE(test_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
