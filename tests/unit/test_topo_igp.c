/*
 * Addresses and routes that nobody gave. The twin of the aggregation is the list it was made of;
 * the twin of Dijkstra's algorithm is Floyd and Warshall's, and following the routes hop by hop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/rng.h"
#include "ip/route.h"
#include "topo/build/igp.h"

/* ---- aggregation ---- */

static uint32_t naive_via(const struct igp_prefix *p, uint32_t n, const struct ipaddr *a)
{
	uint32_t via = UINT32_MAX;
	int best = -1;

	for (uint32_t k = 0; k < n; k++)
		if (prefix_contains(&p[k].net, a) && p[k].net.len > best) {
			best = p[k].net.len;
			via = p[k].via;
		}
	return via;
}

static void aggregate_says_the_same(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 7, "aggregate");
	for (int round = 0; round < 3000; round++) {
		struct igp_prefix before[24], after[24];
		uint32_t n = 1 + rng_below(&r, 24), left;

		for (uint32_t k = 0; k < n; k++) {
			/* Few bits, few next hops: halves and nests come up all the time. */
			struct ipaddr a = ipaddr_from4(0x0a000000 + (rng_below(&r, 32) << 3));
			unsigned len = 96 + 24 + rng_below(&r, 6);

			before[k].net = prefix_make(&a, len);
			before[k].via = rng_below(&r, 2 + (uint32_t)round % 2);
			for (uint32_t j = 0; j < k; j++) /* one prefix, one next hop */
				if (prefix_eq(&before[j].net, &before[k].net))
					before[k].via = before[j].via;
		}
		memcpy(after, before, sizeof(before));
		left = igp_aggregate(after, n);
		assert_true(left <= n);
		for (uint32_t x = 0; x < 260; x++) {
			struct ipaddr a = ipaddr_from4(0x0a000000 + x);

			assert_int_equal(naive_via(after, left, &a), naive_via(before, n, &a));
		}
	}
}

static void aggregate_is_short(void **state)
{
	struct igp_prefix p[64];

	(void)state;
	for (uint32_t k = 0; k < 64; k++) {
		struct ipaddr a = ipaddr_from4(0x0a000000 + ((k * 37 % 64) << 8));

		p[k] = (struct igp_prefix){prefix_make(&a, 120), 5};
	}
	assert_int_equal(igp_aggregate(p, 64), 1);
	assert_int_equal(p[0].net.len, 96 + 18);
	/* All of IPv4 is one prefix and does not grow into IPv6. */
	p[0] = (struct igp_prefix){prefix_make(&ipaddr_any4, 97), 1};
	struct ipaddr half = ipaddr_from4(0x80000000);
	p[1] = (struct igp_prefix){prefix_make(&half, 97), 1};
	p[2] = (struct igp_prefix){prefix_make(&ipaddr_any6, 0), 2};
	assert_int_equal(igp_aggregate(p, 3), 2);
}

/* ---- whole scenarios ---- */

static struct internet *build(const char *yaml, struct scenario **s)
{
	char path[] = "/tmp/test_topo_igp_XXXXXX.yaml";
	int fd = mkstemps(path, 5);
	GError *error = NULL;
	struct internet *in;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
	close(fd);
	*s = scenario_load(path, NULL, &error);
	remove(path);
	if (!*s)
		fail_msg("%s", error->message);
	in = internet_new(*s, &error);
	if (!in)
		fail_msg("%s", error->message);
	return in;
}

static struct node *node_named(struct internet *in, const char *name)
{
	return in->nodes[scenario_node(in->scenario, name)].node;
}

static const struct ipaddr *first_address(const struct node *n, bool ip4)
{
	for (const struct ip_iface *i = n->ifaces; i; i = ip_iface_next(i))
		for (const struct ip_addr *a = i->addrs; a; a = a->next)
			if (ipaddr_is4(&a->addr) == ip4 && (ip4 || !ipaddr_is_linklocal(&a->addr)))
				return &a->addr;
	return NULL;
}

