#include "programs/iperf3/tcp.h"

#include <stdio.h>

#define RULE "- - - - - - - - - - - - - - - - - - - - - - - - -\n"

double iperf_tcp_rate(uint64_t bytes, vtime span)
{
	return span.ns > 0 ? (double)bytes * 8 / vtime_seconds(span) : 0;
}

vtime iperf_tcp_span(const struct iperf_tcp *t, const struct iperf_tcp_stream *s, bool sent)
{
	return sent == t->sender || !t->have_results ? vtime_sub(t->end, t->start) : s->peer_span;
}

static uint64_t bytes_of(const struct iperf_tcp *t, const struct iperf_tcp_stream *s, bool sent)
{
	return sent == t->sender ? s->bytes : s->peer_bytes;
}

static uint64_t retransmits_of(const struct iperf_tcp *t, const struct iperf_tcp_stream *s)
{
	return t->sender ? s->retransmits : s->peer_retransmits;
}

void iperf_tcp_print_connected(const struct iperf_tcp *t, const struct iperf_tcp_stream *s)
{
	char local[RESOLVE_TEXT], peer[RESOLVE_TEXT];

	process_printf(t->process, "[%3d] local %s port %u connected to %s port %u\n", s->id,
		       resolve_format(t->process, local, sizeof local, &s->local), s->local.port,
		       resolve_format(t->process, peer, sizeof peer, &s->peer), s->peer.port);
}

void iperf_tcp_print_header(const struct iperf_tcp *t)
{
	process_printf(t->process, "[ ID] Interval           Transfer     Bitrate%s\n",
		       t->sender ? "         Retr  Cwnd" : "");
}

/* "[  5]   0.00-1.00   sec  1.19 MBytes  10.0 Mbits/sec"; id 0: the sum. */
static void print_start(const struct iperf_tcp *t, int id, vtime from, vtime to, uint64_t bytes)
{
	char amount[IPERF_UNIT_TEXT], rate[IPERF_UNIT_TEXT], who[16] = "SUM";

	if (id)
		snprintf(who, sizeof who, "%3d", id);
	process_printf(t->process, "[%s] %6.2f-%-6.2f sec  %s  %s/sec", who, vtime_seconds(from),
		       vtime_seconds(to), iperf_unit_text(amount, (double)bytes, 'A'),
		       iperf_unit_text(rate, iperf_tcp_rate(bytes, vtime_sub(to, from)) / 8,
				       t->options->format));
}

/* The columns behind; cwnd 0: none. */
static void print_rest(const struct iperf_tcp *t, bool retransmits, uint64_t count, uint64_t cwnd,
		       const char *word)
{
	char amount[IPERF_UNIT_TEXT];

	if (!retransmits)
		process_printf(t->process, "                  %s\n", word);
	else if (!cwnd)
		process_printf(t->process, "  %3llu             %s\n", (unsigned long long)count,
			       word);
	else
		process_printf(t->process, "  %3llu   %s       %s\n", (unsigned long long)count,
			       iperf_unit_text(amount, (double)cwnd, 'A'), word);
}

void iperf_tcp_print_intervals(const struct iperf_tcp *t)
{
	const struct iperf_tcp_count *c = NULL;
	uint64_t bytes = 0, retransmits = 0;
	const char *word = t->omitting ? "(omitted)" : "";

	/* Between the intervals of several streams stands a rule. */
	if (t->params.parallel > 1 && t->streams[0].interval_count > 1)
		process_printf(t->process, RULE);
	for (uint32_t i = 0; i < t->params.parallel; i++) {
		const struct iperf_tcp_stream *s = &t->streams[i];

		c = &s->intervals[s->interval_count - 1];
		print_start(t, s->id, c->start, c->end, c->bytes);
		print_rest(t, t->sender, c->retransmits, c->cwnd, word);
		bytes += c->bytes;
		retransmits += c->retransmits;
	}
	if (t->params.parallel < 2)
		return;
	print_start(t, 0, c->start, c->end, bytes);
	print_rest(t, t->sender, retransmits, 0, word);
}

