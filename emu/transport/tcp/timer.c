/*
 * Timers. Each has a due time; its event may fire earlier (it was armed for a time that has been
 * put off since) and then is armed again: most ACKs put the RTO off and touch no heap.
 */
#include "transport/tcp/internal.h"

static struct sched *sched_of(const struct tcp *tp)
{
	return &node_world(tcp_node(tp))->sched;
}

void tcp_timer_set(struct tcp *tp, struct tcp_timer *t, vtime due)
{
	struct sched *s = sched_of(tp);

	t->due = due;
	if (!event_armed(s, &t->event) || vtime_before(due, event_at(s, &t->event)))
		event_arm(s, &t->event, due);
}

void tcp_timer_stop(struct tcp_timer *t)
{
	t->due = VTIME_NEVER;
}

void tcp_timer_set_us(struct tcp *tp, struct tcp_timer *t, int64_t us)
{
	tcp_timer_set(tp, t, vtime_add(node_now(tcp_node(tp)), vtime_us(us)));
}

/* Whether it is time; otherwise sleeps on. */
bool tcp_timer_due(struct tcp *tp, struct tcp_timer *t)
{
	if (t->due.ns == VTIME_NEVER.ns)
		return false;
	if (vtime_before(node_now(tcp_node(tp)), t->due)) {
		event_arm(sched_of(tp), &t->event, t->due);
		return false;
	}
	t->due = VTIME_NEVER;
	tcp_mstamp_refresh(tp);
	return true;
}

void tcp_reset_xmit_timer(struct tcp *tp, enum tcp_pending what, int64_t us, int64_t max_us)
{
	if (us > max_us)
		us = max_us;
	/* What has to be paced cannot be answered before it leaves. */
	if (tp->sk_pacing_status) {
		int64_t wait = (tp->tcp_wstamp_ns - node_now(tcp_node(tp)).ns) / 1000;

		if (wait > 0)
			us += wait;
	}
	tp->pending = (uint8_t)what;
	tcp_timer_set_us(tp, &tp->retransmit_timer, us);
}

void tcp_clear_xmit_timer(struct tcp *tp)
{
	tp->pending = ICSK_TIME_NONE;
	tcp_timer_stop(&tp->retransmit_timer);
}

void tcp_rearm_rto(struct tcp *tp)
{
	if (tp->fastopen_rsk) /* it is the SYN-ACK's */
		return;
	if (!tp->packets_out) {
		tcp_clear_xmit_timer(tp);
		return;
	}
	int64_t rto = tp->rto;
	if (tp->pending == ICSK_TIME_REO_TIMEOUT || tp->pending == ICSK_TIME_LOSS_PROBE) {
		rto = tcp_rto_delta_us(tp);
		if (rto < 1)
			rto = 1;
	}
	tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, rto, TCP_RTO_MAX_US);
}

static void retransmit_fire(struct event *e)
{
	struct tcp *tp = container_of(e, struct tcp, retransmit_timer.event);
	enum tcp_pending what = tp->pending;

	if (!tcp_timer_due(tp, &tp->retransmit_timer) || tp->state == TCP_CLOSE ||
	    tp->state == TCP_LISTEN || !what)
		return;
	switch (what) {
	case ICSK_TIME_REO_TIMEOUT:
		tcp_rack_reo_timeout(tp);
		break;
	case ICSK_TIME_LOSS_PROBE:
		tcp_send_loss_probe(tp);
		break;
	case ICSK_TIME_RETRANS:
		tp->pending = ICSK_TIME_NONE;
		tcp_retransmit_timeout(tp);
		break;
	case ICSK_TIME_PROBE0:
		tp->pending = ICSK_TIME_NONE;
		tcp_probe_timeout(tp);
		break;
	case ICSK_TIME_NONE:
		break;
	}
	tcp_watch_event(tp);
}

static void delack_fire(struct event *e)
{
	struct tcp *tp = container_of(e, struct tcp, delack_timer.event);

	if (tcp_timer_due(tp, &tp->delack_timer))
		tcp_delack_timer(tp);
}

static void pacing_fire(struct event *e)
{
	struct tcp *tp = container_of(e, struct tcp, pacing_timer.event);

	if (!tcp_timer_due(tp, &tp->pacing_timer))
		return;
	/* tcp_tsq_write(): what is lost first. */
	if (tp->state == TCP_CLOSE || tp->state == TCP_SYN_SENT || tp->state == TCP_LISTEN)
		return;
	if (tp->lost_out > tp->retrans_out && tp->snd_cwnd > tcp_packets_in_flight(tp))
		tcp_xmit_retransmit_queue(tp);
	if (tcp_write_xmit(tp, tcp_current_mss(tp), tp->nonagle, 0))
		tcp_check_probe_timer(tp);
	tcp_watch_event(tp);
}

static void comp_ack_fire(struct event *e)
{
	struct tcp *tp = container_of(e, struct tcp, comp_ack_timer.event);

	if (!tcp_timer_due(tp, &tp->comp_ack_timer) || tp->state == TCP_CLOSE || !tp->compressed_ack)
		return;
	tp->compressed_ack--; /* the ACK that is sent now stands for the others */
	tcp_send_ack(tp);
}

static void keepalive_fire(struct event *e)
{
	struct tcp *tp = container_of(e, struct tcp, keepalive_timer.event);

	if (tcp_timer_due(tp, &tp->keepalive_timer))
		tcp_keepalive_timeout(tp);
}

static void timer_init(struct tcp_timer *t, void (*fire)(struct event *))
{
	event_init(&t->event, fire);
	t->due = VTIME_NEVER;
}

void tcp_timers_init(struct tcp *tp)
{
	timer_init(&tp->retransmit_timer, retransmit_fire);
	timer_init(&tp->delack_timer, delack_fire);
	timer_init(&tp->keepalive_timer, keepalive_fire);
	timer_init(&tp->pacing_timer, pacing_fire);
	timer_init(&tp->comp_ack_timer, comp_ack_fire);
}

static void timer_clear(struct tcp *tp, struct tcp_timer *t)
{
	event_cancel(sched_of(tp), &t->event);
	t->due = VTIME_NEVER;
}

/* Off, events too: the connection may be freed after this. */
void tcp_timers_clear(struct tcp *tp)
{
	tp->pending = ICSK_TIME_NONE;
	timer_clear(tp, &tp->retransmit_timer);
	timer_clear(tp, &tp->delack_timer);
	timer_clear(tp, &tp->keepalive_timer);
	timer_clear(tp, &tp->pacing_timer);
	timer_clear(tp, &tp->comp_ack_timer);
}
