#include "programs/iperf3/tcp.h"

#include <stdlib.h>
#include <string.h>

#include "programs/programs.h"

#define TIME_MAX_S 86400

static const char usage[] =
	"Usage: iperf3 [-s|-c host] [options]\n"
	"       iperf3 [-h|--help] [-v|--version]\n"
	"\n"
	"Server or Client:\n"
	"  -p, --port      #         server port to listen on/connect to\n"
	"  -f, --format   [kmgtKMGT] format to report: Kbits, Mbits, Gbits, Tbits\n"
	"  -i, --interval  #         seconds between periodic throughput reports\n"
	"  -B, --bind <host>         bind to the interface associated with the address <host>\n"
	"  -J, --json                output in JSON format\n"
	"  -v, --version             show version information and quit\n"
	"  -h, --help                show this message and quit\n"
	"Server specific:\n"
	"  -s, --server              run in server mode\n"
	"  -1, --one-off             handle one client connection then exit\n"
	"Client specific:\n"
	"  -c, --client <host>       run in client mode, connecting to <host>\n"
	"  -u, --udp                 use UDP rather than TCP\n"
	"  -b, --bitrate #[KMG][/#]  target bitrate in bits/sec (0 for unlimited: with UDP as fast\n"
	"                            as the host's own link)\n"
	"                            (default 1 Mbit/sec for UDP, unlimited for TCP)\n"
	"                            (optional slash and packet count for burst mode)\n"
	"  -t, --time      #         time in seconds to transmit for (default 10 secs; 0: no end)\n"
	"  -n, --bytes     #[KMG]    number of bytes to transmit (instead of -t)\n"
	"  -k, --blockcount #[KMG]   number of blocks (packets) to transmit (instead of -t or -n)\n"
	"  -l, --length    #[KMG]    length of buffer to read or write (default 128 KB for TCP; the\n"
	"                            path MTU less 52 bytes, 72 for IPv6, for UDP)\n"
	"  --cport         <port>    bind to a specific client port (default: ephemeral port)\n"
	"  -P, --parallel  #         number of parallel client streams to run (TCP)\n"
	"  -R, --reverse             run in reverse mode (server sends, client receives)\n"
	"  -w, --window    #[KMG]    set send/receive socket buffer sizes\n"
	"  -C, --congestion <algo>   set TCP congestion control algorithm\n"
	"  -M, --set-mss   #         set TCP maximum segment size (MTU - 40 bytes)\n"
	"  -N, --no-delay            set TCP no delay, disabling Nagle's Algorithm\n"
	"  -4, --version4            only use IPv4\n"
	"  -6, --version6            only use IPv6\n"
	"  -O, --omit N              omit the first N seconds of the test (TCP; at most 600)\n"
	"  -S, --tos N               set the IP type of service, 0-255\n"
	"  --udp-counters-64bit      use 64-bit counters in UDP test packets\n"
	"  --dont-fragment           set IPv4 Don't Fragment flag\n"
	"\n"
	"[KMG] indicates options that support a K/M/G suffix for kilo-, mega-, or giga-\n"
	"\n"
	"Over TCP the control connection is the real one's. Metrics: bytes (payload at the\n"
	"receiver), bytes_sent, seconds, goodput (bit/s at the receiver), retransmits, rtt_min,\n"
	"rtt_avg, rtt_max (s; the last two of what the intervals end with), cwnd (bytes at the\n"
	"end), fairness (Jain's index over the streams of -P), and stall_max (s: the longest time in\n"
	"which nothing came on any stream), where it receives.\n"
	"\n"
	"With -u datagrams leave at exact instants, length * 8 / bitrate apart. Control goes over UDP\n"
	"on the same port, and not while the measurement runs. Metrics: sent (datagrams), packets\n"
	"(received), bytes (payload received), seconds, goodput (bit/s of payload at the receiver),\n"
	"jitter (s), lost, loss (a share), out_of_order.\n"
	"\n"
	"On a server they are those of the last test, and tests (how many there were).\n";

int iperf_fail(const struct iperf_options *o, const char *what, int err)
{
	process_printf(o->process, "iperf3: error - %s: %s\n", what, strerror(-err));
	return 1;
}

