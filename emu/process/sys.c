#include "process/sys.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "process/engine.h"
#include "transport/tcp/tcp.h"

int sys_sleep_until(struct process *p, vtime at)
{
	vtime deadline = vtime_max(at, world_now(p->all->world));
	int err;

	do {
		err = process_block(p, deadline);
	} while (err == 0 && vtime_before(world_now(p->all->world), deadline));
	return err;
}

int sys_sleep(struct process *p, vtime duration)
{
	return sys_sleep_until(p, vtime_add(process_now(p), duration));
}

struct link_wait {
	struct iface_watch watch;
	struct process *process;
	bool changed;
};

static void link_changed(struct iface_watch *watch)
{
	struct link_wait *w = container_of(watch, struct link_wait, watch);

	w->changed = true;
	process_wake(w->process);
}

int sys_wait_link(struct process *p, struct ip_iface *i, vtime deadline)
{
	struct link_wait w = {.watch = {.changed = link_changed}, .process = p};
	int err = 0;

	iface_watch_add(&i->link, &w.watch);
	while (!err && !w.changed && vtime_before(process_now(p), deadline))
		err = process_block(p, deadline);
	iface_watch_remove(&i->link, &w.watch);
	return err ? err : w.changed;
}

struct socket *process_socket(const struct process *p, int fd)
{
	uint32_t i = (uint32_t)(fd - FD_FIRST);

	return fd >= FD_FIRST && i < p->fd_room ? p->fds[i] : NULL;
}

int process_fd_new(struct process *p, struct socket *s)
{
	uint32_t i = 0;

	while (i < p->fd_room && p->fds[i])
		i++;
	if (i == FD_MAX)
		return -EMFILE;
	if (i == p->fd_room) {
		uint32_t room = p->fd_room ? 2 * p->fd_room : 2;

		p->fds = nt_realloc(p->fds, room * sizeof(*p->fds));
		memset(p->fds + p->fd_room, 0, (room - p->fd_room) * sizeof(*p->fds));
		p->fd_room = room;
	}
	p->fds[i] = s;
	return (int)i + FD_FIRST;
}

int sys_socket(struct process *p, enum socket_kind kind, int family)
{
	struct socket *s = socket_new(p->node, kind, family);
	int fd = process_fd_new(p, s);

	if (fd < 0)
		socket_close(s);
	return fd;
}

int sys_close(struct process *p, int fd)
{
	struct socket *s = process_socket(p, fd);

	if (!s)
		return -EBADF;
	process_linger(p, s);
	p->fds[fd - FD_FIRST] = NULL;
	socket_close(s);
	return 0;
}

void process_close_all(struct process *p)
{
	for (uint32_t i = 0; i < p->fd_room; i++)
		if (p->fds[i])
			socket_close(p->fds[i]);
	free(p->fds);
	p->fds = NULL;
	p->fd_room = 0;
}

int sys_give(struct process *p, int fd, struct process *to)
{
	struct socket *s = process_socket(p, fd);

	if (!s)
		return -EBADF;
	assert(to->node == p->node);
	int there = process_fd_new(to, s);
	if (there >= 0)
		p->fds[fd - FD_FIRST] = NULL;
	return there;
}

int sys_bind(struct process *p, int fd, const struct endpoint *local)
{
	struct socket *s = process_socket(p, fd);

	return s ? socket_bind(s, local) : -EBADF;
}

int sys_connect(struct process *p, int fd, const struct endpoint *peer)
{
	return sys_connect_until(p, fd, peer, VTIME_NEVER);
}

int sys_connect_until(struct process *p, int fd, const struct endpoint *peer, vtime deadline)
{
	struct socket *s = process_socket(p, fd);
	int r = s ? socket_connect(s, peer) : -EBADF;

	return r == -EINPROGRESS ? process_connected(p, s, deadline) : r;
}

int sys_local(struct process *p, int fd, struct endpoint *local)
{
	struct socket *s = process_socket(p, fd);

	if (!s)
		return -EBADF;
	*local = socket_local(s);
	return 0;
}

int sys_peer(struct process *p, int fd, struct endpoint *peer)
{
	struct socket *s = process_socket(p, fd);

	if (!s)
		return -EBADF;
	if (!s->connected)
		return -ENOTCONN;
	*peer = s->peer;
	return 0;
}

int sys_set(struct process *p, int fd, enum socket_option o, int value)
{
	struct socket *s = process_socket(p, fd);

	return s ? socket_set(s, o, value) : -EBADF;
}

int sys_get(struct process *p, int fd, enum socket_option o, int *value)
{
	struct socket *s = process_socket(p, fd);

	return s ? socket_get(s, o, value) : -EBADF;
}

int sys_try_sendmsg(struct process *p, int fd, const struct socket_out *m)
{
	struct socket *s = process_socket(p, fd);
	int err = s ? process_spend(p) : -EBADF;

	if (err == 0)
		err = socket_send(s, m);
	return err ? err : (int)(m->head_len + m->len);
}

