/* Active open: SYN, what comes back to it, and the first moments of a connection. */
#include <errno.h>

#include "transport/tcp/internal.h"

static int check_peer(struct tcp *tp, const struct endpoint *peer)
{
	struct socket *s = &tp->socket;

	if (!s->v6 && !ipaddr_is4(&peer->addr))
		return -EAFNOSUPPORT;
	if (s->v6only && ipaddr_is4(&peer->addr))
		return -ENETUNREACH;
	if (ipaddr_is_multicast(&peer->addr) || ipaddr_is_limited_broadcast(&peer->addr))
		return -ENETUNREACH;
	return 0;
}

/* The call after an attempt that failed says why, if nobody was told, and does no more. */
static int attempt_failed(struct tcp *tp)
{
	int err = tp->socket.error ? tp->socket.error : ECONNABORTED;

	tp->socket.error = 0;
	tcp_disconnect(tp);
	return -err;
}

static int state_allows(struct tcp *tp)
{
	switch (tp->state) {
	case TCP_CLOSE: /* a socket has one connection in its life, but as many attempts as it takes */
		if (tp->was_connected || tp->was_passive)
			return -EISCONN;
		return tp->socket.connected ? attempt_failed(tp) : 0;
	case TCP_SYN_SENT:
		return tp->defer_connect ? -EISCONN : -EALREADY;
	case TCP_SYN_RECV:
		return -EALREADY;
	case TCP_LISTEN:
		return -EISCONN;
	default:
		return -EISCONN;
	}
}

/* Source address, way, port: the 4-tuple is decided. */
static int choose_tuple(struct tcp *tp, const struct endpoint *peer, struct tcp_tw *reused)
{
	struct socket *s = &tp->socket;
	int err;

	tp->flow = (struct ip_flow){.dst = peer->addr, .oif = s->device};
	if (peer->scope) {
		tp->flow.oif = node_iface_by_index(s->node, peer->scope);
		if (!tp->flow.oif)
			return -ENODEV;
	}
	if (!ipaddr_is_any(&s->local.addr)) {
		if (ipaddr_is4(&s->local.addr) != ipaddr_is4(&peer->addr))
			return -ENETUNREACH;
		tp->flow.src = s->local.addr;
	}
	tp->path_known = false;
	err = tcp_route(tp);
	if (err)
		return err;
	if (tp->path.broadcast)
		return -ENETUNREACH;
	if (s->local.port == 0) {
		uint16_t port = tcp_pick_connect_port(tp, &tp->flow.src, peer, reused);

		if (!port)
			return -EADDRNOTAVAIL;
		s->local.port = port;
	} else if (!tcp_tuple_free(tp, &tp->flow.src, s->local.port, peer, reused)) {
		return -EADDRNOTAVAIL;
	}
	return 0;
}

/* Linux's tcp_connect_init(). */
void tcp_connect_init(struct tcp *tp)
{
	const struct sysctls *c = tcp_sysctl(tp);
	uint8_t scale = 0;

	tp->tstamp_ok = c->tcp_timestamps != 0;
	tp->wscale_ok = c->tcp_window_scaling != 0;
	tp->sack_ok = c->tcp_sack != 0;
	tp->header_len = tp->tstamp_ok ? TCP_HLEN_TS : TCP_HLEN;
	if (tp->user_mss)
		tp->mss_clamp = tp->user_mss;
	tp->max_window = 0;
	tcp_mtup_init(tp);
	tcp_sync_mss(tp, tp->path.mtu);
	tp->advmss = tcp_advertise_mss(tp);
	tcp_initialize_rcv_mss(tp);
	tp->window_clamp = tcp_clamp_to_buffer(tp, tp->window_clamp);
	tcp_select_initial_window(tp, tcp_win_from_space(tp, tp->socket.rcvbuf),
				  tp->advmss - (tp->ts_recent_stamp ? tp->header_len - TCP_HLEN : 0),
				  &tp->rcv_wnd, &tp->window_clamp, tp->wscale_ok, &scale);
	tp->rcv_wscale = scale;
	tp->rcv_ssthresh = tp->rcv_wnd;
	tp->snd_wnd = 0;
	tp->snd_una = tp->snd_sml = tp->snd_up = tp->snd_nxt = tp->write_seq;
	tp->rcv_nxt = tp->copied_seq = tp->rcv_wup = 0;
	tp->rto = TCP_TIMEOUT_INIT_US;
	tp->retransmits = 0;
	tp->retrans_stamp = 0;
}

