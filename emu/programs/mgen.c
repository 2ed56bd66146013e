/*
 * mgen and udp-sink: a source of datagrams with constant or exponential (Poisson) spacing and
 * size, and the receiver that measures their one-way delay and how they were lost. Named after the traffic generator of the Naval
 * Research Laboratory, whose PERIODIC and POISSON patterns these are.
 *
 * A datagram begins with 24 bytes, all big-endian: the bytes "NtMg", its number from 1 on (32
 * bits), the instant it was sent (virtual time, 64 bits of nanoseconds), the number of datagrams
 * that the source will send in all, 0 if it does not know (64 bits); then a pattern. Virtual
 * hosts have one clock, so delays are exact.
 */
#include "programs/programs.h"

#include <errno.h>
#include <string.h>

#include "programs/tool.h"
#include "wire/be.h"

#define HEADER 24
#define SIZE_MAX_UDP 65507
#define DEFAULT_PORT 5000

static const uint8_t magic[4] = {'N', 't', 'M', 'g'};

static const char mgen_usage[] =
	"Usage: mgen -d HOST [-p PORT] [-r RATE] [-s SIZE] [-c COUNT] [-t SECONDS] [--poisson]\n"
	"            [--exponential]\n"
	"\n"
	"Sends datagrams at a rate, evenly spaced or as a Poisson process. `udp-sink` at the other\n"
	"end measures delay and loss.\n"
	"\n"
	"  -d HOST      where to\n"
	"  -p PORT      to this port (default 5000)\n"
	"  -r RATE      datagrams per second (default 100); a fraction is fine\n"
	"  -s SIZE      UDP payload of each, in bytes (default 100; 24 to 65507)\n"
	"  -c COUNT     stop after so many\n"
	"  -t SECONDS   stop after so long (default 10, unless -c is given)\n"
	"  --poisson    exponentially distributed gaps with the mean 1/RATE, drawn from the host's\n"
	"               own random stream; without it every gap is 1/RATE\n"
	"  --exponential  exponentially distributed sizes with the mean SIZE, cut to 24 and 65507\n"
	"               bytes; without it every datagram is SIZE long\n"
	"  -4, -6       IPv4 or IPv6 only\n"
	"\n"
	"Metrics: sent (datagrams), bytes (of payload), errors (datagrams that the host could not\n"
	"send), seconds.\n";

struct mgen {
	struct process *process;
	int family;
	const char *host;
	struct endpoint to;
	double rate;
	int64_t size, count;
	vtime duration;
	bool poisson, exponential;
	uint64_t sent, bytes, errors;
};

static int bad(struct process *p, const char *tool, const char *what, const char *text)
{
	process_printf(p, "%s: '%s' is not %s\n", tool, text, what);
	return 2;
}

/* -1 to go on, else the exit status. */
static int mgen_parse(struct mgen *m, int argc, char **argv)
{
	static const struct option_long longs[] = {{"poisson", 256, OPTION_FLAG},
						   {"exponential", 257, OPTION_FLAG},
						   {"help", 'h', OPTION_FLAG},
						   {NULL, 0, OPTION_FLAG}};
	struct process *p = m->process;
	bool timed = false;
	struct options o;
	int64_t port;
	int c;

	options_init(&o, p, argc, argv, "46hd:p:r:s:c:t:", longs);
	while ((c = options_next(&o)) > 0) {
		switch (c) {
		case '4': m->family = AF_INET; break;
		case '6': m->family = AF_INET6; break;
		case 'd': m->host = o.arg; break;
		case 256: m->poisson = true; break;
		case 257: m->exponential = true; break;
		case 'h':
			process_printf(p, "%s", mgen_usage);
			return 0;
		case 'p':
			if (!option_integer(o.arg, 1, 65535, &port))
				return bad(p, "mgen", "a port (1 to 65535)", o.arg);
			m->to.port = (uint16_t)port;
			break;
		case 'r':
			if (!option_decimal(o.arg, 1e-6, 1e9, &m->rate))
				return bad(p, "mgen", "a rate in datagrams per second", o.arg);
			break;
		case 's':
			if (!option_integer(o.arg, HEADER, SIZE_MAX_UDP, &m->size))
				return bad(p, "mgen", "a size (24 to 65507 bytes)", o.arg);
			break;
		case 'c':
			if (!option_integer(o.arg, 1, UINT32_MAX, &m->count))
				return bad(p, "mgen", "a count", o.arg);
			break;
		case 't':
			timed = true;
			if (!tool_seconds(o.arg, 0, 1e9, &m->duration))
				return bad(p, "mgen", "a time in seconds", o.arg);
			break;
		}
	}
	if (m->count && !timed)
		m->duration = VTIME_NEVER;
	if (c == 0 && m->host && !options_word(&o))
		return -1;
	if (c == 0 && !m->host)
		paper_wrong(p, NULL, "mgen lacks -d HOST; expected whom to send to");
	process_printf(p, "mgen: usage: mgen -d HOST [-p PORT] [-r RATE] [-s SIZE] [-c COUNT] "
		       "[-t SECONDS] [--poisson] [--exponential]\n");
	return 2;
}

