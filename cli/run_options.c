#include "cli/run_options.h"

#include "cli/cli.h"
#include "topo/notation/units.h"

#define SNAPLEN_MAX 262144

static bool number_read(const struct run_options *o, const char *option, const char *text, uint64_t least, uint64_t most,
			uint64_t *n)
{
	char why[UNITS_WHY];

	if (units_count(text, n, why) && *n >= least && *n <= most)
		return true;
	cli_complain("%s: --%s '%s' is no number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
		     o->command, option, text, least, most);
	return false;
}

static bool seed_read(struct run_options *o, const char *text)
{
	guint n = o->sets ? g_strv_length(o->sets) : 0;
	uint64_t seed;

	if (!text)
		return true;
	if (!number_read(o, "seed", text, 0, INT64_MAX, &seed))
		return false;
	o->sets = g_renew(char *, o->sets, n + 2);
	o->sets[n] = g_strdup_printf("seed=%" G_GUINT64_FORMAT, seed);
	o->sets[n + 1] = NULL;
	return true;
}

static bool snaplen_read(struct run_options *o, const char *text)
{
	uint64_t n = 0;

	if (text && !number_read(o, "snaplen", text, 1, SNAPLEN_MAX, &n))
		return false;
	o->snaplen = (uint32_t)n;
	return true;
}

static bool arguments_read(struct run_options *o, int argc, char **argv)
{
	if (argc == 2) {
		o->file = g_strdup(argv[1]);
		return true;
	}
	if (argc < 2)
		cli_complain("%s: which scenario; expected a FILE", o->command);
	else
		cli_complain("%s: unexpected '%s'; expected one FILE", o->command, argv[2]);
	return false;
}

bool run_options_read(struct run_options *o, const char *command, const GOptionEntry *more,
		      int argc, char **argv)
{
	g_autofree char *seed = NULL, *snaplen = NULL;
	gboolean json = FALSE, quiet = FALSE, no_capture = FALSE;
	const GOptionEntry entries[] = {
		{"seed", 0, 0, G_OPTION_ARG_STRING, &seed, "Where random streams start", "N"},
		{"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->sets, "Change a value first",
		 "links.wan.loss=2%"},
		{"out", 0, 0, G_OPTION_ARG_FILENAME, &o->out,
		 "Where files go, instead of out/SCENARIO", "DIR"},
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print results.json instead of lines",
		 NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Print failures only", NULL},
		{"snaplen", 0, 0, G_OPTION_ARG_STRING, &snaplen,
		 "Bytes kept of each captured frame", "N"},
		{"no-capture", 0, 0, G_OPTION_ARG_NONE, &no_capture, "Capture nothing", NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};

	*o = (struct run_options){.command = command};
	g_autoptr(GArray) all = g_array_new(TRUE, TRUE, sizeof(*entries));

	g_array_append_vals(all, entries, G_N_ELEMENTS(entries) - 1);
	while (more && more->long_name)
		g_array_append_vals(all, more++, 1);
	if (!cli_options(command, (const GOptionEntry *)(void *)all->data, &argc, &argv))
		return false;
	o->json = json;
	o->quiet = quiet;
	o->no_capture = no_capture;
	if (o->out && !*o->out) {
		cli_complain("%s: --out '' is no folder", command);
		return false;
	}
	return arguments_read(o, argc, argv) && snaplen_read(o, snaplen) && seed_read(o, seed);
}

void run_options_fini(struct run_options *o)
{
	g_free(o->file);
	g_strfreev(o->sets);
	g_free(o->out);
}
