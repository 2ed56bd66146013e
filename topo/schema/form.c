#include "topo/schema/form.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/nearest.h"
#include "topo/notation/packet.h"
#include "topo/notation/range.h"
#include "topo/notation/units.h"
#include "topo/notation/words.h"

/* Whether `choices` has the word; *room then points behind its @, or is NULL. */
static bool choice_find(const char *choices, const char *word, const char **room)
{
	size_t n = strlen(word);

	for (const char *p = choices; n && p; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (!strncmp(p, word, n) && (!p[n] || p[n] == ' ' || p[n] == '@')) {
			*room = p[n] == '@' ? p + n + 1 : NULL;
			return true;
		}
	}
	return false;
}

static bool read_choice(const struct schema_row *row, const char *text, char *why)
{
	g_auto(GStrv) words = g_strsplit(row->choices, " ", -1);
	struct nearest nearest = nearest_to(text);
	GString *list = g_string_new(NULL);
	const char *room;

	if (choice_find(row->choices, text, &room)) {
		if (room)
			snprintf(why, SCHEMA_WHY, "'%.80s' is not built yet in this version (room %.*s)",
				 text, (int)strcspn(room, " "), room);
		g_string_free(list, TRUE);
		return !room;
	}
	for (char **w = words; *w; w++) {
		if (strchr(*w, '@'))
			continue;
		nearest_try(&nearest, *w);
		g_string_append_printf(list, "%s%s", list->len ? ", " : "", *w);
	}
	snprintf(why, SCHEMA_WHY, "'%.80s' is not a choice here; expected %s%s%s", text,
		 strchr(list->str, ',') ? "one of " : "", list->str, nearest_hint(&nearest));
	g_string_free(list, TRUE);
	return false;
}

static bool in_range(const struct schema_row *row, int64_t n, const char *text, char *why)
{
	char range[80];

	if (!row->max || (n >= row->min && n <= row->max))
		return true;
	schema_range_print(row, range, sizeof(range));
	snprintf(why, SCHEMA_WHY, "'%.80s' is out of range; expected %s", text, range);
	return false;
}

static bool read_text(const struct schema_row *row, const char *text, char *why)
{
	(void)row;
	return *text || form_refuse(why, text, "a text; expected a word or more");
}

static bool read_name(const struct schema_row *row, const char *text, char *why)
{
	struct range range;
	struct arena *scratch;
	bool ok;

	(void)row;
	if (!range_read(text, &range, why))
		return false;
	scratch = arena_new();
	ok = name_is_good(range_name(scratch, &range, range.count - 1), why);
	arena_free(scratch);
	return ok;
}

/* What YAML 1.1 and people with habits say is told, not taken: one spelling is enough. */
static bool read_bool(const struct schema_row *row, const char *text, char *why)
{
	static const char *const yes[] = { "yes", "on", "y", "1", "true", NULL };
	static const char *const no[] = { "no", "off", "n", "0", "false", NULL };

	(void)row;
	if (!strcmp(text, "true") || !strcmp(text, "false"))
		return true;
	for (int i = 0; yes[i]; i++)
		if (!g_ascii_strcasecmp(text, yes[i]) || !g_ascii_strcasecmp(text, no[i]))
			return form_refuse(why, text, g_ascii_strcasecmp(text, yes[i])
					   ? "true or false; write false" : "true or false; write true");
	return form_refuse(why, text, "true or false; expected one of them");
}

static bool read_count(const struct schema_row *row, const char *text, char *why)
{
	uint64_t n;

	return units_count(text, &n, why) && in_range(row, (int64_t)n, text, why);
}

static bool read_number(const struct schema_row *row, const char *text, char *why)
{
	double x;
	char range[80];

	if (!units_number(text, &x, why))
		return false;
	if (x >= (double)row->min && x <= (double)row->max)
		return true;
	schema_range_print(row, range, sizeof(range));
	snprintf(why, SCHEMA_WHY, "'%.80s' is out of range; expected %s", text, range);
	return false;
}

