/* The world that a scenario describes: nodes, interfaces, addresses, links, routes, names. */
#include <errno.h>

#include "ip/ip.h"
#include "ip/port.h"
#include "ip/route.h"
#include "process/host.h"
#include "process/names.h"
#include "topo/build/filter_build.h"
#include "topo/build/igp.h"
#include "topo/play/inject.h"
#include "topo/internet.h"
#include "topo/build/link_build.h"
#include "topo/build/ra_build.h"
#include "transport/socket.h"

struct internet_private {
	struct link_build *links;
	struct ra_build *ra;
	struct topo_dir (*dirs)[2]; /* of each link that was changed: as it is now; NULL: none was */
};

/* ---- nodes ---- */

/* 02:NN:NN:NN:II:II: node and interface by their place in the scenario, locally administered. */
static struct mac mac_made(uint32_t node, uint32_t iface)
{
	return mac_from_u64(UINT64_C(0x02) << 40 | (uint64_t)(node + 1) << 16 | iface);
}

static struct mac mac_of(const struct topo_node *t, uint32_t node, uint32_t iface)
{
	return t->ifaces[iface].has_mac ? t->ifaces[iface].mac : mac_made(node, iface);
}

static bool sysctl_put(struct node *n, const char *name, const char *value, struct place at,
		       GError **error)
{
	char why[160];

	if (node_sysctl_set(n, name, value, why, sizeof(why)) == 0)
		return true;
	place_error(error, at, "%s", why);
	return false;
}

static bool uses_ip6(const struct internet *in, const struct topo_node *t)
{
	for (uint32_t k = 0; k < t->n_ifaces; k++)
		if (t->ifaces[k].slaac)
			return true;
	for (uint32_t k = 0; k < t->n_ifaces; k++)
		for (uint32_t a = 0; a < t->ifaces[k].n_addrs; a++)
			if (!ipaddr_is4(&t->ifaces[k].addrs[a].ip))
				return true;
	return in->scenario->addressing.ipv6;
}

static bool set_sysctls(struct internet *in, const struct topo_node *t, struct node *n,
			GError **error)
{
	bool ok = true;

	if (t->kind == TOPO_ROUTER)
		ok = sysctl_put(n, "net.ipv4.ip_forward", "1", t->at, error) &&
		     sysctl_put(n, "net.ipv6.conf.all.forwarding", "1", t->at, error);
	/* Who says slaac on a router means it, as on the outside of a home router. */
	for (uint32_t k = 0; ok && t->kind == TOPO_ROUTER && k < t->n_ifaces; k++)
		if (t->ifaces[k].slaac)
			ok = sysctl_put(n, "net.ipv6.conf.all.accept_ra", "2", t->at, error);
	if (ok && !uses_ip6(in, t))
		ok = sysctl_put(n, "net.ipv6.conf.all.disable_ipv6", "1", t->at, error);
	for (uint32_t k = 0; ok && k < t->n_sysctls; k++)
		ok = sysctl_put(n, t->sysctls[k].def->name, t->sysctls[k].value, t->sysctls[k].at,
				error);
	return ok;
}

static bool build_host(struct internet *in, uint32_t index, GError **error)
{
	const struct topo_node *t = &in->scenario->nodes[index];
	struct built_node *b = &in->nodes[index];

	b->node = node_new(in->world, t->name);
	if (t->kind != TOPO_EXTERNAL)
		transport_attach(b->node);
	if (!set_sysctls(in, t, b->node, error))
		return false;
	for (uint32_t k = 0; k < t->n_ifaces; k++)
		b->ifaces[k] =
			&node_add_iface(b->node, t->ifaces[k].name, mac_of(t, index, k))->link;
	for (uint32_t k = 0; t->kind == TOPO_EXTERNAL && k < t->n_ifaces; k++)
		ip_port_make(ip_iface_of(b->ifaces[k]));
	if (!filter_build(t, b->node, error))
		return false;
	for (uint32_t k = 0; k < t->n_hosts; k++)
		host_add_name(b->node, t->hosts[k].name, &t->hosts[k].ip);
	if (!t->names)
		host_hide_names(b->node);
	return true;
}

