#include "ip/route.h"

#include <errno.h>
#include <stdlib.h>

#include "core/alloc.h"

/* The connected network of an interface that is up, on which the gateway lies. */
static struct ip_iface *gateway_dev(const struct node *n, const struct ipaddr *gateway)
{
	for (struct ip_iface *i = n->ifaces; i; i = ip_iface_next(i))
		for (struct ip_addr *a = i->addrs; a; a = a->next) {
			struct prefix net = prefix_make(&a->addr, a->len);

			if (prefix_contains(&net, gateway) && !ipaddr_eq(&a->addr, gateway))
				return i;
		}
	return NULL;
}

int route_add(struct node *n, const struct prefix *dst, enum route_type type,
	      const struct ipaddr *gateway, struct ip_iface *dev, uint32_t metric, uint32_t mtu,
	      enum route_proto proto)
{
	if (gateway && !dev && !(dev = gateway_dev(n, gateway)))
		return -ENETUNREACH;
	struct route *r = nt_calloc(1, sizeof(*r));
	r->dst = *dst;
	r->type = (uint8_t)type;
	r->proto = (uint8_t)proto;
	r->metric = metric;
	r->mtu = mtu;
	r->dev = dev;
	if (gateway)
		r->gateway = *gateway;
	if (!fib_add(&n->fib, r)) {
		free(r);
		return -EEXIST;
	}
	route_cache_flush(n);
	return 0;
}

int route_remove(struct node *n, const struct prefix *dst, const struct ipaddr *gateway,
		 const struct ip_iface *dev, uint32_t metric)
{
	struct route *r = fib_remove(&n->fib, dst, metric);

	if (!r)
		return -ESRCH;
	if ((gateway && !ipaddr_eq(gateway, &r->gateway)) || (dev && dev != r->dev)) {
		fib_add(&n->fib, r);
		return -ESRCH;
	}
	free(r);
	route_cache_flush(n);
	return 0;
}

struct over {
	const struct ip_iface *dev;
	bool ipv4;
	struct route *found;
};

static void find_over(struct route *r, void *arg)
{
	struct over *o = arg;

	if (!o->found && r->dev == o->dev && ipaddr_is4(&r->dst.addr) == o->ipv4)
		o->found = r;
}

void route_remove_dev(struct node *n, const struct ip_iface *dev, bool ipv4)
{
	struct over o = {.dev = dev, .ipv4 = ipv4};

	for (;;) {
		o.found = NULL;
		fib_walk(&n->fib, find_over, &o);
		if (!o.found)
			break;
		free(fib_remove(&n->fib, &o.found->dst, o.found->metric));
	}
	route_cache_flush(n);
}

void route_set_initcwnd(struct node *n, const struct prefix *dst, uint32_t metric,
			uint16_t segments)
{
	struct route *r = fib_remove(&n->fib, dst, metric);

	r->initcwnd = segments;
	fib_add(&n->fib, r);
	route_cache_flush(n);
}

/* The directed broadcast of a network with more than two addresses (RFC 922, RFC 3021). */
static bool is_broadcast(const struct route *r, const struct ipaddr *dst)
{
	if (r->proto != ROUTE_KERNEL || r->type != ROUTE_UNICAST || r->dst.len >= IPADDR_BITS - 1 ||
	    !ipaddr_is4(dst))
		return false;
	struct ipaddr last = prefix_last(&r->dst);
	return ipaddr_eq(dst, &last);
}

/* Entries, a power of two: a host has few routes, so what it misses is found soon. */
#define CACHE_ROUTER 256
#define CACHE_HOST 16

static void cache_make(struct node *n)
{
	bool forwards = n->sysctl->ip_forward || n->sysctl->ip6_forwarding;
	uint32_t size = forwards ? CACHE_ROUTER : CACHE_HOST;

	n->cache = nt_calloc(1, sizeof(*n->cache) + size * sizeof(n->cache->entries[0]));
	n->cache->mask = size - 1;
	/* Generation 0 marks an entry that was never filled: nodes start at 1 here. */
	n->generation++;
}

struct route_entry *route_lookup(struct node *n, const struct ipaddr *dst)
{
	if (__builtin_expect(!n->cache, 0))
		cache_make(n);
	struct route_entry *e = &n->cache->entries[ipaddr_hash(dst) & n->cache->mask];

	if (__builtin_expect(e->generation != n->generation || !ipaddr_eq(&e->dst, dst), 0)) {
		e->dst = *dst;
		e->generation = n->generation;
		e->route = fib_lookup(&n->fib, dst);
		e->type = e->route ? e->route->type : ROUTE_NONE;
		if (e->type == ROUTE_UNICAST && is_broadcast(e->route, dst))
			e->type = ROUTE_BROADCAST;
		e->neigh = NULL;
	}
	return e;
}
