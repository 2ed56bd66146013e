#include "topo/read/expect.h"

#include <string.h>

#include "core/drop.h"
#include "topo/play/inject.h"
#include "topo/outcome/metric_unit.h"
#include "topo/notation/notation.h"

/* Those of results.json. A name with a dot goes on: forward.lost, drops.REASON. */
static const char *const link_metrics[] = { "sent", "duplicated", "delivered", "lost", "dropped",
					     "bytes", "marked", NULL };
static const char *const node_metrics[] = { "forwarded", "delivered", "originated", "drops",
					     "conntrack.count", "conntrack.peak", "nat.mappings", NULL };
static const char *const process_metrics[] = { "start", "end", "exit", NULL };

static bool in_list(const char *const *list, const char *name)
{
	for (; list && *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

/* "rtt" of rtt_min, rtt_avg ...: the average, or what there is. NULL: none. */
static const char *begins_with(const char *const *list, const char *name)
{
	const char *found = NULL;
	size_t n = strlen(name);

	for (; list && *list; list++)
		if (!strncmp(*list, name, n) && (*list)[n] == '_' && (!found || !strcmp(*list + n, "_avg")))
			found = *list;
	return found;
}

static bool metric_refuse(struct reader *r, const char *name, struct place at,
			  const char *const *known, const char *const *more)
{
	struct nearest nearest = nearest_to(name);

	nearest_try_all(&nearest, known);
	nearest_try_all(&nearest, more);
	if (!nearest.best)
		nearest.best = begins_with(known, name);
	place_error(r->error, at, "unknown metric '%s'%s", name, nearest_hint(&nearest));
	return false;
}

bool expect_process_metric(struct reader *r, const struct topo_expect *e, struct place at)
{
	const struct scenario *s = r->s;
	const struct topo_command *c = e->subject == TOPO_EXPECT_STEP
		? &s->steps[e->index].commands[0] : &s->nodes[e->index].services[e->process];
	const char *const *known = c->inject ? inject_metrics
				 : r->options->metrics ? r->options->metrics(c->argv[0]) : NULL;

	if (!known || in_list(known, e->metric) || in_list(process_metrics, e->metric))
		return true;
	return metric_refuse(r, e->metric, at, known, process_metrics);
}

static bool link_metric(struct reader *r, const struct yaml_pair *pair, struct topo_expect *e)
{
	static const char *const ways[2] = { "forward.", "reverse." };

	e->dir = -1;
	for (int way = 0; way < 2; way++)
		if (g_str_has_prefix(pair->key, ways[way])) {
			e->dir = way;
			e->metric += strlen(ways[way]);
		}
	return in_list(link_metrics, e->metric) ||
	       metric_refuse(r, pair->key, pair->at, link_metrics, NULL);
}

/* firewall.CHAIN.ruleN.packets or .bytes, and policy in the place of ruleN */
static bool firewall_metric(const char *name)
{
	return g_regex_match_simple("^firewall\\.(input|forward|output)\\.(rule[1-9][0-9]{0,4}|policy)"
				    "\\.(packets|bytes)$", name, 0, 0);
}

/* drops.REASON, the names of core/drop.h */
static bool drops_metric(struct reader *r, const struct yaml_pair *pair)
{
	const char *name = pair->key + strlen("drops.");
	struct nearest nearest = nearest_to(name);

	for (int reason = 0; reason < DROP_REASON_COUNT; reason++) {
		if (!strcmp(drop_name(reason), name) && drop_is_loss(reason)) {
			place_error(r->error, pair->at, "'%s' is a loss on a link and no node's drop; "
				    "expected 'lost' of 'link NAME'", name);
			return false;
		}
		if (!strcmp(drop_name(reason), name))
			return true;
		nearest_try(&nearest, drop_name(reason));
	}
	place_error(r->error, pair->at, "unknown drop reason '%s'%s", name, *nearest_hint(&nearest)
		    ? nearest.hint : "; 'netarium schema --markdown' lists those there are");
	return false;
}

static bool node_metric(struct reader *r, const struct yaml_pair *pair)
{
	if (g_str_has_prefix(pair->key, "drops."))
		return drops_metric(r, pair);
	return in_list(node_metrics, pair->key) || firewall_metric(pair->key) ||
	       metric_refuse(r, pair->key, pair->at, node_metrics, NULL);
}

static bool metric_check(struct reader *r, const struct yaml_pair *pair, struct topo_expect *e)
{
	switch (e->subject) {
	case TOPO_EXPECT_STEP:
	case TOPO_EXPECT_SERVICE:
		return expect_process_metric(r, e, pair->at);
	case TOPO_EXPECT_LINK:
		return link_metric(r, pair, e);
	case TOPO_EXPECT_NODE:
		return node_metric(r, pair);
	case TOPO_EXPECT_PACKETS:
	case TOPO_EXPECT_FAIRNESS:
		break;
	}
	return true;
}

void expect_add(struct reader *r, const struct topo_expect *e)
{
	struct scenario *s = r->s;

	s->expects = arena_grow(r->arena, s->expects, s->n_expects, sizeof(s->expects[0]));
	s->expects[s->n_expects++] = *e;
}

bool expect_want(struct reader *r, const struct yaml_node *value, struct topo_expect *e)
{
	char why[NOTATION_WHY], unit[METRIC_UNIT_WHY];

	value_good(notation_want(value->text, e, why));
	e->want = value->text;
	e->at = value->at;
	if (metric_unit_fits(e->metric, value->text, unit))
		return true;
	place_error(r->error, value->at, "%s", unit);
	return false;
}

/* One expectation a metric. */
static bool metrics_read(struct reader *r, const struct yaml_pair *subject, struct topo_expect e)
{
	const struct yaml_node *map = subject->value;
	bool ok = true;

	if (map->kind != YAML_MAP || !map->n) {
		place_error(r->error, subject->at, "nothing is expected of '%s'; expected metrics such as "
			    "{received: 3}", subject->key);
		return false;
	}
	for (size_t i = 0; i < map->n; i++) {
		e.metric = map->pairs[i].key;
		if (map->pairs[i].value->bad || !metric_check(r, &map->pairs[i], &e) ||
		    !expect_want(r, map->pairs[i].value, &e)) {
			ok = false;
			continue;
		}
		e.text = arena_printf(r->arena, "%s: %s %s", subject->key, map->pairs[i].key, e.want);
		expect_add(r, &e);
	}
	return ok;
}

/* A step that was refused has its name, its program and no nodes. */
static bool step_refused(const struct scenario *s, uint32_t step)
{
	return s->steps[step].kind == TOPO_STEP_DO && !s->steps[step].n_nodes;
}

/* NAME, or LABEL.NODE for one process of a step on several nodes or a service. */
static bool process_find(const struct scenario *s, const char *name, struct topo_expect *e)
{
	const char *dot = strchr(name, '.');
	g_autofree char *label = dot ? g_strndup(name, (size_t)(dot - name)) : NULL;
	uint32_t node;

	e->subject = TOPO_EXPECT_STEP;
	e->index = index_find(s->priv->steps, dot ? label : name);
	if (!dot || (e->index != TOPO_NONE && step_refused(s, e->index)))
		return e->index != TOPO_NONE;
	for (uint32_t i = 0; e->index != TOPO_NONE && i < s->steps[e->index].n_nodes; i++) {
		e->process = i;
		if (!strcmp(s->steps[e->index].commands[i].result, name))
			return true;
	}
	e->subject = TOPO_EXPECT_SERVICE;
	node = e->index = scenario_node(s, dot + 1);
	for (uint32_t i = 0; node != TOPO_NONE && i < s->nodes[node].n_services; i++) {
		e->process = i;
		if (!strcmp(s->nodes[node].services[i].label, label))
			return true;
	}
	return false;
}

static bool process_refuse(struct reader *r, const char *name, struct place at)
{
	struct nearest nearest = nearest_to(name);

	if (r->lost & READ_LOST_STEPS)
		return false;
	for (uint32_t i = 0; i < r->s->n_steps; i++)
		nearest_try(&nearest, r->s->steps[i].name);
	for (uint32_t n = 0; n < r->s->n_nodes; n++)
		for (uint32_t i = 0; i < r->s->nodes[n].n_services; i++)
			nearest_try(&nearest, r->s->nodes[n].services[i].result);
	if (nearest.best)
		place_error(r->error, at, "there is no step '%s'%s", name, nearest_hint(&nearest));
	else
		place_error(r->error, at, "there is no step '%s'; expected a step's name, "
			    "'link NAME', 'node NAME', 'packets' or 'fairness'", name);
	return false;
}

bool expect_process(struct reader *r, const char *name, struct place at, struct topo_expect *e)
{
	if (!process_find(r->s, name, e))
		return process_refuse(r, name, at);
	return e->subject != TOPO_EXPECT_STEP || r->s->steps[e->index].commands;
}

/* "link wan" or "node home": one expectation for each name of a range. */
static bool named_read(struct reader *r, const struct yaml_pair *subject, struct topo_expect e)
{
	bool link = g_str_has_prefix(subject->key, "link ");
	const char *name = subject->key + 5 + strspn(subject->key + 5, " ");
	struct yaml_node *scalar = yaml_scalar_new(r->arena, name, subject->at);
	uint32_t *list, n;
	bool ok = true;

	e.subject = link ? TOPO_EXPECT_LINK : TOPO_EXPECT_NODE;
	if (link ? !read_link_names(r, scalar, &list, &n) : !read_node_names(r, scalar, &list, &n))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct yaml_pair one = *subject;

		one.key = arena_printf(r->arena, "%s %s", link ? "link" : "node",
				       link ? r->s->links[list[i]].name : r->s->nodes[list[i]].name);
		e.index = list[i];
		ok = metrics_read(r, &one, e) && ok;
	}
	return ok;
}

static bool subject_read(struct reader *r, const struct yaml_pair *subject)
{
	struct topo_expect e = { .process = TOPO_NONE, .iface = TOPO_NONE, .dir = -1 };

	/* Of a step's or link's metrics each stands for itself. */
	if (subject->value->bad && (!strcmp(subject->key, "packets") || !strcmp(subject->key, "fairness")))
		return false;
	if (!strcmp(subject->key, "packets"))
		return expect_packets(r, subject, e);
	if (!strcmp(subject->key, "fairness"))
		return expect_fairness(r, subject, e);
	if (g_str_has_prefix(subject->key, "link ") || g_str_has_prefix(subject->key, "node "))
		return named_read(r, subject, e);
	if (!expect_process(r, subject->key, subject->at, &e))
		return false;
	return metrics_read(r, subject, e);
}

bool read_expects(struct reader *r)
{
	const struct yaml_node *list = section_of(r, "expect", YAML_LIST);
	bool ok = true;

	for (size_t i = 0; list && i < list->n; i++) {
		const struct yaml_node *item = list->items[i];

		if (item->kind != YAML_MAP || !item->n) {
			place_error(r->error, item->at, "nothing is expected here; expected one such as "
				    "first: {received: 3}");
			ok = false;
			continue;
		}
		for (size_t k = 0; k < item->n; k++)
			ok = subject_read(r, &item->pairs[k]) && ok;
	}
	return ok;
}
