#include "topo/notation/words.h"

#include <stdio.h>
#include <string.h>

#include <glib.h>

#define BLANKS " \t\n\v\f\r"	/* those of g_ascii_isspace() */

/* Appends what stands in quotes; returns the place behind the closing one, or NULL. */
static const char *quoted_read(const char *p, GString *word)
{
	char quote = *p++;

	for (; *p && *p != quote; p++) {
		if (quote == '"' && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		g_string_append_c(word, *p);
	}
	return *p ? p + 1 : NULL;
}

/* Appends one word; returns the place behind it, or NULL with `why`. */
static const char *word_read(const char *p, GString *word, char *why)
{
	while (*p && !g_ascii_isspace(*p)) {
		if (*p == '\'' || *p == '"') {
			p = quoted_read(p, word);
			if (!p) {
				snprintf(why, WORDS_WHY, "a quote is not closed; expected another one");
				return NULL;
			}
		} else if (strchr("|&;<>`$", *p)) {
			snprintf(why, WORDS_WHY, "'%c' means nothing here, as there is no shell; "
				 "expected it in quotes, or a step of its own", *p);
			return NULL;
		} else {
			if (*p == '\\' && p[1])
				p++;
			g_string_append_c(word, *p++);
		}
	}
	return p;
}

size_t words_offset(const char *text, int n)
{
	GString *word = g_string_new(NULL);
	char why[WORDS_WHY];
	const char *p = text + strspn(text, BLANKS);

	for (; p && *p && n > 0; n--) {
		p = word_read(p, word, why);
		p += p ? strspn(p, BLANKS) : 0;
	}
	g_string_free(word, TRUE);
	return p ? (size_t)(p - text) : 0;
}

char **words_split(struct arena *arena, const char *text, int *n, char *why)
{
	GString *word = g_string_new(NULL);
	char **words = NULL;
	const char *p = text;

	for (*n = 0;;) {
		while (g_ascii_isspace(*p))
			p++;
		g_string_truncate(word, 0);
		words = arena_grow(arena, words, (size_t)*n, sizeof(*words));
		if (!*p || !(p = word_read(p, word, why)))
			break;
		words[(*n)++] = arena_text(arena, word->str);
	}
	g_string_free(word, TRUE);
	if (!p)
		return NULL;
	if (*n)
		return words;
	snprintf(why, WORDS_WHY, "is an empty command line; expected one such as ping -c 3 web");
	return NULL;
}
