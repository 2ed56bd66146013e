/*
 * Timers. Each has a due time; its event may fire earlier (it was armed for a time that has been
 * put off since) and then is armed again: most ACKs put the RTO off and touch no heap.
 */
#include <errno.h>
#include <stdio.h>

#include "transport/tcp_int.h"

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

static void timer_set_us(struct tcp *tp, struct tcp_timer *t, int64_t us)
{
	tcp_timer_set(tp, t, vtime_add(node_now(tcp_node(tp)), vtime_us(us)));
}

/* Whether it is time; otherwise sleeps on. */
static bool is_due(struct tcp *tp, struct tcp_timer *t)
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
	timer_set_us(tp, &tp->retransmit_timer, us);
}

void tcp_clear_xmit_timer(struct tcp *tp)
{
	tp->pending = ICSK_TIME_NONE;
	tcp_timer_stop(&tp->retransmit_timer);
}

void tcp_rearm_rto(struct tcp *tp)
{
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

int64_t tcp_probe0_base(const struct tcp *tp)
{
	return tp->rto > TCP_RTO_MIN_US ? tp->rto : TCP_RTO_MIN_US;
}

int64_t tcp_probe0_when(const struct tcp *tp, int64_t max_us)
{
	uint8_t backoff = tp->backoff > 9 ? 9 : tp->backoff;
	int64_t when = tcp_probe0_base(tp) << backoff;

	return when < max_us ? when : max_us;
}

void tcp_check_probe_timer(struct tcp *tp)
{
	if (!tp->packets_out && !tp->pending)
		tcp_reset_xmit_timer(tp, ICSK_TIME_PROBE0, tcp_probe0_base(tp), TCP_RTO_MAX_US);
}

/* The end for want of answers. */
void tcp_write_err(struct tcp *tp)
{
	tcp_done_with_error(tp, tp->err_soft ? tp->err_soft : ETIMEDOUT);
}

/* An orphan that costs too much goes at once (tcp_out_of_resources()). */
static bool out_of_resources(struct tcp *tp)
{
	struct tcp_stack *st = tcp_stack_of(tcp_node(tp));
	uint32_t orphans = st->orphans, shift = 0;

	/* One that was not heard of lately counts double, and so does a soft error. */
	if (tp->tcp_mstamp - tp->lsndtime > 2 * (uint64_t)TCP_RTO_MAX_US || !tp->snd_wnd)
		shift++;
	if (tp->err_soft)
		shift++;
	if (orphans << shift <= (uint32_t)tcp_sysctl(tp)->tcp_max_orphans)
		return false;
	tcp_send_active_reset(tp);
	tcp_done(tp);
	return true;
}

static uint32_t orphan_retries(const struct tcp *tp, bool alive)
{
	uint32_t retries = (uint32_t)tcp_sysctl(tp)->tcp_orphan_retries;

	if (tp->err_soft && !alive)
		retries = 0;
	else if (retries == 0 && alive)
		retries = 8;
	return retries;
}

/* How long `boundary` retransmissions take with back-off from rto_base (tcp_model_timeout()). */
static int64_t model_timeout(uint32_t boundary, uint32_t rto_base)
{
	uint32_t thresh = 31 - (uint32_t)__builtin_clz(TCP_RTO_MAX_US / rto_base);

	if (boundary <= thresh)
		return (int64_t)((2ull << boundary) - 1) * rto_base;
	return (int64_t)((2ull << thresh) - 1) * rto_base +
	       (int64_t)(boundary - thresh) * TCP_RTO_MAX_US;
}

/* Whether it has been tried for as long as `boundary` retransmissions, or timeout_us, last. */
static bool timed_out(const struct tcp *tp, uint32_t boundary, int64_t timeout_us)
{
	if (!tp->retransmits)
		return false;
	if (timeout_us == 0)
		timeout_us = model_timeout(boundary, TCP_RTO_MIN_US);
	return (int64_t)(tp->tcp_mstamp - tp->rto_stamp) >= timeout_us;
}

static bool write_timeout(struct tcp *tp)
{
	const struct sysctls *c = tcp_sysctl(tp);
	uint32_t until;
	bool expired;

	if (tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV) {
		until = tp->state == TCP_SYN_RECV ? (uint32_t)c->tcp_synack_retries
			: tp->syn_retries ? tp->syn_retries
					  : (uint32_t)c->tcp_syn_retries;
		expired = tp->retransmits >= until;
	} else {
		if (timed_out(tp, (uint32_t)c->tcp_retries1, 0)) {
			tcp_mtu_probing(tp); /* a black hole? (RFC 4821) */
			tp->path_known = false;
		}
		until = (uint32_t)c->tcp_retries2;
		if (tp->dead) {
			bool alive = tp->rto < TCP_RTO_MAX_US;

			until = orphan_retries(tp, alive);
			if (!timed_out(tp, until, 0) && !alive)
				alive = false;
			if (out_of_resources(tp))
				return true;
		}
		expired = timed_out(tp, until, (int64_t)tp->user_timeout_ms * 1000);
	}
	if (expired)
		tcp_write_err(tp);
	return expired;
}

/* The RTO, but not past the user's timeout (tcp_clamp_rto_to_user_timeout()). */
static int64_t clamped_rto(const struct tcp *tp)
{
	int64_t left;

	if (!tp->user_timeout_ms)
		return tp->rto;
	left = (int64_t)tp->user_timeout_ms * 1000 - (int64_t)(tp->tcp_mstamp - tp->rto_stamp);
	return left <= 0 ? 1 : left < (int64_t)tp->rto ? left : (int64_t)tp->rto;
}

static void retransmit_timeout(struct tcp *tp)
{
	char why[40];

	if (!tp->packets_out)
		return;
	if (!tp->retransmits)
		tp->rto_stamp = tp->tcp_mstamp;
	tp->tlp_high_seq = 0;
	if (!tp->snd_wnd && !tp->dead && tp->state != TCP_SYN_SENT && tp->state != TCP_SYN_RECV) {
		/* The peer took its window back: it is alive, and probing is all there is to do. */
		if (tp->tcp_mstamp - tp->rcv_tstamp > TCP_RTO_MAX_US) {
			tcp_write_err(tp);
			return;
		}
		tcp_enter_loss(tp);
		tcp_retransmit(tp, tp->seg_first, "retransmission into a closed window");
		tp->path_known = false;
	} else {
		if (write_timeout(tp))
			return;
		tcp_enter_loss(tp);
		tp->retransmits++;
		snprintf(why, sizeof(why), "RTO number %u", tp->retransmits);
		if (tcp_retransmit(tp, tp->seg_first, why)) {
			/* It did not even leave: try again soon. */
			tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, TCP_RESOURCE_PROBE_US,
					     TCP_RTO_MAX_US);
			return;
		}
	}
	if (tp->backoff < UINT8_MAX)
		tp->backoff++;
	if (tp->state == TCP_ESTABLISHED && tcp_sysctl(tp)->tcp_thin_linear_timeouts &&
	    tp->packets_out < 4 && !tcp_in_initial_slowstart(tp) && tp->retransmits <= 6) {
		tp->backoff = 0;
		tcp_set_rto(tp);
	} else {
		tp->rto = tp->rto > TCP_RTO_MAX_US / 2 ? TCP_RTO_MAX_US : tp->rto << 1;
	}
	tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, clamped_rto(tp), TCP_RTO_MAX_US);
}

