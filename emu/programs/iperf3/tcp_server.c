#include "programs/iperf3/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE vtime_s(120) /* for the client's next connection */

static int take_cookie(struct iperf_tcp *t, int fd, char *cookie)
{
	int64_t n = sys_read_whole(t->process, fd, cookie, IPERF_COOKIE,
				   tool_after(t->process, PATIENCE));

	if (n < 0)
		return (int)n;
	return n == IPERF_COOKIE && !cookie[IPERF_COOKIE - 1] ? 0 : -EPROTO;
}

static int exchange_parameters(struct iperf_tcp *t)
{
	char *text;
	int err = iperf_tcp_state_send(t, IPERF_PARAM_EXCHANGE);

	text = err ? NULL : iperf_tcp_json_receive(t, &err);
	if (!text)
		return err;
	if (!iperf_tcp_params_parse(t, text))
		err = -EPROTO;
	free(text);
	t->sender = t->params.reverse;
	return err;
}

/* What streams inherit from the listener they come from; undone when they are there. */
static void listener_options(struct iperf_tcp *t, bool on)
{
	if (t->params.mss)
		sys_set(t->process, t->listener, SOCKET_MAXSEG, on ? (int)t->params.mss : 0);
	if (t->params.nodelay)
		sys_set(t->process, t->listener, SOCKET_NODELAY, on);
}

static int accept_streams(struct iperf_tcp *t)
{
	vtime until = tool_after(t->process, PATIENCE);
	char cookie[IPERF_COOKIE];
	uint32_t i = 0;

	while (i < t->params.parallel) {
		int fd = sys_accept(t->process, t->listener, NULL, until), err;

		if (fd < 0)
			return fd == -EAGAIN ? -ETIMEDOUT : fd;
		err = take_cookie(t, fd, cookie);
		if (err || memcmp(cookie, t->cookie, IPERF_COOKIE) != 0) {
			static const uint8_t busy = IPERF_ACCESS_DENIED;

			sys_try_write(t->process, fd, &busy, 1);
			sys_close(t->process, fd);
			if (err == -EINTR)
				return err;
			continue;
		}
		if (t->params.tos)
			sys_set(t->process, fd, SOCKET_TOS, t->params.tos);
		if (t->params.window) {
			sys_set(t->process, fd, SOCKET_SNDBUF, (int)t->params.window);
			sys_set(t->process, fd, SOCKET_RCVBUF, (int)t->params.window);
		}
		err = iperf_tcp_stream_opened(t, i++, fd);
		if (err)
			return err;
	}
	return 0;
}

static int create_streams(struct iperf_tcp *t)
{
	int err;

	iperf_tcp_streams_new(t);
	listener_options(t, true);
	err = iperf_tcp_state_send(t, IPERF_CREATE_STREAMS);
	if (!err)
		err = accept_streams(t);
	listener_options(t, false);
	return err;
}

static void print_accepted(struct iperf_tcp *t)
{
	char addr[RESOLVE_TEXT];

	if (t->options->json)
		return;
	process_printf(t->process, "Accepted connection from %s, port %u\n",
		       resolve_format(t->process, addr, sizeof addr, &t->peer), t->peer.port);
}

static int start(struct iperf_tcp *t)
{
	int err = create_streams(t);

	if (err)
		return err;
	for (uint32_t i = 0; i < t->params.parallel && !t->options->json; i++)
		iperf_tcp_print_connected(t, &t->streams[i]);
	if (!t->options->json)
		iperf_tcp_print_header(t);
	iperf_tcp_begin(t);
	err = iperf_tcp_state_send(t, IPERF_TEST_START);
	return err ? err : iperf_tcp_state_send(t, IPERF_TEST_RUNNING);
}

/* The streams are closed here, before the results: as the real one does. */
static int finish(struct iperf_tcp *t)
{
	enum iperf_state state;
	char *text;
	int err;

	for (uint32_t i = 0; i < t->params.parallel; i++) {
		sys_close(t->process, t->streams[i].fd);
		t->streams[i].fd = -1;
	}
	err = iperf_tcp_state_send(t, IPERF_EXCHANGE_RESULTS);
	text = err ? NULL : iperf_tcp_json_receive(t, &err);
	if (text && !iperf_tcp_results_parse(t, text))
		err = -EPROTO;
	free(text);
	if (!err) {
		text = iperf_tcp_results_text(t);
		err = iperf_tcp_json_send(t, text);
		free(text);
	}
	if (!err)
		err = iperf_tcp_state_send(t, IPERF_DISPLAY_RESULTS);
	if (!err)
		err = iperf_tcp_state_receive(t, &state);
	return err || state == IPERF_DONE ? err : -EPROTO;
}

static const char *words_of(int err)
{
	switch (err) {
	case -ECONNRESET:
	case -EPIPE:
		return "the client has unexpectedly closed the connection";
	case -EPROTO:
		return "received an unknown control message";
	}
	return strerror(-err);
}

static void report(struct iperf_tcp *t, const char *wrong)
{
	if (t->started)
		iperf_tcp_metrics(t);
	if (t->options->json)
		iperf_tcp_print_json(t, wrong);
	else if (t->started)
		iperf_tcp_print_results(t);
	if (wrong && !t->options->json)
		process_printf(t->process, "iperf3: error - %s\n", wrong);
}

static int converse(struct iperf_tcp *t, const char **wrong)
{
	enum iperf_state state = 0;
	int err = take_cookie(t, t->control, t->cookie);

	if (!err)
		err = exchange_parameters(t);
	if (!err)
		print_accepted(t);
	if (!err)
		err = start(t);
	if (err)
		return err;
	err = iperf_tcp_run(t, &state);
	iperf_tcp_end(t);
	if (!err && state == IPERF_CLIENT_TERMINATE)
		*wrong = "the client has terminated";
	else if (!err)
		err = state == IPERF_TEST_END ? finish(t) : -EPROTO;
	return err;
}

bool iperf_tcp_serve(struct iperf_options *o, int listener)
{
	static const uint8_t bye = IPERF_SERVER_TERMINATE;
	struct iperf_tcp t = {.options = o, .process = o->process, .server = true, .control = -1,
			      .listener = listener};
	const char *wrong = NULL;
	int err;

	t.control = sys_accept(o->process, listener, &t.peer, VTIME_ZERO);
	if (t.control < 0)
		return false;
	sys_set(o->process, t.control, SOCKET_NODELAY, 1);
	sys_get(o->process, t.control, SOCKET_MAXSEG, &t.mss);
	err = converse(&t, &wrong);
	if (err == -EINTR)
		sys_try_write(o->process, t.control, &bye, 1);
	else if (err)
		wrong = words_of(err);
	report(&t, wrong);
	bool began = t.started;
	iperf_tcp_fini(&t);
	return began;
}
