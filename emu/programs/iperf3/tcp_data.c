/* While the test runs: blocks out, bytes in, intervals between. */
#include "programs/iperf3/tcp.h"

#include <errno.h>

#include "core/alloc.h"

#define PIECE SYS_PATTERN /* the longest slice that a write takes */

static void sample(struct iperf_tcp *t, struct iperf_tcp_stream *s, struct iperf_tcp_count *c)
{
	struct tcp_info info;

	if (!t->sender || sys_tcp_info(t->process, s->fd, &info) < 0)
		return;
	c->cwnd = s->last_cwnd = info.tcpi_snd_cwnd * info.tcpi_snd_mss;
	c->wnd = info.tcpi_snd_wnd;
	c->rtt = info.tcpi_rtt;
	c->rttvar = info.tcpi_rttvar;
	c->pmtu = info.tcpi_pmtu;
	c->retransmits = info.tcpi_total_retrans - s->before_retransmits;
	s->retransmits = info.tcpi_total_retrans - s->omitted_retransmits;
	s->true_min_rtt = info.tcpi_min_rtt;
	s->before_retransmits = info.tcpi_total_retrans;
	if (c->cwnd > s->max_cwnd)
		s->max_cwnd = c->cwnd;
	if (c->wnd > s->max_wnd)
		s->max_wnd = c->wnd;
	if (c->rtt > s->max_rtt)
		s->max_rtt = c->rtt;
	if (!s->count_rtt || c->rtt < s->min_rtt)
		s->min_rtt = c->rtt;
	s->sum_rtt += c->rtt;
	s->count_rtt++;
}

static void end_interval(struct iperf_tcp *t, vtime at)
{
	for (uint32_t i = 0; i < t->params.parallel; i++) {
		struct iperf_tcp_stream *s = &t->streams[i];
		struct iperf_tcp_count *c;

		if (s->interval_count == s->interval_room) {
			s->interval_room = s->interval_room ? 2 * s->interval_room : 16;
			s->intervals = nt_realloc(s->intervals,
						  s->interval_room * sizeof *s->intervals);
		}
		c = &s->intervals[s->interval_count++];
		*c = (struct iperf_tcp_count){.start = vtime_sub(t->interval_start, t->start),
					      .end = vtime_sub(at, t->start),
					      .bytes = s->bytes - s->before_bytes,
					      .omitted = t->omitting};
		s->before_bytes = s->bytes;
		sample(t, s, c);
	}
	t->interval_start = at;
	if (!t->options->json)
		iperf_tcp_print_intervals(t);
}

/* -O's time is over: the test begins at `at`, and what was counted is forgotten. */
static void end_omission(struct iperf_tcp *t, vtime at)
{
	struct tcp_info info;

	for (uint32_t i = 0; i < t->params.parallel; i++) {
		struct iperf_tcp_stream *s = &t->streams[i];

		s->bytes = s->before_bytes = s->blocks = 0;
		s->max_cwnd = s->max_wnd = s->max_rtt = 0;
		s->sum_rtt = s->count_rtt = 0;
		if (t->sender && sys_tcp_info(t->process, s->fd, &info) >= 0)
			s->before_retransmits = s->omitted_retransmits = info.tcpi_total_retrans;
	}
	t->bytes = t->blocks = 0;
	t->last = t->stall = VTIME_ZERO;
	t->start = t->interval_start = at;
	t->omitting = false;
}

/* Ends the intervals that are over, and the omission; when the next of them will be. */
static vtime tick(struct iperf_tcp *t)
{
	vtime interval = t->options->interval, now = process_now(t->process), next = VTIME_NEVER;
	vtime test = t->omitting ? vtime_add(t->start, t->params.omit) : VTIME_NEVER;

	if (interval.ns)
		next = vtime_add(t->interval_start, interval);
	while (!vtime_before(now, next) && !vtime_before(test, next)) {
		end_interval(t, next);
		next = vtime_add(next, interval);
	}
	if (vtime_before(now, test))
		return vtime_min(next, test);
	if (!t->omitting)
		return next;
	end_omission(t, test);
	return tick(t);
}

void iperf_tcp_end(struct iperf_tcp *t)
{
	bool any = false;
	vtime rest;

	tick(t);
	t->over = true;
	t->end = process_now(t->process);
	rest = vtime_sub(t->end, t->interval_start);
	for (uint32_t i = 0; i < t->params.parallel; i++)
		any |= t->streams[i].bytes > t->streams[i].before_bytes;
	/* As the real one does, a rest shorter than a tenth is told only if it has data. */
	if (any || (rest.ns > 0 && rest.ns >= t->options->interval.ns / 10))
		end_interval(t, t->end);
}

/* Limits are the client's to watch, and the sender's where they are amounts. */
static bool finished(const struct iperf_tcp *t)
{
	const struct iperf_tcp_params *p = &t->params;

	if (t->omitting)
		return false;
	if (p->blocks)
		return t->blocks >= p->blocks;
	if (p->bytes)
		return t->bytes >= p->bytes;
	return !t->server && !vtime_before(vtime_sub(process_now(t->process), t->start),
					   p->duration);
}

