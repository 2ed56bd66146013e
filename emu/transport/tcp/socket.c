/* A connection's life as a socket: made, bound, woken, routed, ended. */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "transport/tcp/internal.h"

static const struct tcp_congestion_ops *default_cc(const struct node *n)
{
	int row = tcp_cc_find(sysctl_congestion_controls[n->sysctl->tcp_congestion_control]);

	return tcp_cc_table[row >= 0 ? row : 0];
}

void tcp_watch_node(struct node *n, struct tcp_watch *w)
{
	tcp_stack_of(n)->watch = w;
}

/* What a connection begins with, a socket's first or, after one that did not come to be, the next. */
static void init_state(struct tcp *tp)
{
	const struct sysctls *c = tcp_sysctl(tp);

	tp->state = TCP_CLOSE;
	tp->rto = TCP_TIMEOUT_INIT_US;
	tp->mdev_us = TCP_TIMEOUT_INIT_US;
	for (int i = 0; i < 3; i++)
		tp->rtt_min.s[i].v = UINT32_MAX;
	tp->snd_cwnd = TCP_INIT_CWND;
	tp->app_limited = UINT32_MAX;
	tp->rate_app_limited = true;
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	tp->mss_cache = TCP_MSS_DEFAULT;
	tp->reordering = (uint32_t)c->tcp_reordering;
	tp->rack.reo_wnd_steps = 1;
	tp->header_len = TCP_HLEN;
	tp->tsorted_head = tp->tsorted_tail = TCP_SEG_NONE;
	tp->retransmit_hint = TCP_SEG_NONE;
	tp->tcp_mstamp = tcp_clock_us(tp);
	tp->synack_mstamp = TCP_NO_MSTAMP;
}

/* Linux's tcp_init_sock(). */
struct tcp *tcp_new(struct node *n, bool v6)
{
	struct tcp *tp = nt_calloc(1, sizeof(*tp));
	struct socket *s = &tp->socket;
	const struct sysctls *c = n->sysctl;

	s->ops = &tcp_ops;
	s->node = n;
	s->v6 = v6;
	s->local.addr = v6 ? ipaddr_any6 : ipaddr_any4;
	s->rcvbuf = (uint32_t)c->tcp_rmem[1];
	s->sndbuf = (uint32_t)c->tcp_wmem[1];
	s->multicast_ttl = 1;
	s->pmtudisc = c->ip_no_pmtu_disc && !v6 ? IP_PMTU_DONT : IP_PMTU_WANT;
	init_state(tp);
	tp->snd_cwnd_clamp = UINT32_MAX;
	tp->sk_pacing_rate = tp->sk_max_pacing_rate = UINT64_MAX;
	tp->linger_s = -1;
	tp->watch = tcp_stack_of(n)->watch;
	tcp_cc_assign(tp, default_cc(n));
	tcp_timers_init(tp);
	return tp;
}

static struct socket *make(struct node *n, bool v6)
{
	return &tcp_new(n, v6)->socket;
}

void tcp_wake(struct tcp *tp)
{
	if (tp->socket.wake)
		tp->socket.wake(&tp->socket);
}

void tcp_set_state(struct tcp *tp, enum tcp_state state)
{
	struct tcp_stack *st;

	tp->state = (uint8_t)state;
	tp->was_connected |= state == TCP_ESTABLISHED;
	if (state != TCP_CLOSE)
		return;
	if (tp->watched)
		tp->watch->over(tp->watch, tp);
	st = tcp_stack_of(tcp_node(tp));
	if (tp->hashed) {
		tcp_entry_remove(st, &tp->entry);
		tp->hashed = false;
	}
	if (!tp->socket.fixed_port || tp->dead) {
		tcp_bound_remove(tp);
		if (!tp->dead)
			tp->socket.local.port = 0;
	}
}

/* Frees what it holds and itself. The owner is gone, or never was. */
void tcp_destroy(struct tcp *tp)
{
	struct tcp_stack *st = tcp_stack_of(tcp_node(tp));

	tcp_timers_clear(tp);
	tcp_fastopen_disable_ofo_check(tp);
	if (tp->fastopen_rsk)
		tcp_fastopen_remove(tp, false);
	if (tp->watched)
		tp->watch->over(tp->watch, tp);
	if (tp->hashed)
		tcp_entry_remove(st, &tp->entry);
	tcp_bound_remove(tp);
	if (tp->dying) {
		struct tcp **at = &st->dying;

		while (*at != tp)
			at = &(*at)->bind_next;
		*at = tp->bind_next;
	}
	tcp_accept_remove(tp);
	if (tp->icsk_ca_initialized && tp->icsk_ca_ops->release)
		tp->icsk_ca_ops->release(tp);
	tcp_rx_flush(tp, DROP_TCP_CLOSED);
	tcp_queue_clear(tp);
	tcp_segs_clear(tp);
	tcp_notes_free(tp);
	if (tp->dead)
		st->orphans--;
	free(tp);
}

/*
 * The connection is over. An owner still has the socket; an orphan goes, but not under the feet of
 * those that are at work with it: its memory is freed by an event of its own.
 */
static void free_fire(struct event *e)
{
	tcp_destroy(container_of(e, struct tcp, keepalive_timer.event));
}

