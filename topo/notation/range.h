/*
 * Many names at once: "client[1..1000]" stands for client1 to client1000. A
 * name holds one range at most; leading zeros are kept ("h[08..10]" is h08, h09,
 * h10). A name without brackets is a range of one.
 */
#ifndef TOPO_NOTATION_RANGE_H
#define TOPO_NOTATION_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "topo/arena.h"

#define RANGE_MAX 1000000
#define RANGE_WHY 256

struct range {
	const char *text;
	size_t before;		/* length of what stands before the bracket */
	const char *after;	/* what stands behind it */
	uint32_t first;
	uint32_t count;		/* 1 without a range */
	int width;		/* least digits */
	bool many;		/* there is a range, even if of one */
};

/* Reads `text`, which must outlive the range. False: one clause in `why`. */
bool range_read(const char *text, struct range *range, char *why);

/* The i-th name, in the arena; `text` itself without a range. */
const char *range_name(struct arena *arena, const struct range *range, uint32_t i);

/* Whether a name can name a node, link or step: letters, digits, '_' and '-',
 * not first '-', not "--" inside, at most 63. `iface` also allows dots, and 15. */
bool name_is_good(const char *name, char *why);
bool name_is_good_iface(const char *name, char *why);

#endif
