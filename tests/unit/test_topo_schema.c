/* The table: each row has an example that passes and a value that does not, and what is
 * made of the table is whole and current. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-glib/json-glib.h>

#include "ip/sysctl.h"
#include "topo/schema/schema.h"

/* A key that a "*" row takes. */
static const char *key_of(const struct schema_row *row)
{
	if (strcmp(row->key, "*"))
		return row->key;
	return !strcmp(row->in, "sysctl") ? "net.ipv4.ip_default_ttl" : "any";
}

/* "KEY: VALUE" as a map of the row's group, so that the key is looked up as in a file. */
static bool passes(const struct schema_row *row, const char *text, GError **error)
{
	struct arena *arena = arena_new();
	struct yaml_node *value = yaml_parse(arena, text, strlen(text), "row", NULL, error);
	bool ok = false;

	if (value && !strcmp(row->in, "sysctl")) {
		struct schema_row wrap = { .key = "sysctl", .forms = FORM_MAP, .map = "sysctl" };
		struct yaml_node *map = yaml_map_new(arena, value->at);

		yaml_map_add(arena, map, key_of(row), value->at, value);
		ok = schema_check_value(&wrap, "sysctl", map, error);
	} else if (value) {
		ok = schema_check_value(row, key_of(row), value, error);
	}
	arena_free(arena);
	return ok;
}

static void examples(void **state)
{
	unsigned shown = 0;

	(void)state;
	for (size_t i = 0; i < schema_row_count; i++) {
		const struct schema_row *row = &schema_rows[i];
		GError *error = NULL;

		if (row->key[0] == '@' || row->room)
			continue;
		assert_non_null(row->example);
		assert_non_null(row->bad);
		assert_non_null(row->says);
		if (!passes(row, row->example, &error))
			fail_msg("%s.%s: the example is refused: %s", row->in, row->key, error->message);
		if (passes(row, row->bad, &error))
			fail_msg("%s.%s: '%s' is accepted", row->in, row->key, row->bad);
		assert_true(g_str_has_prefix(error->message, "row:1:"));
		g_error_free(error);
		shown++;
	}
	assert_true(shown > 60);
}

/* Every group that is named exists and has rows, and every row is in a group. */
static void groups(void **state)
{
	(void)state;
	for (size_t i = 0; i < schema_row_count; i++) {
		const struct schema_row *row = &schema_rows[i];
		const char *named[] = { row->in, row->room ? NULL : row->map, row->item_map };

		for (size_t k = 0; k < G_N_ELEMENTS(named); k++) {
			bool found = !named[k];

			for (size_t g = 0; g < schema_group_count; g++)
				found = found || !strcmp(schema_groups[g].name, named[k]);
			if (!found)
				fail_msg("%s.%s names the unknown group %s", row->in, row->key, named[k]);
		}
		if (row->room || row->key[0] == '@')
			continue;
		assert_true(!(row->forms & FORM_MAP) == !row->map);
		assert_true(!(row->forms & FORM_LIST) == !row->items);
		assert_true(!(row->items & FORM_MAP) == !row->item_map);
		assert_true(!((row->forms | row->items) & FORM_CHOICE) == !row->choices);
	}
}

static void refused_by_name(void **state)
{
	static const char *const keys[][2] = {
		{ "node", "resolver" }, { "node", "tls" }, { "node", "bgp" },
	};
	GError *error = NULL;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const struct schema_row *row = schema_find(keys[i][0], keys[i][1]);

		assert_non_null(row);
		assert_false(passes(row, "1", &error));
		assert_non_null(strstr(error->message, "is not built yet in this version (room "));
		g_clear_error(&error);
	}
	assert_true(passes(schema_find("node", "kind"), "external", &error));
}

static void suggestions(void **state)
{
	GError *error = NULL;

	(void)state;
	schema_unknown_key("link", "dealy", (struct place){ "f", 3, 5 }, &error);
	assert_string_equal(error->message, "f:3:5: unknown key 'dealy'; did you mean 'delay'?");
	g_clear_error(&error);
	schema_unknown_key("link", "beetwen", (struct place){ "f", 3, 5 }, &error);
	assert_string_equal(error->message, "f:3:5: unknown key 'beetwen'; did you mean 'between'?");
	g_clear_error(&error);
}

/* It is JSON, of the right draft, with every built key where it belongs. */
static void json(void **state)
{
	g_autofree char *text = schema_json();
	g_autoptr(JsonParser) parser = json_parser_new();
	GError *error = NULL;
	JsonObject *root, *defs, *link;

	(void)state;
	if (!json_parser_load_from_data(parser, text, -1, &error))
		fail_msg("%s", error->message);
	root = json_node_get_object(json_parser_get_root(parser));
	assert_string_equal(json_object_get_string_member(root, "$schema"),
			    "https://json-schema.org/draft/2020-12/schema");
	defs = json_object_get_object_member(root, "$defs");
	assert_int_equal(json_object_get_size(defs), schema_group_count);
	for (size_t i = 0; i < schema_row_count; i++) {
		const struct schema_row *row = &schema_rows[i];
		JsonObject *group = json_object_get_object_member(defs, row->in);
		JsonObject *properties = json_object_get_object_member(group, "properties");

		if (strcmp(row->key, "*") && row->key[0] != '@')
			assert_int_equal(json_object_has_member(properties, row->key), !row->room);
	}
	link = json_object_get_object_member(json_object_get_object_member(defs, "link"), "properties");
	assert_true(json_object_has_member(link, "rate"));	/* through @dir */
}

/* docs/scenario-reference.md is what `netarium schema --markdown` prints. */
static void reference_is_current(void **state)
{
	g_autofree char *made = schema_markdown(), *there = NULL;

	(void)state;
	assert_true(g_file_get_contents(NETARIUM_SOURCE_DIR "/docs/scenario-reference.md", &there, NULL,
					NULL));
	if (strcmp(made, there))
		fail_msg("docs/scenario-reference.md is old; write it anew with "
			 "netarium schema --markdown");
}

/* Each sysctl stands in the reference with its default. */
static void reference_has_sysctls(void **state)
{
	g_autofree char *made = schema_markdown();

	(void)state;
	for (size_t i = 0; i < sysctl_table_len; i++)
		assert_non_null(strstr(made, sysctl_table[i].name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),    cmocka_unit_test(groups),
		cmocka_unit_test(refused_by_name), cmocka_unit_test(suggestions),
		cmocka_unit_test(json),	       cmocka_unit_test(reference_is_current),
		cmocka_unit_test(reference_has_sysctls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
