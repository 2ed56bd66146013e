/*
 * Values over virtual time, as CSV: what spreadsheets, pandas, gnuplot and awk read without being
 * told anything. The first line names the columns, with their units; the first column is time_s,
 * seconds with nine digits. A value that does not exist is an empty field.
 *
 *     time_s,cwnd_segments,srtt_s
 *     0.020123456,10,0.020123
 *
 * Values are whole numbers of a small unit, so that nothing is rounded and nothing depends on how a
 * machine prints floating point.
 *
 * Two ways to leave rows out. csv_step() is for values that change by events: time is cut into
 * intervals, of each the last change is kept, and urgent changes are kept with what stood before
 * them. csv_sample() is for values that are looked at regularly: of rows that repeat each other the
 * first and the last are kept, so that lines drawn between rows are right. Both may hold one row
 * back, which csv_commit() writes.
 *
 * The file is open only while it is written to (file_thrifty()).
 */
#ifndef CAPTURE_CSV_H
#define CAPTURE_CSV_H

#include "capture/file.h"
#include "core/vtime.h"

#define CSV_COLUMNS 20
#define CSV_EMPTY UINT64_MAX

struct csv_column {
	const char *name;
	int decimals;             /* 6: the value is in millionths */
	const char *const *words; /* not NULL: the value is an index into these */
};

struct csv {
	struct file *file;
	const struct csv_column *columns;
	unsigned count;
	uint64_t rows;
	vtime begin, end;         /* of the rows; begin is VTIME_NEVER before the first */
	bool held;                /* a row is held back, and this is it: */
	vtime held_at;
	uint64_t last[CSV_COLUMNS]; /* the row before, held back or written */
};

/* The columns are borrowed, time_s is not among them; 1 to CSV_COLUMNS. */
void csv_init(struct csv *c, const char *path, const struct csv_column *columns, unsigned count);

/* Writes a row. `values` has `count` members here and below; times never go back. */
void csv_row(struct csv *c, vtime at, const uint64_t *values);

void csv_step(struct csv *c, vtime at, const uint64_t *values, vtime every, bool urgent);
void csv_sample(struct csv *c, vtime at, const uint64_t *values);

/* Puts the file in place. False: *error as in file_commit(). */
bool csv_commit(struct csv *c, char **error);

/* Instead of it: nothing remains. */
void csv_abort(struct csv *c);

#endif
