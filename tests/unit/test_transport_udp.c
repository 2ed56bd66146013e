/* UDP sockets between real nodes, and what the wire gets wrong. */
#include "transport_lab.h"

#include "transport/udp.h"

static void there_and_back(struct lab *l, int family, const char *from, const char *to)
{
	struct socket *server = bound(l->b, family, family == AF_INET ? "0.0.0.0" : "::", 7);
	struct socket *client = socket_new(l->a, SOCKET_UDP, family);
	struct endpoint e = endpoint_of(to, 7);

	assert_int_equal(say(client, "hello", &e), 0);
	assert_silent(server);
	lab_run(l, vtime_ms(20));
	struct socket_in in = assert_hears(server, "hello");
	assert_addr(in.from.addr, from);
	assert_addr(in.to, to);
	assert_ptr_equal(in.in, l->b0);
	assert_int_equal(in.ttl, 63);
	assert_int_equal(in.from.port, client->local.port);
	assert_in_range(in.from.port, 32768, 60999);
	/* Two ARP or ND exchanges of 2 ms each, and the way itself. */
	assert_int_equal(in.at.ns, vtime_ms(6).ns);

	assert_int_equal(say(server, "and hello to you", &in.from), 0);
	lab_run(l, vtime_ms(20));
	in = assert_hears(client, "and hello to you");
	assert_addr(in.from.addr, to);
	assert_int_equal(in.from.port, 7);
	socket_close(server);
	socket_close(client);
}

static void test_ip4(void **state)
{
	there_and_back(*state, AF_INET, "10.0.1.1", "10.0.2.1");
}

static void test_ip6(void **state)
{
	there_and_back(*state, AF_INET6, "2001:db8:1::1", "2001:db8:2::1");
}

static void test_dual_stack(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->b, AF_INET6, "::", 7);
	struct socket *client = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint e = endpoint_of("10.0.2.1", 7);

	assert_int_equal(say(client, "four", &e), 0);
	lab_run(l, vtime_ms(20));
	struct socket_in in = assert_hears(server, "four");
	assert_addr(in.from.addr, "10.0.1.1");
	assert_int_equal(say(server, "back", &in.from), 0);
	lab_run(l, vtime_ms(20));
	assert_hears(client, "back");

	struct endpoint six = endpoint_of("2001:db8:2::1", 7);
	assert_int_equal(say(client, "six", &six), -EAFNOSUPPORT);
	socket_close(server);
	server = socket_new(l->b, SOCKET_UDP, AF_INET6);
	assert_int_equal(socket_set(server, SOCKET_V6ONLY, 1), 0);
	struct endpoint any = {.port = 7};
	assert_int_equal(socket_bind(server, &any), 0);
	assert_int_equal(say(client, "four", &e), 0);
	lab_run(l, vtime_ms(20));
	assert_silent(server);
	assert_int_equal(site_drops(&l->b->site, DROP_UDP_NO_PORT), 1);
	socket_close(server);
	socket_close(client);
}

static void test_loopback(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->a, AF_INET, "127.0.0.1", 9);
	struct socket *client = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint any = endpoint_of("0.0.0.0", 9); /* Linux: this host */

	assert_int_equal(say(client, "self", &any), 0);
	lab_run(l, vtime_ns(0));
	struct socket_in in = assert_hears(server, "self");
	assert_addr(in.from.addr, "127.0.0.1");
	assert_null(in.in);
	socket_close(server);
	socket_close(client);
}

static void test_sizes(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->b, AF_INET6, "::", 7);
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7);
	uint8_t *data = nt_malloc(65536), *got = nt_malloc(65536);
	static const uint32_t sizes[] = {0, 1, 63, 64, 65, 1472, 1473, 65507};
	struct socket_in in;

	for (uint32_t i = 0; i < 65536; i++)
		data[i] = (uint8_t)(i * 31 + (i >> 8));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(socket_send(s, &(struct socket_out){.to = &to,
								     .data = data,
								     .len = sizes[i],
								     .tos = -1}), 0);
		lab_run(l, vtime_ms(20));
		assert_int_equal(socket_recv(server, &in), 0);
		assert_int_equal(in.len, sizes[i]);
		assert_int_equal(packet_read(in.packet, in.offset, 0, got, 65536), sizes[i]);
		assert_memory_equal(got, data, sizes[i]);
		packet_free(in.packet);
	}
	assert_int_equal(socket_send(s, &(struct socket_out){
						.to = &to, .data = data, .len = 65508, .tos = -1}),
			 -EMSGSIZE);
	assert_int_equal(socket_send(s, &(struct socket_out){
						.to = &to, .data = data, .len = 65536, .tos = -1}),
			 -EMSGSIZE);
	free(data);
	free(got);
	socket_close(server);
	socket_close(s);
}

