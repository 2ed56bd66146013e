/*
 * The scheduler: which thing happens next, and when.
 *
 * An event is embedded in its owner (a link direction, a timer of a socket, a sleeping process)
 * and stands in the heap at most once; arming, moving and cancelling it allocate nothing once the
 * heap has grown to its working size. Events fire in the order of (time, sequence number), and
 * each arming takes the next number, so that two events of the same instant fire in the order in
 * which they were armed: that, and nothing else, decides ties.
 *
 * An owner that stands for many future instants (a link direction with a hundred frames in
 * flight) takes a number for each of them when it learns of it (sched_ticket) and arms its one
 * event with the ticket of the next: the order is the same as if each had an event of its own.
 *
 * The heap is 4-ary with the keys inside the array, so that a comparison never follows a pointer.
 * While an event fires it still stands at the root: owners that re-arm themselves, which is
 * nearly all of them, cost one sift instead of a removal and an insertion.
 */
#ifndef CORE_SCHED_H
#define CORE_SCHED_H

#include "core/vtime.h"

struct event {
	void (*fire)(struct event *);
	uint32_t slot; /* position in the heap + 1; 0: not armed */
};

struct sched_entry {
	int64_t at;
	uint64_t seq;
	struct event *event;
};

struct sched {
	vtime now;
	uint64_t next_seq;
	uint32_t aside; /* armed events that only look: with nothing else left, nothing will happen */
	uint64_t fired; /* events so far: a figure for reports */
	struct sched_entry *heap;
	uint32_t count, room;
	struct event *firing; /* the event that fires now, while it has not re-armed itself */
};

void sched_init(struct sched *s);
void sched_fini(struct sched *s);

static inline void event_init(struct event *e, void (*fire)(struct event *))
{
	e->fire = fire;
	e->slot = 0;
}

/* Armed, and not the one that is firing just now. */
bool event_armed(const struct sched *s, const struct event *e);

/* When an armed event will fire. */
vtime event_at(const struct sched *s, const struct event *e);

/* The number that orders an instant among others of the same time; see above. */
static inline uint64_t sched_ticket(struct sched *s)
{
	return s->next_seq++;
}

/* Arms or moves an event. A time in the past means now: time never runs backwards. */
void event_arm_ticket(struct sched *s, struct event *e, vtime at, uint64_t seq);

static inline void event_arm(struct sched *s, struct event *e, vtime at)
{
	event_arm_ticket(s, e, at, sched_ticket(s));
}

/* Legal on an event that is not armed, and from within its own fire(). */
void event_cancel(struct sched *s, struct event *e);

/* The instant of the next event, VTIME_NEVER if there is none but those aside. */
vtime sched_next(const struct sched *s);

/*
 * Fires the next event if it is not later than limit, and moves time to it.
 * Returns false, time unmoved, if there is none.
 */
bool sched_step(struct sched *s, vtime limit);

/* Moves time on to t; every event before must have fired, but for those aside, which then do. */
void sched_advance(struct sched *s, vtime t);

#endif
