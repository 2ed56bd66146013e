#include "programs/ping/ping.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "programs/programs.h"

static const char usage[] =
	"\n"
	"Usage\n"
	"  ping [options] <destination>\n"
	"\n"
	"Options:\n"
	"  <destination>      name or ip address\n"
	"  -A                 use adaptive ping\n"
	"  -b                 allow pinging broadcast\n"
	"  -c <count>         stop after <count> replies\n"
	"  -D                 print timestamps\n"
	"  -f                 flood ping\n"
	"  -h                 print help and exit\n"
	"  -I <interface>     either interface name or address\n"
	"  -i <interval>      seconds between sending each packet\n"
	"  -l <preload>       send <preload> number of packages while waiting replies\n"
	"  -M <pmtud opt>     define mtu discovery, can be one of <do|dont|want|probe>\n"
	"  -n                 no name resolution\n"
	"  -O                 report outstanding replies\n"
	"  -p <pattern>       contents of padding byte\n"
	"  -q                 quiet output\n"
	"  -Q <tclass>        use quality of service <tclass> bits\n"
	"  -s <size>          use <size> as number of data bytes to be sent\n"
	"  -t <ttl>           define time to live\n"
	"  -v                 verbose output\n"
	"  -V                 print version and exit\n"
	"  -w <deadline>      reply wait <deadline> in seconds\n"
	"  -W <timeout>       time to wait for response\n"
	"  -4                 use IPv4\n"
	"  -6                 use IPv6\n"
	"\n"
	"Metrics: sent, received, errors, duplicates, loss (a share), rtt_min, rtt_avg, rtt_max,\n"
	"rtt_mdev (seconds). Exit status: 0 if an answer came, 1 if none did, 2 on other errors.\n";

static bool parse_pattern(struct ping *g, const char *text)
{
	size_t len = strlen(text);

	if (strspn(text, "0123456789abcdefABCDEF") != len || len == 0) {
		process_printf(g->process, "ping: patterns must be specified as hex digits: %s\n",
			       text);
		return false;
	}
	for (g->pattern_len = 0; *text && g->pattern_len < (int)sizeof g->pattern;
	     g->pattern_len++) {
		char byte[3] = {text[0], text[1], 0};

		g->pattern[g->pattern_len] = (uint8_t)strtoul(byte, NULL, 16);
		text += text[1] ? 2 : 1;
	}
	return true;
}

static bool parse_pmtudisc(struct ping *g, const char *text)
{
	static const char *const names[] = {[IP_PMTU_DONT] = "dont", [IP_PMTU_WANT] = "want",
					    [IP_PMTU_DO] = "do", [IP_PMTU_PROBE] = "probe"};

	for (int i = 0; i < 4; i++) {
		if (strcmp(text, names[i]) == 0) {
			g->pmtudisc = i;
			return true;
		}
	}
	process_printf(g->process, "ping: invalid -M argument: %s\n", text);
	return false;
}

static bool parse_time(struct ping *g, const char *text, const char *what, vtime *out)
{
	if (tool_seconds(text, 0, 1e6, out))
		return true;
	paper_wrong(g->process, text, "'%.60s' is no time for ping; expected seconds such as 0.2", text);
	process_printf(g->process, "ping: bad %s: %s\n", what, text);
	return false;
}

static bool parse_tos(struct ping *g, const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 0);

	if (*end || end == text || v > 255) {
		process_printf(g->process, "ping: bad TOS value: %s\n", text);
		return false;
	}
	g->tos = (int)v;
	return true;
}

/* Options that take a number or a word. 0, or the exit status of a refusal. */
static int parse_argument(struct ping *g, int c, const char *arg)
{
	struct process *p = g->process;
	int64_t v = 0;

	switch (c) {
	case 'c':
		return tool_iputils_integer(p, "ping", arg, 1, INT64_MAX, &g->count) ? 0 : 1;
	case 's':
		return tool_iputils_integer(p, "ping", arg, 0, INT_MAX, &g->size) ? 0 : 1;
	case 'l':
		return tool_iputils_integer(p, "ping", arg, 1, 65536, &g->preload) ? 0 : 1;
	case 't':
		if (!tool_iputils_integer(p, "ping", arg, 0, 255, &v))
			return 1;
		g->ttl = (int)v;
		return 0;
	case 'w':
		if (!tool_iputils_integer(p, "ping", arg, 0, INT_MAX, &v))
			return 1;
		g->deadline = vtime_s(v);
		return 0;
	case 'i':
		return parse_time(g, arg, "timing interval", &g->interval) ? 0 : 2;
	case 'W':
		return parse_time(g, arg, "linger time", &g->linger) ? 0 : 2;
	case 'M':
		return parse_pmtudisc(g, arg) ? 0 : 2;
	case 'p':
		return parse_pattern(g, arg) ? 0 : 2;
	case 'Q':
		return parse_tos(g, arg) ? 0 : 2;
	case 'I':
		g->source_text = arg;
		return 0;
	}
	return 2;
}

