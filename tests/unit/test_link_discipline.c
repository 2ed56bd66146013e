/* Links with a discipline: the same wire as without, and everything that may happen to it. */
#include "qdisc_lab.h"

/* A discipline that never has a reason to drop: a first-in first-out queue with real events. */
static struct qdisc_params patient(void)
{
	struct qdisc_params p = qdisc_defaults(QDISC_CODEL);

	p.target = vtime_ms(1000000000);
	return p;
}

static const uint32_t trace_ms[] = {1, 2, 2, 2, 9, 10};
static const struct rate_trace trace = {trace_ms, 6};

/*
 * Drop-tail, which knows every frame's arrival at once, and a queue that finds out as it goes must
 * be the same link to the nanosecond, through changes of rate, delay, overhead and trace.
 */
static void run_random(struct pair *n, bool discipline, const struct link_params *base)
{
	static struct link_params kinds[5];
	struct world *w = world_new(1);
	struct rng r;

	for (int i = 0; i < 5; i++) {
		kinds[i] = *base;
		if (discipline)
			kinds[i].queue = patient();
	}
	kinds[1].rate = 7654321;
	kinds[2].delay = vtime_us(100);
	kinds[2].overhead = 0;
	kinds[3].rate = 0;
	kinds[4].trace = &trace;
	pair_init(n, w, "wan", &kinds[0]);
	rng_init(&r, 1, "random");
	for (int i = 0; i < 40000; i++) {
		uint32_t dice = rng_below(&r, 1000);

		if (dice < 400)
			world_run_to(w, vtime_add(world_now(w),
						  vtime_ns(rng_below(&r, 1500000))));
		else if (dice < 997)
			iface_send(&n->a.iface, udp_frame(w, 60 + rng_below(&r, 1400), 1, 0));
		else
			link_set_params(n->link, 0, &kinds[rng_below(&r, 5)]);
	}
	world_run(w);
	assert_int_equal(link_counters(n->link, 0)->dropped, 0);
}

static void test_same_wire(void **state)
{
	struct link_params p = link_params_default;
	struct pair tail, real;

	(void)state;
	p.rate = 9999991; /* leaves fractions of nanoseconds */
	p.delay = vtime_ms(5);
	p.limit = 1000000;
	run_random(&tail, false, &p);
	run_random(&real, true, &p);
	assert_true(tail.b.count > 20000);
	assert_int_equal(tail.b.count, real.b.count);
	for (uint32_t i = 0; i < tail.b.count; i++) {
		assert_int_equal(tail.b.seen[i].id, real.b.seen[i].id);
		assert_int_equal(tail.b.seen[i].at.ns, real.b.seen[i].at.ns);
	}
	struct world *w = tail.w;
	pair_fini(&tail);
	world_close(w);
	w = real.w;
	pair_fini(&real);
	world_close(w);
}

/* Between a trace's opportunities frames are in the queue, and their time there counts. */
static void test_trace_waits(void **state)
{
	static const uint32_t ms[] = {10, 30};
	static const struct rate_trace slow = {ms, 2};
	struct link_params p = link_params_default;
	struct world *w = world_new(1);
	struct pair n;

	(void)state;
	p.trace = &slow;
	p.queue = patient();
	pair_init(&n, w, "lte", &p);
	for (int i = 0; i < 3; i++)
		iface_send(&n.a.iface, udp_frame(w, 1514, 1, ECN_CODE_NOT_ECT));
	world_run_to(w, vtime_ms(10));
	assert_int_equal(link_queue_packets(n.link, 0), 3);
	world_run_to(w, vtime_ms(11));
	assert_int_equal(link_queue_packets(n.link, 0), 2);
	assert_int_equal(link_qdisc(n.link, 0)->delay.ns, 10 * NS_PER_MS);
	world_run_to(w, vtime_ms(31));
	assert_int_equal(link_qdisc(n.link, 0)->delay.ns, 30 * NS_PER_MS);
	world_run(w);
	assert_int_equal(n.b.seen[2].at.ns, 40 * NS_PER_MS);
	pair_fini(&n);
	world_close(w);
}

/* However many frames wait and travel, one event is pending. */
static void test_one_event(void **state)
{
	struct link_params p = link_params_default;
	struct pair n;

	(void)state;
	p.rate = 1000000;
	p.delay = vtime_ms(50);
	p.queue = qdisc_defaults(QDISC_FQ_CODEL);
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < 200; i++)
		iface_send(&n.a.iface, udp_frame(w, 500, (uint16_t)i, ECN_CODE_NOT_ECT));
	assert_int_equal(link_queue_packets(n.link, 0), 199);
	assert_int_equal(link_queue_bytes(n.link, 0), 199 * 500);
	assert_int_equal(w->on_wires, 200);
	assert_int_equal(w->sched.count, 1);
	world_run_to(w, vtime_ms(300));
	assert_int_equal(w->sched.count, 1);
	world_run(w);
	assert_int_equal(w->sched.count, 0);
	assert_int_equal(n.b.count + link_counters(n.link, 0)->dropped, 200);
	assert_books(n.link, 0, 0);
	pair_close(&n);
}

