#include "topo/read/read.h"

#include <string.h>

#include "topo/notation/notation.h"
#include "topo/notation/range.h"

/* `dhcp`, `slaac`, or both. */
static bool by_itself(const char *text, struct own_addrs *own)
{
	bool both = !strcmp(text, "auto"), dhcp = both || !strcmp(text, "dhcp");
	bool slaac = both || !strcmp(text, "slaac");

	own->dhcp |= dhcp;
	own->slaac |= slaac;
	return dhcp || slaac;
}

static bool addrs_read(struct reader *r, const struct yaml_node *value, enum topo_kind kind,
		       struct own_addrs *own)
{
	size_t count = value_count(value);
	struct topo_addr *list = arena_array(r->arena, struct topo_addr, count);

	own->n = 0;
	own->dhcp = own->slaac = false;
	own->addrs = list;
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = value_item(value, i);

		if (by_itself(item->text, own)) {
			if (kind != TOPO_EXTERNAL)
				continue;
			place_error(r->error, item->at, "an external node runs nothing and gets no address "
				    "by %s; expected an address", item->text);
			return false;
		}
		value_good(prefix_parse_interface(item->text, &list[own->n].ip, &list[own->n].len));
		list[own->n++].at = item->at;
	}
	return true;
}

/* What an interface gets, from itself or from its node. */
void read_own_addrs(struct topo_iface *iface, const struct own_addrs *own)
{
	iface->addrs = own->addrs;
	iface->n_addrs = own->n;
	iface->dhcp_client = own->dhcp;
	iface->slaac = own->slaac;
}

static bool port_read(struct reader *r, const struct yaml_node *map, struct topo_iface *iface)
{
	const struct yaml_node *vlan = value_of(map, "vlan"), *trunk = value_of(map, "trunk");
	uint16_t *tags;

	if (vlan) {
		iface->port = TOPO_PORT_ACCESS;
		iface->vlan = (uint16_t)value_count_of(vlan);
	}
	if (!trunk)
		return true;
	iface->port = TOPO_PORT_TRUNK;
	iface->n_trunk = (uint32_t)trunk->n;
	tags = arena_array(r->arena, uint16_t, trunk->n);
	for (size_t i = 0; i < trunk->n; i++) {
		tags[i] = (uint16_t)value_count_of(trunk->items[i]);
		for (size_t j = 0; j < i; j++)
			if (tags[j] == tags[i]) {
				place_error(r->error, trunk->items[i]->at,
					    "VLAN %d stands here twice; expected it once", tags[i]);
				return false;
			}
	}
	iface->trunk = tags;
	return true;
}

static bool gives_what_it_has(struct reader *r, const struct yaml_node *ra,
			      const struct topo_iface *iface)
{
	if (!iface->ra || !iface->slaac)
		return true;
	place_error(r->error, ra->at, "'%s' has its address from router advertisements and cannot send "
		    "them; expected an address of its own", iface->name);
	return false;
}

static bool iface_read(struct reader *r, const struct yaml_pair *pair, enum topo_kind kind,
		       struct topo_iface *iface)
{
	static const char *const of_switch[] = { "vlan", "trunk" };
	static const char *const of_others[] = { "address", "mtu", "mac", "dhcp", "ra" };
	static const char *const of_programs[] = { "dhcp", "ra" };
	const struct yaml_node *map = pair->value, *value;
	struct own_addrs own;
	char why[RANGE_WHY];

	*iface = (struct topo_iface){ .name = pair->key, .at = pair->at, .link = TOPO_NONE };
	if (!name_is_good_iface(pair->key, why)) {
		place_error(r->error, pair->at, "%s", why);
		return false;
	}
	for (size_t i = 0; kind != TOPO_SWITCH && i < G_N_ELEMENTS(of_switch); i++)
		if ((value = value_of(map, of_switch[i]))) {
			place_error(r->error, value->at, "'%s' is for the ports of a switch; "
				    "expected 'kind: switch'", of_switch[i]);
			return false;
		}
	for (size_t i = 0; kind == TOPO_SWITCH && i < G_N_ELEMENTS(of_others); i++)
		if ((value = value_of(map, of_others[i]))) {
			place_error(r->error, value->at, "a switch's port has no '%s'; "
				    "expected vlan or trunk", of_others[i]);
			return false;
		}
	if ((value = value_of(map, "mtu")))
		iface->mtu = (uint32_t)value_bytes(value);
	if ((value = value_of(map, "mac")))
		iface->has_mac = mac_parse(value->text, &iface->mac);
	for (size_t i = 0; kind == TOPO_EXTERNAL && i < G_N_ELEMENTS(of_programs); i++)
		if ((value = value_of(map, of_programs[i]))) {
			place_error(r->error, value->at, "an external node runs nothing and has no '%s'; "
				    "expected a host or router", of_programs[i]);
			return false;
		}
	if (!addrs_read(r, value_of(map, "address"), kind, &own))
		return false;
	read_own_addrs(iface, &own);
	return read_dhcp(r, value_of(map, "dhcp"), iface) &&
	       read_ra(r, value_of(map, "ra"), &iface->ra) &&
	       gives_what_it_has(r, value_of(map, "ra"), iface) && port_read(r, map, iface);
}