static uint32_t mgen_size(struct mgen *m)
{
	double size;

	if (!m->exponential)
		return (uint32_t)m->size;
	size = rng_exp(process_rng(m->process), (double)m->size) + 0.5;
	return size < HEADER ? HEADER : size > SIZE_MAX_UDP ? SIZE_MAX_UDP : (uint32_t)size;
}

/* The size that was sent, or a negative errno. */
static int mgen_send(struct mgen *m, int fd, struct slab *slab)
{
	uint32_t size = mgen_size(m);
	uint8_t head[HEADER];
	struct socket_out out = {.head = head, .head_len = HEADER, .data = slab->bytes,
				 .len = size - HEADER, .slab = slab, .tos = -1};
	int r;

	memcpy(head, magic, sizeof magic);
	be32_store(head + 4, (uint32_t)(m->sent + m->errors + 1));
	be64_store(head + 8, (uint64_t)process_now(m->process).ns);
	be64_store(head + 16, (uint64_t)m->count);
	r = sys_sendmsg(m->process, fd, &out);
	return r < 0 ? r : (int)size;
}

static int mgen_run(struct mgen *m, int fd, struct slab *slab)
{
	struct process *p = m->process;
	vtime start = process_now(p), at = start;
	double elapsed = 0; /* ns; the exact place of the next one */
	int r = 0;

	for (uint64_t k = 1; !m->count || k <= (uint64_t)m->count; k++) {
		r = sys_sleep_until(p, at);
		if (r == 0)
			r = mgen_send(m, fd, slab);
		if (r == -EINTR)
			break;
		if (r < 0)
			m->errors++;
		else
			m->sent++, m->bytes += (uint64_t)r;
		if (m->poisson)
			elapsed += rng_exp(process_rng(p), 1e9 / m->rate);
		else
			elapsed = (double)k * (1e9 / m->rate);
		at = vtime_add(start, vtime_ns((int64_t)(elapsed + 0.5)));
		if (!vtime_before(vtime_sub(at, start), m->duration))
			break;
	}
	process_count(p, "sent", m->sent);
	process_count(p, "errors", m->errors);
	process_count(p, "bytes", m->bytes);
	process_metric(p, "seconds", vtime_seconds(vtime_sub(process_now(p), start)));
	process_printf(p, "mgen: %llu datagrams of %s%lld bytes sent in %.3f s\n",
		       (unsigned long long)m->sent, m->exponential ? "about " : "",
		       (long long)m->size, vtime_seconds(vtime_sub(process_now(p), start)));
	return r == -EINTR ? 130 : 0;
}

static struct mgen mgen_default(struct process *p)
{
	return (struct mgen){.process = p, .family = AF_UNSPEC, .rate = 100, .size = 100,
			     .duration = vtime_s(10), .to.port = DEFAULT_PORT};
}

