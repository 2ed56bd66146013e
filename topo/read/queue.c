#include "topo/read/read.h"

#include <string.h>

#include "topo/notation/units.h"

/* `queue` of a link: which keys a kind of queue has, and what they say. */

#define ALL ((1u << QDISC_KIND_COUNT) - 1)
#define DISCIPLINES (ALL & ~(1u << QDISC_DROPTAIL))
#define RED (1u << QDISC_RED)
#define FQ_CODEL (1u << QDISC_FQ_CODEL)
#define CODELS (1u << QDISC_CODEL | FQ_CODEL)
#define PIE (1u << QDISC_PIE)

enum queue_form { OWN, FLAG, COUNT, BYTES, BYTES64, TIME, SHARE };

#define AT(member) offsetof(struct qdisc_params, member)

static const struct queue_key {
	const char *key;
	unsigned kinds;
	enum queue_form form; /* OWN: read by name */
	size_t at;
} keys[] = {
	{ "kind", ALL, OWN, 0 },
	{ "limit", ALL, OWN, 0 },
	{ "ecn", DISCIPLINES, FLAG, AT(ecn) },
	{ "min", RED, OWN, 0 },
	{ "max", RED, OWN, 0 },
	{ "probability", RED, SHARE, AT(probability) },
	{ "burst", RED, COUNT, AT(burst) },
	{ "avpkt", RED, BYTES, AT(avpkt) },
	{ "adaptive", RED, FLAG, AT(adaptive) },
	{ "harddrop", RED, FLAG, AT(harddrop) },
	{ "nodrop", RED, FLAG, AT(nodrop) },
	{ "target", CODELS | PIE, TIME, AT(target) },
	{ "interval", CODELS, TIME, AT(interval) },
	{ "ce_threshold", CODELS, TIME, AT(ce_threshold) },
	{ "quantum", FQ_CODEL, BYTES, AT(quantum) },
	{ "flows", FQ_CODEL, COUNT, AT(flows) },
	{ "memory_limit", FQ_CODEL, BYTES64, AT(memory_limit) },
	{ "drop_batch", FQ_CODEL, COUNT, AT(drop_batch) },
	{ "tupdate", PIE, TIME, AT(tupdate) },
	{ "alpha", PIE, COUNT, AT(alpha) },
	{ "beta", PIE, COUNT, AT(beta) },
	{ "bytemode", PIE, FLAG, AT(bytemode) },
	{ "dq_rate_estimator", PIE, FLAG, AT(dq_rate_estimator) },
};

static enum qdisc_kind kind_read(const struct yaml_node *value)
{
	for (int kind = 0; value && kind < QDISC_KIND_COUNT; kind++)
		if (!strcmp(value->text, qdisc_kind_name(kind)))
			return kind;
	return QDISC_DROPTAIL;
}

/* A key that stands there, but in the map of another kind of queue. */
static bool key_refuse(struct reader *r, const struct yaml_node *map, const struct queue_key *key,
		       enum qdisc_kind kind)
{
	g_autoptr(GString) have = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (keys[i].kinds & 1u << kind)
			g_string_append_printf(have, "%s%s", have->len ? ", " : "", keys[i].key);
	place_error(r->error, yaml_map_find(map, key->key)->at,
		    "'%s' means nothing to a %s queue; it has %s", key->key, qdisc_kind_name(kind),
		    have->str);
	return false;
}

static void key_read(const struct queue_key *key, const struct yaml_node *value,
		     struct qdisc_params *params)
{
	void *to = (char *)params + key->at;

	switch (key->form) {
	case OWN:
		break;
	case FLAG:
		*(bool *)to = !strcmp(value->text, "true");
		break;
	case COUNT:
		*(uint32_t *)to = (uint32_t)value_count_of(value);
		break;
	case BYTES:
		*(uint32_t *)to = (uint32_t)value_bytes(value);
		break;
	case BYTES64:
		*(uint64_t *)to = value_bytes(value);
		break;
	case TIME:
		*(vtime *)to = value_time(value);
		break;
	case SHARE:
		*(double *)to = value_share(value);
		break;
	}
}

