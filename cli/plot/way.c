/* The curves of a link's direction, from the files of its queue and of what it carried. */
#include <string.h>

#include "cli/plot/entry.h"

void plot_way_free(void *data)
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
	bool reverse = !strcmp(entry_text(o, "direction"), "reverse");
	struct plot_way *w = set->ways->len ? set->ways->pdata[set->ways->len - 1] : NULL;

	if (w && w->reverse == reverse && !strcmp(w->link, entry_text(o, "link")))
		return w;
	w = g_new0(struct plot_way, 1);
	w->link = g_strdup(entry_text(o, "link"));
	w->from = g_strdup(entry_text(o, "from"));
	w->to = g_strdup(entry_text(o, "to"));
	w->queue = g_strdup(entry_text(o, "queue"));
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

bool plot_way_load(struct plot_set *set, const char *out, JsonObject *o, char **error)
{
	struct plot_csv *csv = entry_csv(out, o, error);
	struct plot_way *w;

	if (!csv)
		return false;
	w = way_of(set, o);
	g_free(w->name);
	w->name = entry_stem(o); /* of both files the later one, which is link-... */
	if (!strcmp(entry_text(o, "what"), "queues"))
		queue_read(w, csv);
	else
		link_read(w, csv);
	plot_csv_close(csv);
	return true;
}

bool plot_way_dull(const struct plot_way *w)
{
	if (!curve_empty(&w->length))
		return w->length.most < 2 && curve_empty(&w->drops);
	return !(w->throughput.curve.most > 0);
}
