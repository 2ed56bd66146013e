#include "cli/plot/data.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 64

void curve_init(struct plot_curve *c, const struct plot_span *span)
{
	*c = (struct plot_curve){
		.span = span,
		.points = g_array_new(FALSE, FALSE, sizeof(struct plot_point)),
		.least = INFINITY,
		.most = -INFINITY,
		.bucket = -1,
	};
}

void curve_fini(struct plot_curve *c)
{
	if (c->points)
		g_array_unref(c->points);
	c->points = NULL;
}

static struct plot_point *point_back(struct plot_curve *c, guint n)
{
	return c->points->len > n ? &g_array_index(c->points, struct plot_point, c->points->len - 1 - n)
				  : NULL;
}

/* Of a value that stays the same the first and the last point are enough. */
static void put(struct plot_curve *c, const struct plot_point *p)
{
	struct plot_point *last = point_back(c, 0), *before = point_back(c, 1);

	if (last && last->v == p->v && (last->t == p->t || (before && before->v == p->v && !c->marks)))
		last->t = p->t;
	else
		g_array_append_val(c->points, *p);
}

/* The extremes in their order, between the first and the last. */
static void bucket_end(struct plot_curve *c)
{
	bool low_first = c->low.t <= c->high.t;

	if (c->bucket < 0)
		return;
	put(c, &c->first);
	put(c, low_first ? &c->low : &c->high);
	put(c, low_first ? &c->high : &c->low);
	put(c, &c->last);
}

void curve_add(struct plot_curve *c, double t, double v)
{
	const struct plot_point p = {t, v};
	int bucket;

	if (isnan(v) || t < c->span->from || t > c->span->to)
		return;
	bucket = (int)((t - c->span->from) / (c->span->to - c->span->from) * PLOT_BUCKETS);
	if (bucket != c->bucket) {
		bucket_end(c);
		c->bucket = bucket;
		c->first = c->low = c->high = p;
	}
	if (v < c->low.v)
		c->low = p;
	if (v > c->high.v)
		c->high = p;
	c->last = p;
	c->least = fmin(c->least, v);
	c->most = fmax(c->most, v);
}

void curve_end(struct plot_curve *c)
{
	bucket_end(c);
	c->bucket = -1;
}

double rate_bin(const struct plot_span *span, double least)
{
	static const double steps[] = {1, 2, 5, 10};
	double power = 1e-6;

	least = fmax(least, (span->to - span->from) / PLOT_BINS);
	while (power * 10 < least)
		power *= 10;
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
		if (power * steps[i] >= least)
			return power * steps[i];
	return power * 10;
}

void rate_init(struct plot_rate *r, const struct plot_span *span, double least)
{
	*r = (struct plot_rate){.bin = rate_bin(span, least)};
	curve_init(&r->curve, span);
}

/* A row, and the one before it. */
struct growth {
	double t, count;
	bool evenly;
};

/* The count at a time between the two rows. */
static double count_at(const struct plot_rate *r, const struct growth *g, double t)
{
	return g->evenly ? r->count + (g->count - r->count) * (t - r->t) / (g->t - r->t) : r->count;
}

/* Bins that end before the span begins are not looked at one by one: there may be millions. */
static void bins_skip(struct plot_rate *r, const struct growth *g)
{
	double n = floor((fmin(g->t, r->curve.span->from) - r->next) / r->bin);

	if (n < 1)
		return;
	r->next += n * r->bin;
	r->before = count_at(r, g, r->next - r->bin);
}

static void bins_pass(struct plot_rate *r, double t, double count)
{
	const struct growth g = {t, count, t - r->t <= r->bin && t > r->t};

	bins_skip(r, &g);
	while (r->next <= t && r->next <= r->curve.span->to) {
		double now = count_at(r, &g, r->next);

		curve_add(&r->curve, r->next, (now - r->before) / r->bin);
		r->before = now;
		r->next += r->bin;
	}
}

void rate_add(struct plot_rate *r, double t, double count)
{
	if (isnan(count))
		return;
	if (!r->begun) {
		r->begun = true;
		r->before = count;
		r->next = (floor(t / r->bin) + 1) * r->bin;
		curve_add(&r->curve, t, 0);
	} else {
		bins_pass(r, t, count);
	}
	r->t = t;
	r->count = count;
}

void rate_end(struct plot_rate *r)
{
	if (r->begun)
		bins_pass(r, r->next, r->count);
	curve_end(&r->curve);
}

struct plot_csv {
	FILE *file;
	char *head, *line;
	size_t room;
	int count;
	char *names[COLUMNS], *fields[COLUMNS];
};

/* Cuts a line into fields; returns how many. */
static int cut(char *line, char **fields)
{
	int n = 0;

	line[strcspn(line, "\r\n")] = '\0';
	for (char *at = line; n < COLUMNS;) {
		fields[n++] = at;
		at = strchr(at, ',');
		if (!at)
			break;
		*at++ = '\0';
	}
	return n;
}

struct plot_csv *plot_csv_open(const char *path, char **error)
{
	struct plot_csv *c = g_new0(struct plot_csv, 1);
	size_t room = 0;

	c->file = fopen(path, "re");
	if (c->file && getline(&c->head, &room, c->file) > 0) {
		c->count = cut(c->head, c->names);
		if (!strcmp(c->names[0], "time_s"))
			return c;
	}
	if (c->file)
		*error = g_strdup_printf("%s: is no series; expected a first line that begins with "
					 "time_s", path);
	else
		*error = g_strdup_printf("%s: %s", path, strerror(errno));
	plot_csv_close(c);
	return NULL;
}

void plot_csv_close(struct plot_csv *c)
{
	if (c->file)
		fclose(c->file);
	free(c->head);
	free(c->line);
	g_free(c);
}

int plot_csv_column(const struct plot_csv *c, const char *name)
{
	for (int i = 0; i < c->count; i++)
		if (!strcmp(c->names[i], name))
			return i;
	return -1;
}

bool plot_csv_next(struct plot_csv *c)
{
	int n;

	if (getline(&c->line, &c->room, c->file) <= 0)
		return false;
	n = cut(c->line, c->fields);
	for (; n < c->count; n++)
		c->fields[n] = c->line + strlen(c->line);
	return true;
}

const char *plot_csv_text(const struct plot_csv *c, int column)
{
	return column < 0 ? "" : c->fields[column];
}

double plot_csv_value(const struct plot_csv *c, int column)
{
	const char *text = plot_csv_text(c, column);
	char *end;
	double v = strtod(text, &end);

	return end == text || *end ? NAN : v;
}
