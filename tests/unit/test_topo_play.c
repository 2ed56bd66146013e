/* Steps and services in virtual time, and when a run ends. */
#include "play_world.h"

#define PAIR \
	"nodes:\n" \
	"  a: {address: 10.0.0.1/24}\n" \
	"  b: {address: 10.0.0.2/24}\n" \
	"links:\n" \
	"  - {name: wire, between: [a, b], delay: 50ms}\n"

static void test_steps_in_order(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, PAIR "run:\n"
			    "  - {at: 2s, on: a, do: wait 1, as: late}\n"
			    "  - {at: 1s, on: b, do: wait 0.5, as: early}\n"
			    "  - {after: early, on: a, do: wait 0.25, as: next}\n"
			    "  - {after: early, on: b, do: wait 0.25, as: twin}\n"
			    "  - {after: next, on: a, do: wait, as: last}\n");
	assert_true(world_play(&w) == 3);
	assert_string_equal(w.log->str, "1:begin:early 1.5:end:early 1.5:begin:next 1.5:begin:twin "
					"1.75:end:next 1.75:end:twin 1.75:begin:last 1.75:end:last "
					"2:begin:late 3:end:late ");
	world_close(&w);
}

static void test_same_instant_in_file_order(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, PAIR "run:\n"
			    "  - {at: 1s, on: a, do: wait, as: one}\n"
			    "  - {at: 1s, link: wire, state: down}\n"
			    "  - {at: 1s, on: b, do: wait, as: two}\n");
	world_play(&w);
	assert_string_equal(w.log->str, "1:begin:one 1:begin:1 1:begin:two 1:end:one 1:end:two ");
	world_close(&w);
}

static void test_after_waits_for_all_nodes(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, "nodes: {'c[1..3]': {}, r: {kind: router}}\n"
		       "links: [{between: ['c[1..3]', r]}]\n"
		       "run:\n"
		       "  - {on: 'c[1..3]', do: wait 2, as: all}\n"
		       "  - {at: 500ms, node: c2, state: down}\n"
		       "  - {after: all, on: r, do: wait, as: then}\n");
	world_play(&w);
	assert_string_equal(w.log->str,
			    "0:begin:all 0.5:begin:1 2:end:all 2:begin:then 2:end:then ");
	assert_true(process_end(play_step_process(w.play, 0, 1)).ns == vtime_ms(500).ns);
	world_close(&w);
}

static void test_services_come_first_and_end_last(void **state)
{
	struct play_world w;
	size_t len;

	(void)state;
	world_open(&w, "nodes:\n"
		       "  a: {services: [serve, 'wait 0.25']}\n"
		       "  b: {services: [serve]}\n"
		       "links: [a -- b]\n"
		       "run:\n"
		       "  - {on: a, do: wait 1, as: step}\n");
	assert_int_equal(play_process_count(w.play), 3);
	assert_true(world_play(&w) == 1);
	assert_string_equal(w.log->str, "0:begin:step 0.25:service:wait.a 1:end:step "
					"1:service:serve.a 1:service:serve.b ");
	assert_int_equal(play_process_count(w.play), 4);
	assert_string_equal(play_process_at(w.play, 0)->result, "serve.a");
	assert_string_equal(play_process_at(w.play, 3)->result, "step");
	assert_string_equal(process_console(play_service(w.play, 1, 0), &len), "good-bye\n");
	world_close(&w);
}

static void test_duration_is_a_hard_stop(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, PAIR "duration: 1500ms\n"
			    "run:\n"
			    "  - {on: a, do: wait 10, as: long}\n"
			    "  - {after: long, on: a, do: wait, as: never}\n"
			    "  - {at: 2s, link: wire, state: down}\n");
	assert_true(world_play(&w) == 1.5);
	assert_string_equal(w.log->str, "0:begin:long 1.5:end:long ");
	assert_true(process_end(play_step_process(w.play, 0, 0)).ns == vtime_ms(1500).ns);
	assert_true(play_step_began(w.play, 1).ns == VTIME_NEVER.ns);
	assert_true(play_step_began(w.play, 2).ns == VTIME_NEVER.ns);
	assert_null(play_step_process(w.play, 1, 0));
	assert_true(link_up(w.internet->links[0]));
	world_close(&w);
}

static void test_duration_passes_without_events(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, PAIR "duration: 7s\n");
	assert_true(world_play(&w) == 7);
	world_close(&w);
}

/* The process ends at once; ARP there and back, and the datagram there, take 3 * 50 ms, and the
 * port unreachable that answers it another 50. */
