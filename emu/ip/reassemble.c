/*
 * Reassembly: fragments wait in their datagram, sorted by offset, until no hole is left.
 *
 * A node's incomplete datagrams stand in a hash table, and in a list a family in the order in
 * which they began: that is the order in which they run out of time or, when there are too many,
 * of luck. One event a node serves all: it is armed for the first in either list.
 */
#include <stdlib.h>

#include "core/alloc.h"
#include "ip/fragment.h"
#include "ip/icmp.h"
#include "ip/reassemble.h"
#include "wire/ipv4.h"
#include "wire/ipv6_ext.h"

#define BUCKETS 64 /* a power of two */

enum ecn { ECN_NOT_ECT, ECN_ECT1, ECN_ECT0, ECN_CE, ECN_MASK = 3 };

struct datagram {
	struct datagram *chain;        /* in its bucket */
	struct datagram *older, *newer; /* in its family's list */
	struct ipaddr src, dst;
	uint32_t id;
	uint8_t proto; /* IPv4 only: identifications are counted per protocol there */
	bool ip4;
	uint8_t ecn_seen; /* bit per enum ecn */
	vtime began;
	struct packet *first, *last; /* linked by next, ascending; l4: where their data begins */
	uint32_t have;               /* bytes of data */
	uint32_t len;                /* of the whole data, once the last fragment came; else 0 */
	uint32_t cost;               /* memory, see cost_of() */
	uint32_t max_len, max_df_len; /* largest fragment, and largest with DF (IPv4) */
};

struct family {
	struct datagram *oldest, *newest;
	uint64_t cost;
};

struct reassembly {
	struct node *node;
	struct datagram *buckets[BUCKETS];
	struct family families[2]; /* IPv6, IPv4 */
	struct datagram *spare;    /* not in use, linked by chain */
	struct event timeout;
};

/* What the headers of a fragment say. */
struct fragment {
	struct ipaddr src, dst;
	uint32_t id;
	uint32_t offset, end; /* of its data */
	uint8_t proto;
	bool ip4, mf, df;
	uint8_t ecn;
	uint32_t headers; /* in front of the data in the whole: what must fit into 65535 with it */
};

/* ---- the table ---- */

static uint32_t cost_of(const struct packet *p)
{
	return (uint32_t)sizeof(*p) + p->data_len;
}

static struct datagram **bucket_of(struct reassembly *r, const struct ipaddr *src, uint32_t id)
{
	return &r->buckets[(ipaddr_hash(src) ^ id * 0x9e3779b1u) & (BUCKETS - 1)];
}

static struct datagram *datagram_find(struct reassembly *r, const struct fragment *f)
{
	struct datagram *d = *bucket_of(r, &f->src, f->id);

	while (d && (d->id != f->id || d->proto != f->proto || d->ip4 != f->ip4 ||
		     !ipaddr_eq(&d->src, &f->src) || !ipaddr_eq(&d->dst, &f->dst)))
		d = d->chain;
	return d;
}

static void list_append(struct family *l, struct datagram *d)
{
	d->older = l->newest;
	if (l->newest)
		l->newest->newer = d;
	else
		l->oldest = d;
	l->newest = d;
}

static void list_remove(struct family *l, struct datagram *d)
{
	if (d->older)
		d->older->newer = d->newer;
	else
		l->oldest = d->newer;
	if (d->newer)
		d->newer->older = d->older;
	else
		l->newest = d->older;
}

static void charge(struct reassembly *r, struct datagram *d, uint32_t cost)
{
	d->cost += cost;
	r->families[d->ip4].cost += cost;
}

static vtime life_of(const struct node *n, bool ip4)
{
	return vtime_s(ip4 ? n->sysctl->ipfrag_time : n->sysctl->ip6frag_time);
}

static vtime deadline(const struct node *n, const struct datagram *d)
{
	return d ? vtime_add(d->began, life_of(n, d->ip4)) : VTIME_NEVER;
}

