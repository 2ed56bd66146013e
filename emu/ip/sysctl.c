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
	ONE(prefix "gc_thresh1", m.gc_thresh1, 0, BIG, 128, \
	    "Entries below which nothing is collected."), \
	ONE(prefix "gc_thresh2", m.gc_thresh2, 0, BIG, 512, \
	    "Entries above which those older than 5 s are collected."), \
	ONE(prefix "gc_thresh3", m.gc_thresh3, 0, BIG, 1024, \
	    "Entries that a table holds at most.")

const char *const sysctl_congestion_controls[] = { "cubic", "reno", "bbr", "dctcp", "vegas", NULL };

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
	ONE("net.ipv4.tcp_abc", tcp_abc, 0, 1, 1,
	    "Reno's window grows by 1 segments acked (RFC 3465), as in Linux since 3.9, or 0 ACKs."),
	ONE("net.ipv4.tcp_abort_on_overflow", tcp_abort_on_overflow, 0, 1, 0,
	    "Reset connections that the accept queue has no room for, instead of waiting."),
	ONE("net.ipv4.tcp_adv_win_scale", tcp_adv_win_scale, -31, 31, 1,
	    "Share of the receive buffer that is overhead: 1/2^n, or 1 - 1/2^-n if not positive."),
	ONE("net.ipv4.tcp_base_mss", tcp_base_mss, 48, 65535, 1024,
	    "Segment size in bytes with which path MTU probing begins."),
	ONE("net.ipv4.tcp_challenge_ack_limit", tcp_challenge_ack_limit, 0, BIG, BIG,
	    "Challenge ACKs (RFC 5961) a second to everyone together."),
	ONE("net.ipv4.tcp_comp_sack_delay_ns", tcp_comp_sack_delay_ns, 0, BIG, 1000000,
	    "Longest time in ns that an ACK with SACK blocks may wait for others; 0: none waits."),
	ONE("net.ipv4.tcp_comp_sack_nr", tcp_comp_sack_nr, 0, 255, 44,
	    "ACKs with SACK blocks that one may stand for; 0: none."),
	ONE("net.ipv4.tcp_dsack", tcp_dsack, 0, 1, 1,
	    "Report duplicate segments (RFC 2883)."),
	ONE("net.ipv4.tcp_early_retrans", tcp_early_retrans, 0, 4, 3,
	    "3 sends tail loss probes (RFC 8985), 0 does not."),
	ONE("net.ipv4.tcp_ecn", tcp_ecn, 0, 2, 2,
	    "0 never uses ECN, 1 asks for it, 2 agrees when asked."),
	ONE("net.ipv4.tcp_ecn_fallback", tcp_ecn_fallback, 0, 1, 1,
	    "Send a lost SYN that asked for ECN again without (RFC 3168)."),
	ONE("net.ipv4.tcp_fastopen", tcp_fastopen, 0, BIG, 1,
	    "Fast Open (RFC 7413), a sum: 1 client, 2 server, 4 data in a SYN without a cookie, "
	    "512 accept data without one, 1024 all listeners without TCP_FASTOPEN."),
	ONE("net.ipv4.tcp_fastopen_blackhole_timeout_sec", tcp_fastopen_blackhole_timeout_sec, 0,
	    BIG, 0, "Time in s without Fast Open after three timeouts in a row, doubling; 0: none."),
	{ .name = "net.ipv4.tcp_fastopen_key", .offset = AT(tcp_fastopen_key),
	  .values = SYSCTL_KEY_VALUES, .key = true,
	  .says = "Key of Fast Open cookies, and an older one behind a comma; zeros: the host's own." },
	ONE("net.ipv4.tcp_fin_timeout", tcp_fin_timeout, 0, BIG, 60,
	    "Time in s that an orphan stays in FIN-WAIT-2."),
	ONE("net.ipv4.tcp_frto", tcp_frto, 0, 2, 2,
	    "Detect spurious timeouts (RFC 5682)."),
	ONE("net.ipv4.tcp_invalid_ratelimit", tcp_invalid_ratelimit, 0, BIG, 500,
	    "Least time in ms between two answers to invalid segments of one connection."),
	ONE("net.ipv4.tcp_keepalive_intvl", tcp_keepalive_intvl, 1, 32767, 75,
	    "Time in s between two keep-alive probes."),
	ONE("net.ipv4.tcp_keepalive_probes", tcp_keepalive_probes, 1, 127, 9,
	    "Keep-alive probes without answer that end a connection."),
	ONE("net.ipv4.tcp_keepalive_time", tcp_keepalive_time, 1, 32767, 7200,
	    "Idle time in s before the first keep-alive probe."),
	ONE("net.ipv4.tcp_max_orphans", tcp_max_orphans, 0, BIG, 16384,
	    "Connections without an owner that are kept."),
	ONE("net.ipv4.tcp_max_reordering", tcp_max_reordering, 0, BIG, 300,
	    "Most segments by which reordering is believed."),
	ONE("net.ipv4.tcp_max_syn_backlog", tcp_max_syn_backlog, 0, BIG, 512,
	    "Half-open connections that a listener without SYN cookies remembers."),
	ONE("net.ipv4.tcp_max_tw_buckets", tcp_max_tw_buckets, 0, BIG, 16384,
	    "TIME-WAIT states that are kept."),
	ONE("net.ipv4.tcp_min_rtt_wlen", tcp_min_rtt_wlen, 0, 86400, 300,
	    "Time in s over which the least RTT is looked for."),
	ONE("net.ipv4.tcp_min_snd_mss", tcp_min_snd_mss, 48, 65535, 48,
	    "Least segment size in bytes, whatever the peer or the path says."),
	ONE("net.ipv4.tcp_min_tso_segs", tcp_min_tso_segs, 1, 255, 2,
	    "Least number of segments that leave back to back where sending is paced."),
	ONE("net.ipv4.tcp_moderate_rcvbuf", tcp_moderate_rcvbuf, 0, 1, 1,
	    "Let receive buffers grow with the traffic."),
	ONE("net.ipv4.tcp_mtu_probe_floor", tcp_mtu_probe_floor, 48, 65535, 48,
	    "Least segment size in bytes that path MTU probing may end at."),
	ONE("net.ipv4.tcp_mtu_probing", tcp_mtu_probing, 0, 2, 0,
	    "Probe the path MTU (RFC 4821): 0 never, 1 when a black hole is suspected, 2 always."),
	ONE("net.ipv4.tcp_notsent_lowat", tcp_notsent_lowat, 0, BIG, BIG,
	    "Bytes not yet sent above which a socket is not writable."),
	ONE("net.ipv4.tcp_orphan_retries", tcp_orphan_retries, 0, 255, 0,
	    "Retransmissions of an orphan before it is given up; 0: 8."),
	ONE("net.ipv4.tcp_pacing_ca_ratio", tcp_pacing_ca_ratio, 0, 1000, 120,
	    "Pacing rate in % of window per RTT in congestion avoidance."),
	ONE("net.ipv4.tcp_pacing_ss_ratio", tcp_pacing_ss_ratio, 0, 1000, 200,
	    "Pacing rate in % of window per RTT in slow start."),
	ONE("net.ipv4.tcp_probe_interval", tcp_probe_interval, 0, BIG, 600,
	    "Time in s between two searches for a larger path MTU."),
	ONE("net.ipv4.tcp_probe_threshold", tcp_probe_threshold, 0, BIG, 8,
	    "Size in bytes of the range at which path MTU probing ends."),
	ONE("net.ipv4.tcp_recovery", tcp_recovery, 0, 7, 1,
	    "Bits: 1 RACK, 2 fixed reordering window, 4 no duplicate-ACK threshold."),
	ONE("net.ipv4.tcp_reordering", tcp_reordering, 1, BIG, 3,
	    "Segments by which order may be disturbed at first."),
	ONE("net.ipv4.tcp_retries1", tcp_retries1, 0, 255, 3,
	    "Retransmissions after which the path is doubted."),
	ONE("net.ipv4.tcp_retries2", tcp_retries2, 0, BIG, 15,
	    "Retransmissions, in back-off's time, that end a connection."),
	ONE("net.ipv4.tcp_rfc1337", tcp_rfc1337, 0, 1, 0,
	    "Ignore resets in TIME-WAIT."),
	ONE("net.ipv4.tcp_sack", tcp_sack, 0, 1, 1,
	    "Selective acknowledgements (RFC 2018)."),
	ONE("net.ipv4.tcp_slow_start_after_idle", tcp_slow_start_after_idle, 0, 1, 1,
	    "Shrink the congestion window after idleness (RFC 2861)."),
	ONE("net.ipv4.tcp_syn_retries", tcp_syn_retries, 1, 127, 6,
	    "Retransmissions of a SYN."),
	ONE("net.ipv4.tcp_synack_retries", tcp_synack_retries, 0, 255, 5,
	    "Retransmissions of a SYN-ACK."),
	ONE("net.ipv4.tcp_syncookies", tcp_syncookies, 0, 2, 1,
	    "SYN cookies: 0 never, 1 when the SYN queue overflows, 2 always."),
	ONE("net.ipv4.tcp_thin_linear_timeouts", tcp_thin_linear_timeouts, 0, 1, 0,
	    "No back-off for flows with few segments in flight."),
	ONE("net.ipv4.tcp_timestamps", tcp_timestamps, 0, 2, 1,
	    "Timestamps (RFC 7323): 1 with an offset for each connection, 2 without."),
	ONE("net.ipv4.tcp_tso_rtt_log", tcp_tso_rtt_log, 0, 31, 9,
	    "Longer paced bursts for RTTs below about 2^n us; 0: none."),
	ONE("net.ipv4.tcp_tw_reuse", tcp_tw_reuse, 0, 2, 2,
	    "Reuse TIME-WAIT states for new connections: 1 all, 2 on loopback."),
	ONE("net.ipv4.tcp_window_scaling", tcp_window_scaling, 0, 1, 1,
	    "Window scaling (RFC 7323)."),
	ONE("net.ipv4.tcp_workaround_signed_windows", tcp_workaround_signed_windows, 0, 1, 0,
	    "Offer at most 32767 bytes to peers without window scaling."),
	{ .name = "net.ipv4.tcp_congestion_control", .offset = AT(tcp_congestion_control), .values = 1,
	  .max = 4, .words = sysctl_congestion_controls,
	  .says = "Congestion control of new connections." },
	{ .name = "net.ipv4.tcp_rmem", .offset = AT(tcp_rmem), .values = 3, .min = 1, .max = BIG,
	  .def = { 4096, 131072, 6291456 }, .ordered = true,
	  .says = "Receive buffer of a TCP socket in bytes: least, initial, most." },
	{ .name = "net.ipv4.tcp_wmem", .offset = AT(tcp_wmem), .values = 3, .min = 1, .max = BIG,
	  .def = { 4096, 16384, 4194304 }, .ordered = true,
	  .says = "Send buffer of a TCP socket in bytes: least, initial, most." },
