#include "topo/yaml/fault.h"

#include <glib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DEEPEST 64
#define WORD "[A-Za-z0-9_.][A-Za-z0-9_. -]*"

/* An opened bracket or quote. */
struct opener {
	char c;
	uint32_t line, col;
	size_t indent;			/* of its line */
};

struct reading {
	gchar **lines;
	uint32_t n;			/* of them */
	uint32_t stop;			/* the line at which the parser gave up */
	struct opener open[DEEPEST];
	int depth;
	struct yaml_fault *fault;
};

/* Always true, so that it can end a search. */
static bool G_GNUC_PRINTF(4, 5) found(struct reading *r, uint32_t line, uint32_t col,
				      const char *format, ...)
{
	va_list args;

	r->fault->line = line;
	r->fault->col = col;
	va_start(args, format);
	vsnprintf(r->fault->why, YAML_FAULT_WHY, format, args);
	va_end(args);
	return true;
}

static const char *line_of(const struct reading *r, uint32_t line)
{
	return line >= 1 && line <= r->n ? r->lines[line - 1] : "";
}

static size_t indent_of(const char *line)
{
	return strspn(line, " ");
}

/* Where the key of "  - key: value" stands. */
static size_t content_of(const char *line)
{
	size_t at = indent_of(line);

	while (line[at] == '-' && line[at + 1] == ' ')
		at += 1 + strspn(line + at + 1, " ");
	return at;
}

static bool is_empty(const char *line)
{
	line += strspn(line, " \t");
	return !*line || *line == '#';
}

static bool is_item(const char *line)
{
	line += indent_of(line);
	return line[0] == '-' && (!line[1] || line[1] == ' ');
}

/* "key:" or "key: value" */
static bool is_pair(const char *line)
{
	return g_regex_match_simple("^ *(- +)*\"?" WORD "(\\[[0-9.]+\\])?\"?:( |$)", line, 0, 0);
}

static uint32_t column(const char *line, const char *at)
{
	return (uint32_t)g_utf8_pointer_to_offset(line, at) + 1;
}

/* ---- tabs ---- */

static bool tab_find(struct reading *r)
{
	for (uint32_t l = 1; l <= r->stop && l <= r->n; l++) {
		const char *line = line_of(r, l), *at = line + strspn(line, " -");

		if (*at == '\t' && !is_empty(line))
			return found(r, l, column(line, at), "a tab indents this line; expected blanks");
	}
	return false;
}

/* ---- quotes and brackets ---- */

static char closer_of(char c)
{
	return c == '{' ? '}' : c == '[' ? ']' : c;
}

/* A line that would begin something new if nothing were open. */
static bool begins_anew(const struct reading *r, const char *line, const struct opener *o)
{
	return !is_empty(line) && (is_item(line) || (is_pair(line) && indent_of(line) <= r->open[0].indent) ||
				   (o->c != '{' && o->c != '[' && is_pair(line)));
}

static bool unclosed(struct reading *r, const struct opener *o)
{
	return found(r, o->line, o->col, o->c == '{' || o->c == '['
		     ? "this '%c' is not closed; expected a '%c' behind what belongs to it"
		     : "this quote (%c) is not closed; expected another %c", o->c, closer_of(o->c));
}

/* Behind a quote: its end in this line, or NULL. */
static const char *quote_end(const char *at, char quote)
{
	for (; *at; at++) {
		if (quote == '"' && *at == '\\' && at[1])
			at++;
		else if (*at == quote && quote == '\'' && at[1] == quote)
			at++;
		else if (*at == quote)
			return at;
	}
	return NULL;
}

/* Whether a plain text begins at `at` (no quote or bracket), and where it ends. */
static const char *plain_end(const struct reading *r, const char *at)
{
	for (; *at; at++) {
		if (*at == ':' && (!at[1] || at[1] == ' ' || (r->depth && strchr(",[]{}", at[1]))))
			break;
		if (*at == '#' && at[-1] == ' ')
			break;
		if (r->depth && strchr(",[]{}", *at))
			break;
	}
	return at;
}

static bool close_bracket(struct reading *r, uint32_t l, const char *line, const char *at)
{
	const struct opener *o = r->depth ? &r->open[r->depth - 1] : NULL;

	if (!o)
		return found(r, l, column(line, at), "nothing is open that this '%c' would close; expected "
			     "it gone, or an opening one before", *at);
	if (closer_of(o->c) != *at)
		return found(r, l, column(line, at), "'%c' cannot close the '%c' of line %u, column %u; "
			     "expected '%c'", *at, o->c, o->line, o->col, closer_of(o->c));
	r->depth--;
	return false;
}

