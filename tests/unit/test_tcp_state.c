/* The state machine of RFC 9293: opening, closing and refusing in all their variants. */
#include "tcp_lab.h"

#include "transport/tcp/info.h"

#define MS(l, n) lab_run(l, vtime_ms(n))

static int setup(void **state)
{
	struct lab *l = nt_calloc(1, sizeof(*l));

	lab_simple(l, 0, 5000, true);
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	lab_close(*state);
	free(*state);
	return 0;
}

static unsigned state_of(const struct socket *s)
{
	return ((const struct tcp *)s)->state;
}

static void say(struct socket *s, const char *text)
{
	assert_int_equal(stream_send(s, text, strlen(text), 0), strlen(text));
}

#define assert_hears(s, text) \
	do { \
		char got_[200]; \
		int64_t n_ = stream_recv(s, got_, sizeof(got_), 0); \
		assert_int_equal(n_, strlen(text)); \
		assert_memory_equal(got_, text, strlen(text)); \
	} while (0)

static int error_of(struct socket *s)
{
	int e = -1;

	assert_int_equal(socket_get(s, SOCKET_ERROR, &e), 0);
	return e;
}

struct pair {
	struct socket *listener, *c, *s;
};

static struct pair establish(struct lab *l, const char *to)
{
	struct pair p;
	bool v4 = strchr(to, '.') != NULL;

	p.listener = lab_listen(l->b, v4 ? AF_INET : AF_INET6, 80, 8);
	p.c = lab_connect(l->a, to, 80);
	MS(l, 40);
	p.s = lab_accept(p.listener);
	assert_int_equal(state_of(p.c), TCP_ESTABLISHED);
	assert_int_equal(state_of(p.s), TCP_ESTABLISHED);
	return p;
}

/* Linux's numbers: MSS, scale, windows, TTL, DF, identification, options in their order. */
static void test_handshake_fields(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	const struct lab_seen *syn = &l->seen[0], *synack = &l->seen[1], *ack = &l->seen[2];

	assert_int_equal(l->seen_count, 3);
	assert_int_equal(syn->h.flags, TCPHDR_SYN);
	assert_int_equal(syn->h.window, 64240);
	assert_int_equal(syn->o.mss, 1460);
	assert_int_equal(syn->o.wscale, 7);
	assert_true(syn->o.sack_permitted && syn->o.has_ts && syn->o.has_wscale);
	assert_int_equal(syn->o.ts_ecr, 0);
	assert_int_equal(syn->h.doff, 10);
	assert_int_equal(syn->ttl, 64);
	assert_true(syn->df);
	assert_int_equal(syn->h.ack, 0);
	assert_int_equal(synack->h.flags, TCPHDR_SYN | TCPHDR_ACK);
	assert_int_equal(synack->h.window, 65160);
	assert_int_equal(synack->o.mss, 1460);
	assert_int_equal(synack->o.wscale, 7);
	assert_int_equal(synack->h.ack, syn->h.seq + 1);
	assert_int_equal(synack->o.ts_ecr, syn->o.ts_val);
	assert_int_equal(synack->ip_id, 0);
	assert_int_equal(ack->h.flags, TCPHDR_ACK);
	assert_int_equal(ack->h.window, 502); /* 64240 >> 7, rounded up */
	assert_int_equal(ack->ip_id, (uint16_t)(syn->ip_id + 1));
	assert_int_equal(ack->h.doff, 8);
	assert_in_range(syn->h.sport, 32768, 60999);
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
}

static void test_handshake_fields6(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "2001:db8::2");

	assert_int_equal(l->seen[0].h.window, 64800);
	assert_int_equal(l->seen[0].o.mss, 1440);
	assert_int_equal(l->seen[1].h.window, 64260); /* 45 segments of 1428 */
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
}

