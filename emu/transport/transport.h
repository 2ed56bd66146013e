/*
 * What this room keeps at a node (node->transport), and what its files share. Private to
 * transport/.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include "transport/demux.h"
#include "transport/socket.h"

struct transport {
	struct demux udp, ping;
	struct tcp_stack *tcp; /* tcp/hash.c's; NULL until the first use */
	uint16_t ping_last; /* identifier given out last */
	uint32_t sockets;   /* open ones of all kinds */
};

/* The node's, made at first use. */
struct transport *transport_of(struct node *n);

/* Gives s the local address `at`, whose port may be 0. 0, -EADDRINUSE, -EAGAIN (no port left). */
int socket_take_port(struct socket *s, const struct endpoint *at);

/* Fills flow and path for a datagram from s to `to` with the message's own TTL and TOS. */
int socket_route(struct socket *s, const struct endpoint *to, const struct socket_out *m,
		 struct ip_flow *f, struct ip_path *path);

/* An empty packet whose transport header comes next, at head = l4 = end. */
struct packet *socket_packet(struct socket *s, const struct endpoint *to);

/* Appends the message's head and data; at most SOCKET_HEAD_MAX bytes go into the header buffer. */
void socket_fill(struct packet *p, const struct socket_out *m);

/* Hands a complete packet to IP (consumes it), charges the send buffer, queues local errors. */
int socket_transmit(struct socket *s, struct packet *p, const struct endpoint *to,
		    const struct ip_flow *f, const struct ip_path *path);

/* Queues a packet that is for s, its transport header at l4 (consumes it). sport: UDP's. */
void socket_deliver(struct socket *s, struct packet *p, const struct ip_info *info,
		    uint16_t sport);

/* An ICMP error about a datagram that s sent to `to`; data is what was quoted behind the header. */
void socket_fail(struct socket *s, const struct ip_error *e, const struct endpoint *to,
		 const uint8_t *data, uint32_t len);

/* The datagram did not fit the path MTU (SO_EE_ORIGIN_LOCAL). */
void socket_fail_local(struct socket *s, const struct endpoint *to, uint32_t mtu);

/* Empties both queues; what was not read is dropped. */
void socket_flush(struct socket *s);

/*
 * Which of count equals (sockets that share a port by SO_REUSEPORT) a flow goes to: 0 .. count - 1,
 * by a hash with the node's secret.
 */
uint32_t transport_flow_pick(struct node *n, const struct ipaddr *local, uint16_t lport,
			     const struct ipaddr *peer, uint16_t pport, uint32_t count);

#endif