static void build_switch(struct internet *in, uint32_t index)
{
	const struct topo_node *t = &in->scenario->nodes[index];
	struct built_node *b = &in->nodes[index];

	b->sw = switch_new(in->world, t->name, t->mac_table, t->ageing);
	for (uint32_t k = 0; k < t->n_ifaces; k++) {
		const struct topo_iface *i = &t->ifaces[k];
		struct switch_port_params port = {.vlan = SWITCH_VLAN_DEFAULT};

		if (i->port != TOPO_PORT_PLAIN)
			port.vlan = i->vlan;
		if (i->port == TOPO_PORT_TRUNK) {
			port.trunk = i->trunk;
			port.trunk_count = i->n_trunk;
		}
		b->ifaces[k] = switch_add_port(b->sw, i->name, mac_of(t, index, k), &port);
	}
}

static bool build_nodes(struct internet *in, GError **error)
{
	const struct scenario *s = in->scenario;

	in->nodes = g_new0(struct built_node, s->n_nodes + 1);
	for (uint32_t n = 0; n < s->n_nodes; n++) {
		in->nodes[n].ifaces = g_new0(struct iface *, s->nodes[n].n_ifaces + 1);
		if (s->nodes[n].kind == TOPO_SWITCH)
			build_switch(in, n);
		else if (!build_host(in, n, error))
			return false;
	}
	return true;
}

/* ---- links ---- */

static void build_links(struct internet *in)
{
	const struct scenario *s = in->scenario;

	in->links = g_new0(struct link *, s->n_links + 1);
	for (uint32_t k = 0; k < s->n_links; k++) {
		const struct topo_link *l = &s->links[k];
		struct iface *end[2];

		for (int e = 0; e < 2; e++) {
			uint32_t given = s->nodes[l->end[e].node].ifaces[l->end[e].iface].mtu;

			end[e] = in->nodes[l->end[e].node].ifaces[l->end[e].iface];
			end[e]->mtu = given ? given : l->dir[e].mtu;
		}
		in->links[k] = link_new(
			in->world, l->name, end[0], end[1],
			link_build_params(in->priv->links, &l->dir[0], l->dir[1].delay),
			link_build_params(in->priv->links, &l->dir[1], l->dir[0].delay));
	}
}

/* ---- addresses, routes, names ---- */

/*
 * Linux takes IPv6 off an interface whose MTU is below 1280. Who gave it an IPv6 address there is told;
 * one that was only made is not given.
 */
static bool can_have(const struct internet *in, uint32_t node, uint32_t k, const struct ipaddr *addr,
		     bool *skip, GError **error)
{
	const struct topo_iface *t = &in->scenario->nodes[node].ifaces[k];
	uint32_t mtu = in->nodes[node].ifaces[k]->mtu;

	*skip = !ipaddr_is4(addr) && mtu < IP6_MIN_MTU;
	for (uint32_t g = 0; *skip && g < t->n_addrs; g++)
		if (ipaddr_eq(&t->addrs[g].ip, addr)) {
			place_error(error, t->addrs[g].at,
				    "an IPv6 address on '%s' of '%s', whose MTU is %u; IPv6 needs at "
				    "least %d",
				    t->name, in->scenario->nodes[node].name, mtu, IP6_MIN_MTU);
			return false;
		}
	return true;
}

