#include "topo/read/read.h"

#include <stdlib.h>

/*
 * Addresses: none twice, and gateways within reach.
 *
 * A segment is what frames cross without a router: a link, or all links of
 * switches that hang together. A gateway is within reach if a network of the
 * node's own holds it or, where the node leaves its address to the builder, a
 * network that somebody on the segment has. VLANs are not told apart here: what
 * they separate is found when packets do not arrive.
 */

/* A network on a segment. */
struct reach {
	uint32_t segment;
	struct prefix net;
};

struct checker {
	struct reader *r;
	uint32_t *parent;		/* of each link, in the union of segments */
	struct reach *reach;		/* sorted by segment */
	size_t n_reach;
};

static guint ip_hash(gconstpointer ip)
{
	return ipaddr_hash(ip);
}

static gboolean ip_equal(gconstpointer a, gconstpointer b)
{
	return ipaddr_eq(a, b);
}

/* Whoever has the address or MAC already, else remembers this one. */
static const struct topo_node *owner_claim(GHashTable *owners, const void *key,
					   const struct topo_node *node)
{
	const struct topo_node *owner = g_hash_table_lookup(owners, key);

	if (!owner)
		g_hash_table_insert(owners, (void *)key, (void *)node);
	return owner;
}

static bool iface_unique(struct reader *r, const struct topo_node *node,
			 const struct topo_iface *iface, GHashTable *addrs, GHashTable *macs)
{
	const struct topo_node *owner;
	char text[IPADDR_TEXT], mac[MAC_TEXT];

	for (uint32_t k = 0; k < iface->n_addrs; k++) {
		owner = owner_claim(addrs, &iface->addrs[k].ip, node);
		if (owner) {
			place_error(r->error, iface->addrs[k].at, "duplicate address %s, on '%s' and "
				    "'%s'; expected another one",
				    ipaddr_format(text, sizeof(text), &iface->addrs[k].ip), owner->name,
				    node->name);
			return false;
		}
	}
	if (!iface->has_mac)
		return true;
	owner = owner_claim(macs, g_intern_string(mac_format(mac, sizeof(mac), &iface->mac)), node);
	if (owner)
		place_error(r->error, iface->at, "duplicate MAC address %s, on '%s' and '%s'; expected "
			    "another one", mac, owner->name, node->name);
	return !owner;
}

static bool all_unique(struct reader *r)
{
	GHashTable *addrs = g_hash_table_new(ip_hash, ip_equal);
	GHashTable *macs = g_hash_table_new(g_str_hash, g_str_equal);
	bool ok = true;

	for (uint32_t n = 0; n < r->s->n_nodes; n++)
		for (uint32_t i = 0; i < r->s->nodes[n].n_ifaces; i++)
			ok = iface_unique(r, &r->s->nodes[n], &r->s->nodes[n].ifaces[i], addrs, macs) &&
			     ok;
	g_hash_table_destroy(addrs);
	g_hash_table_destroy(macs);
	return ok;
}

/* The link that stands for a link's segment (union-find with path halving). */
static uint32_t segment_of(const struct checker *c, uint32_t link)
{
	while (c->parent[link] != link)
		link = c->parent[link] = c->parent[c->parent[link]];
	return link;
}

static void segments_find(struct checker *c)
{
	const struct scenario *s = c->r->s;

	for (uint32_t l = 0; l < s->n_links; l++)
		c->parent[l] = l;
	for (uint32_t n = 0; n < s->n_nodes; n++) {
		uint32_t first = TOPO_NONE;

		for (uint32_t i = 0; s->nodes[n].kind == TOPO_SWITCH && i < s->nodes[n].n_ifaces; i++) {
			uint32_t link = s->nodes[n].ifaces[i].link;

			if (link == TOPO_NONE)
				continue;
			if (first == TOPO_NONE)
				first = link;
			c->parent[segment_of(c, link)] = segment_of(c, first);
		}
	}
}

static int reach_compare(const void *a, const void *b)
{
	const struct reach *x = a, *y = b;

	if (x->segment != y->segment)
		return x->segment < y->segment ? -1 : 1;
	return ipaddr_cmp(&x->net.addr, &y->net.addr);
}

