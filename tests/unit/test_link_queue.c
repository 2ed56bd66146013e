/* The drop-tail queue: limits in p, B and bdp; validation.md 12 and 13. */
#include "link_pair.h"

#include <math.h>

static void test_limit_packets(void **state)
{
	struct link_params p = link_params_default;
	struct pair n;
	struct notes notes;

	(void)state;
	p.rate = 1000000;
	p.limit = 5;
	struct world *w = pair_open(&n, &p);
	notes_start(&notes, w);
	for (int i = 0; i < 10; i++)
		iface_send(&n.a.iface, frame_new(w, 1000));
	/* One is on the wire and five wait. */
	assert_int_equal(link_queue_packets(n.link, 0), 5);
	assert_int_equal(link_queue_bytes(n.link, 0), 5000);
	assert_int_equal(link_counters(n.link, 0)->dropped, 4);
	assert_int_equal(site_drops(&n.a.site, DROP_QUEUE_FULL), 4);
	assert_string_equal(notes.last, "dropped at a: queue full (5 packets)");
	/* The second begins to leave, and one more may wait. */
	world_run_to(w, vtime_us(1024 * 8));
	assert_int_equal(link_queue_packets(n.link, 0), 4);
	iface_send(&n.a.iface, frame_new(w, 1000));
	iface_send(&n.a.iface, frame_new(w, 1000));
	assert_int_equal(link_counters(n.link, 0)->dropped, 5);
	world_run(w);
	assert_int_equal(n.b.count, 7);
	assert_int_equal(link_queue_packets(n.link, 0), 0);
	assert_int_equal(link_queue_bytes(n.link, 0), 0);
	assert_books(n.link, 0, 0);
	pair_close(&n);
}

/* Nobody waits for a free wire: a queue of size 0 takes the frame that need not wait. */
static void test_limit_zero(void **state)
{
	struct link_params p = link_params_default;
	struct pair n;

	(void)state;
	p.rate = 1000000;
	p.limit = 0;
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < 4; i++) {
		iface_send(&n.a.iface, frame_new(w, 101));
		iface_send(&n.a.iface, frame_new(w, 101));
		world_run_to(w, vtime_us(1000 * (i + 1))); /* exactly when the first has left */
	}
	world_run(w);
	assert_int_equal(n.b.count, 4);
	assert_int_equal(link_counters(n.link, 0)->dropped, 4);
	pair_close(&n);
}

static void test_limit_bytes(void **state)
{
	struct link_params p = link_params_default;
	struct pair n;
	struct notes notes;

	(void)state;
	p.rate = 1000000;
	p.limit = 3000;
	p.limit_unit = QUEUE_BYTES;
	struct world *w = pair_open(&n, &p);
	notes_start(&notes, w);
	for (int i = 0; i < 4; i++)
		iface_send(&n.a.iface, frame_new(w, 1000));
	assert_int_equal(link_queue_bytes(n.link, 0), 3000); /* exactly full is not too full */
	assert_int_equal(link_counters(n.link, 0)->dropped, 0);
	iface_send(&n.a.iface, frame_new(w, 14));
	assert_int_equal(link_counters(n.link, 0)->dropped, 1);
	assert_string_equal(notes.last, "dropped at a: queue full (3000 bytes)");
	assert_int_equal(site_drops(&n.a.site, DROP_QUEUE_FULL_BYTES), 1);
	world_run(w);
	assert_int_equal(n.b.count, 4);
	pair_close(&n);
}

/* How many frames of 1000 bytes fit, the one on the wire not counted. */
static uint32_t frames_that_fit(const struct link_params *p)
{
	struct pair n;

	struct world *w = pair_open(&n, p);
	for (int i = 0; i < 2000; i++)
		iface_send(&n.a.iface, frame_new(w, 1000));
	uint32_t fit = link_queue_packets(n.link, 0);
	pair_close(&n);
	return fit;
}

