/* What an ICMP error of one family says in the other's words (RFC 7915 4.2, 5.2). */
#ifndef FILTER_NAT64_ICMP_H
#define FILTER_NAT64_ICMP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * in: the eight bytes of the message; out: those of the other family's, its checksum 0. mtu_here is
 * that of the link where the error came in, mtu_next that of the link where it goes out. False:
 * there is no word for it, and it goes no further.
 */
bool nat64_icmp_to6(const uint8_t in[8], uint8_t out[8], uint32_t mtu_here, uint32_t mtu_next);
bool nat64_icmp_to4(const uint8_t in[8], uint8_t out[8], uint32_t mtu_here, uint32_t mtu_next);

#endif
