/* conntrack, after conntrack-tools 1.4.7: the table of connections of the router that it runs on. */
#include "programs/programs.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter.h"
#include "programs/tool.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

static const char usage[] =
	"Command line interface for the connection tracking system. Usage: conntrack [commands] [options]\n"
	"\n"
	"Commands:\n"
	"  -L, --dump            List connection tracking table\n"
	"  -C, --count           Show counter\n"
	"\n"
	"Options:\n"
	"  -p, --proto proto     Layer 4 protocol, such as tcp, udp, icmp, icmpv6\n"
	"  -h, --help\n"
	"\n"
	"Packets and bytes are always counted (nf_conntrack_acct). Nothing can be changed or deleted.\n"
	"Metrics: entries (shown), assured, unreplied (of those).\n";

struct dump {
	struct process *process;
	vtime now;
	int proto; /* -1: any */
	bool quiet;
	uint32_t entries, assured, unreplied;
};

static const struct {
	const char *name;
	uint8_t proto;
} protos[] = {
	{"icmp", IPPROTO_ICMP},   {"tcp", IPPROTO_TCP},   {"udp", IPPROTO_UDP}, {"icmpv6", IPPROTO_ICMPV6},
	{"dccp", IPPROTO_DCCP}, {"sctp", IPPROTO_SCTP}, {"udplite", IPPROTO_UDPLITE},
};

#define PROTOS (sizeof(protos) / sizeof(protos[0]))

static const char *proto_name(uint8_t proto)
{
	for (size_t i = 0; i < PROTOS; i++)
		if (protos[i].proto == proto)
			return protos[i].name;
	return "unknown";
}

/* A question has its identifier as its source port, an answer as its destination port (tuple.h). */
static void print_icmp(const struct dump *d, const struct ct_tuple *t, bool question)
{
	bool v6 = t->proto == IPPROTO_ICMPV6;
	uint16_t asked = question ? t->dport : t->sport, id = question ? t->sport : t->dport;
	int type = v6 ? question ? ICMP6_MSG_ECHO_REQUEST : ICMP6_MSG_ECHO_REPLY
		   : asked & 0xff ? (asked & 0xff) + !question
				  : question ? ICMP4_ECHO : ICMP4_ECHO_REPLY;

	process_printf(d->process, "type=%d code=%u id=%u ", type, asked >> 8, id);
}

static void print_tuple(const struct dump *d, const struct ct_tuple *t, bool original, uint64_t packets,
			uint64_t bytes)
{
	struct endpoint src = {.addr = t->src}, dst = {.addr = t->dst};
	char from[RESOLVE_TEXT], to[RESOLVE_TEXT];

	resolve_format(d->process, from, sizeof(from), &src);
	resolve_format(d->process, to, sizeof(to), &dst);
	process_printf(d->process, "src=%s dst=%s ", from, to);
	if (t->proto == IPPROTO_ICMPV6 || t->proto == IPPROTO_ICMP) {
		print_icmp(d, t, original);
	} else if (strcmp(proto_name(t->proto), "unknown")) {
		process_printf(d->process, "sport=%u dport=%u ", t->sport, t->dport);
	}
	process_printf(d->process, "packets=%llu bytes=%llu ", (unsigned long long)packets,
		       (unsigned long long)bytes);
}

static void print_conn(const struct conn *c, void *arg)
{
	struct dump *d = arg;
	const struct ct_tuple *there = &c->way[CT_ORIGINAL].tuple;
	vtime left = vtime_sub(c->expires, d->now);

	if (d->proto >= 0 && there->proto != d->proto)
		return;
	d->entries++;
	d->assured += c->assured;
	d->unreplied += !c->replied;
	if (d->quiet)
		return;
	process_printf(d->process, "%-8s %u %lld ", proto_name(there->proto), there->proto,
		       (long long)(left.ns / NS_PER_S));
	if (there->proto == IPPROTO_TCP)
		process_printf(d->process, "%s ", conntrack_tcp_state_name(c));
	print_tuple(d, there, true, c->packets[CT_ORIGINAL], c->bytes[CT_ORIGINAL]);
	if (!c->replied)
		process_printf(d->process, "[UNREPLIED] ");
	print_tuple(d, &c->way[CT_REPLY].tuple, false, c->packets[CT_REPLY], c->bytes[CT_REPLY]);
	process_printf(d->process, "%smark=0 use=1\n", c->assured ? "[ASSURED] " : "");
}

static int show(struct dump *d)
{
	const struct node_filter *f = filter_of(process_node(d->process));

	d->now = process_now(d->process);
	if (f)
		conntrack_walk(f->conntrack, print_conn, d);
	if (d->quiet)
		process_printf(d->process, "%u\n", d->entries);
	else
		process_printf(d->process, "conntrack v1.4.7 (conntrack-tools): %u flow entries have "
			       "been shown.\n", d->entries);
	process_count(d->process, "entries", d->entries);
	process_count(d->process, "assured", d->assured);
	process_count(d->process, "unreplied", d->unreplied);
	return 0;
}

static bool proto_parse(struct dump *d, const char *text)
{
	for (size_t i = 0; i < PROTOS; i++)
		if (!strcmp(protos[i].name, text))
			d->proto = protos[i].proto;
	if (d->proto < 0)
		process_printf(d->process, "conntrack v1.4.7 (conntrack-tools): `%s' unsupported "
			       "protocol\n", text);
	return d->proto >= 0;
}

/* -1 to go on, else the exit status. */
static int parse(struct dump *d, struct process *p, int argc, char **argv)
{
	static const struct option_long longs[] = {
		{"dump", 'L', OPTION_FLAG}, {"count", 'C', OPTION_FLAG},
		{"proto", 'p', OPTION_ARG}, {"help", 'h', OPTION_FLAG}, {NULL, 0, OPTION_FLAG}};
	struct options o;
	bool command = false;
	int c;

	*d = (struct dump){.process = p, .proto = -1};
	options_init(&o, p, argc, argv, "LCp:h", longs);
	while ((c = options_next(&o)) > 0) {
		switch (c) {
		case 'C':
			d->quiet = true;
			/* fall through */
		case 'L':
			command = true;
			break;
		case 'p':
			if (!proto_parse(d, o.arg))
				return 2;
			break;
		case 'h':
			process_printf(p, "%s", usage);
			return 0;
		}
	}
	if (c == 0 && command)
		return -1;
	paper_wrong(p, NULL, "conntrack lacks -L or -C; expected one such as conntrack -L");
	process_printf(p, "%s", usage);
	return 2;
}

static int conntrack_check(struct process *p, int argc, char **argv)
{
	struct dump d;

	return parse(&d, p, argc, argv);
}

static int conntrack_main(struct process *p, int argc, char **argv)
{
	struct dump d;
	int status = parse(&d, p, argc, argv);

	return status < 0 ? show(&d) : status;
}

static const char *const metrics[] = {"entries", "assured", "unreplied", NULL};

const struct program program_conntrack = {
	.name = "conntrack",
	.summary = "show the connections that a router tracks",
	.usage = usage,
	.metrics = metrics,
	.main = conntrack_main,
	.check = conntrack_check,
};
