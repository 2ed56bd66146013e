#include "topo/build/filter_build.h"

#include "topo/topo_filter.h"

/* The interface of that name, of which check_nodes() knows that it is there; NULL: none was said. */
static struct ip_iface *iface_of(const struct node *n, const struct topo_iface_name *name)
{
	return name->name ? node_iface_find(n, name->name) : NULL;
}

/* The time-outs of a NAT are those of its connections; what `sysctl` says stands above them. */
static bool timeouts_set(const struct topo_node *t, struct node *n, GError **error)
{
	static const struct {
		const char *name;
		int of; /* of topo_nat.timeouts: udp, tcp, tcp_transitory, icmp */
	} knobs[] = {
		{"udp_timeout", 0},
		{"udp_timeout_stream", 0},
		{"tcp_timeout_established", 1},
		{"tcp_timeout_syn_sent", 2},
		{"tcp_timeout_syn_recv", 2},
		{"tcp_timeout_fin_wait", 2},
		{"tcp_timeout_close_wait", 2},
		{"tcp_timeout_last_ack", 2},
		{"tcp_timeout_time_wait", 2},
		{"tcp_timeout_close", 2},
		{"tcp_timeout_unacknowledged", 1},
		{"tcp_timeout_max_retrans", 1},
		{"icmp_timeout", 3},
		{"icmpv6_timeout", 3},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(knobs); i++) {
		char name[80], value[16], why[160];
		bool own = false;

		g_snprintf(name, sizeof(name), "net.netfilter.nf_conntrack_%s", knobs[i].name);
		g_snprintf(value, sizeof(value), "%d", t->nat->timeouts[knobs[i].of]);
		for (uint32_t k = 0; k < t->n_sysctls; k++)
			own |= t->sysctls[k].def == sysctl_find(name);
		if (!own && node_sysctl_set(n, name, value, why, sizeof(why)) != 0) {
			place_error(error, t->nat->at, "%s", why);
			return false;
		}
	}
	return true;
}

/* Who asks for an address of the pool on the link outside is answered, and so is what asks for it. */
static bool pool_build(const struct topo_nat *t, struct ip_iface *out, GError **error)
{
	for (uint32_t i = 0; i < t->params.n_pool; i++) {
		const struct ipaddr *a = &t->params.pool[i];

		if (!node_addr_find(out->node, NULL, a) && ip_addr_add(out, a, 128) != 0) {
			place_error(error, t->at, "the router cannot have the address of its pool");
			return false;
		}
	}
	return true;
}

static bool nat_build(const struct topo_node *t, struct node *n, GError **error)
{
	struct node_filter *f = filter_attach(n);

	f->nat = nat_new(n, &t->nat->params);
	for (uint32_t i = 0; i < t->nat->n_outside; i++) {
		struct ip_iface *out = iface_of(n, &t->nat->outside[i]);

		nat_add_outside(f->nat, out);
		if (i == 0 && !pool_build(t->nat, out, error))
			return false;
	}
	return timeouts_set(t, n, error);
}

static void chain_build(const struct node *n, const struct topo_chain *c, struct firewall_rule *rules)
{
	for (uint32_t i = 0; i < c->n_rules; i++) {
		const struct topo_rule *r = &c->rules[i];

		rules[i] = (struct firewall_rule){.action = r->action, .filter = r->filter,
						  .in = iface_of(n, &r->in), .out = iface_of(n, &r->out)};
	}
}

static bool firewall_build(const struct topo_node *t, struct node *n, GError **error)
{
	struct firewall_params params = {0};
	struct firewall_rule *rules[FIREWALL_CHAINS] = {0};
	char why[256];
	struct node_filter *f = filter_attach(n);

	for (int i = 0; i < FIREWALL_CHAINS; i++) {
		const struct topo_chain *c = &t->firewall->chains[i];

		rules[i] = g_new0(struct firewall_rule, c->n_rules + 1);
		chain_build(n, c, rules[i]);
		params.chains[i].policy = c->policy;
		params.chains[i].stateless = c->stateless;
		params.chains[i].rules = rules[i];
		params.chains[i].n_rules = c->n_rules;
	}
	f->firewall = firewall_new(n, &params, why, sizeof(why));
	if (!f->firewall)
		place_error(error, t->firewall->at, "%s", why);
	for (int i = 0; i < FIREWALL_CHAINS; i++)
		g_free(rules[i]);
	return f->firewall != NULL;
}

bool filter_build(const struct topo_node *t, struct node *n, GError **error)
{
	return (!t->nat || nat_build(t, n, error)) &&
	       (!t->firewall || firewall_build(t, n, error));
}
