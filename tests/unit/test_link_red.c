/* RED (RFC 2309, Floyd and Jacobson 1993) and adaptive RED: average, probability, thresholds. */
#include "qdisc_lab.h"

/* The average after each arrival is (1 - w) avg + w length, and (1 - w)^m of it after idle time. */
static void test_average(void **state)
{
	struct lab l;
	struct rng r;
	double avg = 0;
	int64_t idle_since = 0;

	(void)state;
	lab_init(&l, QDISC_RED);
	l.params.min = 200;
	l.params.max = 600;
	l.params.burst = 250;
	lab_start(&l);
	double w = lab_figure(&l, "weight");
	rng_init(&r, 1, "average");
	for (int64_t us = 0; us < 5000000; us += 1 + rng_below(&r, 1500)) {
		world_run_to(l.w, vtime_us(us));
		if (rng_below(&r, us / 500000 % 2 ? 3 : 2)) {
			if (lab_next(&l) && !l.q->packets)
				idle_since = world_now(l.w).ns;
			continue;
		}
		if (l.q->packets) {
			avg = (1 - w) * avg + w * l.q->packets;
		} else {
			/* Of 1000 bytes at 10 Mbit/s, one takes 0.8 ms. */
			int64_t m = (world_now(l.w).ns - idle_since) / 800000;

			avg *= pow(1 - w, (double)m);
		}
		lab_send(&l, 1000, 1, ECN_CODE_NOT_ECT);
		assert_true(fabs(lab_figure(&l, "average") - avg) <= 1e-9 * (1 + avg));
		idle_since = world_now(l.w).ns;
	}
	lab_fini(&l);
}

/*
 * The weight that lets a burst L pass with min S: the table in the kernel's red.h, of min 32. At the
 * burst given, the weight is 2^-log; one frame less would need more weight.
 */
static void test_weight(void **state)
{
	static const struct {
		uint32_t burst;
		int log;
	} rows[] = {{33, 1}, {35, 2}, {39, 3}, {46, 4}, {57, 5}, {75, 6}, {101, 7}, {135, 8}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab l;

		lab_init(&l, QDISC_RED);
		l.params.min = 32;
		l.params.max = 96;
		l.params.burst = rows[i].burst;
		lab_start(&l);
		int log = (int)lround(-log2(lab_figure(&l, "weight")));
		assert_in_range(log, rows[i].log, rows[i].log + 1);
		/* The definition: such a burst does not bring the average to min. */
		double weight = lab_figure(&l, "weight"), avg = 0;
		for (uint32_t k = 1; k < rows[i].burst; k++)
			avg += weight * (k - avg);
		assert_true(avg < 32);
		lab_fini(&l);
	}
}

/* min and max that nobody gave: a quarter of the limit, and a third of that. */
static void test_defaults(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, QDISC_RED);
	l.place.limit = 120000;
	l.place.limit_bytes = true;
	lab_start(&l);
	assert_true(lab_figure(&l, "max") == 30000 && lab_figure(&l, "min") == 10000);
	assert_true(lab_figure(&l, "probability") == 0.02);
	lab_fini(&l);
	lab_init(&l, QDISC_RED);
	l.params.min = 5;
	lab_start(&l);
	assert_true(lab_figure(&l, "max") == 15 && lab_figure(&l, "min") == 5);
	lab_fini(&l);
}

/* Keeps exactly n frames waiting at each arrival. */
static void hold_at(struct lab *l, uint32_t n, enum ecn_codepoint ecn)
{
	while (l->q->packets > n)
		lab_next(l);
	lab_send(l, 1000, 1, ecn);
}

/*
 * At a constant average the gaps between drops are uniform on 1 to 1/p (section 7 of the paper): the
 * mean is (1/p + 1) / 2, none is longer. A thousand gaps: a standard error of 1.8 %; tolerance 6 %.
 */
static void test_probability(void **state)
{
	struct lab l;
	uint64_t last = 0, gaps = 0, n = 0, longest = 0, shortest = UINT64_MAX, sent = 0;

	(void)state;
	lab_init(&l, QDISC_RED);
	l.params.min = 20;
	l.params.max = 60;
	l.params.probability = 0.1;
	lab_start(&l);
	while (lab_figure(&l, "average") < 40 - 1e-9) /* fills up without a single draw */
		hold_at(&l, 40, ECN_CODE_ECT0);
	uint64_t before = l.q->drops[DROP_RED_EARLY];
	while (n < 1000) {
		hold_at(&l, 40, ECN_CODE_NOT_ECT);
		sent++;
		if (l.q->drops[DROP_RED_EARLY] == before)
			continue;
		before = l.q->drops[DROP_RED_EARLY];
		if (last) {
			uint64_t gap = sent - last;

			gaps += gap;
			n++;
			longest = gap > longest ? gap : longest;
			shortest = gap < shortest ? gap : shortest;
		}
		last = sent;
	}
	/* p = 0.1 * (40 - 20) / (60 - 20) = 1/20 */
	assert_true(fabs((double)gaps / 1000 / 10.5 - 1) < 0.06);
	assert_true(shortest == 1 && longest == 20);
	assert_string_equal(l.notes.last, "dropped at isp: RED: early drop, average queue 40 packets");
	lab_fini(&l);
}

