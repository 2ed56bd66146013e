/* ss, after iproute2 6.1: TCP sockets, and with -i what TCP_INFO says of them. */
#include "programs/programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs/ss/filter.h"
#include "programs/tool.h"
#include "transport/tcp/tcp.h"

static const char usage[] =
	"Usage: ss [ OPTIONS ]\n"
	"       ss [ OPTIONS ] [ FILTER ]\n"
	"   -h, --help          this message\n"
	"   -n, --numeric       don't resolve service names (never done here)\n"
	"   -a, --all           display all sockets\n"
	"   -l, --listening     display listening sockets\n"
	"   -o, --options       show timer information\n"
	"   -i, --info          show internal TCP information\n"
	"   -s, --summary       show socket usage summary: how many in each state\n"
	"   -4, --ipv4          display only IP version 4 sockets\n"
	"   -6, --ipv6          display only IP version 6 sockets\n"
	"   -t, --tcp           display only TCP sockets (there are no others here)\n"
	"   -H, --no-header     Suppress header line\n"
	"\n"
	"       FILTER := [ state STATE-FILTER ] [ EXPRESSION ]\n"
	"       STATE-FILTER := {all|connected|synchronized|bucket|big|TCP-STATES}\n"
	"         TCP-STATES := {established|syn-sent|syn-recv|fin-wait-{1,2}|time-wait|\n"
	"                        closed|close-wait|last-ack|listening|closing}\n"
	"       EXPRESSION := dst HOST, src HOST, dport OP PORT, sport OP PORT with and, or,\n"
	"                     not and ( ), such as: dst 10.0.0.0/8 and ( sport = :80 or dport gt 1023 )\n"
	"\n"
	"Listening sockets come first, then the others by local and remote address and port.\n"
	"Metrics: sockets (lines), established, time_wait (of all there are).\n";

struct ss {
	struct process *process;
	bool all, listening, timers, info, summary, v4, v6, no_header;
	struct ss_filter filter;
	struct tcp_row *rows;
	uint32_t count;
	int local_width, peer_width; /* of addresses */
	uint32_t counts[TCP_NEW_SYN_RECV + 1];
};

static const char *const states[] = {
	"UNKNOWN", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
	"UNCONN", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECV",
};

/* Without -a and -l those that are connected: not listening, half-open or waiting. */
static bool wanted(const struct ss *s, const struct tcp_row *r)
{
	bool is4 = ipaddr_is4(&r->local.addr);

	if ((s->v4 && !is4) || (s->v6 && is4))
		return false;
	if (!ss_filter_match(&s->filter, r))
		return false;
	if (s->filter.states)
		return ss_filter_state(&s->filter, r);
	if (s->all)
		return true;
	if (s->listening)
		return r->state == TCP_LISTEN;
	return r->state != TCP_LISTEN && r->state != TCP_TIME_WAIT && r->state != TCP_SYN_RECV;
}

static char *address(struct ss *s, char *buf, const struct endpoint *e)
{
	char plain[RESOLVE_TEXT];

	resolve_format(s->process, plain, sizeof plain, e);
	if (ipaddr_is_any(&e->addr) && !ipaddr_is4(&e->addr))
		strcpy(plain, "*");
	snprintf(buf, RESOLVE_TEXT + 2, strchr(plain, ':') ? "[%s]" : "%s", plain);
	return buf;
}

static void measure(struct ss *s)
{
	char buf[RESOLVE_TEXT + 2];

	s->local_width = (int)strlen("Local Address");
	s->peer_width = (int)strlen("Peer Address");
	for (uint32_t i = 0; i < s->count; i++) {
		int local = (int)strlen(address(s, buf, &s->rows[i].local));
		int peer = (int)strlen(address(s, buf, &s->rows[i].peer));

		s->local_width = local > s->local_width ? local : s->local_width;
		s->peer_width = peer > s->peer_width ? peer : s->peer_width;
	}
}

/* "1min19sec", "1.200ms", "040ms": print_ms_timer() */
static void print_wait(struct ss *s, int64_t ns)
{
	int64_t ms = ns / NS_PER_MS, secs = ms / 1000, minutes = secs / 60;

	secs %= 60;
	ms %= 1000;
	if (minutes) {
		ms = 0;
		process_printf(s->process, "%lldmin", (long long)minutes);
		if (minutes > 9)
			secs = 0;
	}
	if (secs) {
		if (secs > 9)
			ms = 0;
		process_printf(s->process, "%lld%s", (long long)secs, ms ? "." : "sec");
	}
	if (ms)
		process_printf(s->process, "%03lldms", (long long)ms);
}

