/*
 * SO_REUSEADDR and SO_REUSEPORT: who may share a port, and which of those that do is meant.
 *
 * What may be bound was asked of a Linux kernel: both sockets bound to the same address or one to
 * the wildcard, the four combinations of the two options on each, in this order: neither,
 * SO_REUSEPORT, SO_REUSEADDR, both.
 */
#include "tcp_lab.h"

#define PORT 7777
#define GROUP 4
#define FLOWS 400

enum { NO, BIND, LISTEN }; /* the second cannot be bound; can, but not listen too; can listen too */

static const uint8_t tcp_allows[4][4] = { /* [first][second] */
	{NO, NO, NO, NO},
	{NO, LISTEN, NO, LISTEN},
	{NO, NO, BIND, BIND},
	{NO, LISTEN, BIND, LISTEN},
};
static const bool udp_allows[4][4] = {
	{false, false, false, false},
	{false, true, false, true},
	{false, false, true, true},
	{false, true, true, true},
};

static struct socket *with_options(struct node *n, enum socket_kind kind, unsigned options)
{
	struct socket *s = socket_new(n, kind, AF_INET);
	int value;

	assert_int_equal(socket_set(s, SOCKET_REUSEPORT, options & 1), 0);
	assert_int_equal(socket_set(s, SOCKET_REUSEADDR, options >> 1), 0);
	assert_int_equal(socket_get(s, SOCKET_REUSEPORT, &value), 0);
	assert_int_equal(value, options & 1);
	assert_int_equal(socket_get(s, SOCKET_REUSEADDR, &value), 0);
	assert_int_equal(value, options >> 1);
	return s;
}

static void try_pair(struct lab *l, unsigned a, unsigned b, const char *first, const char *second)
{
	struct endpoint e1 = lab_at(first, PORT), e2 = lab_at(second, PORT);
	struct socket *s = with_options(l->a, SOCKET_TCP, a);
	struct socket *t = with_options(l->a, SOCKET_TCP, b);
	uint8_t may = tcp_allows[a][b];

	assert_int_equal(socket_bind(s, &e1), 0);
	assert_int_equal(socket_bind(t, &e2), may == NO ? -EADDRINUSE : 0);
	if (may != NO) {
		assert_int_equal(stream_listen(s, 5), 0);
		assert_int_equal(stream_listen(t, 5), may == LISTEN ? 0 : -EADDRINUSE);
		/* A third like the second finds one that listens. */
		struct socket *u = with_options(l->a, SOCKET_TCP, b);
		assert_int_equal(socket_bind(u, &e2), may == LISTEN ? 0 : -EADDRINUSE);
		socket_close(u);
	}
	socket_close(s);
	socket_close(t);
	s = with_options(l->a, SOCKET_UDP, a);
	t = with_options(l->a, SOCKET_UDP, b);
	assert_int_equal(socket_bind(s, &e1), 0);
	assert_int_equal(socket_bind(t, &e2), udp_allows[a][b] ? 0 : -EADDRINUSE);
	socket_close(s);
	socket_close(t);
}

static void who_may_share(void **state)
{
	struct lab l;

	(void)state;
	lab_simple(&l, 0, 1000, false);
	for (unsigned a = 0; a < 4; a++)
		for (unsigned b = 0; b < 4; b++) {
			try_pair(&l, a, b, "0.0.0.0", "0.0.0.0");
			try_pair(&l, a, b, "10.0.0.1", "0.0.0.0");
			try_pair(&l, a, b, "0.0.0.0", "10.0.0.1");
		}
	/* Addresses that do not meet share a port whatever the options. */
	struct socket *s = with_options(l.a, SOCKET_TCP, 0), *t = with_options(l.a, SOCKET_TCP, 0);
	struct endpoint e = lab_at("10.0.0.1", PORT), other = lab_at("127.0.0.1", PORT);
	assert_int_equal(socket_bind(s, &e), 0);
	assert_int_equal(socket_bind(t, &other), 0);
	socket_close(s);
	socket_close(t);
	lab_close(&l);
}

/* bind(2) to port 0 gives a port of one's own, whatever the options of those that are there. */
static void chosen_ports_are_free(void **state)
{
	struct endpoint any = lab_at("0.0.0.0", 0);
	struct socket *s[3];
	struct lab l;

	(void)state;
	lab_simple(&l, 0, 1000, false);
	lab_sysctl(l.a, "net.ipv4.ip_local_port_range", "40000 40001");
	for (int i = 0; i < 3; i++) {
		s[i] = with_options(l.a, SOCKET_TCP, 3);
		assert_int_equal(socket_bind(s[i], &any), i < 2 ? 0 : -EADDRINUSE);
	}
	assert_int_not_equal(s[0]->local.port, s[1]->local.port);
	for (int i = 0; i < 3; i++)
		socket_close(s[i]);
	lab_close(&l);
}

static uint32_t drain(struct socket *s, uint16_t *last)
{
	struct socket_in in;
	uint32_t n = 0;

	while (socket_recv(s, &in) == 0) {
		*last = in.from.port;
		packet_free(in.packet);
		n++;
	}
	return n;
}

