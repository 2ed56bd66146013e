/*
 * Connection tracking, with Linux's states, time-outs and sysctls (net.netfilter.nf_conntrack_*).
 *
 * A connection is two tuples: what its packets say on the way there (CT_ORIGINAL) and what those
 * on the way back say when they come in (CT_REPLY). Without NAT one is the other's reverse; NAT is
 * nothing but a difference between them. Both stand in one hash table, so one lookup finds the
 * connection and the direction. Which hash it is, the node's stream says (the seed), and nobody
 * walks it.
 *
 * Time-outs. Every state has a fixed one, so a queue for each time-out keeps its connections in
 * the order in which they end: refreshing is going to the end of a queue, and one event for the
 * node, at the earliest end of any queue, serves all.
 *
 * TCP is followed as Linux does (RFC 9293 states of both ends as seen from between, windows with
 * their scale, be_liberal, loose); ICMP errors belong to the connection that they quote. The table
 * is bounded by nf_conntrack_max: when full, a connection that is not assured (never answered) has
 * to go, among the oldest; if there is none, the packet is dropped (CONNTRACK_FULL).
 */
#ifndef FILTER_CONNTRACK_H
#define FILTER_CONNTRACK_H

#include "filter/tuple.h"
#include "ip/node.h"

enum ct_dir { CT_ORIGINAL, CT_REPLY };

/* What rules see of a packet. */
enum ct_state { CT_UNTRACKED, CT_INVALID, CT_NEW, CT_ESTABLISHED, CT_RELATED };

/* A tuple in the table; the connection is around it. */
struct ct_entry {
	struct ct_entry *next;
	struct ct_tuple tuple; /* dir says which way it is */
};

/* What one end of a TCP connection may send, as seen from between (Guido van Rooij). */
struct ct_tcp_side {
	uint32_t end;     /* behind the last byte it has sent */
	uint32_t max_end; /* behind the last byte that the other end lets it send */
	uint32_t max_win; /* the largest window that it has offered, scaled */
	uint32_t max_ack; /* the highest it has acknowledged */
	uint8_t scale, flags;
};

struct nat_map;

/* There may be a hundred thousand: a field more is a megabyte more (test_filter_size.c). */
struct conn {
	struct ct_entry way[2];        /* by enum ct_dir */
	struct conn *sooner, *later;   /* in the queue of its time-out */
	vtime expires;
	struct nat_map *map;           /* NAT: the mapping that it is a session of; NULL */
	struct conn *map_next;         /* the next younger one of that mapping; of the newest: the oldest */
	uint64_t packets[2], bytes[2];
	union {
		struct ct_tcp_side tcp[2]; /* by the direction in which that end sends */
		vtime udp_began;
	};
	uint32_t tcp_last_seq, tcp_last_ack, tcp_last_end;
	uint16_t tcp_last_win;
	uint8_t tcp_state, tcp_last_dir, tcp_last_kind, tcp_last_scale, tcp_last_flags, tcp_retrans;
	uint8_t timeout;               /* enum ct_timeout: which queue */
	bool confirmed : 1;            /* in the table */
	bool replied : 1;              /* SEEN_REPLY: traffic in both directions */
	bool assured : 1;              /* not the first to go when the table is full */
	bool src_nat : 1, dst_nat : 1; /* the first packet's source, destination are changed */
	bool crosses : 1;              /* from one family to the other: NAT64 */
	bool hairpin : 1;              /* to another mapping, which it keeps */
};

struct filter_pass;

struct conntrack *conntrack_new(struct node *n);
void conntrack_free(struct conntrack *t);

/*
 * Which connection p (borrowed) belongs to: fills in pass, which is zero. Makes one, not confirmed
 * yet, if p may begin one.
 */
void conntrack_in(struct conntrack *t, struct packet *p, struct filter_pass *pass);

/* Whether the checksum of p's transport header, whose tuple that is, is right or there is none. */
bool conntrack_checksum_ok(const struct packet *p, const struct ct_tuple *tuple);

/*
 * The packet has passed: an unconfirmed connection goes into the table. False: its tuples are
 * another's, or there is no room; p is consumed.
 */
bool conntrack_confirm(struct conntrack *t, struct packet *p, struct filter_pass *pass);

/* An unconfirmed connection whose packet was dropped. */
void conntrack_forget(struct conntrack *t, struct conn *c);

/* NULL, or the connection that packets with this tuple belong to, and which way they go. */
struct conn *conntrack_find(const struct conntrack *t, const struct ct_tuple *tuple, uint8_t *dir);

/* NAT has chosen: packets of the other direction will come in like this. Unconfirmed c only. */
void conn_set_reply(struct conn *c, const struct ct_tuple *reply);

/* Ends it now, as if its time were over. */
void conntrack_kill(struct conntrack *t, struct conn *c);

/* Ends those that leave by NAT from that address (IPv4); NULL: all. */
void conntrack_flush(struct conntrack *t, const struct ipaddr *outside);

uint32_t conntrack_count(const struct conntrack *t);

/* The most that there ever were at a time. */
uint32_t conntrack_peak(const struct conntrack *t);

/* Of a TCP connection, in conntrack-tools' words: "SYN_SENT", "ESTABLISHED" ... */
const char *conntrack_tcp_state_name(const struct conn *c);

/* In the order of time-outs and then of age: for `conntrack -L` and results. */
void conntrack_walk(const struct conntrack *t, void (*visit)(const struct conn *, void *),
		    void *arg);

#endif