static bool ifaces_read(struct reader *r, const struct yaml_node *map, struct topo_node *node)
{
	for (size_t i = 0; map && i < map->n; i++) {
		node->ifaces = arena_grow(r->arena, node->ifaces, node->n_ifaces,
					  sizeof(node->ifaces[0]));
		if (!iface_read(r, &map->pairs[i], node->kind, &node->ifaces[node->n_ifaces++]))
			return false;
	}
	return true;
}

static bool gateways_read(struct reader *r, const struct yaml_node *value, struct topo_node *node)
{
	size_t n = value_count(value);
	struct topo_gateway *list = arena_array(r->arena, struct topo_gateway, n);

	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *item = value_item(value, i);

		value_good(ipaddr_parse(item->text, &list[i].ip));
		list[i].at = item->at;
		for (size_t j = 0; j < i; j++)
			if (ipaddr_is4(&list[i].ip) == ipaddr_is4(&list[j].ip)) {
				place_error(r->error, item->at, "a second gateway of one family; "
					    "expected one, or 'routes' with metrics");
				return false;
			}
	}
	node->gateways = list;
	node->n_gateways = (uint32_t)n;
	return true;
}

static void routes_read(struct reader *r, const struct yaml_node *list, struct topo_node *node)
{
	size_t n = value_count(list);
	struct topo_route *routes = arena_array(r->arena, struct topo_route, n);
	char why[NOTATION_WHY];

	for (size_t i = 0; i < n; i++) {
		value_good(notation_route(r->arena, list->items[i]->text, &routes[i], why));
		routes[i].at = list->items[i]->at;
	}
	node->routes = routes;
	node->n_routes = (uint32_t)n;
	node->own_routes = list != NULL;
}

static void sysctls_read(struct reader *r, const struct yaml_node *map, struct topo_node *node)
{
	size_t n = map ? map->n : 0;
	struct topo_sysctl *list = arena_array(r->arena, struct topo_sysctl, n);

	for (size_t i = 0; i < n; i++)
		list[i] = (struct topo_sysctl){ sysctl_find(map->pairs[i].key),
						map->pairs[i].value->text, map->pairs[i].at };
	node->sysctls = list;
	node->n_sysctls = (uint32_t)n;
}

static void hosts_read(struct reader *r, const struct yaml_node *map, struct topo_node *node)
{
	struct topo_host *list = NULL;
	uint32_t n = 0;

	for (size_t i = 0; map && i < map->n; i++)
		for (size_t k = 0; k < value_count(map->pairs[i].value); k++) {
			list = arena_grow(r->arena, list, n, sizeof(*list));
			list[n].name = map->pairs[i].key;
			value_good(ipaddr_parse(value_item(map->pairs[i].value, k)->text, &list[n].ip));
			n++;
		}
	node->hosts = list;
	node->n_hosts = n;
}

/* The keys that mean nothing on a node of that kind. */
static bool keys_fit(struct reader *r, const struct yaml_node *map, enum topo_kind kind)
{
	static const char *const hosts[] = { "address", "gateway", "routes", "sysctl", "hosts",
					     "names", "services", "nat", "firewall" };
	static const char *const switches[] = { "mac_table", "ageing" };
	static const char *const stacks[] = { "hosts", "names", "services" };
	const struct yaml_pair *pair;

	for (size_t i = 0; kind == TOPO_SWITCH && i < G_N_ELEMENTS(hosts); i++)
		if ((pair = yaml_map_find(map, hosts[i]))) {
			place_error(r->error, pair->at, "a switch has no '%s'; expected a host or router",
				    hosts[i]);
			return false;
		}
	for (size_t i = 0; kind == TOPO_EXTERNAL && i < G_N_ELEMENTS(stacks); i++)
		if ((pair = yaml_map_find(map, stacks[i]))) {
			place_error(r->error, pair->at, "an external node runs nothing and has no '%s'; "
				    "expected a host or router", stacks[i]);
			return false;
		}
	for (size_t i = 0; kind != TOPO_SWITCH && i < G_N_ELEMENTS(switches); i++)
		if ((pair = yaml_map_find(map, switches[i]))) {
			place_error(r->error, pair->at, "'%s' is for a switch; expected 'kind: switch'",
				    switches[i]);
			return false;
		}
	return true;
}

