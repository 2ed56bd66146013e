/* What a drawing is made of: curves thinned without losing an extreme, rates, scripts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>

#include "cli/plot/draw.h"
#include "cli/plot/load.h"
#include "core/rng.h"

static const struct plot_point *point(const struct plot_curve *c, guint i)
{
	assert_true(i < c->points->len);
	return &g_array_index(c->points, struct plot_point, i);
}

/* A million points: few remain, and of each piece of time the least and the greatest are there. */
static void extremes(void **state)
{
	enum { N = 1000000 };
	const struct plot_span span = {10, 20};
	double low[PLOT_BUCKETS + 1], high[PLOT_BUCKETS + 1], t0 = -1;
	struct plot_curve c;
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, "extremes");
	for (int i = 0; i <= PLOT_BUCKETS; i++) {
		low[i] = INFINITY;
		high[i] = -INFINITY;
	}
	curve_init(&c, &span);
	curve_add(&c, 9.99, 1e9); /* outside */
	for (int i = 0; i < N; i++) {
		double t = 10 + 10.0 * i / N, v = (double)rng_below(&rng, 1000000);
		int bucket = (int)((t - 10) / 10 * PLOT_BUCKETS);

		curve_add(&c, t, v);
		low[bucket] = fmin(low[bucket], v);
		high[bucket] = fmax(high[bucket], v);
	}
	curve_add(&c, 20.1, 1e9);
	curve_end(&c);
	assert_in_range(c.points->len, PLOT_BUCKETS, 4 * PLOT_BUCKETS);
	for (guint i = 0; i < c.points->len; i++) {
		const struct plot_point *p = point(&c, i);
		int bucket = (int)((p->t - 10) / 10 * PLOT_BUCKETS);

		assert_true(p->t >= t0);
		t0 = p->t;
		assert_true(p->v >= low[bucket] && p->v <= high[bucket]);
		if (p->v == low[bucket])
			low[bucket] = -INFINITY;
		if (p->v == high[bucket])
			high[bucket] = INFINITY;
	}
	for (int i = 0; i < PLOT_BUCKETS; i++) {
		assert_true(low[i] == -INFINITY);
		assert_true(high[i] == INFINITY);
	}
	curve_fini(&c);
}

/* What stays the same is two points; marks are never joined; what is empty is no point. */
static void flat(void **state)
{
	const struct plot_span span = {0, 1};
	struct plot_curve line, marks;

	(void)state;
	curve_init(&line, &span);
	curve_init(&marks, &span);
	marks.marks = true;
	for (int i = 0; i < 100; i++) {
		curve_add(&line, i / 100.0, 7);
		curve_add(&marks, i / 100.0, 7);
		curve_add(&marks, i / 100.0, NAN);
	}
	curve_end(&line);
	curve_end(&marks);
	assert_int_equal(line.points->len, 2);
	assert_true(point(&line, 0)->t == 0 && point(&line, 1)->t == 0.99);
	assert_int_equal(marks.points->len, 100);
	curve_fini(&line);
	curve_fini(&marks);
}

/* 1000 bit each 100 ms are 10 kbit/s over every second; while nothing comes the rate is 0. */
static void rates(void **state)
{
	const struct plot_span span = {0, 160};
	struct plot_rate r;
	double sum = 0;

	(void)state;
	assert_true(rate_bin(&span, 0) == 1);
	assert_true(rate_bin(&span, 1.1) == 2);
	assert_true(fabs(rate_bin(&(struct plot_span){0, 0.01}, 0) - 1e-4) < 1e-12);
	rate_init(&r, &span, 0);
	r.curve.marks = true; /* each bin is a point */
	for (int i = 0; i < 1600; i++)
		if (i < 500 || i >= 1000)
			rate_add(&r, i * 0.1 + 0.05, 1000.0 * (i < 500 ? i : i - 500));
	rate_end(&r);
	assert_true(r.curve.most < 10501 && r.curve.least == 0); /* 10500 where it goes on */
	for (guint i = 1; i < r.curve.points->len; i++) {
		const struct plot_point *p = point(&r.curve, i);

		sum += p->v;
		if (p->t > 52 && p->t < 99)
			assert_true(p->v == 0);
		else if ((p->t > 1.5 && p->t < 49.5) || (p->t > 101.5 && p->t < 159.5))
			assert_true(fabs(p->v - 10000) < 1e-6);
	}
	assert_true(fabs(sum - 1099000) < 1e-3); /* nothing is lost */
	assert_true(fabs(point(&r.curve, r.curve.points->len - 1)->t - 160) < 1e-6);
	curve_fini(&r.curve);
}

