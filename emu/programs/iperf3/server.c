#include "programs/iperf3/tcp.h"

#include <errno.h>
#include <string.h>

/* After READY the stream must begin, and while a client sends something must come, within: */
#define IDLE vtime_s(63)

struct server {
	struct iperf_options *o;
	struct process *process;
	int fd, listener;
	bool running;
	struct endpoint control;      /* the client's, of the test that runs or ran last */
	struct iperf_message start;   /* what it asked for */
	bool greeted;                 /* its stream is known: */
	struct iperf_stream stream;
	struct iperf_message report;  /* of the last test, for an END that comes again */
	uint64_t tests;
};

/* What came in, after routine messages have been answered. */
enum news { NEWS_ERROR, NEWS_TIMEOUT, NEWS_START, NEWS_GREETED, NEWS_DATA, NEWS_END,
	     NEWS_REPORT, NEWS_TCP };

static void say(struct server *s, const struct endpoint *to, struct iperf_message m)
{
	uint8_t out[IPERF_CONTROL_LEN];

	iperf_emit(out, &m);
	sys_sendto(s->process, s->fd, out, sizeof out, to);
}

static bool from_control(const struct server *s, const struct endpoint *from)
{
	return endpoint_eq(from, &s->control);
}

static enum news take_message(struct server *s, const struct iperf_message *m,
			       const struct endpoint *from)
{
	bool current = m->cookie == s->start.cookie && from_control(s, from);

	switch (m->verb) {
	case IPERF_START:
		if (s->running && !current) {
			say(s, from, (struct iperf_message){.verb = IPERF_BUSY,
							    .cookie = m->cookie});
			return NEWS_TIMEOUT;
		}
		say(s, from, (struct iperf_message){.verb = IPERF_READY, .cookie = m->cookie});
		if (s->running || m->cookie == s->report.cookie)
			return NEWS_TIMEOUT;
		s->control = *from;
		s->start = *m;
		return NEWS_START;
	case IPERF_END:
		if (s->running && current && !s->start.params.reverse)
			return NEWS_END;
		if (!s->running && m->cookie == s->report.cookie && from_control(s, from))
			say(s, from, s->report);
		return NEWS_TIMEOUT;
	case IPERF_REPORT:
		return s->running && current ? NEWS_REPORT : NEWS_TIMEOUT;
	}
	return NEWS_TIMEOUT;
}

static enum news take_greeting(struct server *s, const struct sys_info *info)
{
	const struct endpoint *from = &info->from;
	bool again = s->greeted && endpoint_eq(from, &s->stream.peer);

	if (!s->running || (s->greeted && !again) ||
	    !ipaddr_eq(&from->addr, &s->control.addr))
		return NEWS_TIMEOUT;
	sys_sendto(s->process, s->fd, iperf_hello_answer, sizeof iperf_hello_answer, from);
	if (again)
		return NEWS_TIMEOUT;
	s->greeted = true;
	s->stream.peer = *from;
	s->stream.local = (struct endpoint){.addr = info->to, .port = (uint16_t)s->o->port};
	return NEWS_GREETED;
}

/*
 * Waits for one datagram. What needs an answer at any time (a repeated START or END, another
 * client) is answered here and reported as NEWS_TIMEOUT: nothing for the caller.
 */
static enum news wait_news(struct server *s, vtime until, struct iperf_message *m, vtime *at)
{
	uint8_t in[IPERF_CONTROL_LEN];
	struct sys_info info;
	int r = sys_recvfrom(s->process, s->fd, in, sizeof in, &info, until);

	if (r == -EINTR)
		return NEWS_ERROR;
	if (r < 0)
		return NEWS_TIMEOUT; /* or an ICMP error about an answer of ours */
	*at = info.at;
	if (s->running && s->greeted && endpoint_eq(&info.from, &s->stream.peer) &&
	    info.len >= IPERF_MIN_LEN) {
		iperf_stream_take(&s->stream, in, (uint32_t)r, &info);
		return NEWS_DATA;
	}
	if (info.len == sizeof iperf_hello && memcmp(in, iperf_hello, sizeof iperf_hello) == 0)
		return take_greeting(s, &info);
	*m = iperf_parse(in, info.len);
	return take_message(s, m, &info.from);
}

static void print_banner(struct server *s)
{
	static const char line[] = "-----------------------------------------------------------\n";

	if (!s->o->json)
		process_printf(s->process, "%sServer listening on %lld (test #%llu)\n%s", line,
			       (long long)s->o->port, (unsigned long long)s->tests + 1, line);
}

/* A test's first datagram, or its first connection. */
static enum news wait_start(struct server *s)
{
	struct sys_poll polls[2] = {{.fd = s->fd, .events = SOCKET_READABLE},
				    {.fd = s->listener, .events = SOCKET_READABLE}};
	struct iperf_message m;
	enum news e = NEWS_TIMEOUT;
	vtime at;

	s->running = s->greeted = false;
	while (e != NEWS_START && e != NEWS_ERROR) {
		if (sys_poll(s->process, polls, 2, VTIME_NEVER) < 0)
			return NEWS_ERROR;
		if (polls[1].ready)
			return NEWS_TCP;
		e = wait_news(s, VTIME_ZERO, &m, &at);
	}
	s->running = e == NEWS_START;
	return e;
}

static enum news wait_greeting(struct server *s)
{
	vtime until = tool_after(s->process, IDLE), at;
	struct iperf_message m;
	enum news e;

	do {
		e = wait_news(s, until, &m, &at);
		if (tool_reached(s->process, until))
			return NEWS_TIMEOUT;
	} while (e != NEWS_GREETED && e != NEWS_ERROR);
	return e;
}

