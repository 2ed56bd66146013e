/*
 * Fragmentation and reassembly (RFC 791 3.2, RFC 8200 4.5, RFC 5722, RFC 8900).
 *
 * Fragments share the payload of the datagram they come from. Reassembly joins slices of one slab
 * without copying; only where they are not neighbours in memory is the payload copied. It is
 * bounded: incomplete datagrams of a node may hold ipfrag_high_thresh bytes, each lives for
 * ipfrag_time, overlaps end the datagram (RFC 5722; Linux does so for IPv4 too), exact duplicates
 * are dropped alone. When time is over and the first fragment is there, an ICMP time exceeded
 * (reassembly) goes to the source. When memory is short, the datagram that began first ends.
 */
#ifndef IP_FRAGMENT_H
#define IP_FRAGMENT_H

#include "ip/node.h"

/*
 * Cuts the IPv4 packet p (header at head) to fit mtu and gives each piece to emit(), which
 * consumes it. Consumes p. Options that must not be copied stay in the first (RFC 791 3.1).
 */
void ip4_fragment(struct packet *p, uint32_t mtu, void (*emit)(struct packet *, void *),
		  void *arg);

/* The same for IPv6, for the node that sends only; id is the Identification. */
void ip6_fragment(struct packet *p, uint32_t mtu, uint32_t id,
		  void (*emit)(struct packet *, void *), void *arg);

/*
 * Takes a fragment in (consumes it): IPv4 header at l3, with its fragment fields; or IPv6, whose
 * fragment header is at offset frag_at of hdr (unfragmentable part before it). Returns the whole
 * datagram, its IP header adjusted so that it was never fragmented, when it was the last piece;
 * else NULL.
 */
struct packet *ip_reassemble(struct node *n, struct packet *p, uint16_t frag_at);

void reassembly_free(struct node *n);

/* Memory held by incomplete datagrams, fragments' own structs included; what the bounds bound. */
uint64_t reassembly_bytes(const struct node *n);

#endif
