#include "link/qdisc.h"

/*
 * pie: drops arriving frames with a probability that a proportional integral controller sets so
 * that the delay comes to the target (RFC 8033; tc-pie(8)).
 *
 * The delay is that of the last frame that left (RFC 8033 4.3 takes stamps too, as Linux does), or
 * with `dq_rate_estimator` the length of the queue over the measured rate (5.2). What the RFC does
 * every tupdate is done before the next arrival or departure, once for each tupdate that has
 * passed: in between nothing changes that it would look at.
 */

#define MAX_BURST (150 * NS_PER_MS) /* RFC 8033 4.4 */
#define VERY_LATE (250 * NS_PER_MS) /* above, it grows faster, as Linux's does */
#define FAST_STEP 0.02              /* 5.5 */
#define DECAY (1 - 1.0 / 64)
#define MARK_MOST 0.1               /* 5.1: above, ECN or not, frames are dropped */
#define ACCU_LEAST 0.85             /* 5.4: no drop before, */
#define ACCU_MOST 8.5               /* and one for certain after that sum of probabilities */
#define SMALL_QUEUE 2               /* full frames: never dropped below */
#define DQ_THRESHOLD 16384          /* bytes of one measurement */
#define DQ_WEIGHT 0.25

struct qdisc_pie {
	struct qdisc base; /* first */
	struct fifo fifo;
	double prob;
	double accu;       /* probabilities since the last drop */
	int64_t burst;     /* ns for which bursts still pass */
	int64_t delay;     /* ns, as of now */
	int64_t delay_old; /* at the last update */
	vtime update_at;
	bool measuring;    /* dq_rate_estimator: */
	vtime dq_start;
	uint64_t dq_count; /* bytes since */
	double dq_time;    /* s that DQ_THRESHOLD bytes take on average; 0: not known */
	uint64_t early;
};

static void pie_init(struct qdisc *q, vtime now)
{
	struct qdisc_pie *s = (struct qdisc_pie *)q;

	s->prob = s->accu = s->dq_time = 0;
	s->burst = MAX_BURST;
	s->delay = s->delay_old = 0;
	s->update_at = vtime_add(now, q->params.tupdate);
	s->measuring = false;
}

