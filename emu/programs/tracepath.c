/*
 * tracepath, after that of iputils 20221126: finds the path MTU and the hops of a path.
 *
 * Datagrams as large as the path MTU known so far, never fragmented, go out with growing TTL to
 * UDP port 44444 and up; what comes back through the socket's error queue tells the next smaller
 * MTU, a router, or the end. A smaller MTU starts the hop again. The destination port tells which
 * probe an answer is for, and the payload begins with its TTL and a time stamp, as the real one's.
 */
#include "programs/programs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "programs/tool.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/le.h"

#define BASE_PORT 44444
#define HISTORY 64     /* a power of two */
#define MTU_MAX 65535
#define TRIES 3        /* a hop */
#define SENDS 10       /* a probe, with errors of earlier ones in the way */
#define PROBE_HEADER 24 /* int32_t ttl, padding, struct timeval of a 64-bit machine */

static const char usage[] =
	"\n"
	"Usage\n"
	"  tracepath [options] <destination>\n"
	"\n"
	"Options:\n"
	"  -4             use IPv4\n"
	"  -6             use IPv6\n"
	"  -b             print both name and ip\n"
	"  -l <length>    use packet <length>\n"
	"  -m <hops>      use maximum <hops>\n"
	"  -n             no name resolution\n"
	"  -p <port>      use destination <port>\n"
	"  -V             print version and exit\n"
	"  <destination>  name or ip address\n"
	"\n"
	"Metrics: pmtu (bytes), reached (1 or 0), hops (to the destination, or tried), back (hops\n"
	"of the way back, guessed from the TTL of the answer).\n";

struct tracepath {
	struct process *process;
	enum tool_naming naming;
	int64_t length, max_hops, port;
	struct endpoint to;
	bool v6, killed;
	int fd;
	uint32_t overhead;
	int32_t mtu;
	struct slab *slab; /* zeros behind the probe's header */
	struct {
		int hops; /* 0: free */
		vtime sent;
	} history[HISTORY];
	uint32_t slot;
	int hops_to, hops_from; /* -1: not known */
};

/* What a look into the error queue came to. */
enum outcome {
	NOTHING = -1, /* it was empty */
	END = 0,      /* there is nothing more to find */
	PROGRESS = 1,
};

/* A hop count from a TTL as received: routers start with 64, 128 or 255. */
static int hops_of_ttl(int ttl)
{
	return ttl <= 64 ? 65 - ttl : ttl <= 128 ? 129 - ttl : 256 - ttl;
}

static bool ttl_exceeded(const struct socket_error *e)
{
	if (e->origin == SOCKET_ORIGIN_ICMP)
		return e->type == ICMP4_TIME_EXCEEDED && e->code == ICMP4_TTL_EXCEEDED;
	return e->type == ICMP6_MSG_TIME_EXCEEDED && e->code == ICMP6_HOP_LIMIT_EXCEEDED;
}

static void print_asymmetry(struct tracepath *t, int ttl, int sent_hops, int back)
{
	if (back != (sent_hops >= 0 ? sent_hops : ttl))
		process_printf(t->process, "asymm %2d ", back);
}

/* The end of the line: what the error means. */
static enum outcome judge(struct tracepath *t, const struct socket_error *e, int ttl, int sent_hops)
{
	struct process *p = t->process;
	int back = e->origin == SOCKET_ORIGIN_LOCAL ? -1 : hops_of_ttl(e->ttl);

	switch (e->err) {
	case EMSGSIZE:
		process_printf(p, "pmtu %u\n", e->mtu);
		t->mtu = (int32_t)e->mtu;
		return PROGRESS;
	case ECONNREFUSED:
		process_printf(p, "reached\n");
		t->hops_to = sent_hops < 0 ? ttl : sent_hops;
		t->hops_from = back;
		return END;
	case EPROTO:
		process_printf(p, "!P\n");
		return END;
	case EHOSTUNREACH:
		if (e->origin != SOCKET_ORIGIN_LOCAL && ttl_exceeded(e)) {
			print_asymmetry(t, ttl, sent_hops, back);
			process_printf(p, "\n");
			return PROGRESS;
		}
		process_printf(p, "!H\n");
		return END;
	case ENETUNREACH:
		process_printf(p, "!N\n");
		return END;
	case EACCES:
		process_printf(p, "!A\n");
		return END;
	}
	process_printf(p, "\nNET ERROR: %s\n", strerror(e->err));
	return END;
}

static enum outcome report(struct tracepath *t, const struct socket_error *e, int ttl)
{
	struct process *p = t->process;
	uint32_t slot = (uint32_t)(e->to.port - t->port);
	struct endpoint from = {.addr = e->offender};
	char host[TOOL_HOST_TEXT];
	int sent_hops = -1;
	vtime took = VTIME_NEVER;

