#include "cli/report.h"

#include <string.h>

#include "cli/report_words.h"
#include "topo/outcome/results.h"

#define WHO_MAX 20  /* columns: longer ones push the others aside */
#define WHAT_MAX 44

/* Who does it, and what: a node and its command, or what a step changes. */
static char *step_who(const struct scenario *s, const struct topo_step *t)
{
	if (t->kind == TOPO_STEP_LINK)
		return t->n_links == 1 ? g_strdup_printf("link %s", s->links[t->links[0]].name)
				       : g_strdup_printf("%u links", t->n_links);
	if (t->kind == TOPO_STEP_IFACE)
		return g_strdup_printf("%s:%s", s->nodes[t->nodes[0]].name,
				       s->nodes[t->nodes[0]].ifaces[t->iface].name);
	return t->n_nodes == 1 ? g_strdup(s->nodes[t->nodes[0]].name)
			       : g_strdup_printf("%u nodes", t->n_nodes);
}

static char *step_what(const struct topo_step *t)
{
	if (t->kind == TOPO_STEP_DO)
		return g_strdup(t->commands[0].text);
	if (t->kind == TOPO_STEP_LINK)
		return words_of_change(t);
	if (t->has_ra)
		return g_strdup(t->ra ? "advertises anew" : "advertises no more");
	return g_strdup(t->up ? "up" : "down");
}

static void widen(int *width, const char *text, int most)
{
	int len = (int)strlen(text);

	*width = MIN(MAX(*width, len), most);
}

void report_init(struct report *r, FILE *to, bool colors, const struct scenario *s)
{
	*r = (struct report){.to = to, .colors = colors};
	for (uint32_t i = 0; i < s->n_steps; i++) {
		g_autofree char *who = step_who(s, &s->steps[i]);
		g_autofree char *what = step_what(&s->steps[i]);

		widen(&r->who_width, who, WHO_MAX);
		if (s->steps[i].kind == TOPO_STEP_DO)
			widen(&r->what_width, what, WHAT_MAX);
	}
}

static void line(const struct report *r, vtime at, const char *who, const char *what,
		 const char *result)
{
	g_autofree char *time = g_strdup_printf("%.3f s", vtime_seconds(at));

	fprintf(r->to, "%12s  %-*s  ", time, r->who_width, who);
	if (result)
		fprintf(r->to, "%-*s  %s\n", r->what_width, what, result);
	else
		fprintf(r->to, "%s\n", what);
}

/* Several processes: how many went well, and the first few that did not. */
static char *many_results(const struct play *p, uint32_t step)
{
	const struct scenario *s = play_internet(p)->scenario;
	const struct topo_step *t = &s->steps[step];
	g_autoptr(GString) bad = g_string_new(NULL);
	uint32_t ok = 0, failed = 0;

	for (uint32_t k = 0; k < t->n_nodes; k++) {
		const struct process *process = play_step_process(p, step, k);

		if (process && process_exit_status(process) == 0) {
			ok++;
			continue;
		}
		if (failed++ < 3)
			g_string_append_printf(bad, "%s%s", failed == 1 ? ": " : ", ",
					       s->nodes[t->nodes[k]].name);
	}
	if (!failed)
		return g_strdup_printf("all %u exit 0", ok);
	return g_strdup_printf("%u exit 0, %u failed%s%s", ok, failed, bad->str,
			       failed > 3 ? " ..." : "");
}

/* When all was done: lines come in this order, as in a log. */
static vtime step_over(const struct play *p, uint32_t step)
{
	const struct topo_step *t = &play_internet(p)->scenario->steps[step];
	vtime over = play_step_began(p, step);

	for (uint32_t k = 0; t->kind == TOPO_STEP_DO && k < t->n_nodes; k++) {
		const struct process *process = play_step_process(p, step, k);

		if (process)
			over = vtime_max(over, process_end(process));
	}
	return over;
}

void report_step(const struct report *r, const struct play *p, uint32_t step)
{
	const struct scenario *s = play_internet(p)->scenario;
	const struct topo_step *t = &s->steps[step];
	g_autofree char *who = step_who(s, t), *what = step_what(t), *result = NULL;

	if (t->kind == TOPO_STEP_DO && t->n_nodes > 1)
		result = many_results(p, step);
	else if (t->kind == TOPO_STEP_DO && play_step_process(p, step, 0))
		result = words_of_process(play_step_process(p, step, 0));
	else if (t->kind == TOPO_STEP_DO)
		result = g_strdup("not started: the node is down");
	line(r, step_over(p, step), who, what, result);
}

void report_missed(const struct report *r, const struct play *p, uint32_t step)
{
	const struct scenario *s = play_internet(p)->scenario;
	g_autofree char *who = step_who(s, &s->steps[step]), *what = step_what(&s->steps[step]);

	fprintf(r->to, "%12s  %-*s  %-*s  not reached: the run ended before\n", "-", r->who_width,
		who, r->what_width, what);
}

void report_service(const struct report *r, const struct play *p, const struct play_process *row)
{
	g_autofree char *result = words_of_process(row->process);

	line(r, process_end(row->process), play_internet(p)->scenario->nodes[row->node].name,
	     process_command(row->process), result);
}

void report_failures(const struct report *r, const struct expects *e)
{
	for (uint32_t i = 0; i < expects_count(e); i++) {
		const struct verdict *v = expects_at(e, i);

		if (!v->ok)
			fprintf(r->to, "%sfailed%s  %s, got %s\n", r->colors ? "\033[31m" : "",
				r->colors ? "\033[0m" : "", v->expect->text, v->got);
	}
}

static void report_captures(const struct report *r, const struct capture_set *captures,
			    const char *folder)
{
	uint32_t n = captures ? capture_set_count(captures) : 0;

	/* One line each, unless there are many. */
	for (uint32_t i = 0; n <= 12 && i < n; i++) {
		const struct capture *c = capture_set_at(captures, i);

		fprintf(r->to, "capture %s/%s/%s  %" G_GUINT64_FORMAT " frames\n", folder,
			RESULTS_CAPTURES, capture_file(c), capture_frames(c));
	}
	if (n > 12)
		fprintf(r->to, "captures %s/%s/  %u files\n", folder, RESULTS_CAPTURES, n);
}

static void report_series(const struct report *r, const struct series *series, const char *folder)
{
	uint32_t n = series_count(series);

	if (n)
		fprintf(r->to, "series %s/%s/  %u file%s, %" G_GUINT64_FORMAT " rows; netarium plot %s "
			"draws them\n", folder, SERIES_FOLDER, n, n == 1 ? "" : "s",
			series_rows(series), folder);
}

void report_end(const struct report *r, const struct expects *e, const struct capture_set *captures,
		const struct series *series, const char *folder)
{
	uint32_t n = expects_count(e), failed = expects_failed(e);

	if (n == 1 && !failed)
		fprintf(r->to, "the expectation holds\n");
	else if (n && !failed)
		fprintf(r->to, "all %u expectations hold\n", n);
	else if (n)
		fprintf(r->to, "%u of %u expectations failed\n", failed, n);
	report_captures(r, captures, folder);
	report_series(r, series, folder);
	fprintf(r->to, "results %s/results.json\n", folder);
}
