/*
 * TCP (RFC 9293), with Linux 6.1 as the model: the names of fields and functions are its, so that
 * who knows one finds the way in the other; what goes over the wire is meant to be the same.
 *
 * A connection is a struct tcp: a struct socket (transport/socket.h) with a transmission control
 * block behind it. Files are steps:
 *
 *     socket.c     the hooks of the socket: bind, close, readiness
 *     hash.c       which connection, request or listener a segment is for
 *     connect.c    active open                      listen.c      a SYN for a listener
 *     request.c    half-open connections            synack.c      their SYN-ACKs
 *     accept.c     listen(2), accept(2), the queue between
 *     input.c      for whom a segment is            validate.c    is it acceptable, RFC 5961
 *     state.c      RFC 9293 3.10.7.4, in its order  data.c        delivery
 *     delack.c     when to acknowledge
 *     ack.c        what an ACK acknowledges         sack.c        the scoreboard
 *     rack.c       RACK-TLP                         recovery.c    states, PRR
 *     undo.c       Eifel, D-SACK, F-RTO             rtt.c         RTT, RTO
 *     output.c     new segments                     segment.c     one segment to IP
 *     queue.c      send queue                       retransmit.c
 *     timer.c      timers, and what they are for    rto.c         RTO, giving up
 *     probe.c      zero-window probes               keepalive.c
 *     orphan.c     when its owner is gone           window.c      receive window, autotuning
 *     close.c      FIN, RST, abort                  timewait.c
 *     reply.c      resets and such without one      stray.c       what belongs to none
 *     stream.c     reading and writing              info.c        TCP_INFO
 *     note.c       what captures are told           chrono.c      what limits sending
 *     ecn.c  mss.c  mtu.c (RFC 4821)  cookie.c  sockopt.c  error.c (ICMP)
 *     fastopen.h   Fast Open (RFC 7413): cookies, the client's cache, client, server
 *     rate.c       samples of the delivery rate     pacing.c      when the next one may go
 *     cc/cc.h      congestion controls: one file and one row each
 *
 * Send queue. Bytes are copied once into slabs (or shared, if given as one); a segment is a header
 * and a slice. What was sent and not yet acknowledged is a ring of records (struct tcp_seg), one a
 * segment: the scoreboard. Sequence numbers grow through it:
 *
 *     snd_una            snd_nxt             write_seq
 *        |-- ring of segs --|-- bytes to send --|  (and FIN, if fin_queued)
 *
 * Receive queue. In-order packets hang in socket.rx_head; those behind a gap in ofo_head, sorted.
 * Bytes are copied once, when somebody reads.
 *
 * Time. tcp_mstamp is the virtual time in us at which the current event is handled; RTTs are in us
 * (srtt_us is eight times the mean, as in Linux). Nothing rounds to jiffies. Timers are events
 * that are moved lazily: each has a due time, and an event that may fire earlier and then sleeps on.
 */
#ifndef TRANSPORT_TCP_H
#define TRANSPORT_TCP_H

#include "transport/socket.h"
#include "transport/tcp/cc/cc.h"
#include "wire/tcp.h"

enum tcp_state {     /* Linux's numbers */
	TCP_ESTABLISHED = 1, TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1, TCP_FIN_WAIT2,
	TCP_TIME_WAIT, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_LISTEN, TCP_CLOSING,
	TCP_NEW_SYN_RECV,
};

#define TCP_MSS_DEFAULT 536u
#define TCP_MIN_SND_MSS 48u
#define TCP_MAX_WSCALE 14
#define TCP_MAX_HEADER_OPTIONS 40
#define TCP_RTO_MIN_US 200000u
#define TCP_RTO_MAX_US 120000000u
#define TCP_TIMEOUT_INIT_US 1000000u
#define TCP_TIMEOUT_FALLBACK_US 3000000u
#define TCP_TIMEWAIT_US 60000000u
#define TCP_NO_MSTAMP UINT64_MAX
#define TCP_ATO_MIN_US 40000u
#define TCP_DELACK_MIN_US 40000u
#define TCP_DELACK_MAX_US 200000u