static int parameter_error(struct iperf_options *o, const char *what)
{
	process_printf(o->process, "iperf3: parameter error - %s\n\n%s", what, usage);
	return 1;
}

/* "10M", "10M/8" */
static bool parse_rate(struct iperf_options *o, const char *text)
{
	const char *slash = strchr(text, '/');
	char rate[32];
	int64_t burst = 1;
	double v;

	if (slash) {
		if (!option_integer(slash + 1, 1, 1000, &burst) ||
		    slash - text >= (long)sizeof rate)
			return false;
		memcpy(rate, text, (size_t)(slash - text));
		rate[slash - text] = 0;
		text = rate;
	}
	if (!tool_quantity(text, 1000, &v))
		return false;
	o->params.rate = (uint64_t)v;
	o->params.burst = (uint64_t)burst;
	o->rate_given = true;
	o->burst_given = slash != NULL;
	return true;
}

static bool parse_amount(const char *text, uint64_t *out)
{
	double v;

	if (!tool_quantity(text, 1024, &v) || v < 1)
		return false;
	*out = (uint64_t)v;
	return true;
}

enum { OPT_CPORT = 256, OPT_64BIT, OPT_DONT_FRAGMENT, OPT_UNBUILT };

static const struct option_long longs[] = {
	{"port", 'p', OPTION_ARG}, {"format", 'f', OPTION_ARG}, {"interval", 'i', OPTION_ARG},
	{"bind", 'B', OPTION_ARG}, {"json", 'J', OPTION_FLAG}, {"version", 'v', OPTION_FLAG},
	{"help", 'h', OPTION_FLAG}, {"server", 's', OPTION_FLAG}, {"one-off", '1', OPTION_FLAG},
	{"client", 'c', OPTION_ARG}, {"udp", 'u', OPTION_FLAG}, {"bitrate", 'b', OPTION_ARG},
	{"bandwidth", 'b', OPTION_ARG}, {"time", 't', OPTION_ARG}, {"bytes", 'n', OPTION_ARG},
	{"blockcount", 'k', OPTION_ARG}, {"length", 'l', OPTION_ARG},
	{"cport", OPT_CPORT, OPTION_ARG}, {"reverse", 'R', OPTION_FLAG},
	{"window", 'w', OPTION_ARG}, {"version4", '4', OPTION_FLAG},
	{"version6", '6', OPTION_FLAG}, {"tos", 'S', OPTION_ARG},
	{"udp-counters-64bit", OPT_64BIT, OPTION_FLAG},
	{"dont-fragment", OPT_DONT_FRAGMENT, OPTION_FLAG},
	{"parallel", 'P', OPTION_ARG}, {"congestion", 'C', OPTION_ARG},
	{"linux-congestion", 'C', OPTION_ARG}, {"set-mss", 'M', OPTION_ARG},
	{"omit", 'O', OPTION_ARG}, {"no-delay", 'N', OPTION_FLAG}, {"bidir", OPT_UNBUILT, OPTION_FLAG}, {NULL, 0, OPTION_FLAG},
};

/* What was given, for the rules about what goes with what. */
struct given {
	bool client_only;
	int ends; /* of -t, -n, -k */
};

static const char bad_interval[] = "invalid report interval (min = 0.1, max = 60 seconds)";
static const char bad_length[] = "block size invalid (minimum = 16 bytes, maximum = 65507 bytes)";
static const char bad_number[] = "a value is not a number of the wanted kind";

static const char *take_time(struct iperf_options *o, const char *arg)
{
	double s;

	if (!option_decimal(arg, 0, 1e9, &s))
		return "a time is a number of seconds, such as 10";
	if (s > TIME_MAX_S)
		return "test duration too long (maximum = 86400 seconds)";
	o->params.duration = s > 0 ? vtime_ns((int64_t)(s * 1e9 + 0.5)) : VTIME_NEVER;
	return NULL;
}

static const char *take_length(struct iperf_options *o, const char *arg)
{
	double v;

	if (!tool_quantity(arg, 1024, &v) || v < 1)
		return bad_length;
	if (v > 1048576)
		return "block size too large (maximum = 1048576 bytes)";
	o->len = (int64_t)v;
	return NULL;
}

