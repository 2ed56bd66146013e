/* `address: slaac` and `auto`, `ra:`: what they become, and what the builder then leaves alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scenario_text.h"
#include "ip/autoconf/slaac.h"
#include "process/host.h"
#include "process/names.h"
#include "topo/internet.h"
#include "topo/topo_ra.h"

static const struct topo_iface *iface(const struct scenario *s, const char *node)
{
	return &s->nodes[scenario_node(s, node)].ifaces[0];
}

static const char lan[] =
	"addressing: {ipv4: none, ipv6: \"2001:db8::/32\"}\n"
	"nodes:\n"
	"  laptop: {address: auto}\n"
	"  phone: {address: [slaac, \"2001:db8:1::9/64\"]}\n"
	"  server: {}\n"
	"  lan: {kind: switch}\n"
	"  gw:\n"
	"    kind: router\n"
	"    interfaces:\n"
	"      lan:\n"
	"        ra:\n"
	"          max_rtr_adv_interval: 8s\n"
	"          adv_managed_flag: true\n"
	"          adv_default_preference: low\n"
	"          adv_default_lifetime: 100s\n"
	"          adv_link_mtu: 1400\n"
	"          adv_reachable_time: 10s\n"
	"          adv_retrans_timer: 500ms\n"
	"          adv_cur_hop_limit: 33\n"
	"          rdnss: [\"2001:db8::53\"]\n"
	"          dnssl: [home.example, lan.example]\n"
	"          routes: {\"2001:db8:9::/48\": {adv_route_preference: high}}\n"
	"links: [laptop -- lan, phone -- lan, server -- lan, \"gw:lan -- lan\"]\n"
	"run:\n"
	"  - at: 1s\n"
	"    interface: \"gw:lan\"\n"
	"    ra: {prefixes: {\"2001:db8:1::/64\": {adv_valid_lifetime: infinite, adv_autonomous: false}}}\n"
	"  - {at: 2s, interface: \"gw:lan\", ra: false}\n";

static void what_they_become(void **state)
{
	struct scenario *s = load(lan);
	const struct radv_config *c = &iface(s, "gw")->ra->config;

	(void)state;
	assert_true(iface(s, "laptop")->slaac && iface(s, "laptop")->dhcp_client);
	assert_true(iface(s, "phone")->slaac && !iface(s, "phone")->dhcp_client);
	assert_int_equal(iface(s, "phone")->n_addrs, 1);
	assert_false(iface(s, "server")->slaac);
	assert_true(c->max_interval.ns == 8 * NS_PER_S && c->min_interval.ns == 6 * NS_PER_S);
	assert_true(c->managed && !c->other && c->preference == ND_PREF_LOW);
	assert_true(c->lifetime == 100 && c->mtu == 1400 && c->hop_limit == 33);
	assert_true(c->reachable_ms == 10000 && c->retrans_ms == 500 && !c->prefixes);
	assert_true(c->n_rdnss == 1 && c->n_dnssl == 2 && c->dns_lifetime == 24);
	assert_true(c->n_routes == 1 && c->routes[0].preference == ND_PREF_HIGH);
	c = &s->steps[0].ra->config;
	assert_true(s->steps[0].has_ra && c->n_prefixes == 1 && c->max_interval.ns == 600 * NS_PER_S);
	assert_true(c->prefixes[0].valid == ND_INFINITY && c->prefixes[0].preferred == RADV_PREFERRED);
	assert_true(c->prefixes[0].on_link && !c->prefixes[0].autonomous);
	assert_true(s->steps[1].has_ra && !s->steps[1].ra);
	scenario_free(s);
}

static void run_until(struct internet *in, vtime t)
{
	while (sched_step(&in->world->sched, t))
		;
	sched_advance(&in->world->sched, t);
}

/* `prefixes: {}` is none at all, and not the interface's own. */
static void no_prefixes(void **state)
{
	struct scenario *s = load("addressing: {ipv4: none}\n"
				  "nodes:\n"
				  "  gw: {interfaces: {lan: {address: \"2001:db8:1::1/64\", ra: {prefixes: {}}}}}\n"
				  "  host: {interfaces: {eth0: {address: slaac}}}\n"
				  "links: [\"gw:lan -- host:eth0\"]\n");
	GError *error = NULL;
	struct internet *in = internet_new(s, &error);
	struct ipaddr found[4];

	(void)state;
	assert_non_null(in);
	assert_true(iface(s, "gw")->ra->config.prefixes && !iface(s, "gw")->ra->config.n_prefixes);
	run_until(in, vtime_s(10));
	assert_int_equal(names_find(in->names, "host", found, 4), 0);
	internet_free(in);
	scenario_free(s);
}

/* Nobody gives the laptop an address; after a few seconds its name means the one that it has made. */
static void a_world(void **state)
{
	struct scenario *s = load(lan);
	GError *error = NULL;
	struct internet *in = internet_new(s, &error);
	uint32_t laptop = scenario_node(s, "laptop");
	struct ipaddr found[4], want, dns[HOST_RESOLVERS];

	(void)state;
	if (!in)
		fail_msg("%s", error->message);
	assert_int_equal(names_find(in->names, "laptop", found, 4), 0);
	assert_int_equal(names_find(in->names, "server", found, 4), 1);
	assert_int_equal(names_find(in->names, "phone", found, 4), 1);
	assert_int_equal(in->nodes[laptop].node->fib.routes, 0);
	run_until(in, vtime_s(10));
	assert_int_equal(names_find(in->names, "laptop", found, 4), 1);
	assert_true(ipaddr_parse("2001:db8:1:0:0:ff:fe01:0", &want));
	assert_true(ipaddr_eq(&found[0], &want));
	assert_int_equal(names_find(in->names, "phone", found, 4), 2);
	assert_int_equal(host_resolvers(in->nodes[laptop].node, dns), 1);
	assert_true(ipaddr_parse("2001:db8::53", &want) && ipaddr_eq(&dns[0], &want));
	internet_set_node_up(in, laptop, false);
	assert_int_equal(names_find(in->names, "laptop", found, 4), 0);
	assert_int_equal(host_resolvers(in->nodes[laptop].node, dns), 0);
	internet_free(in);
	scenario_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_they_become),
		cmocka_unit_test(no_prefixes),
		cmocka_unit_test(a_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