static void reach_collect(struct checker *c)
{
	const struct scenario *s = c->r->s;
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct reach));

	for (uint32_t n = 0; n < s->n_nodes; n++)
		for (uint32_t i = 0; i < s->nodes[n].n_ifaces; i++) {
			const struct topo_iface *iface = &s->nodes[n].ifaces[i];

			for (uint32_t k = 0; iface->link != TOPO_NONE && k < iface->n_addrs; k++) {
				struct reach reach = { segment_of(c, iface->link),
						       prefix_make(&iface->addrs[k].ip,
								   iface->addrs[k].len) };

				g_array_append_val(all, reach);
			}
		}
	if (all->len)
		qsort(all->data, all->len, sizeof(struct reach), reach_compare);
	for (guint i = 0; i < all->len; i++) {	/* keep one of each */
		const struct reach *reach = &g_array_index(all, struct reach, i);

		if (c->n_reach && c->reach[c->n_reach - 1].segment == reach->segment &&
		    prefix_eq(&c->reach[c->n_reach - 1].net, &reach->net))
			continue;
		c->reach = arena_grow(c->r->arena, c->reach, c->n_reach, sizeof(*c->reach));
		c->reach[c->n_reach++] = *reach;
	}
	g_array_free(all, TRUE);
}

static bool segment_reaches(const struct checker *c, uint32_t segment, const struct ipaddr *ip)
{
	size_t low = 0, high = c->n_reach;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->reach[middle].segment < segment)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < c->n_reach && c->reach[low].segment == segment; low++)
		if (prefix_contains(&c->reach[low].net, ip))
			return true;
	return false;
}

static bool iface_reaches(const struct checker *c, const struct topo_iface *iface,
			  const struct ipaddr *ip)
{
	bool own = false;

	if (iface->link == TOPO_NONE)
		return false;
	if (ipaddr_is_linklocal(ip) && !ipaddr_is4(ip))
		return true;
	for (uint32_t k = 0; k < iface->n_addrs; k++) {
		struct prefix net = prefix_make(&iface->addrs[k].ip, iface->addrs[k].len);

		if (ipaddr_is4(&iface->addrs[k].ip) != ipaddr_is4(ip))
			continue;
		own = true;
		if (prefix_contains(&net, ip))
			return true;
	}
	return !own && segment_reaches(c, segment_of(c, iface->link), ip);
}

/* Whether a next hop of a node is within reach and not the node itself. */
static bool hop_check(const struct checker *c, const struct topo_node *node, const char *dev,
		      const struct ipaddr *ip, struct place at)
{
	char text[IPADDR_TEXT];
	bool reached = false;

	ipaddr_format(text, sizeof(text), ip);
	for (uint32_t i = 0; i < node->n_ifaces; i++) {
		const struct topo_iface *iface = &node->ifaces[i];

		for (uint32_t k = 0; k < iface->n_addrs; k++)
			if (ipaddr_eq(&iface->addrs[k].ip, ip)) {
				place_error(c->r->error, at, "gateway %s is '%s' itself; expected a "
					    "neighbour's address", text, node->name);
				return false;
			}
		if (!dev || !g_strcmp0(dev, iface->name))
			reached = reached || iface_reaches(c, iface, ip);
	}
	if (!reached)
		place_error(c->r->error, at, "unreachable gateway %s: it is on no network of '%s'%s%s; "
			    "expected an address on one of its links", text, node->name,
			    dev ? " at " : "", dev ? dev : "");
	return reached;
}

static bool hops_check(const struct checker *c)
{
	bool ok = true;

	for (uint32_t n = 0; n < c->r->s->n_nodes; n++) {
		const struct topo_node *node = &c->r->s->nodes[n];

		for (uint32_t i = 0; i < node->n_gateways; i++)
			ok = hop_check(c, node, NULL, &node->gateways[i].ip, node->gateways[i].at) && ok;
		for (uint32_t i = 0; i < node->n_routes; i++)
			if (node->routes[i].has_via)
				ok = hop_check(c, node, node->routes[i].dev, &node->routes[i].via,
					       node->routes[i].at) && ok;
	}
	return ok;
}

bool check_addresses(struct reader *r)
{
	struct checker c = { .r = r, .parent = arena_array(r->arena, uint32_t, r->s->n_links) };

	bool ok = all_unique(r);

	segments_find(&c);
	reach_collect(&c);
	return hops_check(&c) && ok;
}
