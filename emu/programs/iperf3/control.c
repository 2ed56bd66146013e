#include "programs/iperf3/iperf3.h"

#include <errno.h>
#include <string.h>

#include "wire/be.h"

/*
 * A message: magic (8 bytes), verb, flags, 6 zero bytes, cookie (8), seven 64-bit fields whose
 * meaning depends on the verb. All big-endian.
 */
static const uint8_t magic[8] = {'N', 't', 'i', 'p', 'e', 'r', 'f', '3'};

#define FIELDS_AT 24
#define FIELDS 7

enum { REVERSE = 1, COUNTERS64 = 2 };

/* As 32-bit numbers of a little-endian machine these are the real one's 0x36373839 and reverse. */
const uint8_t iperf_hello[4] = {'9', '8', '7', '6'};
const uint8_t iperf_hello_answer[4] = {'6', '7', '8', '9'};

static uint64_t double_bits(double v)
{
	uint64_t b;

	memcpy(&b, &v, sizeof b);
	return b;
}

static double bits_double(uint64_t b)
{
	double v;

	memcpy(&v, &b, sizeof v);
	return v;
}

static void start_fields(const struct iperf_params *p, uint64_t *f)
{
	f[0] = p->rate;
	f[1] = (uint64_t)p->duration.ns;
	f[2] = p->bytes;
	f[3] = p->blocks;
	f[4] = p->burst;
	f[5] = p->len;
	f[6] = p->tos;
}

void iperf_emit(uint8_t *at, const struct iperf_message *m)
{
	uint64_t f[FIELDS] = {0};
	const struct iperf_count *c = &m->count;

	memset(at, 0, IPERF_CONTROL_LEN);
	memcpy(at, magic, sizeof magic);
	at[8] = m->verb;
	at[9] = (uint8_t)((m->params.reverse ? REVERSE : 0) |
			  (m->params.counters64 ? COUNTERS64 : 0));
	be64_store(at + 16, m->cookie);
	if (m->verb == IPERF_START) {
		start_fields(&m->params, f);
	} else {
		f[0] = c->bytes;
		f[1] = c->packets;
		f[2] = c->received;
		f[3] = (uint64_t)c->lost;
		f[4] = (uint64_t)c->out_of_order;
		f[5] = m->verb == IPERF_END ? (uint64_t)m->ago.ns : double_bits(c->jitter);
		f[6] = (uint64_t)c->span.ns;
	}
	for (int i = 0; i < FIELDS; i++)
		be64_store(at + FIELDS_AT + 8 * i, f[i]);
}

/* What a START may say; the other side is only a peer on a network. */
static bool plausible(const struct iperf_params *p)
{
	return p->len >= IPERF_MIN_LEN && p->len <= IPERF_MAX_LEN && p->burst > 0 &&
	       p->burst <= 1000 && p->duration.ns >= 0;
}

struct iperf_message iperf_parse(const uint8_t *at, uint32_t len)
{
	struct iperf_message m = {.verb = IPERF_NONE};
	uint64_t f[FIELDS];

	if (len != IPERF_CONTROL_LEN || memcmp(at, magic, sizeof magic) != 0 ||
	    at[8] < IPERF_START || at[8] > IPERF_REPORT)
		return m;
	m.verb = at[8];
	m.cookie = be64_load(at + 16);
	for (int i = 0; i < FIELDS; i++)
		f[i] = be64_load(at + FIELDS_AT + 8 * i);
	if (m.verb == IPERF_START) {
		m.params = (struct iperf_params){
			.reverse = at[9] & REVERSE, .counters64 = at[9] & COUNTERS64,
			.rate = f[0], .duration = vtime_ns((int64_t)f[1]), .bytes = f[2],
			.blocks = f[3], .burst = f[4], .len = (uint32_t)f[5],
			.tos = (uint8_t)f[6],
		};
		if (!plausible(&m.params))
			m.verb = IPERF_NONE;
		return m;
	}
	m.count = (struct iperf_count){
		.bytes = f[0], .packets = f[1], .received = f[2], .lost = (int64_t)f[3],
		.out_of_order = (int64_t)f[4],
		.jitter = m.verb == IPERF_END ? 0 : bits_double(f[5]),
		.span = vtime_ns((int64_t)f[6]),
	};
	if (m.verb == IPERF_END)
		m.ago = vtime_ns((int64_t)f[5]);
	return m;
}

vtime iperf_patience(int n)
{
	return n < 5 ? vtime_s(1 << n) : VTIME_NEVER;
}

int iperf_exchange(struct process *p, int fd, struct iperf_message *m, enum iperf_verb wanted,
		   vtime ended, struct iperf_message *answer)
{
	uint8_t out[IPERF_CONTROL_LEN], in[IPERF_CONTROL_LEN];
	struct sys_info info;

	for (int n = 0; iperf_patience(n).ns != VTIME_NEVER.ns; n++) {
		vtime until = tool_after(p, iperf_patience(n));
		int r;

		m->ago = vtime_sub(process_now(p), ended);
		iperf_emit(out, m);
		r = sys_send(p, fd, out, sizeof out);
		if (r < 0)
			return r;
		while ((r = sys_recvfrom(p, fd, in, sizeof in, &info, until)) >= 0) {
			*answer = iperf_parse(in, info.len);
			if (answer->cookie == m->cookie &&
			    (answer->verb == wanted || answer->verb == IPERF_BUSY))
				return 0;
		}
		if (r != -EAGAIN)
			return r;
	}
	return -ETIMEDOUT;
}

int iperf_greet(struct process *p, int fd)
{
	uint8_t in[4];

	for (int n = 0; iperf_patience(n).ns != VTIME_NEVER.ns; n++) {
		int r = sys_send(p, fd, iperf_hello, sizeof iperf_hello);

		if (r >= 0)
			r = sys_recvfrom(p, fd, in, sizeof in, NULL,
					 tool_after(p, iperf_patience(n)));
		if (r >= 0)
			return 0;
		if (r != -EAGAIN)
			return r;
	}
	return -ETIMEDOUT;
}

void iperf_settle(struct iperf_stream *s, const struct iperf_message *end, vtime now)
{
	/* The sender had ended then, but what it sent may have stood in queues for longer. */
	vtime at = vtime_max(vtime_sub(now, end->ago), s->last);
	struct iperf_count *c = &s->total;

	if (s->start.ns != VTIME_NEVER.ns) {
		/* Intervals that ended while an END was on its way again are already told. */
		iperf_stream_end(s, vtime_max(at, s->interval_start));
		c->span = vtime_sub(at, s->start);
	}
	if (end->count.packets > c->packets) {
		c->lost += (int64_t)(end->count.packets - c->packets);
		c->packets = end->count.packets;
	}
	if (c->span.ns <= 0)
		c->span = end->count.span;
}
