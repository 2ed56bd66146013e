/* ICMPv6 and neighbour discovery: golden bytes, options, refusals, the receiver's checks. */
#include "tests/unit/wire_golden.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/ipv6.h"
#include "wire/quote.h"

enum { AT = ETH_HLEN + IPV6_HLEN };

struct msg {
	uint8_t frame[GOLDEN_MAX];
	uint8_t *p;                     /* the message */
	size_t len;
	const uint8_t *body;            /* after the fixed part */
	size_t body_len;
	struct ipv6_hdr ip;
	struct icmp6 m;
};

/* The named frame's message; checked to be emitted as the same bytes, checksum included. */
static void load(struct msg *g, const char *name)
{
	uint8_t out[ICMP6_MAX_HLEN];
	size_t hlen;

	g->len = golden_bytes(name, g->frame) - AT;
	g->p = g->frame + AT;
	assert_int_equal(ipv6_parse(g->frame + ETH_HLEN, g->len + IPV6_HLEN, &g->ip), IPV6_OK);
	assert_int_equal(icmp6_parse(g->p, g->len, &g->m), ICMP6_OK);
	hlen = icmp6_hlen((uint8_t)g->m.type);
	g->body = g->p + hlen;
	g->body_len = g->len - hlen;
	assert_int_equal(icmp6_emit(out, &g->m), hlen);
	assert_memory_equal(out, g->p, hlen);
	assert_true(icmp6_checksum_ok(&g->ip.src, &g->ip.dst, g->p, g->len));
	assert_int_equal(icmp6_checksum(&g->ip.src, &g->ip.dst, &g->m, g->body_len,
					csum_partial(g->body, g->body_len, 0)), g->m.checksum);
	for (size_t cut = 0; cut < hlen; cut++)
		assert_int_equal(icmp6_parse(g->p, cut, &g->m), ICMP6_SHORT);
	assert_int_equal(icmp6_parse(g->p, g->len, &g->m), ICMP6_OK);
}

static enum nd_check check(const struct msg *g)
{
	return nd_check(&g->ip.src, &g->ip.dst, g->ip.hop_limit, &g->m, g->body, g->body_len);
}

static struct ipaddr addr(const char *text)
{
	struct ipaddr a;

	assert_true(ipaddr_parse(text, &a));
	return a;
}

static bool is(const struct ipaddr *a, const char *text)
{
	struct ipaddr b = addr(text);

	return ipaddr_eq(a, &b);
}

static void echo(void **state)
{
	struct msg g;

	(void)state;
	load(&g, "echo6");
	assert_true(g.m.type == ICMP6_MSG_ECHO_REQUEST && g.m.echo.id == 0x1234 && g.m.echo.seq == 1);
	load(&g, "echo6_reply");
	assert_int_equal(g.m.type, ICMP6_MSG_ECHO_REPLY);
	assert_false(icmp6_is_error((uint8_t)g.m.type) || icmp6_is_nd((uint8_t)g.m.type));
}

static void errors_and_their_quotes(void **state)
{
	struct msg g;
	struct quote q;

	(void)state;
	load(&g, "toobig6");
	assert_true(g.m.type == ICMP6_MSG_PACKET_TOO_BIG && g.m.mtu == 1280);
	assert_true(icmp6_is_error((uint8_t)g.m.type));
	assert_true(quote_parse(g.body, g.body_len, &q));
	assert_true(!q.v4 && q.len == 1448 && q.l4_len == 24 && q.sport == 40000 && q.dport == 9000);
	assert_true(is(&q.src, "2001:db8::1") && is(&q.dst, "2001:db8::2"));

	load(&g, "ttl6");
	assert_true(g.m.type == ICMP6_MSG_TIME_EXCEEDED && g.m.code == ICMP6_HOP_LIMIT_EXCEEDED);
	load(&g, "port6");
	assert_int_equal(g.m.code, ICMP6_PORT_UNREACHABLE);
	load(&g, "param6");
	assert_true(g.m.code == ICMP6_UNKNOWN_NEXT_HEADER && g.m.pointer == 6);

	load(&g, "ttl6");               /* an RFC 4884 length, in words of eight bytes */
	g.p[4] = 6;
	assert_int_equal(icmp6_parse(g.p, g.len, &g.m), ICMP6_OK);
	assert_int_equal(icmp6_quote_len(&g.m, g.body_len), 48);
	g.p[4] = 7;
	assert_int_equal(icmp6_parse(g.p, g.len, &g.m), ICMP6_BAD_QUOTE_LEN);
}

