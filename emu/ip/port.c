#include "ip/port.h"

#include <errno.h>
#include <netinet/in.h>

#include "ip/ip.h"
#include "ip/neigh.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#define ND_FIRST 133 /* ICMPv6 types of neighbour discovery (RFC 4861): 133 to 137 */
#define ND_LAST 137

/* ---- what arrives ---- */

static void input_closed(struct iface *i, struct packet *p)
{
	packet_drop(p, i->site, DROP_PORT_CLOSED);
}

static void hand_out(struct ip_iface *i, struct packet *p)
{
	i->node->delivered++;
	i->port->take(i->port, p);
}

static void input_frame(struct iface *iface, struct packet *p)
{
	struct ip_iface *i = ip_iface_of(iface);

	if (i->node->up)
		hand_out(i, p);
	else
		packet_drop(p, iface->site, DROP_NODE_DOWN);
}

static bool is_nd(struct packet *p)
{
	const uint8_t *h = p->hdr + p->l3;

	return packet_pull(p, p->l3, IPV6_HLEN + 1) && h[6] == IPPROTO_ICMPV6 &&
	       h[IPV6_HLEN] >= ND_FIRST && h[IPV6_HLEN] <= ND_LAST;
}

/* Ethernet may have padded it. */
static void trim(struct packet *p, bool ip4)
{
	uint16_t at = ip4 ? 2 : 4;

	if (!packet_pull(p, p->l3, (uint16_t)(at + 2)))
		return;
	uint32_t len = be16_load(p->hdr + p->l3 + at) + (ip4 ? 0u : IPV6_HLEN);
	if (len < packet_l3_len(p) && len >= (ip4 ? IPV4_HLEN : IPV6_HLEN))
		packet_trim(p, p->l3, len);
}

static void input_packet(struct iface *iface, struct packet *p)
{
	struct ip_iface *i = ip_iface_of(iface);
	struct eth_hdr h;

	if (!ether_accept(iface, p, &h))
		return;
	if (h.type == ETH_TYPE_ARP) {
		arp_input(i, p);
	} else if (h.type != ETH_TYPE_IPV4 && h.type != ETH_TYPE_IPV6) {
		packet_drop_detail(p, iface->site, DROP_ETH_UNKNOWN_TYPE, h.type);
	} else if (h.type == ETH_TYPE_IPV6 && is_nd(p)) {
		ip6_input(i, p);
	} else {
		trim(p, h.type == ETH_TYPE_IPV4);
		p->head = p->l3;
		hand_out(i, p);
	}
}

/* ---- attached or not ---- */

void ip_port_make(struct ip_iface *i)
{
	assert(!i->node->protos[0]);
	i->link.input = input_closed;
}

int ip_port_open(struct ip_iface *i, struct ip_port *port, bool frames)
{
	if (i->port)
		return -EBUSY;
	i->port = port;
	port->iface = i;
	i->link.input = frames ? input_frame : input_packet;
	return 0;
}

void ip_port_close(struct ip_port *port)
{
	port->iface->port = NULL;
	port->iface->link.input = input_closed;
}

/* ---- what is sent ---- */

struct packet *ip_port_packet(struct ip_port *port, bool frame, const void *data, size_t len)
{
	struct packet *p = packet_new(node_world(port->iface->node));

	if (frame) /* so that the IP header comes to lie where it always does */
		p->head = p->end = PACKET_L3 - ETH_HLEN;
	size_t head = len < (size_t)(PACKET_HDR - p->end) ? len : (size_t)(PACKET_HDR - p->end);
	if (head)
		memcpy(packet_put(p, (uint16_t)head), data, head);
	if (len > head)
		packet_copy_in(p, (const uint8_t *)data + head, (uint32_t)(len - head));
	p->flags &= (uint8_t)~PACKET_VERIFIED;
	return p;
}

static int refused(struct packet *p, int err)
{
	packet_free(p);
	return err;
}

int ip_port_send_frame(struct ip_port *port, struct packet *p)
{
	struct ip_iface *i = port->iface;
	struct eth_hdr h;
	uint64_t dropped = iface_dropped(&i->link);

	if (eth_parse(p->hdr + p->head, (size_t)(p->end - p->head), &h) == ETH_SHORT)
		return refused(p, -EINVAL);
	if (packet_len(p) - eth_hlen(&h) > i->link.mtu)
		return refused(p, -EMSGSIZE);
	if (!i->node->up || !iface_running(&i->link))
		return refused(p, -ENETDOWN);
	i->node->originated++;
	iface_send(&i->link, p);
	return iface_dropped(&i->link) == dropped ? 0 : -ENOBUFS;
}

/* Version and lengths, as far as routing needs them; the destination. */
static bool header_good(const struct packet *p, struct ipaddr *dst)
{
	const uint8_t *h = p->hdr + p->l3;
	uint32_t len = packet_l3_len(p);

	if (len >= IPV4_HLEN && h[0] >> 4 == 4) {
		*dst = ipaddr_from_bytes4(h + 16);
		return (h[0] & 15) >= 5 && (h[0] & 15) * 4u <= len;
	}
	if (len < IPV6_HLEN || h[0] >> 4 != 6)
		return false;
	*dst = ipaddr_from_bytes16(h + 24);
	return !ipaddr_is4(dst);
}

static bool is_scoped(const struct ipaddr *a)
{
	return ipaddr_is_multicast(a) || ipaddr_is_limited_broadcast(a) ||
	       (!ipaddr_is4(a) && ipaddr_is_linklocal(a));
}

int ip_port_send(struct ip_port *port, struct packet *p)
{
	struct node *n = port->iface->node;
	struct ip_iface *dev = port->iface;
	struct route_entry *e = NULL;
	struct ipaddr dst, next_hop;

	if (!header_good(p, &dst))
		return refused(p, -EINVAL);
	if (!n->up)
		return refused(p, -ENETDOWN);
	next_hop = dst;
	if (!is_scoped(&dst)) {
		e = route_lookup(n, &dst);
		if (e->type != ROUTE_UNICAST && e->type != ROUTE_BROADCAST)
			return refused(p, -EHOSTUNREACH);
		dev = e->route->dev;
		if (!ipaddr_is_any(&e->route->gateway))
			next_hop = e->route->gateway;
	}
	if (!iface_running(&dev->link))
		return refused(p, -ENETDOWN);
	if (packet_l3_len(p) > dev->link.mtu)
		return refused(p, -EMSGSIZE);
	uint64_t dropped = iface_dropped(&dev->link);
	n->originated++;
	ip_transmit(n, p, dev, &next_hop, e);
	return iface_dropped(&dev->link) == dropped ? 0 : -ENOBUFS;
}
