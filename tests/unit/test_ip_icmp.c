/* ICMP of both families: echo, errors made and heard, who is told, and how often. */
#include "tests/unit/ip_pair.h"

#include "core/alloc.h"
#include "ip/pmtu.h"
#include "ip/route.h"
#include "wire/offload.h"
#include "wire/quote.h"

static void knob(struct node *n, const char *name, const char *value)
{
	char why[128];

	assert_int_equal(node_sysctl_set(n, name, value, why, sizeof(why)), 0);
}

static uint64_t drops(const struct node *n, enum drop_reason r)
{
	return site_drops(&n->site, r);
}

/* An echo request from a, its checksum left for later as a socket leaves it. */
static void ping(const struct ipaddr *dst, uint16_t seq, uint32_t len, uint8_t tos)
{
	bool ip4 = ipaddr_is4(dst);
	struct ip_flow f = {.dst = *dst, .tos = tos,
			    .proto = ip4 ? IPPROTO_ICMP : IPPROTO_ICMPV6};
	struct packet *p = ip_packet_new(pair.a, ip4);
	struct slab *s = slab_new(pair.world, len + 1);
	struct ip_path path;
	uint8_t *at;

	if (ipaddr_is_multicast(dst))
		f.oif = pair.ai;
	assert_int_equal(ip_path(pair.a, &f, &path), 0);
	at = packet_put(p, 8);
	memset(at, 0, 8);
	at[0] = ip4 ? ICMP4_ECHO : ICMP6_MSG_ECHO_REQUEST;
	be16_store(at + 4, 0x1234);
	be16_store(at + 6, seq);
	if (!ip4)
		be16_store(at + 2, (uint16_t)~csum_fold(csum_pseudo(&f.src, &f.dst, f.proto,
								    8 + len)));
	p->csum_at = (uint16_t)(p->l4 + 2);
	p->flags |= PACKET_CSUM;
	for (uint32_t i = 0; i < len; i++)
		s->bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	packet_set_payload(p, s, s->bytes, len);
	pair.slab = s;
	slab_unref(pair.world, s);
	assert_int_equal(ip_send(pair.a, p, &f, &path), 0);
}

static void expect_reply(unsigned count, uint16_t seq, uint32_t len, const struct ipaddr *from)
{
	bool ip4 = ipaddr_is4(from);

	assert_int_equal(pair.delivered, count);
	assert_int_equal(pair.data[0], ip4 ? ICMP4_ECHO_REPLY : ICMP6_MSG_ECHO_REPLY);
	assert_int_equal(be16_load(pair.data + 4), 0x1234);
	assert_int_equal(be16_load(pair.data + 6), seq);
	assert_int_equal(pair.data_len, 8 + len);
	expect_pattern(pair.data + 8, len);
	assert_true(ipaddr_eq(&pair.info.src, from));
	assert_true(ip4 ? icmp4_checksum_ok(pair.data, pair.data_len)
			: icmp6_checksum_ok(&pair.info.src, &pair.info.dst, pair.data,
					    pair.data_len));
}

static void test_echo(void **state)
{
	const struct ipaddr *dst[] = {&pair.b4, &pair.b6};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		const struct slab *sent;
		unsigned last;

		ping(dst[i], 7, 56, 0xb8);
		sent = pair.slab;
		pair_run(vtime_s(1));
		expect_reply(i + 1, 7, 56, dst[i]);
		assert_int_equal(pair.info.tos, 0xb8);
		assert_int_equal(pair.info.ttl, 64);
		assert_ptr_equal(pair.slab, sent); /* the payload came back, not a copy of it */
		assert_int_equal(icmp_count(&last), i + 1);
		assert_int_equal(pair.frames.at[last].parent, 0);
		for (unsigned k = 0; k < last; k++)
			assert_int_not_equal(pair.frames.at[k].id, pair.frames.at[last].id);
	}
}