static void test_run_waits_for_quiet_wires(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, PAIR "run: [{on: a, do: send 10.0.0.2}]\n");
	assert_true(world_play(&w) == 0.2);
	assert_true(link_counters(w.internet->links[0], 0)->delivered == 2);
	world_close(&w);
}

/* Nobody answers: between two ARP requests the wires are empty, but a packet still waits. */
static void test_run_waits_for_neighbours(void **state)
{
	struct play_world w;
	double end;

	(void)state;
	world_open(&w, PAIR "run: [{on: a, do: send 10.0.0.77}]\n");
	end = world_play(&w);
	assert_true(end >= 3 && end < 4);
	assert_int_equal(site_drops(&w.internet->nodes[0].node->site, DROP_NEIGH_FAILED), 1);
	world_close(&w);
}

static void left_is(const struct play_world *w, uint32_t n, bool late, const char *result)
{
	const struct play_process *first;
	bool is_late;

	assert_int_equal(play_left(w->play, &first, &is_late), n);
	assert_string_equal(first ? first->result : "", result);
	assert_int_equal(is_late, late);
}

static void test_run_ends_when_nothing_can_happen(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, PAIR "run: [{at: 1s, on: a, do: block, as: stuck}]\n");
	world_play(&w);
	assert_string_equal(w.log->str, "1:begin:stuck 1:end:stuck ");
	assert_true(process_killed(play_step_process(w.play, 0, 0)));
	left_is(&w, 1, false, "stuck");
	world_close(&w);
}

/*
 * A program without end gets an hour after the last step, whenever that is, or after the last end
 * of another program; what waits for its end never begins.
 */
static void test_endless_programs_end(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, PAIR "run:\n"
			    "  - {on: b, do: wait 0.5, as: short}\n"
			    "  - {on: b, do: serve, as: endless}\n"
			    "  - {after: endless, on: b, do: wait, as: never}\n"
			    "  - {at: 9000s, on: a, do: wait 1000, as: long}\n"
			    "  - {after: long, on: a, do: wait 2000, as: next}\n");
	assert_true(world_play(&w) == 12000 + vtime_seconds(PLAY_CALM));
	left_is(&w, 1, true, "endless");
	assert_true(process_killed(play_step_process(w.play, 1, 0)));
	assert_false(process_killed(play_step_process(w.play, 4, 0)));
	assert_true(play_step_began(w.play, 2).ns == VTIME_NEVER.ns);
	world_close(&w);
}

/* The hour begins when whoever brings something from outside has brought it. */
static void test_endless_programs_end_after_holds(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, PAIR "run: [{on: b, do: serve, as: endless}]\n");
	play_hold(w.play);
	while (vtime_seconds(world_now(w.internet->world)) < 20000)
		assert_true(play_run(w.play, 1));
	play_let_go(w.play);
	assert_true(world_play(&w) == 20000 + vtime_seconds(PLAY_CALM));
	left_is(&w, 1, true, "endless");
	world_close(&w);
}

/* One question to everyone, and it goes round for ever: where nothing takes time, at once. */
static void test_ring_of_switches_ends(void **state)
{
	struct play_world w;

	(void)state;
	for (int slow = 0; slow < 2; slow++) {
		g_autofree char *text = g_strdup_printf(
			"nodes: {a: {address: 10.0.0.1/24}, b: {address: 10.0.0.2/24}, "
			"s: {kind: switch}, t: {kind: switch}}\n"
			"links: [a -- s, {name: x, between: [s, t]%s}, {name: y, between: [s, t]%s}, "
			"t -- b]\n"
			"duration: 1ms\n"
			"run: [{on: a, do: send 10.0.0.77}]\n",
			slow ? ", delay: 1us" : "", slow ? ", delay: 1us" : "");

		world_open(&w, text);
		world_play(&w);
		assert_true(play_stuck(w.play) == !slow);
		assert_true(vtime_seconds(world_now(w.internet->world)) == (slow ? 1e-3 : 0));
		world_close(&w);
	}
}

/* The same where frames take time, and no duration ends it: nobody wants anything any more. */
static void test_endless_wires_end(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, "nodes: {a: {address: 10.0.0.1/24}, s: {kind: switch}, t: {kind: switch}}\n"
		       "links: [a -- s, {name: x, between: [s, t], delay: 1s}, "
		       "{name: y, between: [s, t], delay: 1s}]\n"
		       "run: [{at: 10s, on: a, do: send 10.0.0.77}]\n");
	assert_true(world_play(&w) == 10 + vtime_seconds(PLAY_CALM));
	assert_false(play_stuck(w.play));
	left_is(&w, 0, false, "");
	world_close(&w);
}

