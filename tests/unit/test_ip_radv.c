/* Routers that advertise: intervals, answers, farewells; and which of two a host takes. */
#include "slaac_lab.h"

#define R1 "fe80::ff:fe00:2"
#define R2 "fe80::ff:fe00:3"

static double at(const struct lab_message *m)
{
	return vtime_seconds(m->at);
}

/* RFC 4861 6.2.4: three at most 16 s apart, then between min and max. */
static void intervals(void **state)
{
	struct radv_config c = radv_config_default(vtime_s(60));
	double low = 60, high = 0;

	(void)state;
	assert_true(c.lifetime == 180 && c.min_interval.ns == 20 * NS_PER_S);
	lab_router(1, "2001:db8:1::1", &c);
	lab_until(4000);
	for (unsigned k = 1; k < lab_count(ICMP6_MSG_ROUTER_ADVERTISEMENT, 0); k++) {
		double gap = at(lab_message(ICMP6_MSG_ROUTER_ADVERTISEMENT, k)) -
			     at(lab_message(ICMP6_MSG_ROUTER_ADVERTISEMENT, k - 1));

		if (k < 3) {
			assert_true(gap <= 16.001);
			continue;
		}
		assert_true(gap >= 20 && gap <= 60);
		low = gap < low ? gap : low;
		high = gap > high ? gap : high;
	}
	assert_in_range(lab_count(ICMP6_MSG_ROUTER_ADVERTISEMENT, 0), 90, 110); /* 40 s on average */
	assert_true(low < 23 && high > 57);
}

/* RFC 4861 6.2.6: within half a second, and not before three have passed since the last. */
static void answers(void **state)
{
	struct radv_config c = radv_config_default(vtime_s(600));
	const struct lab_message *ra, *rs;

	(void)state;
	lab_router(1, "2001:db8:1::1", &c);
	lab_until(100);
	slaac_start(lab.iface[0], &lab.watch);
	lab_until(110);
	rs = lab_message(ICMP6_MSG_ROUTER_SOLICITATION, 0);
	ra = lab_message(ICMP6_MSG_ROUTER_ADVERTISEMENT, 3);
	assert_true(at(ra) > at(rs) && at(ra) < at(rs) + 0.51);
	assert_int_equal(lab_count(ICMP6_MSG_ROUTER_SOLICITATION, 0), 1);
	assert_true(lab.n_preferred == 1 && lab_is(lab.preferred[0], "2001:db8:1::ff:fe00:1"));
	/* Many who ask get few answers. */
	for (int k = 0; k < 20; k++) {
		radv_solicited(lab.iface[1]);
		lab_until(110 + k * 0.5);
	}
	lab_until(125);
	for (unsigned k = 4; k < lab_count(ICMP6_MSG_ROUTER_ADVERTISEMENT, 0); k++)
		assert_true(at(lab_message(ICMP6_MSG_ROUTER_ADVERTISEMENT, k)) >=
			    at(lab_message(ICMP6_MSG_ROUTER_ADVERTISEMENT, k - 1)) + 3);
	assert_in_range(lab_count(ICMP6_MSG_ROUTER_ADVERTISEMENT, 0), 6, 8);
}

/* What is said, all of it. */
static void contents(void **state)
{
	static const char *const domains[] = {"home.example"};
	struct ipaddr dns = net_ip("2001:db8::53");
	struct radv_prefix p = {.valid = 7200, .preferred = 0, .on_link = true};
	struct radv_route r = {.lifetime = 600, .preference = ND_PREF_LOW};
	struct radv_config c = radv_config_default(vtime_s(600));
	const struct lab_message *ra;
	struct icmp6 m;
	struct nd_opt o;

	(void)state;
	assert_true(prefix_parse("2001:db8:7::/64", &p.prefix) && prefix_parse("2001:db8:8::/48", &r.prefix));
	c.managed = true;
	c.preference = ND_PREF_HIGH;
	c.mtu = 1480;
	c.retrans_ms = 250;
	c.prefixes = &p;
	c.n_prefixes = 1;
	c.routes = &r;
	c.n_routes = 1;
	c.rdnss = &dns;
	c.n_rdnss = 1;
	c.dnssl = domains;
	c.n_dnssl = 1;
	assert_true(radv_config_fits(&c, lab.iface[1]));
	lab_router(1, "2001:db8:1::1", &c);
	lab_until(2);
	ra = lab_message(ICMP6_MSG_ROUTER_ADVERTISEMENT, 0);
	assert_true(lab_is(ra->src, R1) && lab_is(ra->dst, "ff02::1"));
	assert_int_equal(icmp6_parse(ra->bytes, ra->len, &m), ICMP6_OK);
	assert_true(m.ra.managed && !m.ra.other && m.ra.preference == ND_PREF_HIGH);
	assert_true(m.ra.lifetime == 1800 && m.ra.retrans_ms == 250 && m.ra.hop_limit == 64);
	const uint8_t *opts = ra->bytes + ICMP6_RA_LEN;
	size_t len = ra->len - ICMP6_RA_LEN;
	assert_true(nd_opt_find(opts, len, ND_OPT_SLLA, &o) && o.lla.b[5] == 2);
	assert_true(nd_opt_find(opts, len, ND_OPT_LINK_MTU, &o) && o.mtu == 1480);
	assert_true(nd_opt_find(opts, len, ND_OPT_PREFIX, &o) && !o.prefix.autonomous);
	assert_true(prefix_eq(&o.prefix.prefix, &p.prefix) && o.prefix.valid == 7200);
	assert_true(nd_opt_find(opts, len, ND_OPT_ROUTE, &o) && o.route.lifetime == 600);
	assert_true(nd_opt_find(opts, len, ND_OPT_RDNSS, &o) && o.dns.lifetime == 1800);
	assert_true(nd_opt_find(opts, len, ND_OPT_DNSSL, &o) && !o.malformed);
	c.n_dnssl = 0;
	struct ipaddr many[80];
	memset(many, 1, sizeof(many));
	c.rdnss = many;
	c.n_rdnss = 80;
	assert_false(radv_config_fits(&c, lab.iface[1]));
	c.n_rdnss = 0;
	assert_true(radv_config_fits(&c, lab.iface[1]));
	/* Networks of its own count, too. */
	c.prefixes = NULL;
	for (uint8_t k = 0; k < 40; k++) {
		many[0] = net_ip("2001:db8:f00::1");
		many[0].b[7] = k;
		assert_int_equal(ip_addr_add(lab.iface[1], &many[0], 64), 0);
	}
	assert_false(radv_config_fits(&c, lab.iface[1]));
}

