/*
 * A direction with a queue discipline: frames wait in the discipline until the wire takes them up.
 * Private to link/.
 *
 *     link_queue_send -> discipline -> (wire free) -> link_dir_transmit -> pipe -> arrival
 *
 * The direction's event is armed for what comes first, the arrival of the pipe's head or, while
 * somebody waits, the instant at which the wire is ready for the next frame. Under a trace that is
 * the next opportunity, so that frames leave the queue no earlier than they must.
 *
 * A change of parameters leaves those who wait where they are; they follow the new rate, delay,
 * limit and settings. A change to another discipline hands them over in order, with the time they
 * have waited; a change to drop-tail puts them all into the pipe. What stands in the pipe when a
 * discipline comes (drop-tail's waiting frames too) goes before those it will get.
 */
#ifndef LINK_LINK_QUEUE_H
#define LINK_LINK_QUEUE_H

#include "link/link_dir.h"
#include "link/qdisc.h"

struct link_queue {
	struct qdisc *qdisc;
	bool waiting;    /* somebody waits, and */
	vtime ready;     /* this is when the wire is ready, */
	uint64_t ticket; /* and its order among others of that instant */
};

/* Takes a frame that fits the link, which is up (consumes it). */
void link_queue_send(struct link_dir *d, struct packet *p, vtime now);

/* Makes, changes or removes the queue as d->params say; rate, delay and limit are set. */
void link_queue_change(struct link_dir *d);

/* Everyone who waits ends with the reason, at the link; the discipline starts anew. */
void link_queue_clear(struct link_dir *d, enum drop_reason r);

/* Arms the direction's event for what comes first. */
void link_queue_arm(struct link_dir *d);

/* Nobody waits. NULL is fine. */
void link_queue_free(struct link_queue *queue);

#endif