/* -1 to go on, else the exit status. */
static int parse(struct ping *g, int argc, char **argv, int *family)
{
	bool interval_given = false;
	struct options o;
	char *word;
	int c, status;

	options_init(&o, g->process, argc, argv, "4AbDfnOqvVh6c:s:l:t:w:i:W:M:p:Q:I:", NULL);
	while ((c = options_next(&o)) > 0) {
		switch (c) {
		case '4': case '6':
			if (*family != AF_UNSPEC && *family != (c == '4' ? AF_INET : AF_INET6)) {
				process_printf(g->process,
					       "ping: only one -4 or -6 option may be specified\n");
				return 2;
			}
			*family = c == '4' ? AF_INET : AF_INET6;
			break;
		case 'A': g->adaptive = true; break;
		case 'b': g->broadcast = true; break;
		case 'D': g->stamps = true; break;
		case 'f': g->flood = true; break;
		case 'n': g->numeric = true; break;
		case 'O': g->outstanding = true; break;
		case 'q': g->quiet = true; break;
		case 'v': g->verbose = true; break;
		case 'V':
			process_printf(g->process, "ping from Netarium, after iputils 20221126\n");
			return 0;
		case 'h':
			process_printf(g->process, "%s", usage);
			return 0;
		default:
			interval_given |= c == 'i';
			status = parse_argument(g, c, o.arg);
			if (status)
				return status;
		}
	}
	if (c < 0) {
		process_printf(g->process, "%s", usage);
		return 2;
	}
	while ((word = options_word(&o)))
		g->host = word;
	if (!g->host) {
		process_printf(g->process, "ping: usage error: Destination address required\n");
		return 1;
	}
	if (g->flood && !interval_given)
		g->interval = VTIME_ZERO;
	return -1;
}

static int fail(struct ping *g, const char *what, int err)
{
	process_printf(g->process, "ping: %s: %s\n", what, strerror(-err));
	return 2;
}

static int find_host(struct ping *g, int family)
{
	struct ipaddr literal;
	int r = resolve_host(g->process, g->host, family, &g->to);

	if (r) {
		process_printf(g->process, "ping: %s: %s\n", g->host,
			       resolve_strerror(r == RESOLVE_NODATA ? RESOLVE_FAMILY : r));
		return 2;
	}
	g->v6 = !ipaddr_is4(&g->to.addr);
	if (ipaddr_parse(g->host, &literal) || strchr(g->host, ':'))
		g->numeric = true;
	if (ipaddr_is_any(&g->to.addr))
		g->to.addr = g->v6 ? ipaddr_loopback6 : ipaddr_loopback4;
	return 0;
}

/* -I: an address to send from, or an interface to send through. */
static int find_source(struct ping *g)
{
	struct node *n = process_node(g->process);

	g->source = g->v6 ? ipaddr_any6 : ipaddr_any4;
	if (!g->source_text || ipaddr_parse(g->source_text, &g->source))
		return 0;
	g->device = node_iface_find(n, g->source_text);
	if (g->device) {
		if (g->v6 && ipaddr_is_linklocal(&g->to.addr) && !g->to.scope)
			g->to.scope = g->device->link.index;
		return 0;
	}
	if (g->v6)
		process_printf(g->process, "ping: unknown iface: %s\n", g->source_text);
	else
		process_printf(g->process, "ping: SO_BINDTODEVICE %s: %s\n", g->source_text,
			       strerror(ENODEV));
	return 2;
}

static int bind_source(struct ping *g, int fd)
{
	struct endpoint local = {.addr = g->source};
	int err = 0;

	if (g->device)
		err = sys_set(g->process, fd, SOCKET_DEVICE, (int)g->device->link.index);
	if (!err && !ipaddr_is_any(&g->source))
		err = sys_bind(g->process, fd, &local);
	return err;
}

/* Whether there is a way at all, and the address it begins at: a connected UDP socket knows. */
static int probe_route(struct ping *g)
{
	struct endpoint to = g->to, local;
	int fd = sys_socket(g->process, SOCKET_UDP, g->v6 ? AF_INET6 : AF_INET), err;

	if (fd < 0)
		return fail(g, "socket", fd);
	to.port = 1025;
	err = bind_source(g, fd);
	if (err)
		return fail(g, g->v6 ? "bind icmp socket" : "bind", err);
	err = sys_connect(g->process, fd, &to);
	if (err == -EACCES) {
		if (!g->broadcast) {
			process_printf(g->process, "ping: Do you want to ping broadcast? Then -b. If "
				       "not, check your local firewall rules\n");
			return 2;
		}
		process_printf(g->process, "WARNING: pinging broadcast address\n");
		sys_set(g->process, fd, SOCKET_BROADCAST, 1);
		err = sys_connect(g->process, fd, &to);
	} else {
		g->broadcast = false;
	}
	if (err)
		return fail(g, "connect", err);
	if (sys_local(g->process, fd, &local) == 0)
		g->source = local.addr;
	sys_close(g->process, fd);
	return 0;
}