static bool give_addresses(struct internet *in, const struct segments *g,
			   const struct addresses *a, GError **error)
{
	for (uint32_t i = 0; i < g->n_ifaces; i++) {
		uint32_t node = g->node_of[i], k = i - g->iface_base[node];
		const struct topo_iface *t = segments_iface(g, i);

		if (!in->nodes[node].node)
			continue;
		if (in->nodes[node].ifaces[k]->mtu < IP6_MIN_MTU)
			ip_iface_without_ip6(ip_iface_of(in->nodes[node].ifaces[k]));
		for (uint32_t at = a->start[i]; at < a->start[i + 1]; at++) {
			bool skip;

			if (!can_have(in, node, k, &a->addrs[at].ip, &skip, error))
				return false;
			if (!skip && ip_addr_add(ip_iface_of(in->nodes[node].ifaces[k]), &a->addrs[at].ip,
					a->addrs[at].len) != 0) {
				char text[IPADDR_TEXT];

				place_error(error, t->at, "'%s' has the address %s already",
					    in->scenario->nodes[node].name,
					    ipaddr_format(text, sizeof(text), &a->addrs[at].ip));
				return false;
			}
		}
	}
	return true;
}

static enum route_type route_type_of(enum topo_route_kind k)
{
	switch (k) {
	case TOPO_ROUTE_UNREACHABLE:
		return ROUTE_UNREACHABLE;
	case TOPO_ROUTE_PROHIBIT:
		return ROUTE_PROHIBIT;
	case TOPO_ROUTE_BLACKHOLE:
		return ROUTE_BLACKHOLE;
	default:
		return ROUTE_UNICAST;
	}
}

static bool route_check(int err, const struct ipaddr *gateway, const char *node, struct place at,
			GError **error)
{
	char text[IPADDR_TEXT];

	if (err == 0)
		return true;
	if (err == -EEXIST)
		place_error(error, at, "'%s' has that route already", node);
	else
		place_error(error, at,
			    "gateway %s is on no network of '%s'; expected a neighbour's address",
			    ipaddr_format(text, sizeof(text), gateway), node);
	return false;
}

static bool add_gateway(struct internet *in, uint32_t index, const struct topo_gateway *gw,
			GError **error)
{
	struct prefix all = {.addr = ipaddr_is4(&gw->ip) ? ipaddr_any4 : ipaddr_any6,
			     .len = ipaddr_is4(&gw->ip) ? IPADDR_V4_BITS : 0};

	return route_check(route_add(in->nodes[index].node, &all, ROUTE_UNICAST, &gw->ip, NULL, 0,
				     0, ROUTE_STATIC),
			   &gw->ip, in->scenario->nodes[index].name, gw->at, error);
}

static bool add_route(struct internet *in, uint32_t index, const struct topo_route *r,
		      GError **error)
{
	struct node *n = in->nodes[index].node;
	struct ip_iface *dev = r->dev ? node_iface_find(n, r->dev) : NULL;
	int err = route_add(n, &r->dst, route_type_of(r->kind), r->has_via ? &r->via : NULL, dev,
			    r->metric, r->mtu, ROUTE_STATIC);

	if (!err && r->initcwnd)
		route_set_initcwnd(n, &r->dst, r->metric, (uint16_t)r->initcwnd);
	return route_check(err, &r->via, in->scenario->nodes[index].name, r->at, error);
}

static bool add_routes(struct internet *in, GError **error)
{
	const struct scenario *s = in->scenario;

	for (uint32_t n = 0; n < s->n_nodes; n++) {
		const struct topo_node *t = &s->nodes[n];

		if (t->kind == TOPO_SWITCH)
			continue;
		for (uint32_t k = 0; k < t->n_gateways; k++)
			if (!add_gateway(in, n, &t->gateways[k], error))
				return false;
		for (uint32_t k = 0; k < t->n_routes; k++)
			if (!add_route(in, n, &t->routes[k], error))
				return false;
	}
	return true;
}

/* A name means all addresses of its node but the link-local ones, IPv4 first. */
static void add_names(struct internet *in)
{
	const struct scenario *s = in->scenario;

	for (uint32_t n = 0; n < s->n_nodes; n++)
		for (int ip4 = 1; in->nodes[n].node && ip4 >= 0; ip4--)
			for (struct ip_iface *i = in->nodes[n].node->ifaces; i;
			     i = ip_iface_next(i))
				for (struct ip_addr *a = i->addrs; a; a = a->next)
					if (ipaddr_is4(&a->addr) == ip4 &&
					    (ip4 || !ipaddr_is_linklocal(&a->addr)))
						names_add(in->names, s->nodes[n].name, &a->addr);
}

