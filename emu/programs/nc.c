/*
 * nc, after OpenBSD's netcat 1.219 as Debian has it: options and UDP.
 *
 * Virtual programs have no keyboard: what nc sends is its standard input if the scenario set
 * one, else what --send says. Each --send is a datagram, or a write, the text and a newline, as
 * from `echo TEXT | nc`. What arrives goes to the console.
 */
#include "programs/programs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "programs/nc.h"

#define SCAN_SECONDS 3   /* how long -z waits for an ICMP error without -w */

static const char usage[] =
	"usage: nc [-46bdhklNnuvz] [-p source_port] [-q seconds] [-s sourceaddr]\n"
	"\t  [-w timeout] [-M ttl] [-T tos] [--send text] [--send-bytes n] [--pause secs]\n"
	"\t  [destination] [port]\n"
	"\tCommand Summary:\n"
	"\t\t-4\t\tUse IPv4\n"
	"\t\t-6\t\tUse IPv6\n"
	"\t\t-b\t\tAllow broadcast\n"
	"\t\t-d\t\tDetach from stdin\n"
	"\t\t-h\t\tThis help text\n"
	"\t\t-k\t\tKeep inbound sockets open for multiple connects\n"
	"\t\t-l\t\tListen mode, for inbound connects\n"
	"\t\t-M ttl\t\tOutgoing TTL / Hop Limit\n"
	"\t\t-N\t\tEnd after EOF on stdin\n"
	"\t\t-n\t\tSuppress name/port resolutions\n"
	"\t\t-p port\t\tSpecify local port for remote connects\n"
	"\t\t-q secs\t\tquit after EOF on stdin and delay of secs\n"
	"\t\t-s sourceaddr\tLocal source address\n"
	"\t\t-T tos\t\tSet IP Type of Service\n"
	"\t\t-u\t\tUDP mode\n"
	"\t\t-v\t\tVerbose\n"
	"\t\t-w timeout\tTimeout for connects and final net reads\n"
	"\t\t-z\t\tZero-I/O mode [used for scanning]\n"
	"\t\t--send text\tSend this text and a newline as one datagram or write (may be\n"
	"\t\t\t\tgiven several times, instead of stdin)\n"
	"\t\t--send-bytes #\tSend so many bytes of a pattern (TCP; K, M, G: 1024)\n"
	"\t\t--discard\tPrint nothing of what comes (TCP; as with > /dev/null)\n"
	"\t\t--fastopen\tTCP Fast Open (TCP_FASTOPEN_CONNECT; with -l TCP_FASTOPEN)\n"
	"\t\t--pause secs\tRead nothing for so long after connecting (TCP)\n"
	"\tPort numbers can be individual or ranges: lo-hi [inclusive]\n"
	"\n"
	"--send, --send-bytes, --discard, --fastopen and --pause are Netarium's own. There is no keyboard:\n"
	"standard input is empty, so after its end nc waits for the peer to close, unless -N\n"
	"closes or -q ends it.\n"
	"Metrics: sent, received (datagrams, with -u), bytes_sent, bytes_received (payload), open\n"
	"(ports that were found open), connect_time, seconds (TCP: until the connection was there, and\n"
	"from then to the end of what came).\n";

/* The services that a Debian's /etc/services names and people use. */
static const struct {
	const char *name;
	uint16_t port;
} services[] = {
	{"ftp", 21}, {"ssh", 22}, {"telnet", 23}, {"smtp", 25}, {"http", 80}, {"pop3", 110},
	{"imap2", 143}, {"bgp", 179}, {"submission", 587}, {"domain-s", 853}, {"imaps", 993},
	{"pop3s", 995}, {"mysql", 3306}, {"postgresql", 5432}, {"http-alt", 8080},
	{"echo", 7}, {"discard", 9}, {"daytime", 13}, {"time", 37}, {"domain", 53},
	{"bootps", 67}, {"bootpc", 68}, {"tftp", 69}, {"ntp", 123}, {"snmp", 161},
	{"snmp-trap", 162}, {"https", 443}, {"syslog", 514}, {"mdns", 5353},
};