/* A quote behind a hop-by-hop and a fragment header, cut at every byte. */
static void quotes_with_extension_headers(void **state)
{
	uint8_t p[GOLDEN_MAX];
	struct ipv6_hdr h = { .next = 0, .payload_len = 1448, .src = addr("2001:db8::1"),
			      .dst = addr("2001:db8::2") };
	struct quote q;
	size_t len = 40 + hex_bytes("2c00 0502 0000 0100  1100 0001 00000009  9c40 2328 0600 0000",
				    p + 40);

	(void)state;
	ipv6_emit(p, &h);
	for (size_t cut = 0; cut <= len; cut++) {
		assert_int_equal(quote_parse(p, cut, &q), cut >= 40);
		assert_int_equal(q.has_ports, cut >= 60);
		if (cut >= 56)
			assert_int_equal(q.proto, IPPROTO_UDP);
		assert_int_equal(q.l4_len, cut > 56 ? cut - 56 : 0);
	}
	assert_true(q.sport == 40000 && q.dport == 9000);
}

static void neighbor_solicitation(void **state)
{
	struct nd_opt opt;
	struct msg g;

	(void)state;
	load(&g, "ns");
	assert_true(g.m.type == ICMP6_MSG_NEIGHBOR_SOLICITATION);
	assert_true(is(&g.m.ns.target, "fe80::ff:fe00:2"));
	assert_true(nd_opt_find(g.body, g.body_len, ND_OPT_SLLA, &opt));
	assert_int_equal(opt.lla.b[5], 1);
	assert_false(nd_opt_find(g.body, g.body_len, ND_OPT_TLLA, &opt));
	assert_int_equal(check(&g), ND_VALID);
	g.ip.hop_limit = 254;
	assert_int_equal(check(&g), ND_BAD_HOP_LIMIT);
	g.ip.hop_limit = 255;
	g.ip.src = ipaddr_any6;
	assert_int_equal(check(&g), ND_SLLA_FROM_ANY);
	g.ip.dst = addr("ff02::1");
	assert_int_equal(check(&g), ND_BAD_DAD_DESTINATION);

	load(&g, "dad");
	assert_int_equal(check(&g), ND_VALID);
}

static void neighbor_advertisement(void **state)
{
	struct nd_opt opt;
	struct msg g;

	(void)state;
	load(&g, "na");
	assert_true(!g.m.na.router && g.m.na.solicited && g.m.na.override);
	assert_true(is(&g.m.na.target, "fe80::ff:fe00:2"));
	assert_true(nd_opt_find(g.body, g.body_len, ND_OPT_TLLA, &opt) && opt.lla.b[5] == 2);
	assert_int_equal(check(&g), ND_VALID);
	g.ip.dst = addr("ff02::1");
	assert_int_equal(check(&g), ND_SOLICITED_MULTICAST);
	g.m.na.solicited = false;
	assert_int_equal(check(&g), ND_VALID);
}

