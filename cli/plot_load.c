#include "cli/plot_load.h"

#include <math.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "topo/series.h"

#define BYTES_LEAST 14480 /* ten segments: a connection that sent less says nothing about its window */

/* ---- results.json ---- */

static const char *text_of(JsonObject *o, const char *key)
{
	JsonNode *n = json_object_get_member(o, key);
	const char *text = n && JSON_NODE_HOLDS_VALUE(n) ? json_node_get_string(n) : NULL;

	return text ? text : "";
}

static double number_of(JsonObject *o, const char *key)
{
	JsonNode *n = json_object_get_member(o, key);

	return n && JSON_NODE_HOLDS_VALUE(n) ? json_node_get_double(n) : 0;
}

/* Pages have these names, and scripts of gnuplot hold them: a folder that came from somebody else is
 * not to end a string there, or a line. */
static bool name_is_harmless(const char *name)
{
	if (*name == '.' || *name == '-' || strpbrk(name, "/'"))
		return false;
	while (*name && !g_ascii_iscntrl(*name))
		name++;
	return !*name;
}

/* A plain name in series/ that ends in .csv, or NULL. */
static const char *file_of(JsonObject *o)
{
	const char *file = text_of(o, "file");

	if (!g_str_has_prefix(file, SERIES_FOLDER "/") || !g_str_has_suffix(file, ".csv"))
		return NULL;
	file += strlen(SERIES_FOLDER "/");
	return name_is_harmless(file) ? file : NULL;
}

/* The same without its suffix; g_free(). */
static char *stem_of(JsonObject *o)
{
	const char *file = file_of(o);

	return g_strndup(file, strlen(file) - strlen(".csv"));
}

static struct plot_csv *csv_of(const char *out, JsonObject *o, char **error)
{
	g_autofree char *path = g_strdup_printf("%s/" SERIES_FOLDER "/%s", out, file_of(o));

	return plot_csv_open(path, error);
}

/* ---- connections ---- */

static void tcp_free(void *data)
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

	t->name = stem_of(o);
	t->node = g_strdup(text_of(o, "node"));
	t->peer = g_strdup(text_of(o, "peer_node"));
	t->congestion = g_strdup(text_of(o, "congestion_control"));
	t->local_port = (int)number_of(o, "local_port");
	t->peer_port = (int)number_of(o, "peer_port");
	t->span.from = isnan(choice->from) ? number_of(o, "begin") : choice->from;
	t->span.to = isnan(choice->to) ? number_of(o, "end") : choice->to;
	if (t->span.to <= t->span.from)
		t->span.to = t->span.from + 1e-3;
	for (size_t i = 0; i < G_N_ELEMENTS(curves); i++)
		curve_init(curves[i], &t->span);
	rate_init(&t->delivered, &t->span, 0);
	t->retransmitted.marks = t->timeouts.marks = true;
	return t;
}

static bool tcp_load(struct plot_set *set, const char *out, JsonObject *o,
		     const struct plot_choice *choice, char **error)
{
	struct plot_csv *csv = csv_of(out, o, error);
	struct plot_tcp *t;

	if (!csv)
		return false;
	t = tcp_new(o, choice);
	tcp_read(t, csv);
	plot_csv_close(csv);
	if (!choice->all && t->bytes < BYTES_LEAST) {
		tcp_free(t);
		set->left_out++;
	} else {
		g_ptr_array_add(set->tcp, t);
	}
	return true;
}

/* ---- links ---- */

static void way_free(void *data)
{
	struct plot_way *w = data;
	struct plot_curve *curves[] = {&w->length, &w->delay, &w->drops, &w->marks, &w->capacity,
				       &w->lost, &w->throughput.curve};

	for (size_t i = 0; i < G_N_ELEMENTS(curves); i++)
		curve_fini(curves[i]);
	g_free(w->name);
	g_free(w->link);
	g_free(w->from);
	g_free(w->to);
	g_free(w->queue);
	g_free(w);
}

/* The direction that an entry is about, made if it is the first about it. */
static struct plot_way *way_of(struct plot_set *set, JsonObject *o)
{
	bool reverse = !strcmp(text_of(o, "direction"), "reverse");
	struct plot_way *w = set->ways->len ? set->ways->pdata[set->ways->len - 1] : NULL;

