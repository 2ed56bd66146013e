#include "topo/outcome/expect.h"

#include <math.h>

#include "capture/filter.h"
#include "topo/outcome/expect_value.h"
#include "topo/notation/units.h"

struct expects {
	const struct scenario *scenario;
	struct filter_count **counts; /* of TOPO_EXPECT_PACKETS, else NULL */
	struct verdict *verdicts;
	bool judged;
};

/* ---- several values: of each process of a step ---- */

struct tally {
	const struct topo_expect *want;
	uint32_t n;
	double least, most;
	char *trouble; /* the first that is not as wanted, in words; NULL: none */
};

/* One more; `who` is named if there are several. */
static void tally_add(struct tally *t, const struct process *p, const char *who)
{
	double value;

	if (t->trouble)
		return;
	if (!p) {
		t->trouble = g_strdup_printf("%s%sdid not run", who ? who : "", who ? ": " : "");
	} else if (!value_of_process(p, t->want->metric, &value)) {
		t->trouble = g_strdup_printf("%s%snot measured", who ? who : "", who ? ": " : "");
	} else if (!expect_holds(t->want, value)) {
		g_autofree char *text = expect_print(t->want, value);

		t->trouble = g_strdup_printf("%s%s%s", who ? who : "", who ? ": " : "", text);
	} else {
		t->least = t->n ? fmin(t->least, value) : value;
		t->most = t->n ? fmax(t->most, value) : value;
		t->n++;
	}
}

static void tally_judge(struct tally *t, struct verdict *v)
{
	v->ok = !t->trouble;
	if (t->trouble) {
		v->got = t->trouble;
		return;
	}
	v->got = expect_print(t->want, t->least);
	if (t->least < t->most) {
		g_autofree char *least = v->got, *most = expect_print(t->want, t->most);

		v->got = g_strdup_printf("%s to %s", least, most);
	}
}

static void judge_step(const struct play *p, const struct topo_expect *want, struct verdict *v)
{
	const struct scenario *s = play_internet(p)->scenario;
	const struct topo_step *t = &s->steps[want->index];
	struct tally tally = {.want = want};

	for (uint32_t k = 0; k < t->n_nodes; k++)
		if (want->process == TOPO_NONE || want->process == k)
			tally_add(&tally, play_step_process(p, want->index, k),
				  want->process == TOPO_NONE && t->n_nodes > 1
					  ? s->nodes[t->nodes[k]].name : NULL);
	tally_judge(&tally, v);
}

/* ---- the whole ---- */

static void judge_value(const struct topo_expect *want, bool known, double value, struct verdict *v)
{
	v->ok = known && expect_holds(want, value);
	v->got = known ? expect_print(want, value) : g_strdup("not measured");
}

/* When each was seen, and that there were no more. */
static void judge_times(const struct topo_expect *want, const struct filter_count *count,
			struct verdict *v)
{
	uint64_t seen = filter_count_value(count);
	GString *got = g_string_new(NULL);

	v->ok = seen == want->n_parts;
	for (uint32_t i = 0; i < want->n_parts && i < seen; i++) {
		double value = vtime_seconds(filter_count_instant(count, i));
		g_autofree char *text = expect_print(&want->parts[i], value);

		v->ok &= expect_holds(&want->parts[i], value);
		g_string_append_printf(got, "%s%s", i ? ", " : "", text);
	}
	if (seen != want->n_parts)
		g_string_append_printf(got, "%s%llu in all", got->len ? "; " : "",
				       (unsigned long long)seen);
	v->got = g_string_free(got, FALSE);
}

/* ---- Jain's index ---- */

struct shares {
	uint32_t n;
	double sum, squares;
};

static bool share_add(struct shares *s, const struct process *p, const char *metric)
{
	double value;

	if (!p || !value_of_process(p, metric, &value))
		return false;
	s->n++;
	s->sum += value;
	s->squares += value * value;
	return true;
}

static bool share_add_part(struct shares *s, const struct play *p, const struct topo_expect *part)
{
	const struct topo_step *t;
	bool ok = true;

	if (part->subject == TOPO_EXPECT_SERVICE)
		return share_add(s, play_service(p, part->index, part->process), part->metric);
	t = &play_internet(p)->scenario->steps[part->index];
	for (uint32_t k = 0; k < t->n_nodes; k++)
		if (part->process == TOPO_NONE || part->process == k)
			ok &= share_add(s, play_step_process(p, part->index, k), part->metric);
	return ok;
}