static void router_discovery(void **state)
{
	struct nd_opt opt;
	struct msg g;

	(void)state;
	load(&g, "rs");
	assert_int_equal(check(&g), ND_VALID);
	g.ip.src = ipaddr_any6;
	assert_int_equal(check(&g), ND_SLLA_FROM_ANY);

	load(&g, "ra");
	assert_true(g.m.ra.hop_limit == 64 && g.m.ra.lifetime == 1800);
	assert_true(!g.m.ra.managed && !g.m.ra.other && g.m.ra.preference == ND_PREF_HIGH);
	assert_true(g.m.ra.reachable_ms == 0 && g.m.ra.retrans_ms == 0);
	assert_true(nd_opt_find(g.body, g.body_len, ND_OPT_LINK_MTU, &opt) && opt.mtu == 1492);
	assert_true(nd_opt_find(g.body, g.body_len, ND_OPT_PREFIX, &opt));
	assert_true(is(&opt.prefix.prefix.addr, "2001:db8::") && opt.prefix.prefix.len == 64);
	assert_true(opt.prefix.on_link && opt.prefix.autonomous);
	assert_true(opt.prefix.valid == 86400 && opt.prefix.preferred == 14400);
	assert_int_equal(check(&g), ND_VALID);
	g.ip.src = addr("2001:db8::fe");
	assert_int_equal(check(&g), ND_BAD_SOURCE);
	g.p[5] = 0x10;                  /* the reserved preference reads as medium (RFC 4191 2.2) */
	assert_int_equal(icmp6_parse(g.p, g.len, &g.m), ICMP6_OK);
	assert_int_equal(g.m.ra.preference, ND_PREF_MEDIUM);
}

/* All that a router can say (RFC 4861, 4191, 8106), as scapy wrote it and tshark reads it. */
static void router_options(void **state)
{
	struct nd_opt opt, again;
	uint8_t out[256];
	char name[ND_DOMAIN_TEXT];
	struct rcursor c;
	struct ipaddr a;
	struct msg g;
	size_t n = 0;

	(void)state;
	load(&g, "ra_options");
	assert_true(g.m.ra.managed && g.m.ra.other && g.m.ra.preference == ND_PREF_LOW);
	assert_true(g.m.ra.reachable_ms == 30000 && g.m.ra.retrans_ms == 500);
	assert_true(nd_opt_find(g.body, g.body_len, ND_OPT_PREFIX, &opt));
	assert_true(opt.prefix.valid == 7200 && opt.prefix.preferred == 0);

	assert_true(nd_opt_find(g.body, g.body_len, ND_OPT_ROUTE, &opt) && !opt.malformed);
	assert_true(is(&opt.route.prefix.addr, "2001:db8:5::") && opt.route.prefix.len == 48);
	assert_true(opt.route.preference == ND_PREF_HIGH && opt.route.lifetime == 600);
	again = nd_opt_route(&opt.route.prefix, ND_PREF_HIGH, 600);
	assert_int_equal(nd_opt_len(&again), 16);

	assert_true(nd_opt_find(g.body, g.body_len, ND_OPT_RDNSS, &opt) && !opt.malformed);
	assert_int_equal(nd_opt_servers(&opt), 2);
	a = nd_opt_server(&opt, 1);
	assert_true(is(&a, "2001:db8::54") && opt.dns.lifetime == 600);

	assert_true(nd_opt_find(g.body, g.body_len, ND_OPT_DNSSL, &opt) && !opt.malformed);
	c = rcursor_make(opt.dns.data, opt.dns.len);
	assert_true(nd_domain_next(&c, name));
	assert_string_equal(name, "home.example");
	assert_true(nd_domain_next(&c, name));
	assert_string_equal(name, "lan.example");
	assert_false(nd_domain_next(&c, name) || c.error);

	/* Emitted again, the same bytes. */
	c = rcursor_make(g.body, g.body_len);
	while (nd_opt_next(&c, &opt) == ND_OPT_ONE)
		n += nd_opt_emit(out + n, &opt);
	assert_int_equal(n, g.body_len);
	assert_memory_equal(out, g.body, n);
}

/* RFC 4191 2.3, RFC 8106 5.3.1: what is wrong with these spoils nothing else. */
static void malformed_alone(void **state)
{
	static const char *const wrong[] = {
		"1801 0100 00000258",                     /* a bit of a prefix without room for it */
		"1802 4108 00000258 20010db800050000",    /* 65 bits in 8 bytes */
		"1802 3010 00000258 20010db800050000",    /* the reserved preference */
		"1804 3008 00000258 20010db8000500000000000000000000 0000000000000000",
		"1901 0000 00000258",                     /* no server */
		"1902 0000 00000258 20010db800000000",    /* half a server */
		"1f01 0000 00000258",                     /* no name */
		"1f02 0000 00000258 0000000000000000",    /* only padding */
		"1f02 0000 00000258 04686f6d65c00000",    /* a pointer */
		"1f02 0000 00000258 0a686f6d65000000",    /* longer than the option */
		"1f02 0000 00000258 0161000000000001",    /* something behind the padding */
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		uint8_t p[64], out[64];
		size_t len = hex_bytes(wrong[i], p);
		struct rcursor c = rcursor_make(p, len);
		struct nd_opt o;

		assert_int_equal(nd_opt_next(&c, &o), ND_OPT_ONE);
		if (!o.malformed)
			fail_msg("%s was taken", wrong[i]);
		assert_int_equal(nd_opt_emit(out, &o), len);
		assert_memory_equal(out, p, len);
		assert_int_equal(nd_opt_next(&c, &o), ND_OPT_END);
	}
}

