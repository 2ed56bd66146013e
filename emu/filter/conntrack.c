/* The table of connections: which one a packet belongs to, and which one it begins. */
#include "filter/conntrack.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "filter/conntrack_int.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/offload.h"

#define FIRST_SIZE 64          /* buckets */
#define EVICT_LOOK 8           /* connections that are looked at when the table is full */
#define QUOTE_MAX 576          /* bytes of a quote that are looked at */
#define UDP_STREAM_NS (2 * NS_PER_S) /* what is younger is a question and its answer */

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
	conntrack_timer_init(t);
	return t;
}

void conntrack_free(struct conntrack *t)
{
	if (!t)
		return;
	for (int i = 0; i < CT_TIMEOUT_COUNT; i++)
		while (t->queues[i].head)
			conntrack_kill(t, t->queues[i].head);
	event_cancel(&node_world(t->node)->sched, &t->event);
	for (struct conn *c = t->spare, *next; c; c = next) {
		next = c->later;
		free(c);
	}
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
	*dir = e->dir;
	return conn_of(e);
}

/* ---- connections ---- */

static struct conn *conn_new(struct conntrack *t, const struct ct_tuple *tuple)
{
	struct conn *c = t->spare;

	if (c)
		t->spare = c->later;
	else
		c = nt_malloc(sizeof(*c));
	*c = (struct conn){.began = node_now(t->node)};
	c->way[CT_ORIGINAL] = (struct ct_entry){.tuple = *tuple, .dir = CT_ORIGINAL};
	c->way[CT_REPLY] = (struct ct_entry){.tuple = tuple_reverse(tuple), .dir = CT_REPLY};
	return c;
}

