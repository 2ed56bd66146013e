/* Sending: route and source for a flow, the IP header, fragments, and the last step to the wire. */
#include <errno.h>
#include <netinet/in.h>

#include "ip/fragment.h"
#include "ip/hook.h"
#include "ip/ip.h"
#include "ip/neigh.h"
#include "ip/pmtu.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

/* Destinations that the interface decides, not the routes. */
static bool is_scoped(const struct ipaddr *a)
{
	return ipaddr_is_multicast(a) || ipaddr_is_limited_broadcast(a) ||
	       (!ipaddr_is4(a) && ipaddr_is_linklocal(a));
}

static struct ip_iface *first_running(const struct node *n)
{
	struct ip_iface *i = n->ifaces;

	while (i && !iface_running(&i->link))
		i = ip_iface_next(i);
	return i;
}

struct search {
	const struct ipaddr *dst;
	const struct ip_iface *dev;
	struct route *best;
};

static void consider(struct route *r, void *arg)
{
	struct search *s = arg;

	if (r->dev == s->dev && r->type == ROUTE_UNICAST && prefix_contains(&r->dst, s->dst) &&
	    (!s->best || r->dst.len > s->best->dst.len))
		s->best = r;
}

/* The best route that leaves by a given interface; without one, everything is on its link. */
static void path_by_iface(struct node *n, struct ip_flow *f, struct ip_path *path)
{
	struct search s = {.dst = &f->dst, .dev = f->oif};

	fib_walk(&n->fib, consider, &s);
	path->dev = f->oif;
	path->next_hop = s.best && !ipaddr_is_any(&s.best->gateway) ? s.best->gateway : f->dst;
}

static int path_by_route(struct node *n, struct ip_flow *f, struct ip_path *path)
{
	struct route_entry *e = route_lookup(n, &f->dst);
	struct route *r = e->route;

	if (!r)
		return -ENETUNREACH;
	path->entry = e;
	switch (e->type) {
	case ROUTE_LOCAL:
		return 0;
	case ROUTE_BLACKHOLE:
		return -EINVAL;
	case ROUTE_UNREACHABLE:
		return -EHOSTUNREACH;
	case ROUTE_PROHIBIT:
		return -EACCES;
	case ROUTE_BROADCAST:
		path->broadcast = true;
		break;
	default:
		break;
	}
	if (f->oif && f->oif != r->dev) {
		path->entry = NULL;
		path->broadcast = false;
		path_by_iface(n, f, path);
		return 0;
	}
	path->dev = r->dev;
	path->next_hop = ipaddr_is_any(&r->gateway) ? f->dst : r->gateway;
	path->initcwnd = r->initcwnd;
	if (r->mtu && r->mtu < path->mtu)
		path->mtu = r->mtu;
	return 0;
}

static int path_scoped(struct node *n, struct ip_flow *f, struct ip_path *path)
{
	if (!ipaddr_is_multicast(&f->dst) && node_addr_find(n, f->oif, &f->dst))
		return 0;
	path->dev = f->oif ? f->oif : first_running(n);
	path->next_hop = f->dst;
	path->broadcast = ipaddr_is_limited_broadcast(&f->dst);
	return path->dev ? 0 : -ENETUNREACH;
}

static bool iface_has_ip4(const struct ip_iface *i)
{
	const struct ip_addr *a = i->addrs;

	while (a && !ipaddr_is4(&a->addr))
		a = a->next;
	return a != NULL;
}

static int path_source(struct node *n, struct ip_flow *f, const struct ip_path *path)
{
	const struct ipaddr *src;

	if (!ipaddr_is_any(&f->src))
		return node_addr_find(n, NULL, &f->src) || ipaddr_is_loopback(&f->src)
			       ? 0
			       : -EADDRNOTAVAIL;
	if (!path->dev) { /* to itself: from the address it goes to */
		f->src = f->dst;
		return 0;
	}
	/* A host without an address may call to all on its link: DHCP begins so (RFC 1122 3.2.1.3). */
	if (ipaddr_is_limited_broadcast(&f->dst) && !iface_has_ip4(path->dev)) {
		f->src = ipaddr_any4;
		return 0;
	}
	src = ip_source_select(path->dev, &f->dst);
	if (!src)
		return -EADDRNOTAVAIL;
	f->src = *src;
	return 0;
}

