/*
 * Between the files that read `expect`: expect.c (processes, links, nodes),
 * expect_packets.c and expect_fairness.c. As in read.h, what returns false has set
 * r->error.
 */
#ifndef TOPO_READ_EXPECT_H
#define TOPO_READ_EXPECT_H

#include "topo/read/read.h"

/* Those of a subject's own; `e` holds what subjects that do not say it have. */
bool expect_packets(struct reader *r, const struct yaml_pair *subject, struct topo_expect e);
bool expect_fairness(struct reader *r, const struct yaml_pair *subject, struct topo_expect e);

/* NAME or NAME.NODE: fills subject, index and process. */
bool expect_process(struct reader *r, const char *name, struct place at, struct topo_expect *e);

/* Whether that process reports e->metric. */
bool expect_process_metric(struct reader *r, const struct topo_expect *e, struct place at);

/* What is wanted of e->metric, and where it stands. */
bool expect_want(struct reader *r, const struct yaml_node *value, struct topo_expect *e);

void expect_add(struct reader *r, const struct topo_expect *e);

#endif
