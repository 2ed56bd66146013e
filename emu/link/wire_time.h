/*
 * When a frame leaves and when it arrives: the arithmetic of a direction, for sending and for
 * timing anew. Private to link/.
 */
#ifndef LINK_WIRE_TIME_H
#define LINK_WIRE_TIME_H

#include "link/link_dir.h"
#include "link/trace.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* When a frame's first bit leaves, and its last. */
struct span {
	vtime start, finish;
};

/* How long a frame of this length takes; kept, because the next one is often as long. */
static inline void wire_measure(struct link_dir *d, uint32_t len)
{
	uint32_t bytes = (len < LINK_MIN_FRAME ? LINK_MIN_FRAME : len) + d->overhead;
	uint64_t bits_in_ns = (uint64_t)bytes * 8 * NS_PER_S;

	d->timed_len = len;
	d->timed_ns = (int64_t)(bits_in_ns / d->rate);
	d->timed_fraction = bits_in_ns % d->rate;
}

/* Takes the wire for a frame that waits from `from` on. */
static inline struct span wire_take(struct link_dir *d, const struct packet *p, vtime from)
{
	struct span s;

	if (d->busy_until.ns < from.ns) {
		d->busy_until = from;
		d->fraction = 0;
	}
	s.start = d->busy_until;
	if (unlikely(d->trace)) {
		trace_take(d->trace, s.start, packet_l3_len(p) + TRACE_PACKET_HEADER, &s.start,
			   &s.finish);
		d->busy_until = s.finish;
	} else if (d->rate) {
		uint32_t len = packet_len(p);

		if (unlikely(len != d->timed_len))
			wire_measure(d, len);
		d->busy_until.ns += d->timed_ns;
		d->fraction += d->timed_fraction;
		if (d->fraction >= d->rate) {
			d->fraction -= d->rate;
			d->busy_until.ns++;
		}
	}
	s.finish = d->busy_until;
	return s;
}

/*
 * Settles when a frame arrives that has left at finish: not before an in-order frame sent earlier,
 * and by hold later than that, out of order, if hold is not 0.
 */
static inline void frame_settle(struct link_dir *d, struct packet *p, vtime finish, vtime jitter,
				vtime hold)
{
	vtime at = vtime_add(vtime_add(finish, d->delay), jitter);

	at = vtime_max(vtime_max(at, finish), d->last_at);
	if (unlikely(hold.ns > 0))
		p->at = vtime_add(at, hold);
	else
		p->at = d->last_at = at;
}

static inline bool packet_before(const struct packet *a, const struct packet *b)
{
	return a->at.ns < b->at.ns || (a->at.ns == b->at.ns && a->ticket < b->ticket);
}

#endif
