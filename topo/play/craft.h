/*
 * Crafted packets: from numbers to bytes.
 *
 *     c = crafter_new();
 *     n = craft_packet(c, &what, out);            an IP packet with its transport header and data
 *     n = craft_fragment(c, &what, out, n, &part, cut);        a piece of it
 *     n = craft_arp(c, &arp, out);  n = craft_ether(c, &eth, out);
 *     crafter_free(c);
 *
 * libnet builds them, in a context that opens no device and needs no privileges; the bytes go
 * nowhere but into `out`. Nothing here draws a random number, asks for a name or looks at the
 * machine. A packet that is wrong in the ways that struct craft can say is what is wanted.
 *
 * By wire/ and not by libnet 1.1.6 are made:
 *   - the flow label of IPv6 (it repeats one byte in the place of another);
 *   - fragment headers of IPv6 (the identification is left in the machine's byte order);
 *   - a UDP checksum of zero, which must be sent as 0xffff (RFC 768);
 *   - fields that lie (version, header and datagram lengths), a ninth TCP flag, and then the
 *     checksums, which libnet computes from the fields instead of from the bytes there are.
 */
#ifndef TOPO_PLAY_CRAFT_H
#define TOPO_PLAY_CRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/eth.h"
#include "wire/ipaddr.h"

#define CRAFT_MAX 65535 /* bytes of an IP packet, and what every `out` must have room for */
#define CRAFT_TRUE (-1) /* of a field that may lie: it says what is so */

enum craft_kind { CRAFT_TCP, CRAFT_UDP, CRAFT_ICMP, CRAFT_ICMP6, CRAFT_IP, CRAFT_ARP, CRAFT_FRAME };

enum craft_sum {
	CRAFT_GOOD,
	CRAFT_BAD,   /* one more than the right one */
	CRAFT_VALUE, /* what the user says */
};

struct craft_checksum {
	enum craft_sum kind;
	uint16_t value;
};

struct craft_bytes {
	const uint8_t *at;
	uint32_t len;
};

/* Of a packet, or of each of its fragments. */
struct craft_ip {
	struct ipaddr src, dst;     /* of one family, which is the packet's */
	uint8_t ttl, tos, proto;
	uint16_t id;                /* IPv4, and of IPv6's fragment header */
	bool df, rf;                /* IPv4; rf: the reserved flag */
	uint32_t flow;              /* IPv6 */
	struct craft_bytes options; /* IPv4, at most 40 bytes; padded with EOL */
	int32_t version, ihl;       /* or CRAFT_TRUE; ihl: IPv4, in 32-bit words */
	int32_t length;             /* IPv4: total length, IPv6: payload length; or CRAFT_TRUE */
	struct craft_checksum checksum; /* IPv4 */
};

struct craft {
	enum craft_kind kind; /* TCP to IP */
	struct craft_ip ip;
	union {
		struct {
			uint16_t sport, dport, flags, window, urgent;
			uint32_t seq, ack;
			struct craft_bytes options; /* at most 40 bytes; padded with EOL */
			int32_t doff;               /* in 32-bit words, or CRAFT_TRUE */
		} tcp;
		struct {
			uint16_t sport, dport;
			int32_t length;             /* or CRAFT_TRUE */
		} udp;
		struct {
			uint8_t type, code;
			uint32_t rest;              /* the second 32 bits of the header */
		} icmp;
	};
	struct craft_checksum checksum; /* of TCP, UDP, ICMP or ICMPv6 */
	struct craft_bytes data;
};

/* A piece of a packet's payload: `bytes` of it from `offset` on, as far as there are any. */
struct craft_part {
	uint32_t offset;          /* a multiple of 8, at most 65528 */
	uint32_t bytes;
	bool more;                /* more fragments */
	struct craft_bytes other; /* at != NULL: these bytes instead of the packet's */
};

struct craft_arp {
	uint16_t op;
	struct mac sha, tha;
	struct ipaddr spa, tpa; /* IPv4 */
};

struct crafter;

struct crafter *crafter_new(void);
void crafter_free(struct crafter *c);

/* Of its IP header, with options. */
uint32_t craft_ip_len(const struct craft *what);

/* The length of the IP packet in `out`; 0: it would be longer than CRAFT_MAX. */
size_t craft_packet(struct crafter *c, const struct craft *what, uint8_t *out);

/*
 * One fragment of the packet of `len` bytes that craft_packet() made of the same `what`. Options of
 * IPv4 go into each or into the first, as they say themselves (RFC 791 3.1). 0: longer than
 * CRAFT_MAX.
 */
size_t craft_fragment(struct crafter *c, const struct craft *what, const uint8_t *packet, size_t len,
		      const struct craft_part *part, uint8_t *out);

/* ARP_LEN bytes; an Ethernet header of eth_hlen() bytes. */
size_t craft_arp(struct crafter *c, const struct craft_arp *a, uint8_t *out);
size_t craft_ether(struct crafter *c, const struct eth_hdr *h, uint8_t *out);

#endif
