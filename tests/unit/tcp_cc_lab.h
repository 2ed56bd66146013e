/*
 * A sender without a network, for tests of congestion controls: a struct tcp with the counters
 * that algorithms look at, and two worlds around it.
 *
 * fluid_run(): ACKs come back evenly, cwnd a round trip; every n-th segment is lost and noticed
 * at once. That is the model behind the response functions in the literature.
 *
 * pipe_run(): a bottleneck with a rate, a delay and a buffer, segment by segment, with selective
 * acknowledgements, losses, marks, pacing and a policer. Simple where the core is not: no
 * timeouts (a lost segment is noticed when three behind it have arrived), and reductions are
 * done at once.
 */
#ifndef TESTS_TCP_CC_LAB_H
#define TESTS_TCP_CC_LAB_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/world.h"
#include "ip/node.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/cc/cc.h"

#define LAB_MSS 1448u
#define PIPE_SEGS (1u << 16) /* more than is ever in flight */

struct pipe_seg {
	struct tcp_seg seg;
	int64_t ack_ns; /* when its acknowledgement is back; 0: it was dropped */
	bool delivered, marked_lost, resent, ce;
};

struct lab {
	struct world *world;
	struct node *node;
	struct tcp *tp;

	/* the path */
	uint64_t rate;        /* bytes/s */
	int64_t rtt_ns;       /* without queue or transmission */
	uint32_t buffer;      /* segments; 0: endless */
	uint32_t mark_above;  /* CE when so many are queued; 0: never */
	uint64_t police_rate; /* bytes/s; 0: none */
	double police_tokens, police_burst;
	int64_t police_ns;
	uint64_t app_left;    /* segments that the application will still give */

	/* what is under way */
	struct pipe_seg *segs;
	uint32_t una, nxt;    /* segment numbers */
	uint32_t *fifo;       /* segments in the order in which they arrive */
	uint32_t fifo_head, fifo_tail, lost_from;
	int64_t busy_ns;      /* the bottleneck has sent all it has */

	/* figures */
	uint64_t acked, dropped, sent;
	void (*watch)(struct lab *); /* after each ACK */
	void *watch_data;
};

static inline int64_t lab_now(const struct lab *l)
{
	return world_now(l->world).ns;
}

static inline void lab_advance(struct lab *l, int64_t ns)
{
	sched_advance(&l->world->sched, vtime_ns(ns));
	tcp_mstamp_refresh(l->tp);
}

static inline void lab_sysctl(struct lab *l, const char *name, const char *value)
{
	char why[200];

	assert_int_equal(node_sysctl_set(l->node, name, value, why, sizeof(why)), 0);
}

/* A connection at its first data segment, in slow start, time 1 s. */
static inline void lab_init(struct lab *l, const char *cc, const char *node_name)
{
	struct tcp *tp;

	memset(l, 0, sizeof(*l));
	l->world = world_new(7);
	l->node = node_new(l->world, node_name);
	l->tp = tp = calloc(1, sizeof(*tp));
	assert_non_null(tp);
	l->app_left = UINT64_MAX;
	tp->socket.node = l->node;
	tp->state = TCP_ESTABLISHED;
	tp->mss_cache = LAB_MSS;
	tp->snd_cwnd = TCP_INIT_CWND;
	tp->snd_cwnd_clamp = ~0u;
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	tp->rtt_min.s[0].v = ~0u;
	tp->sk_max_pacing_rate = UINT64_MAX;
	tp->snd_una = tp->snd_nxt = tp->write_seq = 1;
	tp->rto = 1000000;
	tp->data_segs_out = 100; /* past the segments that leave unpaced */
	sched_advance(&l->world->sched, vtime_s(1));
	tp->tcp_mstamp = 1000000;
	assert_true(tcp_cc_find(cc) >= 0);
	tcp_cc_assign(tp, tcp_cc_table[tcp_cc_find(cc)]);
}

static inline void lab_fini(struct lab *l)
{
	free(l->segs);
	free(l->fifo);
	free(l->tp);
	node_free(l->node);
	world_free(l->world);
}

