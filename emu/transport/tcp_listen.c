/* Passive open: the SYN queue of half-open connections, accept(2). */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "transport/tcp_int.h"

bool tcp_accept_full(const struct tcp *listener)
{
	return listener->accept_count > listener->backlog;
}

int stream_listen(struct socket *s, int backlog)
{
	struct tcp *tp = tcp_of(s);
	uint32_t most = (uint32_t)s->node->sysctl->somaxconn;

	if (s->ops != &tcp_ops)
		return -EOPNOTSUPP;
	if (tp->state != TCP_CLOSE && tp->state != TCP_LISTEN)
		return -EINVAL;
	tp->backlog = backlog < 0 || (uint32_t)backlog > most ? most : (uint32_t)backlog;
	if (tp->state == TCP_LISTEN)
		return 0;
	if (s->local.port == 0) {
		int err = s->ops->take_port(s, &s->local);

		if (err)
			return err;
	}
	tp->state = TCP_LISTEN;
	/* Two may be bound to a port with SO_REUSEADDR, but only one listens. */
	if (tcp_bind_conflict(tp, &s->local)) {
		tp->state = TCP_CLOSE;
		return -EADDRINUSE;
	}
	tp->shutdown = 0;
	return 0;
}

int stream_accept(struct socket *s, struct socket **child)
{
	struct tcp *tp = tcp_of(s), *c = tp->accept_head;

	if (s->ops != &tcp_ops)
		return -EOPNOTSUPP;
	if (tp->state != TCP_LISTEN)
		return -EINVAL;
	if (!c)
		return -EAGAIN;
	tcp_accept_remove(c);
	transport_of(s->node)->sockets++;
	*child = &c->socket;
	return 0;
}

void tcp_accept_add(struct tcp *listener, struct tcp *child)
{
	child->listener = listener;
	child->accept_next = NULL;
	if (listener->accept_tail)
		listener->accept_tail->accept_next = child;
	else
		listener->accept_head = child;
	listener->accept_tail = child;
	listener->accept_count++;
}

/* Takes a child out of the queue, to its owner or to its end. */
void tcp_accept_remove(struct tcp *tp)
{
	struct tcp *l = tp->listener, *prev = NULL;

	if (!l)
		return;
	for (struct tcp *c = l->accept_head; c != tp; c = c->accept_next)
		prev = c;
	if (prev)
		prev->accept_next = tp->accept_next;
	else
		l->accept_head = tp->accept_next;
	if (l->accept_tail == tp)
		l->accept_tail = prev;
	l->accept_count--;
	tp->listener = NULL;
	tp->accept_next = NULL;
}

/* close(2) of a listener: half-open connections are forgotten, waiting ones reset. */
void tcp_listen_stop(struct tcp *tp)
{
	while (tp->requests)
		tcp_request_free(tp->requests);
	while (tp->accept_head) {
		struct tcp *c = tp->accept_head;

		if (c->state != TCP_CLOSE)
			tcp_send_active_reset(c);
		tcp_destroy(c);
	}
}

void tcp_request_free(struct tcp_request *req)
{
	struct tcp_stack *st = tcp_stack_of(tcp_node(req->listener));

	event_cancel(&node_world(st->node)->sched, &req->event);
	tcp_entry_remove(st, &req->entry);
	if (req->next)
		req->next->prev = req->prev;
	if (req->prev)
		req->prev->next = req->next;
	else
		req->listener->requests = req->next;
	req->listener->request_count--;
	free(req);
}