/* Figure 12 of RFC 9293: the first to close waits a minute, the other is gone. */
static void test_close_in_order(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	char c;

	say(p.c, "hello");
	MS(l, 20);
	assert_hears(p.s, "hello");
	stream_shutdown(p.c, SHUT_WR);
	assert_int_equal(state_of(p.c), TCP_FIN_WAIT1);
	MS(l, 60);
	assert_int_equal(state_of(p.c), TCP_FIN_WAIT2);
	assert_int_equal(state_of(p.s), TCP_CLOSE_WAIT);
	assert_int_equal(stream_recv(p.s, &c, 1, 0), 0);
	assert_int_equal(stream_send(p.c, "x", 1, 0), -EPIPE);
	/* Half-closed: the other direction still works. */
	say(p.s, "and back");
	MS(l, 20);
	assert_hears(p.c, "and back");
	stream_shutdown(p.s, SHUT_WR);
	assert_int_equal(state_of(p.s), TCP_LAST_ACK);
	MS(l, 20);
	assert_int_equal(state_of(p.s), TCP_CLOSE);
	assert_int_equal(state_of(p.c), TCP_CLOSE); /* its TIME-WAIT is a thing of its own */
	assert_int_equal(stream_recv(p.c, &c, 1, 0), 0);
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
}

static void test_simultaneous_close(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");

	stream_shutdown(p.c, SHUT_WR);
	stream_shutdown(p.s, SHUT_WR);
	MS(l, 7);
	assert_int_equal(state_of(p.c), TCP_CLOSING);
	assert_int_equal(state_of(p.s), TCP_CLOSING);
	MS(l, 20);
	assert_int_equal(state_of(p.c), TCP_CLOSE);
	assert_int_equal(state_of(p.s), TCP_CLOSE);
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
}

/* Figure 8: both call at once. */
static void test_simultaneous_open(void **state)
{
	struct lab *l = *state;
	struct socket *a = socket_new(l->a, SOCKET_TCP, AF_INET);
	struct socket *b = socket_new(l->b, SOCKET_TCP, AF_INET);
	struct endpoint ea = lab_at("10.0.0.1", 1111), eb = lab_at("10.0.0.2", 2222);

	assert_int_equal(socket_bind(a, &ea), 0);
	assert_int_equal(socket_bind(b, &eb), 0);
	/* The neighbours know each other already, so that the SYNs cross. */
	struct pair p = establish(l, "10.0.0.2");
	assert_int_equal(socket_connect(a, &eb), -EINPROGRESS);
	assert_int_equal(socket_connect(b, &ea), -EINPROGRESS);
	MS(l, 6);
	assert_int_equal(state_of(a), TCP_SYN_RECV);
	assert_int_equal(state_of(b), TCP_SYN_RECV);
	MS(l, 30);
	assert_int_equal(state_of(a), TCP_ESTABLISHED);
	assert_int_equal(state_of(b), TCP_ESTABLISHED);
	say(a, "from a");
	say(b, "from b");
	MS(l, 20);
	assert_hears(b, "from a");
	assert_hears(a, "from b");
	socket_close(a);
	socket_close(b);
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
}

static void test_refused(void **state)
{
	struct lab *l = *state;
	struct socket *s = lab_connect(l->a, "10.0.0.2", 81);

	MS(l, 40);
	assert_int_equal(socket_ready(s) & SOCKET_FAILED, SOCKET_FAILED);
	assert_int_equal(error_of(s), ECONNREFUSED);
	assert_int_equal(state_of(s), TCP_CLOSE);
	assert_int_equal(l->seen[1].h.flags, TCPHDR_RST | TCPHDR_ACK);
	assert_int_equal(l->seen[1].h.ack, l->seen[0].h.seq + 1);
	socket_close(s);
}