static int open_socket(struct ping *g)
{
	struct process *p = g->process;
	struct ipaddr route_source;
	int err, status;

	status = find_source(g);
	if (status)
		return status;
	g->fd = sys_socket(p, SOCKET_PING, g->v6 ? AF_INET6 : AF_INET);
	if (g->fd < 0)
		return fail(g, "socket", g->fd);
	route_source = g->source;
	status = probe_route(g);
	if (status)
		return status;
	if (!ipaddr_is_any(&route_source) || g->device) {
		struct ipaddr found = g->source;

		g->source = route_source;
		err = bind_source(g, g->fd);
		if (err)
			return fail(g, g->v6 ? "bind icmp socket" : "bind", err);
		g->source = found;
	}
	sys_set(p, g->fd, SOCKET_RECVERR, 1);
	if (g->broadcast)
		sys_set(p, g->fd, SOCKET_BROADCAST, 1);
	if (g->tos >= 0)
		sys_set(p, g->fd, SOCKET_TOS, g->tos);
	if (g->pmtudisc >= 0)
		sys_set(p, g->fd, SOCKET_PMTUDISC, g->pmtudisc);
	if (g->ttl < 0)
		return 0;
	err = g->ttl == 0 ? -EINVAL : sys_set(p, g->fd, SOCKET_TTL, g->ttl);
	if (err)
		return fail(g, "cannot set unicast time-to-live", err);
	sys_set(p, g->fd, SOCKET_MULTICAST_TTL, g->ttl);
	return 0;
}

static void prepare(struct ping *g)
{
	size_t size = g->size < UINT16_MAX ? (size_t)g->size : UINT16_MAX;

	g->data = nt_malloc(size + PING_STAMP);
	g->reply = nt_malloc(size + PING_HEADER);
	g->seen = nt_calloc(PING_SEQUENCES / 8, 1);
	for (size_t i = 0; i < size; i++)
		g->data[i] = g->pattern_len ? g->pattern[i % (size_t)g->pattern_len] : (uint8_t)i;
	if (size > PING_STAMP) {
		g->slab = slab_new(process_world(g->process), (uint32_t)(size - PING_STAMP));
		memcpy(g->slab->bytes, g->data + PING_STAMP, size - PING_STAMP);
	}
}

static void print_verbose(struct ping *g, int family)
{
	static const char *const names[] = {"AF_UNSPEC", "AF_INET", "AF_INET6"};

	process_printf(g->process, "ping: sock%d.fd: %d (socktype: SOCK_DGRAM), "
		       "hints.ai_family: %s\n\nai->ai_family: %s, ai->ai_canonname: '%s'\n",
		       g->v6 ? 6 : 4, g->fd,
		       names[family == AF_UNSPEC ? 0 : family == AF_INET ? 1 : 2],
		       names[g->v6 ? 2 : 1], g->host);
}

static struct ping ping_default(struct process *p)
{
	return (struct ping){
		.process = p, .size = 56, .preload = 1, .interval = vtime_s(1),
		.linger = vtime_s(10), .ttl = -1, .tos = -1, .pmtudisc = -1,
	};
}

static int ping_check(struct process *p, int argc, char **argv)
{
	struct ping g = ping_default(p);
	int family = AF_UNSPEC, status = parse(&g, argc, argv, &family);

	if (status < 0)
		paper_host(p, g.host);
	return status;
}

static int ping_main(struct process *p, int argc, char **argv)
{
	struct ping g = ping_default(p);
	int family = AF_UNSPEC;
	int status = parse(&g, argc, argv, &family);

	if (status >= 0)
		return status;
	status = find_host(&g, family);
	if (!status)
		status = open_socket(&g);
	if (status)
		return status;
	prepare(&g);
	if (g.verbose)
		print_verbose(&g, family);
	ping_print_start(&g);
	ping_run(&g);
	status = ping_finish(&g);
	if (g.slab)
		slab_unref(process_world(p), g.slab);
	free(g.data);
	free(g.reply);
	free(g.seen);
	return status;
}

static const char *const metrics[] = {"sent", "received", "errors", "duplicates", "loss",
				      "rtt_min", "rtt_avg", "rtt_max", "rtt_mdev", NULL};

const struct program program_ping = {
	.name = "ping",
	.summary = "send ICMP echo requests",
	.usage = usage,
	.metrics = metrics,
	.main = ping_main,
	.check = ping_check,
};
