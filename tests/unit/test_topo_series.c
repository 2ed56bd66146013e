/*
 * Series of a run: a connection's file says at every instant what TCP_INFO says, which was asked
 * between any two events; queues and links against what links count; and whom a scenario's words
 * mean.
 */
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "programs/programs.h"
#include "topo/play/play.h"
#include "topo/outcome/series.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/info.h"

struct lab {
	struct scenario *scenario;
	struct internet *internet;
	struct play *play;
	struct series *series;
	char *folder;
};

static struct scenario *parsed(const char *yaml)
{
	GError *error = NULL;
	struct scenario *s = scenario_parse(yaml, strlen(yaml), "lab.yaml", NULL, &error);

	if (!s)
		fail_msg("%s", error->message);
	return s;
}

static void lab_open(struct lab *l, const char *yaml)
{
	GError *wrong = NULL;
	char *error = NULL;

	l->scenario = parsed(yaml);
	l->internet = internet_new(l->scenario, &wrong);
	assert_non_null(l->internet);
	l->folder = g_strdup_printf("%s/test_series_%d", g_get_tmp_dir(), getpid());
	l->series = series_new(l->internet, l->folder);
	assert_non_null(l->series);
	if (!series_begin(l->series, &error))
		fail_msg("%s", error);
	l->play = play_new(l->internet, program_find, NULL, NULL);
}

static void lab_end(struct lab *l)
{
	series_finish(l->series);
	assert_null(series_error(l->series));
	play_end(l->play);
}

