#include "programs/ip/tool.h"

#include <string.h>

#include "ip/neigh.h"

struct neigh_listing {
	struct ip_tool *tool;
	const struct ip_iface *dev; /* NULL: all */
	const struct ipaddr *only;  /* NULL: all */
	bool v4;
};

static long long seconds_since(const struct ip_tool *t, vtime at)
{
	return (process_now(t->process).ns - at.ns) / NS_PER_S;
}

static void print_neighbour(struct neigh *e, void *arg)
{
	const struct neigh_listing *l = arg;
	struct process *p = l->tool->process;
	enum neigh_state state = neigh_state_now(l->tool->node, e);
	char addr[IPADDR_TEXT], mac[MAC_TEXT];

	if (ipaddr_is4(&e->addr) != l->v4 || (l->dev && e->dev != l->dev) ||
	    (l->only && !ipaddr_eq(l->only, &e->addr)) || state == NEIGH_NONE)
		return;
	process_printf(p, "%s ", ipaddr_format(addr, sizeof addr, &e->addr));
	if (!l->dev)
		process_printf(p, "dev %s ", e->dev->link.name);
	if (state != NEIGH_INCOMPLETE && state != NEIGH_FAILED)
		process_printf(p, "lladdr %s ", mac_format(mac, sizeof mac, &e->mac));
	if (e->router)
		process_printf(p, "router ");
	if (l->tool->statistics)
		process_printf(p, " used %lld/%lld/%lldprobes %u ", seconds_since(l->tool, e->used),
			       seconds_since(l->tool, e->confirmed),
			       seconds_since(l->tool, e->updated), e->probes);
	process_printf(p, "%s \n", neigh_state_name(state));
}

int ip_show_neighbours(struct ip_tool *t)
{
	struct neigh_listing l = {.tool = t};
	struct ipaddr only;

	while (t->argc) {
		const char *word = t->argv[0];

		if (strcmp(word, "dev") == 0 && t->argc > 1) {
			l.dev = node_iface_find(t->node, t->argv[1]);
			if (!l.dev) {
				process_printf(t->process, "Cannot find device \"%s\"\n",
					       t->argv[1]);
				return 1;
			}
			t->argc--;
			t->argv++;
		} else if (ipaddr_parse(word, &only)) {
			l.only = &only;
		} else {
			process_printf(t->process,
				       "Error: any valid prefix is expected rather than \"%s\".\n",
				       word);
			return 1;
		}
		t->argc--;
		t->argv++;
	}
	for (int v4 = 1; v4 >= 0; v4--) {
		l.v4 = v4;
		if (v4 ? ip_wants4(t) : ip_wants6(t))
			neigh_walk(t->node, print_neighbour, &l);
	}
	return 0;
}