	if (w && w->reverse == reverse && !strcmp(w->link, text_of(o, "link")))
		return w;
	w = g_new0(struct plot_way, 1);
	w->link = g_strdup(text_of(o, "link"));
	w->from = g_strdup(text_of(o, "from"));
	w->to = g_strdup(text_of(o, "to"));
	w->queue = g_strdup(text_of(o, "queue"));
	w->reverse = reverse;

	struct plot_curve *curves[] = {&w->length, &w->delay, &w->drops, &w->marks, &w->capacity,
				       &w->lost};
	for (size_t i = 0; i < G_N_ELEMENTS(curves); i++)
		curve_init(curves[i], &set->span);
	rate_init(&w->throughput, &set->span, 0);
	w->drops.marks = w->marks.marks = w->lost.marks = true;
	w->delay.marks = !strcmp(w->queue, "fq_codel"); /* each flow has a delay of its own */
	g_ptr_array_add(set->ways, w);
	return w;
}

static void queue_read(struct plot_way *w, struct plot_csv *csv)
{
	int length = plot_csv_column(csv, "length_packets"), delay = plot_csv_column(csv, "delay_s");
	int drops = plot_csv_column(csv, "drops"), marks = plot_csv_column(csv, "marks");
	double dropped = 0, marked = 0;

	while (plot_csv_next(csv)) {
		double at = plot_csv_value(csv, 0), n = plot_csv_value(csv, length);

		curve_add(&w->length, at, n);
		curve_add(&w->delay, at, plot_csv_value(csv, delay));
		if (plot_csv_value(csv, drops) > dropped)
			curve_add(&w->drops, at, n);
		if (plot_csv_value(csv, marks) > marked)
			curve_add(&w->marks, at, n);
		dropped = plot_csv_value(csv, drops);
		marked = plot_csv_value(csv, marks);
	}
	curve_end(&w->length);
	curve_end(&w->delay);
	curve_end(&w->drops);
	curve_end(&w->marks);
}

static void link_read(struct plot_way *w, struct plot_csv *csv)
{
	int rate = plot_csv_column(csv, "rate_bit_s"), bytes = plot_csv_column(csv, "delivered_bytes");
	int lost = plot_csv_column(csv, "lost_packets");
	double missing = 0;

	while (plot_csv_next(csv)) {
		double at = plot_csv_value(csv, 0);

		curve_add(&w->capacity, at, plot_csv_value(csv, rate));
		rate_add(&w->throughput, at, 8 * plot_csv_value(csv, bytes));
		if (plot_csv_value(csv, lost) > missing)
			curve_add(&w->lost, at, 0);
		missing = plot_csv_value(csv, lost);
	}
	curve_end(&w->capacity);
	curve_end(&w->lost);
	rate_end(&w->throughput);
}

static bool way_load(struct plot_set *set, const char *out, JsonObject *o, char **error)
{
	struct plot_csv *csv = csv_of(out, o, error);
	struct plot_way *w;

	if (!csv)
		return false;
	w = way_of(set, o);
	g_free(w->name);
	w->name = stem_of(o); /* of both files the later one, which is link-... */
	if (!strcmp(text_of(o, "what"), "queues"))
		queue_read(w, csv);
	else
		link_read(w, csv);
	plot_csv_close(csv);
	return true;
}

/* Nothing ever waited, or nothing was carried. */
static bool dull(const struct plot_way *w)
{
	if (!curve_empty(&w->length))
		return w->length.most < 2 && curve_empty(&w->drops);
	return !(w->throughput.curve.most > 0);
}

/* ---- the whole ---- */

static int by_rows(gconstpointer a, gconstpointer b)
{
	double x = number_of(*(JsonObject *const *)a, "rows"), y = number_of(*(JsonObject *const *)b,
									     "rows");

	return (x < y) - (x > y);
}

