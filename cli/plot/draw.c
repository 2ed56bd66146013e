#include "cli/plot/draw.h"

#include <math.h>

#define OVERVIEW_LINES 8 /* as many as there are colours */

enum { BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, GREY };

/* An RTO that is much longer than any round trip would press these flat. */
#define RTO_MOST 2.2

static void rtt_panel(struct plot_page *p, const struct plot_tcp *t)
{
	struct plot_panel *panel = page_panel(p, "round trip", PLOT_SECONDS);
	double most = RTO_MOST * t->srtt.most;

	if (t->rto.least < most) {
		panel_line(panel, &t->rto, PLOT_DASHED, GREY, "RTO");
		panel->most = most;
	}
	panel_line(panel, &t->min_rtt, PLOT_DASHED, GREEN, "minimum");
	panel_line(panel, &t->srtt, PLOT_STEPS, BLUE, "smoothed (srtt)");
}

bool draw_tcp(struct plot_page *p, const struct plot_set *set, const struct plot_tcp *t)
{
	struct plot_panel *panel;

	*p = (struct plot_page){.span = t->span, .name = g_strdup(t->name)};
	p->title = g_strdup_printf("%s: %s, port %d, sends to %s, port %d", set->scenario, t->node,
				   t->local_port, t->peer, t->peer_port);
	p->subtitle = g_strdup_printf("%s; %.4g MB acknowledged; the rate delivered is a mean "
				      "over %g s", t->congestion, t->bytes / 1e6, t->delivered.bin);
	panel = page_panel(p, "segments", PLOT_COUNT);
	panel_line(panel, &t->in_flight, PLOT_THIN, SKY, "in flight");
	panel_line(panel, &t->ssthresh, PLOT_DASHED, GREEN, "ssthresh");
	panel_line(panel, &t->cwnd, PLOT_STEPS, BLUE, "cwnd");
	panel_line(panel, &t->retransmitted, PLOT_CROSSES, VERMILION, "sent again");
	panel_line(panel, &t->timeouts, PLOT_TRIANGLES, BLACK, "time-out (RTO)");
	panel->most = 2.5 * fmax(t->cwnd.most, t->in_flight.most);
	rtt_panel(p, t);
	panel = page_panel(p, "rate", PLOT_BIT_RATE);
	panel_line(panel, &t->pacing, PLOT_THIN, ORANGE, "pacing");
	panel_line(panel, &t->delivery, PLOT_THIN, SKY, "delivery sample");
	panel_line(panel, &t->delivered.curve, PLOT_BINS_OF, BLUE, "delivered");
	panel->most = 1.7 * t->delivered.curve.most;
	return page_trim(p);
}

static void queue_panels(struct plot_page *p, const struct plot_way *w)
{
	struct plot_panel *panel = page_panel(p, "queue, packets", PLOT_COUNT);

	panel_line(panel, &w->length, PLOT_LINE, BLUE, "waiting");
	panel_line(panel, &w->marks, PLOT_TRIANGLES, PURPLE, "marked CE");
	panel_line(panel, &w->drops, PLOT_CROSSES, VERMILION, "dropped");
	panel = page_panel(p, "delay in queue", PLOT_SECONDS);
	panel_line(panel, &w->delay, w->delay.marks ? PLOT_DOTS : PLOT_LINE, BLUE, "delay");
}

bool draw_way(struct plot_page *p, const struct plot_set *set, const struct plot_way *w)
{
	struct plot_panel *panel;

	*p = (struct plot_page){.span = set->span, .name = g_strdup(w->name)};
	p->title = g_strdup_printf("%s: link %s, from %s to %s", set->scenario, w->link, w->from, w->to);
	p->subtitle = g_strdup_printf("queue: %s; throughput is a mean over %g s, headers included",
				      w->queue, w->throughput.bin);
	panel = page_panel(p, "throughput", PLOT_BIT_RATE);
	panel_line(panel, &w->capacity, PLOT_DASHED, GREY, "rate of the link");
	panel_line(panel, &w->throughput.curve, PLOT_BINS_OF, BLUE, "throughput");
	panel_line(panel, &w->lost, PLOT_CROSSES, VERMILION, "lost on the wire");
	/* A link that is mostly empty is not to look like a line at zero. */
	if (w->throughput.curve.most > 0)
		panel->most = 4 * w->throughput.curve.most;
	queue_panels(p, w);
	return page_trim(p);
}

/* Which connection a line is of, no longer than it must be: the step's name, with the port where
 * another connection has it too. */
static char *tcp_title(const struct plot_set *set, const struct plot_tcp *t)
{
	int alike = 0;

	for (guint i = 0; t->step && i < set->tcp->len; i++)
		alike += !g_strcmp0(((const struct plot_tcp *)set->tcp->pdata[i])->step, t->step);
	if (!t->step)
		return g_strdup_printf("%s:%d > %s", t->node, t->local_port, t->peer);
	return alike == 1 ? g_strdup(t->step) : g_strdup_printf("%s :%d", t->step, t->local_port);
}