/* validation.md 8: 1, 3, 7, 15, 31, 63 s, and ETIMEDOUT after 127. */
static void test_syn_timeout(void **state)
{
	static const int64_t at[] = {0, 1, 3, 7, 15, 31, 63};
	struct lab *l = *state;
	struct socket *listener = lab_listen(l->b, AF_INET, 80, 0), *first;

	/* The accept queue is full: further SYNs are dropped without a word. */
	first = lab_connect(l->a, "10.0.0.2", 80);
	MS(l, 100);
	uint32_t before_it = l->seen_count, n = 0;
	vtime start = world_now(l->w);
	struct socket *s = lab_connect(l->a, "10.0.0.2", 80);
	lab_run(l, vtime_s(126));
	assert_int_equal(state_of(s), TCP_SYN_SENT);
	lab_run(l, vtime_s(2));
	assert_int_equal(error_of(s), ETIMEDOUT);
	for (uint32_t i = before_it; i < l->seen_count; i++, n++)
		assert_int_equal(l->seen[i].at.ns - start.ns, at[n] * NS_PER_S);
	assert_int_equal(n, 7);
	socket_close(s);
	socket_close(first);
	socket_close(listener);
}

static void test_reset(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	char c;

	/* SO_LINGER 0: abort. */
	stream_set_linger(p.s, 0);
	socket_close(p.s);
	MS(l, 20);
	assert_int_equal(stream_recv(p.c, &c, 1, 0), -ECONNRESET);
	assert_int_equal(stream_recv(p.c, &c, 1, 0), 0);
	assert_int_equal(stream_send(p.c, "x", 1, 0), -EPIPE);
	socket_close(p.c);
	socket_close(p.listener);
}

/* Closing with unread data tells the peer that it was lost. */
static void test_close_unread(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");

	say(p.c, "nobody reads this");
	MS(l, 20);
	socket_close(p.s);
	MS(l, 20);
	assert_int_equal(error_of(p.c), ECONNRESET);
	assert_int_equal(l->seen[l->seen_count - 1].h.flags, TCPHDR_RST | TCPHDR_ACK);
	socket_close(p.c);
	socket_close(p.listener);
}

/* A whole answer is delivered though its sender closed at once. */
static void test_orphan_delivers(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	static char big[60000], got[60000];
	int64_t n;

	memset(big, 'x', sizeof(big));
	assert_int_equal(stream_send(p.s, big, sizeof(big), 0), sizeof(big));
	socket_close(p.s);
	MS(l, 500);
	n = stream_recv(p.c, got, sizeof(got), 0);
	assert_int_equal(n, sizeof(got));
	assert_memory_equal(got, big, sizeof(big));
	assert_int_equal(stream_recv(p.c, got, 1, 0), 0);
	socket_close(p.c);
	MS(l, 100);
	socket_close(p.listener);
}

static void test_backlog(void **state)
{
	struct lab *l = *state;
	struct socket *listener = lab_listen(l->b, AF_INET, 80, 1), *c[4], *s;
	int established = 0;

	lab_sysctl(l->b, "net.ipv4.tcp_syncookies", "0");
	for (int i = 0; i < 4; i++) {
		c[i] = lab_connect(l->a, "10.0.0.2", 80);
		MS(l, 40);
	}
	/* backlog 1 has room for two, as in Linux. */
	for (int i = 0; i < 4; i++)
		established += state_of(c[i]) == TCP_ESTABLISHED;
	assert_int_equal(established, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stream_accept(listener, &s), 0);
		socket_close(s);
	}
	/* The others come in with their next SYN. */
	lab_run(l, vtime_s(4));
	assert_int_equal(state_of(c[2]), TCP_ESTABLISHED);
	for (int i = 0; i < 4; i++)
		socket_close(c[i]);
	socket_close(listener);
	lab_run(l, vtime_s(1));
}