/* The SYN-ACK, first or again. 0 or -errno. */
int tcp_request_synack(struct tcp_request *req, const char *note)
{
	struct tcp *l = req->listener;
	struct node *n = tcp_node(l);
	const struct tcp_entry *e = &req->entry;
	struct ip_flow f = {.src = e->saddr, .dst = e->daddr, .proto = IPPROTO_TCP,
			    .tos = l->socket.tos, .ttl = l->socket.ttl,
			    .pmtudisc = l->socket.pmtudisc, .has_id = true};
	struct tcp_options o;
	struct ip_path path;

	if (!ipaddr_is4(&f.dst) && ipaddr_is_linklocal(&f.dst))
		f.oif = req->in;
	int err = ip_path(n, &f, &path);
	if (err)
		return err;
	if (l->icsk_ca_ops->needs_ecn && req->ecn_ok)
		f.tos |= 2;
	tcp_options_init(&o);
	struct tcp probe = {.socket.node = n, .flow = f, .path = path, .user_mss = l->user_mss};
	o.mss = (uint16_t)tcp_advertise_mss(&probe);
	o.sack_permitted = req->sack_ok;
	o.has_wscale = req->wscale_ok;
	o.wscale = req->rcv_wscale;
	o.has_ts = req->tstamp_ok;
	o.ts_val = (req->cookie ? tcp_cookie_stamp(req)
				: (uint32_t)(node_now(n).ns / NS_PER_MS)) + req->ts_off;
	o.ts_ecr = req->ts_recent;
	uint32_t hlen = TCP_HLEN + (uint32_t)tcp_options_len(&o);
	struct packet *p = ip_packet_new(n, ipaddr_is4(&f.dst));
	const struct tcp_hdr h = {
		.sport = e->sport, .dport = e->dport, .seq = req->snt_isn, .ack = req->rcv_nxt,
		.flags = TCPHDR_SYN | TCPHDR_ACK | (req->ecn_ok ? TCPHDR_ECE : 0),
		.window = (uint16_t)(req->rcv_wnd > 65535 ? 65535 : req->rcv_wnd),
		.doff = (uint8_t)(hlen / 4),
		.checksum = (uint16_t)~csum_fold(csum_pseudo(&f.src, &f.dst, IPPROTO_TCP, hlen)),
	};
	uint8_t *at = packet_put(p, (uint16_t)hlen);
	tcp_emit(at, &h);
	tcp_options_emit(at + TCP_HLEN, &o);
	p->csum_at = (uint16_t)(p->l4 + TCP_CSUM_OFF);
	p->flags |= PACKET_CSUM;
	if (note)
		packet_note(p, "%s", note);
	req->mstamp = (uint64_t)node_now(n).ns / 1000;
	return ip_send(n, p, &f, &path);
}

/* RFC 6298 5.5 for SYN-ACKs (reqsk_timer_handler()). */
static void request_fire(struct event *ev)
{
	struct tcp_request *req = container_of(ev, struct tcp_request, event);
	struct tcp *l = req->listener;
	const struct node *n = tcp_node(l);
	uint32_t most = l->syn_retries ? l->syn_retries : (uint32_t)n->sysctl->tcp_synack_retries;
	uint32_t young_limit = most;

	/* A queue half full of old ones lets them go sooner. */
	if (2 * l->request_count > (l->backlog > 8 ? l->backlog : 8))
		while (young_limit > 2 && req->num_timeout > 0 && --young_limit > 2)
			;
	if (req->num_timeout >= young_limit && !(req->acked && req->num_timeout < most)) {
		tcp_request_free(req);
		return;
	}
	/* A deferred one (TCP_DEFER_ACCEPT) is complete but for the data: do not nag. */
	uint32_t deferred = l->defer_accept_s;
	if (!req->acked || (deferred && req->num_timeout + 1u >= deferred)) {
		tcp_request_synack(req, "SYN-ACK again");
		if (req->num_retrans < UINT8_MAX)
			req->num_retrans++;
	}
	int64_t wait = (int64_t)TCP_TIMEOUT_INIT_US << (req->num_timeout + 1 > 20
								 ? 20 : req->num_timeout + 1);
	if (wait > (int64_t)TCP_RTO_MAX_US)
		wait = TCP_RTO_MAX_US;
	req->num_timeout++;
	event_arm(&node_world(n)->sched, &req->event, vtime_add(node_now(n), vtime_us(wait)));
}

