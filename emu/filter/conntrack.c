/* The table of connections: finding them, putting them in, taking them out. */
#include "filter/conntrack.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "filter/conntrack_int.h"
#include "filter/nat.h"
#include "ip/hook.h"
#include "ip/icmp.h"

#define FIRST_SIZE 64 /* buckets */
#define EVICT_LOOK 8  /* connections that are looked at when the table is full */

/* ---- the table ---- */

static uint32_t tuple_hash(const struct conntrack *t, const struct ct_tuple *k)
{
	uint64_t h = t->key ^ ((uint64_t)k->sport << 32 | (uint64_t)k->dport << 16 | k->proto);

	for (int i = 0; i < 2; i++) {
		h = (h ^ k->src.q[i]) * 0x9e3779b97f4a7c15;
		h = (h ^ h >> 32 ^ k->dst.q[i]) * 0xd6e8feb86659fd93;
	}
	return (uint32_t)(h >> 32 ^ h);
}

static struct ct_entry **bucket_of(const struct conntrack *t, const struct ct_tuple *k)
{
	return &t->buckets[tuple_hash(t, k) & (t->size - 1)];
}

static struct ct_entry *entry_find(const struct conntrack *t, const struct ct_tuple *k)
{
	struct ct_entry *e = t->size ? *bucket_of(t, k) : NULL;

	while (e && !tuple_eq(&e->tuple, k))
		e = e->next;
	return e;
}

static void entry_put(struct conntrack *t, struct ct_entry *e)
{
	struct ct_entry **at = bucket_of(t, &e->tuple);

	e->next = *at;
	*at = e;
}

static void entry_take(struct conntrack *t, struct ct_entry *e)
{
	struct ct_entry **at = bucket_of(t, &e->tuple);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
}

/* As many buckets as connections: two tuples in each. */
static void table_grow(struct conntrack *t)
{
	struct ct_entry **old = t->buckets;
	uint32_t size = t->size;

	t->size = size ? size * 2 : FIRST_SIZE;
	t->buckets = nt_calloc(t->size, sizeof(*t->buckets));
	for (uint32_t i = 0; i < size; i++)
		for (struct ct_entry *e = old[i], *next; e; e = next) {
			next = e->next;
			entry_put(t, e);
		}
	free(old);
}

struct conntrack *conntrack_new(struct node *n)
{
	struct conntrack *t = nt_calloc(1, sizeof(*t));
	char *stream = nt_asprintf("%s conntrack", n->site.name);
	struct rng rng;

	rng_init(&rng, node_world(n)->seed, stream);
	free(stream);
	t->key = rng_u64(&rng);
	t->node = n;
	pool_init(&t->conns, sizeof(struct conn));
	conntrack_timer_init(t);
	return t;
}

void conntrack_free(struct conntrack *t)
{
	if (!t)
		return;
	conntrack_flush(t, NULL);
	event_cancel(&node_world(t->node)->sched, &t->event);
	pool_fini(&t->conns);
	free(t->buckets);
	free(t);
}

uint32_t conntrack_count(const struct conntrack *t)
{
	return t->count;
}

uint32_t conntrack_peak(const struct conntrack *t)
{
	return t->peak;
}

void conntrack_walk(const struct conntrack *t, void (*visit)(const struct conn *, void *),
		    void *arg)
{
	for (int i = 0; i < CT_TIMEOUT_COUNT; i++)
		for (const struct conn *c = t->queues[i].head; c; c = c->later)
			visit(c, arg);
}

struct conn *conntrack_find(const struct conntrack *t, const struct ct_tuple *tuple, uint8_t *dir)
{
	struct ct_entry *e = entry_find(t, tuple);

	if (!e)
		return NULL;
	*dir = e->tuple.dir;
	return conn_of(e);
}

/* ---- connections ---- */

struct conn *conntrack_make(struct conntrack *t, const struct ct_tuple *tuple)
{
	struct conn *c = pool_take(&t->conns);

	*c = (struct conn){0};
	c->way[CT_ORIGINAL].tuple = *tuple;
	c->way[CT_REPLY].tuple = tuple_reverse(tuple);
	c->way[CT_ORIGINAL].tuple.dir = CT_ORIGINAL;
	c->way[CT_REPLY].tuple.dir = CT_REPLY;
	return c;
}

static void conn_put_away(struct conntrack *t, struct conn *c)
{
	if (t->ended)
		t->ended(t->node, c);
	pool_give(&t->conns, c);
}

