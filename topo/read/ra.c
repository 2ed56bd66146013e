/*
 * `ra:` of an interface, and of a step that changes it: names and defaults are those of RFC 4861
 * 6.2.1, RFC 4191 and RFC 8106, as radvd has them.
 */
#include "topo/read/read.h"

#include <string.h>

#include "topo/topo_ra.h"

static uint32_t seconds(const struct yaml_node *value, uint32_t usual)
{
	if (!value)
		return usual;
	if (!strcmp(value->text, "infinite"))
		return ND_INFINITY;
	return (uint32_t)(value_time(value).ns / NS_PER_S);
}

/* A part of a unit has no place in the message, and 0 means something else than little. */
static bool is_whole(struct reader *r, const struct yaml_node *map, const char *key)
{
	const struct yaml_node *value = value_of(map, key);
	bool of_seconds = strstr(key, "lifetime");

	if (!value || !strcmp(value->text, "infinite") ||
	    value_time(value).ns % (of_seconds ? NS_PER_S : NS_PER_MS) == 0)
		return true;
	place_error(r->error, value->at, "%s: '%s' is no number of whole %s; expected one such as %s", key,
		    value->text, of_seconds ? "seconds" : "milliseconds", of_seconds ? "2s" : "2ms");
	return false;
}

static uint32_t milliseconds(const struct yaml_node *value)
{
	return value ? (uint32_t)(value_time(value).ns / NS_PER_MS) : 0;
}

static bool flag(const struct yaml_node *value, bool usual)
{
	return value ? !strcmp(value->text, "true") : usual;
}

static enum nd_preference preference(const struct yaml_node *value)
{
	if (!value || !strcmp(value->text, "medium"))
		return ND_PREF_MEDIUM;
	return !strcmp(value->text, "high") ? ND_PREF_HIGH : ND_PREF_LOW;
}

/* A network as a key. */
static bool network(struct reader *r, const struct yaml_pair *pair, struct prefix *prefix)
{
	if (prefix_parse(pair->key, prefix) && !ipaddr_is4(&prefix->addr) &&
	    !ipaddr_is_linklocal(&prefix->addr) && !ipaddr_is_multicast(&prefix->addr))
		return true;
	place_error(r->error, pair->at, "'%.80s' is no IPv6 network; expected one such as "
		    "2001:db8:1::/64", pair->key);
	return false;
}

static bool prefixes_of(struct reader *r, const struct yaml_node *map, struct topo_ra *ra)
{
	static const struct radv_prefix none; /* an empty map is not the same as no map */
	size_t n = map ? map->n : 0;
	struct radv_prefix *list = arena_array(r->arena, struct radv_prefix, n);
	struct place *at = arena_array(r->arena, struct place, n);

	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *value = map->pairs[i].value;

		at[i] = map->pairs[i].at;
		if (!network(r, &map->pairs[i], &list[i].prefix) ||
		    !is_whole(r, value, "adv_valid_lifetime") ||
		    !is_whole(r, value, "adv_preferred_lifetime"))
			return false;
		list[i].valid = seconds(value_of(value, "adv_valid_lifetime"), RADV_VALID);
		list[i].preferred = seconds(value_of(value, "adv_preferred_lifetime"),
					    MIN(RADV_PREFERRED, list[i].valid));
		list[i].on_link = flag(value_of(value, "adv_on_link"), true);
		list[i].autonomous = flag(value_of(value, "adv_autonomous"), true);
		if (list[i].preferred > list[i].valid) {
			place_error(r->error, at[i], "%s is preferred for longer than it is valid; expected "
				    "adv_preferred_lifetime to be at most adv_valid_lifetime",
				    map->pairs[i].key);
			return false;
		}
	}
	ra->config.prefixes = map && !n ? &none : list;
	ra->config.n_prefixes = (uint32_t)n;
	ra->prefixes_at = at;
	return true;
}

static bool routes_of(struct reader *r, const struct yaml_node *map, struct topo_ra *ra)
{
	size_t n = map ? map->n : 0;
	struct radv_route *list = arena_array(r->arena, struct radv_route, n);

	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *value = map->pairs[i].value;

		if (!network(r, &map->pairs[i], &list[i].prefix) ||
		    !is_whole(r, value, "adv_route_lifetime"))
			return false;
		list[i].lifetime = seconds(value_of(value, "adv_route_lifetime"),
					   ra->config.dns_lifetime);
		list[i].preference = preference(value_of(value, "adv_route_preference"));
	}
	ra->config.routes = list;
	ra->config.n_routes = (uint32_t)n;
	return true;
}