/*
 * RFC 6069: the path to the peer was broken when the segment at seq was sent again, so nothing is
 * known of congestion. One doubling is taken back, and what is left of the shorter RTO is waited
 * for (tcp_ld_RTO_revert()).
 */
void tcp_rto_revert(struct tcp *tp, uint32_t seq)
{
	if (seq != tp->snd_una || !tp->retransmits || !tp->backoff || !tp->packets_out)
		return;
	tp->backoff--;
	tp->rto = TCP_TIMEOUT_INIT_US;
	if (tp->srtt_us)
		tcp_set_rto(tp);
	uint64_t rto = (uint64_t)tp->rto << (tp->backoff < 32 ? tp->backoff : 32);
	tp->rto = rto < TCP_RTO_MAX_US ? (uint32_t)rto : TCP_RTO_MAX_US;
	int64_t left = tcp_rto_delta_us(tp);
	if (left > 0) {
		tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, left, TCP_RTO_MAX_US);
		return;
	}
	tp->pending = ICSK_TIME_NONE;
	tcp_timer_stop(&tp->retransmit_timer);
	retransmit_timeout(tp);
}

/* RFC 9293 3.8.6.1 */
static void probe_timeout(struct tcp *tp)
{
	const struct sysctls *c = tcp_sysctl(tp);
	uint32_t most = (uint32_t)c->tcp_retries2;

	if (tp->packets_out || !(tcp_notsent(tp) || (tp->fin_queued && !tp->fin_sent))) {
		tp->probes_out = 0;
		tp->probes_tstamp = 0;
		return;
	}
	if (!tp->probes_tstamp) {
		tp->probes_tstamp = tp->tcp_mstamp;
	} else if (tp->user_timeout_ms &&
		   tp->tcp_mstamp - tp->probes_tstamp >= (uint64_t)tp->user_timeout_ms * 1000) {
		tcp_write_err(tp);
		return;
	}
	if (tp->dead) {
		bool alive = tcp_probe0_when(tp, TCP_RTO_MAX_US) < (int64_t)TCP_RTO_MAX_US;

		most = orphan_retries(tp, alive);
		if (!alive && tp->backoff >= most) {
			tcp_write_err(tp);
			return;
		}
		if (out_of_resources(tp))
			return;
	}
	if (tp->probes_out >= most) {
		tcp_write_err(tp);
		return;
	}
	/* tcp_send_probe0() */
	int err = tcp_write_wakeup(tp, "zero-window probe");
	if (tp->packets_out || !(tcp_notsent(tp) || (tp->fin_queued && !tp->fin_sent))) {
		tp->probes_out = 0;
		tp->backoff = 0;
		tp->probes_tstamp = 0;
		return;
	}
	tp->probes_out++;
	int64_t timeout;
	if (err <= 0) {
		if (tp->backoff < (uint32_t)c->tcp_retries2)
			tp->backoff++;
		timeout = tcp_probe0_when(tp, TCP_RTO_MAX_US);
	} else {
		timeout = TCP_RESOURCE_PROBE_US;
	}
	tcp_reset_xmit_timer(tp, ICSK_TIME_PROBE0, timeout, TCP_RTO_MAX_US);
}

