/*
 * Hints: what is no mistake, and yet can hardly be meant.
 *
 * A scenario that passes every check can be one in which nothing arrives. What is said here is what
 * can be seen without running it, and only where somebody is affected for certain:
 *
 * - a program's command names a host to which there is no way but through a host that forwards
 *   nothing, or which has no link, or whose caller has none (hint_way.c);
 * - an address that was given shares no network with anybody on its segment (segments.h);
 * - an interface waits for DHCP where no server is.
 *
 * What a program's words mean is asked of its own parser, so a word that only looks like a name is
 * none. External nodes may do anything: what they could put right is not told.
 */
#ifndef TOPO_BUILD_HINT_H
#define TOPO_BUILD_HINT_H

#include "process/paper.h"
#include "topo/build/segments.h"

/* As scenario_options.arguments: `known` is asked for each host that the command line names. */
typedef bool (*hint_arguments_fn)(int argc, char *const *argv, paper_host_fn known, void *data,
				  struct paper_fault *fault);

/* A line for each hint, "FILE:LINE:COL: hint: ...", as place_error() sorts and cuts them; NULL: none.
 * The scenario is one that internet_new() can build. Freed with g_free(). */
char *hints_find(const struct scenario *s, hint_arguments_fn arguments);

/* hint_way.c: adds what it finds to *hints, by place_error(). */
void hint_ways(const struct segments *g, hint_arguments_fn arguments, GError **hints);

#endif