/* The naive twin: every bin from the first row on, one by one, kept if it ends inside the span. */
static guint naive(const struct plot_span *span, double bin, const double (*rows)[2], int n,
		   struct plot_point *out)
{
	double next = (floor(rows[0][0] / bin) + 1) * bin, before = rows[0][1];
	guint kept = 0;

	for (int i = 1; i < n; i++)
		for (; next <= rows[i][0]; next += bin) {
			double span_of = rows[i][0] - rows[i - 1][0];
			double now = span_of <= bin && span_of > 0
				? rows[i - 1][1] + (rows[i][1] - rows[i - 1][1]) * (next - rows[i - 1][0]) /
				  span_of : rows[i - 1][1];

			if (next >= span->from && next <= span->to)
				out[kept++] = (struct plot_point){next, (now - before) / bin};
			before = now;
		}
	return kept;
}

/* A piece from the middle of a run: as if all before it had been looked at, and at once. */
static void a_piece(void **state)
{
	enum { N = 3000 };
	const struct plot_span span = {70.003, 70.503}, tiny = {5e8, 5e8 + 1e-6};
	static double rows[N][2];
	static struct plot_point want[100000];
	struct plot_rate r;
	struct rng rng;
	guint n;

	(void)state;
	rng_init(&rng, 1, "piece");
	for (int i = 1; i < N; i++) {
		rows[i][0] = rows[i - 1][0] + (double)rng_below(&rng, 100) / 1000;
		rows[i][1] = rows[i - 1][1] + (double)rng_below(&rng, 1000);
	}
	rate_init(&r, &span, 0);
	r.curve.marks = true;
	for (int i = 0; i < N; i++)
		rate_add(&r, rows[i][0], rows[i][1]);
	curve_end(&r.curve);
	n = naive(&span, r.bin, rows, N, want);
	assert_int_equal(r.curve.points->len, n);
	assert_true(n > 50);
	for (guint i = 0; i < n; i++) {
		assert_true(fabs(point(&r.curve, i)->t - want[i].t) < 1e-9);
		assert_true(fabs(point(&r.curve, i)->v - want[i].v) < 1e-3);
	}
	curve_fini(&r.curve);
	rate_init(&r, &tiny, 0); /* 1e17 bins lie before and behind it */
	rate_add(&r, 0, 0);
	rate_add(&r, 1e9, 1);
	rate_end(&r);
	curve_fini(&r.curve);
}

static void csv(void **state)
{
	g_autofree char *path = g_strdup_printf("%s/test_plot_%d.csv", g_get_tmp_dir(), getpid());
	char *error = NULL;
	struct plot_csv *c;

	(void)state;
	assert_true(g_file_set_contents(path, "time_s,state,n\n0.5,Open,3\n1.5,Loss,\n2.5,x\n\n3,a,b,c,d\n",
					-1, NULL));
	c = plot_csv_open(path, &error);
	assert_non_null(c);
	assert_int_equal(plot_csv_column(c, "n"), 2);
	assert_int_equal(plot_csv_column(c, "m"), -1);
	assert_true(plot_csv_next(c));
	assert_true(plot_csv_value(c, 0) == 0.5 && plot_csv_value(c, 2) == 3);
	assert_string_equal(plot_csv_text(c, 1), "Open");
	assert_true(plot_csv_next(c));
	assert_true(isnan(plot_csv_value(c, 2)));
	assert_true(plot_csv_next(c)); /* fields are missing */
	assert_true(isnan(plot_csv_value(c, 2)));
	assert_true(plot_csv_next(c)); /* nothing at all */
	assert_true(isnan(plot_csv_value(c, 0)));
	assert_true(plot_csv_next(c)); /* too many */
	assert_true(plot_csv_value(c, 0) == 3 && isnan(plot_csv_value(c, -1)));
	assert_false(plot_csv_next(c));
	plot_csv_close(c);
	assert_true(g_file_set_contents(path, "a,b\n1,2\n", -1, NULL));
	assert_null(plot_csv_open(path, &error));
	assert_non_null(strstr(error, "is no series; expected a first line that begins with time_s"));
	g_free(error);
	remove(path);
	assert_null(plot_csv_open(path, &error));
	assert_non_null(strstr(error, "No such file or directory"));
	g_free(error);
}