static void test_syn_cookies(void **state)
{
	struct lab *l = *state;
	struct socket *listener = lab_listen(l->b, AF_INET, 80, 8), *c, *s;

	lab_sysctl(l->b, "net.ipv4.tcp_syncookies", "2");
	/* With timestamps all options survive; without them only the segment size does. */
	c = lab_connect(l->a, "10.0.0.2", 80);
	MS(l, 40);
	assert_int_equal(state_of(c), TCP_ESTABLISHED);
	assert_true(l->seen[1].o.has_wscale && l->seen[1].o.sack_permitted);
	assert_int_equal(l->seen[1].o.mss, 1460);
	s = lab_accept(listener);
	assert_int_equal(tcp_of(s)->snd_wscale, tcp_of(c)->rcv_wscale);
	assert_true(tcp_of(s)->wscale_ok && tcp_of(s)->sack_ok && tcp_of(s)->tstamp_ok);
	socket_close(c);
	socket_close(s);
	MS(l, 100);
	lab_sysctl(l->a, "net.ipv4.tcp_timestamps", "0");
	uint32_t n = l->seen_count;
	c = lab_connect(l->a, "10.0.0.2", 80);
	MS(l, 40);
	assert_int_equal(state_of(c), TCP_ESTABLISHED);
	assert_false(l->seen[n + 1].o.has_wscale || l->seen[n + 1].o.sack_permitted);
	assert_int_equal(l->seen[n + 1].o.mss, 1460);
	s = lab_accept(listener);
	say(c, "through a cookie");
	MS(l, 20);
	assert_hears(s, "through a cookie");
	socket_close(c);
	socket_close(s);
	socket_close(listener);
}

/* A header by itself, as if it came from a. */
static void forge(struct lab *l, struct ip_flow *f, struct tcp_hdr h)
{
	struct ip_path path;

	h.checksum = (uint16_t)~csum_fold(csum_pseudo(&f->src, &f->dst, 6, 20));
	assert_int_equal(ip_path(l->a, f, &path), 0);
	struct packet *p = ip_packet_new(l->a, true);
	tcp_emit(packet_put(p, 20), &h);
	p->csum_at = (uint16_t)(p->l4 + TCP_CSUM_OFF);
	p->flags |= PACKET_CSUM;
	ip_send(l->a, p, f, &path);
}

/* RFC 5961: a SYN or an inexact reset within the window is challenged, not obeyed. */
static void inject(struct lab *l, struct socket *at, uint32_t seq_off, uint16_t flags)
{
	struct tcp *tp = tcp_of(at); /* on b; the forged segment comes from a */
	struct ip_flow f = {.src = tp->flow.dst, .dst = tp->flow.src, .proto = 6};
	const struct tcp_hdr h = {.sport = tp->entry.dport, .dport = tp->entry.sport,
				  .seq = tp->rcv_nxt + seq_off, .ack = tp->snd_una, .flags = flags,
				  .doff = 5, .window = 1000};

	forge(l, &f, h);
}

static void test_challenge(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	uint32_t n = l->seen_count;

	inject(l, p.s, 10, TCPHDR_RST);
	MS(l, 12);
	assert_int_equal(state_of(p.s), TCP_ESTABLISHED);
	assert_int_equal(l->seen_count, n + 2); /* and the challenge ACK */
	assert_int_equal(l->seen[n + 1].h.flags, TCPHDR_ACK);
	/* Another within 500 ms is not answered. */
	inject(l, p.s, 0, TCPHDR_SYN);
	MS(l, 12);
	assert_int_equal(l->seen_count, n + 3);
	MS(l, 600);
	inject(l, p.s, 0, TCPHDR_SYN);
	MS(l, 12);
	assert_int_equal(l->seen_count, n + 5);
	assert_int_equal(state_of(p.s), TCP_ESTABLISHED);
	/* Outside the window a reset is nothing at all; exactly at rcv_nxt it counts. */
	inject(l, p.s, 10000000, TCPHDR_RST);
	MS(l, 12);
	assert_int_equal(state_of(p.s), TCP_ESTABLISHED);
	inject(l, p.s, 0, TCPHDR_RST);
	MS(l, 12);
	assert_int_equal(error_of(p.s), ECONNRESET);
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
}

/*
 * A cookie's answer that arrives when the SYN, sent again, has been given a request of its own: there
 * is one connection for four numbers, and it is the request's.
 */
