#include "programs/iperf3/iperf3.h"

#include <errno.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "wire/be.h"

/*
 * Behind the real one's header, in what it fills with payload, stand the nanoseconds that its
 * microseconds leave out (32 bits): without them the stamps' grain would look like jitter.
 */
#define HEADER32 12
#define HEADER64 16
#define FINE 4

void iperf_stream_init(struct iperf_stream *s, const struct iperf_options *o,
		       const struct iperf_params *params, int fd, bool sender)
{
	*s = (struct iperf_stream){.options = o, .params = *params, .process = o->process, .fd = fd,
				   .sender = sender, .silent = o->json, .start = VTIME_NEVER,
				   .interval_start = VTIME_NEVER};
	if (sender)
		s->slab = sys_pattern(o->process);
}

void iperf_stream_fini(struct iperf_stream *s)
{
	if (s->slab)
		slab_unref(process_world(s->process), s->slab);
	free(s->intervals);
	s->slab = NULL;
	s->intervals = NULL;
}

static void begin(struct iperf_stream *s, vtime t)
{
	s->start = s->interval_start = t;
}

static void end_interval(struct iperf_stream *s, vtime t)
{
	const struct iperf_count *now = &s->total, *was = &s->before;
	struct iperf_interval *i;

	if (s->interval_count == s->interval_room) {
		s->interval_room = s->interval_room ? 2 * s->interval_room : 16;
		s->intervals = nt_realloc(s->intervals, s->interval_room * sizeof *s->intervals);
	}
	i = &s->intervals[s->interval_count++];
	*i = (struct iperf_interval){
		.start = vtime_sub(s->interval_start, s->start),
		.end = vtime_sub(t, s->start),
		.count = {
			.bytes = now->bytes - was->bytes,
			.packets = now->packets - was->packets,
			.received = now->received - was->received,
			.lost = now->lost - was->lost,
			.out_of_order = now->out_of_order - was->out_of_order,
			.jitter = now->jitter,
			.span = vtime_sub(t, s->interval_start),
		},
	};
	s->before = *now;
	s->interval_start = t;
	if (!s->silent)
		iperf_print_interval(s, i);
}

vtime iperf_stream_tick(struct iperf_stream *s, vtime t)
{
	vtime interval = s->options->interval;

	if (interval.ns == 0 || s->start.ns == VTIME_NEVER.ns)
		return VTIME_NEVER;
	while (!vtime_before(t, vtime_add(s->interval_start, interval)))
		end_interval(s, vtime_add(s->interval_start, interval));
	return vtime_add(s->interval_start, interval);
}

/* As the real one does, a rest shorter than a tenth of an interval is told only if it has data. */
void iperf_stream_end(struct iperf_stream *s, vtime t)
{
	vtime rest;

	if (s->start.ns == VTIME_NEVER.ns)
		return;
	iperf_stream_tick(s, t);
	rest = vtime_sub(t, s->interval_start);
	if (s->total.bytes > s->before.bytes ||
	    (rest.ns > 0 && rest.ns >= s->options->interval.ns / 10))
		end_interval(s, t);
	s->total.span = vtime_sub(t, s->start);
}

/* When datagram k is due, after the start. Exact: no error adds up. */
static vtime due(const struct iperf_params *p, uint64_t k)
{
	unsigned __int128 bits = (unsigned __int128)(k - k % p->burst) * p->len * 8;

	return p->rate ? vtime_ns((int64_t)(bits * NS_PER_S / p->rate)) : VTIME_ZERO;
}

/* at: when the next datagram is due. A send buffer that is full may have made it late. */
static bool finished(const struct iperf_stream *s, vtime at)
{
	const struct iperf_params *p = &s->params;
	vtime late = vtime_max(at, process_now(s->process));

	if (p->blocks)
		return s->total.packets >= p->blocks;
	if (p->bytes)
		return s->total.bytes >= p->bytes;
	return !vtime_before(vtime_sub(late, s->start), p->duration);
}

