#include "topo/read/expect.h"

/* How many values one part stands for. */
static uint32_t part_values(const struct scenario *s, const struct topo_expect *part)
{
	return part->subject == TOPO_EXPECT_STEP && part->process == TOPO_NONE
	       ? s->steps[part->index].n_nodes : 1;
}

static bool parts_read(struct reader *r, const struct yaml_node *of, const struct yaml_node *metric,
		       struct topo_expect *e)
{
	struct topo_expect *parts = arena_array(r->arena, struct topo_expect, of->n);
	uint32_t values = 0;

	for (size_t i = 0; i < of->n; i++) {
		const struct yaml_node *one = of->items[i];

		parts[i] = *e;
		parts[i].metric = metric ? metric->text : "goodput";
		if (!expect_process(r, one->text, one->at, &parts[i]) ||
		    !expect_process_metric(r, &parts[i], metric ? metric->at : one->at))
			return false;
		values += part_values(r->s, &parts[i]);
	}
	e->parts = parts;
	e->n_parts = (uint32_t)of->n;
	if (values < 2 && !*r->error)
		place_error(r->error, of->at, "one alone is always treated evenly; expected two or more");
	return values >= 2;
}

bool expect_fairness(struct reader *r, const struct yaml_pair *subject, struct topo_expect e)
{
	const struct yaml_node *of = value_of(subject->value, "of");
	const struct yaml_node *metric = value_of(subject->value, "metric");
	const struct yaml_node *index = value_of(subject->value, "index");
	const char *names = "";

	if (!of || !index) {
		place_error(r->error, subject->at, "'fairness' lacks '%s'; expected both of and index",
			    of ? "index" : "of");
		return false;
	}
	if (!parts_read(r, of, metric, &e))
		return false;
	for (size_t i = 0; i < of->n; i++)
		names = arena_printf(r->arena, "%s%s%s", names, i ? ", " : "", of->items[i]->text);
	e.subject = TOPO_EXPECT_FAIRNESS;
	e.metric = "index";
	if (!expect_want(r, index, &e))
		return false;
	e.text = arena_printf(r->arena, "fairness of %s: %s", names, e.want);
	expect_add(r, &e);
	return true;
}
