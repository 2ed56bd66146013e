/*
 * The knobs of a node's stack, by Linux's names and with Linux's defaults (those
 * of a 6.1 kernel; Documentation/networking/ip-sysctl.rst and icmp(7), arp(7)).
 *
 * `struct sysctls` is a plain value that can be copied. A node points to the
 * shared `sysctls_default` until one of its own is set; then to a copy. The
 * stack reads members, people use names; `sysctl_table` ties the two together.
 * Where a knob exists for `all`, `default` and each interface, the node-wide one
 * is here.
 */
#ifndef IP_SYSCTL_H
#define IP_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A row of keys: how many there are, then the two keys, each of four words. */
#define SYSCTL_KEY_WORDS 4
#define SYSCTL_KEYS 2
#define SYSCTL_KEY_VALUES (1 + SYSCTL_KEYS * SYSCTL_KEY_WORDS)

/* The neighbour tables' knobs, alike for ARP and ND. */
struct sysctl_neigh {
	int32_t base_reachable_time_ms;
	int32_t retrans_time_ms;
	int32_t ucast_solicit;
	int32_t mcast_solicit;
	int32_t delay_first_probe_time;		/* s */
	int32_t gc_stale_time;			/* s */
	int32_t unres_qlen_bytes;
	int32_t gc_thresh1;
	int32_t gc_thresh2;
	int32_t gc_thresh3;
};

/* Time-outs of connection tracking in s: X(symbol, name after nf_conntrack_, Linux's default). */
#define SYSCTL_CONNTRACK_TIMEOUTS(X) \
	X(GENERIC, "generic_timeout", 600) \
	X(ICMP, "icmp_timeout", 30) \
	X(ICMPV6, "icmpv6_timeout", 30) \
	X(UDP, "udp_timeout", 30) \
	X(UDP_STREAM, "udp_timeout_stream", 120) \
	X(TCP_SYN_SENT, "tcp_timeout_syn_sent", 120) \
	X(TCP_SYN_RECV, "tcp_timeout_syn_recv", 60) \
	X(TCP_ESTABLISHED, "tcp_timeout_established", 432000) \
	X(TCP_FIN_WAIT, "tcp_timeout_fin_wait", 120) \
	X(TCP_CLOSE_WAIT, "tcp_timeout_close_wait", 60) \
	X(TCP_LAST_ACK, "tcp_timeout_last_ack", 30) \
	X(TCP_TIME_WAIT, "tcp_timeout_time_wait", 120) \
	X(TCP_CLOSE, "tcp_timeout_close", 10) \
	X(TCP_MAX_RETRANS, "tcp_timeout_max_retrans", 300) \
	X(TCP_UNACKNOWLEDGED, "tcp_timeout_unacknowledged", 300)

enum ct_timeout {
#define X(symbol, name, seconds) CT_TIMEOUT_##symbol,
	SYSCTL_CONNTRACK_TIMEOUTS(X)
#undef X
	CT_TIMEOUT_COUNT
};

/*
 * IPv6 autoconfiguration, net.ipv6.conf.all.NAME: X(member and name, least, most, Linux's default,
 * meaning).
 */