/* The way there, whoever sends. */
static int path_way(struct node *n, struct ip_flow *f, struct ip_path *path)
{
	*path = (struct ip_path){.mtu = UINT16_MAX};
	if (!n->up)
		return -ENETDOWN;
	if (is_scoped(&f->dst))
		return path_scoped(n, f, path);
	if (ipaddr_is_loopback(&f->dst) || ipaddr_is_any(&f->dst))
		return 0;
	return path_by_route(n, f, path);
}

int ip_path(struct node *n, struct ip_flow *f, struct ip_path *path)
{
	int err = path_way(n, f, path);

	if (err == 0)
		err = path_source(n, f, path);
	if (err || !path->dev)
		return err;
	if (path->dev->link.mtu < path->mtu)
		path->mtu = path->dev->link.mtu;
	if (f->pmtudisc != IP_PMTU_PROBE && n->pmtus)
		path->mtu = pmtu_get(n, &f->dst, path->mtu);
	return 0;
}

struct packet *ip_packet_new(struct node *n, bool ipv4)
{
	struct packet *p = packet_new(node_world(n));

	p->head = p->l3 = p->l4 = p->end = (uint16_t)(PACKET_L3 + (ipv4 ? IPV4_HLEN : IPV6_HLEN));
	return p;
}

/* Linux labels flows (net.ipv6.auto_flowlabels): 20 bits that stay the same for one flow. */
static uint32_t flow_label(const struct packet *p, const struct ip_flow *f)
{
	uint32_t ports = 0;

	if (f->proto == IPPROTO_ICMPV6)
		return 0;
	if (p->end - p->head >= 4)
		ports = be32_load(p->hdr + p->head);
	uint32_t h = (ipaddr_hash(&f->src) ^ ipaddr_hash(&f->dst) * 0x9e3779b1 ^ ports ^ f->proto) *
		     0x85ebca6b;
	return (h ^ h >> 15) & 0xfffff;
}

static void put_header4(struct node *n, struct packet *p, const struct ip_flow *f, bool df)
{
	struct ipv4_hdr h = {
		.ihl = 5,
		.tos = f->tos,
		.total_len = (uint16_t)(packet_len(p) + IPV4_HLEN),
		.df = df,
		/* An identification is needed only where fragments can come to be (RFC 6864). */
		.id = f->has_id ? f->id : df ? 0 : n->ip_id++,
		.ttl = f->ttl ? f->ttl : (uint8_t)n->sysctl->ip_default_ttl,
		.proto = f->proto,
		.src = f->src,
		.dst = f->dst,
	};
	uint8_t *at = packet_push(p, IPV4_HLEN);

	ipv4_emit(at, &h);
	ipv4_set_checksum(at);
}

static void put_header6(struct node *n, struct packet *p, const struct ip_flow *f)
{
	struct ipv6_hdr h = {
		.tclass = f->tos,
		.flow = flow_label(p, f),
		.payload_len = (uint16_t)packet_len(p),
		.next = f->proto,
		.hop_limit = f->ttl ? f->ttl : (uint8_t)n->sysctl->ip6_hop_limit,
		.src = f->src,
		.dst = f->dst,
	};

	ipv6_emit(packet_push(p, IPV6_HLEN), &h);
}

struct way {
	struct node *node;
	const struct ip_path *path;
};

static void transmit_fragment(struct packet *p, void *arg)
{
	struct way *w = arg;

	ip_transmit(w->node, p, w->path->dev, &w->path->next_hop, w->path->entry);
}

static struct packet *hooks(struct node *n, struct packet *p, struct ip_iface *out)
{
	if (ip_is_nd(p))
		return p;
	p = ip_hook(n, IP_OUTPUT, p, NULL, out);
	return p ? ip_hook(n, IP_POSTROUTING, p, NULL, out) : NULL;
}

int ip_send(struct node *n, struct packet *p, const struct ip_flow *f, const struct ip_path *path)
{
	bool ip4 = ipaddr_is4(&f->dst);
	uint32_t len = packet_len(p) + (ip4 ? IPV4_HLEN : IPV6_HLEN);
	bool fits = len <= path->mtu, must_fit = f->pmtudisc >= IP_PMTU_DO;

	if ((!fits && must_fit) || packet_len(p) > UINT16_MAX - (ip4 ? IPV4_HLEN : 0u)) {
		packet_free(p);
		return -EMSGSIZE;
	}
	p->proto = f->proto;
	p->l4 = p->head;
	if (ip4)
		put_header4(n, p, f, must_fit || (f->pmtudisc == IP_PMTU_WANT && fits));
	else
		put_header6(n, p, f);
	p->l3 = p->head;
	n->originated++;
	if (__builtin_expect(n->hooks != NULL, 0) && path->dev && !(p = hooks(n, p, path->dev)))
		return -EPERM;
	if (!path->dev) {
		ip_loop(n, p);
	} else if (__builtin_expect(fits, 1)) {
		ip_transmit(n, p, path->dev, &path->next_hop, path->entry);
	} else {
		struct way w = {n, path};

		if (ip4)
			ip4_fragment(p, path->mtu, transmit_fragment, &w);
		else
			ip6_fragment(p, path->mtu, (uint32_t)rng_u64(&n->rng), transmit_fragment, &w);
	}
	return 0;
}

