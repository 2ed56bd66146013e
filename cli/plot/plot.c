/*
 * netarium plot: what a run has recorded over time, drawn by gnuplot.
 *
 * Each page is a script NAME.gp in OUT/series, which carries its data, so that it can be changed and
 * drawn again, and what gnuplot makes of it: NAME.svg and NAME.png. A picture appears under its name
 * when it is whole. Of several folders one page is made, in the first one's.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/file.h"
#include "cli/cli.h"
#include "cli/plot/draw.h"
#include "topo/outcome/series.h"
#include "topo/notation/units.h"

struct plot {
	char *outs[PLOT_RUNS], *folder; /* folder: where the pages go, in the first of them */
	guint runs;
	const char *formats; /* "svg png" */
	struct plot_choice choice;
	unsigned pages;
	char *last;          /* name of the last page */
};

static int machine(char *error)
{
	cli_complain("plot: %s", error);
	free(error);
	return CLI_MACHINE;
}

/* Runs gnuplot over NAME.gp in the folder. False: what it said stands on standard error. */
static bool gnuplot(const struct plot *p, const char *script)
{
	const char *argv[] = {"gnuplot", "-e", "before = '.'; behind = '.part'", script, NULL};
	g_autofree char *said = NULL;
	g_autoptr(GError) error = NULL;
	int status;

	if (!g_spawn_sync(p->folder, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
			  NULL, NULL, NULL, &said, &status, &error)) {
		cli_complain("plot: gnuplot cannot be started: %s", error->message);
		return false;
	}
	if (g_spawn_check_wait_status(status, NULL))
		return true;
	cli_complain("plot: gnuplot failed on %s/%s: %s", p->folder, script, g_strstrip(said));
	return false;
}

/* The pictures get their names. */
static bool pictures_place(const struct plot *p, const char *name)
{
	g_auto(GStrv) formats = g_strsplit(p->formats, " ", -1);

	for (char **f = formats; *f; f++) {
		g_autofree char *part = g_strdup_printf("%s/.%s.%s.part", p->folder, name, *f);
		g_autofree char *whole = g_strdup_printf("%s/%s.%s", p->folder, name, *f);

		if (rename(part, whole)) {
			cli_complain("plot: %s cannot be written", whole);
			return false;
		}
	}
	return true;
}

static int page_make(struct plot *p, struct plot_page *page)
{
	g_autofree char *script = page_script(page, p->formats);
	g_autofree char *file = g_strdup_printf("%s.gp", page->name);
	g_autofree char *path = g_strdup_printf("%s/%s", p->folder, file);
	char *error = NULL;

	if (!file_put(path, script, strlen(script), &error))
		return machine(error);
	if (!gnuplot(p, file) || !pictures_place(p, page->name))
		return CLI_MACHINE;
	p->pages++;
	g_free(p->last);
	p->last = g_strdup(page->name);
	return CLI_OK;
}

static int page_take(struct plot *p, struct plot_page *page, bool something)
{
	int status = something ? page_make(p, page) : CLI_OK;

	page_fini(page);
	return status;
}

static int draw_all(struct plot *p, const struct plot_set *set)
{
	struct plot_page page;
	int status = CLI_OK;

	if (p->runs > 1)
		return page_take(p, &page, draw_compared(&page, set, p->runs));

	for (guint i = 0; !status && i < set->tcp->len; i++)
		status = page_take(p, &page, draw_tcp(&page, set, set->tcp->pdata[i]));
	for (guint i = 0; !status && i < set->ways->len; i++)
		status = page_take(p, &page, draw_way(&page, set, set->ways->pdata[i]));
	if (!status && (set->tcp->len > 1 || (set->tcp->len && set->ways->len)))
		status = page_take(p, &page, draw_overview(&page, set));
	return status;
}