static void addresses_in_order(void **state)
{
	struct scenario *s;
	struct internet *in = build("nodes:\n"
				    "  a: {}\n  b: {}\n  sw: {kind: switch}\n  r: {kind: router}\n"
				    "  c: {interfaces: {eth0: {address: 192.0.2.9/24}}}\n"
				    "links:\n  - a -- sw\n  - b -- sw\n  - sw -- r\n  - r -- c\n",
				    &s);
	const struct {
		const char *node, *addr;
	} want[] = {{"r", "10.0.0.1"}, {"a", "10.0.0.2"}, {"b", "10.0.0.3"}, {"c", "192.0.2.9"}};
	char text[IPADDR_TEXT];

	(void)state;
	for (size_t k = 0; k < G_N_ELEMENTS(want); k++)
		assert_string_equal(ipaddr_format(text, sizeof(text),
						  first_address(node_named(in, want[k].node), true)),
				    want[k].addr);
	assert_string_equal(ipaddr_format(text, sizeof(text),
					  first_address(node_named(in, "b"), false)),
			    "fd00::3");
	/* The router's other side takes the next free number of the network that c brought. */
	struct ipaddr r2 = IPADDR_V4(192, 0, 2, 1);
	assert_non_null(node_addr_find(node_named(in, "r"), NULL, &r2));
	internet_free(in);
	scenario_free(s);
}

/* From node to node by what the routes say; the sum of delays, or -1 where there is no way. */
static int64_t follow(struct internet *in, uint32_t from, const struct ipaddr *dst, int64_t cost[])
{
	const struct scenario *s = in->scenario;
	struct node *at = in->nodes[from].node;
	int64_t sum = 0;

	for (int hops = 0; hops < 40; hops++) {
		struct route *r = fib_lookup(&at->fib, dst);

		if (r && r->type == ROUTE_LOCAL)
			return sum;
		if (!r)
			return -1;
		/* Point-to-point links only: the other end is the next hop. */
		uint32_t k = 0, e = 0;
		for (k = 0; k < s->n_links; k++) {
			for (e = 0; e < 2; e++)
				if (link_end(in->links[k], (int)e) == &r->dev->link)
					break;
			if (e < 2)
				break;
		}
		assert_true(k < s->n_links);
		sum += cost[k];
		at = ip_iface_of(link_end(in->links[k], !e))->node;
	}
	return -2; /* a loop */
}

static void shortest_ways(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 3, "igp");
	for (int round = 0; round < 40; round++) {
		enum { N = 9 };
		int64_t d[N][N], cost[64];
		GString *y = g_string_new("nodes:\n");
		uint32_t links = 0;

		for (int i = 0; i < N; i++) {
			g_string_append_printf(y, "  n%d: {kind: %s}\n", i, i < 7 ? "router" : "host");
			for (int j = 0; j < N; j++)
				d[i][j] = i == j ? 0 : INT64_MAX / 4;
		}
		g_string_append(y, "links:\n");
		for (int i = 0; i < N; i++)
			for (int j = 0; j < i && j < 7; j++) {
				/* Hosts have exactly one link, routers some. */
				bool on = i < 7 ? rng_chance(&r, 0.35)
						: j == (int)((unsigned)(i * 3 + round) % 7);

				if (!on)
					continue;
				cost[links] = 1 + rng_below(&r, 50);
				d[i][j] = d[j][i] = cost[links];
				g_string_append_printf(y, "  - {between: [n%d, n%d], delay: %dms}\n", i,
						       j, (int)cost[links]);
				links++;
			}
		for (int k = 0; k < 7; k++) /* through routers only */
			for (int i = 0; i < N; i++)
				for (int j = 0; j < N; j++)
					if (d[i][k] + d[k][j] < d[i][j])
						d[i][j] = d[i][k] + d[k][j];
		struct scenario *s;
		struct internet *in = build(y->str, &s);
		for (int i = 0; i < N; i++)
			for (int j = 0; j < N; j++)
				for (int ip4 = 0; ip4 < 2; ip4++) {
					/* To the one network of the far host; so n7, n8 only. */
					const struct ipaddr *dst =
						j < 7 ? NULL
						      : first_address(in->nodes[j].node, ip4);
					int64_t got;

					if (!dst)
						continue;
					got = follow(in, (uint32_t)i, dst, cost);
					if (d[i][j] >= INT64_MAX / 4)
						assert_int_equal(got, -1);
					else
						assert_int_equal(got, d[i][j]);
				}
		/* What nobody has is unreachable everywhere, and loops nowhere. */
		struct ipaddr nobody = IPADDR_V4(198, 51, 100, 7);
		for (uint32_t i = 0; i < N; i++)
			assert_int_equal(follow(in, i, &nobody, cost), -1);
		internet_free(in);
		scenario_free(s);
		g_string_free(y, TRUE);
	}
}

