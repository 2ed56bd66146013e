/*
 * The bar that shows how far a run is: virtual time, how much faster than the wall clock it goes,
 * and what is left. On standard error, only on a terminal, redrawn at most ten times a second. It
 * occupies one line, which progress_clear() takes away before something else is printed.
 *
 * This is the one place that reads the wall clock; nothing of it reaches a file.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>

#include "core/vtime.h"

struct progress {
	bool on, drawn, colors;
	vtime end;           /* of the run; VTIME_NEVER: not known */
	double begun, drawn_at; /* wall clock, s */
};

/* wanted: false (--quiet) never draws. end: VTIME_NEVER when the run has no duration. */
void progress_init(struct progress *p, bool wanted, vtime end);

/* As often as the caller likes. events: fired so far. */
void progress_show(struct progress *p, vtime now, uint64_t events);

void progress_clear(struct progress *p);

/* Exposed for its test: the text of the line, without colour. elapsed: seconds of the wall clock
 * since the run began. */
void progress_line(char *text, size_t size, vtime now, vtime end, double elapsed, uint64_t events);

#endif
