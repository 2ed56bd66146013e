#include "lib/captures.h"

#include <stdlib.h>

/* Every address of every node, link-local ones too, by its node's name. */
static void add_names(struct capture_set *set, const struct internet *in)
{
	for (uint32_t n = 0; n < in->scenario->n_nodes; n++) {
		if (!in->nodes[n].node)
			continue;
		for (struct ip_iface *i = in->nodes[n].node->ifaces; i; i = ip_iface_next(i))
			for (struct ip_addr *a = i->addrs; a; a = a->next)
				capture_set_name(set, &a->addr, in->scenario->nodes[n].name);
	}
}

/* Frames that the queue in front of an interface's link has refused. */
static uint64_t queue_drops(const struct iface *i, void *ways)
{
	const struct link_counters *c = g_hash_table_lookup(ways, i);

	return c ? c->dropped : 0;
}

static void add_iface(struct captures *c, struct capture *capture, const struct internet *in,
		      uint32_t node, uint32_t iface)
{
	const struct topo_iface *t = &in->scenario->nodes[node].ifaces[iface];
	struct iface *i = in->nodes[node].ifaces[iface];

	capture_add_iface(capture, i);
	if (t->link != TOPO_NONE)
		g_hash_table_insert(c->ways, i,
				    (void *)link_counters(in->links[t->link], t->side));
}

static bool add_capture(struct captures *c, const struct internet *in, const struct topo_capture *t,
			uint32_t snaplen, GError **error)
{
	const struct scenario *s = in->scenario;
	const struct capture_params params = {
		.file = t->file,
		.format = t->pcap ? CAPTURE_PCAP : CAPTURE_PCAPNG,
		.filter = t->filter,
		.snaplen = snaplen ? snaplen : t->snaplen,
	};
	char *why = NULL;
	struct capture *capture = capture_new(c->set, &params, &why);

	if (!capture) {
		place_error(error, t->at, "%s", why);
		free(why);
		return false;
	}
	switch (t->kind) {
	case TOPO_CAPTURE_NODE:
		for (uint32_t k = 0; k < s->nodes[t->node].n_ifaces; k++)
			add_iface(c, capture, in, t->node, k);
		break;
	case TOPO_CAPTURE_IFACE:
		add_iface(c, capture, in, t->node, t->iface);
		break;
	case TOPO_CAPTURE_LINK:
		for (int e = 0; e < 2; e++)
			add_iface(c, capture, in, s->links[t->link].end[e].node,
				  s->links[t->link].end[e].iface);
		break;
	}
	return true;
}

bool captures_init(struct captures *c, const struct internet *in, const char *folder,
		   uint32_t snaplen, GError **error)
{
	const struct scenario *s = in->scenario;

	*c = (struct captures){0};
	if (!s->n_captures)
		return true;
	c->set = capture_set_new(in->world, folder);
	c->ways = g_hash_table_new(NULL, NULL);
	add_names(c->set, in);
	capture_set_drops(c->set, queue_drops, c->ways);
	for (uint32_t i = 0; i < s->n_captures; i++)
		if (!add_capture(c, in, &s->captures[i], snaplen, error))
			return false;
	return true;
}

void captures_fini(struct captures *c)
{
	capture_set_free(c->set);
	if (c->ways)
		g_hash_table_destroy(c->ways);
	*c = (struct captures){0};
}
