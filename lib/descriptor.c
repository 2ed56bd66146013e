#include "lib/descriptor.h"

#include <string.h>

#include "lib/result.h"
#include "lib/world.h"

struct descriptor *descriptor_of(const struct nt_host *h, int fd)
{
	uint32_t i = (uint32_t)fd - FD_FIRST;

	if (fd >= FD_FIRST && i < h->room && h->fds[i])
		return h->fds[i];
	errno = EBADF;
	return NULL;
}

static uint32_t lowest_free(const struct nt_host *h)
{
	uint32_t i = 0;

	while (i < h->room && h->fds[i])
		i++;
	return i;
}

bool descriptors_left(const struct nt_host *h)
{
	return lowest_free(h) < FD_MAX;
}

int descriptor_new(struct nt_host *h, struct socket *s, int protocol)
{
	uint32_t i = lowest_free(h);

	if (i == FD_MAX)
		return -EMFILE;
	if (i == h->room) {
		uint32_t room = h->room ? 2 * h->room : 4;

		h->fds = nt_realloc(h->fds, room * sizeof(struct descriptor *));
		memset(h->fds + h->room, 0, (room - h->room) * sizeof(struct descriptor *));
		h->room = room;
	}
	struct descriptor *d = nt_calloc(1, sizeof(*d));
	d->host = h;
	d->socket = s;
	d->fd = (int)i + FD_FIRST;
	d->protocol = protocol;
	d->rcvlowat = 1;
	watch_init(d);
	h->fds[i] = d;
	return d->fd;
}

void descriptor_close(struct descriptor *d)
{
	watch_fini(d);
	d->host->fds[d->fd - FD_FIRST] = NULL;
	socket_close(d->socket);
	free(d->corked);
	free(d);
}

void descriptors_close(struct nt_host *h)
{
	for (uint32_t i = 0; i < h->room; i++)
		if (h->fds[i])
			descriptor_close(h->fds[i]);
	free(h->fds);
	h->fds = NULL;
	h->room = 0;
}
