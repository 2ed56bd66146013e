/*
 * Routes that advertisements bring: default routers with their preferences (RFC 4861 6.3.4, RFC
 * 4191), networks on the link, further routes. Of several routers the table has all, the best first:
 * reachable before unreachable (RFC 4861 6.3.6), then by preference, then who came first.
 */
#include <stdlib.h>

#include "core/alloc.h"
#include "ip/autoconf/slaac_int.h"

#define METRIC 1024 /* IP6_RT_PRIO_USER */

static uint8_t rank_of(const struct slaac_route *r)
{
	static const uint8_t ranks[] = {[ND_PREF_HIGH] = 1, [ND_PREF_MEDIUM] = 2, [ND_PREF_LOW] = 3};

	return (uint8_t)(ranks[r->preference] + (r->unreachable ? sizeof(ranks) : 0));
}

/* Where it belongs now. */
static void place(struct slaac *s, struct slaac_route *r)
{
	struct fib *fib = &s->iface->node->fib;
	uint8_t rank = rank_of(r);

	if (ipaddr_is_any(&r->route->gateway) || rank == r->route->rank)
		return;
	fib_take(fib, r->route);
	r->route->rank = rank;
	fib_add(fib, r->route);
	route_cache_flush(s->iface->node);
}

static struct slaac_route *find(struct slaac *s, const struct prefix *dst,
				const struct ipaddr *gateway)
{
	struct slaac_route *r = s->routes;

	while (r && (!prefix_eq(&r->route->dst, dst) || !ipaddr_eq(&r->route->gateway, gateway)))
		r = r->next;
	return r;
}

static struct slaac_route *make(struct slaac *s, const struct prefix *dst,
				const struct ipaddr *gateway, enum nd_preference preference)
{
	struct slaac_route *r, **end = &s->routes;
	bool on_link = ipaddr_is_any(gateway);

	if (s->n_routes >= (uint32_t)s->iface->node->sysctl->ip6_route_max_size)
		return NULL;
	r = nt_calloc(1, sizeof(*r));
	r->preference = preference;
	r->route = nt_calloc(1, sizeof(*r->route));
	*r->route = (struct route){.dst = *dst,
				   .type = ROUTE_UNICAST,
				   .proto = on_link ? ROUTE_KERNEL : ROUTE_RA,
				   .metric = on_link ? 0 : METRIC,
				   .rank = on_link ? 0 : rank_of(r),
				   .mtu = s->mtu,
				   .gateway = *gateway,
				   .dev = s->iface};
	if (!fib_add(&s->iface->node->fib, r->route)) { /* an address of ours brought it already */
		free(r->route);
		free(r);
		return NULL;
	}
	while (*end)
		end = &(*end)->next;
	*end = r;
	s->n_routes++;
	route_cache_flush(s->iface->node);
	return r;
}

void slaac_route_set(struct slaac *s, const struct prefix *dst, const struct ipaddr *gateway,
		     uint32_t seconds, enum nd_preference preference)
{
	static const struct ipaddr none;
	struct slaac_route *r = find(s, dst, gateway ? gateway : &none);

	if (!seconds) {
		if (r)
			slaac_route_remove(s, r);
		return;
	}
	if (!r && !(r = make(s, dst, gateway ? gateway : &none, preference)))
		return;
	r->expires = slaac_until(s, seconds);
	r->preference = preference;
	place(s, r);
}

void slaac_route_mtu(struct slaac *s)
{
	for (struct slaac_route *r = s->routes; r; r = r->next)
		r->route->mtu = s->mtu;
	route_cache_flush(s->iface->node);
}

void slaac_route_remove(struct slaac *s, struct slaac_route *r)
{
	struct slaac_route **at = &s->routes;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	s->n_routes--;
	fib_take(&s->iface->node->fib, r->route);
	route_cache_flush(s->iface->node);
	free(r->route);
	free(r);
}

static void set_reachable(struct slaac *s, const struct ipaddr *router, bool reachable)
{
	for (struct slaac_route *r = s->routes; r; r = r->next)
		if (ipaddr_eq(&r->route->gateway, router)) {
			r->unreachable = !reachable;
			place(s, r);
		}
}

void slaac_route_heard(struct slaac *s, const struct ipaddr *router)
{
	set_reachable(s, router, true);
}

void slaac_router_lost(struct ip_iface *i, const struct ipaddr *router)
{
	struct slaac *s = slaac_of(i);

	if (s)
		set_reachable(s, router, false);
}

void slaac_router_resigned(struct ip_iface *i, const struct ipaddr *router)
{
	struct slaac *s = slaac_of(i);

	for (struct slaac_route *r = s ? s->routes : NULL, *next; r; r = next) {
		next = r->next;
		if (ipaddr_eq(&r->route->gateway, router))
			slaac_route_remove(s, r);
	}
}

bool slaac_route_life(const struct route *route, vtime *expires, enum nd_preference *preference)
{
	const struct slaac *s = route->dev ? slaac_of(route->dev) : NULL;
	const struct slaac_route *r = s ? s->routes : NULL;

	while (r && r->route != route)
		r = r->next;
	if (!r)
		return false;
	*expires = r->expires;
	*preference = r->preference;
	return true;
}
