/* nc over TCP. */
#include "programs/nc/nc.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

#define SLICE SYS_PATTERN
#define FASTOPEN_QUEUE 128 /* connections without a handshake that a server has at most */

/* Reads once; false at the end, when it is enough, or reset: the real one says nothing either. */
static bool take(struct nc *n, vtime until)
{
	int64_t r = sys_read_until(n->process, n->fd, n->buf, NC_BUFFER,
				   n->discard ? MSG_TRUNC : 0, until);

	if (r <= 0)
		return false;
	n->bytes_received += (uint64_t)r;
	if (!n->discard)
		process_write(n->process, n->buf, (size_t)r);
	return true;
}

/* Until there is room to write. What comes meanwhile is taken, or two that only write would wait
 * for each other for ever. False when it failed. */
static bool wait_room(struct nc *n)
{
	struct sys_poll poll = {.fd = n->fd, .events = SOCKET_WRITABLE};

	if (!n->pause.ns && !n->ended)
		poll.events |= SOCKET_READABLE;
	if (sys_poll(n->process, &poll, 1, VTIME_NEVER) < 0)
		return false;
	if (poll.ready & poll.events & SOCKET_READABLE && !take(n, VTIME_ZERO))
		n->ended = true;
	return true;
}

static bool put(struct nc *n, struct slab *slab, const uint8_t *data, size_t len)
{
	while (len) {
		int64_t r = slab ? sys_try_write_slab(n->process, n->fd, slab, data, (uint32_t)len)
				 : sys_try_write(n->process, n->fd, data, len);

		if (r == -EAGAIN && wait_room(n))
			continue;
		if (r < 0)
			return false;
		n->bytes_sent += (uint64_t)r;
		data += r;
		len -= (size_t)r;
	}
	return true;
}

static bool put_pattern(struct nc *n)
{
	struct slab *slab = sys_pattern(n->process);
	bool ok = true;

	for (uint64_t rest = n->send_bytes; rest && ok;) {
		uint32_t len = rest < SLICE ? (uint32_t)rest : SLICE;

		ok = put(n, slab, slab->bytes, len);
		rest -= len;
	}
	slab_unref(process_world(n->process), slab);
	return ok;
}

/* Standard input, or what --send and --send-bytes say. */
static bool put_input(struct nc *n)
{
	uint8_t *text = nt_malloc(NC_BUFFER);
	bool ok = true;
	size_t len;

	while (ok && !n->detached && !n->send_count && !n->send_bytes &&
	       (len = process_read(n->process, text, NC_BUFFER)) > 0)
		ok = put(n, NULL, text, len);
	for (int i = 0; ok && !n->detached && i < n->send_count; i++) {
		len = (size_t)snprintf((char *)text, NC_BUFFER, "%s\n", n->send[i]);
		ok = put(n, NULL, text, len < NC_BUFFER ? len : NC_BUFFER - 1);
	}
	free(text);
	return ok && (!n->send_bytes || n->detached || put_pattern(n));
}

static void get_output(struct nc *n, vtime quit)
{
	while (!n->ended)
		n->ended = !take(n, vtime_min(quit, tool_after(n->process, n->timeout)));
}

/* A connection from beginning to end. */
static void transfer(struct nc *n)
{
	vtime start = process_now(n->process), quit = VTIME_NEVER;
	bool ok;

	n->ended = false;
	ok = put_input(n);
	if (ok && n->end_at_eof)
		sys_shutdown(n->process, n->fd, SHUT_WR);
	if (n->quit_after >= 0)
		quit = tool_after(n->process, vtime_s(n->quit_after));
	if (n->pause.ns && sys_sleep(n->process, n->pause) < 0)
		return;
	if (ok)
		get_output(n, quit);
	process_metric(n->process, "seconds", vtime_seconds(vtime_sub(process_now(n->process), start)));
}

