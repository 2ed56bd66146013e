/* Ethernet: from an interface's frames to the protocol, and the header of what leaves. */
#include "ip/ip.h"
#include "ip/neigh.h"
#include "wire/eth.h"

static inline bool accept(struct iface *iface, struct packet *p, struct eth_hdr *h)
{
	struct node *n = ip_iface_of(iface)->node;

	if (__builtin_expect(!n->up, 0)) {
		packet_drop(p, &n->site, DROP_NODE_DOWN);
		return false;
	}
	if (eth_parse(p->hdr + p->head, (size_t)(p->end - p->head), h) != ETH_OK) {
		packet_drop(p, &n->site, DROP_ETH_MALFORMED);
		return false;
	}
	if (mac_is_multicast(&h->dst)) {
		p->flags |= PACKET_BROADCAST;
	} else if (!mac_eq(&h->dst, &iface->mac)) {
		packet_ignore(p, &n->site, DROP_ETH_NOT_FOR_US);
		return false;
	}
	/* A priority tag (VLAN 0) is no VLAN (802.1Q 6.9). */
	if ((h->tagged ? h->vlan.vid : 0) != iface->vlan) {
		packet_ignore(p, &n->site, DROP_VLAN_MISMATCH);
		return false;
	}
	p->in = iface;
	p->l3 = (uint16_t)(p->head + eth_hlen(h));
	return true;
}

bool ether_accept(struct iface *i, struct packet *p, struct eth_hdr *h)
{
	return accept(i, p, h);
}

void ether_input(struct iface *iface, struct packet *p)
{
	struct ip_iface *i = ip_iface_of(iface);
	struct node *n = i->node;
	struct eth_hdr h;

	if (!accept(iface, p, &h))
		return;
	switch (h.type) {
	case ETH_TYPE_IPV4:
		ip4_input(i, p);
		break;
	case ETH_TYPE_IPV6:
		ip6_input(i, p);
		break;
	case ETH_TYPE_ARP:
		arp_input(i, p);
		break;
	default:
		packet_drop_detail(p, &n->site, DROP_ETH_UNKNOWN_TYPE, h.type);
	}
}

void ether_output(struct ip_iface *i, struct packet *p, struct mac dst, uint16_t type)
{
	struct eth_hdr h = {.dst = dst, .src = i->link.mac, .type = type};

	if (i->link.vlan) {
		h.tagged = true;
		h.vlan.vid = i->link.vlan;
	}
	eth_emit(packet_push(p, (uint16_t)eth_hlen(&h)), &h);
	iface_send(&i->link, p);
}
