/*
 * A small world for tests of transport/ and process/: a -- r -- b, a router in the middle, both
 * families, 1 ms each way on each link.
 *
 *     a 10.0.1.1  2001:db8:1::1   --   .254/::fe r .254/::fe   --   b 10.0.2.1  2001:db8:2::1
 */
#ifndef TESTS_TRANSPORT_LAB_H
#define TESTS_TRANSPORT_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/alloc.h"
#include "ip/ip.h"
#include "ip/route.h"
#include "link/link.h"
#include "transport/socket.h"

struct lab {
	struct world *w;
	struct node *a, *r, *b;
	struct ip_iface *a0, *r0, *r1, *b0;
	struct link *ar, *rb;
	struct link_params params, changed; /* a link's are immutable: changes go to the other */
};

static inline struct ipaddr addr_of(const char *text)
{
	struct ipaddr a = ipaddr_any6;

	assert_true(ipaddr_parse(text, &a));
	return a;
}

static inline struct endpoint endpoint_of(const char *text, uint16_t port)
{
	return (struct endpoint){.addr = addr_of(text), .port = port};
}

static inline struct ip_iface *lab_iface(struct node *n, const char *name, uint8_t number,
					 const char *addr4, const char *addr6)
{
	struct mac mac = {.b = {2, 0, 0, 0, 0, number}};
	struct ip_iface *i = node_add_iface(n, name, mac);
	struct ipaddr a4 = addr_of(addr4), a6 = addr_of(addr6);

	assert_int_equal(ip_addr_add(i, &a4, 120), 0);
	assert_int_equal(ip_addr_add(i, &a6, 64), 0);
	return i;
}

static inline void lab_default(struct node *n, const char *gateway, bool ip4)
{
	struct ipaddr via = addr_of(gateway);
	struct prefix all = prefix_make(ip4 ? &ipaddr_any4 : &ipaddr_any6, ip4 ? 96 : 0);

	assert_int_equal(route_add(n, &all, ROUTE_UNICAST, &via, NULL, 0, 0, ROUTE_STATIC), 0);
}

static inline void lab_open(struct lab *l)
{
	char why[128];

	*l = (struct lab){.w = world_new(1)};
	l->params = link_params_default;
	l->params.delay = vtime_ms(1);
	l->changed = l->params;
	l->a = node_new(l->w, "a");
	l->r = node_new(l->w, "r");
	l->b = node_new(l->w, "b");
	assert_int_equal(node_sysctl_set(l->r, "net.ipv4.ip_forward", "1", why, sizeof(why)), 0);
	assert_int_equal(node_sysctl_set(l->r, "net.ipv6.conf.all.forwarding", "1", why,
					 sizeof(why)), 0);
	l->a0 = lab_iface(l->a, "eth0", 1, "10.0.1.1", "2001:db8:1::1");
	l->r0 = lab_iface(l->r, "eth0", 2, "10.0.1.254", "2001:db8:1::fe");
	l->r1 = lab_iface(l->r, "eth1", 3, "10.0.2.254", "2001:db8:2::fe");
	l->b0 = lab_iface(l->b, "eth0", 4, "10.0.2.1", "2001:db8:2::1");
	l->ar = link_new(l->w, "ar", &l->a0->link, &l->r0->link, &l->params, &l->params);
	l->rb = link_new(l->w, "rb", &l->r1->link, &l->b0->link, &l->params, &l->params);
	lab_default(l->a, "10.0.1.254", true);
	lab_default(l->a, "2001:db8:1::fe", false);
	lab_default(l->b, "10.0.2.254", true);
	lab_default(l->b, "2001:db8:2::fe", false);
	transport_attach(l->a);
	transport_attach(l->r);
	transport_attach(l->b);
}

static inline void lab_close(struct lab *l)
{
	link_free(l->ar);
	link_free(l->rb);
	struct node *nodes[] = {l->a, l->r, l->b};
	for (int i = 0; i < 3; i++) {
		transport_free(nodes[i]);
		node_free(nodes[i]);
	}
	/* Nothing may be left behind: every packet was delivered or dropped. */
	assert_int_equal(l->w->pool.live, 0);
	world_free(l->w);
}

static inline int lab_setup(void **state)
{
	struct lab *l = nt_calloc(1, sizeof(*l));

	lab_open(l);
	*state = l;
	return 0;
}

static inline int lab_teardown(void **state)
{
	lab_close(*state);
	free(*state);
	return 0;
}

/* A test in a world of its own: *state is a struct lab. */
#define LAB_TEST(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)

static inline void lab_run(struct lab *l, vtime duration)
{
	vtime until = vtime_add(world_now(l->w), duration);

	while (sched_step(&l->w->sched, until))
		;
	sched_advance(&l->w->sched, until);
}

/* A UDP socket that is bound. */
static inline struct socket *bound(struct node *n, int family, const char *addr, uint16_t port)
{
	struct socket *s = socket_new(n, SOCKET_UDP, family);
	struct endpoint e = endpoint_of(addr, port);

	assert_int_equal(socket_bind(s, &e), 0);
	return s;
}

#define assert_addr(a, text) \
	do { \
		char text_[IPADDR_TEXT]; \
		assert_string_equal(ipaddr_format(text_, sizeof(text_), &(a)), text); \
	} while (0)

/* Sends a text. */
static inline int say(struct socket *s, const char *text, const struct endpoint *to)
{
	return socket_send(s, &(struct socket_out){.to = to,
						   .data = text,
						   .len = (uint32_t)strlen(text),
						   .tos = -1});
}

/* Takes one datagram, which must hold this text; gives what is known of it. */
#define assert_hears(s, text) hears(s, text, __FILE__, __LINE__)
static inline struct socket_in hears(struct socket *s, const char *text, const char *file, int line)
{
	struct socket_in in = {.packet = NULL};
	char got[256];

	_assert_int_equal((LargestIntegralType)socket_recv(s, &in), 0, file, line);
	_assert_int_equal(in.len, strlen(text), file, line);
	_assert_int_equal(packet_read(in.packet, in.offset, 0, got, sizeof(got)), in.len, file,
			  line);
	_assert_memory_equal(got, text, in.len, file, line);
	packet_free(in.packet);
	return in;
}

#define assert_silent(s) \
	do { \
		struct socket_in in_; \
		assert_int_equal(socket_recv(s, &in_), -EAGAIN); \
	} while (0)

#endif
