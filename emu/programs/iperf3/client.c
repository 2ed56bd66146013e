#include "programs/iperf3/iperf3.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "ip/route.h"
#include "link/tap.h"

struct client {
	struct iperf_options *o;
	struct process *process;
	struct endpoint server;
	int control, data;
	struct iperf_message message; /* with the test's cookie */
	struct iperf_stream stream;
	struct iperf_result result;
};

static bool is4(const struct client *c)
{
	return ipaddr_is4(&c->server.addr);
}

static int open_control(struct client *c)
{
	c->control = sys_socket(c->process, SOCKET_UDP, is4(c) ? AF_INET : AF_INET6);
	if (c->control < 0)
		return c->control;
	return sys_connect(c->process, c->control, &c->server);
}

/* Like the real one's: what a TCP segment with time stamps carries on this path. */
static void choose_length(struct client *c)
{
	int overhead = is4(c) ? 52 : 72, mtu;

	if (c->o->len)
		c->o->params.len = (uint32_t)c->o->len;
	else if (sys_get(c->process, c->control, SOCKET_MTU, &mtu) == 0 && mtu > overhead + 64)
		c->o->params.len = (uint32_t)(mtu - overhead > 65507 ? 65507 : mtu - overhead);
	else
		c->o->params.len = 1460;
}

/* Without a bitrate the first link has to give one. */
static bool link_has_rate(struct client *c, const char **name)
{
	struct ip_flow f = {.dst = c->server.addr, .proto = IPPROTO_UDP};
	struct ip_path path;

	*name = "the loopback";
	if (ip_path(process_node(c->process), &f, &path) || !path.dev)
		return false;
	*name = path.dev->link.name;
	return iface_rate(&path.dev->link) > 0;
}

static int open_data(struct client *c)
{
	struct endpoint local = {.addr = is4(c) ? ipaddr_any4 : ipaddr_any6,
				 .port = (uint16_t)c->o->client_port};
	const struct iperf_options *o = c->o;
	int err = 0;

	c->data = sys_socket(c->process, SOCKET_UDP, is4(c) ? AF_INET : AF_INET6);
	if (c->data < 0)
		return c->data;
	if (o->window) {
		sys_set(c->process, c->data, SOCKET_SNDBUF, (int)o->window);
		sys_set(c->process, c->data, SOCKET_RCVBUF, (int)o->window);
	}
	if (o->dont_fragment)
		sys_set(c->process, c->data, SOCKET_PMTUDISC, IP_PMTU_DO);
	if (o->bind && !ipaddr_parse(o->bind, &local.addr))
		return -EADDRNOTAVAIL;
	if (o->bind || local.port)
		err = sys_bind(c->process, c->data, &local);
	if (!err)
		err = sys_connect(c->process, c->data, &c->server);
	return err;
}

static int start(struct client *c)
{
	struct iperf_message answer;
	int err;

	c->message.verb = IPERF_START;
	c->message.params = c->o->params;
	err = iperf_exchange(c->process, c->control, &c->message, IPERF_READY,
			     process_now(c->process), &answer);
	if (!err && answer.verb == IPERF_BUSY)
		err = -EBUSY;
	return err;
}

/*
 * Reverse: takes datagrams until the server says on the control socket that it was the last.
 * As many seconds as a lost END may take are allowed to pass without a word.
 */
static int receive_test(struct client *c)
{
	struct sys_poll polls[2] = {{.fd = c->data, .events = SOCKET_READABLE},
				    {.fd = c->control, .events = SOCKET_READABLE}};
	vtime heard = process_now(c->process);
	uint8_t in[IPERF_CONTROL_LEN];
	struct sys_info info;

	for (;;) {
		vtime limit = vtime_add(heard, vtime_s(63));
		vtime next = iperf_stream_tick(&c->stream, process_now(c->process));
		int r = sys_poll(c->process, polls, 2, vtime_min(limit, next));

		if (r < 0)
			return r;
		if (r == 0 && tool_reached(c->process, limit))
			return -ETIMEDOUT;
		while ((r = sys_recvfrom(c->process, c->data, in, IPERF_HEAD, &info, VTIME_ZERO)) >= 0) {
			heard = info.at;
			iperf_stream_take(&c->stream, in, (uint32_t)r, &info);
		}
		if (r != -EAGAIN)
			return r;
		r = sys_recvfrom(c->process, c->control, in, sizeof in, &info, VTIME_ZERO);
		if (r < 0 && r != -EAGAIN)
			return r;
		if (r >= 0) {
			struct iperf_message m = iperf_parse(in, info.len);

			if (m.verb != IPERF_END || m.cookie != c->message.cookie)
				continue;
			iperf_settle(&c->stream, &m, info.at);
			c->result.sent = m.count;
			return 0;
		}
	}
}

