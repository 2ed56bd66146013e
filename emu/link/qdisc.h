/*
 * Queue disciplines: who waits in front of a wire, who goes next, and who is dropped or marked so
 * that senders slow down.
 *
 * A discipline is a table of const hooks around a state that begins with struct qdisc; a new one is
 * one file with its table and one row of QDISC_KINDS (qdisc_params.h). It knows nothing of links:
 * whoever owns it (link_queue.c) calls, with virtual time as an argument,
 *
 *     qdisc_enqueue   a frame begins to wait, or dies, or somebody else does in its place
 *     qdisc_dequeue   the wire is free: the next frame, after those were dropped that had to be
 *     qdisc_take      the next frame without judgement: the queue is being cleared or handed over
 *
 * A frame that waits carries in packet->at the instant when it began to (nothing is in flight that
 * would need the field), which is how sojourn times are known. Disciplines have no timers: what the
 * RFCs do at fixed intervals is done for all intervals that have passed when next a frame comes or
 * goes, which nobody can tell from a timer.
 *
 * Frames die through qdisc_drop() and are marked through qdisc_mark(), which count; nothing is lost
 * without a reason.
 */
#ifndef LINK_QDISC_H
#define LINK_QDISC_H

#include "core/rng.h"
#include "core/world.h"
#include "link/link.h"

struct qdisc;

#define QDISC_FIGURES 12

/* One figure of a discipline, by its name in `tc -s qdisc`. */
struct qdisc_figure {
	const char *name;
	double value;
	bool whole; /* a count */
};

struct qdisc_ops {
	const char *name;  /* "fq_codel" */
	const char *words; /* "FQ-CoDel", for captures */
	size_t size;       /* of the state, which begins with struct qdisc */
	/* The rest of the state is zero, or that of an empty queue that starts again. */
	void (*init)(struct qdisc *q, vtime now);
	void (*fini)(struct qdisc *q);              /* may be NULL */
	void (*change)(struct qdisc *q, vtime now); /* other parameters or limit; may be NULL */
	void (*enqueue)(struct qdisc *q, struct packet *p, vtime now); /* consumes p */
	struct packet *(*dequeue)(struct qdisc *q, vtime now); /* NULL: none is left */
	struct packet *(*take)(struct qdisc *q);
	uint32_t (*figures)(const struct qdisc *q, struct qdisc_figure *f); /* how many */
};

/* Where a discipline stands: what its owner knows and it has to. */
struct qdisc_place {
	struct site *site;  /* where its frames die */
	const char *stream; /* name of its random stream; for qdisc_new() */
	struct link_counters *counters;
	uint64_t rate;      /* bit/s, of a trace on average; 0: unlimited */
	uint64_t limit;     /* packets or bytes that may wait */
	bool limit_bytes;
	uint32_t mtu;       /* bytes of the largest frame */
};

struct qdisc {
	const struct qdisc_ops *ops;
	struct qdisc_params params;
	struct qdisc_place place;
	bool idle;         /* set by the owner: the frame at hand need not wait */
	uint32_t packets;  /* that wait */
	uint64_t bytes;    /* of them */
	vtime delay;       /* how long the last frame waited that left */
	uint64_t drops[DROP_REASON_COUNT];
	struct rng rng;
};

/* In the order of arrival. */
struct fifo {
	struct packet *head, *tail;
	uint64_t bytes;
};

struct qdisc *qdisc_new(const struct qdisc_params *params, const struct qdisc_place *place,
			vtime now);

/* Nothing waits any more. NULL is fine. */
void qdisc_free(struct qdisc *q);

/* Whether other parameters want another discipline, not this one with other settings. */
bool qdisc_differs(const struct qdisc *q, const struct qdisc_params *params);

void qdisc_change(struct qdisc *q, const struct qdisc_params *params,
		  const struct qdisc_place *place, vtime now);

/* The queue is empty and forgets what it has learnt. */
void qdisc_reset(struct qdisc *q, vtime now);

void qdisc_enqueue(struct qdisc *q, struct packet *p, vtime now);

/* The same for a frame that has waited in another queue since p->at. */
void qdisc_adopt(struct qdisc *q, struct packet *p, vtime now);

struct packet *qdisc_dequeue(struct qdisc *q, vtime now);
struct packet *qdisc_take(struct qdisc *q);

uint32_t qdisc_figures(const struct qdisc *q, struct qdisc_figure *f);

/* For the disciplines. */

static inline void qdisc_push(struct qdisc *q, struct fifo *f, struct packet *p)
{
	uint32_t len = packet_len(p);

	p->next = NULL;
	if (f->head)
		f->tail->next = p;
	else
		f->head = p;
	f->tail = p;
	f->bytes += len;
	q->bytes += len;
	q->packets++;
}

/* NULL if nobody waits. */
static inline struct packet *qdisc_pop(struct qdisc *q, struct fifo *f)
{
	struct packet *p = f->head;
	uint32_t len;

	if (!p)
		return NULL;
	len = packet_len(p);
	f->head = p->next;
	p->next = NULL;
	f->bytes -= len;
	q->bytes -= len;
	q->packets--;
	return p;
}

/* No room for one more. Nobody waits for a free wire, so there is always room for that frame. */
static inline bool qdisc_full(const struct qdisc *q, const struct packet *p)
{
	if (q->idle)
		return false;
	if (q->place.limit_bytes)
		return q->bytes + packet_len(p) > q->place.limit;
	return q->packets >= q->place.limit;
}

/* The end of a frame that is not in the queue, or not any more (consumes it). */
void qdisc_drop(struct qdisc *q, struct packet *p, enum drop_reason r, uint64_t detail);

/* The same because qdisc_full(). */
void qdisc_drop_full(struct qdisc *q, struct packet *p);

/* Sets CE if the discipline may and the frame can: counted, and noted for captures. */
bool qdisc_mark(struct qdisc *q, struct packet *p);

/* The same whatever `ecn` says. */
bool qdisc_mark_always(struct qdisc *q, struct packet *p);

#define X(symbol, name) extern const struct qdisc_ops qdisc_##name;
QDISC_KINDS(X)
#undef X

#endif
