#include "topo/place.h"

#include <stdarg.h>
#include <string.h>

/* Bytes of a sentence; only hostile input has longer ones. */
#define LONGEST 600

GQuark topo_error_quark(void)
{
	return g_quark_from_static_string("topo");
}

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

void place_error(GError **error, struct place at, const char *format, ...)
{
	g_autofree char *words = NULL;
	va_list args;

	if (!error)
		return;
	va_start(args, format);
	words = line_make(format, args);
	va_end(args);
	if (at.line)
		g_set_error(error, TOPO_ERROR, 0, "%s:%u:%u: %s", at.file, at.line, at.col, words);
	else
		g_set_error(error, TOPO_ERROR, 0, "%s: %s", at.file, words);
}
