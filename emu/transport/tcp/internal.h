/* What the files of TCP share. Private to transport/; order as in tcp.h's list. */
#ifndef TRANSPORT_TCP_INTERNAL_H
#define TRANSPORT_TCP_INTERNAL_H

#include "transport/stream.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/fastopen.h"
#include "transport/transport.h"

#define TCP_FASTRETRANS_THRESH 3
#define TCP_MAX_QUICKACKS 16u
#define TCP_TIMEOUT_MIN_US 2000u
#define TCP_SYNQ_MAX_RETRIES 255
#define TCP_BOUND_BUCKETS 16u

/* A segment that arrived, parsed. len: payload. end_seq counts SYN and FIN. */
struct tcp_in {
	struct packet *p;
	const struct ip_info *info;
	struct tcp_hdr h;
	struct tcp_options o;
	uint32_t seq, end_seq, ack_seq, len;
	bool ce;
};

/* What stands in the place of the link-layer header of a packet in a receive queue. */
struct tcp_rx_note {
	struct packet *prev; /* out-of-order queue */
	uint32_t seq, end_seq;
	uint32_t charge;     /* against the receive buffer */
	bool fin, psh;
};

static inline struct tcp_rx_note *tcp_note_of(struct packet *p)
{
	return (struct tcp_rx_note *)p->hdr;
}

/* A half-open connection: a SYN was received, its SYN-ACK sent. */
struct tcp_request {
	struct tcp_entry entry; /* first */
	struct tcp_request *next, *prev; /* the listener's */
	struct tcp *listener;
	struct event event;
	struct ip_iface *in;
	uint64_t mstamp;        /* us: SYN-ACK sent */
	uint32_t rcv_isn, snt_isn, ts_recent, ts_off, rcv_wnd, window_clamp;
	uint32_t rcv_nxt;
	uint16_t mss;           /* peer's option, held to sane values */
	uint8_t snd_wscale, rcv_wscale, num_timeout, num_retrans, tos;
	bool wscale_ok, tstamp_ok, sack_ok, ecn_ok, acked;
	bool cookie;            /* a SYN cookie stands for it: it lives as long as one segment's work */
	vtime last_oow_ack_time;
};

/* What is left of a connection that closed first. */
struct tcp_tw {
	struct tcp_entry entry; /* first */
	struct node *node;
	struct event event;
	struct ip_iface *oif;
	uint8_t substate;       /* TCP_FIN_WAIT2 or TCP_TIME_WAIT */
	uint8_t rcv_wscale, tos;
	bool tstamp_ok;
	uint32_t rcv_nxt, snd_nxt, rcv_wnd, ts_recent, ts_off;
	uint64_t ts_recent_stamp;
	int64_t timeout_ns;
	vtime last_oow_ack_time;
};

/* TCP's part of a node. */
struct tcp_stack {
	struct node *node;
	struct tcp_watch *watch;
	struct tcp_entry **buckets;
	uint32_t size, count;
	struct tcp *bound[TCP_BOUND_BUCKETS];
	struct tcp *dying; /* by bind_next */
	struct tcp_ended *ended; /* stray.c; NULL: nothing has ended yet */
	uint64_t secret[2];
	bool secret_known;
	uint32_t port_counter;
	uint32_t orphans, timewaits;
	int64_t challenge_second;
	uint32_t challenge_left;
	int64_t syn_flood_until; /* s: cookies are believed until then */
	struct tcp_fastopen_entry **fastopen_cache;
	uint64_t tfo_disable_stamp; /* us */
	uint32_t tfo_disable_times; /* pauses of Fast Open in a row */
};

/* hash.c */
struct tcp_stack *tcp_stack_of(struct node *n);
void tcp_stack_free(struct node *n);
void tcp_entry_add(struct tcp_stack *st, struct tcp_entry *e);
void tcp_entry_remove(struct tcp_stack *st, struct tcp_entry *e);
struct tcp_entry *tcp_entry_find(const struct tcp_stack *st, const struct ipaddr *saddr,
				 uint16_t sport, const struct ipaddr *daddr, uint16_t dport);
/* The listener that a segment is for; of a SO_REUSEPORT group one by the 4-tuple's hash. */
struct tcp *tcp_listener_find(struct tcp_stack *st, const struct tcp_in *in);
/* Any that it might be: of a group the one bound last. */
struct tcp *tcp_listener_at(const struct tcp_stack *st, const struct ipaddr *addr, uint16_t port,
			    const struct ip_iface *in);
