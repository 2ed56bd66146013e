/* Packets: headers and payload as one run of bytes, sharing, and the pool's books. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "core/group.h"
#include "core/rng.h"
#include "core/world.h"

static struct world *w;

static int setup(void **state)
{
	(void)state;
	w = world_new(1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(w->pool.live, 0);
	world_free(w);
	return 0;
}

/* Headers of n bytes 0, 1, 2 ... from PACKET_L3 on, then a payload that goes on counting. */
static struct packet *counting_packet(uint16_t headers, uint32_t payload)
{
	struct packet *p = packet_new(w);
	uint8_t *at = packet_put(p, headers), bytes[2000];

	for (uint32_t i = 0; i < headers; i++)
		at[i] = (uint8_t)i;
	for (uint32_t i = 0; i < payload; i++)
		bytes[i] = (uint8_t)(headers + i);
	packet_copy_in(p, bytes, payload);
	return p;
}

/* Every byte from `from` on, one by one, is first, first + 1 ... and there are len of them. */
static void assert_counts(const struct packet *p, uint16_t from, uint8_t first, uint32_t len)
{
	uint8_t bytes[2048];

	assert_int_equal(packet_len_from(p, from), len);
	assert_int_equal(packet_read(p, from, 0, bytes, sizeof(bytes)), len);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], (uint8_t)(first + i));
}

static void test_fresh(void **state)
{
	struct packet *p = packet_new(w), *q = packet_new(w);

	(void)state;
	assert_int_equal(w->pool.live, 2);
	assert_true(p->id && q->id && p->id != q->id);
	assert_int_equal(packet_len(p), 0);
	assert_int_equal(p->flags, PACKET_VERIFIED);
	assert_int_equal(packet_push(p, 14) - p->hdr, PACKET_L3 - 14);
	assert_int_equal(packet_put(p, 20) - p->hdr, PACKET_L3);
	assert_int_equal(packet_len(p), 34);
	assert_int_equal(packet_l3_len(p), 20);
	assert_int_equal(packet_l4_len(p), 20);
	packet_free(p);
	packet_free(q);
}

static void test_read(void **state)
{
	struct packet *p = counting_packet(10, 30);
	struct rng r;

	(void)state;
	rng_init(&r, 1, "read");
	for (int i = 0; i < 2000; i++) {
		uint32_t skip = rng_below(&r, 60), len = rng_below(&r, 60);
		uint32_t want = skip >= 40 ? 0 : len < 40 - skip ? len : 40 - skip;
		uint8_t buf[64];

		memset(buf, 0xee, sizeof(buf));
		assert_int_equal(packet_read(p, PACKET_L3, skip, buf, len), want);
		for (uint32_t k = 0; k < sizeof(buf); k++)
			assert_int_equal(buf[k], k < want ? skip + k : 0xee);
	}
	packet_free(p);
}

static void test_pull(void **state)
{
	struct packet *p = counting_packet(10, 30);

	(void)state;
	assert_true(packet_pull(p, PACKET_L3, 10));
	assert_int_equal(p->data_len, 30);
	assert_true(packet_pull(p, PACKET_L3 + 4, 20)); /* 14 more */
	assert_int_equal(p->end, PACKET_L3 + 24);
	assert_int_equal(p->data_len, 16);
	assert_int_equal(p->hdr[PACKET_L3 + 23], 23);
	assert_counts(p, PACKET_L3, 0, 40);
	assert_false(packet_pull(p, PACKET_L3, 41));
	assert_true(packet_pull(p, PACKET_L3, 40));
	assert_int_equal(p->data_len, 0);
	assert_counts(p, PACKET_L3, 0, 40);
	packet_free(p);

	p = counting_packet(10, 1000);
	assert_false(packet_pull(p, PACKET_L3, PACKET_HDR - PACKET_L3 + 1)); /* no room */
	assert_true(packet_pull(p, PACKET_L3, PACKET_HDR - PACKET_L3));
	assert_counts(p, PACKET_L3, 0, 1010);
	packet_free(p);
}

static void test_trim(void **state)
{
	struct packet *p = counting_packet(10, 30);

	(void)state;
	packet_trim(p, PACKET_L3, 50);
	assert_counts(p, PACKET_L3, 0, 40);
	packet_trim(p, PACKET_L3 + 2, 33);
	assert_counts(p, PACKET_L3, 0, 35);
	packet_trim(p, PACKET_L3, 10);
	assert_counts(p, PACKET_L3, 0, 10);
	packet_trim(p, PACKET_L3, 4);
	assert_counts(p, PACKET_L3, 0, 4);
	packet_free(p);
}

