/* A server, three other hosts, a switch between them: what the tests of DHCP's programs stand on. */
#ifndef TESTS_DHCP_OFFICE_H
#define TESTS_DHCP_OFFICE_H

#include "programs_lab.h"

#include "ip/neigh.h"
#include "link/switch.h"
#include "process/host.h"
#include "wire/dhcp4.h"
#include "wire/eth.h"

enum { HOSTS = 4 }; /* the first is the server, 10.0.0.1 */

struct office {
	struct lab lab; /* world, names and processes only */
	struct node *node[HOSTS];
	struct ip_iface *iface[HOSTS];
	struct link *link[HOSTS];
	struct link_params params;
	struct eth_switch *sw;
};

static struct office office;

static const char *const host_names_of[HOSTS] = {"gw", "laptop", "phone", "printer"};

static inline struct ipaddr addr_of(const char *text)
{
	struct ipaddr a;

	assert_true(ipaddr_parse(text, &a));
	return a;
}

static inline int setup(void **state)
{
	struct office *o = &office;
	struct ipaddr gw = addr_of("10.0.0.1");
	char why[128];

	(void)state;
	*o = (struct office){.params = link_params_default};
	o->params.delay = vtime_ms(1);
	o->lab.world = world_new(1);
	o->lab.names = names_new();
	o->sw = switch_new(o->lab.world, "lan", 64, VTIME_NEVER);
	for (uint8_t k = 0; k < HOSTS; k++) {
		struct mac mac = {.b = {2, 0, 0, 0, 0, (uint8_t)(k + 1)}};
		struct mac port = {.b = {2, 0, 0, 0, 1, (uint8_t)(k + 1)}};
		char name[] = {'p', (char)('0' + k), '\0'};

		o->node[k] = node_new(o->lab.world, host_names_of[k]);
		o->iface[k] = node_add_iface(o->node[k], "eth0", mac);
		transport_attach(o->node[k]);
		o->link[k] = link_new(o->lab.world, name, &o->iface[k]->link,
				      switch_add_port(o->sw, name, port, NULL), &o->params,
				      &o->params);
	}
	assert_int_equal(node_sysctl_set(o->node[0], "net.ipv4.ip_forward", "1", why, sizeof(why)),
			 0);
	assert_int_equal(ip_addr_add(o->iface[0], &gw, IPADDR_V4_BITS + 24), 0);
	o->lab.ps = processes_new(o->lab.world, o->lab.names);
	return 0;
}

static inline int teardown(void **state)
{
	struct office *o = &office;
	struct lab *l = &o->lab;

	(void)state;
	processes_stop(l->ps);
	lab_run_until(l, vtime_add(world_now(l->world), vtime_s(1)));
	processes_free(l->ps);
	for (int k = 0; k < HOSTS; k++)
		link_free(o->link[k]);
	for (int k = 0; k < HOSTS; k++) {
		transport_free(o->node[k]);
		host_free(o->node[k]);
		node_free(o->node[k]);
	}
	switch_free(o->sw);
	names_free(l->names);
	assert_int_equal(l->world->pool.live, 0);
	world_free(l->world);
	return 0;
}

static inline struct process *start(int host, const char *command)
{
	return lab_spawn(&office.lab, office.node[host], command);
}

static inline void pass(int64_t ms)
{
	lab_run_until(&office.lab, vtime_add(world_now(office.lab.world), vtime_ms(ms)));
}

static inline bool has(int host, const char *text)
{
	struct ipaddr a = addr_of(text);

	return node_addr_find(office.node[host], office.iface[host], &a) != NULL;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
