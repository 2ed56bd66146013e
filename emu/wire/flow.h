/*
 * Which flow a frame belongs to, as a number: what fair queueing sorts by.
 *
 * A flow is the 5-tuple of RFC 8290 3.2 and 4.1.1: protocol, addresses and, of TCP, UDP, UDP-Lite,
 * DCCP and SCTP, ports. Fragments, the first ones too, go without ports, so that a datagram's stay
 * together. What is no IP is a flow of its EtherType.
 */
#ifndef WIRE_FLOW_H
#define WIRE_FLOW_H

#include "core/packet.h"

/*
 * A hash of the flow, the same on every machine; `key` makes it another function, which is how a
 * queue keeps others from choosing whom they collide with.
 */
uint64_t packet_flow_hash(const struct packet *p, uint64_t key);

#endif
