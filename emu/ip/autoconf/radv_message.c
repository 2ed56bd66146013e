/* What a router advertisement says (RFC 4861 6.2.3). */
#include "ip/ip.h"
#include "ip/neigh.h"
#include "ip/autoconf/radv_int.h"
#include "wire/ipv6.h"

#define OPTIONS_MOST 1200 /* an advertisement fits the least MTU that IPv6 has */
#define UNIT 8

static void put(struct wcursor *c, const struct nd_opt *o)
{
	uint8_t *at = wcursor_claim(c, nd_opt_len(o));

	if (at)
		nd_opt_emit(at, o);
}

static void put_prefix(struct wcursor *c, const struct radv_prefix *p)
{
	struct nd_opt o = {.type = ND_OPT_PREFIX,
			   .prefix = {.prefix = p->prefix,
				      .on_link = p->on_link,
				      .autonomous = p->autonomous,
				      .valid = p->valid,
				      .preferred = p->preferred}};

	put(c, &o);
}

static bool is_network(const struct ip_addr *a)
{
	return !ipaddr_is4(&a->addr) && !ipaddr_is_linklocal(&a->addr) && a->len < IPADDR_BITS;
}

/* The interface's own networks, each once. */
static void put_networks(struct wcursor *c, const struct ip_iface *i)
{
	for (const struct ip_addr *a = i->addrs; a; a = a->next) {
		struct radv_prefix p = {.prefix = prefix_make(&a->addr, a->len),
					.valid = RADV_VALID,
					.preferred = RADV_PREFERRED,
					.on_link = true,
					.autonomous = true};
		const struct ip_addr *b = i->addrs;

		while (b != a && !(is_network(b) && prefix_contains(&p.prefix, &b->addr) &&
				   b->len == a->len))
			b = b->next;
		if (b == a && is_network(a))
			put_prefix(c, &p);
	}
}

static void put_dns(struct wcursor *c, const struct radv_config *config)
{
	struct nd_opt o = {.type = ND_OPT_RDNSS, .dns = {.lifetime = config->dns_lifetime}};
	uint8_t body[OPTIONS_MOST];
	struct wcursor names = wcursor_make(body, sizeof(body));

	for (uint32_t k = 0; k < config->n_rdnss; k++)
		wcursor_bytes(&names, config->rdnss[k].b, 16);
	o.dns.data = body;
	o.dns.len = wcursor_written(&names);
	if (config->n_rdnss)
		put(c, &o);
	names = wcursor_make(body, sizeof(body));
	for (uint32_t k = 0; k < config->n_dnssl; k++) {
		uint8_t name[256];
		size_t len = nd_domain_emit(name, sizeof(name), config->dnssl[k]);

		wcursor_bytes(&names, name, len);
	}
	o.type = ND_OPT_DNSSL;
	o.dns.len = wcursor_written(&names);
	if (config->n_dnssl)
		put(c, &o);
	c->error |= names.error;
}

static void put_options(struct wcursor *c, const struct ip_iface *i, const struct radv_config *config)
{
	struct nd_opt lla = {.type = ND_OPT_SLLA, .lla = i->link.mac};
	struct nd_opt mtu = {.type = ND_OPT_LINK_MTU, .mtu = config->mtu};

	put(c, &lla);
	if (config->mtu)
		put(c, &mtu);
	for (uint32_t k = 0; config->prefixes && k < config->n_prefixes; k++)
		put_prefix(c, &config->prefixes[k]);
	if (!config->prefixes)
		put_networks(c, i);
	for (uint32_t k = 0; k < config->n_routes; k++) {
		const struct radv_route *r = &config->routes[k];
		struct nd_opt o = nd_opt_route(&r->prefix, r->preference, r->lifetime);

		put(c, &o);
	}
	put_dns(c, config);
}

static const struct ipaddr *linklocal(const struct ip_iface *i)
{
	for (const struct ip_addr *a = i->addrs; a; a = a->next)
		if (!ipaddr_is4(&a->addr) && ipaddr_is_linklocal(&a->addr))
			return &a->addr;
	return NULL;
}

void radv_send(struct ip_iface *i, const struct radv_config *config, bool last)
{
	uint8_t options[OPTIONS_MOST];
	struct wcursor c = wcursor_make(options, sizeof(options));
	const struct ipaddr *from = linklocal(i);
	/* RFC 4861 6.2.3: who does not forward is no default router. */
	bool is_router = !last && node_forwards(i->node, false);
	struct icmp6 m = {.type = ICMP6_MSG_ROUTER_ADVERTISEMENT,
			  .ra = {.hop_limit = config->hop_limit,
				 .managed = config->managed,
				 .other = config->other,
				 .preference = is_router && config->lifetime ? config->preference
									     : ND_PREF_MEDIUM,
				 .lifetime = is_router ? config->lifetime : 0,
				 .reachable_ms = config->reachable_ms,
				 .retrans_ms = config->retrans_ms}};

	put_options(&c, i, config);
	if (from)
		nd_send(i, from, &ipaddr_all_nodes6, &m, options, wcursor_written(&c));
}

bool radv_config_fits(const struct radv_config *config, const struct ip_iface *i)
{
	uint8_t options[OPTIONS_MOST];
	struct wcursor c = wcursor_make(options, sizeof(options));

	put_options(&c, i, config);
	return !c.error;
}
