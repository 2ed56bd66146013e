#include "topo/schema/schema.h"

#include <inttypes.h>
#include <string.h>

#include "ip/sysctl.h"

/*
 * JSON Schema, draft 2020-12: each group becomes an object under $defs, each form
 * a schema, several forms an anyOf. YAML numbers arrive as JSON numbers, so forms
 * that may be bare numbers also allow "number". Keys and choices whose room is not
 * built are left out and thus marked as wrong by an editor, as by the checker.
 */

static void string_put(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

static void choices_put(GString *out, const char *choices)
{
	g_auto(GStrv) words = g_strsplit(choices, " ", -1);
	const char *comma = "";

	g_string_append(out, "{\"enum\": [");
	for (char **w = words; *w; w++) {
		if (strchr(*w, '@'))
			continue;
		g_string_append(out, comma);
		string_put(out, *w);
		comma = ", ";
	}
	g_string_append(out, "]}");
}

static void bounds_put(GString *out, const struct schema_row *row)
{
	if (row->max) {
		g_string_append_printf(out, ", \"minimum\": %" PRId64, row->min);
		if (row->max != INT64_MAX)
			g_string_append_printf(out, ", \"maximum\": %" PRId64, row->max);
	}
	g_string_append_c(out, '}');
}

static void forms_put(GString *out, const struct schema_row *row, unsigned forms, const char *map);

static void scalar_put(GString *out, const struct schema_row *row, unsigned bit)
{
	const char *pattern = schema_form_pattern(bit);

	if (bit == FORM_CHOICE) {
		choices_put(out, row->choices);
	} else if (bit == FORM_BOOL) {
		g_string_append(out, "{\"type\": \"boolean\"}");
	} else if (bit == FORM_COUNT || bit == FORM_NUMBER) {
		g_string_append_printf(out, "{\"type\": \"%s\"",
				       bit == FORM_COUNT ? "integer" : "number");
		bounds_put(out, row);
	} else {
		g_string_append(out, schema_form_is_number(bit) ? "{\"type\": [\"string\", \"number\"]"
								: "{\"type\": \"string\"");
		if (pattern) {
			g_string_append(out, ", \"pattern\": ");
			string_put(out, pattern);
		}
		if (bit == FORM_BYTES)
			bounds_put(out, row);
		else
			g_string_append_c(out, '}');
	}
}

static void form_put(GString *out, const struct schema_row *row, unsigned bit, const char *map)
{
	if (bit == FORM_MAP) {
		g_string_append_printf(out, "{\"$ref\": \"#/$defs/%s\"}", map);
	} else if (bit == FORM_LIST) {
		g_string_append(out, "{\"type\": \"array\", \"items\": ");
		forms_put(out, row, row->items, row->item_map);
		g_string_append_c(out, '}');
	} else {
		scalar_put(out, row, bit);
	}
}

/* A map or list may also be left empty, which is null. */
static void forms_put(GString *out, const struct schema_row *row, unsigned forms, const char *map)
{
	const char *comma = "";
	bool several = (forms & (forms - 1)) || (forms & (FORM_MAP | FORM_LIST));

	if (several)
		g_string_append(out, "{\"anyOf\": [");
	for (unsigned bit = 1; bit && bit <= FORM_MAP; bit <<= 1) {
		if (!(forms & bit))
			continue;
		g_string_append(out, comma);
		form_put(out, row, bit, map);
		comma = ", ";
	}
	if (several)
		g_string_append_printf(out, "%s]}",
				       forms & (FORM_MAP | FORM_LIST) ? ", {\"type\": \"null\"}" : "");
}

struct object {
	GString *out;
	const char *comma;
	const struct schema_row *any;	/* the group's "*" */
};

static void property_put(const struct schema_row *row, void *data)
{
	struct object *o = data;

	if (row->room)
		return;
	if (!strcmp(row->key, "*")) {
		o->any = row;
		return;
	}
	g_string_append_printf(o->out, "%s\n        ", o->comma);
	string_put(o->out, row->key);
	g_string_append(o->out, ": {\"description\": ");
	string_put(o->out, row->says);
	g_string_append(o->out, ", \"allOf\": [");
	forms_put(o->out, row, row->forms, row->map);
	g_string_append(o->out, "]}");
	o->comma = ",";
}

static void sysctls_put(struct object *o)
{
	for (size_t i = 0; i < sysctl_table_len; i++) {
		const struct sysctl_def *def = &sysctl_table[i];

		g_string_append_printf(o->out, "%s\n        ", i ? "," : "");
		string_put(o->out, def->name);
		g_string_append(o->out, ": {\"description\": ");
		string_put(o->out, def->says);
		if (def->words) {
			g_string_append(o->out, ", \"type\": \"string\", \"enum\": [");
			for (int word = 0; def->words[word]; word++) {
				g_string_append(o->out, word ? ", " : "");
				string_put(o->out, def->words[word]);
			}
			g_string_append(o->out, "]}");
		} else if (def->key)
			g_string_append(o->out, ", \"type\": \"string\", \"pattern\": "
					"\"^[0-9a-f]{1,8}(-[0-9a-f]{1,8}){3}"
					"(,[0-9a-f]{1,8}(-[0-9a-f]{1,8}){3})?$\"}");
		else if (def->values == 1)
			g_string_append_printf(o->out, ", \"type\": [\"integer\", \"string\"], "
					       "\"minimum\": %d, \"maximum\": %d}", def->min, def->max);
		else
			g_string_append_printf(o->out, ", \"type\": \"string\", "
					       "\"pattern\": \"^[0-9]+([ \\t]+[0-9]+){%d}$\"}",
					       def->values - 1);
	}
}

static void object_put(GString *out, const struct schema_group *group)
{
	struct object o = { .out = out, .comma = "" };
	bool sysctl = !strcmp(group->name, "sysctl");

	g_string_append_printf(out, "    \"%s\": {\n      \"description\": ", group->name);
	string_put(out, group->says);
	g_string_append(out, ",\n      \"type\": \"object\",\n      \"properties\": {");
	schema_each(group->name, property_put, &o);
	if (sysctl)
		sysctls_put(&o);
	g_string_append(out, "\n      },\n      \"additionalProperties\": ");
	if (o.any && !sysctl)
		forms_put(out, o.any, o.any->forms, o.any->map);
	else
		g_string_append(out, "false");
	g_string_append(out, "\n    }");
}

char *schema_json(void)
{
	GString *out = g_string_new("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
				    "  \"title\": \"Netarium scenario, format 1\",\n"
				    "  \"$ref\": \"#/$defs/scenario\",\n"
				    "  \"anyOf\": [{\"required\": [\"nodes\"]}, "
				    "{\"required\": [\"include\"]}],\n"
				    "  \"$defs\": {\n");

	for (size_t i = 0; i < schema_group_count; i++) {
		object_put(out, &schema_groups[i]);
		g_string_append(out, i + 1 < schema_group_count ? ",\n" : "\n");
	}
	g_string_append(out, "  }\n}\n");
	return g_string_free(out, FALSE);
}