/* Each flow always to the same socket of the group, the flows about evenly. */
static void udp_group(void **state)
{
	struct endpoint here = lab_at("0.0.0.0", PORT), to = lab_at("10.0.0.2", PORT);
	uint8_t home[FLOWS];
	uint32_t share[GROUP] = {0};
	struct socket *group[GROUP], *alone, *client;
	uint16_t from;
	struct lab l;

	(void)state;
	lab_simple(&l, 0, 1000, false);
	for (int i = 0; i < GROUP; i++) {
		group[i] = with_options(l.b, SOCKET_UDP, 1);
		assert_int_equal(socket_bind(group[i], &here), 0);
	}
	/* Bound to the address itself it is no member, and comes before all of them. */
	alone = with_options(l.b, SOCKET_UDP, 1);
	assert_int_equal(socket_bind(alone, &to), 0);
	for (int round = 0; round < 3; round++) {
		for (uint16_t f = 0; f < FLOWS; f++) {
			struct endpoint e = lab_at("10.0.0.1", (uint16_t)(20000 + f));
			uint32_t heard = 0;

			client = socket_new(l.a, SOCKET_UDP, AF_INET);
			assert_int_equal(socket_bind(client, &e), 0);
			struct socket_out m = {.to = &to, .data = "x", .len = 1, .tos = -1};
			assert_int_equal(socket_send(client, &m), 0);
			socket_close(client);
			lab_run(&l, vtime_ms(10));
			if (round == 0 && f < 10) {
				assert_int_equal(drain(alone, &from), 1);
				if (f == 9)
					socket_close(alone);
				continue;
			}
			for (uint8_t i = 0; i < GROUP; i++)
				if (drain(group[i], &from)) {
					assert_int_equal(from, e.port);
					if (round == 2)
						assert_int_equal(i, home[f]);
					home[f] = i;
					heard++;
				}
			assert_int_equal(heard, 1);
			share[home[f]] += round == 2;
		}
	}
	for (int i = 0; i < GROUP; i++) {
		assert_in_range(share[i], FLOWS / GROUP / 2, FLOWS / GROUP * 2);
		socket_close(group[i]);
	}
	lab_close(&l);
}

static uint32_t accept_all(struct socket *l)
{
	struct socket *s;
	uint32_t n = 0;

	for (; stream_accept(l, &s) == 0; n++)
		socket_close(s);
	return n;
}

static void tcp_group(void **state)
{
	struct endpoint here = lab_at("0.0.0.0", PORT);
	struct socket *group[GROUP], *client[FLOWS];
	uint32_t share[GROUP], all = 0;
	struct lab l;

	(void)state;
	lab_simple(&l, 0, 1000, false);
	for (int i = 0; i < GROUP; i++) {
		group[i] = with_options(l.b, SOCKET_TCP, 1);
		assert_int_equal(socket_bind(group[i], &here), 0);
		assert_int_equal(stream_listen(group[i], FLOWS), 0);
	}
	/* Bound, but not listening: no member. */
	struct socket *idle = with_options(l.b, SOCKET_TCP, 1);
	assert_int_equal(socket_bind(idle, &here), 0);
	for (int f = 0; f < FLOWS; f++)
		client[f] = lab_connect(l.a, "10.0.0.2", PORT);
	lab_run(&l, vtime_ms(100));
	for (int i = 0; i < GROUP; i++) {
		share[i] = accept_all(group[i]);
		assert_in_range(share[i], FLOWS / GROUP / 2, FLOWS / GROUP * 2);
		all += share[i];
	}
	assert_int_equal(all, FLOWS);
	for (int f = 0; f < FLOWS; f++)
		socket_close(client[f]);
	/* One goes: the others take all. */
	socket_close(group[1]);
	for (int f = 0; f < 40; f++)
		client[f] = lab_connect(l.a, "10.0.0.2", PORT);
	lab_run(&l, vtime_ms(100));
	assert_int_equal(accept_all(group[0]) + accept_all(group[2]) + accept_all(group[3]), 40);
	for (int f = 0; f < 40; f++)
		socket_close(client[f]);
	for (int i = 0; i < GROUP; i++)
		if (i != 1)
			socket_close(group[i]);
	socket_close(idle);
	lab_run(&l, vtime_s(200));
	lab_close(&l);
}

/* The choice is the host's secret: another host chooses otherwise. */
static void choice_is_secret(void **state)
{
	struct ipaddr here = lab_ip("10.0.0.1"), there = lab_ip("10.0.0.2");
	uint32_t same = 0;
	struct lab l;

	(void)state;
	lab_simple(&l, 0, 1000, false);
	for (uint16_t port = 1; port <= 1000; port++)
		same += transport_flow_pick(l.a, &here, 80, &there, port, 4) ==
			transport_flow_pick(l.b, &here, 80, &there, port, 4);
	assert_in_range(same, 200, 300);
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_share),     cmocka_unit_test(chosen_ports_are_free),
		cmocka_unit_test(udp_group),         cmocka_unit_test(tcp_group),
		cmocka_unit_test(choice_is_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
