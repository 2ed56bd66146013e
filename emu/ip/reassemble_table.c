/* A node's incomplete datagrams: where they are found, and how long and how many are kept. */
#include <stdlib.h>

#include "core/alloc.h"
#include "ip/fragment.h"
#include "ip/icmp.h"
#include "ip/reassemble.h"
#include "wire/be.h"
#include "wire/ipv6_ext.h"

static struct datagram **bucket_of(struct reassembly *r, const struct ipaddr *src, uint32_t id)
{
	return &r->buckets[(ipaddr_hash(src) ^ id * 0x9e3779b1u) & (REASSEMBLY_BUCKETS - 1)];
}

struct datagram *datagram_find(struct reassembly *r, const struct fragment *f)
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

void datagram_charge(struct reassembly *r, struct datagram *d, uint32_t cost)
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

struct datagram *datagram_new(struct reassembly *r, const struct fragment *f)
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
	datagram_charge(r, d, sizeof(*d));
	timeout_arm(r);
	return d;
}

struct packet *datagram_end(struct reassembly *r, struct datagram *d)
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

void fragments_drop(struct node *n, struct packet *p, enum drop_reason why, uint64_t detail)
{
	while (p) {
		struct packet *next = p->next;

		p->next = NULL;
		packet_drop_detail(p, &n->site, why, detail);
		p = next;
	}
}

void datagram_drop(struct reassembly *r, struct datagram *d, enum drop_reason why,
			  uint64_t detail)
{
	fragments_drop(r->node, datagram_end(r, d), why, detail);
}

uint32_t fragment_offset(const struct datagram *d, const struct packet *p)
{
	struct ipv6_frag f;

	if (d->ip4)
		return (uint32_t)(be16_load(p->hdr + p->l3 + 6) & 0x1fff) * 8;
	ipv6_frag_parse(p->hdr + p->l4 - IPV6_FRAG_LEN, IPV6_FRAG_LEN, &f);
	return f.offset;
}

uint32_t fragment_end(const struct datagram *d, const struct packet *p)
{
	return fragment_offset(d, p) + packet_l4_len(p);
}

/* RFC 792, RFC 8200 4.5: the source is told if the first fragment, which says more, is here. */
static void datagram_expire(struct reassembly *r, struct datagram *d)
{
	uint64_t seconds = (uint64_t)life_of(r->node, d->ip4).ns / NS_PER_S;
	bool has_first = d->first && fragment_offset(d, d->first) == 0;
	struct packet *p = datagram_end(r, d);

	if (has_first)
		icmp_error(r->node, p, ICMP_REASSEMBLY, 0);
	fragments_drop(r->node, p, DROP_FRAG_TIMEOUT, seconds);
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

void datagrams_make_room(struct reassembly *r, bool ip4)
{
	const struct sysctls *k = r->node->sysctl;
	uint64_t limit = (uint64_t)(ip4 ? k->ipfrag_high_thresh : k->ip6frag_high_thresh);

	while (r->families[ip4].cost > limit)
		datagram_drop(r, r->families[ip4].oldest, DROP_FRAG_MEMORY, limit);
}

struct reassembly *reassembly_of(struct node *n)
{
	if (!n->reassembly) {
		n->reassembly = nt_calloc(1, sizeof(*n->reassembly));
		n->reassembly->node = n;
		event_init(&n->reassembly->timeout, timeout_fire);
	}
	return n->reassembly;
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
