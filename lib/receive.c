/* recv(2), recvfrom(2), recvmsg(2). */
#include "lib/address.h"
#include "lib/control.h"
#include "lib/iovec.h"
#include "lib/result.h"
#include "transport/stream.h"

/* There is nothing to tell but how many bytes: nobody's name, no control messages, no flags. What a
 * call writes into the message it writes on success only. */
static void tell_nothing(struct msghdr *m)
{
	if (m->msg_name)
		m->msg_namelen = 0;
	m->msg_controllen = 0;
	m->msg_flags = 0;
}

/* ---- streams ---- */

/* Reading ahead over several pieces: the engine peeks from the beginning only. */
static ssize_t peek_stream(struct descriptor *d, const struct msghdr *m, size_t len, int flags)
{
	uint32_t there = stream_inq(d->socket);
	size_t most = len < there ? len : there;
	uint8_t *all = nt_malloc(most + 1);
	ssize_t n = stream_recv(d->socket, all, most ? most : 1, flags & (MSG_PEEK | MSG_TRUNC));

	if (n > 0 && !(flags & MSG_TRUNC))
		iovec_scatter(m, all, (size_t)n);
	free(all);
	return n;
}

static ssize_t read_stream(struct descriptor *d, const struct msghdr *m, size_t len, int flags)
{
	size_t done = 0;

	if (len == 0)
		return stream_recv(d->socket, NULL, 0, flags);
	if (m->msg_iovlen > 1 && flags & MSG_PEEK)
		return peek_stream(d, m, len, flags);
	for (size_t i = 0; i < m->msg_iovlen; i++) {
		const struct iovec *v = &m->msg_iov[i];

		if (!v->iov_len)
			continue;
		ssize_t n = done && !stream_inq(d->socket)
				    ? 0
				    : stream_recv(d->socket, v->iov_base, v->iov_len,
						  flags & (MSG_PEEK | MSG_TRUNC));
		if (n <= 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
		if ((size_t)n < v->iov_len)
			break;
	}
	return (ssize_t)done;
}

static ssize_t receive_stream(struct descriptor *d, struct msghdr *m, size_t len, int flags)
{
	ssize_t n = read_stream(d, m, len, flags);

	if (n >= 0)
		tell_nothing(m);
	return n;
}

/* ---- datagrams ---- */

static void name_give(const struct descriptor *d, const struct endpoint *e, struct msghdr *m)
{
	if (m->msg_name)
		address_give(e, d->socket->v6, m->msg_name, &m->msg_namelen);
}

static size_t copy_out(const struct socket_in *in, const struct msghdr *m)
{
	size_t done = 0;

	for (size_t i = 0; i < m->msg_iovlen && done < in->len; i++) {
		size_t n = m->msg_iov[i].iov_len;

		if (n > in->len - done)
			n = in->len - done;
		if (n)
			packet_read(in->packet, in->offset, (uint32_t)done,
				    m->msg_iov[i].iov_base, (uint32_t)n);
		done += n;
	}
	return done;
}

static ssize_t receive_datagram(struct descriptor *d, struct msghdr *m, int flags)
{
	struct socket_in in;
	int err = flags & MSG_PEEK ? socket_peek(d->socket, &in) : socket_recv(d->socket, &in);

	if (err == -EAGAIN && d->shut_read) {
		tell_nothing(m);
		return 0;
	}
	if (err)
		return err;
	m->msg_flags = 0;
	size_t n = copy_out(&in, m);
	name_give(d, &in.from, m);
	control_give(d, &in, m);
	if (n < in.len)
		m->msg_flags |= MSG_TRUNC;
	if (!(flags & MSG_PEEK))
		packet_free(in.packet);
	return flags & MSG_TRUNC ? (ssize_t)in.len : (ssize_t)n;
}

static ssize_t receive_error(struct descriptor *d, struct msghdr *m)
{
	struct socket_error *e = socket_recv_error(d->socket);
	size_t n;

	if (!e)
		return -EAGAIN;
	m->msg_flags = 0;
	n = iovec_scatter(m, e->data, e->len);
	name_give(d, &e->to, m);
	control_give_error(d, e, m);
	m->msg_flags |= MSG_ERRQUEUE | (n < e->len ? MSG_TRUNC : 0);
	socket_error_free(d->socket, e);
	return (ssize_t)n;
}

/* ---- the calls ---- */

ssize_t nt_recvmsg(struct nt_host *h, int fd, struct msghdr *m, int flags)
{
	struct descriptor *d = descriptor_of(h, fd);
	ssize_t len;

	if (!d)
		return -1;
	len = m ? iovec_len(m, descriptor_is_stream(d) && flags & MSG_TRUNC) : -EFAULT;
	if (len >= 0 && m->msg_name && m->msg_namelen > INT32_MAX)
		len = -EINVAL;
	if (len < 0)
		return result(len);
	if (flags & MSG_OOB)
		return result(descriptor_is_stream(d) ? -EINVAL : -EOPNOTSUPP);
	if (flags & MSG_ERRQUEUE)
		return result(receive_error(d, m));
	if (descriptor_is_stream(d))
		return result(receive_stream(d, m, (size_t)len, flags));
	return result(receive_datagram(d, m, flags));
}

ssize_t nt_recvfrom(struct nt_host *h, int fd, void *data, size_t len, int flags,
		    struct sockaddr *from, socklen_t *from_len)
{
	struct iovec v = {.iov_base = data, .iov_len = len};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

	if (from && !from_len)
		return result(descriptor_of(h, fd) ? -EFAULT : -EBADF);
	if (from) {
		m.msg_name = from;
		m.msg_namelen = *from_len;
	}
	ssize_t n = nt_recvmsg(h, fd, &m, flags);
	if (n >= 0 && from)
		*from_len = m.msg_namelen;
	return n;
}

ssize_t nt_recv(struct nt_host *h, int fd, void *data, size_t len, int flags)
{
	return nt_recvfrom(h, fd, data, len, flags, NULL, NULL);
}
