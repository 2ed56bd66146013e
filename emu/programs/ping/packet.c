#include "programs/ping/ping.h"

#include <errno.h>
#include <string.h>

#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/le.h"

static void stamp_emit(uint8_t *at, vtime t)
{
	le64_store(at, (uint64_t)(t.ns / NS_PER_S));
	le64_store(at + 8, (uint64_t)(t.ns % NS_PER_S / NS_PER_US));
}

/* Microseconds of the stamp in a payload. */
static int64_t stamp_parse(const uint8_t *at)
{
	return (int64_t)(le64_load(at) * 1000000 + le64_load(at + 8));
}

int ping_send(struct ping *g)
{
	uint16_t seq = (uint16_t)(g->sent + 1);
	uint8_t head[PING_HEADER + PING_STAMP];
	uint32_t in_head = g->size < PING_STAMP ? (uint32_t)g->size : PING_STAMP;
	struct socket_out m = {.to = &g->to, .head = head, .head_len = PING_HEADER + in_head,
			       .tos = -1};

	if (g->size > UINT16_MAX)
		return -EMSGSIZE;
	g->seen[seq / 8] &= (uint8_t)~(1 << (seq & 7));
	if (g->v6)
		icmp6_emit(head, &(struct icmp6){.type = ICMP6_MSG_ECHO_REQUEST, .echo.seq = seq});
	else
		icmp4_emit(head, &(struct icmp4){.type = ICMP4_ECHO, .echo.seq = seq});
	memcpy(head + PING_HEADER, g->data, in_head);
	if (ping_timing(g))
		stamp_emit(head + PING_HEADER, process_now(g->process));
	if (g->slab) {
		m.slab = g->slab;
		m.data = g->slab->bytes;
		m.len = (uint32_t)g->size - PING_STAMP;
	}
	return sys_sendmsg(g->process, g->fd, &m);
}

static void measure(struct ping *g, int64_t rtt)
{
	g->rtt_sum += rtt;
	g->rtt_sum2 += (double)rtt * (double)rtt;
	if (g->received + g->duplicates == 1 || rtt < g->rtt_min)
		g->rtt_min = rtt;
	if (rtt > g->rtt_max)
		g->rtt_max = rtt;
	if (!g->rtt_smooth)
		g->rtt_smooth = rtt * 8;
	else
		g->rtt_smooth += rtt - g->rtt_smooth / 8;
	if (g->adaptive) /* -A: a probe a round trip, in whole milliseconds */
		g->interval = vtime_ms((g->rtt_smooth / 8 + 500) / 1000);
}

/* What came back differs from what was sent: shows all of it, 32 bytes a line. */
static void compare(struct ping *g, const uint8_t *data)
{
	for (int64_t i = PING_STAMP; i < g->size; i++) {
		if (data[i] == g->data[i])
			continue;
		process_printf(g->process, "\nwrong data byte #%lld should be 0x%x but was 0x%x",
			       (long long)i, g->data[i], data[i]);
		for (int64_t k = PING_STAMP; k < g->size; k++) {
			if (k % 32 == PING_STAMP)
				process_printf(g->process, "\n#%lld\t", (long long)k);
			process_printf(g->process, "%x ", data[k]);
		}
		return;
	}
}

static void take_reply(struct ping *g, uint32_t have, const struct sys_info *info)
{
	struct ping_reply r = {.from = &info->from, .len = info->len, .ttl = info->ttl};
	bool whole = info->len >= PING_HEADER + g->size && have >= PING_HEADER + g->size;

	if (have < PING_HEADER)
		return;
	r.seq = (uint16_t)(g->reply[6] << 8 | g->reply[7]);
	ping_acknowledge(g, r.seq);
	r.duplicate = g->seen[r.seq / 8] & 1 << (r.seq & 7);
	g->seen[r.seq / 8] |= (uint8_t)(1 << (r.seq & 7));
	if (r.duplicate)
		g->duplicates++;
	else
		g->received++;
	if (ping_timing(g) && have >= PING_HEADER + PING_STAMP) {
		r.rtt = info->at.ns / NS_PER_US - stamp_parse(g->reply + PING_HEADER);
		if (r.rtt < 0) /* a stamp that nobody here wrote */
			r.rtt = 0;
		measure(g, r.rtt);
	}
	if (g->quiet)
		return;
	if (g->flood) {
		process_write(g->process, "\b \b", 3);
		return;
	}
	ping_print_reply(g, &r);
	if (whole)
		compare(g, g->reply + PING_HEADER);
	process_write(g->process, "\n", 1);
}

struct ping_errors ping_take_errors(struct ping *g)
{
	struct ping_errors n = {0, 0};
	struct socket_error *e;

	while (sys_recv_error(g->process, g->fd, &e) == 1) {
		if (e->origin == SOCKET_ORIGIN_LOCAL) {
			n.local++;
			g->errors++;
			if (!g->quiet)
				ping_print_local(g, e);
		} else if (e->len >= PING_HEADER) {
			uint16_t seq = (uint16_t)(e->data[6] << 8 | e->data[7]);

			n.network++;
			g->errors++;
			ping_acknowledge(g, seq);
			if (!g->quiet)
				ping_print_error(g, e, seq);
		}
		sys_error_free(g->process, g->fd, e);
	}
	return n;
}

void ping_receive(struct ping *g, vtime until)
{
	size_t room = PING_HEADER + (size_t)(g->size < UINT16_MAX ? g->size : UINT16_MAX);

	do {
		struct sys_info info;
		int n = sys_recvfrom(g->process, g->fd, g->reply, room, &info, until);

		if (n == -EINTR)
			g->done = true;
		if (n == -EINTR || n == -EAGAIN)
			return;
		if (n >= 0) {
			take_reply(g, (uint32_t)n, &info);
		} else {
			struct ping_errors e = ping_take_errors(g);

			if (e.network + e.local == 0)
				process_printf(g->process, "ping: recvmsg: %s\n", strerror(-n));
		}
		until = VTIME_ZERO;
	} while (ping_in_flight(g) > 0);
}
