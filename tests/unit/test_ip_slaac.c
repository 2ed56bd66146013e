/* Autoconfiguration of a host: duplicates, solicitations, prefixes with their lifetimes, the two-hours rule. */
#include "slaac_lab.h"

/* What a host with the first station's MAC address makes of 2001:db8:1::/64. */
#define LL0 "fe80::ff:fe00:1"
#define ADDR0 "2001:db8:1::ff:fe00:1"

/* RFC 4862 5.3, 5.4: tentative, one probe from ::, in use a second later; then solicitations. */
static void linklocal_and_solicitations(void **state)
{
	const struct lab_message *probe, *rs;
	double gap = 4;

	(void)state;
	slaac_start(lab.iface[0], NULL);
	assert_int_equal(lab_addr(0, LL0)->flags, IP_ADDR_TENTATIVE | IP_ADDR_NOPREFIXROUTE);
	assert_false(lab_usable(0, LL0));
	lab_until(1000);
	assert_true(lab_usable(0, LL0));
	assert_int_equal(lab_count(ICMP6_MSG_NEIGHBOR_SOLICITATION, 0), 1);
	probe = lab_message(ICMP6_MSG_NEIGHBOR_SOLICITATION, 0);
	assert_true(lab_is(probe->src, "::") && lab_is(probe->dst, "ff02::1:ff00:1"));
	assert_true(lab_is(probe->target, LL0) && vtime_before(probe->at, vtime_s(1)));
	/* A nonce and no link-layer address (RFC 7527, 4861 4.3). */
	assert_int_equal(probe->len, 32);
	assert_int_equal(probe->bytes[24], ND_OPT_NONCE);
	/* RFC 7559: 4 s, then twice as long each time, a tenth more or less. */
	rs = lab_message(ICMP6_MSG_ROUTER_SOLICITATION, 0);
	assert_int_equal(rs->at.ns - probe->at.ns, NS_PER_S);
	assert_true(lab_is(rs->src, LL0) && lab_is(rs->dst, "ff02::2") && rs->len == 16);
	for (unsigned k = 1; k < 7; k++) {
		const struct lab_message *next = lab_message(ICMP6_MSG_ROUTER_SOLICITATION, k);
		double waited = vtime_seconds(vtime_sub(next->at, rs->at));

		assert_true(waited >= gap - (k == 1 ? 0.4 : gap / 19.9) &&
			    waited <= gap + (k == 1 ? 0.4 : gap / 19.9));
		gap = 2 * waited;
		rs = next;
	}
}

static void knobs(void **state)
{
	(void)state;
	lab_knob(0, "dad_transmits", "3");
	lab_knob(0, "router_solicitations", "2");
	lab_knob(0, "enhanced_dad", "0");
	lab_knob(1, "accept_dad", "0");
	lab_knob(1, "accept_ra", "0");
	slaac_start(lab.iface[0], NULL);
	slaac_start(lab.iface[1], NULL);
	assert_true(lab_usable(1, "fe80::ff:fe00:2"));
	lab_until(100);
	assert_int_equal(lab_count(ICMP6_MSG_NEIGHBOR_SOLICITATION, 0), 3);
	assert_int_equal(lab_message(ICMP6_MSG_NEIGHBOR_SOLICITATION, 0)->len, 24);
	assert_int_equal(lab_count(ICMP6_MSG_ROUTER_SOLICITATION, 0), 2); /* none of the second's */
}

/* Who has the address defends it; the other keeps it marked, and uses it for nothing. */
static void defended(void **state)
{
	const struct lab_message *na;

	(void)state;
	lab.iface[1]->link.mac = lab.iface[0]->link.mac;
	slaac_start(lab.iface[1], NULL);
	lab_until(10);
	na = lab_message(ICMP6_MSG_NEIGHBOR_ADVERTISEMENT, 0);
	assert_true(lab_is(na->dst, "ff02::1") && lab_is(na->target, LL0));
	assert_false(na->bytes[4] & 0x40); /* not solicited: nobody has asked from an address */
	assert_int_equal(lab_addr(1, LL0)->flags,
			 IP_ADDR_TENTATIVE | IP_ADDR_DADFAILED | IP_ADDR_NOPREFIXROUTE);
	assert_true(lab_usable(0, LL0) && !lab_usable(1, LL0));
	/* Without a link-local address it does not even ask for routers. */
	assert_int_equal(lab_count(ICMP6_MSG_ROUTER_SOLICITATION, 0), 0);
	assert_int_equal(lab_count(ICMP6_MSG_NEIGHBOR_SOLICITATION, 0), 1);
}

