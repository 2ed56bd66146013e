/*
 * The command line of `netarium run`.
 */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct run_options {
	char *file;  /* the scenario */
	char **sets; /* NULL-terminated, or NULL: those of --set, then the one of --seed */
	char *out;   /* NULL: out/SCENARIO */
	bool json, quiet, no_capture;
	uint32_t snaplen; /* 0: as the scenario says */
};

/* False after one sentence on standard error. Either way run_options_fini() frees what was read. */
bool run_options_read(struct run_options *o, int argc, char **argv);
void run_options_fini(struct run_options *o);

#endif
