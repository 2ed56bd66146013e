/*
 * CoDel (RFC 8289): drops from the head of a queue when even the shortest wait of the last interval
 * was longer than the target.
 *
 * One controller; codel has one and fq_codel one for each flow. Its variables are the RFC's (5.3),
 * its square root is exact where Linux has an approximation.
 */
#ifndef LINK_CODEL_H
#define LINK_CODEL_H

#include "link/qdisc.h"

struct codel {
	vtime first_above; /* when the wait has been too long for an interval; 0: it is not */
	vtime drop_next;   /* while dropping: when to drop again */
	uint32_t count;    /* drops since it began to drop */
	uint32_t lastcount;
	bool dropping;
	vtime delay;       /* of the last frame looked at */
};

/* When the next drop is due after one at t (RFC 8289 5.3, control_law). */
vtime codel_law(vtime t, vtime interval, uint32_t count);

/* The next frame of f, which is q's queue or one of them; the reason is what drops have. */
struct packet *codel_dequeue(struct codel *c, struct qdisc *q, struct fifo *f,
			     enum drop_reason reason, vtime now);

#endif