static void timeout_arm(struct reassembly *r)
{
	struct sched *s = &node_world(r->node)->sched;
	vtime at = vtime_min(deadline(r->node, r->families[0].oldest),
			     deadline(r->node, r->families[1].oldest));

	if (at.ns == VTIME_NEVER.ns)
		event_cancel(s, &r->timeout);
	else if (!event_armed(s, &r->timeout) || event_at(s, &r->timeout).ns != at.ns)
		event_arm(s, &r->timeout, at);
}

static struct datagram *datagram_new(struct reassembly *r, const struct fragment *f)
{
	struct datagram *d = r->spare, **bucket = bucket_of(r, &f->src, f->id);

	if (d)
		r->spare = d->chain;
	else
		d = nt_malloc(sizeof(*d));
	*d = (struct datagram){.src = f->src,
			       .dst = f->dst,
			       .id = f->id,
			       .proto = f->proto,
			       .ip4 = f->ip4,
			       .began = node_now(r->node),
			       .chain = *bucket};
	*bucket = d;
	list_append(&r->families[d->ip4], d);
	charge(r, d, sizeof(*d));
	timeout_arm(r);
	return d;
}

/* Out of the table and gone; returns its fragments. */
static struct packet *datagram_end(struct reassembly *r, struct datagram *d)
{
	struct datagram **at = bucket_of(r, &d->src, d->id);
	struct packet *first = d->first;

	while (*at != d)
		at = &(*at)->chain;
	*at = d->chain;
	list_remove(&r->families[d->ip4], d);
	r->families[d->ip4].cost -= d->cost;
	d->chain = r->spare;
	r->spare = d;
	timeout_arm(r);
	return first;
}

static void drop_all(struct node *n, struct packet *p, enum drop_reason why, uint64_t detail)
{
	while (p) {
		struct packet *next = p->next;

		p->next = NULL;
		packet_drop_detail(p, &n->site, why, detail);
		p = next;
	}
}

static void datagram_drop(struct reassembly *r, struct datagram *d, enum drop_reason why,
			  uint64_t detail)
{
	drop_all(r->node, datagram_end(r, d), why, detail);
}

/* ---- where a fragment lies ---- */

static uint32_t offset_of(const struct datagram *d, const struct packet *p)
{
	struct ipv6_frag f;

	if (d->ip4)
		return (uint32_t)(be16_load(p->hdr + p->l3 + 6) & 0x1fff) * 8;
	ipv6_frag_parse(p->hdr + p->l4 - IPV6_FRAG_LEN, IPV6_FRAG_LEN, &f);
	return f.offset;
}

static uint32_t end_of(const struct datagram *d, const struct packet *p)
{
	return offset_of(d, p) + packet_l4_len(p);
}

/* ---- time and memory ---- */

/* RFC 792, RFC 8200 4.5: the source is told if the first fragment, which says more, is here. */
static void datagram_expire(struct reassembly *r, struct datagram *d)
{
	uint64_t seconds = (uint64_t)life_of(r->node, d->ip4).ns / NS_PER_S;
	bool has_first = d->first && offset_of(d, d->first) == 0;
	struct packet *p = datagram_end(r, d);

	if (has_first)
		icmp_error(r->node, p, ICMP_REASSEMBLY, 0);
	drop_all(r->node, p, DROP_FRAG_TIMEOUT, seconds);
}

static void timeout_fire(struct event *e)
{
	struct reassembly *r = container_of(e, struct reassembly, timeout);
	vtime now = node_now(r->node);

	for (int f = 1; f >= 0; f--)
		while (r->families[f].oldest &&
		       !vtime_before(now, deadline(r->node, r->families[f].oldest)))
			datagram_expire(r, r->families[f].oldest);
	timeout_arm(r);
}

/* Drops the oldest until what is left is allowed; true if d was among them. */
static bool make_room(struct reassembly *r, const struct datagram *d)
{
	const struct sysctls *k = r->node->sysctl;
	bool ip4 = d->ip4, gone = false;
	uint64_t limit = (uint64_t)(ip4 ? k->ipfrag_high_thresh : k->ip6frag_high_thresh);

	while (r->families[ip4].cost > limit) {
		struct datagram *oldest = r->families[ip4].oldest;

		gone |= oldest == d;
		datagram_drop(r, oldest, DROP_FRAG_MEMORY, limit);
	}
	return gone;
}

