/*
 * Congestion control: what a TCP connection asks of its algorithm, and what it tells it.
 *
 * An algorithm is a const table of hooks, as in Linux (struct tcp_congestion_ops), and a row of
 * tcp_cc_table (cc.c): adding one is one file and one row. Its state of each connection is in
 * tp->ca_priv, which is zeroed before init(); tcp_ca(tp) points there.
 * Hooks never send, never free and never arm timers; they set snd_cwnd, snd_ssthresh and
 * sk_pacing_rate. (One exception, which DCTCP's receiver needs: dctcp.c.)
 *
 * Who calls what, and when, in the order in which one ACK meets them:
 *
 *     tcp_ca_in_ack_event(tp, CA_ACK_* flags)       for each acceptable ACK, before the scoreboard
 *     tcp_rate_skb_delivered(tp, seg, &rs)          for each segment newly acked or sacked
 *     tcp_ca_pkts_acked(tp, &sample)                once, if anything was newly acked or sacked
 *     tcp_rate_gen(tp, delivered, lost, ..., &rs)   once, after losses have been marked
 *     cong_control(tp, &rs)                         once, where the algorithm has it: it decides
 *                                                   all. Otherwise the core reduces the window
 *                                                   (PRR) in a reduction, or else calls
 *                                                   cong_avoid(); then tcp_update_pacing_rate()
 *
 * and elsewhere: tcp_cc_init() when the connection is established (before the first data is
 * sent), tcp_ca_event() at the events below, tcp_set_ca_state() at each change of state, the
 * hook ssthresh() when a reduction begins and undo_cwnd() when it turns out to have been wrong.
 *
 * Windows are counted in segments (snd_cwnd, pkts_acked, delivered), times in microseconds
 * (suffix _us; _mstamp: instants, tp->tcp_mstamp), rates in bytes per second. All arithmetic is
 * on integers and rounds as the kernel's does, so that windows are the same to the segment; where
 * it has jiffies there are microseconds here.
 *
 * Struct fields carry Linux's names where they mean the same thing.
 */
#ifndef TRANSPORT_TCP_CC_H
#define TRANSPORT_TCP_CC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tcp;
struct tcp_seg;

#define TCP_CA_PRIV_WORDS 13 /* 64-bit words of an algorithm's state, as much as Linux has */
#define TCP_INFINITE_SSTHRESH 0x7fffffff
#define TCP_INIT_CWND 10     /* RFC 6928 */

/* What state the sender is in; the order matters (from CWR on: reducing). */
enum tcp_ca_state {
	TCP_CA_Open = 0,     /* nothing unusual */
	TCP_CA_Disorder = 1, /* SACKs or duplicate ACKs, no loss concluded yet */
	TCP_CA_CWR = 2,      /* reducing for ECN or local congestion */
	TCP_CA_Recovery = 3, /* fast recovery */
	TCP_CA_Loss = 4,     /* after a retransmission timeout */
};

enum tcp_ca_event {
	CA_EVENT_TX_START,     /* first transmission with nothing in flight */
	CA_EVENT_CWND_RESTART, /* the window restarts after idleness */
	CA_EVENT_COMPLETE_CWR, /* end of a reduction */
	CA_EVENT_LOSS,         /* a retransmission timeout */
	CA_EVENT_ECN_NO_CE,    /* data arrived without CE */
	CA_EVENT_ECN_IS_CE,    /* data arrived with CE */
};

/* Flags of in_ack_event(). */
enum {
	CA_ACK_SLOWPATH = 1 << 0,   /* the slow path took it */
	CA_ACK_WIN_UPDATE = 1 << 1, /* it updated the window */
	CA_ACK_ECE = 1 << 2,        /* it carries ECE */
};

/* What one ACK newly acknowledged, for pkts_acked(). */
struct ack_sample {
	uint32_t pkts_acked; /* segments newly acked cumulatively or sacked */
	int32_t rtt_us;      /* of the newest of them that was sent once; -1: none */
};

/*
 * What a sent segment remembers of the moment it was sent (Linux's tcp_skb_cb.tx), member `tx` of
 * struct tcp_seg. tcp_rate_skb_sent() fills it at each transmission, first or not.
 */
struct tcp_rate_stamp {
	uint64_t first_tx_mstamp;  /* start of the send phase it belongs to */
	uint64_t delivered_mstamp; /* tp->delivered_mstamp then; 0: no sample to be had */
	uint32_t delivered;        /* tp->delivered then */
	uint32_t delivered_ce;
	bool is_app_limited;
};

