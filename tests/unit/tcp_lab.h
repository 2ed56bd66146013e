/*
 * Two hosts and a link, for tests of TCP: a 10.0.0.1, 2001:db8::1 -- 10.0.0.2, 2001:db8::2 b.
 * Ends of transfers write a pattern that depends on the position only, and compare every byte.
 */
#ifndef TESTS_TCP_LAB_H
#define TESTS_TCP_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "link/link.h"
#include "link/tap.h"
#include "transport/stream.h"
#include "transport/tcp/tcp.h"
#include "transport/transport.h"

struct lab_seen {
	vtime at;
	enum tap_dir dir;
	struct tcp_hdr h;
	struct tcp_options o;
	uint32_t len;
	uint16_t ip_id;
	uint8_t ttl, tos;
	bool df;
};

struct lab {
	struct world *w;
	struct node *a, *b;
	struct ip_iface *a0, *b0;
	struct link *link;
	struct link_params ab, ba;
	struct tap tap; /* on a's interface */
	struct lab_seen *seen;
	uint32_t seen_count, seen_room;
};

static inline struct ipaddr lab_ip(const char *text)
{
	struct ipaddr a = ipaddr_any6;

	assert_true(ipaddr_parse(text, &a));
	return a;
}

static inline struct endpoint lab_at(const char *text, uint16_t port)
{
	return (struct endpoint){.addr = lab_ip(text), .port = port};
}

static inline struct ip_iface *lab_iface(struct node *n, uint8_t number, uint32_t mtu)
{
	char addr4[32], addr6[32];
	struct mac mac = {.b = {2, 0, 0, 0, 0, number}};
	struct ip_iface *i = node_add_iface(n, "eth0", mac);

	snprintf(addr4, sizeof(addr4), "10.0.0.%u", number);
	snprintf(addr6, sizeof(addr6), "2001:db8::%u", number);
	struct ipaddr a4 = lab_ip(addr4), a6 = lab_ip(addr6);
	assert_int_equal(ip_addr_add(i, &a4, 120), 0);
	assert_int_equal(ip_addr_add(i, &a6, 64), 0);
	i->link.mtu = mtu;
	return i;
}

/* Remembers every TCP segment on a's interface. */
static inline void lab_tap(struct tap *t, const struct packet *p, enum tap_dir dir, vtime at)
{
	struct lab *l = (struct lab *)((char *)t - offsetof(struct lab, tap));
	uint8_t frame[200];
	uint32_t n = packet_read(p, p->head, 14, frame, sizeof(frame));
	bool v4 = frame[0] >> 4 == 4;
	uint32_t hlen = v4 ? (frame[0] & 15) * 4u : 40, total;

	if (n < hlen + 20 || (v4 ? frame[9] : frame[6]) != 6)
		return;
	total = v4 ? be16_load(frame + 2) : be16_load(frame + 4) + 40u;
	if (l->seen_count == l->seen_room) {
		l->seen_room = l->seen_room ? 2 * l->seen_room : 64;
		l->seen = nt_realloc(l->seen, l->seen_room * sizeof(*l->seen));
	}
	struct lab_seen *s = &l->seen[l->seen_count];
	*s = (struct lab_seen){.at = at, .dir = dir, .ttl = v4 ? frame[8] : frame[7],
			       .ip_id = v4 ? be16_load(frame + 4) : 0,
			       .df = v4 && frame[6] & 0x40,
			       .tos = v4 ? frame[1] : (uint8_t)(frame[0] << 4 | frame[1] >> 4)};
	if (tcp_parse(frame + hlen, total - hlen, &s->h) != TCP_OK)
		return;
	tcp_options_parse(frame + hlen, &s->h, &s->o);
	s->len = total - hlen - (uint32_t)tcp_hlen(&s->h);
	l->seen_count++;
}

static inline void lab_sysctl(struct node *n, const char *name, const char *value)
{
	char why[200];

	if (node_sysctl_set(n, name, value, why, sizeof(why)))
		fail_msg("%s", why);
}