static void send_syn(struct tcp *tp)
{
	uint16_t flags = TCPHDR_SYN;
	uint32_t n;

	tcp_mstamp_refresh(tp);
	tcp_ecn_send_syn(tp, &flags);
	n = tcp_seg_push(tp, tp->write_seq, tp->write_seq + 1, TCPHDR_SYN);
	struct tcp_seg *g = tcp_seg_at(tp, n);
	g->mstamp = tp->tcp_mstamp;
	g->flags = (uint8_t)flags;
	tcp_rate_skb_sent(tp, g);
	tcp_tsorted_add_tail(tp, n);
	tp->packets_out++;
	tp->retrans_stamp = 0;
	tp->rto_stamp = tp->tcp_mstamp;
	tp->write_seq++;
	tcp_fastopen_send_syn(tp, flags);
	tp->snd_nxt = tcp_seg_at(tp, tp->seg_first + tp->seg_count - 1)->end_seq;
	tp->pushed_seq = tp->push_seq = tp->write_seq;
	tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, tp->rto, TCP_RTO_MAX_US);
}

int tcp_connect(struct socket *s, const struct endpoint *peer)
{
	struct tcp *tp = tcp_of(s);
	struct tcp_stack *st = tcp_stack_of(s->node);
	struct tcp_tw reused = {.ts_recent_stamp = 0};
	struct tcp_fastopen_request fo;
	uint16_t had_port = s->local.port;
	int err = state_allows(tp);

	if (err)
		return err;
	if (!peer)
		return 0;
	struct endpoint to = *peer;
	if (ipaddr_is_any(&to.addr))
		to.addr = s->v6 && !ipaddr_is4(&to.addr) ? ipaddr_loopback6 : ipaddr_loopback4;
	err = check_peer(tp, &to);
	if (!err)
		err = choose_tuple(tp, &to, &reused);
	if (err) {
		s->local.port = had_port;
		return err;
	}
	tcp_mstamp_refresh(tp);
	s->local.addr = tp->flow.src;
	s->peer = to;
	s->connected = true;
	s->error = 0;
	tp->shutdown = 0;
	tp->entry = (struct tcp_entry){.saddr = tp->flow.src, .daddr = to.addr,
				       .sport = s->local.port, .dport = to.port,
				       .kind = TCP_ENTRY_FULL, .reuse = s->reuseaddr,
				       .reuseport = s->reuseport};
	tcp_entry_add(st, &tp->entry);
	tp->hashed = true;
	tp->state = TCP_SYN_SENT;
	tp->mss_clamp = tcp_mss_default(&to.addr);
	tp->write_seq = tcp_isn(st, &tp->entry);
	tp->ts_recent = 0;
	tp->ts_recent_stamp = 0;
	if (reused.ts_recent_stamp) { /* a TIME_WAIT stands aside (RFC 6191) */
		tp->write_seq = reused.snd_nxt + 65535 + 2;
		tp->ts_recent = reused.ts_recent;
		tp->ts_recent_stamp = reused.ts_recent_stamp;
	}
	tp->iss = tp->write_seq;
	tp->tsoffset = tcp_ts_offset(st, &tp->entry);
	tp->inet_id = (uint16_t)rng_u64(&s->node->rng);
	if (tcp_fastopen_defer_connect(tp, &fo))
		return 0;
	tcp_connect_send(tp);
	tp->fastopen_req = NULL;
	return -EINPROGRESS;
}