/* struct tcp_seg.sacked: Linux's TCPCB_* */
enum {
	TCPCB_SACKED_ACKED = 1 << 0,
	TCPCB_SACKED_RETRANS = 1 << 1,
	TCPCB_LOST = 1 << 2,
	TCPCB_EVER_RETRANS = 1 << 3,
	TCPCB_IN_LIST = 1 << 4, /* in the list by sending time */
};
#define TCPCB_TAGBITS (TCPCB_SACKED_ACKED | TCPCB_SACKED_RETRANS | TCPCB_LOST)

/*
 * A segment that was sent and is not acknowledged yet: always one packet.
 */
struct tcp_seg {
	uint32_t seq, end_seq; /* SYN and FIN count */
	uint8_t sacked;        /* TCPCB_* */
	uint8_t flags;         /* TCP_FIN, TCP_SYN, TCP_PSH as on the wire (wire/tcp.h) */
	uint8_t retrans;       /* how many times again, saturating */
	uint32_t sent;         /* tp->sent when it was last sent: what mstamp cannot tell apart */
	uint64_t mstamp;       /* us: last sent */
	struct tcp_rate_stamp tx;
	uint32_t prev, next;   /* by sending time: numbers of records, TCP_SEG_NONE at the ends */
};
#define TCP_SEG_NONE UINT32_MAX

/* A piece of the send queue: len bytes at data in slab, the first of which is seq. */
struct tcp_chunk {
	struct slab *slab;
	const uint8_t *data;
	uint32_t seq, len, room; /* room: bytes that may be appended; 0 when the slab is another's */
};

/* Member of the node's table of connections: full ones, requests, TIME_WAITs. */
enum tcp_entry_kind { TCP_ENTRY_FULL, TCP_ENTRY_REQUEST, TCP_ENTRY_TIMEWAIT };
struct tcp_entry {
	struct tcp_entry *next;
	struct ipaddr saddr, daddr; /* here, there */
	uint16_t sport, dport;
	uint8_t kind;
	bool reuse, reuseport; /* SO_REUSEADDR and SO_REUSEPORT of its socket */
};

/* A timer that moves lazily: due is what counts, the event may fire before. */
struct tcp_timer {
	struct event event;
	vtime due; /* VTIME_NEVER: off */
};

/* What limits sending, see chrono.c; later ones say more. */
enum tcp_chrono {
	TCP_CHRONO_UNSPEC, TCP_CHRONO_BUSY, TCP_CHRONO_RWND_LIMITED, TCP_CHRONO_SNDBUF_LIMITED,
};

enum tcp_pending { /* icsk_pending: what the retransmission timer is for */
	ICSK_TIME_NONE, ICSK_TIME_RETRANS, ICSK_TIME_PROBE0, ICSK_TIME_LOSS_PROBE,
	ICSK_TIME_REO_TIMEOUT,
};

struct tcp;

/*
 * Someone who wants to see connections change, one a node (tcp_watch_node()). Called when an event
 * is dealt with: a segment that arrived, a timer, a write. Look, do not touch, but for tp->watched,
 * which is the watcher's own and NULL at first.
 */
struct tcp_watch {
	void (*event)(struct tcp_watch *, struct tcp *);
	/* The connection is over, its addresses and ports are still known; only if watched is set, and
	 * sets it to NULL. */
	void (*over)(struct tcp_watch *, struct tcp *);
};

struct tcp {
	struct socket socket;   /* first */
	struct tcp_entry entry;
	struct tcp *bind_next;  /* in its port's bucket, if bound or listening */
	uint8_t state;          /* enum tcp_state */
	uint8_t icsk_ca_state;  /* enum tcp_ca_state */
	uint8_t shutdown;       /* 1: no more receiving (RCV_SHUTDOWN), 2: no more sending */
	bool dead;              /* no owner any more: an orphan */
	bool dying;             /* over, freed by an event of this instant */
	bool hashed, bound, was_passive, was_connected;
	struct tcp_watch *watch; /* NULL: nobody looks */
	void *watched;
	int err_soft;           /* sk_err_soft: what ICMP said without ending the connection */

	/* where segments go; see tcp_route() */
	struct ip_flow flow;
	struct ip_path path;
	uint32_t path_generation;
	uint64_t path_checked;     /* us */
	uint16_t inet_id;
	bool path_known;
	uint64_t neigh_confirmed;  /* us */

