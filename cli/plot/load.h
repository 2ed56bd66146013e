/*
 * What a run has recorded, as curves: results.json says which files there are and whose they are.
 * Of many connections those with most rows are read, of directions of links those that carried
 * anything.
 */
#ifndef CLI_PLOT_LOAD_H
#define CLI_PLOT_LOAD_H

#include "cli/plot/data.h"

/* What to read. */
struct plot_choice {
	bool all;              /* everything, however much and however dull */
	double from, to;       /* s; NAN: from the beginning, to the end */
};

#define PLOT_MOST 24 /* connections, and directions, that are drawn unless all are */

struct plot_tcp {
	char *name;            /* "tcp-a-1025-b-80" */
	char *node, *peer, *congestion;
	char *step;            /* or service, the only one that it can be of; NULL: not known */
	int local_port, peer_port;
	double begin;          /* s: its first row */
	struct plot_span span;
	struct plot_curve cwnd, ssthresh, in_flight, srtt, min_rtt, rto, pacing, delivery;
	struct plot_curve retransmitted, timeouts; /* at the height of cwnd */
	struct plot_rate delivered; /* bit/s */
	double bytes;           /* acknowledged over all */
};

struct plot_way {
	char *name;            /* "link-wan-forward", or "queue-wan-forward" without such a file */
	char *link, *from, *to, *queue;
	bool reverse;
	struct plot_curve length, delay, drops, marks; /* the last two at the height of length */
	struct plot_curve capacity, lost;              /* lost: at the height of 0 */
	struct plot_rate throughput;                   /* bit/s */
};

struct plot_set {
	char *scenario;
	char *run;         /* the folder's last name */
	struct plot_span span;
	GPtrArray *tcp;   /* struct plot_tcp, most bytes first */
	GPtrArray *ways;  /* struct plot_way, in the order of the scenario */
	unsigned left_out; /* connections and directions that were not taken */
};

/* False: *error is one sentence. */
bool plot_load(struct plot_set *set, const char *out, const struct plot_choice *choice, char **error);
void plot_set_fini(struct plot_set *set);

#endif
