/*
 * The command line: main() picks a row of a table, one file per subcommand does
 * the work. Data goes to standard output, everything else to standard error.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>

#include <glib.h>

#include "process/program.h"
#include "topo/scenario.h"

struct internet;

/* What every subcommand returns and netarium exits with. */
enum cli_status {
	CLI_OK = 0,
	CLI_EXPECT = 1,		/* an expectation failed */
	CLI_WRONG = 2,		/* the scenario or the command line is wrong */
	CLI_MACHINE = 3,	/* the machine failed us: disk full, not writable */
};

/* A subcommand: argv[0] is its name. */
struct cli_command {
	const char *name;
	const char *args;	/* "FILE [OPTION...]" */
	const char *says;	/* one line */
	int (*run)(int argc, char **argv);
};

/* Ends with a row whose name is NULL. */
extern const struct cli_command cli_commands[];

int cli_run(int argc, char **argv);
int cli_live(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_graph(int argc, char **argv);
int cli_plot(int argc, char **argv);
int cli_schema(int argc, char **argv);
int cli_help(int argc, char **argv);

/* Runs the subcommand of that name, or complains with the nearest. */
int cli_dispatch(const char *name, int argc, char **argv);

/* Parses a subcommand's options; what is left in *argv are its arguments. On
 * failure one sentence stands on standard error; return CLI_WRONG then. */
bool cli_options(const char *command, const GOptionEntry *entries, int *argc, char ***argv);

/* One sentence on standard error, with "netarium: " before it. */
void cli_complain(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Loads a scenario, checked against the programs and libpcap that are here. NULL
 * after its sentence went to standard error; return CLI_WRONG then. `sets` is
 * NULL-terminated, or NULL. */
struct scenario *cli_load(const char *file, char **sets);

/* What a scenario describes, with all that only its builder can find out (a pool that is too small,
 * ...). NULL after its sentence went to standard error; return CLI_WRONG then. */
struct internet *cli_build(const struct scenario *s);

/* Flushes standard output: CLI_OK, or CLI_MACHINE with a sentence. */
int cli_flush(void);

/* Whether to colour what goes to a stream: it is a terminal and NO_COLOR is unset
 * or empty (no-color.org). */
bool cli_colors(int fd);

#endif
