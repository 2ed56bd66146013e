/*
 * Where something stands in a scenario: file, line and column, both counted
 * from 1. Whatever can turn out wrong later keeps its place, so that even an
 * error found while the world is built points into the text.
 *
 * `file` is interned (g_intern_string) and never freed, so a place is a plain
 * value. For a value given with --set, `file` is the whole option as typed
 * ("--set links.wan.loss=2%") and `line` is 0.
 */
#ifndef TOPO_YAML_PLACE_H
#define TOPO_YAML_PLACE_H

#include <stdint.h>

#include <glib.h>

struct place {
	const char *file;
	uint32_t line;
	uint32_t col;
};

/* The domain of every error that a scenario can cause. */
#define TOPO_ERROR topo_error_quark()
GQuark topo_error_quark(void);

/*
 * Adds one sentence, "FILE:LINE:COL: " and the formatted words; ends without a full stop. Line 0 (a
 * --set) leaves the numbers out. `error` may be NULL.
 *
 * An error of this domain is a list: its message has a line for each sentence, in the order of
 * their places whatever the order in which they were found, at most PLACE_ERRORS_MAX and then
 * "and N more". So who reads a scenario goes on behind a mistake as long as what comes does not
 * depend on it. Of one place only the first sentence is kept.
 */
#define PLACE_ERRORS_MAX 20
void place_error(GError **error, struct place at, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
