/*
 * The system calls of virtual processes: sockets by descriptor, sleeping, polling.
 *
 * Calls return 0 or more, or a negative errno value (-ECONNREFUSED); strerror(-r) gives the words
 * that real tools print. Blocking ones suspend the process and let virtual time go on; each ends
 * with -EINTR when the process is killed (process.h). Descriptors belong to the process and are
 * closed when it ends.
 *
 * What a datagram socket does is told in transport/socket.h, what a stream does in
 * transport/stream.h; option and message types are their own.
 */
#ifndef PROCESS_SYS_H
#define PROCESS_SYS_H

#include "process/process.h"
#include "transport/socket.h"
#include "transport/tcp/info.h"

/* Suspends until then; 0 or -EINTR. A time in the past lets others run first. */
int sys_sleep(struct process *p, vtime duration);
int sys_sleep_until(struct process *p, vtime at);

/* Until the interface or its link goes down or comes up (1), or the deadline (0); -EINTR. */
int sys_wait_link(struct process *p, struct ip_iface *i, vtime deadline);

/* family: AF_INET, AF_INET6. Returns a descriptor, the lowest free from 3 on; -EMFILE. */
int sys_socket(struct process *p, enum socket_kind kind, int family);
int sys_close(struct process *p, int fd);

/* Hands a descriptor over to another process, typically a fork; returns its number there. */
int sys_give(struct process *p, int fd, struct process *to);

int sys_bind(struct process *p, int fd, const struct endpoint *local);

/* A datagram socket's peer (NULL: undo), or a connection: blocks until it is there or failed
 * (-ECONNREFUSED, -ETIMEDOUT, -EHOSTUNREACH ...). -EAGAIN when the deadline comes first. */
int sys_connect(struct process *p, int fd, const struct endpoint *peer);
int sys_connect_until(struct process *p, int fd, const struct endpoint *peer, vtime deadline);
int sys_local(struct process *p, int fd, struct endpoint *local); /* getsockname */
int sys_peer(struct process *p, int fd, struct endpoint *peer);   /* getpeername; -ENOTCONN */

int sys_set(struct process *p, int fd, enum socket_option o, int value);
int sys_get(struct process *p, int fd, enum socket_option o, int *value);

/*
 * Sends one datagram; blocks while the send buffer is full. Returns the bytes sent. sys_sendmsg()
 * takes everything that struct socket_out can say: head, shared slab, TTL (and no `tos`: -1).
 */
int sys_send(struct process *p, int fd, const void *data, size_t len);
int sys_sendto(struct process *p, int fd, const void *data, size_t len, const struct endpoint *to);
int sys_sendmsg(struct process *p, int fd, const struct socket_out *m);

/* The same, but -EAGAIN instead of waiting (MSG_DONTWAIT). */
int sys_try_sendmsg(struct process *p, int fd, const struct socket_out *m);

/* What is known of a received datagram besides its bytes. */
struct sys_info {
	struct endpoint from;
	struct ipaddr to;
	struct ip_iface *in; /* NULL: from this node itself */
	uint32_t len;        /* of the datagram: more than the buffer holds if it was cut */
	uint8_t ttl, tos;
	vtime at;            /* arrival */
};

/*
 * Waits for a datagram. Copies at most size bytes into buf (which may hold only the interesting
 * first bytes: nothing else is touched) and returns how many. info may be NULL. Besides -EINTR:
 * the socket's pending error. deadline: an instant, -EAGAIN when it comes first; VTIME_NEVER to
 * wait for ever; VTIME_ZERO not to wait at all (MSG_DONTWAIT).
 */
int sys_recv(struct process *p, int fd, void *buf, size_t size);
int sys_recvfrom(struct process *p, int fd, void *buf, size_t size, struct sys_info *info,
		 vtime deadline);

/*
 * The oldest entry of the error queue (MSG_ERRQUEUE), never blocking: 1 and *e, whose data is valid
 * until sys_error_free(); 0 if there is none. SOCKET_RECVERR must be set before. To wait for one:
 * sys_poll() reports SOCKET_FAILED.
 */
