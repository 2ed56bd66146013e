/* The model: what short forms, ranges and defaults come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "topo/scenario.h"

static struct scenario *load(const char *text)
{
	GError *error = NULL;
	struct scenario *s = scenario_parse(text, strlen(text), "dir/t.yaml", NULL, &error);

	if (!s)
		fail_msg("%s", error->message);
	return s;
}

static void refused(const char *text, const char *sentence)
{
	GError *error = NULL;

	assert_null(scenario_parse(text, strlen(text), "t.yaml", NULL, &error));
	assert_string_equal(error->message, sentence);
	g_error_free(error);
}

static const struct topo_iface *iface(const struct scenario *s, const char *node, const char *name)
{
	const struct topo_node *n = &s->nodes[scenario_node(s, node)];

	assert_int_not_equal(scenario_iface(n, name), TOPO_NONE);
	return &n->ifaces[scenario_iface(n, name)];
}

static void defaults(void **state)
{
	struct scenario *s = load("nodes: {a: {}, b:}\nlinks: [a -- b]\n");
	const struct topo_dir *dir = &s->links[0].dir[1];
	struct ipaddr pool;

	(void)state;
	assert_string_equal(s->name, "t");
	assert_int_equal(s->seed, 1);
	assert_false(s->has_duration);
	assert_true(ipaddr_parse("10.0.0.0", &pool) && ipaddr_eq(&s->addressing.pool4.addr, &pool));
	assert_int_equal(s->addressing.len4, 120);
	assert_int_equal(s->addressing.len6, 64);
	assert_true(s->addressing.ipv4 && s->addressing.ipv6);
	assert_int_equal(s->nodes[0].kind, TOPO_HOST);
	assert_true(s->nodes[0].names);
	assert_int_equal(s->nodes[0].ageing.ns, INT64_C(300000000000));
	assert_string_equal(s->links[0].name, "a--b");
	assert_int_equal(dir->rate, 0);
	assert_int_equal(dir->delay.ns, 0);
	assert_int_equal(dir->mtu, 1500);
	assert_int_equal(dir->overhead, 24);
	assert_int_equal(dir->loss.kind, TOPO_LOSS_NONE);
	assert_int_equal(dir->queue.limit.unit, TOPO_LIMIT_DEFAULT);
	assert_int_equal(dir->given, 0);
	assert_int_equal(s->capture_mode, TOPO_CAPTURE_DEFAULT);
	assert_int_equal(s->n_captures, 0);
	scenario_free(s);
}

static void addressing(void **state)
{
	struct scenario *s = load("nodes: {a: {}}\naddressing: {ipv4: 172.16.0.0/12, ipv6: none, ipv4_prefix: 30}\n");

	(void)state;
	assert_int_equal(s->addressing.pool4.len, 96 + 12);
	assert_int_equal(s->addressing.len4, 96 + 30);
	assert_false(s->addressing.ipv6);
	scenario_free(s);
	refused("nodes: {a: {}}\naddressing: {ipv4: 172.16.0.0/28}\n",
		"t.yaml:2:1: networks of /24 do not fit into the /28 that they are taken from; "
		"expected a longer ipv4_prefix");
}

/* eth0 of each, or the next free; named ends first, declared ones are free too. */
static void interfaces(void **state)
{
	struct scenario *s = load("nodes:\n"
				  "  r: {kind: router, interfaces: {wan: {mtu: 1492}, eth1: {mtu: 1300}}}\n"
				  "  a: {}\n  b: {}\n  c: {}\n  d: {address: 10.9.0.1/24}\n"
				  "links:\n  - r -- a\n  - r:wan -- b\n  - c -- r\n  - d:eth7 -- r:eth2\n  - a -- r\n");
	const struct topo_node *r = &s->nodes[0];

	(void)state;
	assert_int_equal(r->n_ifaces, 5);
	assert_int_equal(iface(s, "r", "eth0")->link, 0);
	assert_int_equal(iface(s, "r", "wan")->link, 1);
	assert_int_equal(iface(s, "r", "eth1")->link, 2);
	assert_int_equal(iface(s, "r", "eth1")->mtu, 1300);
	assert_int_equal(iface(s, "r", "eth1")->side, 1);
	assert_int_equal(iface(s, "r", "eth2")->link, 3);
	assert_int_equal(iface(s, "r", "eth3")->link, 4);
	assert_int_equal(iface(s, "a", "eth1")->link, 4);
	assert_int_equal(iface(s, "d", "eth7")->n_addrs, 1);
	assert_int_equal(s->links[1].end[0].iface, scenario_iface(r, "wan"));
	scenario_free(s);
}

