/*
 * Checksums that a sender left to its network card.
 *
 * What Linux calls CHECKSUM_PARTIAL: the field of TCP or UDP holds the folded sum of the
 * pseudo-header, not complemented, and hardware adds the rest. A veth, a bridge or a capture at the
 * sender shows such frames as they are. They are told by just that value: a field that holds it is
 * filled in, any other is left, right or wrong, as it came.
 */
#ifndef LIVE_FRAME_CHECKSUM_H
#define LIVE_FRAME_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An Ethernet frame with up to two tags; anything may be in it. True: a checksum was filled in. */
bool frame_checksum_complete(uint8_t *frame, size_t len);

#endif