	/* sending */
	uint32_t iss, snd_una, snd_nxt, write_seq, snd_sml, snd_up;
	uint32_t snd_wnd, snd_wl1, max_window, pushed_seq, push_seq;
	uint32_t mss_cache, advmss, mss_clamp, user_mss, rx_mss; /* rx_mss: peer's option */
	uint32_t pmtu_cookie;   /* icsk_pmtu_cookie: the path MTU that mss_cache was made for */
	uint8_t snd_wscale, rcv_wscale;
	bool wscale_ok, tstamp_ok, sack_ok, dsack_seen, fin_queued, fin_sent;
	uint8_t header_len;     /* TCP header with the options every segment has */
	uint8_t nonagle;        /* TCP_NAGLE_* */
	struct tcp_chunk *chunks;
	uint32_t chunk_first, chunk_count, chunk_room; /* ring; room a power of two */
	uint32_t chunk_cursor;  /* of snd_nxt: number within the ring */
	bool sndbuf_locked, rcvbuf_locked, nospace;

	/* scoreboard: records seg_first .. seg_first + seg_count - 1, see tcp_seg_at() */
	struct tcp_seg *segs;
	uint32_t seg_first, seg_count, seg_room;
	uint32_t tsorted_head, tsorted_tail;
	uint32_t sent;             /* segments sent, and sent again: a number for each, modulo 2^32 */
	uint32_t packets_out, sacked_out, lost_out, retrans_out;
	uint32_t retransmit_hint;  /* record number; TCP_SEG_NONE: from the first */
	uint32_t highest_sack_seq; /* end of the highest SACKed segment */
	struct tcp_sack_block recv_sack_cache[4];
	uint32_t undone;           /* reductions that were taken back */
	uint32_t lost, total_retrans, reord_seen, high_seq;
	uint32_t reordering, undo_marker, prior_ssthresh, tlp_high_seq, frto_highmark;
	int32_t undo_retrans;
	bool frto, tlp_retrans, is_cwnd_limited;
	bool is_sack_reneg;        /* the peer took SACKs back: no delivery rates until this is over */
	struct {
		uint64_t mstamp;
		uint32_t sent, rtt_us, end_seq, last_delivered;
		uint8_t reo_wnd_steps, reo_wnd_persist, dsack_seen;
		bool advanced;
	} rack;

	/* congestion control */
	const struct tcp_congestion_ops *icsk_ca_ops;
	uint64_t ca_priv[TCP_CA_PRIV_WORDS];
	bool icsk_ca_initialized, icsk_ca_setsockopt;
	uint32_t snd_cwnd, snd_ssthresh, snd_cwnd_cnt, snd_cwnd_clamp, snd_cwnd_used;
	uint64_t snd_cwnd_stamp;   /* us */
	uint32_t prior_cwnd, prr_delivered, prr_out;
	uint32_t max_packets_out, cwnd_usage_seq;
	uint32_t delivered, delivered_ce, app_limited; /* app_limited: delivered when it ends, or 0 */
	uint64_t delivered_mstamp, first_tx_mstamp;    /* us */
	uint32_t rate_delivered, rate_interval_us;
	bool rate_app_limited;
	uint64_t sk_pacing_rate, sk_max_pacing_rate;   /* bytes/s; UINT64_MAX: no limit */
	int64_t tcp_wstamp_ns;     /* when the next segment may leave */
	uint8_t sk_pacing_status;  /* 0: none, 1: needed (internal pacing) */
	bool pacing_in_piece;      /* segments are leaving that are paced as one */
	uint32_t pacing_piece;     /* bytes of those so far */
	uint64_t bytes_acked, bytes_sent, bytes_retrans, bytes_received, segs_in, segs_out,
		data_segs_in, data_segs_out, dsack_dups;
	uint8_t chrono;            /* enum tcp_chrono: what runs */
	uint64_t chrono_us[3], chrono_start;
	uint64_t lsndtime, rcv_tstamp; /* us: last data sent; last segment received */