/* Reads a line from `at` on; true: the fault is found. */
static bool line_scan(struct reading *r, uint32_t l, const char *line, const char *at)
{
	while (*(at += strspn(at, " \t,-?:")) && *at != '#') {
		struct opener o = { *at, l, column(line, at), indent_of(line) };

		if (strchr("{[\"'", *at)) {
			if (r->depth == DEEPEST)
				return false;
			r->open[r->depth++] = o;
			if (*at == '{' || *at == '[') {
				at++;
				continue;
			}
			at = quote_end(at + 1, o.c);
			if (!at)
				return false;
			r->depth--;
			at++;
		} else if (*at == '}' || *at == ']') {
			if (close_bracket(r, l, line, at))
				return true;
			at++;
		} else {
			const char *end = plain_end(r, at);

			at = end > at ? end : at + 1;
		}
	}
	return false;
}

/* Whether a line ends in "|" or ">", so that what is indented deeper below it is text. */
static bool opens_block(const struct reading *r, const char *line)
{
	return !r->depth && g_regex_match_simple("[:-] +[|>][-+0-9]*( +#.*)? *$", line, 0, 0);
}

static bool bracket_find(struct reading *r)
{
	size_t block = SIZE_MAX;

	for (uint32_t l = 1; l <= r->n; l++) {
		const char *line = line_of(r, l), *at = line;
		const struct opener *o = r->depth ? &r->open[r->depth - 1] : NULL;

		if (block != SIZE_MAX && (is_empty(line) || indent_of(line) > block))
			continue;
		block = SIZE_MAX;
		if (o && begins_anew(r, line, o))
			return o->line <= r->stop && unclosed(r, o);
		if (o && (o->c == '"' || o->c == '\'')) {
			at = quote_end(line, o->c);
			if (!at)
				continue;
			r->depth--;
			at++;
		}
		if (line_scan(r, l, line, at))
			return l <= r->stop;
		if (opens_block(r, line))
			block = indent_of(line);
	}
	return r->depth && r->open[r->depth - 1].line <= r->stop && unclosed(r, &r->open[r->depth - 1]);
}

/* ---- what stands in one line ---- */

