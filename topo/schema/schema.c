#include "topo/schema/schema.h"

#include <string.h>

#include "ip/sysctl.h"
#include "core/nearest.h"

/* "@dir" leads to the rows of group "dir". */
static const char *included(const struct schema_row *row)
{
	return row->key[0] == '@' ? row->key + 1 : NULL;
}

static const struct schema_row *row_find(const char *group, const char *key)
{
	for (size_t i = 0; i < schema_row_count; i++) {
		const struct schema_row *row = &schema_rows[i];

		if (strcmp(row->in, group))
			continue;
		if (included(row))
			row = row_find(included(row), key);
		else if (strcmp(row->key, key))
			row = NULL;
		if (row)
			return row;
	}
	return NULL;
}

const struct schema_row *schema_find(const char *group, const char *key)
{
	const struct schema_row *row = row_find(group, key);

	return row || !strcmp(group, "*") ? row : row_find(group, "*");
}

void schema_each(const char *group, void (*each)(const struct schema_row *, void *), void *data)
{
	for (size_t i = 0; i < schema_row_count; i++) {
		if (strcmp(schema_rows[i].in, group))
			continue;
		if (included(&schema_rows[i]))
			schema_each(included(&schema_rows[i]), each, data);
		else
			each(&schema_rows[i], data);
	}
}

static void key_try(const struct schema_row *row, void *data)
{
	if (!row->room)
		nearest_try(data, row->key);
}

