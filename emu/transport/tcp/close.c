/* Close: FIN after all data, reset where data would be lost unread, orphans (RFC 9293 3.10.4). */
#include "transport/tcp/internal.h"

/* net.ipv4.tcp_fin_timeout, but at least three and a half RTOs (tcp_fin_time()). */
int64_t tcp_fin_time_us(const struct tcp *tp)
{
	int64_t time = tp->linger2_s > 0 ? (int64_t)tp->linger2_s * 1000000
					 : (int64_t)tcp_sysctl(tp)->tcp_fin_timeout * 1000000;
	int64_t least = ((int64_t)tp->rto << 2) - (tp->rto >> 1);

	return time > least ? time : least;
}

/* Queues the FIN behind the last byte. */
void tcp_send_fin(struct tcp *tp)
{
	if (tp->fin_queued)
		return;
	tp->fin_queued = true;
	tcp_chrono_start(tp, TCP_CHRONO_BUSY);
	if (tcp_write_xmit(tp, tcp_current_mss(tp), TCP_NAGLE_OFF, 0))
		tcp_check_probe_timer(tp);
}

/* shutdown(2) for writing: the state's way (tcp_close_state()). */
void tcp_shutdown_send(struct tcp *tp)
{
	switch (tp->state) {
	case TCP_ESTABLISHED:
	case TCP_SYN_RECV:
		tcp_set_state(tp, TCP_FIN_WAIT1);
		tcp_send_fin(tp);
		break;
	case TCP_CLOSE_WAIT:
		tcp_set_state(tp, TCP_LAST_ACK);
		tcp_send_fin(tp);
		break;
	default:
		break;
	}
}

static void disown(struct tcp *tp)
{
	tp->socket.wake = NULL;
	tp->socket.owner = NULL;
	tp->dead = true;
	tcp_stack_of(tcp_node(tp))->orphans++;
}

/* In FIN-WAIT-2 without an owner the peer's FIN is waited for, but not for ever. */
static void orphan_waits(struct tcp *tp)
{
	if (tp->linger2_s < 0) {
		tcp_send_active_reset(tp, "reset: closed, and TCP_LINGER2 waits for nobody");
		tcp_done(tp);
		return;
	}
	int64_t wait = tcp_fin_time_us(tp);
	if (wait > (int64_t)TCP_TIMEWAIT_US)
		tcp_keepalive_reset(tp, wait - TCP_TIMEWAIT_US);
	else
		tcp_time_wait(tp, TCP_FIN_WAIT2, wait);
}

/* SO_LINGER 0: where the peer has closed and all of ours is sent, nothing is cut short. */
static bool aborts_by_reset(const struct tcp *tp)
{
	switch (tp->state) {
	case TCP_SYN_SENT:
		return false;
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		return tcp_unsent(tp);
	default:
		return true;
	}
}

void tcp_close(struct socket *s)
{
	struct tcp *tp = tcp_of(s);
	bool unread = s->rx_head != NULL;
	struct tcp_stack *st = tcp_stack_of(s->node);

	tcp_mstamp_refresh(tp);
	tp->shutdown = TCP_RCV_SHUTDOWN | TCP_SEND_SHUTDOWN;
	if (tp->state == TCP_LISTEN) {
		tcp_listen_stop(tp);
		tcp_destroy(tp);
		return;
	}
	/* Data that was not read: the peer must learn that it was lost (RFC 2525 2.17). */
	if (s->rx_head) {
		for (struct packet *p = s->rx_head, *next; p; p = next) {
			next = p->next;
			packet_drop(p, &s->node->site, DROP_SOCKET_CLOSED);
		}
		s->rx_head = s->rx_tail = NULL;
		tp->rmem_alloc = 0;
		for (struct packet *p = tp->ofo_head; p; p = p->next)
			tp->rmem_alloc += tcp_note_of(p)->charge;
	}
	if (tp->state == TCP_CLOSE) {
		tcp_destroy(tp);
		return;
	}
	disown(tp);
	if (unread || tp->linger_s == 0) {
		/* ABORT (RFC 9293 3.10.5) */
		if (unread || aborts_by_reset(tp))
			tcp_send_active_reset(tp, unread
				? "reset: closed with unread data (RFC 2525)"
				: "reset: closed with SO_LINGER 0");
		tcp_done(tp);
		return;
	}
	switch (tp->state) {
	case TCP_SYN_SENT:
		tcp_done(tp);
		return;
	case TCP_FIN_WAIT2:
		orphan_waits(tp);
		return;
	default:
		tcp_shutdown_send(tp);
		break;
	}
	if (tp->state == TCP_FIN_WAIT2) {
		orphan_waits(tp);
		return;
	}
	if (tp->state != TCP_CLOSE && st->orphans > (uint32_t)s->node->sysctl->tcp_max_orphans) {
		tcp_send_active_reset(tp, "reset: too many orphans (tcp_max_orphans)");
		tcp_done(tp);
	}
}
