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

#include "lib/captures.h"
#include "cli/cli.h"
#include "lib/outdir.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "programs/programs.h"
#include "topo/results.h"

#define BATCH 4096 /* events between two looks at the wall clock and for signals */

struct run {
	struct run_options options;
	char *out; /* the output folder */
	struct scenario *scenario;
	struct internet *internet;
	struct expects *expects;
	struct captures captures;
	struct play *play;
	struct progress progress;
	struct report report;
	bool made;    /* the output folder is new */
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

	if (!talks(r) || r->scenario->steps[step].kind == TOPO_STEP_DO)
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

static void play_all(struct run *r)
{
	const struct world *w = r->internet->world;

	while (play_run(r->play, BATCH)) {
		r->caught = caught_signal;
		if (r->caught || (r->captures.set && capture_set_error(r->captures.set)))
			break;
		progress_show(&r->progress, world_now(w), w->sched.fired);
		fflush(stdout);
	}
	play_end(r->play);
	progress_clear(&r->progress);
}

/* ---- from end to end ---- */

static int wrong(GError *error)
{
	fprintf(stderr, "%s\n", error->message);
	g_error_free(error);
	return CLI_WRONG;
}

static int machine(struct run *r, char *error)
{
	progress_clear(&r->progress);
	cli_complain("%s", error);
	free(error);
	captures_fini(&r->captures);
	if (r->made)
		outdir_undo(r->out);
	return CLI_MACHINE;
}

/* All that can be wrong with the scenario; nothing is on disk after it. */
static int prepare(struct run *r)
{
	GError *error = NULL;

	r->scenario = cli_load(r->options.file, r->options.sets);
	if (!r->scenario)
		return CLI_WRONG;
	r->out = r->options.out ? g_strdup(r->options.out)
				: g_strdup_printf("out/%s", r->scenario->name);
	r->internet = internet_new(r->scenario, &error);
	if (!r->internet)
		return wrong(error);
	r->expects = expects_new(r->internet, &error);
	if (!r->expects)
		return wrong(error);
	g_autofree char *folder = g_strdup_printf("%s/" RESULTS_CAPTURES, r->out);
	if (!r->options.no_capture &&
	    !captures_init(&r->captures, r->internet, folder, r->options.snaplen, &error))
		return wrong(error);
	return CLI_OK;
}

static int write_all(struct run *r)
{
	const struct results results = {
		.play = r->play,
		.expects = r->expects,
		.captures = r->captures.set,
		.interrupted = r->caught || play_stuck(r->play),
	};
	char *error = NULL;

	if (r->captures.set && !capture_set_finish(r->captures.set, results.interrupted, &error))
		return machine(r, error);
	if (!results_write(&results, r->out, &error))
		return machine(r, error);
	if (!r->options.json)
		return CLI_OK;
	size_t len;
	char *text = results_json(&results, &len);
	fwrite(text, 1, len, stdout);
	free(text);
	return CLI_OK;
}

static void tell(struct run *r)
{
	/* A run that was cut off has not had its chance. */
	if (r->caught) {
		cli_complain("interrupted at %.3f s of virtual time; what was captured until then "
			     "is whole", vtime_seconds(world_now(r->internet->world)));
	} else if (play_stuck(r->play)) {
		cli_complain("%s: time stands still at %.9g s: frames go round over links without "
			     "rate and delay (switches in a ring?); a rate or a delay on them ends "
			     "that", r->options.file, vtime_seconds(world_now(r->internet->world)));
	} else {
		for (uint32_t i = 0; talks(r) && i < r->scenario->n_steps; i++)
			if (play_step_began(r->play, i).ns == VTIME_NEVER.ns)
				report_missed(&r->report, r->play, i);
		report_failures(&r->report, r->expects);
	}
	if (talks(r))
		report_end(&r->report, r->expects, r->captures.set, r->out);
}

static int run_all(struct run *r)
{
	const struct scenario *s = r->scenario;
	FILE *to = r->options.json ? stderr : stdout;
	char *error = NULL;
	int status;

	if (!outdir_begin(r->out, &r->made, &error))
		return machine(r, error);
	if (r->captures.set && !capture_set_begin(r->captures.set, &error))
		return machine(r, error);
	report_init(&r->report, to, cli_colors(fileno(to)), s);
	progress_init(&r->progress, !r->options.quiet, s->has_duration ? s->duration : VTIME_NEVER);
	signals_catch();
	r->play = play_new(r->internet, program_find, &watch, r);
	play_all(r);
	expects_judge(r->expects, r->play);
	status = write_all(r);
	if (status)
		return status;
	tell(r);
	status = cli_flush();
	if (status)
		return status;
	if (r->caught)
		return 128 + r->caught;
	if (play_stuck(r->play))
		return CLI_WRONG;
	return expects_failed(r->expects) ? CLI_EXPECT : CLI_OK;
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
	captures_fini(&r.captures);
	expects_free(r.expects);
	play_free(r.play);
	internet_free(r.internet);
	scenario_free(r.scenario);
	g_free(r.out);
	run_options_fini(&r.options);
	return status;
}