static void ranges(void **state)
{
	struct scenario *s = load("nodes:\n  \"c[1..1000]\": {}\n  \"s[1..1000]\": {}\n  hub: {kind: switch}\n"
				  "links:\n  - c[1..1000] -- s[1..1000]\n  - s[1..1000] -- hub\n"
				  "  - {name: \"up[1..2]\", between: [\"c[5..6]\", \"hub:p[1..2]\"]}\n"
				  "run:\n  - {on: \"c[2..4]\", do: ping hub, as: p}\n");

	(void)state;
	assert_int_equal(s->n_nodes, 2001);
	assert_int_equal(s->n_links, 2002);
	assert_int_equal(scenario_link(s, "c77--s77"), 76);
	assert_int_equal(s->links[scenario_link(s, "s1000--hub")].end[1].node, 2000);
	assert_int_equal(iface(s, "hub", "eth999")->link, 1999);
	assert_int_equal(iface(s, "hub", "p2")->link, scenario_link(s, "up2"));
	assert_int_equal(s->steps[0].n_nodes, 3);
	assert_string_equal(s->steps[0].commands[1].result, "p.c3");
	assert_string_equal(s->steps[0].commands[1].label, "p");
	assert_int_equal(s->n_captures, 3);
	assert_string_equal(s->captures[2].file, "c4.pcapng");
	scenario_free(s);
}

/* Reverse and forward lie over what both have. validation.md 11 for the burst. */
static void directions(void **state)
{
	struct scenario *s = load("nodes: {a: {}, b: {}}\n"
				  "links:\n  - between: [a, b]\n    rate: 10Mbit/s\n    rtt: 20ms\n"
				  "    loss: {burst: 4, mean: 1%}\n    jitter: 2ms\n    mtu: 1492\n    overhead: 0B\n"
				  "    queue: {limit: 64KiB}\n"
				  "    reverse: {rate: 5Mbit/s, loss: 0%, delay: 3ms, jitter: {pareto: 1ms}, queue: 2bdp}\n"
				  "    forward: {reorder: 1%, duplicate: 0.1%, corrupt: 0.01%}\n");
	const struct topo_dir *there = &s->links[0].dir[0], *back = &s->links[0].dir[1];

	(void)state;
	assert_int_equal(there->rate, 10000000);
	assert_int_equal(back->rate, 5000000);
	assert_int_equal(there->delay.ns, 10000000);
	assert_int_equal(back->delay.ns, 3000000);
	assert_int_equal(there->loss.kind, TOPO_LOSS_GILBERT);
	assert_true(there->loss.ge.r == 0.25);
	assert_true(there->loss.ge.p > 0.0025252 && there->loss.ge.p < 0.0025253);
	assert_true(there->loss.ge.h == 0 && there->loss.ge.k == 1);
	assert_int_equal(back->loss.kind, TOPO_LOSS_NONE);
	assert_int_equal(there->jitter.kind, TOPO_JITTER_UNIFORM);
	assert_int_equal(back->jitter.kind, TOPO_JITTER_PARETO);
	assert_int_equal(back->jitter.amount.ns, 1000000);
	assert_int_equal(there->queue.limit.unit, TOPO_LIMIT_BYTES);
	assert_int_equal(there->queue.limit.n, 65536);
	assert_int_equal(back->queue.limit.unit, TOPO_LIMIT_BDP);
	assert_true(back->queue.limit.bdp == 2);
	assert_true(there->reorder == 0.01 && there->duplicate == 0.001 && there->corrupt == 0.0001);
	assert_true(back->reorder == 0);
	assert_int_equal(back->mtu, 1492);
	assert_int_equal(back->overhead, 0);
	scenario_free(s);
}

static void losses(void **state)
{
	struct scenario *s = load("nodes: {a: {}, b: {}}\n"
				  "links:\n  - {name: e, between: [a, b], loss: {every: 100}}\n"
				  "  - {name: p, between: [a, b], loss: {packets: [7, 3]}}\n"
				  "  - {name: g, between: [a, b], loss: {p: 1%, r: 20%, h: 50%, k: 99%}}\n"
				  "  - {name: s, between: [a, b], loss: 0.1%}\n");

	(void)state;
	assert_int_equal(s->links[0].dir[0].loss.every, 100);
	assert_int_equal(s->links[1].dir[0].loss.packets.n, 2);
	assert_int_equal(s->links[1].dir[0].loss.packets.seq[0], 3);
	assert_int_equal(s->links[1].dir[0].loss.packets.seq[1], 7);
	assert_true(s->links[2].dir[1].loss.ge.p == 0.01 && s->links[2].dir[1].loss.ge.r == 0.2);
	assert_true(s->links[2].dir[1].loss.ge.h == 0.5 && s->links[2].dir[1].loss.ge.k == 0.99);
	assert_int_equal(s->links[3].dir[0].loss.kind, TOPO_LOSS_BERNOULLI);
	assert_true(s->links[3].dir[0].loss.share == 0.001);
	scenario_free(s);
}

