/* Fast Open, the server: from a SYN with data to a connection whose handshake is over. */
#include <stdlib.h>
#include <string.h>

#include "transport/tcp/internal.h"

#define RST_PENALTY_US 60000000u /* how long a connection that was reset still counts */

/* TCP_FASTOPEN: at most so many of the listener's connections may be without a handshake. */
bool tcp_fastopen_tune(struct tcp *tp, int backlog)
{
	uint32_t most = (uint32_t)tcp_sysctl(tp)->somaxconn;

	if (backlog < 0 || (tp->state != TCP_CLOSE && tp->state != TCP_LISTEN))
		return false;
	tp->fastopenq.max_qlen = (uint32_t)backlog < most ? (uint32_t)backlog : most;
	return true;
}

/* listen(2): with bit 1024 nobody has to ask for it. */
void tcp_fastopen_listen(struct tcp *l)
{
	const int32_t both = TFO_SERVER_ENABLE | TFO_SERVER_WO_SOCKOPT1;

	if ((tcp_sysctl(l)->tcp_fastopen & both) == both && !l->fastopenq.max_qlen)
		tcp_fastopen_tune(l, (int)l->backlog);
}

/* Whether one more may be without its handshake; one whose penalty is over makes room. */
static bool queue_check(struct tcp *l)
{
	struct tcp_fastopen_queue *q = &l->fastopenq;
	struct tcp_request *oldest = q->rst_head;

	if (q->qlen < q->max_qlen)
		return true;
	if (!q->max_qlen || !oldest || oldest->mstamp > tcp_clock_us(l))
		return false;
	q->rst_head = oldest->next;
	q->qlen--;
	free(oldest);
	return true;
}

static bool no_cookie(const struct tcp *l)
{
	return tcp_sysctl(l)->tcp_fastopen & TFO_SERVER_COOKIE_NOT_REQD || l->fastopen_no_cookie;
}

/* 1 + the key that made it, or 0. *valid: what the present key makes. */
static int cookie_check(struct tcp_stack *st, const struct tcp_entry *e,
			const struct tcp_fastopen_cookie *foc, struct tcp_fastopen_cookie *valid)
{
	struct tcp_fastopen_cookie old, *c = valid;

	for (int i = 0; i < tcp_fastopen_keys(st); i++, c = &old) {
		tcp_fastopen_cookie_gen(st, &e->daddr, &e->saddr, i, c);
		if (foc->len == c->len && memcmp(foc->val, c->val, (size_t)c->len) == 0)
			return i + 1;
	}
	return 0;
}

static void queue_add(struct tcp *l, struct tcp_request *req)
{
	struct tcp_fastopen_queue *q = &l->fastopenq;

	req->next = q->requests;
	if (q->requests)
		q->requests->prev = req;
	q->requests = req;
	q->qlen++;
}

static void queue_remove(struct tcp *l, struct tcp_request *req)
{
	if (req->next)
		req->next->prev = req->prev;
	if (req->prev)
		req->prev->next = req->next;
	else
		l->fastopenq.requests = req->next;
	req->next = req->prev = NULL;
	l->fastopenq.qlen--;
}

/* tcp_fastopen_create_child(); takes the SYN's data, but not the packet's ownership if none. */
static struct tcp *child_new(struct tcp *l, struct tcp_request *req, struct tcp_in *in)
{
	struct tcp *tp = tcp_child_new(l, req, in);

	queue_add(l, req);
	tp->fastopen_rsk = req;
	/* The window of a SYN is never scaled (RFC 7323 2.2). */
	tp->snd_wnd = tp->max_window = in->h.window;
	tp->ack.lrcvtime = tp->lsndtime = tp->tcp_mstamp;
	tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, TCP_TIMEOUT_INIT_US, TCP_RTO_MAX_US);
	tcp_init_transfer(tp);
	tcp_take_syn_data(tp, in);
	req->rcv_nxt = tp->rcv_wup = tp->last_ack_sent = tp->rcv_nxt;
	return tp;
}

