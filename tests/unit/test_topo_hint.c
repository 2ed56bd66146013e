/* What is right and can hardly be meant: each hint, and what looks like one and is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>

#include "lib/load.h"
#include "topo/build/hint.h"

/* `want` stands behind "x:" on each line; NULL: no hint. */
static void hints_are(const char *text, const char *want)
{
	GError *error = NULL;
	struct scenario *s = load_scenario("x", text, NULL, &error);
	char *got;

	if (!s)
		fail_msg("%s", error->message);
	got = hints_find(s, load_arguments);
	if (want && got)
		assert_string_equal(got, want);
	else if (want || got)
		fail_msg("got %s, wanted %s", got ? got : "none", want ? want : "none");
	g_free(got);
	scenario_free(s);
}

/* Three in a row; `h` is the middle one, `step` what a does. */
static void chain(const char *h, const char *step, const char *want)
{
	g_autofree char *text = g_strdup_printf("nodes:\n  a: {}\n  h: %s\n  b: {}\nlinks: [a -- h, h -- b]\n"
						"run:\n  - {on: a, %s}\n", h, step);

	hints_are(text, want);
}

static void way_through_host(void **state)
{
	(void)state;
	chain("{}", "do: ping -c 1 b", "x:3:3: hint: 'h' forwards nothing, and 'a' gets to 'b' "
	      "('ping -c 1 b') only through it; 'kind: router' forwards");
	chain("{}", "inject: {tcp: {to: \"b:80\"}}", "x:3:3: hint: 'h' forwards nothing, and 'a' gets to "
	      "'b' ('inject tcp to b:80') only through it; 'kind: router' forwards");
	/* Two of them, and both are to blame. */
	hints_are("nodes: {a: {}, h: {}, i: {}, b: {}}\nlinks: [a -- h, h -- i, i -- b]\n"
		  "run: [{on: a, do: nc b 80}]\n",
		  "x:1:16: hint: 'h' forwards nothing, and 'a' gets to 'b' ('nc b 80') only through it; "
		  "'kind: router' forwards\n"
		  "x:1:23: hint: 'i' forwards nothing, and 'a' gets to 'b' ('nc b 80') only through it; "
		  "'kind: router' forwards");
}

static void way_there_is(void **state)
{
	(void)state;
	chain("{}", "do: ping -c 1 h", NULL);
	chain("{kind: router}", "do: ping -c 1 b", NULL);
	chain("{kind: switch}", "do: ping -c 1 b", NULL);
	chain("{kind: external}", "do: ping -c 1 b", NULL);
	chain("{sysctl: {net.ipv4.ip_forward: 1}}", "do: ping -c 1 b", NULL);
	chain("{sysctl: {net.ipv6.conf.all.forwarding: 1}}", "do: ping -c 1 b", NULL);
	/* Not every word is a name, nor every name a node's. */
	chain("{}", "do: nc --send b h 80", NULL);
	hints_are("nodes: {a: {hosts: {b: 10.0.0.2}}, h: {}, b: {}}\nlinks: [a -- h, h -- b]\n"
		  "run: [{on: a, do: ping -c 1 b}]\n", NULL);
	/* A way around. */
	hints_are("nodes: {a: {}, h: {}, b: {}, r: {kind: router}}\nlinks: [a -- h, h -- b, a -- r, r -- b]\n"
		  "run: [{on: a, do: ping -c 1 b}]\n", NULL);
	/* Two that nothing joins are a scenario's own business. */
	hints_are("nodes: {a: {}, h: {}, b: {}, c: {}}\nlinks: [a -- h, b -- c]\n"
		  "run: [{on: a, do: ping -c 1 b}]\n", NULL);
}

static void no_link(void **state)
{
	(void)state;
	hints_are("nodes: {a: {}, b: {}, lone: {services: [udp-echo]}}\nlinks: [a -- b]\nrun:\n"
		  "  - {on: a, do: nc lone 80}\n  - {on: lone, do: ping -c 1 a}\n  - {on: lone, do: ping -c 1 lone}\n",
		  "x:4:17: hint: 'lone' has no link, so 'nc lone 80' of 'a' cannot reach it\n"
		  "x:5:20: hint: 'lone' has no link, so its 'ping -c 1 a' cannot reach 'a'");
}

