/* nc over TCP and rr: console texts as those of the real nc, and what the wire must have taken. */
#include "programs_lab.h"

static void test_talk(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "nc -l -v -N --send welcome 80"), *p;

	p = lab_run("nc -v -N -p 40000 --send hello --send 'is there anybody' web 80");
	assert_console(p, 0,
		       "Connection to web (10.0.1.2) 80 port [tcp/http] succeeded!\n"
		       "welcome\n");
	assert_true(lab_metric(p, "bytes_sent") == 6 + 17 && lab_metric(p, "bytes_received") == 8);
	/* One round trip of 40 ms and no rate: exactly. */
	assert_true(lab_metric(p, "connect_time") == 0.04);
	lab_finish(&lab, server);
	assert_console(server, 0,
		       "Listening on 0.0.0.0 80\n"
		       "Connection received on client 40000\n"
		       "hello\nis there anybody\n");
}

static void test_keep_and_input(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "nc -l -k -6 80"), *p;

	lab_run("nc -6 -N --send one web 80");
	p = lab_spawn(&lab, lab.client, "nc -6 -q 0 web 80");
	process_set_input(p, "from\nstdin\n", 11);
	lab_finish(&lab, p);
	assert_int_equal(process_exit_status(p), 0);
	lab_run("sleep 1");
	processes_stop(lab.ps);
	assert_console(server, 0, "one\nfrom\nstdin\n");
	assert_true(lab_metric(server, "open") == 2);
}

static void test_scan(void **state)
{
	(void)state;
	lab_spawn(&lab, lab.web, "nc -l -k 7003");
	struct process *p = lab_run("nc -4 -v -z web 7002-7004");

	assert_console(p, 1,
		       "nc: connect to web (10.0.1.2) port 7002 (tcp) failed: Connection refused\n"
		       "Connection to web (10.0.1.2) 7003 port [tcp/*] succeeded!\n"
		       "nc: connect to web (10.0.1.2) port 7004 (tcp) failed: Connection refused\n");
	assert_true(lab_metric(p, "open") == 1);
	assert_console(lab_run("nc -4 -z 10.0.1.2 7003"), 0, "");
	assert_console(lab_run("nc -4 -z 10.0.1.2 7002"), 1, "");
	/* Both families are tried. */
	assert_console(lab_run("nc -v web 9"), 1,
		       "nc: connect to web (10.0.1.2) port 9 (tcp) failed: Connection refused\n"
		       "nc: connect to web (fd00:1::2) port 9 (tcp) failed: Connection refused\n");
}

/* -w, and without it the kernel's own patience: 1 + 2 + 4 + 8 + 16 + 32 + 64 seconds. */
static void test_timeout(void **state)
{
	(void)state;
	struct process *p;

	lab_route(lab.gw, "10.9.0.0/16", NULL, ROUTE_BLACKHOLE);
	p = lab_run("nc -v -w 2 10.9.0.1 80");
	assert_console(p, 1, "nc: connect to 10.9.0.1 port 80 (tcp) timed out: "
		       "Operation now in progress\n");
	assert_true(vtime_sub(process_end(p), process_start(p)).ns == 2 * NS_PER_S);
	p = lab_run("nc -v 10.9.0.1 80");
	assert_console(p, 1, "nc: connect to 10.9.0.1 port 80 (tcp) failed: "
		       "Connection timed out\n");
	assert_true(vtime_sub(process_end(p), process_start(p)).ns == 127 * NS_PER_S);
}

static void test_bytes(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "nc -l --discard 80"), *p;

	p = lab_run("nc -N --send-bytes 3M web 80");
	lab_finish(&lab, server);
	assert_true(lab_metric(p, "bytes_sent") == 3 << 20);
	assert_true(lab_metric(server, "bytes_received") == 3 << 20);
	assert_console(server, 0, "");
}

/* Both write more than all buffers hold before they would read. */
static void test_both_ways(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "nc -l -N --send-bytes 20M --discard 80");
	struct process *p = lab_run("nc -N --send-bytes 20M --discard web 80");

	lab_finish(&lab, server);
	assert_true(lab_metric(p, "bytes_received") == 20 << 20);
	assert_true(lab_metric(server, "bytes_received") == 20 << 20);
}

