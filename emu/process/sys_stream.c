/* Blocking calls on streams: the loops around what transport/stream.h does without waiting. */
#include "process/sys.h"

#include <errno.h>

#include "process/engine.h"
#include "transport/stream.h"
#include "transport/tcp/tcp.h"

/* Until something may have changed. 0, -EAGAIN: the deadline has come, -EINTR. */
static int wait_for(struct process *p, struct socket *s, vtime deadline)
{
	int err;

	if (!vtime_before(process_now(p), deadline))
		return -EAGAIN;
	process_watch(p, s);
	err = process_block(p, deadline);
	s->wake = NULL;
	return err;
}

int process_connected(struct process *p, struct socket *s, vtime deadline)
{
	int err = 0, why = 0;

	while (err == 0) {
		unsigned ready = socket_ready(s);

		if (ready & (SOCKET_FAILED | SOCKET_HUNGUP | SOCKET_WRITABLE)) {
			socket_get(s, SOCKET_ERROR, &why);
			if (why == 0 && !(ready & SOCKET_WRITABLE))
				why = ECONNRESET;
			if (why && tcp_of(s)->state == TCP_CLOSE && !tcp_of(s)->was_connected)
				tcp_disconnect(tcp_of(s)); /* the caller knows: it may try again */
			return -why;
		}
		err = wait_for(p, s, deadline);
	}
	return err;
}

/* sk_stream_wait_close(): until the FIN is acknowledged too. */
void process_linger(struct process *p, struct socket *s)
{
	struct tcp *tp = tcp_of(s);
	vtime deadline;

	if (s->ops != &tcp_ops || tp->linger_s <= 0 || s->rx_head || p->killed)
		return;
	if (stream_shutdown(s, SHUT_WR) < 0)
		return;
	deadline = vtime_add(process_now(p), vtime_s(tp->linger_s));
	while (tp->state == TCP_FIN_WAIT1 || tp->state == TCP_CLOSING ||
	       tp->state == TCP_LAST_ACK)
		if (wait_for(p, s, deadline) < 0)
			return;
}

int sys_listen(struct process *p, int fd, int backlog)
{
	struct socket *s = process_socket(p, fd);

	if (!s)
		return -EBADF;
	return s->ops == &tcp_ops ? stream_listen(s, backlog) : -EOPNOTSUPP;
}

int sys_accept(struct process *p, int fd, struct endpoint *peer, vtime deadline)
{
	struct socket *s = process_socket(p, fd), *child;
	int err = process_spend(p), there;

	if (!s)
		return -EBADF;
	if (s->ops != &tcp_ops)
		return -EOPNOTSUPP;
	while (err == 0) {
		err = stream_accept(s, &child);
		if (err == 0) {
			there = process_fd_new(p, child);
			if (there < 0)
				socket_close(child);
			else if (peer)
				*peer = child->peer;
			return there;
		}
		if (err == -EAGAIN)
			err = wait_for(p, s, deadline);
	}
	return err;
}

int64_t sys_read_until(struct process *p, int fd, void *buf, size_t size, int flags,
		       vtime deadline)
{
	struct socket *s = process_socket(p, fd);
	int err = process_spend(p);

	if (!s)
		return -EBADF;
	while (err == 0) {
		int64_t n = stream_recv(s, buf, size, flags);

		if (n != -EAGAIN)
			return n;
		err = wait_for(p, s, deadline);
	}
	return err;
}

int64_t sys_read(struct process *p, int fd, void *buf, size_t size)
{
	return sys_read_until(p, fd, buf, size, 0, VTIME_NEVER);
}

