/* The IPv6 header and the walk over its extension headers. */
#include "tests/unit/wire_golden.h"
#include "wire/eth.h"
#include "wire/ipv6_ext.h"

static size_t packet(const char *name, uint8_t p[GOLDEN_MAX])
{
	uint8_t frame[GOLDEN_MAX];
	size_t len = golden_bytes(name, frame) - ETH_HLEN;

	memcpy(p, frame + ETH_HLEN, len);
	return len;
}

/* A packet 2001:db8::1 > ::2 whose payload is `hex`; returns its length. */
static size_t made(uint8_t *p, uint8_t next, const char *hex)
{
	struct ipv6_hdr h = { .next = next, .hop_limit = 64 };
	size_t len = hex_bytes(hex, p + IPV6_HLEN);

	assert_true(ipaddr_parse("2001:db8::1", &h.src) && ipaddr_parse("2001:db8::2", &h.dst));
	h.payload_len = (uint16_t)len;
	ipv6_emit(p, &h);
	return IPV6_HLEN + len;
}

static void header(void **state)
{
	uint8_t p[GOLDEN_MAX], out[IPV6_HLEN];
	size_t len = packet("udp6", p);
	struct ipaddr src, dst;
	struct ipv6_hdr h = { 0 };

	(void)state;
	assert_true(ipaddr_parse("2001:db8::1", &src) && ipaddr_parse("2001:db8::2", &dst));
	assert_int_equal(ipv6_parse(p, len, &h), IPV6_OK);
	assert_int_equal(h.tclass, 0xb8);
	assert_int_equal(h.flow, 0x12345);
	assert_int_equal(h.payload_len, len - 40);
	assert_int_equal(h.next, IPPROTO_UDP);
	assert_int_equal(h.hop_limit, 64);
	assert_true(ipaddr_eq(&h.src, &src) && ipaddr_eq(&h.dst, &dst));
	ipv6_emit(out, &h);
	assert_memory_equal(out, p, sizeof out);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(ipv6_parse(p, cut, &h), cut < IPV6_HLEN ? IPV6_SHORT : IPV6_TRUNCATED);
	assert_int_equal(ipv6_parse(p, len + 6, &h), IPV6_OK);
	p[0] = 0x4b;
	assert_int_equal(ipv6_parse(p, len, &h), IPV6_BAD_VERSION);
}

static void mapped_addresses_are_refused(void **state)
{
	static const uint8_t mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	uint8_t p[GOLDEN_MAX];
	size_t len = packet("udp6", p);
	struct ipv6_hdr h = { 0 };

	(void)state;
	memcpy(p + 8, mapped, sizeof mapped);
	assert_int_equal(ipv6_parse(p, len, &h), IPV6_MAPPED_ADDRESS);
	len = packet("udp6", p);
	memcpy(p + 24, mapped, sizeof mapped);
	assert_int_equal(ipv6_parse(p, len, &h), IPV6_MAPPED_ADDRESS);
}

static void no_extension(void **state)
{
	uint8_t p[GOLDEN_MAX];
	size_t len = packet("udp6", p);
	struct ipv6_ext x;

	(void)state;
	assert_false(ipv6_has_ext(p[6]));
	assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_OK);
	assert_true(x.proto == IPPROTO_UDP && x.l4_off == 40 && x.next_off == 6 && x.count == 0);
}

static void hop_by_hop_with_router_alert(void **state)
{
	uint8_t p[GOLDEN_MAX], out[IPV6_HBH_ALERT_LEN];
	size_t len = packet("hbh6", p);
	struct ipv6_ext x;

	(void)state;
	assert_true(ipv6_has_ext(p[6]));
	assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_OK);
	assert_true(x.hbh_off == 40 && x.router_alert && x.alert == 0 && x.count == 1);
	assert_true(x.proto == IPPROTO_ICMPV6 && x.l4_off == 48 && x.next_off == 40);
	assert_int_equal(x.opt_action, IPV6_OPT_SKIP);
	ipv6_hbh_alert_emit(out, IPPROTO_ICMPV6, 0);
	assert_memory_equal(out, p + 40, sizeof out);
}

static void fragment_headers(void **state)
{
	uint8_t p[GOLDEN_MAX], out[IPV6_FRAG_LEN];
	size_t len = packet("frag6_first", p);
	struct ipv6_frag f;
	struct ipv6_ext x;

	(void)state;
	assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_OK);
	assert_true(x.frag_off == 40 && x.frag_next_off == 6 && x.frag.mf && x.frag.offset == 0);
	assert_true(x.frag.id == 0x12345678 && x.proto == IPPROTO_UDP && x.l4_off == 48);
	ipv6_frag_emit(out, &x.frag);
	assert_memory_equal(out, p + 40, sizeof out);
	len = packet("frag6_last", p);
	assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_OK);
	assert_true(!x.frag.mf && x.frag.offset == 32 && x.l4_off == 48);
	ipv6_frag_emit(out, &x.frag);
	assert_memory_equal(out, p + 40, sizeof out);
	assert_true(ipv6_frag_parse(out, 8, &f) && f.offset == 32 && f.next == IPPROTO_UDP);
	assert_false(ipv6_frag_parse(out, 7, &f));
}

