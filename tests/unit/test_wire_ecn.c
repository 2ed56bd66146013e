/* CE in IP headers, and flows by their 5-tuple. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/rng.h"
#include "core/world.h"
#include "wire/be.h"
#include "wire/ecn.h"
#include "wire/flow.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

struct tuple {
	uint8_t src, dst, proto;
	uint16_t sport, dport;
	bool v6;
};

enum shape { PLAIN, TAGGED, IN_PAYLOAD, PORTS_IN_PAYLOAD, WITH_OPTIONS, FRAGMENT_FIRST, FRAGMENT_LATER };

static struct packet *frame(struct world *w, const struct tuple *t, uint8_t tos, enum shape shape)
{
	struct packet *p = packet_new(w);
	uint8_t bytes[128] = {0}, *at = bytes, src[16] = {0xfd}, dst[16] = {0xfd};
	uint16_t tag = shape == TAGGED ? 18 : 14, n;

	src[15] = t->src;
	dst[15] = t->dst;
	if (t->v6) {
		bool options = shape == WITH_OPTIONS;
		struct ipv6_hdr h = {.tclass = tos, .flow = 7, .payload_len = options ? 16 : 8,
				     .next = options ? 60 : t->proto, .hop_limit = 9,
				     .src = ipaddr_from_bytes16(src),
				     .dst = ipaddr_from_bytes16(dst)};

		if (shape >= FRAGMENT_FIRST) {
			h.next = 44;
			h.payload_len = 16;
		}
		ipv6_emit(at, &h);
		at += 40;
		if (h.next == 60) {
			at[0] = t->proto;
			at[2] = 1; /* PadN of 4 */
			at[3] = 4;
			at += 8;
		} else if (h.next == 44) {
			at[0] = t->proto;
			be16_store(at + 2, shape == FRAGMENT_FIRST ? 1 : 8);
			at += 8;
		}
	} else {
		struct ipv4_hdr h = {.ihl = shape == WITH_OPTIONS ? 6 : 5, .tos = tos,
				     .total_len = shape == WITH_OPTIONS ? 32 : 28, .ttl = 9,
				     .id = 0xbeef, .proto = t->proto, .mf = shape == FRAGMENT_FIRST,
				     .frag_off = shape == FRAGMENT_LATER ? 8 : 0,
				     .src = ipaddr_from_bytes4(src + 12),
				     .dst = ipaddr_from_bytes4(dst + 12)};

		ipv4_emit(at, &h);
		memset(at + 20, 1, 4); /* NOPs, if they are options */
		ipv4_set_checksum(at);
		at += ipv4_hlen(&h);
	}
	uint16_t l4 = (uint16_t)(at - bytes);
	be16_store(at, t->sport);
	be16_store(at + 2, t->dport);
	be16_store(at + 4, 8);
	be16_store(at + 6, 0);
	at += 8;
	memset(packet_push(p, tag), 0, tag);
	if (tag == 18)
		be16_store(p->hdr + p->head + 12, 0x8100);
	be16_store(p->hdr + p->l3 - 2, t->v6 ? 0x86dd : 0x0800);
	n = shape == IN_PAYLOAD ? 0 : shape == PORTS_IN_PAYLOAD ? l4 : (uint16_t)(at - bytes);
	memcpy(packet_put(p, n), bytes, n);
	packet_copy_in(p, bytes + n, (uint32_t)(at - bytes) - n);
	return p;
}

static void test_mark(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	for (int v6 = 0; v6 < 2; v6++)
		for (int shape = PLAIN; shape <= FRAGMENT_LATER; shape++)
			for (int tos = 0; tos < 256; tos++) {
				struct tuple t = {1, 2, 17, 3, 4, v6};
				struct packet *p = frame(w, &t, (uint8_t)tos, (enum shape)shape);
				uint8_t before[80], after[80];
				uint32_t n = packet_read(p, p->l3, 0, before, sizeof(before));

				assert_int_equal(packet_ecn(p), tos & 3);
				assert_int_equal(packet_set_ce(p), (tos & 3) != 0);
				assert_int_equal(packet_read(p, p->l3, 0, after, sizeof(after)), n);
				if (tos & 3) {
					assert_int_equal(packet_ecn(p), ECN_CODE_CE);
					before[1] |= v6 ? 0x30 : 3;
				}
				if (!v6) {
					assert_int_equal(ipv4_header_sum(after, after[0] & 15), 0);
					ipv4_set_checksum(before);
				}
				assert_memory_equal(before, after, n);
				packet_free(p);
			}
	assert_int_equal(w->pool.live, 0);
	world_free(w);
}

