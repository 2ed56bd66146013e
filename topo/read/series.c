#include "topo/read/read.h"

#include <string.h>

#include "topo/notation/notation.h"
#include "topo/notation/range.h"

#define EVERY_DEFAULT vtime_ms(10)

enum { WHAT_TCP = 1, WHAT_QUEUES = 2, WHAT_LINKS = 4, WHAT_ALL = 7 };

/* The three tables of struct topo_series while they are filled in. */
struct tables {
	vtime *tcp, *queues, *links;
};

static vtime *table_new(struct reader *r, size_t n)
{
	vtime *t = arena_array(r->arena, vtime, n);

	for (size_t i = 0; i < n; i++)
		t[i] = VTIME_NEVER;
	return t;
}

static unsigned what_of(const char *word)
{
	return !strcmp(word, "tcp") ? WHAT_TCP : !strcmp(word, "queues") ? WHAT_QUEUES
	     : !strcmp(word, "links") ? WHAT_LINKS : !strcmp(word, "all") ? WHAT_ALL : 0;
}

static unsigned what_read(const struct yaml_node *value)
{
	unsigned what = 0;

	for (size_t i = 0; value && i < value_count(value); i++)
		what |= what_of(value_item(value, i)->text);
	return value ? what : WHAT_ALL;
}

static void direction_take(struct tables *t, uint32_t link, int direction, unsigned what, vtime every)
{
	if (what & WHAT_QUEUES)
		t->queues[2 * link + direction] = every;
	if (what & WHAT_LINKS)
		t->links[2 * link + direction] = every;
}

/* An interface stands for the direction that leaves it. */
static void iface_take(struct tables *t, const struct topo_iface *i, unsigned what, vtime every)
{
	if (i->link != TOPO_NONE)
		direction_take(t, i->link, i->side, what, every);
}

static bool node_take(struct reader *r, struct tables *t, const struct yaml_node *name, unsigned what,
		      vtime every)
{
	const struct topo_node *n;
	uint32_t node, iface;

	if (!read_end(r, name, &node, &iface))
		return false;
	n = &r->s->nodes[node];
	if (iface != TOPO_NONE && what == WHAT_TCP) {
		place_error(r->error, name->at, "connections are recorded by node, not by interface; "
			    "expected %s", n->name);
		return false;
	}
	if (iface != TOPO_NONE) {
		iface_take(t, &n->ifaces[iface], what, every);
		return true;
	}
	if (n->kind == TOPO_SWITCH && what == WHAT_TCP) {
		place_error(r->error, name->at, "'%s' is a switch and has no connections; expected a "
			    "host or router", n->name);
		return false;
	}
	if (what & WHAT_TCP)
		t->tcp[node] = every;
	for (uint32_t i = 0; i < n->n_ifaces; i++)
		iface_take(t, &n->ifaces[i], what, every);
	return true;
}

static bool unknown(struct reader *r, const struct yaml_node *name)
{
	struct nearest nearest = nearest_to(name->text);

	if (r->lost & (READ_LOST_NODES | READ_LOST_LINKS))
		return false;
	for (uint32_t i = 0; i < r->s->n_nodes; i++)
		nearest_try(&nearest, r->s->nodes[i].name);
	for (uint32_t i = 0; i < r->s->n_links; i++)
		nearest_try(&nearest, r->s->links[i].name);
	place_error(r->error, name->at, "there is no node and no link '%s'%s", name->text,
		    nearest_hint(&nearest));
	return false;
}

/* One name: of a link, or of a node with or without an interface. */
static bool name_take(struct reader *r, struct tables *t, const struct yaml_node *name, unsigned what,
		      vtime every)
{
	uint32_t link = scenario_link(r->s, name->text);
	struct end_text end;
	char why[NOTATION_WHY];

	if (link != TOPO_NONE && what != WHAT_TCP) {
		for (int d = 0; d < 2; d++)
			direction_take(t, link, d, what, every);
		return true;
	}
	if (link != TOPO_NONE && scenario_node(r->s, name->text) == TOPO_NONE) {
		place_error(r->error, name->at, "'%s' is a link and has no connections; expected a node",
			    name->text);
		return false;
	}
	if (!notation_end(r->arena, name->text, &end, why) ||
	    scenario_node(r->s, end.node) == TOPO_NONE)
		return unknown(r, name);
	return node_take(r, t, name, what, every);
}

/* `client[1..9]`, `client[1..9]:eth0` or a plain name. */
static bool names_take(struct reader *r, struct tables *t, const struct yaml_node *value,
		       unsigned what, vtime every)
{
	char why[RANGE_WHY];
	struct range range;

	if (!range_read(value->text, &range, why)) {
		place_error(r->error, value->at, "%s", why);
		return false;
	}
	for (uint32_t i = 0; i < range.count; i++) {
		const char *name = range_name(r->arena, &range, i);

		if (!name_take(r, t, yaml_scalar_new(r->arena, name, value->at), what, every))
			return false;
	}
	return true;
}

static void everywhere(struct reader *r, struct tables *t, unsigned what, vtime every)
{
	for (uint32_t n = 0; what & WHAT_TCP && n < r->s->n_nodes; n++)
		if (r->s->nodes[n].kind != TOPO_SWITCH)
			t->tcp[n] = every;
	for (uint32_t k = 0; k < r->s->n_links; k++)
		for (int d = 0; d < 2; d++)
			direction_take(t, k, d, what, every);
}

static bool item_read(struct reader *r, struct tables *t, const struct yaml_node *item)
{
	const struct yaml_node *at, *every_said;
	vtime every = EVERY_DEFAULT;
	unsigned what;

	if (item->kind == YAML_SCALAR) {
		what = what_of(item->text);
		if (what) {
			everywhere(r, t, what, every);
			return true;
		}
		place_error(r->error, item->at, "'none' stands alone; expected tcp, queues or links in a "
			    "list");
		return false;
	}
	at = value_of(item, "at");
	every_said = value_of(item, "every");
	what = what_read(value_of(item, "what"));
	if (every_said)
		every = value_time(every_said);
	if (!at)
		everywhere(r, t, what, every);
	for (size_t i = 0; at && i < value_count(at); i++)
		if (!names_take(r, t, value_item(at, i), what, every))
			return false;
	return true;
}

bool read_series(struct reader *r)
{
	const struct yaml_pair *pair = yaml_map_find(r->root, "series");
	const struct yaml_node *value = pair ? pair->value : NULL;
	struct scenario *s = r->s;
	struct tables t;
	bool ok = true;

	if (!value || (value->bad && value->kind != YAML_LIST) || yaml_is_null(value) ||
	    (value->kind == YAML_SCALAR && !strcmp(value->text, "none")))
		return true;
	t.tcp = table_new(r, s->n_nodes);
	t.queues = table_new(r, 2 * (size_t)s->n_links);
	t.links = table_new(r, 2 * (size_t)s->n_links);
	for (size_t i = 0; i < value_count(value); i++)
		ok = !value_item(value, i)->bad && item_read(r, &t, value_item(value, i)) && ok;
	s->series = (struct topo_series){.tcp = t.tcp, .queues = t.queues, .links = t.links};
	return ok;
}
