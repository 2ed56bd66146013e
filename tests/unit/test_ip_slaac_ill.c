/* What is said on the link that is wrong, or meant ill: what a host takes from it all the same. */
#include "slaac_lab.h"

#define ADDR0 "2001:db8:1::ff:fe00:1"
#define ROUTER1 "fe80::ff:fe00:2"
#define ROUTER2 "fe80::ff:fe00:3"

static void host_start(void)
{
	slaac_start(lab.iface[0], &lab.watch);
	lab_until(3);
}

static void advertise(int k, uint16_t lifetime)
{
	struct icmp6 m = {.ra = {.lifetime = lifetime}};
	struct nd_opt o = lab_prefix("2001:db8:1::/64", 10000, 5000);

	lab_advertise(k, &m, &o, 1);
}

/* Linux's accept_ra_from_local: the address of the host itself is no router, its prefix is one. */
static void own_address(void **state)
{
	const struct mac own = lab.iface[0]->link.mac, other = lab.iface[1]->link.mac;

	(void)state;
	host_start();
	lab.iface[1]->link.mac = own;
	advertise(1, 1800);
	lab.iface[1]->link.mac = other;
	lab_until(6);
	assert_true(lab_usable(0, ADDR0));
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), "::"));
	advertise(1, 1800);
	lab_until(7);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), ROUTER1));
}

/* An advertisement for the first router's address, sent by another; `mac`: of whom it says that it is. */
static void claim(uint8_t mac, bool override)
{
	struct icmp6 m = {.type = ICMP6_MSG_NEIGHBOR_ADVERTISEMENT,
			  .na = {.target = net_ip(ROUTER1), .override = override}};
	struct nd_opt lla = {.type = ND_OPT_TLLA, .lla = {.b = {2, 0, 0, 0, 0, mac}}};
	struct ipaddr from = net_ip(ROUTER2);
	uint8_t body[ND_OPT_LLA_LEN];

	nd_send(lab.iface[2], &from, &ipaddr_all_nodes6, &m, body, nd_opt_emit(body, &lla));
}

/* RFC 4861 7.2.5: without the override flag another link-layer address is not believed, and what comes
 * with it is not either. */
static void not_overriding(void **state)
{
	struct icmp6 m = {.ra = {.lifetime = 1800}};
	struct nd_opt lla = {.type = ND_OPT_SLLA, .lla = lab.iface[1]->link.mac};

	(void)state;
	host_start();
	lab_advertise(1, &m, &lla, 1);
	lab_until(4);
	claim(0x66, false);
	lab_until(5);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), ROUTER1));
	claim(2, false); /* its own: it is a router no more */
	lab_until(6);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), "::"));
}

/* A flood of routers that say no link-layer address does not crowd out neighbours for ever. */
static void flood(void **state)
{
	struct icmp6 m = {.type = ICMP6_MSG_ROUTER_ADVERTISEMENT};
	struct ipaddr from = net_ip("fe80::1:0"), peer = net_ip("fe80::7");

	(void)state;
	host_start();
	for (uint16_t k = 0; k < 1100; k++) {
		be16_store(from.b + 14, k);
		nd_send(lab.iface[1], &from, &ipaddr_all_nodes6, &m, NULL, 0);
		lab_until(3 + k / 1000.0);
		lab.seen = 0;
	}
	lab_until(5);
	assert_null(neigh_get(lab.node[0], lab.iface[0], &peer));
	lab_until(15);
	assert_non_null(neigh_get(lab.node[0], lab.iface[0], &peer));
}