/* A sample of the delivery rate: delivered segments over interval_us (tcp/rate.c). */
struct rate_sample {
	uint64_t prior_mstamp;    /* start of the interval; 0: none */
	uint32_t prior_delivered; /* tp->delivered at that time */
	uint32_t prior_delivered_ce;
	int32_t delivered;        /* in the interval; -1: no valid sample */
	int32_t delivered_ce;
	int64_t interval_us;      /* -1: no valid sample */
	uint32_t snd_interval_us; /* send phase and ACK phase, before the longer is taken */
	uint32_t rcv_interval_us;
	int64_t rtt_us;           /* of the last segment acked or sacked; -1: none */
	int losses;               /* segments newly marked lost by this ACK */
	uint32_t acked_sacked;    /* newly acked and sacked by this ACK */
	uint32_t prior_in_flight; /* in flight before this ACK */
	uint32_t last_end_seq;    /* of the segment the sample was taken from */
	bool is_app_limited;      /* that segment was sent while the application limited the flow */
	bool is_retrans;          /* that segment had been retransmitted */
	bool is_ack_delayed;      /* probably a delayed ACK: of one lonely short segment */
};

/* What TCP_CC_INFO and ss(8) show; values as the algorithms keep them. */
union tcp_cc_info {
	struct {
		bool enabled;
		uint32_t rttcnt, rtt, minrtt; /* us */
	} vegas;
	struct {
		bool enabled;
		uint16_t ce_state;
		uint32_t alpha;        /* of 1024 */
		uint32_t ab_ecn, ab_tot; /* bytes in this window: marked, all */
	} dctcp;
	struct {
		uint64_t bw;           /* bytes/s */
		uint32_t min_rtt;      /* us */
		uint32_t pacing_gain, cwnd_gain; /* of 256 */
	} bbr;
};

struct tcp_congestion_ops {
	const char *name; /* of TCP_CONGESTION and net.ipv4.tcp_congestion_control */
	size_t priv_size; /* of its state; at most 8 * TCP_CA_PRIV_WORDS */
	bool needs_ecn;   /* negotiates ECN whatever tcp_ecn says, and sends ECT on every segment */
	bool non_restricted; /* any user may choose it (tcp_allowed_congestion_control) */

	void (*init)(struct tcp *);    /* may be NULL */
	void (*release)(struct tcp *); /* another one is chosen; may be NULL */

	/* The new slow start threshold when a reduction begins. Required. */
	uint32_t (*ssthresh)(struct tcp *);
	/* Grows the window: `acked` segments were newly acked. Required unless cong_control. */
	void (*cong_avoid)(struct tcp *, uint32_t ack, uint32_t acked);
	/* Takes over window and pacing rate at each ACK, reductions included. May be NULL. */
	void (*cong_control)(struct tcp *, const struct rate_sample *);
	/* The window to go back to when a reduction was wrong. Required. */
	uint32_t (*undo_cwnd)(struct tcp *);

	/* All of these may be NULL. set_state() is called before the state changes. */
	void (*pkts_acked)(struct tcp *, const struct ack_sample *);
	void (*set_state)(struct tcp *, enum tcp_ca_state);
	void (*cwnd_event)(struct tcp *, enum tcp_ca_event);
	void (*in_ack_event)(struct tcp *, uint32_t flags);
	uint32_t (*sndbuf_expand)(struct tcp *); /* send buffer in windows; NULL: 2 */
	uint32_t (*min_tso_segs)(const struct tcp *); /* NULL: net.ipv4.tcp_min_tso_segs */
	/* Fills info for INET_DIAG and says true if there is anything to show; NULL: nothing. */
	bool (*get_info)(const struct tcp *, union tcp_cc_info *);
};

/* The table; the first row is the default, Linux's: cubic. */
extern const struct tcp_congestion_ops *const tcp_cc_table[];
extern const size_t tcp_cc_table_len;

/* The row of that name, -1 if there is none. */
int tcp_cc_find(const char *name);

/* tp->icsk_ca_ops := ops, its state zeroed, init() not yet called; for a fresh or listening
 * socket, and for a child that inherits its listener's choice. */
void tcp_cc_assign(struct tcp *tp, const struct tcp_congestion_ops *ops);

/* When the connection is established, before its first data: calls init(). */
void tcp_cc_init(struct tcp *tp);

/* TCP_CONGESTION, at any time: on a connection that is established the old one's release() and
 * the new one's init() follow at once. 0 or -ENOENT. */
int tcp_cc_set(struct tcp *tp, const char *name);

void tcp_ca_event(struct tcp *tp, enum tcp_ca_event ev);
void tcp_ca_in_ack_event(struct tcp *tp, uint32_t flags);
void tcp_ca_pkts_acked(struct tcp *tp, const struct ack_sample *s);
void tcp_set_ca_state(struct tcp *tp, enum tcp_ca_state st);