/* By how much to change gently while the probability is small (RFC 8033 4.2). */
static double pie_scale(double prob)
{
	static const struct {
		double below, by;
	} steps[] = {
		{0.000001, 1.0 / 2048}, {0.00001, 1.0 / 512}, {0.0001, 1.0 / 128},
		{0.001, 1.0 / 32},      {0.01, 1.0 / 8},      {0.1, 1.0 / 2},
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (prob < steps[i].below)
			return steps[i].by;
	return 1;
}

static int64_t pie_delay_now(const struct qdisc_pie *s)
{
	if (!s->base.params.dq_rate_estimator)
		return s->delay;
	return (int64_t)((double)s->base.bytes * s->dq_time / DQ_THRESHOLD * 1e9);
}

/* RFC 8033 4.2, 4.4 and 5.5. */
static void pie_update(struct qdisc_pie *s)
{
	const struct qdisc_params *params = &s->base.params;
	int64_t delay = pie_delay_now(s), calm = params->target.ns / 2;
	double late = (double)(delay - params->target.ns) / 1e9;
	double rising = (double)(delay - s->delay_old) / 1e9;
	double p = (params->alpha * late + params->beta * rising) / 16 * pie_scale(s->prob);

	if (s->prob >= 0.1 && p > FAST_STEP)
		p = FAST_STEP;
	if (delay > VERY_LATE)
		p += FAST_STEP;
	s->prob += p;
	if (delay == 0 && s->delay_old == 0 && !s->base.packets)
		s->prob *= DECAY;
	s->prob = s->prob < 0 ? 0 : s->prob > 1 ? 1 : s->prob;
	s->burst = s->burst > params->tupdate.ns ? s->burst - params->tupdate.ns : 0;
	if (s->prob == 0 && delay < calm && s->delay_old < calm) {
		s->burst = MAX_BURST;
		s->accu = 0;
	}
	s->delay_old = s->delay = delay;
}

static void pie_catch_up(struct qdisc_pie *s, vtime now)
{
	int64_t every = s->base.params.tupdate.ns;

	for (; s->update_at.ns <= now.ns; s->update_at.ns += every) {
		pie_update(s);
		/* Nothing to control: so it stays for as long as nobody comes. */
		if (s->prob == 0 && s->delay == 0 && s->burst == MAX_BURST && !s->base.packets)
			s->update_at.ns += (now.ns - s->update_at.ns) / every * every;
	}
}

/* RFC 8033 4.1, 5.4. */
static bool pie_drops(struct qdisc_pie *s, const struct packet *p)
{
	const struct qdisc *q = &s->base;
	double prob = s->prob;

	if (s->burst > 0)
		return false;
	if ((s->delay_old < q->params.target.ns / 2 && prob < 0.2) ||
	    q->bytes <= (uint64_t)SMALL_QUEUE * q->place.mtu)
		return false;
	if (q->params.bytemode && packet_len(p) < q->place.mtu)
		prob = prob * packet_len(p) / q->place.mtu;
	s->accu = prob == 0 ? 0 : s->accu + prob;
	if (s->accu < ACCU_LEAST)
		return false;
	if (s->accu < ACCU_MOST && rng_unit(&s->base.rng) >= prob)
		return false;
	s->accu = 0;
	return true;
}

static void pie_enqueue(struct qdisc *q, struct packet *p, vtime now)
{
	struct qdisc_pie *s = (struct qdisc_pie *)q;

	pie_catch_up(s, now);
	if (qdisc_full(q, p)) {
		s->accu = 0;
		qdisc_drop_full(q, p);
		return;
	}
	if (pie_drops(s, p)) {
		s->early++;
		if (s->prob > MARK_MOST || !qdisc_mark(q, p)) {
			qdisc_drop(q, p, DROP_PIE, (uint64_t)(s->prob * 1e6));
			return;
		}
	}
	qdisc_push(q, &s->fifo, p);
}

/* RFC 8033 5.2: how long DQ_THRESHOLD bytes take, while there are so many. */
static void pie_measure(struct qdisc_pie *s, uint32_t len, vtime now)
{
	if (!s->measuring) {
		if (s->base.bytes < DQ_THRESHOLD)
			return;
		s->measuring = true;
		s->dq_start = now;
		s->dq_count = 0;
		return;
	}
	s->dq_count += len;
	if (s->dq_count < DQ_THRESHOLD)
		return;
	double took = vtime_seconds(vtime_sub(now, s->dq_start)) * DQ_THRESHOLD /
		      (double)s->dq_count;
	s->dq_time = s->dq_time == 0 ? took : DQ_WEIGHT * took + (1 - DQ_WEIGHT) * s->dq_time;
	s->dq_start = now;
	s->dq_count = 0;
	s->measuring = s->base.bytes >= DQ_THRESHOLD;
}

static struct packet *pie_dequeue(struct qdisc *q, vtime now)
{
	struct qdisc_pie *s = (struct qdisc_pie *)q;
	struct packet *p;

	pie_catch_up(s, now);
	p = qdisc_pop(q, &s->fifo);
	if (!p)
		return NULL;
	if (q->params.dq_rate_estimator)
		pie_measure(s, packet_len(p), now);
	else
		s->delay = q->packets ? vtime_sub(now, p->at).ns : 0;
	return p;
}

static struct packet *pie_take(struct qdisc *q)
{
	return qdisc_pop(q, &((struct qdisc_pie *)q)->fifo);
}

static uint32_t pie_figures(const struct qdisc *q, struct qdisc_figure *f)
{
	const struct qdisc_pie *s = (const struct qdisc_pie *)q;
	double rate = s->dq_time > 0 ? DQ_THRESHOLD * 8 / s->dq_time : 0;

	f[0] = (struct qdisc_figure){"prob", s->prob, false};
	f[1] = (struct qdisc_figure){"delay", (double)pie_delay_now(s) / 1e9, false};
	f[2] = (struct qdisc_figure){"burst_time", (double)s->burst / 1e9, false};
	f[3] = (struct qdisc_figure){"early", (double)s->early, true};
	if (!q->params.dq_rate_estimator)
		return 4;
	f[4] = (struct qdisc_figure){"avg_dq_rate", rate, false};
	return 5;
}

const struct qdisc_ops qdisc_pie = {
	.name = "pie",
	.words = "PIE",
	.size = sizeof(struct qdisc_pie),
	.init = pie_init,
	.enqueue = pie_enqueue,
	.dequeue = pie_dequeue,
	.take = pie_take,
	.figures = pie_figures,
};