	if (slot < HISTORY && t->history[slot].hops) {
		sent_hops = t->history[slot].hops;
		took = vtime_sub(e->at, t->history[slot].sent);
		t->history[slot].hops = 0;
	}
	if (e->origin == SOCKET_ORIGIN_LOCAL) {
		process_printf(p, "%2d?: %-32s ", ttl, "[LOCALHOST]");
		if (!t->v6) /* the real one tells a time for IPv6 only */
			took = VTIME_NEVER;
	} else {
		if (sent_hops > 0)
			process_printf(p, "%2d:  ", sent_hops);
		else
			process_printf(p, "%2d?: ", ttl);
		process_printf(p, "%-51s ", tool_host(p, host, &from, t->naming));
	}
	if (took.ns != VTIME_NEVER.ns)
		process_printf(p, "%3lld.%03lldms ", (long long)(took.ns / NS_PER_MS),
			       (long long)(took.ns % NS_PER_MS / NS_PER_US));
	return judge(t, e, ttl, sent_hops);
}

static enum outcome take_errors(struct tracepath *t, int ttl)
{
	enum outcome last = NOTHING;
	struct socket_error *e;

	while (last != END && sys_recv_error(t->process, t->fd, &e) == 1) {
		last = report(t, e, ttl);
		sys_error_free(t->process, t->fd, e);
	}
	return last;
}

/* Sends one probe of the present MTU. The bytes sent or a negative errno. */
static int send_probe(struct tracepath *t, int ttl)
{
	vtime now = process_now(t->process);
	struct endpoint to = t->to;
	uint8_t head[PROBE_HEADER] = {0};
	uint32_t len = (uint32_t)t->mtu > t->overhead ? (uint32_t)t->mtu - t->overhead : 0;
	uint32_t in_head = len < PROBE_HEADER ? len : PROBE_HEADER;
	struct socket_out m = {
		.to = &to, .head = head, .head_len = in_head, .data = t->slab->bytes,
		.len = len - in_head, .slab = t->slab, .ttl = (uint8_t)ttl, .tos = -1,
	};

	le32_store(head, (uint32_t)ttl);
	le64_store(head + 8, (uint64_t)(now.ns / NS_PER_S));
	le64_store(head + 16, (uint64_t)(now.ns % NS_PER_S / NS_PER_US));
	to.port = (uint16_t)(t->port + t->slot);
	t->history[t->slot].hops = ttl;
	t->history[t->slot].sent = now;
	return sys_sendmsg(t->process, t->fd, &m);
}

/* A second for the answer. Returns false if data came back instead of an error. */
static bool wait_answer(struct tracepath *t, int ttl)
{
	struct sys_poll poll = {.fd = t->fd, .events = SOCKET_READABLE};
	uint8_t byte;

	if (sys_poll(t->process, &poll, 1, tool_after(t->process, vtime_s(1))) == -EINTR) {
		t->killed = true;
		return true;
	}
	if (poll.ready & SOCKET_READABLE &&
	    sys_recvfrom(t->process, t->fd, &byte, 1, NULL, VTIME_ZERO) >= 0) {
		process_printf(t->process, "%2d?: reply received 8)\n", ttl);
		return false;
	}
	return true;
}

static enum outcome probe(struct tracepath *t, int ttl)
{
	for (int i = 0; i < SENDS; i++) {
		enum outcome r;
		int sent = send_probe(t, ttl);

		if (sent == -EINTR) {
			t->killed = true;
			return END;
		}
		if (sent >= 0) {
			t->slot = (t->slot + 1) % HISTORY;
			if (!wait_answer(t, ttl))
				return END;
			return t->killed ? END : take_errors(t, ttl);
		}
		r = take_errors(t, ttl);
		t->history[t->slot].hops = 0;
		if (r == END)
			return END;
		if (r == PROGRESS)
			i = -1;
	}
	process_printf(t->process, "%2d:  send failed\n", ttl);
	return END;
}

/* One hop, from the start again after each smaller MTU. */
static enum outcome trace_hop(struct tracepath *t, int ttl)
{
	enum outcome r = NOTHING;

	for (int tries = 0; tries < TRIES && r == NOTHING; tries++) {
		int32_t before = t->mtu;

		r = probe(t, ttl);
		if (r != END && t->mtu != before) {
			r = NOTHING;
			tries = -1;
		}
	}
	if (r == NOTHING)
		process_printf(t->process, "%2d:  no reply\n", ttl);
	return r;
}