void conntrack_kill(struct conntrack *t, struct conn *c)
{
	filter_forget(filter_of(t->node), c);
	conntrack_unqueue(t, c);
	entry_take(t, &c->way[CT_ORIGINAL]);
	entry_take(t, &c->way[CT_REPLY]);
	t->count--;
	conn_put_away(t, c);
}

void conntrack_flush(struct conntrack *t, const struct ipaddr *outside)
{
	for (int i = 0; i < CT_TIMEOUT_COUNT; i++)
		for (struct conn *c = t->queues[i].head, *later; c; c = later) {
			later = c->later;
			if (!outside || nat_conn_is_from(c, outside))
				conntrack_kill(t, c);
		}
}

void conntrack_forget(struct conntrack *t, struct conn *c)
{
	filter_forget(filter_of(t->node), c);
	conn_put_away(t, c);
}

void conn_set_reply(struct conn *c, const struct ct_tuple *reply)
{
	const struct ct_tuple *there = &c->way[CT_ORIGINAL].tuple;

	c->way[CT_REPLY].tuple = *reply;
	c->way[CT_REPLY].tuple.dir = CT_REPLY;
	c->src_nat = there->sport != reply->dport || !ipaddr_eq(&there->src, &reply->dst);
	c->dst_nat = there->dport != reply->sport || !ipaddr_eq(&there->dst, &reply->src);
	c->crosses = ipaddr_is4(&there->src) != ipaddr_is4(&reply->src);
}

/* ---- the first packet has passed ---- */

/* Room for one more: among the oldest of each kind, one that was never answered has to go. */
static bool make_room(struct conntrack *t)
{
	static const uint8_t order[] = {
		CT_TIMEOUT_TCP_SYN_SENT, CT_TIMEOUT_UDP,          CT_TIMEOUT_TCP_CLOSE,
		CT_TIMEOUT_ICMP,         CT_TIMEOUT_ICMPV6,       CT_TIMEOUT_TCP_SYN_RECV,
		CT_TIMEOUT_GENERIC,      CT_TIMEOUT_TCP_TIME_WAIT,
	};

	for (size_t i = 0; i < sizeof(order); i++) {
		struct conn *c = t->queues[order[i]].head;

		for (int n = 0; c && n < EVICT_LOOK; n++, c = c->later)
			if (!c->assured) {
				conntrack_kill(t, c);
				return true;
			}
	}
	return false;
}

/*
 * Another connection may have packets that look like those of a new one. It goes if it is one that
 * nobody ever answered: somebody outside has sent to a port before NAT gave it to a host inside, and
 * must not keep that host from answering.
 */
static bool makes_way(struct conntrack *t, const struct ct_tuple *tuple)
{
	struct ct_entry *e = entry_find(t, tuple);

	if (!e)
		return true;
	if (conn_of(e)->replied || conn_of(e)->map)
		return false;
	conntrack_kill(t, conn_of(e));
	return true;
}

/* A NAT without room for a session says so to who asked for it (RFC 5508 REQ-8). */
static void tell_full(struct node *n, struct packet *p)
{
	if (!filter_of(n)->nat || !p->in)
		return;
	n->hooks->undo(n, p);
	icmp_error(n, p, ICMP_PROHIBITED, 0);
}

/* Takes a connection up. False: p is consumed. */
static __attribute__((noinline)) bool conn_enter(struct conntrack *t, struct conn *c, struct packet *p)
{
	uint32_t most = (uint32_t)t->node->sysctl->nf_conntrack_max;

	/* Two packets that begin the same connection cannot meet here: a packet passes in one go. */
	if (!makes_way(t, &c->way[CT_ORIGINAL].tuple) || !makes_way(t, &c->way[CT_REPLY].tuple)) {
		packet_drop(p, &t->node->site, DROP_CONNTRACK_CLASH);
		return false;
	}
	if (t->count >= most && !make_room(t)) {
		tell_full(t->node, p);
		packet_drop_detail(p, &t->node->site, DROP_CONNTRACK_FULL, most);
		return false;
	}
	if (t->count >= t->size)
		table_grow(t);
	entry_put(t, &c->way[CT_ORIGINAL]);
	entry_put(t, &c->way[CT_REPLY]);
	t->count++;
	if (t->count > t->peak)
		t->peak = t->count;
	conntrack_enqueue(t, c);
	return true;
}

bool conntrack_confirm(struct conntrack *t, struct packet *p, struct filter_pass *pass)
{
	struct conn *c = pass->conn;

	if (__builtin_expect(c && !c->confirmed, 0) && pass->state != CT_RELATED)
		return conn_enter(t, c, p);
	if (__builtin_expect(c && pass->ends, 0))
		conntrack_kill(t, c);
	return true;
}
