/* What is wanted against what came. */
#include "play_world.h"

#include "programs/programs.h"
#include "topo/outcome/metric_unit.h"
#include "topo/notation/notation.h"

static bool holds(const char *want, double value)
{
	struct topo_expect e = {.want = want};
	char why[NOTATION_WHY];

	assert_true(notation_want(want, &e, why));
	return expect_holds(&e, value);
}

static void test_numbers(void **state)
{
	(void)state;
	assert_true(holds("3", 3));
	assert_false(holds("3", 3.0001));
	assert_true(holds("!= 3", 3.0001));
	assert_false(holds("!= 3", 3));
	assert_true(holds("> 0", 1e-30));
	assert_false(holds("> 0", 0));
	assert_true(holds(">= 2", 2));
	assert_false(holds(">= 2", 1.999));
	assert_true(holds("< 2", 1.999));
	assert_false(holds("< 2", 2));
	assert_true(holds("<= 2", 2));
	assert_true(holds("2..4", 2));
	assert_true(holds("2..4", 4));
	assert_false(holds("2..4", 4.01));
	assert_false(holds("2..4", 1.99));
	assert_false(holds("2..4", 0.0 / 0.0));
	assert_false(holds("!= 3", 0.0 / 0.0));
}

/* A decimal is the same however a double was computed from it; nothing more is forgiven. */
static void test_rounding(void **state)
{
	(void)state;
	assert_true(holds("40.1ms", 40.1 / 1000));
	assert_true(holds("40.1ms", 0.1 + 0.2 - 0.2599));
	assert_false(holds("40.1ms", 0.04010001));
	assert_true(holds("0.3", 0.1 + 0.2));
	assert_false(holds("> 0.3", 0.1 + 0.2));
	assert_true(holds("0.1..0.3", 0.1 + 0.2));
	assert_false(holds("0%", 1e-12));
	assert_true(holds("10Mbit/s", 1e7));
}

static void prints(const char *want, double value, const char *text)
{
	struct topo_expect e = {.want = want};
	g_autofree char *got = expect_print(&e, value);

	assert_string_equal(got, text);
}

static void test_units_of_the_expectation(void **state)
{
	(void)state;
	prints("40ms..41ms", 0.0401, "40.1 ms");
	prints("40.5ms", 0.1 + 0.2, "300 ms");
	prints(">= 2s", 1.25, "1.25 s");
	prints("250us", 0.00025, "250 us");
	prints("0.5%", 0.0125, "1.25%");
	prints("10Mbit/s..12Mbit/s", 9570000, "9.57 Mbit/s");
	prints("64kB", 1000, "1 kB");
	prints("3", 2, "2");
	prints("3..5", 6, "6");
	prints("> 0", 123456789012, "123456789012");
	prints("0.04", 0.0401, "0.0401");
}

#define STAR \
	"nodes:\n" \
	"  'c[1..3]': {}\n" \
	"  r: {kind: router, services: [measure hits=4]}\n" \
	"links: [{name: 'up[1..3]', between: ['c[1..3]', r], delay: 1ms}]\n"

static void verdict_is(const struct play_world *w, uint32_t i, bool ok, const char *got)
{
	const struct verdict *v = expects_at(w->expects, i);

	assert_true(i < expects_count(w->expects));
	if (v->ok != ok || strcmp(v->got, got) != 0)
		fail_msg("%s: %s, got %s", v->expect->text, v->ok ? "ok" : "failed", v->got);
}

static void test_processes(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, STAR "run:\n"
			    "  - {at: 1s, on: 'c[1..3]', do: measure x=2, as: all}\n"
			    "  - {at: 2s, on: c1, do: wait 0.5 3, as: one}\n"
			    "  - {at: 9s, on: c1, do: wait, as: never}\n"
			    "duration: 5s\n"
			    "expect:\n"
			    "  - all: {x: 2, y: 1}\n"
			    "  - all.c2: {x: '> 2'}\n"
			    "  - all: {x: 3}\n"
			    "  - one: {exit: 3, start: 2s, end: 2500ms, waited: 0.4s..0.6s}\n"
			    "  - never: {exit: 0}\n"
			    "  - measure.r: {hits: 4}\n");
	assert_int_equal(expects_count(w.expects), 0);
	world_play(&w);
	verdict_is(&w, 0, true, "2");
	verdict_is(&w, 1, false, "c1: not measured");
	verdict_is(&w, 2, false, "2");
	verdict_is(&w, 3, false, "c1: 2");
	verdict_is(&w, 4, true, "3");
	verdict_is(&w, 5, true, "2 s");
	verdict_is(&w, 6, true, "2500 ms");
	verdict_is(&w, 7, true, "0.5 s");
	verdict_is(&w, 8, false, "did not run");
	verdict_is(&w, 9, true, "4");
	assert_int_equal(expects_failed(w.expects), 4);
	world_close(&w);
}

