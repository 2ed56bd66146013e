/*
 * Explicit congestion notification in IP headers (RFC 3168 5): the two low bits of IPv4's type of
 * service and of IPv6's traffic class.
 */
#ifndef WIRE_ECN_H
#define WIRE_ECN_H

#include "core/packet.h"

enum ecn_codepoint {
	ECN_CODE_NOT_ECT,
	ECN_CODE_ECT1,
	ECN_CODE_ECT0,
	ECN_CODE_CE,
};

/* What a frame says from its IP header on; a frame of another protocol is NOT_ECT. */
enum ecn_codepoint packet_ecn(const struct packet *p);

/*
 * Sets CE in the frame's IP header, with IPv4's checksum updated in place (RFC 1624). False, and
 * nothing changed, if the sender did not say that its transport is ECN-capable. A packet that has
 * CE already keeps it: true.
 */
bool packet_set_ce(struct packet *p);

#endif