void tcp_bound_add(struct tcp *tp);
void tcp_bound_remove(struct tcp *tp);
/* relax: SO_REUSEADDR and SO_REUSEPORT count; otherwise (bind(2) to port 0) nobody may be there. */
bool tcp_bind_conflict(const struct tcp *tp, const struct endpoint *at, bool relax);
int tcp_pick_bind_port(struct tcp *tp, struct endpoint *at);
/* A port for a connection to peer; may kill a reusable TIME_WAIT, which *reused then copies. */
uint16_t tcp_pick_connect_port(struct tcp *tp, const struct ipaddr *src,
			       const struct endpoint *peer, struct tcp_tw *reused);
/* Whether the 4-tuple is free for tp (fixed port). */
bool tcp_tuple_free(struct tcp *tp, const struct ipaddr *src, uint16_t sport,
		    const struct endpoint *peer, struct tcp_tw *reused);

/* secret.c */
uint64_t tcp_secret_hash(struct tcp_stack *st, const struct ipaddr *saddr,
			 const struct ipaddr *daddr, uint32_t ports, uint32_t purpose);
uint32_t tcp_isn(struct tcp_stack *st, const struct tcp_entry *e);
uint32_t tcp_ts_offset(struct tcp_stack *st, const struct tcp_entry *e);

/* socket.c */
struct tcp *tcp_new(struct node *n, bool v6);
void tcp_wake(struct tcp *tp);
void tcp_set_state(struct tcp *tp, enum tcp_state state);
void tcp_done(struct tcp *tp);
void tcp_done_with_error(struct tcp *tp, int err);
void tcp_destroy(struct tcp *tp);
int tcp_route(struct tcp *tp);

/* connect.c */
int tcp_connect(struct socket *s, const struct endpoint *peer);
void tcp_connect_init(struct tcp *tp);
void tcp_connect_send(struct tcp *tp);
void tcp_finish_connect(struct tcp *tp);
void tcp_init_transfer(struct tcp *tp);
void tcp_synsent_input(struct tcp *tp, struct tcp_in *in);

/* listen.c */
void tcp_listen_input(struct tcp *listener, struct tcp_in *in, uint32_t isn);

/* request.c */
void tcp_request_options(struct tcp_request *req, const struct tcp *listener,
			 const struct tcp_in *in);
void tcp_request_window(struct tcp_request *req, struct tcp *listener);
void tcp_request_hash(struct tcp_request *req);
void tcp_request_input(struct tcp_request *req, struct tcp_in *in);
/* What comes before the ACK of a handshake counts; sk as below. False: consumed. */
bool tcp_request_check(struct tcp_request *req, struct tcp *sk, struct tcp_in *in);
void tcp_request_free(struct tcp_request *req);

/* synack.c */
/* sk: the listener, or with Fast Open the connection itself; foc: NULL or a cookie. */
int tcp_request_synack(const struct tcp *sk, struct tcp_request *req,
		       const struct tcp_fastopen_cookie *foc, const char *note);
void tcp_request_synack_again(struct tcp *sk, struct tcp_request *req, const char *why);
void tcp_request_synack_timed(struct tcp *sk, struct tcp_request *req);
void tcp_request_fire(struct event *e);

/* accept.c */
void tcp_listen_stop(struct tcp *tp);
void tcp_accept_add(struct tcp *listener, struct tcp *child);
void tcp_accept_remove(struct tcp *tp);
bool tcp_accept_full(const struct tcp *listener);

/* child.c */
struct tcp *tcp_child_new(struct tcp *listener, const struct tcp_request *req,
			  const struct tcp_in *in);

/* cookie.c */
uint32_t tcp_cookie_make(struct tcp_stack *st, const struct tcp_entry *e, uint32_t seq,
			 uint16_t *mss);
bool tcp_cookie_check(struct tcp_stack *st, const struct tcp_entry *e, uint32_t seq,
		      uint32_t cookie, uint16_t *mss);

uint32_t tcp_cookie_stamp(const struct tcp_request *req);
bool tcp_cookie_options(struct tcp_request *req, const struct tcp_in *in);

/* input.c */
extern const struct ip_proto tcp_proto;
void tcp_input_segment(struct tcp *tp, struct tcp_in *in);
void tcp_in_drop(const struct tcp_in *in, struct node *n, enum drop_reason r);

