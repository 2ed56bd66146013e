/* ICMP echo of both families, and messages that are answered by nobody. */
#include "tests/unit/icmp_made.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
