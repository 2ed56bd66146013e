/* Echo sockets between real nodes. */
#include "transport_lab.h"

#include "wire/icmp4.h"
#include "wire/icmp6.h"

static uint32_t request(uint8_t *at, bool ip4, uint16_t seq, uint32_t size)
{
	if (ip4)
		icmp4_emit(at, &(struct icmp4){.type = ICMP4_ECHO, .echo = {.seq = seq}});
	else
		icmp6_emit(at, &(struct icmp6){.type = ICMP6_MSG_ECHO_REQUEST,
					       .echo = {.seq = seq}});
	for (uint32_t i = 0; i < size; i++)
		at[8 + i] = (uint8_t)i;
	return 8 + size;
}

static int echo(struct socket *s, const char *to, uint16_t seq, uint32_t size)
{
	static uint8_t message[65536];
	struct endpoint e = endpoint_of(to, 0);

	return socket_send(s, &(struct socket_out){
				      .to = &e,
				      .data = message,
				      .len = request(message, !s->v6, seq, size),
				      .tos = -1});
}

static void expect_reply(struct socket *s, uint16_t id, uint16_t seq, uint32_t size)
{
	static uint8_t got[65536];
	struct socket_in in;

	assert_int_equal(socket_recv(s, &in), 0);
	assert_int_equal(in.len, 8 + size);
	assert_int_equal(packet_read(in.packet, in.offset, 0, got, sizeof(got)), in.len);
	assert_int_equal(in.ttl, 63);
	assert_int_equal(in.from.port, 0);
	packet_free(in.packet);
	if (s->v6) {
		struct icmp6 m;

		assert_int_equal(icmp6_parse(got, in.len, &m), ICMP6_OK);
		assert_int_equal(m.type, ICMP6_MSG_ECHO_REPLY);
		assert_int_equal(m.echo.id, id);
		assert_int_equal(m.echo.seq, seq);
	} else {
		struct icmp4 m;

		assert_int_equal(icmp4_parse(got, in.len, &m), ICMP4_OK);
		assert_int_equal(m.type, ICMP4_ECHO_REPLY);
		assert_int_equal(m.echo.id, id);
		assert_int_equal(m.echo.seq, seq);
	}
	for (uint32_t i = 0; i < size; i++)
		assert_int_equal(got[8 + i], i & 0xff);
}

static void pings(struct lab *l, int family, const char *to)
{
	struct socket *first = socket_new(l->a, SOCKET_PING, family);
	struct socket *second = socket_new(l->a, SOCKET_PING, family);
	static const uint32_t sizes[] = {0, 1, 56, 57, 1400, 3000};

	/* Identifiers count up, and each socket hears its own. */
	for (uint16_t i = 0; i < 6; i++) {
		assert_int_equal(echo(first, to, i, sizes[i]), 0);
		assert_int_equal(echo(second, to, (uint16_t)(100 + i), 4), 0);
		lab_run(l, vtime_ms(20));
		assert_int_equal(first->local.port + 1, second->local.port);
		expect_reply(first, first->local.port, i, sizes[i]);
		expect_reply(second, second->local.port, (uint16_t)(100 + i), 4);
		assert_silent(first);
	}
	socket_close(first);
	socket_close(second);
}

static void test_echo4(void **state)
{
	pings(*state, AF_INET, "10.0.2.1");
}

static void test_echo6(void **state)
{
	pings(*state, AF_INET6, "2001:db8:2::1");
}

/* Header in `head`, pattern in a shared slab: the way ping -f sends. */
static void test_slab(void **state)
{
	struct lab *l = *state;
	struct socket *s = socket_new(l->a, SOCKET_PING, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 0);
	struct slab *slab = slab_new(l->w, 1000);
	uint8_t head[8];
	struct socket_in in;

	memset(slab->bytes, 'p', 1000);
	request(head, true, 7, 0);
	assert_int_equal(socket_send(s, &(struct socket_out){.to = &to,
							     .head = head,
							     .head_len = 8,
							     .slab = slab,
							     .data = slab->bytes,
							     .len = 1000,
							     .tos = -1}), 0);
	lab_run(l, vtime_ms(20));
	assert_int_equal(socket_recv(s, &in), 0);
	assert_int_equal(in.len, 1008);
	assert_ptr_equal(in.packet->data, slab->bytes); /* there and back, never copied */
	packet_free(in.packet);
	slab_unref(l->w, slab);
	socket_close(s);
}