/* The threshold to remember when a reduction begins: ssthresh, or 3/4 of the window if that is
 * more and no reduction is running (Linux's tcp_current_ssthresh). */
uint32_t tcp_current_ssthresh(const struct tcp *tp);

/* --- the common parts of Reno-like algorithms (reno.c) --- */

extern const struct tcp_congestion_ops tcp_cc_reno, tcp_cc_cubic, tcp_cc_bbr, tcp_cc_dctcp,
	tcp_cc_vegas;

/* Slow start up to ssthresh (RFC 5681 3.1 with RFC 3465's byte counting, L unlimited as Linux):
 * returns how many of the acked segments are left for congestion avoidance. */
uint32_t tcp_slow_start(struct tcp *tp, uint32_t acked);

/* One segment more for every w acked. */
void tcp_cong_avoid_ai(struct tcp *tp, uint32_t w, uint32_t acked);

uint32_t tcp_reno_ssthresh(struct tcp *tp);
void tcp_reno_cong_avoid(struct tcp *tp, uint32_t ack, uint32_t acked);
uint32_t tcp_reno_undo_cwnd(struct tcp *tp);

/* --- the window against what is really used (tcp/cwnd.c) --- */

/* Whether the window, not the application, holds the flow: only then may it grow (RFC 7661's
 * idea, Linux's rule). */
bool tcp_is_cwnd_limited(const struct tcp *tp);

/* After each round of transmissions; is_cwnd_limited: it ended because the window was full. */
void tcp_cwnd_validate(struct tcp *tp, bool is_cwnd_limited);

/* Before the first transmission after idleness of `idle_us` >= rto: halves the window per rto,
 * down to the restart window (RFC 2861, RFC 5681 4.1). */
void tcp_cwnd_restart(struct tcp *tp, int64_t idle_us);

/* The initial window: 10 segments, at most snd_cwnd_clamp (RFC 6928). */
uint32_t tcp_init_cwnd(const struct tcp *tp);

/* --- delivery rate (tcp/rate.c) --- */

/* Just before a segment is sent, first or again, and before it is counted in packets_out;
 * seg->mstamp is that instant already. */
void tcp_rate_skb_sent(struct tcp *tp, struct tcp_seg *seg);

/* A segment was acked or sacked for the first time; seg->mstamp is its last transmission. Its
 * tx.delivered_mstamp is 0 afterwards, so that a second call does nothing. */
void tcp_rate_skb_delivered(struct tcp *tp, struct tcp_seg *seg, struct rate_sample *rs);

/* An empty sample, to be used before the first tcp_rate_skb_delivered() of an ACK. */
void tcp_rate_begin(struct rate_sample *rs);

/* Ends an ACK's sample. delivered, lost: segments that this ACK newly delivered and marked lost. */
void tcp_rate_gen(struct tcp *tp, uint32_t delivered, uint32_t lost, bool is_sack_reneg,
		  struct rate_sample *rs);

/* When the application has given all it has and the window is not full: the samples from what is
 * in flight now do not show the path. Before each write of new data, and when the send queue runs
 * dry. host_queued: bytes of this connection that wait in the host's own queue. */
void tcp_rate_check_app_limited(struct tcp *tp, uint32_t host_queued);

/* The latest valid delivery rate, bytes/s (TCP_INFO's tcpi_delivery_rate). */
uint64_t tcp_rate_delivery_rate(const struct tcp *tp);

/* --- pacing (tcp/pacing.c) --- */

/* Linux's tcp_update_pacing_rate(): mss * cwnd / srtt, times tcp_pacing_ss_ratio % while the
 * window is below half of ssthresh, tcp_pacing_ca_ratio % above; at most sk_max_pacing_rate. */
void tcp_update_pacing_rate(struct tcp *tp);

/*
 * `bytes` of payload leave at now_ns: moves tp->tcp_wstamp_ns, the earliest departure of the next
 * ones, by the time they take at sk_pacing_rate, less a credit of up to half of it for what the
 * sender was late. The first ten segments of a connection are not spread. Does nothing where
 * sk_pacing_status is 0.
 */
void tcp_pacing_sent(struct tcp *tp, int64_t now_ns, uint32_t bytes);

/*
 * How many segments leave back to back where pacing spreads them: what Linux would give to the
 * interface in one piece at this pacing rate, about 1 ms of data, more on short paths
 * (net.ipv4.tcp_tso_rtt_log), at least the algorithm's or net.ipv4.tcp_min_tso_segs. 1 where nothing
 * is paced.
 */
uint32_t tcp_tso_autosize(const struct tcp *tp);

#endif
