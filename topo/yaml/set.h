/*
 * --set PATH=VALUE: one value of a scenario changed from the command line, before
 * anything is checked.
 *
 *	--set seed=3
 *	--set links.wan.loss=2%		a link by its name, or by a--b
 *	--set nodes.web.sysctl.net.ipv4.ip_default_ttl=32
 *	--set run.0.at=2s		items of a list by position, from 0
 *
 * The value is YAML, so '{burst: 4, mean: 1%}' sets a map. What the path leads
 * through must exist or be a key that the schema knows at that place; nodes,
 * links and list items are never made by --set. Ranges go by the name that stands
 * in the file ("nodes.client[1..9].gateway").
 */
#ifndef TOPO_YAML_SET_H
#define TOPO_YAML_SET_H

#include <stdbool.h>

#include "topo/yaml/yaml.h"

/* Applies "PATH=VALUE" to the tree. The place of an error is the option itself. */
bool set_apply(struct arena *arena, struct yaml_node *root, const char *option, GError **error);

#endif