#define SYSCTL_IP6_CONF(X) \
	X(accept_dad, 0, 2, 1, "Look for duplicates of addresses that come from advertisements " \
	  "(RFC 4862); 2: without IPv6 if the link-local one is another's.") \
	X(accept_ra, 0, 2, 1, "Take router advertisements where `address` has slaac or auto; 2: if it " \
	  "forwards, too.") \
	X(accept_ra_defrtr, 0, 1, 1, "Take default routers from advertisements.") \
	X(accept_ra_min_hop_limit, 0, 255, 1, "Take no smaller hop limit from advertisements.") \
	X(accept_ra_mtu, 0, 1, 1, "Take the MTU from advertisements.") \
	X(accept_ra_pinfo, 0, 1, 1, "Take prefixes from advertisements.") \
	X(accept_ra_rt_info_max_plen, 0, 128, 0, "Longest prefix of a route that is taken from " \
	  "advertisements (RFC 4191).") \
	X(accept_ra_rt_info_min_plen, 0, 128, 0, "Shortest prefix of such a route.") \
	X(accept_ra_rtr_pref, 0, 1, 1, "Heed the preference of routers (RFC 4191).") \
	X(addr_gen_mode, 0, 3, 0, "Identifiers of addresses: 0 from the MAC address, 1 no link-local " \
	  "address, 2 and 3 stable and opaque (RFC 7217).") \
	X(autoconf, 0, 1, 1, "Make addresses of advertised prefixes.") \
	X(dad_transmits, 0, 1000, 1, "Probes for a duplicate of an address.") \
	X(enhanced_dad, 0, 1, 1, "Probes have a nonce (RFC 7527).") \
	X(max_addresses, 0, 1000, 16, "Addresses that one interface makes of prefixes; 0: no limit.") \
	X(router_solicitation_delay, 0, 3600, 1, "Longest time in s before the first probe.") \
	X(router_solicitation_interval, 1, 3600, 4, "Time in s to the second solicitation; then it " \
	  "doubles (RFC 7559).") \
	X(router_solicitation_max_interval, 1, 86400, 3600, "Longest time in s between two.") \
	X(router_solicitations, -1, 1000, -1, "Solicitations if no router answers; -1: no limit.") \
	X(use_tempaddr, -1, 2, 0, "Temporary addresses (RFC 8981): 1 makes them, 2 prefers them, too.") \
	X(temp_valid_lft, 1, INT32_MAX, 604800, "Longest valid lifetime of one in s.") \
	X(temp_prefered_lft, 1, INT32_MAX, 86400, "Longest preferred lifetime of one in s.") \
	X(max_desync_factor, 0, 86400, 600, "Time in s by which that is shortened at most, at random.") \
	X(regen_max_retry, 0, 100, 3, "Identifiers that are tried where others have the first.")

struct sysctl_ip6_conf {
#define X(name, lo, hi, def, says) int32_t name;
	SYSCTL_IP6_CONF(X)
#undef X
};

struct sysctls {
	int32_t ip_forward;
	int32_t ip_default_ttl;
	int32_t ip_no_pmtu_disc;
	int32_t route_min_pmtu;
	int32_t route_mtu_expires;		/* s */
	int32_t ip6_route_mtu_expires;		/* s */
	int32_t ip6_route_max_size;
	int32_t icmp_echo_ignore_all;
	int32_t icmp_echo_ignore_broadcasts;
	int32_t icmp_ratelimit;			/* ms between two to one destination */
	int32_t icmp_ratemask;			/* bit per ICMP type that is limited */
	int32_t icmp_msgs_per_sec;
	int32_t icmp_msgs_burst;
	int32_t icmp6_ratelimit;		/* ms */
	int32_t icmp6_echo_ignore_all;
	int32_t ip6_forwarding;
	int32_t ip6_hop_limit;
	int32_t ip6_disable;
	struct sysctl_ip6_conf ip6_conf;
	int32_t ipfrag_time;			/* s */
	int32_t ipfrag_high_thresh;		/* bytes */
	int32_t ip6frag_time;			/* s */
	int32_t ip6frag_high_thresh;		/* bytes */
	int32_t local_port_range[2];
	struct sysctl_neigh neigh4;
	struct sysctl_neigh neigh6;
	int32_t rmem_default;			/* bytes */
	int32_t rmem_max;
	int32_t wmem_default;
	int32_t wmem_max;
	int32_t tcp_abc;
	int32_t tcp_abort_on_overflow;
	int32_t tcp_adv_win_scale;
	int32_t tcp_base_mss;
	int32_t tcp_challenge_ack_limit;
	int32_t tcp_comp_sack_delay_ns;
	int32_t tcp_comp_sack_nr;
	int32_t tcp_dsack;
	int32_t tcp_early_retrans;
	int32_t tcp_ecn;
	int32_t tcp_ecn_fallback;
	int32_t tcp_fastopen;			/* bits: 1 client, 2 server ... */
	int32_t tcp_fastopen_blackhole_timeout_sec;
	int32_t tcp_fastopen_key[SYSCTL_KEY_VALUES]; /* how many keys were set, then their words */
	int32_t tcp_fin_timeout;
	int32_t tcp_frto;
	int32_t tcp_invalid_ratelimit;
	int32_t tcp_keepalive_intvl;
	int32_t tcp_keepalive_probes;
	int32_t tcp_keepalive_time;
	int32_t tcp_max_orphans;
	int32_t tcp_max_reordering;
	int32_t tcp_max_syn_backlog;
	int32_t tcp_max_tw_buckets;
	int32_t tcp_min_rtt_wlen;
	int32_t tcp_min_snd_mss;
	int32_t tcp_min_tso_segs;
	int32_t tcp_moderate_rcvbuf;
	int32_t tcp_mtu_probe_floor;
	int32_t tcp_mtu_probing;
	int32_t tcp_notsent_lowat;
	int32_t tcp_orphan_retries;
	int32_t tcp_pacing_ca_ratio;
	int32_t tcp_pacing_ss_ratio;
	int32_t tcp_probe_interval;
	int32_t tcp_probe_threshold;
	int32_t tcp_recovery;
	int32_t tcp_reordering;
	int32_t tcp_retries1;
	int32_t tcp_retries2;
	int32_t tcp_rfc1337;
	int32_t tcp_sack;
	int32_t tcp_slow_start_after_idle;
	int32_t tcp_syn_retries;
	int32_t tcp_synack_retries;
	int32_t tcp_syncookies;
	int32_t tcp_thin_linear_timeouts;
	int32_t tcp_timestamps;
	int32_t tcp_tso_rtt_log;
	int32_t tcp_tw_reuse;
	int32_t tcp_window_scaling;
	int32_t tcp_workaround_signed_windows;
	int32_t tcp_congestion_control;		/* row of sysctl_congestion_controls */
	int32_t tcp_rmem[3];			/* bytes: least, initial, most */
	int32_t tcp_wmem[3];
	int32_t nf_conntrack_timeout[CT_TIMEOUT_COUNT];
	int32_t nf_conntrack_max;
	int32_t nf_conntrack_checksum;
	int32_t nf_conntrack_tcp_be_liberal;
	int32_t nf_conntrack_tcp_ignore_invalid_rst;
	int32_t nf_conntrack_tcp_loose;
	int32_t nf_conntrack_tcp_max_retrans;
	int32_t somaxconn;
	int32_t tcp_cubic_fast_convergence;	/* parameters of Linux's modules, by the names that
						 * they have on its command line */
	int32_t tcp_cubic_hystart;		/* 0 off, 1 HyStart, 2 HyStart++ */
	int32_t tcp_cubic_hystart_ack_delta_us;
	int32_t tcp_cubic_hystart_detect;
	int32_t tcp_cubic_hystart_low_window;	/* segments */
	int32_t tcp_cubic_tcp_friendliness;
	int32_t tcp_dctcp_alpha_on_init;	/* of 1024 */
	int32_t tcp_dctcp_shift_g;
	int32_t tcp_vegas_alpha;		/* segments */
	int32_t tcp_vegas_beta;
	int32_t tcp_vegas_gamma;
};

