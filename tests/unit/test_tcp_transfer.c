/* Megabytes over links of all kinds, both families, every byte compared. */
#include "tcp_lab.h"

static struct link_params good;

static void run(const struct link_params *ab, const struct link_params *ba, uint64_t up,
		uint64_t down, size_t chunk, int64_t seconds)
{
	static const char *const to[] = {"10.0.0.2", "2001:db8::2"};

	for (int i = 0; i < 2; i++) {
		struct lab l;
		struct lab_transfer t;

		lab_open(&l, ab, ba, false);
		lab_transfer_start(&t, &l, to[i], up, down, chunk);
		lab_transfer_check(&t, seconds);
		if (getenv("TCP_SHOW"))
			print_message("%s: up %.3f s, down %.3f s, retrans %u/%u\n", to[i],
				      vtime_seconds(t.server.end.done), vtime_seconds(t.client.done),
				      tcp_of(t.client.s)->total_retrans,
				      tcp_of(t.server.end.s)->total_retrans);
		lab_transfer_finish(&t);
		lab_run(&l, vtime_s(200));
		lab_close(&l);
	}
}

static void test_plain(void **state)
{
	(void)state;
	run(&good, &good, 3000000, 0, 65536, 20);
	run(&good, &good, 0, 3000000, 65536, 20);
	run(&good, &good, 3000000, 2000000, 10000, 20);
	run(&good, &good, 100000, 100000, 1, 600);
}

static void test_loss(void **state)
{
	static const double p[] = {0.01, 0.05, 0.2};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct link_params lossy = good;

		lossy.loss = (struct loss_params){.kind = LOSS_RANDOM, .p = p[i]};
		run(&lossy, &good, 2000000, 0, 65536, 3000);
		run(&lossy, &lossy, 1000000, 1000000, 30000, 3000);
	}
}

static void test_burst_loss(void **state)
{
	struct link_params lossy = good;

	(void)state;
	lossy.loss = (struct loss_params){.kind = LOSS_GILBERT_ELLIOTT, .p = 0.002525, .r = 0.25,
					  .h = 0, .k = 1};
	run(&lossy, &lossy, 2000000, 2000000, 65536, 3000);
}

static void test_reorder_duplicate_corrupt(void **state)
{
	struct link_params bad = good;

	(void)state;
	bad.reorder = 0.1;
	run(&bad, &good, 2000000, 0, 65536, 600);
	bad.duplicate = 0.05;
	run(&bad, &bad, 2000000, 1000000, 65536, 600);
	bad.corrupt = 0.02;
	run(&bad, &bad, 1000000, 1000000, 65536, 3000);
	bad.loss = (struct loss_params){.kind = LOSS_RANDOM, .p = 0.03};
	run(&bad, &bad, 500000, 500000, 5000, 3000);
}

static void test_small_queue(void **state)
{
	struct link_params q = good;

	(void)state;
	q.limit = 10;
	q.limit_unit = QUEUE_PACKETS;
	run(&q, &q, 5000000, 1000000, 65536, 600);
}

static void test_mtus(void **state)
{
	static const uint32_t mtu[] = {1280, 1400, 9000};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct link_params m = good;

		m.mtu = mtu[i];
		m.loss = (struct loss_params){.kind = LOSS_RANDOM, .p = 0.01};
		run(&m, &m, 1000000, 300000, 65536, 600);
	}
}

/* IPv4 alone goes down to 68 bytes; what remains for data is the least segment. */
static void test_tiny_mtu(void **state)
{
	struct link_params m = good;
	struct lab l;
	struct lab_transfer t;

	(void)state;
	m.mtu = 120;
	m.loss = (struct loss_params){.kind = LOSS_RANDOM, .p = 0.01};
	lab_open(&l, &m, &m, false);
	lab_transfer_start(&t, &l, "10.0.0.2", 300000, 100000, 10000);
	lab_transfer_check(&t, 3000);
	lab_transfer_finish(&t);
	lab_run(&l, vtime_s(200));
	lab_close(&l);
}

/* Every mechanism off: still right. */
static void test_knobs(void **state)
{
	static const char *const off[] = {"tcp_sack", "tcp_timestamps", "tcp_window_scaling",
					  "tcp_dsack", "tcp_recovery", "tcp_early_retrans",
					  "tcp_frto", "tcp_moderate_rcvbuf"};
	struct link_params lossy = good;

	(void)state;
	lossy.loss = (struct loss_params){.kind = LOSS_RANDOM, .p = 0.03};
	lossy.reorder = 0.02;
	for (unsigned mask = 1; mask < 256; mask = mask < 128 ? mask << 1 : mask == 128 ? 255 : 256) {
		struct lab l;
		struct lab_transfer t;

		lab_open(&l, &lossy, &lossy, false);
		for (unsigned i = 0; i < 8; i++)
			if (mask & 1u << i) {
				char name[64];

				snprintf(name, sizeof(name), "net.ipv4.%s", off[i]);
				lab_sysctl(l.a, name, "0");
				lab_sysctl(l.b, name, "0");
			}
		lab_transfer_start(&t, &l, "10.0.0.2", 500000, 300000, 20000);
		lab_transfer_check(&t, 3000);
		lab_transfer_finish(&t);
		lab_run(&l, vtime_s(200));
		lab_close(&l);
	}
}

static void test_congestion_controls(void **state)
{
	struct link_params lossy = good;

	(void)state;
	lossy.loss = (struct loss_params){.kind = LOSS_RANDOM, .p = 0.01};
	for (int i = 0; sysctl_congestion_controls[i]; i++) {
		struct lab l;
		struct lab_transfer t;

		assert_true(tcp_cc_find(sysctl_congestion_controls[i]) >= 0);
		lab_open(&l, &lossy, &lossy, false);
		lab_sysctl(l.a, "net.ipv4.tcp_congestion_control", sysctl_congestion_controls[i]);
		lab_transfer_start(&t, &l, "10.0.0.2", 1000000, 100000, 20000);
		assert_string_equal(stream_congestion(t.client.s), sysctl_congestion_controls[i]);
		lab_transfer_check(&t, 3000);
		lab_transfer_finish(&t);
		lab_run(&l, vtime_s(200));
		lab_close(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_burst_loss),
		cmocka_unit_test(test_reorder_duplicate_corrupt),
		cmocka_unit_test(test_small_queue),
		cmocka_unit_test(test_mtus),
		cmocka_unit_test(test_tiny_mtu),
		cmocka_unit_test(test_knobs),
		cmocka_unit_test(test_congestion_controls),
	};

	good = lab_params(20000000, 10000);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
