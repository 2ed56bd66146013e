/*
 * Scenarios as this program knows them: checked against the programs that a host can run and the
 * filters that libpcap takes.
 */
#ifndef LIB_LOAD_H
#define LIB_LOAD_H

#include "topo/scenario.h"

/* text NULL: from the file of that name; else it stands for the text in sentences and includes.
 * sets: NULL-terminated, or NULL. */
struct scenario *load_scenario(const char *file, const char *text, char **sets, GError **error);

/* scenario_options.arguments of these: what a program of ours says to its words, process/paper.h. */
bool load_arguments(int argc, char *const *argv, paper_host_fn known, void *data,
		    struct paper_fault *fault);

#endif
