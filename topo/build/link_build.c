#include "topo/build/link_build.h"

#include <string.h>

#define BDP_MIN_FRAMES 10

struct link_build {
	GHashTable *params; /* struct link_params, by content; looked up, never walked */
	GHashTable *traces; /* struct topo_trace * -> struct rate_trace * */
};

static guint params_hash(gconstpointer p)
{
	const uint8_t *b = p;
	guint h = 2166136261u;

	for (size_t k = 0; k < sizeof(struct link_params); k++)
		h = (h ^ b[k]) * 16777619u;
	return h;
}

static gboolean params_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct link_params)) == 0;
}

struct link_build *link_build_new(void)
{
	struct link_build *b = g_new0(struct link_build, 1);

	b->params = g_hash_table_new_full(params_hash, params_equal, g_free, NULL);
	b->traces = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
	return b;
}

void link_build_free(struct link_build *b)
{
	if (!b)
		return;
	g_hash_table_destroy(b->params);
	g_hash_table_destroy(b->traces);
	g_free(b);
}

static const struct rate_trace *trace_of(struct link_build *b, const struct topo_trace *t)
{
	struct rate_trace *r;

	if (!t)
		return NULL;
	r = g_hash_table_lookup(b->traces, t);
	if (!r) {
		r = g_new0(struct rate_trace, 1);
		r->ms = t->ms;
		r->count = t->n;
		g_hash_table_insert(b->traces, (gpointer)t, r);
	}
	return r;
}

static void set_loss(struct loss_params *to, const struct topo_loss *from)
{
	switch (from->kind) {
	case TOPO_LOSS_NONE:
		to->kind = LOSS_NONE;
		break;
	case TOPO_LOSS_BERNOULLI:
		to->kind = LOSS_RANDOM;
		to->p = from->share;
		break;
	case TOPO_LOSS_GILBERT:
		to->kind = LOSS_GILBERT_ELLIOTT;
		to->p = from->ge.p;
		to->r = from->ge.r;
		to->h = from->ge.h;
		to->k = from->ge.k;
		break;
	case TOPO_LOSS_EVERY:
		to->kind = LOSS_PERIODIC;
		to->every = (uint32_t)from->every;
		break;
	case TOPO_LOSS_PACKETS:
		to->kind = LOSS_LISTED;
		to->listed = from->packets.seq;
		to->listed_count = from->packets.n;
		break;
	}
}

/* Mean rate of a trace: what a BDP is counted with. */
static double mean_rate(const struct topo_dir *d)
{
	if (d->trace)
		return 1504.0 * 8 * d->trace->n / (d->trace->ms[d->trace->n - 1] / 1e3);
	return (double)d->rate;
}

static double limit_size(const struct topo_limit *limit, double bdp)
{
	return limit->unit == TOPO_LIMIT_BDP ? limit->bdp * bdp : (double)limit->n;
}

/* red's thresholds, and the limit that goes with them if there is none. */
static void set_red(struct link_params *p, const struct topo_dir *d, double bdp)
{
	const struct topo_queue *q = &d->queue;
	bool packets = q->min.unit == TOPO_LIMIT_PACKETS || q->max.unit == TOPO_LIMIT_PACKETS;
	bool given = q->min.unit != TOPO_LIMIT_DEFAULT || q->max.unit != TOPO_LIMIT_DEFAULT;

	p->queue.min = (uint64_t)limit_size(&q->min, bdp);
	p->queue.max = (uint64_t)limit_size(&q->max, bdp);
	if (!given || q->limit.unit != TOPO_LIMIT_DEFAULT)
		return;
	if (packets) {
		p->limit_unit = QUEUE_PACKETS;
		p->limit = LINK_LIMIT_PACKETS;
	} else if (p->limit_unit == QUEUE_PACKETS) {
		/* There is no bandwidth-delay product: turn the rule for max around. */
		p->limit_unit = QUEUE_BYTES;
		p->limit = p->queue.max ? 4 * p->queue.max : 12 * p->queue.min;
	}
}

static void set_queue(struct link_params *p, const struct topo_dir *d, vtime back)
{
	double bdp = mean_rate(d) * vtime_seconds(vtime_add(d->delay, back)) / 8;
	const struct topo_limit *limit = &d->queue.limit;
	uint64_t least = BDP_MIN_FRAMES * ((uint64_t)d->mtu + 14);
	uint32_t usual = qdisc_default_limit(d->queue.params.kind);

	if (d->queue.params.kind)
		p->queue = d->queue.params;
	p->limit_unit = QUEUE_PACKETS;
	p->limit = usual ? usual : LINK_LIMIT_PACKETS;
	if (limit->unit == TOPO_LIMIT_PACKETS) {
		p->limit = limit->n;
	} else if (limit->unit == TOPO_LIMIT_BYTES) {
		p->limit_unit = QUEUE_BYTES;
		p->limit = limit->n;
	} else if (mean_rate(d) > 0 && (limit->unit == TOPO_LIMIT_BDP || (!usual && bdp > 0))) {
		p->limit_unit = QUEUE_BYTES;
		p->limit = (uint64_t)((limit->unit == TOPO_LIMIT_BDP ? limit->bdp : 1) * bdp);
		if (p->limit < least)
			p->limit = least;
	}
	if (p->queue.kind == QDISC_RED)
		set_red(p, d, bdp);
}

const struct link_params *link_build_params(struct link_build *b, const struct topo_dir *d,
					    vtime back)
{
	struct link_params *p = g_new0(struct link_params, 1), *known;

	p->rate = d->rate;
	p->trace = trace_of(b, d->trace);
	p->delay = d->delay;
	switch (d->jitter.kind) {
	case TOPO_JITTER_NONE:
		p->jitter_kind = JITTER_NONE;
		break;
	case TOPO_JITTER_UNIFORM:
		p->jitter_kind = JITTER_UNIFORM;
		break;
	case TOPO_JITTER_NORMAL:
		p->jitter_kind = JITTER_NORMAL;
		break;
	case TOPO_JITTER_PARETO:
		p->jitter_kind = JITTER_PARETO;
		break;
	}
	p->jitter = d->jitter.amount;
	set_loss(&p->loss, &d->loss);
	p->reorder = d->reorder;
	p->duplicate = d->duplicate;
	p->corrupt = d->corrupt;
	p->mtu = d->mtu;
	p->overhead = d->overhead;
	set_queue(p, d, back);
	known = g_hash_table_lookup(b->params, p);
	if (known) {
		g_free(p);
		return known;
	}
	g_hash_table_add(b->params, p);
	return p;
}

void topo_dir_change(struct topo_dir *dir, const struct topo_dir *change)
{
	unsigned given = change->given;

	if (given & TOPO_KEY_RATE) {
		dir->rate = change->rate;
		dir->trace = change->trace;
	}
	if (given & TOPO_KEY_DELAY)
		dir->delay = change->delay;
	if (given & TOPO_KEY_JITTER)
		dir->jitter = change->jitter;
	if (given & TOPO_KEY_LOSS)
		dir->loss = change->loss;
	if (given & TOPO_KEY_REORDER)
		dir->reorder = change->reorder;
	if (given & TOPO_KEY_DUPLICATE)
		dir->duplicate = change->duplicate;
	if (given & TOPO_KEY_CORRUPT)
		dir->corrupt = change->corrupt;
	if (given & TOPO_KEY_QUEUE)
		dir->queue = change->queue;
	if (given & TOPO_KEY_MTU)
		dir->mtu = change->mtu;
	if (given & TOPO_KEY_OVERHEAD)
		dir->overhead = change->overhead;
	dir->given |= given;
}