	/* time */
	uint64_t tcp_mstamp;       /* us */
	uint32_t srtt_us, mdev_us, mdev_max_us, rttvar_us, rtt_seq, rto; /* rto: us */
	struct {
		struct { uint64_t t; uint32_t v; } s[3]; /* windowed minimum (Kathleen Nichols) */
	} rtt_min;
	uint8_t backoff, retransmits, probes_out, syn_retries, pending, keepalive_probes_sent;
	uint64_t probes_tstamp;    /* us; when zero-window probing began */
	uint64_t rto_stamp;        /* us: first RTO since the peer last acknowledged anything new; or the
				    * SYN */
	uint64_t synack_mstamp;    /* us: when the SYN-ACK left; TCP_NO_MSTAMP: unknown, or again */
	uint64_t retrans_stamp;    /* us: of the first retransmission of an episode; 0: none */
	uint32_t tsoffset, ts_recent, rcv_tsval, rcv_tsecr;
	uint64_t ts_recent_stamp;  /* s of virtual time */
	bool saw_tstamp;
	struct tcp_timer retransmit_timer, delack_timer, keepalive_timer, pacing_timer, comp_ack_timer;

	/* receiving */
	uint32_t irs, rcv_nxt, copied_seq, rcv_wup, rcv_wnd, window_clamp, rcv_ssthresh;
	struct packet *ofo_head, *ofo_tail;
	uint32_t rcv_ooopack;      /* segments that came out of order */
	uint32_t ofo_count, rmem_alloc; /* rmem_alloc: bytes charged against rcvbuf */
	uint32_t read_skip;        /* bytes of the first packet that were read already */
	struct tcp_sack_block selective_acks[4], duplicate_sack;
	uint8_t num_sacks;
	bool has_dsack, fin_received;
	struct {
		uint8_t pending, quick, pingpong, retry;
		bool past;             /* the ACK that leaves now is for what was before the newest */
		uint32_t ato;          /* us; 0: no data was received yet */
		uint64_t lrcvtime;     /* us: last data received */
		uint32_t rcv_mss, last_seg_size;
	} ack;
	uint8_t compressed_ack, dup_ack_counter;
	uint32_t compressed_ack_rcv_nxt;
	uint32_t last_ack_sent;

	/* for what captures are told (note.c) */
	uint32_t last_wnd_sent, dup_acks_sent;
	uint8_t ack_cause;         /* enum tcp_ack_cause: of the ACK to come */
	const char *loss_why;      /* what segments are sent again for in TCP_CA_Loss */
	const char *undo_how, *undo_of;
	struct tcp_notes *notes;   /* NULL: nothing was sent again while somebody observed */
	struct { uint32_t rtt_us, seq; uint64_t time; } rcv_rtt_est;
	struct { uint32_t space, seq; uint64_t time; } rcvq_space;
	uint32_t rcv_rtt_last_tsecr;

	/* ECN (RFC 3168) */
	uint8_t ecn_flags;
	/* path MTU probing (RFC 4821) */
	struct { uint32_t search_low, search_high, probe_size, probe_seq_start, probe_seq_end;
		 bool enabled; uint64_t probe_timestamp; } mtup;

	/* options of the socket */
	uint32_t user_timeout_ms, keepidle_s, keepintvl_s, defer_accept_s;
	uint32_t notsent_lowat;    /* bytes; 0: the sysctl */
	int32_t linger_s;          /* -1: off */
	int32_t linger2_s;         /* 0: the sysctl; -1: no FIN_WAIT2 at all */
	uint8_t keepcnt, max_syn_retries;
	bool keepalive, cork, quickack_off;
	vtime last_oow_ack_time;   /* of the last answer to an invalid segment; 0: none */

	/* listening, or being accepted */
	struct tcp *listener;      /* of a child that waits to be accepted */
	struct tcp *accept_head, *accept_tail, *accept_next;
	struct tcp_request *requests; /* the listener's SYN queue */
	uint32_t backlog, accept_count, request_count, request_young; /* young: SYN-ACK sent once */

	/* Fast Open (RFC 7413): fastopen.h */
	struct tcp_request *fastopen_rsk; /* a server's, until its SYN-ACK is acknowledged */
	struct tcp_fastopen_queue {
		uint32_t max_qlen, qlen;      /* TCP_FASTOPEN, and how many there are */
		struct tcp_request *requests; /* of children without a handshake */
		struct tcp_request *rst_head, *rst_tail; /* of children that were reset */
	} fastopenq;                          /* a listener's */
	struct tcp_fastopen_request *fastopen_req; /* a client's, while the SYN is made */
	uint8_t fastopen_client_fail;
	bool syn_fastopen, syn_fastopen_exp, syn_fastopen_ch; /* the SYN had the option ... */
	bool syn_data, syn_data_acked;
	bool fastopen_connect, fastopen_no_cookie; /* TCP_FASTOPEN_CONNECT, _NO_COOKIE */
	bool defer_connect;                   /* the SYN waits for the first write */
};