/* A rate of none and an empty queue of size 0: nobody waits. The limit is for those who do. */
static void test_limits(void **state)
{
	struct link_params p = link_params_default;
	struct world *w = world_new(1);
	struct pair n;

	(void)state;
	for (int kind = 1; kind < QDISC_KIND_COUNT; kind++) {
		p.queue = qdisc_defaults((enum qdisc_kind)kind);
		p.rate = 0;
		p.limit = 0;
		pair_init(&n, w, "wan", &p);
		for (int i = 0; i < 50; i++)
			iface_send(&n.a.iface, udp_frame(w, 500, 1, ECN_CODE_NOT_ECT));
		world_run(w);
		assert_int_equal(n.b.count, 50);
		struct link_params slow = p;
		slow.rate = 1000000;
		link_set_params(n.link, 0, &slow);
		iface_send(&n.a.iface, udp_frame(w, 500, 1, ECN_CODE_NOT_ECT));
		iface_send(&n.a.iface, udp_frame(w, 500, 1, ECN_CODE_NOT_ECT));
		world_run(w);
		assert_int_equal(n.b.count, 51);
		assert_int_equal(link_counters(n.link, 0)->dropped, 1);
		assert_int_equal(site_drops(link_site(n.link), DROP_LINK_DOWN), 0);
		pair_fini(&n);
	}
	world_close(w);
}

static void test_down(void **state)
{
	struct link_params p = link_params_default;
	struct pair n;
	struct notes notes;

	(void)state;
	p.rate = 1000000;
	p.delay = vtime_ms(5);
	p.queue = qdisc_defaults(QDISC_FQ_CODEL);
	struct world *w = pair_open(&n, &p);
	notes_start(&notes, w);
	for (int i = 0; i < 9; i++) /* 1 ms each */
		iface_send(&n.a.iface, udp_frame(w, 101, (uint16_t)i, ECN_CODE_NOT_ECT));
	world_run_to(w, vtime_us(6500));
	assert_int_equal(n.b.count, 1);
	link_set_up(n.link, false);
	assert_int_equal(w->on_wires, 0);
	assert_int_equal(w->pool.live, 0);
	assert_int_equal(notes.count, 8);
	assert_string_equal(notes.last, "lost on wan: link down");
	assert_int_equal(site_drops(link_site(n.link), DROP_LINK_DOWN), 8);
	iface_send(&n.a.iface, udp_frame(w, 101, 1, ECN_CODE_NOT_ECT));
	assert_int_equal(site_drops(link_site(n.link), DROP_LINK_DOWN), 9);
	link_set_up(n.link, true);
	iface_send(&n.a.iface, udp_frame(w, 1515, 1, ECN_CODE_NOT_ECT));
	assert_string_equal(notes.last, "lost on wan: frame larger than the link's MTU 1500");
	world_run_to(w, vtime_us(8000));
	iface_send(&n.a.iface, udp_frame(w, 101, 1, ECN_CODE_NOT_ECT));
	iface_send(&n.a.iface, udp_frame(w, 101, 1, ECN_CODE_NOT_ECT));
	world_run(w);
	assert_int_equal(n.b.count, 3);
	assert_int_equal(n.b.seen[1].at.ns, 14 * NS_PER_MS);
	assert_int_equal(n.b.seen[2].at.ns, 15 * NS_PER_MS);
	assert_books(n.link, 0, 0);
	pair_close(&n);
}

/* From one kind to the next nobody is lost, nobody is overtaken, and waiting goes on counting. */
static void test_switch_kinds(void **state)
{
	static const enum qdisc_kind row[] = {QDISC_DROPTAIL, QDISC_CODEL, QDISC_PIE, QDISC_RED,
					      QDISC_FQ_CODEL, QDISC_DROPTAIL};
	struct link_params p[6];
	struct pair n;

	(void)state;
	for (int i = 0; i < 6; i++) {
		p[i] = link_params_default;
		p[i].rate = 1000000;
		if (row[i])
			p[i].queue = qdisc_defaults(row[i]);
	}
	struct world *w = pair_open(&n, &p[0]);
	for (int i = 0; i < 40; i++) { /* 1 ms each */
		if (i % 7 == 6)
			link_set_params(n.link, 0, &p[1 + i / 7]);
		iface_send(&n.a.iface, udp_frame(w, 101, 1, ECN_CODE_NOT_ECT));
		iface_send(&n.a.iface, udp_frame(w, 101, 1, ECN_CODE_NOT_ECT));
		world_run_to(w, vtime_us(1000 * (int64_t)(i + 1) - 1));
		assert_int_equal(link_queue_packets(n.link, 0), i + 1);
		const struct qdisc *q = link_qdisc(n.link, 0);
		assert_true(i < 6 || i >= 34 ? !q : q->params.kind == row[(i + 1) / 7]);
		if (i == 32) /* at the head stands who came when half of them had */
			assert_in_range(q->delay.ns, 15 * NS_PER_MS, 17 * NS_PER_MS);
	}
	world_run(w);
	assert_int_equal(n.b.count, 80);
	for (int i = 0; i < 80; i++) {
		assert_int_equal(n.b.seen[i].id, i + 1);
		assert_int_equal(n.b.seen[i].at.ns, (i + 1) * NS_PER_MS);
	}
	assert_books(n.link, 0, 0);
	pair_close(&n);
}

