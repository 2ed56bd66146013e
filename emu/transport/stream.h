/*
 * Streams: what TCP sockets can do besides what every socket can (socket.h). None of it blocks.
 *
 *     struct socket *l = socket_new(node, SOCKET_TCP, AF_INET);
 *     socket_bind(l, &here); stream_listen(l, 128);
 *     while (stream_accept(l, &s) == 0) ...            -EAGAIN: nobody is there yet
 *
 *     socket_connect(c, &peer)                         -EINPROGRESS; writable when it is done,
 *                                                      SOCKET_FAILED and SOCKET_ERROR if it failed
 *     n = stream_send(s, data, len, flags)             bytes taken, or -EAGAIN, -EPIPE ...
 *     n = stream_recv(s, buf, len, flags)              bytes, 0 at the end, or -EAGAIN ...
 *     stream_shutdown(s, SHUT_WR);
 *     socket_close(s)                                  the connection ends by itself, in order
 */
#ifndef TRANSPORT_STREAM_H
#define TRANSPORT_STREAM_H

#include "transport/socket.h"

/* 0, -EADDRINUSE, -EINVAL (connected). backlog: held to net.core.somaxconn. */
int stream_listen(struct socket *s, int backlog);

/* 0 and *child, -EAGAIN, -EINVAL (not listening). */
int stream_accept(struct socket *s, struct socket **child);

/*
 * Takes as many of len bytes as the send buffer has room for; at least one, or a negative errno:
 * -EAGAIN, -EPIPE, -ENOTCONN, or the pending error. flags: MSG_MORE; others are not looked at.
 */
int64_t stream_send(struct socket *s, const void *data, size_t len, int flags);

/*
 * With MSG_FASTOPEN (RFC 7413): opens a connection to `to`, and data goes with the SYN if a cookie
 * of that host is there. Bytes that went, or -EINPROGRESS if none could: then the rest is for
 * stream_send() once it is connected. -EOPNOTSUPP without bit 1 of net.ipv4.tcp_fastopen, -EISCONN,
 * -EALREADY, and what socket_connect() says. Without the flag: stream_send(). After
 * SOCKET_FASTOPEN_CONNECT the first stream_send() does it by itself.
 */
int64_t stream_sendto(struct socket *s, const void *data, size_t len, int flags,
		      const struct endpoint *to);

/*
 * The same for a slice of a slab, which is shared, not copied: all of it (at most 65,536 bytes), or
 * -EAGAIN.
 */
int64_t stream_send_slab(struct socket *s, struct slab *slab, const uint8_t *data, uint32_t len,
			 int flags);

/* flags: MSG_PEEK, MSG_TRUNC (bytes are counted and thrown away; buf may be NULL). */
int64_t stream_recv(struct socket *s, void *buf, size_t len, int flags);

/* how: SHUT_RD, SHUT_WR, SHUT_RDWR. 0, -ENOTCONN, -EINVAL. */
int stream_shutdown(struct socket *s, int how);

/* SIOCINQ: bytes that can be read now; SIOCOUTQ: bytes not yet acknowledged. */
uint32_t stream_inq(const struct socket *s);
uint32_t stream_outq(const struct socket *s);
uint32_t stream_notsent(const struct socket *s); /* SIOCOUTQNSD: of those, not yet sent */

/* SO_LINGER: seconds, or -1 for off. 0 makes socket_close() reset the connection. */
void stream_set_linger(struct socket *s, int seconds);

/* SO_MAX_PACING_RATE: bytes per second; UINT64_MAX: no limit. */
void stream_set_pacing(struct socket *s, uint64_t rate);

/* TCP_CONGESTION. 0 or -ENOENT. */
int stream_set_congestion(struct socket *s, const char *name);
const char *stream_congestion(const struct socket *s);

#endif