/* 80 Mbit/s and 2 * 50 ms are 1,000,000 bytes; half of it; and never less than 10 full frames. */
static void test_limit_bdp(void **state)
{
	struct link_params p = link_params_default;

	(void)state;
	p.rate = 80000000;
	p.delay = vtime_ms(50);
	p.limit_unit = QUEUE_BDP;
	p.limit = 1000;
	assert_int_equal(frames_that_fit(&p), 1000);
	p.limit = 500;
	assert_int_equal(frames_that_fit(&p), 500);
	p.limit = 1;
	assert_int_equal(frames_that_fit(&p), 15); /* 10 * 1514 bytes */
	p.rate = 0;
	assert_int_equal(frames_that_fit(&p), 0); /* no frame ever waits */
}

/* 256 KiB ahead of you at 1 Mbit/s is 2.10 s. */
static void test_bufferbloat(void **state)
{
	struct link_params p = link_params_default;
	struct pair n;

	(void)state;
	p.rate = 1000000;
	p.overhead = 0;
	p.limit = 256 * 1024;
	p.limit_unit = QUEUE_BYTES;
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < 300; i++)
		iface_send(&n.a.iface, frame_new(w, 1024));
	assert_int_equal(link_queue_bytes(n.link, 0), 256 * 1024);
	world_run(w);
	/* One on the wire and 256 behind it; the last one's own 8 ms are not waiting. */
	assert_int_equal(n.b.count, 257);
	double wait = vtime_seconds(n.b.seen[256].at) - 1024 * 8 / 1e6;
	assert_true(fabs(wait - 2.10) < 0.005);
	pair_close(&n);
}

/* A source of frames of one size with exponential gaps. */
struct poisson {
	struct event event; /* first */
	struct pair *pair;
	struct rng rng;
	double gap_ns;
	uint32_t left;
	int64_t *sent;
	uint32_t count;
};

static void poisson_fire(struct event *e)
{
	struct poisson *s = (struct poisson *)e;
	struct world *w = s->pair->w;
	int64_t gap = (int64_t)rng_exp(&s->rng, s->gap_ns);

	s->sent[s->count++] = world_now(w).ns;
	iface_send(&s->pair->a.iface, frame_new(w, 1514));
	if (--s->left)
		event_arm(&w->sched, e, vtime_add(world_now(w), vtime_ns(gap)));
}

/*
 * Mean wait in service times is load / (2 (1 - load)): 0.5, 2, 4.5. Successive waits are correlated
 * over about 2 / (1 - load)^2 frames, so the standard error of the mean over N frames is about
 * wait * sqrt(2 / N) / (1 - load): 0.3 %, 0.7 %, 1.4 % for a million. The tolerance is 4 %.
 */
static void test_md1(void **state)
{
	enum { FRAMES = 1000000 };
	static const struct {
		double load, wait;
	} cases[] = {{0.5, 0.5}, {0.8, 2}, {0.9, 4.5}};
	struct link_params p = link_params_default;

	(void)state;
	p.rate = 12304000; /* 1 ms a frame */
	p.delay = vtime_ms(10);
	p.limit = 1 << 20;
	for (size_t c = 0; c < 3; c++) {
		struct world *w = world_new(1);
		struct pair n;
		struct poisson s = {.pair = &n, .gap_ns = 1e6 / cases[c].load, .left = FRAMES};
		double sum = 0;

		pair_init(&n, w, "wan", &p);
		rng_init(&s.rng, 1, "poisson");
		s.sent = nt_malloc(FRAMES * sizeof(*s.sent));
		event_init(&s.event, poisson_fire);
		event_arm(&w->sched, &s.event, VTIME_ZERO);
		world_run(w);
		assert_int_equal(n.b.count, FRAMES);
		for (uint32_t i = 0; i < FRAMES; i++)
			sum += (double)(n.b.seen[i].at.ns - s.sent[i] - 11 * NS_PER_MS) / 1e6;
		print_message("load %.1f: waits %.3f service times, M/D/1 says %.1f\n",
			      cases[c].load, sum / FRAMES, cases[c].wait);
		assert_true(fabs(sum / FRAMES / cases[c].wait - 1) < 0.04);
		free(s.sent);
		pair_fini(&n);
		world_close(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit_packets), cmocka_unit_test(test_limit_zero),
		cmocka_unit_test(test_limit_bytes),   cmocka_unit_test(test_limit_bdp),
		cmocka_unit_test(test_bufferbloat),   cmocka_unit_test(test_md1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
