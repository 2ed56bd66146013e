#include "topo/play/inject_fill.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ip/ip.h"
#include "process/resolve.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/info.h"
#include "wire/arp.h"
#include "wire/icmp6.h"

#define PORT_FIRST 49152 /* RFC 6335 6: dynamic ports */
#define QUOTE4 548       /* RFC 1812 4.3.2.3: an error has at most 576 bytes ... */
#define QUOTE6 1232      /* RFC 4443 2.4: ... and one of IPv6 1280 */

bool inject_failed(struct inject_run *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->why, sizeof(s->why), format, args);
	va_end(args);
	return false;
}

struct ip_iface *inject_owner(const struct internet *in, const struct ipaddr *a)
{
	for (uint32_t n = 0; n < in->scenario->n_nodes; n++) {
		const struct ip_addr *own = in->nodes[n].node
						    ? node_addr_find(in->nodes[n].node, NULL, a) : NULL;

		for (struct ip_iface *i = own ? in->nodes[n].node->ifaces : NULL; i;
		     i = ip_iface_next(i))
			if (node_addr_find(in->nodes[n].node, i, a))
				return i;
	}
	return NULL;
}

struct ip_iface *inject_way(struct inject_run *s, const struct ipaddr *to, struct ipaddr *next_hop)
{
	struct ip_flow f = {.dst = *to, .oif = s->dev};
	struct ip_path path;
	struct ip_iface *i;

	/* A node without an address of its own knows the way all the same. */
	ip_path(s->node, &f, &path);
	i = path.dev ? path.dev : s->dev;
	if (next_hop)
		*next_hop = path.dev ? path.next_hop : *to;
	for (struct ip_iface *k = s->node->ifaces; !i && k; k = ip_iface_next(k))
		if (k->link.out)
			i = k;
	return i;
}

struct mac inject_mac_of(const struct inject_run *s, const struct inject_mac *mac,
			 struct mac otherwise)
{
	if (!mac->given)
		return otherwise;
	return mac->node == TOPO_NONE ? mac->mac : s->in->nodes[mac->node].ifaces[mac->iface]->mac;
}

/* ---- addresses ---- */

/* Any address of a network but its first and its last, where it has others. */
static struct ipaddr address_draw(struct inject_run *s, const struct prefix *net)
{
	struct ipaddr a = net->addr, last = prefix_last(net);

	while (net->len < 128) {
		uint8_t drawn[16];

		rng_bytes(&s->rng, drawn, sizeof(drawn));
		for (unsigned bit = net->len; bit < 128; bit++) {
			uint8_t mask = (uint8_t)(0x80 >> (bit & 7));

			a.b[bit / 8] = (uint8_t)((a.b[bit / 8] & ~mask) | (drawn[bit / 8] & mask));
		}
		if (net->len == 127 || (!ipaddr_eq(&a, &net->addr) && !ipaddr_eq(&a, &last)))
			break;
	}
	return a;
}

static bool end_find(struct inject_run *s, const struct inject_end *end, int family,
		     struct ipaddr *a)
{
	struct endpoint e;
	int err;

	if (end->literal) {
		*a = address_draw(s, &end->net);
		return true;
	}
	err = resolve_host(s->process, end->host, family, &e);
	if (err)
		return inject_failed(s, "%s: %s", end->host, resolve_strerror(err));
	*a = e.addr;
	return true;
}

static bool own_address(struct inject_run *s, struct craft_ip *ip)
{
	struct ip_flow f = {.dst = ip->dst, .oif = s->dev};
	struct ip_path path;
	int err = ip_path(s->node, &f, &path);

	ip->src = f.src;
	return !err || inject_failed(s, "no source address: %s", strerror(-err));
}

static bool ends_fill(struct inject_run *s, const struct topo_inject *i, const struct craft *asked,
		      struct craft_ip *ip)
{
	if (!end_find(s, &i->to, i->family, &ip->dst))
		return false;
	if (i->from.host)
		return end_find(s, &i->from, ipaddr_is4(&ip->dst) ? AF_INET : AF_INET6, &ip->src);
	if (!asked)
		return own_address(s, ip);
	ip->src = asked->ip.dst; /* an error goes to who sent what it is about */
	return true;
}

/* ---- a connection's numbers ---- */

static const struct tcp *connection_find(struct inject_run *s, const struct endpoint *local,
					 const struct endpoint *peer)
{
	struct ip_iface *i = inject_owner(s->in, &local->addr);
	const struct tcp *found = NULL;
	uint32_t n = 0;
	struct tcp_row *rows = i ? tcp_rows(i->node, &n) : NULL;

	for (uint32_t k = 0; k < n; k++)
		if (ipaddr_eq(&rows[k].local.addr, &local->addr) &&
		    ipaddr_eq(&rows[k].peer.addr, &peer->addr) &&
		    rows[k].local.port == local->port && rows[k].peer.port == peer->port)
			found = rows[k].tcp;
	free(rows);
	return found;
}

