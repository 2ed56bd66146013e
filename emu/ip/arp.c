/* ARP (RFC 826): how IPv4 asks for a neighbour, and what it learns from others' asking. */
#include "ip/ip.h"
#include "ip/neigh.h"
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/ipv4.h"

static void arp_send(struct ip_iface *i, struct mac to, const struct arp *a)
{
	struct packet *p = packet_new(node_world(i->node));

	arp_emit(packet_put(p, ARP_LEN), a);
	ether_output(i, p, to, ETH_TYPE_ARP);
}

/* The address to ask from: that of the packet which waits, if it is ours (arp_announce = 0). */
static struct ipaddr asking_address(struct node *n, const struct neigh *e,
				    const struct packet *why)
{
	const struct ipaddr *own;

	if (why) {
		struct ipaddr src = ipaddr_from_bytes4(why->hdr + why->head + 12);

		if (node_addr_find(n, NULL, &src))
			return src;
	}
	own = ip_source_select(e->dev, &e->addr);
	return own ? *own : ipaddr_any4;
}

void arp_solicit(struct node *n, struct neigh *e, bool unicast, const struct packet *why)
{
	struct arp a = {
		.op = ARP_REQUEST,
		.sha = e->dev->link.mac,
		.spa = asking_address(n, e, why),
		.tha = mac_zero,
		.tpa = e->addr,
	};

	arp_send(e->dev, unicast ? e->mac : mac_broadcast, &a);
}

static void ask_all(struct ip_iface *i, const struct ipaddr *from, const struct ipaddr *addr)
{
	struct arp a = {.op = ARP_REQUEST, .sha = i->link.mac, .spa = *from, .tha = mac_zero,
			.tpa = *addr};

	arp_send(i, mac_broadcast, &a);
}

void arp_probe(struct ip_iface *i, const struct ipaddr *addr)
{
	ask_all(i, &ipaddr_any4, addr);
}

void arp_announce(struct ip_iface *i, const struct ipaddr *addr)
{
	ask_all(i, addr, addr);
}

void arp_watch_add(struct ip_iface *i, struct arp_watch *w)
{
	w->next = i->watches;
	i->watches = w;
}

void arp_watch_remove(struct ip_iface *i, struct arp_watch *w)
{
	struct arp_watch **at = &i->watches;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
}

static void tell_watches(struct ip_iface *i, const struct arp *a)
{
	bool probe = a->op == ARP_REQUEST && ipaddr_is_any(&a->spa);

	if (mac_to_u64(&a->sha) == mac_to_u64(&i->link.mac))
		return;
	for (struct arp_watch *w = i->watches; w; w = w->next)
		if (ipaddr_eq(&w->addr, &a->spa) || (probe && ipaddr_eq(&w->addr, &a->tpa))) {
			w->seen = true;
			w->by = a->sha;
		}
}

/* RFC 826's reception algorithm, with Linux's caution: only who is spoken to makes an entry. */
void arp_input(struct ip_iface *i, struct packet *p)
{
	struct node *n = i->node;
	struct arp a;

	if (!packet_pull(p, p->l3, ARP_LEN) ||
	    arp_parse(p->hdr + p->l3, ARP_LEN, &a) != ARP_OK || mac_is_multicast(&a.sha) ||
	    ipaddr_is_multicast(&a.spa) || ipaddr_is_limited_broadcast(&a.spa)) {
		packet_drop(p, &n->site, DROP_ARP_MALFORMED);
		return;
	}
	if (__builtin_expect(i->watches != NULL, 0))
		tell_watches(i, &a);
	bool for_us = node_addr_find(n, NULL, &a.tpa), probe = ipaddr_is_any(&a.spa);
	bool from_us = node_addr_find(n, NULL, &a.spa);
	struct neigh *e = NULL;

	if (!probe && !from_us) {
		e = for_us && a.op == ARP_REQUEST ? neigh_get(n, i, &a.spa)
						  : neigh_find(n, i, &a.spa);
		if (e)
			neigh_learn(n, e, &a.sha,
				    a.op == ARP_REPLY && !(p->flags & PACKET_BROADCAST)
					    ? NEIGH_ANSWERED
					    : NEIGH_OVERHEARD,
				    true);
	}
	if (for_us && a.op == ARP_REQUEST) {
		struct arp reply = {.op = ARP_REPLY,
				    .sha = i->link.mac,
				    .spa = a.tpa,
				    .tha = a.sha,
				    .tpa = a.spa};

		arp_send(i, a.sha, &reply);
	}
	packet_free(p);
}
