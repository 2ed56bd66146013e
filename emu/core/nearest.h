/*
 * "Did you mean": the known name nearest to one that is not known.
 *
 * Nearness is the restricted Damerau-Levenshtein distance (insert, delete,
 * replace, swap two neighbours, each one step; a change of case is none). A name
 * of n letters may be (n + 1) / 3 steps away; further off, a suggestion would
 * rather confuse.
 *
 *	struct nearest n = nearest_to("losss");
 *	nearest_try(&n, "loss"); ...
 *	place_error(error, at, "unknown key 'losss'%s", nearest_hint(&n));
 */
#ifndef TOPO_NEAREST_H
#define TOPO_NEAREST_H

#include <stdint.h>

struct nearest {
	const char *name;
	const char *best;		/* borrowed from nearest_try(); NULL: none near enough */
	unsigned steps;
	char hint[128];
};

/* Starts a search; `name` is borrowed. */
struct nearest nearest_to(const char *name);

/* Offers a known name; of equally near ones the first stays. NULL is ignored. */
void nearest_try(struct nearest *n, const char *known);

/* Offers each of a NULL-terminated list. */
void nearest_try_all(struct nearest *n, const char *const *known);

/* "; did you mean 'x'?" or "", valid as long as `n`. */
const char *nearest_hint(struct nearest *n);

/* The steps between two names; those beyond 63 letters are cut there. */
unsigned nearest_distance(const char *a, const char *b);

#endif
