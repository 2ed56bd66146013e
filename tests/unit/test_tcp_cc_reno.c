/* Reno, and the window rules that all share (RFC 5681, RFC 2861, Mathis 1997). */
#include "tcp_cc_lab.h"

#include <errno.h>
#include <math.h>

static void slow_start_doubles(void **state)
{
	struct lab l;
	uint32_t expect[] = {10, 30, 70, 150}; /* RFC 6928: delivered after rounds 1 to 4 */
	uint32_t delivered = 0;

	(void)state;
	lab_init(&l, "reno", "a");
	tcp_cc_init(l.tp);
	for (int round = 0; round < 4; round++) {
		uint32_t cwnd = l.tp->snd_cwnd;

		delivered += cwnd;
		assert_int_equal(delivered, expect[round]);
		l.tp->is_cwnd_limited = true;
		for (uint32_t i = 0; i < cwnd; i++)
			tcp_reno_cong_avoid(l.tp, 0, 1);
		assert_int_equal(l.tp->snd_cwnd, 2 * cwnd);
	}
	lab_fini(&l);
}

static void slow_start_hands_the_rest_over(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, "reno", "a");
	l.tp->is_cwnd_limited = true;
	l.tp->snd_ssthresh = 12;
	tcp_reno_cong_avoid(l.tp, 0, 14); /* 2 for slow start, 12 make one more */
	assert_int_equal(l.tp->snd_cwnd, 13);
	assert_int_equal(l.tp->snd_cwnd_cnt, 0);
	for (int i = 0; i < 12; i++)
		tcp_reno_cong_avoid(l.tp, 0, 1);
	assert_int_equal(l.tp->snd_cwnd, 13);
	tcp_reno_cong_avoid(l.tp, 0, 1);
	assert_int_equal(l.tp->snd_cwnd, 14);
	l.tp->snd_cwnd_clamp = 14;
	tcp_reno_cong_avoid(l.tp, 0, 28);
	assert_int_equal(l.tp->snd_cwnd, 14);
	lab_fini(&l);
}

static void reductions_halve_and_undo_restores(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, "reno", "a");
	l.tp->snd_cwnd = 21;
	lab_reduce(l.tp, TCP_CA_Recovery);
	assert_int_equal(l.tp->snd_ssthresh, 10);
	assert_int_equal(l.tp->snd_cwnd, 10);
	assert_int_equal(l.tp->icsk_ca_ops->undo_cwnd(l.tp), 21);
	l.tp->snd_cwnd = 3;
	assert_int_equal(tcp_reno_ssthresh(l.tp), 2);
	l.tp->snd_cwnd = 1;
	assert_int_equal(tcp_reno_ssthresh(l.tp), 2);
	lab_fini(&l);
}

/* A window that was not filled does not grow; after an RTO it comes down to what was used. */
static void unused_windows_do_not_stay(void **state)
{
	struct lab l;
	struct tcp *tp;

	(void)state;
	lab_init(&l, "reno", "a");
	tp = l.tp;
	tp->snd_cwnd = 40;
	tp->snd_ssthresh = 30;
	tp->snd_cwnd_stamp = tp->tcp_mstamp;
	tp->packets_out = 12;
	tp->snd_nxt = tp->snd_una + 12 * LAB_MSS;
	tcp_cwnd_validate(tp, false);
	assert_false(tcp_is_cwnd_limited(tp));
	tcp_reno_cong_avoid(tp, 0, 400);
	assert_int_equal(tp->snd_cwnd, 40);
	lab_advance(&l, lab_now(&l) + 1000000000); /* an RTO */
	tcp_cwnd_validate(tp, false);
	assert_int_equal(tp->snd_cwnd, (40 + 12) / 2);
	assert_int_equal(tp->snd_ssthresh, 30); /* 3/4 of 40 is no more */

	/* In slow start half a window in flight is enough. */
	tp->snd_ssthresh = 100;
	tp->packets_out = tp->max_packets_out = 14;
	assert_true(tcp_is_cwnd_limited(tp));
	tp->max_packets_out = 13;
	assert_false(tcp_is_cwnd_limited(tp));

	/* net.ipv4.tcp_slow_start_after_idle = 0 */
	lab_sysctl(&l, "net.ipv4.tcp_slow_start_after_idle", "0");
	lab_advance(&l, lab_now(&l) + 5000000000);
	tcp_cwnd_validate(tp, false);
	assert_int_equal(tp->snd_cwnd, 26);
	lab_fini(&l);
}

