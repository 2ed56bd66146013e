/* Options of SOL_SOCKET that are more than an integer, or that the engine has no need of. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "lib/option.h"
#include "transport/stream.h"
#include "transport/tcp/tcp.h"

int option_type(struct descriptor *d, void *value, socklen_t *len)
{
	return option_give_int(descriptor_is_stream(d) ? SOCK_STREAM : SOCK_DGRAM, value, len);
}

int option_protocol(struct descriptor *d, void *value, socklen_t *len)
{
	return option_give_int(d->protocol, value, len);
}

int option_domain(struct descriptor *d, void *value, socklen_t *len)
{
	return option_give_int(d->socket->v6 ? AF_INET6 : AF_INET, value, len);
}

int option_accepting(struct descriptor *d, void *value, socklen_t *len)
{
	return option_give_int(descriptor_is_stream(d) && tcp_of(d->socket)->state == TCP_LISTEN,
			       value, len);
}

int option_get_linger(struct descriptor *d, void *value, socklen_t *len)
{
	return option_give(&d->linger, sizeof(d->linger), value, len);
}

/* A close never waits here; a linger of 0 s is what resets. */
int option_set_linger(struct descriptor *d, const void *value, socklen_t len)
{
	if (len < sizeof(d->linger))
		return -EINVAL;
	memcpy(&d->linger, value, sizeof(d->linger));
	d->linger.l_onoff = d->linger.l_onoff != 0;
	if (descriptor_is_stream(d))
		stream_set_linger(d->socket, d->linger.l_onoff ? d->linger.l_linger : -1);
	return 0;
}

int option_get_device(struct descriptor *d, void *value, socklen_t *len)
{
	const struct ip_iface *i = d->socket->device;

	if (!i) {
		*len = 0;
		return 0;
	}
	if (*len < IFNAMSIZ)
		return -EINVAL;
	return option_give(i->link.name, (socklen_t)strlen(i->link.name) + 1, value, len);
}

int option_set_device(struct descriptor *d, const void *value, socklen_t len)
{
	char name[IFNAMSIZ] = "";
	const struct ip_iface *i;

	if (len > sizeof(name) - 1)
		len = sizeof(name) - 1;
	if (len)
		memcpy(name, value, len);
	if (!*name)
		return socket_set(d->socket, SOCKET_DEVICE, 0);
	i = node_iface_find(d->socket->node, name);
	return i ? socket_set(d->socket, SOCKET_DEVICE, (int)i->link.index) : -ENODEV;
}

int option_get_rcvlowat(struct descriptor *d, void *value, socklen_t *len)
{
	return option_give_int(d->rcvlowat, value, len);
}

int option_set_rcvlowat(struct descriptor *d, const void *value, socklen_t len)
{
	int v, err = option_take_int(value, len, &v);

	if (err)
		return err;
	d->rcvlowat = v > 0 ? v : v < 0 ? INT32_MAX : 1;
	return 0;
}

/* 32 bits or 64, all ones: no limit (sk_setsockopt()). */
int option_set_pacing(struct descriptor *d, const void *value, socklen_t len)
{
	uint64_t rate = UINT64_MAX;
	uint32_t small;

	if (len >= sizeof(rate)) {
		memcpy(&rate, value, sizeof(rate));
	} else if (len >= sizeof(small)) {
		memcpy(&small, value, sizeof(small));
		rate = small == UINT32_MAX ? UINT64_MAX : small;
	} else {
		return -EINVAL;
	}
	stream_set_pacing(d->socket, rate);
	return 0;
}

int option_get_pacing(struct descriptor *d, void *value, socklen_t *len)
{
	uint64_t rate = tcp_of(d->socket)->sk_max_pacing_rate;
	uint32_t small = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;

	if (*len >= sizeof(rate))
		return option_give(&rate, sizeof(rate), value, len);
	return option_give(&small, sizeof(small), value, len);
}
