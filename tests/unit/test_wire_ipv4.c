/* The IPv4 header: golden bytes, the validation sequence, options, the checksum in place. */
#include "tests/unit/wire_golden.h"
#include "wire/eth.h"
#include "wire/ipv4.h"

/* The named frame's datagram. */
static size_t datagram(const char *name, uint8_t p[GOLDEN_MAX])
{
	uint8_t frame[GOLDEN_MAX];
	size_t len = golden_bytes(name, frame) - ETH_HLEN;

	memcpy(p, frame + ETH_HLEN, len);
	return len;
}

static void header(void **state)
{
	struct ipaddr src = IPADDR_V4(10, 0, 0, 254), dst = IPADDR_V4(10, 0, 0, 1);
	uint8_t p[GOLDEN_MAX], out[IPV4_HLEN];
	size_t len = datagram("ttl4", p);
	struct ipv4_hdr h = { 0 };

	(void)state;
	assert_int_equal(ipv4_parse(p, len, &h), IPV4_OK);
	assert_int_equal(h.ihl, 5);
	assert_int_equal(ipv4_hlen(&h), 20);
	assert_int_equal(h.tos, 0xc0);
	assert_int_equal(h.total_len, len);
	assert_int_equal(ipv4_payload_len(&h), len - 20);
	assert_int_equal(h.id, 1);
	assert_false(h.rf || h.df || h.mf);
	assert_int_equal(h.frag_off, 0);
	assert_int_equal(h.ttl, 64);
	assert_int_equal(h.proto, IPPROTO_ICMP);
	assert_true(ipaddr_eq(&h.src, &src) && ipaddr_eq(&h.dst, &dst));
	ipv4_emit(out, &h);
	assert_memory_equal(out, p, sizeof out);
	assert_int_equal(ipv4_header_checksum(p, 5), h.checksum);
	be16_store(out + 10, 0xdead);
	assert_int_equal(ipv4_header_checksum(out, 5), h.checksum);
	ipv4_set_checksum(out);
	assert_memory_equal(out, p, sizeof out);
}

static void fragments(void **state)
{
	uint8_t p[GOLDEN_MAX], out[IPV4_HLEN];
	struct ipv4_hdr h = { 0 };

	(void)state;
	assert_int_equal(ipv4_parse(p, datagram("frag4_first", p), &h), IPV4_OK);
	assert_true(ipv4_is_fragment(&h) && h.mf && h.frag_off == 0 && h.id == 0x77);
	ipv4_emit(out, &h);
	assert_memory_equal(out, p, sizeof out);
	assert_int_equal(ipv4_parse(p, datagram("frag4_last", p), &h), IPV4_OK);
	assert_true(ipv4_is_fragment(&h) && !h.mf && h.frag_off == 32);
	ipv4_emit(out, &h);
	assert_memory_equal(out, p, sizeof out);
}

/* Whatever the fields, and in every combination of flags. */
static void parse_of_emit(void **state)
{
	uint8_t p[1500] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 4096; i++) {
		struct ipv4_hdr h = {
			.ihl = (uint8_t)(5 + i % 11), .tos = (uint8_t)(i * 7), .total_len = 1480,
			.id = (uint16_t)(i * 331), .rf = i & 1, .df = i & 2,
			.frag_off = (uint16_t)(i % 1000 * 8), .ttl = (uint8_t)i, .proto = (uint8_t)(i >> 4),
			.src = ipaddr_from4(i * 2654435761u), .dst = ipaddr_from4(~i),
		}, back = { 0 };

		h.mf = i & 4 && ipv4_payload_len(&h) % 8 == 0;
		ipv4_emit(p, &h);
		ipv4_set_checksum(p);
		h.checksum = be16_load(p + 10);
		assert_int_equal(ipv4_parse(p, sizeof p, &back), IPV4_OK);
		assert_true(back.ihl == h.ihl && back.tos == h.tos && back.total_len == 1480);
		assert_true(back.id == h.id && back.rf == h.rf && back.df == h.df && back.mf == h.mf);
		assert_true(back.frag_off == h.frag_off && back.ttl == h.ttl);
		assert_true(back.proto == h.proto && back.checksum == h.checksum);
		assert_true(ipaddr_eq(&back.src, &h.src) && ipaddr_eq(&back.dst, &h.dst));
	}
}

