/*
 * ping, after that of iputils 20221126.
 *
 *     ping.c         options, sockets, and the program's row
 *     loop.c    when to send, how long to wait
 *     packet.c  probes out, replies and ICMP errors in
 *     report.c  what is printed and measured
 *
 * It uses an echo socket (SOCKET_PING), as the real one does where it has no raw sockets. Times
 * are taken in microseconds, as the stamp in the payload has them: the first 16 bytes of the data
 * are a struct timeval of a 64-bit little-endian machine, followed by 0x10, 0x11, ...
 *
 * Counting is the real one's: a sequence number was acknowledged when a reply or an ICMP error for
 * it has come; `pipe` is the most that ever were under way; duplicates count into the round-trip
 * times, but not as received.
 */
#ifndef PROGRAMS_PING_H
#define PROGRAMS_PING_H

#include "programs/tool.h"

#define PING_STAMP 16          /* struct timeval */
#define PING_HEADER 8          /* ICMP */
#define PING_SEQUENCES 0x10000 /* what a reply's sequence number can tell apart */

struct ping {
	struct process *process;
	int fd;
	bool v6, numeric, flood, quiet, verbose, outstanding, stamps, adaptive, broadcast;
	int64_t count;     /* -c; 0: no limit */
	int64_t size;      /* -s */
	int64_t preload;   /* -l */
	vtime interval;    /* -i */
	vtime linger;      /* -W */
	vtime deadline;    /* -w; zero: none */
	int ttl, tos, pmtudisc; /* -1: not asked for */
	const char *source_text; /* -I; NULL: none */
	uint8_t pattern[16];
	int pattern_len;   /* -p; 0: the usual bytes */

	const char *host;  /* as it was given */
	struct endpoint to;
	struct ipaddr source;
	struct ip_iface *device;

	uint8_t *data;     /* what a probe carries, stamp area included */
	struct slab *slab; /* the same from the stamp on, for sending */
	uint8_t *reply;    /* room for a reply */
	uint8_t *seen;     /* a bit a sequence number: answered */

	vtime began, last; /* the first and the last time a probe was due */
	vtime tokens;      /* credit for sending; see loop.c */
	vtime end_at;      /* -w, or the last wait: then it is over */
	bool lingering;    /* the last wait has begun */
	bool done;

	uint64_t sent, received, duplicates, errors;
	uint16_t acked;    /* highest sequence number that something came back for */
	int pipe;
	int64_t rtt_min, rtt_max, rtt_sum; /* us */
	double rtt_sum2;
	int64_t rtt_smooth; /* us * 8; 0: none yet */
};

static inline bool ping_timing(const struct ping *g)
{
	return g->size >= PING_STAMP;
}

/* Probes that nothing has come back for. */
int64_t ping_in_flight(const struct ping *g);

/* Something came back for a sequence number. */
void ping_acknowledge(struct ping *g, uint16_t seq);

/* loop.c: sends and receives until it is over. */
void ping_run(struct ping *g);

/* packet.c. Sends the probe after g->sent; the bytes sent or a negative errno. */
int ping_send(struct ping *g);

/* Takes what arrives until then, or until nothing is under way any more. */
void ping_receive(struct ping *g, vtime until);

/* Empties the error queue; tells how many errors were reported by others, and noticed here. */
struct ping_errors {
	int network, local;
};
struct ping_errors ping_take_errors(struct ping *g);

/* report.c. */
void ping_print_start(struct ping *g);
void ping_print_stamp(struct ping *g);
struct ping_reply {
	const struct endpoint *from;
	uint32_t len;      /* ICMP header and data */
	uint16_t seq;
	uint8_t ttl;
	int64_t rtt;       /* us; meaningful if ping_timing() */
	bool duplicate;
};
void ping_print_reply(struct ping *g, const struct ping_reply *r);
void ping_print_error(struct ping *g, const struct socket_error *e, uint16_t seq);
void ping_print_local(struct ping *g, const struct socket_error *e);

/* Statistics and metrics; returns the exit status. */
int ping_finish(struct ping *g);

#endif