int sys_sendmsg(struct process *p, int fd, const struct socket_out *m)
{
	for (;;) {
		int r = sys_try_sendmsg(p, fd, m);

		/* -EAGAIN of a writable socket means that no port is free. */
		if (__builtin_expect(r != -EAGAIN, 1) ||
		    socket_ready(process_socket(p, fd)) & SOCKET_WRITABLE)
			return r;
		int err = process_block(p, socket_writable_at(process_socket(p, fd)));
		if (err)
			return err;
	}
}

int sys_sendto(struct process *p, int fd, const void *data, size_t len, const struct endpoint *to)
{
	if (len > UINT16_MAX)
		return -EMSGSIZE;
	return sys_sendmsg(p, fd,
			   &(struct socket_out){
				   .to = to, .data = data, .len = (uint32_t)len, .tos = -1});
}

int sys_send(struct process *p, int fd, const void *data, size_t len)
{
	return sys_sendto(p, fd, data, len, NULL);
}

/* A socket's wake() while its process waits for it. */
static void wake_owner(struct socket *s)
{
	process_wake(s->owner);
}

void process_watch(struct process *p, struct socket *s)
{
	s->owner = p;
	s->wake = wake_owner;
}

static int received(const struct socket_in *in, void *buf, size_t size, struct sys_info *info)
{
	uint32_t want = in->len < size ? in->len : (uint32_t)size;
	uint32_t n = packet_read(in->packet, in->offset, 0, buf, want);

	if (info)
		*info = (struct sys_info){
			.from = in->from,
			.to = in->to,
			.in = in->in,
			.len = in->len,
			.ttl = in->ttl,
			.tos = in->tos,
			.at = in->at,
		};
	packet_free(in->packet);
	return (int)n;
}

int sys_recvfrom(struct process *p, int fd, void *buf, size_t size, struct sys_info *info,
		 vtime deadline)
{
	struct socket *s = process_socket(p, fd);
	struct socket_in in;

	if (!s)
		return -EBADF;
	int err = process_spend(p);
	while (err == 0) {
		int r = socket_recv(s, &in);

		if (r == 0)
			return received(&in, buf, size, info);
		if (r != -EAGAIN || !vtime_before(process_now(p), deadline))
			return r;
		process_watch(p, s);
		err = process_block(p, deadline);
		s->wake = NULL;
	}
	return err;
}

int sys_recv(struct process *p, int fd, void *buf, size_t size)
{
	return sys_recvfrom(p, fd, buf, size, NULL, VTIME_NEVER);
}

int sys_recv_error(struct process *p, int fd, struct socket_error **e)
{
	struct socket *s = process_socket(p, fd);

	if (!s)
		return -EBADF;
	*e = socket_recv_error(s);
	return *e != NULL;
}

void sys_error_free(struct process *p, int fd, struct socket_error *e)
{
	struct socket *s = process_socket(p, fd);

	assert(s);
	socket_error_free(s, e);
}

/* Fills in `ready`; *until is lowered to when a socket that lacks buffer becomes writable. */
static int poll_once(struct process *p, struct sys_poll *fds, uint32_t count, vtime *until)
{
	int n = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct socket *s = process_socket(p, fds[i].fd);

		if (!s)
			return -EBADF;
		fds[i].ready = socket_ready(s) &
			       (fds[i].events | SOCKET_FAILED | SOCKET_HUNGUP);
		if (fds[i].ready)
			n++;
		else if (fds[i].events & SOCKET_WRITABLE && s->ops == &tcp_ops)
			tcp_of(s)->nospace = true; /* so that room is told of */
		else if (fds[i].events & SOCKET_WRITABLE)
			*until = vtime_min(*until, socket_writable_at(s));
	}
	return n;
}

int sys_poll(struct process *p, struct sys_poll *fds, uint32_t count, vtime deadline)
{
	int err = process_spend(p);

	while (err == 0) {
		vtime until = deadline;
		int n = poll_once(p, fds, count, &until);

		if (n != 0 || !vtime_before(process_now(p), deadline))
			return n;
		for (uint32_t i = 0; i < count; i++)
			process_watch(p, process_socket(p, fds[i].fd));
		err = process_block(p, until);
		for (uint32_t i = 0; i < count; i++)
			process_socket(p, fds[i].fd)->wake = NULL;
	}
	return err;
}

struct slab *sys_pattern(struct process *p)
{
	struct processes *ps = p->all;

	if (!ps->pattern) {
		ps->pattern = slab_new(ps->world, SYS_PATTERN);
		/* iperf3's: the digits over and over. */
		for (uint32_t i = 0; i < SYS_PATTERN; i++)
			ps->pattern->bytes[i] = (uint8_t)('0' + i % 10);
	}
	return slab_ref(ps->pattern);
}