static void nodes(void **state)
{
	struct scenario *s = load(
		"nodes:\n"
		"  r:\n    kind: router\n    names: none\n"
		"    interfaces: {lan: {address: [192.168.1.1/24, \"2001:db8:1::1/64\"], mac: \"02:00:00:00:00:01\"},\n"
		"                 lo: {address: 10.255.0.1/32}}\n"
		"  h:\n    address: 192.168.1.2/24\n    gateway: [192.168.1.1, \"2001:db8:1::1\"]\n"
		"    routes: [10.9.0.0/16 via 192.168.1.1 mtu 1400 initcwnd 3 metric 5, blackhole 10.0.0.0/8, 10.8.0.1 dev eth0]\n"
		"    sysctl: {net.ipv4.ip_default_ttl: 32}\n    hosts: {db: 10.1.2.3, both: [10.1.2.4, \"::1\"]}\n"
		"    services: [iperf3 -s, udp-echo, iperf3 -s -p 7]\n"
		"  sw: {kind: switch, mac_table: 16, ageing: 10s, interfaces: {p1: {vlan: 10}, up: {vlan: 1, trunk: [10, 20]}}}\n"
		"links:\n  - r:lan -- sw:up\n  - h -- sw:p1\n");
	const struct topo_node *h = &s->nodes[1], *sw = &s->nodes[2];
	struct prefix net;

	(void)state;
	assert_int_equal(iface(s, "r", "lan")->n_addrs, 2);
	assert_int_equal(iface(s, "r", "lan")->addrs[0].len, 120);
	assert_int_equal(iface(s, "r", "lan")->addrs[1].len, 64);
	assert_int_equal(iface(s, "r", "lan")->addrs[0].at.line, 5);
	assert_true(iface(s, "r", "lan")->has_mac);
	assert_int_equal(iface(s, "r", "lo")->link, TOPO_NONE);
	assert_false(s->nodes[0].names);
	assert_int_equal(h->n_gateways, 2);
	assert_int_equal(h->n_routes, 3);
	assert_true(prefix_parse("10.9.0.0/16", &net) && prefix_eq(&h->routes[0].dst, &net));
	assert_true(h->routes[0].has_via && h->routes[0].mtu == 1400 && h->routes[0].metric == 5);
	assert_int_equal(h->routes[0].initcwnd, 3);
	assert_int_equal(h->routes[1].kind, TOPO_ROUTE_BLACKHOLE);
	assert_int_equal(h->routes[2].dst.len, 128);
	assert_string_equal(h->routes[2].dev, "eth0");
	assert_string_equal(h->sysctls[0].def->name, "net.ipv4.ip_default_ttl");
	assert_int_equal(h->n_hosts, 3);
	assert_string_equal(h->hosts[2].name, "both");
	assert_int_equal(h->n_services, 3);
	assert_string_equal(h->services[0].result, "iperf3.h");
	assert_string_equal(h->services[2].result, "iperf3-2.h");
	assert_int_equal(h->services[2].argc, 4);
	assert_int_equal(sw->mac_table, 16);
	assert_int_equal(sw->ageing.ns, INT64_C(10000000000));
	assert_int_equal(iface(s, "sw", "p1")->port, TOPO_PORT_ACCESS);
	assert_int_equal(iface(s, "sw", "up")->port, TOPO_PORT_TRUNK);
	assert_int_equal(iface(s, "sw", "up")->trunk[1], 20);
	scenario_free(s);
}

