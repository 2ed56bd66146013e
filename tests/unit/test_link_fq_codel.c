/* fq_codel (RFC 8290): against a naive twin, isolation of flows, fairness, limits. */
#include "qdisc_lab.h"

/*
 * RFC 8290 4.1 and 4.2 over arrays: lists of flow numbers, shifted when one leaves; each flow with
 * RFC 8289's pseudo code. Flows do not share queues here: the test chooses ports that do not collide.
 */
#define TWIN_FLOWS 12

struct twin_list {
	int flow[2 * TWIN_FLOWS], n;
};

static struct twin_codel twins[TWIN_FLOWS];
static int64_t deficits[TWIN_FLOWS];
static struct twin_list new_flows, old_flows;

static void list_add(struct twin_list *l, int flow)
{
	l->flow[l->n++] = flow;
}

static void list_shift(struct twin_list *l)
{
	l->n--;
	memmove(l->flow, l->flow + 1, (size_t)l->n * sizeof(l->flow[0]));
}

static bool list_has(const struct twin_list *l, int flow)
{
	for (int i = 0; i < l->n; i++)
		if (l->flow[i] == flow)
			return true;
	return false;
}

static void fq_twin_enqueue(int flow, uint64_t id, uint32_t len, int64_t now, uint32_t quantum)
{
	twin_enqueue(&twins[flow], id, len, now);
	if (list_has(&new_flows, flow) || list_has(&old_flows, flow))
		return;
	deficits[flow] = quantum;
	list_add(&new_flows, flow);
}

static uint64_t fq_twin_dequeue(int64_t now, uint32_t quantum)
{
	while (new_flows.n || old_flows.n) {
		struct twin_list *l = new_flows.n ? &new_flows : &old_flows;
		int flow = l->flow[0];

		if (deficits[flow] <= 0) {
			deficits[flow] += quantum;
			list_shift(l);
			list_add(&old_flows, flow);
			continue;
		}
		uint64_t id = twin_dequeue(&twins[flow], now);
		if (id) {
			/* The frame that left is the one before first. */
			deficits[flow] -= twins[flow].frames[(twins[flow].first - 1) % 20000].len;
			return id;
		}
		list_shift(l);
		if (l == &new_flows && old_flows.n)
			list_add(&old_flows, flow);
	}
	return 0;
}

static void test_twin(void **state)
{
	struct lab l;
	struct rng r;
	uint64_t id = 0, left = 0, drops = 0;

	(void)state;
	lab_init(&l, QDISC_FQ_CODEL);
	l.params.flows = 65536;
	l.params.quantum = 600;
	l.params.ecn = false;
	l.place.limit = 100000;
	lab_start(&l);
	for (int i = 0; i < TWIN_FLOWS; i++)
		twins[i] = (struct twin_codel){.target = 5 * NS_PER_MS,
					       .interval = 100 * NS_PER_MS,
					       .maxpacket_ = 1514};
	rng_init(&r, 1, "flows");
	for (int tick = 0; tick < 60000; tick++) {
		int64_t now = 200 * NS_PER_US * tick;
		uint32_t load = tick / 6000 % 3; /* rising, overload, falling */

		world_run_to(l.w, vtime_ns(now));
		for (uint32_t n = rng_below(&r, load == 2 ? 2 : load == 1 ? 5 : 3); n; n--) {
			int flow = (int)(rng_below(&r, TWIN_FLOWS) * rng_unit(&r));
			uint32_t len = flow < 2 ? 1514 : 60 + rng_below(&r, 600);

			lab_send(&l, len, (uint16_t)(5000 + flow), ECN_CODE_NOT_ECT);
			fq_twin_enqueue(flow, ++id, len, now, 600);
		}
		uint64_t want = fq_twin_dequeue(now, 600);
		assert_int_equal(lab_next(&l), want);
		left += want != 0;
	}
	for (int i = 0; i < TWIN_FLOWS; i++)
		drops += twins[i].drops;
	assert_true(drops > 300 && left > 40000);
	assert_int_equal(l.q->drops[DROP_FQ_CODEL], drops);
	lab_fini(&l);
}

/* Three floods of large, middle and small frames get the same bytes, whatever the quantum. */
static void test_fairness(void **state)
{
	static const uint32_t lens[3] = {1514, 600, 100}, quanta[3] = {300, 1514, 6000};

	(void)state;
	for (int k = 0; k < 3; k++) {
		struct lab l;
		uint64_t bytes[3] = {0};

		lab_init(&l, QDISC_FQ_CODEL);
		l.params.quantum = quanta[k];
		l.params.target = vtime_ms(1000000);
		l.place.limit = 100000;
		lab_start(&l);
		for (int i = 0; i < 30000; i++)
			for (int flow = 0; flow < 3; flow++)
				if (i % (int)(lens[flow] / 100) == 0)
					lab_send(&l, lens[flow], (uint16_t)(100 + flow),
						 ECN_CODE_NOT_ECT);
		for (int i = 0; i < 15000; i++) {
			struct packet *p = qdisc_dequeue(l.q, world_now(l.w));

			bytes[be16_load(p->hdr + p->l4) - 100] += packet_len(p);
			packet_free(p);
		}
		for (int flow = 1; flow < 3; flow++)
			assert_true(fabs((double)bytes[flow] - (double)bytes[0]) <=
				    1514 + quanta[k]);
		assert_true(bytes[0] > 1000000);
		lab_fini(&l);
	}
}