/* validate.c */
bool tcp_validate(struct tcp *tp, struct tcp_in *in);
bool tcp_paws_check(const struct tcp *tp, int32_t ticks);
/* The same for who is no struct tcp; stamp: as ts_recent_stamp. True: the segment is too old. */
bool tcp_paws_reject(const struct node *n, uint32_t recent, uint64_t stamp, const struct tcp_in *in);
void tcp_reset(struct tcp *tp);
bool tcp_oow_rate_limited(struct node *n, vtime *last);
void tcp_send_challenge_ack(struct tcp *tp, const char *why);

/* state.c */
void tcp_rcv_state(struct tcp *tp, struct tcp_in *in);

/* error.c */
void tcp_error(struct node *n, const struct ip_error *e);
bool tcp_sent(struct node *n, const struct ip_error *e);

/* reply.c: what is sent without a connection */
void tcp_reply_reset(struct node *n, const struct tcp_in *in, const char *why);
struct tcp_reply {
	uint32_t seq, ack, window, tsval, tsecr;
	uint16_t flags;
	bool ts;
	uint8_t tos;
	const char *note;
};
void tcp_reply_send(struct node *n, const struct tcp_in *in, const struct tcp_reply *r);

/* stray.c */
void tcp_ended_add(struct tcp_stack *st, const struct tcp_entry *e);
/* A segment that belongs to no connection; listens: somebody does on its port. Consumes. */
void tcp_stray(struct node *n, struct tcp_in *in, bool listens);

/* data.c */
void tcp_data_queue(struct tcp *tp, struct tcp_in *in);
/* The data of a SYN, or of a SYN-ACK, of Fast Open: behind rcv_nxt. Borrows the packet. */
void tcp_take_syn_data(struct tcp *tp, const struct tcp_in *in);
void tcp_data_snd_check(struct tcp *tp);
void tcp_ack_snd_check(struct tcp *tp);
void tcp_fin_received(struct tcp *tp);
void tcp_rx_flush(struct tcp *tp, enum drop_reason r);
void tcp_dsack_set(struct tcp *tp, uint32_t seq, uint32_t end_seq);
uint32_t tcp_rx_next(struct tcp *tp);

/* delack.c */
void tcp_enter_quickack_mode(struct tcp *tp, uint32_t max);
void tcp_event_data_recv(struct tcp *tp, const struct tcp_in *in);
void tcp_send_delayed_ack(struct tcp *tp);
void tcp_delack_timer(struct tcp *tp);
void tcp_initialize_rcv_mss(struct tcp *tp);
void tcp_cleanup_rbuf(struct tcp *tp, int copied);
void tcp_event_ack_sent(struct tcp *tp);
enum { ICSK_ACK_SCHED = 1, ICSK_ACK_TIMER = 2, ICSK_ACK_PUSHED = 4, ICSK_ACK_PUSHED2 = 8,
       ICSK_ACK_NOW = 16 };

static inline bool tcp_in_pingpong(const struct tcp *tp)
{
	return tp->ack.pingpong >= 1;
}

/* window.c */
uint32_t tcp_win_from_space(const struct tcp *tp, int64_t space);
uint32_t tcp_clamp_to_buffer(const struct tcp *tp, uint32_t clamp);
void tcp_select_initial_window(const struct tcp *tp, uint32_t space, uint32_t mss, uint32_t *rcv_wnd,
			       uint32_t *window_clamp, bool wscale_ok, uint8_t *rcv_wscale);
uint32_t tcp_receive_window(const struct tcp *tp);
uint32_t tcp_select_window_unscaled(struct tcp *tp);
uint16_t tcp_select_window(struct tcp *tp);
void tcp_init_buffer_space(struct tcp *tp);
void tcp_sndbuf_expand(struct tcp *tp);
void tcp_grow_window(struct tcp *tp, uint32_t len);
void tcp_rcv_space_adjust(struct tcp *tp);
void tcp_rcv_rtt_measure(struct tcp *tp);
void tcp_rcv_rtt_measure_ts(struct tcp *tp, const struct tcp_in *in);
void tcp_clamp_window(struct tcp *tp);

/* chrono.c */
void tcp_chrono_begin(struct tcp *tp, enum tcp_chrono what);
void tcp_chrono_end(struct tcp *tp);
uint64_t tcp_chrono_us(const struct tcp *tp, enum tcp_chrono what);

static inline void tcp_chrono_start(struct tcp *tp, enum tcp_chrono what)
{
	if (what > tp->chrono)
		tcp_chrono_begin(tp, what);
}

