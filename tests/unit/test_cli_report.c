/* What people see: the bar, and results in words. */
#include "play_world.h"

#include "cli/progress.h"
#include "cli/report.h"
#include "cli/report_words.h"

static void bar_is(vtime now, vtime end, double elapsed, uint64_t events, const char *text)
{
	char got[200];

	progress_line(got, sizeof(got), now, end, elapsed, events);
	assert_string_equal(got, text);
}

static void test_bar(void **state)
{
	(void)state;
	bar_is(vtime_s(0), vtime_s(10), 0, 0,
	       "[------------------------]   0%  0.000 s of 10.000 s, 0x real time, 0 s left");
	bar_is(vtime_s(5), vtime_s(10), 2.5, 1000,
	       "[############------------]  50%  5.000 s of 10.000 s, 2x real time, 2 s left");
	bar_is(vtime_s(10), vtime_s(10), 2.5, 1000,
	       "[########################] 100%  10.000 s of 10.000 s, 4x real time, 0 s left");
	bar_is(vtime_ms(1500), VTIME_NEVER, 0.001, 2500000,
	       "1.500 s of virtual time, 1.5e+03x real time, 2.5 million events");
	bar_is(vtime_ms(1500), VTIME_NEVER, 0.001, 15,
	       "1.500 s of virtual time, 1.5e+03x real time, 15 events");
	bar_is(vtime_ms(1500), VTIME_NEVER, 0.001, 1,
	       "1.500 s of virtual time, 1.5e+03x real time, 1 event");
	bar_is(vtime_ms(1500), VTIME_NEVER, 0.001, 999999,
	       "1.500 s of virtual time, 1.5e+03x real time, 999999 events");
}

static void words_are(const char *command, const char *text)
{
	struct play_world w;
	g_autofree char *yaml = g_strdup_printf("nodes: {a: {}, b: {}}\nlinks: [a -- b]\n"
						"run: [{on: a, do: '%s'}]\n", command);

	world_open(&w, yaml);
	world_play(&w);
	g_autofree char *words = words_of_process(play_step_process(w.play, 0, 0));
	assert_string_equal(words, text);
	world_close(&w);
}

static void test_process_in_words(void **state)
{
	(void)state;
	words_are("measure sent=3 received=3 loss=0 duplicates=0 rtt_min=0.0401 rtt_avg=0.0402 "
		  "rtt_max=0.0403 rtt_mdev=0.001",
		  "3 sent, 3 received, 0% loss, rtt 40.1/40.2/40.3 ms");
	words_are("measure rtt_min=0.0005 rtt_avg=0.001 rtt_max=0.002", "rtt 0.500/1.000/2.000 ms");
	words_are("measure sent=3 errors=1 duplicates=2 loss=0.125",
		  "3 sent, 1 error, 2 duplicates, 12.5% loss");
	words_are("measure bytes=12500000 seconds=10 goodput=9570000 jitter=0.00025 lost=0",
		  "12.5 MB, in 10 s, 9.57 Mbit/s, jitter 250 us");
	words_are("measure mtu=1492 share=0.3333333", "mtu 1492, share 0.3333");
	words_are("wait 0 1", "waited 0, exit 1");
	words_are("measure", "exit 0");
	words_are("block", "exit 1");
}

static void lines_are(const char *yaml, const char *text)
{
	struct play_world w;
	struct report r;
	char *got = NULL;
	size_t size;

	world_open(&w, yaml);
	world_play(&w);
	FILE *to = open_memstream(&got, &size);
	report_init(&r, to, false, w.scenario);
	for (uint32_t i = 0; i < w.scenario->n_steps; i++)
		if (play_step_began(w.play, i).ns == VTIME_NEVER.ns)
			report_missed(&r, w.play, i);
		else
			report_step(&r, w.play, i);
	report_failures(&r, w.expects);
	report_end(&r, w.expects, NULL, NULL, "out/x");
	fclose(to);
	assert_string_equal(got, text);
	free(got);
	world_close(&w);
}

static void test_lines(void **state)
{
	(void)state;
	lines_are("nodes: {'c[1..5]': {}, r: {kind: router}}\n"
		  "links: [{name: 'up[1..5]', between: ['c[1..5]', r]}]\n"
		  "duration: 10s\n"
		  "run:\n"
		  "  - {on: c1, do: measure x=1, as: one}\n"
		  "  - {at: 1s, link: up1, state: down, loss: 2.5%, delay: 5ms,"
		  " reverse: {rate: 2Mbit/s}}\n"
		  "  - {at: 2s, link: 'up[1..5]', state: up, loss: {every: 9}}\n"
		  "  - {at: 3s, node: c5, state: down}\n"
		  "  - {at: 4s, on: c5, do: wait}\n"
		  "  - {at: 5s, on: 'c[1..4]', do: wait 1, as: many}\n"
		  "  - {at: 6s, on: 'c[1..5]', do: wait 0 1, as: bad}\n"
		  "  - {at: 11s, on: c1, do: wait, as: late}\n"
		  "expect:\n"
		  "  - one: {x: 1, exit: '> 0'}\n",
		  "     0.000 s  c1        measure x=1  x 1\n"
		  "     1.000 s  link up1  down, delay 5ms, loss 2.5%, "
		  "reverse: rate 2Mbit/s, delay 5ms, loss 2.5%\n"
		  "     2.000 s  5 links   up, loss every 9\n"
		  "     3.000 s  c5        down\n"
		  "     4.000 s  c5        wait         not started: the node is down\n"
		  "     6.000 s  4 nodes   wait 1       all 4 exit 0\n"
		  "     6.000 s  5 nodes   wait 0 1     0 exit 0, 5 failed: c1, c2, c3 ...\n"
		  "           -  c1        wait         not reached: the run ended before\n"
		  "failed  one: exit > 0, got 0\n"
		  "1 of 2 expectations failed\n"
		  "results out/x/results.json\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bar),
		cmocka_unit_test(test_process_in_words),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
