/* What a program measured: named numbers in the order in which they came. */
#ifndef PROCESS_METRIC_H
#define PROCESS_METRIC_H

#include <stdbool.h>
#include <stdint.h>

struct metric {
	const char *name;
	double value;
	bool count; /* a whole number: print it without a point */
};

struct metrics {
	struct metric *items;
	uint32_t count, room;
};

/* Sets or replaces; the name is borrowed for as long as m lives. */
void metrics_set(struct metrics *m, const char *name, double value, bool count);

/* NULL if there is none of that name. */
const struct metric *metrics_find(const struct metrics *m, const char *name);

void metrics_fini(struct metrics *m);

#endif