static void networks(void **state)
{
	(void)state;
	hints_are("nodes: {a: {address: 192.168.1.1/24}, b: {address: 192.168.2.1/24}}\nlinks: [a -- b]\n",
		  "x:1:22: hint: 'a' has 192.168.1.1/24 and is in no network with anybody on its link\n"
		  "x:1:52: hint: 'b' has 192.168.2.1/24 and is in no network with anybody on its link");
	hints_are("nodes: {a: {address: [10.0.0.1/24, \"2001:db8::1/64\"]}, b: {address: [10.0.0.2/24, "
		  "\"2001:db8:1::1/64\"]}}\nlinks: [a -- b]\n",
		  "x:1:36: hint: 'a' has 2001:db8::1/64 and is in no network with anybody on its link\n"
		  "x:1:83: hint: 'b' has 2001:db8:1::1/64 and is in no network with anybody on its link");
	/* The builder's go along; one network in common is enough; a longer prefix is still in it. */
	hints_are("nodes: {a: {address: 192.168.1.1/24}, b: {}}\nlinks: [a -- b]\n", NULL);
	hints_are("nodes: {a: {address: [10.0.0.1/24, 10.1.0.1/24]}, b: {address: 10.1.0.2/24}}\n"
		  "links: [a -- b]\n", NULL);
	hints_are("nodes: {a: {address: 10.0.0.1/8}, b: {address: 10.1.0.2/24}}\nlinks: [a -- b]\n", NULL);
	/* A host's own network and a route by an interface say that it is meant; VLANs part them. */
	hints_are("nodes: {a: {address: 10.0.0.1/32}, b: {address: 10.1.0.2/24, routes: [10.0.0.1/32 dev eth0]}}\n"
		  "links: [a -- b]\n", NULL);
	hints_are("nodes: {a: {address: 10.0.0.1/24}, b: {address: 10.1.0.2/24}, s: {kind: switch, "
		  "interfaces: {p1: {vlan: 10}, p2: {vlan: 20}}}}\n"
		  "links: [\"a -- s:p1\", \"b -- s:p2\"]\n", NULL);
	hints_are("nodes: {a: {address: 10.0.0.1/24}, c: {address: dhcp}, r: {interfaces: {eth0: {address: "
		  "10.9.0.1/24, dhcp: true}}}, s: {kind: switch}}\nlinks: [a -- s, c -- s, \"r:eth0 -- s\"]\n",
		  NULL);
}

static void dhcp(void **state)
{
	(void)state;
	hints_are("nodes: {c: {address: dhcp}, r: {kind: router, address: 10.0.0.1/24}}\nlinks: [c -- r]\n",
		  "x:2:9: hint: 'eth0' of 'c' waits for DHCP, and nobody on that link gives addresses; "
		  "'dhcp: true' at an interface there does");
	hints_are("nodes: {c: {address: dhcp}, r: {interfaces: {eth0: {address: 10.0.0.1/24, dhcp: true}}}}\n"
		  "links: [\"c -- r:eth0\"]\n", NULL);
	hints_are("nodes: {c: {address: dhcp}, r: {address: 10.0.0.1/24, services: [dhcpd]}}\nlinks: [c -- r]\n",
		  NULL);
	hints_are("nodes: {c: {address: dhcp}, r: {address: 10.0.0.1/24}}\nlinks: [c -- r]\n"
		  "run: [{at: 5s, on: r, do: dhcpd}]\n", NULL);
	hints_are("nodes: {c: {address: dhcp}, r: {kind: external, address: 10.0.0.1/24}}\nlinks: [c -- r]\n",
		  NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(way_through_host), cmocka_unit_test(way_there_is),
		cmocka_unit_test(no_link),          cmocka_unit_test(networks),
		cmocka_unit_test(dhcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