static enum ipv4_result changed(const uint8_t *p, size_t len, size_t at, uint8_t value, bool resum)
{
	uint8_t q[GOLDEN_MAX];
	struct ipv4_hdr h = { 0 };

	memcpy(q, p, len);
	q[at] = value;
	if (resum)
		ipv4_set_checksum(q);
	return ipv4_parse(q, len, &h);
}

/* RFC 1812 5.2.2, test by test, and what follows from it. */
static void the_validation_sequence(void **state)
{
	uint8_t p[GOLDEN_MAX], rr[GOLDEN_MAX];
	size_t len = datagram("udp4", p), rr_len = datagram("rr4", rr);
	struct ipv4_hdr h = { 0 };

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(ipv4_parse(p, cut, &h), cut < IPV4_HLEN ? IPV4_SHORT : IPV4_TRUNCATED);
	for (size_t cut = 0; cut < rr_len; cut++)
		assert_int_equal(ipv4_parse(rr, cut, &h), cut < 32 ? IPV4_SHORT : IPV4_TRUNCATED);
	assert_int_equal(changed(p, len, 0, 0x65, true), IPV4_BAD_VERSION);
	assert_int_equal(changed(p, len, 0, 0x44, true), IPV4_BAD_IHL);
	assert_int_equal(changed(p, len, 8, 63, false), IPV4_BAD_CHECKSUM);
	assert_int_equal(changed(p, len, 3, 19, true), IPV4_BAD_TOTAL_LEN);
	assert_int_equal(changed(p, len, 2, 0xff, true), IPV4_TRUNCATED);
	assert_int_equal(changed(p, len, 3, 20, true), IPV4_OK);
	/* 39 bytes total: 19 of payload cannot be the first of more; at the last offset none fits. */
	assert_int_equal(changed(p, len, 6, 0x20, true), IPV4_BAD_FRAGMENT);
	assert_int_equal(changed(p, len, 6, 0x1f, true), IPV4_OK);
	p[7] = 0xff;
	assert_int_equal(changed(p, len, 6, 0x1f, true), IPV4_BAD_FRAGMENT);
	p[3] = 20;
	assert_int_equal(changed(p, len, 6, 0x20, true), IPV4_BAD_FRAGMENT);
	for (int r = IPV4_SHORT; r <= IPV4_BAD_FRAGMENT; r++)
		assert_string_not_equal(ipv4_result_name(r), "ok");
}

