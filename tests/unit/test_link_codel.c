/* CoDel (RFC 8289): against its pseudo code, its control law, marks, and what it does to a flood. */
#include "qdisc_lab.h"

#include "link/codel.h"

/* Loads that come and go, over minutes: the same frames leave at the same instants. */
static void test_twin(void **state)
{
	static struct twin_codel twin;
	struct lab l;
	struct rng r;
	uint64_t id = 0, left = 0;
	int64_t arrive = 0, free_at = 0;

	(void)state;
	lab_init(&l, QDISC_CODEL);
	l.place.limit = 15000;
	lab_start(&l);
	twin = (struct twin_codel){
		.target = 5 * NS_PER_MS, .interval = 100 * NS_PER_MS, .maxpacket_ = 1514};
	rng_init(&r, 1, "loads");
	for (int phase = 0; phase < 60; phase++) {
		/* From a third to three times of what the wire takes, 1 ms a frame. */
		double gap = 1e6 * (0.33 + 2.7 * rng_unit(&r) * rng_unit(&r));
		int64_t end = arrive + (int64_t)(2e9 * rng_unit(&r));

		while (arrive < end) {
			while (free_at <= arrive && twin.first != twin.end) {
				uint64_t want = twin_dequeue(&twin, free_at);

				world_run_to(l.w, vtime_ns(free_at));
				assert_int_equal(lab_next(&l), want);
				left += want != 0;
				assert_int_equal(l.q->drops[DROP_CODEL], twin.drops);
				assert_int_equal(l.q->packets, twin.end - twin.first);
				free_at += NS_PER_MS;
			}
			uint32_t len = 100 + rng_below(&r, 1400);
			world_run_to(l.w, vtime_ns(arrive));
			lab_send(&l, len, 1, ECN_CODE_NOT_ECT);
			twin_enqueue(&twin, ++id, len, arrive);
			if (free_at < arrive)
				free_at = arrive;
			arrive += (int64_t)rng_exp(&r, gap) + 1;
		}
	}
	assert_true(left > 20000 && twin.drops > 500);
	assert_int_equal(l.counters.dropped, twin.drops);
	lab_fini(&l);
}

/* A flood that heeds nothing: the first drop after an interval, then interval / sqrt(n) apart. */
static void test_control_law(void **state)
{
	struct lab l;
	int64_t drops[40], due;
	uint32_t n = 0;

	(void)state;
	lab_init(&l, QDISC_CODEL);
	l.place.limit = 100000;
	lab_start(&l);
	/* The wire is ready every 0.1 ms; two frames come for each that leaves. */
	for (int tick = 0; n < 40; tick++) {
		uint64_t before = l.q->drops[DROP_CODEL];

		world_run_to(l.w, vtime_us(100 * (int64_t)tick));
		lab_send(&l, 1000, 1, ECN_CODE_NOT_ECT);
		lab_send(&l, 1000, 1, ECN_CODE_NOT_ECT);
		assert_true(lab_next(&l) != 0);
		for (; before < l.q->drops[DROP_CODEL] && n < 40; before++)
			drops[n++] = world_now(l.w).ns;
	}
	/*
	 * Of two frames that come at 0.1 ms * k, one waits about half of k: the wait reaches 5 ms at
	 * 10 ms, and 100 ms later the first one dies.
	 */
	assert_in_range(drops[0], 109 * NS_PER_MS, 111 * NS_PER_MS);
	due = drops[0];
	for (uint32_t i = 1; i < n; i++) {
		due += (int64_t)(100e6 / sqrt(i));
		assert_in_range(drops[i], due, due + 100 * NS_PER_US);
	}
	assert_string_equal(l.notes.last, "dropped at isp: CoDel: sojourn time above target");
	assert_int_equal(codel_law(vtime_ms(7), vtime_ms(100), 4).ns, 57 * NS_PER_MS);
	assert_true(lab_figure(&l, "count") == n && lab_figure(&l, "dropping") == 1);
	lab_fini(&l);
}

/* The law in marks: nobody dies who can be told, and the others die at the same pace. */
static void test_marks(void **state)
{
	struct lab l;

	(void)state;
	for (int ect = 0; ect < 2; ect++) {
		lab_init(&l, QDISC_CODEL);
		l.place.limit = 100000;
		l.params.ecn = true;
		lab_start(&l);
		for (int tick = 0; tick < 5000; tick++) {
			world_run_to(l.w, vtime_us(100 * (int64_t)tick));
			lab_send(&l, 1000, 1, ect ? ECN_CODE_ECT0 : ECN_CODE_NOT_ECT);
			lab_send(&l, 1000, 1, ect ? ECN_CODE_ECT0 : ECN_CODE_NOT_ECT);
			assert_true(lab_next(&l) != 0);
		}
		/* 390 ms are left: 100 (1 + 1/sqrt(2) + ... + 1/sqrt(6)) = 364, one more makes 402. */
		if (ect) {
			assert_int_equal(l.counters.marked, 7);
			assert_int_equal(l.counters.dropped, 0);
			assert_string_equal(l.notes.last, "marked CE at isp: CoDel");
		} else {
			assert_int_equal(l.counters.marked, 0);
			assert_int_equal(l.counters.dropped, 7);
		}
		lab_fini(&l);
	}
}

/* What waited longer than ce_threshold is marked, whatever ecn says; nothing dies for it. */
static void test_ce_threshold(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, QDISC_CODEL);
	l.params.ce_threshold = vtime_ms(1);
	lab_start(&l);
	for (int i = 0; i < 5; i++)
		lab_send(&l, 1000, 1, ECN_CODE_ECT1);
	for (int i = 0; i < 5; i++) {
		world_run_to(l.w, vtime_us(500 * (int64_t)i));
		assert_true(lab_next(&l) != 0);
	}
	assert_int_equal(l.counters.marked, 2); /* at 1.5 and 2 ms */
	assert_int_equal(l.counters.dropped, 0);
	lab_fini(&l);
}

/* A queue that is short once in an interval is a good queue, however long it is in between. */
static void test_good_queue(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, QDISC_CODEL);
	lab_start(&l);
	for (int burst = 0; burst < 200; burst++) {
		for (int i = 0; i < 90; i++)
			lab_send(&l, 1000, 1, ECN_CODE_NOT_ECT);
		for (int i = 0; i < 90; i++) {
			world_run_to(l.w, vtime_ms(95 * (int64_t)burst + i));
			assert_true(lab_next(&l) != 0);
		}
		world_run_to(l.w, vtime_ms(95 * (int64_t)(burst + 1)));
	}
	assert_int_equal(l.counters.dropped, 0);
	lab_fini(&l);
}

static void test_limit(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, QDISC_CODEL);
	l.place.limit = 3;
	lab_start(&l);
	for (int i = 0; i < 5; i++)
		lab_send(&l, 1000, 1, ECN_CODE_ECT0);
	assert_int_equal(l.q->drops[DROP_QUEUE_FULL], 2);
	assert_string_equal(l.notes.last, "dropped at isp: queue full (3 packets)");
	lab_fini(&l);
	lab_init(&l, QDISC_CODEL);
	l.place.limit = 3000;
	l.place.limit_bytes = true;
	lab_start(&l);
	for (int i = 0; i < 4; i++)
		lab_send(&l, 1000, 1, ECN_CODE_ECT0);
	assert_int_equal(l.q->drops[DROP_QUEUE_FULL_BYTES], 1);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twin),	     cmocka_unit_test(test_control_law),
		cmocka_unit_test(test_marks),	     cmocka_unit_test(test_ce_threshold),
		cmocka_unit_test(test_good_queue), cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
