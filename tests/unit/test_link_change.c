/* Links that change or go down while frames are under way. */
#include "link_pair.h"

/* 1 ms for a frame of 101 bytes. */
static struct link_params slow_params(void)
{
	struct link_params p = link_params_default;

	p.rate = 1000000;
	p.delay = vtime_ms(5);
	return p;
}

static void send_at(struct pair *n, int64_t us)
{
	world_run_to(n->w, vtime_us(us));
	iface_send(&n->a.iface, frame_new(n->w, 101));
}

static void assert_arrivals(const struct pair *n, const int64_t *us, uint32_t count)
{
	assert_int_equal(n->b.count, count);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(n->b.seen[i].id, i + 1);
		assert_int_equal(n->b.seen[i].at.ns, us[i] * NS_PER_US);
	}
}

/* The frame on the wire ends as it began; those that wait follow the new rate. */
static void test_faster(void **state)
{
	struct link_params p = slow_params(), fast = p;
	struct pair n;

	(void)state;
	fast.rate = 10000000;
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < 5; i++)
		send_at(&n, 0);
	world_run_to(w, vtime_us(1500));
	assert_int_equal(link_queue_packets(n.link, 0), 3);
	link_set_params(n.link, 0, &fast);
	assert_int_equal(link_queue_packets(n.link, 0), 3);
	send_at(&n, 1500);
	send_at(&n, 9000);
	world_run(w);
	assert_arrivals(&n, (const int64_t[]){6000, 7000, 7100, 7200, 7300, 7400, 14100}, 7);
	pair_close(&n);
}

static void test_slower(void **state)
{
	struct link_params p = slow_params(), slower = p;
	struct pair n;

	(void)state;
	slower.rate = 100000;
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < 4; i++)
		send_at(&n, 0);
	world_run_to(w, vtime_us(2000)); /* the third has just begun */
	link_set_params(n.link, 0, &slower);
	assert_int_equal(link_queue_packets(n.link, 0), 1);
	world_run(w);
	assert_arrivals(&n, (const int64_t[]){6000, 7000, 8000, 18000}, 4);
	pair_close(&n);
}

/* No rate any more: who waits leaves as soon as the frame on the wire has; and back again. */
static void test_rate_off_and_on(void **state)
{
	struct link_params p = slow_params(), off = p;
	struct pair n;

	(void)state;
	off.rate = 0;
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < 3; i++)
		send_at(&n, 0);
	world_run_to(w, vtime_us(500));
	link_set_params(n.link, 0, &off);
	send_at(&n, 600);  /* behind those that wait for 1000 */
	send_at(&n, 2000); /* and at once */
	world_run_to(w, vtime_us(3000));
	link_set_params(n.link, 0, &p);
	send_at(&n, 3000);
	world_run(w);
	assert_arrivals(&n, (const int64_t[]){6000, 6000, 6000, 6000, 7000, 9000}, 6);
	pair_close(&n);
}

/* A shorter delay lets no frame overtake those before it; a longer one counts for who waits. */
static void test_delay(void **state)
{
	struct link_params p = slow_params(), shorter = p, longer = p;
	struct pair n;

	(void)state;
	shorter.delay = vtime_us(3500);
	longer.delay = vtime_ms(20);
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < 5; i++)
		send_at(&n, 0);
	world_run_to(w, vtime_us(500));
	link_set_params(n.link, 0, &shorter);
	world_run_to(w, vtime_us(3500));
	link_set_params(n.link, 0, &longer);
	world_run(w);
	assert_arrivals(&n, (const int64_t[]){6000, 6000, 6500, 7500, 25000}, 5);
	pair_close(&n);
}

