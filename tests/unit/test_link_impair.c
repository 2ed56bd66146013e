/* Jitter, reordering, duplicates and damage. */
#include "link_pair.h"

#include <math.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/offload.h"

#define FRAMES 100000

static struct link_params base_params(void)
{
	struct link_params p = link_params_default;

	p.delay = vtime_ms(10);
	return p;
}

/* Frames 100 ms apart: no frame's order is at stake, delays are seen as drawn. */
static void measure_delays(const struct link_params *p, double *delay_ms)
{
	struct pair n;

	struct world *w = pair_open(&n, p);
	for (int i = 0; i < FRAMES; i++) {
		world_run_to(w, vtime_ms(100 * (int64_t)i));
		iface_send(&n.a.iface, frame_new(w, 60));
	}
	world_run(w);
	assert_int_equal(n.b.count, FRAMES);
	for (int i = 0; i < FRAMES; i++)
		delay_ms[i] = (double)(n.b.seen[i].at.ns - 100 * NS_PER_MS * i) / 1e6;
	pair_close(&n);
}

static double delays[FRAMES];

static void moments(double *mean, double *deviation, double *least, double *most)
{
	double sum = 0, squares = 0;

	*least = INFINITY;
	*most = 0;
	for (int i = 0; i < FRAMES; i++) {
		sum += delays[i];
		squares += delays[i] * delays[i];
		*least = fmin(*least, delays[i]);
		*most = fmax(*most, delays[i]);
	}
	*mean = sum / FRAMES;
	*deviation = sqrt(squares / FRAMES - *mean * *mean);
}

/* Tolerances: five standard errors over 100,000 draws, about 1.6 % of a deviation. */
static void test_jitter_kinds(void **state)
{
	struct link_params p = base_params();
	double mean, deviation, least, most;

	(void)state;
	p.jitter = vtime_ms(2);
	p.jitter_kind = JITTER_UNIFORM;
	measure_delays(&p, delays);
	moments(&mean, &deviation, &least, &most);
	assert_true(fabs(mean - 10) < 0.02 && fabs(deviation - 2 / sqrt(3)) < 0.02);
	assert_true(least >= 8 && least < 8.01 && most <= 12 && most > 11.99);

	p.jitter_kind = JITTER_NORMAL;
	measure_delays(&p, delays);
	moments(&mean, &deviation, &least, &most);
	assert_true(fabs(mean - 10) < 0.035 && fabs(deviation - 2) < 0.03);

	p.jitter_kind = JITTER_PARETO;
	measure_delays(&p, delays);
	moments(&mean, &deviation, &least, &most);
	assert_true(fabs(mean - 12) < 0.03);
	assert_true(least >= 10 + 2 * 2 / 3.0 - 1e-6 && most > 20);
}

/* A jitter larger than the delay does not let a frame arrive before it left. */
static void test_jitter_floor(void **state)
{
	struct link_params p = base_params();

	(void)state;
	p.jitter = vtime_ms(30);
	p.jitter_kind = JITTER_NORMAL;
	measure_delays(&p, delays);
	for (int i = 0; i < FRAMES; i++)
		assert_true(delays[i] >= 0);
}

static void test_jitter_keeps_order(void **state)
{
	struct link_params p = base_params();
	struct pair n;

	(void)state;
	p.rate = 10000000;
	p.limit = 1 << 20;
	p.jitter = vtime_ms(5);
	p.jitter_kind = JITTER_NORMAL;
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < 5000; i++)
		iface_send(&n.a.iface, frame_new(w, 60));
	world_run(w);
	assert_int_equal(n.b.count, 5000);
	for (uint32_t i = 0; i < 5000; i++) {
		assert_int_equal(n.b.seen[i].id, i + 1);
		assert_true(n.b.seen[i].at.ns >= (int64_t)(i + 1) * 67200);
	}
	pair_close(&n);
}

