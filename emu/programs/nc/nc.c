/*
 * nc, after OpenBSD's netcat 1.219 as Debian has it.
 *
 * Virtual programs have no keyboard: what nc sends is its standard input if the scenario set
 * one, else what --send says. Each --send is a datagram, or a write, the text and a newline, as
 * from `echo TEXT | nc`. What arrives goes to the console.
 */
#include "programs/programs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "programs/nc/nc.h"

int nc_fail(struct nc *n, const char *fmt, ...)
{
	va_list ap;

	process_printf(n->process, "nc: ");
	va_start(ap, fmt);
	process_vprintf(n->process, fmt, ap);
	va_end(ap);
	process_write(n->process, "\n", 1);
	return 1;
}

int nc_open_socket(struct nc *n, enum socket_kind kind, int family)
{
	struct endpoint local = {.addr = family == AF_INET ? ipaddr_any4 : ipaddr_any6};
	int err;

	n->fd = sys_socket(n->process, kind, family);
	if (n->fd < 0)
		return n->fd;
	if (n->broadcast)
		sys_set(n->process, n->fd, SOCKET_BROADCAST, 1);
	if (n->ttl)
		sys_set(n->process, n->fd, SOCKET_TTL, n->ttl);
	if (n->tos >= 0)
		sys_set(n->process, n->fd, SOCKET_TOS, n->tos);
	if (n->listen || (!n->source && n->source_port < 0))
		return 0;
	if (n->source && !ipaddr_parse(n->source, &local.addr))
		return -EADDRNOTAVAIL;
	local.port = (uint16_t)(n->source_port > 0 ? n->source_port : 0);
	if (kind == SOCKET_TCP)
		sys_set(n->process, n->fd, SOCKET_REUSEADDR, 1);
	err = sys_bind(n->process, n->fd, &local);
	if (err) {
		sys_close(n->process, n->fd);
		nc_fail(n, "bind failed: %s", strerror(-err));
	}
	return err;
}

void nc_print_connected(struct nc *n, const struct endpoint *to, const char *protocol)
{
	char addr[RESOLVE_TEXT];

	resolve_format(n->process, addr, sizeof addr, to);
	process_printf(n->process, "Connection to %s", n->host);
	if (strcmp(n->host, addr) != 0)
		process_printf(n->process, " (%s)", addr);
	process_printf(n->process, " %u port [%s/%s] succeeded!\n", to->port, protocol,
		       nc_service_name(n, to->port));
}

bool nc_resolve(struct nc *n, int64_t port, struct endpoint *out)
{
	int r = resolve_host(n->process, n->host, n->family, out);

	if (r)
		nc_fail(n, "getaddrinfo for host \"%s\" port %lld: %s", n->host, (long long)port,
			resolve_strerror(r == RESOLVE_NODATA ? RESOLVE_NONAME : r));
	return r == 0;
}

bool nc_listen_address(struct nc *n, struct endpoint *local)
{
	int64_t port = n->source_port, high;

	*local = (struct endpoint){.addr = n->family == AF_INET6 ? ipaddr_any6 : ipaddr_any4};
	if (n->ports && !nc_parse_ports(n, &port, &high))
		return false;
	if (n->host && !nc_resolve(n, port, local))
		return false;
	local->port = (uint16_t)port;
	return true;
}

void nc_print_bound(struct nc *n, const char *word, const struct endpoint *local)
{
	char addr[RESOLVE_TEXT];

	resolve_format(n->process, addr, sizeof addr, local);
	process_printf(n->process, "%s on %s %u\n", word, addr, local->port);
}

void nc_print_peer(struct nc *n, const struct endpoint *from)
{
	const char *name = n->no_names ? NULL : resolve_name(n->process, &from->addr);
	char addr[RESOLVE_TEXT];

	resolve_format(n->process, addr, sizeof addr, from);
	process_printf(n->process, "Connection received on %s %u\n", name ? name : addr,
		       from->port);
}

static struct nc nc_default(struct process *p)
{
	return (struct nc){.process = p, .family = AF_UNSPEC, .tos = -1, .source_port = -1,
			   .quit_after = -1, .timeout = VTIME_NEVER};
}

static int nc_check(struct process *p, int argc, char **argv)
{
	struct nc n = nc_default(p);
	int status = nc_options_read(&n, argc, argv);
	int64_t low, high;

	if (status < 0) {
		paper_host(p, n.host);
		status = nc_options_check(&n);
	}
	if (status >= 0)
		return status;
	paper_read(p, n.ports, NULL);
	return n.ports && !nc_parse_ports(&n, &low, &high);
}

static int nc_main(struct process *p, int argc, char **argv)
{
	struct nc n = nc_default(p);
	int status = nc_options_read(&n, argc, argv);

	if (status < 0)
		status = nc_options_check(&n);
	if (status >= 0)
		return status;
	n.buf = nt_malloc(NC_BUFFER);
	if (n.udp)
		status = n.listen ? nc_udp_server(&n) : nc_udp_client(&n);
	else
		status = n.listen ? nc_tcp_server(&n) : nc_tcp_client(&n);
	free(n.buf);
	if (n.udp) {
		process_count(p, "sent", n.sent);
		process_count(p, "received", n.received);
	}
	process_count(p, "bytes_sent", n.bytes_sent);
	process_count(p, "bytes_received", n.bytes_received);
	process_count(p, "open", n.open);
	return status;
}

static const char *const metrics[] = {"sent", "received", "bytes_sent", "bytes_received", "open",
				      "connect_time", "seconds", NULL};

const struct program program_nc = {
	.name = "nc",
	.summary = "send and receive over TCP or UDP",
	.usage = nc_usage,
	.metrics = metrics,
	.main = nc_main,
	.check = nc_check,
};
