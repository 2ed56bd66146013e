/*
 * Addresses that nobody gave.
 *
 * Each segment (segments.h) gets a network of each family that `addressing` has, unless one of its
 * interfaces was given an address of that family: then its network is the segment's. Networks are
 * taken from the pool one after the other in the order of the segments, passing over what the
 * scenario uses itself; a segment with more interfaces than the usual length has room for gets a
 * larger one. Inside a network routers come first, then the others in file order: .1, .2, ...
 */
#ifndef TOPO_BUILD_ADDRESS_H
#define TOPO_BUILD_ADDRESS_H

#include "topo/build/segments.h"

struct iface_addr {
	struct ipaddr ip;
	uint8_t len; /* of its network, mapped space: 0..128 */
};

struct addresses {
	uint32_t *start;          /* [n_ifaces + 1]: into addrs, by global interface number */
	struct iface_addr *addrs; /* of an interface: those given, then IPv4, then IPv6 */
};

/* NULL and a sentence in error if a network or the pool is too small. */
struct addresses *addresses_new(const struct segments *g, GError **error);
void addresses_free(struct addresses *a);

/* The first address of a family that an interface has; NULL: none. */
const struct iface_addr *addresses_first(const struct addresses *a, uint32_t iface, bool ipv4);

#endif