static void print_timer(struct ss *s, const struct tcp_row *r)
{
	static const char *const names[] = {"off", "on", "keepalive", "timewait", "persist"};

	if (!r->timer)
		return;
	process_printf(s->process, " timer:(%s,", names[r->timer]);
	print_wait(s, r->timer_ns);
	process_printf(s->process, ",%u)", r->retries);
}

/* What is the same in every line is left out. */
static bool one_state(const struct ss *s)
{
	return s->filter.states && !(s->filter.states & (s->filter.states - 1));
}

static void print_row(struct ss *s, const struct tcp_row *r)
{
	char local[RESOLVE_TEXT + 2], peer[RESOLVE_TEXT + 2], port[12] = "*";

	if (r->peer.port)
		snprintf(port, sizeof port, "%u", r->peer.port);
	if (!one_state(s))
		process_printf(s->process, "%-10s ", states[r->state]);
	process_printf(s->process, "%-6u %-6u %*s:%-5u %*s:%-5s", r->recv_q, r->send_q,
		       s->local_width, address(s, local, &r->local), r->local.port, s->peer_width,
		       address(s, peer, &r->peer), port);
	if (s->timers)
		print_timer(s, r);
	process_write(s->process, "\n", 1);
}

static void count(struct ss *s, const char *name, uint64_t v)
{
	if (v)
		process_printf(s->process, " %s:%llu", name, (unsigned long long)v);
}

static void milliseconds(struct ss *s, const char *name, double us)
{
	if (us > 0)
		process_printf(s->process, " %s:%g", name, us / 1000);
}

/* "9.42Mbps" */
static void rate(struct ss *s, const char *name, double bits)
{
	static const char units[] = " kMGT";
	int u = 0;

	while (bits >= 1000 && units[u + 1]) {
		bits /= 1000;
		u++;
	}
	process_printf(s->process, " %s %.3g%.*sbps", name, bits, u ? 1 : 0, &units[u]);
}

static void print_control(struct ss *s, const struct tcp *tp)
{
	union tcp_cc_info c;

	if (!tp->icsk_ca_ops->get_info || !tp->icsk_ca_ops->get_info(tp, &c))
		return;
	if (strcmp(tp->icsk_ca_ops->name, "bbr") == 0) {
		process_printf(s->process, " bbr:(bw:%llubps,mrtt:%g",
			       (unsigned long long)(c.bbr.bw * 8), c.bbr.min_rtt / 1000.0);
		if (c.bbr.pacing_gain)
			process_printf(s->process, ",pacing_gain:%g", c.bbr.pacing_gain / 256.0);
		if (c.bbr.cwnd_gain)
			process_printf(s->process, ",cwnd_gain:%g", c.bbr.cwnd_gain / 256.0);
		process_printf(s->process, ")");
	} else if (strcmp(tp->icsk_ca_ops->name, "dctcp") == 0 && c.dctcp.enabled) {
		process_printf(s->process, " dctcp:(ce_state:%u,alpha:%u,ab_ecn:%u,ab_tot:%u)",
			       c.dctcp.ce_state, c.dctcp.alpha, c.dctcp.ab_ecn, c.dctcp.ab_tot);
	}
}

static void print_options(struct ss *s, const struct tcp *tp, const struct tcp_info *i)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} words[] = {{TCPI_OPT_TIMESTAMPS, "ts"}, {TCPI_OPT_SACK, "sack"}, {TCPI_OPT_ECN, "ecn"},
		     {TCPI_OPT_ECN_SEEN, "ecnseen"}, {TCPI_OPT_SYN_DATA, "fastopen"}};

	for (size_t k = 0; k < sizeof words / sizeof *words; k++)
		if (i->tcpi_options & words[k].bit)
			process_printf(s->process, " %s", words[k].name);
	process_printf(s->process, " %s", tp->icsk_ca_ops->name);
	if (i->tcpi_options & TCPI_OPT_WSCALE)
		process_printf(s->process, " wscale:%u,%u", i->tcpi_snd_wscale, i->tcpi_rcv_wscale);
}

