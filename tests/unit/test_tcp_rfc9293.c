/* What RFC 9293 requires and no script can say: addresses, checksums, IP's own fields, secrets. */
#include "tcp_lab.h"

#include <netinet/in.h>

#include "transport/tcp/internal.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#define MS(l, n) lab_run(l, vtime_ms(n))

static int setup(void **state)
{
	struct lab *l = nt_calloc(1, sizeof(*l));

	lab_simple(l, 0, 1000, true);
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	lab_close(*state);
	free(*state);
	return 0;
}

/* A segment made by hand, as it comes off b's wire. */
struct crafted {
	const char *src, *dst;
	bool to_all;             /* broadcast of the link layer */
	uint16_t sum_error;
	uint8_t ip_options[8];   /* IPv4 only */
	uint8_t ip_options_len;
	uint16_t flags;
};

static uint16_t put_ip(struct packet *p, const struct crafted *c, const struct ipaddr *src,
		       const struct ipaddr *dst)
{
	if (!ipaddr_is4(src)) {
		const struct ipv6_hdr h = {.payload_len = TCP_HLEN, .next = IPPROTO_TCP,
					   .hop_limit = 64, .src = *src, .dst = *dst};

		ipv6_emit(packet_put(p, IPV6_HLEN), &h);
		return ETH_TYPE_IPV6;
	}
	const uint8_t hlen = (uint8_t)(IPV4_HLEN + c->ip_options_len);
	const struct ipv4_hdr h = {.ihl = hlen / 4, .total_len = (uint16_t)(hlen + TCP_HLEN),
				   .ttl = 64, .proto = IPPROTO_TCP, .src = *src, .dst = *dst};
	uint8_t *at = packet_put(p, hlen);
	ipv4_emit(at, &h);
	memcpy(at + IPV4_HLEN, c->ip_options, c->ip_options_len);
	ipv4_set_checksum(at);
	return ETH_TYPE_IPV4;
}

static void arrives(struct lab *l, const struct crafted *c)
{
	struct ipaddr src = lab_ip(c->src), dst = lab_ip(c->dst);
	struct packet *p = packet_new(l->w);
	struct eth_hdr eth = {.dst = l->b0->link.mac, .src = l->a0->link.mac};
	struct tcp_hdr h = {.sport = 5000, .dport = 80, .seq = 1, .flags = c->flags,
			    .window = 1000, .doff = 5};

	eth.type = put_ip(p, c, &src, &dst);
	tcp_emit(packet_put(p, TCP_HLEN), &h);
	uint8_t *at = p->hdr + p->end - TCP_HLEN;
	h.checksum = (uint16_t)(tcp_checksum(&src, &dst, at, TCP_HLEN, 0, 0) + c->sum_error);
	tcp_emit(at, &h);
	if (c->to_all)
		memset(eth.dst.b, 0xff, sizeof(eth.dst.b));
	eth_emit(packet_push(p, ETH_HLEN), &eth);
	p->flags &= (uint8_t)~PACKET_VERIFIED;
	iface_receive(&l->b0->link, p);
	MS(l, 20);
}

/* MUST-57, MUST-63: segments to all, or from nobody, open nothing and are not answered. */
static void no_groups(void **state)
{
	static const struct {
		struct crafted c;
		enum drop_reason why;
	} cases[] = {
		{{.src = "10.0.0.1", .dst = "10.0.0.255"}, DROP_IP_BAD_DESTINATION},
		{{.src = "10.0.0.1", .dst = "255.255.255.255"}, DROP_IP_BAD_DESTINATION},
		{{.src = "10.0.0.1", .dst = "224.0.0.1"}, DROP_IP_BAD_DESTINATION},
		{{.src = "10.0.0.1", .dst = "10.0.0.2", .to_all = true}, DROP_IP_BAD_DESTINATION},
		{{.src = "2001:db8::1", .dst = "ff02::1"}, DROP_IP_BAD_DESTINATION},
		{{.src = "10.0.0.255", .dst = "10.0.0.2"}, DROP_IP_BAD_SOURCE},
		{{.src = "255.255.255.255", .dst = "10.0.0.2"}, DROP_IP_BAD_SOURCE},
		{{.src = "224.0.0.1", .dst = "10.0.0.2"}, DROP_IP_BAD_SOURCE},
		{{.src = "127.0.0.1", .dst = "10.0.0.2"}, DROP_IP_BAD_SOURCE},
		{{.src = "0.0.0.0", .dst = "10.0.0.2"}, DROP_IP_BAD_SOURCE},
		{{.src = "ff02::1", .dst = "2001:db8::2"}, DROP_IP_BAD_SOURCE},
		{{.src = "::", .dst = "2001:db8::2"}, DROP_IP_BAD_SOURCE},
	};
	/* A SYN, what a reset would answer, and what would be one; with a listener and without. */
	static const uint16_t flags[] = {TCPHDR_SYN, TCPHDR_ACK, TCPHDR_SYN | TCPHDR_ACK};
	struct lab *l = *state;

	for (int listening = 0; listening < 2; listening++) {
		struct socket *s = listening ? lab_listen(l->b, AF_INET6, 80, 8) : NULL;

		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
			for (size_t f = 0; f < sizeof(flags) / sizeof(*flags); f++) {
				struct crafted c = cases[i].c;
				uint64_t had = site_drops(&l->b->site, cases[i].why);

				c.flags = flags[f];
				arrives(l, &c);
				assert_int_equal(site_drops(&l->b->site, cases[i].why), had + 1);
				assert_int_equal(l->seen_count, 0);
			}
		if (s) {
			assert_int_equal(tcp_of(s)->request_count, 0);
			socket_close(s);
		}
	}
}

