#include "transport/udp.h"

#include <errno.h>
#include <netinet/in.h>

#include "core/group.h"
#include "ip/icmp.h"
#include "transport/transport.h"
#include "wire/checksum.h"
#include "wire/offload.h"
#include "wire/udp.h"

#define UDP_CHECKSUM_AT 6

static struct demux *udp_ports(struct node *n)
{
	return &transport_of(n)->udp;
}

/* A random one of ip_local_port_range, or the next free one after it (RFC 6056, 3.3.1). */
static uint16_t udp_pick_port(struct socket *s)
{
	const int32_t *range = s->node->sysctl->local_port_range;
	uint32_t count = (uint32_t)(range[1] - range[0] + 1);
	uint32_t first = rng_below(&s->node->rng, count);
	struct endpoint e = s->local;

	for (uint32_t i = 0; i < count; i++) {
		e.port = (uint16_t)((uint32_t)range[0] + (first + i) % count);
		if (!demux_conflict(udp_ports(s->node), s, &e))
			return e.port;
	}
	return 0;
}

static int udp_output(struct socket *s, const struct endpoint *to, const struct socket_out *m)
{
	uint32_t len = UDP_HLEN + m->head_len + m->len;
	struct ip_flow f;
	struct ip_path path;
	int err;

	if (to->port == 0)
		return -EINVAL;
	if (len > UINT16_MAX)
		return -EMSGSIZE;
	err = socket_route(s, to, m, &f, &path);
	if (err)
		return err;
	f.proto = IPPROTO_UDP;
	struct packet *p = socket_packet(s, to);
	const struct udp_hdr h = {
		.sport = s->local.port,
		.dport = to->port,
		.len = (uint16_t)len,
		.checksum = (uint16_t)~csum_fold(csum_pseudo(&f.src, &f.dst, IPPROTO_UDP, len)),
	};
	udp_emit(packet_put(p, UDP_HLEN), &h);
	p->csum_at = (uint16_t)(p->l4 + UDP_CHECKSUM_AT);
	p->flags |= PACKET_CSUM;
	socket_fill(p, m);
	return socket_transmit(s, p, to, &f, &path);
}

/* To everyone who matches; each gets a packet of its own that shares the payload. */
static void deliver_all(struct demux *ports, const struct demux_key *k, struct packet *p,
			const struct ip_info *info)
{
	struct socket *s = demux_next(ports, k, NULL), *next;

	if (p->flags & PACKET_BROADCAST)
		group_begin(p);
	for (; s && (next = demux_next(ports, k, s)); s = next)
		socket_deliver(s, packet_copy(p), info, k->peer.port);
	socket_deliver(s, p, info, k->peer.port);
}

static bool udp_checksum_right(const struct packet *p, const struct ip_info *info,
			       const struct udp_hdr *h)
{
	if (p->flags & (PACKET_VERIFIED | PACKET_CSUM))
		return true;
	if (h->checksum == 0)
		return ipaddr_is4(&info->src);
	return packet_checksum_ok(p, csum_pseudo(&info->src, &info->dst, IPPROTO_UDP, h->len));
}

static void udp_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	struct transport *t = n->transport;
	struct udp_hdr h;

	if (!packet_pull(p, p->l4, UDP_HLEN) ||
	    udp_parse(p->hdr + p->l4, packet_l4_len(p), &h) != UDP_OK) {
		packet_drop(p, &n->site, DROP_UDP_MALFORMED);
		return;
	}
	packet_trim(p, p->l4, h.len);
	if (!udp_checksum_right(p, info, &h)) {
		packet_drop(p, &n->site, DROP_UDP_CHECKSUM);
		return;
	}
	const struct demux_key k = {
		.local = {.addr = info->dst, .port = h.dport},
		.peer = {.addr = info->src, .port = h.sport},
		.in = info->in,
	};
	bool to_all = p->flags & PACKET_BROADCAST || ipaddr_is_multicast(&info->dst) ||
		      ipaddr_is_limited_broadcast(&info->dst);
	struct socket *s = t ? demux_find(&t->udp, &k) : NULL;
	if (!s) {
		icmp_error(n, p, ICMP_NO_PORT, 0);
		packet_drop_detail(p, &n->site, DROP_UDP_NO_PORT, h.dport);
	} else if (to_all) {
		deliver_all(&t->udp, &k, p, info);
	} else {
		socket_deliver(s, p, info, h.sport);
	}
}

/* The socket that a quoted datagram came from, and its peer. */
static struct socket *sender_find(struct node *n, const struct ip_error *e, struct endpoint *peer)
{
	struct transport *t = n->transport;
	struct udp_hdr h;

	if (!t || udp_parse(e->l4, e->l4_len, &h) == UDP_SHORT)
		return NULL;
	*peer = (struct endpoint){.addr = e->dst, .port = h.dport};
	const struct demux_key k = {
		.local = {.addr = e->src, .port = h.sport},
		.peer = *peer,
		.any_device = true,
	};
	return demux_find(&t->udp, &k);
}

static void udp_error(struct node *n, const struct ip_error *e)
{
	struct endpoint peer;
	struct socket *s = sender_find(n, e, &peer);

	if (s)
		socket_fail(s, e, &peer, e->l4 + UDP_HLEN, e->l4_len - UDP_HLEN);
}

static bool udp_sent(struct node *n, const struct ip_error *e)
{
	struct endpoint peer;

	return sender_find(n, e, &peer) != NULL;
}

static bool listens(struct node *n, const struct ipaddr *addr, uint16_t port)
{
	const struct transport *t = n->transport;
	const struct demux_key k = {
		.local = {.addr = *addr, .port = port}, .any_peer = true, .any_device = true};

	return t && demux_find(&t->udp, &k);
}

const struct ip_proto udp_proto = {
	.proto = IPPROTO_UDP,
	.input = udp_input,
	.error = udp_error,
	.listens = listens,
	.sent = udp_sent,
};

const struct socket_ops udp_ops = {
	.ports = udp_ports,
	.pick_port = udp_pick_port,
	.send = udp_output,
	.header = UDP_HLEN,
};
