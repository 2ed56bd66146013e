/* nc's command line. */
#include <stdlib.h>
#include <string.h>

#include "programs/nc/nc.h"

const char nc_usage[] =
	"usage: nc [-46bdhklNnuvz] [-p source_port] [-q seconds] [-s sourceaddr]\n"
	"\t  [-w timeout] [-M ttl] [-T tos] [--send text] [--send-bytes n] [--pause secs]\n"
	"\t  [destination] [port]\n"
	"\tCommand Summary:\n"
	"\t\t-4\t\tUse IPv4\n"
	"\t\t-6\t\tUse IPv6\n"
	"\t\t-b\t\tAllow broadcast\n"
	"\t\t-d\t\tDetach from stdin\n"
	"\t\t-h\t\tThis help text\n"
	"\t\t-k\t\tKeep inbound sockets open for multiple connects\n"
	"\t\t-l\t\tListen mode, for inbound connects\n"
	"\t\t-M ttl\t\tOutgoing TTL / Hop Limit\n"
	"\t\t-N\t\tEnd after EOF on stdin\n"
	"\t\t-n\t\tSuppress name/port resolutions\n"
	"\t\t-p port\t\tSpecify local port for remote connects\n"
	"\t\t-q secs\t\tquit after EOF on stdin and delay of secs\n"
	"\t\t-s sourceaddr\tLocal source address\n"
	"\t\t-T tos\t\tSet IP Type of Service\n"
	"\t\t-u\t\tUDP mode\n"
	"\t\t-v\t\tVerbose\n"
	"\t\t-w timeout\tTimeout for connects and final net reads\n"
	"\t\t-z\t\tZero-I/O mode [used for scanning]\n"
	"\t\t--send text\tSend this text and a newline as one datagram or write (may be\n"
	"\t\t\t\tgiven several times, instead of stdin)\n"
	"\t\t--send-bytes #\tSend so many bytes of a pattern (TCP; K, M, G: 1024)\n"
	"\t\t--discard\tPrint nothing of what comes (TCP; as with > /dev/null)\n"
	"\t\t--fastopen\tTCP Fast Open (TCP_FASTOPEN_CONNECT; with -l TCP_FASTOPEN)\n"
	"\t\t--pause secs\tRead nothing for so long after connecting (TCP)\n"
	"\tPort numbers can be individual or ranges: lo-hi [inclusive]\n"
	"\n"
	"--send, --send-bytes, --discard, --fastopen and --pause are Netarium's own. There is no keyboard:\n"
	"standard input is empty, so after its end nc waits for the peer to close, unless -N\n"
	"closes or -q ends it.\n"
	"Metrics: sent, received (datagrams, with -u), bytes_sent, bytes_received (payload), open\n"
	"(ports that were found open), connect_time, seconds (TCP: until the connection was there, and\n"
	"from then to the end of what came).\n";

static int usage_error(struct nc *n)
{
	size_t len = (size_t)(strstr(nc_usage, "\tCommand") - nc_usage);

	process_write(n->process, nc_usage, len);
	return 1;
}

static int parse_argument(struct nc *n, int c, const char *arg)
{
	double bytes;
	int64_t v;

	switch (c) {
	case 'p':
		return nc_parse_port(n, arg, &n->source_port) ? 0 : 1;
	case 'q':
		return option_integer(arg, INT32_MIN, INT32_MAX, &n->quit_after) ? 0 :
			nc_fail(n, "quit timer invalid: %s", arg);
	case 'w':
		if (!option_integer(arg, 0, INT32_MAX / 1000, &v))
			return nc_fail(n, "timeout invalid: %s", arg);
		n->timeout = vtime_s(v);
		return 0;
	case 'M':
		if (!option_integer(arg, 1, 255, &v))
			return nc_fail(n, "ttl is invalid: %s", arg);
		n->ttl = (int)v;
		return 0;
	case 'T':
		n->tos = (int)strtol(arg, NULL, 0);
		return n->tos >= 0 && n->tos <= 255 ? 0 : nc_fail(n, "illegal tos value %s", arg);
	case 's':
		n->source = arg;
		return 0;
	case 256:
		if (n->send_count == NC_SEND_MAX)
			return nc_fail(n, "no more than %d --send options", NC_SEND_MAX);
		n->send[n->send_count++] = arg;
		return 0;
	case 257:
		if (!tool_quantity(arg, 1024, &bytes))
			return nc_fail(n, "amount of bytes invalid: %s", arg);
		n->send_bytes = (uint64_t)bytes;
		return 0;
	case 259:
		n->discard = true;
		return 0;
	case 260:
		n->fastopen = true;
		return 0;
	case 258:
		return tool_seconds(arg, 0, 86400, &n->pause) ? 0 :
			nc_fail(n, "pause invalid: %s", arg);
	}
	return usage_error(n);
}

int nc_options_read(struct nc *n, int argc, char **argv)
{
	static const struct option_long longs[] = {{"send", 256, OPTION_ARG},
		{"send-bytes", 257, OPTION_ARG}, {"pause", 258, OPTION_ARG},
		{"discard", 259, OPTION_FLAG}, {"fastopen", 260, OPTION_FLAG},
		{NULL, 0, OPTION_FLAG}};
	struct options o;
	int c, status;

	options_init(&o, n->process, argc, argv, "46bdhklNnuvzp:q:s:w:M:T:", longs);
	while ((c = options_next(&o)) != 0) {
		switch (c) {
		case '4': n->family = AF_INET; break;
		case '6': n->family = AF_INET6; break;
		case 'b': n->broadcast = true; break;
		case 'd': n->detached = true; break;
		case 'k': n->keep = true; break;
		case 'l': n->listen = true; break;
		case 'N': n->end_at_eof = true; break;
		case 'n': n->no_names = true; break;
		case 'u': n->udp = true; break;
		case 'v': n->verbose = true; break;
		case 'z': n->scan = true; break;
		case 'h':
			process_printf(n->process, "%s", nc_usage);
			return 0;
		case -1:
			return usage_error(n);
		default:
			status = parse_argument(n, c, o.arg);
			if (status)
				return status;
		}
	}
	n->host = options_word(&o);
	n->ports = n->host ? options_word(&o) : NULL;
	if (options_word(&o))
		return usage_error(n);
	if (n->listen && n->host && !n->ports && !n->source && n->source_port < 0) {
		n->ports = n->host;
		n->host = NULL;
	}
	return -1;
}

/* What does not go together, in the order in which the real one notices. */
int nc_options_check(struct nc *n)
{
	if (n->listen && n->scan)
		return nc_fail(n, "cannot use -z and -l");
	if (!n->listen && n->keep)
		return nc_fail(n, "must use -l with -k");
	if (n->listen && !n->ports && n->source_port > 0)
		return -1;
	if (!n->host && !n->ports)
		return n->listen ? nc_fail(n, "missing port number") : usage_error(n);
	if (!n->ports)
		return nc_fail(n, "missing port number");
	return -1;
}
