/* A connection's curves, from its file. */
#include <math.h>
#include <string.h>

#include "cli/plot/entry.h"

#define BYTES_LEAST 14480 /* ten segments: who sent less says nothing about its window */

void plot_tcp_free(void *data)
{
	struct plot_tcp *t = data;
	struct plot_curve *curves[] = {&t->cwnd, &t->ssthresh, &t->in_flight, &t->srtt, &t->min_rtt,
		&t->rto, &t->pacing, &t->delivery, &t->retransmitted, &t->timeouts, &t->delivered.curve};

	for (size_t i = 0; i < G_N_ELEMENTS(curves); i++)
		curve_fini(curves[i]);
	g_free(t->name);
	g_free(t->node);
	g_free(t->peer);
	g_free(t->congestion);
	g_free(t->step);
	g_free(t);
}

static void tcp_read(struct plot_tcp *t, struct plot_csv *csv)
{
	const struct {
		struct plot_curve *curve;
		int column;
	} curves[] = {
		{&t->cwnd, plot_csv_column(csv, "cwnd_segments")},
		{&t->ssthresh, plot_csv_column(csv, "ssthresh_segments")},
		{&t->in_flight, plot_csv_column(csv, "in_flight_segments")},
		{&t->srtt, plot_csv_column(csv, "srtt_s")},
		{&t->min_rtt, plot_csv_column(csv, "min_rtt_s")},
		{&t->rto, plot_csv_column(csv, "rto_s")},
		{&t->pacing, plot_csv_column(csv, "pacing_rate_bit_s")},
		{&t->delivery, plot_csv_column(csv, "delivery_rate_bit_s")},
	};
	int state = plot_csv_column(csv, "ca_state"), retrans = plot_csv_column(csv, "total_retrans");
	int acked = plot_csv_column(csv, "bytes_acked"), mss = plot_csv_column(csv, "snd_mss_bytes");
	int sacked = plot_csv_column(csv, "sacked_segments");
	double sent_again = 0;
	bool loss = false;

	while (plot_csv_next(csv)) {
		double at = plot_csv_value(csv, 0), cwnd = plot_csv_value(csv, curves[0].column);
		double srtt = plot_csv_value(csv, curves[3].column);
		bool now_loss = !strcmp(plot_csv_text(csv, state), "Loss");

		for (size_t i = 0; i < G_N_ELEMENTS(curves); i++)
			curve_add(curves[i].curve, at, plot_csv_value(csv, curves[i].column));
		if (now_loss && !loss)
			curve_add(&t->timeouts, at, cwnd);
		else if (plot_csv_value(csv, retrans) > sent_again)
			curve_add(&t->retransmitted, at, cwnd);
		loss = now_loss;
		sent_again = plot_csv_value(csv, retrans);
		/* Less than a round trip would show bursts and gaps. */
		if (!t->delivered.begun && srtt > 0)
			t->delivered.bin = rate_bin(&t->span, 0.9 * srtt);
		t->bytes = plot_csv_value(csv, acked);
		rate_add(&t->delivered, at, 8 * (t->bytes + plot_csv_value(csv, sacked) *
							   plot_csv_value(csv, mss)));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(curves); i++)
		curve_end(curves[i].curve);
	curve_end(&t->timeouts);
	curve_end(&t->retransmitted);
	rate_end(&t->delivered);
}

static struct plot_tcp *tcp_new(JsonObject *o, const struct plot_choice *choice)
{
	struct plot_tcp *t = g_new0(struct plot_tcp, 1);
	struct plot_curve *curves[] = {&t->cwnd, &t->ssthresh, &t->in_flight, &t->srtt, &t->min_rtt,
		&t->rto, &t->pacing, &t->delivery, &t->retransmitted, &t->timeouts};

	t->name = entry_stem(o);
	t->node = g_strdup(entry_text(o, "node"));
	t->peer = g_strdup(entry_text(o, "peer_node"));
	t->congestion = g_strdup(entry_text(o, "congestion_control"));
	t->local_port = (int)entry_number(o, "local_port");
	t->peer_port = (int)entry_number(o, "peer_port");
	t->begin = entry_number(o, "begin");
	t->span.from = isnan(choice->from) ? entry_number(o, "begin") : choice->from;
	t->span.to = isnan(choice->to) ? entry_number(o, "end") : choice->to;
	if (t->span.to <= t->span.from)
		t->span.to = t->span.from + 1e-3;
	for (size_t i = 0; i < G_N_ELEMENTS(curves); i++)
		curve_init(curves[i], &t->span);
	rate_init(&t->delivered, &t->span, 0);
	t->retransmitted.marks = t->timeouts.marks = true;
	return t;
}

bool plot_tcp_load(struct plot_set *set, const char *out, JsonObject *o,
		     const struct plot_choice *choice, char **error)
{
	struct plot_csv *csv = entry_csv(out, o, error);
	struct plot_tcp *t;

	if (!csv)
		return false;
	t = tcp_new(o, choice);
	tcp_read(t, csv);
	plot_csv_close(csv);
	if (!choice->all && t->bytes < BYTES_LEAST) {
		plot_tcp_free(t);
		set->left_out++;
	} else {
		g_ptr_array_add(set->tcp, t);
	}
	return true;
}