static int mgen_check(struct process *p, int argc, char **argv)
{
	struct mgen m = mgen_default(p);
	int status = mgen_parse(&m, argc, argv);

	if (status < 0)
		paper_host(p, m.host);
	return status;
}

static int mgen_main(struct process *p, int argc, char **argv)
{
	struct mgen m = mgen_default(p);
	uint16_t port;
	int status = mgen_parse(&m, argc, argv), r, fd;
	struct slab *slab;

	if (status >= 0)
		return status;
	port = m.to.port;
	r = resolve_host(p, m.host, m.family, &m.to);
	if (r) {
		process_printf(p, "mgen: %s: %s\n", m.host, resolve_strerror(r));
		return 2;
	}
	m.to.port = port;
	fd = sys_socket(p, SOCKET_UDP, ipaddr_is4(&m.to.addr) ? AF_INET : AF_INET6);
	r = fd < 0 ? fd : sys_connect(p, fd, &m.to);
	if (r < 0) {
		process_printf(p, "mgen: %s: %s\n", m.host, strerror(-r));
		return 1;
	}
	slab = sys_pattern(p);
	status = mgen_run(&m, fd, slab);
	slab_unref(process_world(p), slab);
	return status;
}

static const char sink_usage[] =
	"Usage: udp-sink [-p PORT] [-c COUNT] [-4 | -6] [-q]\n"
	"\n"
	"Receives what mgen sends and measures it, until the end of the run or for COUNT datagrams.\n"
	"Other datagrams are counted too, without delays.\n"
	"\n"
	"  -p PORT   listen on this port (default 5000)\n"
	"  -c COUNT  end after so many datagrams\n"
	"  -4, -6    IPv4 or IPv6 only (default both)\n"
	"  -q        print nothing\n"
	"\n"
	"Metrics: received (datagrams), bytes (of payload), delay_avg, delay_min, delay_max (one way,\n"
	"seconds), lost, loss (a share; of the numbers up to the highest that came, or of all if mgen\n"
	"was told a count), burst_avg (how many were lost in a row on average; as long as nothing is\n"
	"overtaken).\n";

struct sink {
	uint64_t received, bytes, stamped, highest, expected;
	uint64_t bursts; /* numbers skipped in a row, at least one */
	double delay_sum; /* ns */
	int64_t delay_min, delay_max;
};

static void sink_take(struct sink *s, const uint8_t *head, uint32_t have,
		      const struct sys_info *info)
{
	int64_t delay;

	s->received++;
	s->bytes += info->len;
	if (have < HEADER || memcmp(head, magic, sizeof magic) != 0)
		return;
	delay = info->at.ns - (int64_t)be64_load(head + 8);
	if (delay < 0)
		return; /* not one of ours after all */
	s->delay_sum += (double)delay;
	if (!s->stamped || delay < s->delay_min)
		s->delay_min = delay;
	if (delay > s->delay_max)
		s->delay_max = delay;
	s->stamped++;
	s->bursts += be32_load(head + 4) > s->highest + 1;
	if (be32_load(head + 4) > s->highest)
		s->highest = be32_load(head + 4);
	s->expected = be64_load(head + 16);
}

static void sink_report(struct process *p, const struct sink *s, bool quiet)
{
	uint64_t all = s->expected > s->highest ? s->expected : s->highest;
	uint64_t lost = all > s->stamped ? all - s->stamped : 0;
	uint64_t bursts = s->bursts + (s->expected > s->highest);
	double mean = s->stamped ? s->delay_sum / (double)s->stamped / 1e9 : 0;

	process_count(p, "received", s->received);
	process_count(p, "bytes", s->bytes);
	process_count(p, "lost", lost);
	process_metric(p, "loss", all ? (double)lost / (double)all : 0);
	if (lost)
		process_metric(p, "burst_avg", (double)lost / (double)bursts);
	if (s->stamped) {
		process_metric(p, "delay_avg", mean);
		process_metric(p, "delay_min", (double)s->delay_min / 1e9);
		process_metric(p, "delay_max", (double)s->delay_max / 1e9);
	}
	if (quiet)
		return;
	process_printf(p, "udp-sink: %llu datagrams, %llu bytes received, %llu lost (%.3g%%)\n",
		       (unsigned long long)s->received, (unsigned long long)s->bytes,
		       (unsigned long long)lost, all ? 100.0 * (double)lost / (double)all : 0);
	if (s->stamped)
		process_printf(p, "udp-sink: delay min/avg/max = %.6f/%.6f/%.6f ms\n",
			       (double)s->delay_min / 1e6, mean * 1e3, (double)s->delay_max / 1e6);
}