/* Whoever receives may change the link he receives from, and take it down. */
static struct pair *changing;
static struct link_params other[2];

static void change_in_input(struct iface *i, struct packet *p)
{
	link_set_params(changing->link, 0, &other[changing->b.count % 2]);
	end_input(i, p);
	if (changing->b.count == 5)
		link_set_up(changing->link, false);
}

static void test_change_from_input(void **state)
{
	struct pair n;

	(void)state;
	other[0] = other[1] = link_params_default;
	other[0].rate = other[1].rate = 1000000;
	other[0].queue = qdisc_defaults(QDISC_PIE);
	other[1].queue = qdisc_defaults(QDISC_CODEL);
	struct world *w = pair_open(&n, &other[0]);
	changing = &n;
	n.b.iface.input = change_in_input;
	for (int i = 0; i < 9; i++)
		iface_send(&n.a.iface, udp_frame(w, 101, 1, ECN_CODE_NOT_ECT));
	world_run(w);
	assert_int_equal(n.b.count, 5);
	assert_int_equal(n.b.seen[4].at.ns, 5 * NS_PER_MS);
	assert_int_equal(link_counters(n.link, 0)->lost, 4);
	pair_close(&n);
}

/* Anything at any time, with every kind, impairments and traces: the books balance, nothing leaks. */
static void test_anything(void **state)
{
	enum { KINDS = 9 };
	static struct link_params kinds[KINDS];
	struct pair n;
	struct rng r;

	(void)state;
	for (int i = 0; i < KINDS; i++) {
		kinds[i] = link_params_default;
		kinds[i].rate = 5000000;
		kinds[i].delay = vtime_ms(4);
		kinds[i].limit = 60;
		if (i % 5)
			kinds[i].queue = qdisc_defaults((enum qdisc_kind)(i % 5));
		kinds[i].queue.ecn = i % 2;
		kinds[i].queue.interval = vtime_ms(10);
		kinds[i].queue.flows = i < 5 ? 1024 : 3;
	}
	kinds[1].duplicate = 0.1;
	kinds[2].trace = &trace;
	kinds[3].reorder = 0.2;
	kinds[3].rate = 0;
	kinds[4].limit = 30000;
	kinds[4].limit_unit = QUEUE_BYTES;
	kinds[5].loss = (struct loss_params){.kind = LOSS_RANDOM, .p = 0.2};
	kinds[6].queue.adaptive = true;
	kinds[6].corrupt = 0.2;
	kinds[7].trace = &trace;
	kinds[7].duplicate = 0.3;
	kinds[8].queue.memory_limit = 20000;
	struct world *w = pair_open(&n, &kinds[0]);
	rng_init(&r, 1, "anything");
	for (int i = 0; i < 100000; i++) {
		uint32_t dice = rng_below(&r, 1000);

		if (dice < 450)
			world_run_to(w, vtime_add(world_now(w),
						  vtime_ns(rng_below(&r, 2000000))));
		else if (dice < 990)
			iface_send(&n.a.iface, udp_frame(w, 42 + rng_below(&r, 1480),
							 (uint16_t)rng_below(&r, 20),
							 rng_below(&r, 4)));
		else if (dice < 999)
			link_set_params(n.link, 0, &kinds[rng_below(&r, KINDS)]);
		else
			link_set_up(n.link, !link_up(n.link));
		assert_true(w->sched.count <= 1);
	}
	world_run(w);
	const struct link_counters *c = link_counters(n.link, 0);
	assert_int_equal(link_queue_packets(n.link, 0), 0);
	assert_int_equal(c->delivered, n.b.count);
	assert_true(c->dropped > 1000 && c->marked > 100 && c->duplicated > 100);
	assert_int_equal(c->sent + c->duplicated, c->delivered + c->lost + c->dropped);
	for (uint32_t i = 1; i < n.b.count; i++)
		assert_true(n.b.seen[i].at.ns >= n.b.seen[i - 1].at.ns);
	pair_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_wire),
		cmocka_unit_test(test_trace_waits),
		cmocka_unit_test(test_one_event),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_switch_kinds),
		cmocka_unit_test(test_change_from_input),
		cmocka_unit_test(test_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
