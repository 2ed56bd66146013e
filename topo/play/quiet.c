#include "topo/play/quiet.h"

#include "ip/neigh.h"

void quiet_init(struct quiet *q, const struct internet *in)
{
	*q = (struct quiet){.in = in};
}

static bool packet_waits(const struct internet *in, uint32_t index)
{
	const struct node *n = in->nodes[index].node;

	for (uint32_t k = 0; n && n->neigh.count && k < n->neigh.size; k++)
		for (const struct neigh *e = n->neigh.buckets[k]; e; e = e->next)
			if (e->head)
				return true;
	return false;
}

bool quiet_now(struct quiet *q)
{
	const struct internet *in = q->in;

	if (in->world->on_wires || packet_waits(in, q->restless))
		return false;
	for (uint32_t n = 0; n < in->scenario->n_nodes; n++)
		if (packet_waits(in, n)) {
			q->restless = n;
			return false;
		}
	return true;
}