/* Hop-by-hop, destination, routing, fragment, destination, then UDP. */
static void a_long_chain(void **state)
{
	uint8_t p[GOLDEN_MAX];
	size_t len = made(p, 0, "3c00 1e01 0001 0000  2b00 0104 0000 0000  2c02 0401 00000000"
				"20010db8000000000000000000000009  3c00 0000 00000007"
				"1101 010c 0000000000000000 00000000  0001 0002 0008 ffff");
	struct ipv6_ext x;

	(void)state;
	assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_OK);
	assert_int_equal(x.count, 5);
	assert_int_equal(x.hbh_off, 40);
	assert_int_equal(x.routing_off, 56);
	assert_int_equal(x.routing_type, 4);
	assert_int_equal(x.segments_left, 1);
	assert_int_equal(x.frag_off, 80);
	assert_int_equal(x.frag_next_off, 56);
	assert_int_equal(x.frag.id, 7);
	assert_int_equal(x.dest_off, 88);
	assert_int_equal(x.next_off, 88);
	assert_int_equal(x.proto, IPPROTO_UDP);
	assert_int_equal(x.l4_off, 104);
	for (size_t cut = 40; cut < 104; cut++)
		assert_int_equal(ipv6_ext_walk(p, cut, &x), IPV6_EXT_TRUNCATED);
}

static void unknown_options_say_what_to_do(void **state)
{
	uint8_t p[GOLDEN_MAX];
	struct ipv6_ext x;

	(void)state;
	for (unsigned action = 0; action < 4; action++) {
		size_t len = made(p, 0, "3b00 1e02 0000 0100");

		p[42] = (uint8_t)(action << 6 | 0x1e);
		assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_OK);
		assert_int_equal(x.opt_action, action);
		assert_int_equal(x.opt_off, action ? 42 : 0);
		assert_true(x.opt_in_hbh == (action != 0));
		assert_int_equal(x.proto, IPPROTO_NONE);
		/* The same in destination options; there a router alert is unknown, too. */
		p[6] = IPPROTO_DSTOPTS;
		assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_OK);
		assert_true(x.opt_action == action && !x.opt_in_hbh && !x.router_alert);
	}
}

static void jumbograms(void **state)
{
	uint8_t p[GOLDEN_MAX];
	size_t len = made(p, 0, "3b00 c204 00010000");
	struct ipv6_ext x;

	(void)state;
	assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_BAD_JUMBO);
	assert_int_equal(x.pointer, 42);                /* a payload length besides it */
	be16_store(p + 4, 0);
	assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_OK);
	assert_int_equal(x.jumbo_len, 65536);
	be32_store(p + 44, 65535);
	assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_BAD_JUMBO);
	assert_int_equal(x.pointer, 44);
	p[42] = IPV6_OPT_PADN;                          /* length 0, and no jumbo option */
	assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_BAD_JUMBO);
	assert_int_equal(x.pointer, 4);
	len = made(p, 0, "2c00 c204 00010000 3b00 0000 00000001");
	be16_store(p + 4, 0);
	assert_int_equal(ipv6_ext_walk(p, len, &x), IPV6_EXT_BAD_JUMBO);
	assert_int_equal(x.pointer, 48);
}

