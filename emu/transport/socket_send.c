/* Sending: from a message to a packet in IP's hands, and the send buffer. */
#include <errno.h>
#include <string.h>

#include "transport/socket.h"
#include "transport/transport.h"

/* What a datagram occupies on Ethernet besides itself: header, FCS, preamble, gap. */
#define ETHERNET_EXTRA 38

vtime socket_writable_at(const struct socket *s)
{
	return vtime_sub(s->pace.until, vtime_ns(s->pace.ahead_ns));
}

static bool is_writable(const struct socket *s)
{
	return socket_writable_at(s).ns <= node_now(s->node).ns;
}

unsigned socket_ready(const struct socket *s)
{
	if (s->ops->ready)
		return s->ops->ready(s);
	return (s->rx_head ? SOCKET_READABLE : 0u) | (is_writable(s) ? SOCKET_WRITABLE : 0u) |
	       (s->error || s->err_head ? SOCKET_FAILED : 0u);
}

int socket_send(struct socket *s, const struct socket_out *m)
{
	const struct endpoint *to = m->to ? m->to : &s->peer;
	struct endpoint here;

	if (!s->ops->send)
		return -EOPNOTSUPP;
	if (__builtin_expect(s->error, 0)) {
		int err = -s->error;

		s->error = 0;
		return err;
	}
	if (!m->to && !s->connected)
		return -EDESTADDRREQ;
	if (m->head_len > SOCKET_HEAD_MAX || m->len > UINT16_MAX)
		return -EMSGSIZE;
	if (__builtin_expect(!is_writable(s), 0))
		return -EAGAIN;
	if (__builtin_expect(ipaddr_is_any(&to->addr), 0)) { /* as on Linux: this host */
		here = *to;
		here.addr = s->v6 && !ipaddr_is4(&to->addr) ? ipaddr_loopback6 : ipaddr_loopback4;
		to = &here;
	}
	if (__builtin_expect(s->local.port == 0, 0)) {
		int err = socket_take_port(s, &s->local);

		if (err)
			return err;
	}
	return s->ops->send(s, to, m);
}

struct packet *socket_packet(struct socket *s, const struct endpoint *to)
{
	return ip_packet_new(s->node, ipaddr_is4(&to->addr));
}

void socket_fill(struct packet *p, const struct socket_out *m)
{
	if (m->head_len)
		memcpy(packet_put(p, (uint16_t)m->head_len), m->head, m->head_len);
	if (m->len == 0)
		return;
	if (m->slab)
		packet_set_payload(p, m->slab, m->data, m->len);
	else if (m->head_len + m->len <= SOCKET_HEAD_MAX)
		memcpy(packet_put(p, (uint16_t)m->len), m->data, m->len);
	else
		packet_copy_in(p, m->data, m->len);
}

/* How long the interface takes for one datagram, and for a send buffer full of them. */
static void pace_compute(struct socket *s, uint64_t rate, uint32_t bytes)
{
	uint32_t slots = s->sndbuf / socket_truesize(bytes);

	s->pace.rate = rate;
	s->pace.bytes = bytes;
	s->pace.each_ns = (int64_t)((uint64_t)(bytes + ETHERNET_EXTRA) * 8 * NS_PER_S / rate);
	/* The one that does not fit any more waits: Linux asks before it charges. */
	s->pace.ahead_ns = s->pace.each_ns * slots;
}

static void pace_charge(struct socket *s, uint64_t rate, uint32_t bytes)
{
	if (rate == 0)
		return;
	if (rate != s->pace.rate || bytes != s->pace.bytes)
		pace_compute(s, rate, bytes);
	vtime from = vtime_max(s->pace.until, node_now(s->node));
	s->pace.until = vtime_ns(from.ns + s->pace.each_ns);
}

int socket_transmit(struct socket *s, struct packet *p, const struct endpoint *to,
		    const struct ip_flow *f, const struct ip_path *path)
{
	uint32_t bytes = packet_l3_len(p) + (ipaddr_is4(&f->dst) ? 20 : 40);
	uint64_t dropped = path->dev ? iface_dropped(&path->dev->link) : 0;
	int err = ip_send(s->node, p, f, path);

	if (__builtin_expect(err, 0)) {
		if (err == -EMSGSIZE && f->pmtudisc >= IP_PMTU_DO)
			socket_fail_local(s, to, path->mtu);
		return err;
	}
	s->tx_packets++;
	/* What the queue refused is gone, and its place in the send buffer is free again. */
	if (path->dev && iface_dropped(&path->dev->link) == dropped)
		pace_charge(s, iface_rate(&path->dev->link), bytes);
	return 0;
}
