/*
 * Ports: interfaces of nodes that have no stack of their own (`kind: external`). What arrives goes
 * to whoever is attached, and what he sends leaves as if it came from there: a program that embeds
 * a world (lib/port.c), or a real network.
 *
 *     ip_port_make(i);                   nobody is attached: what arrives is dropped (PORT_CLOSED)
 *     ip_port_open(i, &port, false);     port.take() gets the packets
 *     ip_port_send(&port, ip_port_packet(&port, bytes, len))
 *     ip_port_close(&port);
 *
 * A port of frames is the bare wire. A port of packets has the node's addresses, neighbours and
 * routes behind it: ARP and neighbour discovery are its own business, every IP packet that comes
 * for its Ethernet address is handed out, whoever it is for, and nothing else of a host happens.
 */
#ifndef IP_PORT_H
#define IP_PORT_H

#include "ip/node.h"

struct ip_port {
	struct ip_iface *iface;
	/* Consumes the packet: from head on a frame, or an IP packet. */
	void (*take)(struct ip_port *, struct packet *);
};

/* Turns an interface into a port; its node must have no protocols. */
void ip_port_make(struct ip_iface *i);

/* port is the caller's, with take set, and must stay until it is closed. -EBUSY: one is open. */
int ip_port_open(struct ip_iface *i, struct ip_port *port, bool frames);
void ip_port_close(struct ip_port *port);

/* Bytes from outside, as a packet; at most 65,535 + 18 of them. They may hold anything. */
struct packet *ip_port_packet(struct ip_port *port, bool frame, const void *data, size_t len);

/*
 * Sends (consumes) a frame, or an IP packet with its header at l3, which the node routes and whose
 * next hop it resolves; no field is changed. 0, -EINVAL (no header), -EMSGSIZE (above the MTU),
 * -ENETDOWN, -EHOSTUNREACH (no route), -ENOBUFS (the link's queue is full).
 */
int ip_port_send_frame(struct ip_port *port, struct packet *p);
int ip_port_send(struct ip_port *port, struct packet *p);

#endif