/* The first half: what the connection is, and its counts. */
static void print_sizes(struct ss *s, const struct tcp_info *i)
{
	if (i->tcpi_rto && i->tcpi_rto != 3000000)
		milliseconds(s, "rto", i->tcpi_rto);
	count(s, "backoff", i->tcpi_backoff);
	if (i->tcpi_rtt)
		process_printf(s->process, " rtt:%g/%g", i->tcpi_rtt / 1000.0,
			       i->tcpi_rttvar / 1000.0);
	if (i->tcpi_data_segs_in)
		milliseconds(s, "ato", i->tcpi_ato);
	count(s, "mss", i->tcpi_snd_mss);
	count(s, "pmtu", i->tcpi_pmtu);
	count(s, "rcvmss", i->tcpi_rcv_mss);
	count(s, "advmss", i->tcpi_advmss);
	count(s, "cwnd", i->tcpi_snd_cwnd);
	if (i->tcpi_snd_ssthresh < 0xffff)
		count(s, "ssthresh", i->tcpi_snd_ssthresh);
	count(s, "bytes_sent", i->tcpi_bytes_sent);
	count(s, "bytes_retrans", i->tcpi_bytes_retrans);
	count(s, "bytes_acked", i->tcpi_bytes_acked);
	count(s, "bytes_received", i->tcpi_bytes_received);
	count(s, "segs_out", i->tcpi_segs_out);
	count(s, "segs_in", i->tcpi_segs_in);
	count(s, "data_segs_out", i->tcpi_data_segs_out);
	count(s, "data_segs_in", i->tcpi_data_segs_in);
}

static void share(struct ss *s, const char *name, uint64_t us, uint64_t of)
{
	if (us)
		process_printf(s->process, " %s:%llums(%.1f%%)", name, (unsigned long long)us / 1000,
			       100.0 * (double)us / (double)of);
}

/* What kept it from sending. */
static void print_limits(struct ss *s, const struct tcp_info *i)
{
	if (!i->tcpi_busy_time)
		return;
	process_printf(s->process, " busy:%llums", (unsigned long long)i->tcpi_busy_time / 1000);
	share(s, "rwnd_limited", i->tcpi_rwnd_limited, i->tcpi_busy_time);
	share(s, "sndbuf_limited", i->tcpi_sndbuf_limited, i->tcpi_busy_time);
}

/* The second half: how it does. */
static void print_progress(struct ss *s, const struct tcp_info *i)
{
	if (i->tcpi_rtt && i->tcpi_snd_mss && i->tcpi_snd_cwnd)
		rate(s, "send", (double)i->tcpi_snd_cwnd * i->tcpi_snd_mss * 8e6 / i->tcpi_rtt);
	count(s, "lastsnd", i->tcpi_last_data_sent);
	count(s, "lastrcv", i->tcpi_last_data_recv);
	count(s, "lastack", i->tcpi_last_ack_recv);
	if (i->tcpi_pacing_rate && i->tcpi_pacing_rate != UINT64_MAX)
		rate(s, "pacing_rate", (double)i->tcpi_pacing_rate * 8);
	if (i->tcpi_delivery_rate)
		rate(s, "delivery_rate", (double)i->tcpi_delivery_rate * 8);
	count(s, "delivered", i->tcpi_delivered);
	count(s, "delivered_ce", i->tcpi_delivered_ce);
	if (i->tcpi_delivery_rate_app_limited)
		process_printf(s->process, " app_limited");
	print_limits(s, i);
	count(s, "unacked", i->tcpi_unacked);
	if (i->tcpi_retrans || i->tcpi_total_retrans)
		process_printf(s->process, " retrans:%u/%u", i->tcpi_retrans, i->tcpi_total_retrans);
	count(s, "lost", i->tcpi_lost);
	count(s, "sacked", i->tcpi_sacked);
	count(s, "dsack_dups", i->tcpi_dsack_dups);
	if (i->tcpi_reordering != 3)
		count(s, "reordering", i->tcpi_reordering);
	count(s, "reord_seen", i->tcpi_reord_seen);
	milliseconds(s, "rcv_rtt", i->tcpi_rcv_rtt);
	count(s, "rcv_space", i->tcpi_rcv_space);
	count(s, "rcv_ssthresh", i->tcpi_rcv_ssthresh);
	count(s, "notsent", i->tcpi_notsent_bytes);
	if (i->tcpi_min_rtt != UINT32_MAX)
		milliseconds(s, "minrtt", i->tcpi_min_rtt);
	count(s, "rcv_ooopack", i->tcpi_rcv_ooopack);
	count(s, "snd_wnd", i->tcpi_snd_wnd);
}

