/* Loss models: their shares, their bursts (validation.md 11), and their streams. */
#include "link_pair.h"

#include <math.h>

/* Sends frames one by one; lost[i] says what became of the i-th. */
static void send_many(const struct link_params *p, const char *name, uint64_t seed, bool *lost,
		      uint32_t frames, const char *other_link)
{
	struct world *w = world_new(seed);
	struct pair n, other;

	if (other_link)
		pair_init(&other, w, other_link, p);
	pair_init(&n, w, name, p);
	for (uint32_t i = 0; i < frames; i++) {
		uint32_t before = n.b.count;

		if (other_link)
			iface_send(&other.a.iface, frame_new(w, 60));
		iface_send(&n.a.iface, frame_new(w, 60));
		world_run(w);
		lost[i] = n.b.count == before;
	}
	assert_int_equal(link_counters(n.link, 0)->lost, frames - n.b.count);
	assert_int_equal(link_counters(n.link, 0)->sent, frames);
	assert_books(n.link, 0, 0);
	pair_fini(&n);
	if (other_link)
		pair_fini(&other);
	world_close(w);
}

struct runs {
	uint32_t lost, bursts;
};

static struct runs count_runs(const bool *lost, uint32_t frames)
{
	struct runs r = {0};

	for (uint32_t i = 0; i < frames; i++) {
		r.lost += lost[i];
		r.bursts += lost[i] && (i == 0 || !lost[i - 1]);
	}
	return r;
}

#define MANY 1000000
static bool lost[MANY], again[MANY];

/* 1 %: 10,000 of a million, standard deviation 99; mean run 1/(1 - p) = 1.01. */
static void test_random(void **state)
{
	struct link_params p = link_params_default;

	(void)state;
	p.loss = (struct loss_params){.kind = LOSS_RANDOM, .p = 0.01};
	send_many(&p, "wan", 1, lost, MANY, NULL);
	struct runs r = count_runs(lost, MANY);
	assert_in_range(r.lost, 10000 - 400, 10000 + 400);
	assert_true(fabs((double)r.lost / r.bursts - 1 / 0.99) < 0.01);
}

/*
 * Bursts of mean length 4, 1 % of all: r = 0.25, p = 0.002525. A million frames hold about 2,500
 * bursts of geometric length (standard deviation sqrt(12)): the share's standard error is about
 * sqrt(2500 * (12 + 16)) / 1e6 = 0.026 %, the mean length's sqrt(12 / 2500) = 0.07. Three of each.
 */
static void test_gilbert_elliott(void **state)
{
	struct link_params p = link_params_default;

	(void)state;
	p.loss = (struct loss_params){
		.kind = LOSS_GILBERT_ELLIOTT, .p = 0.002525, .r = 0.25, .h = 0, .k = 1};
	send_many(&p, "wan", 1, lost, MANY, NULL);
	struct runs r = count_runs(lost, MANY);
	print_message("lost %.3f %%, mean burst %.2f\n", r.lost * 100.0 / MANY,
		      (double)r.lost / r.bursts);
	assert_true(fabs((double)r.lost / MANY - 0.01) < 0.0008);
	assert_true(fabs((double)r.lost / r.bursts - 4) < 0.21);
}

/* loss = (1-k) r/(p+r) + (1-h) p/(p+r), here 0.02 * 0.8 + 0.7 * 0.2 = 0.156. */
static void test_gilbert_elliott_general(void **state)
{
	struct link_params p = link_params_default;
	struct pair n;

	(void)state;
	p.loss = (struct loss_params){
		.kind = LOSS_GILBERT_ELLIOTT, .p = 0.05, .r = 0.2, .h = 0.3, .k = 0.98};
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < MANY; i++) {
		iface_send(&n.a.iface, frame_new(w, 60));
		world_run(w);
	}
	double single = (double)site_drops(link_site(n.link), DROP_LINK_LOSS) / MANY;
	double burst = (double)site_drops(link_site(n.link), DROP_LINK_BURST_LOSS) / MANY;
	assert_true(fabs(single - 0.016) < 0.001);
	assert_true(fabs(burst - 0.14) < 0.004);
	pair_close(&n);
}

