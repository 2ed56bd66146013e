/* CUBIC (RFC 9438) and both ways out of slow start (HyStart, RFC 9406). */
#include "tcp_cc_lab.h"

#include <math.h>

/*
 * RFC 9438, tables 1 and 2, C = 0.4, periodic loss; without fast convergence, which the formula
 * does not know. An epoch repeats itself if it ends at the window where it began; the curve is
 * flat there, so that windows 20 % off come back almost to themselves and the mean moves only a
 * little each epoch. Eleven flows that begin at 0.5 to 1.5 times the expected window show both
 * sides.
 *
 * In whole segments a dozen is a coarse scale, and on the short path an epoch of 100 ms is
 * no longer than three of the intervals (1/32 s) at which Linux looks again while the window
 * stands: it stays below Reno there. Hence 20 % for p = 1e-2, 8 % at 1e-3, 8 % at 1e-6 on the
 * short path, where Reno's estimate gives way to the curve, and 3 % elsewhere.
 */
static double average_window(uint32_t rtt_us, uint64_t every, double begin)
{
	struct lab l;
	double w;

	lab_init(&l, "cubic", "a");
	lab_sysctl(&l, "tcp_cubic.fast_convergence", "0");
	tcp_cc_init(l.tp);
	l.tp->snd_cwnd = (uint32_t)begin;
	lab_reduce(l.tp, TCP_CA_Recovery);
	tcp_set_ca_state(l.tp, TCP_CA_Open);
	fluid_run(&l, rtt_us, 5 * every, 1, every);
	w = fluid_run(&l, rtt_us, 15 * every, 1, every);
	lab_fini(&l);
	return w;
}

static void average_windows(void **state)
{
	static const struct {
		uint32_t rtt_us;
		double expect[5], tolerance[5];
	} rows[] = {
		{100000, {12, 38, 187, 1054, 5926}, {0.20, 0.08, 0.03, 0.03, 0.03}},
		{10000, {12, 38, 120, 379, 1200}, {0.20, 0.08, 0.03, 0.03, 0.08}},
	};

	(void)state;
	for (size_t r = 0; r < 2; r++) {
		uint64_t every = 100;

		for (int i = 0; i < 5; i++, every *= 10) {
			double expect = rows[r].expect[i], sum = 0;

			for (int k = 5; k <= 15; k++)
				sum += average_window(rows[r].rtt_us, every, expect * k / 10);
			print_message("CUBIC, RTT %3u ms, p = 1e-%d: %.1f (%.0f)\n",
				      rows[r].rtt_us / 1000, i + 2, sum / 11, expect);
			assert_true(fabs(sum / 11 / expect - 1) < rows[r].tolerance[i]);
		}
	}
}

/*
 * K = cbrt(0.3 Wmax / C) = 4.217 s at Wmax 100. The window stands at Wmax while the curve is
 * within one segment of it, which is for cbrt(1 / C) = 1.357 s on both sides of K: K is the
 * middle.
 */
static void plateau_is_at_K(void **state)
{
	struct lab l;
	int64_t start, up = 0, over = 0;
	double k;

	(void)state;
	lab_init(&l, "cubic", "a");
	lab_sysctl(&l, "tcp_cubic.tcp_friendliness", "0");
	tcp_cc_init(l.tp);
	l.tp->snd_cwnd = 100;
	lab_reduce(l.tp, TCP_CA_Recovery);
	tcp_set_ca_state(l.tp, TCP_CA_Open);
	assert_int_equal(l.tp->snd_cwnd, 70); /* beta = 0.7 */
	start = lab_now(&l);
	while (l.tp->snd_cwnd < 102 && lab_now(&l) - start < 20000000000) {
		fluid_run(&l, 40000, 1, 1, 0);
		if (!up && l.tp->snd_cwnd == 100)
			up = lab_now(&l) - start;
		if (!over && l.tp->snd_cwnd == 101)
			over = lab_now(&l) - start;
	}
	assert_true(up && over);
	k = (double)(up + over) / 2e9;
	print_message("CUBIC, K at Wmax 100: %.3f s (4.217); plateau %.3f to %.3f s\n", k,
		      (double)up / 1e9, (double)over / 1e9);
	assert_true(fabs(k - 4.217) < 0.04);
	lab_fini(&l);
}