static void conn_put_away(struct conntrack *t, struct conn *c)
{
	if (t->ended)
		t->ended(t->node, c);
	c->later = t->spare;
	t->spare = c;
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

void conntrack_forget(struct conntrack *t, struct conn *c)
{
	filter_forget(filter_of(t->node), c);
	conn_put_away(t, c);
}

void conn_set_reply(struct conn *c, const struct ct_tuple *reply)
{
	c->way[CT_REPLY].tuple = *reply;
}

/* ---- a packet comes in ---- */

static void udp_seen(struct conntrack *t, struct conn *c)
{
	bool stream = vtime_sub(node_now(t->node), c->began).ns > UDP_STREAM_NS;

	if (c->replied && stream)
		c->assured = true;
	conntrack_refresh(t, c, c->assured ? CT_TIMEOUT_UDP_STREAM : CT_TIMEOUT_UDP);
}

/* A segment, datagram or query of a connection that is known, going in that direction. */
static enum ct_verdict conn_seen(struct conntrack *t, struct conn *c, struct packet *p, uint8_t dir)
{
	switch (p->proto) {
	case IPPROTO_TCP:
		return conntrack_tcp(t, c, p, dir);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		udp_seen(t, c);
		return CT_TAKE;
	case IPPROTO_ICMP:
		conntrack_refresh(t, c, CT_TIMEOUT_ICMP);
		return CT_TAKE;
	case IPPROTO_ICMPV6:
		conntrack_refresh(t, c, CT_TIMEOUT_ICMPV6);
		return CT_TAKE;
	default:
		conntrack_refresh(t, c, CT_TIMEOUT_GENERIC);
		return CT_TAKE;
	}
}

/* An answer that nobody asked for begins nothing; other ICMP types than questions neither. */
static bool icmp_begins(const struct packet *p)
{
	uint8_t type = p->hdr[p->l4];

	return p->proto == IPPROTO_ICMPV6 ? type == ICMP6_MSG_ECHO_REQUEST
					  : type == ICMP4_ECHO || type == 13 || type == 17;
}

static void pass_new(struct conntrack *t, struct packet *p, const struct ct_tuple *tuple,
		     struct filter_pass *pass)
{
	bool icmp = p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6;
	struct conn *c;

	pass->state = CT_INVALID;
	if (icmp && !icmp_begins(p))
		return;
	c = conn_new(t, tuple);
	if (p->proto == IPPROTO_TCP && !conntrack_tcp_new(t, c, p)) {
		conntrack_forget(t, c);
		return;
	}
	pass->conn = c;
	pass->dir = CT_ORIGINAL;
	pass->state = CT_NEW;
	if (p->proto != IPPROTO_TCP)
		conn_seen(t, c, p, CT_ORIGINAL);
}

static void pass_flow(struct conntrack *t, struct packet *p, const struct ct_tuple *tuple,
		      struct filter_pass *pass)
{
	struct conn *c = conntrack_find(t, tuple, &pass->dir);

	if (!c) {
		pass_new(t, p, tuple, pass);
		return;
	}
	switch (conn_seen(t, c, p, pass->dir)) {
	case CT_REFUSE:
		pass->state = CT_INVALID;
		return;
	case CT_REPLACE:
		conntrack_kill(t, c);
		pass_new(t, p, tuple, pass);
		return;
	case CT_END:
		pass->ends = true;
		break;
	case CT_TAKE:
		break;
	}
	if (pass->dir == CT_REPLY)
		c->replied = true;
	pass->conn = c;
	pass->state = c->replied ? CT_ESTABLISHED : CT_NEW;
}

/*
 * This node may have made the error itself: about a packet as it came in (ip_hooks.undo), or about
 * the first packet of a connection that is not in the table yet: as it came in, or between the hooks,
 * where its destination is that of NAT and its source still its own.
 */
static struct conn *conn_made_here(struct conntrack *t, const struct ct_tuple *quoted, uint8_t *dir)
{
	struct conn *c = conntrack_find(t, quoted, dir);
	const struct ct_tuple *there, *back;

	if (c) {
		*dir = !*dir;
		return c;
	}
	c = filter_of(t->node)->in.conn;
	if (!c || c->confirmed)
		return NULL;
	there = &c->way[CT_ORIGINAL].tuple;
	back = &c->way[CT_REPLY].tuple;
	*dir = CT_REPLY;
	if (tuple_eq(quoted, there))
		return c;
	return quoted->proto == there->proto && quoted->sport == there->sport &&
	       quoted->dport == back->sport && ipaddr_eq(&quoted->src, &there->src) &&
	       ipaddr_eq(&quoted->dst, &back->src) ? c : NULL;
}

static struct ipaddr error_is_for(struct packet *p)
{
	struct ct_tuple t;

	tuple_read(p, &t);
	return t.dst;
}

/* An ICMP error goes with the answers to the packet that it quotes. */
static void pass_error(struct conntrack *t, struct packet *p, struct filter_pass *pass)
{
	uint8_t buf[QUOTE_MAX];
	uint32_t len = packet_read(p, p->l4, ICMP4_HLEN, buf, sizeof(buf));
	struct ct_tuple quoted, answer;
	struct ipaddr to = error_is_for(p);
	struct quote q;

	pass->state = CT_INVALID;
	if (!quote_parse(buf, len, &q) || !tuple_of_quote(&q, &quoted))
		return;
	answer = tuple_reverse(&quoted);
	pass->conn = conntrack_find(t, &answer, &pass->dir);
	/* An error goes to who sent the packet that it is about; else it is a lie. */
	if (pass->conn && p->in && !ipaddr_eq(&to, &pass->conn->way[pass->dir].tuple.dst))
		pass->conn = NULL;
	if (!pass->conn && !p->in)
		pass->conn = conn_made_here(t, &quoted, &pass->dir);
	if (pass->conn)
		pass->state = CT_RELATED;
}

static bool checksum_ok(const struct packet *p, const struct ct_tuple *tuple)
{
	uint32_t pseudo = 0;

	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP && p->proto != IPPROTO_ICMP &&
	    p->proto != IPPROTO_ICMPV6)
		return true;
	/* UDP without a checksum (RFC 768). */
	if (p->proto == IPPROTO_UDP && p->end - p->l4 >= 8 && !p->hdr[p->l4 + 6] &&
	    !p->hdr[p->l4 + 7] && !(p->flags & PACKET_CSUM))
		return true;
	if (p->proto != IPPROTO_ICMP)
		pseudo = csum_pseudo(&tuple->src, &tuple->dst, p->proto, packet_l4_len(p));
	return packet_checksum_ok(p, pseudo);
}

void conntrack_in(struct conntrack *t, struct packet *p, struct filter_pass *pass)
{
	struct ct_tuple tuple;
	enum tuple_kind kind = tuple_read(p, &tuple);

	if (kind == TUPLE_MALFORMED ||
	    (t->node->sysctl->nf_conntrack_checksum && !checksum_ok(p, &tuple)))
		pass->state = CT_INVALID;
	else if (kind == TUPLE_FLOW)
		pass_flow(t, p, &tuple, pass);
	else if (kind == TUPLE_ICMP_ERROR)
		pass_error(t, p, pass);
	if (pass->conn && pass->state != CT_RELATED) {
		pass->conn->packets[pass->dir]++;
		pass->conn->bytes[pass->dir] += packet_l3_len(p);
	}
}

/* ---- and has passed ---- */

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

bool conntrack_confirm(struct conntrack *t, struct packet *p, struct filter_pass *pass)
{
	struct conn *c = pass->conn;
	uint32_t most = (uint32_t)t->node->sysctl->nf_conntrack_max;

	if (!c || c->confirmed || pass->state == CT_RELATED) {
		if (c && pass->ends)
			conntrack_kill(t, c);
		return true;
	}
	/* Two packets that begin the same connection cannot meet here: a packet passes in one go. */
	if (entry_find(t, &c->way[CT_ORIGINAL].tuple) || entry_find(t, &c->way[CT_REPLY].tuple)) {
		packet_drop(p, &t->node->site, DROP_CONNTRACK_CLASH);
		return false;
	}
	if (t->count >= most && !make_room(t)) {
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