static void test_ranges_of_several(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, STAR "run:\n"
			    "  - {on: 'c[1..3]', do: wait 3, as: all}\n"
			    "  - {at: 1s, node: c2, state: down}\n"
			    "expect:\n"
			    "  - all: {end: 0s..3s}\n"
			    "  - all: {end: 3s}\n");
	world_play(&w);
	verdict_is(&w, 0, true, "1 s to 3 s");
	verdict_is(&w, 1, false, "c2: 1 s");
	world_close(&w);
}

/* c1 sends one datagram to a port of c3 where nobody is, and gets one ICMP error back. */
static void test_links_nodes_packets(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, "nodes:\n"
		       "  c1: {address: 10.0.1.2/24}\n"
		       "  r: {kind: router, interfaces: {a: {address: 10.0.1.1/24}, "
		       "b: {address: 10.0.3.1/24}}}\n"
		       "  c3: {address: 10.0.3.2/24}\n"
		       "links:\n"
		       "  - {name: one, between: [c1, 'r:a'], delay: 1ms}\n"
		       "  - {name: two, between: ['r:b', c3], delay: 1ms}\n"
		       "run: [{on: c1, do: send 10.0.3.2, as: s}]\n"
		       "expect:\n"
		       "  - link one: {sent: 4, forward.sent: 2, reverse.delivered: 2, lost: 0}\n"
		       "  - node r: {forwarded: 2, drops: 0}\n"
		       "  - node c3: {drops.udp_no_port: 1, drops: '>= 1', drops.queue_full: 0}\n"
		       "  - packets: {at: r, filter: udp and not icmp, count: 2}\n"
		       "  - packets: {at: 'r:b', filter: udp, count: 1}\n"
		       "  - packets: {at: c1, filter: icmp, count: 1}\n"
		       "  - packets: {at: c1, count: 3}\n");
	world_play(&w);
	verdict_is(&w, 0, true, "4");
	verdict_is(&w, 1, true, "2");
	verdict_is(&w, 2, true, "2");
	verdict_is(&w, 3, true, "0");
	verdict_is(&w, 4, true, "2");
	verdict_is(&w, 5, true, "0");
	verdict_is(&w, 6, true, "1");
	verdict_is(&w, 7, true, "1");
	verdict_is(&w, 8, true, "0");
	verdict_is(&w, 9, true, "2");
	verdict_is(&w, 10, true, "1");
	verdict_is(&w, 11, true, "1");
	verdict_is(&w, 12, false, "4");
	world_close(&w);
}

/* One datagram a second from 1 s on, 1 ms on the way. */
#define TICKS \
	"nodes: {a: {address: 10.0.0.1/24}, b: {address: 10.0.0.2/24}}\n" \
	"links: [{between: [a, b], delay: 1ms}]\n" \
	"run:\n" \
	"  - {at: 1s, on: a, do: send 10.0.0.2}\n" \
	"  - {at: 2s, on: a, do: send 10.0.0.2}\n" \
	"  - {at: 3s, on: a, do: send 10.0.0.2}\n"

/* The first waits 2 ms for ARP. `from` is inside, `until` is not. */
static void test_packets_between(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, TICKS "expect:\n"
			     "  - packets: {at: a, filter: udp and not icmp, until: 2s, count: 1}\n"
			     "  - packets: {at: a, filter: udp and not icmp, from: 2s, count: 2}\n"
			     "  - packets: {at: a, filter: udp and not icmp, from: 1002ms, until: 3s, "
			     "count: 2}\n"
			     "  - packets: {at: a, filter: udp and not icmp, from: 1002001us, until: 3s, "
			     "count: 2}\n"
			     "  - packets: {at: b, filter: arp, from: 1s, until: 1001ms, count: 0}\n");
	world_play(&w);
	verdict_is(&w, 0, true, "1");
	verdict_is(&w, 1, true, "2");
	verdict_is(&w, 2, true, "2");
	verdict_is(&w, 3, false, "1");
	verdict_is(&w, 4, true, "0");
	assert_string_equal(expects_at(w.expects, 2)->expect->text,
			    "packets at a udp and not icmp, 1002ms to 3s: 2");
	world_close(&w);
}