static void trace(struct tracepath *t)
{
	struct process *p = t->process;
	int ttl;

	for (ttl = 1; ttl <= t->max_hops; ttl++)
		if (trace_hop(t, ttl) == END)
			break;
	if (ttl > t->max_hops)
		process_printf(p, "     Too many hops: pmtu %d\n", t->mtu);
	process_printf(p, "     Resume: pmtu %d ", t->mtu);
	if (t->hops_to >= 0)
		process_printf(p, "hops %d ", t->hops_to);
	if (t->hops_from >= 0)
		process_printf(p, "back %d ", t->hops_from);
	process_printf(p, "\n");
	process_count(p, "pmtu", (uint64_t)t->mtu);
	process_count(p, "reached", t->hops_to >= 0);
	process_count(p, "hops", (uint64_t)(t->hops_to >= 0 ? t->hops_to :
					    ttl > t->max_hops ? ttl - 1 : ttl));
	if (t->hops_from >= 0)
		process_count(p, "back", (uint64_t)t->hops_from);
}

/* -1 to go on, else the exit status. */
static int parse(struct tracepath *t, int argc, char **argv, int *family, const char **host)
{
	struct process *p = t->process;
	struct options o;
	bool ok = true;
	int c;

	options_init(&o, p, argc, argv, "46bnVhl:m:p:", NULL);
	while (ok && (c = options_next(&o)) != 0) {
		switch (c) {
		case '4': *family = AF_INET; break;
		case '6': *family = AF_INET6; break;
		case 'b': t->naming = TOOL_NAME_AND_ADDRESS; break;
		case 'n': t->naming = TOOL_ADDRESS; break;
		case 'l': ok = tool_iputils_integer(p, "tracepath", o.arg, 0, INT32_MAX, &t->length);
			break;
		case 'm': ok = tool_iputils_integer(p, "tracepath", o.arg, 0, 255, &t->max_hops);
			break;
		case 'p': ok = tool_iputils_integer(p, "tracepath", o.arg, 0, 65535, &t->port);
			break;
		case 'V':
			process_printf(p, "tracepath from Netarium, after iputils 20221126\n");
			return 0;
		default:
			process_printf(p, "%s", usage);
			return 255;
		}
	}
	if (!ok)
		return 1;
	*host = options_word(&o);
	if (!*host || options_word(&o)) {
		process_printf(p, "%s", usage);
		return 255;
	}
	return -1;
}

static struct tracepath tracepath_default(struct process *p)
{
	return (struct tracepath){.process = p, .naming = TOOL_NAME, .max_hops = 30,
				  .port = BASE_PORT, .hops_to = -1, .hops_from = -1};
}

static int tracepath_check(struct process *p, int argc, char **argv)
{
	struct tracepath t = tracepath_default(p);
	int family = AF_UNSPEC, status;
	const char *host = NULL;

	status = parse(&t, argc, argv, &family, &host);
	if (status < 0)
		paper_host(p, host);
	return status;
}

static int tracepath_main(struct process *p, int argc, char **argv)
{
	struct tracepath t = tracepath_default(p);
	int family = AF_UNSPEC, r, status;
	const char *host = NULL;

	status = parse(&t, argc, argv, &family, &host);
	if (status >= 0)
		return status;
	r = resolve_host(p, host, family, &t.to);
	if (r) {
		process_printf(p, "tracepath: %s: %s\n", host,
			       resolve_strerror(r == RESOLVE_NODATA ? RESOLVE_NONAME : r));
		return 1;
	}
	t.v6 = !ipaddr_is4(&t.to.addr);
	t.overhead = t.v6 ? 48 : 28;
	t.mtu = t.length ? (int32_t)t.length : MTU_MAX;
	if (t.length && t.length <= t.overhead) {
		process_printf(p, "tracepath: pktlen must be within: %u < value <= %d\n", t.overhead,
			       INT32_MAX);
		return 1;
	}
	if (t.mtu > MTU_MAX)
		t.mtu = MTU_MAX;
	t.fd = sys_socket(p, SOCKET_UDP, t.v6 ? AF_INET6 : AF_INET);
	if (t.fd < 0) {
		process_printf(p, "tracepath: socket: %s\n", strerror(-t.fd));
		return 1;
	}
	sys_set(p, t.fd, SOCKET_PMTUDISC, IP_PMTU_DO);
	sys_set(p, t.fd, SOCKET_RECVERR, 1);
	t.slab = slab_new(process_world(p), MTU_MAX);
	memset(t.slab->bytes, 0, MTU_MAX);
	trace(&t);
	slab_unref(process_world(p), t.slab);
	return 0;
}

static const char *const metrics[] = {"pmtu", "hops", "back", "reached", NULL};

const struct program program_tracepath = {
	.name = "tracepath",
	.summary = "find the path MTU and the hops to a host",
	.usage = usage,
	.metrics = metrics,
	.main = tracepath_main,
	.check = tracepath_check,
};
