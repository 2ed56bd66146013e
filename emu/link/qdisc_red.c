#include "link/qdisc.h"

/*
 * red: drops arriving frames with a probability that grows with the average length of the queue
 * (RFC 2309 2; Floyd and Jacobson, "Random Early Detection Gateways", 1993; tc-red(8)), and with
 * `adaptive` tunes that probability (Floyd, Gummadi, Shenker, "Adaptive RED", 2001).
 *
 * Lengths are in the unit of the limit, packets or bytes. The average is (1 - w) avg + w length at
 * each arrival; over an idle time it falls as if so many small arrivals had found the queue empty
 * as typical frames would have passed. Between min and max, one of the next 1 / p frames is taken,
 * each equally likely (section 7 of the paper, method 2); above max, every one.
 */

#define ADAPT_EVERY (500 * NS_PER_MS)
#define ADAPT_LEAST 0.01
#define ADAPT_MOST 0.5
#define ADAPT_UP 0.01
#define ADAPT_DOWN 0.9
#define LOG_MOST 31

struct qdisc_red {
	struct qdisc base; /* first */
	struct fifo fifo;
	double min, max;   /* as given, or derived from the limit */
	double weight;
	double avg;
	double max_p;
	double draw;       /* what count * p is held against, from [0, 1) */
	int64_t count;     /* frames since the last one was taken; -1: below min */
	vtime idle_since;  /* while the queue is empty */
	vtime adapt_at;
	uint64_t early, forced;
};

/* x to the n. libm's pow() is not the same on every machine. */
static double power(double x, uint64_t n)
{
	double r = 1;

	for (; n; n >>= 1, x *= x)
		if (n & 1)
			r *= x;
	return r;
}

/*
 * The greatest weight, a power of two, with which a burst of that many frames into an empty queue
 * leaves the average below min: burst + 1 - min < (1 - (1 - w)^burst) / w, as tc(8) finds it.
 */
static double red_weight(double min, uint32_t burst)
{
	double a = burst + 1 - min, w = 0.5;

	for (int log = 1; log < LOG_MOST && a > (1 - power(1 - w, burst)) / w; log++)
		w /= 2;
	return w;
}

static void red_setup(struct qdisc_red *s)
{
	const struct qdisc_params *p = &s->base.params;
	double unit = s->base.place.limit_bytes ? p->avpkt : 1;
	double burst;

	s->max = p->max ? (double)p->max : p->min ? 3.0 * (double)p->min
						  : (double)s->base.place.limit / 4;
	s->min = p->min ? (double)p->min : s->max / 3;
	burst = p->burst ? p->burst : (2 * s->min + s->max) / (3 * unit);
	s->weight = red_weight(s->min / unit, burst < 1 ? 1 : (uint32_t)burst);
}

static void red_init(struct qdisc *q, vtime now)
{
	struct qdisc_red *s = (struct qdisc_red *)q;

	red_setup(s);
	s->avg = 0;
	s->max_p = q->params.probability;
	s->count = -1;
	s->idle_since = now;
	s->adapt_at = vtime_add(now, vtime_ns(ADAPT_EVERY));
}

static void red_change(struct qdisc *q, vtime now)
{
	struct qdisc_red *s = (struct qdisc_red *)q;

	(void)now;
	red_setup(s);
	if (!q->params.adaptive)
		s->max_p = q->params.probability;
}

/* The average at an instant at which nothing waits and nothing has since idle_since. */
static double red_idle_average(const struct qdisc_red *s, vtime at)
{
	__extension__ typedef unsigned __int128 wide;
	uint64_t bits = 8 * (uint64_t)s->base.params.avpkt, rate = s->base.place.rate;
	int64_t idle = vtime_sub(at, s->idle_since).ns;

	if (!rate || idle <= 0)
		return s->avg;
	return s->avg * power(1 - s->weight, (uint64_t)((wide)idle * rate / NS_PER_S / bits));
}

