/*
 * What the metrics of processes, links, nodes and packets are measured in, by their names, which mean
 * the same wherever they occur. What is wanted of one has a unit of its kind: ">= 8Mbit/s" of a round
 * trip is a slip, and "< 15" of it would be seconds where milliseconds were meant; either would hold or
 * fail for no reason. Bare come only 0, what has no unit (a count, an index), and bytes where the name
 * says bytes. A share is at most 1.
 */
#ifndef TOPO_OUTCOME_METRIC_UNIT_H
#define TOPO_OUTCOME_METRIC_UNIT_H

#include <stdbool.h>

#define METRIC_UNIT_WHY 256

/* Whether there is a row for the metric; what has none may have any unit. */
bool metric_unit_known(const char *metric);

/* Whether "40ms..41ms" can be wanted of the metric; else a clause in `why`. */
bool metric_unit_fits(const char *metric, const char *want, char why[METRIC_UNIT_WHY]);

#endif
