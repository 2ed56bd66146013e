/* send(2), sendto(2), sendmsg(2). */
#include <netinet/in.h>

#include "lib/address.h"
#include "lib/control.h"
#include "lib/iovec.h"
#include "lib/result.h"
#include "transport/stream.h"
#include "wire/ipv4.h"

#define DATAGRAM_MAX 65535

/* ---- streams ---- */

static ssize_t send_stream(struct descriptor *d, const struct msghdr *m, ssize_t len, int flags)
{
	size_t done = 0;

	if (len == 0)
		return stream_send(d->socket, NULL, 0, flags);
	for (size_t i = 0; i < m->msg_iovlen; i++) {
		const struct iovec *v = &m->msg_iov[i];
		bool last = done + v->iov_len == (size_t)len;

		if (!v->iov_len)
			continue;
		ssize_t n = stream_send(d->socket, v->iov_base, v->iov_len,
					last ? flags : flags | MSG_MORE);
		if (n < 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
		if ((size_t)n < v->iov_len)
			break;
	}
	return (ssize_t)done;
}

/* MSG_FASTOPEN (RFC 7413): connects to the message's address, with the data in the SYN if it may be. */
static ssize_t send_fastopen(struct descriptor *d, const struct msghdr *m, size_t len)
{
	struct endpoint to;
	int family, err = address_read(m->msg_name, m->msg_namelen, &to, &family);

	if (err)
		return err;
	if (family != (d->socket->v6 ? AF_INET6 : AF_INET))
		return -EAFNOSUPPORT;
	uint8_t *whole = nt_malloc(len + 1);
	iovec_gather(m, whole);
	ssize_t n = stream_sendto(d->socket, whole, len, MSG_FASTOPEN, &to);
	free(whole);
	d->connecting |= n >= 0 || n == -EINPROGRESS;
	return n;
}

/* ---- datagrams ---- */

/* 1: *to is where it goes; 0: to the connected peer; or -errno. */
static int destination(const struct descriptor *d, const struct msghdr *m, struct endpoint *to)
{
	int family, err;

	if (!m->msg_name)
		return 0;
	err = address_read(m->msg_name, m->msg_namelen, to, &family);
	if (err)
		return err;
	if (family == AF_INET6 && !d->socket->v6)
		return -EAFNOSUPPORT;
	if (family == AF_UNSPEC && d->socket->v6)
		return 0;
	return to->port || d->protocol != IPPROTO_UDP ? 1 : -EINVAL;
}

static ssize_t send_datagram(struct descriptor *d, struct socket_out *out, const uint8_t *data,
			     size_t len)
{
	int err;

	out->data = data;
	out->len = (uint32_t)len;
	err = socket_send(d->socket, out);
	if (err == -EAGAIN)
		descriptor_full(d);
	return err ? err : (ssize_t)len;
}

static void cork_drop(struct descriptor *d)
{
	free(d->corked);
	d->corked = NULL;
	d->corked_len = 0;
}

/* The most that one datagram carries to there: 64 KiB are counted from the IP header in IPv4, and
 * from behind it in IPv6. */
static size_t most_to(const struct descriptor *d, const struct endpoint *to)
{
	return DATAGRAM_MAX - d->socket->ops->header - (ipaddr_is4(&to->addr) ? IPV4_HLEN : 0);
}

/*
 * MSG_MORE: a datagram in the making, which leaves with the first send that has no such flag. What
 * would make it too long undoes all of it, as on Linux, where only IPv4 looks first whether the
 * addition alone is more than a datagram.
 */
static ssize_t send_corked(struct descriptor *d, const struct msghdr *m, size_t len, int flags,
			   struct socket_out *out)
{
	if (!d->corked) {
		d->corked_has_to = out->to != NULL;
		if (out->to)
			d->corked_to = *out->to;
	}
	const struct endpoint *to = d->corked_has_to ? &d->corked_to : &d->socket->peer;
	if (len > DATAGRAM_MAX && ipaddr_is4(&to->addr))
		return -EMSGSIZE;
	if (d->corked_len + len > most_to(d, to)) {
		cork_drop(d);
		return -EMSGSIZE;
	}
	if (!d->corked)
		d->corked = nt_malloc(DATAGRAM_MAX);
	iovec_gather(m, d->corked + d->corked_len);
	d->corked_len += (uint32_t)len;
	if (flags & MSG_MORE)
		return (ssize_t)len;
	out->to = d->corked_has_to ? &d->corked_to : NULL;
	ssize_t r = send_datagram(d, out, d->corked, d->corked_len);
	cork_drop(d);
	return r < 0 ? r : (ssize_t)len;
}

static ssize_t send_message(struct descriptor *d, const struct msghdr *m, size_t len, int flags)
{
	struct socket_out out = {.tos = -1};
	struct endpoint to;
	int r = destination(d, m, &to);

	if (r < 0)
		return r;
	out.to = r ? &to : NULL;
	r = control_take(m, &out);
	if (r)
		return r;
	if (d->shut_write)
		return -EPIPE;
	if (!out.to && !d->socket->connected && !(d->corked && d->corked_has_to))
		return -EDESTADDRREQ;
	if (d->corked || flags & MSG_MORE)
		return send_corked(d, m, len, flags, &out);
	if (len > DATAGRAM_MAX)
		return -EMSGSIZE;
	if (m->msg_iovlen == 1)
		return send_datagram(d, &out, m->msg_iov[0].iov_base, len);
	uint8_t *whole = nt_malloc(len + 1);
	iovec_gather(m, whole);
	ssize_t n = send_datagram(d, &out, whole, len);
	free(whole);
	return n;
}

/* ---- the calls ---- */

ssize_t nt_sendmsg(struct nt_host *h, int fd, const struct msghdr *m, int flags)
{
	struct descriptor *d = descriptor_of(h, fd);
	ssize_t len;

	if (!d)
		return -1;
	len = m ? iovec_len(m, false) : -EFAULT;
	if (len == -EFAULT && m && m->msg_iov)
		cork_drop(d); /* as on Linux, which finds out while it copies */
	if (len < 0)
		return result(len);
	if (flags & MSG_OOB)
		return result(-EOPNOTSUPP);
	if (descriptor_is_stream(d) && flags & MSG_FASTOPEN && m->msg_name)
		return result(send_fastopen(d, m, (size_t)len));
	if (descriptor_is_stream(d))
		return result(send_stream(d, m, len, flags));
	return result(send_message(d, m, (size_t)len, flags));
}

ssize_t nt_sendto(struct nt_host *h, int fd, const void *data, size_t len, int flags,
		  const struct sockaddr *to, socklen_t to_len)
{
	struct iovec v = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
	const struct msghdr m = {
		.msg_name = (void *)(uintptr_t)to,
		.msg_namelen = to_len,
		.msg_iov = &v,
		.msg_iovlen = 1,
	};

	return nt_sendmsg(h, fd, &m, flags);
}

ssize_t nt_send(struct nt_host *h, int fd, const void *data, size_t len, int flags)
{
	return nt_sendto(h, fd, data, len, flags, NULL, 0);
}
