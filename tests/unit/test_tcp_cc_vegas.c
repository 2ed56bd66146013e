/* Vegas (Brakmo and Peterson, 1995). */
#include "tcp_cc_lab.h"

/* 10 Mbit/s, 40 ms, 34.5 segments: alone, it keeps alpha to beta of its segments in the queue. */
static void keeps_a_few_segments_queued(void **state)
{
	static const struct {
		const char *alpha, *beta;
		double low, high;
	} cases[] = {{"2", "4", 1, 5}, {"20", "30", 19, 31}};

	(void)state;
	for (size_t c = 0; c < 2; c++) {
		struct lab l;
		double queue = 0, least = 1e9, most = 0;
		uint64_t acked;

		lab_init(&l, "vegas", "a");
		lab_sysctl(&l, "tcp_vegas.alpha", cases[c].alpha);
		lab_sysctl(&l, "tcp_vegas.beta", cases[c].beta);
		tcp_cc_init(l.tp);
		pipe_path(&l, 1250000, 40000, 0);
		pipe_run(&l, 41000000000);
		acked = l.acked;
		for (int i = 1; i <= 1000; i++) {
			double q;

			pipe_run(&l, 41000000000 + i * INT64_C(10000000));
			q = pipe_queue(&l);
			queue += q / 1000;
			least = q < least ? q : least;
			most = q > most ? q : most;
		}
		print_message("Vegas, alpha %s, beta %s: queue %.1f to %.1f, mean %.1f; "
			      "use %.1f %%\n",
			      cases[c].alpha, cases[c].beta, least, most, queue,
			      (double)(l.acked - acked) * LAB_MSS / 12500000 * 100);
		assert_true(queue > cases[c].low && queue < cases[c].high);
		assert_true(most < cases[c].high + 4);
		assert_true((double)(l.acked - acked) * LAB_MSS > 0.99 * 12500000);
		lab_fini(&l);
	}
}

/* Slow start ends when more than gamma segments stand in queues, at what the path carries. */
static void leaves_slow_start_without_loss(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, "vegas", "a");
	tcp_cc_init(l.tp);
	pipe_path(&l, 1250000, 40000, 100); /* the path itself: 34.5 */
	pipe_run(&l, 3000000000);
	assert_true(l.tp->snd_ssthresh < TCP_INFINITE_SSTHRESH);
	assert_int_equal(l.dropped, 0);
	assert_in_range(l.tp->snd_cwnd, 30, 100);
	lab_fini(&l);
}

static void is_reno_with_too_few_samples(void **state)
{
	struct lab l;
	struct tcp *tp;
	const struct ack_sample s = {.pkts_acked = 1, .rtt_us = 100000};

	(void)state;
	lab_init(&l, "vegas", "a");
	tp = l.tp;
	tcp_cc_init(tp);
	tp->is_cwnd_limited = true;
	tp->snd_cwnd = tp->snd_ssthresh = 10;
	tcp_ca_pkts_acked(tp, &s);
	tp->snd_una += LAB_MSS;
	tp->snd_nxt = tp->snd_una + 10 * LAB_MSS;
	tp->icsk_ca_ops->cong_avoid(tp, tp->snd_una, 10); /* one sample in this round */
	assert_int_equal(tp->snd_cwnd, 11);

	/* Losses suspend it: Reno, until the state is Open again. */
	tcp_set_ca_state(tp, TCP_CA_Disorder);
	tp->snd_cwnd_cnt = 0;
	tp->icsk_ca_ops->cong_avoid(tp, tp->snd_una, 11);
	assert_int_equal(tp->snd_cwnd, 12);
	tcp_set_ca_state(tp, TCP_CA_Open);
	tp->icsk_ca_ops->cong_avoid(tp, tp->snd_una, 12); /* the round is not over */
	assert_int_equal(tp->snd_cwnd, 12);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_a_few_segments_queued),
		cmocka_unit_test(leaves_slow_start_without_loss),
		cmocka_unit_test(is_reno_with_too_few_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
