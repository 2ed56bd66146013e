/* The tree: places, kinds, aliases and merges, and the bounds on hostile text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "topo/yaml/yaml.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct yaml_node *good(const char *text)
{
	GError *error = NULL;
	struct yaml_node *root = yaml_parse(arena, text, strlen(text), "t.yaml", NULL, &error);

	if (!root)
		fail_msg("%s", error->message);
	return root;
}

static void bad(const char *text, size_t length, const char *sentence)
{
	GError *error = NULL;

	assert_null(yaml_parse(arena, text, length, "t.yaml", NULL, &error));
	assert_string_equal(error->message, sentence);
	g_error_free(error);
}

static const struct yaml_node *get(const struct yaml_node *map, const char *key)
{
	const struct yaml_pair *pair = yaml_map_find(map, key);

	assert_non_null(pair);
	return pair->value;
}

static void places(void **state)
{
	const struct yaml_node *root = good("# first\nnodes:\n  a: {kind: host}\nlinks:\n  - a -- b\n  -  {x: 'q'}\n");
	const struct yaml_node *links = get(root, "links"), *a = get(get(root, "nodes"), "a");

	(void)state;
	assert_int_equal(root->n, 2);
	assert_int_equal(yaml_map_find(root, "links")->at.line, 4);
	assert_int_equal(yaml_map_find(root, "links")->at.col, 1);
	assert_int_equal(a->at.line, 3);
	assert_int_equal(a->at.col, 6);
	assert_int_equal(get(a, "kind")->at.col, 13);
	assert_int_equal(links->kind, YAML_LIST);
	assert_string_equal(links->items[0]->text, "a -- b");
	assert_int_equal(links->items[0]->at.line, 5);
	assert_int_equal(links->items[0]->at.col, 5);
	assert_int_equal(links->items[1]->at.col, 6);
	assert_true(get(links->items[1], "x")->quoted);
	assert_string_equal(links->items[0]->at.file, "t.yaml");
}

static void nulls(void **state)
{
	const struct yaml_node *root = good("a:\nb: ~\nc: null\nd: ''\ne: {}\n");

	(void)state;
	assert_true(yaml_is_null(get(root, "a")));
	assert_int_equal(get(root, "a")->at.line, 1);
	assert_true(yaml_is_null(get(root, "b")));
	assert_true(yaml_is_null(get(root, "c")));
	assert_false(yaml_is_null(get(root, "d")));
	assert_int_equal(get(root, "e")->kind, YAML_MAP);
}

static void aliases(void **state)
{
	const struct yaml_node *root = good("a: &x {p: 1, q: [2]}\nb: *x\nc: {<<: *x, q: 3}\n");

	(void)state;
	assert_string_equal(get(get(root, "b"), "p")->text, "1");
	assert_ptr_not_equal(get(get(root, "b"), "q"), get(get(root, "a"), "q"));
	assert_int_equal(get(root, "c")->n, 2);
	assert_string_equal(get(get(root, "c"), "p")->text, "1");
	assert_string_equal(get(get(root, "c"), "q")->text, "3");
}

/* Each one is told, and the rest is there to be looked at. */
static void duplicate(void **state)
{
	static const char text[] = "a: 1\na: {b: 2}\nc: 3\na: 4\n";
	GError *error = NULL;
	struct yaml_node *root = yaml_parse(arena, text, strlen(text), "t.yaml", NULL, &error);

	(void)state;
	assert_non_null(root);
	assert_int_equal(root->n, 2);
	assert_string_equal(yaml_map_find(root, "a")->value->text, "1");
	assert_string_equal(yaml_map_find(root, "c")->value->text, "3");
	assert_string_equal(error->message, "t.yaml:2:1: duplicate key 'a'; it stands in line 1 already\n"
			    "t.yaml:4:1: duplicate key 'a'; it stands in line 1 already");
	g_error_free(error);
}

/* Enough keys for the index, added and found in order. */
static void large_map(void **state)
{
	struct yaml_node *map = yaml_map_new(arena, (struct place){ "t", 1, 1 });

	(void)state;
	for (int i = 0; i < 5000; i++)
		yaml_map_add(arena, map, arena_printf(arena, "key%d", i), map->at, map);
	for (int i = 0; i < 5000; i++) {
		g_autofree char *key = g_strdup_printf("key%d", i);

		assert_ptr_equal(yaml_map_find(map, key), &map->pairs[i]);
	}
	assert_null(yaml_map_find(map, "key5000"));
}

static void refused(void **state)
{
	static const char mark[] = "\357\273\277a: 1";
	GError *error = NULL;

	(void)state;
	bad("", 0, "t.yaml:1:1: is empty; expected a scenario with 'nodes:'");
	bad("a: \0b", 5, "t.yaml:1:4: byte 0x00 is not text; expected a YAML file in UTF-8");
	bad("a: \"\\0\"", 7, "t.yaml:1:4: a text has a zero byte in it; expected characters only");
	bad("a: \xff", 4, "t.yaml:1:4: byte 0xff is not text; expected a YAML file in UTF-8");
	bad("a: 1\n---\nb: 2\n", 14,
	    "t.yaml:2:1: a second document begins; expected one scenario in a file");
	bad("a: [1\n", 6, "t.yaml:1:4: not YAML: this '[' is not closed; expected a ']' behind what belongs to it");
	assert_non_null(yaml_parse(arena, mark, sizeof(mark) - 1, "t.yaml", NULL, &error));
}

static void depth(void **state)
{
	char text[2 * YAML_DEPTH_MAX + 3];
	GError *error = NULL;

	(void)state;
	memset(text, '[', YAML_DEPTH_MAX);
	memset(text + YAML_DEPTH_MAX, ']', YAML_DEPTH_MAX);
	assert_non_null(yaml_parse(arena, text, 2 * YAML_DEPTH_MAX, "t.yaml", NULL, &error));
	memset(text, '[', YAML_DEPTH_MAX + 1);
	memset(text + YAML_DEPTH_MAX + 1, ']', YAML_DEPTH_MAX + 1);
	bad(text, 2 * YAML_DEPTH_MAX + 2, "t.yaml:1:33: is nested more than 32 levels deep; expected fewer");
}

/* A scenario of 50 nodes through aliases is fine; one of 9^6 is a bomb. */
static void alias_bound(void **state)
{
	GString *text = g_string_new("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");

	(void)state;
	for (int i = 1; i < 5; i++)
		g_string_append_printf(text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n",
				       i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	good(text->str);
	g_string_append(text, "a5: [*a4, *a4, *a4, *a4]\n");
	bad(text->str, text->len, "t.yaml:6:6: aliases grow to more than 100000 values; "
	    "expected a scenario that writes them out");
	g_string_free(text, TRUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(places, begin, end),
		cmocka_unit_test_setup_teardown(nulls, begin, end),
		cmocka_unit_test_setup_teardown(aliases, begin, end),
		cmocka_unit_test_setup_teardown(duplicate, begin, end),
		cmocka_unit_test_setup_teardown(large_map, begin, end),
		cmocka_unit_test_setup_teardown(refused, begin, end),
		cmocka_unit_test_setup_teardown(depth, begin, end),
		cmocka_unit_test_setup_teardown(alias_bound, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