static void test_errors(void **state)
{
	struct lab *l = *state;
	struct socket *s = socket_new(l->a, SOCKET_PING, AF_INET);
	struct socket *s6 = socket_new(l->a, SOCKET_PING, AF_INET6);
	struct socket_error *e;
	struct icmp4 m;
	struct icmp6 m6;

	assert_int_equal(socket_set(s, SOCKET_RECVERR, 1), 0);
	assert_int_equal(socket_set(s6, SOCKET_RECVERR, 1), 0);
	assert_int_equal(socket_set(s, SOCKET_TTL, 1), 0);
	assert_int_equal(socket_set(s6, SOCKET_TTL, 1), 0);
	assert_int_equal(echo(s, "10.0.2.1", 5, 56), 0);
	assert_int_equal(echo(s6, "2001:db8:2::1", 6, 56), 0);
	lab_run(l, vtime_ms(20));
	e = socket_recv_error(s);
	assert_non_null(e);
	assert_int_equal(e->type, ICMP4_TIME_EXCEEDED);
	assert_true(ipaddr_eq(&e->offender, &IPADDR_V4(10, 0, 1, 254)));
	assert_int_equal(icmp4_parse(e->data, e->len, &m), ICMP4_OK);
	assert_int_equal(m.echo.seq, 5);
	assert_int_equal(e->len, 64);
	socket_error_free(s, e);
	e = socket_recv_error(s6);
	assert_non_null(e);
	assert_int_equal(e->type, ICMP6_MSG_TIME_EXCEEDED);
	assert_int_equal(icmp6_parse(e->data, e->len, &m6), ICMP6_OK);
	assert_int_equal(m6.echo.seq, 6);
	socket_error_free(s6, e);

	/* Nobody there: the router says so after its three tries. */
	assert_int_equal(socket_set(s, SOCKET_TTL, 64), 0);
	assert_int_equal(echo(s, "10.0.2.77", 8, 56), 0);
	lab_run(l, vtime_s(5));
	e = socket_recv_error(s);
	assert_non_null(e);
	assert_int_equal(e->type, ICMP4_DESTINATION_UNREACHABLE);
	assert_int_equal(e->code, ICMP4_HOST_UNREACHABLE);
	assert_int_equal(e->err, EHOSTUNREACH);
	socket_error_free(s, e);

	/* And the same noticed by this node itself. */
	assert_int_equal(echo(s, "10.0.1.77", 9, 56), 0);
	lab_run(l, vtime_s(5));
	e = socket_recv_error(s);
	assert_non_null(e);
	assert_int_equal(e->code, ICMP4_HOST_UNREACHABLE);
	assert_true(ipaddr_eq(&e->offender, &IPADDR_V4(10, 0, 1, 1)));
	assert_int_equal(icmp4_parse(e->data, e->len, &m), ICMP4_OK);
	assert_int_equal(m.echo.seq, 9);
	socket_error_free(s, e);
	socket_close(s);
	socket_close(s6);
}

static void test_mtu(void **state)
{
	struct lab *l = *state;
	struct socket *s = socket_new(l->a, SOCKET_PING, AF_INET);
	struct socket_error *e;

	assert_int_equal(socket_set(s, SOCKET_RECVERR, 1), 0);
	assert_int_equal(socket_set(s, SOCKET_PMTUDISC, IP_PMTU_DO), 0);
	assert_int_equal(echo(s, "10.0.2.1", 1, 1472), 0);
	assert_int_equal(echo(s, "10.0.2.1", 2, 1473), -EMSGSIZE);
	e = socket_recv_error(s);
	assert_non_null(e);
	assert_int_equal(e->origin, SOCKET_ORIGIN_LOCAL);
	assert_int_equal(e->mtu, 1500);
	socket_error_free(s, e);
	lab_run(l, vtime_ms(20));
	expect_reply(s, s->local.port, 1, 1472);
	socket_close(s);
}

static void test_refused_messages(void **state)
{
	struct lab *l = *state;
	struct socket *s = socket_new(l->a, SOCKET_PING, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 0), six = endpoint_of("2001:db8:2::1", 0);
	uint8_t m[16];

	struct socket_out out = {.to = &to, .data = m, .len = 7, .tos = -1};
	request(m, true, 1, 8);
	assert_int_equal(socket_send(s, &out), -EINVAL); /* no whole header */
	out.len = 16;
	out.to = &six;
	assert_int_equal(socket_send(s, &out), -EINVAL);
	out.to = &to;
	m[0] = ICMP4_ECHO_REPLY;
	assert_int_equal(socket_send(s, &out), -EINVAL);
	/* A chosen identifier is kept, and is not given out twice. */
	struct socket *t = socket_new(l->a, SOCKET_PING, AF_INET);
	assert_int_equal(socket_bind(t, &(struct endpoint){.port = 4242}), 0);
	assert_int_equal(echo(t, "10.0.2.1", 3, 0), 0);
	lab_run(l, vtime_ms(20));
	expect_reply(t, 4242, 3, 0);
	socket_close(s);
	s = socket_new(l->a, SOCKET_PING, AF_INET);
	assert_int_equal(socket_bind(s, &(struct endpoint){.port = 4242}), -EADDRINUSE);
	socket_close(s);
	socket_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(test_echo4), LAB_TEST(test_echo6), LAB_TEST(test_slab),
		LAB_TEST(test_errors), LAB_TEST(test_mtu), LAB_TEST(test_refused_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
