#include "topo/notation/notation.h"

#include <stdio.h>
#include <string.h>

#include "topo/notation/range.h"
#include "topo/notation/units.h"

/* A range is as good as the name it starts with. */
static bool name_check(const char *text, bool (*good)(const char *, char *), char *why)
{
	struct arena *scratch;
	struct range range;
	bool ok;

	if (!range_read(text, &range, why))
		return false;
	scratch = arena_new();
	ok = good(range_name(scratch, &range, range.count - 1), why);
	arena_free(scratch);
	return ok;
}

bool notation_end(struct arena *arena, const char *text, struct end_text *end, char *why)
{
	const char *colon = strchr(text, ':');

	end->node = arena_text(arena, text);
	end->iface = NULL;
	if (colon) {
		((char *)end->node)[colon - text] = '\0';
		end->iface = end->node + (colon - text) + 1;
	}
	return name_check(end->node, name_is_good, why) &&
	       (!end->iface || name_check(end->iface, name_is_good_iface, why));
}

bool notation_pair(struct arena *arena, const char *text, struct end_text ends[2], char *why)
{
	const char *dashes = strstr(text, "--");
	char *first, *second;

	if (!dashes) {
		snprintf(why, NOTATION_WHY, "'%.60s' is not a link; expected one such as a -- b", text);
		return false;
	}
	if (strstr(dashes + 2, "--")) {
		snprintf(why, NOTATION_WHY, "'%.60s' has more than two ends; expected a link for each pair, "
			 "such as a -- b and b -- c", text);
		return false;
	}
	first = arena_copy(arena, text, (size_t)(dashes - text) + 1);
	first[dashes - text] = '\0';
	second = arena_text(arena, dashes + 2);
	return notation_end(arena, g_strstrip(first), &ends[0], why) &&
	       notation_end(arena, g_strstrip(second), &ends[1], why);
}

static const struct {
	const char *sign;
	enum topo_op op;
} signs[] = {
	{ ">=", TOPO_OP_GE }, { "<=", TOPO_OP_LE }, { "!=", TOPO_OP_NE }, { "==", TOPO_OP_EQ },
	{ ">", TOPO_OP_GT }, { "<", TOPO_OP_LT }, { "=", TOPO_OP_EQ },
};

static bool want_range(const char *text, const char *dots, struct topo_expect *want, char *why)
{
	g_autofree char *low = g_strndup(text, (size_t)(dots - text));

	want->op = TOPO_OP_RANGE;
	if (!units_any(low, &want->lo, why) || !units_any(dots + 2, &want->hi, why))
		return false;
	if (want->lo <= want->hi)
		return true;
	snprintf(why, NOTATION_WHY, "'%.60s' runs backwards; expected the smaller number first", text);
	return false;
}

bool notation_want(const char *text, struct topo_expect *want, char *why)
{
	const char *dots = strstr(text, "..");

	want->op = TOPO_OP_EQ;
	for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
		size_t n = strlen(signs[i].sign);

		if (!strncmp(text, signs[i].sign, n)) {
			want->op = signs[i].op;
			text += n + strspn(text + n, " ");
			return units_any(text, &want->lo, why);
		}
	}
	if (dots)
		return want_range(text, dots, want, why);
	return units_any(text, &want->lo, why);
}
