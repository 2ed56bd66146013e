#include "programs/ping/ping.h"

#include <limits.h>
#include <math.h>

#include "wire/icmp4.h"
#include "wire/icmp6.h"

static char *host_of(struct ping *g, char *buf, const struct endpoint *e)
{
	return tool_host(g->process, buf, e, g->numeric ? TOOL_ADDRESS : TOOL_NAME_AND_ADDRESS);
}

void ping_print_start(struct ping *g)
{
	struct endpoint source = {.addr = g->source};
	char host[TOOL_HOST_TEXT], from[RESOLVE_TEXT];

	if (g->pattern_len) {
		process_printf(g->process, "PATTERN: 0x");
		for (int i = 0; i < g->pattern_len; i++)
			process_printf(g->process, "%02x", g->pattern[i]);
		process_write(g->process, "\n", 1);
	}
	if (g->v6)
		process_printf(g->process, "PING %s(%s) ", g->host, host_of(g, host, &g->to));
	else
		process_printf(g->process, "PING %s (%s) ", g->host,
			       resolve_format(g->process, from, sizeof from, &g->to));
	if (g->source_text)
		process_printf(g->process, "from %s %s: ",
			       resolve_format(g->process, from, sizeof from, &source),
			       g->device ? g->device->link.name : "");
	if (g->v6)
		process_printf(g->process, "%lld data bytes\n", (long long)g->size);
	else
		process_printf(g->process, "%lld(%lld) bytes of data.\n", (long long)g->size,
			       (long long)g->size + 28);
}

void ping_print_stamp(struct ping *g)
{
	vtime t = process_now(g->process);

	if (g->stamps)
		process_printf(g->process, "[%lld.%06lld] ", (long long)(t.ns / NS_PER_S),
			       (long long)(t.ns % NS_PER_S / NS_PER_US));
}

/* Fewer digits, rounded, the longer it takes. */
static void print_time(struct process *p, int64_t us)
{
	long long t = us;

	if (t >= 100000 - 50)
		process_printf(p, " time=%lld ms", (t + 500) / 1000);
	else if (t >= 10000 - 5)
		process_printf(p, " time=%lld.%01lld ms", (t + 50) / 1000, (t + 50) % 1000 / 100);
	else if (t >= 1000)
		process_printf(p, " time=%lld.%02lld ms", (t + 5) / 1000, (t + 5) % 1000 / 10);
	else
		process_printf(p, " time=%lld.%03lld ms", t / 1000, t % 1000);
}

/* The line without its end: what differs in the data may follow. */
void ping_print_reply(struct ping *g, const struct ping_reply *r)
{
	char host[TOOL_HOST_TEXT];

	ping_print_stamp(g);
	process_printf(g->process, "%u bytes from %s: icmp_seq=%u ttl=%u", r->len,
		       host_of(g, host, r->from), r->seq, r->ttl);
	if (r->len < PING_HEADER + g->size) {
		process_printf(g->process, " (truncated)");
		return;
	}
	if (ping_timing(g))
		print_time(g->process, r->rtt);
	if (r->duplicate)
		process_printf(g->process, " (DUP!)");
	if (!ipaddr_eq(&r->from->addr, &g->to.addr) && !ipaddr_is_multicast(&g->to.addr) &&
	    !g->broadcast)
		process_printf(g->process, " (DIFFERENT ADDRESS!)");
}

