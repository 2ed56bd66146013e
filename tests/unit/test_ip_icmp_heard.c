/* ICMP errors as they are heard: what they mean to a protocol, whom they concern, path MTUs. */
#include "tests/unit/icmp_made.h"

#include "ip/pmtu.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own_errors),
		TEST(test_errnos),
		TEST(test_not_ours),
		TEST(test_path_mtu),
		TEST(test_path_mtu_modes),
		TEST(test_path_mtu_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
