/* `nat:` and `firewall:` of a node: what will stand at its hooks (emu/filter). */
#include <string.h>

#include "filter/nat64_addr.h"
#include "topo/notation/notation.h"
#include "topo/read/read.h"
#include "topo/topo_filter.h"

/* ---- nat ---- */

static enum nat_kind nat_kind_of(const struct yaml_node *value, enum nat_kind otherwise)
{
	if (!value)
		return otherwise;
	return !strcmp(value->text, "endpoint-independent") ? NAT_ENDPOINT_INDEPENDENT
	       : !strcmp(value->text, "address-dependent")  ? NAT_ADDRESS_DEPENDENT
							    : NAT_ADDRESS_AND_PORT_DEPENDENT;
}

static bool flag_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *value = value_of(map, key);

	return !value || !strcmp(value->text, "true");
}

static bool pool_read(struct reader *r, const struct yaml_node *list, struct nat_params *nat)
{
	size_t n = value_count(list);
	struct ipaddr *pool = arena_array(r->arena, struct ipaddr, n);

	for (size_t i = 0; i < n; i++) {
		value_good(ipaddr_parse(value_item(list, i)->text, &pool[i]));
		if (!ipaddr_is4(&pool[i])) {
			place_error(r->error, value_item(list, i)->at,
				    "an IPv6 address in a NAT's pool; expected IPv4 addresses");
			return false;
		}
	}
	nat->pool = pool;
	nat->n_pool = (uint32_t)n;
	return true;
}

/* Two that want the same port: the second would never be reached. */
static const struct nat_forward *forward_clash(const struct nat_params *nat, const struct nat_forward *f)
{
	for (uint32_t i = 0; i < nat->n_forwards; i++) {
		const struct nat_forward *g = &nat->forwards[i];

		if (f->proto == g->proto && f->first <= g->last && g->first <= f->last &&
		    (ipaddr_eq(&f->address, &g->address) || ipaddr_is_any(&g->address)))
			return g;
	}
	return NULL;
}

static bool forwards_read(struct reader *r, const struct yaml_node *list, struct nat_params *nat)
{
	size_t n = value_count(list);
	size_t most = 2 * n; /* tcp+udp are two */
	struct nat_forward *forwards = arena_array(r->arena, struct nat_forward, most);
	char why[NOTATION_WHY];

	nat->forwards = forwards;
	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *item = value_item(list, i);
		uint32_t made = notation_forward(item->text, &forwards[nat->n_forwards], why);

		if (!made) {
			place_error(r->error, item->at, "%s", why);
			return false;
		}
		for (; made; made--, nat->n_forwards++)
			if (forward_clash(nat, &forwards[nat->n_forwards])) {
				place_error(r->error, item->at, "'%s' forwards a port that is forwarded "
					    "before", item->text);
				return false;
			}
	}
	return true;
}

static bool dmz_read(struct reader *r, const struct yaml_node *value, struct nat_params *nat)
{
	nat->has_dmz = value != NULL;
	if (!value)
		return true;
	value_good(ipaddr_parse(value->text, &nat->dmz));
	if (ipaddr_is4(&nat->dmz))
		return true;
	place_error(r->error, value->at, "'%s' is no IPv4 address; expected that of a host inside",
		    value->text);
	return false;
}

static bool ports_read(struct reader *r, const struct yaml_node *value, struct nat_params *nat)
{
	char why[NOTATION_WHY];

	if (!value || notation_ports(value->text, &nat->first_port, &nat->last_port, why))
		return true;
	place_error(r->error, value->at, "%s", why);
	return false;
}

/* RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2: what a NAT's time-outs are, unless told. */
static void timeouts_read(const struct yaml_node *map, struct topo_nat *nat)
{
	static const struct {
		const char *key;
		int32_t seconds;
	} rows[TOPO_NAT_TIMEOUTS] = {
		{"udp", 120}, {"tcp", 7440}, {"tcp_transitory", 240}, {"icmp", 60},
	};

	for (size_t i = 0; i < TOPO_NAT_TIMEOUTS; i++) {
		const struct yaml_node *value = value_of(map, rows[i].key);

		nat->timeouts[i] = value ? (int32_t)(value_time(value).ns / NS_PER_S)
					 : rows[i].seconds;
	}
}

static const struct topo_iface_name *names_read(struct reader *r, const struct yaml_node *list,
						uint32_t *n)
{
	struct topo_iface_name *names = arena_array(r->arena, struct topo_iface_name,
						    value_count(list));

	for (*n = 0; *n < value_count(list); (*n)++)
		names[*n] = (struct topo_iface_name){value_item(list, *n)->text,
						     value_item(list, *n)->at};
	return names;
}

/* What is not said of a protocol is as it is of all. */
static struct nat_kinds kinds_read(const struct yaml_node *map, const struct nat_params *all)
{
	return (struct nat_kinds){
		.said = map != NULL,
		.mapping = nat_kind_of(value_of(map, "mapping"), all->mapping),
		.filtering = nat_kind_of(value_of(map, "filtering"), all->filtering),
	};
}

