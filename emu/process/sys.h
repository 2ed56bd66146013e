/*
 * The system calls of virtual processes: sockets by descriptor, sleeping, polling.
 *
 * Calls return 0 or more, or a negative errno value (-ECONNREFUSED); strerror(-r) gives the words
 * that real tools print. Blocking ones suspend the process and let virtual time go on; each ends
 * with -EINTR when the process is killed (process.h). Descriptors belong to the process and are
 * closed when it ends.
 *
 * What a datagram socket does is told in transport/socket.h; option and message types are its own.
 */
#ifndef PROCESS_SYS_H
#define PROCESS_SYS_H

#include "process/process.h"
#include "transport/socket.h"

/* Suspends until then; 0 or -EINTR. A time in the past lets others run first. */
int sys_sleep(struct process *p, vtime duration);
int sys_sleep_until(struct process *p, vtime at);

/* family: AF_INET, AF_INET6. Returns a descriptor, the lowest free from 3 on; -EMFILE. */
int sys_socket(struct process *p, enum socket_kind kind, int family);
int sys_close(struct process *p, int fd);

/* Hands a descriptor over to another process, typically a fork; returns its number there. */
int sys_give(struct process *p, int fd, struct process *to);

int sys_bind(struct process *p, int fd, const struct endpoint *local);
int sys_connect(struct process *p, int fd, const struct endpoint *peer); /* NULL: undo */
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

/* poll(2) with enum socket_ready bits; SOCKET_FAILED is always reported. */
struct sys_poll {
	int fd;
	unsigned events;
	unsigned ready; /* filled in */
};

/* How many have something to report; 0 at the deadline; -EINTR. */
int sys_poll(struct process *p, struct sys_poll *fds, uint32_t count, vtime deadline);

/* A slab filled with a pattern that several processes may share as sys_sendmsg() payload; the
 * caller owns a reference (slab_unref(process_world(p), s)). */
struct slab *sys_slab(struct process *p, uint32_t size);

#endif
