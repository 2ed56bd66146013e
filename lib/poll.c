/*
 * Readiness: poll(2), and callbacks.
 *
 * The engine's wake() comes from the depth of a packet's way; it arms the descriptor's event, and
 * the event calls back. Datagram sockets have no wake() for room in the send buffer, for that is a
 * matter of time alone: their event is armed for when there will be some.
 */
#include "lib/descriptor.h"
#include "lib/result.h"
#include "lib/world.h"
#include "transport/stream.h"
#include "transport/tcp/tcp.h"

static struct sched *sched_of(const struct descriptor *d)
{
	return &world_of(d->host->world)->sched;
}

/* SO_RCVLOWAT: less is no news, unless nothing more will come. */
static bool too_little(const struct descriptor *d, unsigned ready)
{
	return d->rcvlowat > 1 && descriptor_is_stream(d) &&
	       tcp_of(d->socket)->state != TCP_LISTEN &&
	       !(ready & (SOCKET_READ_CLOSED | SOCKET_HUNGUP | SOCKET_FAILED)) &&
	       stream_inq(d->socket) < (uint32_t)d->rcvlowat;
}

static short events_of(const struct descriptor *d)
{
	unsigned ready = socket_ready(d->socket);
	int e = 0;

	if (too_little(d, ready))
		ready &= ~(unsigned)SOCKET_READABLE;
	if (ready & SOCKET_READABLE || d->shut_read)
		e |= POLLIN | POLLRDNORM;
	if (ready & SOCKET_WRITABLE)
		e |= POLLOUT | POLLWRNORM;
	if (ready & SOCKET_FAILED)
		e |= POLLERR;
	if (ready & SOCKET_HUNGUP || (d->shut_read && d->shut_write))
		e |= POLLHUP;
	if (ready & SOCKET_READ_CLOSED || d->shut_read)
		e |= POLLRDHUP;
	return (short)e;
}

int nt_poll(struct nt_host *h, struct pollfd *fds, nfds_t n)
{
	int count = 0;

	if (!fds && n)
		return status(-EFAULT);
	for (nfds_t i = 0; i < n; i++) {
		fds[i].revents = 0;
		if (fds[i].fd < 0)
			continue;
		int saved = errno;
		struct descriptor *d = descriptor_of(h, fds[i].fd);

		errno = saved;
		if (d)
			fds[i].revents = (short)(events_of(d) &
						 (fds[i].events | POLLERR | POLLHUP));
		else
			fds[i].revents = POLLNVAL;
		/* Who asks for room and has none is to be told of it. */
		if (d && fds[i].events & POLLOUT && !(fds[i].revents & POLLOUT)) {
			if (descriptor_is_stream(d))
				tcp_of(d->socket)->nospace = true;
			else
				descriptor_full(d);
		}
		count += fds[i].revents != 0;
	}
	return count;
}

static void arm(struct descriptor *d, vtime at)
{
	struct sched *s = sched_of(d);

	if (d->ready && (!event_armed(s, &d->event) || vtime_before(at, event_at(s, &d->event))))
		event_arm(s, &d->event, at);
}

static void woken(struct socket *s)
{
	struct descriptor *d = s->owner;

	arm(d, sched_of(d)->now);
}

void descriptor_full(struct descriptor *d)
{
	d->full = true;
	arm(d, vtime_max(socket_writable_at(d->socket), sched_of(d)->now));
}

static void fire(struct event *e)
{
	struct descriptor *d = container_of(e, struct descriptor, event);

	if (d->full) {
		d->full = vtime_before(sched_of(d)->now, socket_writable_at(d->socket));
		if (d->full)
			arm(d, socket_writable_at(d->socket));
	}
	/* The last thing: the callback may close the descriptor. */
	if (d->ready && events_of(d))
		d->ready(d->host, d->fd, d->arg);
}

void watch_init(struct descriptor *d)
{
	event_init(&d->event, fire);
}

void watch_fini(struct descriptor *d)
{
	d->ready = NULL;
	d->socket->wake = NULL;
	event_cancel(sched_of(d), &d->event);
}

int nt_watch(struct nt_host *h, int fd, void (*ready)(struct nt_host *, int fd, void *arg),
	     void *arg)
{
	struct descriptor *d = descriptor_of(h, fd);

	if (!d)
		return -1;
	watch_fini(d);
	if (!ready)
		return 0;
	d->ready = ready;
	d->arg = arg;
	d->socket->owner = d;
	d->socket->wake = woken;
	if (events_of(d)) /* as epoll_ctl(2): what is there already is news, too */
		arm(d, sched_of(d)->now);
	return 0;
}
