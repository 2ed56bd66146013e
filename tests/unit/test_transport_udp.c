/* UDP sockets between real nodes. */
#include "transport_lab.h"

#include "transport/udp.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

static int setup(void **state)
{
	struct lab *l = nt_calloc(1, sizeof(*l));

	lab_open(l);
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	lab_close(*state);
	free(*state);
	return 0;
}

static struct socket *bound(struct node *n, int family, const char *addr, uint16_t port)
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

/* A shared slab is not copied, neither on the way nor into the receive queue. */
static void test_slab(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->b, AF_INET, "0.0.0.0", 7);
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7);
	struct slab *slab = slab_new(l->w, 1400);
	struct socket_out m = {.to = &to, .head_len = 16, .slab = slab, .len = 1384, .tos = -1};
	struct socket_in in;
	uint8_t got[1400];

	memset(slab->bytes, 'p', 1400);
	m.data = slab->bytes;
	for (int i = 0; i < 3; i++) {
		char head[16] = "header number 0";

		head[14] = (char)('0' + i);
		m.head = head;
		assert_int_equal(socket_send(s, &m), 0);
	}
	assert_int_equal(slab->refs, 4);
	lab_run(l, vtime_ms(20));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(socket_recv(server, &in), 0);
		assert_int_equal(in.len, 1400);
		assert_ptr_equal(in.packet->data, slab->bytes);
		assert_int_equal(packet_read(in.packet, in.offset, 0, got, sizeof(got)), 1400);
		assert_memory_equal(got, "header number ", 14);
		assert_int_equal(got[14], '0' + i);
		assert_int_equal(got[1399], 'p');
		packet_free(in.packet);
	}
	assert_int_equal(slab->refs, 1);
	slab_unref(l->w, slab);
	socket_close(server);
	socket_close(s);
}

/* Linux's default buffer holds 92 full frames, and one more that overdraws it. */
static void test_receive_buffer(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->b, AF_INET, "0.0.0.0", 7);
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7);
	static char data[1472];
	int wakes = 0, size;

	assert_int_equal(socket_get(server, SOCKET_RCVBUF, &size), 0);
	assert_int_equal(size, 212992);
	for (int i = 0; i < 100; i++)
		assert_int_equal(socket_send(s, &(struct socket_out){.to = &to,
								     .data = data,
								     .len = sizeof(data),
								     .tos = -1}), 0);
	lab_run(l, vtime_ms(20));
	assert_int_equal(server->rx_packets, 93);
	assert_int_equal(server->rx_dropped, 7);
	assert_int_equal(site_drops(&l->b->site, DROP_SOCKET_BUFFER_FULL), 7);
	struct socket_in in;
	while (socket_recv(server, &in) == 0) {
		wakes++;
		packet_free(in.packet);
	}
	assert_int_equal(wakes, 93);
	assert_int_equal(server->rx_bytes, 0);

	assert_int_equal(socket_set(server, SOCKET_RCVBUF, 1000), 0);
	assert_int_equal(socket_get(server, SOCKET_RCVBUF, &size), 0);
	assert_int_equal(size, 2304);
	assert_int_equal(socket_set(server, SOCKET_RCVBUF, 1 << 30), 0);
	assert_int_equal(socket_get(server, SOCKET_RCVBUF, &size), 0);
	assert_int_equal(size, 2 * 212992); /* rmem_max, doubled */

	/* What nobody read is dropped with its reason when the socket closes. */
	assert_int_equal(say(s, "unread", &to), 0);
	lab_run(l, vtime_ms(20));
	socket_close(server);
	assert_int_equal(site_drops(&l->b->site, DROP_SOCKET_CLOSED), 1);
	socket_close(s);
}

/* The send buffer drains at the interface's rate: 92 frames wait, the 94th has to. */
static void test_send_buffer(void **state)
{
	struct lab *l = *state;
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7);
	static char data[1472];
	const struct socket_out m = {.to = &to, .data = data, .len = sizeof(data), .tos = -1};
	int sent = 0;

	l->changed.rate = 10000000; /* 1538 bytes on the wire take 1.2304 ms */
	link_set_params(l->ar, 0, &l->changed);
	while (sent < 200 && socket_send(s, &m) == 0)
		sent++;
	assert_int_equal(sent, 93);
	assert_int_equal(socket_ready(s), 0);
	vtime at = socket_writable_at(s);
	assert_int_equal(at.ns, 1230400);
	lab_run(l, vtime_ns(at.ns - 1));
	assert_int_equal(socket_send(s, &m), -EAGAIN);
	lab_run(l, vtime_ns(1));
	assert_int_equal(socket_ready(s), SOCKET_WRITABLE);
	assert_int_equal(socket_send(s, &m), 0);
	assert_int_equal(socket_send(s, &m), -EAGAIN);
	lab_run(l, vtime_s(1));
	socket_close(s);
}

static int woken;

static void count_wake(struct socket *s)
{
	assert_non_null(s->owner);
	woken++;
}

static void test_wake(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->b, AF_INET, "0.0.0.0", 7);
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7), closed = endpoint_of("10.0.2.1", 8);

	woken = 0;
	server->wake = s->wake = count_wake;
	server->owner = s->owner = l;
	assert_int_equal(say(s, "x", &to), 0);
	assert_int_equal(woken, 0);
	lab_run(l, vtime_ms(20));
	assert_int_equal(woken, 1);
	assert_int_equal(socket_connect(s, &closed), 0);
	assert_int_equal(say(s, "x", NULL), 0);
	lab_run(l, vtime_ms(20));
	assert_int_equal(woken, 2);
	socket_close(server);
	socket_close(s);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ip4),
		TEST(test_ip6),
		TEST(test_dual_stack),
		TEST(test_loopback),
		TEST(test_bind),
		TEST(test_ephemeral_ports),
		TEST(test_connection_refused),
		TEST(test_error_queue),
		TEST(test_path_mtu),
		TEST(test_sizes),
		TEST(test_slab),
		TEST(test_receive_buffer),
		TEST(test_send_buffer),
		TEST(test_wake),
		TEST(test_broadcast),
		TEST(test_to_all),
		TEST(test_link_local),
		TEST(test_options),
		TEST(test_malformed),
		TEST(test_corruption),
		TEST(test_no_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
