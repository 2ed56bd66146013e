/* ICMP errors as they are made: who says what about whom, and who must not. */
#include "tests/unit/icmp_made.h"

#include "wire/quote.h"

static void test_protocol_unreachable(void **state)
{
	const struct ipaddr *dst[] = {&pair.b4, &pair.b6};
	struct quote q;
	unsigned last;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t hlen = i ? IPV6_HLEN : IPV4_HLEN, most = i ? 1280 : 576;

		assert_int_equal(pair_send(dst[i], PAIR_PROTO, 1400, 33, IP_PMTU_DONT), 0);
		pair_run(vtime_s(1));
		assert_int_equal(pair.errors, i + 1);
		assert_true(ipaddr_eq(&pair.error.offender, dst[i]));
		assert_int_equal(pair.error.err, i ? EPROTO : ENOPROTOOPT);
		assert_true(pair.error.hard);
		assert_int_equal(pair.error.ttl, 64);
		assert_int_equal(pair.error.l4_len, most - 2 * hlen - 8);
		expect_pattern(pair.quoted, pair.error.l4_len);

		assert_int_equal(icmp_count(&last), i + 1);
		const uint8_t *ip = pair.frames.at[last].bytes;
		assert_int_equal(pair.frames.at[last].len, most);
		assert_int_equal(i ? be16_load(ip) >> 4 & 0xff : ip[1], i ? 0 : 0xc0);
		assert_true(i ? icmp6_checksum_ok(&pair.b6, &pair.a6, ip + hlen, most - hlen)
			      : icmp4_checksum_ok(ip + hlen, most - hlen));
		if (i) /* it points at the Next Header byte */
			assert_int_equal(be32_load(ip + hlen + 4), 6);
		assert_true(quote_parse(ip + hlen + 8, most - hlen - 8, &q));
		assert_int_equal(q.ttl, 33);
		assert_int_equal(q.len, hlen + 1400);
	}
}

/* The lowest precedence bits come along: RT_TOS(tos) | internetwork control. */
static void test_tos(void **state)
{
	struct made m = make(&pair.a4, &pair.b4, PAIR_PROTO, "12345678", 8);
	unsigned last;

	(void)state;
	inject(pair.bi, &m);
	pair_run(vtime_s(1));
	assert_int_equal(icmp_count(&last), 1);
	assert_int_equal(pair.frames.at[last].bytes[1], 0xdc);
}

/* The error comes from the address that was spoken to, though another would be chosen. */
static void test_source(void **state)
{
	struct ipaddr four = addr_of("10.0.0.77"), six = addr_of("fd00::77");
	const struct ipaddr *dst[] = {&four, &six};

	(void)state;
	assert_int_equal(ip_addr_add(pair.bi, &four, IPADDR_V4_BITS + 24), 0);
	assert_int_equal(ip_addr_add(pair.bi, &six, 64), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(pair_send(dst[i], PAIR_PROTO, 20, 0, IP_PMTU_DONT), 0);
		pair_run(vtime_s(1));
		assert_int_equal(pair.errors, i + 1);
		assert_true(ipaddr_eq(&pair.error.offender, dst[i]));
	}
}

