/*
 * Links: two directions, each a pipe.
 *
 * A frame handed to a direction waits until the frames before it have left (drop-tail queue),
 * occupies the wire for (max(frame, 60) + overhead) * 8 / rate, travels for the delay, and
 * arrives when its last bit does. Since the queue is first in, first out, all of that is known
 * the moment the frame is handed over: a direction keeps its frames in order of arrival and has
 * ONE pending event, however many are in flight. The queue's length at any instant follows from
 * the start times of the frames that were handed over.
 *
 *     link_send -> down? too large? queue full? -> impairments (impair.h) -> pipe -> arrival
 *
 * A frame that the wire loses still occupies it; its end is counted and told at the instant when
 * it would have arrived. A duplicate occupies the wire right behind its original. Each direction
 * draws from its own random stream, named after its link and its direction.
 *
 * A direction whose parameters ask for a queue discipline (qdisc.h) cannot know all that in
 * advance: its frames wait in real queues and enter the pipe when the wire takes them up, which is
 * when their impairments are drawn; its one event is whichever comes first, the arrival of the
 * frame at the head or the wire becoming free while somebody waits.
 *
 * Parameters are an immutable struct that many directions may share; changing a link mid-run
 * gives it another one: frames that have not begun to leave follow its rate and delay, and keep
 * what impairments drew for them.
 */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "link/iface.h"
#include "link/qdisc_params.h"

enum loss_kind { LOSS_NONE, LOSS_RANDOM, LOSS_GILBERT_ELLIOTT, LOSS_PERIODIC, LOSS_LISTED };

struct loss_params {
	enum loss_kind kind;
	double p, r, h, k;      /* RANDOM: p; GILBERT_ELLIOTT: good->bad p, bad->good r, share
				 * delivered in bad h and in good k */
	uint32_t every;         /* PERIODIC: frames every, 2 * every, ... are lost */
	const uint64_t *listed; /* LISTED: numbers of lost frames, ascending, from 1 */
	uint32_t listed_count;
};

enum jitter_kind { JITTER_NONE, JITTER_UNIFORM, JITTER_NORMAL, JITTER_PARETO };

enum queue_unit { QUEUE_PACKETS, QUEUE_BYTES, QUEUE_BDP };

/* Delivery opportunities in ms, ascending, repeated for ever with the last as period (> 0); each
 * lets 1504 bytes pass (Mahimahi; trace.h). */
struct rate_trace {
	const uint32_t *ms;
	uint32_t count;
};

struct link_params {
	uint64_t rate; /* bit/s; 0: a frame takes no time */
	const struct rate_trace *trace; /* instead of rate; NULL without */
	vtime delay;
	enum jitter_kind jitter_kind;
	vtime jitter;      /* UNIFORM: at most +-; NORMAL: standard deviation; PARETO: mean of
			    * what is added (shape 3). Order is kept. */
	struct loss_params loss;
	double reorder;    /* share of frames held back by up to max(delay, 1 ms) */
	double duplicate;  /* share of frames that arrive twice */
	double corrupt;    /* share of frames with one flipped bit, from the IP header on */
	uint32_t mtu;      /* largest IP packet that passes */
	uint32_t overhead; /* bytes a frame occupies besides its own */
	uint64_t limit;    /* queue, in limit_unit; the frame being sent does not count, bytes
			    * are those of whole frames */
	enum queue_unit limit_unit; /* BDP: limit is in thousandths of rate * 2 * delay / 8, at
				     * least 10 full frames; without a rate there is no queue */
	struct qdisc_params queue;   /* its discipline; a kind of 0 is drop-tail */
};

#define LINK_OVERHEAD 24      /* Ethernet: FCS 4, preamble and delimiter 8, gap 12 */
#define LINK_MIN_FRAME 60
#define LINK_LIMIT_PACKETS 1000

/* No rate, no delay, no impairment, MTU 1500, overhead 24, 1000 packets. */
extern const struct link_params link_params_default;

struct link_counters {
	uint64_t sent;      /* frames handed over */
	uint64_t duplicated; /* twins that the wire made of them: sent + duplicated is delivered +
			      * lost + dropped, and what is still under way */
	uint64_t delivered; /* frames handed to the other end; duplicates count twice */
	uint64_t lost;      /* by the wire, too large for it, or while it was down */
	uint64_t dropped;   /* by the queue */
	uint64_t bytes;     /* of delivered frames, from Ethernet header to end */
	uint64_t marked;    /* with CE by the queue */
	uint64_t left;      /* frames that disciplines let go, and how long they have */
	vtime waited;       /* waited, added up */
};

struct qdisc;
struct link_dir; /* link_dir.h, private to link/ */

struct link; /* its first member is its site */

/*
 * Joins a (first) and b. Parameters are borrowed and must outlive the link. The name is copied.
 * An interface joins one link only.
 */
struct link *link_new(struct world *w, const char *name, struct iface *a, struct iface *b,
		      const struct link_params *a_to_b, const struct link_params *b_to_a);

/*
 * The run is over: what is queued or under way ends with DROP_WORLD_END. For whoever wants the
 * observers to hear of it before they go.
 */
void link_end_run(struct link *l);

/* Does link_end_run() and detaches the interfaces, which must still be there. */
void link_free(struct link *l);

struct site *link_site(struct link *l);
const char *link_name(const struct link *l);

/* The interface at an end: 0 is a, 1 is b. */
struct iface *link_end(const struct link *l, int end);

/* direction 0: a to b; 1: b to a. */
const struct link_params *link_params(const struct link *l, int direction);
void link_set_params(struct link *l, int direction, const struct link_params *params);
const struct link_counters *link_counters(const struct link *l, int direction);

/* Frames (bytes) that wait now for their turn; the one being sent is not among them. */
uint32_t link_queue_packets(struct link *l, int direction);
uint64_t link_queue_bytes(struct link *l, int direction);

/*
 * How long frames wait: under drop-tail as long as one would that came
 * now; under a discipline as long as the last one did that left.
 */
vtime link_queue_delay(const struct link *l, int direction);

/* The discipline of a direction with all it counts; NULL: drop-tail. */
const struct qdisc *link_qdisc(const struct link *l, int direction);

/* Down: what is queued or in flight is lost, what is sent is lost until it is up again. */
void link_set_up(struct link *l, bool up);
bool link_up(const struct link *l);

/* Takes a frame from its sending interface (consumes it). For iface.c. */
void link_send(struct link_dir *d, struct packet *p);

#endif