/* The other side's count, or ours for it to have. */
static int exchange_results(struct client *c)
{
	struct iperf_message answer;
	uint8_t out[IPERF_CONTROL_LEN];
	int err;

	if (c->o->params.reverse) {
		c->result.received = c->message.count = c->stream.total;
		c->message.verb = IPERF_REPORT;
		iperf_emit(out, &c->message);
		err = sys_send(c->process, c->control, out, sizeof out);
		c->result.complete = true;
		return err < 0 ? err : 0;
	}
	c->result.sent = c->message.count = c->stream.total;
	c->message.verb = IPERF_END;
	err = iperf_exchange(c->process, c->control, &c->message, IPERF_REPORT,
			     process_now(c->process), &answer);
	if (!err && answer.verb == IPERF_BUSY)
		err = -ECONNRESET;
	if (err)
		return err;
	c->result.received = answer.count;
	c->result.complete = true;
	return 0;
}

static void print_results(struct client *c)
{
	const struct iperf_stream *s = &c->stream;

	iperf_print_rule(c->process);
	iperf_print_header(s, false);
	if (c->result.sent.packets)
		iperf_print_final(s, &c->result.sent, true);
	if (c->result.complete)
		iperf_print_final(s, &c->result.received, false);
}

/* Ends the test early, or not at all: what is known so far, and why. */
static int give_up(struct client *c, const char *what, int err)
{
	char words[160];

	snprintf(words, sizeof words, "%s: %s", what, strerror(-err));
	if (err == -EINTR)
		snprintf(words, sizeof words, "interrupt - the client has terminated");
	if (!c->o->params.reverse)
		c->result.sent = c->stream.total;
	iperf_set_metrics(c->process, &c->result);
	if (c->o->json) {
		iperf_print_json(&c->stream, &c->result, words);
		return 1;
	}
	if (err == -EINTR) {
		if (c->stream.start.ns != VTIME_NEVER.ns)
			print_results(c);
		process_printf(c->process, "iperf3: %s\n", words);
	} else {
		process_printf(c->process, "iperf3: error - %s\n", words);
	}
	return 1;
}

static int run_test(struct client *c)
{
	struct iperf_options *o = c->o;
	int err;

	c->stream.peer = c->server;
	sys_local(c->process, c->data, &c->stream.local);
	if (!o->json) {
		if (o->params.reverse)
			process_printf(c->process, "Reverse mode, remote host %s is sending\n",
				       o->host);
		iperf_print_local(&c->stream);
		iperf_print_header(&c->stream, !o->params.reverse);
	}
	err = o->params.reverse ? receive_test(c) : iperf_stream_send(&c->stream);
	if (err)
		return give_up(c, o->params.reverse ? "unable to read from stream socket" :
			       "unable to write to stream socket", err);
	err = exchange_results(c);
	if (err)
		return give_up(c, "unable to receive results", err);
	iperf_set_metrics(c->process, &c->result);
	if (o->json) {
		iperf_print_json(&c->stream, &c->result, NULL);
		return 0;
	}
	print_results(c);
	process_printf(c->process, "\niperf Done.\n");
	return 0;
}

static int connect_server(struct client *c)
{
	struct iperf_options *o = c->o;
	const char *name;
	int err = open_control(c);

	if (err)
		return give_up(c, "unable to connect to server", err);
	choose_length(c);
	if (o->params.rate == 0 && !o->params.reverse && !link_has_rate(c, &name)) {
		process_printf(c->process, "iperf3: error - -b 0 takes the rate of the host's own "
			       "link, and %s has none: give a bitrate\n", name);
		return 1;
	}
	err = start(c);
	if (err == -EBUSY) {
		process_printf(c->process, "iperf3: error - the server is busy running a test. "
			       "try again later\n");
		return 1;
	}
	if (!err)
		err = open_data(c);
	if (!err)
		err = iperf_greet(c->process, c->data);
	return err ? give_up(c, "unable to connect to server", err) : -1;
}

int iperf_client(struct iperf_options *o)
{
	struct client c = {.o = o, .process = o->process};
	int r = resolve_host(o->process, o->host, o->family, &c.server), status;

	if (r) {
		process_printf(o->process, "iperf3: error - unable to connect to server: %s\n",
			       resolve_strerror(r == RESOLVE_NODATA ? RESOLVE_NONAME : r));
		return 1;
	}
	c.server.port = (uint16_t)o->port;
	c.message.cookie = rng_u64(process_rng(o->process));
	iperf_stream_init(&c.stream, o, &o->params, 0, false);
	if (!o->json)
		process_printf(o->process, "Connecting to host %s, port %lld\n", o->host,
			       (long long)o->port);
	status = connect_server(&c);
	if (status < 0) {
		iperf_stream_fini(&c.stream);
		iperf_stream_init(&c.stream, o, &o->params, c.data, !o->params.reverse);
		status = run_test(&c);
	}
	iperf_stream_fini(&c.stream);
	return status;
}
