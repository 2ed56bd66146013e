#include "topo/read/read.h"

#include <stdlib.h>
#include <string.h>

#include "topo/play/trace.h"
#include "topo/notation/units.h"

struct topo_dir read_dir_default(void)
{
	return (struct topo_dir){ .mtu = 1500, .overhead = 24 };
}

static bool rate_read(struct reader *r, const struct yaml_node *value, struct topo_dir *dir)
{
	const struct yaml_node *trace;

	dir->rate = 0;
	dir->trace = NULL;
	if (value->kind == YAML_SCALAR) {
		dir->rate = value_rate(value);
		return true;
	}
	trace = value_of(value, "trace");
	if (!trace) {
		place_error(r->error, value->at, "'rate' is a map without a key; expected "
			    "{trace: FILE} or a rate such as 100Mbit/s");
		return false;
	}
	dir->trace = trace_load(r->arena, r->s->priv->traces, trace->at, trace->text, r->error);
	return dir->trace != NULL;
}

static bool jitter_read(struct reader *r, const struct yaml_node *value, struct topo_dir *dir)
{
	static const struct {
		const char *key;
		enum topo_jitter_kind kind;
	} kinds[] = { { "uniform", TOPO_JITTER_UNIFORM }, { "normal", TOPO_JITTER_NORMAL },
		      { "pareto", TOPO_JITTER_PARETO } };

	dir->jitter.kind = TOPO_JITTER_UNIFORM;
	if (value->kind == YAML_SCALAR) {
		dir->jitter.amount = value_time(value);
	} else {
		if (value->n != 1 || yaml_is_null(value->pairs[0].value)) {
			place_error(r->error, value->at, "'jitter' has %zu keys; expected one of "
				    "uniform, normal and pareto", value->n);
			return false;
		}
		for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
			if (!strcmp(value->pairs[0].key, kinds[i].key))
				dir->jitter.kind = kinds[i].kind;
		dir->jitter.amount = value_time(value->pairs[0].value);
	}
	if (!dir->jitter.amount.ns)
		dir->jitter.kind = TOPO_JITTER_NONE;
	return true;
}

/* Mean loss m in runs of mean length b, with h = 0 and k = 1: r = 1/b ends a run,
 * and p follows from m = p / (p + r). */
static bool burst_read(struct reader *r, const struct yaml_node *map, struct topo_loss *loss)
{
	const struct yaml_node *burst = value_of(map, "burst"), *mean = value_of(map, "mean");
	double m;

	if (!burst || !mean) {
		place_error(r->error, map->at, "'%s' is missing; expected both burst and mean",
			    burst ? "mean" : "burst");
		return false;
	}
	m = value_share(mean);
	loss->ge.r = 1 / value_number(burst);
	loss->ge.p = m < 1 ? loss->ge.r * m / (1 - m) : 2;
	loss->ge.k = 1;
	if (loss->ge.p <= 1)
		return true;
	place_error(r->error, mean->at, "a mean loss of %s takes longer runs than %s packets; "
		    "expected a smaller mean or a longer burst", mean->text, burst->text);
	return false;
}

static bool gilbert_read(struct reader *r, const struct yaml_node *map, struct topo_loss *loss)
{
	const struct yaml_node *value;

	if (!value_of(map, "p") || !value_of(map, "r")) {
		place_error(r->error, map->at, "'%s' is missing; expected at least p and r",
			    value_of(map, "p") ? "r" : "p");
		return false;
	}
	loss->ge.p = value_share(value_of(map, "p"));
	loss->ge.r = value_share(value_of(map, "r"));
	loss->ge.h = (value = value_of(map, "h")) ? value_share(value) : 0;
	loss->ge.k = (value = value_of(map, "k")) ? value_share(value) : 1;
	return true;
}

static bool every_read(struct reader *r, const struct yaml_node *map, struct topo_loss *loss)
{
	(void)r;
	loss->every = value_count_of(value_of(map, "every"));
	return true;
}

static int seq_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool packets_read(struct reader *r, const struct yaml_node *map, struct topo_loss *loss)
{
	const struct yaml_node *list = value_of(map, "packets");
	uint64_t *seq = arena_array(r->arena, uint64_t, list->n);

	for (size_t i = 0; i < list->n; i++)
		seq[i] = value_count_of(list->items[i]);
	if (list->n)
		qsort(seq, list->n, sizeof(*seq), seq_compare);
	loss->packets.seq = seq;
	loss->packets.n = (uint32_t)list->n;
	return true;
}

/* The models of a loss map: any of the keys selects its row, and no key of another
 * row may stand beside it. */
static const struct {
	const char *keys[5];
	enum topo_loss_kind kind;
	bool (*read)(struct reader *, const struct yaml_node *, struct topo_loss *);
} models[] = {
	{ { "burst", "mean" }, TOPO_LOSS_GILBERT, burst_read },
	{ { "p", "r", "h", "k" }, TOPO_LOSS_GILBERT, gilbert_read },
	{ { "every" }, TOPO_LOSS_EVERY, every_read },
	{ { "packets" }, TOPO_LOSS_PACKETS, packets_read },
};

