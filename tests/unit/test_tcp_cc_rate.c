/* Delivery rate samples, and the pacing rate. */
#include "tcp_cc_lab.h"

static void at_us(struct lab *l, uint64_t us)
{
	lab_advance(l, (int64_t)us * 1000);
}

static void send_seg(struct lab *l, struct tcp_seg *seg)
{
	*seg = (struct tcp_seg){.seq = l->tp->snd_nxt, .end_seq = l->tp->snd_nxt + LAB_MSS};
	seg->mstamp = l->tp->tcp_mstamp;
	tcp_rate_skb_sent(l->tp, seg);
	l->tp->snd_nxt += LAB_MSS;
	l->tp->packets_out++;
}

static void ack_seg(struct lab *l, struct tcp_seg *seg, struct rate_sample *rs)
{
	tcp_rate_begin(rs);
	tcp_rate_skb_delivered(l->tp, seg, rs);
	l->tp->packets_out--;
	l->tp->delivered++;
	tcp_rate_gen(l->tp, 1, 0, false, rs);
}

/* Four segments 1 ms apart; ACKs 2 ms apart: the path, not the sender, sets the rate. */
static void ack_phase(void **state)
{
	struct lab l;
	struct tcp_seg seg[8];
	struct rate_sample rs;

	(void)state;
	lab_init(&l, "reno", "a");
	l.tp->rtt_min.s[0].v = 10000;
	for (uint64_t i = 0; i < 4; i++) {
		at_us(&l, 2000000 + 1000 * i);
		send_seg(&l, &seg[i]);
	}
	for (uint64_t i = 0; i < 4; i++) {
		at_us(&l, 2010000 + 2000 * i);
		ack_seg(&l, &seg[i], &rs);
		assert_int_equal(rs.delivered, i + 1);
		assert_int_equal(rs.interval_us, 10000 + 2000 * i);
		assert_int_equal(rs.snd_interval_us, 1000 * i);
		send_seg(&l, &seg[4 + i]);
	}
	/* The next window: from the ACK that was the last when it was sent. */
	at_us(&l, 2020000);
	ack_seg(&l, &seg[4], &rs);
	assert_int_equal(rs.prior_delivered, 1);
	assert_int_equal(rs.delivered, 4);
	assert_int_equal(rs.interval_us, 10000);
	assert_int_equal(tcp_rate_delivery_rate(l.tp), 4 * LAB_MSS * 100);
	lab_fini(&l);
}

/* ACKs that were held up and come together do not show a rate at which nothing was sent. */
static void send_phase(void **state)
{
	struct lab l;
	struct tcp_seg seg[20], more[20];
	struct rate_sample rs;

	(void)state;
	lab_init(&l, "reno", "a");
	l.tp->rtt_min.s[0].v = 1000;
	for (uint64_t i = 0; i < 20; i++) {
		at_us(&l, 2000000 + 1000 * i);
		send_seg(&l, &seg[i]);
	}
	at_us(&l, 2030000);
	for (int i = 0; i < 20; i++)
		ack_seg(&l, &seg[i], &rs);
	assert_int_equal(rs.delivered, 20);
	assert_int_equal(rs.interval_us, 30000);
	for (uint64_t i = 0; i < 20; i++) {
		at_us(&l, 2030000 + 1000 * i);
		send_seg(&l, &more[i]);
		if (i == 9) {
			at_us(&l, 2039500); /* one of them comes early */
			ack_seg(&l, &more[0], &rs);
		}
	}
	at_us(&l, 2049600);
	for (int i = 1; i < 20; i++)
		ack_seg(&l, &more[i], &rs);
	/* The last was sent after the early ACK: 19 since, over the 19 ms in which they were
	 * sent, not the 10.1 ms between the ACKs. */
	assert_int_equal(rs.delivered, 19);
	assert_int_equal(rs.rcv_interval_us, 10100);
	assert_int_equal(rs.snd_interval_us, 19000);
	assert_int_equal(rs.interval_us, 19000);
	lab_fini(&l);
}

