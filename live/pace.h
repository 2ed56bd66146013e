/*
 * Virtual time beside the wall clock: how far it may go, and how well it kept up.
 *
 * The clock is CLOCK_MONOTONIC since pace_begin(). Whoever moves time asks pace_now() how far it
 * may go, and says pace_late() when something was due and happens only now. Less than PACE_FINE is
 * what a machine with other things to do takes to wake up.
 */
#ifndef LIVE_PACE_H
#define LIVE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_FINE INT64_C(10000000) /* ns */

struct pace {
	int64_t began;    /* CLOCK_MONOTONIC, ns */
	int64_t late_max; /* ns */
	uint64_t times;   /* it fell behind by more than PACE_FINE; */
	int64_t behind_for, behind_since; /* for so long in all; since -1: it is not behind */
	bool told;
};

void pace_begin(struct pace *p);

/* ns since the beginning. */
int64_t pace_now(const struct pace *p);

/* At now, what was due `late` ns ago begins to happen; 0: nothing is due. True: this is the first
 * time that it is more than PACE_FINE. */
bool pace_late(struct pace *p, int64_t now, int64_t late);

#endif