static void test_slice(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 1, "slice");
	for (int i = 0; i < 1000; i++) {
		uint16_t headers = (uint16_t)rng_below(&r, 60);
		uint32_t total = headers + rng_below(&r, 100);
		struct packet *p = counting_packet(headers, total - headers);
		uint32_t skip = rng_below(&r, total + 1), len = rng_below(&r, total - skip + 1);
		struct packet *q = packet_slice(p, PACKET_L3, skip, len);

		assert_true(q->id != p->id);
		assert_int_equal(q->parent, p->id);
		packet_free(p); /* the slice keeps what it needs */
		assert_counts(q, PACKET_L3, (uint8_t)skip, len);
		assert_int_equal(q->head, PACKET_L3);
		packet_free(q);
	}
}

static void test_share(void **state)
{
	struct packet *p = counting_packet(10, 30);
	struct packet *copy = packet_copy(p), *clone = packet_clone(p);

	(void)state;
	assert_int_equal(p->slab->refs, 3);
	assert_ptr_equal(copy->data, p->data);
	assert_int_equal(copy->id, p->id);
	assert_int_equal(clone->parent, p->id);
	assert_true(clone->id != p->id);
	assert_counts(copy, PACKET_L3, 0, 40);
	assert_counts(clone, PACKET_L3, 0, 40);

	/* Nobody sees the change of one who made the payload its own, and headers are private. */
	uint8_t *bytes = packet_make_writable(copy);
	bytes[0] ^= 0xff;
	copy->hdr[PACKET_L3] ^= 0xff;
	assert_ptr_equal(copy->data, bytes);
	assert_int_equal(p->slab->refs, 2);
	assert_counts(p, PACKET_L3, 0, 40);
	assert_counts(clone, PACKET_L3, 0, 40);
	packet_free(p);
	packet_free(copy);
	assert_counts(clone, PACKET_L3, 0, 40);
	packet_free(clone);

	p = counting_packet(10, 0);
	assert_null(packet_make_writable(p));
	packet_free(p);
}

/* Steady state takes no memory: what was freed is used again, whatever its size class. */
static void test_pool(void **state)
{
	static const uint32_t sizes[] = {1, 192, 193, 1500, 1984, 1985, 9216, 9217, 65535 + 64};
	struct packet *held[600];
	struct rng r;

	(void)state;
	rng_init(&r, 1, "pool");
	for (int round = 0; round < 5; round++) {
		uint32_t chunks = w->pool.chunk_count;

		for (int i = 0; i < 600; i++) {
			uint32_t size = sizes[(i + round) % 9];
			struct slab *s = slab_new(w, size);

			assert_true(s->size >= size);
			memset(s->bytes, i, size);
			held[i] = packet_new(w);
			packet_set_payload(held[i], s, s->bytes, size);
			slab_unref(w, s);
		}
		assert_int_equal(w->pool.live, 600);
		for (int i = 0; i < 600; i++) {
			assert_int_equal(held[i]->data[0], (uint8_t)i);
			assert_int_equal(held[i]->data[held[i]->data_len - 1], (uint8_t)i);
			packet_free(held[i]);
		}
		/* 600 is no multiple of 9: a round may want some slabs more of a class. */
		if (round >= 1)
			assert_in_range(w->pool.chunk_count - chunks, 0, 4);
	}
}

struct listener {
	struct observer observer;
	char text[256];
	uint64_t id;
	int count;
};

static void listener_note(struct observer *o, const struct packet *p, const char *text)
{
	struct listener *l = (struct listener *)o;

	snprintf(l->text, sizeof(l->text), "%s", text);
	l->id = p->id;
	l->count++;
}

static void test_drop(void **state)
{
	struct listener a = {.observer.note = listener_note}, b = a;
	struct site s;
	struct packet *p = packet_new(w);
	uint64_t id = p->id;

	(void)state;
	site_init(&s, w, "isp");
	assert_int_equal(site_drops(&s, DROP_QUEUE_FULL), 0);
	world_observe(w, &a.observer);
	world_observe(w, &b.observer);
	packet_note(p, "held back on %s by %d ms", "wan", 3);
	assert_string_equal(a.text, "held back on wan by 3 ms");
	packet_drop_detail(p, &s, DROP_QUEUE_FULL, 64);
	assert_string_equal(a.text, "dropped at isp: queue full (64 packets)");
	assert_string_equal(b.text, a.text);
	assert_int_equal(a.id, id);
	world_unobserve(w, &a.observer);
	packet_drop(packet_new(w), &s, DROP_LINK_BURST_LOSS);
	assert_string_equal(b.text, "lost on isp: burst loss");
	assert_int_equal(a.count, 2);
	assert_int_equal(b.count, 3);
	site_count(&s, DROP_QUEUE_FULL);
	assert_int_equal(site_drops(&s, DROP_QUEUE_FULL), 2);
	assert_int_equal(site_drops(&s, DROP_LINK_BURST_LOSS), 1);
	assert_int_equal(site_drops(&s, DROP_IP_TTL), 0);
	world_unobserve(w, &b.observer);
	site_fini(&s);
}

