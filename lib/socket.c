/* The calls that make, name, join and end sockets. */
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include "lib/address.h"
#include "lib/descriptor.h"
#include "lib/result.h"
#include "lib/world.h"
#include "transport/stream.h"
#include "transport/tcp/tcp.h"

static int kind_of(int domain, int type, int *protocol)
{
	int icmp = domain == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;

	if (domain != AF_INET && domain != AF_INET6)
		return -EAFNOSUPPORT;
	if (type != SOCK_STREAM && type != SOCK_DGRAM)
		return type == SOCK_RAW ? -EPERM : -ESOCKTNOSUPPORT;
	if (*protocol == 0)
		*protocol = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
	if (type == SOCK_STREAM)
		return *protocol == IPPROTO_TCP ? SOCKET_TCP : -EPROTONOSUPPORT;
	if (*protocol == IPPROTO_UDP)
		return SOCKET_UDP;
	return *protocol == icmp ? SOCKET_PING : -EPROTONOSUPPORT;
}

int nt_socket(struct nt_host *h, int domain, int type, int protocol)
{
	int kind = kind_of(domain, type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), &protocol);

	if (kind < 0)
		return status(kind);
	if (!descriptors_left(h))
		return status(-EMFILE);
	return descriptor_new(h, socket_new(h->node, (enum socket_kind)kind, domain), protocol);
}

int nt_close(struct nt_host *h, int fd)
{
	struct descriptor *d = descriptor_of(h, fd);

	if (!d)
		return -1;
	descriptor_close(d);
	return 0;
}

int nt_bind(struct nt_host *h, int fd, const struct sockaddr *to, socklen_t len)
{
	struct descriptor *d = descriptor_of(h, fd);
	struct endpoint e;
	int family, err;

	if (!d)
		return -1;
	err = address_read(to, len, &e, &family);
	if (err)
		return status(err);
	/* AF_UNSPEC is Linux's old synonym for AF_INET with the wildcard; only with that. */
	if (d->socket->v6 ? family != AF_INET6 : family == AF_INET6)
		return status(-EAFNOSUPPORT);
	return status(socket_bind(d->socket, &e));
}

int nt_listen(struct nt_host *h, int fd, int backlog)
{
	struct descriptor *d = descriptor_of(h, fd);

	if (!d)
		return -1;
	return status(descriptor_is_stream(d) ? stream_listen(d->socket, backlog) : -EOPNOTSUPP);
}

/* What accept(2) hands down from the listener; the engine has handed down what it knows. */
static void inherit(struct descriptor *child, const struct descriptor *listener)
{
	child->wants = listener->wants;
	child->rcvlowat = listener->rcvlowat;
	child->linger = listener->linger;
}

int nt_accept(struct nt_host *h, int fd, struct sockaddr *from, socklen_t *len)
{
	struct descriptor *d = descriptor_of(h, fd);
	struct socket *child;
	int err, there;

	if (!d)
		return -1;
	if (!descriptor_is_stream(d))
		return status(-EOPNOTSUPP);
	if (from && !len)
		return status(-EFAULT);
	if (!descriptors_left(h))
		return status(-EMFILE);
	err = stream_accept(d->socket, &child);
	if (err)
		return status(err);
	if (from)
		address_give(&child->peer, child->v6, from, len);
	there = descriptor_new(h, child, d->protocol);
	inherit(descriptor_of(h, there), d);
	return there;
}

/* inet_stream_connect(): the state of the call is told once, then that of the connection. */
static int connect_stream(struct descriptor *d, const struct endpoint *to)
{
	struct socket *s = d->socket;
	int state = tcp_of(s)->state, err;

	if (d->connecting && state != TCP_SYN_SENT && state != TCP_SYN_RECV) {
		d->connecting = false;
		if (state != TCP_CLOSE)
			return 0;
		if (tcp_of(s)->was_connected) { /* and is over already */
			err = s->error ? s->error : ECONNABORTED;
			s->error = 0;
			return -err;
		}
	}
	err = socket_connect(s, to);
	if (err == -EINPROGRESS)
		d->connecting = true;
	return err;
}

int nt_connect(struct nt_host *h, int fd, const struct sockaddr *to, socklen_t len)
{
	struct descriptor *d = descriptor_of(h, fd);
	struct endpoint e;
	int family, err;

	if (!d)
		return -1;
	err = address_read(to, len, &e, &family);
	if (err)
		return status(err);
	if (descriptor_is_stream(d)) {
		if (family != (d->socket->v6 ? AF_INET6 : AF_INET))
			return status(-EAFNOSUPPORT);
		return status(connect_stream(d, &e));
	}
	if (family == AF_INET6 && !d->socket->v6)
		return status(-EAFNOSUPPORT);
	return status(socket_connect(d->socket, family == AF_UNSPEC ? NULL : &e));
}

int nt_shutdown(struct nt_host *h, int fd, int how)
{
	struct descriptor *d = descriptor_of(h, fd);

	if (!d)
		return -1;
	if (descriptor_is_stream(d))
		return status(stream_shutdown(d->socket, how));
	if (how < SHUT_RD || how > SHUT_RDWR)
		return status(-EINVAL);
	if (!d->socket->connected)
		return status(-ENOTCONN);
	d->shut_read |= how != SHUT_WR;
	d->shut_write |= how != SHUT_RD;
	return 0;
}

int nt_getsockname(struct nt_host *h, int fd, struct sockaddr *a, socklen_t *len)
{
	struct descriptor *d = descriptor_of(h, fd);

	if (!d)
		return -1;
	struct endpoint e = socket_local(d->socket);
	return status(address_give(&e, d->socket->v6, a, len));
}

static bool has_peer(const struct descriptor *d)
{
	int state;

	if (!descriptor_is_stream(d))
		return d->socket->connected;
	state = tcp_of(d->socket)->state;
	return state != TCP_CLOSE && state != TCP_LISTEN && state != TCP_SYN_SENT;
}

int nt_getpeername(struct nt_host *h, int fd, struct sockaddr *a, socklen_t *len)
{
	struct descriptor *d = descriptor_of(h, fd);

	if (!d)
		return -1;
	if (!has_peer(d))
		return status(-ENOTCONN);
	return status(address_give(&d->socket->peer, d->socket->v6, a, len));
}

static int dgram_outq(const struct socket *s)
{
	int64_t ahead = s->pace.until.ns - node_now(s->node).ns;

	if (ahead <= 0 || s->pace.each_ns <= 0)
		return 0;
	return (int)((ahead + s->pace.each_ns - 1) / s->pace.each_ns) *
	       (int)socket_truesize(s->pace.bytes);
}

static int queue_length(struct descriptor *d, unsigned long request, int *value)
{
	struct socket *s = d->socket;

	if (descriptor_is_stream(d)) {
		if (tcp_of(s)->state == TCP_LISTEN)
			return -EINVAL;
		*value = (int)(request == SIOCINQ      ? stream_inq(s)
			       : request == SIOCOUTQ ? stream_outq(s)
						     : stream_notsent(s));
		return 0;
	}
	if (request == SIOCOUTQNSD)
		return -ENOTTY;
	if (request == SIOCOUTQ)
		*value = dgram_outq(s);
	else
		*value = (int)socket_inq(s);
	return 0;
}

int nt_ioctl(struct nt_host *h, int fd, unsigned long request, int *value)
{
	struct descriptor *d = descriptor_of(h, fd);

	if (!d)
		return -1;
	if (request != SIOCINQ && request != SIOCOUTQ && request != SIOCOUTQNSD)
		return status(-ENOTTY);
	return status(value ? queue_length(d, request, value) : -EFAULT);
}