static inline void tcp_chrono_stop(struct tcp *tp, enum tcp_chrono what)
{
	if (what == tp->chrono)
		tcp_chrono_end(tp);
}

/* ack.c */
enum {
	FLAG_DATA = 0x01, FLAG_WIN_UPDATE = 0x02, FLAG_DATA_ACKED = 0x04,
	FLAG_RETRANS_DATA_ACKED = 0x08, FLAG_SYN_ACKED = 0x10, FLAG_DATA_SACKED = 0x20,
	FLAG_ECE = 0x40, FLAG_LOST_RETRANS = 0x80, FLAG_SLOWPATH = 0x100,
	FLAG_ORIG_SACK_ACKED = 0x200, FLAG_SND_UNA_ADVANCED = 0x400, FLAG_DSACKING_ACK = 0x800,
	FLAG_SET_XMIT_TIMER = 0x1000, FLAG_SACK_RENEGING = 0x2000, FLAG_UPDATE_TS_RECENT = 0x4000,
	FLAG_NO_CHALLENGE_ACK = 0x8000, FLAG_ACK_MAYBE_DELAYED = 0x10000,
	FLAG_DSACK_TLP = 0x20000,
};
#define FLAG_ACKED (FLAG_DATA_ACKED | FLAG_SYN_ACKED)
#define FLAG_NOT_DUP (FLAG_DATA | FLAG_WIN_UPDATE | FLAG_ACKED)
#define FLAG_CA_ALERT (FLAG_DATA_SACKED | FLAG_ECE | FLAG_DSACKING_ACK)
#define FLAG_FORWARD_PROGRESS (FLAG_ACKED | FLAG_DATA_SACKED)

struct tcp_sacktag_state {
	uint64_t first_sackt, last_sackt; /* us; 0: none */
	uint32_t reord, sack_delivered;
	int flag;
	struct rate_sample *rate;
};

/* 1: acceptable, 0: old, -1: acknowledges what was never sent, -2: too old (challenged) */
int tcp_ack(struct tcp *tp, struct tcp_in *in, int flag);
void tcp_count_delivered(struct tcp *tp, uint32_t n, bool ece);
void tcp_update_wl(struct tcp *tp, uint32_t seq);

/* sack.c */
int tcp_sacktag(struct tcp *tp, const struct tcp_in *in, uint32_t prior_snd_una,
		struct tcp_sacktag_state *state);
uint32_t tcp_highest_sack_seq(const struct tcp *tp);
void tcp_check_sack_reordering(struct tcp *tp, uint32_t low_seq);
void tcp_mark_lost(struct tcp *tp, uint32_t n);
void tcp_sack_new_ofo(struct tcp *tp, uint32_t seq, uint32_t end_seq);
void tcp_sack_remove(struct tcp *tp);

/* seg.c: the ring */
uint32_t tcp_seg_push(struct tcp *tp, uint32_t seq, uint32_t end_seq, uint8_t flags);
void tcp_seg_pop(struct tcp *tp);
void tcp_seg_split(struct tcp *tp, uint32_t n, uint32_t len);
uint32_t tcp_seg_find(const struct tcp *tp, uint32_t seq);
void tcp_tsorted_add_tail(struct tcp *tp, uint32_t n);
void tcp_tsorted_del(struct tcp *tp, uint32_t n);
void tcp_segs_clear(struct tcp *tp);

/* rack.c */
bool tcp_rack_mark_lost(struct tcp *tp);
void tcp_rack_advance(struct tcp *tp, const struct tcp_seg *g);
void tcp_rack_reo_timeout(struct tcp *tp);
void tcp_rack_update_reo_wnd(struct tcp *tp, const struct rate_sample *rs);
void tcp_newreno_mark_lost(struct tcp *tp, bool snd_una_advanced);

/* tlp.c */
bool tcp_schedule_loss_probe(struct tcp *tp, bool advancing_rto);
void tcp_send_loss_probe(struct tcp *tp);
void tcp_process_tlp_ack(struct tcp *tp, uint32_t ack, int flag);
int64_t tcp_rto_delta_us(const struct tcp *tp);

/* recovery.c */
enum { REXMIT_NONE, REXMIT_LOST, REXMIT_NEW };
void tcp_fastretrans_alert(struct tcp *tp, uint32_t prior_snd_una, int num_dupack, int *flag,
			   int *rexmit);
void tcp_cong_control(struct tcp *tp, uint32_t ack, uint32_t acked_sacked, int flag,
		      const struct rate_sample *rs);