static struct packet *flooded(void)
{
	struct packet *p = packet_new(w);

	p->flags |= PACKET_BROADCAST;
	group_begin(p);
	return p;
}

/* What a station does not want of a frame to many is told of only if nobody wants it. */
static void test_group(void **state)
{
	struct listener a = {.observer.note = listener_note};
	struct site s[12];
	struct packet *p, *q, *r;

	(void)state;
	for (int i = 0; i < 12; i++)
		site_init(&s[i], w, i ? "phone" : "printer");
	world_observe(w, &a.observer);
	/* One takes it, whenever: nothing is said. */
	for (int when = 0; when < 3; when++) {
		p = flooded();
		q = packet_copy(p);
		r = packet_copy(q);
		if (when == 0)
			packet_free(q);
		packet_drop_detail(p, &s[0], DROP_UDP_NO_PORT, 67);
		if (when == 1)
			packet_free(q);
		packet_drop(r, &s[1], DROP_SOCKET_CLOSED);
		if (when == 2)
			packet_free(q);
	}
	assert_int_equal(a.count, 0);
	assert_int_equal(site_drops(&s[0], DROP_UDP_NO_PORT), 3);
	/* Nobody does: said once, when the last one is gone. A loss is told of as ever. */
	p = flooded();
	q = packet_copy(p);
	r = packet_copy(p);
	packet_drop_detail(p, &s[0], DROP_UDP_NO_PORT, 67);
	packet_drop_detail(q, &s[1], DROP_UDP_NO_PORT, 67);
	assert_int_equal(a.count, 0);
	uint64_t id = r->id;
	packet_ignore(r, &s[2], DROP_VLAN_MISMATCH);
	assert_string_equal(a.text, "nobody took it: no socket on UDP port 67 at printer, phone");
	assert_int_equal(a.id, id);
	p = flooded();
	q = packet_copy(p);
	r = packet_copy(p);
	packet_drop(p, &s[0], DROP_IP_DISABLED);
	packet_drop(q, &s[1], DROP_IP_NOT_FORWARDING);
	packet_drop(r, &s[2], DROP_LINK_BURST_LOSS);
	assert_int_equal(a.count, 3);
	assert_string_equal(a.text, "nobody took it: address family disabled here at printer; "
				    "not for this host, and it does not forward at phone");
	/* A duplicate has a life of its own, and the only station is nobody, too. */
	p = flooded();
	q = packet_clone(p);
	packet_free(p);
	packet_drop_detail(q, &s[0], DROP_UDP_NO_PORT, 9);
	assert_int_equal(a.count, 4);
	assert_string_equal(a.text, "nobody took it: no socket on UDP port 9 at printer");
	/* More than are kept. */
	p = flooded();
	for (int i = 11; i >= 0; i--) {
		q = i ? packet_copy(p) : p;
		packet_drop_detail(q, &s[i], DROP_UDP_NO_PORT, 9);
	}
	assert_int_equal(a.count, 5);
	assert_non_null(strstr(a.text, ", phone and others"));
	world_unobserve(w, &a.observer);
	for (int i = 0; i < 12; i++)
		site_fini(&s[i]);
}

/* Each reason has a name of its own and words. */
static void test_reasons(void **state)
{
	(void)state;
	for (int r = 0; r < DROP_REASON_COUNT; r++) {
		assert_true(drop_words((enum drop_reason)r)[0]);
		for (int q = 0; q < r; q++)
			assert_string_not_equal(drop_name((enum drop_reason)r),
						drop_name((enum drop_reason)q));
	}
	assert_true(drop_is_loss(DROP_LINK_LOSS) && drop_is_loss(DROP_LINK_MTU));
	assert_false(drop_is_loss(DROP_QUEUE_FULL) || drop_is_loss(DROP_WORLD_END));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fresh, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pull, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trim, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_share, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pool, setup, teardown),
		cmocka_unit_test_setup_teardown(test_group, setup, teardown),
		cmocka_unit_test_setup_teardown(test_drop, setup, teardown),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