/* accept_dad 2: then it does without IPv6 (RFC 4862 5.4.5). */
static void disabled(void **state)
{
	(void)state;
	lab_knob(1, "accept_dad", "2");
	lab.iface[1]->link.mac = lab.iface[0]->link.mac;
	slaac_start(lab.iface[1], NULL);
	lab_until(10);
	assert_null(lab.iface[1]->addrs);
	assert_int_equal(lab.node[1]->sysctl->ip6_disable, 1);
}

/* Two that want the same: who hears the other's probe gives way; at once, both (RFC 4862 5.4.3). */
static void collision(void **state)
{
	(void)state;
	for (int at_once = 0; at_once < 2; at_once++) {
		int first = 1 + 2 * at_once, second = 2 + 2 * at_once;
		char text[IPADDR_TEXT];

		for (int k = first; k <= second; k++) {
			if (at_once)
				lab_knob(k, "router_solicitation_delay", "0");
			lab.iface[k]->link.mac.b[5] = (uint8_t)(0x60 + at_once);
			slaac_start(lab.iface[k], NULL);
		}
		ipaddr_format(text, sizeof(text), &lab.iface[first]->addrs->addr);
		lab_until(10 + 10 * at_once);
		assert_int_equal(lab_usable(first, text) + lab_usable(second, text), !at_once);
	}
}

/* RFC 7217: an opaque identifier that another has gives way to the next one. */
static void stable_privacy(void **state)
{
	struct nd_opt o = lab_prefix("2001:db8:1::/64", 3600, 1800);
	struct icmp6 m = {.ra = {.lifetime = 1800}};
	struct ipaddr first, second;

	(void)state;
	lab_knob(1, "addr_gen_mode", "2");
	slaac_start(lab.iface[1], &lab.watch);
	first = lab.iface[1]->addrs->addr;
	assert_false(lab_is(first, "fe80::ff:fe00:2"));
	assert_int_equal(ip_addr_add(lab.iface[2], &first, 64), 0); /* it defends */
	lab_until(10);
	second = lab.iface[1]->addrs->addr;
	assert_false(ipaddr_eq(&first, &second));
	assert_null(lab.iface[1]->addrs->next);
	assert_int_equal(lab.iface[1]->addrs->flags,
			 IP_ADDR_NOPREFIXROUTE | IP_ADDR_STABLE_PRIVACY);
	lab_advertise(0, &m, &o, 1);
	lab_until(12);
	assert_int_equal(lab.n_preferred, 1);
	assert_true(prefix_contains(&o.prefix.prefix, &lab.preferred[0]));
	/* Each prefix has an identifier of its own. */
	assert_int_not_equal(memcmp(lab.preferred[0].b + 8, second.b + 8, 8), 0);
}

static void dad_nonce_is_ours(void **state)
{
	const struct lab_message *m;
	struct icmp6 ns = {.type = ICMP6_MSG_NEIGHBOR_SOLICITATION, .ns = {.target = net_ip(LL0)}};

	(void)state;
	slaac_start(lab.iface[0], NULL);
	while (!lab.seen)
		sched_step(&lab.world->sched, vtime_s(1));
	/* The probe comes back, from a hub that loops: it is no duplicate. */
	m = lab_message(ICMP6_MSG_NEIGHBOR_SOLICITATION, 0);
	nd_send(lab.iface[1], &ipaddr_any6, &m->dst, &ns, m->bytes + 24, 8);
	lab_until(5);
	assert_true(lab_usable(0, LL0));
}