static void fast_convergence(void **state)
{
	for (int on = 0; on < 2; on++) {
		struct lab l;

		(void)state;
		lab_init(&l, "cubic", "a");
		lab_sysctl(&l, "tcp_cubic.fast_convergence", on ? "1" : "0");
		lab_sysctl(&l, "tcp_cubic.tcp_friendliness", "0");
		tcp_cc_init(l.tp);
		l.tp->snd_cwnd = 1000;
		lab_reduce(l.tp, TCP_CA_Recovery); /* Wmax 1000 */
		l.tp->snd_cwnd = 900;
		lab_reduce(l.tp, TCP_CA_Recovery); /* 900, or 0.85 * 900 = 765 */
		assert_int_equal(l.tp->snd_cwnd, 630);
		tcp_set_ca_state(l.tp, TCP_CA_Open);
		/* K = cbrt((Wmax - 630) / 0.4): 8.77 s to 900, 6.96 s to 765. */
		while (lab_now(&l) < 1000000000 + (on ? 6960000000 : 8772000000))
			fluid_run(&l, 20000, 1, 1, 0);
		assert_in_range(l.tp->snd_cwnd, on ? 763 : 897, on ? 766 : 901);
		lab_fini(&l);
	}
}

/* On a short path Reno's estimate takes over: alpha = 3 (1 - beta) / (1 + beta) a round trip. */
static void follows_reno_on_short_paths(void **state)
{
	struct lab l;
	uint32_t before_rounds;

	(void)state;
	lab_init(&l, "cubic", "a");
	tcp_cc_init(l.tp);
	l.tp->snd_cwnd = 100;
	lab_reduce(l.tp, TCP_CA_Recovery);
	tcp_set_ca_state(l.tp, TCP_CA_Open);
	before_rounds = l.tp->snd_cwnd;
	while (lab_now(&l) < 1000000000 + 40000000) /* 40 round trips of 1 ms */
		fluid_run(&l, 1000, 1, 1, 0);
	/* 40 * 0.533 = 21.3; the curve alone would be at 70 + 0.3. */
	assert_in_range(l.tp->snd_cwnd - before_rounds, 19, 22);
	lab_fini(&l);
}

static void timeout_forgets(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, "cubic", "a");
	tcp_cc_init(l.tp);
	l.tp->snd_cwnd = 500;
	lab_reduce(l.tp, TCP_CA_Recovery);
	l.tp->snd_ssthresh = l.tp->icsk_ca_ops->ssthresh(l.tp);
	tcp_set_ca_state(l.tp, TCP_CA_Loss);
	l.tp->snd_cwnd = 1;
	tcp_set_ca_state(l.tp, TCP_CA_Open);
	assert_int_equal(l.tp->snd_ssthresh, 245); /* 0.7 of 0.7 */
	/* No Wmax: at 200 in avoidance it grows by 5 % a round trip, not towards 500. */
	l.tp->snd_cwnd = l.tp->snd_ssthresh = 200;
	fluid_run(&l, 50000, 200, 1, 0);
	assert_in_range(l.tp->snd_cwnd, 209, 211);
	lab_fini(&l);
}

/* Time in which the application is silent is no time for the curve. */
static void idleness_stops_the_clock(void **state)
{
	uint32_t cwnd[2];

	(void)state;
	for (int idle = 0; idle < 2; idle++) {
		struct lab l;

		lab_init(&l, "cubic", "a");
		tcp_cc_init(l.tp);
		l.tp->snd_cwnd = 400;
		lab_reduce(l.tp, TCP_CA_Recovery);
		tcp_set_ca_state(l.tp, TCP_CA_Open);
		fluid_run(&l, 50000, 5000, 1, 0);
		l.tp->lsndtime = l.tp->tcp_mstamp;
		if (idle) {
			lab_advance(&l, lab_now(&l) + 60000000000);
			tcp_ca_event(l.tp, CA_EVENT_TX_START);
		}
		fluid_run(&l, 50000, 5000, 1, 0);
		cwnd[idle] = l.tp->snd_cwnd;
		lab_fini(&l);
	}
	assert_in_range(cwnd[1], cwnd[0] - 1, cwnd[0] + 1);
}

/* --- leaving slow start; 100 Mbit/s, 50 ms: 432 segments fill the path --- */

struct slow_start {
	uint32_t exit_cwnd; /* 0: still in it */
	uint64_t dropped;   /* until 200 ms later */
};

static void note_exit(struct lab *l)
{
	struct slow_start *s = l->watch_data;

	if (!s->exit_cwnd && !tcp_in_initial_slowstart(l->tp))
		s->exit_cwnd = l->tp->snd_cwnd;
}

static struct slow_start slow_start_run(const char *hystart, const char *detect, uint32_t buffer)
{
	struct lab l;
	struct slow_start s = {0};

	lab_init(&l, "cubic", "a");
	lab_sysctl(&l, "tcp_cubic.hystart", hystart);
	lab_sysctl(&l, "tcp_cubic.hystart_detect", detect);
	tcp_cc_init(l.tp);
	pipe_path(&l, 12500000, 50000, buffer);
	l.watch = note_exit;
	l.watch_data = &s;
	for (int ms = 1010; !s.exit_cwnd && ms < 4000; ms += 10)
		pipe_run(&l, ms * INT64_C(1000000));
	pipe_run(&l, lab_now(&l) + 200000000);
	s.dropped = l.dropped;
	lab_fini(&l);
	return s;
}

