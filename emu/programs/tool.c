#include "programs/tool.h"

#include <stdio.h>
#include <stdlib.h>

char *tool_host(struct process *p, char *buf, const struct endpoint *e, enum tool_naming how)
{
	const char *name = how == TOOL_ADDRESS ? NULL : resolve_name(p, &e->addr);
	char addr[RESOLVE_TEXT];

	resolve_format(p, addr, sizeof addr, e);
	if (how == TOOL_NAME)
		snprintf(buf, TOOL_HOST_TEXT, "%.255s", name ? name : "???");
	else if (name)
		snprintf(buf, TOOL_HOST_TEXT, "%.255s (%s)", name, addr);
	else
		snprintf(buf, TOOL_HOST_TEXT, "%s", addr);
	return buf;
}

bool tool_seconds(const char *text, double min, double max, vtime *out)
{
	double s;

	if (!option_decimal(text, min, max, &s))
		return false;
	*out = vtime_ns((int64_t)(s * 1e9 + 0.5));
	return true;
}

bool tool_quantity(const char *text, double kilo, double *out)
{
	static const char units[] = "kmgt";
	char *end;
	double v;

	if ((*text < '0' || *text > '9') && *text != '.')
		return false;
	v = strtod(text, &end);
	for (int i = 0; *end && units[i]; i++) {
		v *= kilo;
		if ((*end | 0x20) == units[i]) {
			end++;
			break;
		}
	}
	if (*end || !(v >= 0 && v <= 0x1p62))
		return false;
	*out = v;
	return true;
}

bool tool_iputils_integer(struct process *p, const char *tool, const char *text, int64_t min,
			  int64_t max, int64_t *out)
{
	int64_t any;

	if (option_integer(text, min, max, out))
		return true;
	process_printf(p, "%s: invalid argument: '%s'", tool, text);
	if (option_integer(text, INT64_MIN, INT64_MAX, &any))
		process_printf(p, ": out of range: %lld <= value <= %lld", (long long)min,
			       (long long)max);
	process_printf(p, "\n");
	return false;
}