/* A frame that was held back is not waited for when the frames behind it are timed anew. */
static void test_held_back(void **state)
{
	struct link_params p = slow_params(), holding = p, fast = p;
	struct pair n;

	(void)state;
	holding.reorder = 1;
	holding.delay = vtime_ms(50);
	fast.rate = 10000000;
	struct world *w = pair_open(&n, &holding);
	send_at(&n, 0);
	link_set_params(n.link, 0, &p);
	for (int i = 0; i < 3; i++)
		send_at(&n, 0);
	world_run_to(w, vtime_us(1500));
	link_set_params(n.link, 0, &fast);
	send_at(&n, 1500);
	world_run(w);
	static const uint64_t ids[] = {2, 3, 4, 5, 1};
	static const int64_t us[] = {7000, 7100, 7200, 7300};
	assert_int_equal(n.b.count, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(n.b.seen[i].id, ids[i]);
	for (int i = 0; i < 4; i++)
		assert_int_equal(n.b.seen[i].at.ns, us[i] * NS_PER_US);
	assert_true(n.b.seen[4].at.ns > 51 * NS_PER_MS);
	pair_close(&n);
}

/* The opposite direction has parameters of its own. */
static void test_directions(void **state)
{
	struct link_params p = slow_params(), fast = p;
	struct pair n;

	(void)state;
	fast.rate = 10000000;
	struct world *w = pair_open(&n, &p);
	link_set_params(n.link, 1, &fast);
	assert_ptr_equal(link_params(n.link, 0), &p);
	assert_ptr_equal(link_params(n.link, 1), &fast);
	assert_ptr_equal(link_end(n.link, 0), &n.a.iface);
	assert_ptr_equal(link_end(n.link, 1), &n.b.iface);
	assert_int_equal(iface_rate(&n.a.iface), 1000000);
	assert_int_equal(iface_rate(&n.b.iface), 10000000);
	iface_send(&n.a.iface, frame_new(w, 101));
	iface_send(&n.b.iface, frame_new(w, 101));
	world_run(w);
	assert_int_equal(n.b.seen[0].at.ns, 6000000);
	assert_int_equal(n.a.seen[0].at.ns, 5100000);
	pair_close(&n);
}

/* Too large for the link: it vanishes there. The MTU counts IP bytes. */
static void test_mtu(void **state)
{
	struct link_params p = slow_params(), small = p;
	struct pair n;
	struct notes notes;

	(void)state;
	small.mtu = 1400;
	struct world *w = pair_open(&n, &p);
	notes_start(&notes, w);
	iface_send(&n.a.iface, frame_new(w, 1514));
	iface_send(&n.a.iface, frame_new(w, 1515));
	assert_string_equal(notes.last, "lost on wan: frame larger than the link's MTU 1500");
	link_set_params(n.link, 0, &small);
	iface_send(&n.a.iface, frame_new(w, 1414));
	iface_send(&n.a.iface, frame_new(w, 1415));
	assert_string_equal(notes.last, "lost on wan: frame larger than the link's MTU 1400");
	world_run(w);
	assert_int_equal(n.b.count, 2);
	assert_int_equal(site_drops(link_site(n.link), DROP_LINK_MTU), 2);
	assert_int_equal(link_counters(n.link, 0)->lost, 2);
	assert_books(n.link, 0, 0);
	pair_close(&n);
}

static void test_down(void **state)
{
	static const uint64_t list[] = {2};
	struct link_params p = slow_params();
	struct pair n;
	struct notes notes;

	(void)state;
	p.loss = (struct loss_params){.kind = LOSS_LISTED, .listed = list, .listed_count = 1};
	struct world *w = pair_open(&n, &p);
	notes_start(&notes, w);
	assert_true(iface_running(&n.a.iface));
	for (int i = 0; i < 9; i++)
		send_at(&n, 0);
	iface_send(&n.b.iface, frame_new(w, 101));
	world_run_to(w, vtime_us(6500)); /* one has arrived each way, three are under way */
	link_set_up(n.link, false);
	assert_false(link_up(n.link) || iface_running(&n.a.iface) || iface_running(&n.b.iface));
	assert_int_equal(w->on_wires, 0);
	assert_int_equal(w->pool.live, 0);
	assert_int_equal(n.a.count, 1);
	assert_int_equal(n.b.count, 1);
	assert_int_equal(notes.count, 8);
	assert_string_equal(notes.last, "lost on wan: link down");
	/* What the wire had lost already was lost for its own reason. */
	assert_int_equal(site_drops(link_site(n.link), DROP_LINK_LISTED_LOSS), 1);
	assert_int_equal(site_drops(link_site(n.link), DROP_LINK_DOWN), 7);
	assert_int_equal(link_queue_packets(n.link, 0), 0);
	send_at(&n, 7000);
	assert_int_equal(site_drops(link_site(n.link), DROP_LINK_DOWN), 8);
	assert_books(n.link, 0, 0);
	assert_true(sched_next(&w->sched).ns == INT64_MAX);

	world_run_to(w, vtime_us(8000));
	link_set_up(n.link, true);
	assert_true(iface_running(&n.a.iface));
	send_at(&n, 8000); /* the wire is free, nothing of before is left */
	send_at(&n, 8000);
	world_run(w);
	assert_int_equal(n.b.count, 3);
	assert_int_equal(n.b.seen[1].at.ns, 14 * NS_PER_MS);
	assert_int_equal(n.b.seen[2].at.ns, 15 * NS_PER_MS);
	assert_books(n.link, 0, 0);
	pair_close(&n);
}

/* The end of a run is not the wire's fault. */
static void test_end_of_run(void **state)
{
	struct link_params p = slow_params();
	struct pair n;
	struct notes notes;

	(void)state;
	struct world *w = pair_open(&n, &p);
	notes_start(&notes, w);
	for (int i = 0; i < 3; i++)
		send_at(&n, 0);
	link_end_run(n.link);
	assert_int_equal(notes.count, 3);
	assert_string_equal(notes.last, "dropped at wan: the run ended while it was under way");
	assert_int_equal(link_counters(n.link, 0)->lost, 0);
	pair_close(&n);
}

static struct pair *changing;
static struct link_params other;

static void change_in_input(struct iface *i, struct packet *p)
{
	link_set_params(changing->link, 0, &other);
	end_input(i, p);
	if (changing->b.count == 3)
		link_set_up(changing->link, false);
}

/* A link may be changed, and taken down, by whoever receives from it. */
static void test_change_from_input(void **state)
{
	struct link_params p = slow_params();
	struct pair n;

	(void)state;
	other = p;
	other.rate = 2000000;
	struct world *w = pair_open(&n, &p);
	changing = &n;
	n.b.iface.input = change_in_input;
	for (int i = 0; i < 9; i++)
		send_at(&n, 0);
	world_run(w);
	assert_arrivals(&n, (const int64_t[]){6000, 7000, 8000}, 3);
	assert_int_equal(link_counters(n.link, 0)->lost, 6);
	pair_close(&n);
}

/*
 * Anything at any time: whatever happens, the books balance, nothing leaks, frames that were not
 * held back keep their order, the queue keeps its limit, and no frame arrives before its bits
 * could.
 */
static bool was_held[200000];

static void held_note(struct observer *o, const struct packet *p, const char *text)
{
	(void)o;
	if (strstr(text, "held back"))
		was_held[p->id] = true;
}

static void test_anything(void **state)
{
	static const uint32_t ms[] = {1, 2, 2, 2, 9, 10};
	static const struct rate_trace trace = {ms, 6};
	struct link_params kinds[6];
	struct observer o = {.note = held_note};
	struct pair n;
	struct rng r;
	uint64_t last = 0;

	(void)state;
	for (int i = 0; i < 6; i++)
		kinds[i] = slow_params();
	kinds[1].rate = 7654321;
	kinds[1].limit = 3000;
	kinds[1].limit_unit = QUEUE_BYTES;
	kinds[2].trace = &trace;
	kinds[2].reorder = 0.2;
	kinds[3].rate = 0;
	kinds[3].jitter = vtime_ms(2);
	kinds[3].jitter_kind = JITTER_UNIFORM;
	kinds[4].delay = vtime_us(10);
	kinds[4].rate = 3000000;
	kinds[4].reorder = 0.3;
	kinds[4].corrupt = 0.1;
	kinds[5].trace = &trace;
	kinds[5].delay = vtime_ms(40);
	kinds[5].loss = (struct loss_params){.kind = LOSS_RANDOM, .p = 0.2};
	for (int i = 0; i < 6; i++)
		kinds[i].limit = i == 1 ? 3000 : 20;
	struct world *w = pair_open(&n, &kinds[0]);
	world_observe(w, &o);
	rng_init(&r, 1, "anything");
	for (int i = 0; i < 50000; i++) {
		uint32_t dice = rng_below(&r, 1000);

		if (dice < 500)
			world_run_to(w, vtime_add(world_now(w),
						  vtime_ns(rng_below(&r, 1000000))));
		else if (dice < 985)
			iface_send(&n.a.iface, frame_new(w, 14 + rng_below(&r, 1500)));
		else if (dice < 998)
			link_set_params(n.link, 0, &kinds[rng_below(&r, 6)]);
		else
			link_set_up(n.link, !link_up(n.link));
		/* Frames that stand in the queue when its limit changes stay: 20, or 3000 bytes. */
		assert_in_range(link_queue_packets(n.link, 0), 0, 3000 / 14);
		assert_in_range(link_queue_bytes(n.link, 0), 0, 20 * 1514 + 3000);
	}
	world_run(w);
	assert_books(n.link, 0, 0);
	assert_true(n.b.count > 5000);
	uint32_t overtaken = 0;
	for (uint32_t i = 0; i < n.b.count; i++) {
		if (i)
			assert_true(n.b.seen[i].at.ns >= n.b.seen[i - 1].at.ns);
		if (was_held[n.b.seen[i].id]) {
			overtaken += n.b.seen[i].id < last;
			continue;
		}
		assert_true(n.b.seen[i].id > last);
		last = n.b.seen[i].id;
	}
	assert_true(overtaken > 100);
	pair_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faster),
		cmocka_unit_test(test_slower),
		cmocka_unit_test(test_rate_off_and_on),
		cmocka_unit_test(test_delay),
		cmocka_unit_test(test_held_back),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_end_of_run),
		cmocka_unit_test(test_change_from_input),
		cmocka_unit_test(test_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