int sys_recv_error(struct process *p, int fd, struct socket_error **e);
void sys_error_free(struct process *p, int fd, struct socket_error *e);

/*
 * Streams. A server's loop:
 *
 *     sys_listen(p, fd, 128);
 *     while ((c = sys_accept(p, fd, &peer, VTIME_NEVER)) >= 0)
 *             sys_give(p, c, process_fork(p, serve, NULL));     its descriptor 3
 *
 * Reading and writing block as read(2) and write(2) do; deadlines are those of sys_recvfrom().
 */
int sys_listen(struct process *p, int fd, int backlog);

/* A descriptor; peer may be NULL. */
int sys_accept(struct process *p, int fd, struct endpoint *peer, vtime deadline);

/* Between 1 and size bytes, 0 at the end of the stream, or a negative errno. flags: MSG_PEEK,
 * MSG_TRUNC (counted and thrown away: buf may be NULL). */
int64_t sys_read(struct process *p, int fd, void *buf, size_t size);
int64_t sys_read_until(struct process *p, int fd, void *buf, size_t size, int flags,
		       vtime deadline);

/* size bytes; fewer if the stream ends before; or a negative errno. */
int64_t sys_read_whole(struct process *p, int fd, void *buf, size_t size, vtime deadline);

/* All len bytes, or a negative errno; then some may have been taken. */
int64_t sys_write(struct process *p, int fd, const void *data, size_t len);

/*
 * sendto(2) with MSG_FASTOPEN on a socket that is not connected: connects to `to`, with data in the
 * SYN if a cookie of that host is there; blocks until the connection is there and all is written.
 * len, or a negative errno (-EOPNOTSUPP without bit 1 of net.ipv4.tcp_fastopen). The other way is
 * SOCKET_FASTOPEN_CONNECT, sys_connect() and sys_write().
 */
int64_t sys_write_fastopen(struct process *p, int fd, const void *data, size_t len,
			   const struct endpoint *to);

/* A slice of a slab, at most 65,536 bytes, without a copy: it must not be written any more. */
int64_t sys_write_slab(struct process *p, int fd, struct slab *slab, const uint8_t *data,
		       uint32_t len);

/* What the send buffer takes, but -EAGAIN instead of waiting; a slice wholly or not at all. */
int64_t sys_try_write(struct process *p, int fd, const void *data, size_t len);
int64_t sys_try_write_slab(struct process *p, int fd, struct slab *slab, const uint8_t *data,
			   uint32_t len);

int sys_shutdown(struct process *p, int fd, int how); /* SHUT_RD, SHUT_WR, SHUT_RDWR */

/* SO_LINGER: with seconds > 0 sys_close() blocks until all is acknowledged, or that long; 0: it
 * resets the connection; -1: off. */
int sys_linger(struct process *p, int fd, int seconds);

/* TCP_CONGESTION: 0 or -ENOENT; the name of the present one, NULL if fd is no stream. */
int sys_set_congestion(struct process *p, int fd, const char *name);
const char *sys_congestion(struct process *p, int fd);

/* TCP_INFO; 0, -EBADF, -EOPNOTSUPP. */
int sys_tcp_info(struct process *p, int fd, struct tcp_info *info);

/* poll(2) with enum socket_ready bits; SOCKET_FAILED and SOCKET_HUNGUP are always reported. */
struct sys_poll {
	int fd;
	unsigned events;
	unsigned ready; /* filled in */
};

/* How many have something to report; 0 at the deadline; -EINTR. */
int sys_poll(struct process *p, struct sys_poll *fds, uint32_t count, vtime deadline);

/* SYS_PATTERN bytes that all processes share as payload, never written to; the caller owns a
 * reference (slab_unref(process_world(p), s)). */
#define SYS_PATTERN 65536u
struct slab *sys_pattern(struct process *p);

#endif