static void test_packet_times(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, TICKS "expect:\n"
			     "  - packets: {at: a, filter: udp and not icmp, times: [1.002s, 2s, 3s]}\n"
			     "  - packets: {at: b, filter: udp and not icmp, count: 3, "
			     "times: [1s..1.01s, 2001ms, '> 3s']}\n"
			     "  - packets: {at: a, filter: udp and not icmp, times: [1.002s, 2s]}\n"
			     "  - packets: {at: a, filter: udp and not icmp, times: [1s, 2s, 3s, 4s]}\n"
			     "  - packets: {at: a, filter: udp and not icmp, times: [1.002s, 2.1s, 3s]}\n"
			     "  - packets: {at: a, filter: tcp, times: [1s]}\n");
	world_play(&w);
	verdict_is(&w, 0, true, "1.002 s, 2 s, 3 s");
	verdict_is(&w, 1, true, "3");
	verdict_is(&w, 2, true, "1.003 s, 2001 ms, 3.001 s");
	verdict_is(&w, 3, false, "1.002 s, 2 s; 3 in all");
	verdict_is(&w, 4, false, "1.002 s, 2 s, 3 s; 3 in all");
	verdict_is(&w, 5, false, "1.002 s, 2 s, 3 s");
	verdict_is(&w, 6, false, "0 in all");
	assert_string_equal(expects_at(w.expects, 3)->expect->text,
			    "packets at a udp and not icmp: at [1.002s, 2s]");
	world_close(&w);
}

/* 1, 2, 2 and 5: (sum x)^2 / (n sum x^2) = 25 / 27 of three, 100 / 136 of all. */
static void test_fairness(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, STAR "run:\n"
			    "  - {on: c1, do: measure x=1, as: one}\n"
			    "  - {on: 'c[2..3]', do: measure x=2, as: both}\n"
			    "  - {on: c1, do: measure x=5, as: five}\n"
			    "  - {on: c1, do: measure x=0, as: none}\n"
			    "  - {on: c1, do: measure z=1, as: other}\n"
			    "expect:\n"
			    "  - fairness: {of: [one, both], metric: x, index: 0.925..0.926}\n"
			    "  - fairness: {of: [one, both.c3], metric: x, index: 0.9}\n"
			    "  - fairness: {of: [one, five, both], metric: x, index: '>= 0.75'}\n"
			    "  - fairness: {of: [both], metric: x, index: 1}\n"
			    "  - fairness: {of: [one, measure.r], metric: x, index: 1}\n"
			    "  - fairness: {of: [five, other], metric: x, index: 1}\n"
			    "  - fairness: {of: [none, none], metric: x, index: 1}\n");
	world_play(&w);
	verdict_is(&w, 0, true, "0.9259259259");
	verdict_is(&w, 1, true, "0.9");
	verdict_is(&w, 2, false, "0.7352941176");
	verdict_is(&w, 3, true, "1");
	for (uint32_t i = 4; i < 7; i++)
		verdict_is(&w, i, false, "not measured");
	assert_string_equal(expects_at(w.expects, 0)->expect->text, "fairness of one, both: 0.925..0.926");
	world_close(&w);
}

static void test_wrong_filter_has_its_place(void **state)
{
	struct play_world w;
	struct topo_expect bad;
	GError *error = NULL;

	(void)state;
	world_open(&w, STAR "expect: [packets: {at: r, filter: udp, count: 0}]\n");
	/* The checker refuses it first; here it was not asked. */
	bad = w.scenario->expects[0];
	bad.filter = "udp prot 53";
	w.scenario->expects[0] = bad;
	assert_null(expects_new(w.internet, &error));
	assert_non_null(strstr(error->message, "filter 'udp prot 53' is wrong: "));
	assert_non_null(strstr(error->message, ".yaml:5:"));
	g_error_free(error);
	world_close(&w);
}

/* A program that reports something new says in outcome/metric_unit.c what that is measured in. */
static void test_every_metric_has_a_unit(void **state)
{
	(void)state;
	for (size_t i = 0; programs[i]; i++)
		for (const char *const *m = programs[i]->metrics; m && *m; m++) {
			if (!metric_unit_known(*m))
				print_error("%s: %s\n", programs[i]->name, *m);
			assert_true(metric_unit_known(*m));
		}
	assert_false(metric_unit_known("waited"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_units_of_the_expectation),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_every_metric_has_a_unit),
		cmocka_unit_test(test_ranges_of_several),
		cmocka_unit_test(test_links_nodes_packets),
		cmocka_unit_test(test_packets_between),
		cmocka_unit_test(test_packet_times),
		cmocka_unit_test(test_fairness),
		cmocka_unit_test(test_wrong_filter_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