/* Everything is decided: the SYN leaves. */
void tcp_connect_send(struct tcp *tp)
{
	/* As Linux starts: before the peer's option is known segments are bounded by nothing else. */
	tp->mss_clamp = UINT16_MAX;
	tcp_connect_init(tp);
	send_syn(tp);
}

/* Linux's tcp_init_transfer(): established, before the first data. */
void tcp_init_transfer(struct tcp *tp)
{
	/* No sample from the handshake: the RTO is a careful one (RFC 6298 5.7). */
	if (!tp->srtt_us)
		tp->rto = tp->rttvar_us = tp->mdev_us = tp->mdev_max_us = TCP_TIMEOUT_FALLBACK_US;
	tp->snd_cwnd = tp->total_retrans > 1 && tp->undo_marker ? 1 : tcp_init_cwnd(tp);
	tp->snd_cwnd_stamp = tp->tcp_mstamp;
	if (!tp->icsk_ca_initialized)
		tcp_cc_init(tp);
	tcp_init_buffer_space(tp);
}

void tcp_finish_connect(struct tcp *tp)
{
	tcp_set_state(tp, TCP_ESTABLISHED);
	tp->ack.lrcvtime = tp->tcp_mstamp;
	tcp_init_transfer(tp);
	tp->lsndtime = tp->tcp_mstamp;
	if (tp->keepalive)
		tcp_keepalive_start(tp);
}

/* The options that both sides want, from the peer's SYN. */
static void agree_options(struct tcp *tp, const struct tcp_in *in)
{
	const struct tcp_options *o = &in->o;

	tp->wscale_ok = tp->wscale_ok && o->has_wscale;
	if (tp->wscale_ok) {
		tp->snd_wscale = o->wscale;
	} else {
		tp->snd_wscale = tp->rcv_wscale = 0;
		if (tp->window_clamp > 65535)
			tp->window_clamp = 65535;
	}
	tp->sack_ok = tp->sack_ok && o->sack_permitted;
	if (tp->tstamp_ok && o->has_ts) {
		tp->saw_tstamp = true;
		tp->header_len = TCP_HLEN_TS;
		tp->ts_recent = o->ts_val;
		tp->ts_recent_stamp = tp->tcp_mstamp / 1000000 + 1;
		tp->rcv_tsval = o->ts_val;
		tp->rcv_tsecr = o->ts_ecr ? o->ts_ecr - tp->tsoffset : 0;
	} else {
		tp->tstamp_ok = false;
		tp->header_len = TCP_HLEN;
	}
	uint32_t mss = o->mss ? o->mss : tcp_mss_default(&tp->flow.dst);
	if (tp->user_mss && tp->user_mss < mss)
		mss = tp->user_mss;
	tp->rx_mss = tp->mss_clamp = mss;
}

static void learn_sequence(struct tcp *tp, const struct tcp_in *in)
{
	tp->irs = in->seq;
	tp->rcv_nxt = in->seq + 1;
	tp->rcv_wup = tp->copied_seq = tp->rcv_nxt;
	tp->snd_wnd = in->h.window; /* a SYN's window is never scaled */
	tp->max_window = tp->snd_wnd;
	tcp_update_wl(tp, in->seq);
}

static void synack_received(struct tcp *tp, struct tcp_in *in)
{
	tcp_ecn_rcv_synack(tp, in->h.flags);
	tcp_update_wl(tp, in->seq);
	agree_options(tp, in);
	learn_sequence(tp, in);
	tcp_ack(tp, in, FLAG_SLOWPATH);
	tcp_sync_mss(tp, tp->path.mtu);
	tcp_mtup_init(tp); /* tcp_init_transfer(): the first MSS is that of the SYN's header length */
	tcp_initialize_rcv_mss(tp);
	tcp_finish_connect(tp);
	bool again = tcp_fastopen_rcv_synack(tp, in);
	tcp_wake(tp);
	if (again) /* with the ACK of the SYN */
		return;
	if (tcp_wmem(tp) || tp->ack.pingpong) {
		/* Data will carry the ACK, or follow at once. */
		tp->ack.pending |= ICSK_ACK_SCHED;
		tcp_push_pending(tp);
	}
	if (!(tp->last_ack_sent == tp->rcv_nxt && tp->segs_out > 1 + tp->total_retrans))
		tcp_send_ack(tp);
}

