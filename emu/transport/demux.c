#include "transport/demux.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "transport/transport.h"

#define DEMUX_MIN 8

/* Families that a socket covers with an address. */
enum { COVERS_4 = 1, COVERS_6 = 2 };

static struct socket **bucket(const struct demux *d, uint16_t port)
{
	/* Neighbouring ports are the common case: their low bits spread them evenly. */
	return &d->buckets[port & (d->size - 1)];
}

static void resize(struct demux *d, uint32_t size)
{
	struct demux bigger = {.buckets = nt_calloc(size, sizeof(*bigger.buckets)), .size = size};

	for (uint32_t i = 0; i < d->size; i++) {
		for (struct socket *s = d->buckets[i], *next; s; s = next) {
			struct socket **at = bucket(&bigger, s->local.port);

			next = s->next;
			while (*at) /* the one bound last stays the first */
				at = &(*at)->next;
			s->next = NULL;
			*at = s;
		}
	}
	free(d->buckets);
	bigger.count = d->count;
	*d = bigger;
}

void demux_fini(struct demux *d)
{
	free(d->buckets);
	*d = (struct demux){0};
}

void demux_add(struct demux *d, struct socket *s)
{
	if (d->count == d->size)
		resize(d, d->size ? 2 * d->size : DEMUX_MIN);
	struct socket **at = bucket(d, s->local.port);
	s->next = *at;
	*at = s;
	d->count++;
}

void demux_remove(struct demux *d, struct socket *s)
{
	struct socket **at = bucket(d, s->local.port);

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->next = NULL;
	d->count--;
}

static unsigned covers(const struct socket *s, const struct ipaddr *addr)
{
	if (ipaddr_is4(addr))
		return COVERS_4;
	return ipaddr_is_any(addr) && !s->v6only ? COVERS_4 | COVERS_6 : COVERS_6;
}

static bool in_conflict(const struct socket *a, const struct ipaddr *addr_a,
			const struct socket *b, const struct ipaddr *addr_b)
{
	if (a->device && b->device && a->device != b->device)
		return false;
	if (!(covers(a, addr_a) & covers(b, addr_b)))
		return false;
	if ((a->reuseaddr && b->reuseaddr) || (a->reuseport && b->reuseport))
		return false;
	return ipaddr_is_any(addr_a) || ipaddr_is_any(addr_b) || ipaddr_eq(addr_a, addr_b);
}

const struct socket *demux_conflict(const struct demux *d, const struct socket *s,
				    const struct endpoint *at)
{
	if (!d->size)
		return NULL;
	for (const struct socket *o = *bucket(d, at->port); o; o = o->next)
		if (o != s && o->local.port == at->port &&
		    in_conflict(s, &at->addr, o, &o->local.addr))
			return o;
	return NULL;
}

/* How well s matches: 0 not at all; Linux's compute_score() with its two look-ups made one. */
static unsigned score(const struct socket *s, const struct demux_key *k)
{
	unsigned family = ipaddr_is4(&k->local.addr) ? COVERS_4 : COVERS_6;
	unsigned points = 1;

	if (s->local.port != k->local.port)
		return 0;
	if (ipaddr_is_any(&s->local.addr)) {
		if (!(covers(s, &s->local.addr) & family))
			return 0;
	} else {
		if (!ipaddr_eq(&s->local.addr, &k->local.addr))
			return 0;
		points += 16;
	}
	if (s->connected && !k->any_peer) {
		if (!endpoint_eq(&s->peer, &k->peer))
			return 0;
		points += 8;
	}
	if (s->device && !k->any_device) {
		if (s->device != k->in)
			return 0;
		points += 4;
	}
	if (!s->v6)
		points += 1;
	return points;
}

static bool in_group(const struct socket *s, const struct socket *of)
{
	return s->reuseport && !s->connected && s->local.port == of->local.port &&
	       ipaddr_eq(&s->local.addr, &of->local.addr) && s->device == of->device &&
	       s->v6 == of->v6 && s->v6only == of->v6only;
}

/* Of a group with SO_REUSEPORT, which begins at first, the one that is for this peer. */
static struct socket *choose(struct socket *first, const struct demux_key *k)
{
	struct socket *s;
	uint32_t count = 0;

	for (s = first; s; s = s->next)
		count += in_group(s, first);
	if (count < 2)
		return first;
	uint32_t skip = transport_flow_pick(first->node, &k->local.addr, k->local.port,
					    &k->peer.addr, k->peer.port, count);
	for (s = first; skip || !in_group(s, first); s = s->next)
		skip -= in_group(s, first);
	return s;
}

struct socket *demux_find(const struct demux *d, const struct demux_key *k)
{
	struct socket *best = NULL;
	unsigned most = 0;

	if (!d->size)
		return NULL;
	for (struct socket *s = *bucket(d, k->local.port); s; s = s->next) {
		unsigned points = score(s, k);

		if (points > most) {
			most = points;
			best = s;
		}
	}
	return best && best->reuseport && !best->connected && !k->any_peer ? choose(best, k) : best;
}

struct socket *demux_next(const struct demux *d, const struct demux_key *k,
			  const struct socket *last)
{
	if (!d->size)
		return NULL;
	struct socket *s = last ? last->next : *bucket(d, k->local.port);
	while (s && !score(s, k))
		s = s->next;
	return s;
}