static void test_syn_cookie_late(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2"); /* so that the hosts know each other */
	struct socket *c = lab_connect(l->a, "10.0.0.2", 80), *s;
	struct ip_flow f = {.src = lab_ip("10.0.0.1"), .dst = lab_ip("10.0.0.2"), .proto = 6};
	const struct tcp_hdr syn = {.sport = tcp_of(c)->entry.sport, .dport = 80, .doff = 5,
				    .seq = tcp_of(c)->iss, .flags = TCPHDR_SYN, .window = 1000};

	lab_sysctl(l->b, "net.ipv4.tcp_syncookies", "2");
	MS(l, 7); /* the cookie is under way */
	lab_sysctl(l->b, "net.ipv4.tcp_syncookies", "1");
	forge(l, &f, syn);
	MS(l, 7);
	assert_int_equal(tcp_of(p.listener)->request_count, 1);
	MS(l, 6);
	assert_int_equal(state_of(c), TCP_ESTABLISHED); /* so it believes */
	assert_int_equal(stream_accept(p.listener, &s), -EAGAIN);
	assert_int_equal(tcp_of(p.listener)->request_count, 1);
	socket_close(c);
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
}

/*
 * Linux takes as many ports of either parity: of a range with an odd number one is not for connect(),
 * and none beyond the range (here 65536, which is 0) ever is.
 */
static void test_odd_port_range(void **state)
{
	struct lab *l = *state;
	struct endpoint e = lab_at("10.0.0.2", 80);
	struct socket *c[3];

	lab_sysctl(l->a, "net.ipv4.ip_local_port_range", "65533 65535");
	for (uint16_t peer = 80; peer < 100; peer++) {
		e.port = peer;
		for (int i = 0; i < 3; i++) {
			c[i] = socket_new(l->a, SOCKET_TCP, AF_INET);
			assert_int_equal(socket_connect(c[i], &e),
					 i < 2 ? -EINPROGRESS : -EADDRNOTAVAIL);
		}
		assert_in_range(c[0]->local.port, 65533, 65534);
		assert_in_range(c[1]->local.port, 65533, 65534);
		for (int i = 0; i < 3; i++)
			socket_close(c[i]);
	}
}

static void test_addresses_and_ports(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	struct socket *t = socket_new(l->b, SOCKET_TCP, AF_INET);
	struct endpoint e = {.addr = ipaddr_any4, .port = 80};

	assert_int_equal(socket_bind(t, &e), -EADDRINUSE);
	assert_int_equal(stream_recv(t, &e, 1, 0), -ENOTCONN);
	assert_int_equal(stream_send(t, "x", 1, 0), -EPIPE);
	assert_int_equal(stream_shutdown(t, SHUT_WR), -ENOTCONN);
	assert_int_equal(stream_accept(t, &t), -EINVAL);
	assert_int_equal(socket_connect(p.c, &e), -EISCONN);
	/* The server goes; its connection still holds the port but for SO_REUSEADDR. */
	socket_close(p.listener);
	socket_close(p.s); /* first to close: TIME-WAIT is here */
	MS(l, 20);
	socket_close(p.c);
	MS(l, 20);
	assert_int_equal(socket_bind(t, &e), -EADDRINUSE);
	lab_run(l, vtime_s(61));
	assert_int_equal(socket_bind(t, &e), 0);
	socket_close(t);
}

static void test_urgent_and_options(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	int v;

	assert_int_equal(socket_set(p.c, SOCKET_NODELAY, 1), 0);
	assert_int_equal(socket_get(p.c, SOCKET_NODELAY, &v), 0);
	assert_int_equal(v, 1);
	assert_int_equal(socket_set(p.c, SOCKET_KEEPIDLE, 0), -EINVAL);
	assert_int_equal(socket_set(p.c, SOCKET_RCVBUF, 50000), 0);
	assert_int_equal(socket_get(p.c, SOCKET_RCVBUF, &v), 0);
	assert_int_equal(v, 100000);
	assert_int_equal(socket_get(p.c, SOCKET_MAXSEG, &v), 0);
	assert_int_equal(v, 1448);
	assert_int_equal(stream_set_congestion(p.c, "nosuch"), -ENOENT);
	assert_int_equal(stream_set_congestion(p.c, "reno"), 0);
	assert_string_equal(stream_congestion(p.c), "reno");
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
}

