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

/* The neighbour tables' knobs, alike for ARP and ND. */
struct sysctl_neigh {
	int32_t base_reachable_time_ms;
	int32_t retrans_time_ms;
	int32_t ucast_solicit;
	int32_t mcast_solicit;
	int32_t delay_first_probe_time;		/* s */
	int32_t gc_stale_time;			/* s */
	int32_t unres_qlen_bytes;
	int32_t unres_qlen;			/* packets; unres_qlen_bytes is the bound */
	int32_t gc_thresh1;
	int32_t gc_thresh2;
	int32_t gc_thresh3;
};

struct sysctls {
	int32_t ip_forward;
	int32_t ip_default_ttl;
	int32_t ip_no_pmtu_disc;
	int32_t route_min_pmtu;
	int32_t route_mtu_expires;		/* s */
	int32_t ip6_route_mtu_expires;		/* s */
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
	int32_t ipfrag_time;			/* s */
	int32_t ipfrag_high_thresh;		/* bytes */
	int32_t ip6frag_time;			/* s */
	int32_t ip6frag_high_thresh;		/* bytes */
	int32_t local_port_range[2];
	int32_t ping_group_range[2];
	struct sysctl_neigh neigh4;
	struct sysctl_neigh neigh6;
	int32_t rmem_default;			/* bytes */
	int32_t rmem_max;
	int32_t wmem_default;
	int32_t wmem_max;
};

/* A row: a name, where its value is, what it may be. */
struct sysctl_def {
	const char *name;
	size_t offset;		/* of an int32_t, or of int32_t[2] when `values` is 2 */
	int values;
	int32_t min, max;	/* of each value */
	int32_t def[2];		/* Linux's default */
	bool ordered;		/* a pair whose first must not exceed its second */
	const char *says;	/* one sentence */
};

extern const struct sysctl_def sysctl_table[];
extern const size_t sysctl_table_len;

/* Every knob at its default. */
extern const struct sysctls sysctls_default;

/* The row of that name, with dots or slashes between its words as sysctl(8)
 * takes them; NULL if there is none. */
const struct sysctl_def *sysctl_find(const char *name);

/* Whether Linux knows the name but this stack has nothing behind it yet, like
 * TCP's: then the words that say which part is missing ("tcp"), else NULL. */
const char *sysctl_unbuilt(const char *name);

/* Sets a knob from text ("1", "32768 60999"). Returns 0, or -1 after writing one
 * sentence without place or full stop into `err`; `s` is then unchanged. */
int sysctl_set(struct sysctls *s, const char *name, const char *text, char *err, size_t size);

/* Prints a knob's value as /proc/sys does ("1", "32768\t60999"). Returns the
 * length, or -1 if there is no such knob. */
int sysctl_get(const struct sysctls *s, const char *name, char *text, size_t size);

#endif