/* ecn_flags, Linux's bits */
enum { TCP_ECN_OK = 1, TCP_ECN_QUEUE_CWR = 2, TCP_ECN_DEMAND_CWR = 4, TCP_ECN_SEEN = 8 };
/* nonagle */
enum { TCP_NAGLE_OFF = 1, TCP_NAGLE_CORK = 2, TCP_NAGLE_PUSH = 4 };
/* shutdown */
enum { TCP_RCV_SHUTDOWN = 1, TCP_SEND_SHUTDOWN = 2 };

extern const struct socket_ops tcp_ops;

/* Takes an attempt to connect back, or forgets one that failed; the socket can connect again. */
void tcp_disconnect(struct tcp *tp);

/* Sockets that the node makes from now on are watched. The watcher outlives them. */
void tcp_watch_node(struct node *n, struct tcp_watch *w);

static inline struct tcp *tcp_of(struct socket *s)
{
	return (struct tcp *)s;
}

/* The congestion control's own state. */
static inline void *tcp_ca(struct tcp *tp)
{
	return tp->ca_priv;
}

static inline struct node *tcp_node(const struct tcp *tp)
{
	return tp->socket.node;
}

static inline const struct sysctls *tcp_sysctl(const struct tcp *tp)
{
	return tp->socket.node->sysctl;
}

/* a is before b in sequence space. */
static inline bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}
#define after(b, a) before(a, b)

/* Record number n of the ring. */
static inline struct tcp_seg *tcp_seg_at(const struct tcp *tp, uint32_t n)
{
	return &tp->segs[n & (tp->seg_room - 1)];
}

static inline uint32_t tcp_packets_in_flight(const struct tcp *tp)
{
	return tp->packets_out - (tp->sacked_out + tp->lost_out) + tp->retrans_out;
}

static inline bool tcp_in_slow_start(const struct tcp *tp)
{
	return tp->snd_cwnd < tp->snd_ssthresh;
}

static inline bool tcp_in_initial_slowstart(const struct tcp *tp)
{
	return tp->snd_ssthresh >= TCP_INFINITE_SSTHRESH;
}

static inline bool tcp_in_cwnd_reduction(const struct tcp *tp)
{
	return tp->icsk_ca_state == TCP_CA_CWR || tp->icsk_ca_state == TCP_CA_Recovery;
}

/* Minimum RTT over net.ipv4.tcp_min_rtt_wlen in us; ~0 before the first sample. */
static inline uint32_t tcp_min_rtt(const struct tcp *tp)
{
	return tp->rtt_min.s[0].v;
}

/* Virtual time in us. */
static inline uint64_t tcp_clock_us(const struct tcp *tp)
{
	return (uint64_t)node_now(tp->socket.node).ns / 1000;
}

static inline void tcp_mstamp_refresh(struct tcp *tp)
{
	uint64_t now = tcp_clock_us(tp);

	if (now > tp->tcp_mstamp)
		tp->tcp_mstamp = now;
}

/* An event is dealt with. */
static inline void tcp_watch_event(struct tcp *tp)
{
	if (__builtin_expect(tp->watch != NULL, 0))
		tp->watch->event(tp->watch, tp);
}

/* Bytes written and not sent yet (rate.c: app-limited). */
static inline uint32_t tcp_notsent(const struct tcp *tp)
{
	return tp->fin_sent ? 0 : tp->write_seq - tp->snd_nxt; /* snd_nxt counts the FIN */
}

/* TCP_NOTSENT_LOWAT, or the sysctl where the socket says nothing: bytes. */
static inline uint32_t tcp_notsent_lowat(const struct tcp *tp)
{
	return tp->notsent_lowat ? tp->notsent_lowat
				 : (uint32_t)tcp_sysctl(tp)->tcp_notsent_lowat;
}

#endif
