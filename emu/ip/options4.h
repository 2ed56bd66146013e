/*
 * IPv4 options on the way in (RFC 791 3.1, RFC 1812 5.2.4.1).
 *
 * Record route and timestamp are filled in; source routes are refused, as Linux does by default
 * (accept_source_route = 0); options that nobody here knows pass.
 */
#ifndef IP_OPTIONS4_H
#define IP_OPTIONS4_H

#include "ip/route.h"

/*
 * Works on the options of the packet, whose header is at l3. entry is the route it will be
 * forwarded by, NULL if it is for this node. False: it was dropped (consumed).
 */
bool ip4_options_input(struct node *n, struct packet *p, const struct route_entry *entry);

#endif