static bool read_bytes(const struct schema_row *row, const char *text, char *why)
{
	char bare[UNITS_WHY];
	uint64_t n;

	return (units_count(text, &n, bare) || units_size(text, &n, why)) &&
	       in_range(row, (int64_t)n, text, why);
}

static bool read_time(const struct schema_row *row, const char *text, char *why)
{
	int64_t ns;

	return units_time(text, &ns, why) && in_range(row, ns, text, why);
}

static bool read_rate(const struct schema_row *row, const char *text, char *why)
{
	uint64_t rate;

	if (!units_rate(text, &rate, why))
		return false;
	(void)row;
	return rate || form_refuse(why, text, "a speed; expected more than 0, or state: down");
}

static bool read_size(const struct schema_row *row, const char *text, char *why)
{
	uint64_t n;

	return units_size(text, &n, why) && in_range(row, (int64_t)n, text, why);
}

static bool read_share(const struct schema_row *row, const char *text, char *why)
{
	double share;

	(void)row;
	return units_share(text, &share, why);
}

static bool read_limit(const struct schema_row *row, const char *text, char *why)
{
	enum units_limit unit;
	uint64_t n = 1;
	double bdp = 1;

	(void)row;
	if (!units_limit(text, &unit, &n, &bdp, why))
		return false;
	return (n && bdp > 0) || form_refuse(why, text, "a queue limit; expected more than 0");
}

static bool read_end(const struct schema_row *row, const char *text, char *why)
{
	struct arena *scratch = arena_new();
	struct end_text end;
	bool ok = notation_end(scratch, text, &end, why);

	(void)row;
	arena_free(scratch);
	return ok;
}

static bool read_pair(const struct schema_row *row, const char *text, char *why)
{
	struct arena *scratch = arena_new();
	struct end_text ends[2];
	bool ok = notation_pair(scratch, text, ends, why);

	(void)row;
	arena_free(scratch);
	return ok;
}

static bool read_route(const struct schema_row *row, const char *text, char *why)
{
	struct arena *scratch = arena_new();
	struct topo_route route;
	bool ok = notation_route(scratch, text, &route, why);

	(void)row;
	arena_free(scratch);
	return ok;
}

static bool read_command(const struct schema_row *row, const char *text, char *why)
{
	struct arena *scratch = arena_new();
	int n;
	bool ok = words_split(scratch, text, &n, why) != NULL;

	(void)row;
	arena_free(scratch);
	return ok;
}

static bool read_want(const struct schema_row *row, const char *text, char *why)
{
	struct topo_expect want;

	(void)row;
	return notation_want(text, &want, why);
}

static bool read_field(const struct schema_row *row, const char *text, char *why)
{
	uint32_t n;

	return notation_field(text, &n, why) && in_range(row, (int64_t)n, text, why);
}

/* In the order of enum schema_form. `pattern` is what a JSON string matches; where
 * `number` is set JSON may also hold a number. Forms without a pattern are texts
 * whose inner rules only the checker knows. */
