#include "cli/session.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define BATCH 4096 /* events between two looks at the wall clock and for signals */

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

bool session_talks(const struct session *r)
{
	return !r->options.json && !r->options.quiet;
}

static void on_began(const struct play *p, uint32_t step, void *arg)
{
	struct session *r = arg;

	if (!session_talks(r) || r->world->scenario->steps[step].kind == TOPO_STEP_DO)
		return;
	progress_clear(&r->progress);
	report_step(&r->report, p, step);
}

static void on_ended(const struct play *p, uint32_t step, void *arg)
{
	struct session *r = arg;

	if (!session_talks(r))
		return;
	progress_clear(&r->progress);
	report_step(&r->report, p, step);
}

static void on_service(const struct play *p, const struct play_process *row, void *arg)
{
	struct session *r = arg;

	/* That services end with the run is what they are there for. */
	if (!session_talks(r) || process_killed(row->process) || !process_exit_status(row->process))
		return;
	progress_clear(&r->progress);
	report_service(&r->report, p, row);
}

static const struct play_watch watch = {
	.began = on_began,
	.ended = on_ended,
	.service_ended = on_service,
};

bool session_goes_on(struct session *r)
{
	const struct capture_set *set = r->world->captures.set;
	const struct world *w = r->world->internet->world;

	r->caught = caught_signal;
	if (r->caught || series_error(r->world->series) || (set && capture_set_error(set)))
		return false;
	progress_show(&r->progress, world_now(w), w->sched.fired);
	fflush(stdout);
	return true;
}

void session_play(struct session *r)
{
	while (world_run(r->world, BATCH) && session_goes_on(r))
		;
}

/* ---- from end to end ---- */

static int wrong(char *why)
{
	fprintf(stderr, "%s\n", why);
	free(why);
	return CLI_WRONG;
}

int session_machine(struct session *r, char *why)
{
	progress_clear(&r->progress);
	cli_complain("%s", why);
	free(why);
	return CLI_MACHINE;
}

int session_prepare(struct session *r)
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
	return world_capture(r->world, r->options.inside ? "." : r->out, &options, &why) ? CLI_OK : wrong(why);
}

static int finish(struct session *r)
{
	char *text;

	if (nt_finish(r->world, &text))
		return session_machine(r, text);
	progress_clear(&r->progress);
	if (!r->options.json)
		return CLI_OK;
	text = nt_results(r->world);
	fputs(text, stdout);
	free(text);
	return CLI_OK;
}

/* Programs that had not ended when a run without `duration` did. */
static void tell_left(const struct nt_world *w)
{
	const struct play_process *first;
	bool late;
	uint32_t n = play_left(w->play, &first, &late);

	if (!n)
		return;
	g_autofree char *others = n == 1 ? g_strdup("") : g_strdup_printf(" and %u more", n - 1);
	g_autofree char *who = g_strdup_printf("'%s' on %s%s", process_command(first->process),
					       w->scenario->nodes[first->node].name, others);

	if (late)
		cli_complain("%s %s still running: ended an hour of virtual time after the last step; "
			     "give the program an end (ping -c) or the scenario a 'duration'", who,
			     n == 1 ? "was" : "were");
	else
		cli_complain("nothing more can happen; %s still wait%s", who, n == 1 ? "s" : "");
}

static void tell(struct session *r)
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
		tell_left(w);
		for (uint32_t i = 0; session_talks(r) && i < w->scenario->n_steps; i++)
			if (play_step_began(w->play, i).ns == VTIME_NEVER.ns)
				report_missed(&r->report, w->play, i);
		report_failures(&r->report, w->expects);
	}
	if (session_talks(r))
		report_end(&r->report, w->expects, w->captures.set, w->series, r->out);
}

int session_begin(struct session *r)
{
	const struct scenario *s = r->world->scenario;
	FILE *to = r->options.json ? stderr : stdout;
	char *why = NULL;

	report_init(&r->report, to, cli_colors(fileno(to)), s);
	progress_init(&r->progress, !r->options.quiet, s->has_duration ? s->duration : VTIME_NEVER);
	if (!world_begin(r->world, &watch, r, &why))
		return session_machine(r, why);
	signals_catch();
	return CLI_OK;
}

int session_end(struct session *r)
{
	int status = finish(r);

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

void session_fini(struct session *r)
{
	nt_free(r->world);
	g_free(r->out);
	run_options_fini(&r->options);
}
