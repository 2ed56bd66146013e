/* What the files of connection tracking share. Private to filter/. */
#ifndef FILTER_CONNTRACK_INT_H
#define FILTER_CONNTRACK_INT_H

#include "core/pool.h"
#include "filter/conntrack.h"
#include "filter/filter.h"
#include "wire/tcp.h"

/* The connections of one time-out, those that end first in front. */
struct ct_queue {
	struct conn *head, *tail;
};

struct conntrack {
	struct node *node;
	struct ct_entry **buckets;
	uint32_t size;  /* of buckets: a power of two; 0: nothing yet */
	uint32_t count; /* confirmed connections */
	uint32_t peak;  /* the most of them */
	uint64_t key;   /* of the hash */
	struct ct_queue queues[CT_TIMEOUT_COUNT];
	struct event event; /* armed no later than the first end of any queue */
	struct pool conns;
	void (*ended)(struct node *, struct conn *); /* NAT wants to know; NULL */
};

static inline struct conn *conn_of(struct ct_entry *e)
{
	return container_of(e, struct conn, way[e->tuple.dir]);
}

/* conntrack.c: a connection that is not in the table yet. */
struct conn *conntrack_make(struct conntrack *t, const struct ct_tuple *tuple);

/* conntrack_queue.c: to the end of the queue of that time-out (its own, if it stands there). */
void conntrack_refresh(struct conntrack *t, struct conn *c, enum ct_timeout timeout);
void conntrack_enqueue(struct conntrack *t, struct conn *c); /* the first time: c is confirmed */
void conntrack_unqueue(struct conntrack *t, struct conn *c);
void conntrack_timer_init(struct conntrack *t);

/* As in Linux, whose table conntrack_tcp.c has. */
enum ct_tcp_state {
	CT_TCP_NONE, CT_TCP_SYN_SENT, CT_TCP_SYN_RECV, CT_TCP_ESTABLISHED, CT_TCP_FIN_WAIT,
	CT_TCP_CLOSE_WAIT, CT_TCP_LAST_ACK, CT_TCP_TIME_WAIT, CT_TCP_CLOSE, CT_TCP_SYN_SENT2,
	CT_TCP_STATES,
	CT_TCP_IGNORE = CT_TCP_STATES, /* says nothing about the connection */
	CT_TCP_INVALID,
};

/* struct ct_tcp_side.flags */
enum {
	CT_SIDE_SCALES = 1,      /* sent a window scale */
	CT_SIDE_SACK = 2,        /* may SACK */
	CT_SIDE_CLOSED = 4,      /* sent a FIN */
	CT_SIDE_LIBERAL = 8,     /* its window is not known: joined late */
	CT_SIDE_UNACKED = 16,    /* sent data that nobody has acknowledged yet */
	CT_SIDE_ACKED = 32,      /* max_ack is known */
	CT_SIDE_OF_SYN = CT_SIDE_SCALES | CT_SIDE_SACK,
};

/* struct conn.tcp_last_flags, beside CT_SIDE_OF_SYN: those of a SYN that was ignored */
enum {
	CT_LAST_CROSSED = 64,    /* both ends have sent a SYN */
	CT_LAST_CHALLENGES = 128, /* that SYN may be answered by an ACK of the old connection */
};

/* What a protocol says of a packet. */
enum ct_verdict {
	CT_TAKE,    /* belongs to the connection; its time-out was refreshed */
	CT_REFUSE,  /* invalid */
	CT_REPLACE, /* begins a new one in the place of this one, which is to end */
	CT_END,     /* belongs to it, and ends it */
};

/* conntrack_tcp.c: the first segment of c (false: it can begin none), and any. */
bool conntrack_tcp_new(struct conntrack *t, struct conn *c, struct packet *p);
enum ct_verdict conntrack_tcp(struct conntrack *t, struct conn *c, struct packet *p, uint8_t dir);

/* A segment, as far as it matters here. */
struct ct_segment {
	struct tcp_hdr h;
	struct tcp_options options;
	uint32_t end;  /* behind its last sequence number; SYN and FIN count */
};

/* conntrack_window.c: whether a segment fits what was seen before; notes what it says. */
enum ct_fit {
	CT_FITS,
	CT_IS_LATE, /* not wrong, but says nothing about the connection any more */
	CT_MISFITS,
};

void ct_window_begin(struct conn *c, const struct ct_segment *s);
void ct_window_join(struct conn *c, const struct ct_segment *s);
/* The SYN that was ignored last is answered in that direction: it was right, after all. */
void ct_window_again(struct conn *c, uint8_t dir);
enum ct_fit ct_window_check(struct conntrack *t, struct conn *c, const struct ct_segment *s, uint8_t dir);

static inline uint8_t ct_side_flags(const struct ct_segment *s)
{
	return (uint8_t)((s->options.has_wscale ? CT_SIDE_SCALES : 0) |
			 (s->options.sack_permitted ? CT_SIDE_SACK : 0));
}

#endif