static void steps(void **state)
{
	struct scenario *s = load("nodes: {a: {services: [ping x]}, b: {}}\n"
				  "links:\n  - {name: wan, between: [a, b]}\n"
				  "run:\n  - {at: 5s, on: a, do: ping b}\n  - {at: 1s, link: wan, state: down}\n"
				  "  - {after: late, on: b, do: ping a}\n  - {at: 5s, on: [b, a], do: nc, as: late}\n"
				  "  - {at: 5s, link: wan, loss: 5%, reverse: {rate: 1Mbit/s}}\n"
				  "  - {node: a, state: up}\n  - {interface: \"b:eth0\", state: down}\n");
	const uint32_t order[] = { 5, 6, 1, 0, 3, 4 };

	(void)state;
	assert_int_equal(s->n_timed, 6);
	assert_memory_equal(s->timed, order, sizeof(order));
	assert_int_equal(s->steps[2].after, 3);
	assert_string_equal(s->steps[0].name, "ping");
	assert_string_equal(s->steps[2].name, "ping-2");
	assert_string_equal(s->nodes[0].services[0].result, "ping-3.a");
	assert_string_equal(s->steps[3].commands[0].result, "late.b");
	assert_true(s->steps[1].has_state && !s->steps[1].up);
	assert_int_equal(s->steps[4].dir[0].given, TOPO_KEY_LOSS);
	assert_int_equal(s->steps[4].dir[1].given, TOPO_KEY_LOSS | TOPO_KEY_RATE);
	assert_int_equal(s->steps[5].kind, TOPO_STEP_NODE);
	assert_int_equal(s->steps[6].kind, TOPO_STEP_IFACE);
	assert_int_equal(s->steps[6].iface, 0);
	scenario_free(s);
}

/* The i-th of `on` gets the i-th of a range of nodes; nothing else in brackets is touched. */
static void steps_each(void **state)
{
	struct scenario *s = load("nodes: {\"a[1..3]\": {}, \"b[08..10]\": {}}\n"
				  "run:\n  - {on: \"a[1..3]\", do: \"ping -c 1  b[08..10]\"}\n"
				  "  - {on: \"a[2..3]\", do: \"nc 'b[08..10]' c[1..9] a[1..2] [1..2]\"}\n"
				  "  - {on: a1, do: \"ping a[3..3]\"}\n");

	(void)state;
	assert_string_equal(s->steps[0].commands[0].text, "ping -c 1  b08");
	assert_string_equal(s->steps[0].commands[2].text, "ping -c 1  b10");
	assert_string_equal(s->steps[0].commands[2].argv[3], "b10");
	assert_string_equal(s->steps[0].commands[1].result, "ping.a2");
	assert_string_equal(s->steps[1].commands[1].text, "nc 'b[08..10]' c[1..9] a2 [1..2]");
	assert_string_equal(s->steps[2].commands[0].text, "ping a3");
	scenario_free(s);
}

static void expectations(void **state)
{
	struct scenario *s = load("nodes: {a: {services: [udp-echo]}, b: {}}\n"
				  "links:\n  - {name: wan, between: [a, b]}\n"
				  "run:\n  - {on: [a, b], do: ping b, as: p}\n"
				  "expect:\n  - p: {received: 3, rtt_avg: 40ms..41ms, loss: 0%}\n"
				  "  - p.b: {sent: \">= 3\"}\n  - link wan: {dropped: \"> 0\", reverse.lost: \"!= 1\"}\n"
				  "  - node a: {forwarded: \"< 6\", drops.ip_no_route: 1}\n"
				  "  - packets: {at: \"a:eth0\", filter: icmp, count: 6}\n  - udp-echo.a: {exit: 0}\n");
	const struct topo_expect *e = s->expects;

	(void)state;
	assert_int_equal(s->n_expects, 10);
	assert_true(e[0].op == TOPO_OP_EQ && e[0].lo == 3 && e[0].process == TOPO_NONE);
	assert_true(e[1].op == TOPO_OP_RANGE && e[1].lo == 0.04 && e[1].hi == 0.041);
	assert_string_equal(e[1].text, "p: rtt_avg 40ms..41ms");
	assert_true(e[3].op == TOPO_OP_GE && e[3].process == 1);
	assert_true(e[4].subject == TOPO_EXPECT_LINK && e[4].dir == -1 && e[4].op == TOPO_OP_GT);
	assert_true(e[5].dir == 1 && !strcmp(e[5].metric, "lost") && e[5].op == TOPO_OP_NE);
	assert_true(e[6].subject == TOPO_EXPECT_NODE && e[6].op == TOPO_OP_LT);
	assert_string_equal(e[7].metric, "drops.ip_no_route");
	assert_true(e[8].subject == TOPO_EXPECT_PACKETS && e[8].iface == 0 && e[8].lo == 6);
	assert_true(e[9].subject == TOPO_EXPECT_SERVICE && e[9].index == 0 && e[9].process == 0);
	scenario_free(s);
}