/* -b: when a stream's next block is due. Exact, in bursts where -b says so. */
static vtime due(const struct iperf_tcp *t, const struct iperf_tcp_stream *s)
{
	const struct iperf_tcp_params *p = &t->params;
	uint64_t burst = p->burst ? p->burst : 1;
	unsigned __int128 bits;

	if (!p->rate || s->rest)
		return VTIME_ZERO;
	bits = (unsigned __int128)(s->blocks - s->blocks % burst) * p->len * 8;
	return vtime_add(t->start, vtime_ns((int64_t)(bits * NS_PER_S / p->rate)));
}

/* A block, or the rest of one. 0, or a negative errno: -EAGAIN when the buffer is full. */
static int send_block(struct iperf_tcp *t, struct iperf_tcp_stream *s)
{
	if (s->rest == 0)
		s->rest = t->params.len;
	while (s->rest) {
		int64_t n = sys_try_write_slab(t->process, s->fd, t->slab, t->slab->bytes,
					       s->rest < PIECE ? s->rest : PIECE);

		if (n < 0)
			return (int)n;
		s->rest -= (uint32_t)n;
		s->bytes += (uint64_t)n;
		t->bytes += (uint64_t)n;
	}
	s->blocks++;
	t->blocks++;
	return 0;
}

/* Whatever can be written now, the streams in turn. *wait: when one is due again. */
static int send_round(struct iperf_tcp *t, vtime *wait)
{
	bool more = true;
	int err;

	while (more && !finished(t)) {
		more = false;
		*wait = VTIME_NEVER;
		for (uint32_t i = 0; i < t->params.parallel && !finished(t); i++) {
			struct iperf_tcp_stream *s = &t->streams[i];
			vtime at = due(t, s);

			if (s->full)
				continue;
			if (vtime_before(process_now(t->process), at)) {
				*wait = vtime_min(*wait, at);
				continue;
			}
			err = send_block(t, s);
			if (err && err != -EAGAIN)
				return err;
			s->full = err == -EAGAIN;
			more |= !err;
		}
	}
	return 0;
}

/* Waits are counted from the second arrival on. */
static void note_arrival(struct iperf_tcp *t)
{
	vtime now = process_now(t->process);

	if (t->last.ns && vtime_before(t->stall, vtime_sub(now, t->last)))
		t->stall = vtime_sub(now, t->last);
	t->last = now;
}

static int receive_stream(struct iperf_tcp *t, struct iperf_tcp_stream *s)
{
	int64_t n;

	do {
		n = sys_read_until(t->process, s->fd, NULL, t->params.len, MSG_TRUNC, VTIME_ZERO);
		if (n > 0) {
			s->bytes += (uint64_t)n;
			t->bytes += (uint64_t)n;
			note_arrival(t);
		}
	} while (n > 0 && !finished(t));
	t->blocks = t->bytes / t->params.len;
	if (n == 0)
		s->full = true; /* its end: nothing to wait for any more */
	return n < 0 && n != -EAGAIN ? (int)n : 0;
}

/* Somebody else asks while a test runs. */
static void deny(struct iperf_tcp *t)
{
	static const uint8_t busy = IPERF_ACCESS_DENIED;
	int fd = sys_accept(t->process, t->listener, NULL, VTIME_ZERO);

	if (fd < 0)
		return;
	sys_try_write(t->process, fd, &busy, 1);
	sys_close(t->process, fd);
}

/* Waits for streams, control and the listener; 1: a state came in. */
static int wait_news(struct iperf_tcp *t, vtime until, enum iperf_state *state)
{
	uint32_t count = 0, first;
	int n;

	t->polls[count++] = (struct sys_poll){.fd = t->control, .events = SOCKET_READABLE};
	if (t->listener >= 0)
		t->polls[count++] = (struct sys_poll){.fd = t->listener, .events = SOCKET_READABLE};
	first = count;
	for (uint32_t i = 0; i < t->params.parallel; i++)
		if (t->streams[i].full == t->sender)
			t->polls[count++] = (struct sys_poll){
				.fd = t->streams[i].fd,
				.events = t->sender ? SOCKET_WRITABLE : SOCKET_READABLE};
	n = sys_poll(t->process, t->polls, count, until);
	if (n <= 0)
		return n;
	if (t->polls[0].ready) {
		n = iperf_tcp_state_receive(t, state);
		return n ? n : 1;
	}
	if (first == 2 && t->polls[1].ready)
		deny(t);
	for (uint32_t i = 0, k = first; i < t->params.parallel; i++) {
		struct iperf_tcp_stream *s = &t->streams[i];

		if (s->full != t->sender)
			continue;
		if (!t->polls[k++].ready)
			continue;
		if (t->sender)
			s->full = false;
		else if ((n = receive_stream(t, s)) < 0)
			return n;
	}
	return 0;
}

int iperf_tcp_run(struct iperf_tcp *t, enum iperf_state *state)
{
	bool timed = !t->server && !t->params.bytes && !t->params.blocks;
	int r = 0;

	*state = 0;
	while (r == 0 && (t->server || !finished(t))) {
		vtime wait = VTIME_NEVER, next = tick(t), over = VTIME_NEVER;

		if (timed && !t->omitting)
			over = vtime_add(t->start, t->params.duration);
		if (t->sender)
			r = send_round(t, &wait);
		if (r || (!t->server && finished(t)))
			break;
		r = wait_news(t, vtime_min(vtime_min(wait, next), over), state);
	}
	return r < 0 ? r : 0;
}