/* However late: the first probe comes back when the second has left. */
static void dad_nonce_of_all_probes(void **state)
{
	const struct lab_message *m;
	struct icmp6 ns = {.type = ICMP6_MSG_NEIGHBOR_SOLICITATION, .ns = {.target = net_ip(LL0)}};

	(void)state;
	lab_knob(0, "dad_transmits", "3");
	slaac_start(lab.iface[0], NULL);
	while (lab.seen < 2)
		sched_step(&lab.world->sched, vtime_s(5));
	m = lab_message(ICMP6_MSG_NEIGHBOR_SOLICITATION, 0);
	nd_send(lab.iface[1], &ipaddr_any6, &m->dst, &ns, m->bytes + 24, 8);
	lab_until(10);
	assert_true(lab_usable(0, LL0));
}

static const char *source_for(int k, const char *dst, char text[IPADDR_TEXT])
{
	struct ipaddr d = net_ip(dst);
	const struct ipaddr *a = ip_source_select(lab.iface[k], &d);

	return a ? ipaddr_format(text, IPADDR_TEXT, a) : "none";
}

/* RFC 4862 5.5.3, 5.5.4: made, deprecated, gone; its network and its router with it. */
static void lifetimes(void **state)
{
	struct nd_opt o[2] = {lab_prefix("2001:db8:1::/64", 100, 50),
			      lab_prefix("2001:db8:2::/64", ND_INFINITY, ND_INFINITY)};
	struct icmp6 m = {.ra = {.lifetime = 80, .hop_limit = 33}};
	char text[IPADDR_TEXT];

	(void)state;
	slaac_start(lab.iface[0], &lab.watch);
	lab_until(2.5);
	lab_advertise(1, &m, o, 2);
	lab_until(2.6);
	assert_int_equal(lab_addr(0, ADDR0)->flags, IP_ADDR_TENTATIVE | IP_ADDR_NOPREFIXROUTE |
							    IP_ADDR_MNGTMPADDR | IP_ADDR_DYNAMIC);
	assert_int_equal(lab.n_preferred, 0);
	lab_until(5);
	assert_true(lab_usable(0, ADDR0) && lab.n_preferred == 2);
	assert_int_equal(lab_addr(0, "2001:db8:2::ff:fe00:1")->flags,
			 IP_ADDR_NOPREFIXROUTE | IP_ADDR_MNGTMPADDR);
	assert_int_equal(lab.node[0]->sysctl->ip6_hop_limit, 33);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), "fe80::ff:fe00:2"));
	assert_true(lab_is(lab_next_hop(0, "2001:db8:1::77"), "2001:db8:1::77"));
	assert_string_equal(source_for(0, "2001:db8:1::77", text), ADDR0);
	lab_until(52.6); /* deprecated: for nothing new while there is another (RFC 6724 rule 3) */
	assert_true(lab_addr(0, ADDR0)->flags & IP_ADDR_DEPRECATED && lab_usable(0, ADDR0));
	assert_true(lab.n_preferred == 1 && lab_is(lab.preferred[0], "2001:db8:2::ff:fe00:1"));
	assert_string_equal(source_for(0, "2001:db8:1::77", text), "2001:db8:2::ff:fe00:1");
	lab_until(82);
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), "fe80::ff:fe00:2"));
	lab_until(82.6); /* the router's lifetime is over */
	assert_true(lab_is(lab_next_hop(0, "2001:db8:9::9"), "::"));
	lab_until(102.6);
	assert_null(lab_addr(0, ADDR0));
	assert_true(lab_is(lab_next_hop(0, "2001:db8:1::77"), "::"));
	assert_true(lab_usable(0, "2001:db8:2::ff:fe00:1"));
	assert_int_equal(lab.n_preferred, 1);
	/* The other for ever. */
	lab_until(1e6);
	assert_true(lab_usable(0, "2001:db8:2::ff:fe00:1"));
}

/* RFC 4862 5.5.3 e, written out: what becomes of `left` seconds when `told` are advertised. */
static double two_hours(double left, double told)
{
	if (told > 7200 || told > left)
		return told;
	if (left <= 7200)
		return left;
	return 7200;
}