/* RFC 1035 3.1: labels of 63 bytes, names of 255. */
static void domain_names(void **state)
{
	char longest[ND_DOMAIN_TEXT] = "", back[ND_DOMAIN_TEXT];
	uint8_t p[300];
	struct rcursor c;

	(void)state;
	for (int i = 0; i < 253; i++)
		longest[i] = i % 64 == 63 ? '.' : 'a';
	assert_int_equal(nd_domain_emit(p, sizeof p, longest), 255);
	c = rcursor_make(p, 255);
	assert_true(nd_domain_next(&c, back) && !nd_domain_next(&c, back) && !c.error);
	assert_int_equal(nd_domain_emit(p, 254, longest), 0);
	longest[253] = 'a';
	assert_int_equal(nd_domain_emit(p, sizeof p, longest), 0);
	assert_int_equal(nd_domain_emit(p, sizeof p, "a.b."), 5);
	assert_int_equal(nd_domain_emit(p, sizeof p, "a..b"), 0);
	assert_int_equal(nd_domain_emit(p, sizeof p, ""), 0);
}

static void redirect(void **state)
{
	struct nd_opt opt;
	struct quote q;
	struct msg g;

	(void)state;
	load(&g, "redirect6");
	assert_true(is(&g.m.redirect.target, "fe80::ff:fe00:2"));
	assert_true(is(&g.m.redirect.dst, "2001:db8:9::9"));
	assert_true(nd_opt_find(g.body, g.body_len, ND_OPT_REDIRECTED, &opt));
	assert_true(quote_parse(opt.body.data, opt.body.len, &q) && q.has_echo);
	assert_int_equal(check(&g), ND_VALID);
	g.ip.src = addr("2001:db8::fe");
	assert_int_equal(check(&g), ND_BAD_SOURCE);
	memcpy(g.p + 8, addr("2001:db8::77").b, 16);
	assert_int_equal(icmp6_parse(g.p, g.len, &g.m), ICMP6_BAD_TARGET);
	memcpy(g.p + 8, g.p + 24, 16);  /* target is the destination: it is on this link */
	assert_int_equal(icmp6_parse(g.p, g.len, &g.m), ICMP6_OK);
}

static void bad_targets_and_codes(void **state)
{
	static const char *const names[] = { "ns", "na" };
	struct msg g;

	(void)state;
	for (int i = 0; i < 2; i++) {
		load(&g, names[i]);
		memcpy(g.p + 8, ipaddr_all_nodes6.b, 16);
		assert_int_equal(icmp6_parse(g.p, g.len, &g.m), ICMP6_BAD_TARGET);
		memset(g.p + 8, 0, 16);
		assert_int_equal(icmp6_parse(g.p, g.len, &g.m), ICMP6_BAD_TARGET);
		memcpy(g.p + 8, ipaddr_loopback4.b, 16);
		assert_int_equal(icmp6_parse(g.p, g.len, &g.m), ICMP6_BAD_TARGET);
		load(&g, names[i]);
		g.p[1] = 1;
		assert_int_equal(icmp6_parse(g.p, g.len, &g.m), ICMP6_BAD_CODE);
	}
	load(&g, "echo6");
	for (int type = 0; type < 256; type++) {
		bool known = (type >= 1 && type <= 4) || type == 128 || type == 129 ||
			     (type >= 133 && type <= 137);

		g.p[0] = (uint8_t)type;
		if (!known)
			assert_int_equal(icmp6_parse(g.p, g.len, &g.m), ICMP6_UNKNOWN_TYPE);
		else
			assert_int_not_equal(icmp6_parse(g.p, g.len, &g.m), ICMP6_UNKNOWN_TYPE);
	}
}

