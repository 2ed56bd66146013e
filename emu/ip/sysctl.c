#include "ip/sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct sysctls, member)
#define BIG INT32_MAX

/* One value: name, member, range, default, meaning. */
#define ONE(n, m, lo, hi, d, w) \
	{ .name = n, .offset = AT(m), .values = 1, .min = lo, .max = hi, .def = { d }, .says = w }

/* The rows of one family's neighbour tables. */
#define NEIGH(prefix, m) \
	ONE(prefix "base_reachable_time_ms", m.base_reachable_time_ms, 1, BIG, 30000, \
	    "Mean time in ms for which a confirmed neighbour stays reachable."), \
	ONE(prefix "retrans_time_ms", m.retrans_time_ms, 1, BIG, 1000, \
	    "Time in ms between two solicitations."), \
	ONE(prefix "ucast_solicit", m.ucast_solicit, 0, 1000, 3, \
	    "Unicast probes of a known neighbour before it is solicited anew."), \
	ONE(prefix "mcast_solicit", m.mcast_solicit, 0, 1000, 3, \
	    "Broadcast or multicast solicitations before a neighbour counts as failed."), \
	ONE(prefix "delay_first_probe_time", m.delay_first_probe_time, 0, 86400, 5, \
	    "Time in s that a stale neighbour in use waits before it is probed."), \
	ONE(prefix "gc_stale_time", m.gc_stale_time, 1, BIG, 60, \
	    "Time in s after which an unused neighbour may be forgotten."), \
	ONE(prefix "unres_qlen_bytes", m.unres_qlen_bytes, 0, BIG, 212992, \
	    "Bytes of packets that wait for one unresolved neighbour."), \
	ONE(prefix "unres_qlen", m.unres_qlen, 0, 1000000, 101, \
	    "Packets that wait for one unresolved neighbour."), \
	ONE(prefix "gc_thresh1", m.gc_thresh1, 0, BIG, 128, \
	    "Entries below which nothing is collected."), \
	ONE(prefix "gc_thresh2", m.gc_thresh2, 0, BIG, 512, \
	    "Entries above which those older than 5 s are collected."), \
	ONE(prefix "gc_thresh3", m.gc_thresh3, 0, BIG, 1024, \
	    "Entries that a table holds at most.")