/* Of an IP header that somebody else wrote; false: it is none. */
static bool whole_read(const struct packet *p, struct ip_flow *f, bool *may_cut)
{
	const uint8_t *ip = p->hdr + p->head;
	size_t len = (size_t)(p->end - p->head);
	struct ipv4_hdr h4;
	struct ipv6_hdr h6;

	*may_cut = false;
	if (ipv4_parse_quoted(ip, len, &h4) == IPV4_OK) {
		f->dst = h4.dst;
		*may_cut = !h4.df;
		return true;
	}
	if (ipv6_parse_quoted(ip, len, &h6) != IPV6_OK)
		return false;
	f->dst = h6.dst;
	return true;
}

int ip_send_whole(struct node *n, struct packet *p)
{
	struct ip_flow f = {0};
	struct ip_path path;
	bool may_cut;
	int err = whole_read(p, &f, &may_cut) ? path_way(n, &f, &path) : -EINVAL;

	if (!err && path.dev && packet_len(p) > path.dev->link.mtu && !may_cut)
		err = -EMSGSIZE;
	if (err) {
		packet_free(p);
		return err;
	}
	p->l3 = p->head;
	struct way w = {n, &path};
	if (!path.dev)
		ip_loop(n, p);
	else if (packet_len(p) > path.dev->link.mtu)
		ip4_fragment(p, path.dev->link.mtu, transmit_fragment, &w);
	else
		ip_transmit(n, p, path.dev, &path.next_hop, path.entry);
	return 0;
}

int ip_send_crafted(struct node *n, struct packet *p, const struct ipaddr *dst,
		    struct ip_iface *oif)
{
	struct ip_flow f = {.dst = *dst, .oif = oif};
	struct ip_path path;
	int err = path_way(n, &f, &path);

	if (!err && !path.dev)
		err = -EOPNOTSUPP;
	else if (!err && packet_l3_len(p) > path.dev->link.mtu)
		err = -EMSGSIZE;
	if (err) {
		packet_free(p);
		return err;
	}
	n->originated++;
	ip_transmit(n, p, path.dev, &path.next_hop, path.entry);
	return 0;
}

static struct neigh *next_hop_neigh(struct node *n, struct ip_iface *dev,
				    const struct ipaddr *next_hop, struct route_entry *entry)
{
	struct neigh *e = neigh_get(n, dev, next_hop);

	if (entry && e)
		entry->neigh = e;
	return e;
}

void ip_transmit(struct node *n, struct packet *p, struct ip_iface *dev,
		 const struct ipaddr *next_hop, struct route_entry *entry)
{
	bool ip4 = ipaddr_is4(next_hop);
	struct neigh *e = entry ? entry->neigh : NULL;

	if (__builtin_expect(!e, 0)) {
		if (ipaddr_is_multicast(next_hop)) {
			ether_output(dev, p, mac_from_multicast(next_hop),
				     ip4 ? ETH_TYPE_IPV4 : ETH_TYPE_IPV6);
			return;
		}
		if (ipaddr_is_limited_broadcast(next_hop) ||
		    (entry && entry->type == ROUTE_BROADCAST)) {
			ether_output(dev, p, mac_broadcast, ETH_TYPE_IPV4);
			return;
		}
		e = next_hop_neigh(n, dev, next_hop, entry);
		if (!e) {
			packet_drop_detail(p, &n->site, DROP_NEIGH_TABLE_FULL,
					   (uint64_t)n->neigh.of_family[ip4]);
			return;
		}
	}
	if (__builtin_expect(!vtime_before(e->fresh_until, node_now(n)), 1)) {
		e->used = node_now(n);
		ether_output(dev, p, e->mac, ip4 ? ETH_TYPE_IPV4 : ETH_TYPE_IPV6);
	} else {
		neigh_output(n, e, p);
	}
}
