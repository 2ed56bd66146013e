/* ping against the text and the figures of iputils 20221126. */
#include "programs_lab.h"

#include <endian.h>

#include "wire/eth.h"

static void test_plain(void **state)
{
	(void)state;
	struct process *p = lab_command(&lab, lab.client, "ping -c 3 web");

	/* The first one waits for ARP, twice. */
	assert_console(p, 0,
		"PING web (10.0.1.2) 56(84) bytes of data.\n"
		"64 bytes from web (10.0.1.2): icmp_seq=1 ttl=63 time=80.0 ms\n"
		"64 bytes from web (10.0.1.2): icmp_seq=2 ttl=63 time=40.0 ms\n"
		"64 bytes from web (10.0.1.2): icmp_seq=3 ttl=63 time=40.0 ms\n"
		"\n"
		"--- web ping statistics ---\n"
		"3 packets transmitted, 3 received, 0% packet loss, time 2000ms\n"
		"rtt min/avg/max/mdev = 40.000/53.333/80.000/18.856 ms\n");
	assert_true(lab_metric(p, "sent") == 3 && lab_metric(p, "received") == 3);
	assert_true(lab_metric(p, "loss") == 0 && lab_metric(p, "errors") == 0);
	assert_true(lab_metric(p, "rtt_min") == 0.04 && lab_metric(p, "rtt_max") == 0.08);
	assert_true(lab_metric(p, "rtt_mdev") == 0.018856);
	assert_int_equal(process_end(p).ns, vtime_ms(2040).ns);
}

static void test_families(void **state)
{
	(void)state;
	lab_command(&lab, lab.client, "ping -c 1 -6 web");
	assert_console(lab_command(&lab, lab.client, "ping -6 -c 1 web"), 0,
		"PING web(web (fd00:1::2)) 56 data bytes\n"
		"64 bytes from web (fd00:1::2): icmp_seq=1 ttl=63 time=40.0 ms\n"
		"\n"
		"--- web ping statistics ---\n"
		"1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
		"rtt min/avg/max/mdev = 40.000/40.000/40.000/0.000 ms\n");
	assert_console(lab_command(&lab, lab.client, "ping -n -c1 -s 1000 fd00:1::2"), 0,
		"PING fd00:1::2(fd00:1::2) 1000 data bytes\n"
		"1008 bytes from fd00:1::2: icmp_seq=1 ttl=63 time=40.0 ms\n"
		"\n"
		"--- fd00:1::2 ping statistics ---\n"
		"1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
		"rtt min/avg/max/mdev = 40.000/40.000/40.000/0.000 ms\n");
	assert_contains(lab_command(&lab, lab.client, "ping -c1 fe80::ff:fe00:2%eth0"),
			"64 bytes from fe80::ff:fe00:2%eth0: icmp_seq=1 ttl=64 time=");
	assert_console(lab_command(&lab, lab.client, "ping -4 fd00:1::2"), 2,
		       "ping: fd00:1::2: Address family for hostname not supported\n");
	assert_console(lab_command(&lab, lab.client, "ping nobody"), 2,
		       "ping: nobody: Name or service not known\n");
}

static void test_small(void **state)
{
	(void)state;
	struct process *p;

	lab_command(&lab, lab.client, "ping -c 1 web");
	/* Without room for a time stamp there are no times. */
	p = lab_command(&lab, lab.client, "ping -c 1 -s 15 web");
	assert_console(p, 0,
		"PING web (10.0.1.2) 15(43) bytes of data.\n"
		"23 bytes from web (10.0.1.2): icmp_seq=1 ttl=63\n"
		"\n"
		"--- web ping statistics ---\n"
		"1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
		"\n");
	assert_null(metrics_find(process_metrics(p), "rtt_avg"));
	assert_contains(lab_command(&lab, lab.client, "ping -c 1 -s 16 web"),
			"24 bytes from web (10.0.1.2): icmp_seq=1 ttl=63 time=40.0 ms\n");
	assert_contains(lab_command(&lab, lab.client, "ping -c 1 -s 65507 web"),
			"65515 bytes from web (10.0.1.2): icmp_seq=1 ttl=63 time=40.0 ms\n");
}

