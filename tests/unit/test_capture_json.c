#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-glib/json-glib.h>

#include "capture/file.h"
#include "capture/json.h"
#include "core/rng.h"

static void test_layout(void **state)
{
	struct json j;
	size_t len;
	char *text;

	(void)state;
	json_init(&j);
	json_object(&j, NULL);
	json_string(&j, "scenario", "first-light");
	json_uint(&j, "seed", UINT64_MAX);
	json_int(&j, "least", INT64_MIN);
	json_double(&j, "virtual_seconds", 0.1);
	json_object(&j, "processes");
	json_object_flat(&j, "first");
	json_string(&j, "node", NULL);
	json_array(&j, "a");
	json_int(&j, NULL, 1);
	json_int(&j, NULL, 2);
	json_end(&j);
	json_end(&j);
	json_end(&j);
	json_array(&j, "captures");
	json_string(&j, NULL, "a.pcapng");
	json_bool(&j, NULL, true);
	json_end(&j);
	json_array(&j, "none");
	json_end(&j);
	json_double(&j, "nan", NAN);
	json_end(&j);
	text = json_finish(&j, &len);
	assert_string_equal(text,
			    "{\n"
			    "  \"scenario\": \"first-light\",\n"
			    "  \"seed\": 18446744073709551615,\n"
			    "  \"least\": -9223372036854775808,\n"
			    "  \"virtual_seconds\": 0.1,\n"
			    "  \"processes\": {\n"
			    "    \"first\": {\"node\": null, \"a\": [1, 2]}\n"
			    "  },\n"
			    "  \"captures\": [\n"
			    "    \"a.pcapng\",\n"
			    "    true\n"
			    "  ],\n"
			    "  \"none\": [],\n"
			    "  \"nan\": null\n"
			    "}\n");
	assert_int_equal(len, strlen(text));
	free(text);
}

static void check_number(double value, const char *want)
{
	char text[32];

	assert_string_equal(json_number(text, sizeof(text), value), want);
}

static void test_numbers(void **state)
{
	struct rng r;

	(void)state;
	check_number(0, "0");
	check_number(-0.0, "0");
	check_number(40, "40");
	check_number(0.1, "0.1");
	check_number(0.3, "0.3");
	check_number(0.1 + 0.2, "0.30000000000000004");
	check_number(-1.5, "-1.5");
	check_number(50e6, "50000000");
	check_number(1e30, "1e+30");
	check_number(1.0 / 3, "0.3333333333333333");
	check_number(DBL_MAX, "1.7976931348623157e+308");
	check_number(5e-324, "4.94065645841247e-324");
	rng_init(&r, 1, "numbers");
	for (int i = 0; i < 100000; i++) {
		uint64_t bits = rng_u64(&r);
		char text[32];
		double d;

		memcpy(&d, &bits, sizeof(d));
		if (isfinite(d))
			assert_true(strtod(json_number(text, sizeof(text), d), NULL) == d);
	}
}

/* What another program reads is what was written. */
static void test_strings(void **state)
{
	static const char nasty[] = "q\" b\\ n\n t\t r\r \x01\x1f\x7f / \xc3\xa9 \xe2\x82\xac";
	JsonParser *parser = json_parser_new();
	struct json j;
	char *text;

	(void)state;
	json_init(&j);
	json_object(&j, NULL);
	json_string(&j, nasty, nasty);
	json_string(&j, "bad", "a\xff z");
	json_end(&j);
	text = json_finish(&j, NULL);
	assert_true(json_parser_load_from_data(parser, text, -1, NULL));
	JsonObject *o = json_node_get_object(json_parser_get_root(parser));
	assert_string_equal(json_object_get_string_member(o, nasty), nasty);
	assert_string_equal(json_object_get_string_member(o, "bad"), "a\xef\xbf\xbd z");
	g_object_unref(parser);
	free(text);
}

static void put_much(struct json *j)
{
	json_array(j, NULL);
	for (int k = 0; k < 50000; k++)
		json_int(j, NULL, k);
	json_end(j);
}

/* Piece by piece into a file: the same text. */
static void test_file(void **state)
{
	char *folder = g_dir_make_tmp("netarium-json-XXXXXX", NULL), *error = NULL, *read;
	char *path = g_build_filename(folder, "much.json", NULL), *text;
	struct file *f = file_new(path);
	struct json j;
	size_t len, read_len;

	(void)state;
	json_init(&j);
	put_much(&j);
	text = json_finish(&j, &len);
	json_init_file(&j, f);
	put_much(&j);
	assert_null(json_finish(&j, NULL));
	assert_true(file_commit(f, &error));
	assert_true(g_file_get_contents(path, &read, &read_len, NULL));
	assert_int_equal(read_len, len);
	assert_memory_equal(read, text, len);
	remove(path);
	remove(folder);
	g_free(read);
	g_free(path);
	g_free(folder);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
