/* BBR version 1 on a simulated bottleneck. */
#include "tcp_cc_lab.h"

#include <math.h>

#include "transport/tcp/cc/bbr.h"

#define RATE 12500000u /* 100 Mbit/s */
#define RTT_US 40000u
#define BDP 345.3      /* segments */
#define S(x) ((int64_t)((x) * 1e9) + 1000000000) /* the lab begins at 1 s */

static union tcp_cc_info info(struct lab *l)
{
	union tcp_cc_info i;

	assert_true(l->tp->icsk_ca_ops->get_info(l->tp, &i));
	return i;
}

static void bbr_start(struct lab *l, const char *node, uint32_t buffer)
{
	lab_init(l, "bbr", node);
	lab_rtt_sample(l->tp, RTT_US); /* the handshake's */
	tcp_cc_init(l->tp);
	pipe_path(l, RATE, RTT_US, buffer);
}

/* What modes and gains were seen, in their order. */
struct history {
	uint32_t gains[64];
	int64_t since[64];
	uint32_t modes[16];
	uint32_t n, m;
	double max_queue;
};

static void record(struct lab *l)
{
	struct history *h = l->watch_data;
	const struct bbr *b = bbr_of(l->tp);

	if (pipe_queue(l) > h->max_queue)
		h->max_queue = pipe_queue(l);
	if ((!h->m || h->modes[h->m - 1] != b->mode) && h->m < 16)
		h->modes[h->m++] = b->mode;
	if ((!h->n || h->gains[h->n - 1] != b->pacing_gain) && h->n < 64) {
		h->since[h->n] = lab_now(l);
		h->gains[h->n++] = b->pacing_gain;
	}
}

static void finds_the_path(void **state)
{
	struct history h = {0};
	struct lab l;
	uint64_t acked;
	double utilization, queue = 0;

	(void)state;
	bbr_start(&l, "a", 0);
	assert_int_equal(l.tp->sk_pacing_status, 1);
	/* 2.89 times the initial window a round trip, less 1 %. */
	assert_in_range(l.tp->sk_pacing_rate, 10u * LAB_MSS * 25 * 282 / 100,
			10u * LAB_MSS * 25 * 289 / 100);
	l.watch = record;
	l.watch_data = &h;
	pipe_run(&l, S(2));

	/* STARTUP at 2.89, DRAIN at 0.347, then PROBE_BW. */
	assert_int_equal(h.modes[0], BBR_STARTUP);
	assert_int_equal(h.modes[1], BBR_DRAIN);
	assert_int_equal(h.modes[2], BBR_PROBE_BW);
	assert_int_equal(h.m, 3);
	assert_int_equal(h.gains[0], 739);
	assert_int_equal(h.gains[1], 88);
	/* log2(345 / 10) = 5.1 rounds to fill the path, then three without growth, which last up
	 * to 2.89 times as long because the queue grows to 1.89 times the product; and one to
	 * begin with. */
	assert_in_range(h.since[1] - S(0), 8 * 40000000, (7.1 + 4 * 2.89) * 40000000);
	assert_true(h.max_queue < 2.2 * BDP); /* ... and three bursts at that rate */
	assert_true(fabs((double)info(&l).bbr.bw / RATE - 1) < 0.02);
	/* min_rtt: the handshake's, or the path and one segment's transmission. */
	assert_in_range(info(&l).bbr.min_rtt, RTT_US, RTT_US + 117);

	/* Each cycle probes, drains, cruises; what probing queues is gone a round trip later. */
	for (uint32_t i = 2; i + 2 < h.n; i++)
		if (h.gains[i] == 320)
			assert_int_equal(h.gains[i + 1], 192);
		else if (h.gains[i] == 192)
			assert_int_equal(h.gains[i + 1], 256);
		else
			assert_int_equal(h.gains[i + 1], 320);
	acked = l.acked;
	for (int i = 0; i < 500; i++) {
		pipe_run(&l, S(2 + 0.01 * i));
		queue += pipe_queue(&l) / 500;
	}
	utilization = (double)(l.acked - acked) * LAB_MSS / 5 / RATE;
	print_message("BBR: bw %.2f Mbit/s (100), min_rtt %u us (40000), STARTUP %.0f ms, "
		      "use %.1f %%, mean queue %.1f segments (BDP %.0f)\n",
		      (double)info(&l).bbr.bw * 8 / 1e6, info(&l).bbr.min_rtt,
		      (double)(h.since[1] - S(0)) / 1e6, utilization * 100, queue, BDP);
	assert_true(utilization > 0.96);
	assert_true(queue < 0.1 * BDP);
	assert_int_equal(l.dropped, 0);
	lab_fini(&l);
}

/* After ten seconds without a new minimum: four segments for 200 ms and a round trip. */
static void low_window(struct lab *l)
{
	int64_t *from_to = l->watch_data;

	if (bbr_of(l->tp)->mode == BBR_PROBE_RTT && tcp_packets_in_flight(l->tp) <= 4) {
		if (!from_to[0])
			from_to[0] = lab_now(l);
		assert_true(l->tp->snd_cwnd <= 4);
	}
	if (from_to[0] && !from_to[1] && bbr_of(l->tp)->mode != BBR_PROBE_RTT)
		from_to[1] = lab_now(l);
}