int64_t sys_read_whole(struct process *p, int fd, void *buf, size_t size, vtime deadline)
{
	uint8_t *at = buf;
	size_t done = 0;

	while (done < size) {
		int64_t n = sys_read_until(p, fd, at + done, size - done, 0, deadline);

		if (n < 0)
			return n;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (int64_t)done;
}

/* A write that began to connect has to wait as one that finds no room. */
static bool must_wait(int64_t n)
{
	return n == -EAGAIN || n == -EINPROGRESS;
}

int64_t sys_write_fastopen(struct process *p, int fd, const void *data, size_t len,
			   const struct endpoint *to)
{
	struct socket *s = process_socket(p, fd);
	int64_t n, rest;
	int err;

	if (!s)
		return -EBADF;
	n = stream_sendto(s, data, len, MSG_FASTOPEN, to);
	if (n < 0 && n != -EINPROGRESS)
		return n;
	err = process_connected(p, s, VTIME_NEVER);
	if (err)
		return err;
	if (n < 0)
		n = 0;
	rest = (size_t)n < len ? sys_write(p, fd, (const uint8_t *)data + n, len - (size_t)n) : 0;
	return rest < 0 ? rest : n + rest;
}

int64_t sys_write(struct process *p, int fd, const void *data, size_t len)
{
	struct socket *s = process_socket(p, fd);
	const uint8_t *at = data;
	size_t done = 0;
	int err = process_spend(p);

	if (!s)
		return -EBADF;
	while (err == 0) {
		int64_t n = stream_send(s, at + done, len - done, 0);

		if (n < 0 && !must_wait(n))
			return n;
		done += n > 0 ? (size_t)n : 0;
		if (done == len)
			return (int64_t)len;
		err = n < 0 ? wait_for(p, s, VTIME_NEVER) : 0;
	}
	return err;
}

int64_t sys_write_slab(struct process *p, int fd, struct slab *slab, const uint8_t *data,
		       uint32_t len)
{
	struct socket *s = process_socket(p, fd);
	int err = process_spend(p);

	if (!s)
		return -EBADF;
	while (err == 0) {
		int64_t n = stream_send_slab(s, slab, data, len, 0);

		if (!must_wait(n))
			return n;
		err = wait_for(p, s, VTIME_NEVER);
	}
	return err;
}

int64_t sys_try_write(struct process *p, int fd, const void *data, size_t len)
{
	struct socket *s = process_socket(p, fd);
	int err = process_spend(p);

	if (!s)
		return -EBADF;
	if (err)
		return err;
	int64_t n = stream_send(s, data, len, 0);
	return must_wait(n) ? -EAGAIN : n;
}

int64_t sys_try_write_slab(struct process *p, int fd, struct slab *slab, const uint8_t *data,
			   uint32_t len)
{
	struct socket *s = process_socket(p, fd);
	int err = process_spend(p);

	if (!s)
		return -EBADF;
	if (err)
		return err;
	int64_t n = stream_send_slab(s, slab, data, len, 0);
	return must_wait(n) ? -EAGAIN : n;
}

int sys_shutdown(struct process *p, int fd, int how)
{
	struct socket *s = process_socket(p, fd);

	return s ? stream_shutdown(s, how) : -EBADF;
}

static struct socket *stream_of(struct process *p, int fd)
{
	struct socket *s = process_socket(p, fd);

	return s && s->ops == &tcp_ops ? s : NULL;
}

int sys_linger(struct process *p, int fd, int seconds)
{
	struct socket *s = stream_of(p, fd);

	if (!s)
		return -EBADF;
	stream_set_linger(s, seconds);
	return 0;
}

int sys_set_congestion(struct process *p, int fd, const char *name)
{
	struct socket *s = stream_of(p, fd);

	return s ? stream_set_congestion(s, name) : -EBADF;
}

const char *sys_congestion(struct process *p, int fd)
{
	struct socket *s = stream_of(p, fd);

	return s ? stream_congestion(s) : NULL;
}

int sys_tcp_info(struct process *p, int fd, struct tcp_info *info)
{
	struct socket *s = process_socket(p, fd);

	return s ? tcp_info_get(s, info) : -EBADF;
}
