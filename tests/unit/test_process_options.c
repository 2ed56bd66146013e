/* Command lines: splitting, options, numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "process/options.h"
#include "process/process.h"

static void test_split(void **state)
{
	static const struct {
		const char *command, *words; /* words: each in brackets; NULL: refused */
	} cases[] = {
		{"ping -c 3 web", "[ping][-c][3][web]"},
		{"  a\tb \n", "[a][b]"},
		{"nc 'one  word' \"two \\\" \\\\ \\n\"", "[nc][one  word][two \" \\ \\n]"},
		{"a\\ b c\\'d", "[a b][c'd]"},
		{"x''y\"\" '' \"\"", "[xy][][]"},
		{"a'b'\"c\"d", "[abcd]"},
		{"", NULL},
		{"   ", NULL},
		{"say 'never closed", NULL},
		{"say \"never closed", NULL},
		{"say \\", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[200] = "";
		const char *error = NULL;
		int argc = 0;
		char **argv = command_split(cases[i].command, &argc, &error);

		if (!cases[i].words) {
			assert_null(argv);
			assert_non_null(error);
			continue;
		}
		for (int k = 0; k < argc; k++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "[%s]", argv[k]);
		assert_string_equal(got, cases[i].words);
		assert_null(argv[argc]);
		free(argv);
	}
}

enum { LONG_ONLY = 256 };

static const struct option_long longs[] = {
	{"count", 'c', OPTION_ARG},
	{"color", LONG_ONLY, OPTION_OPTIONAL},
	{"verbose", 'v', OPTION_FLAG},
	{"version", 'V', OPTION_FLAG},
	{"verb", 'b', OPTION_FLAG},
	{NULL, 0, OPTION_FLAG},
};

/* Prints what it finds; the exit status is 2 after a complaint. */
static int walker(struct process *p, int argc, char **argv)
{
	struct options o;
	char *word;
	int c;

	options_init(&o, p, argc, argv, "c:v46o::b", longs);
	while ((c = options_next(&o)) > 0) {
		if (c == LONG_ONLY)
			process_printf(p, "color");
		else
			process_printf(p, "%c", c);
		process_printf(p, o.arg ? "=%s " : " ", o.arg);
	}
	if (c < 0)
		return 2;
	while ((word = options_word(&o)))
		process_printf(p, "(%s)", word);
	return 0;
}

static void test_options(void **state)
{
	static const struct {
		const char *command, *output;
		int status;
	} cases[] = {
		{"t -c3 web", "c=3 (web)", 0},
		{"t -c 3 web", "c=3 (web)", 0},
		{"t web -c 3 -v more", "c=3 v (web)(more)", 0},
		{"t -4vc 3", "4 v c=3 ", 0},
		{"t -v6c3 -4", "v 6 c=3 4 ", 0},
		{"t --count=3 --count 4", "c=3 c=4 ", 0},
		{"t --co=3", "t: option '--co' is ambiguous\n", 2},
		{"t --cou 3 --verbos", "c=3 v ", 0},
		{"t --verb --vers", "b V ", 0}, /* an exact name wins over a beginning */
		{"t --ver", "t: option '--ver' is ambiguous\n", 2},
		{"t --color --color=red x", "color color=red (x)", 0},
		{"t -o -ofile file", "o o=file (file)", 0},
		{"t -- -c 3", "(-c)(3)", 0},
		{"t -v -- -v", "v (-v)", 0},
		{"t - -v", "v (-)", 0},
		{"t", "", 0},
		{"t -z", "t: invalid option -- 'z'\n", 2},
		{"t -v:", "v t: invalid option -- ':'\n", 2},
		{"t -c", "t: option requires an argument -- 'c'\n", 2},
		{"t --count", "t: option '--count' requires an argument\n", 2},
		{"t --verbose=3", "t: option '--verbose' doesn't allow an argument\n", 2},
		{"t --none=3", "t: unrecognized option '--none'\n", 2},
		{"t -c '' ''", "c= ()", 0},
	};
	static const struct program row = {.name = "t", .main = walker};
	struct world *w = world_new(1);
	struct node *n = node_new(w, "n");
	struct processes *ps = processes_new(w, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *error;
		struct process *p = process_spawn(ps, n, &row, cases[i].command, "t", &error);

		assert_non_null(p);
		while (sched_step(&w->sched, vtime_s(1)))
			;
		assert_string_equal(process_console(p, NULL), cases[i].output);
		assert_int_equal(process_exit_status(p), cases[i].status);
	}
	processes_free(ps);
	node_free(n);
	world_free(w);
}

static void test_numbers(void **state)
{
	int64_t i = 77;
	double d = 77;

	(void)state;
	assert_true(option_integer("42", 0, 100, &i) && i == 42);
	assert_true(option_integer("-5", -10, 100, &i) && i == -5);
	assert_true(option_integer("9223372036854775807", 0, INT64_MAX, &i) && i == INT64_MAX);
	i = 77;
	static const char *const wrong[] = {"", " 1", "1 ", "x", "1x", "-", "+", "0x10", "1.5",
					    "101", "-1", "9223372036854775808"};
	for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++)
		assert_false(option_integer(wrong[k], 0, 100, &i));
	assert_int_equal(i, 77);
	assert_true(option_decimal("0.2", 0, 1, &d) && d == 0.2);
	assert_true(option_decimal("10", 0, 100, &d) && d == 10);
	assert_true(option_decimal(".5", 0, 100, &d) && d == 0.5);
	assert_true(option_decimal("-2.", -3, 100, &d) && d == -2);
	assert_true(option_decimal("0.001", 0, 1, &d) && d == 0.001);
	d = 77;
	static const char *const bad[] = {"", ".", "-", "1e3", "nan", "inf", "1,5", "2", "-0.1",
					  "0.5s"};
	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
		assert_false(option_decimal(bad[k], 0, 1, &d));
	assert_true(d == 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