/* On the way: TTL, no route, nobody there. The quote has the TTL with which it came. */
static void test_from_router(void **state)
{
	static const struct {
		const char *dst;
		uint8_t ttl, quoted_ttl, type, code;
		int err;
	} cases[] = {
		{"10.1.0.9", 1, 1, ICMP4_TIME_EXCEEDED, 0, EHOSTUNREACH},
		{"fd01::9", 1, 1, ICMP6_MSG_TIME_EXCEEDED, 0, EHOSTUNREACH},
		{"172.16.0.1", 5, 5, ICMP4_DESTINATION_UNREACHABLE, ICMP4_NET_UNREACHABLE,
		 ENETUNREACH},
		{"2001:db8::1", 5, 5, ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_NO_ROUTE,
		 ENETUNREACH},
		{"10.1.0.9", 5, 5, ICMP4_DESTINATION_UNREACHABLE, ICMP4_HOST_UNREACHABLE,
		 EHOSTUNREACH},
		{"fd01::9", 5, 5, ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE,
		 EHOSTUNREACH},
	};
	unsigned last;

	(void)state;
	make_router();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipaddr dst = addr_of(cases[i].dst);
		bool ip4 = ipaddr_is4(&dst);
		struct quote q;

		assert_int_equal(pair_send(&dst, PAIR_PROTO, 100, cases[i].ttl, IP_PMTU_DONT), 0);
		pair_run(vtime_s(10));
		assert_int_equal(pair.errors, i + 1);
		assert_int_equal(pair.error.type, cases[i].type);
		assert_int_equal(pair.error.code, cases[i].code);
		assert_int_equal(pair.error.err, cases[i].err);
		assert_false(pair.error.hard);
		assert_true(ipaddr_eq(&pair.error.dst, &dst));
		assert_true(ipaddr_eq(&pair.error.offender, ip4 ? &pair.b4 : &pair.b6));
		expect_pattern(pair.quoted, 100);
		icmp_count(&last);
		const uint8_t *quoted = pair.frames.at[last].bytes + (ip4 ? 28 : 48);
		assert_true(quote_parse(quoted, 100, &q));
		assert_int_equal(q.ttl, cases[i].quoted_ttl);
		if (ip4)
			assert_int_equal(ipv4_header_sum(quoted, 5), 0);
	}
}

/* A quoted checksum is right although nobody had asked for it before. */
static void test_quote_checksum(void **state)
{
	struct ip_flow f = {.dst = pair.b4, .proto = PAIR_PROTO};
	struct packet *p = ip_packet_new(pair.a, true);
	struct ip_path path;

	(void)state;
	iface_tap_remove(&pair.ai->link, &pair.frames.tap);
	assert_int_equal(ip_path(pair.a, &f, &path), 0);
	memcpy(packet_put(p, 6), "\x01\x02\x00\x00\x07\x08", 6);
	packet_copy_in(p, "some data", 9);
	p->csum_at = (uint16_t)(p->l4 + 2);
	p->flags |= PACKET_CSUM;
	assert_int_equal(ip_send(pair.a, p, &f, &path), 0);
	pair_run(vtime_s(1));
	assert_int_equal(pair.errors, 1);
	assert_int_equal(pair.error.l4_len, 15);
	assert_int_equal(csum_fold(csum_partial(pair.quoted, 15, 0)), 0);
	iface_tap_add(&pair.ai->link, &pair.frames.tap);
}

/* What b would say about a packet that came in by its interface: how many messages come to a. */
static unsigned said_about(const struct made *m, uint8_t flags, enum icmp_problem problem,
			   uint32_t arg)
{
	struct packet *p = packet_new(pair.world);
	unsigned last, before = icmp_count(&last);

	packet_copy_in(p, m->bytes, m->len);
	assert_true(packet_pull(p, p->l3, m->bytes[0] >> 4 == 4 ? IPV4_HLEN : IPV6_HLEN));
	p->in = &pair.bi->link;
	p->ttl = 9;
	p->flags |= flags;
	icmp_error(pair.b, p, problem, arg);
	packet_free(p);
	pair_run(vtime_s(10)); /* tokens for the next one */
	return icmp_count(&last) - before;
}