static void test_errors(void **state)
{
	(void)state;
	struct process *p;

	assert_console(lab_command(&lab, lab.client, "ping -c 1 -t 1 web"), 1,
		"PING web (10.0.1.2) 56(84) bytes of data.\n"
		"From gw (10.0.0.1) icmp_seq=1 Time to live exceeded\n"
		"\n"
		"--- web ping statistics ---\n"
		"1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n"
		"\n");
	assert_contains(lab_command(&lab, lab.client, "ping -6 -c 1 -t 1 web"),
			"From gw (fd00::1) icmp_seq=1 Time exceeded: Hop limit\n");
	/* Nobody has that address: ARP gives up after three seconds, for both at once. */
	p = lab_command(&lab, lab.client, "ping -c 2 10.0.1.77");
	assert_console(p, 1,
		"PING 10.0.1.77 (10.0.1.77) 56(84) bytes of data.\n"
		"From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n"
		"From 10.0.0.1 icmp_seq=2 Destination Host Unreachable\n"
		"\n"
		"--- 10.0.1.77 ping statistics ---\n"
		"2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1000ms\n"
		"pipe 2\n");
	assert_true(lab_metric(p, "errors") == 2 && lab_metric(p, "loss") == 1);
	assert_contains(lab_command(&lab, lab.client, "ping -c 1 10.9.9.9"),
			"From 10.0.0.1 icmp_seq=1 Destination Net Unreachable\n");
	assert_contains(lab_command(&lab, lab.client, "ping -c 1 fd00:9::9"),
			"From fd00::1 icmp_seq=1 Destination unreachable: No route\n");
	assert_contains(lab_command(&lab, lab.client, "ping -c 1 fd00:1::77"),
			"From fd00::1 icmp_seq=1 Destination unreachable: Address unreachable\n");
	/* The client itself finds nobody at home. */
	assert_contains(lab_command(&lab, lab.client, "ping -c 1 10.0.0.77"),
			"From 10.0.0.2 icmp_seq=1 Destination Host Unreachable\n");
}

static void test_no_route(void **state)
{
	(void)state;
	struct prefix all = prefix_make(&ipaddr_any4, IPADDR_V4_BITS);

	free(fib_remove(&lab.client->fib, &all, 0));
	route_cache_flush(lab.client);
	assert_console(lab_command(&lab, lab.client, "ping -c 1 10.0.1.2"), 2,
		       "ping: connect: Network is unreachable\n");
}

static void test_path_mtu(void **state)
{
	(void)state;
	lab_far_mtu(&lab, 1400);
	assert_console(lab_command(&lab, lab.client, "ping -c 3 -M do -s 1472 web"), 1,
		"PING web (10.0.1.2) 1472(1500) bytes of data.\n"
		"From gw (10.0.0.1) icmp_seq=1 Frag needed and DF set (mtu = 1400)\n"
		"ping: local error: message too long, mtu=1400\n"
		"ping: local error: message too long, mtu=1400\n"
		"\n"
		"--- web ping statistics ---\n"
		"3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2000ms\n"
		"\n");
	assert_console(lab_command(&lab, lab.client, "ping -6 -c 2 -M do -s 1452 web"), 1,
		"PING web(web (fd00:1::2)) 1452 data bytes\n"
		"From gw (fd00::1) icmp_seq=1 Packet too big: mtu=1400\n"
		"ping: local error: message too long, mtu: 1400\n"
		"\n"
		"--- web ping statistics ---\n"
		"2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1000ms\n"
		"\n");
	assert_contains(lab_command(&lab, lab.client, "ping -c 2 -M dont -s 1472 web"),
			"2 packets transmitted, 2 received, 0% packet loss");
}

static void test_source(void **state)
{
	(void)state;
	assert_contains(lab_command(&lab, lab.client, "ping -c 1 -I eth0 web"),
			"PING web (10.0.1.2) from 10.0.0.2 eth0: 56(84) bytes of data.\n");
	assert_contains(lab_command(&lab, lab.client, "ping -c 1 -I 10.0.0.2 web"),
			"PING web (10.0.1.2) from 10.0.0.2 : 56(84) bytes of data.\n");
	assert_console(lab_command(&lab, lab.client, "ping -c 1 -I 10.0.0.9 web"), 2,
		       "ping: bind: Cannot assign requested address\n");
	assert_console(lab_command(&lab, lab.client, "ping -c 1 -I eth9 web"), 2,
		       "ping: SO_BINDTODEVICE eth9: No such device\n");
	assert_console(lab_command(&lab, lab.client, "ping -c 1 10.0.0.255"), 2,
		       "ping: Do you want to ping broadcast? Then -b. If not, check your local "
		       "firewall rules\n");
	assert_console(lab_command(&lab, lab.client, "ping -c 1 0.0.0.0"), 0,
		"PING 0.0.0.0 (127.0.0.1) 56(84) bytes of data.\n"
		"64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.000 ms\n"
		"\n"
		"--- 0.0.0.0 ping statistics ---\n"
		"1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
		"rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms\n");
}

