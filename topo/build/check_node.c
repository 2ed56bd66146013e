#include "topo/read/read.h"

#include <string.h>

/*
 * What can be known of a node once the links are: which interface `address:`
 * means, that no declared interface hangs in the air, that routes leave through
 * an interface that exists.
 */

static uint32_t links_of(const struct topo_node *node, uint32_t *last)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < node->n_ifaces; i++)
		if (node->ifaces[i].link != TOPO_NONE) {
			*last = i;
			n++;
		}
	return n;
}

static bool own_addresses(struct reader *r, struct topo_node *node, const struct own_addrs *own)
{
	uint32_t iface = 0, links;

	if (!own->n && !own->dhcp && !own->slaac)
		return true;
	links = links_of(node, &iface);
	if (links != 1) {
		place_error(r->error, own->at, "'%s' has %u links; expected one, or the address at one of "
			    "its 'interfaces'", node->name, links);
		return false;
	}
	if (node->ifaces[iface].n_addrs || node->ifaces[iface].dhcp_client || node->ifaces[iface].slaac) {
		place_error(r->error, own->at, "'%s' has an address here and at its interface '%s'; "
			    "expected one of them", node->name, node->ifaces[iface].name);
		return false;
	}
	read_own_addrs(&node->ifaces[iface], own);
	if (own->slaac && node->ifaces[iface].ra) {
		place_error(r->error, own->at, "'%s' has its address from router advertisements and cannot "
			    "send them; expected an address of its own", node->ifaces[iface].name);
		return false;
	}
	if (own->dhcp && node->ifaces[iface].dhcp) {
		place_error(r->error, own->at, "'%s' has its address from DHCP and cannot give others; "
			    "expected an address of its own", node->ifaces[iface].name);
		return false;
	}
	return true;
}

/* lo, lo1, dummy0 ... need no link: they hold addresses that are always up. */
static bool stands_alone(const char *name)
{
	return !strncmp(name, "lo", 2) || !strncmp(name, "dummy", 5);
}

static bool interfaces_linked(struct reader *r, const struct topo_node *node)
{
	bool ok = true;

	for (uint32_t i = 0; i < node->n_ifaces; i++) {
		const struct topo_iface *iface = &node->ifaces[i];
		struct nearest nearest = nearest_to(iface->name);

		if (iface->link != TOPO_NONE || stands_alone(iface->name))
			continue;
		for (uint32_t k = 0; k < node->n_ifaces; k++)
			if (node->ifaces[k].link != TOPO_NONE)
				nearest_try(&nearest, node->ifaces[k].name);
		place_error(r->error, iface->at, "no link uses interface '%s' of '%s'%s", iface->name,
			    node->name, nearest_hint(&nearest));
		ok = false;
	}
	return ok;
}

static bool route_devices(struct reader *r, const struct topo_node *node)
{
	bool ok = true;

	for (uint32_t i = 0; i < node->n_routes; i++) {
		const struct topo_route *route = &node->routes[i];
		struct nearest nearest = nearest_to(route->dev ? route->dev : "");

		if (!route->dev || scenario_iface(node, route->dev) != TOPO_NONE)
			continue;
		for (uint32_t k = 0; k < node->n_ifaces; k++)
			nearest_try(&nearest, node->ifaces[k].name);
		place_error(r->error, route->at, "'%s' has no interface '%s'%s", node->name, route->dev,
			    nearest_hint(&nearest));
		ok = false;
	}
	return ok;
}

bool check_nodes(struct reader *r)
{
	bool ok = true;

	for (uint32_t i = 0; i < r->s->n_nodes; i++) {
		struct topo_node *node = &r->s->nodes[i];

		ok = own_addresses(r, node, &r->own[i]) && ok;
		ok = interfaces_linked(r, node) && ok;
		ok = route_devices(r, node) && ok;
	}
	return ok;
}