static int send_one(struct iperf_stream *s)
{
	vtime now = process_now(s->process);
	uint32_t fine_at = s->params.counters64 ? HEADER64 : HEADER32;
	uint32_t head_len = s->params.len < fine_at + FINE ? fine_at : fine_at + FINE;
	uint8_t head[HEADER64 + FINE];
	struct socket_out m = {
		.to = &s->peer, .head = head, .head_len = head_len, .data = s->slab->bytes,
		.len = s->params.len - head_len, .slab = s->slab, .tos = s->params.tos,
	};
	int r;

	be32_store(head, (uint32_t)(now.ns / NS_PER_S));
	be32_store(head + 4, (uint32_t)(now.ns % NS_PER_S / NS_PER_US));
	if (s->params.counters64)
		be64_store(head + 8, s->total.packets + 1);
	else
		be32_store(head + 8, (uint32_t)(s->total.packets + 1));
	be32_store(head + fine_at, (uint32_t)(now.ns % NS_PER_US));
	r = sys_sendmsg(s->process, s->fd, &m);
	if (r < 0)
		return r;
	s->total.packets++;
	s->total.bytes += s->params.len;
	return 0;
}

/* Sleeps until then, ending intervals on the way. */
static int wait_until(struct iperf_stream *s, vtime at)
{
	vtime next = iperf_stream_tick(s, process_now(s->process));
	int r = 0;

	while (r == 0 && !vtime_before(at, next)) {
		r = sys_sleep_until(s->process, next);
		next = iperf_stream_tick(s, next);
	}
	if (r == 0 && vtime_before(process_now(s->process), at))
		r = sys_sleep_until(s->process, at);
	return r;
}

int iperf_stream_send(struct iperf_stream *s)
{
	const struct iperf_params *p = &s->params;
	int r = 0;

	begin(s, process_now(s->process));
	for (uint64_t k = 0; r == 0; k++) {
		vtime at = vtime_add(s->start, due(p, k));

		if (p->rate == 0)
			at = process_now(s->process);
		if (finished(s, at))
			break;
		r = wait_until(s, at);
		if (r == 0)
			r = send_one(s);
	}
	if (r == 0) {
		/* The last datagram's turn is over when the next one would be due. */
		vtime over = vtime_add(s->start, due(p, s->total.packets + p->burst - 1));

		if (!p->blocks && !p->bytes)
			over = vtime_add(s->start, p->duration);
		r = wait_until(s, vtime_max(over, process_now(s->process)));
	}
	iperf_stream_end(s, process_now(s->process));
	return r;
}

/* Loss and order as iperf3 counts them, by the number in the datagram. */
static void count_number(struct iperf_count *c, uint64_t number)
{
	if (number > c->packets) {
		c->lost += (int64_t)(number - c->packets - 1);
		c->packets = number;
		return;
	}
	c->out_of_order++;
	if (c->lost > 0)
		c->lost--;
}

void iperf_stream_take(struct iperf_stream *s, const uint8_t *head, uint32_t head_len,
		       const struct sys_info *info)
{
	struct iperf_count *c = &s->total;
	uint32_t fine_at = s->params.counters64 ? HEADER64 : HEADER32;
	int64_t sent;
	double transit, change;

	if (head_len < fine_at)
		return;
	if (s->start.ns == VTIME_NEVER.ns)
		begin(s, info->at);
	iperf_stream_tick(s, info->at);
	sent = be32_load(head) * NS_PER_S + be32_load(head + 4) * NS_PER_US;
	if (s->params.len >= fine_at + FINE && head_len >= fine_at + FINE)
		sent += be32_load(head + fine_at);
	transit = (double)(info->at.ns - sent) / 1e9;
	if (c->received) { /* RFC 1889 A.8 */
		change = transit - s->transit;
		c->jitter += ((change < 0 ? -change : change) - c->jitter) / 16;
	}
	s->transit = transit;
	s->last = info->at;
	c->received++;
	c->bytes += info->len;
	count_number(c, s->params.counters64 ? be64_load(head + 8) : be32_load(head + 8));
}
