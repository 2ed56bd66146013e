/* Rewritten packets against a twin: what RFC 1624 makes of a checksum is what computing it anew does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/rng.h"
#include "core/world.h"
#include "filter/rewrite.h"
#include "filter/tuple.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/offload.h"

static struct rng rng;

static struct ipaddr address(bool ip4)
{
	struct ipaddr a;

	for (int i = 0; i < 16; i++)
		a.b[i] = (uint8_t)rng_below(&rng, 256);
	a.b[0] = 0xfd;
	return ip4 ? ipaddr_from4((uint32_t)rng_u64(&rng)) : a;
}

static const struct {
	uint8_t proto;
	uint16_t csum, hlen;
} kinds[] = {{IPPROTO_TCP, 16, 20}, {IPPROTO_UDP, 6, 8}, {IPPROTO_ICMP, 2, 8}, {IPPROTO_ICMPV6, 2, 8}};

static uint32_t pseudo_of(struct packet *p)
{
	struct ct_tuple t;

	assert_int_equal(tuple_read(p, &t), TUPLE_FLOW);
	return p->proto == IPPROTO_ICMP ? 0 : csum_pseudo(&t.src, &t.dst, p->proto, packet_l4_len(p));
}

static struct packet *any_packet(struct world *w, int kind, bool partial)
{
	bool ip4 = kinds[kind].proto == IPPROTO_ICMPV6 ? false
		   : kinds[kind].proto == IPPROTO_ICMP ? true : rng_below(&rng, 2);
	struct ipaddr src = address(ip4), dst = address(ip4);
	uint32_t len = kinds[kind].hlen + rng_below(&rng, 40);
	struct packet *p = packet_new(w);
	uint8_t *at;

	if (ip4) {
		struct ipv4_hdr h = {.ihl = 5, .total_len = (uint16_t)(20 + len), .ttl = 9,
				     .proto = kinds[kind].proto, .src = src, .dst = dst};
		ipv4_emit(packet_put(p, IPV4_HLEN), &h);
		ipv4_set_checksum(p->hdr + p->l3);
	} else {
		struct ipv6_hdr h = {.payload_len = (uint16_t)len, .next = kinds[kind].proto,
				     .hop_limit = 9, .src = src, .dst = dst};
		ipv6_emit(packet_put(p, IPV6_HLEN), &h);
	}
	p->l4 = p->end;
	p->proto = kinds[kind].proto;
	at = packet_put(p, (uint16_t)len);
	for (uint32_t i = 0; i < len; i++)
		at[i] = (uint8_t)rng_below(&rng, rng_below(&rng, 3) ? 256 : 2);
	if (p->proto == IPPROTO_ICMP)
		at[0] = rng_below(&rng, 2) ? 8 : 0;
	if (p->proto == IPPROTO_ICMPV6)
		at[0] = rng_below(&rng, 2) ? 128 : 129;
	be16_store(at + kinds[kind].csum, (uint16_t)~csum_fold(pseudo_of(p)));
	p->csum_at = (uint16_t)(p->l4 + kinds[kind].csum);
	p->flags = PACKET_CSUM;
	if (!partial)
		packet_checksum_fill(p);
	return p;
}

static void incremental_is_recomputed(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	rng_init(&rng, 5, "rewrite");
	for (int round = 0; round < 40000; round++) {
		struct packet *p = any_packet(w, (int)rng_below(&rng, 4), rng_below(&rng, 2));
		enum rewrite_end end = rng_below(&rng, 2) ? REWRITE_SRC : REWRITE_DST;
		struct ct_tuple was, is;

		tuple_read(p, &was);
		struct ipaddr to = address(ipaddr_is4(&was.src));
		uint16_t port = (uint16_t)rng_below(&rng, 65536);
		rewrite_end(p, end, &to, port);
		tuple_read(p, &is);
		assert_true(ipaddr_eq(end == REWRITE_SRC ? &is.src : &is.dst, &to));
		assert_true(ipaddr_eq(end == REWRITE_SRC ? &is.dst : &is.src,
				      end == REWRITE_SRC ? &was.dst : &was.src));
		if (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP) {
			assert_int_equal(end == REWRITE_SRC ? is.sport : is.dport, port);
			assert_int_equal(end == REWRITE_SRC ? is.dport : is.sport,
					 end == REWRITE_SRC ? was.dport : was.sport);
		}
		if (ipaddr_is4(&is.src))
			assert_int_equal(ipv4_header_sum(p->hdr + p->l3, 5), 0);
		packet_checksum_fill(p);
		assert_true(packet_checksum_ok(p, pseudo_of(p)));
		/* What was damaged stays so. */
		p->hdr[p->l4 + kinds[1].hlen - 1] ^= 0x10;
		p->flags = 0;
		if (p->proto == IPPROTO_TCP) {
			rewrite_end(p, end, &was.src, 1);
			assert_false(packet_checksum_ok(p, pseudo_of(p)));
		}
		packet_free(p);
	}
	world_free(w);
}

/* RFC 768: a checksum that is 0 is sent as ones, because 0 says that there is none; that stays 0. */
static void none_is_not_zero(void **state)
{
	struct world *w = world_new(1);
	unsigned ones = 0;

	(void)state;
	rng_init(&rng, 7, "rewrite");
	struct packet *p = any_packet(w, 1, false);
	uint8_t *csum = p->hdr + p->csum_at;
	struct ct_tuple t;
	p->flags = 0;
	tuple_read(p, &t);
	for (uint32_t port = 0; port < 65536; port++) {
		rewrite_end(p, REWRITE_SRC, &t.src, (uint16_t)port);
		assert_int_not_equal(be16_load(csum), 0);
		ones += be16_load(csum) == 0xffff;
	}
	assert_true(ones > 0);
	assert_true(packet_checksum_ok(p, pseudo_of(p)));
	be16_store(csum, 0);
	rewrite_end(p, REWRITE_SRC, &t.src, 1);
	assert_int_equal(be16_load(csum), 0);
	packet_free(p);
	world_free(w);
}

/* An error has no identifier: where an echo has it stands the pointer of a parameter problem. */
static void errors_keep_their_pointer(void **state)
{
	const struct ipaddr to = ipaddr_from4(0xc0000201);
	struct world *w = world_new(1);

	(void)state;
	rng_init(&rng, 6, "rewrite");
	for (int end = REWRITE_SRC; end <= REWRITE_DST; end++) {
		struct packet *p = any_packet(w, 2, false);

		p->hdr[p->l4] = 12;
		be16_store(p->hdr + p->l4 + 4, 0x1405);
		rewrite_end(p, (enum rewrite_end)end, &to, 0);
		assert_int_equal(be16_load(p->hdr + p->l4 + 4), 0x1405);
		packet_free(p);
	}
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(incremental_is_recomputed),
					   cmocka_unit_test(none_is_not_zero),
					   cmocka_unit_test(errors_keep_their_pointer)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
