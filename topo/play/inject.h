/*
 * A step `inject:`: packets as its text describes them, and the program that sends them.
 *
 *     text --read_inject.c--> struct topo_inject --inject_fill.c--> struct craft --craft.h--> bytes
 *
 * What is read is all that needs no world. Names, addresses of one's own, next hops, ports and
 * bytes by chance, and sequence numbers of a connection that is going on are found each time a
 * packet is made: the network may have changed since the one before.
 *
 * An injection is a process of the node like every program that a step starts: it has a name,
 * a console with one line a packet as tcpdump prints it, metrics (sent, errors, bytes), an end that
 * `after` can wait for; and what it draws comes from a stream of its own.
 *
 * Packets leave below everything that a node does to what it sends itself: no hook (firewall, NAT),
 * no check of their source, no fragments but those that were asked for. A packet without an
 * Ethernet header of its own goes the way that the node's routes say, and its next hop is asked for
 * by ARP or neighbour discovery; with one it leaves as it is. `into` an interface, it comes in there
 * as if the link had brought it.
 */
#ifndef TOPO_PLAY_INJECT_H
#define TOPO_PLAY_INJECT_H

#include "core/vtime.h"
#include "topo/play/craft.h"
#include "topo/yaml/place.h"

/* What a sequence number counts from: 0, or a variable of the connection (RFC 9293 3.3.1) at the
 * end that the packet is for, or, in a quote, at the end that it says it is from. */
enum inject_base { INJECT_ZERO, INJECT_RCV_NXT, INJECT_SND_UNA, INJECT_SND_NXT };

struct inject_number {
	enum inject_base base;
	uint32_t n;                /* added, modulo 2^32 */
};

struct inject_end {
	const char *host;          /* a name or an address; NULL: not said */
	bool literal;              /* an address or a prefix */
	struct prefix net;         /* literal: any address of it, a single one has 128 bits */
	bool has_port;
	uint16_t port;
};

struct inject_mac {
	bool given;
	struct mac mac;            /* unless a node is named */
	uint32_t node, iface;      /* TOPO_NONE: none */
};

/* One of `fragments`. */
struct inject_part {
	struct craft_part part;
	int more;                  /* -1: unless it reaches the packet's end */
};

struct topo_inject {
	struct place at;
	struct craft craft;        /* what needs no world */
	int family;                /* AF_INET, AF_INET6; AF_UNSPEC: what `to` has */
	struct inject_end from, to;
	bool has_ttl, has_id, has_rest;
	struct inject_number seq, ack;
	uint32_t random;           /* bytes of data drawn for each packet, instead of craft.data */
	const struct topo_inject *quote; /* of an ICMP error */
	uint32_t quote_len;        /* at most so many bytes of it; 0: as routers do */
	struct inject_end gateway; /* of a redirect */
	bool has_eth;
	struct inject_mac src, dst;
	struct eth_hdr eth;        /* type, if not 0, and tag */
	struct craft_bytes frame;  /* CRAFT_FRAME: as it is */
	struct {
		uint16_t op;
		struct inject_mac sha, tha;
		struct inject_end spa, tpa;
	} arp;
	const struct inject_part *parts;
	uint32_t n_parts;
	uint32_t part_len;         /* bytes of each fragment, instead of parts; 0: none */
	const char *dev;           /* NULL: as routes say, or the only one */
	bool in;                   /* it comes in at dev, instead of leaving */
	uint32_t count;
	vtime every;
};

struct internet;
struct program;
struct injections;

/* The programs of the scenario's injections; they must outlive the processes. */
struct injections *injections_new(const struct internet *in);
void injections_free(struct injections *all);
const struct program *injection_program(const struct injections *all, const struct topo_inject *i);

/* Metrics of every injection, NULL at the end. */
extern const char *const inject_metrics[];

#endif
