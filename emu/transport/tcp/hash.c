/* Which connection, request, TIME_WAIT or listener a segment is for; ports. */
#include <errno.h>
#include <stdlib.h>

#include "transport/tcp/internal.h"

#define HASH_MIN 4u

struct tcp_stack *tcp_stack_of(struct node *n)
{
	struct transport *t = transport_of(n);

	if (!t->tcp) {
		t->tcp = nt_calloc(1, sizeof(*t->tcp));
		t->tcp->node = n;
	}
	return t->tcp;
}

/* The run is over: orphans, requests and TIME_WAITs go without a word. */
void tcp_stack_free(struct node *n)
{
	struct transport *t = n->transport;
	struct tcp_stack *st = t->tcp;

	if (!st)
		return;
	for (uint32_t i = 0; i < st->size; i++) {
		while (st->buckets[i]) {
			struct tcp_entry *e = st->buckets[i];

			if (e->kind == TCP_ENTRY_FULL)
				tcp_destroy(container_of(e, struct tcp, entry));
			else if (e->kind == TCP_ENTRY_REQUEST)
				tcp_request_free((struct tcp_request *)e);
			else
				tcp_tw_free((struct tcp_tw *)e);
		}
	}
	while (st->dying)
		tcp_destroy(st->dying);
	tcp_fastopen_cache_free(st);
	free(st->buckets);
	free(st->ended);
	free(st);
	t->tcp = NULL;
}

static uint32_t hash_of(const struct ipaddr *saddr, uint16_t sport, const struct ipaddr *daddr,
			uint16_t dport)
{
	uint64_t x = saddr->q[1] * 0x9e3779b97f4a7c15 ^ daddr->q[1] ^ (saddr->q[0] + daddr->q[0]);

	x = (x ^ (x >> 29) ^ ((uint64_t)sport << 16 | dport)) * 0xd6e8feb86659fd93;
	return (uint32_t)(x >> 32);
}

static struct tcp_entry **bucket_of(const struct tcp_stack *st, const struct tcp_entry *e)
{
	return &st->buckets[hash_of(&e->saddr, e->sport, &e->daddr, e->dport) & (st->size - 1)];
}

static void resize(struct tcp_stack *st, uint32_t size)
{
	struct tcp_entry **old = st->buckets;
	uint32_t old_size = st->size;

	st->buckets = nt_calloc(size, sizeof(*st->buckets));
	st->size = size;
	for (uint32_t i = 0; i < old_size; i++) {
		for (struct tcp_entry *e = old[i], *next; e; e = next) {
			struct tcp_entry **at = bucket_of(st, e);

			next = e->next;
			e->next = *at;
			*at = e;
		}
	}
	free(old);
}

void tcp_entry_add(struct tcp_stack *st, struct tcp_entry *e)
{
	if (st->count == st->size)
		resize(st, st->size ? 2 * st->size : HASH_MIN);
	struct tcp_entry **at = bucket_of(st, e);
	e->next = *at;
	*at = e;
	st->count++;
}

void tcp_entry_remove(struct tcp_stack *st, struct tcp_entry *e)
{
	struct tcp_entry **at = bucket_of(st, e);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	e->next = NULL;
	st->count--;
	tcp_ended_add(st, e);
}

struct tcp_entry *tcp_entry_find(const struct tcp_stack *st, const struct ipaddr *saddr,
				 uint16_t sport, const struct ipaddr *daddr, uint16_t dport)
{
	if (!st->size)
		return NULL;
	struct tcp_entry *e =
		st->buckets[hash_of(saddr, sport, daddr, dport) & (st->size - 1)];
	while (e && !(e->sport == sport && e->dport == dport && ipaddr_eq(&e->daddr, daddr) &&
		      ipaddr_eq(&e->saddr, saddr)))
		e = e->next;
	return e;
}

static struct tcp **bound_bucket(const struct tcp_stack *st, uint16_t port)
{
	return (struct tcp **)&st->bound[port & (TCP_BOUND_BUCKETS - 1)];
}

void tcp_bound_add(struct tcp *tp)
{
	struct tcp **at = bound_bucket(tcp_stack_of(tcp_node(tp)), tp->socket.local.port);

	tp->bind_next = *at;
	*at = tp;
	tp->bound = true;
}

