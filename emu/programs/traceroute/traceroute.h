/*
 * traceroute, after Dmitry Butskoy's 2.1.
 *
 *     traceroute.c          the program's row, and looking up the destination
 *     options.c  its command line, which is not getopt's
 *     run.c      which probe when, how long to wait, printing in order
 *     probe.c    one probe: sending it, and what came back
 *
 * Up to -N probes are under way at a time (16), in the order of their TTL; answers are printed
 * in that order as soon as all before them are done. A probe is given up after -w seconds (5),
 * or earlier if others tell how long it should take: 3 times the time of an answer from the
 * same hop, 10 times that of one from a later hop.
 *
 * A UDP probe has a socket of its own, connected to port 33434 + its number; its end is a port
 * unreachable. ICMP probes (-I) are echo requests of one socket, told apart by their sequence
 * number; their end is the reply.
 */
#ifndef PROGRAMS_TRACEROUTE_H
#define PROGRAMS_TRACEROUTE_H

#include "programs/tool.h"

enum trace_method { TRACE_UDP, TRACE_UDP_CONSTANT, TRACE_ICMP };

struct trace_probe {
	int fd;           /* 0: none */
	bool sent, done, answered, final;
	vtime sent_at, took;
	struct ipaddr from;
	char note[24];    /* "!H"; empty: nothing remarkable */
};

struct trace {
	struct process *process;
	enum trace_method method;
	int family;
	bool numeric, dont_fragment;
	int64_t first, hops, queries, sim, port, length; /* port, length: -1: the default */
	int tos;
	vtime wait;
	double here, near; /* -w's factors; 0: not used */
	vtime pause;       /* -z */
	const char *host, *source, *device;
	int host_at;       /* which word of the command line the host is */

	struct endpoint to;
	bool v6;
	int icmp;          /* -I: the socket */
	struct slab *slab; /* data of the probes */
	uint32_t data_len;
	struct trace_probe *probes; /* hops * queries */
	bool killed;
};

/* What is wrong is on the console; the status to exit with, or -1 to go on. */
int trace_parse(struct trace *t, int argc, char **argv);

/* Looks the host up; as trace_parse(). */
int trace_find_host(struct trace *t);

extern const char trace_usage[];

/* probe.c. 0, or a negative errno that ends the program after *what it said. */
int trace_open(struct trace *t, const char **what);
int trace_send(struct trace *t, uint32_t index, const char **what);

/* Takes in what has arrived for the probes in [start, end), waiting until then at most. */
void trace_receive(struct trace *t, uint32_t start, uint32_t end, vtime until);
void trace_finish(struct trace *t, struct trace_probe *b);

/* run.c: traces and prints; the exit status. */
int trace_run(struct trace *t);

#endif