/* Options of both sides; NULL or what is wrong. */
static const char *take_common(struct iperf_options *o, int c, const char *arg)
{
	switch (c) {
	case 'p':
		return option_integer(arg, 1, 65535, &o->port) ? NULL : "port number is invalid";
	case 'f':
		if (!strchr("kmgtKMGTaA", *arg) || !*arg || arg[1])
			return "bad format specifier (valid formats are in the set [kmgtKMGT])";
		o->format = *arg;
		return NULL;
	case 'i':
		if (!tool_seconds(arg, 0, 60, &o->interval) ||
		    (o->interval.ns && o->interval.ns < 100 * NS_PER_MS))
			return bad_interval;
		return NULL;
	case 'B':
		o->bind = arg;
		return NULL;
	case 'J':
		o->json = true;
		return NULL;
	case '4':
		o->family = AF_INET;
		return NULL;
	case '6':
		o->family = AF_INET6;
		return NULL;
	}
	return NULL;
}

/* Options of the client; NULL or what is wrong. */
static const char *take_client(struct iperf_options *o, struct given *g, int c, const char *arg)
{
	int64_t v;

	g->client_only = true;
	switch (c) {
	case 'u': o->udp = true; return NULL;
	case 'R': o->params.reverse = true; return NULL;
	case OPT_64BIT: o->params.counters64 = true; return NULL;
	case OPT_DONT_FRAGMENT: o->dont_fragment = true; return NULL;
	case 'b': return parse_rate(o, arg) ? NULL : "a rate is one such as 10M or 1G, in bit/s";
	case 'l': return take_length(o, arg);
	case 'w': return option_integer(arg, 1, INT32_MAX, &o->window) ||
			 (parse_amount(arg, (uint64_t *)&o->window) && o->window <= INT32_MAX)
			 ? NULL : bad_number;
	case OPT_CPORT:
		return option_integer(arg, 1, 65535, &o->client_port) ? NULL : bad_number;
	case 'S':
		v = strtol(arg, NULL, 0);
		o->params.tos = (uint8_t)v;
		return v >= 0 && v <= 255 ? NULL : "bad TOS value (must be between 0 and 255 inclusive)";
	case 't':
		g->ends++;
		return take_time(o, arg);
	case 'n':
		g->ends++;
		return parse_amount(arg, &o->params.bytes) ? NULL : bad_number;
	case 'k':
		g->ends++;
		return parse_amount(arg, &o->params.blocks) ? NULL : bad_number;
	case 'P':
		if (!option_integer(arg, 1, INT32_MAX, &v))
			return bad_number;
		o->tcp.parallel = (uint32_t)v;
		return v <= 128 ? NULL :
			"number of parallel streams too large (maximum = 128)";
	case 'M':
		if (!option_integer(arg, 1, INT32_MAX, &v))
			return bad_number;
		o->tcp.mss = (uint32_t)v;
		return v <= 9216 ? NULL : "TCP MSS too large (maximum = 9216 bytes)";
	case 'O':
		if (!option_integer(arg, 0, IPERF_MAX_OMIT, &v))
			return "bogus value for --omit (maximum = 600 seconds)";
		o->tcp.omit = vtime_s(v);
		return NULL;
	case 'N':
		o->tcp.nodelay = true;
		return NULL;
	case 'C':
		if (strlen(arg) >= sizeof o->tcp.congestion)
			return "the name of a congestion control has at most 15 characters";
		strcpy(o->tcp.congestion, arg);
		return NULL;
	}
	return "bidirectional tests are not built yet in this version";
}