void tcp_bound_remove(struct tcp *tp)
{
	if (!tp->bound)
		return;
	struct tcp **at = bound_bucket(tcp_stack_of(tcp_node(tp)), tp->socket.local.port);
	while (*at != tp)
		at = &(*at)->bind_next;
	*at = tp->bind_next;
	tp->bind_next = NULL;
	tp->bound = false;
}

/* Families that an address of a socket stands for: bit 0 IPv4, bit 1 IPv6. */
static unsigned covers(const struct socket *s, const struct ipaddr *addr)
{
	if (ipaddr_is4(addr))
		return 1;
	return ipaddr_is_any(addr) && !s->v6only ? 3 : 2;
}

/* How well a listener matches, 0 not at all (Linux's compute_score()). */
static unsigned score(const struct tcp *tp, const struct ipaddr *addr, const struct ip_iface *in)
{
	const struct socket *s = &tp->socket;
	unsigned points = s->v6 ? 1 : 2;

	if (ipaddr_is_any(&s->local.addr)) {
		if (!(covers(s, &s->local.addr) & (ipaddr_is4(addr) ? 1 : 2)))
			return 0;
	} else {
		if (!ipaddr_eq(&s->local.addr, addr))
			return 0;
		points += 16;
	}
	if (s->device) {
		if (s->device != in)
			return 0;
		points += 4;
	}
	return points;
}

/* Whether b is in a's group: SO_REUSEPORT, and bound alike. */
static bool same_group(const struct socket *a, const struct socket *b)
{
	return b->reuseport && a->local.port == b->local.port &&
	       ipaddr_eq(&a->local.addr, &b->local.addr) && a->device == b->device &&
	       a->v6 == b->v6 && a->v6only == b->v6only;
}

static bool in_group(const struct tcp *tp, const struct tcp *of)
{
	return tp->state == TCP_LISTEN && same_group(&of->socket, &tp->socket);
}

/* Of a group of listeners the one that a hash of the 4-tuple names (reuseport_select_sock()). */
static struct tcp *choose(struct tcp_stack *st, struct tcp *first, const struct tcp_in *in)
{
	uint32_t count = 0;
	struct tcp *tp;

	for (tp = first; tp; tp = tp->bind_next)
		count += in_group(tp, first);
	if (count < 2)
		return first;
	uint32_t skip = transport_flow_pick(st->node, &in->info->dst, in->h.dport, &in->info->src,
					    in->h.sport, count);
	for (tp = first; skip || !in_group(tp, first); tp = tp->bind_next)
		skip -= in_group(tp, first);
	return tp;
}

struct tcp *tcp_listener_at(const struct tcp_stack *st, const struct ipaddr *addr, uint16_t port,
			    const struct ip_iface *in)
{
	struct tcp *best = NULL;
	unsigned most = 0;

	for (struct tcp *tp = *bound_bucket(st, port); tp; tp = tp->bind_next) {
		if (tp->state != TCP_LISTEN || tp->socket.local.port != port)
			continue;
		unsigned points = score(tp, addr, in);
		if (points > most) {
			most = points;
			best = tp;
		}
	}
	return best;
}

struct tcp *tcp_listener_find(struct tcp_stack *st, const struct tcp_in *in)
{
	struct tcp *l = tcp_listener_at(st, &in->info->dst, in->h.dport, in->info->in);

	return l && l->socket.reuseport ? choose(st, l, in) : l;
}

static bool addresses_meet(const struct socket *a, const struct ipaddr *addr_a, unsigned covers_b,
			   const struct ipaddr *addr_b)
{
	if (!(covers(a, addr_a) & covers_b))
		return false;
	return ipaddr_is_any(addr_a) || ipaddr_is_any(addr_b) || ipaddr_eq(addr_a, addr_b);
}

/* Connections on the port count too, as in Linux's bind buckets: a walk, but bind(2) is rare. */
static bool conflict_connected(const struct tcp_stack *st, const struct tcp *tp,
			       const struct endpoint *at, bool relax)
{
	const struct socket *s = &tp->socket;

	for (uint32_t i = 0; i < st->size; i++)
		for (const struct tcp_entry *e = st->buckets[i]; e; e = e->next)
			if (e->sport == at->port && e != &tp->entry &&
			    e->kind != TCP_ENTRY_REQUEST &&
			    !(relax && s->reuseaddr && e->reuse) &&
			    !(relax && s->reuseport && e->reuseport) &&
			    addresses_meet(s, &at->addr, ipaddr_is4(&e->saddr) ? 1 : 2,
					   &e->saddr))
				return true;
	return false;
}