/* MUST-46: nor is anything opened to them. */
static void connect_to_groups(void **state)
{
	static const char *const to[] = {"10.0.0.255", "255.255.255.255", "224.0.0.1", "ff02::1"};
	struct lab *l = *state;

	for (size_t i = 0; i < sizeof(to) / sizeof(*to); i++) {
		struct endpoint e = lab_at(to[i], 80);
		struct socket *s = socket_new(l->a, SOCKET_TCP,
					      ipaddr_is4(&e.addr) ? AF_INET : AF_INET6);

		assert_int_equal(socket_connect(s, &e), -ENETUNREACH);
		assert_int_equal(tcp_of(s)->state, TCP_CLOSE);
		socket_close(s);
	}
	MS(l, 20);
	assert_int_equal(l->seen_count, 0);
}

/* MUST-3: a wrong checksum is as good as nothing. */
static void checksum_is_checked(void **state)
{
	struct lab *l = *state;
	struct socket *s = lab_listen(l->b, AF_INET6, 80, 8);
	struct crafted c = {.src = "10.0.0.1", .dst = "10.0.0.2", .flags = TCPHDR_SYN, .sum_error = 1};
	struct crafted c6 = {.src = "2001:db8::1", .dst = "2001:db8::2", .flags = TCPHDR_SYN};

	arrives(l, &c);
	assert_int_equal(site_drops(&l->b->site, DROP_TCP_CHECKSUM), 1);
	c6.sum_error = 0x8000;
	arrives(l, &c6);
	assert_int_equal(site_drops(&l->b->site, DROP_TCP_CHECKSUM), 2);
	assert_int_equal(l->seen_count, 0);
	c6.sum_error = 0;
	arrives(l, &c6);
	assert_int_equal(l->seen[0].h.flags, TCPHDR_SYN | TCPHDR_ACK);
	socket_close(s);
}

/* MUST-50: IP options that mean nothing to TCP are passed over. */
static void ip_options_are_passed_over(void **state)
{
	struct lab *l = *state;
	struct socket *s = lab_listen(l->b, AF_INET, 80, 8);
	struct crafted c = {.src = "10.0.0.1", .dst = "10.0.0.2", .flags = TCPHDR_SYN,
			    .ip_options = {0x9e, 4, 1, 2, 1, 1, 0, 0}, .ip_options_len = 8};

	arrives(l, &c);
	assert_int_equal(l->seen[0].h.flags, TCPHDR_SYN | TCPHDR_ACK);
	socket_close(s);
}

/* MUST-53: a source route is refused with the packet (Linux's accept_source_route 0). */
static void source_routes_are_refused(void **state)
{
	struct lab *l = *state;
	struct socket *s = lab_listen(l->b, AF_INET, 80, 8);
	struct crafted c = {.src = "10.0.0.1", .dst = "10.0.0.2", .flags = TCPHDR_SYN,
			    .ip_options = {131, 7, 8, 10, 0, 0, 9, 0}, .ip_options_len = 8};

	arrives(l, &c);
	assert_int_equal(site_drops(&l->b->site, DROP_IP_OPTIONS), 1);
	assert_int_equal(l->seen_count, 0);
	socket_close(s);
}

/* MUST-48, MUST-49, SHLD-21, SHLD-22: TTL and DSCP are the application's, at any time. */
static void ttl_and_dscp(void **state)
{
	struct lab *l = *state;
	struct socket *listener = lab_listen(l->b, AF_INET, 80, 8);
	struct endpoint e = lab_at("10.0.0.2", 80);
	struct socket *s = socket_new(l->a, SOCKET_TCP, AF_INET);

	lab_sysctl(l->a, "net.ipv4.ip_default_ttl", "33");
	assert_int_equal(socket_set(s, SOCKET_TOS, 0xb8), 0);
	assert_int_equal(socket_connect(s, &e), -EINPROGRESS);
	MS(l, 20);
	assert_int_equal(l->seen_count, 3);
	for (int i = 0; i < 3; i += 2) {
		assert_int_equal(l->seen[i].ttl, 33);
		assert_int_equal(l->seen[i].tos, 0xb8);
	}
	assert_int_equal(socket_set(s, SOCKET_TTL, 5), 0);
	assert_int_equal(socket_set(s, SOCKET_TOS, 0x28), 0);
	assert_int_equal(stream_send(s, "x", 1, 0), 1);
	MS(l, 20);
	assert_int_equal(l->seen[3].ttl, 5);
	assert_int_equal(l->seen[3].tos, 0x28);
	socket_close(s);
	socket_close(lab_accept(listener));
	socket_close(listener);
	lab_run(l, vtime_s(100));
}

