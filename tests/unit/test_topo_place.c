/* Errors with a place: a list in one GError. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "topo/yaml/place.h"

static void add(GError **error, const char *file, uint32_t line, uint32_t col, const char *what)
{
	place_error(error, (struct place){file, line, col}, "%s", what);
}

static void test_order(void **state)
{
	GError *error = NULL, *copy;

	(void)state;
	add(&error, "b.yaml", 2, 1, "six");
	add(&error, "a.yaml", 10, 1, "five");
	add(&error, "a.yaml", 9, 10, "four");
	add(&error, "a.yaml", 9, 2, "three");
	add(&error, "--set x=1", 0, 0, "one");
	add(&error, "--set y=2", 0, 0, "two");
	assert_true(g_error_matches(error, TOPO_ERROR, 0));
	copy = g_error_copy(error);
	g_error_free(error);
	assert_string_equal(copy->message, "--set x=1: one\n--set y=2: two\na.yaml:9:2: three\n"
			    "a.yaml:9:10: four\na.yaml:10:1: five\nb.yaml:2:1: six");
	add(&copy, "a.yaml", 9, 5, "between");
	assert_non_null(g_strstr_len(copy->message, -1, "three\na.yaml:9:5: between\n"));
	g_error_free(copy);
}

static void test_one_of_a_place(void **state)
{
	GError *error = NULL;

	(void)state;
	add(&error, "a.yaml", 1, 1, "what it is");
	add(&error, "a.yaml", 1, 1, "what follows from it");
	assert_string_equal(error->message, "a.yaml:1:1: what it is");
	g_error_free(error);
	add(NULL, "a.yaml", 1, 1, "nobody asks");
}

/* The first by place stay, whatever the order in which they come. */
static void test_most(void **state)
{
	(void)state;
	for (int way = 0; way < 2; way++) {
		GString *want = g_string_new(NULL);
		GError *error = NULL;

		for (uint32_t i = 1; i <= PLACE_ERRORS_MAX; i++)
			g_string_append_printf(want, "a.yaml:%u:1: wrong\n", i);
		for (uint32_t i = 1; i <= PLACE_ERRORS_MAX + 5; i++)
			add(&error, "a.yaml", way ? PLACE_ERRORS_MAX + 6 - i : i, 1, "wrong");
		g_string_append(want, "and 5 more");
		assert_string_equal(error->message, want->str);
		g_string_free(want, TRUE);
		g_error_free(error);
	}
}

static void test_one_line(void **state)
{
	GError *error = NULL;

	(void)state;
	add(&error, "a.yaml", 1, 1, "two\nlines\x7f");
	assert_string_equal(error->message, "a.yaml:1:1: two lines ");
	g_error_free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_one_of_a_place),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
