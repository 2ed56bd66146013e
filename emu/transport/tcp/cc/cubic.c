/*
 * CUBIC (RFC 9438), with the constants and the integers of Linux.
 *
 * After a reduction from Wmax the window follows W(t) = C (t - K)^3 + Wmax, with K such that W(0)
 * is the window now: fast back towards Wmax, slow around it, fast again beyond. Time is real
 * time, not round trips, so that flows of different RTTs are treated alike. Where Reno would be
 * faster (short paths, small windows) it follows an estimate of what Reno's window would be.
 *
 * Units: t and K are in 1/1024 s. C = 410/1024 segments/s^3, beta = 717/1024. The curve gives
 * `cnt`: the window grows by one segment for every cnt that are acknowledged. Instants are in us,
 * where Linux has jiffies; it does not compute the curve twice in one of those, we not twice in 1
 * ms.
 *
 * The first slow start ends by HyStart: hystart.h.
 */
#include "transport/tcp/cc/hystart.h"

#include "core/alloc.h"
#include "ip/node.h"

#define BETA 717u            /* of 1024: RFC 9438 4.6 */
#define C_SCALED 410u        /* C * 1024: RFC 9438 5 */
#define BETA_SCALE 15u       /* 8 (1 + beta) / (3 (1 - beta)): Reno's segments a window, times 8 */
#define CUBE_FACTOR ((UINT64_C(1) << 40) / C_SCALED)
#define CURVE_LIMIT_US 300000000u /* |t - K| stays below: its cube must fit 64 bits */
#define RECOMPUTE_US 31250u  /* while the window stands still: 1/32 s */
#define CURVE_STEP_US 1000u

struct cubic {
	uint64_t epoch_start;  /* us; 0: no epoch, the next growth begins one */
	uint64_t last_time;    /* us: when cnt was computed */
	uint32_t cnt;          /* acked segments that make the window one larger */
	uint32_t last_max_cwnd; /* Wmax, after fast convergence */
	uint32_t last_cwnd;
	uint32_t origin_point; /* the plateau of the curve */
	uint32_t K;            /* when it is reached, after epoch_start; 1/1024 s */
	uint32_t delay_min;    /* us: shortest round trip; 0: none yet */
	uint32_t ack_cnt;      /* acked since tcp_cwnd grew last */
	uint32_t tcp_cwnd;     /* Reno's window since epoch_start */
	struct hystart hystart;
};
_Static_assert(sizeof(struct cubic) <= sizeof(((struct tcp *)0)->ca_priv), "ca_priv is too small");

/* The integer part of a's cube root, bit by bit. */
static uint32_t cubic_root(uint64_t a)
{
	uint64_t root = 0;

	for (int bit = 63; bit >= 0; bit -= 3) {
		uint64_t step;

		root *= 2;
		step = 3 * root * (root + 1) + 1; /* (root + 1)^3 - root^3 */
		if (a >> bit >= step) {
			a -= step << bit;
			root++;
		}
	}
	return (uint32_t)root;
}

static void cubic_reset(struct tcp *tp)
{
	struct cubic *ca = tcp_ca(tp);

	*ca = (struct cubic){.epoch_start = 0};
	hystart_reset(tp, &ca->hystart);
}

static void cubic_epoch_begin(struct cubic *ca, uint64_t now, uint32_t cwnd, uint32_t acked)
{
	ca->epoch_start = now ? now : 1;
	ca->ack_cnt = acked;
	ca->tcp_cwnd = cwnd;
	if (ca->last_max_cwnd <= cwnd) {
		ca->K = 0;
		ca->origin_point = cwnd;
	} else {
		ca->K = cubic_root(CUBE_FACTOR * (ca->last_max_cwnd - cwnd));
		ca->origin_point = ca->last_max_cwnd;
	}
}

/* The window that the curve wants one shortest round trip from now. */
static uint32_t cubic_target(const struct cubic *ca, uint64_t now)
{
	uint64_t t_us = now - ca->epoch_start + ca->delay_min;
	uint64_t k_us = (uint64_t)ca->K * 1000000 / 1024;
	uint64_t t, off, delta;

	/* Linux lets the cube wrap here, after six minutes without a loss. */
	if (t_us > k_us + CURVE_LIMIT_US)
		t_us = k_us + CURVE_LIMIT_US;
	t = t_us * 1024 / 1000000;
	off = t < ca->K ? ca->K - t : t - ca->K;
	delta = (C_SCALED * off * off * off) >> 40;
	return t < ca->K ? ca->origin_point - (uint32_t)delta : ca->origin_point + (uint32_t)delta;
}

