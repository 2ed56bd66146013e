/*
 * What a wire does to frames besides carrying them: it loses, duplicates, holds back, damages and
 * delays them unevenly.
 *
 * Decisions are drawn when a frame is handed over, in the order of sending, from the direction's
 * own random stream ("link NAME forward" or "... reverse"). The state belongs to a direction and
 * exists only for one whose parameters ever asked for an impairment; the stream goes on when
 * parameters change, and the loss model begins anew when it is another one.
 */
#ifndef LINK_IMPAIR_H
#define LINK_IMPAIR_H

#include "core/rng.h"
#include "link/link.h"

struct impair {
	struct rng rng;
	uint64_t frames;      /* that the present loss model has judged */
	uint32_t next_listed; /* LISTED: the first number not yet passed */
	bool bad;             /* GILBERT_ELLIOTT: in the bad state */
};

/* What becomes of one frame. */
struct fate {
	bool lost;
	bool duplicate;
	bool corrupt;
	enum drop_reason reason; /* if lost, */
	uint64_t detail;         /* and its detail */
	vtime jitter;            /* added to the delay; may be negative, but not below -delay */
	vtime hold;              /* > 0: held back by so much, out of order */
};

bool impair_wanted(const struct link_params *params);

struct impair *impair_new(uint64_t seed, const char *link_name, int direction);

/* Parameters changed: the loss model starts anew if it is another. */
void impair_change(struct impair *s, const struct link_params *from,
		   const struct link_params *to);

/* Draws the fate of the next frame. A lost frame is neither duplicated, held back nor damaged. */
struct fate impair_draw(struct impair *s, const struct link_params *params);

/*
 * Flips one bit between IP header and end, in a payload of the packet's own, fills in the checksums
 * before, and notes "corrupted on NAME: bit B of byte N": N counts from 0 at the start of the
 * frame, B is 0 for the least significant. A packet without IP bytes stays as it is.
 */
void impair_corrupt(struct impair *s, struct packet *p, const char *link_name);

#endif