/* What other tools call the same thing: too far from our word to be found by its letters. */
static const char *other_word(const char *group, const char *key)
{
	static const struct {
		const char *in, *theirs, *ours;
	} words[] = {
		{ "link", "latency", "delay (one way) or rtt" }, { "dir", "latency", "delay" },
		{ "link", "bandwidth", "rate" },  { "link", "bw", "rate" },
		{ "link", "speed", "rate" },      { "dir", "bandwidth", "rate" },
		{ "link", "ends", "between" },    { "link", "endpoints", "between" },
		{ "rule", "accept", "allow" },    { "rule", "pass", "allow" },
		{ "rule", "drop", "deny" },       { "rule", "block", "deny" },
		{ "firewall", "policy", "policy inside input, forward or output" },
		{ "node", "type", "kind" },       { "node", "ip", "address" },
		{ "interface", "ip", "address" }, { "node", "forwarding", "kind: router" },
		{ "node", "mtu", "interfaces: {eth0: {mtu: ...}}" },
		{ "node", "mac", "interfaces: {eth0: {mac: ...}}" },
		{ "scenario", "hosts", "nodes" }, { "scenario", "events", "run" },
		{ "step", "command", "do" },      { "step", "cmd", "do" },
		{ "step", "time", "at" },         { "step", "node", "on" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (!strcmp(words[i].in, group) && !strcmp(words[i].theirs, key))
			return words[i].ours;
	return NULL;
}

/* "kind:router" and "at 0s" are one word to YAML. */
static bool pair_glued(const char *group, const char *text, char between)
{
	const char *end = strchr(text, between);
	g_autofree char *key = end ? g_strndup(text, (size_t)(end - text)) : NULL;

	return key && group && row_find(group, key);
}

void schema_unknown_key(const char *group, const char *key, struct place at, GError **error)
{
	struct nearest nearest = nearest_to(key);
	const char *ours = other_word(group, key);

	if (ours) {
		place_error(error, at, "unknown key '%.60s'; here it is called %s", key, ours);
		return;
	}
	if (pair_glued(group, key, ':')) {
		place_error(error, at, "a blank is missing behind the colon; expected '%.*s: %.60s'",
			    (int)strcspn(key, ":"), key, strchr(key, ':') + 1);
		return;
	}
	if (pair_glued(group, key, ' ')) {
		place_error(error, at, "a colon is missing behind '%.*s'; expected '%.*s: %.60s'",
			    (int)strcspn(key, " "), key, (int)strcspn(key, " "), key, strchr(key, ' ') + 1);
		return;
	}
	if (g_ascii_isdigit(*key) && key[strspn(key, "0123456789")] != '.') {
		place_error(error, at, "unknown key '%.60s'; if it belongs to the number before it, a decimal "
			    "comma is written as a point", key);
		return;
	}
	schema_each(group, key_try, &nearest);
	place_error(error, at, "unknown key '%.60s'%s", key, !nearest.best && !strcmp(group, "link")
		    ? "; a link is written a -- b, or with between: [a, b]" : nearest_hint(&nearest));
}

static bool unbuilt_refuse(const struct schema_row *row, const char *key, struct place at,
			   GError **error)
{
	if (row->room)
		place_error(error, at, "`%s` is not built yet in this version (room %s)", key, row->room);
	return row->room != NULL;
}

static bool sysctl_check(const char *name, struct place at, const struct yaml_node *value,
			 GError **error)
{
	const struct sysctl_def *def = sysctl_find(name);
	struct nearest nearest = nearest_to(name);
	struct sysctls scratch = sysctls_default;
	char why[SCHEMA_WHY];

	if (!def && sysctl_unbuilt(name)) {
		place_error(error, at, "sysctl '%s' is not built yet in this version (room %s)", name,
			    sysctl_unbuilt(name));
		return false;
	}
	if (!def) {
		for (size_t i = 0; i < sysctl_table_len; i++)
			nearest_try(&nearest, sysctl_table[i].name);
		place_error(error, at, "unknown sysctl '%.80s'%s", name, nearest_hint(&nearest));
		return false;
	}
	if (!sysctl_set(&scratch, name, value->text, why, sizeof(why)))
		return true;
	place_error(error, value->at, "%s", why);
	return false;
}

/* "'a', 'b', 'c'", without those whose room is not built. */
static void choices_print(GString *words, const char *choices)
{
	g_auto(GStrv) all = g_strsplit(choices, " ", -1);
	const char *comma = "";

	for (char **w = all; *w; w++) {
		if (strchr(*w, '@'))
			continue;
		g_string_append_printf(words, "%s'%s'", comma, *w);
		comma = ", ";
	}
}

/* The forms of a row in words: "a time such as 10ms or a map". */
static char *forms_print(const struct schema_row *row, unsigned forms)
{
	GString *words = g_string_new(NULL);

	for (unsigned bit = 1; bit && bit <= FORM_MAP; bit <<= 1) {
		if (!(forms & bit))
			continue;
		g_string_append(words, words->len ? " or " : "");
		if (bit == FORM_CHOICE && row->choices)
			choices_print(words, row->choices);
		else
			g_string_append(words, schema_form_name(bit));
	}
	return g_string_free(words, FALSE);
}

static bool scalar_check(const struct schema_row *row, const char *key, unsigned forms,
			 const struct yaml_node *value, GError **error)
{
	unsigned scalars = forms & FORM_SCALARS;
	g_autofree char *words = NULL;
	char why[SCHEMA_WHY];

	for (unsigned bit = 1; bit <= FORM_SCALARS; bit <<= 1)
		if ((scalars & bit) && schema_form_check(row, bit, value->text, why))
			return true;
	/* One form: its own reason. Several: only all of them say what is possible. */
	if (scalars && !(scalars & (scalars - 1))) {
		place_error(error, value->at, "%s: %s", key, why);
		return false;
	}
	words = forms_print(row, forms);
	if (*value->text)
		place_error(error, value->at, "'%.60s' cannot be the value of '%s'; expected %s",
			    value->text, key, words);
	else
		place_error(error, value->at, "'%s' has no value; expected %s", key, words);
	return false;
}

static bool forms_check(const struct schema_row *row, const char *key, unsigned forms,
			const char *map, const struct yaml_node *value, GError **error);

static bool pair_check(const char *group, const struct yaml_pair *pair, GError **error)
{
	const struct schema_row *row = schema_find(group, pair->key);

	if (!row) {
		schema_unknown_key(group, pair->key, pair->at, error);
		return false;
	}
	if (unbuilt_refuse(row, pair->key, pair->at, error))
		return false;
	if ((row->forms & FORM_SYSCTL) && pair->value->kind == YAML_SCALAR)
		return sysctl_check(pair->key, pair->at, pair->value, error);
	return forms_check(row, pair->key, row->forms, row->map, pair->value, error);
}

static bool map_check(const char *group, const struct yaml_node *map, GError **error)
{
	bool ok = true;

	for (size_t i = 0; i < map->n; i++)
		if (!pair_check(group, &map->pairs[i], error)) {
			map->pairs[i].value->bad = true;
			ok = false;
		}
	return ok;
}

static bool list_check(const struct schema_row *row, const char *key,
		       const struct yaml_node *list, GError **error)
{
	bool ok = true;

	for (size_t i = 0; i < list->n; i++)
		if (!forms_check(row, key, row->items, row->item_map, list->items[i], error)) {
			list->items[i]->bad = true;
			ok = false;
		}
	return ok;
}

/* A key with nothing behind it is an empty map or list where one may stand. */
static bool forms_check(const struct schema_row *row, const char *key, unsigned forms,
			const char *map, const struct yaml_node *value, GError **error)
{
	static const char *const kinds[] = { "a text", "a list", "a map" };
	/* That of the row, where it is one of this value: maps and lists have none in their words. */
	const char *example = forms == row->forms && !(forms & FORM_SCALARS) ? row->example : NULL;
	g_autofree char *words = NULL;

	if (yaml_is_null(value) && (forms & (FORM_MAP | FORM_LIST)))
		return true;
	if (value->kind == YAML_MAP && (forms & FORM_MAP))
		return map_check(map, value, error);
	if (value->kind == YAML_LIST && (forms & FORM_LIST))
		return list_check(row, key, value, error);
	if (value->kind == YAML_SCALAR && (forms & FORM_SCALARS))
		return scalar_check(row, key, forms, value, error);
	words = forms_print(row, forms);
	if (value->kind == YAML_SCALAR && pair_glued(map, value->text, ':'))
		place_error(error, value->at, "a blank is missing behind the colon; expected '%.*s: %.60s'",
			    (int)strcspn(value->text, ":"), value->text, strchr(value->text, ':') + 1);
	else if (value->kind == YAML_SCALAR && value->text[0] == '-' && (forms & FORM_LIST))
		place_error(error, value->at, "a blank is missing behind the '-' of an item; expected '- %.60s'",
			    value->text + 1);
	else
		place_error(error, value->at, "'%s' is %s here; expected %s%s%s", key, kinds[value->kind],
			    words, example ? " such as " : "", example ? example : "");
	return false;
}

bool schema_check_value(const struct schema_row *row, const char *key,
			const struct yaml_node *value, GError **error)
{
	if (unbuilt_refuse(row, key, value->at, error))
		return false;
	return forms_check(row, key, row->forms, row->map, value, error);
}

bool schema_check(const struct yaml_node *root, GError **error)
{
	if (root->kind != YAML_MAP) {
		place_error(error, root->at, "is not a scenario; expected a map with 'nodes:'");
		return false;
	}
	/* Without nodes, a key that is unknown may have been meant to be them. */
	if (!map_check("scenario", root, error))
		return false;
	if (yaml_map_find(root, "nodes"))
		return true;
	place_error(error, root->at, "has no nodes; expected 'nodes:' with at least one machine");
	return false;
}