static void test_periodic(void **state)
{
	struct link_params p = link_params_default;

	(void)state;
	p.loss = (struct loss_params){.kind = LOSS_PERIODIC, .every = 100};
	send_many(&p, "wan", 1, lost, 1000, NULL);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(lost[i], (i + 1) % 100 == 0);
}

static void test_listed(void **state)
{
	static const uint64_t list[] = {1, 3, 7, 8, 500};
	struct link_params p = link_params_default;

	(void)state;
	p.loss = (struct loss_params){.kind = LOSS_LISTED, .listed = list, .listed_count = 5};
	send_many(&p, "wan", 1, lost, 1000, NULL);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(lost[i], i == 0 || i == 2 || i == 6 || i == 7 || i == 499);
}

/* A lost frame occupies the wire, and its end is told when it would have arrived. */
static void test_told_at_arrival(void **state)
{
	static const uint64_t list[] = {1};
	struct link_params p = link_params_default;
	struct pair n;
	struct notes notes;

	(void)state;
	p.rate = 1000000;
	p.delay = vtime_ms(5);
	p.loss = (struct loss_params){.kind = LOSS_LISTED, .listed = list, .listed_count = 1};
	struct world *w = pair_open(&n, &p);
	notes_start(&notes, w);
	iface_send(&n.a.iface, frame_new(w, 101));
	iface_send(&n.a.iface, frame_new(w, 101));
	assert_int_equal(notes.count, 0);
	assert_int_equal(link_counters(n.link, 0)->lost, 0);
	world_run(w);
	assert_int_equal(notes.count, 1);
	assert_string_equal(notes.last, "lost on wan: frame 1 is listed as lost");
	assert_int_equal(notes.last_at.ns, 6 * NS_PER_MS);
	assert_int_equal(n.b.count, 1);
	assert_int_equal(n.b.seen[0].at.ns, 7 * NS_PER_MS);
	assert_int_equal(site_drops(link_site(n.link), DROP_LINK_LISTED_LOSS), 1);
	pair_close(&n);
}

/* The same seed and name draw the same losses, whatever other links there are; others do not. */
static void test_streams(void **state)
{
	enum { FRAMES = 20000 };
	struct link_params p = link_params_default;

	(void)state;
	p.loss = (struct loss_params){.kind = LOSS_RANDOM, .p = 0.1};
	send_many(&p, "wan", 1, lost, FRAMES, NULL);
	send_many(&p, "wan", 1, again, FRAMES, NULL);
	assert_memory_equal(lost, again, FRAMES);
	send_many(&p, "wan", 1, again, FRAMES, "lan");
	assert_memory_equal(lost, again, FRAMES);
	send_many(&p, "wan", 2, again, FRAMES, NULL);
	assert_memory_not_equal(lost, again, FRAMES);
	send_many(&p, "lan", 1, again, FRAMES, NULL);
	assert_memory_not_equal(lost, again, FRAMES);
}

/* Changing something else leaves the model where it was; another model begins anew. */
static void test_change(void **state)
{
	struct link_params p = link_params_default, faster, other;
	struct pair n;

	(void)state;
	p.loss = (struct loss_params){.kind = LOSS_PERIODIC, .every = 10};
	faster = p;
	faster.delay = vtime_us(1);
	other = p;
	other.loss.every = 4;
	struct world *w = pair_open(&n, &p);
	for (int i = 1; i <= 34; i++) {
		uint64_t before = link_counters(n.link, 0)->lost;

		if (i == 5)
			link_set_params(n.link, 0, &faster);
		if (i == 16)
			link_set_params(n.link, 0, &other);
		if (i == 26)
			link_set_params(n.link, 0, &link_params_default);
		iface_send(&n.a.iface, frame_new(w, 60));
		world_run(w);
		assert_int_equal(link_counters(n.link, 0)->lost - before,
				 i == 10 || i == 19 || i == 23);
	}
	pair_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_gilbert_elliott),
		cmocka_unit_test(test_gilbert_elliott_general),
		cmocka_unit_test(test_periodic),
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_told_at_arrival),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
