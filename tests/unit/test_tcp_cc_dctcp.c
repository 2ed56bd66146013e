/* DCTCP (RFC 8257). */
#include "tcp_cc_lab.h"

#include <math.h>

static union tcp_cc_info info(struct lab *l)
{
	union tcp_cc_info i;

	assert_true(l->tp->icsk_ca_ops->get_info(l->tp, &i));
	return i;
}

static void dctcp_start(struct lab *l)
{
	lab_init(l, "dctcp", "a");
	l->tp->ecn_flags = TCP_ECN_OK;
	tcp_cc_init(l->tp);
}

/* One window of 100 segments, of which `marked` were. */
static void window(struct lab *l, uint32_t marked)
{
	struct tcp *tp = l->tp;

	tp->delivered += 100;
	tp->delivered_ce += marked;
	tp->snd_una = tp->snd_nxt;
	tp->snd_nxt += 100 * LAB_MSS;
	tcp_ca_in_ack_event(tp, 0);
}

/* alpha = (1 - g) alpha + g F, g = 1/16. */
static void alpha_follows_the_marked_share(void **state)
{
	struct lab l;
	double model = 1024;

	(void)state;
	dctcp_start(&l);
	assert_int_equal(info(&l).dctcp.alpha, 1024);
	l.tp->snd_nxt = l.tp->snd_una;
	for (int i = 0; i < 120; i++) {
		window(&l, 25);
		model += (256 - model) / 16;
		assert_true(fabs(info(&l).dctcp.alpha - model) < 16);
	}
	assert_in_range(info(&l).dctcp.alpha, 240, 272); /* 1/4 */
	l.tp->snd_cwnd = 200;
	assert_in_range(l.tp->icsk_ca_ops->ssthresh(l.tp), 173, 177); /* 1 - 1/8 */
	assert_int_equal(l.tp->icsk_ca_ops->undo_cwnd(l.tp), 200);
	for (int i = 0; i < 200; i++)
		window(&l, 0);
	assert_int_equal(info(&l).dctcp.alpha, 0); /* does not stick at a small value */
	assert_int_equal(l.tp->icsk_ca_ops->ssthresh(l.tp), 200);
	for (int i = 0; i < 200; i++)
		window(&l, 100);
	assert_in_range(info(&l).dctcp.alpha, 1000, 1024);
	lab_fini(&l);
}

static void alpha_waits_for_the_window(void **state)
{
	struct lab l;
	uint32_t alpha;

	(void)state;
	dctcp_start(&l);
	l.tp->snd_nxt = l.tp->snd_una;
	window(&l, 0);
	alpha = info(&l).dctcp.alpha;
	l.tp->snd_una += 50 * LAB_MSS;
	tcp_ca_in_ack_event(l.tp, 0);
	assert_int_equal(info(&l).dctcp.alpha, alpha);
	l.tp->snd_una += 50 * LAB_MSS;
	tcp_ca_in_ack_event(l.tp, 0);
	assert_int_equal(info(&l).dctcp.alpha, alpha - alpha / 16);
	lab_fini(&l);
}

static void losses_halve(void **state)
{
	struct lab l;

	(void)state;
	dctcp_start(&l);
	for (int i = 0; i < 200; i++)
		window(&l, 0);
	l.tp->snd_cwnd = 100;
	tcp_set_ca_state(l.tp, TCP_CA_Recovery);
	assert_int_equal(l.tp->snd_ssthresh, 50);
	tcp_set_ca_state(l.tp, TCP_CA_Open);
	l.tp->snd_cwnd = 60;
	tcp_ca_event(l.tp, CA_EVENT_LOSS);
	assert_int_equal(l.tp->snd_ssthresh, 30);
	lab_fini(&l);
}