/* A sparse flow is served before the standing ones, but only once until it has been an old one. */
static void test_new_flows_first(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, QDISC_FQ_CODEL);
	lab_start(&l);
	for (int i = 0; i < 10; i++)
		lab_send(&l, 1000, 1, ECN_CODE_NOT_ECT);       /* 1 to 10 */
	assert_int_equal(lab_next(&l), 1);
	assert_int_equal(lab_next(&l), 2);                    /* its quantum is used up */
	lab_send(&l, 100, 2, ECN_CODE_NOT_ECT);                /* 11 */
	assert_true(lab_figure(&l, "new_flows_len") == 2);
	assert_int_equal(lab_next(&l), 11);
	lab_send(&l, 100, 2, ECN_CODE_NOT_ECT);                /* 12: still new, has deficit left */
	assert_int_equal(lab_next(&l), 12);
	assert_int_equal(lab_next(&l), 3);                    /* now it stands empty behind 1 */
	lab_send(&l, 100, 2, ECN_CODE_NOT_ECT);                /* 13: one of the old ones */
	assert_int_equal(lab_next(&l), 4);
	assert_int_equal(lab_next(&l), 13);
	assert_true(lab_figure(&l, "new_flow_count") == 2);
	lab_fini(&l);
}

/* Over a limit it is the longest flow that loses, from its head, up to half or a batch. */
static void test_limits(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, QDISC_FQ_CODEL);
	l.place.limit = 100;
	l.params.drop_batch = 10;
	lab_start(&l);
	for (int i = 0; i < 10; i++)
		lab_send(&l, 1000, 1, ECN_CODE_ECT0);
	for (int i = 0; i < 91; i++)
		lab_send(&l, 500, 2, ECN_CODE_ECT0);
	assert_int_equal(l.q->drops[DROP_FQ_CODEL_LIMIT], 10);
	assert_int_equal(l.q->packets, 91);
	assert_int_equal(l.notes.last_id, 20); /* 11 to 20 */
	assert_string_equal(l.notes.last,
			    "dropped at isp: FQ-CoDel: longest flow, queue over 100 packets");
	lab_fini(&l);

	lab_init(&l, QDISC_FQ_CODEL);
	l.place.limit = 20000;
	l.place.limit_bytes = true;
	lab_start(&l);
	for (int i = 0; i < 21; i++)
		lab_send(&l, 1000, 1, ECN_CODE_ECT0);
	assert_int_equal(l.q->drops[DROP_FQ_CODEL_LIMIT_BYTES], 11); /* 10,500 or more of 21,000 */
	lab_fini(&l);

	lab_init(&l, QDISC_FQ_CODEL);
	l.params.memory_limit = 10 * (1000 + 576);
	lab_start(&l);
	for (int i = 0; i < 11; i++)
		lab_send(&l, 1000, 1, ECN_CODE_ECT0);
	assert_int_equal(l.q->drops[DROP_FQ_CODEL_MEMORY], 6);
	assert_true(lab_figure(&l, "memory_used") == 5 * (1000 + 576));
	lab_fini(&l);
}

/* Marks are on unless told otherwise. */
static void test_marks(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, QDISC_FQ_CODEL);
	l.place.limit = 100000;
	lab_start(&l);
	for (int tick = 0; tick < 5000; tick++) {
		world_run_to(l.w, vtime_us(100 * (int64_t)tick));
		lab_send(&l, 1000, 1, ECN_CODE_ECT0);
		lab_send(&l, 1000, 2, ECN_CODE_NOT_ECT);
		assert_true(lab_next(&l) != 0);
	}
	assert_int_equal(l.counters.marked, 7); /* as in test_link_codel.c, each flow by itself */
	assert_int_equal(l.counters.dropped, 7);
	assert_int_equal(l.q->drops[DROP_FQ_CODEL], 7);
	lab_fini(&l);
}

/*
 * A ping of 10 frames a second beside a flood of twice the rate. Behind drop-tail it waits for the
 * whole queue, behind fq_codel for the frame on the wire and for one more.
 */
static int64_t longest_ping(enum qdisc_kind kind)
{
	struct link_params p = link_params_default;
	struct pair n;
	int64_t worst = 0, sent[100];
	uint64_t ids[100];
	uint32_t seen = 0;

	p.rate = 12304000; /* 1 ms a full frame */
	p.delay = vtime_ms(5);
	p.queue = qdisc_defaults(kind);
	struct world *w = pair_open(&n, &p);
	for (int ms = 0, ping = 0; ms < 10000; ms++) {
		world_run_to(w, vtime_ms(ms));
		iface_send(&n.a.iface, udp_frame(w, 1514, 1, ECN_CODE_NOT_ECT));
		iface_send(&n.a.iface, udp_frame(w, 1514, 1, ECN_CODE_NOT_ECT));
		if (ms % 100 != 50)
			continue;
		struct packet *q = udp_frame(w, 98, 2, ECN_CODE_NOT_ECT);
		ids[ping] = q->id;
		sent[ping++] = world_now(w).ns;
		iface_send(&n.a.iface, q);
	}
	world_run(w);
	for (uint32_t i = 0; i < n.b.count; i++)
		for (int k = 0; k < 100; k++)
			if (n.b.seen[i].id == ids[k]) {
				int64_t took = n.b.seen[i].at.ns - sent[k];

				worst = took > worst ? took : worst;
				seen++;
			}
	if (kind == QDISC_FQ_CODEL)
		assert_int_equal(seen, 100);
	assert_books(n.link, 0, 0);
	pair_close(&n);
	return worst;
}

static void test_isolation(void **state)
{
	(void)state;
	assert_true(longest_ping(QDISC_DROPTAIL) > 900 * NS_PER_MS);
	assert_in_range(longest_ping(QDISC_FQ_CODEL), 5 * NS_PER_MS, 7200 * NS_PER_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_fairness),
		cmocka_unit_test(test_new_flows_first),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_isolation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
