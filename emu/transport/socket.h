/*
 * Sockets, the engine: what a Linux kernel does behind socket(2), without blocking.
 *
 * A socket belongs to a node. Calls never wait: what cannot be done at once is -EAGAIN, and wake()
 * tells the owner when something may have changed (data arrived, an error came in). process/ makes
 * blocking calls of that; a library that embeds a world can use it as it is. wake() is called from
 * the depth of the packet path: it may arm an event, but calls nothing here.
 *
 *     struct socket *s = socket_new(node, SOCKET_UDP, AF_INET);
 *     socket_bind(s, &local);                    or let the first send choose a port
 *     socket_connect(s, &peer);                  or name the destination in each message
 *     socket_send(s, &message);                  0 or -errno
 *     while (socket_recv(s, &in) == 0) { ... packet_read(in.packet, in.offset, ...);
 *                                        packet_free(in.packet); }
 *     socket_close(s);
 *
 * Kinds. SOCKET_UDP is SOCK_DGRAM. SOCKET_PING is Linux's IPPROTO_ICMP (or ICMPV6) datagram
 * socket, what ping(8) uses: its port is the echo identifier; messages are whole ICMP messages from
 * the type on, of which sending fills in identifier and checksum, and only echo replies for that
 * identifier arrive. SOCKET_TCP is SOCK_STREAM: a row of hooks with more state behind the struct
 * (tcp/tcp.h); sending and receiving are in stream.h.
 *
 * Families. AF_INET and AF_INET6 as on Linux: an AF_INET6 socket on :: takes IPv4 too unless
 * SOCKET_V6ONLY; IPv4 peers are plain IPv4 addresses, not printed as mapped ones.
 *
 * Demultiplexing is Linux's (udp_lib_lookup): of the sockets on the port, one bound to the
 * destination address beats one on the wildcard; among those, a connected one whose peer sent the
 * datagram beats one that takes from all, and a socket bound to the interface beats one that is
 * not. Broadcasts and multicasts go to all that match.
 *
 * Ports. Two sockets whose addresses meet may be bound to one port if both have SO_REUSEADDR (and
 * with TCP the first does not listen) or both have SO_REUSEPORT. Sockets with the same address and
 * SO_REUSEPORT are a group: each peer's datagrams, or each SYN, go to the member that a hash of
 * addresses and ports with the host's secret names.
 *
 * Receiving keeps the packet itself: nothing is copied until somebody reads. The queue is bounded
 * by SO_RCVBUF, counted as Linux counts (socket_truesize); what does not fit is dropped with
 * SOCKET_BUFFER_FULL.
 *
 * Sending hands the packet to IP at once. SO_SNDBUF still works as on Linux: datagrams are charged
 * until the interface's link, at its rate, would have sent them; a socket that runs ahead by more
 * than its buffer gets -EAGAIN until socket_writable_at(). Traffic of others on the same interface
 * is not looked at: it fills the link's queue, which then drops.
 *
 * Errors. Each ICMP error (struct ip_error) finds its socket by the ports it quotes. With
 * SOCKET_RECVERR it is queued for socket_recv_error(), with the offender, the ICMP type and code
 * and what was quoted, and is also the socket's pending error; without, only hard errors of
 * connected sockets become the pending error. A pending error is returned once, by the next send
 * or receive: ECONNREFUSED on the second send to a closed port, as everybody knows it.
 */
#ifndef TRANSPORT_SOCKET_H
#define TRANSPORT_SOCKET_H

#include <sys/socket.h>

#include "ip/ip.h"
#include "transport/endpoint.h"

enum socket_kind { SOCKET_UDP, SOCKET_PING, SOCKET_TCP };