static double delay_most(const struct plot_set *set)
{
	double most = 0;

	for (guint i = 0; i < set->ways->len; i++)
		most = fmax(most, ((const struct plot_way *)set->ways->pdata[i])->delay.most);
	return most;
}

bool draw_overview(struct plot_page *p, const struct plot_set *set)
{
	struct plot_panel *cwnd, *rtt, *rate, *queue;

	*p = (struct plot_page){.span = set->span, .name = g_strdup("overview")};
	p->title = g_strdup_printf("%s: all at once", set->scenario);
	p->subtitle = g_strdup("what each page shows by itself");
	cwnd = page_panel(p, "cwnd, segments", PLOT_COUNT);
	rtt = page_panel(p, "round trip (srtt)", PLOT_SECONDS);
	rate = page_panel(p, "delivered", PLOT_BIT_RATE);
	queue = page_panel(p, "delay in queue", PLOT_SECONDS);
	for (int i = 0; i < (int)set->tcp->len && i < OVERVIEW_LINES; i++) {
		const struct plot_tcp *t = set->tcp->pdata[i], *largest = set->tcp->pdata[0];
		if (t->bytes < largest->bytes / 1000)
			break; /* largest first: what follows is control connections and the like */
		g_autofree char *title = tcp_title(set, t);

		panel_line(cwnd, &t->cwnd, PLOT_STEPS, i, "%s", title);
		panel_line(rtt, &t->srtt, PLOT_STEPS, i, "%s", title);
		panel_line(rate, &t->delivered.curve, PLOT_BINS_OF, i, "%s", title);
	}
	for (int i = 0, n = 0; i < (int)set->ways->len && n < OVERVIEW_LINES; i++) {
		const struct plot_way *w = set->ways->pdata[i];

		if (w->delay.most > delay_most(set) / 20)
			panel_line(queue, &w->delay, w->delay.marks ? PLOT_DOTS : PLOT_LINE, n++,
				   "%s to %s", w->link, w->to);
	}
	return page_trim(p);
}

/* How the first, the second ... connection of one run are told apart, in its colour. */
static const enum plot_style of_a_run[] = {PLOT_STEPS, PLOT_DASHED, PLOT_THIN};

/* The connections of a run that are drawn beside those of others: its largest ones. */
static guint compared(const struct plot_set *set, guint runs)
{
	guint most = MAX(1, PLOT_LINES / runs), n = 0;

	most = MIN(most, (guint)G_N_ELEMENTS(of_a_run));
	while (n < set->tcp->len && n < most) {
		const struct plot_tcp *t = set->tcp->pdata[n], *largest = set->tcp->pdata[0];

		if (t->bytes < largest->bytes / 20)
			break;
		n++;
	}
	return n;
}

/* The direction in whose queue one waits longest; NULL: nowhere. */
static const struct plot_way *longest(const struct plot_set *set)
{
	const struct plot_way *most = NULL;

	for (guint i = 0; i < set->ways->len; i++) {
		const struct plot_way *w = set->ways->pdata[i];

		if (w->delay.most > (most ? most->delay.most : 0))
			most = w;
	}
	return most;
}

bool draw_compared(struct plot_page *p, const struct plot_set *sets, guint runs)
{
	struct plot_panel *cwnd, *rtt, *rate, *queue;
	GString *names = g_string_new(NULL);

	*p = (struct plot_page){.span = sets[0].span, .name = g_strdup("compared")};
	cwnd = page_panel(p, "cwnd, segments", PLOT_COUNT);
	rtt = page_panel(p, "round trip (srtt)", PLOT_SECONDS);
	rate = page_panel(p, "delivered", PLOT_BIT_RATE);
	queue = page_panel(p, "delay in queue", PLOT_SECONDS);
	for (guint k = 0; k < runs; k++) {
		const struct plot_set *set = &sets[k];
		const struct plot_way *w = longest(set);

		g_string_append_printf(names, "%s%s", k ? ", " : "", set->run);
		p->span.from = fmin(p->span.from, set->span.from);
		p->span.to = fmax(p->span.to, set->span.to);
		for (guint i = 0; i < compared(set, runs); i++) {
			const struct plot_tcp *t = set->tcp->pdata[i];
			g_autofree char *title = tcp_title(set, t);

			panel_line(cwnd, &t->cwnd, of_a_run[i], (int)k, "%s: %s", set->run, title);
			panel_line(rtt, &t->srtt, of_a_run[i], (int)k, "%s: %s", set->run, title);
			panel_line(rate, &t->delivered.curve, i ? of_a_run[i] : PLOT_BINS_OF, (int)k,
				   "%s: %s", set->run, title);
		}
		if (w)
			panel_line(queue, &w->delay, w->delay.marks ? PLOT_DOTS : PLOT_LINE, (int)k,
				   "%s: %s to %s", set->run, w->link, w->to);
	}
	p->title = g_string_free(names, FALSE);
	p->subtitle = g_strdup("a colour for each run: its largest connections, and the queue in which one "
			       "waits longest");
	return page_trim(p);
}
