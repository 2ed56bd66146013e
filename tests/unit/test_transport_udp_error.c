/* What a UDP socket hears of what became of its datagrams. */
#include "transport_lab.h"

#include "wire/icmp4.h"
#include "wire/icmp6.h"

/* A connected socket hears of a closed port on its next call; an unconnected one never. */
static void test_connection_refused(void **state)
{
	struct lab *l = *state;
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7);

	assert_int_equal(say(s, "x", &to), 0);
	lab_run(l, vtime_ms(20));
	assert_int_equal(socket_ready(s), SOCKET_WRITABLE);
	assert_silent(s);

	assert_int_equal(socket_connect(s, &to), 0);
	assert_addr(s->local.addr, "10.0.1.1");
	assert_int_equal(say(s, "x", NULL), 0);
	lab_run(l, vtime_ms(20));
	assert_int_equal(socket_ready(s), SOCKET_WRITABLE | SOCKET_FAILED);
	assert_int_equal(say(s, "x", NULL), -ECONNREFUSED);
	assert_int_equal(say(s, "x", NULL), 0);
	lab_run(l, vtime_ms(20));
	int err = 0;
	assert_int_equal(socket_get(s, SOCKET_ERROR, &err), 0);
	assert_int_equal(err, ECONNREFUSED);
	assert_silent(s);
	assert_int_equal(site_drops(&l->b->site, DROP_UDP_NO_PORT), 3);

	assert_int_equal(socket_connect(s, NULL), 0);
	assert_int_equal(say(s, "x", NULL), -EDESTADDRREQ);
	assert_addr(s->local.addr, "0.0.0.0");
	socket_close(s);
}

static void check_error(struct socket *s, const char *offender, int type, int code, int err)
{
	struct socket_error *e = socket_recv_error(s);

	assert_non_null(e);
	assert_addr(e->offender, offender);
	assert_int_equal(e->type, type);
	assert_int_equal(e->code, code);
	assert_int_equal(e->err, err);
	assert_int_equal(e->local_port, s->local.port);
	assert_int_equal(e->to.port, 33434);
	assert_int_equal(e->len, 5);
	assert_memory_equal(e->data, "probe", 5);
	socket_error_free(s, e);
}

/* What traceroute lives on. */
static void test_error_queue(void **state)
{
	struct lab *l = *state;
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct socket *s6 = socket_new(l->a, SOCKET_UDP, AF_INET6);
	struct endpoint to = endpoint_of("10.0.2.1", 33434);
	struct endpoint to6 = endpoint_of("2001:db8:2::1", 33434);

	assert_int_equal(socket_set(s, SOCKET_RECVERR, 1), 0);
	assert_int_equal(socket_set(s6, SOCKET_RECVERR, 1), 0);
	for (int ttl = 1; ttl <= 2; ttl++) {
		assert_int_equal(socket_set(s, SOCKET_TTL, ttl), 0);
		assert_int_equal(socket_set(s6, SOCKET_TTL, ttl), 0);
		assert_int_equal(say(s, "probe", &to), 0);
		assert_int_equal(say(s6, "probe", &to6), 0);
		lab_run(l, vtime_ms(20));
		/* The pending error is there too, once. */
		struct socket_in in;
		assert_int_equal(socket_recv(s, &in), ttl == 1 ? -EHOSTUNREACH : -ECONNREFUSED);
		assert_int_equal(socket_ready(s), SOCKET_WRITABLE | SOCKET_FAILED);
		if (ttl == 1) {
			check_error(s, "10.0.1.254", ICMP4_TIME_EXCEEDED, ICMP4_TTL_EXCEEDED,
				    EHOSTUNREACH);
			check_error(s6, "2001:db8:1::fe", ICMP6_MSG_TIME_EXCEEDED, 0, EHOSTUNREACH);
		} else {
			check_error(s, "10.0.2.1", ICMP4_DESTINATION_UNREACHABLE,
				    ICMP4_PORT_UNREACHABLE, ECONNREFUSED);
			check_error(s6, "2001:db8:2::1", ICMP6_MSG_DESTINATION_UNREACHABLE,
				    ICMP6_PORT_UNREACHABLE, ECONNREFUSED);
		}
		/* Emptying the queue took the pending error of s6 with it. */
		assert_int_equal(socket_ready(s), SOCKET_WRITABLE);
		assert_int_equal(socket_ready(s6), SOCKET_WRITABLE);
		assert_null(socket_recv_error(s));
	}
	socket_close(s);
	socket_close(s6);
}

/* Linux's IP_MTU_DISCOVER: what fits is sent with DF, and ICMP teaches the path's MTU. */
static void test_path_mtu(void **state)
{
	struct lab *l = *state;
	static char big[1472];
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 33434);
	const struct socket_out m = {.data = big, .len = sizeof(big), .tos = -1};
	int mtu = 0;

	l->r1->link.mtu = 1000;
	route_cache_flush(l->r);
	assert_int_equal(socket_get(s, SOCKET_MTU, &mtu), -ENOTCONN);
	assert_int_equal(socket_set(s, SOCKET_RECVERR, 1), 0);
	assert_int_equal(socket_set(s, SOCKET_PMTUDISC, IP_PMTU_DO), 0);
	assert_int_equal(socket_connect(s, &to), 0);
	assert_int_equal(socket_get(s, SOCKET_MTU, &mtu), 0);
	assert_int_equal(mtu, 1500);
	assert_int_equal(socket_send(s, &m), 0);
	lab_run(l, vtime_ms(20));
	assert_int_equal(socket_send(s, &m), -EMSGSIZE); /* the pending error */
	struct socket_error *e = socket_recv_error(s);
	assert_int_equal(e->origin, SOCKET_ORIGIN_ICMP);
	assert_int_equal(e->err, EMSGSIZE);
	assert_int_equal(e->mtu, 1000);
	assert_addr(e->offender, "10.0.1.254");
	socket_error_free(s, e);
	assert_int_equal(socket_get(s, SOCKET_MTU, &mtu), 0);
	assert_int_equal(mtu, 1000);

	assert_int_equal(socket_send(s, &m), -EMSGSIZE); /* now it is known here */
	e = socket_recv_error(s);
	assert_non_null(e);
	assert_int_equal(e->origin, SOCKET_ORIGIN_LOCAL);
	assert_int_equal(e->mtu, 1000);
	socket_error_free(s, e);
	assert_null(socket_recv_error(s));

	/* Fragments do it. */
	struct socket *server = bound(l->b, AF_INET, "0.0.0.0", 33434);
	assert_int_equal(socket_set(s, SOCKET_PMTUDISC, IP_PMTU_WANT), 0);
	assert_int_equal(socket_send(s, &m), 0);
	lab_run(l, vtime_ms(20));
	struct socket_in in;
	assert_int_equal(socket_recv(server, &in), 0);
	assert_int_equal(in.len, sizeof(big));
	packet_free(in.packet);
	socket_close(server);
	socket_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(test_connection_refused),
		LAB_TEST(test_error_queue),
		LAB_TEST(test_path_mtu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