void tcp_xmit_recovery(struct tcp *tp, int rexmit);
/* Without SACK: one more duplicate ACK, one more segment that has arrived. */
void tcp_add_reno_sack(struct tcp *tp, int num_dupack, bool ece);
void tcp_limit_reno_sacked(struct tcp *tp, uint32_t acked);
void tcp_enter_recovery(struct tcp *tp, bool ece);
void tcp_enter_cwr(struct tcp *tp);
void tcp_reduce_at_once(struct tcp *tp);
void tcp_cwnd_reduction(struct tcp *tp, int newly_acked_sacked, int newly_lost, int flag);
void tcp_init_undo(struct tcp *tp);
void tcp_simple_retransmit(struct tcp *tp, const char *why);
void tcp_try_keep_open(struct tcp *tp);

/* undo.c */
bool tcp_try_undo_recovery(struct tcp *tp);
bool tcp_try_undo_dsack(struct tcp *tp);
bool tcp_try_undo_loss(struct tcp *tp, bool frto_undo);
bool tcp_try_undo_partial(struct tcp *tp, uint32_t prior_snd_una, bool *do_lost);
void tcp_undo_cwnd_reduction(struct tcp *tp, bool unmark_loss, const char *why);
void tcp_enter_loss(struct tcp *tp);
void tcp_process_loss(struct tcp *tp, int flag, int num_dupack, int *rexmit);

/* rtt.c */
bool tcp_ack_update_rtt(struct tcp *tp, int flag, int64_t seq_rtt_us, int64_t sack_rtt_us,
			int64_t ca_rtt_us, struct rate_sample *rs);
void tcp_synack_rtt(struct tcp *tp);
void tcp_set_rto(struct tcp *tp);
uint32_t tcp_time_stamp(const struct tcp *tp);

/* queue.c */
uint32_t tcp_queue_append(struct tcp *tp, const uint8_t *data, uint32_t len);
void tcp_queue_share(struct tcp *tp, struct slab *slab, const uint8_t *data, uint32_t len);
void tcp_queue_release(struct tcp *tp);
void tcp_queue_clear(struct tcp *tp);
void tcp_queue_payload(struct tcp *tp, struct packet *p, uint32_t seq, uint32_t len);

static inline uint32_t tcp_wmem(const struct tcp *tp)
{
	return after(tp->snd_una, tp->write_seq) ? 0 : tp->write_seq - tp->snd_una;
}

/* Whether anything waits to be sent for the first time, bytes or the FIN (tcp_send_head()). */
static inline bool tcp_unsent(const struct tcp *tp)
{
	return tcp_notsent(tp) || (tp->fin_queued && !tp->fin_sent);
}

/* output.c */
bool tcp_write_xmit(struct tcp *tp, uint32_t mss_now, uint8_t nonagle, int push_one);
void tcp_push_pending(struct tcp *tp);
void tcp_push(struct tcp *tp, bool more);
uint32_t tcp_wnd_end(const struct tcp *tp);
bool tcp_snd_wnd_test(const struct tcp *tp, uint32_t mss_now);
int tcp_write_wakeup(struct tcp *tp, const char *why);
void tcp_check_space(struct tcp *tp);
void tcp_event_new_data_sent(struct tcp *tp, uint32_t n);
bool tcp_pacing_check(struct tcp *tp);

/* mss.c */
uint32_t tcp_mss_default(const struct ipaddr *peer);
uint32_t tcp_current_mss(struct tcp *tp);
uint32_t tcp_sync_mss(struct tcp *tp, uint32_t pmtu);
uint32_t tcp_mtu_to_mss(const struct tcp *tp, uint32_t pmtu);
uint32_t tcp_mss_to_mtu(const struct tcp *tp, uint32_t mss);
uint32_t tcp_advertise_mss(const struct tcp *tp);
void tcp_mtup_init(struct tcp *tp);
void tcp_mtu_reduced(struct tcp *tp);

/* mtu.c */
int tcp_mtu_probe(struct tcp *tp);
void tcp_mtup_probe_failed(struct tcp *tp);
void tcp_mtup_probe_success(struct tcp *tp);
void tcp_mtu_probing(struct tcp *tp);

/* segment.c */
struct tcp_out {
	uint32_t seq, len;
	uint16_t flags;
	bool retransmission;
	const char *note; /* for captures; NULL: nothing to say */
};
int tcp_transmit(struct tcp *tp, const struct tcp_out *o);
void tcp_send_ack(struct tcp *tp);
void tcp_send_ack_note(struct tcp *tp, const char *note);
void tcp_send_active_reset(struct tcp *tp, const char *why);
uint32_t tcp_established_options(const struct tcp *tp, struct tcp_options *o);

