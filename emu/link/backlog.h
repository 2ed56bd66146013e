/*
 * The frames that wait for their turn on a wire: a growable ring in the order of sending.
 *
 * It is a record beside the pipe (link_dir.h), not a queue that frames pass through: a frame
 * stands here from the moment it is handed over until the wire takes it up, and entries whose
 * start has passed are forgotten when someone next looks. It exists to know how long the queue is,
 * and to time the waiting frames anew when the link's rate changes.
 */
#ifndef LINK_BACKLOG_H
#define LINK_BACKLOG_H

#include "core/packet.h"

struct backlog_entry {
	vtime start, finish;   /* when its first bit leaves, and its last */
	vtime jitter, hold;    /* what impairments drew for it (impair.h) */
	struct packet *packet; /* valid as long as start lies ahead */
	uint32_t bytes;
};

struct backlog {
	uint64_t bytes; /* of all entries */
	uint32_t first, count;
	uint32_t mask; /* size - 1; the size is a power of two */
	struct backlog_entry ring[];
};

/* Appends an entry; the first one makes the ring. */
void backlog_push(struct backlog **b, const struct backlog_entry *e);

static inline struct backlog_entry *backlog_at(struct backlog *b, uint32_t i)
{
	return &b->ring[(b->first + i) & b->mask];
}

/* Forgets entries that have begun by now. */
static inline void backlog_expire(struct backlog *b, vtime now)
{
	while (b->count && b->ring[b->first].start.ns <= now.ns) {
		b->bytes -= b->ring[b->first].bytes;
		b->first = (b->first + 1) & b->mask;
		b->count--;
	}
}

static inline void backlog_clear(struct backlog *b)
{
	b->bytes = b->count = 0;
}

#endif
