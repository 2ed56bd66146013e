/*
 * Expectations: what a scenario says must have happened, compared with what did.
 *
 *     e = expects_new(internet, &error);     before the run: counters of packets are hung up
 *     ... the run, and its end ...
 *     expects_judge(e, play);                each has its verdict now
 *     expects_free(e);                       while the interfaces still exist
 *
 * Values compare in SI units as they are. The one tolerance is for the way from a written decimal
 * to a double and back: two values that differ by less than a billionth are the same, so that
 * `40.1ms` equals 40.1 ms however it was computed. Zero equals only zero.
 */
#ifndef TOPO_OUTCOME_EXPECT_H
#define TOPO_OUTCOME_EXPECT_H

#include "topo/play/play.h"

struct expects;

struct verdict {
	const struct topo_expect *expect;
	bool ok;
	char *got; /* for people, in the unit of the expectation: "40.1 ms" */
};

/* NULL with an error at its place if libpcap does not take a filter. */
struct expects *expects_new(struct internet *in, GError **error);
void expects_free(struct expects *e);

void expects_judge(struct expects *e, const struct play *p);

/* In the order of the scenario; judged ones only. */
uint32_t expects_count(const struct expects *e);
const struct verdict *expects_at(const struct expects *e, uint32_t i);
uint32_t expects_failed(const struct expects *e);

/* Exposed for tests: whether a value is what is wanted, and how people read it in the unit in which
 * `want` is written. The caller frees the text. */
bool expect_holds(const struct topo_expect *want, double value);
char *expect_print(const struct topo_expect *want, double value);

#endif
