#include "topo/build/hint.h"

#include <string.h>

#include "topo/build/address.h"

struct work {
	const struct segments *g;
	const struct addresses *a;
	GError **hints;
};

static const struct topo_node *owner(const struct segments *g, uint32_t iface)
{
	return &g->scenario->nodes[g->node_of[iface]];
}

/* ---- DHCP without a server ---- */

static bool starts_dhcpd(const struct topo_command *c)
{
	return c->argc && !strcmp(c->argv[0], "dhcpd");
}

static bool node_serves(const struct scenario *s, uint32_t node)
{
	for (uint32_t k = 0; k < s->nodes[node].n_services; k++)
		if (starts_dhcpd(&s->nodes[node].services[k]))
			return true;
	for (uint32_t k = 0; k < s->n_steps; k++)
		for (uint32_t i = 0; i < s->steps[k].n_nodes; i++)
			if (s->steps[k].kind == TOPO_STEP_DO && s->steps[k].nodes[i] == node &&
			    starts_dhcpd(&s->steps[k].commands[i]))
				return true;
	return false;
}

/* Whether anybody on the segment answers; a program at an external node may. */
static bool segment_serves(const struct segments *g, uint32_t segment)
{
	for (uint32_t m = g->member_start[segment]; m < g->member_start[segment + 1]; m++) {
		uint32_t iface = g->members[m];

		if (segments_iface(g, iface)->dhcp || owner(g, iface)->kind == TOPO_EXTERNAL ||
		    node_serves(g->scenario, g->node_of[iface]))
			return true;
	}
	return false;
}

static void segment_dhcp(const struct work *w, uint32_t segment)
{
	const struct segments *g = w->g;
	bool asked = false;

	for (uint32_t m = g->member_start[segment]; m < g->member_start[segment + 1]; m++) {
		const struct topo_iface *i = segments_iface(g, g->members[m]);

		if (!i->dhcp_client)
			continue;
		if (!asked && segment_serves(g, segment))
			return;
		asked = true;
		place_error(w->hints, i->at, "hint: '%s' of '%s' waits for DHCP, and nobody on that link "
			    "gives addresses; 'dhcp: true' at an interface there does", i->name,
			    owner(g, g->members[m])->name);
	}
}

/* ---- addresses that share a network with nobody ---- */

/* Whether the neighbour sees the address as one of its link, or is seen so. */
static bool shares(const struct work *w, uint32_t neighbour, const struct topo_addr *addr, bool *others)
{
	struct prefix net = prefix_make(&addr->ip, addr->len);

	for (uint32_t k = w->a->start[neighbour]; k < w->a->start[neighbour + 1]; k++) {
		const struct iface_addr *b = &w->a->addrs[k];
		struct prefix its = prefix_make(&b->ip, b->len);

		if (ipaddr_is4(&b->ip) != ipaddr_is4(&addr->ip) || ipaddr_is_linklocal(&b->ip))
			continue;
		*others = true;
		if (prefix_contains(&net, &b->ip) || prefix_contains(&its, &addr->ip))
			return true;
	}
	return false;
}

/* Somebody on the segment gets addresses of that family later, nobody knows which. */
static bool segment_waits(const struct segments *g, uint32_t segment, bool ip4)
{
	for (uint32_t m = g->member_start[segment]; m < g->member_start[segment + 1]; m++) {
		const struct topo_iface *i = segments_iface(g, g->members[m]);

		if (ip4 ? i->dhcp_client : i->slaac)
			return true;
	}
	return false;
}

/* A route by an interface alone says that what it leads to is on the link. */
static bool has_device_route(const struct topo_node *n)
{
	for (uint32_t k = 0; k < n->n_routes; k++)
		if (n->routes[k].dev && !n->routes[k].has_via)
			return true;
	return false;
}

/* The addresses of one family that an interface was given: one that others share is enough. */
static void addresses_alone(const struct work *w, uint32_t iface, bool ip4)
{
	const struct segments *g = w->g;
	uint32_t segment = g->segment_of[iface];
	const struct topo_iface *t = segments_iface(g, iface);
	const struct topo_addr *first = NULL;
	char text[IPADDR_TEXT];
	bool others = false;

	for (uint32_t k = 0; k < t->n_addrs; k++) {
		const struct topo_addr *addr = &t->addrs[k];

		if (ipaddr_is4(&addr->ip) != ip4 || ipaddr_is_linklocal(&addr->ip))
			continue;
		if (addr->len == IPADDR_BITS)
			return;
		if (!first)
			first = addr;
		for (uint32_t m = g->member_start[segment]; m < g->member_start[segment + 1]; m++)
			if (g->members[m] != iface && shares(w, g->members[m], addr, &others))
				return;
	}
	if (first && others && !segment_waits(g, segment, ip4) && !has_device_route(owner(g, iface)))
		place_error(w->hints, first->at, "hint: '%s' has %s/%u and is in no network with anybody on "
			    "its link", owner(g, iface)->name,
			    ipaddr_format(text, sizeof(text), &first->ip),
			    first->len - (ip4 ? IPADDR_V4_BITS : 0u));
}

char *hints_find(const struct scenario *s, hint_arguments_fn arguments)
{
	struct segments *g = segments_new(s);
	struct addresses *a = addresses_new(g, NULL);
	GError *hints = NULL;
	struct work w = {g, a, &hints};
	char *text = NULL;

	for (uint32_t k = 0; k < g->n_segments; k++)
		segment_dhcp(&w, k);
	for (uint32_t i = 0; a && i < g->n_ifaces; i++)
		if (g->segment_of[i] != TOPO_NONE)
			for (int ip4 = 1; ip4 >= 0; ip4--)
				addresses_alone(&w, i, ip4);
	hint_ways(g, arguments, &hints);
	if (hints)
		text = g_strdup(hints->message);
	g_clear_error(&hints);
	addresses_free(a);
	segments_free(g);
	return text;
}