static void two_hours_rule(void **state)
{
	static const uint32_t told[] = {20000, 9000, 7200, 100, 0, 7000, 7150, 5, 8000, 0, 30};
	double left = 0, at = 10;

	(void)state;
	slaac_start(lab.iface[0], &lab.watch);
	for (size_t k = 0; k < sizeof(told) / sizeof(told[0]); k++) {
		struct nd_opt o = lab_prefix("2001:db8:1::/64", told[k], told[k] / 2);
		struct icmp6 m = {.ra = {.lifetime = 0}};
		struct slaac_life life;

		lab_until(at);
		lab_advertise(1, &m, &o, 1);
		lab_until(at + 0.5);
		left = k ? two_hours(left, told[k]) : told[k];
		life = slaac_addr_life(lab.iface[0], lab_addr(0, ADDR0));
		assert_true(vtime_seconds(life.valid) - at - left < 0.01 &&
			    vtime_seconds(life.valid) - at - left > -0.01);
		/* The preferred lifetime is always believed. */
		assert_true(vtime_seconds(life.preferred) - at - told[k] / 2 < 0.01);
		at += 40;
		left -= 40;
	}
}

/* RFC 4862 5.5.3 a to d, RFC 4861 6.3.4: what nothing comes of. */
static void refused_prefixes(void **state)
{
	struct nd_opt o[5] = {lab_prefix("2001:db8:1::/64", 100, 200),
			      lab_prefix("2001:db8:2::/56", 100, 50),
			      lab_prefix("fe80::/64", 100, 50),
			      lab_prefix("2001:db8:3::/64", 0, 0),
			      lab_prefix("2001:db8:4::/64", 100, 50)};
	struct icmp6 m = {.ra = {.lifetime = 0}};

	(void)state;
	o[4].prefix.autonomous = false;
	slaac_start(lab.iface[0], &lab.watch);
	lab_until(3);
	lab_advertise(1, &m, o, 5);
	lab_until(10);
	assert_int_equal(lab.n_preferred, 0);
	assert_null(lab.iface[0]->addrs->next);
	/* But on the link is what is said to be. */
	assert_int_equal(lab.node[0]->fib.routes, 3);
}

/* A host that forwards takes none, unless accept_ra is 2; one that was not asked to takes none. */
static void who_listens(void **state)
{
	struct nd_opt o = lab_prefix("2001:db8:1::/64", 1000, 500);
	struct icmp6 m = {.ra = {.lifetime = 100}};

	(void)state;
	lab_knob(0, "forwarding", "1");
	lab_knob(2, "forwarding", "1");
	lab_knob(2, "accept_ra", "2");
	slaac_start(lab.iface[0], NULL);
	slaac_start(lab.iface[2], &lab.watch);
	lab_until(3);
	lab_advertise(1, &m, &o, 1);
	lab_until(6);
	assert_int_equal(lab.n_preferred, 1);
	assert_null(lab.iface[0]->addrs->next);
	assert_null(lab.iface[3]->addrs->next);
	assert_int_equal(lab.node[3]->fib.routes, 0);
}

/* Going down forgets; coming up begins anew. A link that comes back is asked for routers. */
static void down_and_up(void **state)
{
	struct nd_opt o = lab_prefix("2001:db8:1::/64", 1000, 500);
	struct icmp6 m = {.ra = {.lifetime = 100}};
	unsigned before;

	(void)state;
	slaac_start(lab.iface[0], &lab.watch);
	lab_until(3);
	lab_advertise(1, &m, &o, 1);
	lab_until(6);
	assert_true(lab_usable(0, ADDR0));
	before = lab.seen;
	link_set_up(lab.link[0], false);
	lab_until(8);
	link_set_up(lab.link[0], true);
	lab_until(9);
	assert_true(lab_usable(0, ADDR0) && lab_count(ICMP6_MSG_ROUTER_SOLICITATION, before) == 1);
	for (int by_node = 0; by_node < 2; by_node++) {
		if (by_node)
			node_set_up(lab.node[0], false);
		else
			ip_iface_set_up(lab.iface[0], false);
		assert_null(lab.iface[0]->addrs);
		assert_int_equal(lab.node[0]->fib.routes, 0);
		assert_int_equal(lab.n_preferred, 0);
		if (by_node)
			node_set_up(lab.node[0], true);
		else
			ip_iface_set_up(lab.iface[0], true);
		assert_true(lab_addr(0, LL0)->flags & IP_ADDR_TENTATIVE);
		lab_until(15 + by_node * 10);
		lab_advertise(1, &m, &o, 1);
		lab_until(18 + by_node * 10);
		assert_true(lab_usable(0, ADDR0) && lab.n_preferred == 1);
	}
}