static inline void lab_rtt_sample(struct tcp *tp, uint32_t rtt_us)
{
	if (rtt_us < tp->rtt_min.s[0].v)
		tp->rtt_min.s[0].v = rtt_us;
	tp->srtt_us = tp->srtt_us ? tp->srtt_us - tp->srtt_us / 8 + rtt_us : rtt_us * 8;
}

static inline void lab_reduce(struct tcp *tp, enum tcp_ca_state why)
{
	tp->prior_ssthresh = tcp_current_ssthresh(tp);
	tp->prior_cwnd = tp->snd_cwnd;
	tp->snd_ssthresh = tp->icsk_ca_ops->ssthresh(tp);
	tcp_set_ca_state(tp, why);
	tp->high_seq = tp->snd_nxt;
	if (!tp->icsk_ca_ops->cong_control)
		tp->snd_cwnd = tp->snd_ssthresh;
}

/* --- fluid --- */

/*
 * Acknowledges `segments` segments, per_ack at a time, one every rtt/cwnd; each `every`-th is
 * lost (0: none). Returns the mean window: segments per round trip.
 */
static inline double fluid_run(struct lab *l, uint32_t rtt_us, uint64_t segments, uint32_t per_ack,
			       uint64_t every)
{
	struct tcp *tp = l->tp;
	int64_t rtt_ns = (int64_t)rtt_us * 1000, start = lab_now(l);
	const struct ack_sample s = {.pkts_acked = per_ack, .rtt_us = (int32_t)rtt_us};

	tp->is_cwnd_limited = true;
	for (uint64_t n = 0; n < segments; n += per_ack) {
		lab_advance(l, lab_now(l) + rtt_ns * per_ack / tp->snd_cwnd);
		tp->snd_una += per_ack * LAB_MSS;
		tp->snd_nxt = tp->snd_una + tp->snd_cwnd * LAB_MSS;
		tp->delivered += per_ack;
		lab_rtt_sample(tp, rtt_us);
		tcp_ca_pkts_acked(tp, &s);
		if (every && n / every != (n + per_ack) / every) {
			lab_reduce(tp, TCP_CA_Recovery);
			tcp_set_ca_state(tp, TCP_CA_Open);
		} else {
			tp->icsk_ca_ops->cong_avoid(tp, tp->snd_una, per_ack);
		}
		tcp_update_pacing_rate(tp);
	}
	return (double)segments * (double)rtt_ns / (double)(lab_now(l) - start);
}

/* --- pipe --- */

static inline void pipe_path(struct lab *l, uint64_t rate, uint32_t rtt_us, uint32_t buffer)
{
	l->rate = rate;
	l->rtt_ns = (int64_t)rtt_us * 1000;
	l->buffer = buffer;
	l->segs = calloc(PIPE_SEGS, sizeof(*l->segs));
	l->fifo = calloc(PIPE_SEGS, sizeof(*l->fifo));
	assert_true(l->segs && l->fifo);
}

/* Segments that wait at the bottleneck or are being sent. */
static inline double pipe_queue(const struct lab *l)
{
	int64_t left = l->busy_ns - lab_now(l);

	return left <= 0 ? 0 : (double)left * (double)l->rate / 1e9 / LAB_MSS;
}

static inline struct pipe_seg *pipe_at(struct lab *l, uint32_t n)
{
	return &l->segs[n % PIPE_SEGS];
}

static inline bool pipe_policed(struct lab *l)
{
	if (!l->police_rate)
		return false;
	l->police_tokens += (double)(lab_now(l) - l->police_ns) * (double)l->police_rate / 1e9;
	l->police_ns = lab_now(l);
	if (l->police_tokens > l->police_burst)
		l->police_tokens = l->police_burst;
	if (l->police_tokens < LAB_MSS)
		return true;
	l->police_tokens -= LAB_MSS;
	return false;
}

