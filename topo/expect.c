#include "topo/expect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "capture/filter.h"
#include "topo/expect_value.h"
#include "topo/units.h"

#define SAME 1e-9 /* relative difference that a decimal's rounding may make */

struct expects {
	const struct scenario *scenario;
	struct filter_count **counts; /* of TOPO_EXPECT_PACKETS, else NULL */
	struct verdict *verdicts;
	bool judged;
};

/* ---- one value ---- */

static int value_compare(double a, double b)
{
	double size = fmax(fabs(a), fabs(b));

	if (fabs(a - b) <= SAME * size)
		return 0;
	return a < b ? -1 : 1;
}

bool expect_holds(const struct topo_expect *want, double value)
{
	int order = value_compare(value, want->lo);

	if (isnan(value))
		return false;
	switch (want->op) {
	case TOPO_OP_EQ:
		return order == 0;
	case TOPO_OP_NE:
		return order != 0;
	case TOPO_OP_LT:
		return order < 0;
	case TOPO_OP_LE:
		return order <= 0;
	case TOPO_OP_GT:
		return order > 0;
	case TOPO_OP_GE:
		return order >= 0;
	case TOPO_OP_RANGE:
		return order >= 0 && value_compare(value, want->hi) <= 0;
	}
	return false;
}

/* The unit of the first number in ">= 40ms" or "40ms..41ms", with its size; "" without one. */
static const char *unit_of(const char *want, char unit[16], double *scale)
{
	const char *number = want + strcspn(want, "0123456789.");
	const char *start = number + strspn(number, "0123456789._");
	size_t len = strcspn(start, " \t.");
	char one[20], why[UNITS_WHY];

	unit[0] = '\0';
	*scale = 1;
	if (len == 0 || len >= 16)
		return unit;
	snprintf(one, sizeof(one), "1%.*s", (int)len, start);
	if (units_any(one, scale, why) && *scale > 0)
		memcpy(unit, one + 1, len + 1);
	else
		*scale = 1;
	return unit;
}

char *expect_print(const struct topo_expect *want, double value)
{
	char unit[16];
	double scale;

	unit_of(want->want, unit, &scale);
	const char *space = unit[0] && unit[0] != '%' ? " " : "";

	value /= scale;
	if (fabs(value) < 1e15 && value == rint(value))
		return g_strdup_printf("%.0f%s%s", value, space, unit);
	return g_strdup_printf("%.10g%s%s", value, space, unit);
}

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
		judge_value(want, true, (double)filter_count_value(e->counts[i]), v);
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