/* Options are integers. The Linux name and what differs from it, if anything does. */
enum socket_option {
	SOCKET_RCVBUF,      /* SO_RCVBUF: doubled and clamped by rmem_max as on Linux */
	SOCKET_SNDBUF,      /* SO_SNDBUF: the same with wmem_max */
	SOCKET_BROADCAST,   /* SO_BROADCAST */
	SOCKET_DEVICE,      /* SO_BINDTODEVICE, by index; 0: any */
	SOCKET_TTL,         /* IP_TTL, IPV6_UNICAST_HOPS: 1..255, -1: the node's default */
	SOCKET_MULTICAST_TTL, /* IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS: 1..255, default 1 */
	SOCKET_TOS,         /* IP_TOS, IPV6_TCLASS */
	SOCKET_PMTUDISC,    /* IP_MTU_DISCOVER: enum ip_pmtudisc; default by ip_no_pmtu_disc */
	SOCKET_MTU,         /* IP_MTU: read only; -ENOTCONN unless connected */
	SOCKET_RECVERR,     /* IP_RECVERR, IPV6_RECVERR */
	SOCKET_V6ONLY,      /* IPV6_V6ONLY; before bind only */
	SOCKET_ERROR,       /* SO_ERROR: read only; reads and clears the pending error (positive) */
	SOCKET_REUSEADDR,   /* SO_REUSEADDR */
	SOCKET_REUSEPORT,   /* SO_REUSEPORT: several sockets share a port, see above */
	/* TCP only; times in seconds but where the name says otherwise */
	SOCKET_KEEPALIVE,     /* SO_KEEPALIVE */
	SOCKET_MAX_PACING_RATE, /* SO_MAX_PACING_RATE: bytes/s; -1: none */
	SOCKET_NODELAY,       /* TCP_NODELAY */
	SOCKET_CORK,          /* TCP_CORK */
	SOCKET_MAXSEG,        /* TCP_MAXSEG */
	SOCKET_QUICKACK,      /* TCP_QUICKACK */
	SOCKET_KEEPIDLE,      /* TCP_KEEPIDLE */
	SOCKET_KEEPINTVL,     /* TCP_KEEPINTVL */
	SOCKET_KEEPCNT,       /* TCP_KEEPCNT */
	SOCKET_SYNCNT,        /* TCP_SYNCNT */
	SOCKET_LINGER2,       /* TCP_LINGER2 */
	SOCKET_DEFER_ACCEPT,  /* TCP_DEFER_ACCEPT */
	SOCKET_USER_TIMEOUT,  /* TCP_USER_TIMEOUT: ms */
	SOCKET_NOTSENT_LOWAT, /* TCP_NOTSENT_LOWAT: bytes */
	SOCKET_WINDOW_CLAMP,  /* TCP_WINDOW_CLAMP: bytes */
	SOCKET_FASTOPEN,      /* TCP_FASTOPEN: a listener's queue; held to net.core.somaxconn */
	SOCKET_FASTOPEN_CONNECT, /* TCP_FASTOPEN_CONNECT: with a cookie the SYN waits for data */
	SOCKET_FASTOPEN_NO_COOKIE, /* TCP_FASTOPEN_NO_COOKIE */
};

/* What a call would do now; poll(2)'s bits. */
enum socket_ready {
	SOCKET_READABLE = 1 << 0, /* POLLIN */
	SOCKET_WRITABLE = 1 << 1, /* POLLOUT */
	SOCKET_FAILED = 1 << 2,   /* POLLERR: pending error, or the error queue is not empty */
	SOCKET_HUNGUP = 1 << 3,   /* POLLHUP: both directions are closed */
	SOCKET_READ_CLOSED = 1 << 4, /* POLLRDHUP: the peer has sent its FIN */
};

struct demux;
struct socket_error;
struct socket_out;

struct socket {
	struct socket *next; /* in its bucket; see demux.h */
	const struct socket_ops *ops;
	struct node *node;
	void (*wake)(struct socket *); /* NULL: nobody waits */
	void *owner;                   /* for wake */
	struct endpoint local; /* port 0: none yet; addr any: the wildcard of its family */
	struct endpoint peer;  /* when connected */
	struct ip_iface *device; /* SOCKET_DEVICE */
	struct packet *rx_head, *rx_tail;
	struct socket_error *err_head, *err_tail;
	uint32_t rx_bytes; /* charged for both queues */
	uint32_t rcvbuf, sndbuf;
	int error;         /* pending: positive errno or 0 */
	uint8_t ttl, multicast_ttl; /* ttl 0: the node's default */
	uint8_t tos, pmtudisc;
	bool v6, v6only, connected, broadcast, recverr, reuseaddr, reuseport;
	bool fixed_addr, fixed_port; /* by bind, so that disconnecting keeps them */
	struct socket_pace {
		vtime until;      /* when the interface would have sent all of it */
		uint64_t rate;    /* what the next three were computed from and for */
		uint32_t bytes;
		int64_t each_ns;  /* one datagram of that size on the wire */
		int64_t ahead_ns; /* how far it may run ahead: the send buffer as time */
	} pace;
	uint64_t rx_packets, rx_dropped, tx_packets;
};

/* A kind's hooks. Those below `header` may be NULL: then what socket_...() does for datagrams. */
struct socket_ops {
	struct demux *(*ports)(struct node *);  /* its port space */
	uint16_t (*pick_port)(struct socket *); /* a free port, 0 if there is none */
	/* Makes the packet and sends it; to is checked and not NULL, s has a port. */
	int (*send)(struct socket *, const struct endpoint *to, const struct socket_out *);
	uint16_t header; /* bytes from l4 on that recv does not return */
	struct socket *(*make)(struct node *, bool v6); /* zeroed, with its own state behind it */
	void (*close)(struct socket *);                 /* frees s, now or later */
	int (*take_port)(struct socket *, const struct endpoint *);
	int (*connect)(struct socket *, const struct endpoint *);
	unsigned (*ready)(const struct socket *);
	/* -ENOPROTOOPT: the common part takes it. */
	int (*set)(struct socket *, enum socket_option, int);
	int (*get)(struct socket *, enum socket_option, int *);
};