struct sink_options {
	int family;
	int64_t count, port;
	bool quiet;
};

/* -1 to go on, else the exit status. */
static int sink_parse(struct sink_options *s, struct process *p, int argc, char **argv)
{
	struct options o;
	int c;

	*s = (struct sink_options){.family = AF_UNSPEC, .port = DEFAULT_PORT};
	options_init(&o, p, argc, argv, "46qp:c:", NULL);
	while ((c = options_next(&o)) > 0) {
		if (c == '4' || c == '6')
			s->family = c == '4' ? AF_INET : AF_INET6;
		else if (c == 'q')
			s->quiet = true;
		else if (c == 'p' && !option_integer(o.arg, 1, 65535, &s->port))
			return bad(p, "udp-sink", "a port (1 to 65535)", o.arg);
		else if (c == 'c' && !option_integer(o.arg, 1, INT64_MAX, &s->count))
			return bad(p, "udp-sink", "a count", o.arg);
	}
	if (c == 0 && !options_word(&o))
		return -1;
	process_printf(p, "udp-sink: usage: udp-sink [-p PORT] [-c COUNT] [-4 | -6] [-q]\n");
	return 2;
}

static int sink_check(struct process *p, int argc, char **argv)
{
	struct sink_options o;

	return sink_parse(&o, p, argc, argv);
}

static int sink_main(struct process *p, int argc, char **argv)
{
	struct endpoint local = {.addr = ipaddr_any6};
	struct sink s = {.received = 0};
	struct sink_options o;
	int fd, r, status = sink_parse(&o, p, argc, argv);
	uint8_t head[HEADER];

	if (status >= 0)
		return status;
	local.port = (uint16_t)o.port;
	if (o.family == AF_INET)
		local.addr = ipaddr_any4;
	fd = sys_socket(p, SOCKET_UDP, o.family == AF_INET ? AF_INET : AF_INET6);
	if (fd >= 0 && o.family == AF_INET6)
		sys_set(p, fd, SOCKET_V6ONLY, 1);
	r = fd < 0 ? fd : sys_bind(p, fd, &local);
	if (r < 0) {
		process_printf(p, "udp-sink: port %u: %s\n", local.port, strerror(-r));
		return 1;
	}
	do {
		struct sys_info info;

		r = sys_recvfrom(p, fd, head, sizeof head, &info, VTIME_NEVER);
		if (r >= 0)
			sink_take(&s, head, (uint32_t)r, &info);
	} while (r != -EINTR && (!o.count || s.received < (uint64_t)o.count));
	sink_report(p, &s, o.quiet);
	return 0;
}

static const char *const mgen_metrics[] = {"sent", "bytes", "errors", "seconds", NULL};

const struct program program_mgen = {
	.name = "mgen",
	.summary = "send datagrams at a constant rate or as a Poisson process",
	.usage = mgen_usage,
	.metrics = mgen_metrics,
	.main = mgen_main,
	.check = mgen_check,
};

static const char *const sink_metrics[] = {"received", "bytes", "lost", "loss", "burst_avg",
					   "delay_avg", "delay_min", "delay_max", NULL};

const struct program program_udp_sink = {
	.name = "udp-sink",
	.summary = "receive datagrams and measure their delay",
	.usage = sink_usage,
	.metrics = sink_metrics,
	.main = sink_main,
	.check = sink_check,
};
