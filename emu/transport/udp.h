/*
 * UDP (RFC 768, RFC 8200 8.1; errors RFC 1122 4.1.3.3): the row that IP knows, and its hooks.
 *
 * The checksum is left partial (wire/offload.h) and verified only where bytes can have changed. A
 * datagram for a port that nobody has is answered with ICMP port unreachable, then dropped.
 */
#ifndef TRANSPORT_UDP_H
#define TRANSPORT_UDP_H

#include "transport/socket.h"

extern const struct ip_proto udp_proto;
extern const struct socket_ops udp_ops;

#endif