/* Segment n goes onto the wire. */
static inline void pipe_transmit(struct lab *l, uint32_t n)
{
	struct pipe_seg *s = pipe_at(l, n);
	double queued = pipe_queue(l);

	s->seg.mstamp = l->tp->tcp_mstamp;
	tcp_rate_skb_sent(l->tp, &s->seg);
	tcp_pacing_sent(l->tp, lab_now(l), LAB_MSS);
	l->sent++;
	s->ack_ns = 0;
	s->ce = l->mark_above && queued > l->mark_above;
	if ((l->buffer && queued + 1 > l->buffer) || pipe_policed(l)) {
		l->dropped++;
		return;
	}
	if (l->busy_ns < lab_now(l))
		l->busy_ns = lab_now(l);
	l->busy_ns += (int64_t)((uint64_t)LAB_MSS * 1000000000 / l->rate);
	s->ack_ns = l->busy_ns + l->rtt_ns;
	l->fifo[l->fifo_tail++ % PIPE_SEGS] = n;
}

/* The next segment to resend; NULL if there is none. */
static inline struct pipe_seg *pipe_lost(struct lab *l, uint32_t *n)
{
	if (!l->tp->lost_out || l->tp->retrans_out >= l->tp->lost_out)
		return NULL;
	for (*n = l->una; *n != l->nxt; ++*n) {
		struct pipe_seg *s = pipe_at(l, *n);

		if (s->marked_lost && !s->resent && !s->delivered)
			return s;
	}
	return NULL;
}

static inline void pipe_send(struct lab *l)
{
	struct tcp *tp = l->tp;
	uint32_t n;

	while (tcp_packets_in_flight(tp) < tp->snd_cwnd &&
	       (!tp->sk_pacing_status || tp->tcp_wstamp_ns <= lab_now(l))) {
		struct pipe_seg *s = pipe_lost(l, &n);

		if (s) {
			s->resent = true;
			s->seg.sacked |= TCPCB_EVER_RETRANS;
			pipe_transmit(l, n);
			tp->retrans_out++;
			continue;
		}
		if (!l->app_left)
			break;
		l->app_left--;
		assert_true(l->nxt - l->una < PIPE_SEGS);
		if (!tp->packets_out)
			tcp_ca_event(tp, CA_EVENT_TX_START);
		s = pipe_at(l, l->nxt);
		*s = (struct pipe_seg){.seg = {.seq = tp->snd_nxt,
					       .end_seq = tp->snd_nxt + LAB_MSS}};
		pipe_transmit(l, l->nxt++);
		tp->snd_nxt += LAB_MSS;
		tp->write_seq = tp->snd_nxt + (l->app_left ? LAB_MSS : 0);
		tp->packets_out++;
		tp->lsndtime = tp->tcp_mstamp;
	}
	tcp_cwnd_validate(tp, tcp_packets_in_flight(tp) >= tp->snd_cwnd);
	if (!l->app_left)
		tcp_rate_check_app_limited(tp, 0);
}

/* Marks what three later arrivals have overtaken. */
static inline uint32_t pipe_mark_lost(struct lab *l, uint32_t arrived)
{
	uint32_t lost = 0;

	if ((int32_t)(l->lost_from - l->una) < 0)
		l->lost_from = l->una;
	for (; (int32_t)(l->lost_from + 3 - arrived) <= 0; l->lost_from++) {
		struct pipe_seg *s = pipe_at(l, l->lost_from);

		if (s->delivered || s->marked_lost || s->ack_ns)
			continue;
		s->marked_lost = true;
		l->tp->lost_out++;
		l->tp->lost++;
		lost++;
	}
	return lost;
}

/* A resent segment was dropped again: noticed a round trip later, when others have come back. */
static inline uint32_t pipe_mark_lost_again(struct lab *l)
{
	uint32_t lost = 0;

	if (!l->tp->retrans_out)
		return 0;
	for (uint32_t n = l->una; n != l->nxt; n++) {
		struct pipe_seg *s = pipe_at(l, n);

		if (s->resent && !s->delivered && !s->ack_ns &&
		    l->tp->tcp_mstamp - s->seg.mstamp > 5 * (l->tp->srtt_us >> 3) / 4) {
			s->resent = false;
			l->tp->retrans_out--;
			l->tp->lost++;
			lost++;
		}
	}
	return lost;
}