/* Keeps the average in the middle of min and max, in steps of half a second. */
static void red_adapt(struct qdisc_red *s, vtime now)
{
	double span = s->max - s->min;

	for (; s->adapt_at.ns <= now.ns; s->adapt_at.ns += ADAPT_EVERY) {
		double avg = s->base.packets ? s->avg : red_idle_average(s, s->adapt_at);

		if (avg > s->min + 0.6 * span && s->max_p <= ADAPT_MOST) {
			s->max_p += s->max_p / 4 < ADAPT_UP ? s->max_p / 4 : ADAPT_UP;
		} else if (avg < s->min + 0.4 * span && s->max_p >= ADAPT_LEAST) {
			s->max_p *= ADAPT_DOWN;
		} else if (!s->base.packets && avg < s->min) {
			/* It will stay as it is for as long as nobody comes. */
			int64_t rest = (now.ns - s->adapt_at.ns) / ADAPT_EVERY;

			s->adapt_at.ns += rest * ADAPT_EVERY;
		}
	}
}

enum red_verdict { RED_PASS, RED_EARLY, RED_FORCED };

static enum red_verdict red_judge(struct qdisc_red *s)
{
	if (s->avg < s->min || s->avg <= 0) {
		s->count = -1;
		return RED_PASS;
	}
	if (s->avg >= s->max) {
		s->count = -1;
		return RED_FORCED;
	}
	if (++s->count > 0) {
		double p = s->max_p * (s->avg - s->min) / (s->max - s->min);

		if (p * (double)s->count < s->draw)
			return RED_PASS;
		s->count = 0;
		s->draw = rng_unit(&s->base.rng);
		return RED_EARLY;
	}
	s->draw = rng_unit(&s->base.rng);
	return RED_PASS;
}

static void red_drop(struct qdisc_red *s, struct packet *p, enum red_verdict v)
{
	static const enum drop_reason reasons[2][2] = {
		{DROP_RED_EARLY, DROP_RED_EARLY_BYTES},
		{DROP_RED_FORCED, DROP_RED_FORCED_BYTES},
	};

	qdisc_drop(&s->base, p, reasons[v == RED_FORCED][s->base.place.limit_bytes],
		   (uint64_t)(s->avg + 0.5));
}

/* Whether the frame may stay though it was chosen. */
static bool red_spared(struct qdisc_red *s, struct packet *p, enum red_verdict v)
{
	if (v == RED_FORCED && s->base.params.harddrop)
		return false;
	return qdisc_mark(&s->base, p) || (s->base.params.ecn && s->base.params.nodrop);
}

static void red_enqueue(struct qdisc *q, struct packet *p, vtime now)
{
	struct qdisc_red *s = (struct qdisc_red *)q;
	enum red_verdict v;

	if (q->params.adaptive)
		red_adapt(s, now);
	if (q->packets)
		s->avg += s->weight * ((double)(q->place.limit_bytes ? q->bytes : q->packets) -
				       s->avg);
	else
		s->avg = red_idle_average(s, now);
	s->idle_since = now;
	v = red_judge(s);
	s->early += v == RED_EARLY;
	s->forced += v == RED_FORCED;
	if (qdisc_full(q, p))
		qdisc_drop_full(q, p);
	else if (v != RED_PASS && !red_spared(s, p, v))
		red_drop(s, p, v);
	else
		qdisc_push(q, &s->fifo, p);
}

static struct packet *red_dequeue(struct qdisc *q, vtime now)
{
	struct qdisc_red *s = (struct qdisc_red *)q;
	struct packet *p = qdisc_pop(q, &s->fifo);

	if (p && !q->packets)
		s->idle_since = now;
	return p;
}

static struct packet *red_take(struct qdisc *q)
{
	return qdisc_pop(q, &((struct qdisc_red *)q)->fifo);
}

static uint32_t red_figures(const struct qdisc *q, struct qdisc_figure *f)
{
	const struct qdisc_red *s = (const struct qdisc_red *)q;

	f[0] = (struct qdisc_figure){"average", s->avg, false};
	f[1] = (struct qdisc_figure){"min", s->min, false};
	f[2] = (struct qdisc_figure){"max", s->max, false};
	f[3] = (struct qdisc_figure){"weight", s->weight, false};
	f[4] = (struct qdisc_figure){"probability", s->max_p, false};
	f[5] = (struct qdisc_figure){"early", (double)s->early, true};
	f[6] = (struct qdisc_figure){"forced", (double)s->forced, true};
	return 7;
}

const struct qdisc_ops qdisc_red = {
	.name = "red",
	.words = "RED",
	.size = sizeof(struct qdisc_red),
	.init = red_init,
	.change = red_change,
	.enqueue = red_enqueue,
	.dequeue = red_dequeue,
	.take = red_take,
	.figures = red_figures,
};
