#include "programs/iperf3/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_cookie(struct iperf_tcp *t)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

	for (int i = 0; i < IPERF_COOKIE - 1; i++)
		t->cookie[i] = letters[rng_u64(process_rng(t->process)) >> 59];
}

/* A connection to the server that says its cookie; a descriptor or a negative errno. */
static int dial(struct iperf_tcp *t, bool control, uint32_t number)
{
	const struct iperf_options *o = t->options;
	bool v4 = ipaddr_is4(&t->peer.addr);
	struct endpoint local = {.addr = v4 ? ipaddr_any4 : ipaddr_any6};
	int fd = sys_socket(t->process, SOCKET_TCP, v4 ? AF_INET : AF_INET6), err = 0;

	if (fd < 0)
		return fd;
	if (!control)
		err = iperf_tcp_stream_options(t, fd);
	if (!control && o->client_port)
		local.port = (uint16_t)(o->client_port + number);
	if (!err && o->bind && !ipaddr_parse(o->bind, &local.addr))
		err = -EADDRNOTAVAIL;
	if (!err && (o->bind || local.port))
		err = sys_bind(t->process, fd, &local);
	if (!err)
		err = sys_connect(t->process, fd, &t->peer);
	if (!err && control)
		err = sys_set(t->process, fd, SOCKET_NODELAY, 1);
	if (!err) {
		int64_t n = sys_write(t->process, fd, t->cookie, IPERF_COOKIE);

		err = n < 0 ? (int)n : 0;
	}
	if (err)
		sys_close(t->process, fd);
	return err ? err : fd;
}

static int create_streams(struct iperf_tcp *t)
{
	iperf_tcp_streams_new(t);
	for (uint32_t i = 0; i < t->params.parallel; i++) {
		int fd = dial(t, false, i), err;

		if (fd < 0)
			return fd;
		err = iperf_tcp_stream_opened(t, i, fd);
		if (err)
			return err;
	}
	for (uint32_t i = 0; i < t->params.parallel && !t->options->json; i++)
		iperf_tcp_print_connected(t, &t->streams[i]);
	return 0;
}

static int send_json(struct iperf_tcp *t, char *text)
{
	int err = iperf_tcp_json_send(t, text);

	free(text);
	return err;
}

static int exchange_results(struct iperf_tcp *t)
{
	int err = send_json(t, iperf_tcp_results_text(t));
	char *text = err ? NULL : iperf_tcp_json_receive(t, &err);

	if (text && !iperf_tcp_results_parse(t, text))
		err = -EPROTO;
	free(text);
	return err;
}

/* Throws away what a stream still brings; `full` at its end. */
static void drain(struct iperf_tcp *t, struct iperf_tcp_stream *s)
{
	int64_t n;

	do {
		n = sys_read_until(t->process, s->fd, NULL, IPERF_TCP_MAX_LEN, MSG_TRUNC,
				   VTIME_ZERO);
	} while (n > 0);
	s->full = n != -EAGAIN;
}

/*
 * The server's next state. After the end of -R its pipes may be full, and it does not look at our
 * state while it waits for room there: they are emptied meanwhile.
 */
static int wait_state(struct iperf_tcp *t, enum iperf_state *state)
{
	bool draining = t->over && !t->sender;

	while (draining) {
		uint32_t count = 1;
		int n;

		t->polls[0] = (struct sys_poll){.fd = t->control, .events = SOCKET_READABLE};
		for (uint32_t i = 0; i < t->params.parallel; i++)
			if (!t->streams[i].full)
				t->polls[count++] = (struct sys_poll){.fd = t->streams[i].fd,
								      .events = SOCKET_READABLE};
		n = sys_poll(t->process, t->polls, count, VTIME_NEVER);
		if (n < 0)
			return n;
		if (t->polls[0].ready)
			break;
		for (uint32_t i = 0; i < t->params.parallel; i++)
			if (!t->streams[i].full)
				drain(t, &t->streams[i]);
	}
	return iperf_tcp_state_receive(t, state);
}

static int run(struct iperf_tcp *t, enum iperf_state *state)
{
	int err = iperf_tcp_run(t, state);

	iperf_tcp_end(t);
	if (!err && !*state)
		err = iperf_tcp_state_send(t, IPERF_TEST_END);
	return err;
}

