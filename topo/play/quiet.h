/*
 * Whether the wires are quiet: no frame is on a link, and no packet waits at a node for its next
 * hop to answer. For play.h, which asks after each event once nothing else keeps a run going: so
 * the node that kept it going last is looked at first, and all of them only when it has calmed
 * down.
 */
#ifndef TOPO_PLAY_QUIET_H
#define TOPO_PLAY_QUIET_H

#include "topo/internet.h"

struct quiet {
	const struct internet *in;
	uint32_t restless; /* the node with a waiting packet that was found last */
};

void quiet_init(struct quiet *q, const struct internet *in);
bool quiet_now(struct quiet *q);

#endif