static void test_thresholds(void **state)
{
	struct lab l;

	(void)state;
	/* Below min nothing ever happens. */
	lab_init(&l, QDISC_RED);
	l.params.min = 20;
	l.params.max = 60;
	l.params.probability = 1;
	lab_start(&l);
	for (int i = 0; i < 20000; i++)
		hold_at(&l, 18, ECN_CODE_NOT_ECT);
	assert_int_equal(l.counters.dropped, 0);
	lab_fini(&l);
	/* Above max every frame goes; it is marked if it can be. */
	for (int hard = 0; hard < 2; hard++) {
		lab_init(&l, QDISC_RED);
		l.params.min = 20;
		l.params.max = 60;
		l.params.ecn = true;
		l.params.harddrop = hard;
		lab_start(&l);
		while (lab_figure(&l, "average") < 60)
			lab_send(&l, 1000, 1, ECN_CODE_ECT0);
		uint64_t marked = l.counters.marked, dropped = l.counters.dropped;
		for (int i = 0; i < 100; i++)
			lab_send(&l, 1000, 1, ECN_CODE_ECT0);
		assert_int_equal(l.counters.marked - marked, hard ? 0 : 100);
		assert_int_equal(l.counters.dropped - dropped, hard ? 100 : 0);
		assert_int_equal(l.q->drops[DROP_RED_FORCED], l.counters.dropped);
		lab_send(&l, 1000, 1, ECN_CODE_NOT_ECT);
		assert_int_equal(l.counters.dropped - dropped, hard ? 101 : 1);
		lab_fini(&l);
	}
	/* nodrop spares those that cannot be marked; the limit spares nobody. */
	lab_init(&l, QDISC_RED);
	l.params.min = 20;
	l.params.max = 60;
	l.params.ecn = l.params.nodrop = true;
	lab_start(&l);
	for (int i = 0; i < 1005; i++)
		lab_send(&l, 1000, 1, ECN_CODE_NOT_ECT);
	assert_int_equal(l.counters.dropped, 5);
	assert_int_equal(l.q->drops[DROP_QUEUE_FULL], 5);
	lab_fini(&l);
}

/* In bytes: the same with lengths, and words that say bytes. */
static void test_bytes(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, QDISC_RED);
	l.place.limit = 400000;
	l.place.limit_bytes = true;
	l.params.min = 20000;
	l.params.max = 60000;
	l.params.probability = 0.5;
	lab_start(&l);
	for (int i = 0; i < 5000; i++)
		hold_at(&l, 40, ECN_CODE_NOT_ECT);
	assert_true(fabs(lab_figure(&l, "average") - 40000) < 1000);
	assert_true(l.q->drops[DROP_RED_EARLY_BYTES] > 100);
	assert_null(strstr(l.notes.last, "packets"));
	lab_fini(&l);
}

/*
 * Adaptive: every half second the probability grows by min(p / 4, 1 %) while the average is above
 * 60 % of the way from min to max, and falls by a tenth below 40 %.
 */
static void test_adaptive(void **state)
{
	struct lab l;
	double p = 0.02;

	(void)state;
	lab_init(&l, QDISC_RED);
	l.params.min = 20;
	l.params.max = 60;
	l.params.adaptive = true;
	lab_start(&l);
	while (lab_figure(&l, "average") < 55)
		hold_at(&l, 56, ECN_CODE_NOT_ECT);
	for (int step = 1; step <= 70; step++) {
		world_run_to(l.w, vtime_ms(500 * step));
		hold_at(&l, 55, ECN_CODE_NOT_ECT);
		if (p <= 0.5)
			p += fmin(p / 4, 0.01);
		assert_true(fabs(lab_figure(&l, "probability") - p) < 1e-12);
	}
	assert_true(p > 0.5 && p < 0.52);
	/* An hour in which nobody comes: the average fades, the probability falls to its least. */
	while (lab_next(&l))
		;
	world_run_to(l.w, vtime_ms(3600000));
	lab_send(&l, 1000, 1, ECN_CODE_NOT_ECT);
	p = lab_figure(&l, "probability");
	assert_true(p < 0.01 && p > 0.0089);
	assert_true(lab_figure(&l, "average") < 1e-6);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_average),	   cmocka_unit_test(test_weight),
		cmocka_unit_test(test_defaults),   cmocka_unit_test(test_probability),
		cmocka_unit_test(test_thresholds), cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_adaptive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
