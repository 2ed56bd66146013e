/*
 * A scenario from its file to its results, for the subcommands that play one.
 *
 *     struct session s = {0};                  zeroed; options read into s.options
 *     session_prepare(&s)                      all that can be wrong with the scenario
 *     session_begin(&s)                        the folder, the services, time 0; signals are caught
 *     session_play(&s)                         or whatever moves time while session_goes_on()
 *     session_end(&s)                          results, lines; what to exit with
 *     session_fini(&s)
 *
 * Until the scenario is known to be right nothing is written. Then: the output folder, the
 * captures, the run, the captures' end, the consoles, and results.json last, so that whoever finds
 * it finds everything it names.
 *
 * Those that return int: CLI_OK, or the exit status after a sentence on standard error.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/progress.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "lib/world.h"

struct session {
	struct run_options options;
	char *out; /* the output folder */
	struct nt_world *world;
	struct progress progress;
	struct report report;
	int caught; /* signal that ended the run; 0: none */
};

int session_prepare(struct session *r);
int session_begin(struct session *r);
void session_play(struct session *r);
int session_end(struct session *r);
void session_fini(struct session *r);

/* False: a signal came, or the disk is full. Looks for both, and draws the bar. */
bool session_goes_on(struct session *r);

/* Whether lines for people are wanted. */
bool session_talks(const struct session *r);

/* Says why the machine failed us, frees that, returns CLI_MACHINE. */
int session_machine(struct session *r, char *why);

#endif