#define X(symbol, n, seconds) \
	ONE("net.netfilter.nf_conntrack_" n, nf_conntrack_timeout[CT_TIMEOUT_##symbol], 0, BIG, \
	    seconds, "Time in s for which a connection in that state is remembered."),
	SYSCTL_CONNTRACK_TIMEOUTS(X)
#undef X
	ONE("net.netfilter.nf_conntrack_max", nf_conntrack_max, 1, BIG, 262144,
	    "Connections that a node tracks at most."),
	ONE("net.netfilter.nf_conntrack_checksum", nf_conntrack_checksum, 0, 1, 1,
	    "Packets with a wrong checksum are invalid."),
	ONE("net.netfilter.nf_conntrack_tcp_be_liberal", nf_conntrack_tcp_be_liberal, 0, 1, 0,
	    "Only resets outside the window are invalid, no other segments."),
	ONE("net.netfilter.nf_conntrack_tcp_ignore_invalid_rst", nf_conntrack_tcp_ignore_invalid_rst,
	    0, 1, 0, "A reset with a wrong sequence number does not make a segment invalid."),
	ONE("net.netfilter.nf_conntrack_tcp_loose", nf_conntrack_tcp_loose, 0, 1, 1,
	    "A connection whose beginning was not seen is picked up."),
	ONE("net.netfilter.nf_conntrack_tcp_max_retrans", nf_conntrack_tcp_max_retrans, 0, 255, 3,
	    "Retransmissions in a row after which tcp_timeout_max_retrans holds."),
	ONE("net.core.somaxconn", somaxconn, 0, BIG, 4096,
	    "Largest backlog of a listener."),
	ONE("tcp_cubic.fast_convergence", tcp_cubic_fast_convergence, 0, 1, 1,
	    "A CUBIC flow that lost before it was back at its maximum makes room (RFC 9438)."),
	ONE("tcp_cubic.hystart", tcp_cubic_hystart, 0, 2, 1,
	    "How CUBIC leaves slow start early: 0 not, 1 HyStart as in Linux, 2 HyStart++ (RFC 9406)."),
	ONE("tcp_cubic.hystart_ack_delta_us", tcp_cubic_hystart_ack_delta_us, 0, BIG, 2000,
	    "Longest gap in us between ACKs of one train, for HyStart."),
	ONE("tcp_cubic.hystart_detect", tcp_cubic_hystart_detect, 0, 3, 3,
	    "What HyStart looks at: 1 trains of ACKs, 2 delay, 3 both."),
	ONE("tcp_cubic.hystart_low_window", tcp_cubic_hystart_low_window, 0, BIG, 16,
	    "Window in segments below which HyStart does not look."),
	ONE("tcp_cubic.tcp_friendliness", tcp_cubic_tcp_friendliness, 0, 1, 1,
	    "CUBIC is never slower than Reno would be."),
	ONE("tcp_dctcp.dctcp_alpha_on_init", tcp_dctcp_alpha_on_init, 0, 1024, 1024,
	    "DCTCP's first estimate of the marked share, of 1024."),
	ONE("tcp_dctcp.dctcp_shift_g", tcp_dctcp_shift_g, 0, 10, 4,
	    "DCTCP's estimate moves by 1/2^n of what a window of data shows."),
	ONE("tcp_vegas.alpha", tcp_vegas_alpha, 0, 32767, 2,
	    "Segments of its own in queues that Vegas has at least."),
	ONE("tcp_vegas.beta", tcp_vegas_beta, 0, 32767, 4,
	    "Segments of its own in queues that Vegas has at most."),
	ONE("tcp_vegas.gamma", tcp_vegas_gamma, 0, 32767, 1,
	    "Segments of its own in queues that end Vegas's slow start."),
};

