/*
 * Segments: which interfaces hear each other without a router.
 *
 * A segment is what shares an IP network: two interfaces on one link, or all those that switches
 * join within one VLAN. Interfaces of hosts and routers are counted through the whole scenario
 * ("global" interface numbers); each belongs to one segment, interfaces on no link to none.
 *
 * The same walk gives the graph that routes are computed on: its vertices are the nodes and, for
 * each switch, its VLANs; its edges are links with their delays. Edges that end at a node which
 * does not forward are left out: no way leads through a host.
 */
#ifndef TOPO_BUILD_SEGMENTS_H
#define TOPO_BUILD_SEGMENTS_H

#include "topo/scenario.h"

struct graph_edge {
	uint32_t to;        /* vertex */
	uint32_t out_iface; /* global number of the interface it leaves by; TOPO_NONE: a switch's */
	uint32_t in_iface;  /* and of the one it arrives at */
	int64_t delay;      /* ns */
};

struct segments {
	const struct scenario *scenario;
	uint32_t *iface_base;   /* [n_nodes + 1]: global number of each node's first interface */
	uint32_t *node_of;      /* [n_ifaces]: its node */
	uint32_t *segment_of;   /* [n_ifaces]: its segment, TOPO_NONE for switches' and unlinked ones */
	uint32_t n_ifaces;
	uint32_t n_segments;    /* numbered in the order of address_order */
	uint32_t *member_start; /* [n_segments + 1]: into members */
	uint32_t *members;      /* global interfaces, routers' first, then in file order */
	uint32_t n_vertices;    /* nodes first, then VLANs of switches */
	uint32_t *edge_start;   /* [n_vertices + 1]: into edges */
	struct graph_edge *edges;
};

/* Whether a node forwards: a router, or a host whose sysctl says so. */
bool topo_forwards(const struct topo_node *n);

struct segments *segments_new(const struct scenario *s);
void segments_free(struct segments *g);

static inline const struct topo_iface *segments_iface(const struct segments *g, uint32_t iface)
{
	uint32_t node = g->node_of[iface];

	return &g->scenario->nodes[node].ifaces[iface - g->iface_base[node]];
}

#endif
