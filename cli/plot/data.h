/*
 * From a CSV of a series to what can be drawn: curves that are thinned without losing an extreme.
 *
 * Time is cut into PLOT_BUCKETS pieces, about two pixels each; of every piece a curve keeps the
 * first and last point and the least and greatest, so that a drawing of a million rows is the one of
 * all rows. A file is read once, line by line, whatever its size.
 */
#ifndef CLI_PLOT_DATA_H
#define CLI_PLOT_DATA_H

#include <stdbool.h>

#include <glib.h>

#define PLOT_BUCKETS 360
#define PLOT_BINS 160 /* of rates that are counted up */

/* What is drawn lies between these times, in seconds. */
struct plot_span {
	double from, to;
};

struct plot_point {
	double t, v;
};

struct plot_curve {
	const struct plot_span *span;
	GArray *points;     /* struct plot_point */
	double least, most; /* of the values; least > most: there are none */
	bool marks;         /* points, not a line: each counts */
	int bucket;         /* the present one; -1: none */
	struct plot_point first, last, low, high;
};

/* The span is borrowed. */
void curve_init(struct plot_curve *c, const struct plot_span *span);
void curve_fini(struct plot_curve *c);

/* Times never go back; points outside of the span are passed over. */
void curve_add(struct plot_curve *c, double t, double v);

/* After the last point. */
void curve_end(struct plot_curve *c);

static inline bool curve_empty(const struct plot_curve *c)
{
	return c->points->len == 0;
}

/* A rate from a count that grows: how much it grew within each bin, per second. Between two rows that
 * are no more than a bin apart it is taken to grow evenly. */
struct plot_rate {
	struct plot_curve curve;
	double bin, next;   /* width of a bin, and where the present one ends */
	double t, count;      /* the last row */
	double before;        /* the count at the bin's beginning */
	bool begun;
};

void rate_init(struct plot_rate *r, const struct plot_span *span, double least);
void rate_add(struct plot_rate *r, double t, double count);
void rate_end(struct plot_rate *r);

/* The width of a bin: the next of 1, 2, 5, 10, ... above a PLOT_BINS-th of the span and `least`. */
double rate_bin(const struct plot_span *span, double least);

/* A CSV while it is read. */
struct plot_csv;

/* NULL: *error is one sentence. */
struct plot_csv *plot_csv_open(const char *path, char **error);
void plot_csv_close(struct plot_csv *c);

/* The number of a column by its name; -1: there is none. */
int plot_csv_column(const struct plot_csv *c, const char *name);

/* The next row. False: the end. */
bool plot_csv_next(struct plot_csv *c);

/* A value of this row: NAN where the field is empty, or no number; and its text. */
double plot_csv_value(const struct plot_csv *c, int column);
const char *plot_csv_text(const struct plot_csv *c, int column);

#endif