static void test_packets_under_way_are_told_of(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, PAIR "duration: 120ms\nrun: [{on: a, do: send 10.0.0.2}]\n");
	assert_true(world_play(&w) == 0.12);
	assert_int_equal(site_drops(link_site(w.internet->links[0]), DROP_WORLD_END), 1);
	assert_true(w.internet->world->on_wires == 0);
	world_close(&w);
}

static void test_node_down_and_up(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, "nodes:\n"
		       "  a: {}\n"
		       "  b: {services: [serve]}\n"
		       "links: [a -- b]\n"
		       "run:\n"
		       "  - {at: 1s, node: b, state: down}\n"
		       "  - {at: 2s, on: b, do: wait, as: lost}\n"
		       "  - {after: lost, on: a, do: wait, as: anyway}\n"
		       "  - {at: 3s, node: b, state: up}\n"
		       "  - {at: 4s, on: b, do: wait, as: again}\n");
	world_play(&w);
	assert_string_equal(w.log->str,
			    "1:begin:0 1:service:serve.b 2:begin:lost 2:end:lost 2:begin:anyway "
			    "2:end:anyway 3:begin:3 4:begin:again 4:end:again "
			    "4:service:serve.b.2 ");
	assert_null(play_step_process(w.play, 1, 0));
	assert_non_null(play_step_process(w.play, 4, 0));
	assert_string_equal(play_process_at(w.play, 2)->label, "serve.2");
	world_close(&w);
}

static void test_up_without_down_starts_nothing(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, "nodes: {a: {services: [serve]}, b: {}}\n"
		       "links: [a -- b]\n"
		       "run: [{at: 1s, node: a, state: up}]\n");
	world_play(&w);
	assert_int_equal(play_process_count(w.play), 1);
	world_close(&w);
}

static void test_links_and_interfaces_change(void **state)
{
	struct play_world w;
	const struct link_params *forth, *back;

	(void)state;
	world_open(&w, PAIR "run:\n"
			    "  - {at: 1s, link: wire, rate: 1Mbit/s, delay: 5ms,"
			    " reverse: {rate: 2Mbit/s}}\n"
			    "  - {at: 2s, interface: a:eth0, state: down}\n");
	world_play(&w);
	forth = link_params(w.internet->links[0], 0);
	back = link_params(w.internet->links[0], 1);
	assert_true(forth->rate == 1000000 && back->rate == 2000000);
	assert_true(forth->delay.ns == vtime_ms(5).ns && back->delay.ns == vtime_ms(5).ns);
	assert_true(forth->mtu == 1500);
	assert_false(w.internet->nodes[0].ifaces[0]->up);
	world_close(&w);
}

static void test_end_at_any_time(void **state)
{
	struct play_world w;

	(void)state;
	world_open(&w, PAIR "run:\n"
			    "  - {on: a, do: wait 5, as: cut}\n"
			    "  - {after: cut, on: a, do: wait, as: never}\n");
	play_end(w.play);
	assert_false(play_run(w.play, 1000));
	assert_true(world_now(w.internet->world).ns == 0);
	assert_true(play_step_began(w.play, 0).ns == VTIME_NEVER.ns);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps_in_order),
		cmocka_unit_test(test_same_instant_in_file_order),
		cmocka_unit_test(test_after_waits_for_all_nodes),
		cmocka_unit_test(test_services_come_first_and_end_last),
		cmocka_unit_test(test_duration_is_a_hard_stop),
		cmocka_unit_test(test_duration_passes_without_events),
		cmocka_unit_test(test_run_waits_for_quiet_wires),
		cmocka_unit_test(test_run_waits_for_neighbours),
		cmocka_unit_test(test_run_ends_when_nothing_can_happen),
		cmocka_unit_test(test_endless_programs_end),
		cmocka_unit_test(test_endless_programs_end_after_holds),
		cmocka_unit_test(test_ring_of_switches_ends),
		cmocka_unit_test(test_endless_wires_end),
		cmocka_unit_test(test_packets_under_way_are_told_of),
		cmocka_unit_test(test_node_down_and_up),
		cmocka_unit_test(test_up_without_down_starts_nothing),
		cmocka_unit_test(test_links_and_interfaces_change),
		cmocka_unit_test(test_end_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
