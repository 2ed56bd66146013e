#include "capture/csv.h"

#include <string.h>

#include "capture/decimal.h"

#define NS_DIGITS 9

void csv_init(struct csv *c, const char *path, const struct csv_column *columns, unsigned count)
{
	*c = (struct csv){
		.file = file_new(path),
		.columns = columns,
		.count = count,
		.begin = VTIME_NEVER,
	};
	file_thrifty(c->file);
	file_print(c->file, "time_s");
	for (unsigned i = 0; i < count; i++) {
		file_print(c->file, ",");
		file_print(c->file, columns[i].name);
	}
	file_print(c->file, "\n");
}

static char *put_value(char *to, const struct csv_column *column, uint64_t value)
{
	if (value == CSV_EMPTY)
		return to;
	if (column->words) {
		size_t len = strlen(column->words[value]);

		memcpy(to, column->words[value], len);
		return to + len;
	}
	return decimal_put(to, value, column->decimals);
}

static void row_write(struct csv *c, vtime at, const uint64_t *values)
{
	char line[(CSV_COLUMNS + 1) * DECIMAL_MAX], *to = decimal_put(line, (uint64_t)at.ns, NS_DIGITS);

	for (unsigned i = 0; i < c->count; i++) {
		*to++ = ',';
		to = put_value(to, &c->columns[i], values[i]);
	}
	*to++ = '\n';
	file_write(c->file, line, (size_t)(to - line));
	if (!c->rows++)
		c->begin = at;
	c->end = at;
}

static void held_write(struct csv *c)
{
	if (c->held)
		row_write(c, c->held_at, c->last);
	c->held = false;
}

void csv_row(struct csv *c, vtime at, const uint64_t *values)
{
	held_write(c);
	row_write(c, at, values);
	memcpy(c->last, values, c->count * sizeof(*values));
}

static bool repeats(const struct csv *c, const uint64_t *values)
{
	return (c->rows || c->held) && !memcmp(c->last, values, c->count * sizeof(*values));
}

void csv_step(struct csv *c, vtime at, const uint64_t *values, vtime every, bool urgent)
{
	if (repeats(c, values))
		return;
	if (urgent || !c->rows) {
		csv_row(c, at, values);
		return;
	}
	if (c->held && c->held_at.ns / every.ns != at.ns / every.ns)
		held_write(c);
	c->held = true;
	c->held_at = at;
	memcpy(c->last, values, c->count * sizeof(*values));
}

void csv_sample(struct csv *c, vtime at, const uint64_t *values)
{
	if (!repeats(c, values)) {
		csv_row(c, at, values);
		return;
	}
	if (at.ns == c->end.ns)
		return; /* that row is there */
	c->held = true;
	c->held_at = at;
}

bool csv_commit(struct csv *c, char **error)
{
	struct file *f = c->file;

	held_write(c);
	c->file = NULL;
	return file_commit(f, error);
}

void csv_abort(struct csv *c)
{
	file_abort(c->file);
	c->file = NULL;
}