/* RFC 8106: three servers, for their lifetimes; 0 takes one away. MTU: of routes that came so. */
static void servers_and_mtu(void **state)
{
	struct ipaddr list[4] = {net_ip("2001:db8::1"), net_ip("2001:db8::2"), net_ip("2001:db8::3"),
				 net_ip("2001:db8::4")};
	struct nd_opt o[3] = {
		{.type = ND_OPT_RDNSS, .dns = {100, list[0].b, sizeof(list)}},
		{.type = ND_OPT_LINK_MTU, .mtu = 1400},
		lab_prefix("2001:db8:1::/64", 1000, 500),
	};
	struct icmp6 m = {.ra = {.lifetime = 100}};
	struct ip_flow f = {.dst = net_ip("2001:db8:9::9"), .proto = NET_PROTO};
	struct ip_path path;

	(void)state;
	slaac_start(lab.iface[0], &lab.watch);
	lab_until(3);
	lab_advertise(1, &m, o, 3);
	lab_until(6);
	assert_true(lab.n_servers == 3 && lab_is(lab.servers[2], "2001:db8::3"));
	assert_int_equal(ip_path(lab.node[0], &f, &path), 0);
	assert_int_equal(path.mtu, 1400);
	o[1].mtu = 1279; /* not believed */
	o[0].dns.lifetime = 0;
	o[0].dns.len = 16;
	lab_advertise(1, &m, o, 3);
	lab_until(7);
	assert_true(lab.n_servers == 2 && lab_is(lab.servers[0], "2001:db8::2"));
	f.src = ipaddr_any6;
	assert_int_equal(ip_path(lab.node[0], &f, &path), 0);
	assert_int_equal(path.mtu, 1400);
	lab_until(104);
	assert_int_equal(lab.n_servers, 0);
}

/* The temporary addresses of a station, at most 8; *preferred is the one that is not deprecated, the last. */
static unsigned temporaries(int k, struct ipaddr list[8], struct ipaddr *preferred)
{
	unsigned n = 0;

	for (const struct ip_addr *a = lab.iface[k]->addrs; a; a = a->next) {
		if (!(a->flags & IP_ADDR_TEMPORARY))
			continue;
		assert_true(n < 8 && a->flags & IP_ADDR_DYNAMIC && !(a->flags & IP_ADDR_MNGTMPADDR));
		list[n++] = a->addr;
		if (!(a->flags & IP_ADDR_DEPRECATED))
			*preferred = a->addr;
	}
	return n;
}

