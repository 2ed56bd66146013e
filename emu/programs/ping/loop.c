#include "programs/ping/ping.h"

#include <errno.h>
#include <string.h>

/* The least time between two probes that nothing answers, and before a retry. */
#define MIN_INTERVAL vtime_ms(10)

int64_t ping_in_flight(const struct ping *g)
{
	uint16_t diff = (uint16_t)((uint16_t)g->sent - g->acked);

	return diff <= 0x7fff ? diff : (int64_t)(g->sent - g->received - g->errors);
}

void ping_acknowledge(struct ping *g, uint16_t seq)
{
	uint16_t diff = (uint16_t)((uint16_t)g->sent - seq);

	if (diff > 0x7fff)
		return;
	if (diff + 1 > g->pipe)
		g->pipe = diff + 1;
	if ((int16_t)(seq - g->acked) > 0 || (uint16_t)((uint16_t)g->sent - g->acked) > 0x7fff)
		g->acked = seq;
}

static void count_sent(struct ping *g)
{
	g->sent++;
	if (g->sent - g->acked >= PING_SEQUENCES && ping_in_flight(g) > 0x7fff)
		g->acked = (uint16_t)(g->sent + 1);
}

/*
 * Whether a probe is due: zero if so, else how long until it is. Credit grows with time up to the
 * preload, and a probe costs one interval. With interval 0 a probe follows each answer.
 */
static vtime until_due(struct ping *g)
{
	vtime now = process_now(g->process);
	vtime credit = vtime_sub(now, g->last);

	if (g->sent == 0 && g->last.ns < 0) {
		g->last = now;
		g->began = now;
		g->tokens = vtime_ns(g->interval.ns * (g->preload - 1));
		return VTIME_ZERO;
	}
	if (g->interval.ns == 0 && credit.ns < MIN_INTERVAL.ns && ping_in_flight(g) >= g->preload)
		return vtime_sub(MIN_INTERVAL, credit);
	credit = vtime_min(vtime_add(credit, g->tokens), vtime_ns(g->interval.ns * g->preload));
	if (credit.ns < g->interval.ns)
		return vtime_sub(g->interval, credit);
	g->last = now;
	g->tokens = vtime_sub(credit, g->interval);
	return VTIME_ZERO;
}

/* A probe could not be sent. Returns how long to wait before the next. */
static vtime send_failed(struct ping *g, int err)
{
	struct ping_errors e = ping_take_errors(g);

	if (e.network > 0) {
		/* The socket only reported an earlier probe's error: this one is tried again. */
		g->tokens = vtime_add(g->tokens, g->interval);
		return MIN_INTERVAL;
	}
	count_sent(g);
	if (e.local == 0) {
		g->errors++;
		if (!g->quiet) {
			if (g->flood)
				process_write(g->process, "E", 1);
			else
				process_printf(g->process, "ping: sendmsg: %s\n", strerror(-err));
		}
	}
	g->tokens = VTIME_ZERO;
	return MIN_INTERVAL;
}

/* Sends if it is time to. Returns how long until the next, zero or less for at once. */
static vtime send_due(struct ping *g)
{
	vtime wait;
	int n;

	if (g->count && (int64_t)g->sent >= g->count && !g->deadline.ns)
		return vtime_s(1000);
	wait = until_due(g);
	if (wait.ns > 0)
		return wait;
	if (g->outstanding && g->sent > 0 &&
	    !(g->seen[(uint16_t)g->sent / 8] & 1 << (g->sent & 7))) {
		ping_print_stamp(g);
		process_printf(g->process, "no answer yet for icmp_seq=%u\n", (uint16_t)g->sent);
	}
	n = ping_send(g);
	if (n == -EINTR) {
		g->done = true;
		return VTIME_ZERO;
	}
	if (n < 0)
		return send_failed(g, n);
	count_sent(g);
	if (g->flood && !g->quiet)
		process_write(g->process, ".", 1);
	return vtime_sub(g->interval, g->tokens);
}

/*
 * All probes are out: how long to wait for the last answers. Once something was received, twice
 * the longest round trip is enough; otherwise -W counts.
 */
static void begin_lingering(struct ping *g)
{
	vtime wait = g->linger;

	if (g->received)
		wait = vtime_max(vtime_us(2 * g->rtt_max), g->interval);
	g->lingering = true;
	g->end_at = vtime_min(g->end_at, tool_after(g->process, wait));
}

static bool over(const struct ping *g)
{
	if (g->done || tool_reached(g->process, g->end_at))
		return true;
	if (g->count && (int64_t)(g->received + g->errors) >= g->count)
		return true;
	return g->deadline.ns && g->errors;
}

void ping_run(struct ping *g)
{
	g->end_at = g->deadline.ns ? tool_after(g->process, g->deadline) : VTIME_NEVER;
	g->last = vtime_ns(-1);
	while (!over(g)) {
		vtime wait;

		do {
			wait = send_due(g);
		} while (wait.ns <= 0 && !g->done);
		if (g->done)
			break;
		if (g->count && (int64_t)g->sent >= g->count && !g->deadline.ns && !g->lingering)
			begin_lingering(g);
		ping_receive(g, vtime_min(tool_after(g->process, wait), g->end_at));
	}
}