static int by_bytes(gconstpointer a, gconstpointer b)
{
	const struct plot_tcp *x = *(struct plot_tcp *const *)a, *y = *(struct plot_tcp *const *)b;

	return x->bytes != y->bytes ? (x->bytes < y->bytes) - (x->bytes > y->bytes)
				    : strcmp(x->name, y->name);
}

/* The entries that are of use: connections in `tcp`, the others in `rest`. */
static void entries_sort(JsonArray *series, GPtrArray *tcp, GPtrArray *rest)
{
	for (guint i = 0; series && i < json_array_get_length(series); i++) {
		JsonNode *n = json_array_get_element(series, i);
		JsonObject *o = JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;

		if (!o || !file_of(o) || number_of(o, "rows") < 1)
			continue;
		g_ptr_array_add(strcmp(text_of(o, "what"), "tcp") ? rest : tcp, o);
	}
	g_ptr_array_sort(tcp, by_rows);
}

static bool entries_load(struct plot_set *set, const char *out, JsonArray *series,
			 const struct plot_choice *choice, char **error)
{
	g_autoptr(GPtrArray) tcp = g_ptr_array_new(), rest = g_ptr_array_new();
	bool ok = true;

	entries_sort(series, tcp, rest);
	for (guint i = 0; ok && i < tcp->len; i++)
		if (choice->all || set->tcp->len < PLOT_MOST)
			ok = tcp_load(set, out, tcp->pdata[i], choice, error);
		else
			set->left_out++;
	for (guint i = 0; ok && i < rest->len; i++) {
		struct plot_way *before = set->ways->len ? set->ways->pdata[set->ways->len - 1] : NULL;

		ok = way_load(set, out, rest->pdata[i], error);
		/* Another direction begins: was the one before worth it? */
		if (ok && before && !choice->all && set->ways->len > 1 &&
		    set->ways->pdata[set->ways->len - 2] == before &&
		    (dull(before) || set->ways->len > PLOT_MOST)) {
			g_ptr_array_remove_index(set->ways, set->ways->len - 2);
			set->left_out++;
		}
	}
	if (set->ways->len && !choice->all && dull(set->ways->pdata[set->ways->len - 1])) {
		g_ptr_array_remove_index(set->ways, set->ways->len - 1);
		set->left_out++;
	}
	g_ptr_array_sort(set->tcp, by_bytes);
	return ok;
}

bool plot_load(struct plot_set *set, const char *out, const struct plot_choice *choice, char **error)
{
	g_autofree char *path = g_strdup_printf("%s/results.json", out);
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	g_autoptr(GError) why = NULL;
	JsonNode *root, *series;
	JsonObject *o;

	*set = (struct plot_set){0};
	set->tcp = g_ptr_array_new_with_free_func(tcp_free);
	set->ways = g_ptr_array_new_with_free_func(way_free);
	if (!json_parser_load_from_mapped_file(parser, path, &why)) {
		*error = why->domain == G_FILE_ERROR
			? g_strdup_printf("%s: is no folder that a run has left; there is no results.json "
					  "in it", out)
			: g_strdup_printf("%s: is not JSON", path);
		return false;
	}
	root = json_parser_get_root(parser);
	o = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
	series = o ? json_object_get_member(o, "series") : NULL;
	if (!o || !series || !JSON_NODE_HOLDS_ARRAY(series) ||
	    !json_array_get_length(json_node_get_array(series))) {
		*error = g_strdup_printf("%s: nothing was recorded over time; 'series: [tcp, queues, "
					 "links]' in the scenario, or run it with --set series=all", out);
		return false;
	}
	set->scenario = g_strdup(text_of(o, "scenario"));
	set->span.from = isnan(choice->from) ? 0 : choice->from;
	set->span.to = isnan(choice->to) ? number_of(o, "virtual_seconds") : choice->to;
	if (set->span.to <= set->span.from)
		set->span.to = set->span.from + 1e-3;
	return entries_load(set, out, json_node_get_array(series), choice, error);
}

void plot_set_fini(struct plot_set *set)
{
	if (set->tcp)
		g_ptr_array_unref(set->tcp);
	if (set->ways)
		g_ptr_array_unref(set->ways);
	g_free(set->scenario);
	*set = (struct plot_set){0};
}
