#include "topo/notation/range.h"

#include <stdio.h>
#include <string.h>

#include <glib.h>

/* Up to seven digits; anything longer is beyond RANGE_MAX anyway. */
static const char *bound_read(const char *p, uint32_t *n)
{
	const char *start = p;

	for (*n = 0; g_ascii_isdigit(*p) && p - start < 9; p++)
		*n = *n * 10 + (uint32_t)(*p - '0');
	return p > start ? p : NULL;
}

bool range_read(const char *text, struct range *range, char *why)
{
	const char *open = strchr(text, '['), *dots, *close;
	uint32_t last;

	*range = (struct range){ .text = text, .count = 1, .after = "" };
	if (!open && !strchr(text, ']'))
		return true;
	dots = open ? bound_read(open + 1, &range->first) : NULL;
	close = dots && !strncmp(dots, "..", 2) ? bound_read(dots + 2, &last) : NULL;
	if (!close || *close != ']' || strpbrk(close + 1, "[]")) {
		snprintf(why, RANGE_WHY, "'%.60s' is not a range of names; expected one such as h[1..9]",
			 text);
		return false;
	}
	if (last < range->first || last - range->first >= RANGE_MAX) {
		snprintf(why, RANGE_WHY, last < range->first
			 ? "'%.60s' runs backwards; expected the smaller number first"
			 : "'%.60s' is a range of more than 1000000; expected a smaller one", text);
		return false;
	}
	range->many = true;
	range->count = last - range->first + 1;
	range->before = (size_t)(open - text);
	range->after = close + 1;
	range->width = open[1] == '0' ? (int)(dots - open - 1) : 0;
	return true;
}

const char *range_name(struct arena *arena, const struct range *range, uint32_t i)
{
	if (!range->many)
		return range->text;
	return arena_printf(arena, "%.*s%0*u%s", (int)range->before, range->text, range->width,
			    range->first + i, range->after);
}

static bool letters_good(const char *name, const char *more, size_t longest, char *why)
{
	size_t n = strlen(name);

	for (const char *p = name; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr(more, *p)) {
			snprintf(why, RANGE_WHY, "'%.70s' is not a name; expected letters, digits and '%s'",
				 name, more);
			return false;
		}
	if (n && n <= longest && g_ascii_isalnum(*name))
		return true;
	snprintf(why, RANGE_WHY, "'%.70s' is not a name; expected 1 to %zu characters and a letter "
		 "or digit first", name, longest);
	return false;
}

bool name_is_good(const char *name, char *why)
{
	if (!letters_good(name, "_-", 63, why))
		return false;
	if (!strstr(name, "--"))
		return true;
	snprintf(why, RANGE_WHY, "'%.70s' is not a name; expected no '--' in it, which means a link",
		 name);
	return false;
}

bool name_is_good_iface(const char *name, char *why)
{
	return letters_good(name, "_-.", 15, why);
}