static bool want_cookie(struct tcp *l, bool *drop)
{
	const struct sysctls *c = tcp_sysctl(l);

	*drop = false;
	if (c->tcp_syncookies == 2)
		return true;
	if (l->request_count < l->backlog)
		return false;
	*drop = c->tcp_syncookies == 0;
	return true;
}

static void request_options(struct tcp_request *req, const struct tcp *l, const struct tcp_in *in)
{
	const struct sysctls *c = tcp_sysctl(l);
	uint32_t mss = in->o.mss ? in->o.mss : TCP_MSS_DEFAULT;

	if (l->user_mss && l->user_mss < mss)
		mss = l->user_mss;
	req->mss = (uint16_t)mss;
	req->tstamp_ok = in->o.has_ts && c->tcp_timestamps;
	req->ts_recent = in->o.ts_val;
	req->sack_ok = in->o.sack_permitted && c->tcp_sack;
	req->wscale_ok = in->o.has_wscale && c->tcp_window_scaling;
	req->snd_wscale = in->o.wscale;
}

static void request_window(struct tcp_request *req, struct tcp *l)
{
	struct ip_flow f = {.src = req->entry.saddr, .dst = req->entry.daddr};
	struct ip_path path = {.mtu = 0};
	uint32_t clamp = l->window_clamp;

	if (!ipaddr_is4(&f.dst) && ipaddr_is_linklocal(&f.dst))
		f.oif = req->in;
	ip_path(tcp_node(l), &f, &path);
	struct tcp probe = {.socket.node = tcp_node(l), .flow = f, .path = path,
			    .user_mss = l->user_mss};
	uint32_t mss = tcp_advertise_mss(&probe);
	clamp = tcp_clamp_to_buffer(l, clamp);
	tcp_select_initial_window(l, tcp_win_from_space(l, l->socket.rcvbuf),
				  mss - (req->tstamp_ok ? 12u : 0u), &req->rcv_wnd, &clamp,
				  req->wscale_ok, &req->rcv_wscale);
	req->window_clamp = clamp;
}

static void request_hash(struct tcp_request *req)
{
	struct tcp *l = req->listener;
	struct tcp_stack *st = tcp_stack_of(tcp_node(l));

	req->next = l->requests;
	if (l->requests)
		l->requests->prev = req;
	l->requests = req;
	l->request_count++;
	tcp_entry_add(st, &req->entry);
	event_init(&req->event, request_fire);
	event_arm(&node_world(st->node)->sched, &req->event,
		  vtime_add(node_now(st->node), vtime_us(TCP_TIMEOUT_INIT_US)));
}

/* A SYN for a listener (tcp_conn_request()). isn: from a TIME_WAIT that stood aside, or 0. */
static void syn_received(struct tcp *l, struct tcp_in *in, uint32_t isn)
{
	struct node *n = tcp_node(l);
	struct tcp_stack *st = tcp_stack_of(n);
	const struct sysctls *c = n->sysctl;
	bool drop, cookie = !isn && want_cookie(l, &drop);

	if (cookie && drop) {
		tcp_in_drop(in, n, DROP_TCP_SYN_QUEUE_FULL);
		return;
	}
	if (tcp_accept_full(l)) {
		tcp_in_drop(in, n, DROP_TCP_ACCEPT_QUEUE_FULL);
		return;
	}
	if (!cookie && !isn && !c->tcp_syncookies &&
	    (int32_t)(c->tcp_max_syn_backlog - (int32_t)l->request_count) <
		    c->tcp_max_syn_backlog >> 2) {
		/* The last quarter is for peers that were heard of before: we remember none. */
		tcp_in_drop(in, n, DROP_TCP_SYN_QUEUE_FULL);
		return;
	}
	struct tcp_request *req = nt_calloc(1, sizeof(*req));
	req->entry = (struct tcp_entry){.saddr = in->info->dst, .daddr = in->info->src,
					.sport = in->h.dport, .dport = in->h.sport,
					.kind = TCP_ENTRY_REQUEST};
	req->listener = l;
	req->in = in->info->in;
	req->rcv_isn = in->seq;
	req->rcv_nxt = in->seq + 1;
	req->tos = in->info->tos;
	req->ecn_ok = tcp_ecn_request(l, in);
	req->ts_off = tcp_ts_offset(st, &req->entry);
	request_options(req, l, in);
	if (cookie) {
		/* Nothing is remembered: only what the cookie and the timestamp hold is agreed upon. */
		if (!req->tstamp_ok)
			req->wscale_ok = req->sack_ok = req->ecn_ok = false;
		req->cookie = true;
		req->snt_isn = tcp_cookie_make(st, &req->entry, in->seq, &req->mss);
		st->syn_flood_until = node_now(n).ns / NS_PER_S + 60;
	} else {
		req->snt_isn = isn ? isn : tcp_isn(st, &req->entry);
	}
	request_window(req, l);
	if (cookie) {
		tcp_request_synack(req, "SYN-ACK with a SYN cookie");
		free(req);
	} else {
		request_hash(req);
		tcp_request_synack(req, NULL);
	}
	packet_free(in->p);
}