static bool dns_of(struct reader *r, const struct yaml_node *map, struct topo_ra *ra)
{
	const struct yaml_node *servers = value_of(map, "rdnss"), *domains = value_of(map, "dnssl");
	struct ipaddr *list = arena_array(r->arena, struct ipaddr, value_count(servers));
	const char **names = arena_array(r->arena, const char *, value_count(domains));
	uint8_t wire[256];

	for (size_t i = 0; i < value_count(servers); i++) {
		value_good(ipaddr_parse(value_item(servers, i)->text, &list[i]));
		if (ipaddr_is4(&list[i])) {
			place_error(r->error, value_item(servers, i)->at, "an IPv4 address as a name server "
				    "of router advertisements; expected an IPv6 address");
			return false;
		}
	}
	for (size_t i = 0; i < value_count(domains); i++) {
		names[i] = value_item(domains, i)->text;
		if (nd_domain_emit(wire, sizeof(wire), names[i]))
			continue;
		place_error(r->error, value_item(domains, i)->at, "'%.80s' is no domain; expected one such "
			    "as home.example", names[i]);
		return false;
	}
	ra->config.rdnss = list;
	ra->config.n_rdnss = (uint32_t)value_count(servers);
	ra->config.dnssl = names;
	ra->config.n_dnssl = (uint32_t)value_count(domains);
	ra->config.dns_lifetime = seconds(value_of(map, "adv_dns_lifetime"), ra->config.dns_lifetime);
	return true;
}

static bool intervals_of(struct reader *r, const struct yaml_node *map, struct radv_config *c)
{
	const struct yaml_node *max = value_of(map, "max_rtr_adv_interval");
	const struct yaml_node *min = value_of(map, "min_rtr_adv_interval");

	*c = radv_config_default(max ? value_time(max) : vtime_s(RADV_MAX_INTERVAL));
	if (min)
		c->min_interval = value_time(min);
	if (min && c->min_interval.ns > c->max_interval.ns / 4 * 3) {
		place_error(r->error, min->at, "min_rtr_adv_interval is more than three quarters of "
			    "max_rtr_adv_interval; expected less (RFC 4861 6.2.1)");
		return false;
	}
	if (value_of(map, "min_delay_between_ras"))
		c->min_delay = value_time(value_of(map, "min_delay_between_ras"));
	return true;
}

static bool config_of(struct reader *r, const struct yaml_node *map, struct topo_ra *ra)
{
	struct radv_config *c = &ra->config;
	const struct yaml_node *value;

	if (!intervals_of(r, map, c) || !is_whole(r, map, "adv_default_lifetime") ||
	    !is_whole(r, map, "adv_dns_lifetime") || !is_whole(r, map, "adv_reachable_time") ||
	    !is_whole(r, map, "adv_retrans_timer"))
		return false;
	c->managed = flag(value_of(map, "adv_managed_flag"), false);
	c->other = flag(value_of(map, "adv_other_config_flag"), false);
	c->lifetime = (uint16_t)seconds(value_of(map, "adv_default_lifetime"), c->lifetime);
	c->preference = preference(value_of(map, "adv_default_preference"));
	c->reachable_ms = milliseconds(value_of(map, "adv_reachable_time"));
	c->retrans_ms = milliseconds(value_of(map, "adv_retrans_timer"));
	if ((value = value_of(map, "adv_cur_hop_limit")))
		c->hop_limit = (uint8_t)value_count_of(value);
	if ((value = value_of(map, "adv_link_mtu")))
		c->mtu = (uint32_t)value_bytes(value);
	return prefixes_of(r, value_of(map, "prefixes"), ra) &&
	       routes_of(r, value_of(map, "routes"), ra) && dns_of(r, map, ra);
}

bool read_ra(struct reader *r, const struct yaml_node *value, const struct topo_ra **out)
{
	static const struct yaml_node nothing = { .kind = YAML_MAP };
	struct topo_ra *ra;

	*out = NULL;
	if (!value || (value->kind == YAML_SCALAR && strcmp(value->text, "true")))
		return true;
	ra = arena_array(r->arena, struct topo_ra, 1);
	*ra = (struct topo_ra){ .at = value->at };
	*out = ra;
	return config_of(r, value->kind == YAML_SCALAR ? &nothing : value, ra);
}
