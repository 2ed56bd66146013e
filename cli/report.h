/*
 * A run in lines for people: one for each step, with its virtual time and its result, then the
 * expectations that failed and where the captures are.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdio.h>

#include "capture/capture.h"
#include "topo/outcome/expect.h"
#include "topo/outcome/series.h"

struct report {
	FILE *to;
	bool colors;
	int who_width, what_width; /* of the columns */
};

void report_init(struct report *r, FILE *to, bool colors, const struct scenario *s);

/* A step: of a `do`, when all its processes have ended; of the others, when it happened. */
void report_step(const struct report *r, const struct play *p, uint32_t step);

/* A step that never began. */
void report_missed(const struct report *r, const struct play *p, uint32_t step);

/* A service that ended with a failure. */
void report_service(const struct report *r, const struct play *p, const struct play_process *row);

/* What was wanted and what came, of each expectation that failed. */
void report_failures(const struct report *r, const struct expects *e);

/* How many expectations hold, and which files were written. */
void report_end(const struct report *r, const struct expects *e, const struct capture_set *captures,
		const struct series *series, const char *folder);

#endif
