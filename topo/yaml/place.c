#include "topo/yaml/place.h"

#include <stdarg.h>
#include <string.h>

/* Bytes of a sentence; only hostile input has longer ones. */
#define LONGEST 600

/* What stands behind a GError of our domain: its sentences by their places, and how many more there
 * would be. The names are those that GLib's macro makes. */
struct told {
	struct place at;
	char *line;
};

typedef struct {
	struct told first[PLACE_ERRORS_MAX];
	guint n, more;
} TopoErrorPrivate;

static void topo_error_private_init(TopoErrorPrivate *list)
{
	*list = (TopoErrorPrivate){ .n = 0 };
}

static void topo_error_private_copy(const TopoErrorPrivate *from, TopoErrorPrivate *to)
{
	*to = *from;
	for (guint i = 0; i < to->n; i++)
		to->first[i].line = g_strdup(from->first[i].line);
}

static void topo_error_private_clear(TopoErrorPrivate *list)
{
	for (guint i = 0; i < list->n; i++)
		g_free(list->first[i].line);
}

G_DEFINE_EXTENDED_ERROR(TopoError, topo_error)

/* One printable line of reasonable length, whatever a scenario put into it. */
static char *line_make(const char *format, va_list args)
{
	g_autofree char *words = g_strdup_vprintf(format, args);

	if (strlen(words) > LONGEST)
		strcpy(words + LONGEST - 3, "...");
	for (char *p = words; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return g_utf8_make_valid(words, -1);
}

/* The command line before files, a file as it is read. */
static int place_compare(struct place a, struct place b)
{
	int files;

	if (!a.line != !b.line)
		return a.line ? 1 : -1;
	files = strcmp(a.file, b.file);
	if (files)
		return files;
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.col < b.col ? -1 : a.col > b.col;
}

/* Whether nothing is told of that place yet. Who finds a value wrong a second time is mostly
 * surprised by what the first one saw. */
static gboolean list_add(TopoErrorPrivate *list, struct place at, const char *line)
{
	guint i = list->n;

	while (i && place_compare(at, list->first[i - 1].at) < 0)
		i--;
	if (i && !place_compare(at, list->first[i - 1].at))
		return FALSE;
	if (list->n == PLACE_ERRORS_MAX) {
		list->more++;
		if (i == list->n)
			return TRUE;
		g_free(list->first[--list->n].line);
	}
	memmove(&list->first[i + 1], &list->first[i], (list->n - i) * sizeof(list->first[0]));
	list->first[i] = (struct told){ at, g_strdup(line) };
	list->n++;
	return TRUE;
}

static char *list_print(const TopoErrorPrivate *list)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < list->n; i++)
		g_string_append_printf(text, "%s%s", i ? "\n" : "", list->first[i].line);
	if (list->more)
		g_string_append_printf(text, "\nand %u more", list->more);
	return g_string_free(text, FALSE);
}

void place_error(GError **error, struct place at, const char *format, ...)
{
	g_autofree char *words = NULL, *line = NULL;
	TopoErrorPrivate *list;
	va_list args;

	if (!error)
		return;
	va_start(args, format);
	words = line_make(format, args);
	va_end(args);
	line = at.line ? g_strdup_printf("%s:%u:%u: %s", at.file, at.line, at.col, words)
		       : g_strdup_printf("%s: %s", at.file, words);
	if (!*error)
		g_set_error_literal(error, TOPO_ERROR, 0, "");
	g_return_if_fail((*error)->domain == TOPO_ERROR);
	list = topo_error_get_private(*error);
	if (!list_add(list, at, line))
		return;
	g_free((*error)->message);
	(*error)->message = list_print(list);
}
