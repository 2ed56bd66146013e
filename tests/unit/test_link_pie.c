/* PIE (RFC 8033): against its pseudo code, burst allowance, and the delay it comes to. */
#include "qdisc_lab.h"

/* 4.1, 4.2, 4.4, 5.4, 5.5 and appendix A, with a timer that is looked at every time. */
struct twin_pie {
	double drop_prob_, accu_prob_, burst_allowance_, current_qdelay_, qdelay_old_;
	int64_t next_update;
	struct rng rng;
	uint64_t drops;
};

static void twin_calculate(struct twin_pie *t, uint32_t waiting)
{
	double p = 0.125 * (t->current_qdelay_ - 0.015) +
		   1.25 * (t->current_qdelay_ - t->qdelay_old_);

	if (t->drop_prob_ < 0.000001)
		p /= 2048;
	else if (t->drop_prob_ < 0.00001)
		p /= 512;
	else if (t->drop_prob_ < 0.0001)
		p /= 128;
	else if (t->drop_prob_ < 0.001)
		p /= 32;
	else if (t->drop_prob_ < 0.01)
		p /= 8;
	else if (t->drop_prob_ < 0.1)
		p /= 2;
	if (t->drop_prob_ >= 0.1 && p > 0.02)
		p = 0.02;
	if (t->current_qdelay_ > 0.25)
		p += 0.02;
	t->drop_prob_ += p;
	if (t->current_qdelay_ == 0 && t->qdelay_old_ == 0 && !waiting)
		t->drop_prob_ *= 1 - 1.0 / 64;
	t->drop_prob_ = fmin(fmax(t->drop_prob_, 0), 1);
	t->burst_allowance_ = fmax(0, t->burst_allowance_ - 0.015);
	if (t->drop_prob_ == 0 && t->current_qdelay_ < 0.0075 && t->qdelay_old_ < 0.0075) {
		t->burst_allowance_ = 0.15;
		t->accu_prob_ = 0;
	}
	t->qdelay_old_ = t->current_qdelay_;
}

static bool twin_drop_early(struct twin_pie *t, uint64_t bytes)
{
	if (t->burst_allowance_ > 1e-9)
		return false;
	if ((t->qdelay_old_ < 0.0075 && t->drop_prob_ < 0.2) || bytes <= 2 * 1514)
		return false;
	t->accu_prob_ += t->drop_prob_;
	if (t->drop_prob_ == 0)
		t->accu_prob_ = 0;
	if (t->accu_prob_ < 0.85)
		return false;
	if (t->accu_prob_ >= 8.5 || rng_unit(&t->rng) < t->drop_prob_) {
		t->accu_prob_ = 0;
		t->drops++;
		return true;
	}
	return false;
}

/* Through idle times, loads and overloads of minutes, frame by frame. */
static void test_twin(void **state)
{
	struct lab l;
	struct rng r;
	struct twin_pie t = {.burst_allowance_ = 0.15, .next_update = 15 * NS_PER_MS};
	double worst = 0;

	(void)state;
	lab_init(&l, QDISC_PIE);
	l.place.limit = 100000;
	lab_start(&l);
	rng_init(&t.rng, 1, "lab");
	rng_init(&r, 1, "loads");
	for (int64_t tick = 0; tick < 300000; tick++) {
		int64_t now = tick * 300001; /* 0.3 ms and a bit; a frame leaves at each */
		uint32_t load = (uint32_t)(tick / 15000 % 4);

		while (t.next_update <= now) {
			twin_calculate(&t, l.q->packets);
			t.next_update += 15 * NS_PER_MS;
		}
		world_run_to(l.w, vtime_ns(now));
		for (uint32_t n = load ? rng_below(&r, 1 + load) + (load == 3) : 0; n; n--) {
			uint64_t bytes = l.q->bytes, dropped = l.counters.dropped;
			bool want = twin_drop_early(&t, bytes);

			lab_send(&l, 1000, 1, ECN_CODE_NOT_ECT);
			assert_int_equal(l.counters.dropped - dropped, want);
		}
		struct packet *p = qdisc_dequeue(l.q, world_now(l.w));
		if (p) {
			t.current_qdelay_ = l.q->packets ? (double)(now - p->at.ns) / 1e9 : 0;
			packet_free(p);
		}
		worst = fmax(worst, fabs(lab_figure(&l, "prob") - t.drop_prob_));
	}
	assert_true(worst < 1e-9);
	assert_true(t.drops > 10000);
	assert_int_equal(l.q->drops[DROP_PIE], t.drops);
	lab_fini(&l);
}

