/*
 * punch: UDP hole punching (RFC 5128 3.3) through a rendezvous that both sides can reach. Each side
 * says its name there, hears the other's endpoint as the rendezvous sees it, and sends to it until it
 * is answered from it; an endpoint that answers from elsewhere is believed.
 */
#include "programs/programs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "programs/tool.h"
#include "wire/be.h"

#define PORT 3478
#define TRIES 10
#define GAP vtime_ms(200)
#define NAMES 64
#define TEXT 128
#define ENDPOINT_LEN 19 /* a letter, an address (mapped if it is IPv4), a port */

static const char usage[] =
	"Usage: punch -l                             be the rendezvous, until the end of the run\n"
	"       punch [-p PORT] RENDEZVOUS NAME      punch a hole to who says the same NAME\n"
	"\n"
	"  -p PORT   send from this port (default: any)\n"
	"  -l        listen on UDP port 3478\n"
	"\n"
	"Exit status 0: heard from the other side, and was heard; 1: not within 2 s.\n"
	"Metrics: punched (1: heard from the other side and was heard).\n";

struct waiting {
	char name[32];
	struct endpoint at;
};

static void put_endpoint(struct process *p, int fd, const struct endpoint *to,
			 const struct endpoint *who)
{
	uint8_t m[ENDPOINT_LEN] = {'E'};

	memcpy(m + 1, who->addr.b, 16);
	be16_store(m + 17, who->port);
	sys_sendto(p, fd, m, sizeof(m), to);
}

/* The second to say a name is told of the first, and the first of the second. */
static int rendezvous(struct process *p, int fd)
{
	struct waiting waiting[NAMES] = {0};
	struct sys_info info;
	char m[TEXT];
	int n;

	while ((n = sys_recvfrom(p, fd, m, sizeof(m) - 1, &info, VTIME_NEVER)) != -EINTR) {
		struct waiting *w = waiting;

		if (n < 2 || n > 32 || m[0] != 'N')
			continue;
		m[n] = '\0';
		while (w < waiting + NAMES && w->name[0] && strcmp(w->name, m + 1))
			w++;
		if (w == waiting + NAMES)
			continue;
		if (!w->name[0] || (ipaddr_eq(&w->at.addr, &info.from.addr) && w->at.port == info.from.port)) {
			memcpy(w->name, m + 1, (size_t)n); /* with its end */
			w->at = info.from;
			continue;
		}
		put_endpoint(p, fd, &w->at, &info.from);
		put_endpoint(p, fd, &info.from, &w->at);
	}
	return 0;
}

struct side {
	bool knows, heard, was_heard;
	struct endpoint other;
};

/* 'E': where the other is; 'P': from the other; 'A': the other has heard. */
static void take(struct process *p, int fd, struct side *s, const uint8_t *m, int n,
		 const struct endpoint *from)
{
	if (n == ENDPOINT_LEN && m[0] == 'E') {
		if (!s->heard) {
			memcpy(s->other.addr.b, m + 1, 16);
			s->other.port = be16_load(m + 17);
		}
		s->knows = true;
	} else if (n == 1 && (m[0] == 'P' || m[0] == 'A')) {
		s->other = *from;
		s->knows = s->heard = true;
		s->was_heard |= m[0] == 'A';
		if (m[0] == 'P')
			sys_sendto(p, fd, "A", 1, from);
	}
}

static int punch(struct process *p, int fd, const struct endpoint *server, const char *name)
{
	struct side s = {0};
	char hello[TEXT], text[RESOLVE_TEXT];
	uint8_t m[TEXT];
	int len = snprintf(hello, sizeof(hello), "N%s", name);

	for (int i = 0; i < TRIES; i++) {
		vtime until = tool_after(p, GAP);
		struct sys_info info;
		int n;

		if (!s.knows)
			sys_sendto(p, fd, hello, (size_t)len, server);
		else if (!s.was_heard)
			sys_sendto(p, fd, "P", 1, &s.other);
		while ((n = sys_recvfrom(p, fd, m, sizeof(m), &info, until)) != -EAGAIN) {
			if (n == -EINTR)
				return 1;
			if (n > 0)
				take(p, fd, &s, m, n, &info.from);
		}
	}
	process_count(p, "punched", s.heard && s.was_heard);
	resolve_format(p, text, sizeof(text), &s.other);
	if (s.heard && s.was_heard)
		process_printf(p, "punched a hole to %s port %u\n", text, s.other.port);
	else
		process_printf(p, "no hole\n");
	return !(s.heard && s.was_heard);
}

struct command {
	bool listen;
	int64_t port; /* 0: any */
	char *host, *name;
};

/* -1 to go on, else the exit status. */
static int parse(struct command *m, struct process *p, int argc, char **argv)
{
	struct options o;
	int c;

	*m = (struct command){.listen = false};
	options_init(&o, p, argc, argv, "lp:", NULL);
	while ((c = options_next(&o)) > 0) {
		if (c == 'l') {
			m->listen = true;
		} else if (!option_integer(o.arg, 1, 65535, &m->port)) {
			process_printf(p, "punch: '%s' is not a port (1 to 65535)\n", o.arg);
			return 2;
		}
	}
	m->host = options_word(&o);
	m->name = m->host ? options_word(&o) : NULL;
	if (c == 0 && m->listen == !m->name && (!m->name || strlen(m->name) <= 30) && !options_word(&o))
		return -1;
	process_printf(p, "%s", usage);
	return 2;
}

static int punch_check(struct process *p, int argc, char **argv)
{
	struct command m;
	int status = parse(&m, p, argc, argv);

	if (status < 0 && !m.listen)
		paper_host(p, m.host);
	return status;
}

static int punch_main(struct process *p, int argc, char **argv)
{
	struct endpoint local = {.addr = ipaddr_any4}, server;
	struct command m;
	int fd, err, status = parse(&m, p, argc, argv);

	if (status >= 0)
		return status;
	local.port = m.listen ? PORT : (uint16_t)m.port;
	fd = sys_socket(p, SOCKET_UDP, AF_INET);
	err = fd < 0 ? fd : sys_bind(p, fd, &local);
	if (err < 0) {
		process_printf(p, "punch: port %u: %s\n", local.port, strerror(-err));
		return 1;
	}
	if (m.listen)
		return rendezvous(p, fd);
	err = resolve_host(p, m.host, AF_INET, &server);
	if (err) {
		process_printf(p, "punch: unknown host %s\n", m.host);
		return 1;
	}
	server.port = PORT;
	return punch(p, fd, &server, m.name);
}

static const char *const metrics[] = {"punched", NULL};

const struct program program_punch = {
	.name = "punch",
	.summary = "punch a hole through two NATs",
	.usage = usage,
	.metrics = metrics,
	.main = punch_main,
	.check = punch_check,
};