/* What a state asks for; *state is the next one if it is known already, else 0. */
static int follow(struct iperf_tcp *t, enum iperf_state *state)
{
	enum iperf_state now = *state;

	*state = 0;
	switch (now) {
	case IPERF_PARAM_EXCHANGE:
		return send_json(t, iperf_tcp_params_text(t));
	case IPERF_CREATE_STREAMS:
		return t->streams ? -EPROTO : create_streams(t);
	case IPERF_TEST_START:
		if (!t->streams)
			return -EPROTO;
		iperf_tcp_begin(t);
		if (!t->options->json)
			iperf_tcp_print_header(t);
		return 0;
	case IPERF_TEST_RUNNING:
		return t->started ? run(t, state) : -EPROTO;
	case IPERF_EXCHANGE_RESULTS:
		return t->started ? exchange_results(t) : -EPROTO;
	default:
		return -EPROTO;
	}
}

/* The error's words, or NULL when the test went to its end. */
static const char *converse(struct iperf_tcp *t, char *words, size_t size)
{
	enum iperf_state state = 0;
	int err = 0;

	for (;;) {
		if (!state)
			err = wait_state(t, &state);
		if (err == -ECONNRESET)
			return "control socket has closed unexpectedly";
		if (!err && state == IPERF_DISPLAY_RESULTS)
			return t->have_results ? NULL : "received an unknown control message";
		if (!err && state == IPERF_ACCESS_DENIED)
			return "the server is busy running a test. try again later";
		if (!err && state == IPERF_SERVER_TERMINATE)
			return "the server has terminated";
		if (!err && state == IPERF_SERVER_ERROR)
			return "the server said that the test cannot be run";
		if (!err)
			err = follow(t, &state);
		if (err == -EPROTO)
			return "received an unknown control message";
		if (err == -EINTR)
			return "interrupt - the client has terminated";
		if (err && err != -ECONNRESET) {
			snprintf(words, size, "%s: %s", t->started ? "unable to write to stream socket" :
				 "unable to create a new stream", strerror(-err));
			return words;
		}
	}
}

static int say_end(struct iperf_tcp *t, const char *words)
{
	static const uint8_t bye = IPERF_CLIENT_TERMINATE;
	bool killed = words && process_killed(t->process);

	if (words && t->control >= 0 && killed)
		sys_try_write(t->process, t->control, &bye, 1);
	if (!words)
		iperf_tcp_state_send(t, IPERF_DONE);
	if (t->started)
		iperf_tcp_metrics(t);
	if (t->options->json) {
		iperf_tcp_print_json(t, words);
		return words ? 1 : 0;
	}
	if (t->started && (!words || killed))
		iperf_tcp_print_results(t);
	if (!words)
		process_printf(t->process, "\niperf Done.\n");
	else
		process_printf(t->process, "iperf3: %s%s\n", killed ? "" : "error - ", words);
	return words ? 1 : 0;
}

int iperf_tcp_client(struct iperf_options *o)
{
	struct iperf_tcp t = {.options = o, .process = o->process, .control = -1, .listener = -1,
			      .sender = !o->tcp.reverse, .params = o->tcp};
	int r = resolve_host(o->process, o->host, o->family, &t.peer), status;
	const char *wrong = NULL;
	char words[160];

	t.peer.port = (uint16_t)o->port;
	make_cookie(&t);
	if (r) {
		snprintf(words, sizeof words, "unable to connect to server: %s",
			 resolve_strerror(r == RESOLVE_NODATA ? RESOLVE_NONAME : r));
		wrong = words;
	} else {
		r = dial(&t, true, 0);
		t.control = r < 0 ? -1 : r;
		if (r < 0) {
			snprintf(words, sizeof words, "unable to connect to server: %s",
				 strerror(-r));
			wrong = words;
		} else {
			sys_get(t.process, t.control, SOCKET_MAXSEG, &t.mss);
			if (!o->json)
				process_printf(o->process, "Connecting to host %s, port %lld\n",
					       o->host, (long long)o->port);
			if (!o->json && o->tcp.reverse)
				process_printf(o->process,
					       "Reverse mode, remote host %s is sending\n",
					       o->host);
			wrong = converse(&t, words, sizeof words);
		}
	}
	status = say_end(&t, wrong);
	iperf_tcp_fini(&t);
	return status;
}
