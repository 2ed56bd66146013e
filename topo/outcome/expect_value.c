#include "topo/outcome/expect_value.h"

#include <stdio.h>
#include <string.h>

#include "filter/firewall.h"
#include "filter/nat.h"

bool value_of_process(const struct process *p, const char *metric, double *value)
{
	const struct metric *m = metrics_find(process_metrics(p), metric);

	if (m)
		*value = m->value;
	else if (!strcmp(metric, "start") && process_start(p).ns != VTIME_NEVER.ns)
		*value = vtime_seconds(process_start(p));
	else if (!strcmp(metric, "end") && process_ended(p))
		*value = vtime_seconds(process_end(p));
	else if (!strcmp(metric, "exit") && process_ended(p))
		*value = process_exit_status(p);
	else
		return false;
	return true;
}

static const struct {
	const char *name;
	size_t offset;
} link_values[] = {
	{"sent", offsetof(struct link_counters, sent)},
	{"delivered", offsetof(struct link_counters, delivered)},
	{"lost", offsetof(struct link_counters, lost)},
	{"dropped", offsetof(struct link_counters, dropped)},
	{"duplicated", offsetof(struct link_counters, duplicated)},
	{"bytes", offsetof(struct link_counters, bytes)},
	{"marked", offsetof(struct link_counters, marked)},
};

bool value_of_link(const struct link *l, int dir, const char *metric, double *value)
{
	for (size_t i = 0; i < G_N_ELEMENTS(link_values); i++) {
		uint64_t sum = 0;

		if (strcmp(link_values[i].name, metric) != 0)
			continue;
		for (int d = 0; d < 2; d++)
			if (dir < 0 || dir == d)
				sum += *(const uint64_t *)((const char *)link_counters(l, d) +
							   link_values[i].offset);
		*value = (double)sum;
		return true;
	}
	return false;
}

uint64_t node_forwarded(const struct built_node *b)
{
	return b->sw ? switch_forwarded(b->sw) : b->node->forwarded;
}

struct site *node_site(const struct built_node *b)
{
	return b->sw ? switch_site(b->sw) : &b->node->site;
}

uint64_t site_all_drops(const struct site *s)
{
	uint64_t sum = 0;

	for (int r = 0; r < DROP_REASON_COUNT; r++)
		sum += site_drops(s, r);
	return sum;
}

static bool firewall_value(const struct firewall *f, const char *metric, double *value)
{
	struct firewall_count count;
	char chain[10], what[10];
	unsigned rule = 0;

	if (sscanf(metric, "%9[a-z].policy.%9[a-z]", chain, what) != 2 &&
	    (sscanf(metric, "%9[a-z].rule%5u.%9[a-z]", chain, &rule, what) != 3 || rule == 0))
		return false;
	for (int k = 0; k < FIREWALL_CHAINS; k++) {
		uint32_t n = firewall_rules(f, k);

		if (strcmp(chain, firewall_chain_name(k)) != 0 || rule > n)
			continue;
		count = firewall_rule_count(f, k, rule ? rule - 1 : n);
		*value = (double)(what[0] == 'p' ? count.packets : count.bytes);
		return !strcmp(what, "packets") || !strcmp(what, "bytes");
	}
	return false;
}

/* What stands at a node's hooks. */
static bool filter_value(const struct node_filter *f, const char *metric, double *value)
{
	if (!strcmp(metric, "conntrack.count"))
		*value = conntrack_count(f->conntrack);
	else if (!strcmp(metric, "conntrack.peak"))
		*value = conntrack_peak(f->conntrack);
	else if (!strcmp(metric, "nat.mappings") && f->nat)
		*value = nat_mapping_count(f->nat);
	else
		return f->firewall && g_str_has_prefix(metric, "firewall.") &&
		       firewall_value(f->firewall, metric + strlen("firewall."), value);
	return true;
}

bool value_of_node(const struct built_node *b, const char *metric, double *value)
{
	if (!strcmp(metric, "forwarded")) {
		*value = (double)node_forwarded(b);
		return true;
	}
	if (!strcmp(metric, "drops")) {
		*value = (double)site_all_drops(node_site(b));
		return true;
	}
	if (b->node && (!strcmp(metric, "delivered") || !strcmp(metric, "originated"))) {
		*value = (double)(metric[0] == 'd' ? b->node->delivered : b->node->originated);
		return true;
	}
	if (b->node && filter_of(b->node) && filter_value(filter_of(b->node), metric, value))
		return true;
	for (int r = 0; !strncmp(metric, "drops.", 6) && r < DROP_REASON_COUNT; r++)
		if (!strcmp(metric + 6, drop_name(r))) {
			*value = (double)site_drops(node_site(b), r);
			return true;
		}
	return false;
}