/* What all nodes of a range have in common. */
static bool template_read(struct reader *r, const struct yaml_pair *pair, struct topo_node *node,
			  struct own_addrs *own)
{
	const struct yaml_node *map = pair->value, *value;
	const char *kind = (value = value_of(map, "kind")) ? value->text : "host";

	*node = (struct topo_node){ .at = pair->at, .mac_table = 1024, .ageing = vtime_s(300) };
	node->kind = !strcmp(kind, "switch") ? TOPO_SWITCH
		   : !strcmp(kind, "router") ? TOPO_ROUTER
		   : !strcmp(kind, "external") ? TOPO_EXTERNAL : TOPO_HOST;
	node->names = !(value = value_of(map, "names")) || strcmp(value->text, "none");
	if ((value = value_of(map, "mac_table")))
		node->mac_table = (uint32_t)value_count_of(value);
	if ((value = value_of(map, "ageing")))
		node->ageing = value_time(value);
	routes_read(r, value_of(map, "routes"), node);
	sysctls_read(r, value_of(map, "sysctl"), node);
	hosts_read(r, value_of(map, "hosts"), node);
	value = value_of(map, "address");
	own->at = value ? value->at : pair->at;
	return keys_fit(r, map, node->kind) && read_filter(r, map, node) && 
	       addrs_read(r, value, node->kind, own) &&
	       ifaces_read(r, value_of(map, "interfaces"), node) &&
	       gateways_read(r, value_of(map, "gateway"), node);
}

static bool node_add(struct reader *r, const struct topo_node *template, const struct own_addrs *own,
		     const char *name)
{
	struct scenario *s = r->s;
	struct topo_node *node;

	if (!index_add(s->priv->nodes, name, s->n_nodes)) {
		place_error(r->error, template->at, "duplicate node '%s'; expected another name", name);
		return false;
	}
	s->nodes = arena_grow(r->arena, s->nodes, s->n_nodes, sizeof(s->nodes[0]));
	r->own = arena_grow(r->arena, r->own, s->n_nodes, sizeof(r->own[0]));
	r->own[s->n_nodes] = *own;
	node = &s->nodes[s->n_nodes++];
	*node = *template;
	node->name = name;
	node->ifaces = NULL;
	for (node->n_ifaces = 0; node->n_ifaces < template->n_ifaces; node->n_ifaces++) {
		node->ifaces = arena_grow(r->arena, node->ifaces, node->n_ifaces,
					  sizeof(node->ifaces[0]));
		node->ifaces[node->n_ifaces] = template->ifaces[node->n_ifaces];
	}
	return true;
}

static bool nodes_expand(struct reader *r, const struct yaml_pair *pair)
{
	struct range range;
	char why[RANGE_WHY];
	struct topo_node template;
	struct own_addrs own;
	bool ok;

	if (!range_read(pair->key, &range, why) ||
	    !name_is_good(range_name(r->arena, &range, range.count - 1), why)) {
		place_error(r->error, pair->at, "%s", why);
		r->lost |= READ_LOST_NODES | READ_LOST_LINKS;
		return false;
	}
	if (r->s->n_nodes + range.count > READ_MOST) {
		place_error(r->error, pair->at, "more than %d nodes; expected fewer", READ_MOST);
		r->lost |= READ_LOST_NODES | READ_LOST_LINKS;
		return false;
	}
	ok = !pair->value->bad && template_read(r, pair, &template, &own);
	if (!ok) {	/* it has a name all the same */
		template = (struct topo_node){ .at = pair->at, .names = true };
		own = (struct own_addrs){ .n = 0 };
	}
	for (uint32_t i = 0; i < range.count; i++)
		ok = node_add(r, &template, &own, range_name(r->arena, &range, i)) && ok;
	if (!ok)
		r->lost |= READ_LOST_LINKS;
	return ok;
}

bool read_nodes(struct reader *r)
{
	const struct yaml_pair *nodes = yaml_map_find(r->root, "nodes");
	bool ok = true;

	for (size_t i = 0; i < nodes->value->n; i++)
		if (!nodes_expand(r, &nodes->value->pairs[i])) {
			nodes->value->pairs[i].value->bad = true;
			ok = false;
		}
	return ok;
}
