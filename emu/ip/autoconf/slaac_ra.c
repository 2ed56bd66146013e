/* A router advertisement (RFC 4861 6.3.4): what a host takes from it, piece by piece. */
#include <stdio.h>

#include "ip/ip.h"
#include "ip/neigh.h"
#include "ip/autoconf/slaac_int.h"

/* Where the node-wide knob says something else. */
static void set_knob(struct node *n, const char *name, int32_t now, uint32_t value)
{
	char text[16], why[100];

	if (value > INT32_MAX || (uint32_t)now == value)
		return;
	snprintf(text, sizeof(text), "%u", value);
	node_sysctl_set(n, name, text, why, sizeof(why));
}

static void take_knobs(struct slaac *s, const struct icmp6 *m)
{
	struct node *n = s->iface->node;
	const struct sysctls *is = n->sysctl;

	if (m->ra.hop_limit && m->ra.hop_limit >= slaac_conf(s)->accept_ra_min_hop_limit)
		set_knob(n, "net.ipv6.conf.all.hop_limit", is->ip6_hop_limit, m->ra.hop_limit);
	if (m->ra.retrans_ms)
		set_knob(n, "net.ipv6.neigh.default.retrans_time_ms",
			 n->sysctl->neigh6.retrans_time_ms, m->ra.retrans_ms);
	if (m->ra.reachable_ms &&
	    (uint32_t)n->sysctl->neigh6.base_reachable_time_ms != m->ra.reachable_ms) {
		set_knob(n, "net.ipv6.neigh.default.base_reachable_time_ms",
			 n->sysctl->neigh6.base_reachable_time_ms, m->ra.reachable_ms);
		s->iface->reachable_ms[1] = 0; /* drawn anew */
	}
}

static void take_prefix(struct slaac *s, const struct nd_opt *o)
{
	const struct prefix *prefix = &o->prefix.prefix;

	if (!slaac_conf(s)->accept_ra_pinfo || ipaddr_is_linklocal(&prefix->addr) ||
	    ipaddr_is_multicast(&prefix->addr))
		return;
	if (o->prefix.on_link && prefix->len)
		slaac_route_set(s, prefix, NULL, o->prefix.valid, ND_PREF_MEDIUM);
	if (o->prefix.autonomous && slaac_conf(s)->autoconf)
		slaac_addr_prefix(s, o);
}

static void take_mtu(struct slaac *s, uint32_t mtu)
{
	if (!slaac_conf(s)->accept_ra_mtu || mtu < IP6_MIN_MTU || mtu > s->iface->link.mtu)
		return;
	s->mtu = mtu < s->iface->link.mtu ? mtu : 0;
	slaac_route_mtu(s);
}

/* Nobody is a router for itself, whoever says so (accept_ra_from_local, which is 0 in Linux). */
static bool is_ours(const struct slaac *s, const struct ipaddr *router)
{
	return node_addr_find(s->iface->node, s->iface, router);
}

static void take_route(struct slaac *s, const struct ipaddr *router, const struct nd_opt *o)
{
	const struct sysctl_ip6_conf *conf = slaac_conf(s);
	const struct prefix *p = &o->route.prefix;

	if (is_ours(s, router) || p->len < conf->accept_ra_rt_info_min_plen || p->len > conf->accept_ra_rt_info_max_plen ||
	    (!p->len && !conf->accept_ra_defrtr))
		return;
	slaac_route_set(s, p, router, o->route.lifetime, o->route.preference);
}

static void take_option(struct slaac *s, const struct ipaddr *router, const struct nd_opt *o)
{
	switch (o->type) {
	case ND_OPT_PREFIX:
		take_prefix(s, o);
		break;
	case ND_OPT_LINK_MTU:
		take_mtu(s, o->mtu);
		break;
	case ND_OPT_ROUTE:
		take_route(s, router, o);
		break;
	case ND_OPT_RDNSS:
		slaac_servers_set(s, o);
		break;
	default:
		break;
	}
}

static void take_router(struct slaac *s, const struct ipaddr *router, const struct icmp6 *m)
{
	static const struct prefix everything = {.len = 0};
	const struct sysctl_ip6_conf *conf = slaac_conf(s);
	struct neigh *e;

	if (is_ours(s, router))
		return;
	e = neigh_get(s->iface->node, s->iface, router);
	if (e)
		e->router = true;
	if (conf->accept_ra_defrtr)
		slaac_route_set(s, &everything, router, m->ra.lifetime,
				conf->accept_ra_rtr_pref ? m->ra.preference : ND_PREF_MEDIUM);
}

bool slaac_advertised(struct ip_iface *i, const struct ipaddr *router, const struct icmp6 *m,
		      const uint8_t *opts, size_t opts_len)
{
	struct rcursor c = rcursor_make(opts, opts_len);
	struct slaac *s = slaac_of(i);
	struct nd_opt o;

	if (!s || !slaac_listens(s))
		return false;
	s->heard = true;
	slaac_solicit_end(s);
	take_router(s, router, m);
	take_knobs(s, m);
	while (nd_opt_next(&c, &o) == ND_OPT_ONE)
		if (!o.malformed)
			take_option(s, router, &o);
	slaac_route_heard(s, router);
	slaac_clock(s);
	return true;
}
