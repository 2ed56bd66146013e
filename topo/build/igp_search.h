/*
 * The shortest ways from one node to all others on the graph of segments.h: by delay, then hops,
 * then what comes first in the scenario (Dijkstra, with a binary heap).
 */
#ifndef TOPO_BUILD_IGP_SEARCH_H
#define TOPO_BUILD_IGP_SEARCH_H

#include "topo/build/segments.h"

struct igp_reach {
	int64_t delay;   /* INT64_MAX: not reached */
	uint32_t hops;
	uint32_t out;    /* global interface of the source by which the way begins */
	uint32_t next;   /* global interface of the first router or host on the way; TOPO_NONE while
			  * the way has only crossed switches */
	bool settled;
};

struct igp_search {
	const struct segments *g;
	struct igp_reach *reach; /* [n_vertices] */
	uint32_t *heap;      /* vertices */
	uint32_t *slot;      /* [n_vertices]: position in heap + 1 */
	uint32_t count;
	uint32_t *touched, n_touched;
};

void igp_search_init(struct igp_search *s, const struct segments *g);
void igp_search_fini(struct igp_search *s);

/* All ways from a node, or only those to routers on its own segments. What does not forward is not
 * gone through: edges to it do not exist. */
void igp_search_from(struct igp_search *s, uint32_t source, bool own_segments);

/* Whether the way to vertex a comes before that to b. */
bool igp_search_nearer(const struct igp_search *s, uint32_t a, uint32_t b);

#endif