struct tcp *tcp_fastopen_try(struct tcp *l, struct tcp_request *req, struct tcp_in *in,
			     struct tcp_fastopen_cookie *foc)
{
	struct tcp_stack *st = tcp_stack_of(tcp_node(l));
	struct tcp_fastopen_cookie valid = {.len = -1};
	bool syn_data = in->end_seq != in->seq + 1;
	int key = 0;

	if (!(tcp_sysctl(l)->tcp_fastopen & TFO_SERVER_ENABLE) || !(syn_data || foc->len >= 0) ||
	    !queue_check(l)) {
		foc->len = -1;
		return NULL;
	}
	if (!no_cookie(l)) {
		if (foc->len == 0)
			tcp_fastopen_cookie_gen(st, &req->entry.daddr, &req->entry.saddr, 0,
						&valid);
		else if (foc->len > 0)
			key = cookie_check(st, &req->entry, foc, &valid);
		if (!key) {
			valid.exp = foc->exp;
			*foc = valid;
			return NULL;
		}
	}
	if (key == 2) { /* made with the older key: here is one of the new */
		valid.exp = foc->exp;
		*foc = valid;
	} else {
		foc->len = -1;
	}
	return child_new(l, req, in);
}

void tcp_fastopen_remove(struct tcp *tp, bool reset)
{
	struct tcp_request *req = tp->fastopen_rsk;
	struct tcp *l = req->listener;

	tp->fastopen_rsk = NULL;
	if (l)
		queue_remove(l, req);
	if (!l || !reset || tp->listener || l->state != TCP_LISTEN) {
		free(req);
		return;
	}
	/* Accepted, and reset: a spoofed SYN? */
	struct tcp_fastopen_queue *q = &l->fastopenq;
	req->mstamp = tcp_clock_us(tp) + RST_PENALTY_US;
	if (q->rst_head)
		q->rst_tail->next = req;
	else
		q->rst_head = req;
	q->rst_tail = req;
	q->qlen++;
}

/* The listener goes; its accepted connections shake hands without it. */
void tcp_fastopen_stop(struct tcp *l)
{
	struct tcp_fastopen_queue *q = &l->fastopenq;

	while (q->requests) {
		struct tcp_request *req = q->requests;

		queue_remove(l, req);
		req->listener = NULL;
	}
	while (q->rst_head) {
		struct tcp_request *req = q->rst_head;

		q->rst_head = req->next;
		q->qlen--;
		free(req);
	}
}

/* The SYN-ACK was not answered: it goes before all data (tcp_fastopen_synack_timer()). */
void tcp_fastopen_synack_timer(struct tcp *tp)
{
	struct tcp_request *req = tp->fastopen_rsk;
	uint32_t most = tp->syn_retries ? tp->syn_retries
					: (uint32_t)tcp_sysctl(tp)->tcp_synack_retries + 1;

	if (req->num_timeout >= most) {
		tcp_write_err(tp);
		return;
	}
	if (tp->retransmits == 1)
		tcp_enter_loss(tp);
	tcp_request_synack_timed(tp, req);
	req->num_timeout++;
	tp->retransmits++;
	if (!tp->retrans_stamp)
		tp->retrans_stamp = tp->tcp_mstamp;
	tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS,
			     (int64_t)TCP_TIMEOUT_INIT_US << (req->num_timeout < 20
								      ? req->num_timeout : 20),
			     TCP_RTO_MAX_US);
}

void tcp_fastopen_established(struct tcp *tp)
{
	if (tp->icsk_ca_state == TCP_CA_Loss && !tp->packets_out)
		tcp_try_undo_recovery(tp);
	tp->retrans_stamp = 0;
	tp->retransmits = 0;
	tcp_fastopen_remove(tp, false);
	/* The timer was the SYN-ACK's until now; data may have left already. */
	tcp_rearm_rto(tp);
}