static void test_options(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->b, AF_INET, "0.0.0.0", 7);
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7);
	int v;

	assert_int_equal(socket_get(s, SOCKET_TTL, &v), 0);
	assert_int_equal(v, 64);
	assert_int_equal(socket_set(s, SOCKET_TTL, 0), -EINVAL);
	assert_int_equal(socket_set(s, SOCKET_TTL, 256), -EINVAL);
	assert_int_equal(socket_set(s, SOCKET_TTL, 10), 0);
	assert_int_equal(socket_set(s, SOCKET_TOS, 0xb8), 0);
	assert_int_equal(socket_set(s, SOCKET_PMTUDISC, 9), -EINVAL);
	assert_int_equal(socket_set(s, SOCKET_MTU, 9), -ENOPROTOOPT);
	assert_int_equal(socket_set(s, SOCKET_V6ONLY, 1), -EINVAL);
	assert_int_equal(say(s, "x", &to), 0);
	/* A message's own TTL and TOS win. */
	const struct socket_out own = {.to = &to, .data = "y", .len = 1, .ttl = 20, .tos = 4};
	assert_int_equal(socket_send(s, &own), 0);
	lab_run(l, vtime_ms(20));
	struct socket_in in = assert_hears(server, "x");
	assert_int_equal(in.ttl, 9);
	assert_int_equal(in.tos, 0xb8);
	in = assert_hears(server, "y");
	assert_int_equal(in.ttl, 19);
	assert_int_equal(in.tos, 4);
	assert_int_equal(socket_set(s, SOCKET_TTL, -1), 0);
	assert_int_equal(socket_get(s, SOCKET_TTL, &v), 0);
	assert_int_equal(v, 64);
	struct endpoint zero = endpoint_of("10.0.2.1", 0);
	assert_int_equal(say(s, "x", &zero), -EINVAL);
	socket_close(server);
	socket_close(s);
}

/* What the network can get wrong: each way to die is its own reason. */
static void test_malformed(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->b, AF_INET6, "::", 7);
	const struct ip_info info4 = {.src = addr_of("10.0.1.1"), .dst = addr_of("10.0.2.1"),
				      .in = l->b0, .proto = 17, .ttl = 64};
	const struct ip_info info6 = {.src = addr_of("2001:db8:1::1"),
				      .dst = addr_of("2001:db8:2::1"),
				      .in = l->b0, .proto = 17, .ttl = 64};
	static const struct {
		uint8_t bytes[12];
		uint8_t len;
		bool ip6;
		enum drop_reason reason; /* COUNT: accepted */
	} cases[] = {
		{{0, 1, 0, 7, 0, 8, 0}, 7, false, DROP_UDP_MALFORMED},
		{{0, 1, 0, 7, 0, 7, 0, 0}, 8, false, DROP_UDP_MALFORMED},
		{{0, 1, 0, 7, 0, 9, 0, 0}, 8, false, DROP_UDP_MALFORMED},
		{{0, 1, 0, 7, 0, 9, 1, 1, 'x'}, 9, false, DROP_UDP_CHECKSUM},
		{{0, 1, 0, 7, 0, 9, 0, 0, 'x'}, 9, true, DROP_UDP_CHECKSUM},
		{{0, 1, 0, 7, 0, 9, 0, 0, 'x'}, 9, false, DROP_REASON_COUNT},
		/* padding */
		{{0, 1, 0, 7, 0, 9, 0, 0, 'x', 9, 9, 9}, 12, false, DROP_REASON_COUNT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct packet *p = packet_new(l->w);

		p->end = p->l4 = p->head = PACKET_L3 + 40;
		memcpy(packet_put(p, cases[i].len), cases[i].bytes, cases[i].len);
		p->flags &= (uint8_t)~PACKET_VERIFIED;
		uint64_t before = cases[i].reason < DROP_REASON_COUNT
					  ? site_drops(&l->b->site, cases[i].reason) : 0;
		udp_proto.input(l->b, p, cases[i].ip6 ? &info6 : &info4);
		if (cases[i].reason < DROP_REASON_COUNT) {
			assert_int_equal(site_drops(&l->b->site, cases[i].reason), before + 1);
			assert_silent(server);
		} else {
			assert_hears(server, "x");
		}
	}
	socket_close(server);
}

/* Damage on the wire is found, and only the damaged datagrams are missing. */
static void test_corruption(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->b, AF_INET, "0.0.0.0", 7);
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7);
	struct socket_in in;
	int good = 0;

	assert_int_equal(say(s, "first, without damage", &to), 0);
	lab_run(l, vtime_ms(20));
	assert_hears(server, "first, without damage");
	l->changed.corrupt = 0.5;
	link_set_params(l->rb, 0, &l->changed);
	for (int i = 0; i < 100; i++) {
		char data[200];

		memset(data, i, sizeof(data));
		assert_int_equal(socket_send(s, &(struct socket_out){.to = &to,
								     .data = data,
								     .len = sizeof(data),
								     .tos = -1}), 0);
		lab_run(l, vtime_ms(5));
		while (socket_recv(server, &in) == 0) {
			uint8_t got[200];

			assert_int_equal(packet_read(in.packet, in.offset, 0, got, sizeof(got)),
					 sizeof(got));
			assert_memory_equal(got, data, sizeof(got));
			packet_free(in.packet);
			good++;
		}
	}
	assert_in_range(good, 30, 70);
	assert_true(site_drops(&l->b->site, DROP_UDP_CHECKSUM) > 20);
	socket_close(server);
	socket_close(s);
}

static void test_no_route(void **state)
{
	struct lab *l = *state;
	struct socket *s = socket_new(l->r, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("192.0.2.1", 7);

	assert_int_equal(say(s, "x", &to), -ENETUNREACH);
	assert_int_equal(socket_connect(s, &to), -ENETUNREACH);
	node_set_up(l->r, false);
	to = endpoint_of("10.0.1.1", 7);
	assert_int_equal(say(s, "x", &to), -ENETDOWN);
	socket_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(test_ip4),
		LAB_TEST(test_ip6),
		LAB_TEST(test_dual_stack),
		LAB_TEST(test_loopback),
		LAB_TEST(test_sizes),
		LAB_TEST(test_options),
		LAB_TEST(test_malformed),
		LAB_TEST(test_corruption),
		LAB_TEST(test_no_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
