/* nc over UDP (-u). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "programs/nc/nc.h"

#define SCAN_SECONDS 3 /* how long -z waits for an ICMP error without -w */

/* Sends to the connected peer. False when the process shall end. */
static bool send_bytes(struct nc *n, const void *data, size_t len)
{
	int r = sys_send(n->process, n->fd, data, len);

	if (r < 0)
		return false;
	n->sent++;
	n->bytes_sent += (uint32_t)r;
	return true;
}

/* All there is to send: standard input, or what --send says. */
static bool send_input(struct nc *n)
{
	size_t len;

	if (n->detached)
		return true;
	while (!n->send_count && (len = process_read(n->process, n->buf, NC_BUFFER)) > 0)
		if (!send_bytes(n, n->buf, len))
			return false;
	for (int i = 0; i < n->send_count; i++) {
		len = (size_t)snprintf((char *)n->buf, NC_BUFFER, "%s\n", n->send[i]);
		if (!send_bytes(n, n->buf, len < NC_BUFFER ? len : NC_BUFFER - 1))
			return false;
	}
	return true;
}

/* Prints what arrives until -w or -q says that it is enough. The exit status. */
static int read_network(struct nc *n)
{
	vtime quit = VTIME_NEVER;

	if (n->end_at_eof)
		quit = process_now(n->process);
	else if (n->quit_after >= 0)
		quit = tool_after(n->process, vtime_s(n->quit_after));
	for (;;) {
		vtime until = vtime_min(quit, tool_after(n->process, n->timeout));
		int r = sys_recvfrom(n->process, n->fd, n->buf, NC_BUFFER, NULL, until);

		if (r < 0)
			return 0; /* enough, or refused: the real one ends without a word too */
		n->received++;
		n->bytes_received += (uint32_t)r;
		process_write(n->process, n->buf, (size_t)r);
	}
}

/* X in single datagrams, and time for somebody to object: what -v and -z do first. */
static bool test_port(struct nc *n)
{
	vtime until;

	if (!send_bytes(n, "X", 1) || !send_bytes(n, "X", 1))
		return false;
	until = n->timeout.ns == VTIME_NEVER.ns ? vtime_s(SCAN_SECONDS) : n->timeout;
	for (until = tool_after(n->process, until); !tool_reached(n->process, until);)
		if (sys_sleep(n->process, vtime_s(1)) < 0 || !send_bytes(n, "X", 1))
			return false;
	return true;
}

static int connect_port(struct nc *n, struct endpoint to, uint16_t port, bool *killed)
{
	int status = 1, err;

	to.port = port;
	err = nc_open_socket(n, SOCKET_UDP, ipaddr_is4(&to.addr) ? AF_INET : AF_INET6);
	if (err)
		return 1;
	err = sys_connect(n->process, n->fd, &to);
	if (err) {
		if (n->verbose)
			nc_fail(n, "connect to %s port %u (udp) failed: %s", n->host, port,
			     strerror(-err));
	} else if ((!n->verbose && !n->scan) || test_port(n)) {
		status = 0;
		n->open++;
		if (n->verbose)
			nc_print_connected(n, &to, "udp");
		if (!n->scan)
			status = send_input(n) ? read_network(n) : 0;
	}
	*killed = process_killed(n->process);
	sys_close(n->process, n->fd);
	return status;
}

int nc_udp_client(struct nc *n)
{
	struct endpoint to;
	int64_t low, high;
	int status = 1;
	bool killed = false;

	if (!nc_parse_ports(n, &low, &high))
		return 1;
	if (!nc_resolve(n, low, &to))
		return 1;
	for (int64_t port = low; port <= high && !killed; port++) {
		status = connect_port(n, to, (uint16_t)port, &killed);
		if (status == 0 && !n->scan)
			break;
	}
	return status;
}

/* Without -k the first sender is the only peer; with it everybody is printed. */
static int serve(struct nc *n)
{
	struct sys_info info;
	int r;

	for (;;) {
		r = sys_recvfrom(n->process, n->fd, n->buf, NC_BUFFER, &info,
				 n->keep ? tool_after(n->process, n->timeout) : VTIME_NEVER);
		if (r == -EINTR || r == -EAGAIN)
			return 0;
		if (r < 0)
			continue; /* an ICMP error about what was sent */
		n->received++;
		n->bytes_received += (uint32_t)r;
		if (!n->keep && n->verbose)
			nc_print_peer(n, &info.from);
		process_write(n->process, n->buf, (size_t)r);
		if (n->keep)
			continue;
		r = sys_connect(n->process, n->fd, &info.from);
		if (r)
			return nc_fail(n, "connect: %s", strerror(-r));
		return send_input(n) ? read_network(n) : 0;
	}
}

int nc_udp_server(struct nc *n)
{
	struct endpoint local;
	int err;

	if (!nc_listen_address(n, &local))
		return 1;
	err = nc_open_socket(n, SOCKET_UDP, ipaddr_is4(&local.addr) ? AF_INET : AF_INET6);
	if (!err)
		err = sys_bind(n->process, n->fd, &local);
	if (err)
		return nc_fail(n, "%s", strerror(-err));
	if (n->verbose)
		nc_print_bound(n, "Bound", &local);
	return serve(n);
}
