/*
 * The JSON Schema as an editor uses it: every shipped scenario satisfies it, and
 * mistakes do not. The evaluator below knows the keywords that the schema uses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-glib/json-glib.h>

#include "topo/schema/schema.h"
#include "topo/yaml/yaml.h"

static JsonObject *root;

/* A plain YAML scalar as JSON would have it: its type and, for numbers, its value. */
static const char *scalar_type(const struct yaml_node *node, double *number)
{
	char *end;

	if (yaml_is_null(node))
		return "null";
	if (node->quoted)
		return "string";
	if (!strcmp(node->text, "true") || !strcmp(node->text, "false"))
		return "boolean";
	*number = g_ascii_strtod(node->text, &end);
	if (end == node->text || *end)
		return "string";
	return strspn(node->text, "-0123456789") == strlen(node->text) ? "integer" : "number";
}

static const char *node_type(const struct yaml_node *node, double *number)
{
	return node->kind == YAML_MAP ? "object" : node->kind == YAML_LIST ? "array"
	     : scalar_type(node, number);
}

static bool type_fits(JsonNode *want, const char *is)
{
	if (JSON_NODE_HOLDS_ARRAY(want)) {
		JsonArray *list = json_node_get_array(want);

		for (guint i = 0; i < json_array_get_length(list); i++)
			if (type_fits(json_array_get_element(list, i), is))
				return true;
		return false;
	}
	return !strcmp(json_node_get_string(want), is) ||
	       (!strcmp(json_node_get_string(want), "number") && !strcmp(is, "integer"));
}

static bool valid(JsonNode *schema, const struct yaml_node *node);

static bool object_valid(JsonObject *schema, const struct yaml_node *map)
{
	JsonObject *properties = json_object_has_member(schema, "properties")
				 ? json_object_get_object_member(schema, "properties") : NULL;
	JsonNode *others = json_object_get_member(schema, "additionalProperties");
	JsonArray *required = json_object_has_member(schema, "required")
			      ? json_object_get_array_member(schema, "required") : NULL;

	for (guint i = 0; required && i < json_array_get_length(required); i++)
		if (!yaml_map_find(map, json_array_get_string_element(required, i)))
			return false;
	for (size_t i = 0; i < map->n; i++) {
		JsonNode *own = properties ? json_object_get_member(properties, map->pairs[i].key) : NULL;

		if (own ? !valid(own, map->pairs[i].value)
			: others && !valid(others, map->pairs[i].value))
			return false;
	}
	return true;
}

static bool scalar_valid(JsonObject *schema, const struct yaml_node *node, const char *type,
			 double number)
{
	bool is_number = !strcmp(type, "integer") || !strcmp(type, "number");

	if (json_object_has_member(schema, "pattern") && !strcmp(type, "string") &&
	    !g_regex_match_simple(json_object_get_string_member(schema, "pattern"), node->text, 0, 0))
		return false;
	if (is_number && json_object_has_member(schema, "minimum") &&
	    number < json_object_get_double_member(schema, "minimum"))
		return false;
	return !(is_number && json_object_has_member(schema, "maximum") &&
		 number > json_object_get_double_member(schema, "maximum"));
}

static bool enum_has(JsonArray *list, const struct yaml_node *node)
{
	for (guint i = 0; i < json_array_get_length(list); i++)
		if (node->kind == YAML_SCALAR &&
		    !strcmp(json_array_get_string_element(list, i), node->text))
			return true;
	return false;
}

static bool combined_valid(JsonObject *schema, const struct yaml_node *node)
{
	JsonArray *list;
	bool any = false;

	if (json_object_has_member(schema, "$ref")) {
		const char *name = strrchr(json_object_get_string_member(schema, "$ref"), '/') + 1;

		if (!valid(json_object_get_member(json_object_get_object_member(root, "$defs"), name), node))
			return false;
	}
	list = json_object_has_member(schema, "allOf") ? json_object_get_array_member(schema, "allOf") : NULL;
	for (guint i = 0; list && i < json_array_get_length(list); i++)
		if (!valid(json_array_get_element(list, i), node))
			return false;
	list = json_object_has_member(schema, "anyOf") ? json_object_get_array_member(schema, "anyOf") : NULL;
	for (guint i = 0; list && i < json_array_get_length(list); i++)
		any = any || valid(json_array_get_element(list, i), node);
	return !list || any;
}