static void lab_close(struct lab *l)
{
	g_autofree char *pattern = g_strdup_printf("%s/*", l->folder);
	glob_t found;

	play_free(l->play);
	internet_free(l->internet);
	series_free(l->series);
	scenario_free(l->scenario);
	if (!glob(pattern, 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			remove(found.gl_pathv[i]);
	globfree(&found);
	assert_int_equal(rmdir(l->folder), 0); /* nothing half-written is left */
	g_free(l->folder);
}

/* The rows of a file, the header first. */
static char **rows_of(const struct lab *l, const char *pattern)
{
	g_autofree char *path = g_strdup_printf("%s/%s", l->folder, pattern), *text = NULL;
	glob_t found;

	assert_int_equal(glob(path, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	assert_true(g_file_get_contents(found.gl_pathv[0], &text, NULL, NULL));
	globfree(&found);
	return g_strsplit(g_strstrip(text), "\n", -1);
}

static double field(const char *row, int n)
{
	while (n--) {
		row = strchr(row, ',');
		assert_non_null(row);
		row++;
	}
	return *row == ',' || !*row ? NAN : strtod(row, NULL);
}

static int column(char **rows, const char *name)
{
	g_auto(GStrv) names = g_strsplit(rows[0], ",", -1);

	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], name))
			return i;
	fail_msg("no column %s", name);
	return -1;
}

/* What the socket said between two events. */
struct answer {
	double t;
	struct tcp_info info;
};

static const struct tcp *sender(const struct lab *l)
{
	struct node *n = l->internet->nodes[scenario_node(l->scenario, "client")].node;
	const struct tcp *tp = NULL;
	struct tcp_row *rows;
	uint32_t count;

	rows = tcp_rows(n, &count);
	for (uint32_t i = 0; i < count; i++)
		if (rows[i].tcp && rows[i].tcp->state == TCP_ESTABLISHED)
			tp = rows[i].tcp;
	free(rows);
	return tp;
}

static GArray *answers_collect(struct lab *l)
{
	GArray *answers = g_array_new(FALSE, FALSE, sizeof(struct answer));
	const struct sched *s = &l->internet->world->sched;

	while (play_run(l->play, 1)) {
		const struct tcp *tp;
		struct answer a;

		/* Only when an instant is over does it have one answer. */
		if (!vtime_before(s->now, sched_next(s)))
			continue;
		tp = sender(l);
		if (!tp)
			continue;
		a.t = vtime_seconds(s->now);
		assert_int_equal(tcp_info_get(&tp->socket, &a.info), 0);
		g_array_append_val(answers, a);
	}
	return answers;
}

static bool same(double csv, double info)
{
	return isnan(csv) ? info == 0 : fabs(csv - info) < 1e-9 * fmax(1, fabs(info));
}

/* A lossy way with a queue that overflows and an outage: slow start, recovery, time-outs, undo. */
#define WAY "links: [{name: way, between: [client, server], rate: 5Mbit/s, rtt: 40ms, loss: 0.3%, " \
	    "queue: {limit: 20p}}]\n" \
	    "nodes: {client: {}, server: {services: [nc -l -k --discard 80]}}\n" \
	    "addressing: {ipv6: none}\n" \
	    "run:\n" \
	    "  - {on: client, do: nc -N --send-bytes 3000000 server 80}\n" \
	    "  - {at: 2s, link: way, state: down}\n" \
	    "  - {at: 3s, link: way, state: up}\n"

static void twin(void **state)
{
	struct lab l;
	guint at = 0, states = 0;

	(void)state;
	lab_open(&l, WAY "series: [{what: tcp, at: client, every: 1us}]\n");
	g_autoptr(GArray) answers = answers_collect(&l);
	lab_end(&l);
	g_auto(GStrv) rows = rows_of(&l, "tcp-client-*-server-80.csv");
	guint n = g_strv_length(rows);
	int cwnd = column(rows, "cwnd_segments"), ssthresh = column(rows, "ssthresh_segments");
	int in_flight = column(rows, "in_flight_segments"), srtt = column(rows, "srtt_s");
	int rttvar = column(rows, "rttvar_s"), rto = column(rows, "rto_s");
	int pacing = column(rows, "pacing_rate_bit_s"), rate = column(rows, "delivery_rate_bit_s");
	int acked = column(rows, "bytes_acked"), again = column(rows, "total_retrans");
	int lost = column(rows, "lost_segments"), sacked = column(rows, "sacked_segments");

	assert_true(answers->len > 3000);
	for (guint i = 0; i < answers->len; i++) {
		const struct answer *a = &g_array_index(answers, struct answer, i);
		const struct tcp_info *f = &a->info;

		while (at + 1 < n && field(rows[at + 1], 0) <= a->t + 1e-10)
			states += !!strstr(rows[++at], ",Loss,");
		if (!at)
			continue;
		if (!(same(field(rows[at], cwnd), f->tcpi_snd_cwnd) &&
		      (isnan(field(rows[at], ssthresh)) ? f->tcpi_snd_ssthresh == 0x7fffffff
			: same(field(rows[at], ssthresh), f->tcpi_snd_ssthresh)) &&
		      same(field(rows[at], in_flight), f->tcpi_unacked - (f->tcpi_sacked + f->tcpi_lost) +
			   f->tcpi_retrans) &&
		      same(field(rows[at], srtt), f->tcpi_rtt / 1e6) &&
		      same(field(rows[at], rttvar), f->tcpi_rttvar / 1e6) &&
		      same(field(rows[at], rto), f->tcpi_rto / 1e6) &&
		      same(field(rows[at], pacing), 8.0 * (double)f->tcpi_pacing_rate) &&
		      same(field(rows[at], rate), 8.0 * (double)f->tcpi_delivery_rate) &&
		      same(field(rows[at], acked), (double)f->tcpi_bytes_acked) &&
		      same(field(rows[at], again), f->tcpi_total_retrans) &&
		      same(field(rows[at], lost), f->tcpi_lost) &&
		      same(field(rows[at], sacked), f->tcpi_sacked)))
			fail_msg("at %.9f s the row says %s; cwnd %u ssthresh %u unacked %u sacked %u lost %u "
				 "retrans %u rtt %u rto %u acked %" G_GUINT64_FORMAT, a->t, rows[at],
				 f->tcpi_snd_cwnd, f->tcpi_snd_ssthresh, f->tcpi_unacked, f->tcpi_sacked,
				 f->tcpi_lost, f->tcpi_retrans, f->tcpi_rtt, f->tcpi_rto,
				 f->tcpi_bytes_acked);
	}
	assert_true(states > 0); /* the outage was seen */
	assert_true(field(rows[n - 1], again) > 5);
	lab_close(&l);
}

/* A coarse file is a part of the fine one that has all of its changes of ssthresh and state. */
static void coarse(void **state)
{
	struct lab l;
	guint at = 0, changes = 0;

	(void)state;
	lab_open(&l, WAY "series: [{what: tcp, at: client, every: 1us}]\n");
	while (play_run(l.play, 4096))
		;
	lab_end(&l);
	g_auto(GStrv) fine = rows_of(&l, "tcp-client-*.csv");
	lab_close(&l);
	lab_open(&l, WAY "series: [{what: tcp, every: 50ms}, {what: tcp, at: server, every: 1s}]\n");
	while (play_run(l.play, 4096))
		;
	lab_end(&l);
	g_auto(GStrv) few = rows_of(&l, "tcp-client-*.csv");
	assert_int_equal(series_count(l.series), 2);
	lab_close(&l);

	int ssthresh = column(fine, "ssthresh_segments"), again = column(fine, "total_retrans");
	assert_true(g_strv_length(few) * 4 < g_strv_length(fine));
	for (guint i = 0; fine[i]; i++) {
		bool kept = few[at] && !strcmp(fine[i], few[at]);
		bool urgent = i > 1 && (field(fine[i], again) != field(fine[i - 1], again) ||
				       (field(fine[i], ssthresh) != field(fine[i - 1], ssthresh) &&
					!isnan(field(fine[i], ssthresh))));

		changes += urgent;
		at += kept;
		if (urgent && !kept)
			fail_msg("the coarse file misses %s", fine[i]);
	}
	assert_null(few[at]); /* no row that the fine one has not */
	assert_true(changes > 10);
}

/* 1000-byte datagrams at twice the rate of the way, in known numbers. */
static void queue_and_link(void **state)
{
	struct lab l;
	const struct link_counters *c;

	(void)state;
	lab_open(&l, "nodes: {a: {}, b: {services: [iperf3 -s]}}\naddressing: {ipv6: none}\n"
		     "links: [{name: way, between: [a, b], rate: 1Mbit/s, delay: 5ms, queue: {limit: 50p}}]\n"
		     "run: [{on: a, do: iperf3 -u -c b -b 2M -l 1000 -t 4}]\n"
		     "series: [{what: [queues, links], at: a, every: 20ms}]\n");
	while (play_run(l.play, 4096))
		;
	lab_end(&l);
	c = link_counters(l.internet->links[0], 0);
	assert_int_equal(series_count(l.series), 2); /* what leaves a, not what leaves b */
	g_auto(GStrv) queue = rows_of(&l, "queue-way-forward.csv");
	g_auto(GStrv) link = rows_of(&l, "link-way-forward.csv");
	guint last = g_strv_length(queue) - 1;
	double most = 0, wait = 0;

	assert_string_equal(queue[0], "time_s,length_packets,length_bytes,delay_s,drops,marks");
	for (guint i = 1; queue[i]; i++) {
		double packets = field(queue[i], 1), bytes = field(queue[i], 2), delay = field(queue[i], 3);

		most = fmax(most, packets);
		wait = fmax(wait, delay);
		/* A datagram is 1042 bytes of frame and takes 1066 on the wire, 8.528 ms; what waits, and
		 * at most one more that is being sent. */
		if (packets >= 1 && bytes == 1042 * packets)
			assert_true(delay > packets * 8.528e-3 - 1e-6 &&
				    delay <= (packets + 1) * 8.528e-3 + 1e-6);
	}
	assert_true(most == 50);
	assert_true(wait > 50 * 8.528e-3 - 1e-6 && wait <= 51 * 8.528e-3 + 1e-6);
	assert_true(c->dropped > 100 && field(queue[last], 4) == (double)c->dropped);

	/* Throughput is what the counters say; the whole adds up; a busy link is fully used. */
	double sum = 0, before = 0, used = 0;
	for (guint i = 1; link[i]; i++) {
		double t = field(link[i], 0), through = field(link[i], 2);

		/* Rows that repeat the one before may be left out: they carried nothing. */
		sum += through * fmin(t - before, 0.02) / 8;
		used = fmax(used, field(link[i], 3));
		before = t;
	}
	last = g_strv_length(link) - 1;
	assert_true(field(link[last], 4) == (double)c->bytes);
	assert_true(fabs(sum - (double)c->bytes) < 0.001 * (double)c->bytes);
	assert_true(used > 0.95 && used < 1.3); /* frames are counted where they end */
	lab_close(&l);
}

/* A run that ends at the instant of a look has one row of it, and a link that was busy still is. */
static void ends_with_a_look(void **state)
{
	struct lab l;

	(void)state;
	lab_open(&l, "nodes: {a: {}, b: {services: [iperf3 -s]}}\naddressing: {ipv6: none}\n"
		     "links: [{name: way, between: [a, b], rate: 1Mbit/s, delay: 5ms}]\n"
		     "run: [{on: a, do: iperf3 -u -c b -b 2M -l 1000 -t 4}]\nduration: 2s\n"
		     "series: [{what: links, at: a, every: 100ms}]\n");
	while (play_run(l.play, 4096))
		;
	lab_end(&l);
	g_auto(GStrv) link = rows_of(&l, "link-way-forward.csv");
	guint last = g_strv_length(link) - 1;

	assert_true(field(link[last], 0) == 2 && field(link[last - 1], 0) < 2);
	assert_true(field(link[last], 2) > 900000 && field(link[last], 3) > 0.9);
	lab_close(&l);
}

/* What every discipline says of waits: none longer than the whole queue takes. */
static void disciplines(void **state)
{
	static const char *const kinds[] = {"red", "codel", "fq_codel", "pie"};

	(void)state;
	for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
		g_autofree char *yaml = g_strdup_printf(
			"nodes: {a: {}, b: {services: [iperf3 -s]}}\naddressing: {ipv6: none}\n"
			"links: [{name: way, between: [a, b], rate: 1Mbit/s, delay: 5ms, "
			"queue: {kind: %s, limit: 60p}}]\n"
			"run: [{on: a, do: iperf3 -u -c b -b 2M -l 1000 -t 4}]\n"
			"series: [{what: queues, at: way, every: 20ms}]\n", kinds[k]);
		double wait = 0, most = 0;
		struct lab l;

		lab_open(&l, yaml);
		while (play_run(l.play, 4096))
			;
		lab_end(&l);
		g_auto(GStrv) queue = rows_of(&l, "queue-way-forward.csv");
		for (guint i = 1; queue[i]; i++) {
			most = fmax(most, field(queue[i], 1));
			wait = fmax(wait, field(queue[i], 3));
			assert_true(field(queue[i], 1) <= 60);
		}
		assert_true(most > 5 && wait > 5 * 8.528e-3 && wait < 62 * 8.528e-3);
		assert_true(field(queue[g_strv_length(queue) - 1], 4) ==
			    (double)link_counters(l.internet->links[0], 0)->dropped);
		lab_close(&l);
	}
}