/* What can only be judged when all is known: UDP or TCP. -1 to go on, else the exit status. */
static int finish(struct iperf_options *o, bool client)
{
	struct iperf_tcp_params *t = &o->tcp;

	if (o->udp) {
		if (o->len && (o->len < IPERF_MIN_LEN || o->len > IPERF_MAX_LEN))
			return parameter_error(o, bad_length);
		if (t->parallel > 1)
			return parameter_error(o, "parallel UDP streams are not built yet in this "
					       "version");
		if (t->omit.ns)
			return parameter_error(o, "--omit with -u is not built yet in this version");
		return -1;
	}
	if (client && o->params.counters64)
		return parameter_error(o, "--udp-counters-64bit needs -u");
	if (o->window > 512 << 20)
		return parameter_error(o, "socket buffer size too large (maximum = 536870912 bytes)");
	t->reverse = o->params.reverse;
	t->duration = o->params.duration;
	t->bytes = o->params.bytes;
	t->blocks = o->params.blocks;
	t->rate = o->rate_given ? o->params.rate : 0;
	t->burst = o->burst_given ? (uint32_t)o->params.burst : 0;
	t->len = o->len ? (uint32_t)o->len : IPERF_TCP_LEN;
	t->window = (uint32_t)o->window;
	t->tos = o->params.tos;
	if (t->bytes || t->blocks)
		t->duration = VTIME_NEVER;
	return -1;
}

/* -1 to go on, else the exit status. */
static int parse(struct iperf_options *o, int argc, char **argv)
{
	struct given g = {.ends = 0};
	const char *wrong = NULL;
	struct options opts;
	int c;

	options_init(&opts, o->process, argc, argv, "p:f:i:B:Jvhs1c:ub:t:n:k:l:Rw:46S:P:C:M:NO:", longs);
	while (!wrong && (c = options_next(&opts)) != 0) {
		switch (c) {
		case -1:
			process_printf(o->process, "\n%s", usage);
			return 1;
		case 'h':
			process_printf(o->process, "%s", usage);
			return 0;
		case 'v':
			process_printf(o->process, "iperf3 from Netarium, after iperf 3.12\n");
			return 0;
		case 's': o->server = true; break;
		case '1': o->one_off = true; break;
		case 'c': o->host = opts.arg; break;
		case 'p': case 'f': case 'i': case 'B': case 'J': case '4': case '6':
			wrong = take_common(o, c, opts.arg);
			break;
		default:
			wrong = take_client(o, &g, c, opts.arg);
		}
	}
	if (wrong)
		return parameter_error(o, wrong);
	paper_read(o->process, NULL, NULL);
	if (o->server && o->host)
		return parameter_error(o, "cannot be both server and client");
	if (!o->server && !o->host)
		return parameter_error(o, "must either be a client (-c) or server (-s)");
	if (o->server && g.client_only)
		return parameter_error(o, "some option you are trying to set is client only");
	if (!o->server && o->one_off)
		return parameter_error(o, "some option you are trying to set is server only");
	if (g.ends > 1)
		return parameter_error(o, "only one test end condition (-t, -n, -k) may be specified");
	return finish(o, g.client_only);
}

static struct iperf_options options_default(struct process *p)
{
	return (struct iperf_options){
		.process = p, .format = 'a', .family = AF_UNSPEC, .port = IPERF_PORT,
		.interval = vtime_s(1),
		.params = {.rate = 1 << 20, .burst = 1, .duration = vtime_s(10)},
		.tcp = {.parallel = 1},
	};
}

static int iperf3_check(struct process *p, int argc, char **argv)
{
	struct iperf_options o = options_default(p);
	int status = parse(&o, argc, argv);

	if (status < 0)
		paper_host(p, o.host);
	return status;
}

static int iperf3_main(struct process *p, int argc, char **argv)
{
	struct iperf_options o = options_default(p);
	int status = parse(&o, argc, argv);

	if (status >= 0)
		return status;
	if (o.server)
		return iperf_server(&o);
	if (!o.udp)
		return iperf_tcp_client(&o);
	if (o.params.bytes || o.params.blocks)
		o.params.duration = VTIME_NEVER;
	return iperf_client(&o);
}

static const char *const metrics[] = {"sent", "packets", "bytes", "seconds", "goodput", "jitter",
				      "lost", "loss", "out_of_order", "tests",
				      "bytes_sent", "retransmits", "rtt_min", "rtt_avg", "rtt_max",
				      "stall_max", "cwnd", "fairness", "streams", NULL};

const struct program program_iperf3 = {
	.name = "iperf3",
	.summary = "measure throughput, jitter and loss",
	.usage = usage,
	.metrics = metrics,
	.main = iperf3_main,
	.check = iperf3_check,
};