const struct sysctl_def sysctl_table[] = {
	ONE("net.ipv4.ip_forward", ip_forward, 0, 1, 0,
	    "Forward IPv4 packets that are for others; 1 on a router."),
	ONE("net.ipv4.ip_default_ttl", ip_default_ttl, 1, 255, 64,
	    "TTL of IPv4 packets sent from here."),
	ONE("net.ipv4.ip_no_pmtu_disc", ip_no_pmtu_disc, 0, 3, 0,
	    "0 discovers path MTUs, 1 falls back to min_pmtu, 2 ignores what it is told, "
	    "3 is 0 with strict checks."),
	ONE("net.ipv4.route.min_pmtu", route_min_pmtu, 68, 65535, 552,
	    "Smallest path MTU in bytes that an ICMP error can lead to."),
	ONE("net.ipv4.route.mtu_expires", route_mtu_expires, 0, BIG, 600,
	    "Time in s for which a learned IPv4 path MTU holds."),
	ONE("net.ipv4.icmp_echo_ignore_all", icmp_echo_ignore_all, 0, 1, 0,
	    "Leave every IPv4 echo request unanswered."),
	ONE("net.ipv4.icmp_echo_ignore_broadcasts", icmp_echo_ignore_broadcasts, 0, 1, 1,
	    "Leave echo requests to broadcast and multicast addresses unanswered."),
	ONE("net.ipv4.icmp_ratelimit", icmp_ratelimit, 0, BIG, 1000,
	    "Least time in ms between two limited ICMP messages to one destination; 0: none."),
	ONE("net.ipv4.icmp_ratemask", icmp_ratemask, 0, BIG, 6168,
	    "ICMP types that icmp_ratelimit limits, one bit a type."),
	ONE("net.ipv4.icmp_msgs_per_sec", icmp_msgs_per_sec, 0, BIG, 1000,
	    "Limited ICMP messages a second to everyone together."),
	ONE("net.ipv4.icmp_msgs_burst", icmp_msgs_burst, 0, BIG, 50,
	    "Limited ICMP messages that may leave at once."),
	ONE("net.ipv6.icmp.ratelimit", icmp6_ratelimit, 0, BIG, 1000,
	    "Least time in ms between two ICMPv6 errors to one destination; 0: none."),
	ONE("net.ipv6.icmp.echo_ignore_all", icmp6_echo_ignore_all, 0, 1, 0,
	    "Leave every IPv6 echo request unanswered."),
	ONE("net.ipv6.conf.all.forwarding", ip6_forwarding, 0, 1, 0,
	    "Forward IPv6 packets that are for others; 1 on a router."),
	ONE("net.ipv6.conf.all.hop_limit", ip6_hop_limit, 1, 255, 64,
	    "Hop limit of IPv6 packets sent from here."),
	ONE("net.ipv6.conf.all.disable_ipv6", ip6_disable, 0, 1, 0,
	    "Run without IPv6."),
	ONE("net.ipv4.ipfrag_time", ipfrag_time, 0, BIG, 30,
	    "Time in s for which the fragments of an IPv4 packet are kept."),
	ONE("net.ipv4.ipfrag_high_thresh", ipfrag_high_thresh, 0, BIG, 4194304,
	    "Memory in bytes for IPv4 fragments."),
	ONE("net.ipv6.ip6frag_time", ip6frag_time, 0, BIG, 60,
	    "Time in s for which the fragments of an IPv6 packet are kept."),
	ONE("net.ipv6.ip6frag_high_thresh", ip6frag_high_thresh, 0, BIG, 4194304,
	    "Memory in bytes for IPv6 fragments."),
	ONE("net.ipv6.route.mtu_expires", ip6_route_mtu_expires, 0, BIG, 600,
	    "Time in s for which a learned IPv6 path MTU holds."),
	{ .name = "net.ipv4.ip_local_port_range", .offset = AT(local_port_range), .values = 2,
	  .min = 1, .max = 65535, .def = { 32768, 60999 }, .ordered = true,
	  .says = "First and last local port that is given out." },
	{ .name = "net.ipv4.ping_group_range", .offset = AT(ping_group_range), .values = 2,
	  .min = 0, .max = BIG, .def = { 1, 0 },
	  .says = "Groups that may open ICMP echo sockets; the default is nobody but root." },
	NEIGH("net.ipv4.neigh.default.", neigh4),
	NEIGH("net.ipv6.neigh.default.", neigh6),
	ONE("net.core.rmem_default", rmem_default, 256, BIG, 212992,
	    "Receive buffer of a socket in bytes."),
	ONE("net.core.rmem_max", rmem_max, 256, BIG, 212992,
	    "Largest receive buffer in bytes that a program may ask for."),
	ONE("net.core.wmem_default", wmem_default, 2048, BIG, 212992,
	    "Send buffer of a socket in bytes."),
	ONE("net.core.wmem_max", wmem_max, 2048, BIG, 212992,
	    "Largest send buffer in bytes that a program may ask for."),
};

const size_t sysctl_table_len = sizeof(sysctl_table) / sizeof(sysctl_table[0]);

/* A test compares this with the column of defaults above. */
#define NEIGH_DEFAULT { \
	.base_reachable_time_ms = 30000, .retrans_time_ms = 1000, .ucast_solicit = 3, \
	.mcast_solicit = 3, .delay_first_probe_time = 5, .gc_stale_time = 60, \
	.unres_qlen_bytes = 212992, .unres_qlen = 101, .gc_thresh1 = 128, .gc_thresh2 = 512, \
	.gc_thresh3 = 1024 }