static bool seqs_fill(struct inject_run *s, const struct topo_inject *i, bool quoted, struct craft *c)
{
	struct endpoint to = {.addr = c->ip.dst, .port = c->tcp.dport};
	struct endpoint from = {.addr = c->ip.src, .port = c->tcp.sport};
	const struct inject_number *numbers[2] = {&i->seq, &i->ack};
	uint32_t *fields[2] = {&c->tcp.seq, &c->tcp.ack};
	const struct tcp *tp = NULL;

	if (i->seq.base || i->ack.base) {
		char a[ENDPOINT_TEXT], b[ENDPOINT_TEXT];

		tp = connection_find(s, quoted ? &from : &to, quoted ? &to : &from);
		if (!tp)
			return inject_failed(s, "there is no connection between %s and %s",
					     endpoint_format(a, sizeof(a), &from),
					     endpoint_format(b, sizeof(b), &to));
	}
	for (int k = 0; k < 2; k++)
		*fields[k] = numbers[k]->n + (numbers[k]->base == INJECT_RCV_NXT   ? tp->rcv_nxt
					      : numbers[k]->base == INJECT_SND_UNA ? tp->snd_una
					      : numbers[k]->base == INJECT_SND_NXT ? tp->snd_nxt
										   : 0);
	return true;
}

/* ---- the rest ---- */

static uint16_t port_of(struct inject_run *s, const struct inject_end *end)
{
	return end->has_port ? end->port : (uint16_t)(PORT_FIRST + rng_below(&s->rng,
							    UINT16_MAX + 1 - PORT_FIRST));
}

static bool transport_fill(struct inject_run *s, const struct topo_inject *i, bool quoted,
			   struct craft *c)
{
	struct ipaddr gateway;

	switch (c->kind) {
	case CRAFT_TCP:
		c->tcp.sport = port_of(s, &i->from);
		c->tcp.dport = i->to.port;
		return seqs_fill(s, i, quoted, c);
	case CRAFT_UDP:
		c->udp.sport = port_of(s, &i->from);
		c->udp.dport = i->to.port;
		return true;
	case CRAFT_ICMP:
		if (!i->gateway.host)
			return true;
		if (!end_find(s, &i->gateway, AF_INET, &gateway))
			return false;
		c->icmp.rest = ipaddr_to4(&gateway);
		return true;
	default:
		return true;
	}
}

static bool quote_fill(struct inject_run *s, const struct topo_inject *i, struct craft *c)
{
	uint32_t most = i->quote_len ? i->quote_len : ipaddr_is4(&c->ip.src) ? QUOTE4 : QUOTE6;
	uint8_t *packet = arena_alloc(s->scratch, CRAFT_MAX);
	struct craft quote;
	size_t len;

	if (!inject_fill(s, i->quote, c, &quote))
		return false;
	len = craft_packet(s->crafter, &quote, packet);
	if (!len)
		return inject_failed(s, "the quoted packet would be longer than 65535 bytes");
	c->data = (struct craft_bytes){packet, len < most ? (uint32_t)len : most};
	return true;
}

static bool data_fill(struct inject_run *s, const struct topo_inject *i, struct craft *c)
{
	uint8_t *drawn;

	if (i->quote)
		return quote_fill(s, i, c);
	if (!i->random)
		return true;
	drawn = arena_alloc(s->scratch, i->random);
	rng_bytes(&s->rng, drawn, i->random);
	c->data = (struct craft_bytes){drawn, i->random};
	return true;
}

/* Neighbours believe each other only where no router was between (RFC 4861 6.1, 7.1, 8.1). */
static uint8_t ttl_default(const struct inject_run *s, const struct craft *c)
{
	if (c->kind == CRAFT_ICMP6 && icmp6_is_nd(c->icmp.type))
		return 255;
	return (uint8_t)(ipaddr_is4(&c->ip.src) ? s->node->sysctl->ip_default_ttl
						: s->node->sysctl->ip6_hop_limit);
}

bool inject_fill(struct inject_run *s, const struct topo_inject *i, const struct craft *asked,
		 struct craft *c)
{
	*c = i->craft;
	if (!ends_fill(s, i, asked, &c->ip) || !transport_fill(s, i, asked != NULL, c) ||
	    !data_fill(s, i, c))
		return false;
	if (!i->has_ttl)
		c->ip.ttl = ttl_default(s, c);
	if (!i->has_id)
		c->ip.id = (uint16_t)rng_below(&s->rng, UINT16_MAX + 1);
	return true;
}

bool inject_fill_arp(struct inject_run *s, struct ip_iface **way, struct craft_arp *arp)
{
	const struct topo_inject *i = s->inject;
	static const struct mac none;
	struct ip_iface *owner, *dev;
	const struct ipaddr *own;

	if (!end_find(s, &i->arp.tpa, AF_INET, &arp->tpa))
		return false;
	dev = *way = inject_way(s, &arp->tpa, NULL);
	if (!dev)
		return inject_failed(s, "no interface has a link");
	own = ip_source_select(dev, &arp->tpa);
	arp->spa = own ? *own : ipaddr_any4;
	if (i->arp.spa.host && !end_find(s, &i->arp.spa, AF_INET, &arp->spa))
		return false;
	owner = i->arp.op == ARP_REPLY ? inject_owner(s->in, &arp->tpa) : NULL;
	arp->op = i->arp.op;
	arp->sha = inject_mac_of(s, &i->arp.sha, dev->link.mac);
	arp->tha = inject_mac_of(s, &i->arp.tha, owner			  ? owner->link.mac
						 : i->arp.op == ARP_REPLY ? mac_broadcast
									  : none);
	return true;
}