static void tell(const struct plot *p, const struct plot_set *set)
{
	if (!p->pages)
		printf("nothing to draw: no connection sent, and nothing waited or was carried; --all "
		       "draws it all the same\n");
	else if (p->pages == 1)
		printf("plot %s/%s (%s)\n", p->folder, p->last, p->formats);
	else
		printf("plots %s/  %u pages (%s), %s first\n", p->folder, p->pages, p->formats, p->last);
	if (p->pages && set->left_out && p->runs == 1)
		printf("left out: %u quiet or lesser ones, which --all draws too\n", set->left_out);
}

static bool time_read(const char *option, const char *text, double *seconds)
{
	char why[UNITS_WHY];
	int64_t ns;

	*seconds = NAN;
	if (!text)
		return true;
	if (!units_time(text, &ns, why)) {
		cli_complain("plot: --%s %s", option, why);
		return false;
	}
	*seconds = (double)ns / 1e9;
	return true;
}

static bool format_read(struct plot *p, const char *format)
{
	p->formats = !format ? "svg png" : !strcmp(format, "svg") ? "svg" : !strcmp(format, "png") ? "png"
											      : NULL;
	if (!p->formats)
		cli_complain("plot: unknown format '%s'; expected svg or png, or both without --format",
			     format);
	return p->formats != NULL;
}

static bool gnuplot_there(void)
{
	g_autofree char *path = g_find_program_in_path("gnuplot");

	if (!path)
		cli_complain("plot: gnuplot is not installed; 'apt-get install gnuplot-nox' brings it");
	return path != NULL;
}

static bool folders_read(struct plot *p, int argc, char **argv)
{
	if (argc < 2 || argc > 1 + PLOT_RUNS) {
		cli_complain("plot: expected the folder that a run has left, such as out/first-light, or up "
			     "to %d to compare", PLOT_RUNS);
		return false;
	}
	for (; p->runs + 1 < (guint)argc; p->runs++) {
		char *out = p->outs[p->runs] = g_strchomp(g_strdup(argv[p->runs + 1]));

		while (strlen(out) > 1 && g_str_has_suffix(out, "/"))
			out[strlen(out) - 1] = '\0';
	}
	p->folder = g_strdup_printf("%s/" SERIES_FOLDER, p->outs[0]);
	return true;
}

static bool options_read(struct plot *p, int argc, char **argv)
{
	g_autofree char *format = NULL, *from = NULL, *to = NULL;
	gboolean all = FALSE;
	const GOptionEntry entries[] = {
		{"format", 'f', 0, G_OPTION_ARG_STRING, &format, "Only svg or only png", "svg"},
		{"from", 0, 0, G_OPTION_ARG_STRING, &from, "Where the axis of time begins", "TIME"},
		{"to", 0, 0, G_OPTION_ARG_STRING, &to, "Where it ends", "TIME"},
		{"all", 0, 0, G_OPTION_ARG_NONE, &all, "Quiet connections and links too", NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};

	if (!cli_options("plot", entries, &argc, &argv) || !format_read(p, format) ||
	    !time_read("from", from, &p->choice.from) || !time_read("to", to, &p->choice.to))
		return false;
	p->choice.all = all;
	if (p->choice.from >= p->choice.to) {
		cli_complain("plot: --from %s is not before --to %s", from, to);
		return false;
	}
	return folders_read(p, argc, argv);
}

static bool runs_load(const struct plot *p, struct plot_set *sets)
{
	char *error = NULL;

	for (guint i = 0; i < p->runs; i++)
		if (!plot_load(&sets[i], p->outs[i], &p->choice, &error)) {
			cli_complain("plot: %s", error);
			g_free(error);
			return false;
		}
	return true;
}

int cli_plot(int argc, char **argv)
{
	struct plot p = {0};
	struct plot_set sets[PLOT_RUNS] = {0};
	int status = CLI_WRONG;

	if (options_read(&p, argc, argv) && runs_load(&p, sets)) {
		status = gnuplot_there() ? draw_all(&p, sets) : CLI_MACHINE;
		if (!status) {
			tell(&p, sets);
			status = cli_flush();
		}
	}
	for (guint i = 0; i < PLOT_RUNS; i++) {
		plot_set_fini(&sets[i]);
		g_free(p.outs[i]);
	}
	g_free(p.folder);
	g_free(p.last);
	return status;
}