static void count_route(struct route *r, void *n)
{
	(void)r;
	++*(uint32_t *)n;
}

static void routers_aggregate(void **state)
{
	struct scenario *s;
	struct internet *in =
		build("addressing: {ipv6: none, ipv4_prefix: 30}\n"
		      "nodes:\n  core: {kind: router}\n  edge[1..8]: {kind: router}\n"
		      "  h[1..512]: {}\n"
		      "links:\n  - edge[1..8] -- core\n"
		      "  - h[1..64] -- edge1\n  - h[65..128] -- edge2\n  - h[129..192] -- edge3\n"
		      "  - h[193..256] -- edge4\n  - h[257..320] -- edge5\n  - h[321..384] -- edge6\n"
		      "  - h[385..448] -- edge7\n  - h[449..512] -- edge8\n",
		      &s);
	uint32_t n = 0;

	(void)state;
	fib_walk(&node_named(in, "core")->fib, count_route, &n);
	/* 8 links with 2 routes each of their own, and few for the 512 networks behind them: 64 in a
	 * row that begin 8 after a multiple of 64 are 4 prefixes. */
	assert_true(n <= 8 * (2 + 4));
	n = 0;
	fib_walk(&node_named(in, "h300")->fib, count_route, &n);
	assert_int_equal(n, 3); /* local, connected, default */
	internet_free(in);
	scenario_free(s);
}

/* A link that is too narrow for IPv6 has none, and what lies behind it is reached by IPv4 alone. */
static void narrow_links_have_no_ip6(void **state)
{
	struct scenario *s;
	struct internet *in = build("nodes:\n  a: {}\n  r: {kind: router}\n  b: {}\n"
				    "links:\n  - a -- r\n  - {between: [r, b], mtu: 1000}\n",
				    &s);

	(void)state;
	assert_non_null(first_address(node_named(in, "a"), false));
	assert_non_null(first_address(node_named(in, "b"), true));
	assert_null(first_address(node_named(in, "b"), false));
	assert_null(node_named(in, "b")->ifaces->addrs->next);
	internet_free(in);
	scenario_free(s);
}

static void what_was_given_stands(void **state)
{
	struct scenario *s;
	struct internet *in =
		build("nodes:\n"
		      "  right: {address: 192.168.1.10/24}\n  wrong: {address: 192.168.2.10/24}\n"
		      "  none: {routes: []}\n  sw: {kind: switch}\n"
		      "  r: {kind: router, interfaces: {lan: {address: 192.168.1.1/24}}}\n  web: {}\n"
		      "links: [right -- sw, wrong -- sw, none -- sw, \"r:lan -- sw\", r -- web]\n",
		      &s);
	struct ipaddr far = *first_address(node_named(in, "web"), true);
	struct route *r = fib_lookup(&node_named(in, "right")->fib, &far);

	(void)state;
	assert_non_null(r);
	assert_int_equal(ipaddr_to4(&r->gateway), 0xc0a80101);
	/* No router shares a network with it: no route, as on a real LAN. */
	assert_null(fib_lookup(&node_named(in, "wrong")->fib, &far));
	/* `routes: []` is a forgotten route. */
	assert_null(fib_lookup(&node_named(in, "none")->fib, &far));
	internet_free(in);
	scenario_free(s);
}

