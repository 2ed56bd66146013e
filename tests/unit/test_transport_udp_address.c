/* Addresses and ports of UDP sockets: who may have which, and who hears whom. */
#include "transport_lab.h"

static void test_bind(void **state)
{
	struct lab *l = *state;
	struct socket *s = bound(l->a, AF_INET, "0.0.0.0", 53), *t;
	struct endpoint e = endpoint_of("10.0.1.1", 53), foreign = endpoint_of("10.9.9.9", 53);
	struct endpoint six = endpoint_of("::", 53);

	assert_int_equal(socket_bind(s, &e), -EINVAL); /* has a port already */
	t = socket_new(l->a, SOCKET_UDP, AF_INET);
	assert_int_equal(socket_bind(t, &e), -EADDRINUSE);
	assert_int_equal(socket_bind(t, &foreign), -EADDRNOTAVAIL);
	assert_int_equal(socket_bind(t, &six), -EADDRINUSE); /* all zero means any */
	socket_close(s);
	assert_int_equal(socket_bind(t, &e), 0);

	/* Dual-stack wildcards collide with IPv4, V6ONLY ones do not. */
	s = socket_new(l->a, SOCKET_UDP, AF_INET6);
	assert_int_equal(socket_bind(s, &six), -EADDRINUSE);
	assert_int_equal(socket_set(s, SOCKET_V6ONLY, 1), 0);
	assert_int_equal(socket_bind(s, &six), 0);
	socket_close(s);
	socket_close(t);

	s = socket_new(l->a, SOCKET_UDP, AF_INET);
	assert_int_equal(socket_bind(s, &(struct endpoint){.addr = addr_of("2001:db8:1::1")}),
			 -EAFNOSUPPORT);
	socket_close(s);
}

static void test_ephemeral_ports(void **state)
{
	struct lab *l = *state;
	struct socket *s[5];
	char why[128];

	assert_int_equal(node_sysctl_set(l->a, "net.ipv4.ip_local_port_range", "5000 5003", why,
					 sizeof(why)), 0);
	unsigned seen = 0;
	for (int i = 0; i < 5; i++)
		s[i] = socket_new(l->a, SOCKET_UDP, AF_INET);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(socket_bind(s[i], &(struct endpoint){.port = 0}), 0);
		assert_in_range(s[i]->local.port, 5000, 5003);
		seen |= 1u << (s[i]->local.port - 5000);
	}
	assert_int_equal(seen, 0xf);
	assert_int_equal(socket_bind(s[4], &(struct endpoint){.port = 0}), -EADDRINUSE);
	assert_int_equal(socket_local(s[4]).port, 0);
	struct endpoint to = endpoint_of("10.0.2.1", 7);
	assert_int_equal(say(s[4], "x", &to), -EAGAIN);
	for (int i = 0; i < 5; i++)
		socket_close(s[i]);
}

static void test_broadcast(void **state)
{
	struct lab *l = *state;
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct socket *any = bound(l->r, AF_INET, "0.0.0.0", 67);
	struct socket *one = bound(l->r, AF_INET, "10.0.1.254", 68);
	struct endpoint net = endpoint_of("10.0.1.255", 67);
	struct endpoint all = endpoint_of("255.255.255.255", 67);
	struct endpoint other = endpoint_of("255.255.255.255", 68);

	assert_int_equal(say(s, "x", &net), -EACCES);
	assert_int_equal(say(s, "x", &all), -EACCES);
	assert_int_equal(socket_connect(s, &net), -EACCES);
	assert_int_equal(socket_set(s, SOCKET_BROADCAST, 1), 0);
	assert_int_equal(say(s, "net", &net), 0);
	assert_int_equal(say(s, "all", &all), 0);
	assert_int_equal(say(s, "other", &other), 0);
	lab_run(l, vtime_ms(20));
	assert_hears(any, "net");
	assert_hears(any, "all");
	assert_silent(one);
	/* Nobody complains about a broadcast (RFC 1122 3.2.2). */
	assert_int_equal(site_drops(&l->r->site, DROP_UDP_NO_PORT), 1);
	assert_silent(s);
	socket_close(s);
	socket_close(any);
	socket_close(one);
}

/* Two sockets with the same port on different devices both hear a group. */
static void test_to_all(void **state)
{
	struct lab *l = *state;
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct socket *first = socket_new(l->r, SOCKET_UDP, AF_INET);
	struct socket *second = socket_new(l->r, SOCKET_UDP, AF_INET);
	struct endpoint all = endpoint_of("255.255.255.255", 67);

	assert_int_equal(socket_set(first, SOCKET_DEVICE, 1), 0);
	assert_int_equal(socket_set(second, SOCKET_DEVICE, 2), 0);
	assert_int_equal(socket_set(second, SOCKET_DEVICE, 9), -ENODEV);
	assert_int_equal(socket_bind(first, &(struct endpoint){.port = 67}), 0);
	assert_int_equal(socket_bind(second, &(struct endpoint){.port = 67}), 0);
	assert_int_equal(socket_set(s, SOCKET_BROADCAST, 1), 0);
	assert_int_equal(say(s, "all", &all), 0);
	lab_run(l, vtime_ms(20));
	assert_hears(first, "all");
	assert_silent(second);

	/* Group and wildcard socket: both get it, each a packet of its own. */
	struct socket *third = bound(l->r, AF_INET, "0.0.0.0", 99);
	struct socket *fourth = bound(l->r, AF_INET6, "::1", 99);
	socket_close(fourth);
	fourth = socket_new(l->r, SOCKET_UDP, AF_INET);
	assert_int_equal(socket_set(fourth, SOCKET_DEVICE, 1), 0);
	third->device = l->r1; /* so that the next bind does not collide */
	assert_int_equal(socket_bind(fourth, &(struct endpoint){.port = 99}), 0);
	third->device = NULL;
	all.port = 99;
	assert_int_equal(say(s, "all", &all), 0);
	lab_run(l, vtime_ms(20));
	assert_hears(third, "all");
	assert_hears(fourth, "all");
	socket_close(s);
	socket_close(first);
	socket_close(second);
	socket_close(third);
	socket_close(fourth);
}

/* Link-local peers need their interface, and answers say which one it was. */
static void test_link_local(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->r, AF_INET6, "::", 7);
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET6);
	struct endpoint to = {.addr = l->r0->addrs->addr, .port = 7, .scope = 1};

	assert_true(ipaddr_is_linklocal(&to.addr));
	assert_int_equal(socket_connect(s, &to), 0);
	assert_true(ipaddr_is_linklocal(&s->local.addr));
	assert_int_equal(say(s, "near", NULL), 0);
	lab_run(l, vtime_ms(20));
	struct socket_in in = assert_hears(server, "near");
	assert_int_equal(in.from.scope, 1);
	assert_int_equal(say(server, "by", &in.from), 0);
	lab_run(l, vtime_ms(20));
	assert_hears(s, "by");
	to.scope = 7;
	assert_int_equal(say(s, "x", &to), -ENODEV);
	socket_close(s);
	socket_close(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(test_bind),
		LAB_TEST(test_ephemeral_ports),
		LAB_TEST(test_broadcast),
		LAB_TEST(test_to_all),
		LAB_TEST(test_link_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