static void judge_fairness(const struct play *p, const struct topo_expect *want, struct verdict *v)
{
	struct shares s = {.n = 0};
	bool known = true;

	for (uint32_t i = 0; i < want->n_parts; i++)
		known &= share_add_part(&s, p, &want->parts[i]);
	known &= s.squares > 0;
	judge_value(want, known, known ? s.sum * s.sum / (s.n * s.squares) : 0, v);
}

static void judge(struct expects *e, const struct play *p, uint32_t i)
{
	const struct topo_expect *want = &e->scenario->expects[i];
	const struct internet *in = play_internet(p);
	struct tally tally = {.want = want};
	struct verdict *v = &e->verdicts[i];
	double value = 0;
	bool known;

	v->expect = want;
	switch (want->subject) {
	case TOPO_EXPECT_STEP:
		judge_step(p, want, v);
		break;
	case TOPO_EXPECT_SERVICE:
		tally_add(&tally, play_service(p, want->index, want->process), NULL);
		tally_judge(&tally, v);
		break;
	case TOPO_EXPECT_LINK:
		known = value_of_link(in->links[want->index], want->dir, want->metric, &value);
		judge_value(want, known, value, v);
		break;
	case TOPO_EXPECT_NODE:
		known = value_of_node(&in->nodes[want->index], want->metric, &value);
		judge_value(want, known, value, v);
		break;
	case TOPO_EXPECT_PACKETS:
		if (want->parts)
			judge_times(want, e->counts[i], v);
		else
			judge_value(want, true, (double)filter_count_value(e->counts[i]), v);
		break;
	case TOPO_EXPECT_FAIRNESS:
		judge_fairness(p, want, v);
		break;
	}
}

/* Both directions, on one interface or on all of the node. */
static bool count_packets(struct internet *in, const struct topo_expect *want,
			  struct filter_count **count, GError **error)
{
	const struct built_node *b = &in->nodes[want->index];
	char why[UNITS_WHY];

	*count = filter_count_new(want->filter, why, sizeof(why));
	if (!*count) {
		place_error(error, want->at, "filter '%s' is wrong: %s", want->filter, why);
		return false;
	}
	filter_count_between(*count, want->from, want->until);
	if (want->n_parts)
		filter_count_keep(*count, want->n_parts);
	for (uint32_t k = 0; k < in->scenario->nodes[want->index].n_ifaces; k++)
		if (b->ifaces[k] && (want->iface == TOPO_NONE || want->iface == k))
			filter_count_add(*count, b->ifaces[k]);
	return true;
}

struct expects *expects_new(struct internet *in, GError **error)
{
	const struct scenario *s = in->scenario;
	struct expects *e = g_new0(struct expects, 1);

	e->scenario = s;
	e->counts = g_new0(struct filter_count *, s->n_expects + 1);
	e->verdicts = g_new0(struct verdict, s->n_expects + 1);
	for (uint32_t i = 0; i < s->n_expects; i++)
		if (s->expects[i].subject == TOPO_EXPECT_PACKETS &&
		    !count_packets(in, &s->expects[i], &e->counts[i], error)) {
			expects_free(e);
			return NULL;
		}
	return e;
}

void expects_free(struct expects *e)
{
	if (!e)
		return;
	for (uint32_t i = 0; i < e->scenario->n_expects; i++) {
		filter_count_free(e->counts[i]);
		g_free(e->verdicts[i].got);
	}
	g_free(e->counts);
	g_free(e->verdicts);
	g_free(e);
}

void expects_judge(struct expects *e, const struct play *p)
{
	for (uint32_t i = 0; !e->judged && i < e->scenario->n_expects; i++)
		judge(e, p, i);
	e->judged = true;
}

uint32_t expects_count(const struct expects *e)
{
	return e->judged ? e->scenario->n_expects : 0;
}

const struct verdict *expects_at(const struct expects *e, uint32_t i)
{
	return &e->verdicts[i];
}

uint32_t expects_failed(const struct expects *e)
{
	uint32_t failed = 0;

	for (uint32_t i = 0; i < expects_count(e); i++)
		failed += !e->verdicts[i].ok;
	return failed;
}
