/* The switch: learning, ageing, flooding, VLANs; and its table against a naive twin. */
#include "link_pair.h"

#include "link/mac_table.h"
#include "link/switch.h"
#include "wire/eth.h"

#define PORTS 5

/* A switch with a station on each port, over links without delay. */
struct lan {
	struct world *w;
	struct eth_switch *sw;
	struct end station[PORTS];
	struct iface *port[PORTS];
	struct link *link[PORTS];
	struct eth_hdr last[PORTS]; /* the header of what a station got last */
};

static struct lan lan;

static void station_input(struct iface *i, struct packet *p)
{
	uint32_t number = i->index;

	assert_true(eth_parse(p->hdr + p->head, (size_t)(p->end - p->head), &lan.last[number]) !=
		    ETH_SHORT);
	assert_int_equal(p->head + eth_hlen(&lan.last[number]), p->l3);
	end_input(i, p);
}

static struct mac mac_of(uint32_t number)
{
	return (struct mac){{2, 0, 0, 0, 0, (uint8_t)(number + 1)}};
}

static void lan_init(uint32_t table, vtime ageing, const struct switch_port_params *params)
{
	lan = (struct lan){.w = world_new(1)};
	lan.sw = switch_new(lan.w, "lan", table, ageing);
	for (uint32_t i = 0; i < PORTS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "eth%u", i);
		end_init(&lan.station[i], lan.w, "s");
		lan.station[i].iface.index = i;
		lan.station[i].iface.input = station_input;
		lan.port[i] = switch_add_port(lan.sw, name, mac_of(100 + i),
					      params ? &params[i] : NULL);
		lan.link[i] = link_new(lan.w, name, &lan.station[i].iface, lan.port[i],
				       &link_params_default, &link_params_default);
	}
}

static void lan_fini(void)
{
	for (uint32_t i = 0; i < PORTS; i++)
		link_free(lan.link[i]);
	for (uint32_t i = 0; i < PORTS; i++)
		end_fini(&lan.station[i]);
	switch_free(lan.sw);
	world_close(lan.w);
}

/* Station `from` sends a frame; returns a digit string of those that got one. */
static const char *sends_tagged(uint32_t from, struct mac src, struct mac dst, int vid, int pcp)
{
	static char got[PORTS + 1];
	uint32_t before[PORTS];
	struct eth_hdr h = {.src = src, .dst = dst, .type = ETH_TYPE_IPV4, .tagged = vid >= 0};
	struct packet *p = packet_new(lan.w);
	char *end = got;

	if (vid >= 0) {
		h.vlan.vid = (uint16_t)vid;
		h.vlan.pcp = (uint8_t)pcp;
	}
	packet_copy_in(p, "payload", 7);
	eth_emit(packet_push(p, (uint16_t)eth_hlen(&h)), &h);
	for (uint32_t i = 0; i < PORTS; i++)
		before[i] = lan.station[i].count;
	iface_send(&lan.station[from].iface, p);
	world_run(lan.w);
	for (uint32_t i = 0; i < PORTS; i++) {
		assert_in_range(lan.station[i].count - before[i], 0, 1);
		if (lan.station[i].count > before[i])
			*end++ = (char)('0' + i);
	}
	*end = 0;
	return got;
}

static const char *sends(uint32_t from, struct mac dst)
{
	return sends_tagged(from, mac_of(from), dst, -1, 0);
}

