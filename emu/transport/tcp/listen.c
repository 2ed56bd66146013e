/* Passive open, its beginning: a segment for a listener, SYN or the echo of a cookie. */
#include <stdlib.h>
#include <string.h>

#include "transport/tcp/internal.h"

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

static const char *fastopen_note(const struct tcp_in *in, const struct tcp_fastopen_cookie *foc)
{
	if (foc->len < 0)
		return NULL;
	return in->o.cookie_len ? "SYN-ACK with another Fast Open cookie: the SYN's was not good"
				: "SYN-ACK with a Fast Open cookie";
}

/* With Fast Open the connection is there at once, else a request waits for the ACK. */
static void syn_answer(struct tcp *l, struct tcp_request *req, struct tcp_in *in)
{
	struct tcp_fastopen_cookie foc = {.len = -1};

	if (in->o.has_cookie) {
		foc.len = (int8_t)in->o.cookie_len;
		foc.exp = in->o.cookie_exp;
		memcpy(foc.val, in->o.cookie, in->o.cookie_len);
	}
	struct tcp *child = tcp_fastopen_try(l, req, in, &foc);
	if (!child) {
		tcp_request_hash(req);
		tcp_request_synack(l, req, &foc, fastopen_note(in, &foc));
		return;
	}
	tcp_request_synack(child, req, &foc,
			   in->len ? "SYN-ACK of Fast Open: the data of the SYN is taken"
				   : "SYN-ACK of Fast Open");
	tcp_accept_add(l, child);
	tcp_wake(l);
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
	tcp_request_options(req, l, in);
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
	tcp_request_window(req, l);
	if (cookie) {
		tcp_request_synack(l, req, NULL, c->tcp_syncookies == 2
			? "SYN-ACK with a SYN cookie"
			: "SYN-ACK with a SYN cookie: the SYN queue is full");
		free(req);
	} else {
		syn_answer(l, req, in);
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
	if (tcp_entry_find(st, &req.entry.saddr, req.entry.sport, &req.entry.daddr,
			   req.entry.dport)) {
		/* The SYN came again when the queue had room, and was answered anew. */
		packet_note(in->p, "a SYN cookie's answer, but a later SYN-ACK is waited for");
		tcp_in_drop(in, n, DROP_TCP_UNSENT_ACK);
		return true;
	}
	req.mstamp = TCP_NO_MSTAMP;
	req.in = in->info->in;
	req.mss = mss;
	req.rcv_isn = in->seq - 1;
	req.rcv_nxt = in->seq;
	req.snt_isn = in->ack_seq - 1;
	tcp_request_window(&req, l);
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
		tcp_stray(n, in, true);
		return;
	}
	/* SYN with FIN is nonsense, as in Linux. */
	if (!(flags & TCPHDR_SYN) || flags & TCPHDR_FIN) {
		tcp_in_drop(in, n, DROP_TCP_FLAGS);
		return;
	}
	syn_received(l, in, isn);
}
