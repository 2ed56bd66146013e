/*
 * The small notations inside values: a link's end, two ends in one text, what an
 * expectation wants, a route as `ip route` writes it. Each reader takes the whole
 * text; on failure it writes one clause into `why` (NOTATION_WHY bytes).
 */
#ifndef TOPO_NOTATION_H
#define TOPO_NOTATION_H

#include <stdbool.h>

#include "topo/arena.h"
#include "topo/scenario.h"

#define NOTATION_WHY 512

/* "home:wan": node (may be a range) and interface (NULL: not said). */
struct end_text {
	const char *node;
	const char *iface;
};

bool notation_end(struct arena *arena, const char *text, struct end_text *end, char *why);

/* "laptop -- lan", with or without blanks. */
bool notation_pair(struct arena *arena, const char *text, struct end_text ends[2], char *why);

/* "3", "40ms..41ms", ">= 2", "!= 0". Fills op, lo and hi. */
bool notation_want(const char *text, struct topo_expect *want, char *why);

/* "10.9.0.0/16 via 10.0.0.1 dev eth1 mtu 1400 metric 5", "default via ...",
 * "unreachable 10.0.0.0/8", "blackhole default". Fills all but `at`. */
bool notation_route(struct arena *arena, const char *text, struct topo_route *route, char *why);

#endif
