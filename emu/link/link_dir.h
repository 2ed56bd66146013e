/*
 * One direction of a link, the fast path of the emulator. Private to link/.
 *
 * The pipe is a list of frames in the order of (at, ticket), linked through packet->next:
 *
 *     head -> A -> B -> C -> held -> held
 *                       ^ tail: the last frame that keeps its place in the order of sending
 *
 * In-order frames never arrive before the one sent before them, so a new frame belongs behind
 * tail, and only frames that were held back (`reorder`) can stand behind that: on a link without
 * reordering tail is the end of the list. Whatever a frame's arrival depends on is settled when
 * it is handed over; the event is armed for head and for nothing else.
 *
 * busy_until + fraction / rate is when the wire is free again, exactly: the nanosecond and what is
 * left of it, so that a long train of frames takes exactly as long as its bits. Each frame's start
 * and finish are that, rounded down.
 */
#ifndef LINK_LINK_DIR_H
#define LINK_LINK_DIR_H

#include "link/link.h"

struct backlog;
struct impair;
struct link_queue;
struct trace_cursor;

struct link_dir {
	struct event arrive;
	struct packet *head, *tail;
	vtime busy_until;
	uint64_t fraction; /* of a nanosecond, in units of 1 / rate */
	int64_t timed_ns;  /* what a frame of timed_len takes, as busy_until and fraction */
	uint64_t timed_fraction;
	uint32_t timed_len; /* 0: none measured since the rate changed */
	uint32_t overhead;
	vtime last_at;     /* when the last in-order frame arrives */
	uint64_t rate;     /* a copy, as are overhead and delay: what every frame asks for */
	vtime delay;
	uint32_t too_long; /* the least IP length that does not just pass: MTU + 1; 0: none does,
			    * the link is down or has a discipline */
	struct backlog *backlog;    /* frames that wait for the wire; NULL until one had to */
	struct impair *impair;      /* NULL until the parameters want one */
	struct trace_cursor *trace; /* NULL without a trace */
	uint64_t limit;             /* of the queue, in packets or bytes; see params */
	const struct link_params *params;
	struct iface *from, *to;
	struct link *link;
	struct link_counters counters;
	struct link_queue *queue;   /* its discipline; NULL: drop-tail */
};

struct link {
	struct site site;
	struct link_dir dir[2];
	bool up;
	char name[];
};

void link_dir_init(struct link_dir *d, struct link *l, struct iface *from, struct iface *to,
		   const struct link_params *params);

/* The pipe must be empty. */
void link_dir_fini(struct link_dir *d);

void link_dir_set_params(struct link_dir *d, const struct link_params *params);

/* Follows link->up. */
void link_dir_set_up(struct link_dir *d);

/*
 * Empties queue and wire: each frame ends with the reason, at the link; those that the wire has
 * already lost with their own reason.
 */
void link_dir_clear(struct link_dir *d, enum drop_reason r);

/* Forgets the frames that have begun to leave; what remains waits now. NULL: none ever had to. */
struct backlog *link_dir_backlog(struct link_dir *d);

/* Puts a frame on the wire behind those before it, and decides what becomes of it there. */
void link_dir_transmit(struct link_dir *d, struct packet *p, vtime now);

/* The frame at the head of the pipe is there. The event of a direction without a discipline; and for
 * one with it. */
void link_dir_arrive(struct event *e);
void link_dir_arrive_queued(struct link_dir *d);

/* Arms the event for the head of the pipe, or cancels it. */
void link_dir_arm(struct link_dir *d);

/* bit/s, of a trace on average; 0: unlimited. */
uint64_t link_dir_rate(const struct link_dir *d);

#endif