/* RFC 4861 6.2.5: who goes in order says so; who loses power does not. */
static void farewell(void **state)
{
	struct radv_config c = radv_config_default(vtime_s(600));
	unsigned before;

	(void)state;
	slaac_start(lab.iface[0], NULL);
	lab_router(1, "2001:db8:1::1", &c);
	lab_until(60);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), R1));
	before = lab_count(ICMP6_MSG_ROUTER_ADVERTISEMENT, 0);
	ip_iface_set_up(lab.iface[1], false);
	lab_until(61);
	assert_int_equal(lab_count(ICMP6_MSG_ROUTER_ADVERTISEMENT, 0), before + 1);
	assert_int_equal(lab_message(ICMP6_MSG_ROUTER_ADVERTISEMENT, before)->bytes[7], 0);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), "::"));
	assert_true(lab_usable(0, "2001:db8:1::ff:fe00:1")); /* its address stays */
	ip_iface_set_up(lab.iface[1], true);
	lab_until(70);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), R1));
	before = lab_count(ICMP6_MSG_ROUTER_ADVERTISEMENT, 0);
	node_set_up(lab.node[1], false);
	lab_until(90);
	assert_int_equal(lab_count(ICMP6_MSG_ROUTER_ADVERTISEMENT, 0), before);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), R1)); /* believed for half an hour */
}

/* RFC 4191: the preferred one; RFC 4861 6.3.6: one that answers before one that does not. */
static void two_routers(void **state)
{
	struct radv_config low = radv_config_default(vtime_s(600)), high = low;

	(void)state;
	high.preference = ND_PREF_HIGH;
	low.preference = ND_PREF_LOW;
	slaac_start(lab.iface[0], NULL);
	lab_router(1, "2001:db8:1::1", &low);
	lab_until(40);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), R1));
	lab_router(2, "2001:db8:2::1", &high);
	lab_until(80);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), R2));
	/* The preferred one dies. Traffic finds out: a stale neighbour is asked, three times. */
	node_set_up(lab.node[2], false);
	lab_until(150);
	for (int k = 0; k < 12; k++) {
		net_send(lab.node[0], "2001:db8:9::9", 10, 0, 0);
		lab_until(150 + k);
	}
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), R1));
	/* It is heard again. */
	node_set_up(lab.node[2], true);
	lab_until(180);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), R2));
	/* It says that it is none any more. */
	radv_stop(lab.iface[2]);
	lab_until(181);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), R1));
}

/* Another configuration is told at once, as at the start: a network is renumbered. */
static void renumbering(void **state)
{
	struct radv_prefix p[2] = {
		{.valid = 7200, .preferred = 0, .on_link = true, .autonomous = true},
		{.valid = 7200, .preferred = 3600, .on_link = true, .autonomous = true},
	};
	struct radv_config c = radv_config_default(vtime_s(600)), other = c;

	(void)state;
	assert_true(prefix_parse("2001:db8:1::/64", &p[0].prefix) &&
		    prefix_parse("2001:db8:2::/64", &p[1].prefix));
	other.prefixes = p;
	other.n_prefixes = 2;
	slaac_start(lab.iface[0], &lab.watch);
	lab_router(1, "2001:db8:1::1", &c);
	lab_until(100);
	assert_true(lab.n_preferred == 1 && lab_is(lab.preferred[0], "2001:db8:1::ff:fe00:1"));
	radv_start(lab.iface[1], &other);
	lab_until(105);
	assert_true(lab.n_preferred == 1 && lab_is(lab.preferred[0], "2001:db8:2::ff:fe00:1"));
	assert_true(lab_addr(0, "2001:db8:1::ff:fe00:1")->flags & IP_ADDR_DEPRECATED);
	lab_until(100 + 7300);
	assert_non_null(lab_addr(0, "2001:db8:1::ff:fe00:1")); /* kept alive by each advertisement */
}

int main(void)
{
#define IN_LAB(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		IN_LAB(intervals),
		IN_LAB(answers),
		IN_LAB(contents),
		IN_LAB(farewell),
		IN_LAB(two_routers),
		IN_LAB(renumbering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
