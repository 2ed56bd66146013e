#include "topo/read/read.h"

#include <string.h>

/* Of a switch with hundreds the first ones say enough. */
#define LISTED_MOST 6

static const char *link_name(const struct reader *r, const struct topo_iface *iface)
{
	return iface->link == TOPO_NONE ? NULL : r->s->links[iface->link].name;
}

/* "; it has eth0 (link a--r) and lo1" */
static const char *list_hint(struct reader *r, const struct topo_node *node)
{
	uint32_t n = node->n_ifaces < LISTED_MOST ? node->n_ifaces : LISTED_MOST;
	const char *text = "; it has ";

	for (uint32_t i = 0; i < n; i++) {
		const char *link = link_name(r, &node->ifaces[i]);
		const char *comma = i == 0 ? "" : i + 1 == node->n_ifaces ? " and " : ", ";

		text = arena_printf(r->arena, "%s%s%s%s%s%s", text, comma, node->ifaces[i].name,
				    link ? " (link " : "", link ? link : "", link ? ")" : "");
	}
	if (n < node->n_ifaces)
		text = arena_printf(r->arena, "%s and %u more", text, node->n_ifaces - n);
	return n ? text : "";
}

const char *read_iface_hint(struct reader *r, const struct topo_node *node, const char *name)
{
	struct nearest nearest = nearest_to(name);

	for (uint32_t i = 0; i < node->n_ifaces; i++) {
		const char *link = link_name(r, &node->ifaces[i]);

		if (link && !strcmp(link, name))
			return arena_printf(r->arena, "; link '%s' is at its %s", name,
					    node->ifaces[i].name);
		nearest_try(&nearest, node->ifaces[i].name);
	}
	return nearest.best ? arena_text(r->arena, nearest_hint(&nearest)) : list_hint(r, node);
}
