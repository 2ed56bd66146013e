#include "topo/outcome/expect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "topo/notation/units.h"

#define SAME 1e-9 /* relative difference that a decimal's rounding may make */

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
