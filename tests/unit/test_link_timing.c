/* When frames arrive: validation.md 1, to the nanosecond. */
#include "link_pair.h"

#define HOPS 7

static struct link_params params_of(uint64_t rate, vtime delay)
{
	struct link_params p = link_params_default;

	p.rate = rate;
	p.delay = delay;
	p.limit = 1 << 20;
	return p;
}

/* (max(frame, 60 B) + overhead) * 8 / rate + delay. */
static void test_one_frame(void **state)
{
	static const struct {
		uint64_t rate;
		uint32_t len, overhead;
		int64_t ns;
	} cases[] = {
		{1000000000, 1514, 24, 12304}, {1000000000, 1514, 0, 12112},
		{100000000, 1514, 24, 123040}, {1000000000, 60, 24, 672},
		{1000000000, 42, 24, 672},     {1000000000, 42, 0, 480},
		{1000000000, 61, 24, 680},     {0, 1514, 24, 0},
		{3000000000, 1514, 24, 4101},  {1000, 60, 24, 672000000},
		{7, 1514, 24, 1757714285714},  {400000000000, 60, 24, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct link_params p = params_of(cases[i].rate, vtime_us(123));
		struct world *w = world_new(1);
		struct pair n;

		p.overhead = cases[i].overhead;
		pair_init(&n, w, "wan", &p);
		iface_send(&n.a.iface, frame_new(w, cases[i].len));
		assert_int_equal(w->on_wires, 1);
		world_run(w);
		assert_int_equal(n.b.count, 1);
		assert_int_equal(n.b.seen[0].at.ns, cases[i].ns + 123000);
		assert_int_equal(n.b.seen[0].len, cases[i].len);
		assert_books(n.link, 0, 0);
		assert_int_equal(link_counters(n.link, 0)->bytes, cases[i].len);
		pair_fini(&n);
		world_close(w);
	}
}

/* n hops store and forward add up exactly; later frames follow at the slowest hop's pace. */
static void test_hops(void **state)
{
	static const uint64_t rates[HOPS] = {1000000000, 100000000, 10000000, 100000000,
					     1000000000, 25000000, 0};
	struct link_params p[HOPS];
	struct pair hops[HOPS];
	struct world *w = world_new(1);
	int64_t one = 0, slowest = 0;

	(void)state;
	for (int i = 0; i < HOPS; i++) {
		p[i] = params_of(rates[i], vtime_us(100 * (i + 1)));
		pair_init(&hops[i], w, "hop", &p[i]);
		if (i)
			hops[i - 1].b.forward = &hops[i].a.iface;
		int64_t takes = rates[i] ? 1538 * 8 * NS_PER_S / (int64_t)rates[i] : 0;
		one += takes + p[i].delay.ns;
		slowest = takes > slowest ? takes : slowest;
	}
	for (int i = 0; i < 50; i++)
		iface_send(&hops[0].a.iface, frame_new(w, 1514));
	world_run(w);
	struct end *last = &hops[HOPS - 1].b;
	assert_int_equal(last->count, 50);
	for (int i = 0; i < 50; i++)
		assert_int_equal(last->seen[i].at.ns, one + i * slowest);
	for (int i = 0; i < HOPS; i++)
		pair_fini(&hops[i]);
	world_close(w);
}

/* A train at a rate that does not divide: the k-th arrives after exactly k times its bits. */
static void test_train(void **state)
{
	const uint64_t rate = 7777777;
	struct link_params p = params_of(rate, vtime_ms(3));
	struct pair n;

	(void)state;
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < 5000; i++)
		iface_send(&n.a.iface, frame_new(w, 100));
	world_run(w);
	assert_int_equal(n.b.count, 5000);
	for (uint64_t k = 1; k <= 5000; k++)
		assert_int_equal(n.b.seen[k - 1].at.ns, 3000000 + k * 124 * 8 * NS_PER_S / rate);
	pair_close(&n);
}

/*
 * A naive twin for the wire and its queue: exact rational time, every frame kept, the queue counted
 * anew for each. Sizes and gaps at random, at about the rate of the link.
 */
__extension__ typedef __int128 wide;

static void test_twin(void **state)
{
	enum { FRAMES = 3000, LIMIT = 12 };
	const uint64_t rate = 9999991; /* a prime */
	struct link_params p = params_of(rate, vtime_us(777));
	struct pair n;
	struct rng r;
	vtime start[FRAMES], arrives[FRAMES];
	uint32_t accepted = 0, dropped = 0;
	wide free_at = 0; /* in units of 1 ns / rate */

	(void)state;
	p.limit = LIMIT;
	struct world *w = pair_open(&n, &p);
	rng_init(&r, 1, "twin");
	for (int i = 0; i < FRAMES; i++) {
		uint32_t len = 14 + rng_below(&r, 1501), waiting = 0;

		if (rng_below(&r, 3) == 0)
			world_run_to(w, vtime_add(world_now(w),
						  vtime_ns(rng_below(&r, 3600000))));
		vtime now = world_now(w);
		for (uint32_t k = 0; k < accepted; k++)
			waiting += start[k].ns > now.ns;
		assert_int_equal(link_queue_packets(n.link, 0), waiting);
		iface_send(&n.a.iface, frame_new(w, len));
		if (free_at / (wide)rate > now.ns && waiting >= LIMIT) {
			dropped++;
			continue;
		}
		if (free_at < (wide)now.ns * (wide)rate)
			free_at = (wide)now.ns * (wide)rate;
		start[accepted] = vtime_ns((int64_t)(free_at / (wide)rate));
		free_at += (wide)((len < 60 ? 60 : len) + 24) * 8 * NS_PER_S;
		arrives[accepted++] = vtime_ns((int64_t)(free_at / (wide)rate) + p.delay.ns);
	}
	world_run(w);
	assert_true(dropped > 100 && accepted > 1000);
	assert_int_equal(link_counters(n.link, 0)->dropped, dropped);
	assert_int_equal(n.b.count, accepted);
	for (uint32_t i = 0; i < accepted; i++)
		assert_int_equal(n.b.seen[i].at.ns, arrives[i].ns);
	assert_books(n.link, 0, 0);
	pair_close(&n);
}

/* Frames of one instant arrive in the order of sending, over all links. */
static void test_ties(void **state)
{
	struct link_params p = params_of(0, vtime_ms(1));
	struct pair n;

	(void)state;
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < 20; i++) {
		iface_send(&n.a.iface, frame_new(w, 60));
		iface_send(&n.b.iface, frame_new(w, 60));
	}
	world_run(w);
	assert_int_equal(n.a.count, 20);
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(n.b.seen[i].id, 2 * i + 1);
		assert_int_equal(n.a.seen[i].id, 2 * i + 2);
	}
	pair_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_frame),
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_train),
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_ties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
