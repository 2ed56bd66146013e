/*
 * iperf3, after iperf 3.12. TCP is in files of its own (tcp.h); this is the rest, and UDP:
 *
 *     iperf3.c          options and the program's row
 *     client.c   a test from the client's side
 *     server.c   one test after the other
 *     control.c  the messages between them
 *     stream.c   datagrams: pacing and counting
 *     report.c   the lines people know, and the metrics
 *     json.c     -J
 *
 * Datagrams are the real one's: seconds, microseconds and a number (32 bits each, or a 64-bit
 * number with --udp-counters-64bit), then payload. They leave at exact instants: number k at
 * k * length * 8 / bitrate after the start, without bursts unless -b says so (`-b 10M/8`). With
 * `-b 0` the send buffer paces: as fast as the rate of the host's own link allows.
 *
 * The real one has a TCP connection for control. Here control is a few 80-byte datagrams on the
 * server's port, from a socket of the client's own, none of them while the measurement runs:
 *
 *     client control -> START    what to do; repeated until READY (or BUSY) answers
 *     client data    -> "9876"   the real one's first datagram on a new stream; answered "6789"
 *     sender of data -> datagrams
 *     sender control -> END      what was sent, and how long ago; repeated until REPORT answers
 *     receiver       -> REPORT   what was received
 *
 * Lost ones are repeated after 1, 2, 4, 8 and 16 seconds. The receiver's clock runs from its first
 * datagram to the END (less the time that an END had to be repeated). What was sent and never came
 * counts as lost, also at the end of the test.
 */
#ifndef PROGRAMS_IPERF3_H
#define PROGRAMS_IPERF3_H

#include "programs/tool.h"

#define IPERF_PORT 5201
#define IPERF_MIN_LEN 16
#define IPERF_MAX_LEN 65507
#define IPERF_CONTROL_LEN 80
#define IPERF_HEAD 20 /* bytes of a datagram that are looked at */
#define IPERF_ID 5 /* the number that stands in brackets: the real one's first descriptor */

/* What a test does; the client's options, told to the server by START. */
struct iperf_params {
	bool reverse, counters64;
	uint64_t rate;     /* bit/s; 0: as fast as the link */
	uint64_t burst;    /* datagrams at once */
	uint64_t bytes, blocks; /* 0: not limited by it */
	vtime duration;    /* VTIME_NEVER: not limited by it */
	uint32_t len;
	uint8_t tos;
};

/* The same of a test over TCP. */
struct iperf_tcp_params {
	bool reverse, nodelay;
	vtime omit;             /* -O: before the test, and not counted */
	vtime duration;         /* VTIME_NEVER: not limited by it */
	uint64_t bytes, blocks; /* 0: not limited by it */
	uint64_t rate;          /* bit/s of each stream; 0: as fast as it goes */
	uint32_t burst;         /* blocks at once, with a rate; 0: one */
	uint32_t parallel, len, mss, window;
	uint8_t tos;
	char congestion[16];    /* empty: the host's */
};

struct iperf_options {
	struct process *process;
	bool server, udp, one_off, json, dont_fragment;
	char format;       /* -f; 'a': by size */
	int family;
	int64_t port, client_port, window, len; /* len 0: from the path MTU */
	vtime interval;    /* zero: none */
	const char *host, *bind;
	struct iperf_params params;
	struct iperf_tcp_params tcp;
	bool rate_given, burst_given;
};

/* What one side knows of a test, or of an interval of it. */
struct iperf_count {
	uint64_t bytes;
	uint64_t packets;  /* sender: sent; receiver: the highest number, so lost ones too */
	uint64_t received;
	int64_t lost, out_of_order;
	double jitter;     /* s; RFC 1889's estimate */
	vtime span;
};

struct iperf_interval {
	vtime start, end;
	struct iperf_count count;
};

struct iperf_stream {
	const struct iperf_options *options;
	struct iperf_params params;
	struct process *process;
	int fd;
	struct endpoint local, peer;
	bool sender, silent;   /* silent: no interval lines (-J) */
	struct slab *slab;
	vtime start;           /* VTIME_NEVER: nothing has been received yet */
	vtime interval_start;
	vtime last;            /* receiver: when the last datagram came */
	struct iperf_count total, before; /* before: at the start of the interval */
	double transit;        /* of the last datagram; s */
	struct iperf_interval *intervals;
	uint32_t interval_count, interval_room;
};