/* Keep-alive: probes after the idle time, and the end when nobody answers. */
static void test_keepalive(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	uint32_t n = l->seen_count;

	assert_int_equal(socket_set(p.c, SOCKET_KEEPIDLE, 10), 0);
	assert_int_equal(socket_set(p.c, SOCKET_KEEPINTVL, 2), 0);
	assert_int_equal(socket_set(p.c, SOCKET_KEEPCNT, 3), 0);
	assert_int_equal(socket_set(p.c, SOCKET_KEEPALIVE, 1), 0);
	lab_run(l, vtime_s(35));
	assert_int_equal(l->seen_count - n, 6); /* three probes, each answered */
	assert_int_equal(l->seen[n].h.seq, tcp_of(p.c)->snd_nxt - 1);
	assert_int_equal(l->seen[n].len, 0);
	link_set_up(l->link, false);
	lab_run(l, vtime_s(30));
	assert_int_equal(error_of(p.c), ETIMEDOUT);
	link_set_up(l->link, true);
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
	lab_run(l, vtime_s(100));
}

/* A reader that sleeps closes the window; probes keep it honest, and reading opens it again. */
static void test_zero_window(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	static uint8_t buf[400000], got[400000];
	size_t sent = 0, read = 0;
	int64_t n;
	unsigned probes = 0;

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = lab_byte(i, 9);
	for (int i = 0; i < 100 && sent < sizeof(buf); i++) {
		n = stream_send(p.c, buf + sent, sizeof(buf) - sent, 0);
		sent += n > 0 ? (size_t)n : 0;
		MS(l, 20);
	}
	uint32_t from = l->seen_count;
	lab_run(l, vtime_s(20));
	for (uint32_t i = from; i < l->seen_count; i++)
		probes += l->seen[i].dir == TAP_OUT && l->seen[i].len == 0;
	assert_int_equal(tcp_of(p.c)->snd_wnd, 0);
	assert_in_range(probes, 4, 12);
	for (int i = 0; i < 400 && read < sizeof(buf); i++) {
		if (sent < sizeof(buf)) {
			n = stream_send(p.c, buf + sent, sizeof(buf) - sent, 0);
			sent += n > 0 ? (size_t)n : 0;
		}
		while ((n = stream_recv(p.s, got + read, sizeof(got) - read, 0)) > 0)
			read += (size_t)n;
		MS(l, 20);
	}
	assert_int_equal(read, sizeof(buf));
	assert_memory_equal(got, buf, sizeof(buf));
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
}

/* A connection that loses its peer gives up after tcp_retries2's time: 924.6 s. */
static void test_give_up(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");

	link_set_up(l->link, false);
	say(p.c, "lost");
	lab_run(l, vtime_s(920));
	assert_int_equal(state_of(p.c), TCP_ESTABLISHED);
	lab_run(l, vtime_s(150));
	/* What ARP said in the meantime, as Linux reports it. */
	assert_int_equal(error_of(p.c), EHOSTUNREACH);
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
	lab_run(l, vtime_s(1000));
	link_set_up(l->link, true);
}

static void test_user_timeout(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");

	assert_int_equal(socket_set(p.c, SOCKET_USER_TIMEOUT, 5000), 0);
	link_set_up(l->link, false);
	say(p.c, "lost");
	lab_run(l, vtime_s(4));
	assert_int_equal(state_of(p.c), TCP_ESTABLISHED);
	lab_run(l, vtime_ms(2000)); /* the timer is shortened to meet it */
	assert_int_equal(error_of(p.c), ETIMEDOUT);
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
	lab_run(l, vtime_s(1000));
	link_set_up(l->link, true);
}