/* Nobody looks: the reply's checksum is as unfilled as the request's was, and still comes right. */
static void test_echo_unseen(void **state)
{
	const struct ipaddr *dst[] = {&pair.b4, &pair.b6};

	(void)state;
	iface_tap_remove(&pair.ai->link, &pair.frames.tap);
	for (unsigned i = 0; i < 2; i++) {
		ping(dst[i], 1, 9, 0);
		pair_run(vtime_s(1));
		assert_int_equal(pair.delivered, i + 1);
		assert_int_equal(pair.data_len, 17);
		/* Still the pseudo-header's sum: 0 for IPv4. */
		if (i == 0)
			assert_int_equal(be16_load(pair.data + 2), 0);
	}
	iface_tap_add(&pair.ai->link, &pair.frames.tap);
}

static void test_echo_in_fragments(void **state)
{
	const struct ipaddr *dst[] = {&pair.b4, &pair.b6};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		ping(dst[i], 3, 20001, 0);
		pair_run(vtime_s(1));
		expect_reply(i + 1, 3, 20001, dst[i]);
	}
}

/* To itself: its own address and the loopback's. */
static void test_echo_self(void **state)
{
	(void)state;
	ping(&pair.a4, 1, 30, 0);
	pair_run(vtime_s(1));
	assert_int_equal(pair.delivered, 1);
	ping(&ipaddr_loopback6, 2, 30, 0);
	pair_run(vtime_s(1));
	assert_int_equal(pair.delivered, 2);
	assert_true(ipaddr_eq(&pair.info.src, &ipaddr_loopback6));
	assert_int_equal(pair.frames.count, 0);
}

static void test_echo_groups(void **state)
{
	struct ipaddr broadcast = addr_of("10.0.0.255");
	struct ipaddr b_linklocal = mac_linklocal(&pair.bi->link.mac);

	(void)state;
	ping(&broadcast, 1, 8, 0);
	pair_run(vtime_s(1));
	assert_int_equal(pair.delivered, 0);
	assert_int_equal(drops(pair.b, DROP_ICMP_IGNORED), 1);
	knob(pair.b, "net.ipv4.icmp_echo_ignore_broadcasts", "0");
	ping(&broadcast, 2, 8, 0);
	pair_run(vtime_s(1));
	expect_reply(1, 2, 8, &pair.b4);
	ping(&ipaddr_all_nodes6, 3, 8, 0);
	pair_run(vtime_s(1));
	expect_reply(2, 3, 8, &b_linklocal);
}

static void test_echo_ignored(void **state)
{
	(void)state;
	knob(pair.b, "net.ipv4.icmp_echo_ignore_all", "1");
	ping(&pair.b4, 1, 8, 0);
	ping(&pair.b6, 1, 8, 0);
	pair_run(vtime_s(1));
	assert_int_equal(pair.delivered, 1);
	assert_int_equal(drops(pair.b, DROP_ICMP_IGNORED), 1);
	knob(pair.b, "net.ipv6.icmp.echo_ignore_all", "1");
	ping(&pair.b6, 1, 8, 0);
	pair_run(vtime_s(1));
	assert_int_equal(pair.delivered, 1);
	assert_int_equal(drops(pair.b, DROP_ICMP_IGNORED), 2);
}

/* ---- packets made by hand ---- */

struct made {
	uint8_t bytes[1400];
	uint32_t len;
};

static struct made make(const struct ipaddr *src, const struct ipaddr *dst, uint8_t proto,
			const void *data, uint32_t len)
{
	struct made m;

	if (ipaddr_is4(dst)) {
		struct ipv4_hdr h = {.ihl = 5, .total_len = (uint16_t)(IPV4_HLEN + len), .ttl = 9,
				     .tos = 0x1c, .proto = proto, .src = *src, .dst = *dst};

		m.len = IPV4_HLEN;
		ipv4_emit(m.bytes, &h);
		ipv4_set_checksum(m.bytes);
	} else {
		struct ipv6_hdr h = {.payload_len = (uint16_t)len, .hop_limit = 9, .next = proto,
				     .src = *src, .dst = *dst};

		m.len = IPV6_HLEN;
		ipv6_emit(m.bytes, &h);
	}
	memcpy(m.bytes + m.len, data, len);
	m.len += len;
	return m;
}