/* A probe every 10 ms as long as none is answered, then one for each answer. */
static void test_flood(void **state)
{
	(void)state;
	lab_command(&lab, lab.client, "ping -c 1 web");
	assert_console(lab_command(&lab, lab.client, "ping -f -c 3 web"), 0,
		"PING web (10.0.1.2) 56(84) bytes of data.\n"
		"...\b \b\b \b\b \b\n"
		"--- web ping statistics ---\n"
		"3 packets transmitted, 3 received, 0% packet loss, time 20ms\n"
		"rtt min/avg/max/mdev = 40.000/40.000/40.000/0.000 ms, pipe 3, ipg/ewma "
		"10.000/40.000 ms\n");
	assert_console(lab_command(&lab, lab.client, "ping -l 3 -q -c 3 web"), 0,
		"PING web (10.0.1.2) 56(84) bytes of data.\n"
		"\n"
		"--- web ping statistics ---\n"
		"3 packets transmitted, 3 received, 0% packet loss, time 0ms\n"
		"rtt min/avg/max/mdev = 40.000/40.000/40.000/0.000 ms, pipe 3\n");
	assert_contains(lab_command(&lab, lab.client, "ping -A -c 5 web"), ", ipg/ewma 40.000/");
}

static void test_time(void **state)
{
	(void)state;
	struct process *p;

	link_set_up(lab.far, false);
	/* -W counts from the last probe when nothing has come. */
	p = lab_command(&lab, lab.client, "ping -c 2 -i 0.2 -W 1.5 -q web");
	assert_int_equal(process_exit_status(p), 1);
	assert_int_equal(vtime_sub(process_end(p), process_start(p)).ns, vtime_ms(1700).ns);
	/* -w ends it whatever happens, and -c then counts answers. */
	link_set_up(lab.far, true);
	p = lab_command(&lab, lab.client, "ping -c 5 -w 2 web");
	assert_int_equal(process_exit_status(p), 1);
	assert_int_equal(vtime_sub(process_end(p), process_start(p)).ns, vtime_s(2).ns);
	p = lab_command(&lab, lab.client, "ping -c 2 -i 0.5 -w 9 web");
	assert_console(p, 0,
		"PING web (10.0.1.2) 56(84) bytes of data.\n"
		"64 bytes from web (10.0.1.2): icmp_seq=1 ttl=63 time=40.0 ms\n"
		"64 bytes from web (10.0.1.2): icmp_seq=2 ttl=63 time=40.0 ms\n"
		"\n"
		"--- web ping statistics ---\n"
		"2 packets transmitted, 2 received, 0% packet loss, time 500ms\n"
		"rtt min/avg/max/mdev = 40.000/40.000/40.000/0.000 ms\n");
}

/* The end of the run is like Ctrl-C: what is known is printed. */
static void test_interrupted(void **state)
{
	(void)state;
	struct process *p = lab_spawn(&lab, lab.client, "ping web");

	lab_run_until(&lab, vtime_ms(1500));
	processes_stop(lab.ps);
	assert_true(process_ended(p));
	assert_contains(p, "--- web ping statistics ---\n2 packets transmitted, 2 received, 0% packet "
			   "loss, time 1000ms\n");
	assert_int_equal(process_exit_status(p), 0);
}

static void test_usage(void **state)
{
	(void)state;
	assert_console(lab_command(&lab, lab.client, "ping -c 0 web"), 1,
		       "ping: invalid argument: '0': out of range: 1 <= value <= "
		       "9223372036854775807\n");
	assert_console(lab_command(&lab, lab.client, "ping -c x web"), 1,
		       "ping: invalid argument: 'x'\n");
	assert_console(lab_command(&lab, lab.client, "ping -t 0 web"), 2,
		       "ping: cannot set unicast time-to-live: Invalid argument\n");
	assert_console(lab_command(&lab, lab.client, "ping -M foo web"), 2,
		       "ping: invalid -M argument: foo\n");
	assert_console(lab_command(&lab, lab.client, "ping -p zz web"), 2,
		       "ping: patterns must be specified as hex digits: zz\n");
	assert_console(lab_command(&lab, lab.client, "ping -i soon web"), 2,
		       "ping: bad timing interval: soon\n");
	assert_console(lab_command(&lab, lab.client, "ping"), 1,
		       "ping: usage error: Destination address required\n");
	struct process *p = lab_command(&lab, lab.client, "ping -Z web");
	assert_contains(p, "ping: invalid option -- 'Z'\n\nUsage\n  ping [options] <destination>\n");
	assert_int_equal(process_exit_status(p), 2);
}

