/*
 * A world for tests of programs/: client -- gw -- web, both families, and names for all of them.
 *
 *     client 10.0.0.2 fd00::2  --  10.0.0.1 fd00::1 gw 10.0.1.1 fd00:1::1  --  web 10.0.1.2 fd00:1::2
 *
 * Both links have 10 ms of delay each way and no rate unless a test says otherwise.
 */
#ifndef TESTS_PROGRAMS_LAB_H
#define TESTS_PROGRAMS_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "ip/route.h"
#include "link/link.h"
#include "process/names.h"
#include "process/process.h"
#include "programs/programs.h"
#include "transport/socket.h"

struct lab {
	struct world *world;
	struct names *names;
	struct processes *ps;
	struct node *client, *gw, *web;
	struct ip_iface *client0, *gw0, *gw1, *web0;
	struct link *near, *far;
	struct link_params near_params, far_params, changed;
};

static inline struct ip_iface *lab_iface(struct lab *l, struct node *n, const char *name,
					 uint8_t number, const char *text4, const char *text6)
{
	struct mac mac = {.b = {2, 0, 0, 0, 0, number}};
	struct ip_iface *i = node_add_iface(n, name, mac);
	struct ipaddr a4, a6;

	assert_true(ipaddr_parse(text4, &a4) && ipaddr_parse(text6, &a6));
	assert_int_equal(ip_addr_add(i, &a4, IPADDR_V4_BITS + 24), 0);
	assert_int_equal(ip_addr_add(i, &a6, 64), 0);
	names_add(l->names, n->site.name, &a4);
	names_add(l->names, n->site.name, &a6);
	return i;
}

static inline void lab_route(struct node *n, const char *to, const char *via_text,
			     enum route_type type)
{
	struct ipaddr via = ipaddr_any6;
	struct prefix dst;

	assert_true(prefix_parse(to, &dst));
	assert_true(!via_text || ipaddr_parse(via_text, &via));
	assert_int_equal(route_add(n, &dst, type, via_text ? &via : NULL, NULL, 0, 0, ROUTE_STATIC),
			 0);
}

/* The links as they will be; to be changed before lab_open(). */
static inline void lab_init(struct lab *l)
{
	*l = (struct lab){.near_params = link_params_default, .far_params = link_params_default};
	l->near_params.delay = l->far_params.delay = vtime_ms(10);
}

static inline void lab_open(struct lab *l)
{
	char why[128];

	l->world = world_new(1);
	l->names = names_new();
	l->client = node_new(l->world, "client");
	l->gw = node_new(l->world, "gw");
	l->web = node_new(l->world, "web");
	assert_int_equal(node_sysctl_set(l->gw, "net.ipv4.ip_forward", "1", why, sizeof(why)), 0);
	assert_int_equal(node_sysctl_set(l->gw, "net.ipv6.conf.all.forwarding", "1", why,
					 sizeof(why)), 0);
	l->client0 = lab_iface(l, l->client, "eth0", 1, "10.0.0.2", "fd00::2");
	l->gw0 = lab_iface(l, l->gw, "eth0", 2, "10.0.0.1", "fd00::1");
	l->gw1 = lab_iface(l, l->gw, "eth1", 3, "10.0.1.1", "fd00:1::1");
	l->web0 = lab_iface(l, l->web, "eth0", 4, "10.0.1.2", "fd00:1::2");
	l->near = link_new(l->world, "near", &l->client0->link, &l->gw0->link, &l->near_params,
			   &l->near_params);
	l->far = link_new(l->world, "far", &l->gw1->link, &l->web0->link, &l->far_params,
			  &l->far_params);
	lab_route(l->client, "0.0.0.0/0", "10.0.0.1", ROUTE_UNICAST);
	lab_route(l->client, "::/0", "fd00::1", ROUTE_UNICAST);
	lab_route(l->web, "0.0.0.0/0", "10.0.1.1", ROUTE_UNICAST);
	lab_route(l->web, "::/0", "fd00:1::1", ROUTE_UNICAST);
	transport_attach(l->client);
	transport_attach(l->gw);
	transport_attach(l->web);
	l->ps = processes_new(l->world, l->names);
}

/* An interface MTU smaller than the link's, at both ends of the far link. */
static inline void lab_far_mtu(struct lab *l, uint32_t mtu)
{
	l->gw1->link.mtu = l->web0->link.mtu = mtu;
}