/* Every bit of the header is under the checksum. */
static void a_flipped_bit_is_seen(void **state)
{
	uint8_t p[GOLDEN_MAX];
	size_t len = datagram("rr4", p);
	struct ipv4_hdr h = { 0 };

	(void)state;
	for (size_t bit = 0; bit < 32 * 8; bit++) {
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(ipv4_parse(p, len, &h), IPV4_OK);
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(ipv4_parse(p, len, &h), IPV4_OK);
}

static void ttl_counts_down_with_its_checksum(void **state)
{
	uint8_t p[IPV4_HLEN], want[IPV4_HLEN];

	(void)state;
	for (unsigned id = 0; id <= 0xffff; id++) {
		struct ipv4_hdr h = { .ihl = 5, .total_len = 20, .id = (uint16_t)id,
				      .ttl = (uint8_t)(id % 254 + 2), .proto = 17,
				      .src = ipaddr_from4(0x0a000001), .dst = ipaddr_from4(0x0a000002) };

		ipv4_emit(p, &h);
		ipv4_set_checksum(p);
		h.ttl--;
		ipv4_emit(want, &h);
		ipv4_set_checksum(want);
		ipv4_decrement_ttl(p);
		assert_memory_equal(p, want, sizeof p);
	}
}

static void options_are_walked(void **state)
{
	/* NOP, record route, router alert, loose and strict source route, timestamp, unknown, EOL */
	static const uint8_t opts[] = {
		1, 7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 9, 131, 3, 4, 137, 3, 4,
		68, 8, 5, 0x21, 0, 0, 0, 0, 30, 4, 0xaa, 0xbb, 0, 0x77,
	};
	static const uint8_t types[] = { 1, 7, 148, 131, 137, 68, 30 };
	static const uint8_t at[] = { 20, 21, 28, 32, 35, 38, 46 };
	uint8_t p[IPV4_HLEN + sizeof opts] = { 0x40 | sizeof p / 4 };
	struct ipv4_options it = ipv4_options(p);
	struct ipv4_opt opt;

	(void)state;
	memcpy(p + IPV4_HLEN, opts, sizeof opts);
	for (size_t i = 0; i < sizeof types; i++) {
		assert_int_equal(ipv4_options_next(&it, &opt), IPV4_OPT_ONE);
		assert_int_equal(opt.type, types[i]);
		assert_int_equal(opt.offset, at[i]);
		if (opt.type == IPV4_OPT_RR)
			assert_int_equal(opt.pointer, 4);
		if (opt.type == IPV4_OPT_ROUTER_ALERT)
			assert_int_equal(opt.alert, 9);
		if (opt.type == IPV4_OPT_TS)
			assert_true(opt.pointer == 5 && opt.overflow == 2 && opt.ts_flag == IPV4_TS_ADDR);
		if (opt.type == 30)
			assert_true(opt.len == 4 && opt.data[0] == 0xaa && opt.data[1] == 0xbb);
	}
	assert_int_equal(ipv4_options_next(&it, &opt), IPV4_OPT_END);
	assert_int_equal(ipv4_options_next(&it, &opt), IPV4_OPT_END);
}

static void bad_options_point_at_themselves(void **state)
{
	static const struct { uint8_t opt[4], pointer; } bad[] = {
		{ { 1, 1, 1, 7 }, 24 },         /* no room for a length */
		{ { 7, 0, 0, 0 }, 21 },         /* length 0 */
		{ { 7, 1, 0, 0 }, 21 },
		{ { 7, 5, 4, 0 }, 21 },         /* past the end */
		{ { 7, 2, 0, 0 }, 22 },         /* no pointer in it */
		{ { 7, 3, 3, 0 }, 22 },         /* pointer before the first slot */
		{ { 68, 4, 4, 0 }, 22 },
		{ { 68, 4, 5, 2 }, 22 },        /* no such flag */
		{ { 148, 3, 0, 0 }, 22 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint8_t p[24] = { 0x46 };
		struct ipv4_options it = ipv4_options(p);
		enum ipv4_opt_result r;
		struct ipv4_opt opt;

		memcpy(p + 20, bad[i].opt, 4);
		while ((r = ipv4_options_next(&it, &opt)) == IPV4_OPT_ONE)
			;
		assert_int_equal(r, IPV4_OPT_BAD);
		assert_int_equal(opt.offset, bad[i].pointer);
		assert_int_equal(ipv4_options_next(&it, &opt), IPV4_OPT_END);
	}
}

static void options_are_made(void **state)
{
	uint8_t p[GOLDEN_MAX], out[40], copied[40];
	static const uint8_t rr[] = { 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

	(void)state;
	datagram("alert4", p);
	ipv4_opt_emit_router_alert(out, 0);
	assert_memory_equal(out, p + IPV4_HLEN, 4);
	assert_int_equal(ipv4_opt_copied(p, copied), 4);
	assert_memory_equal(copied, out, 4);
	assert_int_equal(ipv4_opt_emit_record_route(out, 2), sizeof rr);
	assert_memory_equal(out, rr, sizeof rr);
	datagram("rr4", p);
	assert_int_equal(ipv4_opt_copied(p, copied), 0);
	/* A source route of seven bytes after a no-op: copied, and padded to eight. */
	memcpy(p + IPV4_HLEN, ((uint8_t[]){ 1, 131, 7, 4, 192, 0, 2, 1, 0, 0, 0, 0 }), 12);
	assert_int_equal(ipv4_opt_copied(p, copied), 8);
	assert_memory_equal(copied, ((uint8_t[]){ 131, 7, 4, 192, 0, 2, 1, 0 }), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header),
		cmocka_unit_test(fragments),
		cmocka_unit_test(parse_of_emit),
		cmocka_unit_test(the_validation_sequence),
		cmocka_unit_test(a_flipped_bit_is_seen),
		cmocka_unit_test(ttl_counts_down_with_its_checksum),
		cmocka_unit_test(options_are_walked),
		cmocka_unit_test(bad_options_point_at_themselves),
		cmocka_unit_test(options_are_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
