/*
 * Filters of ss(8): which sockets are listed.
 *
 *     [state STATE | exclude STATE]... [EXPRESSION]
 *
 * STATE is a TCP state (established, syn-sent, syn-recv, fin-wait-1, fin-wait-2, time-wait, closed,
 * close-wait, last-ack, listening, closing) or all, connected, synchronized, bucket, big. An
 * expression is made of
 *
 *     dst HOST   src HOST   dport OP PORT   sport OP PORT
 *
 * with and, or, not and parentheses; two of them side by side mean and. HOST is ADDRESS[/LENGTH][:PORT],
 * [ADDRESS]:PORT, a name, or :PORT alone; OP is = == eq, != ne neq, < lt, > gt, <= le, >= ge; PORT may
 * begin with a colon and "=" may be left out. As there, it may be one word or many.
 */
#ifndef PROGRAMS_SS_FILTER_H
#define PROGRAMS_SS_FILTER_H

#include "process/process.h"
#include "transport/tcp/info.h"

#define SS_FILTER_NODES 64
#define SS_FILTER_TEXT 512

/* A node of the expression; a and b are numbers of others. */
struct ss_test {
	enum { SS_AND, SS_OR, SS_NOT, SS_HOST, SS_PORT } kind;
	uint8_t a, b;
	bool source;            /* src and sport */
	bool any_host;          /* SS_HOST: only the port counts */
	struct prefix host;
	int port;               /* -1: any */
	enum { SS_EQ, SS_NE, SS_LT, SS_GT, SS_LE, SS_GE } op;
};

struct ss_filter {
	uint32_t states;        /* bit of enum tcp_state each; 0: none was named */
	struct ss_test test[SS_FILTER_NODES];
	uint8_t tests, root;    /* tests 0: every socket passes */
};

/*
 * Reads argv[0..argc-1], what is left of the command line. False: it is wrong, and why stands on the
 * process's console.
 */
bool ss_filter_parse(struct ss_filter *f, struct process *p, int argc, char *const *argv);

/* Whether the expression lets r pass; states are not looked at. */
bool ss_filter_match(const struct ss_filter *f, const struct tcp_row *r);

/* Whether r's state is one of the filter's, where it names any. */
bool ss_filter_state(const struct ss_filter *f, const struct tcp_row *r);

#endif
