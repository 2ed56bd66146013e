#include "topo/read/read.h"

#include <string.h>

#include "topo/topo_filter.h"

/*
 * What can be known of a node once the links are: which interface `address:`
 * means, that no declared interface hangs in the air, that routes, NAT and firewall
 * are of interfaces that exist.
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

static bool iface_there(struct reader *r, const struct topo_node *node, const char *name,
			struct place at)
{
	if (!name || scenario_iface(node, name) != TOPO_NONE)
		return true;
	place_error(r->error, at, "'%s' has no interface '%s'%s", node->name, name,
		    read_iface_hint(r, node, name));
	return false;
}

static bool route_devices(struct reader *r, const struct topo_node *node)
{
	bool ok = true;

	for (uint32_t i = 0; i < node->n_routes; i++)
		ok = iface_there(r, node, node->routes[i].dev, node->routes[i].at) && ok;
	return ok;
}

static bool filter_devices(struct reader *r, const struct topo_node *node)
{
	bool ok = true;

	for (uint32_t i = 0; node->nat && i < node->nat->n_outside; i++)
		ok = iface_there(r, node, node->nat->outside[i].name, node->nat->outside[i].at) && ok;
	for (int c = 0; node->firewall && c < FIREWALL_CHAINS; c++)
		for (uint32_t i = 0; i < node->firewall->chains[c].n_rules; i++) {
			const struct topo_rule *rule = &node->firewall->chains[c].rules[i];

			ok = iface_there(r, node, rule->in.name, rule->in.at) && ok;
			ok = iface_there(r, node, rule->out.name, rule->out.at) && ok;
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
		ok = filter_devices(r, node) && ok;
	}
	return ok;
}
