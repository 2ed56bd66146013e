/* Known numbers: the window limit, slow start from IW10, Nagle against delayed ACKs. */
#include "tcp_lab.h"

/* 65,535 bytes without scaling: 52.4, 5.24, 0.874 Mbit/s at 10, 100, 600 ms. Whole segments: -1 %. */
static void test_window_limit(void **state)
{
	static const int64_t rtt_ms[] = {10, 100, 600};
	static const double mbit[] = {52.4, 5.24, 0.874};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct lab l;
		struct lab_transfer t;
		uint64_t bytes = (uint64_t)(mbit[i] * 1e6 / 8 * (rtt_ms[i] < 50 ? 30 : 120));

		lab_simple(&l, 0, rtt_ms[i] * 500, false);
		lab_sysctl(l.a, "net.ipv4.tcp_window_scaling", "0");
		lab_transfer_start(&t, &l, "10.0.0.2", bytes, 0, 65536);
		lab_transfer_check(&t, 300);
		double rate = (double)bytes * 8e-6 / vtime_seconds(t.server.end.done);
		if (rate < mbit[i] * 0.94 || rate > mbit[i] * 1.001)
			fail_msg("RTT %lld ms: %.3f Mbit/s, expected %.3f", (long long)rtt_ms[i],
				 rate, mbit[i]);
		lab_transfer_finish(&t);
		lab_run(&l, vtime_s(200));
		lab_close(&l);
	}
}

/* RFC 6928: 10, 30, 70, 150 segments after 1, 2, 3, 4 rounds. */
static void test_slow_start(void **state)
{
	static const uint32_t expected[] = {10, 30, 70, 150};
	struct lab l;
	struct lab_transfer t;

	(void)state;
	lab_simple(&l, 0, 50000, true);
	lab_transfer_start(&t, &l, "10.0.0.2", 1000000, 0, 65536);
	lab_transfer_check(&t, 100);
	vtime first = VTIME_NEVER;
	for (uint32_t k = 0; k < 4; k++) {
		uint32_t count = 0;

		for (uint32_t i = 0; i < l.seen_count; i++) {
			const struct lab_seen *s = &l.seen[i];

			if (s->dir != TAP_OUT || !s->len)
				continue;
			if (first.ns == VTIME_NEVER.ns)
				first = s->at;
			count += s->at.ns - first.ns < k * 100 * NS_PER_MS + 50 * NS_PER_MS;
		}
		assert_int_equal(count, expected[k]);
	}
	lab_transfer_finish(&t);
	lab_run(&l, vtime_s(200));
	lab_close(&l);
}

/* The client writes twice and waits for an answer to both. How long the exchange took. */
static int64_t exchange_ms(struct lab *l, struct socket *c, struct socket *s)
{
	vtime start = world_now(l->w);
	char buf[100];
	int64_t got = 0, n;

	assert_int_equal(stream_send(c, "first", 5, 0), 5);
	assert_int_equal(stream_send(c, "second", 6, 0), 6);
	while (got < 11) {
		assert_true(sched_step(&l->w->sched, VTIME_NEVER));
		while ((n = stream_recv(s, buf, sizeof(buf), 0)) > 0)
			got += n;
	}
	assert_int_equal(stream_send(s, "answer", 6, 0), 6);
	while (stream_recv(c, buf, sizeof(buf), 0) != 6)
		assert_true(sched_step(&l->w->sched, VTIME_NEVER));
	return (world_now(l->w).ns - start.ns) / NS_PER_MS;
}

/* Write, write, read: 40 ms for the delayed ACK that Nagle waits for; none with TCP_NODELAY. */
static void test_nagle(void **state)
{
	(void)state;
	for (int nodelay = 0; nodelay < 2; nodelay++) {
		struct lab l;

		lab_simple(&l, 0, 1000, false);
		struct socket *listener = lab_listen(l.b, AF_INET, 80, 4);
		struct socket *c = lab_connect(l.a, "10.0.0.2", 80), *s;
		lab_run(&l, vtime_ms(20));
		s = lab_accept(listener);
		socket_set(c, SOCKET_NODELAY, nodelay);
		/* The first makes the server answer: a conversation, ACKs are delayed from now on. */
		exchange_ms(&l, c, s);
		int64_t took = exchange_ms(&l, c, s);
		if (nodelay)
			assert_int_equal(took, 2);
		else
			assert_in_range(took, 42, 45);
		socket_close(c);
		socket_close(s);
		socket_close(listener);
		lab_run(&l, vtime_s(100));
		lab_close(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window_limit),
		cmocka_unit_test(test_slow_start),
		cmocka_unit_test(test_nagle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
