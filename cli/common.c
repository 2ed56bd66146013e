#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/load.h"
#include "core/nearest.h"
#include "topo/internet.h"

const struct cli_command cli_commands[] = {
	{ "run", "FILE", "run a scenario; captures and results go to out/NAME", cli_run },
	{ "live", "FILE", "run a scenario in real time, with the real machine at its external nodes",
	  cli_live },
	{ "replay", "FILE", "run a scenario with the frames of a capture entering at an interface",
	  cli_replay },
	{ "check", "FILE...", "say whether scenarios are right, without running them", cli_check },
	{ "graph", "FILE", "draw a scenario's topology as a graph in dot or mermaid", cli_graph },
	{ "plot", "OUT...", "draw what runs have recorded over time, as SVG and PNG", cli_plot },
	{ "schema", "", "print the JSON Schema of scenario files, for editors", cli_schema },
	{ "help", "[COMMAND|PROGRAM]", "print this, or how a command or a virtual program is used",
	  cli_help },
	{ NULL, NULL, NULL, NULL },
};

void cli_complain(const char *format, ...)
{
	va_list args;

	fputs("netarium: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

int cli_dispatch(const char *name, int argc, char **argv)
{
	struct nearest nearest = nearest_to(name);

	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (!strcmp(c->name, name))
			return c->run(argc, argv);
		nearest_try(&nearest, c->name);
	}
	if (g_str_has_suffix(name, ".yaml") || g_str_has_suffix(name, ".yml"))
		cli_complain("'%s' is no command; did you mean 'netarium run %s'?", name, name);
	else
		cli_complain("unknown command '%s'%s", name,
			     *nearest_hint(&nearest) ? nearest.hint : "; 'netarium help' lists them");
	return CLI_WRONG;
}

/* GOption's sentence, and for an option that there is not the one that was meant. */
static void option_complain(const char *command, const GOptionEntry *entries, const GError *error)
{
	const char *dash = strstr(error->message, " -");	/* "Unknown option --foo=3" */
	g_autofree char *option = dash ? g_strndup(dash + 1, strcspn(dash + 1, "=")) : NULL;
	struct nearest nearest;

	if (!g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION) || !option) {
		cli_complain("%s: %s", command, error->message);
		return;
	}
	nearest = nearest_to(option + strspn(option, "-"));
	for (const GOptionEntry *e = entries; e && e->long_name; e++)
		nearest_try(&nearest, e->long_name);
	nearest_try(&nearest, "help");
	if (nearest.best)
		cli_complain("%s has no option %s; did you mean --%s?", command, option, nearest.best);
	else
		cli_complain("%s has no option %s; 'netarium %s --help' lists those it has", command, option,
			     command);
}

bool cli_options(const char *command, const GOptionEntry *entries, int *argc, char ***argv)
{
	const struct cli_command *c = cli_commands;
	GOptionContext *context;
	g_autofree char *title = NULL;
	GError *error = NULL;
	bool ok;

	while (strcmp(c->name, command))
		c++;
	context = g_option_context_new(c->args);
	g_option_context_set_summary(context, c->says);
	if (entries)
		g_option_context_add_main_entries(context, entries, NULL);
	title = g_strdup_printf("netarium %s", command);
	g_set_prgname(title);
	ok = g_option_context_parse(context, argc, argv, &error);
	g_option_context_free(context);
	if (ok)
		return true;
	option_complain(command, entries, error);
	g_error_free(error);
	return false;
}

struct scenario *cli_load(const char *file, char **sets)
{
	GError *error = NULL;
	struct scenario *s = load_scenario(file, NULL, sets, &error);

	if (!s) {
		fprintf(stderr, "%s\n", error->message);
		g_error_free(error);
	}
	return s;
}

struct internet *cli_build(const struct scenario *s)
{
	GError *error = NULL;
	struct internet *in = internet_new(s, &error);

	if (!in) {
		fprintf(stderr, "%s\n", error->message);
		g_error_free(error);
	}
	return in;
}

int cli_flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return CLI_OK;
	if (errno == EPIPE) /* who read it has read enough, as `head` does */
		return CLI_OK;
	cli_complain("cannot write to standard output: %s", strerror(errno));
	return CLI_MACHINE;
}

bool cli_colors(int fd)
{
	const char *no = getenv("NO_COLOR");

	return !(no && *no) && isatty(fd);
}
