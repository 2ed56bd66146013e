/* Autoconfiguration of an interface: when it begins and ends, and what ends by the clock. */
#include "ip/autoconf/slaac.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "ip/autoconf/slaac_int.h"

static void forget(struct slaac *s)
{
	slaac_solicit_end(s);
	while (s->addrs)
		slaac_addr_remove(s->addrs);
	while (s->routes)
		slaac_route_remove(s, s->routes);
	if (s->n_servers && s->told)
		s->told->servers(s->told, s->iface, NULL, 0);
	s->n_servers = 0;
	s->mtu = 0;
	event_cancel(slaac_sched(s), &s->clock);
}

static void look(struct slaac *s)
{
	bool up = s->iface->node->up && s->iface->link.up && !s->iface->node->sysctl->ip6_disable;
	bool running = up && iface_running(&s->iface->link);
	bool came = running && !s->running;

	s->running = running;
	if (s->up && !up)
		forget(s);
	if (running && !s->addrs)
		slaac_addr_begin(s);
	else if (came) /* RFC 4861 6.3.7: perhaps to another link */
		slaac_solicit_begin(s);
	s->up = up;
}

static void changed(struct iface_watch *w)
{
	look(container_of(w, struct slaac, watch));
}

struct slaac *slaac_of(const struct ip_iface *i)
{
	struct iface_watch *w = i->link.watches;

	while (w && w->changed != changed)
		w = w->next;
	return w ? container_of(w, struct slaac, watch) : NULL;
}

void slaac_changed(struct ip_iface *i)
{
	struct slaac *s = slaac_of(i);

	if (s)
		look(s);
}

static vtime earliest(const struct slaac *s)
{
	vtime at = VTIME_NEVER;

	for (const struct slaac_addr *a = s->addrs; a; a = a->next)
		at = vtime_min(vtime_min(at, slaac_temp_due(a)),
			       a->addr->flags & IP_ADDR_DEPRECATED
				       ? a->life.valid
				       : vtime_min(a->life.valid, a->life.preferred));
	for (const struct slaac_route *r = s->routes; r; r = r->next)
		at = vtime_min(at, r->expires);
	for (uint32_t k = 0; k < s->n_servers; k++)
		at = vtime_min(at, s->servers[k].expires);
	return at;
}

void slaac_clock(struct slaac *s)
{
	vtime at = earliest(s);

	if (at.ns == VTIME_NEVER.ns)
		event_cancel(slaac_sched(s), &s->clock);
	else
		event_arm(slaac_sched(s), &s->clock, at);
}

static void clock_fire(struct event *e)
{
	struct slaac *s = container_of(e, struct slaac, clock);
	vtime now = slaac_now(s);

	for (struct slaac_addr *a = s->addrs, *next; a; a = next) {
		next = a->next;
		slaac_addr_age(a);
	}
	for (struct slaac_route *r = s->routes, *next; r; r = next) {
		next = r->next;
		if (!vtime_before(now, r->expires))
			slaac_route_remove(s, r);
	}
	slaac_temp_age(s);
	slaac_servers_age(s);
	slaac_clock(s);
}

void slaac_start(struct ip_iface *i, struct slaac_watch *watch)
{
	struct slaac *s = nt_calloc(1, sizeof(*s));

	s->watch.changed = changed;
	s->iface = i;
	s->told = watch;
	for (int k = 0; k < 2; k++)
		s->secret[k] = rng_u64(&i->node->rng);
	event_init(&s->clock, clock_fire);
	slaac_solicit_init(s);
	iface_watch_add(&i->link, &s->watch);
	ip_iface_without_ip6(i);
	look(s);
}

void slaac_free(struct ip_iface *i)
{
	struct slaac *s = slaac_of(i);

	if (!s)
		return;
	s->told = NULL;
	forget(s);
	iface_watch_remove(&i->link, &s->watch);
	free(s);
}
