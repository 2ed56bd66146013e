/* The rate limits of ICMP errors. */
#include "tests/unit/icmp_made.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rate_of_one),
		TEST(test_rate_of_all),
		TEST(test_rate_knobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
