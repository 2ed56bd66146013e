/*
 * The small notations inside values: a link's end, two ends in one text, what an
 * expectation wants, a route as `ip route` writes it. Each reader takes the whole
 * text; on failure it writes one clause into `why` (NOTATION_WHY bytes).
 */
#ifndef TOPO_NOTATION_H
#define TOPO_NOTATION_H

#include <stdbool.h>

#include "topo/arena.h"
#include "topo/scenario.h"

#define NOTATION_WHY 512

/* "home:wan": node (may be a range) and interface (NULL: not said). */
struct end_text {
	const char *node;
	const char *iface;
};

bool notation_end(struct arena *arena, const char *text, struct end_text *end, char *why);

/* "laptop -- lan", with or without blanks. */
bool notation_pair(struct arena *arena, const char *text, struct end_text ends[2], char *why);

/* "3", "40ms..41ms", ">= 2", "!= 0". Fills op, lo and hi. */
bool notation_want(const char *text, struct topo_expect *want, char *why);

/* "10.9.0.0/16 via 10.0.0.1 dev eth1 mtu 1400 metric 5", "default via ...",
 * "unreachable 10.0.0.0/8", "blackhole default". Fills all but `at`. */
bool notation_route(struct arena *arena, const char *text, struct topo_route *route, char *why);

/* "1024-65535", "80": two ports, the first not above the second. */
bool notation_ports(const char *text, uint16_t *first, uint16_t *last, char *why);

/* "tcp 8080 -> 192.168.1.2:80", "203.0.113.1 udp 5000-5010 -> 192.168.1.3", "tcp+udp 53 -> 192.168.1.3":
 * how many were written to f, 1 or 2; 0: an error. */
struct nat_forward;
unsigned notation_forward(const char *text, struct nat_forward *f, char *why);

/* "tcp dport 80", as iptables and nft say it, in the words of pcap-filter(7): "tcp dst port 80". For
 * g_free(); NULL: there is no word of theirs in it. What comes out may be no expression either. */
char *notation_pcap_words(const char *expression);

#endif
