/*
 * rr: requests and responses over one TCP connection, the shape of most protocols; what netperf's
 * TCP_RR measures, and with -w 2 the write-write-read that Nagle's algorithm and delayed ACKs make
 * slow together.
 *
 * A request says in its first 8 bytes how long it is and how long the answer shall be (32 bits
 * each, big-endian); the rest is a pattern. The server answers when it has all of it.
 */
#include "programs/programs.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "programs/tool.h"
#include "wire/be.h"

#define PORT 5301
#define HEAD 8
#define LEN_MAX SYS_PATTERN

static const char usage[] =
	"Usage: rr [options] HOST      ask: requests over one TCP connection, one after the other\n"
	"       rr -l [-p PORT] [-FNq] answer, until the end of the run\n"
	"\n"
	"  -n COUNT    requests (default 10)\n"
	"  -w WRITES   write each request in so many pieces (default 1)\n"
	"  -s BYTES    length of a request, 8 to 65536 (default 200; K: 1024)\n"
	"  -r BYTES    length of an answer, 1 to 65536 (default 200)\n"
	"  -i SECONDS  wait between an answer and the next request (default 0)\n"
	"  -p PORT     the server's port (default 5301)\n"
	"  -F          TCP Fast Open: the first request goes with the SYN, if the server gave a cookie\n"
	"              before; of a server: give some (its net.ipv4.tcp_fastopen must be 2 or 3)\n"
	"  -N          TCP_NODELAY: do not wait for an ACK before a short segment is sent\n"
	"  -4, -6      IPv4 or IPv6 only\n"
	"  -q          print nothing but what fails\n"
	"\n"
	"Metrics: requests (answered), connect_time (0 with -F and a cookie), rtt_min, rtt_avg, rtt_max\n"
	"(s, from the first write of a request to the last byte of its answer), seconds, and\n"
	"requests_per_second.\n";

struct rr {
	struct process *process;
	bool listen, nodelay, quiet, fastopen;
	int family;
	int64_t port, count, writes;
	uint32_t request, answer;
	vtime wait;
	const char *host;
	struct slab *slab; /* what answers are made of */
	uint8_t *text;     /* a request */
	uint64_t done;
	vtime sum, least, most;
};

static int say(struct rr *r, const char *what, int err)
{
	process_printf(r->process, "rr: %s: %s\n", what, strerror(-err));
	return 1;
}

/* One connection of a server, in a process of its own: its descriptor is the first. */
static void answer(struct process *p, void *arg)
{
	struct slab *slab = arg;
	uint8_t head[HEAD];
	const int fd = 3;

	while (sys_read_whole(p, fd, head, HEAD, VTIME_NEVER) == HEAD) {
		uint32_t rest = be32_load(head), back = be32_load(head + 4);

		if (rest < HEAD || rest > LEN_MAX || back < 1 || back > LEN_MAX)
			break;
		for (rest -= HEAD; rest;) {
			int64_t n = sys_read_until(p, fd, NULL, rest, MSG_TRUNC, VTIME_NEVER);

			if (n <= 0)
				goto out;
			rest -= (uint32_t)n;
		}
		if (sys_write_slab(p, fd, slab, slab->bytes, back) < 0)
			break;
	}
out:
	sys_close(p, fd);
	slab_unref(process_world(p), slab);
}

static int serve(struct rr *r)
{
	struct endpoint here = {.addr = r->family == AF_INET ? ipaddr_any4 : ipaddr_any6,
				.port = (uint16_t)r->port};
	int fd = sys_socket(r->process, SOCKET_TCP, r->family == AF_INET ? AF_INET : AF_INET6), c;
	int err = sys_bind(r->process, fd, &here);

	if (!err && r->fastopen)
		err = sys_set(r->process, fd, SOCKET_FASTOPEN, 128);
	if (!err)
		err = sys_listen(r->process, fd, 128);
	if (err)
		return say(r, "cannot listen", err);
	if (!r->quiet)
		process_printf(r->process, "rr: listening on port %lld\n", (long long)r->port);
	while ((c = sys_accept(r->process, fd, NULL, VTIME_NEVER)) >= 0) {
		if (r->nodelay)
			sys_set(r->process, c, SOCKET_NODELAY, 1);
		sys_give(r->process, c, process_fork(r->process, answer, slab_ref(r->slab)));
	}
	return 0;
}

/* Writes a request in pieces and takes its answer; 0 or a negative errno. */
static int ask(struct rr *r, int fd)
{
	uint32_t sent = 0, got = 0;
	int64_t n = 0;

	for (int64_t k = 1; k <= r->writes && n >= 0; k++) {
		uint32_t until = (uint32_t)(r->request * k / r->writes);

		n = sys_write(r->process, fd, r->text + sent, until - sent);
		sent = until;
	}
	while (n >= 0 && got < r->answer) {
		n = sys_read_until(r->process, fd, NULL, r->answer - got, MSG_TRUNC, VTIME_NEVER);
		if (n == 0)
			return -ECONNRESET;
		got += n > 0 ? (uint32_t)n : 0;
	}
	return n < 0 ? (int)n : 0;
}

static void count(struct rr *r, vtime took)
{
	r->done++;
	r->sum = vtime_add(r->sum, took);
	r->least = r->done == 1 ? took : vtime_min(r->least, took);
	r->most = vtime_max(r->most, took);
	if (!r->quiet)
		process_printf(r->process, "request %llu: %.3f ms\n", (unsigned long long)r->done,
			       vtime_seconds(took) * 1e3);
}

