/* Options of sockets, and how much of a buffer a datagram takes. */
#include <errno.h>

#include "transport/socket.h"
#include "transport/transport.h"

/* Linux doubles what is asked for, to make room for its bookkeeping (socket(7)). */
#define MIN_RCVBUF 2304
#define MIN_SNDBUF 4608

static uint32_t buffer_size(int value, int32_t max, uint32_t min)
{
	if (value < 0 || value > max)
		value = max;
	return 2 * (uint32_t)value > min ? 2 * (uint32_t)value : min;
}

static int set_device(struct socket *s, int index)
{
	struct ip_iface *i = NULL;

	if (index) {
		i = node_iface_by_index(s->node, (uint32_t)index);
		if (!i)
			return -ENODEV;
	}
	s->device = i;
	return 0;
}

static int set_ttl(uint8_t *ttl, int value, uint8_t otherwise)
{
	if (value == -1)
		value = otherwise;
	else if (value < 1 || value > 255)
		return -EINVAL;
	*ttl = (uint8_t)value;
	return 0;
}

int socket_set(struct socket *s, enum socket_option o, int value)
{
	if (s->ops->set) {
		int err = s->ops->set(s, o, value);

		if (err != -ENOPROTOOPT)
			return err;
	}
	switch (o) {
	case SOCKET_RCVBUF:
		s->rcvbuf = buffer_size(value, s->node->sysctl->rmem_max, MIN_RCVBUF);
		return 0;
	case SOCKET_SNDBUF:
		s->sndbuf = buffer_size(value, s->node->sysctl->wmem_max, MIN_SNDBUF);
		s->pace.rate = 0; /* compute anew */
		return 0;
	case SOCKET_BROADCAST:
		s->broadcast = value != 0;
		return 0;
	case SOCKET_REUSEADDR:
		s->reuseaddr = value != 0;
		return 0;
	case SOCKET_REUSEPORT:
		s->reuseport = value != 0;
		return 0;
	case SOCKET_DEVICE:
		return set_device(s, value);
	case SOCKET_TTL:
		return set_ttl(&s->ttl, value, 0);
	case SOCKET_MULTICAST_TTL:
		return set_ttl(&s->multicast_ttl, value, 1);
	case SOCKET_TOS:
		if (value < 0 || value > 255)
			return -EINVAL;
		s->tos = (uint8_t)value;
		return 0;
	case SOCKET_PMTUDISC:
		if (value < IP_PMTU_DONT || value > IP_PMTU_PROBE)
			return -EINVAL;
		s->pmtudisc = (uint8_t)value;
		return 0;
	case SOCKET_RECVERR:
		s->recverr = value != 0;
		return 0;
	case SOCKET_V6ONLY:
		if (!s->v6 || s->local.port)
			return -EINVAL;
		s->v6only = value != 0;
		return 0;
	default:
		break;
	}
	return -ENOPROTOOPT;
}

static int path_mtu(struct socket *s, int *value)
{
	const struct socket_out nothing = {.tos = -1};
	struct ip_flow f;
	struct ip_path path;

	if (!s->connected)
		return -ENOTCONN;
	int err = socket_route(s, &s->peer, &nothing, &f, &path);
	*value = err ? 0 : (int)path.mtu;
	return err;
}

int socket_get(struct socket *s, enum socket_option o, int *value)
{
	if (s->ops->get) {
		int err = s->ops->get(s, o, value);

		if (err != -ENOPROTOOPT)
			return err;
	}
	switch (o) {
	case SOCKET_RCVBUF:
		*value = (int)s->rcvbuf;
		return 0;
	case SOCKET_SNDBUF:
		*value = (int)s->sndbuf;
		return 0;
	case SOCKET_BROADCAST:
		*value = s->broadcast;
		return 0;
	case SOCKET_REUSEADDR:
		*value = s->reuseaddr;
		return 0;
	case SOCKET_REUSEPORT:
		*value = s->reuseport;
		return 0;
	case SOCKET_DEVICE:
		*value = s->device ? (int)s->device->link.index : 0;
		return 0;
	case SOCKET_TTL:
		*value = s->ttl ? s->ttl
			 : s->v6 ? s->node->sysctl->ip6_hop_limit
				 : s->node->sysctl->ip_default_ttl;
		return 0;
	case SOCKET_MULTICAST_TTL:
		*value = s->multicast_ttl;
		return 0;
	case SOCKET_TOS:
		*value = s->tos;
		return 0;
	case SOCKET_PMTUDISC:
		*value = s->pmtudisc;
		return 0;
	case SOCKET_RECVERR:
		*value = s->recverr;
		return 0;
	case SOCKET_V6ONLY:
		*value = s->v6only;
		return 0;
	case SOCKET_MTU:
		return path_mtu(s, value);
	case SOCKET_ERROR:
		*value = s->error;
		s->error = 0;
		return 0;
	default:
		break;
	}
	return -ENOPROTOOPT;
}

/*
 * Linux charges what the buffer occupies: struct sk_buff (256), and for the data with headroom
 * (80) and struct skb_shared_info (320) the next power of two, or whole pages when it is large.
 * So 212,992 bytes hold 92 full Ethernet frames, or 277 small datagrams.
 */
uint32_t socket_truesize(uint32_t len)
{
	uint32_t data = len + 80 + 320;

	if (data <= 512)
		return 256 + 512;
	if (data > 16384)
		return 256 + ((data + 4095) & ~4095u);
	return 256 + (1u << (32 - __builtin_clz(data - 1)));
}