const size_t sysctl_table_len = sizeof(sysctl_table) / sizeof(sysctl_table[0]);

/* A test compares this with the column of defaults above. */
#define NEIGH_DEFAULT { \
	.base_reachable_time_ms = 30000, .retrans_time_ms = 1000, .ucast_solicit = 3, \
	.mcast_solicit = 3, .delay_first_probe_time = 5, .gc_stale_time = 60, \
	.unres_qlen_bytes = 212992, .gc_thresh1 = 128, .gc_thresh2 = 512, \
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
	.neigh4 = NEIGH_DEFAULT,
	.neigh6 = NEIGH_DEFAULT,
	.rmem_default = 212992,
	.rmem_max = 212992,
	.wmem_default = 212992,
	.wmem_max = 212992,
	.tcp_abc = 1,
	.tcp_adv_win_scale = 1,
	.tcp_base_mss = 1024,
	.tcp_challenge_ack_limit = BIG,
	.tcp_comp_sack_delay_ns = 1000000,
	.tcp_comp_sack_nr = 44,
	.tcp_dsack = 1,
	.tcp_early_retrans = 3,
	.tcp_ecn = 2,
	.tcp_ecn_fallback = 1,
	.tcp_fastopen = 1,
	.tcp_fin_timeout = 60,
	.tcp_frto = 2,
	.tcp_invalid_ratelimit = 500,
	.tcp_keepalive_intvl = 75,
	.tcp_keepalive_probes = 9,
	.tcp_keepalive_time = 7200,
	.tcp_max_orphans = 16384,
	.tcp_max_reordering = 300,
	.tcp_max_syn_backlog = 512,
	.tcp_max_tw_buckets = 16384,
	.tcp_min_rtt_wlen = 300,
	.tcp_min_snd_mss = 48,
	.tcp_min_tso_segs = 2,
	.tcp_moderate_rcvbuf = 1,
	.tcp_mtu_probe_floor = 48,
	.tcp_notsent_lowat = BIG,
	.tcp_pacing_ca_ratio = 120,
	.tcp_pacing_ss_ratio = 200,
	.tcp_probe_interval = 600,
	.tcp_probe_threshold = 8,
	.tcp_recovery = 1,
	.tcp_reordering = 3,
	.tcp_retries1 = 3,
	.tcp_retries2 = 15,
	.tcp_sack = 1,
	.tcp_slow_start_after_idle = 1,
	.tcp_syn_retries = 6,
	.tcp_synack_retries = 5,
	.tcp_syncookies = 1,
	.tcp_timestamps = 1,
	.tcp_tso_rtt_log = 9,
	.tcp_tw_reuse = 2,
	.tcp_window_scaling = 1,
	.tcp_rmem = { 4096, 131072, 6291456 },
	.tcp_wmem = { 4096, 16384, 4194304 },