static inline void lab_close(struct lab *l)
{
	struct node *nodes[] = {l->client, l->gw, l->web};

	processes_stop(l->ps);
	while (sched_step(&l->world->sched, vtime_add(world_now(l->world), vtime_s(1))))
		;
	processes_free(l->ps);
	link_free(l->near);
	link_free(l->far);
	for (int i = 0; i < 3; i++) {
		transport_free(nodes[i]);
		node_free(nodes[i]);
	}
	names_free(l->names);
	assert_int_equal(l->world->pool.live, 0); /* every packet was delivered or dropped */
	world_free(l->world);
}

/* Starts a command line on a node. */
static inline struct process *lab_spawn(struct lab *l, struct node *n, const char *command)
{
	const char *error = "";
	char word[32];
	struct process *p;
	const struct program *program;

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(command, " "), command);
	program = program_find(word);
	assert_non_null(program);
	p = process_spawn(l->ps, n, program, command, word, &error);
	if (!p)
		fail_msg("%s", error);
	return p;
}

static inline void lab_run_until(struct lab *l, vtime until)
{
	while (sched_step(&l->world->sched, until))
		;
	sched_advance(&l->world->sched, until);
}

/* Lets the world go on until the process has ended: an hour at most. */
static inline void lab_finish(struct lab *l, struct process *p)
{
	vtime limit = vtime_add(world_now(l->world), vtime_s(3600));

	while (!process_ended(p) && sched_step(&l->world->sched, limit))
		;
	assert_true(process_ended(p));
}

/* Runs a command to its end. Every metric it reports must be one that its row declares. */
static inline struct process *lab_command(struct lab *l, struct node *n, const char *command)
{
	struct process *p = lab_spawn(l, n, command);
	const struct metrics *m = process_metrics(p);

	lab_finish(l, p);
	for (uint32_t i = 0; i < m->count; i++)
		assert_true(program_has_metric(process_program(p), m->items[i].name));
	return p;
}

/* Frames of the near link that the wire loses, in one direction, counted from now. */
static inline void lab_lose(struct lab *l, int direction, const uint64_t *listed,
			    uint32_t count)
{
	link_set_params(l->near, direction, &l->near_params);
	l->changed = l->near_params;
	l->changed.loss = (struct loss_params){.kind = LOSS_LISTED, .listed = listed,
					       .listed_count = count};
	link_set_params(l->near, direction, &l->changed);
}

static inline double lab_metric(const struct process *p, const char *name)
{
	const struct metric *m = metrics_find(process_metrics(p), name);

	if (!m)
		fail_msg("%s reports no %s", process_command(p), name);
	return m ? m->value : 0;
}

static inline void lab_expect(const struct process *p, int status, const char *console,
			      const char *file, int line)
{
	const char *got = process_console(p, NULL);

	if (strcmp(got, console) != 0 || process_exit_status(p) != status) {
		print_error("%s:\n--- wanted, status %d:\n%s--- got, status %d:\n%s---\n",
			    process_command(p), status, console, process_exit_status(p), got);
		_fail(file, line);
	}
}

/* The whole console text and the exit status. */
#define assert_console(p, status, text) lab_expect(p, status, text, __FILE__, __LINE__)

static inline void lab_contains(const struct process *p, const char *text, const char *file,
				int line)
{
	const char *got = process_console(p, NULL);

	if (!strstr(got, text)) {
		print_error("%s: no \"%s\" in:\n%s", process_command(p), text, got);
		_fail(file, line);
	}
}

/* Some of the console text; p is evaluated once. */
#define assert_contains(p, text) lab_contains(p, text, __FILE__, __LINE__)

/* The world of one test: its setup opens it. */
static struct lab lab;

static inline int lab_setup(void **state)
{
	(void)state;
	lab_init(&lab);
	lab_open(&lab);
	return 0;
}

/* The same, and whoever is on the way knows his IPv4 neighbours. */
static inline int lab_setup_warm(void **state)
{
	lab_setup(state);
	lab_command(&lab, lab.client, "ping -q -c 1 web");
	return 0;
}

static inline int lab_teardown(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

/* A command on the client, to its end. */
static inline struct process *lab_run(const char *command)
{
	return lab_command(&lab, lab.client, command);
}

#endif