/* ---- taking a fragment in ---- */

static void fragment_read4(const struct packet *p, struct fragment *f)
{
	struct ipv4_hdr h;

	ipv4_load(p->hdr + p->l3, &h);
	*f = (struct fragment){.src = h.src,
			       .dst = h.dst,
			       .id = h.id,
			       .offset = h.frag_off,
			       .proto = h.proto,
			       .ip4 = true,
			       .mf = h.mf,
			       .df = h.df,
			       .ecn = h.tos & ECN_MASK,
			       .headers = (uint32_t)ipv4_hlen(&h)};
}

static void fragment_read6(const struct packet *p, uint16_t frag_at, struct fragment *f)
{
	struct ipv6_frag h;
	const uint8_t *ip = p->hdr + p->l3;

	ipv6_frag_parse(p->hdr + frag_at, IPV6_FRAG_LEN, &h);
	*f = (struct fragment){.src = ipaddr_from_bytes16(ip + 8),
			       .dst = ipaddr_from_bytes16(ip + 24),
			       .id = h.id,
			       .offset = h.offset,
			       .mf = h.mf,
			       .ecn = ip[1] >> 4 & ECN_MASK,
			       .headers = (uint32_t)(frag_at - p->l3 - IPV6_HLEN)};
}

static void refuse(struct node *n, struct packet *p, const struct fragment *f, uint32_t pointer,
		   enum drop_reason why)
{
	if (!f->ip4) /* RFC 8200 4.5 */
		icmp_error(n, p, ICMP_BAD_HEADER, pointer);
	packet_drop(p, &n->site, why);
}

/* False: the fragment cannot be one, and is gone. */
static bool is_possible(struct node *n, struct packet *p, const struct fragment *f)
{
	uint32_t frag_offset_at = (uint32_t)(p->l4 - p->l3) - IPV6_FRAG_LEN + 2;

	if (f->end == f->offset || (f->mf && (f->end - f->offset) % 8)) {
		refuse(n, p, f, 4, DROP_FRAG_MALFORMED); /* the payload length field */
		return false;
	}
	if (f->headers + f->end > UINT16_MAX) {
		refuse(n, p, f, frag_offset_at, DROP_FRAG_TOO_BIG);
		return false;
	}
	return true;
}

enum place { PLACE_OK, PLACE_DUPLICATE, PLACE_OVERLAP, PLACE_BEYOND };

/* Where the fragment belongs: *at is the link before which it goes. */
static enum place find_place(struct datagram *d, const struct fragment *f, struct packet ***at)
{
	struct packet **link = &d->first;

	/* The last fragment says where the datagram ends; nothing may say or lie otherwise. */
	if (d->len ? f->end > d->len || (!f->mf && f->end != d->len)
		   : !f->mf && d->last && f->end < end_of(d, d->last))
		return PLACE_BEYOND;
	if (d->last && f->offset >= end_of(d, d->last)) {
		link = &d->last->next;
	} else {
		while (*link && end_of(d, *link) <= f->offset)
			link = &(*link)->next;
	}
	*at = link;
	if (!*link || offset_of(d, *link) >= f->end)
		return PLACE_OK;
	return offset_of(d, *link) == f->offset && end_of(d, *link) == f->end ? PLACE_DUPLICATE
									       : PLACE_OVERLAP;
}

static void insert(struct reassembly *r, struct datagram *d, struct packet **at, struct packet *p,
		   const struct fragment *f)
{
	uint32_t len = packet_l3_len(p);

	p->next = *at;
	*at = p;
	if (!p->next)
		d->last = p;
	d->have += f->end - f->offset;
	if (!f->mf)
		d->len = f->end;
	d->ecn_seen |= (uint8_t)(1u << f->ecn);
	if (len > d->max_len)
		d->max_len = len;
	if (f->df && len > d->max_df_len)
		d->max_df_len = len;
	charge(r, d, cost_of(p));
}

/*
 * RFC 3168 5.3: congestion seen by one fragment was seen by the datagram; what claims to be
 * ECN-capable in part only is refused. -1, or what to set in the traffic class.
 */