static void test_learning(void **state)
{
	(void)state;
	lan_init(SWITCH_TABLE_DEFAULT, vtime_s(300), NULL);
	assert_string_equal(sends(0, mac_of(1)), "1234"); /* unknown: flooded */
	assert_string_equal(sends(1, mac_of(0)), "0");    /* learnt from it */
	assert_string_equal(sends(0, mac_of(1)), "1");
	assert_string_equal(sends(2, mac_broadcast), "0134");
	assert_string_equal(sends(0, mac_of(2)), "2");
	assert_string_equal(sends(0, (struct mac){{1, 0, 0x5e, 0, 0, 1}}), "1234");
	assert_int_equal(switch_table_count(lan.sw), 3);
	assert_ptr_equal(switch_lookup(lan.sw, mac_of(2), 1), lan.port[2]);
	assert_null(switch_lookup(lan.sw, mac_of(2), 2));
	assert_null(switch_lookup(lan.sw, mac_of(3), 1));
	assert_int_equal(switch_forwarded(lan.sw), 6);
	assert_int_equal(switch_flooded(lan.sw), 3);
	/* All copies of a flooded frame are the same packet to a capture. */
	assert_int_equal(lan.station[1].seen[lan.station[1].count - 1].id,
			 lan.station[4].seen[lan.station[4].count - 1].id);
	/* A station that moves is learnt anew; behind its own port nothing is sent back. */
	assert_string_equal(sends_tagged(4, mac_of(1), mac_of(0), -1, 0), "0");
	assert_string_equal(sends(0, mac_of(1)), "4");
	assert_string_equal(sends_tagged(4, mac_of(9), mac_of(1), -1, 0), "");
	assert_int_equal(site_drops(switch_site(lan.sw), DROP_SWITCH_SAME_PORT), 1);
	lan_fini();
}

static void test_ageing(void **state)
{
	(void)state;
	lan_init(SWITCH_TABLE_DEFAULT, vtime_s(300), NULL);
	sends(0, mac_broadcast);
	sends(1, mac_broadcast);
	world_run_to(lan.w, vtime_s(200));
	assert_string_equal(sends(1, mac_of(0)), "0"); /* 1 was heard of, being asked for is not */
	world_run_to(lan.w, vtime_ns(300 * NS_PER_S - 1));
	assert_string_equal(sends(2, mac_of(0)), "0");
	world_run_to(lan.w, vtime_s(300));
	assert_string_equal(sends(2, mac_of(0)), "0134");
	assert_string_equal(sends(2, mac_of(1)), "1");
	assert_int_equal(switch_table_count(lan.sw), 2);
	world_run_to(lan.w, vtime_s(600));
	assert_int_equal(switch_table_count(lan.sw), 0);
	lan_fini();
}

/* A full table floods what it could not learn, and learns again when someone has aged. */
static void test_full(void **state)
{
	(void)state;
	lan_init(2, vtime_s(300), NULL);
	sends(0, mac_broadcast);
	world_run_to(lan.w, vtime_s(10));
	sends(1, mac_broadcast);
	sends(2, mac_broadcast);
	assert_int_equal(switch_table_count(lan.sw), 2);
	assert_string_equal(sends(3, mac_of(2)), "0124");
	assert_string_equal(sends(3, mac_of(1)), "1");
	world_run_to(lan.w, vtime_s(300));
	sends(2, mac_broadcast);
	assert_string_equal(sends(3, mac_of(2)), "2");
	assert_string_equal(sends(3, mac_of(0)), "0124");
	lan_fini();
}

static void test_ports_down(void **state)
{
	(void)state;
	lan_init(SWITCH_TABLE_DEFAULT, VTIME_NEVER, NULL);
	sends(1, mac_broadcast);
	sends(2, mac_broadcast);
	link_set_up(lan.link[1], false);
	assert_string_equal(sends(0, mac_of(1)), "234"); /* it may have moved */
	assert_null(switch_lookup(lan.sw, mac_of(1), 1));
	lan.port[2]->up = false;
	assert_string_equal(sends(0, mac_broadcast), "34");
	link_set_up(lan.link[3], false);
	link_set_up(lan.link[4], false);
	assert_string_equal(sends(0, mac_broadcast), "");
	assert_int_equal(site_drops(switch_site(lan.sw), DROP_SWITCH_NO_PORT), 1);
	link_set_up(lan.link[4], true);
	switch_set_up(lan.sw, false);
	assert_string_equal(sends(0, mac_broadcast), "");
	assert_int_equal(site_drops(switch_site(lan.sw), DROP_NODE_DOWN), 1);
	assert_int_equal(switch_table_count(lan.sw), 0);
	switch_set_up(lan.sw, true);
	assert_string_equal(sends(0, mac_broadcast), "4");
	lan_fini();
}

