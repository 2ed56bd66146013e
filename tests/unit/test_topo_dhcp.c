/* `address: dhcp` and `dhcp:`: what they become, and what the builder's addresses leave alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scenario_text.h"
#include "topo/build/address.h"
#include "topo/scenario.h"

static const struct topo_node *node(const struct scenario *s, const char *name)
{
	return &s->nodes[scenario_node(s, name)];
}

static void services(void **state)
{
	struct scenario *s = load(
		"nodes:\n"
		"  laptop: {address: dhcp}\n"
		"  tablet: {address: [dhcp, \"fd00::5/64\"], services: [udhcpc -a 0 -i eth0, echo]}\n"
		"  two: {interfaces: {wlan0: {address: dhcp}, eth0: {address: dhcp}}, "
		"services: [udhcpc -n]}\n"
		"  lan: {kind: switch}\n"
		"  gw:\n"
		"    kind: router\n"
		"    interfaces:\n"
		"      lan:\n"
		"        address: 192.168.1.1/24\n"
		"        dhcp: {range: 192.168.1.50 - 192.168.1.60, lease: 10min, router: none,\n"
		"               dns: [1.1.1.1, 9.9.9.9], domain: home.example, hosts: {tv: 192.168.1.9}}\n"
		"      guests: {address: 192.168.2.1/24, dhcp: true}\n"
		"links: [laptop -- lan, tablet -- lan, \"two:wlan0 -- lan\", \"two:eth0 -- gw:guests\",\n"
		"        \"gw:lan -- lan\"]\n");
	const struct topo_node *gw = node(s, "gw"), *two = node(s, "two");

	(void)state;
	assert_int_equal(node(s, "laptop")->n_services, 1);
	assert_string_equal(node(s, "laptop")->services[0].text, "udhcpc -i eth0");
	assert_string_equal(node(s, "laptop")->services[0].result, "udhcpc.laptop");
	/* Whoever runs the client by himself has it once. */
	assert_int_equal(node(s, "tablet")->n_services, 2);
	assert_int_equal(node(s, "tablet")->ifaces[0].n_addrs, 1);
	assert_int_equal(two->n_services, 2);
	assert_string_equal(two->services[1].text, "udhcpc -i wlan0");
	assert_string_equal(two->services[1].label, "udhcpc-2");
	assert_int_equal(gw->n_services, 2);
	assert_string_equal(gw->services[0].text,
			    "dhcpd -i lan --lease 600 --range 192.168.1.50-192.168.1.60 --router none "
			    "--dns 1.1.1.1,9.9.9.9 --domain home.example --host tv=192.168.1.9");
	assert_string_equal(gw->services[1].text, "dhcpd -i guests");
	assert_string_equal(gw->services[1].result, "dhcpd-2.gw");
	scenario_free(s);
}

/* The fourth byte of each address that the builder made, on the only segment there is. */
static void made(const struct scenario *s, bool used[256])
{
	struct segments *g = segments_new(s);
	GError *error = NULL;
	struct addresses *a = addresses_new(g, &error);

	if (!a)
		fail_msg("%s", error->message);
	memset(used, 0, 256 * sizeof(*used));
	for (uint32_t i = 0; i < g->n_ifaces; i++) {
		const struct iface_addr *four = addresses_first(a, i, true);

		if (segments_iface(g, i)->dhcp_client)
			assert_null(four);
		else if (four)
			used[four->ip.b[15]] = true;
	}
	addresses_free(a);
	segments_free(g);
}

static void range_is_left_alone(void **state)
{
	struct scenario *s = load("nodes:\n"
				  "  gw: {kind: router, interfaces: {eth0: {dhcp: true}}}\n"
				  "  lan: {kind: switch}\n"
				  "  pc[1..120]: {}\n"
				  "  laptop[1..9]: {address: dhcp}\n"
				  "links: [gw -- lan, \"pc[1..120] -- lan\", \"laptop[1..9] -- lan\"]\n");
	bool used[256];

	(void)state;
	made(s, used);
	for (int k = 0; k < 256; k++)
		assert_int_equal(used[k], (k >= 1 && k < 100) || (k >= 200 && k < 222));
	scenario_free(s);
	s = load("nodes:\n"
		 "  gw: {kind: router, interfaces: {eth0: {address: 10.0.0.9/24, "
		 "dhcp: {range: 10.0.0.1-10.0.0.3}}}}\n"
		 "  b: {interfaces: {eth0: {address: 10.0.0.8/24, dhcp: {range: 10.0.0.4-10.0.0.6}}}}\n"
		 "  lan: {kind: switch}\n"
		 "  pc[1..2]: {}\n"
		 "links: [gw -- lan, b -- lan, \"pc[1..2] -- lan\"]\n");
	made(s, used);
	for (int k = 0; k < 256; k++)
		assert_int_equal(used[k], k >= 7 && k <= 10);
	scenario_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services),
		cmocka_unit_test(range_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