const char *nc_service_name(const struct nc *n, uint16_t port)
{
	for (size_t i = 0; !n->no_names && i < sizeof services / sizeof *services; i++)
		if (services[i].port == port)
			return services[i].name;
	return "*";
}

static int usage_error(struct nc *n)
{
	size_t len = (size_t)(strstr(usage, "\tCommand") - usage);

	process_write(n->process, usage, len);
	return 1;
}

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

static bool parse_port(struct nc *n, const char *text, int64_t *port)
{
	for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
		if (strcmp(services[i].name, text) == 0) {
			*port = services[i].port;
			return true;
		}
	}
	if (option_integer(text, 1, 65535, port))
		return true;
	if (option_integer(text, 65536, INT64_MAX, port))
		nc_fail(n, "port number too large: %s", text);
	else if (option_integer(text, INT64_MIN, 0, port))
		nc_fail(n, "port number too small: %s", text);
	else
		nc_fail(n, "port number invalid: %s", text);
	return false;
}

/* One port, or lo-hi. */
bool nc_parse_ports(struct nc *n, int64_t *low, int64_t *high)
{
	const char *dash = strchr(n->ports, '-');
	char first[8];

	if (!dash || dash == n->ports || dash - n->ports >= (long)sizeof first) {
		if (!parse_port(n, n->ports, low))
			return false;
		*high = *low;
		return true;
	}
	memcpy(first, n->ports, (size_t)(dash - n->ports));
	first[dash - n->ports] = 0;
	if (!parse_port(n, first, low) || !parse_port(n, dash + 1, high))
		return false;
	if (*low > *high) {
		int64_t t = *low;

		*low = *high;
		*high = t;
	}
	return true;
}

static int parse_argument(struct nc *n, int c, const char *arg)
{
	double bytes;
	int64_t v;

	switch (c) {
	case 'p':
		return parse_port(n, arg, &n->source_port) ? 0 : 1;
	case 'q':
		return option_integer(arg, INT32_MIN, INT32_MAX, &n->quit_after) ? 0 :
			nc_fail(n, "quit timer invalid: %s", arg);
	case 'w':
		if (!option_integer(arg, 0, INT32_MAX / 1000, &v))
			return nc_fail(n, "timeout invalid: %s", arg);
		n->timeout = vtime_s(v);
		return 0;
	case 'M':
		if (!option_integer(arg, 1, 255, &v))
			return nc_fail(n, "ttl is invalid: %s", arg);
		n->ttl = (int)v;
		return 0;
	case 'T':
		n->tos = (int)strtol(arg, NULL, 0);
		return n->tos >= 0 && n->tos <= 255 ? 0 : nc_fail(n, "illegal tos value %s", arg);
	case 's':
		n->source = arg;
		return 0;
	case 256:
		if (n->send_count == NC_SEND_MAX)
			return nc_fail(n, "no more than %d --send options", NC_SEND_MAX);
		n->send[n->send_count++] = arg;
		return 0;
	case 257:
		if (!tool_quantity(arg, 1024, &bytes))
			return nc_fail(n, "amount of bytes invalid: %s", arg);
		n->send_bytes = (uint64_t)bytes;
		return 0;
	case 259:
		n->discard = true;
		return 0;
	case 260:
		n->fastopen = true;
		return 0;
	case 258:
		return tool_seconds(arg, 0, 86400, &n->pause) ? 0 :
			nc_fail(n, "pause invalid: %s", arg);
	}
	return usage_error(n);
}

