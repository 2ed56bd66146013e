#include "wire/icmp6.h"
#include "wire/print_line.h"

#define OPTIONS_MOST 8

static const char *const preferences[] = {
	[ND_PREF_MEDIUM] = "medium", [ND_PREF_HIGH] = "high", [ND_PREF_LOW] = "low"};

static void put_lifetime(struct line *l, const char *what, uint32_t s)
{
	if (s == ND_INFINITY)
		line_put(l, " %s infinity", what);
	else
		line_put(l, " %s %us", what, s);
}

static void put_prefix(struct line *l, const struct prefix *prefix)
{
	char text[PREFIX_TEXT];

	line_put(l, " %s", prefix_format(text, sizeof text, prefix));
}

/* The first of them, and how many more there are. */
static void put_servers(struct line *l, const struct nd_opt *opt)
{
	struct ipaddr first = nd_opt_server(opt, 0);

	line_put(l, ", rdnss ");
	line_addr(l, &first);
	if (nd_opt_servers(opt) > 1)
		line_put(l, " +%zu", nd_opt_servers(opt) - 1);
	put_lifetime(l, "lifetime", opt->dns.lifetime);
}

static void put_domains(struct line *l, const struct nd_opt *opt)
{
	struct rcursor c = rcursor_make(opt->dns.data, opt->dns.len);
	char name[ND_DOMAIN_TEXT];
	unsigned more = 0;

	nd_domain_next(&c, name);
	line_put(l, ", dnssl %s", name);
	while (nd_domain_next(&c, name))
		more++;
	if (more)
		line_put(l, " +%u", more);
	put_lifetime(l, "lifetime", opt->dns.lifetime);
}

static void put_option(struct line *l, const struct nd_opt *opt)
{
	char mac[MAC_TEXT];

	if (opt->malformed) {
		line_put(l, ", [malformed option %u]", opt->type);
		return;
	}
	switch (opt->type) {
	case ND_OPT_SLLA:
		line_put(l, ", from %s", mac_format(mac, sizeof mac, &opt->lla));
		break;
	case ND_OPT_PREFIX:
		line_put(l, ", prefix");
		put_prefix(l, &opt->prefix.prefix);
		line_put(l, "%s%s", opt->prefix.on_link ? " onlink" : "",
			 opt->prefix.autonomous ? " auto" : "");
		put_lifetime(l, "valid", opt->prefix.valid);
		put_lifetime(l, "preferred", opt->prefix.preferred);
		break;
	case ND_OPT_LINK_MTU:
		line_put(l, ", mtu %u", opt->mtu);
		break;
	case ND_OPT_ROUTE:
		line_put(l, ", route");
		put_prefix(l, &opt->route.prefix);
		line_put(l, " pref %s", preferences[opt->route.preference]);
		put_lifetime(l, "lifetime", opt->route.lifetime);
		break;
	case ND_OPT_RDNSS:
		put_servers(l, opt);
		break;
	case ND_OPT_DNSSL:
		put_domains(l, opt);
		break;
	default:
		line_put(l, ", option %u", opt->type);
	}
}

void print_ra(struct line *l, const struct icmp6 *m, const uint8_t *opts, size_t len)
{
	struct rcursor c = rcursor_make(opts, len);
	enum nd_opt_result r = ND_OPT_END;
	struct nd_opt opt;

	line_put(l, ", hop limit %u%s%s, pref %s, router lifetime %us", m->ra.hop_limit,
		 m->ra.managed ? ", managed" : "", m->ra.other ? ", other stateful" : "",
		 preferences[m->ra.preference], m->ra.lifetime);
	for (int k = 0; k < OPTIONS_MOST && (r = nd_opt_next(&c, &opt)) == ND_OPT_ONE; k++)
		put_option(l, &opt);
	if (r == ND_OPT_ONE && rcursor_remaining(&c))
		line_put(l, ", ...");
	if (r == ND_OPT_BAD)
		line_put(l, ", [malformed option]");
}