static void retransmit_fire(struct event *e)
{
	struct tcp *tp = container_of(e, struct tcp, retransmit_timer.event);
	enum tcp_pending what = tp->pending;

	if (!is_due(tp, &tp->retransmit_timer) || tp->state == TCP_CLOSE ||
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
		retransmit_timeout(tp);
		break;
	case ICSK_TIME_PROBE0:
		tp->pending = ICSK_TIME_NONE;
		probe_timeout(tp);
		break;
	case ICSK_TIME_NONE:
		break;
	}
}

static void delack_fire(struct event *e)
{
	struct tcp *tp = container_of(e, struct tcp, delack_timer.event);

	if (is_due(tp, &tp->delack_timer))
		tcp_delack_timer(tp);
}

static void pacing_fire(struct event *e)
{
	struct tcp *tp = container_of(e, struct tcp, pacing_timer.event);

	if (!is_due(tp, &tp->pacing_timer))
		return;
	/* tcp_tsq_write(): what is lost first. */
	if (tp->state == TCP_CLOSE || tp->state == TCP_SYN_SENT || tp->state == TCP_LISTEN)
		return;
	if (tp->lost_out > tp->retrans_out && tp->snd_cwnd > tcp_packets_in_flight(tp))
		tcp_xmit_retransmit_queue(tp);
	if (tcp_write_xmit(tp, tcp_current_mss(tp), tp->nonagle, 0))
		tcp_check_probe_timer(tp);
}

