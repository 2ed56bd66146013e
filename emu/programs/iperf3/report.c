#include "programs/iperf3/iperf3.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

char *iperf_unit_text(char *buf, double bytes, char format)
{
	static const char letters[] = "kmgt";
	bool bits = islower((unsigned char)format);
	double v = bits ? bytes * 8 : bytes, kilo = bits ? 1000 : 1024;
	const char *fixed = strchr(letters, tolower((unsigned char)format));
	const char *one = bits ? "bits" : "Bytes";
	int power = 0;

	if (fixed && *fixed) {
		for (; power <= fixed - letters; power++)
			v /= kilo;
	} else {
		for (; v >= kilo && power < 4; power++)
			v /= kilo;
	}
	snprintf(buf, IPERF_UNIT_TEXT, v < 9.995 ? "%4.2f %.*s%s" : v < 99.95 ? "%4.1f %.*s%s" :
		 "%4.0f %.*s%s", v, power ? 1 : 0, power ? &"KMGT"[power - 1] : "", one);
	return buf;
}

double iperf_bits_per_second(const struct iperf_count *c)
{
	return c->span.ns > 0 ? (double)c->bytes * 8 / vtime_seconds(c->span) : 0;
}

double iperf_lost_percent(const struct iperf_count *c)
{
	return c->packets ? 100.0 * (double)c->lost / (double)c->packets : 0;
}

void iperf_print_local(const struct iperf_stream *s)
{
	char local[RESOLVE_TEXT], peer[RESOLVE_TEXT];

	process_printf(s->process, "[%3d] local %s port %u connected to %s port %u\n", IPERF_ID,
		       resolve_format(s->process, local, sizeof local, &s->local), s->local.port,
		       resolve_format(s->process, peer, sizeof peer, &s->peer), s->peer.port);
}

void iperf_print_header(const struct iperf_stream *s, bool sender)
{
	process_printf(s->process, sender ?
		       "[ ID] Interval           Transfer     Bitrate         Total Datagrams\n" :
		       "[ ID] Interval           Transfer     Bitrate         Jitter    "
		       "Lost/Total Datagrams\n");
}

static void print_start(const struct iperf_stream *s, vtime from, vtime to,
			const struct iperf_count *c)
{
	char bytes[IPERF_UNIT_TEXT], rate[IPERF_UNIT_TEXT];

	process_printf(s->process, "[%3d] %6.2f-%-6.2f sec  %s  %s/sec", IPERF_ID,
		       vtime_seconds(from), vtime_seconds(to),
		       iperf_unit_text(bytes, (double)c->bytes, 'A'),
		       iperf_unit_text(rate, iperf_bits_per_second(c) / 8, s->options->format));
}

static void print_losses(const struct iperf_stream *s, const struct iperf_count *c)
{
	process_printf(s->process, "  %5.3f ms  %lld/%llu (%.2g%%)  ", c->jitter * 1e3,
		       (long long)c->lost, (unsigned long long)c->packets, iperf_lost_percent(c));
}

void iperf_print_interval(const struct iperf_stream *s, const struct iperf_interval *i)
{
	print_start(s, i->start, i->end, &i->count);
	if (s->sender)
		process_printf(s->process, "  %llu  ", (unsigned long long)i->count.packets);
	else
		print_losses(s, &i->count);
	process_write(s->process, "\n", 1);
}

void iperf_print_rule(struct process *p)
{
	process_printf(p, "- - - - - - - - - - - - - - - - - - - - - - - - -\n");
}

void iperf_print_final(const struct iperf_stream *s, const struct iperf_count *c, bool sender)
{
	print_start(s, VTIME_ZERO, c->span, c);
	print_losses(s, c);
	process_printf(s->process, sender ? "sender\n" : "receiver\n");
}

void iperf_set_metrics(struct process *p, const struct iperf_result *r)
{
	const struct iperf_count *c = &r->received;

	process_count(p, "sent", r->sent.packets);
	if (!r->complete)
		return;
	process_count(p, "bytes", c->bytes);
	process_count(p, "packets", c->received);
	process_metric(p, "seconds", vtime_seconds(c->span));
	process_metric(p, "goodput", iperf_bits_per_second(c));
	/* It fades by a sixteenth a datagram and never ends; below the grain of time it is none. */
	process_metric(p, "jitter", c->jitter < 1e-9 ? 0 : c->jitter);
	process_count(p, "lost", (uint64_t)c->lost);
	process_metric(p, "loss", iperf_lost_percent(c) / 100);
	process_count(p, "out_of_order", (uint64_t)c->out_of_order);
}