/* params: both ways, borrowed until the end; the taps are on if `watch`. */
static inline void lab_open(struct lab *l, const struct link_params *ab,
			    const struct link_params *ba, bool watch)
{
	*l = (struct lab){.w = world_new(7), .ab = *ab, .ba = *ba};
	l->a = node_new(l->w, "a");
	l->b = node_new(l->w, "b");
	l->a0 = lab_iface(l->a, 1, ab->mtu);
	l->b0 = lab_iface(l->b, 2, ba->mtu);
	l->link = link_new(l->w, "ab", &l->a0->link, &l->b0->link, &l->ab, &l->ba);
	transport_attach(l->a);
	transport_attach(l->b);
	if (watch) {
		l->tap.frame = lab_tap;
		iface_tap_add(&l->a0->link, &l->tap);
	}
}

static inline struct link_params lab_params(uint64_t rate, int64_t delay_us)
{
	struct link_params p = link_params_default;

	p.rate = rate;
	p.delay = vtime_us(delay_us);
	return p;
}

static inline void lab_simple(struct lab *l, uint64_t rate, int64_t delay_us, bool watch)
{
	struct link_params p = lab_params(rate, delay_us);

	lab_open(l, &p, &p, watch);
}

static inline void lab_close(struct lab *l)
{
	link_free(l->link);
	transport_free(l->a);
	transport_free(l->b);
	node_free(l->a);
	node_free(l->b);
	assert_int_equal(l->w->pool.live, 0);
	world_free(l->w);
	free(l->seen);
}

static inline void lab_run(struct lab *l, vtime duration)
{
	vtime until = vtime_add(world_now(l->w), duration);

	while (sched_step(&l->w->sched, until))
		;
	sched_advance(&l->w->sched, until);
}

/* ---- sockets ---- */

static inline struct socket *lab_listen(struct node *n, int family, uint16_t port, int backlog)
{
	struct socket *s = socket_new(n, SOCKET_TCP, family);
	struct endpoint e = {.addr = family == AF_INET ? ipaddr_any4 : ipaddr_any6, .port = port};

	assert_int_equal(socket_bind(s, &e), 0);
	assert_int_equal(stream_listen(s, backlog), 0);
	return s;
}

static inline struct socket *lab_connect(struct node *n, const char *to, uint16_t port)
{
	struct endpoint e = lab_at(to, port);
	struct socket *s = socket_new(n, SOCKET_TCP, ipaddr_is4(&e.addr) ? AF_INET : AF_INET6);

	assert_int_equal(socket_connect(s, &e), -EINPROGRESS);
	return s;
}

static inline struct socket *lab_accept(struct socket *listener)
{
	struct socket *s = NULL;

	assert_int_equal(stream_accept(listener, &s), 0);
	return s;
}

/* ---- a transfer in both directions ---- */

static inline uint8_t lab_byte(uint64_t at, unsigned salt)
{
	return (uint8_t)((at * 0x9e3779b97f4a7c15 >> 32) + (at >> 13) + salt);
}

struct lab_end {
	struct lab *l;
	struct socket *s;
	struct event work;
	uint64_t to_send, sent, to_receive, received;
	size_t chunk;        /* bytes a write or read */
	unsigned salt, other_salt;
	bool eof, closed, failed;
	int err;
	vtime done;          /* when the last byte or the end came */
};

static inline void lab_end_work(struct event *e)
{
	struct lab_end *x = (struct lab_end *)((char *)e - offsetof(struct lab_end, work));
	static uint8_t buf[1 << 17];
	int64_t n;

	if (!x->s)
		return;
	while (!x->eof && !x->failed && (n = stream_recv(x->s, buf, x->chunk, 0)) != -EAGAIN) {
		if (n < 0) {
			x->failed = true;
			x->err = (int)-n;
			break;
		}
		if (n == 0) {
			x->eof = true;
			x->done = world_now(x->l->w);
			break;
		}
		for (int64_t i = 0; i < n; i++)
			if (buf[i] != lab_byte(x->received + (uint64_t)i, x->other_salt))
				fail_msg("byte %llu is wrong",
					 (unsigned long long)(x->received + (uint64_t)i));
		x->received += (uint64_t)n;
		x->done = world_now(x->l->w);
	}
	while (x->sent < x->to_send && !x->failed) {
		size_t want = x->to_send - x->sent < x->chunk ? (size_t)(x->to_send - x->sent)
							       : x->chunk;

		for (size_t i = 0; i < want; i++)
			buf[i] = lab_byte(x->sent + i, x->salt);
		n = stream_send(x->s, buf, want, 0);
		if (n == -EAGAIN)
			break;
		if (n < 0) {
			x->failed = true;
			x->err = (int)-n;
			break;
		}
		x->sent += (uint64_t)n;
	}
	if (x->sent == x->to_send && !x->closed && tcp_of(x->s)->state != TCP_SYN_SENT) {
		x->closed = true;
		stream_shutdown(x->s, SHUT_WR);
	}
}