static void print_info(struct ss *s, const struct tcp *tp)
{
	struct tcp_info i;

	tcp_info_get(&tp->socket, &i);
	process_write(s->process, "\t", 1);
	if (tp->state == TCP_LISTEN) {
		process_printf(s->process, " %s", tp->icsk_ca_ops->name);
		count(s, "cwnd", i.tcpi_snd_cwnd);
	} else {
		print_options(s, tp, &i);
		print_sizes(s, &i);
		print_control(s, tp);
		print_progress(s, &i);
	}
	process_write(s->process, "\n", 1);
}

static void print_summary(struct ss *s)
{
	const uint32_t *c = s->counts;
	uint32_t total = 0, closed = c[TCP_TIME_WAIT];

	for (int i = 0; i <= TCP_NEW_SYN_RECV; i++)
		total += c[i];
	process_printf(s->process, "Total: %u\nTCP:   %u (estab %u, closed %u, orphaned 0, "
		       "timewait %u)\n", total - closed, total, c[TCP_ESTABLISHED], closed, closed);
}

static int list(struct ss *s)
{
	uint32_t lines = 0;

	s->rows = tcp_rows(process_node(s->process), &s->count);
	for (uint32_t i = 0; i < s->count; i++)
		s->counts[s->rows[i].state]++;
	measure(s);
	if (s->summary)
		print_summary(s);
	else if (!s->no_header)
		process_printf(s->process, "%s%-6s %-6s %*s:%-5s %*s:%-5s%s\n",
			       one_state(s) ? "" : "State      ", "Recv-Q", "Send-Q",
			       s->local_width, "Local Address", "Port", s->peer_width,
			       "Peer Address", "Port", "Process");
	for (uint32_t i = 0; i < s->count && !s->summary; i++) {
		const struct tcp_row *r = &s->rows[i];

		if (!wanted(s, r))
			continue;
		lines++;
		print_row(s, r);
		if (s->info && r->tcp)
			print_info(s, r->tcp);
	}
	free(s->rows);
	process_count(s->process, "sockets", lines);
	process_count(s->process, "established", s->counts[TCP_ESTABLISHED]);
	process_count(s->process, "time_wait", s->counts[TCP_TIME_WAIT]);
	return 0;
}

/* The options, and in words[] what is left. -1 to go on, else the exit status. */
static int parse(struct ss *s, int argc, char **argv, char *words[SS_FILTER_TEXT], int *count)
{
	static const struct option_long longs[] = {
		{"help", 'h', OPTION_FLAG}, {"numeric", 'n', OPTION_FLAG}, {"all", 'a', OPTION_FLAG},
		{"listening", 'l', OPTION_FLAG}, {"options", 'o', OPTION_FLAG},
		{"info", 'i', OPTION_FLAG}, {"summary", 's', OPTION_FLAG},
		{"ipv4", '4', OPTION_FLAG}, {"ipv6", '6', OPTION_FLAG}, {"tcp", 't', OPTION_FLAG},
		{"no-header", 'H', OPTION_FLAG}, {NULL, 0, OPTION_FLAG}};
	struct process *p = s->process;
	struct options o;
	char *word;
	int c;

	options_init(&o, p, argc, argv, "hnalois46tH", longs);
	while ((c = options_next(&o)) > 0) {
		switch (c) {
		case 'a': s->all = true; break;
		case 'l': s->listening = true; break;
		case 'o': s->timers = true; break;
		case 'i': s->info = true; break;
		case 's': s->summary = true; break;
		case '4': s->v4 = true; break;
		case '6': s->v6 = true; break;
		case 'H': s->no_header = true; break;
		case 'h':
			process_printf(p, "%s", usage);
			return 0;
		}
	}
	if (c < 0) {
		process_printf(p, "%s", usage);
		return 255;
	}
	while ((word = options_word(&o)) && *count < SS_FILTER_TEXT)
		words[(*count)++] = word;
	return -1;
}

/* The filter is read when it runs: names in it are looked up. */
static int ss_check(struct process *p, int argc, char **argv)
{
	struct ss s = {.process = p};
	char *words[SS_FILTER_TEXT];
	int count = 0;

	return parse(&s, argc, argv, words, &count);
}

static int ss_main(struct process *p, int argc, char **argv)
{
	struct ss s = {.process = p};
	char *words[SS_FILTER_TEXT];
	int count = 0, status = parse(&s, argc, argv, words, &count);

	if (status >= 0)
		return status;
	return ss_filter_parse(&s.filter, p, count, words) ? list(&s) : 255;
}

static const char *const metrics[] = {"sockets", "established", "time_wait", NULL};

const struct program program_ss = {
	.name = "ss",
	.summary = "show TCP sockets",
	.usage = usage,
	.metrics = metrics,
	.main = ss_main,
	.check = ss_check,
};
