/* `queue` of a link: from text to what the link gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "topo/build/link_build.h"
#include "topo/scenario.h"

/* The parameters of a link of 8 Mbit/s with 50 ms each way (or what `more` says), 100 kB of BDP. */
static struct link_params params_of(const char *more, const char *queue)
{
	g_autofree char *text = g_strdup_printf("nodes: {a: {}, b: {}}\nlinks:\n"
						"  - {between: [a, b], %s, queue: %s}\n", more, queue);
	GError *error = NULL;
	struct scenario *s = scenario_parse(text, strlen(text), "text", NULL, &error);
	struct link_build *b = link_build_new();
	struct link_params p;

	if (!s)
		fail_msg("%s", error->message);
	p = *link_build_params(b, &s->links[0].dir[0], s->links[0].dir[1].delay);
	link_build_free(b);
	scenario_free(s);
	return p;
}

#define WIRE "rate: 8Mbit/s, rtt: 100ms"

static void defaults(void **state)
{
	static const struct {
		const char *queue;
		enum qdisc_kind kind;
		enum queue_unit unit;
		uint64_t limit;
	} rows[] = {
		{ "{kind: droptail}", QDISC_DROPTAIL, QUEUE_BYTES, 100000 },
		{ "{kind: red}", QDISC_RED, QUEUE_BYTES, 100000 },
		{ "{kind: codel}", QDISC_CODEL, QUEUE_PACKETS, 1000 },
		{ "{kind: fq_codel}", QDISC_FQ_CODEL, QUEUE_PACKETS, 10240 },
		{ "{kind: pie}", QDISC_PIE, QUEUE_PACKETS, 1000 },
		{ "{kind: pie, limit: 7p}", QDISC_PIE, QUEUE_PACKETS, 7 },
		{ "{kind: codel, limit: 64kB}", QDISC_CODEL, QUEUE_BYTES, 64000 },
		{ "{kind: codel, limit: 2bdp}", QDISC_CODEL, QUEUE_BYTES, 200000 },
		{ "{kind: codel, limit: 0.01bdp}", QDISC_CODEL, QUEUE_BYTES, 15140 },
		{ "20p", QDISC_DROPTAIL, QUEUE_PACKETS, 20 },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct link_params p = params_of(WIRE, rows[i].queue);
		struct qdisc_params usual = qdisc_defaults(rows[i].kind);

		assert_int_equal(p.queue.kind, rows[i].kind);
		assert_int_equal(p.limit_unit, rows[i].unit);
		assert_int_equal(p.limit, rows[i].limit);
		if (!p.queue.kind)
			continue;
		assert_int_equal(p.queue.ecn, rows[i].kind == QDISC_FQ_CODEL);
		assert_int_equal(p.queue.target.ns, usual.target.ns);
		assert_int_equal(p.queue.quantum, 1514);
		assert_int_equal(p.queue.memory_limit, 32 << 20);
		assert_true(p.queue.probability == 0.02);
		assert_int_equal(p.queue.min, 0);
	}
}

static void keys(void **state)
{
	struct link_params p = params_of(WIRE, "{kind: fq_codel, limit: 1000p, ecn: false, target: 4ms, "
					 "interval: 80ms, quantum: 300B, flows: 16, ce_threshold: 1ms, "
					 "memory_limit: 1MB, drop_batch: 8}");

	(void)state;
	assert_int_equal(p.limit, 1000);
	assert_false(p.queue.ecn);
	assert_int_equal(p.queue.target.ns, 4 * NS_PER_MS);
	assert_int_equal(p.queue.interval.ns, 80 * NS_PER_MS);
	assert_int_equal(p.queue.ce_threshold.ns, NS_PER_MS);
	assert_int_equal(p.queue.quantum, 300);
	assert_int_equal(p.queue.flows, 16);
	assert_int_equal(p.queue.memory_limit, 1000000);
	assert_int_equal(p.queue.drop_batch, 8);
	p = params_of(WIRE, "{kind: pie, ecn: true, target: 20ms, tupdate: 30ms, alpha: 3, beta: 25, "
		      "bytemode: true, dq_rate_estimator: true}");
	assert_true(p.queue.ecn && p.queue.bytemode && p.queue.dq_rate_estimator);
	assert_int_equal(p.queue.tupdate.ns, 30 * NS_PER_MS);
	assert_int_equal(p.queue.alpha, 3);
	assert_int_equal(p.queue.beta, 25);
	p = params_of(WIRE, "{kind: red, ecn: true, harddrop: true, nodrop: true, adaptive: true, "
		      "probability: 10%, burst: 50, avpkt: 500B}");
	assert_true(p.queue.harddrop && p.queue.nodrop && p.queue.adaptive);
	assert_true(p.queue.probability == 0.1);
	assert_int_equal(p.queue.burst, 50);
	assert_int_equal(p.queue.avpkt, 500);
}

/* red's lengths are in one unit, and a limit that nobody gave is in theirs. */
static void red_units(void **state)
{
	struct link_params p = params_of(WIRE, "{kind: red, min: 0.1bdp, max: 30kB, limit: 1bdp}");

	(void)state;
	assert_int_equal(p.queue.min, 10000);
	assert_int_equal(p.queue.max, 30000);
	assert_int_equal(p.limit, 100000);
	p = params_of(WIRE, "{kind: red, min: 10p, max: 30p}");
	assert_int_equal(p.limit_unit, QUEUE_PACKETS);
	assert_int_equal(p.limit, 1000);
	p = params_of("rate: 8Mbit/s", "{kind: red, max: 30kB}");
	assert_int_equal(p.limit_unit, QUEUE_BYTES);
	assert_int_equal(p.limit, 120000);
	p = params_of("rate: 8Mbit/s", "{kind: red, min: 10kB}");
	assert_int_equal(p.limit, 120000);
	p = params_of("rate: 8Mbit/s", "{kind: red}");
	assert_int_equal(p.limit_unit, QUEUE_PACKETS);
	assert_int_equal(p.limit, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(keys),
		cmocka_unit_test(red_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
