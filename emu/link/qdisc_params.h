/*
 * What a queue discipline may be told: the kinds, and their parameters by tc(8)'s names.
 *
 * Drop-tail is no discipline but the absence of one: it needs no queue at all (link.h). The others
 * are rows of one table (qdisc.h).
 */
#ifndef LINK_QDISC_PARAMS_H
#define LINK_QDISC_PARAMS_H

#include <stdbool.h>

#include "core/vtime.h"

/* X(symbol, name as in tc(8)); the hooks are struct qdisc_ops qdisc_NAME. */
#define QDISC_KINDS(X) \
	X(RED, red) \
	X(CODEL, codel) \
	X(FQ_CODEL, fq_codel) \
	X(PIE, pie)

enum qdisc_kind {
	QDISC_DROPTAIL,
#define X(symbol, name) QDISC_##symbol,
	QDISC_KINDS(X)
#undef X
	QDISC_KIND_COUNT
};

/* Only the members of its kind count. Sizes are of whole frames, Ethernet header included. */
struct qdisc_params {
	enum qdisc_kind kind;
	bool ecn;               /* marks those that are ECN-capable instead of dropping them */
	bool adaptive;          /* red: probability finds itself */
	bool harddrop;          /* red: above max drops, ecn or not */
	bool nodrop;            /* red: what is not ECN-capable is let through instead */
	bool bytemode;          /* pie: small frames are dropped less often */
	bool dq_rate_estimator; /* pie: delay from length and rate, not from stamps */
	vtime target;           /* codel, fq_codel, pie: the delay that is fine */
	vtime interval;         /* codel, fq_codel: about the longest round trip */
	vtime ce_threshold;     /* codel, fq_codel: marks all that waited longer; NEVER: off */
	vtime tupdate;          /* pie: between two looks at the delay */
	uint32_t quantum;       /* fq_codel: bytes that a flow sends in its turn */
	uint32_t flows;         /* fq_codel: queues to hash to */
	uint32_t drop_batch;    /* fq_codel: most frames dropped at once when over limit */
	uint32_t alpha, beta;   /* pie: in sixteenths */
	uint32_t burst;         /* red: frames that may come in a row; 0: (2 min + max) / 3 avpkt */
	uint32_t avpkt;         /* red: bytes of a typical frame */
	uint64_t memory_limit;  /* fq_codel: bytes, bookkeeping included */
	uint64_t min, max;      /* red: of the average, in the limit's unit, packets or bytes;
				 * 0: max / 3, and 3 min or limit / 4 */
	double probability;     /* red: at max */
};

/* tc(8)'s defaults for a kind. */
struct qdisc_params qdisc_defaults(enum qdisc_kind kind);

/* The limit in packets that tc(8) gives a kind; 0: it asks for one. */
uint32_t qdisc_default_limit(enum qdisc_kind kind);

/* "fq_codel"; "droptail". */
const char *qdisc_kind_name(enum qdisc_kind kind);

#endif