/* A naive twin for the pipe's order: all frames of a link, sorted by (arrival, sending). */
struct naive {
	int64_t at;
	uint64_t id;
};

static int naive_compare(const void *a, const void *b)
{
	const struct naive *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->id < y->id ? -1 : 1;
}

static struct naive held[FRAMES];
static uint32_t held_count;

static void held_note(struct observer *o, const struct packet *p, const char *text)
{
	(void)o;
	assert_non_null(strstr(text, "held back on wan by "));
	held[held_count++].id = p->id;
}

/*
 * 5 % are held back by up to the delay; the others keep their order and their time. Held-back ones
 * may arrive at most 10 ms late, and the whole comes in the order of time.
 */
static void test_reorder(void **state)
{
	enum { SENT = 20000 };
	struct link_params p = base_params();
	struct pair n;
	struct observer o = {.note = held_note};
	struct naive *all = nt_malloc(SENT * sizeof(*all));
	bool *is_held = nt_calloc(SENT + 1, sizeof(*is_held));
	double late = 0;

	(void)state;
	p.reorder = 0.05;
	struct world *w = pair_open(&n, &p);
	world_observe(w, &o);
	held_count = 0;
	for (int i = 0; i < SENT; i++) {
		world_run_to(w, vtime_us(100 * (int64_t)i));
		iface_send(&n.a.iface, frame_new(w, 60));
	}
	world_run(w);
	assert_int_equal(n.b.count, SENT);
	assert_in_range(held_count, 1000 - 150, 1000 + 150);
	for (uint32_t i = 0; i < held_count; i++)
		is_held[held[i].id] = true;
	for (uint32_t i = 0; i < SENT; i++) {
		const struct seen *s = &n.b.seen[i];
		int64_t extra = s->at.ns - ((int64_t)(s->id - 1) * 100000 + 10 * NS_PER_MS);

		assert_int_equal(s->flags & PACKET_HELD, 0);
		if (is_held[s->id])
			assert_true(extra > 0 && extra <= 10 * NS_PER_MS);
		else
			assert_int_equal(extra, 0);
		late += (double)extra;
		all[i] = (struct naive){s->at.ns, s->id};
	}
	assert_true(fabs(late / held_count - 5e6) < 5e5); /* uniform: 5 ms on average */
	qsort(all, SENT, sizeof(*all), naive_compare);
	for (uint32_t i = 0; i < SENT; i++)
		assert_int_equal(all[i].id, n.b.seen[i].id);
	free(all);
	free(is_held);
	pair_close(&n);
}

/* Without a delay it is up to 1 ms. */
static void test_reorder_without_delay(void **state)
{
	struct link_params p = link_params_default;

	(void)state;
	p.reorder = 1;
	measure_delays(&p, delays);
	double mean, deviation, least, most;
	moments(&mean, &deviation, &least, &most);
	assert_true(least > 0 && most <= 1 && most > 0.999 && fabs(mean - 0.5) < 0.005);
}

/* The duplicate follows its original and occupies the wire; it has an id and a parent. */
static void test_duplicate(void **state)
{
	struct link_params p = base_params();
	struct pair n;
	struct notes notes;

	(void)state;
	p.duplicate = 1;
	p.rate = 1000000;
	p.delay = VTIME_ZERO;
	struct world *w = pair_open(&n, &p);
	notes_start(&notes, w);
	iface_send(&n.a.iface, frame_new(w, 101));
	assert_int_equal(notes.count, 2);
	assert_string_equal(notes.last, "duplicated on wan");
	world_run(w);
	assert_int_equal(n.b.count, 2);
	assert_int_equal(n.b.seen[0].at.ns, NS_PER_MS);
	assert_int_equal(n.b.seen[1].at.ns, 2 * NS_PER_MS);
	assert_int_equal(n.b.seen[0].id, 1);
	assert_int_equal(n.b.seen[0].parent, 0);
	assert_int_equal(n.b.seen[1].parent, 1);
	assert_int_equal(n.b.seen[1].id, notes.last_id);
	assert_int_equal(link_counters(n.link, 0)->sent, 1);
	assert_books(n.link, 0, 1);
	pair_close(&n);
}

