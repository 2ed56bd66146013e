#include "programs/traceroute/traceroute.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "programs/programs.h"

#define DATA_LEN 40 /* behind the IP header, by default */

/* The real one's pattern: 0x40, 0x41, ... */
static void fill(struct trace *t)
{
	uint32_t ip = t->v6 ? 40 : 20;

	if (t->length < 0)
		t->length = ip + DATA_LEN;
	if (t->length < ip + 8)
		t->length = ip + 8;
	t->data_len = (uint32_t)t->length - ip - 8;
	t->slab = slab_new(process_world(t->process), t->data_len ? t->data_len : 1);
	for (uint32_t i = 0; i < t->data_len; i++)
		t->slab->bytes[i] = (uint8_t)(0x40 + (i & 0x3f));
}

static struct trace trace_default(struct process *p)
{
	return (struct trace){
		.process = p, .family = AF_UNSPEC, .first = 1, .hops = 30, .queries = 3,
		.sim = 16, .port = -1, .length = -1, .tos = -1,
		.wait = vtime_s(5), .here = 3, .near = 10,
	};
}

static int traceroute_check(struct process *p, int argc, char **argv)
{
	struct trace t = trace_default(p);
	int status = trace_parse(&t, argc, argv);

	if (argc < 2)	/* main shows its usage, as the real one does */
		paper_wrong(p, NULL, "traceroute lacks a host; expected one such as traceroute web");
	paper_host(p, t.host);
	return status;
}

static int traceroute_main(struct process *p, int argc, char **argv)
{
	struct trace t = trace_default(p);
	int status = trace_parse(&t, argc, argv);

	if (status < 0)
		status = trace_find_host(&t);
	if (status >= 0)
		return status;
	t.v6 = !ipaddr_is4(&t.to.addr);
	if (t.sim < 1)
		t.sim = 1;
	if (t.sim > 64)
		t.sim = 64;
	fill(&t);
	t.probes = nt_calloc((size_t)(t.hops * t.queries), sizeof *t.probes);
	status = trace_run(&t);
	free(t.probes);
	slab_unref(process_world(p), t.slab);
	return status;
}

static const char *const metrics[] = {"hops", "reached", NULL};

const struct program program_traceroute = {
	.name = "traceroute",
	.summary = "print the route packets take to a host",
	.usage = trace_usage,
	.metrics = metrics,
	.main = traceroute_main,
	.check = traceroute_check,
};