/* ARP, nothing at all, a header that is cut: left alone. */
static void test_no_ip(void **state)
{
	struct world *w = world_new(1);
	struct tuple t = {1, 2, 17, 3, 4, false};
	struct packet *p = frame(w, &t, 2, PLAIN);

	(void)state;
	be16_store(p->hdr + p->l3 - 2, 0x0806);
	assert_false(packet_set_ce(p));
	assert_int_equal(packet_ecn(p), ECN_CODE_NOT_ECT);
	be16_store(p->hdr + p->l3 - 2, 0x86dd); /* says IPv6, begins with 4 */
	assert_false(packet_set_ce(p));
	be16_store(p->hdr + p->l3 - 2, 0x0800);
	packet_trim(p, p->l3, 19);
	assert_false(packet_set_ce(p));
	packet_flow_hash(p, 1);
	packet_trim(p, p->l3, 1);
	assert_false(packet_set_ce(p));
	packet_flow_hash(p, 1);
	packet_free(p);
	p = packet_new(w);
	assert_false(packet_set_ce(p));
	packet_flow_hash(p, 1);
	packet_free(p);
	world_free(w);
}

static uint64_t hash_of(struct world *w, const struct tuple *t, enum shape shape, uint64_t key)
{
	struct packet *p = frame(w, t, 0, shape);
	uint64_t h = packet_flow_hash(p, key);

	packet_free(p);
	return h;
}

static void test_flows(void **state)
{
	static const struct tuple others[2][6] = {
		{{1, 2, 17, 3, 4, false}, {9, 2, 17, 3, 4, false}, {1, 9, 17, 3, 4, false},
		 {1, 2, 6, 3, 4, false}, {1, 2, 17, 9, 4, false}, {1, 2, 17, 3, 9, false}},
		{{1, 2, 17, 3, 4, true}, {9, 2, 17, 3, 4, true}, {1, 9, 17, 3, 4, true},
		 {1, 2, 6, 3, 4, true}, {1, 2, 17, 9, 4, true}, {1, 2, 17, 3, 9, true}},
	};
	struct world *w = world_new(1);

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		const struct tuple *t = others[v6];
		uint64_t h = hash_of(w, &t[0], PLAIN, 42);

		/* However the frame is cut into pieces, and whatever stands in between. */
		for (int shape = PLAIN; shape <= WITH_OPTIONS; shape++)
			assert_true(hash_of(w, &t[0], (enum shape)shape, 42) == h);
		assert_true(hash_of(w, &t[0], PLAIN, 43) != h);
		for (int i = 1; i < 6; i++)
			assert_true(hash_of(w, &t[i], PLAIN, 42) != h);
		/* A datagram's fragments stay together: without ports, all of them. */
		h = hash_of(w, &t[0], FRAGMENT_FIRST, 42);
		assert_true(hash_of(w, &t[0], FRAGMENT_LATER, 42) == h);
		assert_true(hash_of(w, &t[4], FRAGMENT_FIRST, 42) == h);
		assert_true(hash_of(w, &t[1], FRAGMENT_FIRST, 42) != h);
		/* ICMP has no ports: what stands there is no part of the flow. */
		struct tuple icmp = t[0], other = t[5];
		icmp.proto = other.proto = 1;
		assert_true(hash_of(w, &icmp, PLAIN, 42) == hash_of(w, &other, PLAIN, 42));
	}
	assert_int_equal(w->pool.live, 0);
	world_free(w);
}

/* 100,000 flows on 1024 queues: chi-square of 1023 degrees, mean 1023, deviation 45; five of them. */
static void test_spread(void **state)
{
	struct world *w = world_new(1);
	static uint32_t queues[1024];
	double chi = 0, mean = 100000.0 / 1024;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct tuple t = {1, (uint8_t)(i / 50000), 17, (uint16_t)(i % 50000), 53, false};

		queues[hash_of(w, &t, PLAIN, 7) % 1024]++;
	}
	for (int i = 0; i < 1024; i++)
		chi += (queues[i] - mean) * (queues[i] - mean) / mean;
	assert_true(chi > 1023 - 225 && chi < 1023 + 225);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_no_ip),
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