/* A row: a name, where its value is, what it may be. */
struct sysctl_def {
	const char *name;
	size_t offset;		/* of an int32_t[values] */
	int values;
	int32_t min, max;	/* of each value */
	int32_t def[3];		/* Linux's default */
	bool ordered;		/* values that must not descend */
	bool key;		/* keys in hexadecimal, for values: sysctl_key_read() */
	const char *const *words; /* instead of numbers: the value is a row; NULL: numbers */
	const char *says;	/* one sentence */
};

extern const struct sysctl_def sysctl_table[];
extern const size_t sysctl_table_len;

/* Every knob at its default. */
extern const struct sysctls sysctls_default;

/* The row of that name, with dots or slashes between its words as sysctl(8)
 * takes them; NULL if there is none. */
const struct sysctl_def *sysctl_find(const char *name);

/* What net.ipv4.tcp_congestion_control may be, ended by NULL; the first is the default. */
extern const char *const sysctl_congestion_controls[];

/* Whether Linux knows the name but this stack has nothing behind it yet, like
 * netfilter's: then the words that say which part is missing ("filter"), else NULL. */
const char *sysctl_unbuilt(const char *name);

/*
 * Keys as net.ipv4.tcp_fastopen_key has them: four words of eight hexadecimal digits with '-'
 * between them, and behind a ',' a second key like it. None of them set prints as zeros.
 */
bool sysctl_key_read(const char *text, int32_t values[SYSCTL_KEY_VALUES]);
int sysctl_key_print(const int32_t values[SYSCTL_KEY_VALUES], char *text, size_t size);

/* Sets a knob from text ("1", "32768 60999"). Returns 0, or -1 after writing one
 * sentence without place or full stop into `err`; `s` is then unchanged. */
int sysctl_set(struct sysctls *s, const char *name, const char *text, char *err, size_t size);

/* Prints a knob's value as /proc/sys does ("1", "32768\t60999"). Returns the
 * length, or -1 if there is no such knob. */
int sysctl_get(const struct sysctls *s, const char *name, char *text, size_t size);

#endif