static void test_refused(void **state)
{
	struct mac group = {{3, 0, 0, 0, 0, 1}}, stp = {{1, 0x80, 0xc2, 0, 0, 0}};
	struct packet *p;

	(void)state;
	lan_init(SWITCH_TABLE_DEFAULT, VTIME_NEVER, NULL);
	assert_string_equal(sends_tagged(0, group, mac_of(1), -1, 0), "");
	assert_string_equal(sends_tagged(0, mac_zero, mac_of(1), -1, 0), "");
	assert_string_equal(sends_tagged(0, mac_of(0), mac_of(1), 4095, 0), "");
	p = packet_new(lan.w);
	memset(packet_push(p, 13), 2, 13);
	iface_send(&lan.station[0].iface, p);
	world_run(lan.w);
	assert_int_equal(site_drops(switch_site(lan.sw), DROP_ETH_MALFORMED), 4);
	assert_string_equal(sends(0, stp), "");
	stp.b[5] = 0x10; /* the first that is forwarded again */
	assert_string_equal(sends(0, stp), "1234");
	assert_int_equal(site_drops(switch_site(lan.sw), DROP_SWITCH_RESERVED), 1);
	lan_fini();
}

/*
 * Ports 0 and 1: access, VLANs 10 and 20. Port 2: a trunk of both without a native VLAN. Port 3: a
 * trunk of both whose native VLAN is 10. Port 4: access, VLAN 10.
 */
static void vlan_lan(void)
{
	static const uint16_t both[] = {10, 20}, twenty[] = {20};
	const struct switch_port_params params[PORTS] = {
		{.vlan = 10},
		{.vlan = 20},
		{.vlan = 0, .trunk = both, .trunk_count = 2},
		{.vlan = 10, .trunk = twenty, .trunk_count = 1},
		{.vlan = 10},
	};

	lan_init(SWITCH_TABLE_DEFAULT, VTIME_NEVER, params);
}

static void assert_tag(uint32_t station, int vid, int pcp)
{
	assert_int_equal(lan.last[station].tagged, vid >= 0);
	assert_int_equal(lan.last[station].type, ETH_TYPE_IPV4);
	if (vid >= 0) {
		assert_int_equal(lan.last[station].vlan.vid, vid);
		assert_int_equal(lan.last[station].vlan.pcp, pcp);
	}
}

static void test_vlans(void **state)
{
	struct site *site;

	(void)state;
	vlan_lan();
	site = switch_site(lan.sw);
	/* Untagged into VLAN 10: tagged on the trunk, untagged where it is native. */
	assert_string_equal(sends(0, mac_broadcast), "234");
	assert_tag(2, 10, 0);
	assert_tag(3, -1, 0);
	assert_tag(4, -1, 0);
	assert_int_equal(lan.station[2].seen[0].len, 18 + 7);
	assert_int_equal(lan.station[4].seen[0].len, 14 + 7);
	/* VLAN 20. */
	assert_string_equal(sends(1, mac_broadcast), "23");
	assert_tag(2, 20, 0);
	assert_tag(3, 20, 0);
	/* Tagged in, both ways out; the priority stays while there is a tag to hold it. */
	assert_string_equal(sends_tagged(2, mac_of(2), mac_broadcast, 20, 5), "13");
	assert_tag(1, -1, 0);
	assert_tag(3, 20, 5);
	assert_string_equal(sends_tagged(2, mac_of(2), mac_broadcast, 10, 3), "034");
	assert_tag(0, -1, 0);
	assert_tag(3, -1, 0);
	/* Native: untagged, with a mere priority tag, or tagged, it is VLAN 10. */
	assert_string_equal(sends(3, mac_broadcast), "024");
	assert_tag(2, 10, 0);
	assert_string_equal(sends_tagged(3, mac_of(3), mac_broadcast, 0, 6), "024");
	assert_tag(2, 10, 6);
	assert_tag(0, -1, 0);
	assert_string_equal(sends_tagged(3, mac_of(3), mac_broadcast, 10, 0), "024");
	/* Not allowed. */
	assert_int_equal(site_drops(site, DROP_VLAN_MISMATCH), 0);
	assert_string_equal(sends(2, mac_broadcast), "");
	assert_string_equal(sends_tagged(2, mac_of(2), mac_broadcast, 30, 0), "");
	assert_string_equal(sends_tagged(0, mac_of(0), mac_broadcast, 20, 0), "");
	assert_int_equal(site_drops(site, DROP_VLAN_MISMATCH), 3);
	/* Stations are learnt for each VLAN apart. */
	assert_ptr_equal(switch_lookup(lan.sw, mac_of(2), 10), lan.port[2]);
	assert_ptr_equal(switch_lookup(lan.sw, mac_of(2), 20), lan.port[2]);
	assert_null(switch_lookup(lan.sw, mac_of(0), 20));
	assert_string_equal(sends(1, mac_of(2)), "2");
	assert_tag(2, 20, 0);
	assert_string_equal(sends(1, mac_of(0)), "23"); /* of another VLAN: unknown here */
	lan_fini();
}