/* RFC 9438 4.3: not slower than Reno. */
static void cubic_reno_friendly(struct cubic *ca, uint32_t cwnd)
{
	uint32_t per_segment = (cwnd * BETA_SCALE) >> 3;

	if (ca->ack_cnt > per_segment && per_segment) {
		uint32_t n = (ca->ack_cnt - 1) / per_segment;

		ca->ack_cnt -= n * per_segment;
		ca->tcp_cwnd += n;
	}
	if (ca->tcp_cwnd > cwnd) {
		uint32_t cnt = cwnd / (ca->tcp_cwnd - cwnd);

		if (ca->cnt > cnt)
			ca->cnt = cnt;
	}
}

static void cubic_update(struct tcp *tp, uint32_t cwnd, uint32_t acked)
{
	struct cubic *ca = tcp_ca(tp);
	uint64_t now = tp->tcp_mstamp;

	ca->ack_cnt += acked;
	if (ca->last_cwnd == cwnd && now - ca->last_time <= RECOMPUTE_US)
		return;
	if (!ca->epoch_start || now - ca->last_time >= CURVE_STEP_US) {
		uint32_t target;

		ca->last_cwnd = cwnd;
		ca->last_time = now;
		if (!ca->epoch_start)
			cubic_epoch_begin(ca, now, cwnd, acked);
		target = cubic_target(ca, now);
		ca->cnt = target > cwnd ? cwnd / (target - cwnd) : 100 * cwnd;
		/* Nothing is known of the path yet: 5 % a round trip at least. */
		if (!ca->last_max_cwnd && ca->cnt > 20)
			ca->cnt = 20;
	}
	if (tcp_sysctl(tp)->tcp_cubic_tcp_friendliness)
		cubic_reno_friendly(ca, cwnd);
	if (ca->cnt < 2) /* at most 1.5 times a round trip: RFC 9438 4.4 */
		ca->cnt = 2;
}

static void cubic_cong_avoid(struct tcp *tp, uint32_t ack, uint32_t acked)
{
	struct cubic *ca = tcp_ca(tp);

	(void)ack;
	if (!tcp_is_cwnd_limited(tp))
		return;
	if (tcp_in_slow_start(tp)) {
		acked = tcp_slow_start(tp, hystart_growth(tp, &ca->hystart, acked));
		if (!acked)
			return;
	}
	cubic_update(tp, tp->snd_cwnd, acked);
	tcp_cong_avoid_ai(tp, ca->cnt, acked);
}

/* RFC 9438 4.6, 4.7. */
static uint32_t cubic_ssthresh(struct tcp *tp)
{
	struct cubic *ca = tcp_ca(tp);
	uint32_t cwnd = tp->snd_cwnd, ssthresh;

	ca->epoch_start = 0;
	/* A flow that did not get back to its last maximum makes room for a new one. */
	if (cwnd < ca->last_max_cwnd && tcp_sysctl(tp)->tcp_cubic_fast_convergence)
		ca->last_max_cwnd = (uint32_t)((uint64_t)cwnd * (1024 + BETA) / 2048);
	else
		ca->last_max_cwnd = cwnd;
	ssthresh = (uint32_t)((uint64_t)cwnd * BETA / 1024);
	return ssthresh > 2 ? ssthresh : 2;
}

static void cubic_set_state(struct tcp *tp, enum tcp_ca_state st)
{
	if (st == TCP_CA_Loss)
		cubic_reset(tp);
}

/* Time in which the application sent nothing does not count: RFC 9438 5.8. */
static void cubic_cwnd_event(struct tcp *tp, enum tcp_ca_event ev)
{
	struct cubic *ca = tcp_ca(tp);

	if (ev == CA_EVENT_TX_START && ca->epoch_start && tp->tcp_mstamp > tp->lsndtime) {
		ca->epoch_start += tp->tcp_mstamp - tp->lsndtime;
		if (ca->epoch_start > tp->tcp_mstamp)
			ca->epoch_start = tp->tcp_mstamp;
	}
}

static void cubic_pkts_acked(struct tcp *tp, const struct ack_sample *s)
{
	struct cubic *ca = tcp_ca(tp);
	uint32_t delay;

	if (s->rtt_us < 0)
		return;
	/* The first second after a recovery: round trips are not what they will be. */
	if (ca->epoch_start && tp->tcp_mstamp - ca->epoch_start < 1000000)
		return;
	delay = s->rtt_us ? (uint32_t)s->rtt_us : 1;
	if (!ca->delay_min || delay < ca->delay_min)
		ca->delay_min = delay;
	if (!ca->hystart.found && tcp_in_slow_start(tp))
		hystart_update(tp, &ca->hystart, delay, ca->delay_min);
}

const struct tcp_congestion_ops tcp_cc_cubic = {
	.name = "cubic",
	.priv_size = sizeof(struct cubic),
	.non_restricted = true,
	.init = cubic_reset,
	.ssthresh = cubic_ssthresh,
	.cong_avoid = cubic_cong_avoid,
	.undo_cwnd = tcp_reno_undo_cwnd,
	.pkts_acked = cubic_pkts_acked,
	.set_state = cubic_set_state,
	.cwnd_event = cubic_cwnd_event,
};