/* The wire takes a frame a ms. Returns frames that came before the first drop, 0 without one. */
static uint32_t flood(struct lab *l, int from_ms, int ms, uint32_t each, enum ecn_codepoint ecn)
{
	uint64_t dropped = l->counters.dropped;
	uint32_t sent = 0;

	for (int t = from_ms; t < from_ms + ms; t++) {
		world_run_to(l->w, vtime_ms(t));
		for (uint32_t i = 0; i < each; i++, sent++)
			lab_send(l, 1000, 1, ecn);
		if (l->counters.dropped != dropped)
			return sent;
		lab_next(l);
	}
	return 0;
}

/* Bursts of up to 150 ms pass; longer ones do not, and after a calm they may again (4.4). */
static void test_burst(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, QDISC_PIE);
	l.place.limit = 100000;
	lab_start(&l);
	assert_true(lab_figure(&l, "burst_time") == 0.15);
	assert_int_equal(flood(&l, 0, 150, 5, ECN_CODE_NOT_ECT), 0);
	assert_int_equal(l.q->packets, 600);
	assert_true(lab_figure(&l, "prob") > 0);
	assert_in_range(flood(&l, 150, 100, 5, ECN_CODE_NOT_ECT), 1, 100);
	assert_true(lab_figure(&l, "burst_time") == 0);
	assert_non_null(strstr(l.notes.last, "dropped at isp: PIE: early drop, probability "));
	flood(&l, 250, 2000, 0, ECN_CODE_NOT_ECT);
	assert_int_equal(l.q->packets, 0);
	world_run_to(l.w, vtime_ms(20000));
	assert_int_equal(flood(&l, 20000, 149, 5, ECN_CODE_NOT_ECT), 0);
	lab_fini(&l);
}

/*
 * Unresponsive overload of 1.25 through a link: what is too much is a fifth, and the delay comes to
 * the target. Both ways of knowing the delay.
 */
static void test_target(void **state)
{
	(void)state;
	for (int estimate = 0; estimate < 2; estimate++) {
		struct link_params p = link_params_default;
		struct world *w = world_new(1);
		struct pair n;
		double sum = 0;
		uint32_t late = 0;
		int64_t *sent;

		p.rate = 12304000; /* 1 ms a full frame */
		p.limit = 100000;
		p.queue = qdisc_defaults(QDISC_PIE);
		p.queue.dq_rate_estimator = estimate;
		pair_init(&n, w, "wan", &p);
		sent = nt_calloc(60000, sizeof(*sent));
		for (int i = 0; i < 50000; i++) {
			world_run_to(w, vtime_us(800 * (int64_t)i));
			struct packet *q = udp_frame(w, 1514, 1, ECN_CODE_NOT_ECT);
			sent[q->id] = world_now(w).ns;
			iface_send(&n.a.iface, q);
		}
		world_run(w);
		for (uint32_t i = n.b.count / 2; i < n.b.count; i++, late++)
			sum += (double)(n.b.seen[i].at.ns - sent[n.b.seen[i].id]) / 1e6 - 1;
		print_message("%s: mean wait %.2f ms of 15, %.2f %% dropped of 20\n",
			      estimate ? "rate estimator" : "stamps", sum / late,
			      (double)link_counters(n.link, 0)->dropped / 500);
		assert_true(fabs(sum / late - 15) < 1.5);
		assert_true(fabs((double)link_counters(n.link, 0)->dropped / 50000 - 0.2) < 0.01);
		assert_books(n.link, 0, 0);
		free(sent);
		pair_fini(&n);
		world_close(w);
	}
}

/* Marks up to a probability of 10 %, above that drops (5.1). */
static void test_marks(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, QDISC_PIE);
	l.params.ecn = true;
	l.place.limit = 100000;
	lab_start(&l);
	while (lab_figure(&l, "prob") <= 0.1) {
		uint64_t dropped = l.counters.dropped;

		flood(&l, (int)(world_now(l.w).ns / NS_PER_MS) + 1, 1, 2, ECN_CODE_ECT0);
		if (lab_figure(&l, "prob") <= 0.1)
			assert_int_equal(l.counters.dropped, dropped);
	}
	assert_true(l.counters.marked > 3);
	uint64_t marked = l.counters.marked;
	for (int ms = 0; ms < 500; ms++) {
		flood(&l, (int)(world_now(l.w).ns / NS_PER_MS) + 1, 1, 2, ECN_CODE_ECT0);
		if (lab_figure(&l, "prob") > 0.1)
			assert_int_equal(l.counters.marked, marked);
	}
	assert_true(l.q->drops[DROP_PIE] > 10);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