/* Simultaneous open: our SYN crossed the peer's (RFC 9293 3.5, figure 8). */
static void syn_crossed(struct tcp *tp, struct tcp_in *in)
{
	struct tcp_seg *g;

	tcp_set_state(tp, TCP_SYN_RECV);
	agree_options(tp, in);
	learn_sequence(tp, in);
	tcp_ecn_rcv_syn(tp, in->h.flags);
	tcp_mtup_init(tp);
	tcp_sync_mss(tp, tp->path.mtu);
	tcp_initialize_rcv_mss(tp);
	/* The SYN on record becomes a SYN-ACK. */
	g = tcp_seg_at(tp, tp->seg_first);
	g->flags = TCPHDR_SYN | TCPHDR_ACK | (tp->ecn_flags & TCP_ECN_OK ? TCPHDR_ECE : 0);
	g->mstamp = tp->tcp_mstamp;
	const struct tcp_out o = {.seq = g->seq, .flags = g->flags,
				  .note = "SYN-ACK of a simultaneous open"};
	tcp_transmit(tp, &o);
	tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, tp->rto, TCP_RTO_MAX_US);
}

/* RFC 9293 3.10.7.3. Borrows the packet. */
void tcp_synsent_input(struct tcp *tp, struct tcp_in *in)
{
	struct node *n = tcp_node(tp);
	uint16_t flags = in->h.flags;

	if (flags & TCPHDR_ACK) {
		bool echo_wrong = false, ack_wrong = !after(in->ack_seq, tp->snd_una) ||
						     after(in->ack_seq, tp->snd_nxt);

		if (in->o.has_ts && in->o.ts_ecr && tp->tstamp_ok) {
			uint32_t ecr = in->o.ts_ecr - tp->tsoffset, now = tcp_time_stamp(tp);

			echo_wrong = tp->retrans_stamp
				? (int32_t)(ecr - (uint32_t)(tp->retrans_stamp / 1000)) < -63000 * 2
				: (int32_t)(now - ecr) < 0;
		}
		/* A leftover of an older connection: once it is reset, ours has a chance at once. */
		if (ack_wrong && !tp->retransmits)
			tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, TCP_TIMEOUT_MIN_US,
					     TCP_RTO_MAX_US);
		if (ack_wrong || echo_wrong) {
			if (!(flags & TCPHDR_RST))
				tcp_reply_reset(n, in, "reset: it does not acknowledge our SYN");
			tcp_in_drop(in, n, DROP_TCP_UNSENT_ACK);
			return;
		}
		if (flags & TCPHDR_RST) {
			tcp_reset(tp);
			packet_free(in->p);
			return;
		}
		if (!(flags & TCPHDR_SYN)) {
			tcp_in_drop(in, n, DROP_TCP_FLAGS);
			return;
		}
		synack_received(tp, in);
		/* Without Fast Open data or a FIN that came with it is not taken, as in Linux: the
		 * peer sends it again. */
		if ((in->len || flags & TCPHDR_FIN) && before(tp->rcv_nxt, in->end_seq))
			tcp_in_drop(in, n, DROP_TCP_FLAGS);
		else
			packet_free(in->p);
		return;
	}
	if (flags & TCPHDR_RST) {
		tcp_in_drop(in, n, DROP_TCP_RESET_IGNORED);
		return;
	}
	if (flags & TCPHDR_SYN) {
		syn_crossed(tp, in);
		packet_free(in->p);
		return;
	}
	tcp_in_drop(in, n, DROP_TCP_FLAGS);
}
