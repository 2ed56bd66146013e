/* Rates from a Mahimahi trace. A frame of len bytes counts as its IP length plus 4. */
#include "link_pair.h"

static struct link_params trace_params(const struct rate_trace *t)
{
	struct link_params p = link_params_default;

	p.trace = t;
	p.delay = vtime_ms(100);
	p.limit = 100000;
	return p;
}

struct sent {
	int64_t us;
	uint32_t ip_len;
	int64_t arrives_ms; /* without the delay */
};

static void check(const struct rate_trace *t, const struct sent *sent, uint32_t count)
{
	struct link_params p = trace_params(t);
	struct world *w = world_new(1);
	struct pair n;

	pair_init(&n, w, "lte", &p);
	for (uint32_t i = 0; i < count; i++) {
		world_run_to(w, vtime_us(sent[i].us));
		iface_send(&n.a.iface, frame_new(w, 14 + sent[i].ip_len));
	}
	world_run(w);
	assert_int_equal(n.b.count, count);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(n.b.seen[i].id, i + 1);
		assert_int_equal(n.b.seen[i].at.ns, (sent[i].arrives_ms + 100) * NS_PER_MS);
	}
	pair_fini(&n);
	world_close(w);
}

/* Opportunities at 3, 3, 7, 10, then 13, 13, 17, 20, 23 ... */
static const uint32_t ms[] = {3, 3, 7, 10};
static const struct rate_trace trace = {ms, 4};

static void test_full_packets(void **state)
{
	static const struct sent sent[] = {
		{0, 1500, 3}, {0, 1500, 3}, {0, 1500, 7}, {0, 1500, 10}, {0, 1500, 13},
		{0, 1500, 13}, {0, 1500, 17},
	};

	(void)state;
	check(&trace, sent, 7);
}

/* Small ones share an opportunity as long as they wait together; large ones span several. */
static void test_sharing_and_spanning(void **state)
{
	static const struct sent sharing[] = {
		{0, 748, 3}, {0, 748, 3}, {0, 748, 3}, {0, 748, 3}, {0, 748, 7},
		{3500, 748, 7}, {3500, 748, 10},
	};
	static const uint32_t one[] = {1};
	static const struct rate_trace every_ms = {one, 1};
	static const struct sent spanning[] = {
		{0, 996, 1},  /* 1000 of the first, 504 left */
		{0, 1500, 2}, /* 504 and 1000 of the second */
		{0, 500, 2},  /* the rest of it */
		{0, 1500, 3},
	};

	(void)state;
	check(&trace, sharing, 7);
	check(&every_ms, spanning, 4);
}

/* Room that nobody waited for is lost; an opportunity of this very instant is not. */
static void test_unused_room(void **state)
{
	static const struct sent sent[] = {
		{2000, 100, 3},       {3000, 100, 3},     {3001, 100, 7},     {9999, 100, 10},
		{10001, 1500, 13},    {25000, 1500, 27},  {40000, 1500, 40},  {1000001, 1500, 1003},
		{1000001, 1500, 1003}, {1003000, 1500, 1007}, {1010000, 1500, 1010},
		{1010000, 1500, 1013},
	};

	(void)state;
	check(&trace, sent, 12);
}

static void test_rate(void **state)
{
	struct link_params p = trace_params(&trace);
	struct world *w = world_new(1);
	struct pair n;

	(void)state;
	pair_init(&n, w, "lte", &p);
	assert_int_equal(iface_rate(&n.a.iface), 4 * 1504 * 8 * 100);
	/* Frames wait for their opportunity, and count as waiting. */
	for (int i = 0; i < 10; i++)
		iface_send(&n.a.iface, frame_new(w, 1514));
	assert_int_equal(link_queue_packets(n.link, 0), 10);
	world_run_to(w, vtime_ms(3));
	assert_int_equal(link_queue_packets(n.link, 0), 8);
	world_run_to(w, vtime_ms(12));
	assert_int_equal(link_queue_packets(n.link, 0), 6);
	world_run(w);
	/* A trace of a thousand laps keeps its average. */
	int64_t start = world_now(w).ns;
	for (int i = 0; i < 4000; i++)
		iface_send(&n.a.iface, frame_new(w, 1514));
	world_run(w);
	assert_in_range(n.b.seen[n.b.count - 1].at.ns - start - 100 * NS_PER_MS,
			9990 * NS_PER_MS, 10000 * NS_PER_MS);
	pair_fini(&n);
	world_close(w);
}

/* A queue limit holds for a trace too. */
static void test_limit(void **state)
{
	struct link_params p = trace_params(&trace);
	struct world *w = world_new(1);
	struct pair n;

	(void)state;
	p.limit = 3;
	pair_init(&n, w, "lte", &p);
	for (int i = 0; i < 10; i++)
		iface_send(&n.a.iface, frame_new(w, 1514));
	assert_int_equal(link_counters(n.link, 0)->dropped, 7);
	world_run(w);
	assert_int_equal(n.b.count, 3);
	pair_fini(&n);
	world_close(w);
}

/* From a trace to a rate: nothing is on the wire between opportunities. And back: from then on. */
static void test_change(void **state)
{
	static const uint32_t gap[] = {1, 5000};
	static const struct rate_trace outage = {gap, 2};
	struct link_params p = trace_params(&outage), rate = p;
	struct world *w = world_new(1);
	struct pair n;

	(void)state;
	rate.trace = NULL;
	rate.rate = 12304000; /* 1 ms a frame */
	pair_init(&n, w, "lte", &p);
	for (int i = 0; i < 4; i++)
		iface_send(&n.a.iface, frame_new(w, 1514));
	world_run_to(w, vtime_ms(10));
	link_set_params(n.link, 0, &rate);
	world_run_to(w, vtime_us(10500));
	link_set_params(n.link, 0, &p); /* the second frame is on the wire until 11 */
	world_run(w);
	assert_int_equal(n.b.count, 4);
	assert_int_equal(n.b.seen[0].at.ns, 101 * NS_PER_MS);
	assert_int_equal(n.b.seen[1].at.ns, 111 * NS_PER_MS);
	assert_int_equal(n.b.seen[2].at.ns, (100 + 11) * NS_PER_MS + 500 * NS_PER_US);
	assert_int_equal(n.b.seen[3].at.ns, (5000 + 110) * NS_PER_MS + 500 * NS_PER_US);
	pair_fini(&n);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_packets), cmocka_unit_test(test_sharing_and_spanning),
		cmocka_unit_test(test_unused_room),  cmocka_unit_test(test_rate),
		cmocka_unit_test(test_limit),        cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