/* The frame that was sent stays what it was, whatever tags its copies get. */
static void test_payload_shared(void **state)
{
	struct packet *p;
	struct slab *s;
	struct eth_hdr h = {.src = mac_of(0), .dst = mac_broadcast, .type = ETH_TYPE_IPV4};

	(void)state;
	vlan_lan();
	s = slab_new(lan.w, 100);
	p = packet_new(lan.w);
	packet_set_payload(p, s, s->bytes, 100);
	eth_emit(packet_push(p, ETH_HLEN), &h);
	iface_send(&lan.station[0].iface, p);
	assert_true(sched_step(&lan.w->sched, VTIME_NEVER)); /* into the switch, and out again */
	assert_int_equal(lan.w->pool.live, 3);
	assert_int_equal(s->refs, 4); /* ours and three copies */
	world_run(lan.w);
	assert_int_equal(s->refs, 1);
	slab_unref(lan.w, s);
	lan_fini();
}

/* The table against a list that is searched from the front. */
struct listed {
	struct mac mac;
	uint16_t vlan;
	void *port;
	vtime heard;
};

static void test_table_twin(void **state)
{
	enum { LIMIT = 100, AGE = 1000 };
	static char ports[8];
	struct listed list[LIMIT];
	uint32_t count = 0, refused = 0;
	struct mac_table t;
	struct rng r;
	vtime now = VTIME_ZERO;

	(void)state;
	mac_table_init(&t, LIMIT, vtime_ns(AGE));
	rng_init(&r, 1, "table");
	for (int step = 0; step < 300000; step++) {
		struct mac mac = mac_from_u64(UINT64_C(0x020000000000) + rng_below(&r, 60) * 256);
		uint16_t vlan = (uint16_t)(1 + rng_below(&r, 3));
		uint32_t dice = rng_below(&r, 1000), at = 0;

		now.ns += step % 100000 < 50000 ? rng_below(&r, 3) : rng_below(&r, 30);
		for (uint32_t i = 0; i < count;)
			if (now.ns - list[i].heard.ns >= AGE)
				list[i] = list[--count];
			else
				i++;
		while (at < count && !(mac_eq(&list[at].mac, &mac) && list[at].vlan == vlan))
			at++;
		if (dice < 500) {
			void *port = &ports[rng_below(&r, 8)];
			bool room = at < count || count < LIMIT;

			assert_int_equal(mac_table_learn(&t, mac, vlan, port, now), room);
			refused += !room;
			if (room)
				list[at] = (struct listed){mac, vlan, port, now};
			count += room && at == count;
		} else if (dice < 990) {
			assert_ptr_equal(mac_table_lookup(&t, mac, vlan, now),
					 at < count ? list[at].port : NULL);
		} else if (dice < 998) {
			assert_int_equal(mac_table_count(&t, now), count);
		} else if (dice < 999) {
			void *port = &ports[rng_below(&r, 8)];

			mac_table_flush(&t, port);
			for (uint32_t i = 0; i < count;)
				if (list[i].port == port)
					list[i] = list[--count];
				else
					i++;
		} else if (rng_below(&r, 10) == 0) {
			mac_table_clear(&t);
			count = 0;
		}
	}
	assert_true(refused > 1000);
	mac_table_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learning),
		cmocka_unit_test(test_ageing),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_ports_down),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_vlans),
		cmocka_unit_test(test_payload_shared),
		cmocka_unit_test(test_table_twin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
