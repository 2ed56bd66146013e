/* CSV files: digits, and which rows are left out, beside naive twins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>

#include "capture/csv.h"
#include "core/rng.h"

static const char *const words[] = {"Open", "Loss"};
static const struct csv_column columns[] = {
	{.name = "state", .words = words},
	{.name = "count"},
	{.name = "srtt_s", .decimals = 6},
};

static char *path_new(void)
{
	return g_strdup_printf("%s/test_csv_%d.csv", g_get_tmp_dir(), getpid());
}

/* Ends the file and gives back what is in it. */
static char *taken(struct csv *c, char *path)
{
	char *error = NULL, *text = NULL;

	assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	if (!csv_commit(c, &error))
		fail_msg("%s", error);
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	remove(path);
	g_free(path);
	return text;
}

static void digits(void **state)
{
	char *path = path_new();
	struct csv c;

	(void)state;
	csv_init(&c, path, columns, 3);
	csv_row(&c, vtime_ns(0), (const uint64_t[]){0, 0, 0});
	csv_row(&c, vtime_ns(1), (const uint64_t[]){1, 10, 1});
	csv_row(&c, vtime_ns(1500000000), (const uint64_t[]){0, UINT64_MAX - 1, 20123});
	csv_row(&c, vtime_ns(INT64_C(86400123456789012)), (const uint64_t[]){1, CSV_EMPTY, CSV_EMPTY});
	csv_row(&c, vtime_ns(INT64_C(86400123456789012)), (const uint64_t[]){1, 7, 1000000});
	assert_int_equal(c.rows, 5);
	assert_int_equal(c.begin.ns, 0);
	assert_int_equal(c.end.ns, INT64_C(86400123456789012));
	g_autofree char *text = taken(&c, path);
	assert_string_equal(text,
		"time_s,state,count,srtt_s\n"
		"0.000000000,Open,0,0.000000\n"
		"0.000000001,Loss,10,0.000001\n"
		"1.500000000,Open,18446744073709551614,0.020123\n"
		"86400123.456789012,Loss,,\n"
		"86400123.456789012,Loss,7,1.000000\n");
}

/* Interval 10: the last change of each, urgent ones with what stood before them, no repetition. */
static void steps(void **state)
{
	static const struct {
		int64_t at;
		uint64_t count;
		bool urgent;
	} events[] = {
		{0, 1, false}, {1, 2, false}, {2, 3, false}, {3, 3, false}, /* 0, 2 */
		{11, 4, false}, {19, 5, false},                            /* 19 */
		{20, 6, false}, {25, 1, true}, {26, 2, false},             /* 20, 25, 26 */
		{50, 2, false}, {51, 2, true}, {52, 9, false},             /* 52 */
	};
	char *path = path_new();
	struct csv c;

	(void)state;
	csv_init(&c, path, columns, 3);
	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		csv_step(&c, vtime_ns(events[i].at), (const uint64_t[]){0, events[i].count, 5},
			 vtime_ns(10), events[i].urgent);
	g_autofree char *text = taken(&c, path);
	assert_string_equal(text,
		"time_s,state,count,srtt_s\n"
		"0.000000000,Open,1,0.000005\n"
		"0.000000002,Open,3,0.000005\n"
		"0.000000019,Open,5,0.000005\n"
		"0.000000020,Open,6,0.000005\n"
		"0.000000025,Open,1,0.000005\n"
		"0.000000026,Open,2,0.000005\n"
		"0.000000052,Open,9,0.000005\n");
}

/* The value of the last row at or before each instant is never older than the interval says. */
static void steps_twin(void **state)
{
	enum { N = 20000, EVERY = 37 };
	g_autofree int64_t *at = g_new(int64_t, N);
	g_autofree uint64_t *value = g_new(uint64_t, N);
	char *path = path_new();
	struct rng rng;
	struct csv c;
	int64_t now = 0;

	(void)state;
	rng_init(&rng, 1, "steps");
	csv_init(&c, path, columns, 3);
	for (int i = 0; i < N; i++) {
		now += (int64_t)rng_below(&rng, 30);
		at[i] = now;
		value[i] = rng_below(&rng, 3);
		csv_step(&c, vtime_ns(now), (const uint64_t[]){0, value[i], 0}, vtime_ns(EVERY), false);
	}
	g_autofree char *text = taken(&c, path);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	int line = 1;
	/* At the end of every interval of the events the file says what was true then. */
	for (int i = 0; i < N; i++) {
		double t, v;

		if (i + 1 < N && at[i + 1] / EVERY == at[i] / EVERY)
			continue;
		while (lines[line + 1][0] && sscanf(lines[line + 1], "%lf", &t) == 1 &&
		       t * 1e9 <= (double)at[i] + 0.5)
			line++;
		assert_int_equal(sscanf(lines[line], "%lf,Open,%lf", &t, &v), 2);
		assert_true(v == (double)value[i]);
	}
	assert_true(line > N / 4);
	assert_int_equal((int)c.rows, (int)g_strv_length(lines) - 2);
}

/* Of equal rows the first and the last remain. */
static void samples(void **state)
{
	static const uint64_t seen[] = {0, 0, 0, 0, 1, 2, 2, 3, 3, 3};
	char *path = path_new();
	struct csv c;

	(void)state;
	csv_init(&c, path, columns, 3);
	for (size_t i = 0; i < G_N_ELEMENTS(seen); i++)
		csv_sample(&c, vtime_ms((int64_t)i), (const uint64_t[]){0, seen[i], 0});
	g_autofree char *text = taken(&c, path);
	assert_string_equal(text,
		"time_s,state,count,srtt_s\n"
		"0.000000000,Open,0,0.000000\n"
		"0.003000000,Open,0,0.000000\n"
		"0.004000000,Open,1,0.000000\n"
		"0.005000000,Open,2,0.000000\n"
		"0.006000000,Open,2,0.000000\n"
		"0.007000000,Open,3,0.000000\n"
		"0.009000000,Open,3,0.000000\n");
}

static void nowhere(void **state)
{
	char *error = NULL;
	struct csv c;

	(void)state;
	csv_init(&c, "/nonexistent/folder/x.csv", columns, 3);
	csv_row(&c, vtime_ns(0), (const uint64_t[]){0, 0, 0});
	assert_false(csv_commit(&c, &error));
	assert_string_equal(error, "/nonexistent/folder/x.csv: No such file or directory");
	free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits),
		cmocka_unit_test(steps),
		cmocka_unit_test(steps_twin),
		cmocka_unit_test(samples),
		cmocka_unit_test(nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