static bool loss_map_read(struct reader *r, const struct yaml_node *map, struct topo_loss *loss)
{
	int chosen = -1;

	for (size_t m = 0; m < G_N_ELEMENTS(models); m++)
		for (const char *const *key = models[m].keys; *key; key++) {
			if (!value_of(map, *key))
				continue;
			if (chosen >= 0 && chosen != (int)m) {
				place_error(r->error, map->at, "'%s' and '%s' do not go together; "
					    "expected one model of loss", models[chosen].keys[0], *key);
				return false;
			}
			chosen = (int)m;
		}
	if (chosen < 0) {
		place_error(r->error, map->at, "'loss' is an empty map; expected a share such as "
			    "0.5%%, or a model such as {burst: 4, mean: 1%%}");
		return false;
	}
	loss->kind = models[chosen].kind;
	return models[chosen].read(r, map, loss);
}

static bool loss_read(struct reader *r, const struct yaml_node *value, struct topo_dir *dir)
{
	dir->loss = (struct topo_loss){ .kind = TOPO_LOSS_NONE };
	if (value->kind == YAML_MAP)
		return loss_map_read(r, value, &dir->loss);
	dir->loss.share = value_share(value);
	if (dir->loss.share > 0)
		dir->loss.kind = TOPO_LOSS_BERNOULLI;
	return true;
}

static bool delay_read(struct reader *r, const struct yaml_node *value, struct topo_dir *dir)
{
	(void)r;
	dir->delay = value_time(value);
	return true;
}

static bool rtt_read(struct reader *r, const struct yaml_node *value, struct topo_dir *dir)
{
	(void)r;
	dir->delay = vtime_ns(value_time(value).ns / 2);
	return true;
}

static bool reorder_read(struct reader *r, const struct yaml_node *value, struct topo_dir *dir)
{
	(void)r;
	dir->reorder = value_share(value);
	return true;
}

static bool duplicate_read(struct reader *r, const struct yaml_node *value, struct topo_dir *dir)
{
	(void)r;
	dir->duplicate = value_share(value);
	return true;
}

static bool corrupt_read(struct reader *r, const struct yaml_node *value, struct topo_dir *dir)
{
	(void)r;
	dir->corrupt = value_share(value);
	return true;
}

static bool mtu_read(struct reader *r, const struct yaml_node *value, struct topo_dir *dir)
{
	(void)r;
	dir->mtu = (uint32_t)value_bytes(value);
	return true;
}

static bool overhead_read(struct reader *r, const struct yaml_node *value, struct topo_dir *dir)
{
	(void)r;
	dir->overhead = (uint32_t)value_bytes(value);
	return true;
}

static const struct {
	const char *key;
	enum topo_link_key bit;
	bool (*read)(struct reader *, const struct yaml_node *, struct topo_dir *);
} keys[] = {
	{ "rate", TOPO_KEY_RATE, rate_read },
	{ "delay", TOPO_KEY_DELAY, delay_read },
	{ "rtt", TOPO_KEY_DELAY, rtt_read },
	{ "jitter", TOPO_KEY_JITTER, jitter_read },
	{ "loss", TOPO_KEY_LOSS, loss_read },
	{ "reorder", TOPO_KEY_REORDER, reorder_read },
	{ "duplicate", TOPO_KEY_DUPLICATE, duplicate_read },
	{ "corrupt", TOPO_KEY_CORRUPT, corrupt_read },
	{ "queue", TOPO_KEY_QUEUE, read_queue },
	{ "mtu", TOPO_KEY_MTU, mtu_read },
	{ "overhead", TOPO_KEY_OVERHEAD, overhead_read },
};

static bool dir_read(struct reader *r, const struct yaml_node *map, struct topo_dir *dir)
{
	const struct yaml_pair *rtt = yaml_map_find(map, "rtt");
	const struct yaml_node *value;

	if (rtt && value_of(map, "delay")) {
		place_error(r->error, rtt->at, "'rtt' and 'delay' do not go together; expected one");
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		value = value_of(map, keys[i].key);
		if (!value)
			continue;
		dir->given |= keys[i].bit;
		if (!keys[i].read(r, value, dir))
			return false;
	}
	return true;
}

bool read_dirs(struct reader *r, const struct yaml_node *map, struct topo_dir dir[2])
{
	static const char *const ways[2] = { "forward", "reverse" };
	const struct yaml_pair *rtt;

	for (int way = 0; way < 2; way++) {
		const struct yaml_node *own = value_of(map, ways[way]);

		if (!dir_read(r, map, &dir[way]) || (own && !dir_read(r, own, &dir[way])))
			return false;
		if (own && (rtt = yaml_map_find(own, "rtt"))) {
			place_error(r->error, rtt->at, "'rtt' is of both directions together; "
				    "expected delay here");
			return false;
		}
	}
	return true;
}
