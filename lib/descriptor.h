/*
 * A descriptor of a host: a socket of the engine (transport/socket.h), and what the calls of POSIX
 * know beside it. Numbers belong to the host; the lowest free one is next.
 */
#ifndef LIB_DESCRIPTOR_H
#define LIB_DESCRIPTOR_H

#include "netarium.h"

#include "transport/socket.h"

#define FD_FIRST 3
#define FD_MAX 1024

/* Control messages that a socket's options have asked for. */
enum {
	WANTS_PKTINFO = 1 << 0,   /* IP_PKTINFO */
	WANTS_TTL = 1 << 1,       /* IP_RECVTTL */
	WANTS_TOS = 1 << 2,       /* IP_RECVTOS */
	WANTS_PKTINFO6 = 1 << 3,  /* IPV6_RECVPKTINFO */
	WANTS_HOPLIMIT = 1 << 4,  /* IPV6_RECVHOPLIMIT */
	WANTS_TCLASS = 1 << 5,    /* IPV6_RECVTCLASS */
	WANTS_TIMESTAMP = 1 << 6, /* SO_TIMESTAMPNS */
};

struct descriptor {
	struct nt_host *host;
	struct socket *socket;
	int fd, protocol;
	uint32_t wants;    /* WANTS_ bits */
	int rcvlowat;
	struct linger linger;
	bool connecting;   /* a connect() was begun whose end nobody has been told yet */
	bool full;         /* a datagram found the send buffer full: its owner waits for room */
	bool shut_read, shut_write; /* datagrams: shutdown(2) */
	uint8_t *corked;   /* datagrams: what MSG_MORE has kept back; NULL: nothing */
	uint32_t corked_len;
	struct endpoint corked_to;
	bool corked_has_to;
	void (*ready)(struct nt_host *, int fd, void *arg); /* nt_watch() */
	void *arg;
	struct event event; /* calls ready */
};

/* NULL with EBADF. */
struct descriptor *descriptor_of(const struct nt_host *h, int fd);

static inline bool descriptor_is_stream(const struct descriptor *d)
{
	return d->socket->ops->send == NULL;
}

/* Takes the socket, unless there is no number left: -EMFILE. */
int descriptor_new(struct nt_host *h, struct socket *s, int protocol);
bool descriptors_left(const struct nt_host *h);
void descriptor_close(struct descriptor *d);
void descriptors_close(struct nt_host *h);

/* poll.c: an event for who watches, when there is room for a datagram again. */
void descriptor_full(struct descriptor *d);
void watch_init(struct descriptor *d);
void watch_fini(struct descriptor *d);

#endif
