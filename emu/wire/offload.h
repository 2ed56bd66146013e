/*
 * Transport checksums that were left for later (core/packet.h, PACKET_CSUM), and their check.
 *
 * The sender stores the folded sum of the pseudo-header, not complemented, into the field at
 * hdr[csum_at], and sets PACKET_CSUM. Whoever can see the bytes fills the field in; a packet that
 * nobody looks at never has it computed.
 */
#ifndef WIRE_OFFLOAD_H
#define WIRE_OFFLOAD_H

#include "core/packet.h"

/*
 * Completes the checksum over hdr[l4..end) and the payload and clears the flag; does nothing
 * without it. A UDP checksum of 0 becomes 0xffff (RFC 768): UDP is told by its field, which stands
 * 6 bytes into its header as in no other protocol here.
 */
void packet_checksum_fill(struct packet *p);

/*
 * Whether the transport checksum is right; pseudo is the pseudo-header's partial sum
 * (csum_pseudo(); 0 for ICMPv4). A packet that nobody can have changed is right unseen. The bytes
 * from l4 on must be the message and nothing else (packet_trim() cuts Ethernet padding off).
 */
bool packet_checksum_ok(const struct packet *p, uint32_t pseudo);

#endif