/* Nobody reads for 10 s; not a byte is lost. */
static void test_pause(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "nc -l --pause 10 80"), *p;
	size_t len;
	const char *text;

	p = lab_run("nc -N --send-bytes 900000 web 80");
	lab_finish(&lab, server);
	assert_true(lab_metric(p, "seconds") >= 10 && lab_metric(p, "seconds") < 15);
	text = process_console(server, &len);
	assert_int_equal(len, 900000);
	for (size_t i = 0; i < len; i++)
		if (text[i] != (char)('0' + i % 65536 % 10))
			fail_msg("byte %zu is %02x", i, (unsigned char)text[i]);
}

static void test_rr(void **state)
{
	(void)state;
	struct process *server = lab_spawn(&lab, lab.web, "rr -l"), *p;

	assert_console(lab_run("rr -n 3 web"), 0,
		       "request 1: 40.000 ms\nrequest 2: 40.000 ms\nrequest 3: 40.000 ms\n"
		       "3 answered: min/avg/max = 40.000/40.000/40.000 ms\n");
	/* Nagle and a delayed ACK: a round trip and 40 ms for the first piece, then another. */
	p = lab_run("rr -q -n 5 -w 2 web");
	assert_true(lab_metric(p, "requests") == 5);
	assert_true(lab_metric(p, "rtt_max") == 0.12);
	p = lab_run("rr -q -N -n 5 -w 2 -6 web");
	assert_true(lab_metric(p, "rtt_max") == 0.04);
	assert_console(lab_run("rr gw"), 1, "rr: gw: Connection refused\n");
	assert_int_equal(process_exit_status(lab_run("rr")), 2);
	assert_int_equal(process_exit_status(lab_run("rr -s 7 web")), 2);
	processes_stop(lab.ps);
	assert_console(server, 0, "rr: listening on port 5301\n");
}

static void test_ss(void **state)
{
	(void)state;
	struct process *p, *s;

	lab_spawn(&lab, lab.web, "nc -l -k 80");
	assert_console(lab_command(&lab, lab.web, "ss -tln"), 0,
		       "State      Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n"
		       "LISTEN     0      128          0.0.0.0:80         0.0.0.0:*    \n");
	p = lab_spawn(&lab, lab.client, "nc -4 -p 40000 --send hello web 80");
	lab_run("sleep 5");
	s = lab_run("ss -t -n");
	assert_console(s, 0,
		       "State      Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n"
		       "ESTAB      0      0           10.0.0.2:40000     10.0.1.2:80   \n");
	assert_true(lab_metric(s, "established") == 1 && lab_metric(s, "time_wait") == 0);
	assert_contains(lab_run("ss -tiH"),
			"\n\t ts sack cubic wscale:7,7 rto:240 rtt:40/15 mss:1448 pmtu:1500 rcvmss:536 "
			"advmss:1460 cwnd:10 bytes_sent:6 bytes_acked:7 segs_out:3 segs_in:2 "
			"data_segs_out:1 send 2.9Mbps lastsnd:");
	process_kill(p);
	lab_finish(&lab, p);
	lab_run("sleep 1");
	assert_contains(lab_run("ss -tano"), "TIME-WAIT  0      0           10.0.0.2:40000     "
			"10.0.1.2:80    timer:(timewait,");
	assert_contains(lab_run("ss -s"), "TCP:   1 (estab 0, closed 1, orphaned 0, timewait 1)\n");
	assert_int_equal(process_exit_status(lab_run("ss -Y")), 255);
	assert_int_equal(process_exit_status(lab_run("ss -t dst")), 255);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, lab_setup_warm, lab_teardown)
	const struct CMUnitTest tests[] = {
		T(test_talk), T(test_keep_and_input), T(test_scan), T(test_timeout), T(test_bytes),
		T(test_both_ways), T(test_pause), T(test_rr), T(test_ss),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