static void print_final(const struct iperf_tcp *t, int id, vtime span, uint64_t bytes, bool sent,
			uint64_t retransmits)
{
	print_start(t, id, VTIME_ZERO, span, bytes);
	print_rest(t, sent, retransmits, 0, sent ? "sender" : "receiver");
}

/* A server tells its own side alone, a client both. */
void iperf_tcp_print_results(const struct iperf_tcp *t)
{
	uint64_t sent = 0, received = 0, retransmits = 0;
	bool client = !t->server && t->have_results;
	const struct iperf_tcp_stream *s = NULL;

	process_printf(t->process, RULE "[ ID] Interval           Transfer     Bitrate%s\n",
		       client || t->sender ? "         Retr" : "");
	for (uint32_t i = 0; i < t->params.parallel; i++) {
		s = &t->streams[i];
		if (client || t->sender)
			print_final(t, s->id, iperf_tcp_span(t, s, true), bytes_of(t, s, true), true,
				    retransmits_of(t, s));
		if (client || !t->sender)
			print_final(t, s->id, iperf_tcp_span(t, s, false), bytes_of(t, s, false),
				    false, 0);
		sent += bytes_of(t, s, true);
		received += bytes_of(t, s, false);
		retransmits += retransmits_of(t, s);
	}
	if (t->params.parallel < 2)
		return;
	if (client || t->sender)
		print_final(t, 0, iperf_tcp_span(t, s, true), sent, true, retransmits);
	if (client || !t->sender)
		print_final(t, 0, iperf_tcp_span(t, s, false), received, false, 0);
}

/* What only the sender's kernel knows. */
static void sender_metrics(const struct iperf_tcp *t)
{
	uint64_t sum = 0, count = 0, cwnd = 0;
	uint32_t least = UINT32_MAX, most = 0;

	for (uint32_t i = 0; i < t->params.parallel; i++) {
		const struct iperf_tcp_stream *s = &t->streams[i];

		sum += s->sum_rtt;
		count += s->count_rtt;
		cwnd += s->last_cwnd;
		if (s->true_min_rtt < least)
			least = s->true_min_rtt;
		if (s->max_rtt > most)
			most = s->max_rtt;
	}
	if (least != UINT32_MAX)
		process_metric(t->process, "rtt_min", least / 1e6);
	if (count)
		process_metric(t->process, "rtt_avg", (double)sum / (double)count / 1e6);
	process_metric(t->process, "rtt_max", most / 1e6);
	process_count(t->process, "cwnd", cwnd);
}

/* Jain's index of what arrived of each stream: 1 when all got the same, 1/n when one got all. */
static double fairness(const struct iperf_tcp *t)
{
	double sum = 0, squares = 0;

	for (uint32_t i = 0; i < t->params.parallel; i++) {
		double v = (double)bytes_of(t, &t->streams[i], false);

		sum += v;
		squares += v * v;
	}
	return squares > 0 ? sum * sum / (t->params.parallel * squares) : 0;
}

void iperf_tcp_metrics(const struct iperf_tcp *t)
{
	uint64_t sent = 0, received = 0, retransmits = 0;
	vtime span = iperf_tcp_span(t, &t->streams[0], false);

	for (uint32_t i = 0; i < t->params.parallel; i++) {
		sent += bytes_of(t, &t->streams[i], true);
		received += bytes_of(t, &t->streams[i], false);
		retransmits += retransmits_of(t, &t->streams[i]);
	}
	process_count(t->process, "streams", t->params.parallel);
	if (t->sender || t->have_results) {
		process_count(t->process, "bytes_sent", sent);
		process_count(t->process, "retransmits", retransmits);
	}
	if (t->sender)
		sender_metrics(t);
	else
		process_metric(t->process, "stall_max", vtime_seconds(t->stall));
	if (t->sender && !t->have_results)
		return;
	process_count(t->process, "bytes", received);
	process_metric(t->process, "seconds", vtime_seconds(span));
	process_metric(t->process, "goodput", iperf_tcp_rate(received, span));
	process_metric(t->process, "fairness", fairness(t));
}
