/* A connection over time: a row where an event has changed what TCP_INFO would say. */
#include "topo/outcome/series_private.h"
#include "transport/tcp/info.h"

enum {
	CA_STATE, CWND, SSTHRESH, IN_FLIGHT, SRTT, RTTVAR, MIN_RTT, RTO, PACING_RATE, DELIVERY_RATE,
	SND_WND, SND_MSS, BYTES_ACKED, DELIVERED, SACKED, LOST, TOTAL_RETRANS, COLUMNS,
};

static const char *const ca_states[] = {
	[TCP_CA_Open] = "Open", [TCP_CA_Disorder] = "Disorder", [TCP_CA_CWR] = "CWR",
	[TCP_CA_Recovery] = "Recovery", [TCP_CA_Loss] = "Loss",
};

static const struct csv_column columns[COLUMNS] = {
	[CA_STATE] = {.name = "ca_state", .words = ca_states},
	[CWND] = {.name = "cwnd_segments"},
	[SSTHRESH] = {.name = "ssthresh_segments"},
	[IN_FLIGHT] = {.name = "in_flight_segments"},
	[SRTT] = {.name = "srtt_s", .decimals = 6},
	[RTTVAR] = {.name = "rttvar_s", .decimals = 6},
	[MIN_RTT] = {.name = "min_rtt_s", .decimals = 6},
	[RTO] = {.name = "rto_s", .decimals = 6},
	[PACING_RATE] = {.name = "pacing_rate_bit_s"},
	[DELIVERY_RATE] = {.name = "delivery_rate_bit_s"},
	[SND_WND] = {.name = "snd_wnd_bytes"},
	[SND_MSS] = {.name = "snd_mss_bytes"},
	[BYTES_ACKED] = {.name = "bytes_acked"},
	[DELIVERED] = {.name = "delivered_segments"},
	[SACKED] = {.name = "sacked_segments"},
	[LOST] = {.name = "lost_segments"},
	[TOTAL_RETRANS] = {.name = "total_retrans"},
};

static uint64_t bit_rate(uint64_t bytes_per_second)
{
	return bytes_per_second == UINT64_MAX ? CSV_EMPTY : 8 * bytes_per_second;
}

static uint64_t if_known(uint64_t value, uint64_t unknown)
{
	return value == unknown ? CSV_EMPTY : value;
}

static void values_read(const struct tcp *tp, uint64_t *v)
{
	struct tcp_info i;

	tcp_info_get(&tp->socket, &i);
	v[CA_STATE] = i.tcpi_ca_state;
	v[CWND] = i.tcpi_snd_cwnd;
	v[SSTHRESH] = if_known(i.tcpi_snd_ssthresh, TCP_INFINITE_SSTHRESH);
	v[IN_FLIGHT] = i.tcpi_unacked - (i.tcpi_sacked + i.tcpi_lost) + i.tcpi_retrans;
	v[SRTT] = if_known(i.tcpi_rtt, 0);
	v[RTTVAR] = i.tcpi_rtt ? i.tcpi_rttvar : CSV_EMPTY;
	v[MIN_RTT] = if_known(i.tcpi_min_rtt, UINT32_MAX);
	v[RTO] = i.tcpi_rto;
	v[PACING_RATE] = bit_rate(i.tcpi_pacing_rate);
	v[DELIVERY_RATE] = i.tcpi_delivery_rate ? bit_rate(i.tcpi_delivery_rate) : CSV_EMPTY;
	v[SND_WND] = i.tcpi_snd_wnd;
	v[SND_MSS] = i.tcpi_snd_mss;
	v[BYTES_ACKED] = i.tcpi_bytes_acked;
	v[DELIVERED] = i.tcpi_delivered;
	v[SACKED] = i.tcpi_sacked;
	v[LOST] = i.tcpi_lost;
	v[TOTAL_RETRANS] = i.tcpi_total_retrans;
}

static char *peer_name(const struct series *s, const struct endpoint *peer)
{
	guint node = GPOINTER_TO_UINT(g_hash_table_lookup(s->nodes, &peer->addr));
	char text[IPADDR_TEXT];

	if (node)
		return g_strdup(s->in->scenario->nodes[node - 1].name);
	return g_strdup(ipaddr_format(text, sizeof(text), &peer->addr));
}

static struct series_file *file_of(struct series_watch *w, struct tcp *tp)
{
	const struct endpoint local = {.addr = tp->entry.saddr, .port = tp->entry.sport};
	const struct endpoint peer = {.addr = tp->entry.daddr, .port = tp->entry.dport};
	const char *node = w->series->in->scenario->nodes[w->node].name;
	char *to = peer_name(w->series, &peer);
	struct series_file *f;

	f = series_file_new(w->series, SERIES_TCP,
			    g_strdup_printf("tcp-%s-%u-%s-%u", node, local.port, to, peer.port),
			    columns, COLUMNS);
	f->node = w->node;
	f->every = w->every;
	f->local = local;
	f->peer = peer;
	f->peer_name = to;
	tp->watched = f;
	return f;
}

/* There is something to draw once both ends have agreed to talk. */
static bool established(const struct tcp *tp)
{
	return tp->hashed && tp->state != TCP_CLOSE && tp->state != TCP_LISTEN &&
	       tp->state != TCP_SYN_SENT && tp->state != TCP_SYN_RECV;
}

static void on_event(struct tcp_watch *watch, struct tcp *tp)
{
	struct series_watch *w = container_of(watch, struct series_watch, watch);
	struct series_file *f = tp->watched;
	uint64_t v[COLUMNS];

	if (w->series->finished || !established(tp))
		return;
	if (!f)
		f = file_of(w, tp);
	f->congestion = tp->icsk_ca_ops->name;
	values_read(tp, v);
	const uint64_t *last = f->csv.last;
	csv_step(&f->csv, node_now(tcp_node(tp)), v, f->every,
		 v[CA_STATE] != last[CA_STATE] || v[SSTHRESH] != last[SSTHRESH] ||
		 v[TOTAL_RETRANS] != last[TOTAL_RETRANS]);
	if (file_error(f->csv.file) && !w->series->error)
		w->series->error = g_strdup(file_error(f->csv.file));
}

static void on_over(struct tcp_watch *watch, struct tcp *tp)
{
	struct series_watch *w = container_of(watch, struct series_watch, watch);
	struct series_file *f = tp->watched;

	tp->watched = NULL;
	if (!w->series->finished)
		series_file_end(f);
}

void series_watch_nodes(struct series *s)
{
	const struct scenario *sc = s->in->scenario;

	s->watches = g_new0(struct series_watch, sc->n_nodes);
	for (uint32_t n = 0; n < sc->n_nodes; n++) {
		struct series_watch *w = &s->watches[n];

		if (sc->series.tcp[n].ns == VTIME_NEVER.ns || !s->in->nodes[n].node)
			continue;
		*w = (struct series_watch){.watch = {.event = on_event, .over = on_over},
					   .series = s, .node = n, .every = sc->series.tcp[n]};
		tcp_watch_node(s->in->nodes[n].node, &w->watch);
	}
}