struct eye {
	struct tap tap;
	uint32_t count;
	vtime at;
	uint8_t data[64]; /* of the last echo request's ICMP message */
};

static void eye_frame(struct tap *t, const struct packet *p, enum tap_dir dir, vtime at)
{
	struct eye *e = container_of(t, struct eye, tap);

	if (dir != TAP_OUT || p->hdr[p->head + 12] != 0x08 || p->hdr[p->head + 13] != 0x00)
		return;
	e->count++;
	e->at = at;
	assert_int_equal(packet_read(p, p->head, ETH_HLEN + 20, e->data, 64), 64);
}

/* What Wireshark will look at: a struct timeval, then 0x10, 0x11, ... */
static void test_payload(void **state)
{
	(void)state;
	struct eye eye = {.tap.frame = eye_frame};
	uint64_t tv[2];

	lab_command(&lab, lab.client, "sleep 3.1415926");
	lab_command(&lab, lab.client, "ping -c 1 web");
	iface_tap_add(&lab.client0->link, &eye.tap);
	lab_command(&lab, lab.client, "ping -c 1 web");
	assert_int_equal(eye.count, 1);
	assert_int_equal(eye.data[0], 8);
	assert_int_equal(eye.data[7], 1);
	memcpy(tv, eye.data + 8, sizeof(tv));
	assert_int_equal(le64toh(tv[0]), eye.at.ns / NS_PER_S);
	assert_int_equal(le64toh(tv[1]), eye.at.ns % NS_PER_S / NS_PER_US);
	for (int i = 16; i < 56; i++)
		assert_int_equal(eye.data[8 + i], i);
	lab_command(&lab, lab.client, "ping -c 1 -p abc web");
	for (int i = 16; i < 56; i++)
		assert_int_equal(eye.data[8 + i], i % 2 ? 0x0c : 0xab);
	iface_tap_remove(&lab.client0->link, &eye.tap);
}

/* Worlds with a bad link: set up in the test itself. */
static void test_duplicates(void **state)
{
	(void)state;
	struct lab l;
	struct process *p;

	lab_init(&l);
	l.near_params.duplicate = 1;
	lab_open(&l);
	p = lab_command(&l, l.client, "ping -c 2 gw");
	/* Both the question and each answer arrive twice. */
	assert_contains(p, "icmp_seq=1 ttl=64 time=40.0 ms\n"
			   "64 bytes from gw (10.0.0.1): icmp_seq=1 ttl=64 time=40.0 ms (DUP!)\n");
	assert_contains(p, "2 packets transmitted, 2 received, +3 duplicates, 0% packet loss, time "
			   "1000ms\n");
	assert_true(lab_metric(p, "duplicates") == 3);
	lab_close(&l);
}

static void test_loss(void **state)
{
	(void)state;
	static const uint64_t listed[] = {4, 5};
	struct lab l;
	struct process *p;

	lab_init(&l);
	lab_open(&l);
	lab_command(&l, l.client, "ping -c 1 web");
	l.changed = l.near_params;
	l.changed.loss = (struct loss_params){.kind = LOSS_LISTED, .listed = listed,
					      .listed_count = 2};
	link_set_params(l.near, 0, &l.changed);
	p = lab_command(&l, l.client, "ping -O -c 6 -i 0.1 web");
	assert_contains(p, "no answer yet for icmp_seq=4\nno answer yet for icmp_seq=5\n"
			   "64 bytes from web (10.0.1.2): icmp_seq=6 ");
	assert_contains(p, "6 packets transmitted, 4 received, 33.3333% packet loss, time 500ms\n");
	assert_int_equal(process_exit_status(p), 0);
	lab_close(&l);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_plain), CASE(test_families), CASE(test_small), CASE(test_errors),
		CASE(test_no_route), CASE(test_path_mtu), CASE(test_source), CASE(test_flood),
		CASE(test_time), CASE(test_interrupted), CASE(test_usage), CASE(test_payload),
		cmocka_unit_test(test_duplicates), cmocka_unit_test(test_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
