/*
 * netarium live: a scenario whose external nodes are the real machine, in real time.
 *
 * Everything that takes privileges is done before time begins: devices, the namespace, the folder of
 * the results. Then they are dropped.
 */
#include "cli/live.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/live_folder.h"

static int drop(struct live *l, const struct privilege *p, const struct live_folder *f)
{
	int status = f ? live_folder_give(l, f, p) : CLI_OK;

	if (status == CLI_OK && !privilege_drop(p))
		return session_machine(&l->session, g_strdup_printf("live: privileges cannot be "
								    "dropped: %s", strerror(errno)));
	return status;
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

static int run(struct live *l, struct live_folder *f)
{
	struct privilege p;
	int status = live_attach_check(l);

	privilege_plan(&p);
	if (status == CLI_OK)
		status = live_attach_open(l);
	if (status == CLI_OK && l->session.options.inside)
		status = live_folder_enter(l, f, &p);
	if (status == CLI_OK)
		status = session_begin(&l->session);
	if (status == CLI_OK)
		status = drop(l, &p, l->session.options.inside ? f : NULL);
	if (status != CLI_OK)
		return status;
	tell_begin(l, &p);
	live_loop(l);
	return conclude(l);
}

int cli_live(int argc, char **argv)
{
	struct live l = {0};
	struct live_folder folder = {.before = -1};
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
		status = run(&l, &folder);
	nt_free(l.session.world);
	l.session.world = NULL;
	live_attach_free(&l);
	live_folder_leave(&l, &folder);
	session_fini(&l.session);
	return status;
}
