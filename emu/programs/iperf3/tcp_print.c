/* -J of a test over TCP: members, order and shape of the real one. */
#include "programs/iperf3/tcp.h"

static void put_connected(struct cjson *j, const struct iperf_tcp *t)
{
	char text[RESOLVE_TEXT];

	cjson_array(j, "connected");
	for (uint32_t i = 0; t->streams && i < t->params.parallel; i++) {
		const struct iperf_tcp_stream *s = &t->streams[i];

		if (!s->peer.port)
			break;
		cjson_object(j, NULL);
		cjson_number(j, "socket", s->id);
		cjson_string(j, "local_host",
			     resolve_format(t->process, text, sizeof text, &s->local));
		cjson_number(j, "local_port", s->local.port);
		cjson_string(j, "remote_host",
			     resolve_format(t->process, text, sizeof text, &s->peer));
		cjson_number(j, "remote_port", s->peer.port);
		cjson_end_object(j);
	}
	cjson_end_array(j);
}

static void put_test_start(struct cjson *j, const struct iperf_tcp_params *p)
{
	cjson_object(j, "test_start");
	cjson_string(j, "protocol", "TCP");
	cjson_number(j, "num_streams", p->parallel);
	cjson_number(j, "blksize", p->len);
	cjson_number(j, "omit", vtime_seconds(p->omit));
	cjson_number(j, "duration",
		     p->duration.ns == VTIME_NEVER.ns ? 0 : vtime_seconds(p->duration));
	cjson_number(j, "bytes", (double)p->bytes);
	cjson_number(j, "blocks", (double)p->blocks);
	cjson_number(j, "reverse", p->reverse);
	cjson_number(j, "tos", p->tos);
	cjson_number(j, "target_bitrate", (double)p->rate);
	cjson_end_object(j);
}

static void put_start(struct cjson *j, const struct iperf_tcp *t)
{
	char text[RESOLVE_TEXT];

	cjson_object(j, "start");
	put_connected(j, t);
	cjson_string(j, "version", "iperf 3.12");
	cjson_string(j, "system_info", process_hostname(t->process));
	cjson_timestamp(j, t->started ? t->start : process_now(t->process));
	cjson_object(j, t->server ? "accepted_connection" : "connecting_to");
	cjson_string(j, "host", t->server ?
		     resolve_format(t->process, text, sizeof text, &t->peer) : t->options->host);
	cjson_number(j, "port", t->peer.port);
	cjson_end_object(j);
	if (*t->cookie) {
		cjson_string(j, "cookie", t->cookie);
		cjson_number(j, "tcp_mss_default", t->mss);
	}
	cjson_number(j, "target_bitrate", (double)t->params.rate);
	cjson_number(j, "sock_bufsize", t->params.window);
	if (t->started)
		put_test_start(j, &t->params);
	cjson_end_object(j);
}

static void put_span(struct cjson *j, vtime start, vtime end, uint64_t bytes)
{
	vtime span = vtime_sub(end, start);

	cjson_number(j, "start", vtime_seconds(start));
	cjson_number(j, "end", vtime_seconds(end));
	cjson_number(j, "seconds", vtime_seconds(span));
	cjson_number(j, "bytes", (double)bytes);
	cjson_number(j, "bits_per_second", iperf_tcp_rate(bytes, span));
}

static void put_stream_interval(struct cjson *j, const struct iperf_tcp *t,
				const struct iperf_tcp_stream *s, const struct iperf_tcp_count *c)
{
	cjson_object(j, NULL);
	cjson_number(j, "socket", s->id);
	put_span(j, c->start, c->end, c->bytes);
	if (t->sender) {
		cjson_number(j, "retransmits", (double)c->retransmits);
		cjson_number(j, "snd_cwnd", c->cwnd);
		cjson_number(j, "snd_wnd", c->wnd);
		cjson_number(j, "rtt", c->rtt);
		cjson_number(j, "rttvar", c->rttvar);
		cjson_number(j, "pmtu", c->pmtu);
	}
	cjson_boolean(j, "omitted", c->omitted);
	cjson_boolean(j, "sender", t->sender);
	cjson_end_object(j);
}

