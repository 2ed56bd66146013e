/*
 * What stands at a node's hooks, as the scenario says it: part of struct topo_node. Interfaces are
 * names until all links are known (build/check_node.c), and their places are kept for the errors.
 */
#ifndef TOPO_TOPO_FILTER_H
#define TOPO_TOPO_FILTER_H

#include "filter/firewall.h"
#include "filter/nat.h"
#include "topo/yaml/place.h"

struct topo_iface_name {
	const char *name; /* NULL: not said */
	struct place at;
};

/* Times of `timeouts`, in this order: udp, tcp, tcp_transitory, icmp. */
#define TOPO_NAT_TIMEOUTS 4

struct topo_nat {
	const struct topo_iface_name *outside;
	uint32_t n_outside;
	int32_t timeouts[TOPO_NAT_TIMEOUTS]; /* s */
	struct nat_params params;
	struct place at;
};

struct topo_rule {
	enum firewall_action action;
	const char *filter; /* NULL: every packet */
	struct topo_iface_name in, out;
	struct place at;
};

struct topo_chain {
	enum firewall_action policy;
	bool stateless;
	struct topo_rule *rules;
	uint32_t n_rules;
};

struct topo_firewall {
	struct topo_chain chains[FIREWALL_CHAINS];
	struct place at;
};

#endif