/* RFC 1122 3.2.2 */
static void test_must_not4(void **state)
{
	static const char *const no_host[] = {"0.0.0.0", "127.0.0.1", "224.0.0.5",
					      "255.255.255.255", "10.0.0.255", "240.0.0.1"};
	static const char *const groups[] = {"224.0.0.1", "255.255.255.255", "10.0.0.255"};
	struct made fine = make(&pair.a4, &pair.b4, PAIR_PROTO, "12345678", 8), m;
	struct prefix all = prefix_make(&ipaddr_any4, IPADDR_V4_BITS);
	uint8_t udp[8] = {0};

	(void)state;
	/* There is a way to everyone: who is not answered could have been. */
	assert_int_equal(route_add(pair.b, &all, ROUTE_UNICAST, &pair.a4, NULL, 0, 0, ROUTE_STATIC),
			 0);
	assert_int_equal(said_about(&fine, 0, ICMP_NO_PORT, 0), 1);
	assert_int_equal(said_about(&fine, PACKET_BROADCAST, ICMP_NO_PORT, 0), 0);
	m = fine;
	be16_store(m.bytes + 6, 0x2000); /* the first fragment may be talked about */
	assert_int_equal(said_about(&m, 0, ICMP_NO_PORT, 0), 1);
	be16_store(m.bytes + 6, 0x2001);
	assert_int_equal(said_about(&m, 0, ICMP_NO_PORT, 0), 0);
	for (unsigned i = 0; i < sizeof(no_host) / sizeof(no_host[0]); i++) {
		struct ipaddr src = addr_of(no_host[i]);

		m = make(&src, &pair.b4, IPPROTO_UDP, udp, 8);
		assert_int_equal(said_about(&m, 0, ICMP_NO_PORT, 0), 0);
		assert_int_equal(pair.b->originated, 2);
	}
	for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct ipaddr dst = addr_of(groups[i]);

		m = make(&pair.a4, &dst, IPPROTO_UDP, udp, 8);
		assert_int_equal(said_about(&m, 0, ICMP_NO_PORT, 0), 0);
		assert_int_equal(said_about(&m, 0, ICMP_TOO_BIG, 500), 0);
	}
	/* Errors about errors; but an echo request or reply is none. */
	static const uint8_t types[] = {0, 3, 4, 5, 8, 11, 12};
	for (unsigned i = 0; i < sizeof(types); i++) {
		m = make_icmp(&pair.a4, &pair.b4, types[i], 0, 0, NULL, 0);
		assert_int_equal(said_about(&m, 0, ICMP_TTL, 0), types[i] == 0 || types[i] == 8);
	}
}

/* RFC 4443 2.4 e */
static void test_must_not6(void **state)
{
	struct made fine = make(&pair.a6, &pair.b6, PAIR_PROTO, "12345678", 8), m;
	uint8_t options[8] = {PAIR_PROTO, 0, 0x80, 4}; /* discard and tell, even about groups */
	struct ipaddr any = ipaddr_any6, group = ipaddr_all_nodes6;

	(void)state;
	assert_int_equal(said_about(&fine, 0, ICMP_NO_PORT, 0), 1);
	assert_int_equal(said_about(&fine, PACKET_BROADCAST, ICMP_NO_PORT, 0), 0);
	assert_int_equal(said_about(&fine, PACKET_BROADCAST, ICMP_TOO_BIG, 1280), 1);
	m = make(&any, &pair.b6, PAIR_PROTO, "12345678", 8);
	assert_int_equal(said_about(&m, 0, ICMP_NO_PORT, 0), 0);
	m = make(&group, &pair.b6, PAIR_PROTO, "12345678", 8);
	assert_int_equal(said_about(&m, 0, ICMP_NO_PORT, 0), 0);
	m = make(&pair.a6, &group, PAIR_PROTO, "12345678", 8);
	assert_int_equal(said_about(&m, 0, ICMP_NO_PORT, 0), 0);
	assert_int_equal(said_about(&m, 0, ICMP_TOO_BIG, 1280), 1);

	m = make(&pair.a6, &group, IPPROTO_DSTOPTS, options, 8);
	assert_int_equal(said_about(&m, 0, ICMP_BAD_OPTION, IPV6_HLEN + 2), 1);
	options[2] = 0xc0; /* not about groups */
	m = make(&pair.a6, &group, IPPROTO_DSTOPTS, options, 8);
	assert_int_equal(said_about(&m, 0, ICMP_BAD_OPTION, IPV6_HLEN + 2), 0);
	m = make(&pair.a6, &pair.b6, IPPROTO_DSTOPTS, options, 8);
	assert_int_equal(said_about(&m, 0, ICMP_BAD_OPTION, IPV6_HLEN + 2), 1);

	static const uint8_t types[] = {1, 2, 3, 4, 100, 127, 128, 129, 135, 137};
	for (unsigned i = 0; i < sizeof(types); i++) {
		m = make_icmp(&pair.a6, &pair.b6, types[i], 0, 0, NULL, 0);
		assert_int_equal(said_about(&m, 0, ICMP_TTL, 0),
				 types[i] >= 128 && types[i] != ICMP6_MSG_REDIRECT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_protocol_unreachable),
		TEST(test_tos),
		TEST(test_source),
		TEST(test_from_router),
		TEST(test_quote_checksum),
		TEST(test_must_not4),
		TEST(test_must_not6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