/* RFC 8981: a random identifier, a successor before it deprecates, gone after its own lifetime. */
static void temporary(void **state)
{
	struct nd_opt o = lab_prefix("2001:db8:1::/64", 10000, 5000);
	struct icmp6 m = {.ra = {.lifetime = 1800}};
	struct ipaddr list[8], first, now;
	char text[IPADDR_TEXT], want[IPADDR_TEXT];

	(void)state;
	lab_knob(0, "use_tempaddr", "2");
	lab_knob(0, "temp_prefered_lft", "100");
	lab_knob(0, "temp_valid_lft", "200");
	lab_knob(0, "max_desync_factor", "0");
	slaac_start(lab.iface[0], &lab.watch);
	lab_until(3);
	lab_advertise(1, &m, &o, 1);
	lab_until(10);
	assert_int_equal(temporaries(0, list, &first), 1);
	assert_true(prefix_contains(&o.prefix.prefix, &first) && !lab_is(first, ADDR0));
	assert_string_equal(source_for(0, "2001:db8:9::9", text),
			    ipaddr_format(want, sizeof(want), &first));
	/* The world knows the stable one only. */
	assert_true(lab.n_preferred == 1 && lab_is(lab.preferred[0], ADDR0));
	lab_knob(0, "use_tempaddr", "1");
	assert_string_equal(source_for(0, "2001:db8:9::9", text), ADDR0);
	lab_knob(0, "use_tempaddr", "2");
	lab_until(97); /* 5 s before: 2 s, and three searches of a second */
	assert_int_equal(temporaries(0, list, &now), 1);
	lab_until(99);
	assert_int_equal(temporaries(0, list, &now), 2);
	assert_false(lab_addr(0, ipaddr_format(text, sizeof(text), &first))->flags & IP_ADDR_DEPRECATED);
	lab_until(104);
	assert_true(lab_addr(0, ipaddr_format(text, sizeof(text), &first))->flags & IP_ADDR_DEPRECATED);
	assert_int_equal(temporaries(0, list, &now), 2);
	assert_string_equal(source_for(0, "2001:db8:9::9", text),
			    ipaddr_format(want, sizeof(want), &now));
	/* An advertisement makes none live longer, and makes no third one. */
	lab_advertise(1, &m, &o, 1);
	lab_until(202);
	assert_int_equal(temporaries(0, list, &now), 3);
	lab_until(204);
	assert_int_equal(temporaries(0, list, &now), 2);
	assert_false(ipaddr_eq(&list[0], &first));
	/* Generation after generation, as long as the prefix is preferred; then they end with it. */
	lab_until(4000);
	assert_in_range(temporaries(0, list, &now), 2, 3);
	lab_until(5400);
	assert_int_equal(temporaries(0, list, &now), 0);
	assert_true(lab_usable(0, ADDR0));
}

/* Where somebody has the identifier already, another is tried; desynchronised ones end sooner. */
static void temporary_again(void **state)
{
	struct nd_opt o = lab_prefix("2001:db8:1::/64", 10000, 5000);
	struct icmp6 m = {.ra = {.lifetime = 1800}};
	struct ipaddr list[8], first, second;
	char text[IPADDR_TEXT];
	vtime life;

	(void)state;
	lab_knob(0, "use_tempaddr", "1");
	lab_knob(0, "temp_prefered_lft", "1000");
	slaac_start(lab.iface[0], NULL);
	lab_until(3);
	lab_advertise(1, &m, &o, 1);
	while (temporaries(0, list, &first) == 0)
		sched_step(&lab.world->sched, vtime_s(5));
	assert_int_equal(ip_addr_add(lab.iface[2], &first, 64), 0); /* it defends */
	lab_until(10);
	assert_int_equal(temporaries(0, list, &second), 1);
	assert_false(ipaddr_eq(&first, &second));
	assert_true(lab_usable(0, ipaddr_format(text, sizeof(text), &second)));
	/* RFC 8981 3.8: shorter by up to max_desync_factor, and by two fifths at most. */
	life = slaac_addr_life(lab.iface[0], lab_addr(0, text)).preferred;
	assert_true(vtime_before(life, vtime_s(1000)) && vtime_before(vtime_s(600), life));
}

int main(void)
{
#define IN_LAB(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		IN_LAB(linklocal_and_solicitations),
		IN_LAB(knobs),
		IN_LAB(defended),
		IN_LAB(disabled),
		IN_LAB(collision),
		IN_LAB(stable_privacy),
		IN_LAB(dad_nonce_is_ours),
		IN_LAB(dad_nonce_of_all_probes),
		IN_LAB(lifetimes),
		IN_LAB(two_hours_rule),
		IN_LAB(refused_prefixes),
		IN_LAB(who_listens),
		IN_LAB(down_and_up),
		IN_LAB(servers_and_mtu),
		IN_LAB(temporary),
		IN_LAB(temporary_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
