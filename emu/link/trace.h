/*
 * Rates from a trace of delivery opportunities, as Mahimahi's link emulation reads them.
 *
 * Each opportunity lets 1504 bytes leave at its instant. As there, a packet counts with its IP
 * length and 4 bytes of TUN header, so that a full packet of 1500 bytes takes exactly one; a larger
 * packet spans several and has left with the last of them, smaller ones share one. Room that
 * nobody waits for is lost. The trace begins at the instant when the link got it, and again each
 * time when its last opportunity has passed.
 */
#ifndef LINK_TRACE_H
#define LINK_TRACE_H

#include "link/link.h"

#define TRACE_OPPORTUNITY 1504
#define TRACE_PACKET_HEADER 4

struct trace_cursor {
	const struct rate_trace *trace;
	vtime lap;      /* when the present round began */
	uint32_t index; /* the present opportunity */
	uint32_t room;  /* bytes left in it */
};

/* The trace has at least one opportunity, and its last is later than 0 ms. */
void trace_start(struct trace_cursor *c, const struct rate_trace *trace, vtime now);

/*
 * Takes room for a packet that waits from `from` on. start and finish: the opportunities of its
 * first and its last byte.
 */
void trace_take(struct trace_cursor *c, vtime from, uint32_t bytes, vtime *start, vtime *finish);

/* On average, bit/s. */
uint64_t trace_rate(const struct rate_trace *trace);

#endif