static void captures(void **state)
{
	struct scenario *s = load("nodes: {a: {}, b: {}}\nlinks: [{name: wan, between: [a, b]}]\n"
				  "capture:\n  - {at: a}\n  - {at: \"b:eth0\", filter: icmp, snaplen: 96, format: pcap}\n"
				  "  - {link: wan}\n  - {at: b, file: x.pcap}\n");

	(void)state;
	assert_int_equal(s->n_captures, 4);
	assert_string_equal(s->captures[0].file, "a.pcapng");
	assert_string_equal(s->captures[1].file, "b.eth0.pcap");
	assert_int_equal(s->captures[1].snaplen, 96);
	assert_true(s->captures[1].pcap && s->captures[3].pcap);
	assert_int_equal(s->captures[2].kind, TOPO_CAPTURE_LINK);
	scenario_free(s);
	s = load("nodes: {a: {}, b: {kind: switch}}\ncapture: all\n");
	assert_int_equal(s->n_captures, 2);
	scenario_free(s);
	s = load("nodes: {a: {}}\nrun: [{on: a, do: sleep 1}]\ncapture: none\n");
	assert_int_equal(s->n_captures, 0);
	scenario_free(s);
}

/* A gateway is within reach on a network of one's own, or on one of the segment's. */
static void gateways(void **state)
{
	struct scenario *s = load("nodes:\n  a: {gateway: 10.0.0.9}\n  b: {address: 10.0.0.9/24}\n"
				  "  x: {kind: switch}\n  y: {kind: switch}\n  c: {gateway: \"fe80::1\"}\n"
				  "links: [a -- x, x -- y, y -- b, c -- y]\n");

	(void)state;
	scenario_free(s);
	refused("nodes:\n  a: {gateway: 10.0.0.9}\n  b: {address: 10.0.0.9/24}\n  r: {kind: router}\n"
		"links: [a -- r, r -- b]\n",
		"t.yaml:2:16: unreachable gateway 10.0.0.9: it is on no network of 'a'; "
		"expected an address on one of its links");
	refused("nodes:\n  a: {address: 10.0.0.1/24, routes: [default via 10.0.1.1]}\n  b: {}\nlinks: [a -- b]\n",
		"t.yaml:2:38: unreachable gateway 10.0.1.1: it is on no network of 'a'; "
		"expected an address on one of its links");
}

static void traces(void **state)
{
	g_autofree char *folder = g_dir_make_tmp("netarium-trace-XXXXXX", NULL);
	g_autofree char *trace = g_build_filename(folder, "lte.trace", NULL);
	g_autofree char *file = g_build_filename(folder, "s.yaml", NULL);
	GError *error = NULL;
	struct scenario *s;

	(void)state;
	assert_true(g_file_set_contents(trace, "0\n3\n3\n10\n", -1, NULL));
	assert_true(g_file_set_contents(file, "nodes: {a: {}, b: {}}\nlinks:\n"
					"  - {between: [a, b], rate: {trace: lte.trace}}\n", -1, NULL));
	s = scenario_load(file, NULL, &error);
	assert_non_null(s);
	assert_int_equal(s->links[0].dir[0].trace->n, 4);
	assert_int_equal(s->links[0].dir[0].trace->ms[3], 10);
	assert_ptr_equal(s->links[0].dir[0].trace, s->links[0].dir[1].trace);
	scenario_free(s);
	g_unlink(trace);
	g_unlink(file);
	g_rmdir(folder);
}

/* A hundred thousand nodes and links in a moment: nothing here is quadratic. */
static void large(void **state)
{
	gint64 begin = g_get_monotonic_time();
	struct scenario *s = load("nodes:\n  \"h[1..100000]\": {services: [udp-echo]}\n  hub: {kind: switch}\n"
				  "links:\n  - h[1..100000] -- hub\nrun:\n  - {on: \"h[1..100000]\", do: ping hub}\n");

	(void)state;
	assert_int_equal(s->n_links, 100000);
	scenario_free(s);
	assert_true(g_get_monotonic_time() - begin < 20 * G_USEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),   cmocka_unit_test(addressing), cmocka_unit_test(interfaces),
		cmocka_unit_test(ranges),     cmocka_unit_test(directions), cmocka_unit_test(losses),
		cmocka_unit_test(nodes),      cmocka_unit_test(steps),
		cmocka_unit_test(steps_each),	    cmocka_unit_test(expectations),
		cmocka_unit_test(captures),   cmocka_unit_test(gateways),   cmocka_unit_test(traces),
		cmocka_unit_test(large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