/* Another discipline, and a faster wire, between two looks: waits are of all that left since. */
static void discipline_replaced(void **state)
{
	struct lab l;

	(void)state;
	lab_open(&l, "nodes: {a: {}, b: {services: [iperf3 -s]}}\naddressing: {ipv6: none}\n"
		     "links: [{name: way, between: [a, b], rate: 1Mbit/s, delay: 5ms, "
		     "queue: {kind: red, limit: 60p}}]\n"
		     "run: [{on: a, do: iperf3 -u -c b -b 2M -l 1000 -t 4},\n"
		     "      {at: 1050ms, link: way, rate: 4Mbit/s, queue: {kind: pie, limit: 60p}},\n"
		     "      {at: 2050ms, link: way, queue: {kind: droptail, limit: 60p}},\n"
		     "      {at: 2950ms, link: way, rate: 1Mbit/s, queue: {kind: codel, limit: 60p}}]\n"
		     "series: [{what: queues, at: a, every: 1s}]\n");
	while (play_run(l.play, 4096))
		;
	lab_end(&l);
	g_auto(GStrv) queue = rows_of(&l, "queue-way-forward.csv");

	assert_true(g_strv_length(queue) >= 5);
	for (guint i = 2; queue[i]; i++)
		assert_true(field(queue[i], 3) >= 0 && field(queue[i], 3) < 62 * 8.528e-3);
	assert_true(field(queue[2], 3) > 5 * 8.528e-3); /* 1 s: RED's queue was long */
	assert_true(field(queue[3], 3) > 0 && field(queue[3], 3) < field(queue[2], 3) / 2);
	lab_close(&l);
}

