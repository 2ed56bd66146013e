#include "ip/neigh.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "ip/hook.h"
#include "ip/icmp.h"
#include "ip/ip.h"
#include "wire/eth.h"

#define TABLE_MIN 8
#define GC_UNUSED vtime_s(5) /* Linux's neigh_forced_gc: not touched for five seconds */

static inline const struct sysctl_neigh *knobs(const struct node *n, const struct neigh *e)
{
	return ipaddr_is4(&e->addr) ? &n->sysctl->neigh4 : &n->sysctl->neigh6;
}

static inline struct sched *sched_of(const struct node *n)
{
	return &node_world(n)->sched;
}

/* ---- the table ---- */

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

static struct packet *take_waiting(struct neigh *e)
{
	struct packet *p = e->head;

	if (p) {
		e->head = p->next;
		if (!e->head)
			e->tail = NULL;
		p->next = NULL;
		e->waiting_bytes -= packet_len(p);
	}
	return p;
}

static void neigh_free(struct node *n, struct neigh *e, enum drop_reason why)
{
	struct packet *p;

	while ((p = take_waiting(e)))
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
	       (s == NEIGH_FAILED || s == NEIGH_STALE || s == NEIGH_REACHABLE) &&
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

void neigh_end_run(struct node *n)
{
	for (uint32_t b = 0; b < n->neigh.size; b++)
		for (struct neigh *e = n->neigh.buckets[b]; e; e = e->next) {
			struct packet *p;

			event_cancel(sched_of(n), &e->timer);
			while ((p = take_waiting(e)))
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

/* ---- the state machine ---- */

static vtime reachable_time(struct node *n, struct neigh *e)
{
	bool ip4 = ipaddr_is4(&e->addr);
	uint32_t *ms = &e->dev->reachable_ms[!ip4];

	/* Uniform between half and one and a half of the base (RFC 4861 6.3.2). */
	if (*ms == 0) {
		uint32_t base = (uint32_t)knobs(n, e)->base_reachable_time_ms;

		*ms = base / 2 + (base ? rng_below(&n->rng, base) : 0) + 1;
	}
	return vtime_ms(*ms);
}

static void enter(struct node *n, struct neigh *e, enum neigh_state s)
{
	e->state = (uint8_t)s;
	e->updated = node_now(n);
	e->fresh_until = vtime_ns(-1);
	if (s == NEIGH_REACHABLE) {
		e->confirmed = node_now(n);
		e->fresh_until = vtime_add(node_now(n), reachable_time(n, e));
	} else if (s == NEIGH_PERMANENT) {
		e->fresh_until = VTIME_NEVER;
	}
	if (s != NEIGH_INCOMPLETE && s != NEIGH_DELAY && s != NEIGH_PROBE)
		event_cancel(sched_of(n), &e->timer);
}

enum neigh_state neigh_state_now(const struct node *n, struct neigh *e)
{
	if (e->state == NEIGH_REACHABLE && vtime_before(e->fresh_until, node_now(n)))
		e->state = NEIGH_STALE;
	return e->state;
}

static void solicit(struct node *n, struct neigh *e, bool unicast)
{
	e->probes++;
	event_arm(sched_of(n), &e->timer,
		  vtime_add(node_now(n), vtime_ms(knobs(n, e)->retrans_time_ms)));
	if (ipaddr_is4(&e->addr))
		arp_solicit(n, e, unicast, e->head);
	else
		nd_solicit(n, e, unicast, e->head);
}

static void fail(struct node *n, struct neigh *e)
{
	uint8_t tries = e->probes;
	struct packet *p;

	enter(n, e, NEIGH_FAILED);
	while ((p = take_waiting(e))) {
		if (n->hooks)
			n->hooks->undo(n, p);
		icmp_error(n, p, ICMP_HOST_UNREACHABLE, 0);
		packet_drop_detail(p, &n->site, DROP_NEIGH_FAILED, tries);
	}
}

static void timer_fire(struct event *timer)
{
	struct neigh *e = container_of(timer, struct neigh, timer);
	struct node *n = e->dev->node;

	switch (e->state) {
	case NEIGH_INCOMPLETE:
		if (e->probes >= knobs(n, e)->mcast_solicit)
			fail(n, e);
		else
			solicit(n, e, false);
		break;
	case NEIGH_DELAY:
		enter(n, e, NEIGH_PROBE);
		e->probes = 0;
		solicit(n, e, true);
		break;
	case NEIGH_PROBE:
		if (e->probes >= knobs(n, e)->ucast_solicit)
			fail(n, e);
		else
			solicit(n, e, true);
		break;
	default:
		break;
	}
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
	event_init(&e->timer, timer_fire);
	struct neigh **at = &t->buckets[bucket_of(t, dev, addr)];
	e->next = *at;
	*at = e;
	t->count++;
	t->of_family[ip4]++;
	return e;
}

/* ---- packets ---- */

static void transmit(struct neigh *e, struct packet *p)
{
	e->used = node_now(e->dev->node);
	ether_output(e->dev, p, e->mac, ipaddr_is4(&e->addr) ? ETH_TYPE_IPV4 : ETH_TYPE_IPV6);
}

static void wait(struct node *n, struct neigh *e, struct packet *p)
{
	uint64_t most = (uint64_t)knobs(n, e)->unres_qlen_bytes;

	while (e->head && e->waiting_bytes + packet_len(p) > most)
		packet_drop_detail(take_waiting(e), &n->site, DROP_NEIGH_QUEUE_FULL, most);
	p->next = NULL;
	if (e->tail)
		e->tail->next = p;
	else
		e->head = p;
	e->tail = p;
	e->waiting_bytes += packet_len(p);
}

void neigh_output(struct node *n, struct neigh *e, struct packet *p)
{
	switch (neigh_state_now(n, e)) {
	case NEIGH_NONE:
	case NEIGH_FAILED:
		wait(n, e, p);
		enter(n, e, NEIGH_INCOMPLETE);
		e->probes = 0;
		solicit(n, e, false);
		break;
	case NEIGH_INCOMPLETE:
		wait(n, e, p);
		break;
	case NEIGH_STALE:
		/* RFC 4861 7.3.3: go on with the old address, ask in a while if nothing proves it. */
		enter(n, e, NEIGH_DELAY);
		event_arm(sched_of(n), &e->timer,
			  vtime_add(node_now(n), vtime_s(knobs(n, e)->delay_first_probe_time)));
		transmit(e, p);
		break;
	default:
		transmit(e, p);
	}
}

void neigh_learn(struct node *n, struct neigh *e, const struct mac *mac, enum neigh_news news,
		 bool override)
{
	enum neigh_state s = neigh_state_now(n, e);
	bool known = s != NEIGH_NONE && s != NEIGH_INCOMPLETE && s != NEIGH_FAILED;
	bool same = known && mac_eq(&e->mac, mac);

	if (s == NEIGH_PERMANENT)
		return;
	if (known && !same && !override) { /* RFC 4861 7.2.5: doubt, but do not believe */
		if (s == NEIGH_REACHABLE)
			enter(n, e, NEIGH_STALE);
		return;
	}
	e->mac = *mac;
	/* Being overheard proves nothing about the way there: it leaves a known entry as it is. */
	if (news == NEIGH_ANSWERED)
		enter(n, e, NEIGH_REACHABLE);
	else if (!same)
		enter(n, e, NEIGH_STALE);
	for (struct packet *p; (p = take_waiting(e));)
		neigh_output(n, e, p);
}

void neigh_confirm(struct node *n, struct neigh *e)
{
	enum neigh_state s = neigh_state_now(n, e);

	if (s == NEIGH_REACHABLE || s == NEIGH_STALE || s == NEIGH_DELAY || s == NEIGH_PROBE)
		enter(n, e, NEIGH_REACHABLE);
}

/* ---- for people ---- */

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

const char *neigh_state_name(enum neigh_state s)
{
	static const char *const names[] = {"NONE",  "INCOMPLETE", "REACHABLE", "STALE",
					    "DELAY", "PROBE",	   "FAILED",	"PERMANENT"};

	return names[s];
}
