#include "link/trace.h"

static vtime trace_period(const struct rate_trace *t)
{
	return vtime_ms(t->ms[t->count - 1]);
}

static vtime trace_now(const struct trace_cursor *c)
{
	return vtime_add(c->lap, vtime_ms(c->trace->ms[c->index]));
}

static void trace_next(struct trace_cursor *c)
{
	c->room = TRACE_OPPORTUNITY;
	if (++c->index == c->trace->count) {
		c->lap = vtime_add(c->lap, trace_period(c->trace));
		c->index = 0;
	}
}

void trace_start(struct trace_cursor *c, const struct rate_trace *trace, vtime now)
{
	assert(trace->count && trace_period(trace).ns > 0);
	*c = (struct trace_cursor){.trace = trace, .lap = now, .room = TRACE_OPPORTUNITY};
}

/* Goes to the first opportunity that is not before t, which lies behind the present one. */
static void trace_seek(struct trace_cursor *c, vtime t)
{
	int64_t period = trace_period(c->trace).ns;
	/* The round in whose (begin, end] t lies: the end of one is its last opportunity. */
	int64_t laps = (t.ns - c->lap.ns - 1) / period;
	uint32_t low = 0, high = c->trace->count - 1;

	c->lap = vtime_ns(c->lap.ns + laps * period);
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (vtime_add(c->lap, vtime_ms(c->trace->ms[mid])).ns < t.ns)
			low = mid + 1;
		else
			high = mid;
	}
	c->index = low;
	c->room = TRACE_OPPORTUNITY;
}

void trace_take(struct trace_cursor *c, vtime from, uint32_t bytes, vtime *start, vtime *finish)
{
	if (vtime_before(trace_now(c), from))
		trace_seek(c, from);
	if (c->room == 0)
		trace_next(c);
	*start = trace_now(c);
	while (bytes > c->room) {
		bytes -= c->room;
		trace_next(c);
	}
	c->room -= bytes;
	*finish = trace_now(c);
}

uint64_t trace_rate(const struct rate_trace *trace)
{
	return (uint64_t)trace->count * TRACE_OPPORTUNITY * 8 * 1000 / trace->ms[trace->count - 1];
}