static void without_ecn_it_is_reno(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, "dctcp", "a");
	assert_true(l.tp->icsk_ca_ops->needs_ecn);
	tcp_cc_init(l.tp);
	assert_string_equal(l.tp->icsk_ca_ops->name, "dctcp-reno");
	assert_false(l.tp->icsk_ca_ops->needs_ecn);
	l.tp->snd_cwnd = 100;
	assert_int_equal(l.tp->icsk_ca_ops->ssthresh(l.tp), 50);
	assert_false(info(&l).dctcp.enabled);
	lab_fini(&l);
}

/* The receiver echoes each mark: ECE follows the latest segment, and a change is acked at once. */
static void receiver_echoes(void **state)
{
	struct lab l;
	struct tcp *tp;

	(void)state;
	dctcp_start(&l);
	tp = l.tp;
	tp->rcv_nxt += LAB_MSS;
	tcp_ca_event(tp, CA_EVENT_ECN_NO_CE);
	assert_int_equal(tp->ecn_flags & TCP_ECN_DEMAND_CWR, 0);
	assert_int_equal(tp->ack.pending, 0);
	tp->rcv_nxt += LAB_MSS;
	tcp_ca_event(tp, CA_EVENT_ECN_IS_CE);
	assert_int_equal(tp->ecn_flags & TCP_ECN_DEMAND_CWR, TCP_ECN_DEMAND_CWR);
	assert_int_not_equal(tp->ack.pending, 0);
	tp->ack.pending = 0;
	tp->rcv_nxt += LAB_MSS;
	tcp_ca_event(tp, CA_EVENT_ECN_IS_CE);
	assert_int_equal(tp->ack.pending, 0); /* no change, no hurry */
	tp->rcv_nxt += LAB_MSS;
	tcp_ca_event(tp, CA_EVENT_ECN_NO_CE);
	assert_int_equal(tp->ecn_flags & TCP_ECN_DEMAND_CWR, 0);
	assert_int_not_equal(tp->ack.pending, 0);
	assert_int_equal(info(&l).dctcp.ce_state, 0);
	lab_fini(&l);
}

/*
 * 1 Gbit/s, 200 us: 17.3 segments fill the path. With marks above K the queue swings below K + 1
 * and does not run dry where K > C RTT / 7; Alizadeh et al. (2011): alpha is near sqrt(2 / W), W
 * the window at the mark.
 */
static void keeps_the_queue_short(void **state)
{
	const double K = 20, w = 17.3 + 20 + 1;
	struct lab l;
	uint64_t acked;
	double queue = 0, most = 0, alpha = 0;

	(void)state;
	dctcp_start(&l);
	pipe_path(&l, 125000000, 200, 500);
	l.mark_above = (uint32_t)K;
	pipe_run(&l, 1000000000 + 500000000);
	acked = l.acked;
	for (int i = 1; i <= 10000; i++) {
		pipe_run(&l, 1500000000 + i * INT64_C(50000));
		queue += pipe_queue(&l) / 10000;
		alpha += info(&l).dctcp.alpha / 1024.0 / 10000;
		if (pipe_queue(&l) > most)
			most = pipe_queue(&l);
	}
	print_message("DCTCP, K = 20: use %.2f %%, queue %.1f mean, %.1f most, alpha %.3f (%.3f)\n",
		      (double)(l.acked - acked) * LAB_MSS / 62500000 * 100, queue, most, alpha,
		      sqrt(2 / w));
	assert_true((double)(l.acked - acked) * LAB_MSS > 0.995 * 62500000);
	assert_true(queue > 0.5 * K && queue < K + 1);
	assert_true(most < K + 4);
	assert_true(fabs(alpha / sqrt(2 / w) - 1) < 0.35);
	assert_int_equal(l.dropped, 0);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alpha_follows_the_marked_share),
		cmocka_unit_test(alpha_waits_for_the_window),
		cmocka_unit_test(losses_halve),
		cmocka_unit_test(without_ecn_it_is_reno),
		cmocka_unit_test(receiver_echoes),
		cmocka_unit_test(keeps_the_queue_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