static bool valid(JsonNode *node, const struct yaml_node *value)
{
	JsonObject *schema;
	double number = 0;
	const char *type = node_type(value, &number);

	if (JSON_NODE_HOLDS_VALUE(node))
		return json_node_get_boolean(node);
	schema = json_node_get_object(node);
	if (json_object_has_member(schema, "type") &&
	    !type_fits(json_object_get_member(schema, "type"), type))
		return false;
	if (json_object_has_member(schema, "enum") &&
	    !enum_has(json_object_get_array_member(schema, "enum"), value))
		return false;
	if (!combined_valid(schema, value))
		return false;
	if (value->kind == YAML_MAP)
		return object_valid(schema, value);
	for (size_t i = 0; value->kind == YAML_LIST && json_object_has_member(schema, "items") &&
	     i < value->n; i++)
		if (!valid(json_object_get_member(schema, "items"), value->items[i]))
			return false;
	return value->kind != YAML_SCALAR || scalar_valid(schema, value, type, number);
}

static JsonParser *parser;

static int begin(void **state)
{
	g_autofree char *text = schema_json();

	(void)state;
	parser = json_parser_new();
	if (!json_parser_load_from_data(parser, text, -1, NULL))
		return -1;
	root = json_node_get_object(json_parser_get_root(parser));
	return 0;
}

static int end(void **state)
{
	(void)state;
	g_object_unref(parser);
	return 0;
}

static bool text_valid(const char *text)
{
	struct arena *arena = arena_new();
	GError *error = NULL;
	struct yaml_node *node = yaml_parse(arena, text, strlen(text), "t", NULL, &error);
	bool ok;

	if (!node)
		fail_msg("%s", error->message);
	ok = valid(json_parser_get_root(parser), node);
	arena_free(arena);
	return ok;
}

/* Every scenario in `folder`; a file that others include need not have nodes. */
static unsigned folder_valid(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;
	unsigned n = 0;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;

		if (!g_str_has_suffix(name, ".yaml"))
			continue;
		assert_true(g_file_get_contents(path, &text, NULL, NULL));
		if (!text_valid(text))
			fail_msg("%s does not satisfy the JSON Schema", path);
		n++;
	}
	if (dir)
		g_dir_close(dir);
	return n;
}

static void shipped(void **state)
{
	(void)state;
	assert_true(folder_valid(NETARIUM_SOURCE_DIR "/scenarios") >= 1);
}

/* The design's own examples of each short and long form. */
static void forms(void **state)
{
	(void)state;
	assert_true(text_valid("nodes: {a: {}, b: {kind: switch}, c:}\n"
			       "links:\n  - a -- b\n"
			       "  - {name: wan, between: [a:wan, c], rate: 50Mbit/s, rtt: 20ms, loss: 0.1%, mtu: 1492}\n"
			       "  - between: [a, c]\n    jitter: {normal: 1ms}\n    loss: {burst: 4, mean: 1%}\n"
			       "    queue: {kind: droptail, limit: 1000p}\n    reverse: {rate: 5Mbit/s, loss: 0}\n"
			       "    rate: {trace: lte.trace}\n"
			       "run:\n  - {at: 5s, link: wan, loss: 0.05}\n  - {at: 8s, link: wan, state: down}\n"
			       "expect:\n  - first: {received: 3, rtt_avg: 40ms..41ms, loss: 0%}\n"
			       "  - packets: {at: a, filter: icmp, count: \">= 6\"}\n"
			       "capture: none\nduration: 30s\n"));
}

static void mistakes(void **state)
{
	static const char *const bad[] = {
		"links: []\n",
		"nodes: {a: {kind: hub}}\n",
		"nodes: {a: {bgp: {}}}\n",
		"nodes: {a: {}}\ncolour: red\n",
		"nodes: {a: {}}\nduration: 30\n",
		"nodes: {a: {}}\nlinks: [{between: [a, b], losss: 1%}]\n",
		"nodes: {a: {}}\nlinks: [{between: [a, b], rate: 50 Mbit}]\n",
		"nodes: {a: {}}\nlinks: [{between: [a, b], mtu: 20}]\n",
		"nodes: {a: {}}\nlinks: [{between: [a, b], queue: {kind: fifo}}]\n",
		"nodes: {a: {sysctl: {net.ipv4.ip_default_tl: 3}}}\n",
		"nodes: {a: {sysctl: {net.ipv4.ip_default_ttl: 300}}}\n",
		"nodes: {a: {address: 10.0.0.1}}\n",
		"nodes: {a: {}}\ncapture: some\n",
		"nodes: {a: {}}\nexpect: [{first: {received: many}}]\n",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		if (text_valid(bad[i]))
			fail_msg("satisfies the JSON Schema: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped),
		cmocka_unit_test(forms),
		cmocka_unit_test(mistakes),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