static inline void pipe_states(struct lab *l, uint32_t lost, bool ce)
{
	struct tcp *tp = l->tp;

	if (tp->icsk_ca_state >= TCP_CA_CWR && !before(tp->snd_una, tp->high_seq)) {
		if (!tp->icsk_ca_ops->cong_control)
			tp->snd_cwnd = tp->snd_ssthresh;
		tcp_ca_event(tp, CA_EVENT_COMPLETE_CWR);
		tcp_set_ca_state(tp, TCP_CA_Open);
	}
	if (tp->icsk_ca_state < TCP_CA_Recovery && lost)
		lab_reduce(tp, TCP_CA_Recovery);
	else if (tp->icsk_ca_state < TCP_CA_CWR && ce)
		lab_reduce(tp, TCP_CA_CWR);
}

static inline void pipe_ack(struct lab *l, uint32_t n)
{
	struct tcp *tp = l->tp;
	struct pipe_seg *s = pipe_at(l, n);
	struct rate_sample rs;
	struct ack_sample as = {.pkts_acked = 1, .rtt_us = -1};
	uint32_t lost;

	if (s->delivered)
		return;
	tcp_rate_begin(&rs);
	rs.prior_in_flight = tcp_packets_in_flight(tp);
	s->delivered = true;
	if (s->marked_lost)
		tp->lost_out--;
	if (s->resent)
		tp->retrans_out--;
	tp->sacked_out++;
	while (l->una != l->nxt && pipe_at(l, l->una)->delivered) {
		l->una++;
		tp->packets_out--;
		tp->sacked_out--;
		tp->snd_una += LAB_MSS;
	}
	tcp_ca_in_ack_event(tp, s->ce ? CA_ACK_ECE : 0);
	tcp_rate_skb_delivered(tp, &s->seg, &rs);
	tp->delivered++;
	tp->delivered_ce += s->ce;
	l->acked++;
	if (!s->resent) {
		as.rtt_us = (int32_t)(tp->tcp_mstamp - s->seg.mstamp);
		rs.rtt_us = as.rtt_us;
		lab_rtt_sample(tp, (uint32_t)as.rtt_us);
	}
	tcp_ca_pkts_acked(tp, &as);
	lost = pipe_mark_lost(l, n) + pipe_mark_lost_again(l);
	pipe_states(l, lost, s->ce);
	tcp_rate_gen(tp, 1, lost, false, &rs);
	if (tp->icsk_ca_ops->cong_control) {
		tp->icsk_ca_ops->cong_control(tp, &rs);
	} else {
		if (tp->icsk_ca_state < TCP_CA_CWR)
			tp->icsk_ca_ops->cong_avoid(tp, tp->snd_una, 1);
		tcp_update_pacing_rate(tp);
	}
}

/* Lets the flow run until virtual time end_ns. */
static inline void pipe_run(struct lab *l, int64_t end_ns)
{
	struct tcp *tp = l->tp;

	pipe_send(l);
	for (;;) {
		int64_t next = end_ns;
		bool ack = false;

		if (l->fifo_head != l->fifo_tail) {
			int64_t at = pipe_at(l, l->fifo[l->fifo_head % PIPE_SEGS])->ack_ns;

			if (at <= next) {
				next = at;
				ack = true;
			}
		}
		if (tp->sk_pacing_status && tp->tcp_wstamp_ns > lab_now(l) &&
		    tp->tcp_wstamp_ns < next && tcp_packets_in_flight(tp) < tp->snd_cwnd &&
		    (l->app_left || tp->lost_out > tp->retrans_out)) {
			lab_advance(l, tp->tcp_wstamp_ns);
			pipe_send(l);
			continue;
		}
		lab_advance(l, next);
		if (!ack)
			return;
		pipe_ack(l, l->fifo[l->fifo_head++ % PIPE_SEGS]);
		if (l->watch)
			l->watch(l);
		pipe_send(l);
	}
}

#endif
