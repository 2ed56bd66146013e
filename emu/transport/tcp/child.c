/* The connection that a completed handshake leaves at the listener (tcp_create_openreq_child()). */
#include "transport/tcp/internal.h"

static void inherit(struct tcp *tp, const struct tcp *l)
{
	tp->socket.tos = l->socket.tos;
	tp->socket.ttl = l->socket.ttl;
	tp->socket.pmtudisc = l->socket.pmtudisc;
	tp->socket.rcvbuf = l->socket.rcvbuf;
	tp->socket.sndbuf = l->socket.sndbuf;
	tp->socket.v6only = l->socket.v6only;
	tp->rcvbuf_locked = l->rcvbuf_locked;
	tp->sndbuf_locked = l->sndbuf_locked;
	tp->socket.reuseaddr = l->socket.reuseaddr;
	tp->socket.reuseport = l->socket.reuseport;
	tp->nonagle = l->nonagle;
	tp->cork = l->cork;
	tp->user_mss = l->user_mss;
	tp->user_timeout_ms = l->user_timeout_ms;
	tp->keepalive = l->keepalive;
	tp->keepidle_s = l->keepidle_s;
	tp->keepintvl_s = l->keepintvl_s;
	tp->keepcnt = l->keepcnt;
	tp->linger_s = l->linger_s;
	tp->linger2_s = l->linger2_s;
	tp->notsent_lowat = l->notsent_lowat;
	tp->sk_max_pacing_rate = tp->sk_pacing_rate = l->sk_max_pacing_rate;
	tp->sk_pacing_status = l->sk_pacing_status;
	tcp_cc_assign(tp, l->icsk_ca_ops);
}

static void sequences(struct tcp *tp, const struct tcp_request *req)
{
	tp->irs = req->rcv_isn;
	tp->rcv_nxt = tp->rcv_wup = tp->copied_seq = req->rcv_nxt;
	tp->iss = req->snt_isn;
	tp->snd_una = tp->snd_nxt = tp->write_seq = tp->snd_sml = req->snt_isn + 1;
	tp->pushed_seq = tp->push_seq = tp->write_seq;
	tp->last_ack_sent = tp->rcv_nxt;
	tp->snd_wl1 = req->rcv_isn;
	tp->rcv_ssthresh = tp->rcv_wnd = req->rcv_wnd;
	tp->window_clamp = req->window_clamp;
}

/* in: the segment that completed it. A child in SYN_RECV, not yet processed. */
struct tcp *tcp_child_new(struct tcp *l, const struct tcp_request *req, const struct tcp_in *in)
{
	struct node *n = tcp_node(l);
	struct tcp *tp = tcp_new(n, l->socket.v6);
	struct socket *s = &tp->socket;

	inherit(tp, l);
	tp->was_passive = true;
	tp->state = TCP_SYN_RECV;
	tp->entry = req->entry;
	tp->entry.kind = TCP_ENTRY_FULL;
	tp->entry.reuse = s->reuseaddr;
	tp->entry.reuseport = s->reuseport;
	tp->entry.next = NULL;
	s->local = (struct endpoint){.addr = req->entry.saddr, .port = req->entry.sport};
	s->peer = (struct endpoint){.addr = req->entry.daddr, .port = req->entry.dport};
	s->connected = true;
	tp->flow = (struct ip_flow){.src = req->entry.saddr, .dst = req->entry.daddr,
				    .oif = l->socket.device};
	if (!ipaddr_is4(&tp->flow.dst) && ipaddr_is_linklocal(&tp->flow.dst)) {
		tp->flow.oif = req->in;
		s->peer.scope = req->in ? req->in->link.index : 0;
	}
	tcp_entry_add(tcp_stack_of(n), &tp->entry);
	tp->hashed = true;
	tp->inet_id = (uint16_t)rng_u64(&n->rng);
	sequences(tp, req);
	tp->wscale_ok = req->wscale_ok;
	tp->snd_wscale = req->wscale_ok ? req->snd_wscale : 0;
	tp->rcv_wscale = req->wscale_ok ? req->rcv_wscale : 0;
	if (!req->wscale_ok && tp->window_clamp > 65535)
		tp->window_clamp = 65535;
	tp->sack_ok = req->sack_ok;
	tp->tstamp_ok = req->tstamp_ok;
	tp->tsoffset = req->ts_off;
	tp->ts_recent = req->ts_recent;
	tp->ts_recent_stamp = req->tstamp_ok ? tp->tcp_mstamp / 1000000 + 1 : 0;
	tp->header_len = tp->tstamp_ok ? TCP_HLEN_TS : TCP_HLEN;
	tp->ecn_flags = req->ecn_ok ? TCP_ECN_OK : 0;
	tp->rx_mss = tp->mss_clamp = req->mss;
	tp->snd_wnd = (uint32_t)in->h.window << tp->snd_wscale;
	tp->max_window = tp->snd_wnd;
	tp->segs_out = 1;
	tp->total_retrans = req->num_retrans;
	tp->synack_mstamp = req->num_retrans ? TCP_NO_MSTAMP : req->mstamp;
	tcp_route(tp);
	tcp_sync_mss(tp, tp->path_known ? tp->path.mtu : TCP_MSS_DEFAULT + 40);
	/* After it: as in Linux, who was called does not begin at the base MSS (tcp_mtu_probing=2). */
	tcp_mtup_init(tp);
	tp->advmss = tcp_advertise_mss(tp);
	if (l->user_mss && l->user_mss < tp->advmss)
		tp->advmss = l->user_mss;
	tcp_initialize_rcv_mss(tp);
	return tp;
}