#define NODES "nodes: {'c[1..3]': {}, lan: {kind: switch}, r: {kind: router}, s: {}}\n" \
	      "links: ['c[1..3] -- lan', {between: [lan, r]}, {name: wan, between: [r, s]}]\n"

/* Whom a text means: "tcp" by node, then queues and links by direction, in ms; "." is nobody. */
static void expect_words(const char *series, const char *want)
{
	g_autofree char *yaml = g_strdup_printf(NODES "series: %s\n", series);
	struct scenario *s = parsed(yaml);
	GString *got = g_string_new(NULL);
	const struct { const vtime *every; uint32_t n; } tables[] = {
		{s->series.tcp, s->n_nodes}, {s->series.queues, 2 * s->n_links},
		{s->series.links, 2 * s->n_links},
	};

	for (size_t k = 0; k < G_N_ELEMENTS(tables); k++) {
		for (uint32_t i = 0; tables[k].every && i < tables[k].n; i++)
			if (tables[k].every[i].ns == VTIME_NEVER.ns)
				g_string_append(got, ".");
			else
				g_string_append_printf(got, "%d", (int)(tables[k].every[i].ns / 1000000));
		g_string_append_c(got, ' ');
	}
	assert_string_equal(got->str, want);
	g_string_free(got, TRUE);
	scenario_free(s);
}

