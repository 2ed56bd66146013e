/*
 * iperf3 over TCP, as iperf 3.12 speaks it: the messages are the real one's, byte for byte.
 *
 *     tcp.c          what both sides share: messages, streams, the end
 *     tcp_client.c   tcp_server.c
 *     tcp_data.c     sending and receiving while the test runs
 *     tcp_json.c     parameters and results as JSON on the wire
 *     tcp_report.c   lines, metrics    tcp_print.c   -J
 *
 *     client                                      server
 *     connects, cookie (37 bytes)            ->
 *                                            <-   PARAM_EXCHANGE (one byte, as all states)
 *     length (32 bits), parameters (JSON)    ->
 *                                            <-   CREATE_STREAMS
 *     connects each stream, cookie           ->
 *                                            <-   TEST_START, TEST_RUNNING
 *     ... data, on the streams only ...
 *     TEST_END                               ->
 *                                            <-   EXCHANGE_RESULTS
 *     length, results (JSON)                 ->
 *                                            <-   length, results; DISPLAY_RESULTS
 *     IPERF_DONE                             ->
 *
 * With -O both sides forget, each by its own clock, what they have counted when that time is over.
 *
 * Blocks are written as the real one does, without waiting: each stream in turn as long as its
 * send buffer takes something. Their bytes are one pattern in a slab that all streams share.
 */
#ifndef PROGRAMS_IPERF3_TCP_H
#define PROGRAMS_IPERF3_TCP_H

#include "programs/iperf3/cjson.h"
#include "programs/iperf3/iperf3.h"

#define IPERF_COOKIE 37       /* 36 characters and a NUL */
#define IPERF_JSON_MAX 65536  /* of a message that we accept */
#define IPERF_TCP_LEN 131072
#define IPERF_MAX_OMIT 600 /* s */
#define IPERF_TCP_MAX_LEN 1048576

enum iperf_state {
	IPERF_TEST_START = 1, IPERF_TEST_RUNNING = 2, IPERF_TEST_END = 4, IPERF_PARAM_EXCHANGE = 9,
	IPERF_CREATE_STREAMS = 10, IPERF_SERVER_TERMINATE = 11, IPERF_CLIENT_TERMINATE = 12,
	IPERF_EXCHANGE_RESULTS = 13, IPERF_DISPLAY_RESULTS = 14, IPERF_DONE = 16,
	IPERF_ACCESS_DENIED = 255, IPERF_SERVER_ERROR = 254,
};

/* One interval of a stream, or all of it. */
struct iperf_tcp_count {
	vtime start, end; /* since the test began */
	uint64_t bytes, retransmits;
	bool omitted;     /* of -O's time */
	uint32_t cwnd, wnd, rtt, rttvar, pmtu; /* at the end; bytes, us */
};

struct iperf_tcp_stream {
	int fd, id;             /* id: the number in brackets */
	struct endpoint local, peer;
	uint64_t bytes, blocks; /* sent or received here */
	uint64_t before_bytes, before_retransmits; /* at the start of the interval */
	uint32_t omitted_retransmits;              /* of -O's time */
	uint32_t rest;          /* of the block that was begun */
	uint32_t retransmits, max_cwnd, max_wnd, max_rtt, min_rtt;
	uint64_t sum_rtt, count_rtt;
	uint32_t true_min_rtt, last_cwnd;
	uint64_t peer_bytes, peer_retransmits;     /* what the other side says */
	vtime peer_span;
	bool full;              /* the send buffer took no more */
	struct iperf_tcp_count *intervals;
	uint32_t interval_count, interval_room;
};

struct iperf_tcp {
	struct iperf_options *options;
	struct process *process;
	struct iperf_tcp_params params;
	bool server, sender;
	int control, listener;  /* listener: the server's; -1 */
	struct endpoint peer;   /* of control */
	char cookie[IPERF_COOKIE];
	struct iperf_tcp_stream *streams;
	struct slab *slab;
	struct sys_poll *polls; /* 2 more than streams */
	uint64_t bytes, blocks; /* of all streams, while the test runs */
	int mss;                /* of the control connection */
	vtime start, interval_start, end;
	vtime last, stall; /* receiver: when something came last, and the longest wait for it */
	bool started, over, omitting, have_results, header_printed; /* over: nothing more is counted */
	char congestion[16], peer_congestion[16];
};

/* tcp.c. All: 0, or a negative errno; -ECONNRESET: the other side is gone. */
int iperf_tcp_state_send(struct iperf_tcp *t, enum iperf_state state);
int iperf_tcp_state_receive(struct iperf_tcp *t, enum iperf_state *state);
int iperf_tcp_json_send(struct iperf_tcp *t, const char *text);
char *iperf_tcp_json_receive(struct iperf_tcp *t, int *err); /* free() it; NULL: *err */
void iperf_tcp_streams_new(struct iperf_tcp *t);
int iperf_tcp_stream_opened(struct iperf_tcp *t, uint32_t i, int fd);
int iperf_tcp_stream_options(struct iperf_tcp *t, int fd); /* before connect or listen */
void iperf_tcp_begin(struct iperf_tcp *t);
void iperf_tcp_fini(struct iperf_tcp *t); /* closes what is open */

/* tcp_data.c */

/* Runs until the test is over: by its own limits (client), or because a state came in (*state;
 * otherwise 0). Negative errno when it failed. */
int iperf_tcp_run(struct iperf_tcp *t, enum iperf_state *state);

/* Ends the last interval. */
void iperf_tcp_end(struct iperf_tcp *t);

/* tcp_json.c */
char *iperf_tcp_params_text(const struct iperf_tcp *t); /* free() it */
bool iperf_tcp_params_parse(struct iperf_tcp *t, const char *text);
char *iperf_tcp_results_text(const struct iperf_tcp *t);
bool iperf_tcp_results_parse(struct iperf_tcp *t, const char *text);

/* tcp_report.c */
void iperf_tcp_print_connected(const struct iperf_tcp *t, const struct iperf_tcp_stream *s);
void iperf_tcp_print_header(const struct iperf_tcp *t);
void iperf_tcp_print_intervals(const struct iperf_tcp *t); /* the last of each stream */
void iperf_tcp_print_results(const struct iperf_tcp *t);
void iperf_tcp_metrics(const struct iperf_tcp *t);
vtime iperf_tcp_span(const struct iperf_tcp *t, const struct iperf_tcp_stream *s, bool sent);
double iperf_tcp_rate(uint64_t bytes, vtime span); /* bit/s */

/* tcp_print.c; error NULL: none. */
void iperf_tcp_print_json(const struct iperf_tcp *t, const char *error);

/* tcp_server.c: takes one connection off the listener and serves its test; false: it did
 * not come to one. The line before it, the loop and the metric `tests` are server.c's. */
bool iperf_tcp_serve(struct iperf_options *o, int listener);

/* tcp_client.c: the exit status. */
int iperf_tcp_client(struct iperf_options *o);

#endif
