#include "programs/traceroute/traceroute.h"

#include <errno.h>
#include <string.h>

/* Added to an answer's time before it is multiplied, so that a very short one is no trap. */
#define GRACE_NS NS_PER_MS

static bool scaled(const struct trace *t, const struct trace_probe *b, double factor, vtime *wait)
{
	if (!b->done || !b->answered || b->took.ns <= 0)
		return false;
	*wait = vtime_min(vtime_ns((int64_t)((double)(b->took.ns + GRACE_NS) * factor)), t->wait);
	return true;
}

/* How long to wait for a probe, by what others of its hop or of later hops took. */
static vtime patience(const struct trace *t, uint32_t index)
{
	uint32_t first = index - index % (uint32_t)t->queries;
	uint32_t all = (uint32_t)(t->hops * t->queries);
	vtime wait;

	if (t->here > 0)
		for (uint32_t i = first; i < first + (uint32_t)t->queries; i++)
			if (scaled(t, &t->probes[i], t->here, &wait))
				return wait;
	if (t->near > 0)
		for (uint32_t i = index + 1; i < all && t->probes[i].sent; i++)
			if (scaled(t, &t->probes[i], t->near, &wait))
				return wait;
	return t->wait;
}

/* Whether the last answer of the same hop came from elsewhere, or there was none. */
static bool new_responder(const struct trace *t, uint32_t index)
{
	for (uint32_t i = index; i % (uint32_t)t->queries; i--)
		if (t->probes[i - 1].answered)
			return !ipaddr_eq(&t->probes[i - 1].from, &t->probes[index].from);
	return true;
}

static void print_responder(const struct trace *t, const struct ipaddr *from)
{
	struct endpoint e = {.addr = *from};
	char addr[RESOLVE_TEXT];
	const char *name = t->numeric ? NULL : resolve_name(t->process, from);

	resolve_format(t->process, addr, sizeof addr, &e);
	if (t->numeric)
		process_printf(t->process, " %s", addr);
	else
		process_printf(t->process, " %s (%s)", name ? name : addr, addr);
}

static void print_probe(const struct trace *t, uint32_t index)
{
	const struct trace_probe *b = &t->probes[index];

	if (index % (uint32_t)t->queries == 0)
		process_printf(t->process, "\n%2u ", index / (uint32_t)t->queries + 1);
	if (!b->answered) {
		process_printf(t->process, " *");
		return;
	}
	if (new_responder(t, index))
		print_responder(t, &b->from);
	process_printf(t->process, "  %.3f ms", (double)b->took.ns / 1e6);
	if (*b->note)
		process_printf(t->process, " %s", b->note);
}

struct pass {
	uint32_t start, end;  /* probes that are not printed yet */
	vtime last_sent;
	vtime wake;           /* when something expires or may be sent */
};

/*
 * One look at all probes: gives up what is overdue, prints what is done, sends what may be sent.
 * 0 or a negative errno with *what.
 */
static int look(struct trace *t, struct pass *s, const char **what)
{
	int64_t under_way = 0;
	vtime now = process_now(t->process);

	s->wake = VTIME_NEVER;
	for (uint32_t i = s->start; i < s->end && under_way < t->sim; i++) {
		struct trace_probe *b = &t->probes[i];

		if (!b->done && b->sent &&
		    !vtime_before(now, vtime_add(b->sent_at, patience(t, i))))
			trace_finish(t, b);
		if (b->done) {
			if (i == s->start) {
				print_probe(t, i);
				s->start++;
			}
			if (b->final)
				s->end = (i / (uint32_t)t->queries + 1) * (uint32_t)t->queries;
			continue;
		}
		if (!b->sent) {
			vtime may = vtime_add(s->last_sent, t->pause);

			if (t->pause.ns && s->last_sent.ns >= 0 && vtime_before(now, may)) {
				s->wake = vtime_min(s->wake, may);
				break;
			}
			int err = trace_send(t, i, what);
			if (err || t->killed)
				return err;
			s->last_sent = now;
		}
		s->wake = vtime_min(s->wake, vtime_add(b->sent_at, patience(t, i)));
		under_way++;
	}
	return 0;
}

/* end: the first probe that is not printed any more. */
static void set_metrics(const struct trace *t, uint32_t end)
{
	uint32_t hops = 0;
	bool reached = false;

	for (uint32_t i = 0; i < end && !reached; i++) {
		const struct trace_probe *b = &t->probes[i];

		if (!b->answered)
			continue;
		hops = i / (uint32_t)t->queries + 1;
		reached = b->final && !*b->note;
	}
	process_count(t->process, "hops", hops);
	process_count(t->process, "reached", reached);
}

int trace_run(struct trace *t)
{
	uint32_t all = (uint32_t)(t->hops * t->queries);
	struct pass s = {.start = (uint32_t)((t->first - 1) * t->queries), .end = all,
			 .last_sent = vtime_ns(-1)};
	char addr[RESOLVE_TEXT];
	const char *what = "";
	int err;

	process_printf(t->process, "traceroute to %s (%s), %lld hops max, %lld byte packets", t->host,
		       resolve_format(t->process, addr, sizeof addr, &t->to), (long long)t->hops,
		       (long long)t->length);
	err = trace_open(t, &what);
	while (!err && s.start < s.end && !t->killed) {
		err = look(t, &s, &what);
		if (!err && s.start < s.end && !t->killed)
			trace_receive(t, s.start, s.end, s.wake);
	}
	process_write(t->process, "\n", 1);
	for (uint32_t i = 0; i < all; i++)
		trace_finish(t, &t->probes[i]);
	set_metrics(t, s.end);
	if (err)
		process_printf(t->process, "%s: %s\n", what, strerror(-err));
	return err ? 1 : 0;
}