static int ecn_of(uint8_t seen)
{
	bool capable = seen & (1 << ECN_ECT0 | 1 << ECN_ECT1 | 1 << ECN_CE);

	if (seen & 1 << ECN_NOT_ECT)
		return capable ? -1 : 0;
	return seen & 1 << ECN_CE ? ECN_CE : 0;
}

/* All is there: the first fragment becomes the datagram, the others end as delivered. */
static struct packet *datagram_join(struct reassembly *r, struct datagram *d)
{
	uint32_t len = d->len;
	bool ip4 = d->ip4, df = d->max_df_len && d->max_df_len == d->max_len;
	int ecn = ecn_of(d->ecn_seen);
	struct packet *p = datagram_end(r, d);
	uint32_t headers = (uint32_t)(p->l4 - p->l3) - (ip4 ? 0 : IPV6_HLEN + IPV6_FRAG_LEN);

	if (ecn < 0 || headers + len > UINT16_MAX) {
		drop_all(r->node, p, ecn < 0 ? DROP_FRAG_MALFORMED : DROP_FRAG_TOO_BIG, 0);
		return NULL;
	}
	p = fragments_join(p, len);
	if (ip4)
		headers_whole4(p, len, (uint8_t)ecn, df);
	else
		headers_whole6(p, len, (uint8_t)ecn);
	return p;
}

static struct packet *take(struct reassembly *r, struct packet *p, const struct fragment *f)
{
	struct datagram *d = datagram_find(r, f);
	struct packet **at;

	if (!d)
		d = datagram_new(r, f);
	switch (find_place(d, f, &at)) {
	case PLACE_DUPLICATE:
		packet_drop(p, &r->node->site, DROP_FRAG_DUPLICATE);
		return NULL;
	case PLACE_OVERLAP:
		packet_drop(p, &r->node->site, DROP_FRAG_OVERLAP);
		datagram_drop(r, d, DROP_FRAG_OVERLAP, 0);
		return NULL;
	case PLACE_BEYOND:
		packet_drop(p, &r->node->site, DROP_FRAG_MALFORMED);
		datagram_drop(r, d, DROP_FRAG_MALFORMED, 0);
		return NULL;
	case PLACE_OK:
		break;
	}
	insert(r, d, at, p, f);
	if (d->len && d->have == d->len)
		return datagram_join(r, d);
	make_room(r, d);
	return NULL;
}

struct packet *ip_reassemble(struct node *n, struct packet *p, uint16_t frag_at)
{
	bool ip4 = p->hdr[p->l3] >> 4 == 4;
	struct fragment f;

	if (ip4) {
		fragment_read4(p, &f);
		p->l4 = (uint16_t)(p->l3 + f.headers);
	} else {
		fragment_read6(p, frag_at, &f);
		p->l4 = (uint16_t)(frag_at + IPV6_FRAG_LEN);
	}
	f.end = f.offset + packet_l4_len(p);
	if (!ip4 && !f.mf && f.offset == 0) { /* RFC 6946: whole, and nobody else's business */
		headers_whole6(p, f.end, 0);
		return p;
	}
	if (!is_possible(n, p, &f))
		return NULL;
	if (!n->reassembly) {
		n->reassembly = nt_calloc(1, sizeof(*n->reassembly));
		n->reassembly->node = n;
		event_init(&n->reassembly->timeout, timeout_fire);
	}
	return take(n->reassembly, p, &f);
}

void reassembly_free(struct node *n)
{
	struct reassembly *r = n->reassembly;

	if (!r)
		return;
	for (int f = 1; f >= 0; f--)
		while (r->families[f].oldest)
			datagram_drop(r, r->families[f].oldest,
				      n->up ? DROP_WORLD_END : DROP_NODE_DOWN, 0);
	event_cancel(&node_world(n)->sched, &r->timeout);
	for (struct datagram *d = r->spare, *next; d; d = next) {
		next = d->chain;
		free(d);
	}
	free(r);
	n->reassembly = NULL;
}

uint64_t reassembly_bytes(const struct node *n)
{
	return n->reassembly ? n->reassembly->families[0].cost + n->reassembly->families[1].cost
			     : 0;
}
