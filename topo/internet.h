/*
 * An internet: the world that a scenario describes, built and ready to run.
 *
 *     scenario -> segments.h (who hears whom) -> address.h -> build.c (nodes, links) -> igp.h, in build/
 *
 * Arrays run parallel to the scenario's: nodes[i] is what s->nodes[i] became, links[k] what
 * s->links[k] became. Nothing has happened yet when it is built: time is zero, no process runs.
 */
#ifndef TOPO_INTERNET_H
#define TOPO_INTERNET_H

#include "ip/node.h"
#include "link/link.h"
#include "link/switch.h"
#include "process/process.h"
#include "topo/scenario.h"

struct injections;
struct names;

/* What a node of the scenario became: a node or a switch, never both. */
struct built_node {
	struct node *node;
	struct eth_switch *sw;
	struct iface **ifaces; /* parallel to the scenario's; unlinked ones too */
};

struct internet {
	const struct scenario *scenario;
	struct world *world;
	struct built_node *nodes;
	struct link **links;
	struct names *names;
	struct processes *processes;
	struct injections *injections; /* what steps inject */
	struct internet_private *priv; /* link parameters, by which steps changed links */
};

/* The scenario is borrowed. NULL and a sentence in error if it cannot be built. */
struct internet *internet_new(const struct scenario *s, GError **error);
void internet_free(struct internet *in);

/* Changes a direction of a link as a step says: only the members whose bits are in change->given. */
void internet_change_link(struct internet *in, uint32_t link, int direction,
			  const struct topo_dir *change);

/* Takes a node down or up, its processes with it. */
void internet_set_node_up(struct internet *in, uint32_t node, bool up);
void internet_set_iface_up(struct internet *in, uint32_t node, uint32_t iface, bool up);

/* The interface of a host or router advertises that from now on; NULL: no more. */
void internet_set_iface_ra(struct internet *in, uint32_t node, uint32_t iface,
			   const struct topo_ra *ra);

#endif
