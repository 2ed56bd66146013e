#include "topo/build/ra_build.h"

#include "ip/ip.h"
#include "ip/autoconf/slaac.h"
#include "process/host.h"
#include "process/names.h"
#include "topo/topo_ra.h"

/* What the world learns of an interface that configures itself. */
struct listener {
	struct slaac_watch watch;
	struct internet *in;
	uint32_t node;
};

/* The name means it, as dynamic DNS would have it. */
static void address_changed(struct slaac_watch *w, struct ip_iface *i, const struct ipaddr *addr,
			    bool preferred)
{
	struct listener *l = container_of(w, struct listener, watch);
	const char *name = l->in->scenario->nodes[l->node].name;

	(void)i;
	if (preferred)
		names_add(l->in->names, name, addr);
	else
		names_remove(l->in->names, name, addr);
}

static void servers_changed(struct slaac_watch *w, struct ip_iface *i, const struct ipaddr *list,
			    uint32_t count)
{
	(void)w;
	host_set_resolvers(i->node, HOST_RA, list, count);
}

struct ra_build {
	GPtrArray *listeners; /* struct listener */
};

static struct slaac_watch *listener_new(struct ra_build *b, struct internet *in, uint32_t node)
{
	struct listener *l = g_new(struct listener, 1);

	*l = (struct listener){.watch = {address_changed, servers_changed}, .in = in, .node = node};
	g_ptr_array_add(b->listeners, l);
	return &l->watch;
}

static bool has_network(const struct ip_iface *i, const struct prefix *net)
{
	for (const struct ip_addr *a = i->addrs; a; a = a->next) {
		struct prefix own = prefix_make(&a->addr, a->len);

		if (prefix_eq(&own, net))
			return true;
	}
	return false;
}

static bool mtu_is_enough(const struct topo_iface *t, const char *node, const struct ip_iface *i,
			  struct place at, GError **error)
{
	if (i->link.mtu >= IP6_MIN_MTU)
		return true;
	place_error(error, at, "interface '%s' of '%s' has an MTU of %u; IPv6 needs at least %d", t->name,
		    node, i->link.mtu, IP6_MIN_MTU);
	return false;
}

/* To a network that the router does not have itself nobody would find the way. */
static bool has_networks(const struct topo_iface *t, const char *node, const struct ip_iface *i,
			 const struct topo_ra *ra, GError **error)
{
	char text[PREFIX_TEXT];

	for (uint32_t k = 0; k < ra->config.n_prefixes; k++) {
		const struct prefix *net = &ra->config.prefixes[k].prefix;

		if (has_network(i, net))
			continue;
		place_error(error, ra->prefixes_at[k], "interface '%s' of '%s' has no address in %s; expected "
			    "one of its networks", t->name, node, prefix_format(text, sizeof(text), net));
		return false;
	}
	return true;
}

/* What an interface is to advertise, from the start or from a step on. */
static bool is_right(const struct topo_iface *t, const char *node, const struct ip_iface *i,
		     const struct topo_ra *ra, GError **error)
{
	if (t->slaac) {
		place_error(error, ra->at, "'%s' of '%s' has its address from router advertisements and "
			    "cannot send them; expected an interface with an address of its own", t->name,
			    node);
		return false;
	}
	if (!mtu_is_enough(t, node, i, ra->at, error) || !has_networks(t, node, i, ra, error))
		return false;
	if (radv_config_fits(&ra->config, i))
		return true;
	place_error(error, ra->at, "more than one router advertisement has room for; expected fewer "
		    "prefixes, routes and names");
	return false;
}

static bool start(struct internet *in, struct ra_build *b, uint32_t node, uint32_t k, GError **error)
{
	const struct topo_node *t = &in->scenario->nodes[node];
	const struct topo_iface *iface = &t->ifaces[k];
	struct ip_iface *i = ip_iface_of(in->nodes[node].ifaces[k]);

	if (iface->slaac && !mtu_is_enough(iface, t->name, i, iface->at, error))
		return false;
	if (iface->slaac)
		slaac_start(i, listener_new(b, in, node));
	if (iface->ra && !is_right(iface, t->name, i, iface->ra, error))
		return false;
	if (iface->ra)
		radv_start(i, &iface->ra->config);
	return true;
}

static bool steps_are_right(struct internet *in, GError **error)
{
	const struct scenario *s = in->scenario;

	for (uint32_t k = 0; k < s->n_steps; k++) {
		const struct topo_step *t = &s->steps[k];

		if (t->kind != TOPO_STEP_IFACE || !t->ra)
			continue;
		const struct topo_node *n = &s->nodes[t->nodes[0]];
		if (!is_right(&n->ifaces[t->iface], n->name,
			      ip_iface_of(in->nodes[t->nodes[0]].ifaces[t->iface]), t->ra, error))
			return false;
	}
	return true;
}

bool ra_build_all(struct internet *in, struct ra_build **out, GError **error)
{
	const struct scenario *s = in->scenario;
	struct ra_build *b = *out = g_new0(struct ra_build, 1);

	b->listeners = g_ptr_array_new_with_free_func(g_free);
	for (uint32_t n = 0; n < s->n_nodes; n++)
		for (uint32_t k = 0; in->nodes[n].node && k < s->nodes[n].n_ifaces; k++)
			if (!start(in, b, n, k, error))
				return false;
	return steps_are_right(in, error);
}

void ra_build_free(struct ra_build *b)
{
	if (!b)
		return;
	g_ptr_array_free(b->listeners, TRUE);
	g_free(b);
}

void ra_build_change(struct internet *in, uint32_t node, uint32_t iface, const struct topo_ra *ra)
{
	struct ip_iface *i = ip_iface_of(in->nodes[node].ifaces[iface]);

	if (ra)
		radv_start(i, &ra->config);
	else
		radv_stop(i);
}
