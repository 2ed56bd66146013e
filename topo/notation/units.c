#include "topo/notation/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

/* A unit is worth `scale` of the smallest one. Of several names of one unit the
 * first in a table is the one that errors suggest. */
struct unit {
	const char *name;
	uint64_t scale;
};

static const struct unit times[] = {
	{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	{ "min", 60000000000 }, { "h", 3600000000000 }, { NULL, 0 },
};

static const struct unit rates[] = {
	{ "bit/s", 1 }, { "kbit/s", 1000 }, { "Mbit/s", 1000000 }, { "Gbit/s", 1000000000 },
	{ "Tbit/s", 1000000000000 }, { "bps", 1 }, { "kbps", 1000 }, { "Mbps", 1000000 },
	{ "Gbps", 1000000000 }, { "Tbps", 1000000000000 }, { NULL, 0 },
};

static const struct unit sizes[] = {
	{ "B", 1 }, { "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
	{ "KiB", 1024 }, { "MiB", 1048576 }, { "GiB", 1073741824 }, { NULL, 0 },
};

/* What people write for a unit, in lower case and without blanks. */
static const struct {
	const char *slip;
	const char *unit;
} slips[] = {
	{ "sec", "s" }, { "secs", "s" }, { "second", "s" }, { "seconds", "s" },
	{ "msec", "ms" }, { "msecs", "ms" }, { "usec", "us" }, { "\302\265s", "us" },
	{ "\316\274s", "us" }, { "nsec", "ns" }, { "m", "min" }, { "minute", "min" },
	{ "minutes", "min" }, { "mins", "min" }, { "hour", "h" }, { "hours", "h" },
	{ "hr", "h" }, { "bit", "bit/s" }, { "kbit", "kbit/s" }, { "mbit", "Mbit/s" },
	{ "gbit", "Gbit/s" }, { "tbit", "Tbit/s" }, { "kb/s", "kbit/s" }, { "mb/s", "Mbit/s" },
	{ "gb/s", "Gbit/s" }, { "kb", "kbit/s" }, { "mb", "Mbit/s" }, { "gb", "Gbit/s" },
	{ "k", "kbit/s" }, { "m", "Mbit/s" }, { "g", "Gbit/s" }, { "byte", "B" },
	{ "bytes", "B" }, { "kbyte", "kB" }, { "kib", "KiB" }, { "mib", "MiB" }, { "gib", "GiB" },
	{ "k", "kB" }, { "m", "MB" }, { "g", "GB" },
};

struct kind {
	const char *a;			/* "a time" */
	const char *example;
	const struct unit *units;
};

static const struct kind a_time = { "a time", "10ms or 1.5s", times };
static const struct kind a_rate = { "a rate", "100Mbit/s", rates };
static const struct kind a_size = { "a size", "1500B or 64KiB", sizes };

/* digits / 10^places, and what stands behind it. */
struct decimal {
	uint64_t digits;
	unsigned places;
	size_t length;
	const char *rest;
};

static bool decimal_read(const char *text, struct decimal *d)
{
	const char *p = text;
	bool point = false;

	*d = (struct decimal){ 0 };
	if (!g_ascii_isdigit(*p))
		return false;
	for (; g_ascii_isdigit(*p) || (*p == '.' && !point && g_ascii_isdigit(p[1])); p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		if (__builtin_mul_overflow(d->digits, 10, &d->digits) ||
		    __builtin_add_overflow(d->digits, (uint64_t)(*p - '0'), &d->digits))
			return false;
		d->places += point;
	}
	while (d->places && d->digits % 10 == 0) {
		d->digits /= 10;
		d->places--;
	}
	d->length = (size_t)(p - text);
	d->rest = p;
	return true;
}

static uint64_t power10(unsigned n)
{
	uint64_t p = 1;

	while (n--)
		p *= 10;
	return p;
}

/* digits * scale / 10^places, if it is whole and fits 63 bits. */
static bool decimal_scale(const struct decimal *d, uint64_t scale, uint64_t *n)
{
	unsigned __int128 wide = (unsigned __int128)d->digits * scale;

	if (d->places > 19 || wide % power10(d->places))
		return false;
	wide /= power10(d->places);
	*n = (uint64_t)wide;
	return wide <= INT64_MAX;
}

/* Both numbers are exact in a double, so the quotient is the nearest double. */
static bool decimal_double(const struct decimal *d, unsigned shift, double *x)
{
	if (d->digits >= UINT64_C(1000000000000000) || d->places + shift > 19)
		return false;
	*x = (double)d->digits / (double)power10(d->places + shift);
	return true;
}

static const struct unit *unit_find(const struct unit *units, const char *name)
{
	for (; units->name; units++)
		if (!strcmp(units->name, name))
			return units;
	return NULL;
}

/* The unit that was probably meant, or NULL. */
static const char *unit_guess(const struct unit *units, const char *text)
{
	g_autofree char *low = g_ascii_strdown(text, -1);

	g_strstrip(low);
	if (!*low)
		return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(slips); i++)
		if (!strcmp(slips[i].slip, low) && unit_find(units, slips[i].unit))
			return slips[i].unit;
	for (; units->name; units++)
		if (!g_ascii_strcasecmp(units->name, low))
			return units->name;
	return NULL;
}

static bool unit_refuse(const struct kind *kind, const char *text, const struct decimal *d,
			char *why)
{
	const char *guess = unit_guess(kind->units, d->rest);

	if (!*d->rest)
		snprintf(why, UNITS_WHY, "'%.60s' has no unit; expected %s such as %s", text,
			 kind->a, kind->example);
	else if (guess)
		snprintf(why, UNITS_WHY, "'%.60s' is not %s; write %.*s%s", text, kind->a,
			 (int)(d->length < 40 ? d->length : 40), text, guess);
	else
		snprintf(why, UNITS_WHY, "'%.60s' is not %s; expected one such as %s", text,
			 kind->a, kind->example);
	return false;
}

static bool number_refuse(const char *a, const char *example, const char *text, char *why)
{
	if (*text == '-')
		snprintf(why, UNITS_WHY, "'%.60s' is negative; expected %s such as %s", text, a,
			 example);
	else
		snprintf(why, UNITS_WHY, "'%.60s' is not %s; expected one such as %s", text, a,
			 example);
	return false;
}

static bool quantity_read(const struct kind *kind, const char *text, uint64_t *n, char *why)
{
	struct decimal d;
	const struct unit *unit;

	if (!decimal_read(text, &d))
		return number_refuse(kind->a, kind->example, text, why);
	unit = unit_find(kind->units, d.rest);
	if (!unit)
		return unit_refuse(kind, text, &d, why);
	if (decimal_scale(&d, unit->scale, n))
		return true;
	snprintf(why, UNITS_WHY, "'%.60s' is too large or finer than 1%s; expected %s such as %s",
		 text, kind->units[0].name, kind->a, kind->example);
	return false;
}

bool units_time(const char *text, int64_t *ns, char *why)
{
	uint64_t n;

	if (!quantity_read(&a_time, text, &n, why))
		return false;
	*ns = (int64_t)n;
	return true;
}

/* MB/s are bytes: who writes them means eight times what looks alike here. */
static bool bytes_refuse(const char *text, char *why)
{
	struct decimal d;
	double n;

	if (!decimal_read(text, &d) || !*d.rest || strcmp(d.rest + 1, "B/s") ||
	    !strchr("kKMGT", *d.rest) || !decimal_double(&d, 0, &n))
		return false;
	snprintf(why, UNITS_WHY, "'%.60s' is bytes; write %g%cbit/s", text, 8 * n,
		 *d.rest == 'K' ? 'k' : *d.rest);
	return true;
}

bool units_rate(const char *text, uint64_t *bit_per_s, char *why)
{
	if (bytes_refuse(text, why))
		return false;
	return quantity_read(&a_rate, text, bit_per_s, why);
}

bool units_size(const char *text, uint64_t *bytes, char *why)
{
	return quantity_read(&a_size, text, bytes, why);
}

bool units_share(const char *text, double *share, char *why)
{
	struct decimal d;
	bool percent;

	if (!decimal_read(text, &d))
		return number_refuse("a share", "0.5% or 0.005", text, why);
	percent = !strcmp(d.rest, "%");
	if (!percent && !strcmp(d.rest + strspn(d.rest, " "), "%")) {
		snprintf(why, UNITS_WHY, "'%.60s' has a space in it; write %.*s%%", text,
			 (int)d.length, text);
		return false;
	}
	if (!strcmp(text, "1")) {
		snprintf(why, UNITS_WHY, "'1' may mean one in a hundred or all; write 1%% or 100%%");
		return false;
	}
	if ((*d.rest && !percent) || !decimal_double(&d, percent ? 2 : 0, share))
		return number_refuse("a share", "0.5% or 0.005", text, why);
	if (*share <= 1)
		return true;
	if (percent || *share > 100)
		snprintf(why, UNITS_WHY, "'%.60s' is more than everything; expected 0%% to 100%%", text);
	else
		snprintf(why, UNITS_WHY, "'%.60s' is more than everything; write %.*s%%", text,
			 (int)d.length, text);
	return false;
}

bool units_count(const char *text, uint64_t *n, char *why)
{
	struct decimal d;

	if (decimal_read(text, &d) && !*d.rest && decimal_scale(&d, 1, n))
		return true;
	return number_refuse("a whole number", "3", text, why);
}

bool units_number(const char *text, double *n, char *why)
{
	struct decimal d;

	if (decimal_read(text, &d) && !*d.rest && decimal_double(&d, 0, n))
		return true;
	return number_refuse("a number", "4 or 2.5", text, why);
}

bool units_any(const char *text, double *n, char *why)
{
	struct decimal d;
	uint64_t whole;
	char other[UNITS_WHY];

	if (decimal_read(text, &d)) {
		if (!*d.rest && decimal_double(&d, 0, n))
			return true;
		if (!strcmp(d.rest, "%") && decimal_double(&d, 2, n))
			return true;
		if (quantity_read(&a_time, text, &whole, other)) {
			*n = (double)whole / 1e9;
			return true;
		}
		if (quantity_read(&a_rate, text, &whole, other) ||
		    quantity_read(&a_size, text, &whole, other)) {
			*n = (double)whole;
			return true;
		}
		if (*d.rest == ' ') {
			snprintf(why, UNITS_WHY, "'%.60s' has a space in it; write it without", text);
			return false;
		}
	}
	return number_refuse("a number or quantity", "3, 40ms, 1Mbit/s, 64kB or 5%", text, why);
}

enum units_kind units_kind_of(const char *text)
{
	char why[UNITS_WHY];
	uint64_t whole;
	struct decimal d;

	if (!decimal_read(text, &d) || !*d.rest)
		return UNITS_PLAIN;
	if (!strcmp(d.rest, "%"))
		return UNITS_SHARE;
	return quantity_read(&a_time, text, &whole, why) ? UNITS_TIME
	     : quantity_read(&a_rate, text, &whole, why) ? UNITS_RATE
	     : quantity_read(&a_size, text, &whole, why) ? UNITS_SIZE : UNITS_PLAIN;
}

bool units_limit(const char *text, enum units_limit *unit, uint64_t *n, double *bdp, char *why)
{
	struct decimal d;

	if (decimal_read(text, &d)) {
		if (!strcmp(d.rest, "p") && decimal_scale(&d, 1, n)) {
			*unit = UNITS_PACKETS;
			return true;
		}
		if (!strcmp(d.rest, "bdp") && decimal_double(&d, 0, bdp)) {
			*unit = UNITS_BDP;
			return true;
		}
		if (quantity_read(&a_size, text, n, why)) {
			*unit = UNITS_BYTES;
			return true;
		}
		if (!*d.rest) {
			snprintf(why, UNITS_WHY,
				 "'%.60s' has no unit; write %.40sp for packets, %.40sB for bytes",
				 text, text, text);
			return false;
		}
	}
	return number_refuse("a queue limit", "1000p, 64kB or 1bdp", text, why);
}

/* The first four units may carry one decimal; minutes, hours and Tbit/s none. */
static char *units_print(char *text, size_t size, const struct unit *units, size_t n, uint64_t v)
{
	while (n-- > 1)
		if (v >= units[n].scale && v % (units[n].scale / (n < 4 ? 10 : 1)) == 0)
			break;
	if (v % units[n].scale == 0)
		snprintf(text, size, "%" PRIu64 "%s", v / units[n].scale, units[n].name);
	else
		snprintf(text, size, "%" PRIu64 ".%" PRIu64 "%s", v / units[n].scale,
			 v % units[n].scale / (units[n].scale / 10), units[n].name);
	return text;
}

char *units_print_time(char *text, size_t size, int64_t ns)
{
	return units_print(text, size, times, 6, (uint64_t)ns);
}

char *units_print_rate(char *text, size_t size, uint64_t bit_per_s)
{
	return units_print(text, size, rates, 5, bit_per_s);
}