/* -1 to go on, else the exit status. */
static int parse(struct nc *n, int argc, char **argv)
{
	static const struct option_long longs[] = {{"send", 256, OPTION_ARG},
		{"send-bytes", 257, OPTION_ARG}, {"pause", 258, OPTION_ARG},
		{"discard", 259, OPTION_FLAG}, {"fastopen", 260, OPTION_FLAG},
		{NULL, 0, OPTION_FLAG}};
	struct options o;
	int c, status;

	options_init(&o, n->process, argc, argv, "46bdhklNnuvzp:q:s:w:M:T:", longs);
	while ((c = options_next(&o)) != 0) {
		switch (c) {
		case '4': n->family = AF_INET; break;
		case '6': n->family = AF_INET6; break;
		case 'b': n->broadcast = true; break;
		case 'd': n->detached = true; break;
		case 'k': n->keep = true; break;
		case 'l': n->listen = true; break;
		case 'N': n->end_at_eof = true; break;
		case 'n': n->no_names = true; break;
		case 'u': n->udp = true; break;
		case 'v': n->verbose = true; break;
		case 'z': n->scan = true; break;
		case 'h':
			process_printf(n->process, "%s", usage);
			return 0;
		case -1:
			return usage_error(n);
		default:
			status = parse_argument(n, c, o.arg);
			if (status)
				return status;
		}
	}
	n->host = options_word(&o);
	n->ports = n->host ? options_word(&o) : NULL;
	if (options_word(&o))
		return usage_error(n);
	if (n->listen && n->host && !n->ports && !n->source && n->source_port < 0) {
		n->ports = n->host;
		n->host = NULL;
	}
	return -1;
}

/* What does not go together, in the order in which the real one notices. */
static int check(struct nc *n)
{
	if (n->listen && n->scan)
		return nc_fail(n, "cannot use -z and -l");
	if (!n->listen && n->keep)
		return nc_fail(n, "must use -l with -k");
	if (n->listen && !n->ports && n->source_port > 0)
		return -1;
	if (!n->host && !n->ports)
		return n->listen ? nc_fail(n, "missing port number") : usage_error(n);
	if (!n->ports)
		return nc_fail(n, "missing port number");
	return -1;
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

bool nc_resolve(struct nc *n, int64_t port, struct endpoint *out)
{
	int r = resolve_host(n->process, n->host, n->family, out);

	if (r)
		nc_fail(n, "getaddrinfo for host \"%s\" port %lld: %s", n->host, (long long)port,
			resolve_strerror(r == RESOLVE_NODATA ? RESOLVE_NONAME : r));
	return r == 0;
}

static int run_client(struct nc *n)
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

static int run_server(struct nc *n)
{
	struct endpoint local = {.addr = n->family == AF_INET6 ? ipaddr_any6 : ipaddr_any4};
	int64_t port = n->source_port, high;
	int err;

	if (n->ports && !nc_parse_ports(n, &port, &high))
		return 1;
	if (n->host && !nc_resolve(n, port, &local))
		return 1;
	local.port = (uint16_t)port;
	err = nc_open_socket(n, SOCKET_UDP, ipaddr_is4(&local.addr) ? AF_INET : AF_INET6);
	if (!err)
		err = sys_bind(n->process, n->fd, &local);
	if (err)
		return nc_fail(n, "%s", strerror(-err));
	if (n->verbose)
		nc_print_bound(n, "Bound", &local);
	return serve(n);
}

static struct nc nc_default(struct process *p)
{
	return (struct nc){.process = p, .family = AF_UNSPEC, .tos = -1, .source_port = -1,
			   .quit_after = -1, .timeout = VTIME_NEVER};
}

static int nc_check(struct process *p, int argc, char **argv)
{
	struct nc n = nc_default(p);
	int status = parse(&n, argc, argv);
	int64_t low, high;

	if (status < 0) {
		paper_host(p, n.host);
		status = check(&n);
	}
	if (status >= 0)
		return status;
	paper_read(p, n.ports, NULL);
	return n.ports && !nc_parse_ports(&n, &low, &high);
}

static int nc_main(struct process *p, int argc, char **argv)
{
	struct nc n = nc_default(p);
	int status = parse(&n, argc, argv);

	if (status < 0)
		status = check(&n);
	if (status >= 0)
		return status;
	n.buf = nt_malloc(NC_BUFFER);
	if (n.udp)
		status = n.listen ? run_server(&n) : run_client(&n);
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
	.usage = usage,
	.metrics = metrics,
	.main = nc_main,
	.check = nc_check,
};
