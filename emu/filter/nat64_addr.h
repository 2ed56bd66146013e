/* IPv4 addresses inside IPv6 ones (RFC 6052 2.2): behind a prefix of 32, 40, 48, 56, 64 or 96 bits,
 * with bits 64 to 71 left zero. */
#ifndef FILTER_NAT64_ADDR_H
#define FILTER_NAT64_ADDR_H

#include <stdbool.h>

#include "wire/ipaddr.h"

/* Whether RFC 6052 knows that length. */
bool nat64_prefix_ok(const struct prefix *p);

/* Both want a prefix of a length that is ok; extract an address that it contains. */
struct ipaddr nat64_embed(const struct prefix *p, const struct ipaddr *v4);
struct ipaddr nat64_extract(const struct prefix *p, const struct ipaddr *v6);

#endif
