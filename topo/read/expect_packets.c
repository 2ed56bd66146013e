#include "topo/read/expect.h"

/* ", 1s to 2s" where it is said; "" otherwise. */
static const char *window_text(struct reader *r, const struct yaml_node *from,
			       const struct yaml_node *until)
{
	if (from && until)
		return arena_printf(r->arena, ", %s to %s", from->text, until->text);
	if (from || until)
		return arena_printf(r->arena, ", %s %s", from ? "from" : "until",
				    (from ? from : until)->text);
	return "";
}

static bool window_read(struct reader *r, const struct yaml_node *from,
			const struct yaml_node *until, struct topo_expect *e)
{
	e->from = from ? value_time(from) : VTIME_ZERO;
	e->until = until ? value_time(until) : VTIME_NEVER;
	if (vtime_before(e->from, e->until))
		return true;
	place_error(r->error, until->at, "nothing is between %s and %s; expected until to be later",
		    from->text, until->text);
	return false;
}

/* "[0s, 1s]" */
static const char *times_text(struct reader *r, const struct yaml_node *times)
{
	const char *text = "[";

	for (size_t i = 0; i < times->n; i++)
		text = arena_printf(r->arena, "%s%s%s", text, i ? ", " : "", times->items[i]->text);
	return arena_printf(r->arena, "%s]", text);
}

static bool times_read(struct reader *r, const struct yaml_node *times, struct topo_expect *e)
{
	struct topo_expect *parts = arena_array(r->arena, struct topo_expect, times->n);
	bool ok = true;

	if (!times->n) {
		place_error(r->error, times->at, "no time is given; expected one or more, or count: 0");
		return false;
	}
	e->metric = "times";
	for (size_t i = 0; i < times->n; i++) {
		parts[i].metric = e->metric;
		ok = expect_want(r, times->items[i], &parts[i]) && ok;
	}
	e->parts = parts;
	e->n_parts = (uint32_t)times->n;
	e->want = times_text(r, times);
	e->at = times->at;
	return ok;
}

static bool lacks(struct reader *r, const struct yaml_pair *subject, const char *key)
{
	place_error(r->error, subject->at, "'packets' lacks '%s'; expected both at and count, or at "
		    "and times", key);
	return false;
}

bool expect_packets(struct reader *r, const struct yaml_pair *subject, struct topo_expect e)
{
	const struct yaml_node *at = value_of(subject->value, "at");
	const struct yaml_node *filter = value_of(subject->value, "filter");
	const struct yaml_node *from = value_of(subject->value, "from");
	const struct yaml_node *until = value_of(subject->value, "until");
	const struct yaml_node *count = value_of(subject->value, "count");
	const struct yaml_node *times = value_of(subject->value, "times");

	if (!at || (!count && !times))
		return lacks(r, subject, at ? "count" : "at");
	if (!read_end(r, at, &e.index, &e.iface) || !window_read(r, from, until, &e))
		return false;
	if (!read_pcap_filter(r, filter))
		return false;
	e.subject = TOPO_EXPECT_PACKETS;
	e.filter = filter ? filter->text : NULL;
	for (int which = 0; which < 2; which++) {
		struct topo_expect one = e;

		if (!(which ? times : count))
			continue;
		one.metric = "count";
		if (which ? !times_read(r, times, &one) : !expect_want(r, count, &one))
			return false;
		one.text = arena_printf(r->arena, "packets at %s%s%s%s: %s%s", at->text,
					filter ? " " : "", filter ? filter->text : "",
					window_text(r, from, until), which ? "at " : "", one.want);
		expect_add(r, &one);
	}
	return true;
}