static bool nat_read(struct reader *r, const struct yaml_node *map, struct topo_node *node)
{
	struct topo_nat *nat = arena_array(r->arena, struct topo_nat, 1);
	const struct yaml_node *nat64 = value_of(map, "nat64");

	nat->at = map->at;
	nat->params = (struct nat_params){
		.mapping = nat_kind_of(value_of(map, "mapping"), NAT_ENDPOINT_INDEPENDENT),
		.filtering = nat_kind_of(value_of(map, "filtering"), NAT_ADDRESS_DEPENDENT),
		.hairpinning = flag_of(map, "hairpinning"),
		.port_preservation = flag_of(map, "port_preservation"),
		.port_parity = flag_of(map, "port_parity"),
		.paired = flag_of(map, "paired"),
		.first_port = 1,
		.last_port = 65535,
		.has_nat64 = nat64 != NULL,
	};
	nat->params.udp = kinds_read(value_of(map, "udp"), &nat->params);
	nat->params.tcp = kinds_read(value_of(map, "tcp"), &nat->params);
	if (nat64) {
		value_good(prefix_parse(nat64->text, &nat->params.nat64));
		if (!nat64_prefix_ok(&nat->params.nat64)) {
			place_error(r->error, nat64->at, "'%s' is no prefix for NAT64; expected one of "
				    "32, 40, 48, 56, 64 or 96 bits (RFC 6052) such as 64:ff9b::/96",
				    nat64->text);
			return false;
		}
	}
	nat->outside = names_read(r, value_of(map, "outside"), &nat->n_outside);
	if (!nat->n_outside) {
		place_error(r->error, map->at, "'nat' does not say which interface is 'outside'; "
			    "expected one, such as outside: wan");
		return false;
	}
	timeouts_read(value_of(map, "timeouts"), nat);
	node->nat = nat;
	return pool_read(r, value_of(map, "pool"), &nat->params) &&
	       forwards_read(r, value_of(map, "forward"), &nat->params) &&
	       dmz_read(r, value_of(map, "dmz"), &nat->params) &&
	       ports_read(r, value_of(map, "ports"), &nat->params);
}

/* ---- firewall ---- */

static const char *const chains[FIREWALL_CHAINS] = {"input", "forward", "output"};
static const char *const actions[] = {"allow", "deny", "reject"};

static bool expression_refuse(struct reader *r, const struct yaml_node *filter, const char *why)
{
	g_autofree char *meant = notation_pcap_words(filter->text);
	char other[NOTATION_WHY];

	if (meant && firewall_check(meant, other, sizeof(other)))
		place_error(r->error, filter->at, "'%s' is no expression for a rule; pcap-filter says %s",
			    filter->text, meant);
	else
		place_error(r->error, filter->at, "'%s' is no expression for a rule: %s; "
			    "expected one of pcap-filter(7) about IP packets", filter->text, why);
	return false;
}

static bool rule_read(struct reader *r, const struct yaml_node *map, struct topo_rule *rule)
{
	const struct yaml_node *filter = NULL, *value;
	char why[NOTATION_WHY];

	rule->at = map->at;
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
		if (!(value = value_of(map, actions[i])))
			continue;
		if (filter) {
			place_error(r->error, value->at, "a rule with two actions; expected one of "
				    "allow, deny, reject");
			return false;
		}
		filter = value;
		rule->action = (enum firewall_action)i;
	}
	if (!filter) {
		place_error(r->error, map->at, "a rule without an action; expected one of allow, "
			    "deny, reject with an expression, such as allow: tcp dst port 22");
		return false;
	}
	if (strcmp(filter->text, "any")) {
		rule->filter = filter->text;
		if (!firewall_check(filter->text, why, sizeof(why)))
			return expression_refuse(r, filter, why);
	}
	if ((value = value_of(map, "in")))
		rule->in = (struct topo_iface_name){value->text, value->at};
	if ((value = value_of(map, "out")))
		rule->out = (struct topo_iface_name){value->text, value->at};
	return true;
}

static bool chain_read(struct reader *r, const struct yaml_node *value, struct topo_chain *chain)
{
	const struct yaml_node *rules = value && value->kind == YAML_LIST ? value
								: value_of(value, "rules");
	const struct yaml_node *policy = value && value->kind == YAML_MAP
						 ? value_of(value, "policy") : NULL;
	bool ok = true;

	chain->policy = value ? FIREWALL_DENY : FIREWALL_ALLOW;
	for (size_t i = 0; policy && i < G_N_ELEMENTS(actions); i++)
		if (!strcmp(policy->text, actions[i]))
			chain->policy = (enum firewall_action)i;
	chain->stateless = !value || (value->kind == YAML_MAP && !flag_of(value, "stateful"));
	chain->n_rules = (uint32_t)value_count(rules);
	chain->rules = arena_array(r->arena, struct topo_rule, chain->n_rules);
	for (uint32_t i = 0; i < chain->n_rules; i++)
		ok = rule_read(r, value_item(rules, i), &chain->rules[i]) && ok;
	return ok;
}

static bool firewall_read(struct reader *r, const struct yaml_node *map, struct topo_node *node)
{
	struct topo_firewall *f = arena_array(r->arena, struct topo_firewall, 1);

	bool ok = true;

	f->at = map->at;
	node->firewall = f;
	for (int i = 0; i < FIREWALL_CHAINS; i++)
		ok = chain_read(r, value_of(map, chains[i]), &f->chains[i]) && ok;
	return ok;
}

bool read_filter(struct reader *r, const struct yaml_node *map, struct topo_node *node)
{
	const struct yaml_node *nat = value_of(map, "nat"), *firewall = value_of(map, "firewall");

	return (!nat || nat_read(r, nat, node)) && (!firewall || firewall_read(r, firewall, node));
}