static inline void lab_end_wake(struct socket *s)
{
	struct lab_end *x = s->owner;

	event_arm(&x->l->w->sched, &x->work, world_now(x->l->w));
}

static inline void lab_end_init(struct lab_end *x, struct lab *l, struct socket *s, uint64_t send,
				uint64_t receive, size_t chunk, unsigned salt, unsigned other)
{
	*x = (struct lab_end){.l = l, .s = s, .to_send = send, .to_receive = receive,
			      .chunk = chunk, .salt = salt, .other_salt = other};
	event_init(&x->work, lab_end_work);
	s->owner = x;
	s->wake = lab_end_wake;
	lab_end_wake(s);
}

static inline void lab_end_fini(struct lab_end *x)
{
	event_cancel(&x->l->w->sched, &x->work);
	if (x->s)
		socket_close(x->s);
	x->s = NULL;
}

/* An end for the first connection that a listener gets. */
struct lab_server {
	struct lab_end end;
	struct socket *listener;
	struct event work;
	bool accepted;
};

static inline void lab_server_work(struct event *e)
{
	struct lab_server *v = (struct lab_server *)((char *)e - offsetof(struct lab_server, work));
	struct lab_end want = v->end;
	struct socket *s;

	if (v->accepted || stream_accept(v->listener, &s) != 0)
		return;
	v->accepted = true;
	lab_end_init(&v->end, want.l, s, want.to_send, want.to_receive, want.chunk, want.salt,
		     want.other_salt);
}

static inline void lab_server_wake(struct socket *s)
{
	struct lab_server *v = s->owner;

	event_arm(&v->end.l->w->sched, &v->work, world_now(v->end.l->w));
}

struct lab_transfer {
	struct lab_end client;
	struct lab_server server;
};

/* a connects to b; both send and compare; both ends are closed when everything is through. */
static inline void lab_transfer_start(struct lab_transfer *t, struct lab *l, const char *to,
				      uint64_t up, uint64_t down, size_t chunk)
{
	struct endpoint e = lab_at(to, 80);

	memset(t, 0, sizeof(*t));
	t->server.listener = lab_listen(l->b, ipaddr_is4(&e.addr) ? AF_INET : AF_INET6, 80, 8);
	t->server.end = (struct lab_end){.l = l, .to_send = down, .to_receive = up, .chunk = chunk,
					 .salt = 2, .other_salt = 1};
	event_init(&t->server.work, lab_server_work);
	t->server.listener->owner = &t->server;
	t->server.listener->wake = lab_server_wake;
	lab_end_init(&t->client, l, lab_connect(l->a, to, 80), up, down, chunk, 1, 2);
}

static inline bool lab_transfer_done(const struct lab_transfer *t)
{
	return t->client.eof && t->server.end.eof;
}

static inline void lab_transfer_finish(struct lab_transfer *t)
{
	lab_end_fini(&t->client);
	if (t->server.accepted)
		lab_end_fini(&t->server.end);
	event_cancel(&t->client.l->w->sched, &t->server.work);
	socket_close(t->server.listener);
}

/* Runs until done, at most `seconds`; everything must have arrived. */
static inline void lab_transfer_check(struct lab_transfer *t, int64_t seconds)
{
	struct lab *l = t->client.l;
	vtime until = vtime_add(world_now(l->w), vtime_s(seconds));

	while (!lab_transfer_done(t) && sched_step(&l->w->sched, until))
		;
	assert_int_equal(t->client.received, t->client.to_receive);
	assert_int_equal(t->server.end.received, t->server.end.to_receive);
	assert_true(t->client.eof);
	assert_true(t->server.end.eof);
	assert_false(t->client.failed);
	assert_false(t->server.end.failed);
}

#endif
