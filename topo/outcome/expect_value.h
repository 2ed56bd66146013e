/*
 * What a run measured, by the names that results.json and `expect` use. Values are in SI units.
 * Each function returns false, value untouched, if there is nothing of that name.
 */
#ifndef TOPO_OUTCOME_EXPECT_VALUE_H
#define TOPO_OUTCOME_EXPECT_VALUE_H

#include "topo/internet.h"

/* What its program reported, or start, end and exit. */
bool value_of_process(const struct process *p, const char *metric, double *value);

/* dir: 0 forward, 1 reverse, -1 both together. */
bool value_of_link(const struct link *l, int dir, const char *metric, double *value);

/* forwarded, delivered, originated, drops, drops.REASON; conntrack.count, conntrack.peak, nat.mappings,
 * firewall.CHAIN.ruleN.packets, firewall.CHAIN.policy.bytes and so on. */
bool value_of_node(const struct built_node *b, const char *metric, double *value);

/* Packets that passed through a node or switch, and its drops of all reasons together. */
uint64_t node_forwarded(const struct built_node *b);
struct site *node_site(const struct built_node *b);
uint64_t site_all_drops(const struct site *s);

#endif