static void print_unreachable4(struct process *p, uint8_t code, uint32_t mtu)
{
	static const char *const words[] = {
		[ICMP4_NET_UNREACHABLE] = "Destination Net Unreachable",
		[ICMP4_HOST_UNREACHABLE] = "Destination Host Unreachable",
		[ICMP4_PROTOCOL_UNREACHABLE] = "Destination Protocol Unreachable",
		[ICMP4_PORT_UNREACHABLE] = "Destination Port Unreachable",
		[ICMP4_SOURCE_ROUTE_FAILED] = "Source Route Failed",
		[ICMP4_NET_UNKNOWN] = "Destination Net Unknown",
		[ICMP4_HOST_UNKNOWN] = "Destination Host Unknown",
		[ICMP4_SOURCE_HOST_ISOLATED] = "Source Host Isolated",
		[ICMP4_NET_PROHIBITED] = "Destination Net Prohibited",
		[ICMP4_HOST_PROHIBITED] = "Destination Host Prohibited",
		[ICMP4_NET_TOS_UNREACHABLE] = "Destination Net Unreachable for Type of Service",
		[ICMP4_HOST_TOS_UNREACHABLE] = "Destination Host Unreachable for Type of Service",
		[ICMP4_ADMIN_PROHIBITED] = "Packet filtered",
		[ICMP4_PRECEDENCE_VIOLATION] = "Precedence Violation",
		[ICMP4_PRECEDENCE_CUTOFF] = "Precedence Cutoff",
	};

	if (code == ICMP4_FRAGMENTATION_NEEDED)
		process_printf(p, "Frag needed and DF set (mtu = %u)\n", mtu);
	else if (code < sizeof words / sizeof *words)
		process_printf(p, "%s\n", words[code]);
	else
		process_printf(p, "Dest Unreachable, Bad Code: %d\n", code);
}

static void print_icmp4(struct process *p, const struct socket_error *e)
{
	switch (e->type) {
	case ICMP4_DESTINATION_UNREACHABLE:
		print_unreachable4(p, e->code, e->mtu);
		break;
	case ICMP4_TIME_EXCEEDED:
		if (e->code == ICMP4_TTL_EXCEEDED)
			process_printf(p, "Time to live exceeded\n");
		else if (e->code == ICMP4_REASSEMBLY_TIMEOUT)
			process_printf(p, "Frag reassembly time exceeded\n");
		else
			process_printf(p, "Time exceeded, Bad Code: %d\n", e->code);
		break;
	case ICMP4_PARAMETER_PROBLEM:
		process_printf(p, "Parameter problem\n");
		break;
	default:
		process_printf(p, "Bad ICMP type: %d\n", e->type);
	}
}

static void print_icmp6(struct process *p, const struct socket_error *e)
{
	static const char *const unreachable[] = {
		[ICMP6_NO_ROUTE] = "No route",
		[ICMP6_ADMIN_PROHIBITED] = "Administratively prohibited",
		[ICMP6_BEYOND_SCOPE] = "Beyond scope of source address",
		[ICMP6_ADDRESS_UNREACHABLE] = "Address unreachable",
		[ICMP6_PORT_UNREACHABLE] = "Port unreachable",
	};
	static const char *const parameter[] = {
		[ICMP6_ERRONEOUS_FIELD] = "Wrong header field ",
		[ICMP6_UNKNOWN_NEXT_HEADER] = "Unknown header ",
		[ICMP6_UNKNOWN_OPTION] = "Unknown option ",
	};

	switch (e->type) {
	case ICMP6_MSG_DESTINATION_UNREACHABLE:
		process_printf(p, "Destination unreachable: ");
		if (e->code < sizeof unreachable / sizeof *unreachable)
			process_printf(p, "%s\n", unreachable[e->code]);
		else
			process_printf(p, "Unknown code %d\n", e->code);
		break;
	case ICMP6_MSG_PACKET_TOO_BIG:
		process_printf(p, "Packet too big: mtu=%u\n", e->mtu);
		break;
	case ICMP6_MSG_TIME_EXCEEDED:
		process_printf(p, "Time exceeded: %s\n",
			       e->code == ICMP6_HOP_LIMIT_EXCEEDED ? "Hop limit" :
								     "Defragmentation failure");
		break;
	case ICMP6_MSG_PARAMETER_PROBLEM:
		process_printf(p, "Parameter problem: ");
		if (e->code < sizeof parameter / sizeof *parameter)
			process_printf(p, "%s\n", parameter[e->code]);
		else
			process_printf(p, "code %d \n", e->code);
		break;
	default:
		process_printf(p, "unknown icmp type: %u\n", e->type);
	}
}

void ping_print_error(struct ping *g, const struct socket_error *e, uint16_t seq)
{
	struct endpoint from = {.addr = e->offender};
	char host[TOOL_HOST_TEXT];

	if (g->flood) {
		process_write(g->process, "\bE", 2);
		return;
	}
	ping_print_stamp(g);
	process_printf(g->process, "From %s icmp_seq=%u ", host_of(g, host, &from), seq);
	if (e->origin == SOCKET_ORIGIN_ICMP6)
		print_icmp6(g->process, e);
	else
		print_icmp4(g->process, e);
}