/* An ACK without a request: does it bring a cookie back? */
static bool cookie_ack(struct tcp *l, struct tcp_in *in)
{
	struct node *n = tcp_node(l);
	struct tcp_stack *st = tcp_stack_of(n);
	struct tcp_request req = {.entry = {.saddr = in->info->dst, .daddr = in->info->src,
					    .sport = in->h.dport, .dport = in->h.sport,
					    .kind = TCP_ENTRY_REQUEST}};
	uint16_t mss;

	if (!n->sysctl->tcp_syncookies || (n->sysctl->tcp_syncookies != 2 &&
					   node_now(n).ns / NS_PER_S > st->syn_flood_until))
		return false;
	if (!tcp_cookie_check(st, &req.entry, in->seq - 1, in->ack_seq - 1, &mss))
		return false;
	req.listener = l;
	if (!tcp_cookie_options(&req, in))
		return false;
	if (tcp_accept_full(l)) {
		tcp_in_drop(in, n, DROP_TCP_ACCEPT_QUEUE_FULL);
		return true;
	}
	req.mstamp = TCP_NO_MSTAMP;
	req.in = in->info->in;
	req.mss = mss;
	req.rcv_isn = in->seq - 1;
	req.rcv_nxt = in->seq;
	req.snt_isn = in->ack_seq - 1;
	request_window(&req, l);
	struct tcp *child = tcp_child_new(l, &req, in);
	tcp_accept_add(l, child);
	tcp_rcv_state(child, in);
	tcp_wake(l);
	return true;
}

/* RFC 9293 3.10.7.2. Consumes. */
void tcp_listen_input(struct tcp *l, struct tcp_in *in, uint32_t isn)
{
	struct node *n = tcp_node(l);
	uint16_t flags = in->h.flags;

	if (flags & TCPHDR_RST) {
		tcp_in_drop(in, n, DROP_TCP_RESET_IGNORED);
		return;
	}
	if (flags & TCPHDR_ACK) {
		if (!(flags & TCPHDR_SYN) && cookie_ack(l, in))
			return;
		tcp_reply_reset(n, in);
		tcp_in_drop(in, n, DROP_TCP_NO_SOCKET);
		return;
	}
	/* Broadcasts open nothing (RFC 1122 4.2.3.10). SYN with FIN is nonsense, as in Linux. */
	if (!(flags & TCPHDR_SYN) || flags & TCPHDR_FIN || in->p->flags & PACKET_BROADCAST ||
	    ipaddr_is_multicast(&in->info->dst)) {
		tcp_in_drop(in, n, DROP_TCP_FLAGS);
		return;
	}
	syn_received(l, in, isn);
}