static void report(struct rr *r, vtime span)
{
	struct process *p = r->process;
	double mean = r->done ? vtime_seconds(r->sum) / (double)r->done : 0;

	process_count(p, "requests", r->done);
	if (!r->done)
		return;
	process_metric(p, "rtt_min", vtime_seconds(r->least));
	process_metric(p, "rtt_avg", mean);
	process_metric(p, "rtt_max", vtime_seconds(r->most));
	process_metric(p, "seconds", vtime_seconds(span));
	if (span.ns > 0)
		process_metric(p, "requests_per_second", (double)r->done / vtime_seconds(span));
	if (r->quiet)
		return;
	process_printf(p, "%llu answered: min/avg/max = %.3f/%.3f/%.3f ms\n",
		       (unsigned long long)r->done, vtime_seconds(r->least) * 1e3, mean * 1e3,
		       vtime_seconds(r->most) * 1e3);
}

static int client(struct rr *r)
{
	struct process *p = r->process;
	struct endpoint to;
	vtime start = process_now(p), begun;
	int fd, err = resolve_host(p, r->host, r->family, &to);

	if (err) {
		process_printf(p, "rr: %s: %s\n", r->host,
			       resolve_strerror(err == RESOLVE_NODATA ? RESOLVE_NONAME : err));
		return 1;
	}
	to.port = (uint16_t)r->port;
	fd = sys_socket(p, SOCKET_TCP, ipaddr_is4(&to.addr) ? AF_INET : AF_INET6);
	if (r->nodelay)
		sys_set(p, fd, SOCKET_NODELAY, 1);
	if (r->fastopen)
		sys_set(p, fd, SOCKET_FASTOPEN_CONNECT, 1);
	err = sys_connect(p, fd, &to);
	if (err)
		return say(r, r->host, err);
	begun = process_now(p);
	process_metric(p, "connect_time", vtime_seconds(vtime_sub(begun, start)));
	for (int64_t i = 0; i < r->count && !err; i++) {
		vtime at = process_now(p);

		err = ask(r, fd);
		if (!err)
			count(r, vtime_sub(process_now(p), at));
		if (!err && r->wait.ns)
			err = sys_sleep(p, r->wait);
	}
	report(r, vtime_sub(process_now(p), begun));
	sys_close(p, fd);
	return err ? say(r, r->host, err) : 0;
}

static bool size(const char *text, double least, uint32_t *out)
{
	double v;

	if (!tool_quantity(text, 1024, &v) || v < least || v > LEN_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool take(struct rr *r, int c, const char *arg)
{
	switch (c) {
	case 'l': r->listen = true; return true;
	case 'N': r->nodelay = true; return true;
	case 'F': r->fastopen = true; return true;
	case 'q': r->quiet = true; return true;
	case '4': r->family = AF_INET; return true;
	case '6': r->family = AF_INET6; return true;
	case 'n': return option_integer(arg, 1, 1000000, &r->count);
	case 'w': return option_integer(arg, 1, 1000, &r->writes);
	case 'p': return option_integer(arg, 1, 65535, &r->port);
	case 's': return size(arg, HEAD, &r->request);
	case 'r': return size(arg, 1, &r->answer);
	case 'i': return tool_seconds(arg, 0, 86400, &r->wait);
	}
	return false;
}

/* -1 to go on, else the exit status. */
static int parse(struct rr *r, struct process *p, int argc, char **argv)
{
	struct options o;
	int c;

	*r = (struct rr){.process = p, .family = AF_UNSPEC, .port = PORT, .count = 10, .writes = 1,
			 .request = 200, .answer = 200};
	options_init(&o, p, argc, argv, "lNFq46n:w:p:s:r:i:", NULL);
	while ((c = options_next(&o)) > 0) {
		if (!take(r, c, o.arg)) {
			process_printf(p, "rr: -%c: \"%s\" is not possible\n\n%s", c, o.arg, usage);
			return 2;
		}
	}
	r->host = c < 0 ? NULL : options_word(&o);
	if (c >= 0 && !r->host != !r->listen && !options_word(&o) && r->request >= r->writes)
		return -1;
	if (r->request < r->writes)
		paper_wrong(p, NULL, "rr: %lld writes are more than the request has bytes",
			    (long long)r->writes);
	process_printf(p, "%s", usage);
	return 2;
}

static int rr_check(struct process *p, int argc, char **argv)
{
	struct rr r;
	int status = parse(&r, p, argc, argv);

	if (status < 0)
		paper_host(p, r.host);
	return status;
}

static int rr_main(struct process *p, int argc, char **argv)
{
	struct rr r;
	int status = parse(&r, p, argc, argv);

	if (status >= 0)
		return status;
	r.slab = sys_pattern(p);
	r.text = nt_malloc(r.request);
	memcpy(r.text, r.slab->bytes, r.request);
	be32_store(r.text, r.request);
	be32_store(r.text + 4, r.answer);
	status = r.listen ? serve(&r) : client(&r);
	free(r.text);
	slab_unref(process_world(p), r.slab);
	return status;
}

static const char *const metrics[] = {"requests", "connect_time", "rtt_min", "rtt_avg", "rtt_max",
				      "seconds", "requests_per_second", NULL};

const struct program program_rr = {
	.name = "rr",
	.summary = "measure requests and responses over TCP",
	.usage = usage,
	.metrics = metrics,
	.main = rr_main,
	.check = rr_check,
};