/* Quotes in names do not end gnuplot's strings; empty panels are no panels. */
static void script(void **state)
{
	const struct plot_span span = {0, 1};
	struct plot_page page = {.span = span, .name = g_strdup("x"), .title = g_strdup("it's"),
				 .subtitle = g_strdup("")};
	struct plot_curve c, empty;

	(void)state;
	curve_init(&c, &span);
	curve_init(&empty, &span);
	curve_add(&c, 0.25, 0.04);
	curve_add(&c, 0.75, 0.08);
	curve_end(&c);
	panel_line(page_panel(&page, "nothing", PLOT_COUNT), &empty, PLOT_LINE, 0, "none");
	panel_line(page_panel(&page, "round trip", PLOT_SECONDS), &c, PLOT_STEPS, 0, "%s",
		   "a name that is longer than what fits beside a panel");
	assert_true(page_trim(&page));
	assert_int_equal(page.count, 1);
	g_autofree char *text = page_script(&page, "svg");
	assert_non_null(strstr(text, "'it''s'"));
	assert_non_null(strstr(text, "'round trip, ms'"));
	assert_non_null(strstr(text, "0.25 40\n0.75 80\n"));
	assert_non_null(strstr(text, "title 'a name that is longer tha..'"));
	assert_null(strstr(text, "nothing"));
	page_fini(&page);
	curve_fini(&c);
	curve_fini(&empty);
}

/* A folder of somebody else: of names that would end a string or a line of a script none is taken. */
static void names_of_files(void **state)
{
	static const char *const names[] = {"good#2", "x';system('false');'", "x\nsystem('false')#",
					    "-e", ".x"};
	static const char *const in_json[] = {"good#2", "x';system('false');'",
					      "x\\nsystem('false')#", "-e", ".x"};
	const struct plot_choice choice = {.all = true, .from = NAN, .to = NAN};
	g_autofree char *out = g_strdup_printf("%s/test_plot_%d", g_get_tmp_dir(), getpid());
	g_autofree char *series = g_strdup_printf("%s/series", out);
	g_autofree char *results = g_strdup_printf("%s/results.json", out);
	g_autoptr(GString) json = g_string_new("{\"virtual_seconds\": 1, \"series\": [");
	struct plot_set set;
	char *error = NULL;

	(void)state;
	assert_int_equal(g_mkdir_with_parents(series, 0700), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *file = g_strdup_printf("%s/%s.csv", series, names[i]);

		assert_true(g_file_set_contents(file, "time_s,cwnd_segments\n0.5,10\n", -1, NULL));
		g_string_append_printf(json, "%s{\"file\": \"series/%s.csv\", \"what\": \"tcp\", "
				       "\"rows\": 1}", i ? ", " : "", in_json[i]);
	}
	g_string_append(json, "]}");
	assert_true(g_file_set_contents(results, json->str, -1, NULL));
	if (!plot_load(&set, out, &choice, &error))
		fail_msg("%s", error);
	assert_int_equal(set.tcp->len, 1);
	assert_string_equal(((struct plot_tcp *)set.tcp->pdata[0])->name, "good#2");
	plot_set_fini(&set);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *file = g_strdup_printf("%s/%s.csv", series, names[i]);

		remove(file);
	}
	remove(results);
	remove(series);
	remove(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extremes),
		cmocka_unit_test(flat),
		cmocka_unit_test(rates),
		cmocka_unit_test(a_piece),
		cmocka_unit_test(csv),
		cmocka_unit_test(script),
		cmocka_unit_test(names_of_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
