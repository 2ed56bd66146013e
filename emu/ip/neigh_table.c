/* The table of neighbours: who is in it, who has to leave it, and when. */
#include "ip/neigh.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "ip/ip.h"

#define TABLE_MIN 8
#define GC_UNUSED vtime_s(5) /* Linux's neigh_forced_gc: not touched for five seconds */

static inline struct sched *sched_of(const struct node *n)
{
	return &node_world(n)->sched;
}

static uint32_t bucket_of(const struct neigh_table *t, const struct ip_iface *dev,
			  const struct ipaddr *addr)
{
	return (ipaddr_hash(addr) + dev->link.index * 0x9e3779b1u) & (t->size - 1);
}

struct neigh *neigh_find(const struct node *n, const struct ip_iface *dev,
			 const struct ipaddr *addr)
{
	const struct neigh_table *t = &n->neigh;

	if (!t->size)
		return NULL;
	struct neigh *e = t->buckets[bucket_of(t, dev, addr)];
	while (e && (e->dev != dev || !ipaddr_eq(&e->addr, addr)))
		e = e->next;
	return e;
}

static void table_grow(struct neigh_table *t)
{
	struct neigh_table old = *t;

	t->size = old.size ? 2 * old.size : TABLE_MIN;
	t->buckets = nt_calloc(t->size, sizeof(*t->buckets));
	for (uint32_t b = 0; b < old.size; b++)
		for (struct neigh *e = old.buckets[b], *next; e; e = next) {
			struct neigh **at = &t->buckets[bucket_of(t, e->dev, &e->addr)];

			next = e->next;
			e->next = *at;
			*at = e;
		}
	free(old.buckets);
}

static void neigh_free(struct node *n, struct neigh *e, enum drop_reason why)
{
	struct packet *p;

	while ((p = neigh_take_waiting(e)))
		packet_drop(p, &n->site, why);
	event_cancel(sched_of(n), &e->timer);
	free(e);
}

/* Removes every entry for which gone() says so. */
static void table_sweep(struct node *n, bool (*gone)(struct node *, struct neigh *, const void *),
			const void *arg, enum drop_reason why)
{
	struct neigh_table *t = &n->neigh;

	for (uint32_t b = 0; b < t->size; b++) {
		struct neigh **at = &t->buckets[b];

		while (*at) {
			struct neigh *e = *at;

			if (!gone(n, e, arg)) {
				at = &e->next;
				continue;
			}
			*at = e->next;
			t->count--;
			t->of_family[ipaddr_is4(&e->addr)]--;
			neigh_free(n, e, why);
		}
	}
	route_cache_flush(n); /* it may point to what is gone */
}

static bool is_behind(struct node *n, struct neigh *e, const void *dev)
{
	(void)n;
	return !dev || e->dev == dev;
}

void neigh_flush(struct node *n, const struct ip_iface *dev)
{
	table_sweep(n, is_behind, dev, dev ? DROP_IFACE_DOWN : DROP_NODE_DOWN);
}

struct unused {
	bool ip4;
	vtime since; /* not touched after */
};

static bool is_unused(struct node *n, struct neigh *e, const void *arg)
{
	const struct unused *u = arg;
	enum neigh_state s = neigh_state_now(n, e);

	return ipaddr_is4(&e->addr) == u->ip4 &&
	       (s == NEIGH_NONE || s == NEIGH_FAILED || s == NEIGH_STALE || s == NEIGH_REACHABLE) &&
	       vtime_before(vtime_max(e->used, e->updated), u->since);
}

static void collect(struct node *n, bool ip4, vtime unused_for)
{
	struct unused u = {ip4, vtime_sub(node_now(n), unused_for)};

	table_sweep(n, is_unused, &u, DROP_NEIGH_FAILED);
	n->neigh.collected[ip4] = node_now(n);
}

/*
 * Room for one more of a family, by Linux's three thresholds: above the first, what was unused for
 * gc_stale_time goes (Linux looks now and then, we when a new one comes, at most once a second);
 * above the second, what was unused for five seconds; the third is the limit.
 */
static bool make_room(struct node *n, bool ip4)
{
	const struct sysctl_neigh *k = ip4 ? &n->sysctl->neigh4 : &n->sysctl->neigh6;
	const uint32_t *count = &n->neigh.of_family[ip4];
	vtime since = vtime_sub(node_now(n), n->neigh.collected[ip4]);

	if (*count >= (uint32_t)k->gc_thresh3 ||
	    (*count >= (uint32_t)k->gc_thresh2 && !vtime_before(since, GC_UNUSED)))
		collect(n, ip4, GC_UNUSED);
	else if (*count >= (uint32_t)k->gc_thresh1 && !vtime_before(since, vtime_s(1)))
		collect(n, ip4, vtime_s(k->gc_stale_time));
	return *count < (uint32_t)k->gc_thresh3;
}

struct neigh *neigh_get(struct node *n, struct ip_iface *dev, const struct ipaddr *addr)
{
	struct neigh_table *t = &n->neigh;
	struct neigh *e = neigh_find(n, dev, addr);

	if (e)
		return e;
	bool ip4 = ipaddr_is4(addr);

	/* Linux has a table for each family: neighbours of one do not crowd out the other's. */
	if (!make_room(n, ip4))
		return NULL;
	if (t->count >= t->size)
		table_grow(t);
	e = nt_calloc(1, sizeof(*e));
	e->addr = *addr;
	e->dev = dev;
	e->fresh_until = vtime_ns(-1);
	e->updated = node_now(n);
	event_init(&e->timer, neigh_timer_fire);
	struct neigh **at = &t->buckets[bucket_of(t, dev, addr)];
	e->next = *at;
	*at = e;
	t->count++;
	t->of_family[ip4]++;
	return e;
}

void neigh_end_run(struct node *n)
{
	for (uint32_t b = 0; b < n->neigh.size; b++)
		for (struct neigh *e = n->neigh.buckets[b]; e; e = e->next) {
			struct packet *p;

			event_cancel(sched_of(n), &e->timer);
			while ((p = neigh_take_waiting(e)))
				packet_drop(p, &n->site, DROP_WORLD_END);
		}
}

void neigh_table_fini(struct node *n)
{
	neigh_end_run(n);
	for (uint32_t b = 0; b < n->neigh.size; b++)
		for (struct neigh *e = n->neigh.buckets[b], *next; e; e = next) {
			next = e->next;
			free(e);
		}
	free(n->neigh.buckets);
	n->neigh = (struct neigh_table){0};
}

static int compare(const void *a, const void *b)
{
	const struct neigh *x = *(struct neigh *const *)a, *y = *(struct neigh *const *)b;

	if (x->dev->link.index != y->dev->link.index)
		return x->dev->link.index < y->dev->link.index ? -1 : 1;
	return ipaddr_cmp(&x->addr, &y->addr);
}

uint32_t neigh_walk(struct node *n, void (*visit)(struct neigh *, void *), void *arg)
{
	struct neigh **all = nt_malloc((n->neigh.count + 1) * sizeof(struct neigh *));
	uint32_t count = 0;

	for (uint32_t b = 0; b < n->neigh.size; b++)
		for (struct neigh *e = n->neigh.buckets[b]; e; e = e->next)
			all[count++] = e;
	qsort(all, count, sizeof(struct neigh *), compare);
	for (uint32_t k = 0; k < count; k++)
		visit(all[k], arg);
	free(all);
	return count;
}
