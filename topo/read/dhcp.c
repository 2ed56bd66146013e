/*
 * `address: dhcp` and `dhcp:` of an interface. Both become services of their node: udhcpc at the
 * one, dhcpd at the other, unless the node has such a service for that interface already.
 */
#include <string.h>

#include "topo/read/read.h"

#define RANGE_MOST 65536

static bool range_parse(const char *text, struct topo_dhcp *dhcp)
{
	g_auto(GStrv) ends = g_strsplit(text, "-", 2);

	return ends[0] && ends[1] && ipaddr_parse(g_strstrip(ends[0]), &dhcp->first) &&
	       ipaddr_parse(g_strstrip(ends[1]), &dhcp->last) && ipaddr_is4(&dhcp->first) &&
	       ipaddr_is4(&dhcp->last) && ipaddr_cmp(&dhcp->first, &dhcp->last) <= 0 &&
	       ipaddr_to4(&dhcp->last) - ipaddr_to4(&dhcp->first) < RANGE_MOST;
}

static bool range_of(struct reader *r, const struct yaml_node *value, struct topo_dhcp *dhcp)
{
	char first[IPADDR_TEXT], last[IPADDR_TEXT];

	if (!value)
		return true;
	if (!range_parse(value->text, dhcp)) {
		place_error(r->error, value->at, "'%.80s' is no range of IPv4 addresses; expected one "
			    "such as 192.168.1.100-192.168.1.199", value->text);
		return false;
	}
	dhcp->has_range = true;
	dhcp->at = value->at;
	dhcp->options = arena_printf(r->arena, "%s --range %s-%s", dhcp->options,
				     ipaddr_format(first, sizeof(first), &dhcp->first),
				     ipaddr_format(last, sizeof(last), &dhcp->last));
	return true;
}

static bool is_word(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789-_.:")];
}

static bool ip4_only(struct reader *r, const struct yaml_node *value, const char *what)
{
	struct ipaddr a;

	value_good(ipaddr_parse(value->text, &a));
	if (ipaddr_is4(&a))
		return true;
	place_error(r->error, value->at, "an IPv6 address as %s of DHCP; expected an IPv4 address", what);
	return false;
}

static bool router_of(struct reader *r, const struct yaml_node *value, struct topo_dhcp *dhcp)
{
	if (!value)
		return true;
	dhcp->options = arena_printf(r->arena, "%s --router %s", dhcp->options, value->text);
	return !strcmp(value->text, "none") || ip4_only(r, value, "the router");
}

static bool dns_of(struct reader *r, const struct yaml_node *value, struct topo_dhcp *dhcp)
{
	for (size_t i = 0; i < value_count(value); i++) {
		if (!ip4_only(r, value_item(value, i), "a name server"))
			return false;
		dhcp->options = arena_printf(r->arena, "%s%s%s", dhcp->options, i ? "," : " --dns ",
					     value_item(value, i)->text);
	}
	return true;
}

static bool domain_of(struct reader *r, const struct yaml_node *value, struct topo_dhcp *dhcp)
{
	if (!value)
		return true;
	if (!is_word(value->text)) {
		place_error(r->error, value->at, "'%.80s' is no domain; expected one such as "
			    "home.example", value->text);
		return false;
	}
	dhcp->options = arena_printf(r->arena, "%s --domain %s", dhcp->options, value->text);
	return true;
}

static bool hosts_of(struct reader *r, const struct yaml_node *map, struct topo_dhcp *dhcp)
{
	for (size_t i = 0; map && i < map->n; i++) {
		const struct yaml_pair *pair = &map->pairs[i];

		if (!is_word(pair->key)) {
			place_error(r->error, pair->at, "'%.80s' is no host; expected its name or its MAC "
				    "address", pair->key);
			return false;
		}
		if (!ip4_only(r, pair->value, "a host"))
			return false;
		dhcp->options = arena_printf(r->arena, "%s --host %s=%s", dhcp->options, pair->key,
					     pair->value->text);
	}
	return true;
}

static void lease_of(struct reader *r, const struct yaml_node *value, struct topo_dhcp *dhcp)
{
	if (!value)
		return;
	if (!strcmp(value->text, "infinite"))
		dhcp->options = arena_printf(r->arena, "%s --lease infinite", dhcp->options);
	else
		dhcp->options = arena_printf(r->arena, "%s --lease %lld", dhcp->options,
					     (long long)(value_time(value).ns / NS_PER_S));
}

bool read_dhcp(struct reader *r, const struct yaml_node *value, struct topo_iface *iface)
{
	struct topo_dhcp *dhcp;

	if (!value || (value->kind == YAML_SCALAR && strcmp(value->text, "true")))
		return true;
	if (iface->dhcp_client) {
		place_error(r->error, value->at, "'%s' has its address from DHCP and cannot give others; "
			    "expected an address of its own", iface->name);
		return false;
	}
	dhcp = arena_array(r->arena, struct topo_dhcp, 1);
	*dhcp = (struct topo_dhcp){ .options = "", .at = value->at };
	iface->dhcp = dhcp;
	if (value->kind == YAML_SCALAR)
		return true;
	lease_of(r, value_of(value, "lease"), dhcp);
	return range_of(r, value_of(value, "range"), dhcp) &&
	       router_of(r, value_of(value, "router"), dhcp) &&
	       dns_of(r, value_of(value, "dns"), dhcp) &&
	       domain_of(r, value_of(value, "domain"), dhcp) &&
	       hosts_of(r, value_of(value, "hosts"), dhcp);
}

/* Whether the node runs that program for that interface already (eth0, if it does not say). */
static bool runs(const struct topo_node *node, const char *program, const char *iface)
{
	for (uint32_t k = 0; k < node->n_services; k++) {
		const struct topo_command *c = &node->services[k];
		const char *at = "eth0";

		if (strcmp(c->argv[0], program))
			continue;
		for (int i = 1; i + 1 < c->argc; i++)
			if (!strcmp(c->argv[i], "-i") || !strcmp(c->argv[i], "--interface"))
				at = c->argv[i + 1];
		if (!strcmp(at, iface))
			return true;
	}
	return false;
}

void read_dhcp_services(struct reader *r)
{
	for (uint32_t n = 0; n < r->s->n_nodes; n++)
		for (uint32_t i = 0; i < r->s->nodes[n].n_ifaces; i++) {
			struct topo_node *node = &r->s->nodes[n];
			const struct topo_iface *iface = &node->ifaces[i];

			if (iface->dhcp && !runs(node, "dhcpd", iface->name))
				read_service_add(r, node, iface->at,
						 arena_printf(r->arena, "dhcpd -i %s%s", iface->name,
							      iface->dhcp->options));
			if (iface->dhcp_client && !runs(node, "udhcpc", iface->name))
				read_service_add(r, node, iface->at,
						 arena_printf(r->arena, "udhcpc -i %s", iface->name));
		}
}
