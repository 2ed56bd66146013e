/*
 * The command line of `netarium run`, and of the subcommands that take its options too.
 */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct run_options {
	const char *command;
	char *file;  /* the scenario */
	char **sets; /* NULL-terminated, or NULL: those of --set, then the one of --seed */
	char *out;   /* NULL: out/SCENARIO */
	bool json, quiet, no_capture;
	bool inside; /* the working directory will be the output folder: it is written by "." */
	uint32_t snaplen; /* 0: as the scenario says */
};

/*
 * False after one sentence on standard error. Either way run_options_fini() frees what was read.
 * more: options of the subcommand's own, or NULL.
 */
bool run_options_read(struct run_options *o, const char *command, const GOptionEntry *more,
		      int argc, char **argv);
void run_options_fini(struct run_options *o);

#endif
