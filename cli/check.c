#include "cli/cli.h"

#include <stdio.h>

#include "lib/load.h"
#include "topo/build/hint.h"
#include "topo/internet.h"

/* What passes runs. */
static bool can_be_built(const struct scenario *s)
{
	struct internet *in = cli_build(s);

	internet_free(in);
	return in != NULL;
}

/* What is right, and why it may still not work. */
static void right_print(const char *file, const struct scenario *s)
{
	g_autofree char *hints = hints_find(s, load_arguments);

	printf("%s: ok, %u node%s, %u link%s, %u step%s\n", file, s->n_nodes, s->n_nodes == 1 ? "" : "s",
	       s->n_links, s->n_links == 1 ? "" : "s", s->n_steps, s->n_steps == 1 ? "" : "s");
	if (hints)
		fprintf(stderr, "%s\n", hints);
}

int cli_check(int argc, char **argv)
{
	gboolean quiet = FALSE;
	char **sets = NULL;
	const GOptionEntry entries[] = {
		{ "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &sets, "Change a value first",
		  "links.wan.loss=2%" },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Print nothing for files that are right",
		  NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	int status = CLI_OK;

	if (!cli_options("check", entries, &argc, &argv))
		return CLI_WRONG;
	if (argc < 2) {
		cli_complain("check: which scenario; expected a FILE");
		status = CLI_WRONG;
	}
	for (int i = 1; i < argc; i++) {
		struct scenario *s = cli_load(argv[i], sets);

		if (!s || !can_be_built(s))
			status = CLI_WRONG;
		else if (!quiet)
			right_print(argv[i], s);
		scenario_free(s);
	}
	g_strfreev(sets);
	return cli_flush() ? CLI_MACHINE : status;
}
