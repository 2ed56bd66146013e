#include "programs/iperf3.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/*
 * Output in the shape of cJSON_Print(), which scripts that read the real one's with line tools
 * rely on: tabs, a tab behind the colon, array elements on one line with their brackets.
 */
struct json {
	struct process *process;
	int depth;
	bool first; /* nothing has been written in the present object or array */
};

static void tabs(struct json *j)
{
	for (int i = 0; i < j->depth; i++)
		process_write(j->process, "\t", 1);
}

/* The place of the next value: after its key in an object, after a comma in an array. */
static void place(struct json *j, const char *key)
{
	if (!key) {
		if (!j->first)
			process_write(j->process, ", ", 2);
	} else {
		process_printf(j->process, j->first ? "\n" : ",\n");
		tabs(j);
		process_printf(j->process, "\"%s\":\t", key);
	}
	j->first = false;
}

static void open_object(struct json *j, const char *key)
{
	place(j, key);
	process_write(j->process, "{", 1);
	j->depth++;
	j->first = true;
}

static void close_object(struct json *j)
{
	j->depth--;
	process_write(j->process, "\n", 1);
	tabs(j);
	process_write(j->process, "}", 1);
	j->first = false;
}

static void open_array(struct json *j, const char *key)
{
	place(j, key);
	process_write(j->process, "[", 1);
	j->depth++;
	j->first = true;
}

static void close_array(struct json *j)
{
	j->depth--;
	process_write(j->process, "]", 1);
	j->first = false;
}

static void number(struct json *j, const char *key, double v)
{
	char text[32];

	snprintf(text, sizeof text, "%1.15g", v);
	if (strtod(text, NULL) != v)
		snprintf(text, sizeof text, "%1.17g", v);
	place(j, key);
	process_printf(j->process, "%s", text);
}

static void boolean(struct json *j, const char *key, bool v)
{
	place(j, key);
	process_printf(j->process, v ? "true" : "false");
}

static void string(struct json *j, const char *key, const char *v)
{
	place(j, key);
	process_write(j->process, "\"", 1);
	for (; *v; v++) {
		if (*v == '"' || *v == '\\')
			process_printf(j->process, "\\%c", *v);
		else if ((unsigned char)*v < 0x20)
			process_printf(j->process, "\\u%04x", *v);
		else
			process_write(j->process, v, 1);
	}
	process_write(j->process, "\"", 1);
}

/* Virtual time begins where Unix time does. */
static void put_time(struct json *j, vtime at)
{
	time_t seconds = at.ns / NS_PER_S;
	struct tm tm;
	char text[64];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	open_object(j, "timestamp");
	string(j, "time", text);
	number(j, "timesecs", (double)seconds);
	close_object(j);
}

static void put_start(struct json *j, const struct iperf_stream *s)
{
	const struct iperf_options *o = s->options;
	const struct iperf_params *p = &s->params;
	char text[RESOLVE_TEXT];

	open_object(j, "start");
	open_array(j, "connected");
	if (s->peer.port) {
		open_object(j, NULL);
		number(j, "socket", IPERF_ID);
		string(j, "local_host", resolve_format(s->process, text, sizeof text, &s->local));
		number(j, "local_port", s->local.port);
		string(j, "remote_host", resolve_format(s->process, text, sizeof text, &s->peer));
		number(j, "remote_port", s->peer.port);
		close_object(j);
	}
	close_array(j);
	string(j, "version", "iperf 3.12");
	string(j, "system_info", process_hostname(s->process));
	put_time(j, process_start(s->process));
	if (o->host) {
		open_object(j, "connecting_to");
		string(j, "host", o->host);
		number(j, "port", (double)o->port);
		close_object(j);
	}
	number(j, "target_bitrate", (double)p->rate);
	open_object(j, "test_start");
	string(j, "protocol", "UDP");
	number(j, "num_streams", 1);
	number(j, "blksize", p->len);
	number(j, "omit", 0);
	number(j, "duration", p->duration.ns == VTIME_NEVER.ns ? 0 : vtime_seconds(p->duration));
	number(j, "bytes", (double)p->bytes);
	number(j, "blocks", (double)p->blocks);
	number(j, "reverse", p->reverse);
	number(j, "tos", p->tos);
	number(j, "target_bitrate", (double)p->rate);
	close_object(j);
	close_object(j);
}

static void put_losses(struct json *j, const struct iperf_count *c)
{
	number(j, "jitter_ms", c->jitter * 1e3);
	number(j, "lost_packets", (double)c->lost);
	number(j, "packets", (double)c->packets);
	number(j, "lost_percent", iperf_lost_percent(c));
}

static void put_span(struct json *j, vtime start, vtime end, const struct iperf_count *c)
{
	number(j, "start", vtime_seconds(start));
	number(j, "end", vtime_seconds(end));
	number(j, "seconds", vtime_seconds(c->span));
	number(j, "bytes", (double)c->bytes);
	number(j, "bits_per_second", iperf_bits_per_second(c));
}

static void put_interval(struct json *j, const char *key, const struct iperf_stream *s,
			 const struct iperf_interval *i)
{
	open_object(j, key);
	if (!key)
		number(j, "socket", IPERF_ID);
	put_span(j, i->start, i->end, &i->count);
	if (s->sender)
		number(j, "packets", (double)i->count.packets);
	else
		put_losses(j, &i->count);
	boolean(j, "omitted", false);
	boolean(j, "sender", s->sender);
	close_object(j);
}

static void put_intervals(struct json *j, const struct iperf_stream *s)
{
	open_array(j, "intervals");
	for (uint32_t k = 0; k < s->interval_count; k++) {
		open_object(j, NULL);
		open_array(j, "streams");
		put_interval(j, NULL, s, &s->intervals[k]);
		close_array(j);
		put_interval(j, "sum", s, &s->intervals[k]);
		close_object(j);
	}
	close_array(j);
}

static void put_sum(struct json *j, const char *key, const struct iperf_count *c, bool sender)
{
	open_object(j, key);
	put_span(j, VTIME_ZERO, c->span, c);
	put_losses(j, c);
	boolean(j, "sender", sender);
	close_object(j);
}

static void put_end(struct json *j, const struct iperf_stream *s, const struct iperf_result *r)
{
	/* What was sent, with the losses that the receiver saw. */
	struct iperf_count both = r->sent;

	both.jitter = r->received.jitter;
	both.lost = r->received.lost;
	open_object(j, "end");
	open_array(j, "streams");
	open_object(j, NULL);
	open_object(j, "udp");
	number(j, "socket", IPERF_ID);
	put_span(j, VTIME_ZERO, both.span, &both);
	put_losses(j, &both);
	number(j, "out_of_order", (double)r->received.out_of_order);
	boolean(j, "sender", s->sender);
	close_object(j);
	close_object(j);
	close_array(j);
	put_sum(j, "sum", &both, s->sender);
	put_sum(j, "sum_sent", &r->sent, true);
	if (r->complete)
		put_sum(j, "sum_received", &r->received, false);
	close_object(j);
}

void iperf_print_json(const struct iperf_stream *s, const struct iperf_result *r,
		      const char *error)
{
	struct json j = {.process = s->process, .first = true};

	open_object(&j, NULL);
	put_start(&j, s);
	put_intervals(&j, s);
	if (r->sent.packets || r->complete) {
		put_end(&j, s, r);
	} else {
		open_object(&j, "end");
		close_object(&j);
	}
	if (error)
		string(&j, "error", error);
	close_object(&j);
	process_write(s->process, "\n", 1);
}