static void probes_the_round_trip(void **state)
{
	struct lab l;
	int64_t from_to[2] = {0, 0};
	uint32_t cwnd;

	(void)state;
	bbr_start(&l, "a", 0);
	l.watch = low_window;
	l.watch_data = from_to;
	pipe_run(&l, S(9.5));
	assert_int_equal(from_to[0], 0);
	cwnd = l.tp->snd_cwnd;
	l.rtt_ns += 20000000; /* the path became longer: seen only now */
	pipe_run(&l, S(25));
	assert_true(from_to[0] > S(10));
	assert_in_range(from_to[1] - from_to[0], 200000000, 320000000);
	assert_in_range(info(&l).bbr.min_rtt, 60000, 60117);
	assert_true(l.tp->snd_cwnd > cwnd);
	assert_true(fabs((double)info(&l).bbr.bw / RATE - 1) < 0.03);
	lab_fini(&l);
}

static void probe_rtt_is_short(void **state)
{
	struct lab l;
	int64_t from_to[2] = {0, 0};

	(void)state;
	bbr_start(&l, "a", 0);
	l.watch = low_window;
	l.watch_data = from_to;
	pipe_run(&l, S(12));
	assert_in_range(from_to[0], S(10), S(10.6));
	assert_in_range(from_to[1] - from_to[0], 200000000, 300000000);
	assert_int_equal(bbr_of(l.tp)->mode, BBR_PROBE_BW);
	lab_fini(&l);
}

/* The filter forgets a rate after ten rounds, and finds twice as much in a few cycles. */
static void follows_the_rate(void **state)
{
	struct lab l;

	(void)state;
	bbr_start(&l, "a", 0);
	pipe_run(&l, S(2));
	l.rate = RATE / 2;
	pipe_run(&l, S(6));
	assert_true(fabs((double)info(&l).bbr.bw / (RATE / 2) - 1) < 0.03);
	assert_true(pipe_queue(&l) < 1.5 * BDP);
	l.rate = RATE;
	pipe_run(&l, S(9)); /* 1.25^n = 2: four cycles of 8 round trips */
	assert_true(fabs((double)info(&l).bbr.bw / RATE - 1) < 0.03);
	lab_fini(&l);
}

/* A request now and then does not show the path, and must not lower the estimate. */
static void ignores_the_application(void **state)
{
	struct lab l;
	uint64_t bw;

	(void)state;
	bbr_start(&l, "a", 0);
	pipe_run(&l, S(2));
	bw = info(&l).bbr.bw;
	l.app_left = 0;
	pipe_run(&l, S(3)); /* all that was in flight is acknowledged */
	assert_int_equal(l.tp->packets_out, 0);
	for (int i = 0; i < 30; i++) {
		l.app_left = 5;
		pipe_run(&l, S(3 + 0.1 * i));
	}
	assert_true(l.tp->app_limited);
	assert_true((double)info(&l).bbr.bw > 0.98 * (double)bw);
	lab_fini(&l);
}

/* Flows of different nodes begin at different phases. */
static void draws_its_phase_from_the_node(void **state)
{
	uint32_t seen = 0;

	(void)state;
	for (int i = 0; i < 16; i++) {
		struct lab l;
		char name[8] = {'n', (char)('a' + i), 0};

		bbr_start(&l, name, 0);
		bbr_of(l.tp)->full_bw_reached = 1;
		bbr_reset_probe_bw_mode(l.tp);
		assert_true(bbr_of(l.tp)->cycle_idx != 1); /* never begins by draining */
		seen |= 1u << bbr_of(l.tp)->cycle_idx;
		lab_fini(&l);
	}
	assert_true(__builtin_popcount(seen) >= 4);
}

/* A shallow buffer: STARTUP overruns it, the flow recovers and then uses the path. */
static void survives_losses(void **state)
{
	struct lab l;
	uint64_t acked, dropped;

	(void)state;
	bbr_start(&l, "a", 100);
	pipe_run(&l, S(3));
	assert_true(l.dropped > 0);
	acked = l.acked;
	dropped = l.dropped;
	pipe_run(&l, S(8));
	print_message("BBR, buffer 100: use %.1f %%, %.2f %% dropped\n",
		      (double)(l.acked - acked) * LAB_MSS / 5 / RATE * 100,
		      (double)(l.dropped - dropped) / (double)(l.acked - acked) * 100);
	assert_true((double)(l.acked - acked) * LAB_MSS / 5 > 0.9 * RATE);
	lab_fini(&l);
}

/* 20 Mbit/s with a bucket of 100 segments in front of 100 Mbit/s. */
static void note_policer(struct lab *l)
{
	if (bbr_of(l->tp)->lt_use_bw)
		*(uint32_t *)l->watch_data = bbr_of(l->tp)->lt_bw;
}

static void sees_a_policer(void **state)
{
	struct lab l;
	uint32_t lt_bw = 0;
	double bw;

	(void)state;
	bbr_start(&l, "a", 0);
	l.police_rate = RATE / 5;
	l.police_burst = l.police_tokens = 100.0 * LAB_MSS;
	l.police_ns = lab_now(&l);
	l.watch = note_policer;
	l.watch_data = &lt_bw;
	pipe_run(&l, S(10));
	assert_true(lt_bw > 0);
	bw = (double)lt_bw * LAB_MSS * 1e6 / (double)BW_UNIT;
	print_message("BBR, policed to 20 Mbit/s: estimate %.2f Mbit/s\n", bw * 8 / 1e6);
	assert_true(fabs(bw / (RATE / 5) - 1) < 0.15);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_path),
		cmocka_unit_test(probe_rtt_is_short),
		cmocka_unit_test(probes_the_round_trip),
		cmocka_unit_test(follows_the_rate),
		cmocka_unit_test(ignores_the_application),
		cmocka_unit_test(draws_its_phase_from_the_node),
		cmocka_unit_test(survives_losses),
		cmocka_unit_test(sees_a_policer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