/*
 * A message to send: `head` (at most SOCKET_HEAD_MAX bytes, copied into the packet's header
 * buffer), then `data`. With a slab, data is a slice of it and shared, not copied: it must not be
 * written any more. Without, data is copied once. Either part may be empty.
 */
#define SOCKET_HEAD_MAX 64

struct socket_out {
	const struct endpoint *to; /* NULL: the connected peer */
	const void *head;
	uint32_t head_len;
	const void *data;
	uint32_t len;
	struct slab *slab;
	struct ipaddr from; /* any: the socket's, or chosen (the IP_PKTINFO control message) */
	uint32_t oif; /* leave through this interface; 0: as the socket and the routes say */
	uint8_t ttl;  /* 0: the socket's (the IP_TTL control message) */
	int16_t tos;  /* negative: the socket's. Set to -1 unless wanted */
};

/* What arrived. The packet is the caller's; its payload is `len` bytes from hdr offset `offset`
 * on (packet_read(packet, offset, skip, buf, n)). */
struct socket_in {
	struct packet *packet;
	uint16_t offset;
	uint32_t len;
	struct endpoint from;
	struct ipaddr to;     /* IP_PKTINFO */
	struct ip_iface *in;  /* NULL: from this node itself */
	uint8_t ttl, tos;     /* IP_RECVTTL, IP_RECVTOS */
	vtime at;             /* SO_TIMESTAMPNS: when it arrived */
};

/* Who noticed an error: sock_extended_err's ee_origin. */
enum socket_origin { SOCKET_ORIGIN_LOCAL = 1, SOCKET_ORIGIN_ICMP = 2, SOCKET_ORIGIN_ICMP6 = 3 };

/* An entry of the error queue; see IP_RECVERR in ip(7). */
struct socket_error {
	struct socket_error *next;
	struct slab *slab;        /* that holds it */
	enum socket_origin origin;
	int err;                  /* ee_errno, positive */
	uint8_t type, code;       /* of the ICMP message */
	uint32_t mtu;             /* ee_info of EMSGSIZE: the path MTU; else 0 */
	struct ipaddr offender;   /* SO_EE_OFFENDER; any for local errors */
	uint8_t ttl;              /* of the ICMP message as it arrived; 0 for local errors */
	struct endpoint to;       /* where the failed datagram was going */
	uint16_t local_port;      /* the port, or echo identifier, it came from */
	vtime at;
	uint32_t len;             /* of data: UDP: the payload that was quoted; PING: the quoted
				   * ICMP message from its type on */
	uint8_t data[];
};

/*
 * Makes a node speak UDP and take echo replies for ping sockets. To be called once for each node;
 * costs nothing until the first socket. All sockets must be closed before transport_free().
 */
void transport_attach(struct node *n);
void transport_free(struct node *n);

/* family: AF_INET or AF_INET6. Never NULL. */
struct socket *socket_new(struct node *n, enum socket_kind kind, int family);

/* What was not read is dropped (SOCKET_CLOSED). Frees s. */
void socket_close(struct socket *s);

/* 0, -EINVAL (bound already), -EADDRINUSE, -EADDRNOTAVAIL, -EAFNOSUPPORT. Port 0: chosen. */
int socket_bind(struct socket *s, const struct endpoint *local);

/* Fixes the peer, and the local address if there is none; NULL undoes that. 0 or -errno of the
 * route. Datagrams from others that are queued already stay. */
int socket_connect(struct socket *s, const struct endpoint *peer);

/* 0 or -errno: the pending error, -EDESTADDRREQ, -EMSGSIZE, -EAGAIN (send buffer), -EACCES
 * (broadcast), -EINVAL (ping: not an echo request), ip_path's and socket_bind's. */
int socket_send(struct socket *s, const struct socket_out *m);

/* 0, the pending error, or -EAGAIN. */
int socket_recv(struct socket *s, struct socket_in *in);

/* The same, but the datagram stays where it is, and its packet is the socket's (MSG_PEEK). */
int socket_peek(struct socket *s, struct socket_in *in);

/* The oldest entry of the error queue, to be freed with socket_error_free(); NULL if empty. */
struct socket_error *socket_recv_error(struct socket *s);
void socket_error_free(struct socket *s, struct socket_error *e);

/* FIONREAD of a datagram socket: bytes of the datagram that comes next; 0: there is none. */
uint32_t socket_inq(const struct socket *s);

/* Bits of enum socket_ready. */
unsigned socket_ready(const struct socket *s);

/* When it will be writable: now or earlier if it is. */
vtime socket_writable_at(const struct socket *s);

/* 0, -EINVAL, -ENOPROTOOPT (not writable), -ENODEV. */
int socket_set(struct socket *s, enum socket_option o, int value);
int socket_get(struct socket *s, enum socket_option o, int *value);

/* getsockname(2). An unbound socket has the wildcard and port 0. */
struct endpoint socket_local(const struct socket *s);

/* Bytes that a datagram of len bytes (IP header included) is charged against a buffer. */
uint32_t socket_truesize(uint32_t len);

#endif