void tcp_done(struct tcp *tp)
{
	struct tcp_stack *st = tcp_stack_of(tcp_node(tp));

	if (tp->dying)
		return;
	tcp_set_state(tp, TCP_CLOSE);
	tp->shutdown = TCP_RCV_SHUTDOWN | TCP_SEND_SHUTDOWN;
	tcp_timers_clear(tp);
	if (tp->fastopen_rsk)
		tcp_fastopen_remove(tp, false);
	if (!tp->dead) {
		tcp_wake(tp);
		return;
	}
	tp->dying = true;
	tp->bind_next = st->dying;
	st->dying = tp;
	tp->keepalive_timer.event.fire = free_fire;
	event_arm(&node_world(st->node)->sched, &tp->keepalive_timer.event, node_now(st->node));
}

void tcp_done_with_error(struct tcp *tp, int err)
{
	tp->socket.error = err;
	tcp_queue_clear(tp);
	tcp_segs_clear(tp);
	tp->write_seq = tp->snd_una = tp->snd_nxt;
	tp->fin_queued = tp->fin_sent = false;
	tcp_done(tp);
}

/* What an attempt to connect leaves behind: its SYN was sent, and perhaps again. */
static void forget_attempt(struct tcp *tp)
{
	tp->srtt_us = tp->mdev_max_us = tp->rttvar_us = tp->rtt_seq = 0;
	tp->backoff = tp->retransmits = tp->probes_out = 0;
	tp->probes_tstamp = tp->rto_stamp = tp->retrans_stamp = 0;
	tp->snd_cwnd_cnt = tp->prior_cwnd = tp->prior_ssthresh = tp->high_seq = 0;
	tp->undo_marker = 0;
	tp->undo_retrans = 0;
	tp->frto = tp->is_cwnd_limited = false;
	tp->tlp_high_seq = tp->total_retrans = tp->lost = 0;
	tp->delivered = tp->delivered_ce = tp->max_packets_out = 0;
	tp->bytes_acked = tp->bytes_sent = tp->bytes_retrans = tp->bytes_received = 0;
	tp->segs_in = tp->segs_out = tp->data_segs_in = tp->data_segs_out = 0;
	tp->window_clamp = 0;
	tp->last_oow_ack_time = vtime_ns(0);
	tp->syn_fastopen = tp->syn_fastopen_exp = tp->syn_data = tp->syn_data_acked = false;
	tp->fastopen_client_fail = 0;
	tp->defer_connect = false;
	tp->ecn_flags = 0;
	tp->err_soft = 0;
	tp->shutdown = 0;
	tp->icsk_ca_state = TCP_CA_Open;
}

/*
 * An attempt to connect that failed or is taken back: what comes next begins anew, with what was asked
 * for by bind(2) and options (tcp_disconnect()).
 */
void tcp_disconnect(struct tcp *tp)
{
	struct socket *s = &tp->socket;

	if (tp->state != TCP_CLOSE)
		tcp_set_state(tp, TCP_CLOSE);
	tcp_timers_clear(tp);
	tcp_queue_clear(tp);
	tcp_segs_clear(tp);
	tp->write_seq = tp->snd_una = tp->snd_nxt;
	forget_attempt(tp);
	init_state(tp);
	s->connected = false;
	s->peer = (struct endpoint){0};
	if (!s->fixed_addr)
		s->local.addr = s->v6 ? ipaddr_any6 : ipaddr_any4;
}

static bool path_good(const struct tcp *tp)
{
	const struct node *n = tcp_node(tp);
	const struct route_entry *e = tp->path.entry;

	if (!tp->path_known || tp->path_generation != n->generation)
		return false;
	/* The cache may have given the entry to another destination. */
	if (e && (e->generation != n->generation || !ipaddr_eq(&e->dst, &tp->flow.dst)))
		return false;
	/* Learned path MTUs expire: look again now and then. */
	return tp->tcp_mstamp - tp->path_checked < 1000000;
}

/* Finds the way if it is not known any more. 0 or -errno. */
int tcp_route(struct tcp *tp)
{
	if (__builtin_expect(path_good(tp), 1))
		return 0;
	tp->flow.proto = IPPROTO_TCP;
	tp->flow.has_id = true;
	tp->flow.ttl = tp->socket.ttl;
	tp->flow.pmtudisc = tp->socket.pmtudisc;
	int err = ip_path(tcp_node(tp), &tp->flow, &tp->path);
	tp->path_known = err == 0;
	tp->path_generation = tcp_node(tp)->generation;
	tp->path_checked = tp->tcp_mstamp;
	return err;
}

static int take_port(struct socket *s, const struct endpoint *at)
{
	struct tcp *tp = tcp_of(s);
	struct endpoint e = *at;

	if (ipaddr_is_multicast(&e.addr) || ipaddr_is_limited_broadcast(&e.addr))
		return -EADDRNOTAVAIL;
	if (e.port == 0) {
		if (tcp_pick_bind_port(tp, &e))
			return -EADDRINUSE;
	} else if (tcp_bind_conflict(tp, &e, true)) {
		return -EADDRINUSE;
	}
	s->local = e;
	tcp_bound_add(tp);
	return 0;
}

const struct socket_ops tcp_ops = {
	.make = make,
	.close = tcp_close,
	.take_port = take_port,
	.connect = tcp_connect,
	.ready = tcp_ready,
	.set = tcp_set,
	.get = tcp_get,
};