/* net.ipv6.route.max_size: of a flood of networks so many are believed; their places are free again later. */
static void flood_of_networks(void **state)
{
	struct icmp6 m = {.ra = {.lifetime = 0}};
	struct node *host = lab.node[0];
	uint32_t before;
	char why[128];

	(void)state;
	assert_int_equal(node_sysctl_set(host, "net.ipv6.route.max_size", "100", why, sizeof(why)), 0);
	assert_int_equal(node_sysctl_set(host, "net.ipv6.conf.all.autoconf", "0", why, sizeof(why)), 0);
	host_start();
	before = host->fib.routes;
	for (uint16_t k = 0; k < 300; k++) {
		struct nd_opt o = lab_prefix("2001:db8::/64", 1000, 1000);

		be16_store(o.prefix.prefix.addr.b + 6, k);
		lab_advertise(1, &m, &o, 1);
		lab_until(3 + k / 1000.0);
		lab.seen = 0;
	}
	lab_until(5);
	assert_int_equal(host->fib.routes, before + 100);
	lab_until(1005);
	assert_int_equal(host->fib.routes, before);
	advertise(1, 0);
	lab_until(1006);
	assert_int_equal(host->fib.routes, before + 1);
}

/* RFC 4861 6.3.6: a router that is silent is left for another, though its entry was collected. */
static void forgotten_router(void **state)
{
	struct icmp6 high = {.ra = {.lifetime = 1800, .preference = ND_PREF_HIGH}};

	(void)state;
	host_start();
	lab_advertise(1, &high, NULL, 0);
	advertise(2, 1800);
	lab_until(6);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), ROUTER1));
	node_set_up(lab.node[1], false);
	neigh_flush(lab.node[0], lab.iface[0]);
	net_send(lab.node[0], "2001:db8:9::9", 10, 0, 0);
	lab_until(10);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), ROUTER2));
}

static unsigned temporaries(void)
{
	unsigned n = 0;

	for (const struct ip_addr *a = lab.iface[0]->addrs; a; a = a->next)
		n += (a->flags & IP_ADDR_TEMPORARY) != 0;
	return n;
}

/* A prefix that is deprecated and preferred by turns brings no more temporary addresses. */
static void flapping_prefix(void **state)
{
	struct icmp6 m = {.ra = {.lifetime = 1800}};
	struct nd_opt on = lab_prefix("2001:db8:1::/64", 10000, 5000), off = on;

	(void)state;
	off.prefix.preferred = 0;
	lab_knob(0, "use_tempaddr", "2");
	lab_knob(0, "temp_prefered_lft", "100");
	lab_knob(0, "max_desync_factor", "0");
	host_start();
	for (int k = 0; k < 20; k++) {
		lab_advertise(1, &m, k % 2 ? &off : &on, 1);
		lab_until(4 + k);
	}
	assert_int_equal(temporaries(), 1);
	lab_advertise(1, &m, &on, 1);
	lab_until(90);
	assert_int_equal(temporaries(), 1);
	lab_until(100); /* and that one has its successor as ever */
	assert_int_equal(temporaries(), 2);
}

/* However long searches for duplicates may take. */
static void endless_searches(void **state)
{
	char why[100];

	(void)state;
	lab_knob(0, "use_tempaddr", "2");
	host_start();
	lab_knob(0, "regen_max_retry", "100");
	lab_knob(0, "dad_transmits", "1000");
	assert_int_equal(node_sysctl_set(lab.node[0], "net.ipv6.neigh.default.retrans_time_ms", "2147483647",
					 why, sizeof(why)), 0);
	advertise(1, 1800);
	lab_until(10);
	assert_int_equal(temporaries(), 0);
	lab_knob(0, "dad_transmits", "1");
	assert_int_equal(node_sysctl_set(lab.node[0], "net.ipv6.neigh.default.retrans_time_ms", "1", why,
					 sizeof(why)), 0);
	advertise(1, 1800);
	lab_until(11);
	assert_int_equal(temporaries(), 1);
}

int main(void)
{
#define IN_LAB(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		IN_LAB(own_address),
		IN_LAB(not_overriding),
		IN_LAB(flood),
		IN_LAB(flood_of_networks),
		IN_LAB(forgotten_router),
		IN_LAB(flapping_prefix),
		IN_LAB(endless_searches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