static void bad_chains_are_refused(void **state)
{
	static const struct {
		const char *hex;
		uint8_t next;
		enum ipv6_ext_result want;
		uint16_t pointer;
	} bad[] = {
		{ "0000 0104 00000000  3b00 0104 00000000", 60, IPV6_EXT_HBH_NOT_FIRST, 40 },
		{ "0000 0104 00000000  3b00 0104 00000000", 0, IPV6_EXT_HBH_NOT_FIRST, 40 },
		{ "3b00 0105 00000000", 0, IPV6_EXT_BAD_OPTION, 42 },
		{ "3b00 0000 0000 001e", 0, IPV6_EXT_BAD_OPTION, 47 },
		{ "3b00 0501 00 010100", 0, IPV6_EXT_BAD_OPTION, 43 },
		{ "3b00 c202 0000 0100", 0, IPV6_EXT_BAD_OPTION, 43 },
		{ "3b02 0002 00000000 00000000000000000000000000000000", 43, IPV6_EXT_BAD_ROUTING, 43 },
		{ "1100 0001 00000001 00010002000900000000000000", 44, IPV6_EXT_BAD_FRAGMENT, 4 },
		{ "1100 fff8 00000001 0001000200090000", 44, IPV6_EXT_BAD_FRAGMENT, 42 },
		{ "1100 0001 00000001", 44, IPV6_EXT_FIRST_INCOMPLETE, 0 },
		{ "0600 0001 00000001 0001000200000000 0000000000000000", 44,
		  IPV6_EXT_FIRST_INCOMPLETE, 0 },
		{ "3c00 0001 00000001 1101 010c 00000000", 44, IPV6_EXT_FIRST_INCOMPLETE, 0 },
	};
	uint8_t p[GOLDEN_MAX];
	struct ipv6_ext x;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		enum ipv6_ext_result r = ipv6_ext_walk(p, made(p, bad[i].next, bad[i].hex), &x);

		if (r != bad[i].want || x.pointer != bad[i].pointer)
			fail_msg("%s: %s at %u", bad[i].hex, ipv6_ext_result_name(r), x.pointer);
	}
}

static void a_second_fragment_header_ends_the_walk(void **state)
{
	uint8_t p[GOLDEN_MAX];
	struct ipv6_ext x;

	(void)state;
	assert_int_equal(ipv6_ext_walk(p, made(p, 44, "2c00000000000001 3b00000000000002"), &x),
			 IPV6_EXT_OK);
	assert_true(x.proto == IPPROTO_FRAGMENT && x.frag.id == 1 && x.l4_off == 48);
}

static void count_and_length_are_bounded(void **state)
{
	static uint8_t p[8192];
	struct ipv6_hdr h = { .next = IPPROTO_DSTOPTS, .payload_len = 8000 };
	struct ipv6_ext x;

	(void)state;
	ipv6_emit(p, &h);
	for (size_t at = IPV6_HLEN; at < sizeof p; at += 8)
		memcpy(p + at, ((uint8_t[]){ IPPROTO_DSTOPTS, 0, 1, 4, 0, 0, 0, 0 }), 8);
	assert_int_equal(ipv6_ext_walk(p, 8040, &x), IPV6_EXT_TOO_MANY);
	assert_int_equal(x.count, IPV6_EXT_MAX);
	p[IPV6_HLEN + 1] = 160;                         /* 1288 bytes, all of them Pad1 */
	memset(p + IPV6_HLEN + 2, 0, 1286);
	assert_int_equal(ipv6_ext_walk(p, 8040, &x), IPV6_EXT_TOO_LONG);
	p[IPV6_HLEN + 1] = 8;                           /* 35 options of two bytes */
	for (size_t i = 0; i < 70; i += 2)
		p[IPV6_HLEN + 2 + i] = 0x1e;
	assert_int_equal(ipv6_ext_walk(p, 8040, &x), IPV6_EXT_TOO_MANY);
	assert_int_equal(x.pointer, IPV6_HLEN + 2 + 2 * IPV6_OPT_MAX);
}

/* Any length of options comes out padded to eight, and is walked again. */
static void options_are_padded(void **state)
{
	uint8_t opts[64] = { 0 }, p[GOLDEN_MAX];
	struct ipv6_hdr h = { .next = IPPROTO_DSTOPTS };
	struct ipv6_ext x;

	(void)state;
	for (size_t n = 2; n < sizeof opts; n++) {
		size_t len;

		opts[0] = 0x1e;
		opts[1] = (uint8_t)(n - 2);
		len = ipv6_options_emit(p + IPV6_HLEN, IPPROTO_NONE, opts, n);
		assert_true(len % 8 == 0 && len >= n + 2 && len < n + 10);
		h.payload_len = (uint16_t)len;
		ipv6_emit(p, &h);
		assert_int_equal(ipv6_ext_walk(p, IPV6_HLEN + len, &x), IPV6_EXT_OK);
		assert_int_equal(x.l4_off, IPV6_HLEN + len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header),
		cmocka_unit_test(mapped_addresses_are_refused),
		cmocka_unit_test(no_extension),
		cmocka_unit_test(hop_by_hop_with_router_alert),
		cmocka_unit_test(fragment_headers),
		cmocka_unit_test(a_long_chain),
		cmocka_unit_test(unknown_options_say_what_to_do),
		cmocka_unit_test(jumbograms),
		cmocka_unit_test(bad_chains_are_refused),
		cmocka_unit_test(a_second_fragment_header_ends_the_walk),
		cmocka_unit_test(count_and_length_are_bounded),
		cmocka_unit_test(options_are_padded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
