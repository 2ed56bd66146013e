#include "programs/iperf3/iperf3.h"

#include "programs/iperf3/cjson.h"

static void put_start(struct cjson *j, const struct iperf_stream *s)
{
	const struct iperf_options *o = s->options;
	const struct iperf_params *p = &s->params;
	char text[RESOLVE_TEXT];

	cjson_object(j, "start");
	cjson_array(j, "connected");
	if (s->peer.port) {
		cjson_object(j, NULL);
		cjson_number(j, "socket", IPERF_ID);
		cjson_string(j, "local_host", resolve_format(s->process, text, sizeof text, &s->local));
		cjson_number(j, "local_port", s->local.port);
		cjson_string(j, "remote_host", resolve_format(s->process, text, sizeof text, &s->peer));
		cjson_number(j, "remote_port", s->peer.port);
		cjson_end_object(j);
	}
	cjson_end_array(j);
	cjson_string(j, "version", "iperf 3.12");
	cjson_string(j, "system_info", process_hostname(s->process));
	cjson_timestamp(j, process_start(s->process));
	if (o->host) {
		cjson_object(j, "connecting_to");
		cjson_string(j, "host", o->host);
		cjson_number(j, "port", (double)o->port);
		cjson_end_object(j);
	}
	cjson_number(j, "target_bitrate", (double)p->rate);
	cjson_object(j, "test_start");
	cjson_string(j, "protocol", "UDP");
	cjson_number(j, "num_streams", 1);
	cjson_number(j, "blksize", p->len);
	cjson_number(j, "omit", 0);
	cjson_number(j, "duration", p->duration.ns == VTIME_NEVER.ns ? 0 : vtime_seconds(p->duration));
	cjson_number(j, "bytes", (double)p->bytes);
	cjson_number(j, "blocks", (double)p->blocks);
	cjson_number(j, "reverse", p->reverse);
	cjson_number(j, "tos", p->tos);
	cjson_number(j, "target_bitrate", (double)p->rate);
	cjson_end_object(j);
	cjson_end_object(j);
}

static void put_losses(struct cjson *j, const struct iperf_count *c)
{
	cjson_number(j, "jitter_ms", c->jitter * 1e3);
	cjson_number(j, "lost_packets", (double)c->lost);
	cjson_number(j, "packets", (double)c->packets);
	cjson_number(j, "lost_percent", iperf_lost_percent(c));
}

static void put_span(struct cjson *j, vtime start, vtime end, const struct iperf_count *c)
{
	cjson_number(j, "start", vtime_seconds(start));
	cjson_number(j, "end", vtime_seconds(end));
	cjson_number(j, "seconds", vtime_seconds(c->span));
	cjson_number(j, "bytes", (double)c->bytes);
	cjson_number(j, "bits_per_second", iperf_bits_per_second(c));
}

static void put_interval(struct cjson *j, const char *key, const struct iperf_stream *s,
			 const struct iperf_interval *i)
{
	cjson_object(j, key);
	if (!key)
		cjson_number(j, "socket", IPERF_ID);
	put_span(j, i->start, i->end, &i->count);
	if (s->sender)
		cjson_number(j, "packets", (double)i->count.packets);
	else
		put_losses(j, &i->count);
	cjson_boolean(j, "omitted", false);
	cjson_boolean(j, "sender", s->sender);
	cjson_end_object(j);
}

static void put_intervals(struct cjson *j, const struct iperf_stream *s)
{
	cjson_array(j, "intervals");
	for (uint32_t k = 0; k < s->interval_count; k++) {
		cjson_object(j, NULL);
		cjson_array(j, "streams");
		put_interval(j, NULL, s, &s->intervals[k]);
		cjson_end_array(j);
		put_interval(j, "sum", s, &s->intervals[k]);
		cjson_end_object(j);
	}
	cjson_end_array(j);
}

static void put_sum(struct cjson *j, const char *key, const struct iperf_count *c, bool sender)
{
	cjson_object(j, key);
	put_span(j, VTIME_ZERO, c->span, c);
	put_losses(j, c);
	cjson_boolean(j, "sender", sender);
	cjson_end_object(j);
}

static void put_end(struct cjson *j, const struct iperf_stream *s, const struct iperf_result *r)
{
	/* What was sent, with the losses that the receiver saw. */
	struct iperf_count both = r->sent;

	both.jitter = r->received.jitter;
	both.lost = r->received.lost;
	cjson_object(j, "end");
	cjson_array(j, "streams");
	cjson_object(j, NULL);
	cjson_object(j, "udp");
	cjson_number(j, "socket", IPERF_ID);
	put_span(j, VTIME_ZERO, both.span, &both);
	put_losses(j, &both);
	cjson_number(j, "out_of_order", (double)r->received.out_of_order);
	cjson_boolean(j, "sender", s->sender);
	cjson_end_object(j);
	cjson_end_object(j);
	cjson_end_array(j);
	put_sum(j, "sum", &both, s->sender);
	put_sum(j, "sum_sent", &r->sent, true);
	if (r->complete)
		put_sum(j, "sum_received", &r->received, false);
	cjson_end_object(j);
}

void iperf_print_json(const struct iperf_stream *s, const struct iperf_result *r,
		      const char *error)
{
	struct cjson j = {.process = s->process, .first = true};

	cjson_object(&j, NULL);
	put_start(&j, s);
	put_intervals(&j, s);
	if (r->sent.packets || r->complete) {
		put_end(&j, s, r);
	} else {
		cjson_object(&j, "end");
		cjson_end_object(&j);
	}
	if (error)
		cjson_string(&j, "error", error);
	cjson_end_object(&j);
	process_write(s->process, "\n", 1);
}
