/* Path MTUs: bounds, expiry, and what the route cache is told. */
#include "tests/unit/ip_pair.h"

#include "ip/pmtu.h"

static void test_lowers_only(void **state)
{
	uint32_t generation = pair.a->generation;

	(void)state;
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 1500);
	assert_int_equal(pmtu_expires(pair.a, &pair.b4).ns, 0);
	assert_int_equal(pmtu_update(pair.a, &pair.b4, 1400), 1400);
	assert_int_not_equal(pair.a->generation, generation);
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 1400);
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1300), 1300);
	generation = pair.a->generation;
	assert_int_equal(pmtu_update(pair.a, &pair.b4, 1450), 1400);
	assert_int_equal(pair.a->generation, generation);
	assert_int_equal(pmtu_update(pair.a, &pair.b4, 600), 600);
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 600);
	assert_int_equal(pmtu_get(pair.a, &pair.a4, 1500), 1500);
}

static void test_floors(void **state)
{
	char why[128];

	(void)state;
	assert_int_equal(pmtu_update(pair.a, &pair.b4, 100), 552);
	assert_int_equal(node_sysctl_set(pair.b, "net.ipv4.route.min_pmtu", "68", why, sizeof(why)),
			 0);
	assert_int_equal(pmtu_update(pair.b, &pair.a4, 100), 100);
	assert_int_equal(pmtu_update(pair.a, &pair.b6, 1279), 0);
	assert_int_equal(pmtu_get(pair.a, &pair.b6, 1500), 1500);
	assert_int_equal(pmtu_update(pair.a, &pair.b6, 1280), 1280);
	assert_int_equal(pmtu_update(pair.a, &pair.b6, 1000), 1280);
	assert_int_equal(pmtu_get(pair.a, &pair.b6, 1500), 1280);
}

static void test_expires(void **state)
{
	char why[128];

	(void)state;
	assert_int_equal(
		node_sysctl_set(pair.a, "net.ipv6.route.mtu_expires", "10", why, sizeof(why)), 0);
	pmtu_update(pair.a, &pair.b4, 1400);
	pmtu_update(pair.a, &pair.b6, 1400);
	assert_int_equal(pmtu_expires(pair.a, &pair.b4).ns, vtime_s(600).ns);
	pair_run(vtime_s(10));
	assert_int_equal(pmtu_get(pair.a, &pair.b6, 1500), 1500);
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 1400);
	pair_run(vtime_ns(vtime_s(590).ns - 1));
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 1400);
	pair_run(vtime_ns(1));
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 1500);
	assert_int_equal(pmtu_expires(pair.a, &pair.b4).ns, 0);
	/* What expired binds no more: a larger one may come. */
	assert_int_equal(pmtu_update(pair.a, &pair.b4, 1450), 1450);
}

/* The same news again keeps it alive. */
static void test_refreshed(void **state)
{
	(void)state;
	pmtu_update(pair.a, &pair.b4, 1400);
	pair_run(vtime_s(500));
	pmtu_update(pair.a, &pair.b4, 1400);
	pair_run(vtime_s(500));
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 1400);
}

static struct ipaddr nth(uint32_t i)
{
	return ipaddr_from4(0x0a010000 + i);
}

static void learn(uint32_t i)
{
	struct ipaddr dst = nth(i);

	pmtu_update(pair.a, &dst, 1000);
	pair_run(vtime_ms(1));
}

/* 1024 and not one more: what was learnt longest ago goes, all others stay. */
static void test_bounded(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 1024; i++)
		learn(i);
	for (uint32_t i = 0; i < 1024; i += 2)
		learn(i);
	for (uint32_t i = 1024; i < 1024 + 512; i++)
		learn(i);
	for (uint32_t i = 0; i < 1024 + 512; i++) {
		struct ipaddr dst = nth(i);
		bool gone = i < 1024 && i % 2;

		assert_int_equal(pmtu_get(pair.a, &dst, 1500), gone ? 1500 : 1000);
	}
}

/* Who is switched off and on begins with what its links have. */
static void test_switched_off(void **state)
{
	(void)state;
	pmtu_update(pair.a, &pair.b4, 1400);
	pmtu_update(pair.a, &pair.b6, 1400);
	node_set_up(pair.a, false);
	node_set_up(pair.a, true);
	assert_int_equal(pmtu_get(pair.a, &pair.b4, 1500), 1500);
	assert_int_equal(pmtu_get(pair.a, &pair.b6, 1500), 1500);
	assert_int_equal(pmtu_update(pair.a, &pair.b4, 1450), 1450);
}

static void test_flow_uses_it(void **state)
{
	struct ip_flow f = {.dst = pair.b4, .proto = PAIR_PROTO, .pmtudisc = IP_PMTU_WANT};
	struct ip_path path;

	(void)state;
	pmtu_update(pair.a, &pair.b4, 1400);
	assert_int_equal(ip_path(pair.a, &f, &path), 0);
	assert_int_equal(path.mtu, 1400);
	f.pmtudisc = IP_PMTU_PROBE;
	assert_int_equal(ip_path(pair.a, &f, &path), 0);
	assert_int_equal(path.mtu, 1500);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lowers_only), TEST(test_floors),  TEST(test_expires),
		TEST(test_refreshed),   TEST(test_bounded), TEST(test_flow_uses_it),
		TEST(test_switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