/* An ICMP message with its checksum, about what the body quotes. */
static struct made make_icmp(const struct ipaddr *src, const struct ipaddr *dst, uint8_t type,
			     uint8_t code, uint32_t word, const void *body, uint32_t body_len)
{
	bool ip4 = ipaddr_is4(dst);
	uint8_t msg[1300] = {type, code};
	uint32_t len = 8 + body_len;
	uint32_t pseudo = ip4 ? 0 : csum_pseudo(src, dst, IPPROTO_ICMPV6, len);

	be32_store(msg + 4, word);
	if (body_len)
		memcpy(msg + 8, body, body_len);
	be16_store(msg + 2, csum_fold(csum_partial(msg, len, pseudo)));
	return make(src, dst, ip4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, msg, len);
}

static void inject(struct ip_iface *to, const struct made *m)
{
	pair_inject(to, m->bytes, m->len, false);
}

static void test_bad_messages(void **state)
{
	const struct ipaddr *a[] = {&pair.a4, &pair.a6}, *b[] = {&pair.b4, &pair.b6};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t echo = i ? ICMP6_MSG_ECHO_REQUEST : ICMP4_ECHO;
		uint8_t reply = i ? ICMP6_MSG_ECHO_REPLY : ICMP4_ECHO_REPLY;
		struct made m = make_icmp(a[i], b[i], echo, 0, 0, NULL, 0);

		m.bytes[m.len - 1] ^= 1;
		inject(pair.bi, &m);
		assert_int_equal(drops(pair.b, DROP_ICMP_CHECKSUM), i + 1);
		m = make(a[i], b[i], i ? IPPROTO_ICMPV6 : IPPROTO_ICMP, "1234567", 7);
		inject(pair.bi, &m);
		assert_int_equal(drops(pair.b, DROP_ICMP_MALFORMED), i + 1);
		/* A type that is none, a redirect, a reply that nobody waits for (b has no row). */
		m = make_icmp(a[i], b[i], i ? 200 : 99, 0, 0, NULL, 0);
		inject(pair.bi, &m);
		m = make_icmp(a[i], b[i], reply, 0, 0, NULL, 0);
		inject(pair.bi, &m);
		assert_int_equal(drops(pair.b, DROP_ICMP_IGNORED), 2 * (i + 1));
	}
	struct made m = make_icmp(&pair.a4, &pair.b4, ICMP4_REDIRECT, 1, 0x0a000003, "", 0);
	inject(pair.bi, &m);
	assert_int_equal(drops(pair.b, DROP_ICMP_IGNORED), 5);
	/* Neighbour discovery that has crossed a router. */
	uint8_t target[16];
	memcpy(target, pair.b6.b, 16);
	m = make_icmp(&pair.a6, &pair.b6, ICMP6_MSG_NEIGHBOR_SOLICITATION, 0, 0, target, 16);
	inject(pair.bi, &m);
	assert_int_equal(drops(pair.b, DROP_ND_MALFORMED), 1);
}

/* A reply is a packet of its own, even if the request was a copy of another. */
static void test_reply_is_new(void **state)
{
	struct made m = make_icmp(&pair.a4, &pair.b4, ICMP4_ECHO, 0, 0, "data", 4);
	struct packet *p = packet_new(pair.world);
	struct eth_hdr h = {.dst = pair.bi->link.mac, .type = ETH_TYPE_IPV4};
	uint64_t id = p->id;
	unsigned last;

	(void)state;
	packet_copy_in(p, m.bytes, m.len);
	eth_emit(packet_push(p, ETH_HLEN), &h);
	p->parent = 99;
	p->flags = PACKET_DAMAGED;
	iface_receive(&pair.bi->link, p);
	pair_run(vtime_s(1));
	assert_int_equal(icmp_count(&last), 1);
	assert_int_not_equal(pair.frames.at[last].id, id);
	assert_int_equal(pair.frames.at[last].parent, 0);
	assert_int_equal(pair.delivered, 1);
	assert_true(icmp4_checksum_ok(pair.data, pair.data_len));
}

/* ---- errors made ---- */

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

