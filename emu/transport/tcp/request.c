/* A half-open connection: what is remembered of a SYN, and the segments that come for it. */
#include <stdlib.h>

#include "transport/tcp/internal.h"

/* Gone for good, or grown up: out of the listener's queue and the table. */
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
	if (!req->num_timeout)
		req->listener->request_young--;
	free(req);
}

/* What both sides may use, from the SYN. */
void tcp_request_options(struct tcp_request *req, const struct tcp *l, const struct tcp_in *in)
{
	const struct sysctls *c = tcp_sysctl(l);
	uint32_t mss = in->o.mss ? in->o.mss : tcp_mss_default(&in->info->src);

	if (l->user_mss && l->user_mss < mss)
		mss = l->user_mss;
	req->mss = (uint16_t)mss;
	req->tstamp_ok = in->o.has_ts && c->tcp_timestamps;
	req->ts_recent = in->o.ts_val;
	req->sack_ok = in->o.sack_permitted && c->tcp_sack;
	req->wscale_ok = in->o.has_wscale && c->tcp_window_scaling;
	req->snd_wscale = in->o.wscale;
}

/* The window that the SYN-ACK offers. */
void tcp_request_window(struct tcp_request *req, struct tcp *l)
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

/* Into the listener's SYN queue; the timer of its SYN-ACK starts. */
void tcp_request_hash(struct tcp_request *req)
{
	struct tcp *l = req->listener;
	struct tcp_stack *st = tcp_stack_of(tcp_node(l));

	req->next = l->requests;
	if (l->requests)
		l->requests->prev = req;
	l->requests = req;
	l->request_count++;
	l->request_young++;
	tcp_entry_add(st, &req->entry);
	event_init(&req->event, tcp_request_fire);
	event_arm(&node_world(st->node)->sched, &req->event,
		  vtime_add(node_now(st->node), vtime_us(TCP_TIMEOUT_INIT_US)));
}

static bool in_window(uint32_t seq, uint32_t end, uint32_t s_win, uint32_t e_win)
{
	if (seq == s_win)
		return true;
	if (after(end, s_win) && before(seq, e_win))
		return true;
	return seq == e_win && seq == end;
}

static void request_ack(const struct tcp_request *req, struct node *n, const struct tcp_in *in)
{
	const struct tcp_reply r = {
		.seq = req->snt_isn + 1, .ack = req->rcv_nxt, .flags = TCPHDR_ACK,
		.window = req->rcv_wnd >> req->rcv_wscale, .ts = req->tstamp_ok,
		.tsval = (uint32_t)(node_now(n).ns / NS_PER_MS) + req->ts_off,
		.tsecr = req->ts_recent, .note = "ACK for a segment outside the window"};

	tcp_reply_send(n, in, &r);
}

/* RST and SYN end a half-open connection, but a SYN not one that exists already. Consumes. */
static void request_reset(struct tcp_request *req, struct tcp *sk, struct tcp_in *in)
{
	struct node *n = tcp_node(sk);
	bool rst = in->h.flags & TCPHDR_RST, fastopen = sk->fastopen_rsk;

	if (!rst) {
		tcp_reply_reset(n, in, "reset: a SYN in SYN-RECEIVED");
	} else if (fastopen) {
		tcp_fastopen_remove(sk, true);
		tcp_reset(sk);
	}
	if (!fastopen)
		tcp_request_free(req);
	tcp_in_drop(in, n, rst ? DROP_TCP_CLOSED : DROP_TCP_FLAGS);
}

/* tcp_check_req(), to where the ACK is there. */
bool tcp_request_check(struct tcp_request *req, struct tcp *sk, struct tcp_in *in)
{
	struct node *n = tcp_node(sk);
	uint16_t flags = in->h.flags & (TCPHDR_RST | TCPHDR_SYN | TCPHDR_ACK);
	/* When its timestamp came is not kept: about as long ago as the SYN-ACK has been waited for. */
	uint64_t now_s = (uint64_t)node_now(n).ns / NS_PER_S, waited = 1u << (req->num_timeout & 15);
	bool paws_reject = req->tstamp_ok && in->o.has_ts &&
			   tcp_paws_reject(n, req->ts_recent,
					   now_s > waited ? now_s - waited : 0, in);

	/* The SYN again: the SYN-ACK was lost. */
	if (in->seq == req->rcv_isn && flags == TCPHDR_SYN && !paws_reject) {
		if (!tcp_oow_rate_limited(n, &req->last_oow_ack_time))
			tcp_request_synack_again(sk, req, "SYN-ACK again: the SYN came again");
		packet_free(in->p);
		return false;
	}
	if (flags & TCPHDR_ACK && !sk->fastopen_rsk && in->ack_seq != req->snt_isn + 1) {
		/* As if there were no request: RFC 9293 3.10.7.4, fifth check. */
		tcp_listen_input(sk, in, 0);
		return false;
	}
	if (paws_reject || !in_window(in->seq, in->end_seq, req->rcv_nxt,
				      req->rcv_nxt + req->rcv_wnd)) {
		if (!(flags & TCPHDR_RST) && !tcp_oow_rate_limited(n, &req->last_oow_ack_time))
			request_ack(req, n, in);
		tcp_in_drop(in, n, paws_reject ? DROP_TCP_PAWS : DROP_TCP_WINDOW);
		return false;
	}
	if (in->o.has_ts && req->tstamp_ok && !after(in->seq, req->rcv_nxt))
		req->ts_recent = in->o.ts_val;
	if (in->seq == req->rcv_isn)
		flags &= (uint16_t)~TCPHDR_SYN;
	if (flags & (TCPHDR_RST | TCPHDR_SYN)) {
		request_reset(req, sk, in);
		return false;
	}
	if (!(flags & TCPHDR_ACK)) {
		tcp_in_drop(in, n, DROP_TCP_FLAGS);
		return false;
	}
	return true;
}

/* A segment for a half-open connection. Consumes. */
void tcp_request_input(struct tcp_request *req, struct tcp_in *in)
{
	struct tcp *l = req->listener;
	struct node *n = tcp_node(l);

	if (!tcp_request_check(req, l, in))
		return;
	if (req->num_timeout < l->defer_accept_s && in->end_seq == req->rcv_isn + 1) {
		req->acked = true;
		packet_free(in->p);
		return;
	}
	if (tcp_accept_full(l)) {
		if (tcp_sysctl(l)->tcp_abort_on_overflow) {
			tcp_reply_reset(n, in, "reset: the accept queue is full");
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
