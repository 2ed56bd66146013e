/*
 * Echo sockets (Linux's net/ipv4/ping.c): ICMP and ICMPv6 echo with the identifier as port.
 *
 * Identifiers nobody asked for count up from 1 on each node, as Linux's do.
 */
#ifndef TRANSPORT_PING_H
#define TRANSPORT_PING_H

#include "transport/socket.h"

extern const struct ip_proto ping4_proto, ping6_proto;
extern const struct socket_ops ping_ops;

#endif