/* b between a and a network behind its second interface, where nobody answers. */
static void make_router(void)
{
	struct mac mac = {{2, 0, 0, 0, 0, 3}};
	struct ip_iface *i = node_add_iface(pair.b, "eth1", mac);
	struct ipaddr four = addr_of("10.1.0.1"), six = addr_of("fd01::1");
	struct prefix net4, net6;

	assert_int_equal(ip_addr_add(i, &four, IPADDR_V4_BITS + 24), 0);
	assert_int_equal(ip_addr_add(i, &six, 64), 0);
	net4 = prefix_make(&ipaddr_any4, IPADDR_V4_BITS);
	net6 = prefix_make(&ipaddr_any6, 0);
	assert_int_equal(route_add(pair.a, &net4, ROUTE_UNICAST, &pair.b4, NULL, 0, 0,
				   ROUTE_STATIC), 0);
	assert_int_equal(route_add(pair.a, &net6, ROUTE_UNICAST, &pair.b6, NULL, 0, 0,
				   ROUTE_STATIC), 0);
	knob(pair.b, "net.ipv4.ip_forward", "1");
	knob(pair.b, "net.ipv6.conf.all.forwarding", "1");
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

/* ---- rate limits ---- */

/* How many of `count` errors about m, one every `gap`, are sent. */
static unsigned sent_of(const struct made *m, unsigned count, vtime gap, enum icmp_problem problem)
{
	uint64_t before = pair.b->originated, limited = drops(pair.b, DROP_ICMP_RATE_LIMIT);
	unsigned sent;

	for (unsigned i = 0; i < count; i++) {
		struct packet *p = packet_new(pair.world);

		packet_copy_in(p, m->bytes, m->len);
		assert_true(packet_pull(p, p->l3, IPV4_HLEN));
		p->in = &pair.bi->link;
		p->ttl = 9;
		icmp_error(pair.b, p, problem, 1280);
		packet_free(p);
		pair.frames.count = 0;
		pair_run(gap);
	}
	sent = (unsigned)(pair.b->originated - before);
	assert_int_equal(sent + drops(pair.b, DROP_ICMP_RATE_LIMIT) - limited, count);
	return sent;
}

/* Resolves a's address at b, so that neighbour discovery is not counted. */
static void acquaint(void)
{
	ping(&pair.b4, 1, 1, 0);
	ping(&pair.b6, 1, 1, 0);
	pair_run(vtime_s(1));
	pair.frames.count = 0;
}

static void test_rate_of_one(void **state)
{
	struct made m4 = make(&pair.a4, &pair.b4, PAIR_PROTO, "12345678", 8);
	struct made m6 = make(&pair.a6, &pair.b6, PAIR_PROTO, "12345678", 8);

	(void)state;
	acquaint();
	/* Six at once, then one a second. */
	assert_int_equal(sent_of(&m4, 20, VTIME_ZERO, ICMP_TTL), 6);
	assert_int_equal(sent_of(&m4, 9, vtime_ms(100), ICMP_NO_PORT), 0);
	assert_int_equal(sent_of(&m4, 30, vtime_ms(100), ICMP_NO_PORT), 3);
	/* Path MTU discovery is not limited. */
	assert_int_equal(sent_of(&m4, 20, VTIME_ZERO, ICMP_TOO_BIG), 20);
	/* The way back to a is a /64: four times as many. */
	pair_run(vtime_s(2));
	assert_int_equal(sent_of(&m6, 20, VTIME_ZERO, ICMP_TTL), 6);
	assert_int_equal(sent_of(&m6, 40, vtime_ms(50), ICMP_TTL), 7);
	assert_int_equal(sent_of(&m6, 20, VTIME_ZERO, ICMP_TOO_BIG), 20);
}

static void test_rate_of_all(void **state)
{
	unsigned sent = 0;

	(void)state;
	acquaint();
	/* 50 at once to whomever (and one more every ms after); the destinations are all new. */
	for (uint32_t i = 0; i < 100; i++) {
		struct ipaddr src = ipaddr_from4(0x0a000064 + i); /* 10.0.0.100 ... */
		struct made m = make(&src, &pair.b4, PAIR_PROTO, "12345678", 8);

		sent += sent_of(&m, 1, VTIME_ZERO, ICMP_TTL);
	}
	assert_int_equal(sent, 50);
	/* Refilled in steps of 20 ms: 20 of them. */
	pair_run(vtime_ms(19));
	struct ipaddr src = addr_of("10.0.0.99");
	struct made m = make(&src, &pair.b4, PAIR_PROTO, "12345678", 8);
	assert_int_equal(sent_of(&m, 1, VTIME_ZERO, ICMP_TTL), 0);
	pair_run(vtime_ms(1));
	assert_int_equal(sent_of(&m, 1, VTIME_ZERO, ICMP_TTL), 1);
}

static void test_rate_knobs(void **state)
{
	struct made m = make(&pair.a4, &pair.b4, PAIR_PROTO, "12345678", 8);

	(void)state;
	acquaint();
	knob(pair.b, "net.ipv4.icmp_ratelimit", "0");
	assert_int_equal(sent_of(&m, 40, VTIME_ZERO, ICMP_TTL), 40);
	knob(pair.b, "net.ipv4.icmp_ratelimit", "100");
	pair_run(vtime_s(1));
	assert_int_equal(sent_of(&m, 20, VTIME_ZERO, ICMP_TTL), 6);
	knob(pair.b, "net.ipv4.icmp_ratemask", "8"); /* unreachable only */
	assert_int_equal(sent_of(&m, 90, VTIME_ZERO, ICMP_TTL), 90);
	assert_int_equal(sent_of(&m, 3, VTIME_ZERO, ICMP_NO_PORT), 0);
}

/* ---- errors heard ---- */

/* Nobody answers for the next hop: a tells its own protocol, from its own address. */
static void test_own_errors(void **state)
{
	struct ipaddr four = addr_of("10.0.0.99"), six = addr_of("fd00::99");

	(void)state;
	ping(&four, 4, 20, 0);
	pair_run(vtime_s(10));
	assert_int_equal(pair.errors, 1);
	assert_true(ipaddr_eq(&pair.error.offender, &pair.a4));
	assert_true(ipaddr_eq(&pair.error.dst, &four));
	assert_int_equal(pair.error.proto, IPPROTO_ICMP);
	assert_int_equal(pair.error.type, ICMP4_DESTINATION_UNREACHABLE);
	assert_int_equal(pair.error.code, ICMP4_HOST_UNREACHABLE);
	assert_int_equal(pair.error.err, EHOSTUNREACH);
	assert_int_equal(be16_load(pair.quoted + 6), 4);
	ping(&six, 5, 20, 0);
	pair_run(vtime_s(10));
	assert_int_equal(pair.errors, 2);
	assert_true(ipaddr_eq(&pair.error.offender, &pair.a6));
	assert_int_equal(pair.error.code, ICMP6_ADDRESS_UNREACHABLE);
	assert_int_equal(be16_load(pair.quoted + 6), 5);
}

/* The kernel's icmp_err_convert[] and icmpv6_err_convert(), as an error for every code says it. */
static void test_errnos(void **state)
{
	static const struct {
		bool ip4;
		uint8_t type, code;
		int err;
		bool hard;
	} cases[] = {
		{true, 3, 0, ENETUNREACH, false},   {true, 3, 1, EHOSTUNREACH, false},
		{true, 3, 2, ENOPROTOOPT, true},    {true, 3, 3, ECONNREFUSED, true},
		{true, 3, 4, EMSGSIZE, false},      {true, 3, 5, EOPNOTSUPP, false},
		{true, 3, 6, ENETUNREACH, true},    {true, 3, 7, EHOSTDOWN, true},
		{true, 3, 8, ENONET, true},         {true, 3, 9, ENETUNREACH, true},
		{true, 3, 10, EHOSTUNREACH, true},  {true, 3, 11, ENETUNREACH, false},
		{true, 3, 12, EHOSTUNREACH, false}, {true, 3, 13, EHOSTUNREACH, true},
		{true, 3, 14, EHOSTUNREACH, true},  {true, 3, 15, EHOSTUNREACH, true},
		{true, 11, 0, EHOSTUNREACH, false}, {true, 11, 1, EHOSTUNREACH, false},
		{true, 12, 0, EPROTO, true},        {false, 1, 0, ENETUNREACH, false},
		{false, 1, 1, EACCES, true},        {false, 1, 2, EHOSTUNREACH, false},
		{false, 1, 3, EHOSTUNREACH, false}, {false, 1, 4, ECONNREFUSED, true},
		{false, 1, 5, EACCES, true},        {false, 1, 6, EACCES, true},
		{false, 1, 9, EPROTO, true},        {false, 2, 0, EMSGSIZE, false},
		{false, 3, 0, EHOSTUNREACH, false}, {false, 3, 1, EHOSTUNREACH, false},
		{false, 4, 0, EPROTO, true},        {false, 4, 1, EPROTO, true},
		{false, 4, 2, EPROTO, true},        {false, 100, 0, EPROTO, false},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ipaddr *a = cases[i].ip4 ? &pair.a4 : &pair.a6;
		const struct ipaddr *b = cases[i].ip4 ? &pair.b4 : &pair.b6;
		struct made q = make(a, b, PAIR_PROTO, "12345678", 8);
		struct made m = make_icmp(b, a, cases[i].type, cases[i].code,
					  cases[i].type == 2 ? 1400 : 0, q.bytes, q.len);

		inject(pair.ai, &m);
		assert_int_equal(pair.errors, i + 1);
		assert_int_equal(pair.error.err, cases[i].err);
		assert_int_equal(pair.error.hard, cases[i].hard);
		assert_int_equal(pair.error.type, cases[i].type);
		assert_int_equal(pair.error.code, cases[i].code);
		assert_int_equal(pair.error.ttl, 9);
		assert_int_equal(pair.error.l4_len, 8);
		assert_memory_equal(pair.quoted, "12345678", 8);
	}
}

/* An error that quotes what a cannot have sent, or nobody here can have. */
static void test_not_ours(void **state)
{
	struct ipaddr c4 = addr_of("10.0.0.3"), c6 = addr_of("fd00::3");
	const struct ipaddr *a[] = {&pair.a4, &pair.a6}, *b[] = {&pair.b4, &pair.b6};
	const struct ipaddr *c[] = {&c4, &c6};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t type = i ? ICMP6_MSG_PACKET_TOO_BIG : ICMP4_DESTINATION_UNREACHABLE;
		uint8_t code = i ? 0 : ICMP4_FRAGMENTATION_NEEDED;
		uint8_t reply = i ? ICMP6_MSG_ECHO_REPLY : ICMP4_ECHO_REPLY;
		struct made q = make(c[i], b[i], PAIR_PROTO, "12345678", 8), m;
		unsigned before = (unsigned)drops(pair.a, DROP_ICMP_IGNORED);

		m = make_icmp(b[i], a[i], type, code, 1400, q.bytes, q.len);
		inject(pair.ai, &m);
		assert_int_equal(pmtu_get(pair.a, b[i], 1500), 1500);
		/* A protocol without a row, and an echo reply that went out. */
		q = make(a[i], b[i], 254, "12345678", 8);
		m = make_icmp(b[i], a[i], i ? 1 : 3, 1, 0, q.bytes, q.len);
		inject(pair.ai, &m);
		q = make_icmp(a[i], b[i], reply, 0, 0, NULL, 0);
		m = make_icmp(b[i], a[i], i ? 1 : 3, 1, 0, q.bytes, q.len);
		inject(pair.ai, &m);
		assert_int_equal(drops(pair.a, DROP_ICMP_IGNORED), before + 3);
		/* Too little of a quote: no header, then no transport header. */
		q = make(a[i], b[i], PAIR_PROTO, "12345678", 8);
		m = make_icmp(b[i], a[i], i ? 1 : 3, 1, 0, q.bytes, 19);
		inject(pair.ai, &m);
		assert_int_equal(drops(pair.a, DROP_ICMP_MALFORMED), i + 1);
		assert_int_equal(pair.errors, i);
		m = make_icmp(b[i], a[i], i ? 1 : 3, 1, 0, q.bytes, q.len - 1);
		inject(pair.ai, &m);
		assert_int_equal(pair.errors, i + 1);
		assert_int_equal(pair.error.l4_len, 0);
	}
}