static void limit_read(const struct yaml_node *value, struct topo_limit *limit)
{
	enum units_limit unit;
	char why[UNITS_WHY];

	if (!value)
		return;
	value_good(units_limit(value->text, &unit, &limit->n, &limit->bdp, why));
	limit->unit = unit == UNITS_PACKETS ? TOPO_LIMIT_PACKETS
		    : unit == UNITS_BYTES ? TOPO_LIMIT_BYTES : TOPO_LIMIT_BDP;
}

/* red's lengths are all in packets or all in bytes. */
static bool units_check(struct reader *r, const struct yaml_node *map)
{
	static const char *const names[] = { "limit", "min", "max" };
	const struct yaml_node *first = NULL;
	const char *first_name = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const struct yaml_node *value = value_of(map, names[i]);
		struct topo_limit limit, other;

		if (!value)
			continue;
		limit_read(value, &limit);
		if (!first) {
			first = value;
			first_name = names[i];
			other = limit;
			continue;
		}
		limit_read(first, &other);
		if ((limit.unit == TOPO_LIMIT_PACKETS) == (other.unit == TOPO_LIMIT_PACKETS))
			continue;
		place_error(r->error, value->at, "'%s' and '%s' are in different units; expected "
			    "both in packets, or both in bytes or bdp", first_name, names[i]);
		return false;
	}
	return true;
}

/* What tc(8) refuses of red: thresholds the wrong way round, and a burst below min. */
static bool red_check(struct reader *r, const struct yaml_node *map, const struct topo_queue *q)
{
	const struct yaml_node *burst = value_of(map, "burst"), *max = value_of(map, "max");
	uint64_t unit = q->min.unit == TOPO_LIMIT_BYTES ? q->params.avpkt : 1;
	bool wrong;

	if (!units_check(r, map))
		return false;
	wrong = q->min.unit == TOPO_LIMIT_BDP ? q->min.bdp >= q->max.bdp : q->min.n >= q->max.n;
	if (q->min.unit && q->min.unit == q->max.unit && wrong) {
		place_error(r->error, max->at, "max %s is not above min %s; expected about three "
			    "times as much", max->text, value_of(map, "min")->text);
		return false;
	}
	if (burst && (q->min.unit == TOPO_LIMIT_PACKETS || q->min.unit == TOPO_LIMIT_BYTES) &&
	    (uint64_t)q->params.burst + 1 < q->min.n / unit + 1) {
		place_error(r->error, burst->at, "a burst of %u packets does not fill the queue to "
			    "min %s; expected at least %" G_GUINT64_FORMAT, q->params.burst,
			    value_of(map, "min")->text, q->min.n / unit);
		return false;
	}
	return true;
}

bool read_queue(struct reader *r, const struct yaml_node *value, struct topo_dir *dir)
{
	struct topo_queue *q = &dir->queue;
	enum qdisc_kind kind = QDISC_DROPTAIL;

	if (value->kind == YAML_MAP)
		kind = kind_read(value_of(value, "kind"));
	*q = (struct topo_queue){ .params = qdisc_defaults(kind) };
	if (value->kind != YAML_MAP) {
		limit_read(value, &q->limit);
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const struct yaml_node *item = value_of(value, keys[i].key);

		if (item && !(keys[i].kinds & 1u << kind))
			return key_refuse(r, value, &keys[i], kind);
		if (item)
			key_read(&keys[i], item, &q->params);
	}
	limit_read(value_of(value, "limit"), &q->limit);
	limit_read(value_of(value, "min"), &q->min);
	limit_read(value_of(value, "max"), &q->max);
	return kind != QDISC_RED || red_check(r, value, q);
}