/* MUST-43, MUST-44, MUST-45: the local address is given, or IP is asked; then it stays. */
static void local_address(void **state)
{
	struct lab *l = *state;
	struct ipaddr second = lab_ip("10.0.0.11"), first = lab_ip("10.0.0.1"), third = lab_ip("10.0.0.12");
	struct endpoint here = lab_at("10.0.0.11", 0), there = lab_at("10.0.0.2", 80);
	struct socket *listener = lab_listen(l->b, AF_INET, 80, 8), *c, *s;

	assert_int_equal(ip_addr_add(l->a0, &second, 120), 0);
	for (int bound = 0; bound < 2; bound++) {
		const struct ipaddr *want = bound ? &second : &first;

		c = socket_new(l->a, SOCKET_TCP, AF_INET);
		if (bound)
			assert_int_equal(socket_bind(c, &here), 0);
		assert_int_equal(socket_connect(c, &there), -EINPROGRESS);
		MS(l, 20);
		s = lab_accept(listener);
		assert_true(ipaddr_eq(&c->local.addr, want));
		assert_true(ipaddr_eq(&s->peer.addr, want));
		if (bound) /* routes are looked up anew: the address is still the connection's */
			assert_int_equal(ip_addr_add(l->a0, &third, 120), 0);
		assert_int_equal(stream_send(c, "x", 1, 0), 1);
		MS(l, 20);
		assert_int_equal(stream_inq(s), 1);
		socket_close(c);
		socket_close(s);
	}
	socket_close(listener);
	lab_run(l, vtime_s(100));
}

/* MUST-41, MUST-42: a port may listen at several addresses, beside connections in any state. */
static void listeners_do_not_interfere(void **state)
{
	struct lab *l = *state;
	struct ipaddr second = lab_ip("10.0.0.22");
	struct endpoint at1 = lab_at("10.0.0.2", 80), at2 = lab_at("10.0.0.22", 80);
	struct socket *one = socket_new(l->b, SOCKET_TCP, AF_INET), *two, *c1, *c2, *s1, *s2;

	assert_int_equal(ip_addr_add(l->b0, &second, 120), 0);
	assert_int_equal(socket_bind(one, &at1), 0);
	assert_int_equal(stream_listen(one, 8), 0);
	c1 = lab_connect(l->a, "10.0.0.2", 80);
	MS(l, 20);
	s1 = lab_accept(one);
	c2 = lab_connect(l->a, "10.0.0.2", 80); /* SYN-RECEIVED while the other begins to listen */
	lab_run(l, vtime_us(1500));
	assert_int_equal(tcp_of(one)->request_count, 1);
	two = socket_new(l->b, SOCKET_TCP, AF_INET);
	assert_int_equal(socket_bind(two, &at2), 0);
	assert_int_equal(stream_listen(two, 8), 0);
	MS(l, 20);
	s2 = lab_accept(one);
	assert_int_equal(tcp_of(c2)->state, TCP_ESTABLISHED);
	assert_int_equal(stream_send(c1, "x", 1, 0), 1);
	MS(l, 20);
	assert_int_equal(stream_inq(s1), 1);
	socket_close(c1);
	socket_close(c2);
	socket_close(s1);
	socket_close(s2);
	c1 = lab_connect(l->a, "10.0.0.22", 80);
	MS(l, 20);
	assert_null(tcp_of(one)->accept_head);
	socket_close(lab_accept(two));
	socket_close(c1);
	socket_close(one);
	socket_close(two);
	lab_run(l, vtime_s(100));
}

/* MUST-8, MUST-9, SHLD-1: a clock, and a function of the four-tuple that only the host knows. */
static void initial_sequence_numbers(void **state)
{
	struct lab *l = *state;
	struct tcp_entry e = {.saddr = lab_ip("10.0.0.1"), .daddr = lab_ip("10.0.0.2"),
			      .sport = 40000, .dport = 80};
	struct tcp_stack *a = tcp_stack_of(l->a), *b = tcp_stack_of(l->b);
	uint32_t low = 0, near = 0, before_it, isn[1000];

	before_it = tcp_isn(a, &e);
	lab_run(l, vtime_ms(64));
	assert_int_equal(tcp_isn(a, &e) - before_it, 1000000); /* 64 ns a number: 4.6 minutes round */
	assert_int_not_equal(tcp_isn(a, &e), tcp_isn(b, &e));
	for (uint16_t i = 0; i < 1000; i++) {
		e.sport = (uint16_t)(40000 + i);
		isn[i] = tcp_isn(a, &e);
		low += isn[i] < 1u << 31;
		near += i && isn[i] - isn[i - 1] < 1u << 24; /* one in 256 */
	}
	assert_in_range(low, 430, 570);
	assert_in_range(near, 0, 15);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_groups), TEST(connect_to_groups), TEST(checksum_is_checked),
		TEST(ip_options_are_passed_over), TEST(source_routes_are_refused),
		TEST(ttl_and_dscp), TEST(local_address),
		TEST(listeners_do_not_interfere), TEST(initial_sequence_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
