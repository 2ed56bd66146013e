/* include: what merges, what grows, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "topo/yaml/include.h"

static char *folder;
static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	folder = g_dir_make_tmp("netarium-include-XXXXXX", NULL);
	return folder ? 0 : -1;
}

static int end(void **state)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	(void)state;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		g_unlink(path);
	}
	g_dir_close(dir);
	g_rmdir(folder);
	g_free(folder);
	arena_free(arena);
	return 0;
}

static void file(const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static struct yaml_node *load(const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	return include_load(arena, path, error);
}

static const struct yaml_node *get(const struct yaml_node *map, const char *key)
{
	const struct yaml_pair *pair = yaml_map_find(map, key);

	assert_non_null(pair);
	return pair->value;
}

static void merges(void **state)
{
	const struct yaml_node *root, *a, *links;
	GError *error = NULL;

	(void)state;
	file("base.yaml", "seed: 1\ntitle: base\nnodes:\n  a: {kind: router, hosts: {x: 10.0.0.1}}\n  b: {}\n"
	     "links:\n  - a -- b\n  - {name: wan, between: [a, b], rate: 1Mbit/s, loss: 1%}\n"
	     "run: [{on: a, do: ping b}]\n");
	file("top.yaml", "include: base.yaml\nseed: 2\nnodes:\n  a: {hosts: {y: 10.0.0.2}}\n  c: {}\n"
	     "links:\n  - b -- c\n  - {name: wan, rate: 2Mbit/s}\nrun: [{on: c, do: ping b}]\n");
	root = load("top.yaml", &error);
	assert_non_null(root);
	assert_string_equal(get(root, "seed")->text, "2");
	assert_string_equal(get(root, "title")->text, "base");
	a = get(get(root, "nodes"), "a");
	assert_string_equal(get(a, "kind")->text, "router");
	assert_int_equal(get(a, "hosts")->n, 2);
	assert_int_equal(get(root, "nodes")->n, 3);
	links = get(root, "links");
	assert_int_equal(links->n, 3);
	assert_string_equal(links->items[2]->text, "b -- c");
	assert_string_equal(get(links->items[1], "rate")->text, "2Mbit/s");
	assert_string_equal(get(links->items[1], "loss")->text, "1%");
	assert_int_equal(get(root, "run")->n, 2);
}

/* Of two included files the later wins; lists further down are replaced. */
static void order(void **state)
{
	const struct yaml_node *root;
	GError *error = NULL;

	(void)state;
	file("one.yaml", "seed: 1\nnodes: {a: {routes: [default via 10.0.0.1, 10.1.0.0/16 via 10.0.0.2]}}\n");
	file("two.yaml", "seed: 2\nnodes: {a: {routes: [default via 10.0.0.9]}}\n");
	file("top.yaml", "include: [one.yaml, two.yaml]\n");
	root = load("top.yaml", &error);
	assert_non_null(root);
	assert_string_equal(get(root, "seed")->text, "2");
	assert_int_equal(get(get(get(root, "nodes"), "a"), "routes")->n, 1);
}

static void refused(const char *top, const char *sentence)
{
	GError *error = NULL;
	const char *shown;

	file("top.yaml", top);
	assert_null(load("top.yaml", &error));
	shown = error->message + strlen(folder) + 1;
	assert_string_equal(shown, sentence);
	g_error_free(error);
}

static void loops(void **state)
{
	GError *error = NULL;
	g_autofree char *chain = NULL;

	(void)state;
	file("x.yaml", "include: y.yaml\n");
	file("y.yaml", "nodes: {}\ninclude: [x.yaml]\n");
	assert_null(load("x.yaml", &error));
	chain = g_strdup_printf("%s/y.yaml:2:11: include loop: %s/x.yaml -> %s/y.yaml -> %s/x.yaml; "
				"expected a file that does not include this one", folder, folder, folder,
				folder);
	assert_string_equal(error->message, chain);
	g_error_free(error);
}

static void missing(void **state)
{
	g_autofree char *sentence = g_strdup_printf("top.yaml:1:12: cannot include '%s/no.yaml': "
						    "No such file or directory", folder);

	(void)state;
	refused("include:  [no.yaml]\n", sentence);
	refused("include: {a: b}\n", "top.yaml:1:10: 'include' is a map here; expected a list of files");
	refused("include: [[a]]\n", "top.yaml:1:11: 'include' lists files; expected a file name");
}

/* The same file twice, side by side, is no loop. */
static void twice(void **state)
{
	GError *error = NULL;

	(void)state;
	file("lib.yaml", "nodes: {a: {}}\n");
	file("mid.yaml", "include: lib.yaml\n");
	file("top.yaml", "include: [lib.yaml, mid.yaml]\n");
	assert_non_null(load("top.yaml", &error));
}

static void paths(void **state)
{
	struct place at = { "a/b/c.yaml", 1, 1 }, here = { "c.yaml", 1, 1 };
	g_autofree char *below = include_path(at, "lib/x.yaml"), *beside = include_path(here, "x.yaml");
	g_autofree char *absolute = include_path(at, "/x.yaml");

	(void)state;
	assert_string_equal(below, "a/b/lib/x.yaml");
	assert_string_equal(beside, "x.yaml");
	assert_string_equal(absolute, "/x.yaml");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(merges, begin, end),
		cmocka_unit_test_setup_teardown(order, begin, end),
		cmocka_unit_test_setup_teardown(loops, begin, end),
		cmocka_unit_test_setup_teardown(missing, begin, end),
		cmocka_unit_test_setup_teardown(twice, begin, end),
		cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