/* note.c: what captures are told */
enum tcp_ack_cause { /* what made an ACK leave that repeats the last one */
	ACK_PLAIN, ACK_GAP, ACK_OLD_DATA, ACK_NO_ROOM, ACK_OUTSIDE, ACK_PAWS, ACK_KEEPALIVE,
	ACK_PROBE,
};
void tcp_note_sent(struct tcp *tp, const struct packet *p, const struct tcp_out *o, uint16_t flags,
		   uint32_t window);
void tcp_note_dsack(const struct tcp *tp, uint32_t seq, uint32_t end_seq);
void tcp_note_undo(struct tcp *tp, const char *how);
void tcp_note_undone(const struct tcp *tp, const struct packet *p);
void tcp_notes_free(struct tcp *tp);

/* retransmit.c */
int tcp_retransmit_probe(struct tcp *tp, uint32_t n, const char *why);
int tcp_retransmit(struct tcp *tp, uint32_t n, const char *why);
void tcp_xmit_retransmit_queue(struct tcp *tp);

/* timer.c */
void tcp_timers_init(struct tcp *tp);
void tcp_timers_clear(struct tcp *tp);
void tcp_timer_set(struct tcp *tp, struct tcp_timer *t, vtime due);
void tcp_timer_set_us(struct tcp *tp, struct tcp_timer *t, int64_t us);
bool tcp_timer_due(struct tcp *tp, struct tcp_timer *t);
void tcp_timer_stop(struct tcp_timer *t);
void tcp_reset_xmit_timer(struct tcp *tp, enum tcp_pending what, int64_t us, int64_t max_us);
void tcp_clear_xmit_timer(struct tcp *tp);
void tcp_rearm_rto(struct tcp *tp);

/* rto.c */
void tcp_retransmit_timeout(struct tcp *tp);
void tcp_rto_revert(struct tcp *tp, uint32_t seq);
void tcp_write_err(struct tcp *tp);

/* probe.c */
int64_t tcp_probe0_base(const struct tcp *tp);
/* The user timeout (RFC 5482) ends the wait for the next probe, too. */
int64_t tcp_probe0_clamp(const struct tcp *tp, int64_t when);
int64_t tcp_probe0_when(const struct tcp *tp, int64_t max_us);
void tcp_check_probe_timer(struct tcp *tp);
void tcp_probe_timeout(struct tcp *tp);

/* keepalive.c */
void tcp_keepalive_reset(struct tcp *tp, int64_t us);
void tcp_keepalive_start(struct tcp *tp);
void tcp_keepalive_timeout(struct tcp *tp);

/* orphan.c */
bool tcp_out_of_resources(struct tcp *tp);
uint32_t tcp_orphan_retries(const struct tcp *tp, bool alive);

/* close.c */
void tcp_close(struct socket *s);
void tcp_shutdown_send(struct tcp *tp);
void tcp_send_fin(struct tcp *tp);
int64_t tcp_fin_time_us(const struct tcp *tp);

/* timewait.c */
void tcp_time_wait(struct tcp *tp, enum tcp_state state, int64_t timeout_us);
void tcp_timewait_input(struct tcp_tw *tw, struct tcp_in *in);
void tcp_tw_free(struct tcp_tw *tw);

/* ecn.c */
void tcp_ecn_send_syn(struct tcp *tp, uint16_t *flags);
void tcp_ecn_rcv_synack(struct tcp *tp, uint16_t flags);
void tcp_ecn_rcv_syn(struct tcp *tp, uint16_t flags);
bool tcp_ecn_rcv_ecn_echo(const struct tcp *tp, uint16_t flags);
void tcp_ecn_check_ce(struct tcp *tp, const struct tcp_in *in);
void tcp_ecn_accept_cwr(struct tcp *tp, const struct tcp_in *in);
uint8_t tcp_ecn_send(struct tcp *tp, const struct tcp_out *o, uint16_t *flags);
bool tcp_ecn_request(const struct tcp *listener, const struct tcp_in *in);

/* sockopt.c */
int tcp_set(struct socket *s, enum socket_option o, int value);
int tcp_get(struct socket *s, enum socket_option o, int *value);
unsigned tcp_ready(const struct socket *s);

#endif