/* Both sides' counts, once the other side has told its own. */
struct iperf_result {
	struct iperf_count sent, received;
	bool complete;
};

/* stream.c */
void iperf_stream_init(struct iperf_stream *s, const struct iperf_options *o,
		       const struct iperf_params *params, int fd, bool sender);
void iperf_stream_fini(struct iperf_stream *s);

/* Sends the whole test; 0 or a negative errno. */
int iperf_stream_send(struct iperf_stream *s);

/* A datagram of the test has arrived: the first bytes of it are in head. */
void iperf_stream_take(struct iperf_stream *s, const uint8_t *head, uint32_t head_len,
		       const struct sys_info *info);

/* Ends the intervals that end until t, and says when the next one will (VTIME_NEVER: none). */
vtime iperf_stream_tick(struct iperf_stream *s, vtime t);

/* The last interval and the span: the test ended at t. */
void iperf_stream_end(struct iperf_stream *s, vtime t);

/* control.c */
enum iperf_verb { IPERF_NONE, IPERF_START, IPERF_READY, IPERF_BUSY, IPERF_END, IPERF_REPORT };

struct iperf_message {
	uint8_t verb;
	uint64_t cookie;
	struct iperf_params params;  /* START */
	struct iperf_count count;    /* END: bytes, packets, span; REPORT: all */
	vtime ago;                   /* END: how long ago the last datagram's turn was over */
};

void iperf_emit(uint8_t *at, const struct iperf_message *m);

/* verb IPERF_NONE unless the len bytes are a message. */
struct iperf_message iperf_parse(const uint8_t *at, uint32_t len);

/*
 * Sends m on a connected socket until a message with the same cookie and the wanted verb (or
 * BUSY) comes; 0 or a negative errno: -ETIMEDOUT, -ECONNREFUSED, -EINTR. ended: END's instant.
 */
int iperf_exchange(struct process *p, int fd, struct iperf_message *m, enum iperf_verb wanted,
		   vtime ended, struct iperf_message *answer);

/* "9876" on a new stream, and its answer. */
extern const uint8_t iperf_hello[4], iperf_hello_answer[4];
int iperf_greet(struct process *p, int fd);

/* How long to wait for an answer to try number n; VTIME_NEVER: no more tries. */
vtime iperf_patience(int n);

/* A receiver's count when an END came at `now`: the clock stops, and the tail is lost. */
void iperf_settle(struct iperf_stream *s, const struct iperf_message *end, vtime now);

/* report.c */

/*
 * A number in four places with its unit: "1.19 MBytes", " 123 KBytes", "10.0 Mbits". The format
 * letter is iperf3's: k m g t and K M G T fix the unit, a and A choose it; small letters mean
 * bits (powers of 1000), capitals bytes (of 1024). buf: IPERF_UNIT_TEXT bytes.
 */
#define IPERF_UNIT_TEXT 32
char *iperf_unit_text(char *buf, double bytes, char format);
void iperf_print_local(const struct iperf_stream *s);
void iperf_print_header(const struct iperf_stream *s, bool sender);
void iperf_print_interval(const struct iperf_stream *s, const struct iperf_interval *i);
void iperf_print_rule(struct process *p);
void iperf_print_final(const struct iperf_stream *s, const struct iperf_count *c, bool sender);
void iperf_set_metrics(struct process *p, const struct iperf_result *r);
double iperf_lost_percent(const struct iperf_count *c);
double iperf_bits_per_second(const struct iperf_count *c);

/* json.c; error NULL: none. */
void iperf_print_json(const struct iperf_stream *s, const struct iperf_result *r,
		      const char *error);

/* Exit statuses. */
int iperf_client(struct iperf_options *o);
int iperf_server(struct iperf_options *o);

/* "iperf3: error - WHAT: why"; returns 1. */
int iperf_fail(const struct iperf_options *o, const char *what, int err);

#endif