static void invalid_samples(void **state)
{
	struct lab l;
	struct tcp_seg seg;
	struct rate_sample rs;

	(void)state;
	lab_init(&l, "reno", "a");
	at_us(&l, 2000000);
	send_seg(&l, &seg);
	at_us(&l, 2004000);
	l.tp->rtt_min.s[0].v = 5000; /* no round trip is as short as this */
	tcp_rate_begin(&rs);
	tcp_rate_skb_delivered(l.tp, &seg, &rs);
	tcp_rate_gen(l.tp, 1, 0, false, &rs);
	assert_int_equal(rs.interval_us, -1);
	assert_int_equal(tcp_rate_delivery_rate(l.tp), 0);
	/* Sacked, then acked: one sample, not two. */
	tcp_rate_begin(&rs);
	tcp_rate_skb_delivered(l.tp, &seg, &rs);
	tcp_rate_gen(l.tp, 0, 2, false, &rs);
	assert_int_equal(rs.delivered, -1);
	assert_int_equal(rs.losses, 2);
	/* A receiver took back what it had. */
	send_seg(&l, &seg);
	at_us(&l, 2104000);
	tcp_rate_begin(&rs);
	tcp_rate_skb_delivered(l.tp, &seg, &rs);
	tcp_rate_gen(l.tp, 1, 0, true, &rs);
	assert_int_equal(rs.delivered, -1);
	lab_fini(&l);
}

static void application_limited(void **state)
{
	struct lab l;
	struct tcp *tp;
	struct tcp_seg seg[4];
	struct rate_sample rs;

	(void)state;
	lab_init(&l, "reno", "a");
	tp = l.tp;
	tp->rtt_min.s[0].v = 10000;
	at_us(&l, 2000000);
	send_seg(&l, &seg[0]);
	tp->write_seq = tp->snd_nxt + 2 * LAB_MSS; /* more to send: not limited */
	tcp_rate_check_app_limited(tp, 0);
	assert_int_equal(tp->app_limited, 0);
	tp->write_seq = tp->snd_nxt;
	tcp_rate_check_app_limited(tp, 5000); /* the host's queue is not empty */
	assert_int_equal(tp->app_limited, 0);
	tp->lost_out = 1;
	tp->sacked_out = 0;
	tcp_rate_check_app_limited(tp, 0); /* a loss waits to be resent */
	assert_int_equal(tp->app_limited, 0);
	tp->lost_out = 0;
	tp->snd_cwnd = 1;
	tcp_rate_check_app_limited(tp, 0); /* the window is full */
	assert_int_equal(tp->app_limited, 0);
	tp->snd_cwnd = 10;
	tcp_rate_check_app_limited(tp, 0);
	assert_int_equal(tp->app_limited, tp->delivered + 1);

	send_seg(&l, &seg[1]); /* sent in the bubble */
	at_us(&l, 2010000);
	ack_seg(&l, &seg[0], &rs);
	assert_false(rs.is_app_limited);
	ack_seg(&l, &seg[1], &rs);
	assert_true(rs.is_app_limited);
	assert_int_equal(tp->app_limited, 0); /* the bubble is through */
	send_seg(&l, &seg[2]);
	at_us(&l, 2030000);
	ack_seg(&l, &seg[2], &rs);
	assert_false(rs.is_app_limited);
	lab_fini(&l);
}

static void app_limited_rates_only_raise(void **state)
{
	struct lab l;
	struct tcp_seg seg[2];
	struct rate_sample rs;
	uint64_t rate;

	(void)state;
	lab_init(&l, "reno", "a");
	l.tp->rtt_min.s[0].v = 1000;
	at_us(&l, 2000000);
	send_seg(&l, &seg[0]);
	send_seg(&l, &seg[1]);
	at_us(&l, 2010000);
	ack_seg(&l, &seg[0], &rs);
	ack_seg(&l, &seg[1], &rs);
	rate = tcp_rate_delivery_rate(l.tp);
	assert_int_equal(rate, 2 * LAB_MSS * 100);
	l.tp->write_seq = l.tp->snd_nxt;
	tcp_rate_check_app_limited(l.tp, 0);
	send_seg(&l, &seg[0]);
	at_us(&l, 2060000);
	ack_seg(&l, &seg[0], &rs); /* 1 in 50 ms: the application */
	assert_true(rs.is_app_limited);
	assert_int_equal(tcp_rate_delivery_rate(l.tp), rate);
	lab_fini(&l);
}