static void comp_ack_fire(struct event *e)
{
	struct tcp *tp = container_of(e, struct tcp, comp_ack_timer.event);

	if (!is_due(tp, &tp->comp_ack_timer) || tp->state == TCP_CLOSE || !tp->compressed_ack)
		return;
	tp->compressed_ack--; /* the ACK that is sent now stands for the others */
	tcp_send_ack(tp);
}

void tcp_keepalive_reset(struct tcp *tp, int64_t us)
{
	timer_set_us(tp, &tp->keepalive_timer, us);
}

static int64_t keepidle_us(const struct tcp *tp)
{
	int64_t s = tp->keepidle_s ? tp->keepidle_s : (uint32_t)tcp_sysctl(tp)->tcp_keepalive_time;

	return s * 1000000;
}

static int64_t keepintvl_us(const struct tcp *tp)
{
	int64_t s = tp->keepintvl_s ? tp->keepintvl_s
				    : (uint32_t)tcp_sysctl(tp)->tcp_keepalive_intvl;

	return s * 1000000;
}

static int64_t idle_us(const struct tcp *tp)
{
	uint64_t a = tp->ack.lrcvtime, b = tp->rcv_tstamp;

	return (int64_t)(tp->tcp_mstamp - (a > b ? a : b));
}

void tcp_keepalive_start(struct tcp *tp)
{
	if (tp->state == TCP_CLOSE || tp->state == TCP_LISTEN || tp->state == TCP_SYN_SENT)
		return;
	tcp_keepalive_reset(tp, keepidle_us(tp));
}

/* RFC 9293 3.8.4; also the end of an orphan's FIN-WAIT-2. */
static void keepalive_fire(struct event *e)
{
	struct tcp *tp = container_of(e, struct tcp, keepalive_timer.event);
	uint32_t most = tp->keepcnt ? tp->keepcnt : (uint32_t)tcp_sysctl(tp)->tcp_keepalive_probes;
	int64_t elapsed;

	if (!is_due(tp, &tp->keepalive_timer) || tp->state == TCP_LISTEN)
		return;
	if (tp->state == TCP_FIN_WAIT2 && tp->dead) {
		int64_t left = tcp_fin_time_us(tp) - TCP_TIMEWAIT_US;

		if (tp->linger2_s >= 0 && left > 0) {
			tcp_time_wait(tp, TCP_FIN_WAIT2, left);
			return;
		}
		tcp_send_active_reset(tp);
		tcp_done(tp);
		return;
	}
	if (!tp->keepalive || tp->state == TCP_CLOSE || tp->state == TCP_SYN_SENT)
		return;
	elapsed = keepidle_us(tp);
	if (tp->packets_out || tcp_notsent(tp)) /* there is other traffic to wait for */
		goto resched;
	elapsed = idle_us(tp);
	if (elapsed >= keepidle_us(tp)) {
		bool user = tp->user_timeout_ms != 0;

		if ((user && elapsed >= (int64_t)tp->user_timeout_ms * 1000 && tp->probes_out > 0) ||
		    (!user && tp->probes_out >= most)) {
			tcp_send_active_reset(tp);
			tcp_write_err(tp);
			return;
		}
		if (tcp_write_wakeup(tp, "keep-alive") <= 0) {
			tp->probes_out++;
			elapsed = keepintvl_us(tp);
		} else {
			elapsed = TCP_RESOURCE_PROBE_US;
		}
	} else {
		elapsed = keepidle_us(tp) - elapsed;
	}
resched:
	tcp_keepalive_reset(tp, elapsed);
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