const struct sysctls sysctls_default = {
	.ip_default_ttl = 64,
	.route_min_pmtu = 552,
	.route_mtu_expires = 600,
	.ip6_route_mtu_expires = 600,
	.icmp_echo_ignore_broadcasts = 1,
	.icmp_ratelimit = 1000,
	.icmp_ratemask = 6168,
	.icmp_msgs_per_sec = 1000,
	.icmp_msgs_burst = 50,
	.icmp6_ratelimit = 1000,
	.ip6_hop_limit = 64,
	.ipfrag_time = 30,
	.ipfrag_high_thresh = 4194304,
	.ip6frag_time = 60,
	.ip6frag_high_thresh = 4194304,
	.local_port_range = { 32768, 60999 },
	.ping_group_range = { 1, 0 },
	.neigh4 = NEIGH_DEFAULT,
	.neigh6 = NEIGH_DEFAULT,
	.rmem_default = 212992,
	.rmem_max = 212992,
	.wmem_default = 212992,
	.wmem_max = 212992,
};

/* Families of names that Linux knows and whose part of the stack is not here. */
static const struct {
	const char *prefix;
	const char *part;
} unbuilt[] = {
	{ "net.ipv4.tcp_", "tcp" },
	{ "net.mptcp.", "tcp" },
	{ "net.netfilter.", "filter" },
	{ "net.core.default_qdisc", "queues" },
};

/* Equal but for '/' where the table has '.', as sysctl(8) allows. */
static bool name_is(const char *want, const char *name)
{
	for (; *want && *name; want++, name++)
		if (*want != *name && !(*want == '.' && *name == '/'))
			return false;
	return *want == *name;
}

const struct sysctl_def *sysctl_find(const char *name)
{
	for (size_t i = 0; i < sysctl_table_len; i++)
		if (name_is(sysctl_table[i].name, name))
			return &sysctl_table[i];
	return NULL;
}

const char *sysctl_unbuilt(const char *name)
{
	for (size_t i = 0; i < sizeof(unbuilt) / sizeof(unbuilt[0]); i++)
		if (!strncmp(name, unbuilt[i].prefix, strlen(unbuilt[i].prefix)))
			return unbuilt[i].part;
	return NULL;
}

/* One decimal number; sets *end behind it and returns false if there is none or
 * it is out of range. */
static bool number_read(const struct sysctl_def *def, const char *text, const char **end,
			int32_t *value)
{
	char *stop;
	long long n;

	errno = 0;
	n = strtoll(text, &stop, 10);
	*end = stop;
	if (stop == text || errno || n < def->min || n > def->max)
		return false;
	*value = (int32_t)n;
	return true;
}

/* All numbers of a row, separated by blanks, with nothing behind them. */
static bool values_read(const struct sysctl_def *def, const char *text, int32_t *values)
{
	for (int i = 0; i < def->values; i++) {
		if (i && *text != ' ' && *text != '\t')
			return false;
		if (!number_read(def, text, &text, &values[i]))
			return false;
	}
	return text[strspn(text, " \t\n")] == '\0';
}

int sysctl_set(struct sysctls *s, const char *name, const char *text, char *err, size_t size)
{
	const struct sysctl_def *def = sysctl_find(name);
	int32_t values[2] = { 0 };

	if (!def) {
		snprintf(err, size, "unknown sysctl '%.100s'", name);
		return -1;
	}
	if (!values_read(def, text, values)) {
		snprintf(err, size, "'%.40s' is not a value of %s; expected %s %d to %d", text,
			 def->name, def->values == 2 ? "two numbers from" : "a number from",
			 def->min, def->max);
		return -1;
	}
	if (def->ordered && values[0] > values[1]) {
		snprintf(err, size, "'%.40s' is not a value of %s; expected the smaller number first",
			 text, def->name);
		return -1;
	}
	memcpy((char *)s + def->offset, values, sizeof(int32_t) * (size_t)def->values);
	return 0;
}

int sysctl_get(const struct sysctls *s, const char *name, char *text, size_t size)
{
	const struct sysctl_def *def = sysctl_find(name);
	int32_t values[2];

	if (!def)
		return -1;
	memcpy(values, (const char *)s + def->offset, sizeof(int32_t) * (size_t)def->values);
	if (def->values == 2)
		return snprintf(text, size, "%d\t%d", values[0], values[1]);
	return snprintf(text, size, "%d", values[0]);
}
