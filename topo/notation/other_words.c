#include "topo/notation/notation.h"

#include <string.h>

#include <glib.h>

/* What other tools say, and pcap-filter(7) for it. */
static const struct {
	const char *word, *pcap;
} words[] = {
	{ "dport", "dst port" },  { "--dport", "dst port" }, { "sport", "src port" },
	{ "--sport", "src port" }, { "daddr", "dst" },	     { "saddr", "src" },
	{ "-d", "dst" },	  { "-s", "src" },	     { "-p", NULL },
	{ "meta", NULL },	  { "l4proto", NULL },
};

char *notation_pcap_words(const char *expression)
{
	g_auto(GStrv) given = g_strsplit(expression, " ", -1);
	GString *out = g_string_new(NULL);
	bool other = false;

	for (char **w = given; *w; w++) {
		const char *put = *w;

		for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
			if (!strcmp(words[i].word, *w)) {
				put = words[i].pcap;
				other = true;
			}
		if (put && *put)
			g_string_append_printf(out, "%s%s", out->len ? " " : "", put);
	}
	return g_string_free(out, !other);
}