static void options_round_trip(void **state)
{
	struct ipaddr net = addr("2001:db8:7::");
	const struct nd_opt opts[] = {
		{ .type = ND_OPT_SLLA, .lla = { { 2, 0, 0, 0, 0, 9 } } },
		{ .type = ND_OPT_TLLA, .lla = { { 2, 0, 0, 0, 0, 8 } } },
		{ .type = ND_OPT_PREFIX, .prefix = { prefix_make(&net, 48), true, false, 7, 5 } },
		{ .type = ND_OPT_LINK_MTU, .mtu = 9000 },
		{ .type = ND_OPT_REDIRECTED, .body = { (const uint8_t *)"0123456789", 10 } },
		{ .type = 200, .body = { (const uint8_t *)"abcdef", 6 } },
	};
	enum { COUNT = sizeof opts / sizeof *opts };
	uint8_t out[256];
	struct rcursor c;
	struct nd_opt o;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		size_t len = nd_opt_emit(out + n, &opts[i]);

		assert_true(len == nd_opt_len(&opts[i]) && len % 8 == 0);
		n += len;
	}
	c = rcursor_make(out, n);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(nd_opt_next(&c, &o), ND_OPT_ONE);
		assert_int_equal(o.type, opts[i].type);
		if (o.type == ND_OPT_SLLA || o.type == ND_OPT_TLLA)
			assert_true(mac_eq(&o.lla, &opts[i].lla));
		else if (o.type == ND_OPT_PREFIX)
			assert_true(prefix_eq(&o.prefix.prefix, &opts[i].prefix.prefix) &&
				    o.prefix.on_link && !o.prefix.autonomous &&
				    o.prefix.valid == 7 && o.prefix.preferred == 5);
		else if (o.type == ND_OPT_LINK_MTU)
			assert_int_equal(o.mtu, 9000);
		else
			assert_memory_equal(o.body.data, opts[i].body.data, opts[i].body.len);
	}
	assert_int_equal(nd_opt_next(&c, &o), ND_OPT_END);
	for (size_t cut = 1; cut < n; cut++) {
		c = rcursor_make(out, cut);
		while (nd_opt_next(&c, &o) == ND_OPT_ONE)
			;
		assert_int_equal(c.error, cut != 8 && cut != 16 && cut != 48 && cut != 56 && cut != 80);
	}
}

static void bad_options_are_refused(void **state)
{
	static const char *const bad[] = {
		"01", "0100000000000000", "0102000000000000", "05 02 0000 000005dc 0000000000000000",
		"0101020000000009 00", "0303 4000 00000000 00000000 00000000 0000000000000000",
		"0304 81c0 00000001 00000001 00000000 20010db8000000000000000000000000",
		"0304 80c0 00000001 00000001 00000000 00000000000000000000ffff0a000001",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint8_t p[64];
		struct rcursor c = rcursor_make(p, hex_bytes(bad[i], p));
		enum nd_opt_result r;
		struct nd_opt o;

		while ((r = nd_opt_next(&c, &o)) == ND_OPT_ONE)
			;
		if (r != ND_OPT_BAD)
			fail_msg("%s was taken", bad[i]);
		assert_int_equal(nd_opt_next(&c, &o), ND_OPT_BAD);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo),
		cmocka_unit_test(errors_and_their_quotes),
		cmocka_unit_test(quotes_with_extension_headers),
		cmocka_unit_test(neighbor_solicitation),
		cmocka_unit_test(neighbor_advertisement),
		cmocka_unit_test(router_discovery),
		cmocka_unit_test(router_options),
		cmocka_unit_test(malformed_alone),
		cmocka_unit_test(domain_names),
		cmocka_unit_test(redirect),
		cmocka_unit_test(bad_targets_and_codes),
		cmocka_unit_test(options_round_trip),
		cmocka_unit_test(bad_options_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