static void complain(struct nc *n, const struct endpoint *to, int err)
{
	const char *why = strerror(err == -EAGAIN ? ETIMEDOUT : -err);
	char addr[RESOLVE_TEXT];

	process_fail(n->process, "connect to %s port %u: %s", n->host, to->port, why);
	if (!n->verbose)
		return;
	resolve_format(n->process, addr, sizeof addr, to);
	process_printf(n->process, "nc: connect to %s", n->host);
	if (strcmp(n->host, addr) != 0)
		process_printf(n->process, " (%s)", addr);
	process_printf(n->process, " port %u (tcp) ", to->port);
	if (err == -EAGAIN) /* -w: Debian's words */
		process_printf(n->process, "timed out: %s\n", strerror(EINPROGRESS));
	else
		process_printf(n->process, "failed: %s\n", strerror(-err));
}

/* 0: connected, and n->fd is it. */
static int dial(struct nc *n, const struct endpoint *to)
{
	vtime start = process_now(n->process);
	int err = nc_open_socket(n, SOCKET_TCP, ipaddr_is4(&to->addr) ? AF_INET : AF_INET6);

	if (err)
		return err;
	if (n->fastopen) /* where the host has it switched off, an ordinary connection will do */
		sys_set(n->process, n->fd, SOCKET_FASTOPEN_CONNECT, 1);
	err = sys_connect_until(n->process, n->fd, to, tool_after(n->process, n->timeout));
	if (!err) {
		n->open++;
		process_metric(n->process, "connect_time",
			       vtime_seconds(vtime_sub(process_now(n->process), start)));
		return 0;
	}
	sys_close(n->process, n->fd);
	if (err != -EINTR)
		complain(n, to, err);
	return err;
}

/* Each address of the host in turn, until one answers. */
static int try_port(struct nc *n, struct endpoint *list, uint32_t count, uint16_t port)
{
	for (uint32_t i = 0; i < count && !process_killed(n->process); i++) {
		list[i].port = port;
		if (dial(n, &list[i]))
			continue;
		if (n->verbose)
			nc_print_connected(n, &list[i], "tcp");
		if (!n->scan)
			transfer(n);
		sys_close(n->process, n->fd);
		return 0;
	}
	return 1;
}

int nc_tcp_client(struct nc *n)
{
	struct endpoint list[RESOLVE_MAX], first;
	int64_t low, high;
	uint32_t count;
	int status = 1;

	if (!nc_parse_ports(n, &low, &high) || !nc_resolve(n, low, &first))
		return 1;
	if (resolve_all(n->process, n->host, n->family, list, RESOLVE_MAX, &count) != 0)
		return 1;
	if (count > RESOLVE_MAX)
		count = RESOLVE_MAX;
	for (int64_t port = low; port <= high && !process_killed(n->process); port++) {
		status = try_port(n, list, count, (uint16_t)port);
		if (status == 0 && !n->scan)
			break;
	}
	return status;
}

/* Without -k one connection; with it one after the other. */
static int serve(struct nc *n)
{
	int listener = n->fd;

	do {
		struct endpoint peer;
		int fd = sys_accept(n->process, listener, &peer, VTIME_NEVER);

		if (fd == -EINTR)
			return 0;
		if (fd < 0)
			return nc_fail(n, "accept: %s", strerror(-fd));
		if (n->verbose)
			nc_print_peer(n, &peer);
		n->fd = fd;
		n->open++;
		transfer(n);
		sys_close(n->process, fd);
	} while (n->keep && !process_killed(n->process));
	return 0;
}

int nc_tcp_server(struct nc *n)
{
	struct endpoint local;
	int err;

	if (!nc_listen_address(n, &local))
		return 1;
	err = nc_open_socket(n, SOCKET_TCP, ipaddr_is4(&local.addr) ? AF_INET : AF_INET6);
	if (!err)
		err = sys_set(n->process, n->fd, SOCKET_REUSEADDR, 1);
	if (!err)
		err = sys_bind(n->process, n->fd, &local);
	if (!err && n->fastopen)
		err = sys_set(n->process, n->fd, SOCKET_FASTOPEN, FASTOPEN_QUEUE);
	if (!err)
		err = sys_listen(n->process, n->fd, n->keep ? 128 : 1);
	if (err)
		return nc_fail(n, "%s", strerror(-err));
	if (n->verbose)
		nc_print_bound(n, "Listening", &local);
	return serve(n);
}