static void frag_needed(uint32_t mtu, uint16_t quoted_len)
{
	struct made q = make(&pair.a4, &pair.b4, PAIR_PROTO, "12345678", 8), m;

	be16_store(q.bytes + 2, quoted_len);
	m = make_icmp(&pair.b4, &pair.a4, ICMP4_DESTINATION_UNREACHABLE,
		      ICMP4_FRAGMENTATION_NEEDED, mtu, q.bytes, q.len);
	inject(pair.ai, &m);
}

static void test_path_mtu(void **state)
{
	struct made q = make(&pair.a6, &pair.b6, PAIR_PROTO, "12345678", 8), m;

	(void)state;
	frag_needed(1400, 1500);
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 1400);
	assert_int_equal(pair.error.mtu, 1400);
	/* RFC 1191 7.1: from an old router, the plateau below what was too big. */
	frag_needed(0, 1400);
	assert_int_equal(pair.error.mtu, 1006);
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 1006);
	frag_needed(0, 1006);
	assert_int_equal(pair.error.mtu, 508);
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 552);

	m = make_icmp(&pair.b6, &pair.a6, ICMP6_MSG_PACKET_TOO_BIG, 0, 1320, q.bytes, q.len);
	inject(pair.ai, &m);
	assert_int_equal(pair.error.mtu, 1320);
	assert_int_equal(pmtu_get(pair.a, &pair.b6, 1500), 1320);
	assert_int_equal(pair.errors, 4);
}