/* What lies behind a NAT is announced to nobody outside it; a NAT behind a NAT hides its own. */
static void inside_networks_are_hidden(void **state)
{
	struct scenario *s;
	struct internet *in =
		build("addressing: {ipv6: none}\n"
		      "nodes:\n"
		      "  pc: {address: 192.168.1.10/24}\n"
		      "  home:\n    kind: router\n"
		      "    interfaces: {lan: {address: 192.168.1.1/24}, wan: {address: 100.64.0.2/24}}\n"
		      "    nat: {outside: wan}\n"
		      "  cgn:\n    kind: router\n"
		      "    interfaces: {access: {address: 100.64.0.1/24}, out: {address: 203.0.113.2/24}}\n"
		      "    nat: {outside: out}\n"
		      "  isp:\n    kind: router\n"
		      "    interfaces: {a: {address: 203.0.113.1/24}, b: {address: 198.51.100.1/24}}\n"
		      "  web: {address: 198.51.100.80/24}\n"
		      "links: [\"pc -- home:lan\", \"home:wan -- cgn:access\", \"cgn:out -- isp:a\", "
		      "\"isp:b -- web\"]\n",
		      &s);
	struct ipaddr lan = ipaddr_from4(0xc0a8010a), access = ipaddr_from4(0x64400002);
	struct ipaddr web = ipaddr_from4(0xc6336450);

	(void)state;
	assert_null(fib_lookup(&node_named(in, "isp")->fib, &lan));
	assert_null(fib_lookup(&node_named(in, "isp")->fib, &access));
	assert_null(fib_lookup(&node_named(in, "cgn")->fib, &lan));
	assert_non_null(fib_lookup(&node_named(in, "cgn")->fib, &access));
	assert_non_null(fib_lookup(&node_named(in, "home")->fib, &web));
	assert_non_null(fib_lookup(&node_named(in, "cgn")->fib, &web));
	assert_non_null(fib_lookup(&node_named(in, "pc")->fib, &web));
	internet_free(in);
	scenario_free(s);

	/* A way around the NAT: it hides nothing. */
	in = build("addressing: {ipv6: none}\n"
		   "nodes:\n"
		   "  pc: {address: 192.168.1.10/24}\n  sw: {kind: switch}\n"
		   "  home:\n    kind: router\n"
		   "    interfaces: {lan: {address: 192.168.1.1/24}, wan: {address: 203.0.113.2/24}}\n"
		   "    nat: {outside: wan}\n"
		   "  around:\n    kind: router\n"
		   "    interfaces: {lan: {address: 192.168.1.2/24}, up: {address: 198.51.100.2/24}}\n"
		   "  isp:\n    kind: router\n"
		   "    interfaces: {a: {address: 203.0.113.1/24}, b: {address: 198.51.100.1/24}}\n"
		   "links: [pc -- sw, \"home:lan -- sw\", \"around:lan -- sw\", \"home:wan -- isp:a\", "
		   "\"around:up -- isp:b\"]\n",
		   &s);
	assert_non_null(fib_lookup(&node_named(in, "isp")->fib, &lan));
	internet_free(in);
	scenario_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aggregate_says_the_same),
		cmocka_unit_test(aggregate_is_short),
		cmocka_unit_test(addresses_in_order),
		cmocka_unit_test(shortest_ways),
		cmocka_unit_test(routers_aggregate),
		cmocka_unit_test(narrow_links_have_no_ip6),
		cmocka_unit_test(what_was_given_stands),
		cmocka_unit_test(inside_networks_are_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