static void put_interval(struct cjson *j, const struct iperf_tcp *t, uint32_t k)
{
	const struct iperf_tcp_count *first = &t->streams[0].intervals[k];
	uint64_t bytes = 0, retransmits = 0;

	cjson_object(j, NULL);
	cjson_array(j, "streams");
	for (uint32_t i = 0; i < t->params.parallel; i++) {
		const struct iperf_tcp_count *c = &t->streams[i].intervals[k];

		put_stream_interval(j, t, &t->streams[i], c);
		bytes += c->bytes;
		retransmits += c->retransmits;
	}
	cjson_end_array(j);
	cjson_object(j, "sum");
	put_span(j, first->start, first->end, bytes);
	if (t->sender)
		cjson_number(j, "retransmits", (double)retransmits);
	cjson_boolean(j, "omitted", first->omitted);
	cjson_boolean(j, "sender", t->sender);
	cjson_end_object(j);
	cjson_end_object(j);
}

/* What this side does not know is 0, as on the real one's server. */
static uint64_t bytes_of(const struct iperf_tcp *t, const struct iperf_tcp_stream *s, bool sent)
{
	if (sent == t->sender)
		return s->bytes;
	return t->server ? 0 : s->peer_bytes;
}

static uint64_t retransmits_of(const struct iperf_tcp *t, const struct iperf_tcp_stream *s)
{
	return t->sender ? s->retransmits : s->peer_retransmits;
}

static bool knows_retransmits(const struct iperf_tcp *t)
{
	return t->sender || (!t->server && t->have_results);
}

static void put_half(struct cjson *j, const struct iperf_tcp *t, const struct iperf_tcp_stream *s,
		     bool sent)
{
	cjson_object(j, sent ? "sender" : "receiver");
	cjson_number(j, "socket", s->id);
	put_span(j, VTIME_ZERO, iperf_tcp_span(t, s, sent), bytes_of(t, s, sent));
	if (sent && knows_retransmits(t)) {
		cjson_number(j, "retransmits", (double)retransmits_of(t, s));
		cjson_number(j, "max_snd_cwnd", s->max_cwnd);
		cjson_number(j, "max_snd_wnd", s->max_wnd);
		cjson_number(j, "max_rtt", s->max_rtt);
		cjson_number(j, "min_rtt", s->min_rtt);
		cjson_number(j, "mean_rtt",
			     s->count_rtt ? (double)(s->sum_rtt / s->count_rtt) : 0);
	}
	cjson_boolean(j, "sender", t->sender);
	cjson_end_object(j);
}

static void put_sum(struct cjson *j, const struct iperf_tcp *t, bool sent)
{
	uint64_t bytes = 0, retransmits = 0;

	for (uint32_t i = 0; i < t->params.parallel; i++) {
		bytes += bytes_of(t, &t->streams[i], sent);
		retransmits += retransmits_of(t, &t->streams[i]);
	}
	cjson_object(j, sent ? "sum_sent" : "sum_received");
	put_span(j, VTIME_ZERO, iperf_tcp_span(t, &t->streams[0], sent), bytes);
	if (sent && knows_retransmits(t))
		cjson_number(j, "retransmits", (double)retransmits);
	cjson_boolean(j, "sender", t->sender);
	cjson_end_object(j);
}

static void put_end(struct cjson *j, const struct iperf_tcp *t)
{
	static const char *const cpu[] = {"host_total", "host_user", "host_system",
					  "remote_total", "remote_user", "remote_system"};
	const char *here = t->congestion, *there = t->peer_congestion;

	cjson_array(j, "streams");
	for (uint32_t i = 0; i < t->params.parallel; i++) {
		cjson_object(j, NULL);
		put_half(j, t, &t->streams[i], true);
		put_half(j, t, &t->streams[i], false);
		cjson_end_object(j);
	}
	cjson_end_array(j);
	put_sum(j, t, true);
	put_sum(j, t, false);
	cjson_object(j, "cpu_utilization_percent"); /* a virtual host's CPU takes no time */
	for (int i = 0; i < 6; i++)
		cjson_number(j, cpu[i], 0);
	cjson_end_object(j);
	if (*here)
		cjson_string(j, t->sender ? "sender_tcp_congestion" : "receiver_tcp_congestion", here);
	if (*there)
		cjson_string(j, t->sender ? "receiver_tcp_congestion" : "sender_tcp_congestion",
			     there);
}

void iperf_tcp_print_json(const struct iperf_tcp *t, const char *error)
{
	struct cjson j = {.process = t->process, .first = true};

	cjson_object(&j, NULL);
	put_start(&j, t);
	cjson_array(&j, "intervals");
	for (uint32_t k = 0; t->started && k < t->streams[0].interval_count; k++)
		put_interval(&j, t, k);
	cjson_end_array(&j);
	cjson_object(&j, "end");
	if (t->started)
		put_end(&j, t);
	cjson_end_object(&j);
	if (error)
		cjson_string(&j, "error", error);
	cjson_end_object(&j);
	process_write(t->process, "\n", 1);
}