void ping_print_local(struct ping *g, const struct socket_error *e)
{
	if (g->flood)
		process_write(g->process, "E", 1);
	else if (g->v6)
		process_printf(g->process, "ping: local error: message too long, mtu: %u\n", e->mtu);
	else
		process_printf(g->process, "ping: local error: message too long, mtu=%u\n", e->mtu);
}

/* The real one's integer arithmetic, so that the figures agree to the last digit. */
static int64_t deviation(const struct ping *g, int64_t total)
{
	int64_t mean = g->rtt_sum / total;
	double variance;

	if (g->rtt_sum < INT_MAX)
		variance = (g->rtt_sum2 - (double)(g->rtt_sum * g->rtt_sum / total)) / (double)total;
	else
		variance = g->rtt_sum2 / (double)total - (double)(mean * mean);
	return variance > 0 ? (int64_t)sqrt((double)(int64_t)variance) : 0;
}

static void print_times(struct ping *g, int64_t mean, int64_t dev)
{
	const int64_t values[] = {g->rtt_min, mean, g->rtt_max, dev};

	process_printf(g->process, "rtt min/avg/max/mdev = ");
	for (int i = 0; i < 4; i++)
		process_printf(g->process, "%s%lld.%03lld", i ? "/" : "",
			       (long long)(values[i] / 1000), (long long)(values[i] % 1000));
	process_printf(g->process, " ms");
}

static void print_pace(struct ping *g, const char *comma)
{
	vtime span = vtime_sub(g->last, g->began);
	long long each = (long long)(span.ns / NS_PER_US / (int64_t)(g->sent - 1));

	process_printf(g->process, "%sipg/ewma %lld.%03lld/%lld.%03lld ms", comma, each / 1000,
		       each % 1000, (long long)(g->rtt_smooth / 8000),
		       (long long)(g->rtt_smooth / 8 % 1000));
}

static void set_metrics(struct ping *g, int64_t dev)
{
	struct process *p = g->process;

	process_count(p, "sent", g->sent);
	process_count(p, "received", g->received);
	process_count(p, "errors", g->errors);
	process_count(p, "duplicates", g->duplicates);
	process_metric(p, "loss", g->sent ? (double)(g->sent - g->received) / (double)g->sent : 0);
	if (!g->received || !ping_timing(g))
		return;
	process_metric(p, "rtt_min", (double)g->rtt_min / 1e6);
	process_metric(p, "rtt_avg", (double)g->rtt_sum /
				     (double)(g->received + g->duplicates) / 1e6);
	process_metric(p, "rtt_max", (double)g->rtt_max / 1e6);
	process_metric(p, "rtt_mdev", (double)dev / 1e6);
}

int ping_finish(struct ping *g)
{
	struct process *p = g->process;
	vtime span = vtime_sub(g->last, g->began);
	int64_t total = (int64_t)(g->received + g->duplicates), dev = 0;
	const char *comma = "";

	process_printf(p, "\n--- %s ping statistics ---\n%llu packets transmitted, %llu received",
		       g->host, (unsigned long long)g->sent, (unsigned long long)g->received);
	if (g->duplicates)
		process_printf(p, ", +%llu duplicates", (unsigned long long)g->duplicates);
	if (g->errors)
		process_printf(p, ", +%llu errors", (unsigned long long)g->errors);
	if (g->sent)
		process_printf(p, ", %g%% packet loss, time %lldms",
			       (double)(float)((double)(g->sent - g->received) * 100.0 /
					       (double)g->sent),
			       (long long)((span.ns + 500000) / NS_PER_MS));
	process_write(p, "\n", 1);
	if (g->received && ping_timing(g)) {
		dev = deviation(g, total);
		print_times(g, g->rtt_sum / total, dev);
		comma = ", ";
	}
	if (g->pipe > 1) {
		process_printf(p, "%spipe %d", comma, g->pipe);
		comma = ", ";
	}
	if (g->received && (!g->interval.ns || g->flood || g->adaptive) && g->sent > 1)
		print_pace(g, comma);
	process_write(p, "\n", 1);
	set_metrics(g, dev);
	return !g->received || (g->deadline.ns && (int64_t)g->received < g->count);
}