/* ---- the whole ---- */

struct internet *internet_new(const struct scenario *s, GError **error)
{
	struct internet *in = g_new0(struct internet, 1);
	struct segments *g = segments_new(s);
	struct addresses *a = addresses_new(g, error);

	in->scenario = s;
	in->world = world_new(s->seed);
	in->priv = g_new0(struct internet_private, 1);
	in->priv->links = link_build_new();
	in->names = names_new();
	bool ok = a && build_nodes(in, error);
	if (ok) {
		build_links(in);
		ok = give_addresses(in, g, a, error) && add_routes(in, error);
	}
	if (ok) {
		igp_converge(in, g, a);
		add_names(in);
		ok = ra_build_all(in, &in->priv->ra, error);
	}
	if (ok) {
		in->processes = processes_new(in->world, in->names);
		in->injections = injections_new(in);
	} else {
		internet_free(in);
		in = NULL;
	}
	addresses_free(a);
	segments_free(g);
	return in;
}

void internet_free(struct internet *in)
{
	if (!in)
		return;
	const struct scenario *s = in->scenario;

	if (in->processes)
		processes_free(in->processes);
	injections_free(in->injections);
	for (uint32_t k = 0; in->links && k < s->n_links; k++)
		if (in->links[k])
			link_free(in->links[k]);
	for (uint32_t n = 0; in->nodes && n < s->n_nodes; n++) {
		if (in->nodes[n].node) {
			transport_free(in->nodes[n].node);
			host_free(in->nodes[n].node);
			node_free(in->nodes[n].node);
		}
		if (in->nodes[n].sw)
			switch_free(in->nodes[n].sw);
		g_free(in->nodes[n].ifaces);
	}
	ra_build_free(in->priv->ra);
	names_free(in->names);
	world_free(in->world);
	link_build_free(in->priv->links);
	g_free(in->priv->dirs);
	g_free(in->priv);
	g_free(in->nodes);
	g_free(in->links);
	g_free(in);
}

void internet_change_link(struct internet *in, uint32_t link, int direction,
			  const struct topo_dir *change)
{
	const struct scenario *s = in->scenario;
	struct internet_private *priv = in->priv;

	if (!priv->dirs) {
		priv->dirs = g_malloc_n(s->n_links, sizeof(*priv->dirs));
		for (uint32_t k = 0; k < s->n_links; k++)
			for (int d = 0; d < 2; d++)
				priv->dirs[k][d] = s->links[k].dir[d];
	}
	struct topo_dir *dir = priv->dirs[link];

	topo_dir_change(&dir[direction], change);
	/* The delay of one direction is part of the other's bandwidth-delay product. */
	for (int d = 0; d < 2; d++)
		link_set_params(in->links[link], d,
				link_build_params(priv->links, &dir[d], dir[!d].delay));
}

void internet_set_node_up(struct internet *in, uint32_t node, bool up)
{
	struct built_node *b = &in->nodes[node];

	if (b->sw) {
		switch_set_up(b->sw, up);
		return;
	}
	node_set_up(b->node, up);
	if (!up)
		processes_kill_node(in->processes, b->node);
}

void internet_set_iface_up(struct internet *in, uint32_t node, uint32_t iface, bool up)
{
	struct built_node *b = &in->nodes[node];

	if (b->node)
		ip_iface_set_up(ip_iface_of(b->ifaces[iface]), up);
	else
		b->ifaces[iface]->up = up;
}

void internet_set_iface_ra(struct internet *in, uint32_t node, uint32_t iface, const struct topo_ra *ra)
{
	ra_build_change(in, node, iface, ra);
}
