/*
 * netarium run: a scenario from its file to its results.
 *
 * Until the scenario is known to be right nothing is written. Then: the output folder, the
 * captures, the run, the captures' end, the consoles, and results.json last, so that whoever finds
 * it finds everything it names.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "lib/world.h"

#define BATCH 4096 /* events between two looks at the wall clock and for signals */

struct run {
	struct run_options options;
	char *out; /* the output folder */
	struct nt_world *world;
	struct progress progress;
	struct report report;
	int caught;   /* signal that ended the run; 0: none */
};

/* ---- signals: the first ends the run in order, the second at once ---- */

static volatile sig_atomic_t caught_signal;

static void catch_signal(int signal_number)
{
	caught_signal = signal_number;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
}

static void signals_catch(void)
{
	caught_signal = 0;
	signal(SIGINT, catch_signal);
	signal(SIGTERM, catch_signal);
	/* Whoever reads our output may go; the files are written all the same. */
	signal(SIGPIPE, SIG_IGN);
}

/* ---- while it runs ---- */

static bool talks(const struct run *r)
{
	return !r->options.json && !r->options.quiet;
}

static void on_began(const struct play *p, uint32_t step, void *arg)
{
	struct run *r = arg;

	if (!talks(r) || r->world->scenario->steps[step].kind == TOPO_STEP_DO)
		return;
	progress_clear(&r->progress);
	report_step(&r->report, p, step);
}

static void on_ended(const struct play *p, uint32_t step, void *arg)
{
	struct run *r = arg;

	if (!talks(r))
		return;
	progress_clear(&r->progress);
	report_step(&r->report, p, step);
}

static void on_service(const struct play *p, const struct play_process *row, void *arg)
{
	struct run *r = arg;

	/* That services end with the run is what they are there for. */
	if (!talks(r) || process_killed(row->process) || !process_exit_status(row->process))
		return;
	progress_clear(&r->progress);
	report_service(&r->report, p, row);
}

static const struct play_watch watch = {
	.began = on_began,
	.ended = on_ended,
	.service_ended = on_service,
};

static bool disk_failed(const struct run *r)
{
	const struct capture_set *set = r->world->captures.set;

	return series_error(r->world->series) || (set && capture_set_error(set));
}

static void play_all(struct run *r)
{
	const struct world *w = r->world->internet->world;

	while (world_run(r->world, BATCH)) {
		r->caught = caught_signal;
		if (r->caught || disk_failed(r))
			break;
		progress_show(&r->progress, world_now(w), w->sched.fired);
		fflush(stdout);
	}
}

/* ---- from end to end ---- */

static int wrong(char *why)
{
	fprintf(stderr, "%s\n", why);
	free(why);
	return CLI_WRONG;
}

static int machine(struct run *r, char *why)
{
	progress_clear(&r->progress);
	cli_complain("%s", why);
	free(why);
	return CLI_MACHINE;
}

/* All that can be wrong with the scenario; nothing is on disk after it. */
static int prepare(struct run *r)
{
	const struct nt_options options = {
		.size = sizeof(options),
		.sets = (const char *const *)r->options.sets,
		.snaplen = r->options.snaplen,
		.no_capture = r->options.no_capture,
	};
	char *why = NULL;

	r->world = world_read(r->options.file, NULL, &options, &why);
	if (!r->world)
		return wrong(why);
	r->out = r->options.out ? g_strdup(r->options.out)
				: g_strdup_printf("out/%s", r->world->scenario->name);
	return world_capture(r->world, r->out, &options, &why) ? CLI_OK : wrong(why);
}

static int finish(struct run *r)
{
	char *text;

	if (nt_finish(r->world, &text))
		return machine(r, text);
	progress_clear(&r->progress);
	if (!r->options.json)
		return CLI_OK;
	text = nt_results(r->world);
	fputs(text, stdout);
	free(text);
	return CLI_OK;
}

static void tell(struct run *r)
{
	const struct nt_world *w = r->world;

	/* A run that was cut off has not had its chance. */
	if (r->caught) {
		cli_complain("interrupted at %.3f s of virtual time; what was captured until then "
			     "is whole", vtime_seconds(world_now(w->internet->world)));
	} else if (play_stuck(w->play)) {
		cli_complain("%s: time stands still at %.9g s: frames go round over links without "
			     "rate and delay (switches in a ring?); a rate or a delay on them ends "
			     "that", r->options.file, vtime_seconds(world_now(w->internet->world)));
	} else {
		for (uint32_t i = 0; talks(r) && i < w->scenario->n_steps; i++)
			if (play_step_began(w->play, i).ns == VTIME_NEVER.ns)
				report_missed(&r->report, w->play, i);
		report_failures(&r->report, w->expects);
	}
	if (talks(r))
		report_end(&r->report, w->expects, w->captures.set, w->series, r->out);
}

static int run_all(struct run *r)
{
	const struct scenario *s = r->world->scenario;
	FILE *to = r->options.json ? stderr : stdout;
	char *why = NULL;
	int status;

	report_init(&r->report, to, cli_colors(fileno(to)), s);
	progress_init(&r->progress, !r->options.quiet, s->has_duration ? s->duration : VTIME_NEVER);
	if (!world_begin(r->world, &watch, r, &why))
		return machine(r, why);
	signals_catch();
	play_all(r);
	status = finish(r);
	if (status)
		return status;
	tell(r);
	status = cli_flush();
	if (status)
		return status;
	if (r->caught)
		return 128 + r->caught;
	if (play_stuck(r->world->play))
		return CLI_WRONG;
	return nt_failed(r->world) ? CLI_EXPECT : CLI_OK;
}

int cli_run(int argc, char **argv)
{
	struct run r = {0};
	int status = CLI_WRONG;

	if (run_options_read(&r.options, argc, argv)) {
		status = prepare(&r);
		if (status == CLI_OK)
			status = run_all(&r);
	}
	nt_free(r.world);
	g_free(r.out);
	run_options_fini(&r.options);
	return status;
}