/* The client sends; false: killed, or the client is gone. */
static bool receive_test(struct server *s, struct iperf_result *result)
{
	vtime heard = process_now(s->process), at = heard;
	struct iperf_message m;

	for (;;) {
		vtime limit = vtime_add(heard, IDLE);
		vtime next = iperf_stream_tick(&s->stream, process_now(s->process));

		switch (wait_news(s, vtime_min(limit, next), &m, &at)) {
		case NEWS_ERROR:
			return false;
		case NEWS_DATA:
			heard = at;
			break;
		case NEWS_END:
			iperf_settle(&s->stream, &m, at);
			result->sent = m.count;
			result->received = s->stream.total;
			result->complete = true;
			s->report = (struct iperf_message){.verb = IPERF_REPORT,
							   .cookie = m.cookie,
							   .count = s->stream.total};
			say(s, &s->control, s->report);
			return true;
		default:
			if (tool_reached(s->process, limit)) {
				process_printf(s->process,
					       "iperf3: the client has terminated\n");
				return false;
			}
		}
	}
}

/* -R: this side sends, then tells so until the client's count comes. */
static bool send_test(struct server *s, struct iperf_result *result)
{
	struct iperf_message end = {.verb = IPERF_END, .cookie = s->start.cookie}, m;
	int err = iperf_stream_send(&s->stream);
	vtime ended = process_now(s->process), at;

	end.count = result->sent = s->stream.total;
	s->report.cookie = s->start.cookie;
	if (err == -EINTR)
		return false;
	for (int n = 0; iperf_patience(n).ns != VTIME_NEVER.ns; n++) {
		vtime until = tool_after(s->process, iperf_patience(n));

		end.ago = vtime_sub(process_now(s->process), ended);
		say(s, &s->control, end);
		while (!tool_reached(s->process, until)) {
			enum news e = wait_news(s, until, &m, &at);

			if (e == NEWS_ERROR)
				return false;
			if (e == NEWS_REPORT) {
				result->received = m.count;
				result->complete = true;
				return true;
			}
		}
	}
	return true;
}

static void print_accepted(struct server *s)
{
	char addr[RESOLVE_TEXT];

	if (s->o->json)
		return;
	process_printf(s->process, "Accepted connection from %s, port %u\n",
		       resolve_format(s->process, addr, sizeof addr, &s->control),
		       s->control.port);
	iperf_print_local(&s->stream);
	iperf_print_header(&s->stream, s->stream.sender);
}

static void print_results(struct server *s, const struct iperf_result *r)
{
	const struct iperf_stream *st = &s->stream;

	if (s->o->json) {
		iperf_print_json(st, r, NULL);
		return;
	}
	iperf_print_rule(s->process);
	iperf_print_header(st, false);
	iperf_print_final(st, &st->total, st->sender);
}

/* The metrics are those of the last test, and how many there were. */
static bool run_test(struct server *s)
{
	struct iperf_result result = {.complete = false};
	struct endpoint local = s->stream.local, peer = s->stream.peer;
	bool ok;

	iperf_stream_fini(&s->stream);
	iperf_stream_init(&s->stream, s->o, &s->start.params, s->fd, s->start.params.reverse);
	s->stream.peer = peer;
	s->stream.local = local;
	print_accepted(s);
	ok = s->stream.sender ? send_test(s, &result) : receive_test(s, &result);
	if (s->stream.start.ns != VTIME_NEVER.ns || result.complete)
		print_results(s, &result);
	s->tests++;
	process_count(s->process, "tests", s->tests);
	iperf_set_metrics(s->process, &result);
	return ok;
}

static int serve(struct server *s)
{
	for (;;) {
		enum news e;

		print_banner(s);
		e = wait_start(s);
		if (e == NEWS_START)
			e = wait_greeting(s);
		if (e == NEWS_GREETED)
			run_test(s);
		if (e == NEWS_TCP && iperf_tcp_serve(s->o, s->listener))
			process_count(s->process, "tests", ++s->tests);
		if (process_killed(s->process)) {
			process_printf(s->process, "iperf3: interrupt - the server has terminated\n");
			return 1;
		}
		if (s->o->one_off)
			return 0;
	}
}

/* A socket on the server's port; negative: it is said why. */
static int open_port(struct iperf_options *o, enum socket_kind kind)
{
	struct endpoint local = {.addr = ipaddr_any6, .port = (uint16_t)o->port};
	int err = 0, fd;

	if (o->family == AF_INET)
		local.addr = ipaddr_any4;
	if (o->bind && !ipaddr_parse(o->bind, &local.addr))
		err = -EADDRNOTAVAIL;
	fd = err ? err : sys_socket(o->process, kind, ipaddr_is4(&local.addr) ? AF_INET : AF_INET6);
	if (fd >= 0) {
		if (o->family == AF_INET6)
			sys_set(o->process, fd, SOCKET_V6ONLY, 1);
		if (kind == SOCKET_TCP)
			sys_set(o->process, fd, SOCKET_REUSEADDR, 1);
		err = sys_bind(o->process, fd, &local);
		if (!err && kind == SOCKET_TCP)
			err = sys_listen(o->process, fd, INT32_MAX);
	}
	if (fd >= 0 && !err)
		return fd;
	iperf_fail(o, "unable to start listener for connections", fd < 0 ? fd : err);
	return -1;
}

int iperf_server(struct iperf_options *o)
{
	struct server s = {.o = o, .process = o->process};
	int status;

	s.fd = open_port(o, SOCKET_UDP);
	s.listener = s.fd < 0 ? -1 : open_port(o, SOCKET_TCP);
	if (s.listener < 0)
		return 1;
	process_count(o->process, "tests", 0);
	status = serve(&s);
	iperf_stream_fini(&s.stream);
	return status;
}
