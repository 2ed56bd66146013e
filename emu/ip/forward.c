/*
 * Forwarding (RFC 1812 5.2, 5.3; RFC 8200 3, 5): a packet for someone else.
 *
 *     no or a refusing route -> ICMP unreachable (blackhole: silence), dropped
 *     TTL used up           -> ICMP time exceeded, dropped
 *     too large, may be cut -> fragments
 *     too large, may not    -> ICMP frag-needed / packet too big, dropped
 *     else                  -> one off the TTL, transmitted
 *
 * An ICMP error quotes the packet as it arrived, so all checks come before the TTL is touched.
 */
#include "ip/fragment.h"
#include "ip/hook.h"
#include "ip/icmp.h"
#include "ip/ip.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

static void refuse(struct node *n, struct packet *p, const struct route_entry *e)
{
	if (e->type == ROUTE_NONE) {
		icmp_error(n, p, ICMP_NO_ROUTE, 0);
		packet_drop(p, &n->site, DROP_IP_NO_ROUTE);
	} else if (e->type == ROUTE_BLACKHOLE) {
		packet_drop(p, &n->site, DROP_IP_BLACKHOLE);
	} else {
		icmp_error(n, p, e->type == ROUTE_PROHIBIT ? ICMP_PROHIBITED : ICMP_HOST_UNREACHABLE,
			   0);
		packet_drop(p, &n->site, DROP_IP_UNREACHABLE_ROUTE);
	}
}

struct way {
	struct node *node;
	struct route_entry *entry;
	struct ip_iface *dev;
	struct ipaddr next_hop;
};

static void transmit_fragment(struct packet *p, void *arg)
{
	struct way *w = arg;

	ip_transmit(w->node, p, w->dev, &w->next_hop, w->entry);
}

static struct packet *hooks(struct node *n, struct packet *p, struct ip_iface *out)
{
	struct ip_iface *in = p->in ? ip_iface_of(p->in) : NULL;

	p = ip_hook(n, IP_FORWARD, p, in, out);
	return p ? ip_hook(n, IP_POSTROUTING, p, in, out) : NULL;
}

void ip_forward(struct node *n, struct packet *p, struct route_entry *entry)
{
	struct route *r = entry->route;
	uint8_t *hdr = p->hdr + p->l3;
	bool ip4 = hdr[0] >> 4 == 4;

	/* Before the TTL, as in Linux: that is why traceroute ends with !N where the route does. */
	if (__builtin_expect(entry->type != ROUTE_UNICAST, 0)) {
		refuse(n, p, entry);
		return;
	}
	if (__builtin_expect(p->ttl <= 1, 0)) {
		icmp_error(n, p, ICMP_TTL, 0);
		packet_drop(p, &n->site, DROP_IP_TTL);
		return;
	}
	uint32_t mtu = r->mtu && r->mtu < r->dev->link.mtu ? r->mtu : r->dev->link.mtu;
	bool too_big = packet_l3_len(p) > mtu;

	if (__builtin_expect(too_big, 0) && (ip4 ? hdr[6] & 0x40 : !(p->flags & PACKET_WAS_CUT))) {
		icmp_error(n, p, ICMP_TOO_BIG, mtu);
		packet_drop_detail(p, &n->site, DROP_IP_TOO_BIG, mtu);
		return;
	}
	if (ip4)
		ipv4_decrement_ttl(hdr);
	else
		hdr[7]--;
	p->head = p->l3;
	if (__builtin_expect(n->hooks != NULL, 0) && !(p = hooks(n, p, r->dev)))
		return;
	n->forwarded++;
	struct way w = {n, entry, r->dev,
			ipaddr_is_any(&r->gateway) ? entry->dst : r->gateway};
	if (__builtin_expect(too_big, 0) && ip4)
		ip4_fragment(p, mtu, transmit_fragment, &w);
	else if (__builtin_expect(too_big, 0))
		ip6_fragment(p, mtu, (uint32_t)rng_u64(&n->rng), transmit_fragment, &w);
	else
		ip_transmit(n, p, w.dev, &w.next_hop, entry);
}