/* inet_csk_bind_conflict() */
bool tcp_bind_conflict(const struct tcp *tp, const struct endpoint *at, bool relax)
{
	const struct tcp_stack *st = tcp_stack_of(tcp_node(tp));

	for (const struct tcp *o = *bound_bucket(st, at->port); o; o = o->bind_next) {
		const struct socket *s = &o->socket;

		if (o == tp || s->local.port != at->port)
			continue;
		if (tp->socket.device && s->device && tp->socket.device != s->device)
			continue;
		if (relax && tp->socket.reuseaddr && s->reuseaddr && o->state != TCP_LISTEN)
			continue;
		if (relax && tp->socket.reuseport && s->reuseport)
			continue;
		if (addresses_meet(&tp->socket, &at->addr, covers(s, &s->local.addr),
				   &s->local.addr))
			return true;
	}
	return tp->state != TCP_LISTEN && conflict_connected(st, tp, at, relax);
}

/* bind(2) with port 0: a random one of ip_local_port_range, or the next free one after it. */
int tcp_pick_bind_port(struct tcp *tp, struct endpoint *at)
{
	const int32_t *range = tcp_sysctl(tp)->local_port_range;
	uint32_t count = (uint32_t)(range[1] - range[0] + 1);
	uint32_t first = rng_below(&tcp_node(tp)->rng, count);

	for (uint32_t i = 0; i < count; i++) {
		at->port = (uint16_t)((uint32_t)range[0] + (first + i) % count);
		if (!tcp_bind_conflict(tp, at, false))
			return 0;
	}
	at->port = 0;
	return -EADDRINUSE;
}

static bool port_bound(const struct tcp_stack *st, uint16_t port)
{
	for (const struct tcp *o = *bound_bucket(st, port); o; o = o->bind_next)
		if (o->socket.local.port == port)
			return true;
	return false;
}

/* Linux's tcp_twsk_unique(): a timestamp makes a new connection safe after a second. */
static bool may_reuse(const struct tcp *tp, const struct tcp_tw *tw)
{
	int32_t how = tcp_sysctl(tp)->tcp_tw_reuse;

	if (how == 2)
		how = ipaddr_is_loopback(&tw->entry.daddr) || ipaddr_is_loopback(&tw->entry.saddr);
	return how && tw->ts_recent_stamp &&
	       (uint64_t)(node_now(tcp_node(tp)).ns / NS_PER_S) > tw->ts_recent_stamp;
}

bool tcp_tuple_free(struct tcp *tp, const struct ipaddr *src, uint16_t sport,
		    const struct endpoint *peer, struct tcp_tw *reused)
{
	struct tcp_stack *st = tcp_stack_of(tcp_node(tp));
	struct tcp_entry *e = tcp_entry_find(st, src, sport, &peer->addr, peer->port);

	if (!e)
		return true;
	if (e->kind != TCP_ENTRY_TIMEWAIT || !may_reuse(tp, (struct tcp_tw *)e))
		return false;
	*reused = *(struct tcp_tw *)e;
	tcp_tw_free((struct tcp_tw *)e);
	return true;
}

/*
 * RFC 6056 3.3.4 as Linux has it: a start that depends on the peer, then every second port (those
 * of one parity are left to bind()), then the others.
 */
uint16_t tcp_pick_connect_port(struct tcp *tp, const struct ipaddr *src,
			       const struct endpoint *peer, struct tcp_tw *reused)
{
	struct tcp_stack *st = tcp_stack_of(tcp_node(tp));
	const int32_t *range = tcp_sysctl(tp)->local_port_range;
	uint32_t low = (uint32_t)range[0], high = (uint32_t)range[1] + 1, count = high - low;
	uint32_t start = (uint32_t)tcp_secret_hash(st, src, &peer->addr, peer->port, 3);

	if (count > 1) /* as many of each parity, so that of an odd range one is left out */
		count &= ~1u;
	uint32_t offset = (start + st->port_counter) % count & ~1u;
	for (uint32_t parity = 0; parity < (count > 1 ? 2 : 1); parity++) {
		uint32_t at = low + offset + parity;

		for (uint32_t i = 0; i < count; i += 2, at += 2) {
			if (at >= high)
				at -= count;
			uint16_t port = (uint16_t)at;
			if (port_bound(st, port))
				continue;
			if (tcp_tuple_free(tp, src, port, peer, reused)) {
				st->port_counter += i + 2;
				return port;
			}
		}
	}
	return 0;
}