/* The part of the line that group `group` of the expression matches; NULL: it does not. */
static char *part(const char *line, const char *expression, int group, uint32_t *col)
{
	g_autoptr(GRegex) regex = g_regex_new(expression, 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	int start, end;

	if (!g_regex_match(regex, line, 0, &match) || !g_match_info_fetch_pos(match, group, &start, &end) ||
	    start < 0)
		return NULL;
	*col = column(line, line + start);
	return g_match_info_fetch(match, group);
}

/* "received: >= 8" and its like: letters that mean something to YAML where a value begins. */
static bool indicator_find(struct reading *r, uint32_t l)
{
	uint32_t col;
	g_autofree char *value = part(line_of(r, l), "(?:[:\\[,-] +|\\[)([>|%@`&*!](?:[^,}\\]\"']*[^,}\\] \"'])?)",
				      1, &col);

	if (!value || g_regex_match_simple("^([>|][-+0-9]*|[&*][A-Za-z0-9_-]+( .*)?)$", value, 0, 0))
		return false;
	return found(r, l, col, "a value that begins with '%c' needs quotes; expected \"%.60s\"", value[0],
		     value);
}

/* "name[1..3]" among braces, where a bracket opens a list. */
static bool range_find(struct reading *r, uint32_t l)
{
	uint32_t col;
	g_autofree char *name = part(line_of(r, l), "[{\\[,] *([A-Za-z0-9_-]+\\[[0-9]+\\.\\.[0-9]+\\][^ ,:}\\]]*)",
				     1, &col);

	return name && found(r, l, col, "a range needs quotes inside braces and brackets; expected \"%.60s\"",
			     name);
}

static bool colon_find(struct reading *r, uint32_t l)
{
	uint32_t col, unused;
	const char *line = line_of(r, l);
	g_autofree char *key = part(line, "^ *(?:- +)?([A-Za-z_][A-Za-z0-9_]*):[^ /:]", 1, &col);
	g_autofree char *rest = part(line, "^ *(?:- +)?[A-Za-z_][A-Za-z0-9_]*:([^ ].*)$", 1, &unused);

	return key && rest && found(r, l, col + (uint32_t)strlen(key), "a blank is missing behind the colon; "
				    "expected '%.40s: %.40s'", key, rest);
}

/* "do: say: hello" */
static bool second_colon_find(struct reading *r, uint32_t l)
{
	uint32_t col;
	g_autofree char *value = part(line_of(r, l), "^ *(?:- +)?[A-Za-z_][A-Za-z0-9_]*: +([^\"'{\\[&*!|> ][^#]*: .*)$",
				      1, &col);

	return value && found(r, l, col, "a value with ': ' in it needs quotes; expected \"%.60s\"",
			      g_strchomp(value));
}

/* A key alone in a line: "routers" */
static bool lone_word_find(struct reading *r, uint32_t l)
{
	uint32_t col;
	g_autofree char *word = part(line_of(r, l), "^ *([A-Za-z_][A-Za-z0-9_]*) *(?:#.*)?$", 1, &col);

	return word && found(r, l, col + (uint32_t)strlen(word), "'%.40s' stands alone; expected a colon "
			     "behind a key, or '- ' before an item", word);
}

/* ---- indentation ---- */

/* The last line before l that is indented by no more than `most`; 0: none. */
static uint32_t line_before(const struct reading *r, uint32_t l, size_t most)
{
	while (--l >= 1)
		if (!is_empty(line_of(r, l)) && indent_of(line_of(r, l)) <= most)
			return l;
	return 0;
}

static bool indent_find(struct reading *r, uint32_t l)
{
	const char *line = line_of(r, l);
	size_t indent = indent_of(line);
	uint32_t before = line_before(r, l, SIZE_MAX), outer = line_before(r, l, indent);
	size_t above = before ? content_of(line_of(r, before)) : 0;
	size_t around = outer ? indent_of(line_of(r, outer)) : 0;
	uint32_t col = (uint32_t)indent + 1;

	if (is_empty(line) || !before)
		return false;
	if (outer && around == indent && is_item(line_of(r, outer)) && !is_item(line))
		return found(r, l, col, "an item among those that begin with '- ' does not; expected '- ' "
			     "as in line %u", outer);
	if (above < indent && !g_regex_match_simple(":( +[&!][^ ]+)?( +#.*)? *$|^[ -]*$",
						   line_of(r, before), 0, 0))
		return found(r, l, col, "this line is indented deeper than line %u, which has its value "
			     "already; expected %zu blanks, not %zu", before, above, indent);
	if (above > indent && around < indent) {
		size_t inner = above;

		for (uint32_t k = before; k > outer; k--)	/* the least of those between */
			if (!is_empty(line_of(r, k)) && content_of(line_of(r, k)) < inner)
				inner = content_of(line_of(r, k));
		return found(r, l, col, "this line is indented by %zu, as none above it; expected %zu or %zu "
			     "blanks", indent, around, inner);
	}
	return false;
}

/* What follows an opened brace without a comma between. */
static bool comma_find(struct reading *r, uint32_t l)
{
	uint32_t col;
	const char *line = line_of(r, l);
	g_autofree char *next = part(line, "[{,] *[A-Za-z_][A-Za-z0-9_]*: +(?:\"[^\"]*\"|\\[[^\\]]*\\]|[^ ,{}\\[\\]\"]+)( +)"
				     "[A-Za-z_][A-Za-z0-9_]*: ", 1, &col);

	return next && found(r, l, col, "a comma is missing here; expected one between two pairs");
}

void yaml_fault_find(const char *text, size_t length, uint32_t stop_line, uint32_t stop_col,
		     struct yaml_fault *fault)
{
	static bool (*const looks[])(struct reading *, uint32_t) = {
		range_find, indicator_find, comma_find, second_colon_find, indent_find, colon_find,
		lone_word_find,
	};
	g_autofree char *copy = g_strndup(text, length);
	g_auto(GStrv) lines = g_strsplit(g_strdelimit(copy, "\r", ' '), "\n", 0);
	struct reading r = { .lines = lines, .n = g_strv_length(lines), .stop = stop_line,
			     .fault = fault };
	uint32_t before = line_before(&r, stop_line, SIZE_MAX);

	if (tab_find(&r))
		return;
	/* Both lines: a slip at the end of one is noticed in the next. */
	for (size_t i = 0; i < 2; i++)
		if (looks[i](&r, stop_line) || (before && looks[i](&r, before)))
			return;
	if (bracket_find(&r))
		return;
	for (size_t i = 2; i < G_N_ELEMENTS(looks); i++)
		if (looks[i](&r, stop_line) || (before && looks[i](&r, before)))
			return;
	found(&r, stop_line, stop_col, "what stands here does not fit what stands before it; expected "
	      "'key: value', '- item', or a comma or an end");
}