static void test_path_mtu_modes(void **state)
{
	(void)state;
	knob(pair.a, "net.ipv4.ip_no_pmtu_disc", "2");
	frag_needed(1400, 1500);
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 1500);
	assert_int_equal(pair.errors, 0);
	knob(pair.a, "net.ipv4.ip_no_pmtu_disc", "3"); /* only TCP can be believed */
	frag_needed(1400, 1500);
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 1500);
	assert_int_equal(drops(pair.a, DROP_ICMP_IGNORED), 2);
	knob(pair.a, "net.ipv4.ip_no_pmtu_disc", "1");
	frag_needed(1400, 1500);
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 552);
}

/* Path MTU discovery from end to end: b's next link takes 1300. */
static void test_path_mtu_on_the_way(void **state)
{
	struct ipaddr dst[] = {addr_of("10.1.0.9"), addr_of("fd01::9")};

	(void)state;
	make_router();
	node_iface_find(pair.b, "eth1")->link.mtu = 1300;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(pair_send(&dst[i], PAIR_PROTO, 1400, 0, IP_PMTU_DO), 0);
		pair_run(vtime_ms(100));
		assert_int_equal(pair.errors, i + 1);
		assert_int_equal(pair.error.err, EMSGSIZE);
		assert_int_equal(pair.error.mtu, 1300);
		assert_true(ipaddr_eq(&pair.error.offender, i ? &pair.b6 : &pair.b4));
		assert_int_equal(pmtu_get(pair.a, &dst[i], 1500), 1300);
		assert_int_equal(pair_send(&dst[i], PAIR_PROTO, 1400, 0, IP_PMTU_DO), -EMSGSIZE);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_echo),
		TEST(test_echo_unseen),
		TEST(test_echo_in_fragments),
		TEST(test_echo_self),
		TEST(test_echo_groups),
		TEST(test_echo_ignored),
		TEST(test_bad_messages),
		TEST(test_reply_is_new),
		TEST(test_protocol_unreachable),
		TEST(test_tos),
		TEST(test_source),
		TEST(test_from_router),
		TEST(test_quote_checksum),
		TEST(test_must_not4),
		TEST(test_must_not6),
		TEST(test_rate_of_one),
		TEST(test_rate_of_all),
		TEST(test_rate_knobs),
		TEST(test_own_errors),
		TEST(test_errnos),
		TEST(test_not_ours),
		TEST(test_path_mtu),
		TEST(test_path_mtu_modes),
		TEST(test_path_mtu_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