static const struct form {
	unsigned bit;
	const char *name;
	form_reader *read;
	const char *pattern;
	bool number;
} forms[] = {
	{ FORM_CHOICE, "a choice", read_choice, NULL, false },
	{ FORM_TEXT, "a text", read_text, NULL, true },
	{ FORM_NAME, "a name such as wan", read_name,
	  "^[A-Za-z0-9][A-Za-z0-9_-]*(\\[[0-9]+\\.\\.[0-9]+\\])?[A-Za-z0-9_-]*$", true },
	{ FORM_BOOL, "true or false", read_bool, "^(true|false)$", false },
	{ FORM_COUNT, "a whole number such as 3", read_count, "^[0-9]+$", true },
	{ FORM_NUMBER, "a number such as 4 or 2.5", read_number, "^[0-9]+(\\.[0-9]+)?$", true },
	{ FORM_BYTES, "a number of bytes such as 1500", read_bytes,
	  "^[0-9]+(\\.[0-9]+)?([kMG]B|B|[KMG]iB)?$", true },
	{ FORM_TIME, "a time such as 10ms", read_time, "^[0-9]+(\\.[0-9]+)?(ns|us|ms|s|min|h)$", false },
	{ FORM_RATE, "a rate such as 100Mbit/s", read_rate,
	  "^[0-9]+(\\.[0-9]+)?[kMGT]?(bit/s|bps)$", false },
	{ FORM_SIZE, "a size such as 1500B or 64KiB", read_size,
	  "^[0-9]+(\\.[0-9]+)?([kMG]B|B|[KMG]iB)$", false },
	{ FORM_SHARE, "a share such as 0.5% or 0.005", read_share, "^[0-9]+(\\.[0-9]+)?%?$", true },
	{ FORM_LIMIT, "a queue limit such as 1000p, 64kB or 1bdp", read_limit,
	  "^[0-9]+(\\.[0-9]+)?(p|bdp|[kMG]B|B|[KMG]iB)$", false },
	{ FORM_ADDRESS, "an address such as 192.0.2.1", form_address, "^[0-9A-Fa-f:.]+$", false },
	{ FORM_IFADDR, "an address with its length such as 192.0.2.1/24, or dhcp, slaac or auto",
	  form_ifaddr, "^([0-9A-Fa-f:.]+/[0-9]+|dhcp|slaac|auto)$", false },
	{ FORM_NET4, "a network such as 10.0.0.0/8", form_net4, "^[0-9.]+/[0-9]+$", false },
	{ FORM_NET6, "a network such as fd00::/16", form_net6, "^[0-9A-Fa-f:.]+/[0-9]+$", false },
	{ FORM_MAC, "an Ethernet address such as 02:00:00:00:00:01", form_mac,
	  "^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$", false },
	{ FORM_FILE, "a file name", read_text, NULL, false },
	{ FORM_NODES, "a node or a range such as client[1..9]", read_name, NULL, true },
	{ FORM_END, "a node, or node:interface", read_end, "^[^:]+(:[^:]+)?$", true },
	{ FORM_PAIR, "a link such as a -- b", read_pair, "^[^ ]+ *-- *[^ ]+$", false },
	{ FORM_ROUTE, "a route such as 10.9.0.0/16 via 10.0.0.1", read_route, NULL, false },
	{ FORM_COMMAND, "a command line such as ping -c 3 web", read_command, NULL, false },
	{ FORM_FILTER, "a pcap-filter expression such as tcp port 443", read_text, NULL, false },
	{ FORM_WANT, "a number, a range such as 40ms..41ms, or a comparison such as \">= 2\"",
	  read_want, "^(>=|<=|!=|==|>|<|=)? *[0-9]", true },
	{ FORM_SYSCTL, "a number", read_text, NULL, true },
	{ FORM_FIELD, "a number such as 7 or 0x1f", read_field, "^(0[xX][0-9a-fA-F]+|[0-9]+)$", true },
};

static const struct form *form_find(unsigned bit)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
		if (forms[i].bit == bit)
			return &forms[i];
	return NULL;
}

bool schema_form_check(const struct schema_row *row, unsigned form, const char *text, char *why)
{
	return form_find(form)->read(row, text, why);
}

const char *schema_form_name(unsigned form)
{
	if (form == FORM_LIST)
		return "a list";
	if (form == FORM_MAP)
		return "a map";
	return form_find(form)->name;
}

const char *schema_form_pattern(unsigned form)
{
	return form_find(form)->pattern;
}

bool schema_form_is_number(unsigned form)
{
	return form_find(form)->number;
}

void schema_range_print(const struct schema_row *row, char *text, size_t size)
{
	unsigned all = row->forms | row->items;
	char low[40], high[40];

	*text = '\0';
	if (!row->max)
		return;
	if (all & FORM_TIME) {
		units_print_time(low, sizeof(low), row->min);
		units_print_time(high, sizeof(high), row->max);
	} else {
		const char *unit = all & FORM_SIZE ? "B" : "";

		snprintf(low, sizeof(low), "%" PRId64 "%s", row->min, unit);
		snprintf(high, sizeof(high), "%" PRId64 "%s", row->max, unit);
	}
	if (row->max == INT64_MAX)
		snprintf(text, size, "at least %s", low);
	else
		snprintf(text, size, "%s to %s", low, high);
}
