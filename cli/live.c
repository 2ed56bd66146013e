/*
 * netarium live: a scenario whose external nodes are the real machine, in real time.
 *
 * Everything that takes privileges is done before time begins: devices, the namespace, the folder of
 * the results. Then they are dropped. A privileged run works inside its results' folder, which it has
 * given away before: the way there may be closed to the user that it becomes.
 */
#include "cli/live.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "capture/file.h"
#include "cli/cli.h"
#include "live/privilege.h"
#include "topo/results.h"
#include "topo/series.h"

/* The results' folder, when it is worked in. */
struct inside {
	int before; /* the working directory of before; -1: still there */
	bool made;
};

static int enter_folder(struct live *l, struct inside *in)
{
	char *why = NULL;

	in->before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!file_folder(l->session.out, &in->made, &why))
		return session_machine(&l->session, why);
	if (chdir(l->session.out) < 0)
		return session_machine(&l->session, g_strdup_printf("%s: %s", l->session.out,
								    strerror(errno)));
	return CLI_OK;
}

/* A new folder with nothing in it goes. */
static void leave_folder(struct live *l, const struct inside *in)
{
	if (in->made && fchdir(in->before) == 0)
		rmdir(l->session.out);
	if (in->before >= 0)
		close(in->before);
}

/* The folder that is worked in and the run's own folders in it: whatever else is there is not ours to
 * give away. */
static bool give_results(const struct privilege *p)
{
	static const char *const ours[] = {RESULTS_CAPTURES, RESULTS_CONSOLE, SERIES_FOLDER};

	for (size_t i = 0; i < G_N_ELEMENTS(ours); i++)
		if (!privilege_give_folder(p, ours[i], true) && errno != ENOENT)
			return false;
	return privilege_give_folder(p, ".", false);
}

static int drop(struct live *l, const struct privilege *p)
{
	if (l->session.options.inside && !give_results(p))
		return session_machine(&l->session, g_strdup_printf("%s: cannot be given to %s: %s",
								    l->session.out, p->name,
								    strerror(errno)));
	if (!privilege_drop(p))
		return session_machine(&l->session, g_strdup_printf("live: privileges cannot be "
								    "dropped: %s", strerror(errno)));
	return CLI_OK;
}

static void tell_begin(const struct live *l, const struct privilege *p)
{
	FILE *to = l->session.report.to;

	if (!session_talks(&l->session))
		return;
	for (uint32_t i = 0; i < l->n; i++)
		fprintf(to, "live %s is %s%s%s\n", l->at[i].where, l->at[i].name,
			l->netns ? " in the namespace " : "", l->netns ? l->netns_name : "");
	fprintf(to, "live as %s, all capabilities dropped; Ctrl-C ends it\n", p->name);
	fflush(to);
}

static void tell_end(const struct live *l)
{
	FILE *to = l->session.report.to;

	if (!session_talks(&l->session))
		return;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct attachment *a = &l->at[i];

		fprintf(to, "live %s  %" G_GUINT64_FORMAT " frames in, %" G_GUINT64_FORMAT " out",
			a->name, a->device->in, a->device->out);
		if (a->refused || a->device->failed)
			fprintf(to, "; lost: %" G_GUINT64_FORMAT " of those in, %" G_GUINT64_FORMAT
				" of those out", a->refused, a->device->failed);
		fputc('\n', to);
	}
	if (l->pace.times)
		fprintf(to, "live behind the wall clock %" G_GUINT64_FORMAT " time%s by more than 10 ms, "
			"%.3f s in all, at most by %.1f ms\n", l->pace.times,
			l->pace.times == 1 ? "" : "s", (double)l->pace.behind_for / 1e9,
			(double)l->pace.late_max / 1e6);
	else
		fprintf(to, "live with the wall clock, at most %.1f ms behind\n",
			(double)l->pace.late_max / 1e6);
}

/* How it ended, once the loop has. */
static int conclude(struct live *l)
{
	struct session *s = &l->session;
	int status;

	/* Without a duration a signal is the end that was meant. */
	if (s->caught && !s->world->scenario->has_duration) {
		world_stop(s->world);
		s->caught = 0;
	}
	if (session_talks(s))
		progress_clear(&s->progress);
	tell_end(l);
	status = session_end(s);
	if (!l->gone)
		return status;
	cli_complain("live: '%s' is gone", l->gone->name);
	return CLI_MACHINE;
}

static int run(struct live *l, struct inside *in)
{
	struct privilege p;
	int status = live_attach_check(l);

	privilege_plan(&p);
	if (status == CLI_OK)
		status = live_attach_open(l);
	if (status == CLI_OK && l->session.options.inside)
		status = enter_folder(l, in);
	if (status == CLI_OK)
		status = session_begin(&l->session);
	if (status == CLI_OK)
		status = drop(l, &p);
	if (status != CLI_OK)
		return status;
	tell_begin(l, &p);
	live_loop(l);
	return conclude(l);
}

int cli_live(int argc, char **argv)
{
	struct live l = {0};
	struct inside in = {.before = -1};
	const GOptionEntry entries[] = {
		{"attach", 0, 0, G_OPTION_ARG_STRING_ARRAY, &l.specs,
		 "What the far end of an external node is: a TAP to be made, or an interface",
		 "NODE[:IFACE]=tap:NAME|if:NAME"},
		{"netns", 0, 0, G_OPTION_ARG_STRING, &l.netns_name,
		 "Make a network namespace with the TAPs, addresses and routes in it", "NAME"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	int status = CLI_WRONG;

	if (run_options_read(&l.session.options, "live", entries, argc, argv)) {
		l.session.options.inside = geteuid() == 0;
		status = session_prepare(&l.session);
	}
	if (status == CLI_OK)
		status = run(&l, &in);
	nt_free(l.session.world);
	l.session.world = NULL;
	live_attach_free(&l);
	leave_folder(&l, &in);
	session_fini(&l.session);
	return status;
}