static void meaning(void **state)
{
	(void)state;
	/* nodes c1 c2 c3 lan r s; links c1--lan c2--lan c3--lan lan--r wan */
	expect_words("none", "   ");
	expect_words("[tcp]", "101010.1010 .......... .......... ");
	expect_words("tcp", "101010.1010 .......... .......... ");
	expect_words("[{what: tcp, at: 'c[2..3]', every: 1ms}]", ".11... .......... .......... ");
	expect_words("[{what: [queues, links], at: wan, every: 5ms}]", "...... ........55 ........55 ");
	expect_words("[{what: queues, at: r, every: 2ms}]", "...... .......22. .......... ");
	expect_words("[{what: links, at: 'r:eth1', every: 2ms}]", "...... .......... ........2. ");
	expect_words("[{at: [s, wan], every: 3ms}]", ".....3 ........33 ........33 ");
	expect_words("[{what: tcp, every: 4ms}, {what: tcp, at: s, every: 9ms}]",
		     "444.49 .......... .......... ");
	expect_words("{what: tcp, at: s, every: 7ms}", ".....7 .......... .......... ");
	expect_words("[]", "...... .......... .......... ");
	expect_words("[all]", "101010.1010 10101010101010101010 10101010101010101010 ");
}

/* Looking changes nothing, not even when a run that has no end of its own is over. */
static void looking(void **state)
{
	static const char waits[] =
		"nodes: {a: {}, b: {}}\nlinks: [{name: way, between: [a, b], delay: 1ms}]\n"
		"run: [{on: a, do: ping -c 1 b}, {on: b, do: nc -l 80}]\n";
	double end[2];

	(void)state;
	for (int k = 0; k < 2; k++) {
		g_autofree char *yaml = g_strdup_printf("%s%s", waits,
				k ? "series: [{what: [queues, links], every: 7ms}]\n" : "");
		struct scenario *s = parsed(yaml);
		struct internet *in = internet_new(s, NULL);
		g_autofree char *folder = g_strdup_printf("%s/test_looking_%d", g_get_tmp_dir(), getpid());
		struct series *series = series_new(in, folder);
		char *error = NULL;

		assert_true(!series == !k);
		assert_true(series_begin(series, &error));
		struct play *p = play_new(in, program_find, NULL, NULL);
		while (play_run(p, 100))
			;
		end[k] = vtime_seconds(world_now(in->world));
		/* Given up: what was being written is gone. */
		play_end(p);
		play_free(p);
		internet_free(in);
		series_free(series);
		scenario_free(s);
		rmdir(folder);
		assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
	}
	assert_true(end[0] == end[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twin),
		cmocka_unit_test(coarse),
		cmocka_unit_test(queue_and_link),
		cmocka_unit_test(ends_with_a_look),
		cmocka_unit_test(disciplines),
		cmocka_unit_test(discipline_replaced),
		cmocka_unit_test(meaning),
		cmocka_unit_test(looking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