#define X(symbol, n, seconds) .nf_conntrack_timeout[CT_TIMEOUT_##symbol] = seconds,
	SYSCTL_CONNTRACK_TIMEOUTS(X)
#undef X
	.nf_conntrack_max = 262144,
	.nf_conntrack_checksum = 1,
	.nf_conntrack_tcp_loose = 1,
	.nf_conntrack_tcp_max_retrans = 3,
	.somaxconn = 4096,
	.tcp_cubic_fast_convergence = 1,
	.tcp_cubic_hystart = 1,
	.tcp_cubic_hystart_ack_delta_us = 2000,
	.tcp_cubic_hystart_detect = 3,
	.tcp_cubic_hystart_low_window = 16,
	.tcp_cubic_tcp_friendliness = 1,
	.tcp_dctcp_alpha_on_init = 1024,
	.tcp_dctcp_shift_g = 4,
	.tcp_vegas_alpha = 2,
	.tcp_vegas_beta = 4,
	.tcp_vegas_gamma = 1,
};

/* Families of names that Linux knows and whose part of the stack is not here. */
static const struct {
	const char *prefix;
	const char *part;
} unbuilt[] = {
	{ "net.mptcp.", "tcp" },
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

/* One number, in C's notations as Linux takes them; sets *end behind it and returns false if there is none or
 * it is out of range. */
static bool number_read(const struct sysctl_def *def, const char *text, const char **end,
			int32_t *value)
{
	char *stop;
	long long n;

	errno = 0;
	n = strtoll(text, &stop, 0);
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

static int word_set(struct sysctls *s, const struct sysctl_def *def, const char *text, char *err,
		    size_t size)
{
	size_t used;

	for (int32_t i = 0; def->words[i]; i++)
		if (!strcmp(def->words[i], text)) {
			memcpy((char *)s + def->offset, &i, sizeof(i));
			return 0;
		}
	used = (size_t)snprintf(err, size, "'%.40s' is not a value of %s; expected one of", text,
				def->name);
	for (int i = 0; def->words[i] && used < size; i++)
		used += (size_t)snprintf(err + used, size - used, " %s", def->words[i]);
	return -1;
}

int sysctl_set(struct sysctls *s, const char *name, const char *text, char *err, size_t size)
{
	const struct sysctl_def *def = sysctl_find(name);
	int32_t values[3] = { 0 };

	if (!def) {
		snprintf(err, size, "unknown sysctl '%.100s'", name);
		return -1;
	}
	if (def->words)
		return word_set(s, def, text, err, size);
	if (def->key) {
		if (sysctl_key_read(text, (int32_t *)((char *)s + def->offset)))
			return 0;
		snprintf(err, size, "'%.80s' is not a value of %s; expected a key like "
			 "01234567-89abcdef-01234567-89abcdef, or two with a comma between", text,
			 def->name);
		return -1;
	}
	if (!values_read(def, text, values)) {
		static const char *const count[] = { "a number", "two numbers", "three numbers" };

		snprintf(err, size, "'%.40s' is not a value of %s; expected %s from %d to %d", text,
			 def->name, count[def->values - 1], def->min, def->max);
		return -1;
	}
	for (int i = 1; def->ordered && i < def->values; i++)
		if (values[i - 1] > values[i]) {
			snprintf(err, size,
				 "'%.40s' is not a value of %s; expected the smaller number first",
				 text, def->name);
			return -1;
		}
	memcpy((char *)s + def->offset, values, sizeof(int32_t) * (size_t)def->values);
	return 0;
}

int sysctl_get(const struct sysctls *s, const char *name, char *text, size_t size)
{
	const struct sysctl_def *def = sysctl_find(name);
	int32_t values[3];

	if (!def)
		return -1;
	if (def->key)
		return sysctl_key_print((const int32_t *)((const char *)s + def->offset), text,
					size);
	memcpy(values, (const char *)s + def->offset, sizeof(int32_t) * (size_t)def->values);
	if (def->words)
		return snprintf(text, size, "%s", def->words[values[0]]);
	if (def->values == 3)
		return snprintf(text, size, "%d\t%d\t%d", values[0], values[1], values[2]);
	if (def->values == 2)
		return snprintf(text, size, "%d\t%d", values[0], values[1]);
	return snprintf(text, size, "%d", values[0]);
}
