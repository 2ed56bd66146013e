/*
 * Where a socket is: an address, a port, and for a link-local address the interface.
 *
 * `scope` is an interface's index on the node in question (struct iface), 0 where the address is
 * enough. Sockets of both families use the same value; IPv4 is an address like any other
 * (wire/ipaddr.h).
 */
#ifndef TRANSPORT_ENDPOINT_H
#define TRANSPORT_ENDPOINT_H

#include "wire/ipaddr.h"

struct endpoint {
	struct ipaddr addr;
	uint16_t port;
	uint32_t scope;
};

#define ENDPOINT_TEXT (IPADDR_TEXT + 24)

static inline bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
	return ipaddr_eq(&a->addr, &b->addr) && a->port == b->port;
}

/* "10.0.0.1:53", "[2001:db8::1]:53", "[fe80::1%2]:53"; returns buf. */
char *endpoint_format(char *buf, size_t size, const struct endpoint *e);

#endif