static bool in_window(uint32_t seq, uint32_t end, uint32_t s_win, uint32_t e_win)
{
	if (seq == s_win)
		return true;
	if (after(end, s_win) && before(seq, e_win))
		return true;
	return seq == e_win && seq == end;
}

static void request_ack(struct tcp_request *req, const struct tcp_in *in, const char *note)
{
	const struct tcp_reply r = {
		.seq = req->snt_isn + 1, .ack = req->rcv_nxt, .flags = TCPHDR_ACK,
		.window = req->rcv_wnd >> req->rcv_wscale, .ts = req->tstamp_ok,
		.tsval = (uint32_t)(node_now(tcp_node(req->listener)).ns / NS_PER_MS) +
			 req->ts_off,
		.tsecr = req->ts_recent, .note = note};

	tcp_reply_send(tcp_node(req->listener), in, &r);
}

/* A segment for a half-open connection (tcp_check_req()). Consumes. */
void tcp_request_input(struct tcp_request *req, struct tcp_in *in)
{
	struct tcp *l = req->listener;
	struct node *n = tcp_node(l);
	uint16_t flags = in->h.flags & (TCPHDR_RST | TCPHDR_SYN | TCPHDR_ACK);
	bool paws_reject = req->tstamp_ok && in->o.has_ts && !(flags & TCPHDR_RST) &&
			   (int32_t)(req->ts_recent - in->o.ts_val) > 0;

	/* The SYN again: the SYN-ACK was lost. */
	if (in->seq == req->rcv_isn && flags == TCPHDR_SYN && !paws_reject) {
		if (!tcp_oow_rate_limited(n, &req->last_oow_ack_time)) {
			tcp_request_synack(req, "SYN-ACK again");
			req->num_retrans++;
		}
		packet_free(in->p);
		return;
	}
	if (flags & TCPHDR_ACK && in->ack_seq != req->snt_isn + 1) {
		/* As if there were no request: RFC 9293 3.10.7.4, fifth check. */
		tcp_listen_input(l, in, 0);
		return;
	}
	if (paws_reject || !in_window(in->seq, in->end_seq, req->rcv_nxt,
				      req->rcv_nxt + req->rcv_wnd)) {
		if (!(flags & TCPHDR_RST) && !tcp_oow_rate_limited(n, &req->last_oow_ack_time))
			request_ack(req, in, "ACK for a segment outside the window");
		tcp_in_drop(in, n, paws_reject ? DROP_TCP_PAWS : DROP_TCP_WINDOW);
		return;
	}
	if (in->o.has_ts && req->tstamp_ok && !after(in->seq, req->rcv_nxt))
		req->ts_recent = in->o.ts_val;
	if (in->seq == req->rcv_isn)
		flags &= (uint16_t)~TCPHDR_SYN;
	if (flags & (TCPHDR_RST | TCPHDR_SYN)) {
		if (!(flags & TCPHDR_RST))
			tcp_reply_reset(n, in);
		tcp_request_free(req);
		tcp_in_drop(in, n, flags & TCPHDR_RST ? DROP_TCP_CLOSED : DROP_TCP_FLAGS);
		return;
	}
	if (!(flags & TCPHDR_ACK)) {
		tcp_in_drop(in, n, DROP_TCP_FLAGS);
		return;
	}
	if (req->num_timeout < l->defer_accept_s && in->end_seq == req->rcv_isn + 1) {
		req->acked = true;
		packet_free(in->p);
		return;
	}
	if (tcp_accept_full(l)) {
		if (tcp_sysctl(l)->tcp_abort_on_overflow) {
			tcp_reply_reset(n, in);
			tcp_request_free(req);
		} else {
			req->acked = true;
		}
		tcp_in_drop(in, n, DROP_TCP_ACCEPT_QUEUE_FULL);
		return;
	}
	struct tcp_request copy = *req;
	tcp_request_free(req);
	struct tcp *child = tcp_child_new(l, &copy, in);
	tcp_accept_add(l, child);
	tcp_rcv_state(child, in);
	tcp_wake(l);
}