static void idleness_halves_each_rto(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, "reno", "a");
	l.tp->snd_cwnd = 100;
	l.tp->snd_ssthresh = 50;
	tcp_cwnd_restart(l.tp, 2500000); /* 2.5 RTOs: two halvings */
	assert_int_equal(l.tp->snd_cwnd, 25);
	assert_int_equal(l.tp->snd_ssthresh, 75); /* it may quickly get back to 3/4 */
	tcp_cwnd_restart(l.tp, 60000000);
	assert_int_equal(l.tp->snd_cwnd, TCP_INIT_CWND);
	l.tp->snd_cwnd = 4; /* smaller than the initial one: stays */
	tcp_cwnd_restart(l.tp, 60000000);
	assert_int_equal(l.tp->snd_cwnd, 4);
	lab_fini(&l);
}

/* rate = C MSS / (RTT sqrt(p)); MSS 1460, 100 ms, p = 1e-3: within 3 %. */
static double mathis_mbps(uint32_t per_ack, const char *abc)
{
	struct lab l;
	double w;

	lab_init(&l, "reno", "a");
	lab_sysctl(&l, "net.ipv4.tcp_abc", abc);
	tcp_cc_init(l.tp);
	fluid_run(&l, 100000, 20000, per_ack, 1000); /* out of slow start */
	w = fluid_run(&l, 100000, 1000000, per_ack, 1000);
	lab_fini(&l);
	return w * 1460 * 8 / 0.1 / 1e6;
}

static void mathis(void **state)
{
	double each = mathis_mbps(1, "1");
	double delayed = mathis_mbps(2, "0");
	double bytes = mathis_mbps(2, "1");

	(void)state;
	print_message("Mathis, Mbit/s: every segment %.3f (4.52), delayed ACKs %.3f (3.20), "
		      "delayed but counting segments %.3f (4.52)\n", each, delayed, bytes);
	assert_true(fabs(each / 4.52 - 1) < 0.03);
	assert_true(fabs(delayed / 3.20 - 1) < 0.03);
	assert_true(fabs(bytes / 4.52 - 1) < 0.03);
}

static void table_of_algorithms(void **state)
{
	static const char *const names[] = {"cubic", "reno", "bbr", "dctcp", "vegas"};
	struct lab l;

	(void)state;
	assert_int_equal(tcp_cc_table_len, 5);
	for (size_t i = 0; i < tcp_cc_table_len; i++) {
		const struct tcp_congestion_ops *ops = tcp_cc_table[i];

		assert_string_equal(ops->name, names[i]);
		assert_string_equal(sysctl_congestion_controls[i], names[i]);
		assert_int_equal(tcp_cc_find(names[i]), (int)i);
		assert_non_null(ops->ssthresh);
		assert_non_null(ops->undo_cwnd);
		assert_true(ops->cong_avoid || ops->cong_control);
		assert_true(ops->priv_size <= 8 * TCP_CA_PRIV_WORDS);
	}
	assert_null(sysctl_congestion_controls[5]);
	assert_int_equal(tcp_cc_find("westwood"), -1);
	lab_init(&l, "reno", "a");
	assert_int_equal(tcp_cc_set(l.tp, "westwood"), -ENOENT);
	memset(l.tp->ca_priv, 0xff, sizeof(l.tp->ca_priv));
	assert_int_equal(tcp_cc_set(l.tp, "bbr"), 0);
	assert_ptr_equal(l.tp->icsk_ca_ops, &tcp_cc_bbr);
	assert_int_equal(l.tp->sk_pacing_status, 1);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_start_doubles),
		cmocka_unit_test(slow_start_hands_the_rest_over),
		cmocka_unit_test(reductions_halve_and_undo_restores),
		cmocka_unit_test(unused_windows_do_not_stay),
		cmocka_unit_test(idleness_halves_each_rto),
		cmocka_unit_test(mathis),
		cmocka_unit_test(table_of_algorithms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