static void test_duplicate_share(void **state)
{
	struct link_params p = base_params();
	struct pair n;

	(void)state;
	p.duplicate = 0.1;
	struct world *w = pair_open(&n, &p);
	for (int i = 0; i < FRAMES; i++)
		iface_send(&n.a.iface, frame_new(w, 60));
	world_run(w);
	assert_in_range(n.b.count, FRAMES + 10000 - 475, FRAMES + 10000 + 475);
	assert_books(n.link, 0, n.b.count - FRAMES);
	pair_close(&n);
}

/* Damage. The tap at the sender keeps a copy of the frame; the receiver compares. */
struct corruption {
	struct tap tap; /* first */
	uint8_t sent[2000];
	uint32_t sent_len;
	uint32_t at[2000]; /* how often each byte was hit */
	uint32_t damaged;
	struct notes *notes;
};

static struct corruption corruption;

static void corruption_sent(struct tap *t, const struct packet *p, enum tap_dir dir, vtime at)
{
	struct corruption *c = (struct corruption *)t;

	(void)at;
	assert_int_equal(dir, TAP_OUT);
	assert_int_equal(p->flags & PACKET_CSUM, 0);
	c->sent_len = packet_read(p, p->head, 0, c->sent, sizeof(c->sent));
}

static void corruption_received(struct iface *i, struct packet *p)
{
	struct corruption *c = &corruption;
	uint8_t bytes[2000];
	uint32_t len = packet_read(p, p->head, 0, bytes, sizeof(bytes)), flipped = 0;
	char want[64] = "";

	(void)i;
	assert_int_equal(len, c->sent_len);
	for (uint32_t k = 0; k < len; k++) {
		uint8_t difference = bytes[k] ^ c->sent[k];

		if (!difference)
			continue;
		flipped += (uint32_t)__builtin_popcount(difference);
		c->at[k]++;
		snprintf(want, sizeof(want), "corrupted on wan: bit %d of byte %u",
			 __builtin_ctz(difference), k);
	}
	if (p->flags & PACKET_DAMAGED) {
		assert_int_equal(flipped, 1);
		assert_int_equal(p->flags & (PACKET_VERIFIED | PACKET_CSUM), 0);
		assert_string_equal(c->notes->last, want);
		/* One flipped bit always breaks an Internet checksum. */
		assert_int_equal(packet_checksum_ok(p, csum_add16(0, 0x1234)), 0);
		c->damaged++;
	} else {
		assert_int_equal(flipped, 0);
		assert_true(packet_checksum_ok(p, csum_add16(0, 0x1234)));
	}
	packet_free(p);
}

/* A message of 8 header bytes (a checksum at 6) and a payload, as if behind IP. */
static struct packet *message_new(struct world *w, struct slab *shared)
{
	struct packet *p = packet_new(w);

	memset(packet_put(p, 8), 0x5a, 8);
	be16_store(p->hdr + p->l4 + 6, 0x1234); /* the pseudo-header's sum */
	p->csum_at = (uint16_t)(p->l4 + 6);
	p->flags |= PACKET_CSUM;
	memset(packet_push(p, 14), 0, 14);
	packet_set_payload(p, shared, shared->bytes, 92);
	return p;
}

