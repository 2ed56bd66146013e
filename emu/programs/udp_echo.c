/* udp-echo: the echo service of RFC 862 over UDP, both families on one socket. */
#include "programs/programs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "programs/tool.h"

#define DATAGRAM_MAX 65535

static const char usage[] =
	"Usage: udp-echo [-4 | -6] [-q] [-p PORT]\n"
	"\n"
	"Sends every datagram back to where it came from (RFC 862), until the end of the run.\n"
	"\n"
	"  -p PORT   listen on this port (default 7)\n"
	"  -4, -6    IPv4 or IPv6 only (default both)\n"
	"  -q        say nothing\n"
	"\n"
	"Metrics: received, sent (datagrams), bytes (of payload received).\n";

static int serve(struct process *p, int fd)
{
	uint64_t received = 0, sent = 0, bytes = 0;
	uint8_t *buf = nt_malloc(DATAGRAM_MAX);
	int n;

	for (;;) {
		struct sys_info info;

		process_count(p, "received", received);
		process_count(p, "sent", sent);
		process_count(p, "bytes", bytes);
		n = sys_recvfrom(p, fd, buf, DATAGRAM_MAX, &info, VTIME_NEVER);
		if (n == -EINTR)
			break;
		if (n < 0)
			continue; /* an ICMP error about an answer: the asker's business */
		received++;
		bytes += (uint32_t)n;
		n = sys_sendto(p, fd, buf, (size_t)n, &info.from);
		if (n == -EINTR)
			break;
		sent += n >= 0;
	}
	free(buf);
	return 0;
}

struct command {
	int family;
	bool quiet;
	int64_t port;
};

/* -1 to go on, else the exit status. */
static int parse(struct command *m, struct process *p, int argc, char **argv)
{
	struct options o;
	int c;

	*m = (struct command){.family = AF_UNSPEC, .port = 7};
	options_init(&o, p, argc, argv, "46qp:", NULL);
	while ((c = options_next(&o)) > 0) {
		switch (c) {
		case '4':
			m->family = AF_INET;
			break;
		case '6':
			m->family = AF_INET6;
			break;
		case 'q':
			m->quiet = true;
			break;
		case 'p':
			if (!option_integer(o.arg, 1, 65535, &m->port)) {
				process_printf(p, "udp-echo: '%s' is not a port (1 to 65535)\n", o.arg);
				return 2;
			}
			break;
		}
	}
	if (c == 0 && !options_word(&o))
		return -1;
	process_printf(p, "Usage: udp-echo [-4 | -6] [-q] [-p PORT]\n");
	return 2;
}

static int udp_echo_check(struct process *p, int argc, char **argv)
{
	struct command m;

	return parse(&m, p, argc, argv);
}

static int udp_echo_main(struct process *p, int argc, char **argv)
{
	struct endpoint local = {.addr = ipaddr_any6};
	struct command m;
	int family, fd, err, status = parse(&m, p, argc, argv);

	if (status >= 0)
		return status;
	family = m.family;
	local.port = (uint16_t)m.port;
	if (family == AF_INET)
		local.addr = ipaddr_any4;
	fd = sys_socket(p, SOCKET_UDP, family == AF_INET ? AF_INET : AF_INET6);
	if (fd >= 0 && family == AF_INET6)
		sys_set(p, fd, SOCKET_V6ONLY, 1);
	err = fd < 0 ? fd : sys_bind(p, fd, &local);
	if (err < 0) {
		process_printf(p, "udp-echo: port %u: %s\n", local.port, strerror(-err));
		return 1;
	}
	if (!m.quiet)
		process_printf(p, "udp-echo: listening on port %u\n", local.port);
	return serve(p, fd);
}

static const char *const metrics[] = {"received", "sent", "bytes", NULL};

const struct program program_udp_echo = {
	.name = "udp-echo",
	.summary = "send datagrams back to where they came from",
	.usage = usage,
	.metrics = metrics,
	.main = udp_echo_main,
	.check = udp_echo_check,
};
