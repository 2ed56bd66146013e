/*
 * Other addresses and ports in a packet, with every checksum that they are part of changed by what
 * they changed (RFC 1624), so that a packet that was damaged stays so.
 */
#ifndef FILTER_REWRITE_H
#define FILTER_REWRITE_H

#include "core/packet.h"
#include "wire/ipaddr.h"

enum rewrite_end { REWRITE_SRC, REWRITE_DST };

/*
 * The address of one end of p, and its port: of TCP, UDP, UDP-Lite and DCCP; the identifier of an
 * ICMP question (REWRITE_SRC) or answer (REWRITE_DST); of others only the address. Same family. l3,
 * l4 and proto are known.
 */
void rewrite_end(struct packet *p, enum rewrite_end end, const struct ipaddr *addr, uint16_t port);

/*
 * The same for the packet that an ICMP error quotes, as far as it was quoted (RFC 5508 4.2).
 * False: too short for it.
 */
bool rewrite_quote(struct packet *p, enum rewrite_end end, const struct ipaddr *addr,
		   uint16_t port);

#endif
