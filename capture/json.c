#include "capture/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "capture/file.h"
#include "capture/decimal.h"
#include "core/alloc.h"

#define DEPTH_MAX 32
#define PIECE (1 << 16) /* what goes into a file at once */

static void flush(struct json *j)
{
	file_write(j->file, j->text, j->len);
	j->len = 0;
}

static void make_room(struct json *j, size_t len)
{
	if (j->file && j->len >= PIECE)
		flush(j);
	j->room = j->room ? j->room : 256;
	while (j->room < j->len + len + 1)
		j->room *= 2;
	j->text = nt_realloc(j->text, j->room);
}

/* Where len bytes may be written, and what takes them to the text. */
static inline char *room_for(struct json *j, size_t len)
{
	if (j->len + len + 1 > j->room || (j->file && j->len >= PIECE))
		make_room(j, len);
	return j->text + j->len;
}

static inline void took(struct json *j, size_t len)
{
	j->len += len;
	j->text[j->len] = '\0';
}

static inline void add(struct json *j, const char *text, size_t len)
{
	memcpy(room_for(j, len), text, len);
	took(j, len);
}

static inline void add_char(struct json *j, char c)
{
	*room_for(j, 1) = c;
	took(j, 1);
}

static void add_text(struct json *j, const char *text)
{
	add(j, text, strlen(text));
}

static inline bool is_plain(char c)
{
	return c != '"' && c != '\\' && (unsigned char)c >= 0x20 && c != 0x7f;
}

static void add_escaped(struct json *j, char c)
{
	char escape[8];

	if (c == '"' || c == '\\')
		snprintf(escape, sizeof(escape), "\\%c", c);
	else if (c == '\n' || c == '\t')
		snprintf(escape, sizeof(escape), "\\%c", c == '\n' ? 'n' : 't');
	else
		snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c);
	add_text(j, escape);
}

/* Text with something in it that JSON wants written otherwise, or that is not ASCII. */
static void add_checked(struct json *j, const char *text)
{
	char *made = g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);
	const char *p = made ? made : text;

	while (*p) {
		size_t n = 0;

		while (p[n] && is_plain(p[n]))
			n++;
		if (n)
			add(j, p, n);
		else
			add_escaped(j, p[n++]);
		p += n;
	}
	g_free(made);
}

static void add_quoted(struct json *j, const char *text)
{
	size_t n = 0;

	while (is_plain(text[n]) && (signed char)text[n] > 0)
		n++;
	add_char(j, '"');
	if (text[n])
		add_checked(j, text);
	else
		add(j, text, n);
	add_char(j, '"');
}

static void new_line(struct json *j)
{
	static const char spaces[2 * DEPTH_MAX + 1] =
		"                                                                ";

	add_char(j, '\n');
	add(j, spaces, 2 * j->depth);
}

/* What stands in front of a value: comma, line, name. */
static void lead_in(struct json *j, const char *name)
{
	assert(j->depth > 0 || !j->filled[0]); /* one value at the top */
	assert((name != NULL) == (j->closing[j->depth] == '}'));
	if (j->filled[j->depth])
		add_char(j, ',');
	if (j->depth > 0 && !j->flat[j->depth])
		new_line(j);
	else if (j->filled[j->depth])
		add_char(j, ' ');
	j->filled[j->depth] = true;
	if (name) {
		add_quoted(j, name);
		add(j, ": ", 2);
	}
}

static void open_level(struct json *j, const char *name, const char *opening, char closing,
		       bool flat)
{
	lead_in(j, name);
	assert(j->depth < DEPTH_MAX);
	add_text(j, opening);
	j->depth++;
	j->filled[j->depth] = false;
	j->closing[j->depth] = closing;
	j->flat[j->depth] = flat || j->flat[j->depth - 1];
}

void json_init(struct json *j)
{
	*j = (struct json){0};
}

void json_init_file(struct json *j, struct file *f)
{
	*j = (struct json){.file = f};
}

void json_object(struct json *j, const char *name)
{
	open_level(j, name, "{", '}', false);
}

void json_object_flat(struct json *j, const char *name)
{
	open_level(j, name, "{", '}', true);
}

void json_array(struct json *j, const char *name)
{
	open_level(j, name, "[", ']', false);
}

void json_array_flat(struct json *j, const char *name)
{
	open_level(j, name, "[", ']', true);
}

void json_end(struct json *j)
{
	unsigned inner = j->depth--;

	assert(inner > 0);
	if (j->filled[inner] && !j->flat[inner])
		new_line(j);
	add_char(j, j->closing[inner]);
}

void json_string(struct json *j, const char *name, const char *value)
{
	lead_in(j, name);
	if (value)
		add_quoted(j, value);
	else
		add_text(j, "null");
}

void json_bool(struct json *j, const char *name, bool value)
{
	lead_in(j, name);
	add_text(j, value ? "true" : "false");
}

static void add_count(struct json *j, uint64_t value)
{
	took(j, (size_t)(decimal_put(room_for(j, DECIMAL_MAX), value, 0) - (j->text + j->len)));
}

void json_int(struct json *j, const char *name, int64_t value)
{
	lead_in(j, name);
	if (value < 0)
		add_char(j, '-');
	add_count(j, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_uint(struct json *j, const char *name, uint64_t value)
{
	lead_in(j, name);
	add_count(j, value);
}

void json_double(struct json *j, const char *name, double value)
{
	char text[32];

	if (!isfinite(value)) {
		json_null(j, name);
		return;
	}
	lead_in(j, name);
	add_text(j, json_number(text, sizeof(text), value));
}

void json_null(struct json *j, const char *name)
{
	lead_in(j, name);
	add_text(j, "null");
}

char *json_finish(struct json *j, size_t *len)
{
	char *text;

	assert(j->depth == 0 && j->filled[0]);
	add(j, "\n", 1);
	if (j->file) {
		flush(j);
		free(j->text);
		json_init(j);
		return NULL;
	}
	text = j->text;
	if (len)
		*len = j->len;
	json_init(j);
	return text;
}

/*
 * Most numbers are counts or whole nanoseconds in seconds. Such a one of at most 15 digits is
 * what "%.15g" says it is, and division by a power of ten needs no arbitrary precision to say so.
 * False: not such a one.
 */
static bool print_nanoseconds(char *buf, double value)
{
	double scaled = value * 1e9;
	uint64_t n;
	char *end;

	if (!(value == 0 || (value >= 1e-4 && scaled < 1e15)))
		return false;
	n = (uint64_t)(scaled + 0.5);
	if ((double)n / 1e9 != value)
		return false;
	end = decimal_put(buf, n, 9);
	while (end[-1] == '0')
		end--;
	*(end[-1] == '.' ? end - 1 : end) = '\0';
	return true;
}

char *json_number(char *buf, size_t size, double value)
{
	static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};

	assert(isfinite(value) && size >= 32);
	if (value == 0)
		value = 0; /* -0 is 0 */
	if (print_nanoseconds(buf, value))
		return buf;
	/* Whatever has at most 15 digits survives the first; 17 are enough for every double. The
	 * locale has no say. */
	for (int i = 0; i < 3; i++) {
		g_ascii_formatd(buf, (int)size, formats[i], value);
		if (g_ascii_strtod(buf, NULL) == value)
			break;
	}
	return buf;
}