static void test_corrupt(void **state)
{
	struct link_params p = base_params();
	struct world *w = world_new(1);
	struct pair n;
	struct notes notes;
	struct slab *shared = slab_new(w, 92);
	uint8_t original[92];

	(void)state;
	p.corrupt = 0.5;
	pair_init(&n, w, "wan", &p);
	n.b.iface.input = corruption_received;
	notes_start(&notes, w);
	corruption = (struct corruption){.tap.frame = corruption_sent, .notes = &notes};
	iface_tap_add(&n.a.iface, &corruption.tap);
	for (int i = 0; i < 92; i++)
		original[i] = shared->bytes[i] = (uint8_t)(i * 7);
	for (int i = 0; i < 20000; i++) {
		iface_send(&n.a.iface, message_new(w, shared));
		world_run(w);
	}
	/* The sender's own payload was never touched. */
	assert_memory_equal(shared->bytes, original, 92);
	assert_int_equal(shared->refs, 1);
	slab_unref(w, shared);
	assert_in_range(corruption.damaged, 10000 - 350, 10000 + 350);
	assert_int_equal(notes.count, corruption.damaged);
	for (int k = 0; k < 114; k++) { /* 14 of Ethernet are spared, the rest is hit alike */
		if (k < 14)
			assert_int_equal(corruption.at[k], 0);
		else
			assert_in_range(corruption.at[k], 50, 150); /* 100 +- 5 deviations */
	}
	iface_tap_remove(&n.a.iface, &corruption.tap);
	pair_fini(&n);
	world_close(w);
}

/* Without a tap or corruption nobody computes a checksum. */
static void test_checksum_left_alone(void **state)
{
	struct link_params p = base_params();
	struct world *w = world_new(1);
	struct pair n;
	struct slab *shared = slab_new(w, 92);

	(void)state;
	memset(shared->bytes, 1, 92);
	pair_init(&n, w, "wan", &p);
	iface_send(&n.a.iface, message_new(w, shared));
	world_run(w);
	assert_int_equal(n.b.seen[0].flags, PACKET_CSUM | PACKET_VERIFIED);
	slab_unref(w, shared);
	pair_fini(&n);
	world_close(w);
}

/* Everything at once, twice: the same seed gives the same run, another one another. */
static uint64_t digest(uint64_t seed)
{
	struct link_params p = base_params();
	struct world *w = world_new(seed);
	struct pair n;
	uint64_t h = 0xcbf29ce484222325;

	p.rate = 10000000;
	p.limit = 50;
	p.loss = (struct loss_params){
		.kind = LOSS_GILBERT_ELLIOTT, .p = 0.01, .r = 0.3, .k = 0.999};
	p.jitter = vtime_ms(3);
	p.jitter_kind = JITTER_PARETO;
	p.reorder = 0.02;
	p.duplicate = 0.03;
	p.corrupt = 0.05;
	pair_init(&n, w, "wan", &p);
	n.b.forward = &n.b.iface; /* what arrives at b goes back to a */
	for (int i = 0; i < 3000; i++) {
		world_run_to(w, vtime_us(120 * (int64_t)i));
		iface_send(&n.a.iface, frame_new(w, 60 + (uint32_t)i % 100));
	}
	world_run(w);
	struct end *ends[] = {&n.a, &n.b};
	for (int e = 0; e < 2; e++)
		for (uint32_t i = 0; i < ends[e]->count; i++) {
			const struct seen *s = &ends[e]->seen[i];
			uint64_t words[] = {s->id, s->parent, (uint64_t)s->at.ns, s->len, s->flags};

			for (int k = 0; k < 5; k++)
				h = (h ^ words[k]) * 0x100000001b3;
		}
	assert_true(n.a.count > 1000);
	pair_fini(&n);
	world_close(w);
	return h;
}

static void test_same_seed(void **state)
{
	(void)state;
	assert_true(digest(1) == digest(1));
	assert_true(digest(1) != digest(2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jitter_kinds),
		cmocka_unit_test(test_jitter_floor),
		cmocka_unit_test(test_jitter_keeps_order),
		cmocka_unit_test(test_reorder),
		cmocka_unit_test(test_reorder_without_delay),
		cmocka_unit_test(test_duplicate),
		cmocka_unit_test(test_duplicate_share),
		cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_checksum_left_alone),
		cmocka_unit_test(test_same_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