/* tcp_update_pacing_rate(): 200 % in slow start, 120 % from half of ssthresh on. */
static void pacing_rate(void **state)
{
	struct lab l;
	struct tcp *tp;
	const uint64_t once = 20 * LAB_MSS * 10; /* 20 segments in 100 ms */

	(void)state;
	lab_init(&l, "reno", "a");
	tp = l.tp;
	tp->srtt_us = 100000 * 8;
	tp->snd_cwnd = 20;
	tcp_update_pacing_rate(tp);
	assert_int_equal(tp->sk_pacing_rate, 2 * once);
	tp->snd_ssthresh = 42;
	tcp_update_pacing_rate(tp);
	assert_int_equal(tp->sk_pacing_rate, 2 * once);
	tp->snd_ssthresh = 40;
	tcp_update_pacing_rate(tp);
	assert_int_equal(tp->sk_pacing_rate, once * 12 / 10);
	tp->packets_out = 40; /* more is out than the window allows now */
	tcp_update_pacing_rate(tp);
	assert_int_equal(tp->sk_pacing_rate, 2 * once * 12 / 10);
	lab_sysctl(&l, "net.ipv4.tcp_pacing_ca_ratio", "100");
	tcp_update_pacing_rate(tp);
	assert_int_equal(tp->sk_pacing_rate, 2 * once);
	tp->sk_max_pacing_rate = 1000;
	tcp_update_pacing_rate(tp);
	assert_int_equal(tp->sk_pacing_rate, 1000);
	lab_fini(&l);
}

static void pacing_departures(void **state)
{
	struct lab l;
	struct tcp *tp;
	int64_t now = 5000000000;

	(void)state;
	lab_init(&l, "reno", "a");
	tp = l.tp;
	tp->sk_pacing_rate = 1000000;
	tcp_pacing_sent(tp, now, 1000);
	assert_int_equal(tp->tcp_wstamp_ns, 0); /* not asked for */
	tp->sk_pacing_status = 1;
	tp->data_segs_out = 3;
	tcp_pacing_sent(tp, now, 1000);
	assert_int_equal(tp->tcp_wstamp_ns, now); /* the initial window is not spread */
	tp->data_segs_out = 10;
	tcp_pacing_sent(tp, now, 1000);
	assert_int_equal(tp->tcp_wstamp_ns, now + 1000000);
	tcp_pacing_sent(tp, now + 1200000, 1000); /* 200 us late: 800 us until the next */
	assert_int_equal(tp->tcp_wstamp_ns, now + 2000000);
	tcp_pacing_sent(tp, now + 5000000, 1000); /* much too late: half is credit */
	assert_int_equal(tp->tcp_wstamp_ns, now + 5500000);
	tp->sk_pacing_rate = UINT64_MAX;
	tcp_pacing_sent(tp, now + 6000000, 1000);
	assert_int_equal(tp->tcp_wstamp_ns, now + 6000000);
	lab_fini(&l);
}

static void burst_sizes(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, "reno", "a");
	l.tp->rtt_min.s[0].v = 50000;
	l.tp->sk_pacing_rate = 12500000; /* 12207 bytes in 1/1024 s */
	assert_int_equal(tcp_tso_autosize(l.tp), 1); /* not paced */
	l.tp->sk_pacing_status = 1;
	assert_int_equal(tcp_tso_autosize(l.tp), 8);
	l.tp->sk_pacing_rate = 100000;
	assert_int_equal(tcp_tso_autosize(l.tp), 2);
	l.tp->sk_pacing_rate = UINT64_MAX;
	assert_int_equal(tcp_tso_autosize(l.tp), (65536 - 1 - 320) / LAB_MSS);
	l.tp->sk_pacing_rate = 100000;
	l.tp->rtt_min.s[0].v = 600; /* a short path: half of the largest piece more */
	assert_int_equal(tcp_tso_autosize(l.tp), (32768 + 97) / LAB_MSS);
	lab_sysctl(&l, "net.ipv4.tcp_tso_rtt_log", "0");
	assert_int_equal(tcp_tso_autosize(l.tp), 2);
	lab_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ack_phase),
		cmocka_unit_test(send_phase),
		cmocka_unit_test(invalid_samples),
		cmocka_unit_test(application_limited),
		cmocka_unit_test(app_limited_rates_only_raise),
		cmocka_unit_test(pacing_rate),
		cmocka_unit_test(pacing_departures),
		cmocka_unit_test(burst_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
