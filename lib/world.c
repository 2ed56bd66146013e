/* A world from its file to its results: load, time, finish. */
#include "lib/world.h"

#include <string.h>

#include "lib/load.h"
#include "lib/result.h"
#include "programs/programs.h"
#include "topo/outcome/results.h"

/* ---- load ---- */

static bool refuse(GError *why, char **error)
{
	sentence(error, why->message);
	g_error_free(why);
	return false;
}

static char **sets_of(const struct nt_options *o)
{
	uint32_t n = 0, count = 0;

	while (o->sets && o->sets[count])
		count++;
	char **sets = g_new0(char *, count + 2);
	for (; n < count; n++)
		sets[n] = g_strdup(o->sets[n]);
	if (o->has_seed)
		sets[n] = g_strdup_printf("seed=%" G_GUINT64_FORMAT, o->seed);
	return sets;
}

static bool build(struct nt_world *w, const char *file, const char *text, char **sets,
		  GError **error)
{
	w->scenario = load_scenario(file, text, sets, error);
	if (!w->scenario)
		return false;
	w->internet = internet_new(w->scenario, error);
	if (!w->internet)
		return false;
	w->expects = expects_new(w->internet, error);
	return w->expects != NULL;
}

struct nt_world *world_read(const char *file, const char *text, const struct nt_options *options,
			    char **error)
{
	struct nt_world *w = nt_calloc(1, sizeof(*w));
	GError *why = NULL;
	char **sets = sets_of(options);
	bool ok = build(w, file, text, sets, &why);

	g_strfreev(sets);
	if (!ok) {
		refuse(why, error);
		nt_free(w);
		return NULL;
	}
	hosts_init(w);
	return w;
}

bool world_capture(struct nt_world *w, const char *out, const struct nt_options *options,
		   char **error)
{
	GError *why = NULL;

	if (!out)
		return true;
	w->out = g_strdup(out);
	g_autofree char *series = g_strdup_printf("%s/" SERIES_FOLDER, out);
	w->series = series_new(w->internet, series);
	g_autofree char *folder = g_strdup_printf("%s/" RESULTS_CAPTURES, out);
	return options->no_capture ||
	       captures_init(&w->captures, w->internet, folder, options->snaplen, &why) ||
	       refuse(why, error);
}

/* Sentences of the rooms below, given on. */
static bool give_up(char *why, char **error)
{
	sentence(error, why);
	free(why);
	return false;
}

bool world_begin(struct nt_world *w, const struct play_watch *watch, void *arg, char **error)
{
	char *why = NULL;

	if (w->out && !outdir_begin(&w->outdir, w->out, &why))
		return give_up(why, error);
	if (w->captures.set && !capture_set_begin(w->captures.set, &why))
		return give_up(why, error);
	if (!series_begin(w->series, &why))
		return give_up(why, error);
	w->play = play_new(w->internet, program_find, watch, arg);
	return true;
}

static struct nt_world *load(const char *file, const char *text, const struct nt_options *given,
			     char **error)
{
	struct nt_options o = {.size = sizeof(o)};
	struct nt_world *w;

	/* A caller that was compiled with an older header knows fewer members. */
	if (given)
		memcpy(&o, given, given->size < sizeof(o) ? given->size : sizeof(o));
	w = world_read(file, text, &o, error);
	if (w && world_capture(w, o.out, &o, error) && world_begin(w, NULL, NULL, error))
		return w;
	nt_free(w);
	return NULL;
}

struct nt_world *nt_load(const char *file, const struct nt_options *options, char **error)
{
	return load(file, NULL, options, error);
}

struct nt_world *nt_load_text(const char *text, const char *name, const struct nt_options *options,
			      char **error)
{
	return load(name, text, options, error);
}

void nt_free(struct nt_world *w)
{
	if (!w)
		return;
	captures_fini(&w->captures);
	ports_close_all(w);
	hosts_fini(w);
	expects_free(w->expects);
	play_free(w->play);
	internet_free(w->internet);
	series_free(w->series);
	scenario_free(w->scenario);
	outdir_end(&w->outdir, w->finished);
	g_free(w->out);
	free(w);
}

/* ---- time ---- */

int64_t nt_now(const struct nt_world *w)
{
	return world_now(world_of(w)).ns;
}

int64_t nt_next_event(const struct nt_world *w)
{
	return sched_next(&world_of(w)->sched).ns;
}

int nt_advance_to(struct nt_world *w, int64_t at)
{
	bool moved;

	if (w->advancing)
		return status(-EDEADLK);
	if (w->finished || at < nt_now(w))
		return status(-EINVAL);
	w->advancing = true;
	moved = play_run_to(w->play, vtime_ns(at));
	w->advancing = false;
	return moved ? 0 : status(-ELOOP);
}

bool world_run(struct nt_world *w, uint32_t events)
{
	w->advancing = true;
	bool more = play_run(w->play, events);
	w->advancing = false;
	return more;
}

void world_stop(struct nt_world *w)
{
	play_stop(w->play);
}

bool nt_over(const struct nt_world *w)
{
	return play_over(w->play);
}

/* ---- finish ---- */

static struct results results_of(const struct nt_world *w, bool interrupted)
{
	return (struct results){
		.play = w->play,
		.expects = w->expects,
		.captures = w->captures.set,
		.series = w->series,
		.interrupted = interrupted,
	};
}

static bool write_all(struct nt_world *w, char **error)
{
	const struct results r = results_of(w, w->interrupted);
	char *why = NULL;

	if (w->captures.set && !capture_set_finish(w->captures.set, r.interrupted, &why))
		return give_up(why, error);
	if (series_error(w->series))
		return give_up(nt_strdup(series_error(w->series)), error);
	if (w->out && !results_write(&r, w->out, &why))
		return give_up(why, error);
	return true;
}

int nt_finish(struct nt_world *w, char **error)
{
	if (w->advancing || w->finished) {
		sentence(error, w->finished ? "the run is finished already"
					    : "a callback cannot end the run");
		return status(w->finished ? -EINVAL : -EDEADLK);
	}
	w->interrupted = play_stuck(w->play) || !play_over(w->play);
	series_finish(w->series);
	hosts_end(w);
	play_end(w->play);
	expects_judge(w->expects, w->play);
	if (!write_all(w, error))
		return status(-EIO);
	w->finished = true;
	return 0;
}

char *nt_results(const struct nt_world *w)
{
	const struct results r = results_of(w, w->interrupted);
	size_t len;

	if (!w->finished)
		return errno = EINVAL, NULL;
	return results_json(&r, &len);
}

unsigned nt_failed(const struct nt_world *w)
{
	return w->finished ? expects_failed(w->expects) : 0;
}

const char *nt_version(void)
{
	return NETARIUM_VERSION;
}