/* The connections that node n holds, orphans too. */
static uint32_t connections(struct node *n)
{
	uint32_t count;

	free(tcp_rows(n, &count));
	return count;
}

/* An orphan whose FIN alone waits for a window that the peer never opens is given up. */
static void test_orphan_behind_shut_window(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	static const char some[500];

	socket_close(p.s);
	socket_close(p.c);
	lab_run(l, vtime_s(100));
	assert_int_equal(socket_set(p.listener, SOCKET_RCVBUF, 4096), 0);
	p.c = lab_connect(l->a, "10.0.0.2", 80);
	MS(l, 40);
	p.s = lab_accept(p.listener);
	while (tcp_of(p.c)->snd_wnd) { /* no more than fits, so that nothing but the FIN is left */
		uint32_t fits = tcp_of(p.c)->snd_wnd < 500 ? tcp_of(p.c)->snd_wnd : 500;

		assert_int_equal(stream_send(p.c, some, fits, 0), fits);
		MS(l, 2000);
	}
	assert_int_equal(stream_outq(p.c), 0);
	socket_close(p.c);
	lab_run(l, vtime_s(100));
	assert_int_equal(connections(l->a), 1);
	/* Eight probes with back-off, or fewer once one is 120 s apart (tcp_orphan_retries()). */
	lab_run(l, vtime_s(900));
	assert_int_equal(connections(l->a), 0);
	socket_close(p.s);
	socket_close(p.listener);
	lab_run(l, vtime_s(100));
}

/* The way is gone while data is in flight: as if each retransmission were lost; why is told then. */
static void test_no_way(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	struct ipaddr own = lab_ip("10.0.0.1");

	say(p.c, "lost");
	assert_int_equal(ip_addr_remove(l->a0, &own), 0);
	lab_run(l, vtime_s(30));
	assert_in_range(tcp_of(p.c)->retransmits, 6, 8);
	lab_run(l, vtime_s(890));
	assert_int_equal(state_of(p.c), TCP_ESTABLISHED);
	lab_run(l, vtime_s(150));
	assert_int_equal(state_of(p.c), TCP_CLOSE);
	assert_int_equal(error_of(p.c), ENETUNREACH);
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
}

/* An ACK that finds no way is lost like any other: nothing tries it again and again. */
static void test_ack_without_way(void **state)
{
	struct lab *l = *state;
	struct pair p = establish(l, "10.0.0.2");
	struct ipaddr there = lab_ip("10.0.0.2");

	assert_int_equal(socket_set(p.s, SOCKET_QUICKACK, 0), 0);
	say(p.c, "heard");
	MS(l, 6); /* it has arrived, and its ACK waits for company */
	assert_int_not_equal(tcp_of(p.s)->delack_timer.due.ns, VTIME_NEVER.ns);
	assert_int_equal(ip_addr_remove(l->b0, &there), 0);
	MS(l, 45);
	assert_int_equal(tcp_of(p.s)->delack_timer.due.ns, VTIME_NEVER.ns);
	lab_run(l, vtime_s(1100));
	assert_int_equal(state_of(p.c), TCP_CLOSE);
	socket_close(p.c);
	socket_close(p.s);
	socket_close(p.listener);
	lab_run(l, vtime_s(1000));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_handshake_fields), TEST(test_handshake_fields6),
		TEST(test_close_in_order), TEST(test_simultaneous_close),
		TEST(test_simultaneous_open), TEST(test_refused), TEST(test_syn_timeout),
		TEST(test_reset), TEST(test_close_unread), TEST(test_orphan_delivers),
		TEST(test_backlog), TEST(test_syn_cookies), TEST(test_challenge),
		TEST(test_addresses_and_ports), TEST(test_urgent_and_options),
		TEST(test_keepalive), TEST(test_zero_window), TEST(test_give_up),
		TEST(test_user_timeout), TEST(test_orphan_behind_shut_window), TEST(test_no_way),
		TEST(test_ack_without_way), TEST(test_syn_cookie_late), TEST(test_odd_port_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
