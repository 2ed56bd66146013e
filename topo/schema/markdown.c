#include "topo/schema/schema.h"

#include <string.h>

#include "core/drop.h"
#include "ip/sysctl.h"

/* The reference page: a section for each group, a table row for each key. */

static const char preface[] =
	"# Scenario reference (format 1)\n"
	"\n"
	"Made by `netarium schema --markdown` from the table that the checker uses; do not edit.\n"
	"\n"
	"Quantities: time `250us 10ms 1.5s 2min 1h`, rate `100Mbit/s 1Gbit/s` (also `100Mbps`),\n"
	"size `1500B 64kB 64KiB`, share `0.5%` or `0.005`, without a space before the unit. A bare\n"
	"number is for counts, ports, and bytes where the key says bytes.\n"
	"\n"
	"`client[1..1000]` in the name of a node makes a thousand; where nodes or links are named it\n"
	"stands for all of them. In an `include`d file paths are relative to that file. Editors\n"
	"complete and check these keys with the output of `netarium schema`.\n";

/* Text in a table cell: no bars of its own. */
static void cell_put(GString *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
}

static void choices_put(GString *out, const char *choices)
{
	g_auto(GStrv) words = g_strsplit(choices, " ", -1);
	const char *comma = "";

	for (char **w = words; *w; w++) {
		if (strchr(*w, '@'))
			continue;
		g_string_append_printf(out, "%s`%s`", comma, *w);
		comma = ", ";
	}
}

static void forms_put(GString *out, const struct schema_row *row, unsigned forms)
{
	const char *or = "";

	for (unsigned bit = 1; bit && bit <= FORM_MAP; bit <<= 1) {
		if (!(forms & bit))
			continue;
		g_string_append(out, or);
		if (bit == FORM_CHOICE)
			choices_put(out, row->choices);
		else if (bit == FORM_LIST && row->items) {
			g_string_append(out, "a list, each ");
			forms_put(out, row, row->items);
		} else
			cell_put(out, schema_form_name(bit));
		or = "; or ";
	}
}

static void row_put(const struct schema_row *row, void *data)
{
	GString *out = data;
	char range[80];

	if (row->room)
		return;
	g_string_append_printf(out, "| `%s` | ", strcmp(row->key, "*") ? row->key : "NAME");
	cell_put(out, row->says);
	g_string_append(out, " | ");
	forms_put(out, row, row->forms);
	schema_range_print(row, range, sizeof(range));
	if (*range)
		g_string_append_printf(out, "; %s", range);
	g_string_append(out, " | ");
	cell_put(out, row->def ? row->def : "");
	g_string_append(out, " | `");
	cell_put(out, row->example);
	g_string_append(out, "` |\n");
}

static void group_put(GString *out, const struct schema_group *group)
{
	g_string_append_printf(out, "\n## %s\n\n%s\n\n| key | what it says | value | default | example |\n"
			       "|---|---|---|---|---|\n", group->title, group->says);
	schema_each(group->name, row_put, out);
}

static void sysctls_put(GString *out)
{
	g_string_append(out, "\n| sysctl | what it says | range | default |\n|---|---|---|---|\n");
	for (size_t i = 0; i < sysctl_table_len; i++) {
		const struct sysctl_def *def = &sysctl_table[i];
		char text[64];

		g_string_append_printf(out, "| `%s` | %s | ", def->name, def->says);
		for (int word = 0; def->words && def->words[word]; word++)
			g_string_append_printf(out, "%s`%s`", word ? ", " : "", def->words[word]);
		if (def->key)
			g_string_append(out, "one key or two, hexadecimal");
		else if (!def->words)
			g_string_append_printf(out, def->max == INT32_MAX ? "at least %d" : "%d to %d",
					       def->min, def->max);
		sysctl_get(&sysctls_default, def->name, text, sizeof(text));
		g_string_append_printf(out, " | `%s` |\n", g_strdelimit(text, "\t", ' '));
	}
}

/* "frame larger than the link's MTU %llu": the number is each packet's own. */
static void words_put(GString *out, const char *words)
{
	const char *percent = strchr(words, '%');

	if (percent)
		g_string_append_printf(out, "%.*sN%s", (int)(percent - words), words,
				       percent + strcspn(percent, "ux") + 1);
	else
		g_string_append(out, words);
}

static void drops_put(GString *out)
{
	g_string_append(out, "\nThe reasons of drops, with the words that captures have for them. Those that begin with "
			"`link_`\nare losses of a link, and count as its `lost`; all others are drops of a node.\n"
			"\n| REASON | what happened |\n|---|---|\n");
	for (int reason = 0; reason < DROP_REASON_COUNT; reason++) {
		g_string_append_printf(out, "| `%s` | ", drop_name(reason));
		words_put(out, drop_words(reason));
		g_string_append(out, " |\n");
	}
}

/* Keys and choices of format 1 that this version refuses by name. */
static void rooms_put(GString *out)
{
	g_string_append(out, "\n## Not built yet\n\nThese belong to format 1 and are refused by name:\n\n");
	for (size_t i = 0; i < schema_row_count; i++) {
		const struct schema_row *row = &schema_rows[i];
		g_auto(GStrv) words = g_strsplit(row->choices ? row->choices : "", " ", -1);

		if (row->room)
			g_string_append_printf(out, "- `%s` in %s (room %s)\n", row->key, row->in, row->room);
		for (char **w = words; *w; w++) {
			char *room = strchr(*w, '@');

			if (room)
				g_string_append_printf(out, "- `%s: %.*s` in %s (room %s)\n", row->key,
						       (int)(room - *w), *w, row->in, room + 1);
		}
	}
}

char *schema_markdown(void)
{
	GString *out = g_string_new(preface);

	for (size_t i = 0; i < schema_group_count; i++) {
		group_put(out, &schema_groups[i]);
		if (!strcmp(schema_groups[i].name, "sysctl"))
			sysctls_put(out);
		if (!strcmp(schema_groups[i].name, "metrics"))
			drops_put(out);
	}
	rooms_put(out);
	return g_string_free(out, FALSE);
}