static void ways_out_of_slow_start(void **state)
{
	struct slow_start off = slow_start_run("0", "3", 432);
	struct slow_start train = slow_start_run("1", "1", 432);
	struct slow_start both = slow_start_run("1", "3", 432);
	struct slow_start delay = slow_start_run("1", "2", 0);
	struct slow_start plus = slow_start_run("2", "3", 0);

	(void)state;
	print_message("left slow start at: none %u (%u dropped), train %u (%u), both %u (%u), "
		      "delay %u, HyStart++ %u\n", off.exit_cwnd, (unsigned)off.dropped, train.exit_cwnd,
		      (unsigned)train.dropped, both.exit_cwnd, (unsigned)both.dropped,
		      delay.exit_cwnd, plus.exit_cwnd);
	/* Without, it fills path and buffer (864), and overruns them by about as much again. */
	assert_true(off.dropped > 300);
	/* ACKs come every 116 us. The train is as long as half of the round trip plus 1 ms (224
	 * ACKs) first in the round that begins with 320. */
	assert_in_range(train.exit_cwnd, 320 + 216, 320 + 226);
	assert_int_equal(train.dropped, 0);
	assert_int_equal(both.exit_cwnd, train.exit_cwnd);
	/* Without pacing the first segments of a round find the queue empty until a round
	 * overfills the path (640): the next, which begins with 1280, sees it with its ninth
	 * sample. */
	assert_in_range(delay.exit_cwnd, 1280, 1290);
	/* HyStart++ sees it with the eighth, and grows to up to 1.25^5 times as much. */
	assert_in_range(plus.exit_cwnd, 1280 * 24 / 10, 1280 * 32 / 10);
}

/* HyStart++ alone: a jitter in one round does not end slow start (RFC 9406 4.3). */
static void plusplus_comes_back_from_jitter(void **state)
{
	struct lab l;
	struct tcp *tp;
	uint32_t rtt[] = {50000, 50000, 70000, 50000, 50000, 50000, 50000, 50000, 50000};
	uint32_t slow_round = 0;

	(void)state;
	lab_init(&l, "cubic", "a");
	lab_sysctl(&l, "tcp_cubic.hystart", "2");
	tp = l.tp;
	tp->sk_pacing_status = 1;
	tcp_cc_init(tp);
	for (size_t round = 0; round < 9; round++) {
		uint32_t cwnd = tp->snd_cwnd;

		fluid_run(&l, rtt[round], cwnd, 1, 0);
		if (tp->snd_cwnd < 2 * cwnd - 1 && !slow_round)
			slow_round = (uint32_t)round;
	}
	assert_int_equal(slow_round, 2);
	assert_true(tcp_in_initial_slowstart(tp)); /* and went on */
	assert_true(tp->snd_cwnd > 1000);
	lab_fini(&l);
}

/* ... but five rounds of longer round trips do, at a quarter of the pace. */
static void plusplus_ends_after_five_rounds(void **state)
{
	struct lab l;
	struct tcp *tp;
	uint32_t rounds = 0, begun;

	(void)state;
	lab_init(&l, "cubic", "a");
	lab_sysctl(&l, "tcp_cubic.hystart", "2");
	tp = l.tp;
	tp->sk_pacing_status = 1;
	tcp_cc_init(tp);
	fluid_run(&l, 50000, 10, 1, 0);
	fluid_run(&l, 50000, 20, 1, 0);
	begun = tp->snd_cwnd;
	while (tcp_in_initial_slowstart(tp) && rounds < 20) {
		fluid_run(&l, 70000, tp->snd_cwnd, 1, 0);
		rounds++;
	}
	print_message("HyStart++: %u rounds from %u to %u\n", rounds, begun, tp->snd_cwnd);
	assert_in_range(rounds, 5, 7);
	/* (1 + 1/4) a round for five, the first of them at full pace for eight samples. */
	assert_in_range(tp->snd_cwnd, begun * 24 / 10, begun * 38 / 10);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(average_windows),
		cmocka_unit_test(plateau_is_at_K),
		cmocka_unit_test(fast_convergence),
		cmocka_unit_test(follows_reno_on_short_paths),
		cmocka_unit_test(timeout_forgets),
		cmocka_unit_test(idleness_stops_the_clock),
		cmocka_unit_test(ways_out_of_slow_start),
		cmocka_unit_test(plusplus_comes_back_from_jitter),
		cmocka_unit_test(plusplus_ends_after_five_rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
