#include "filter/nat64.h"

#include <netinet/in.h>

#include "filter/nat64_addr.h"
#include "filter/nat64_xlate.h"
#include "ip/fragment.h"
#include "ip/icmp.h"
#include "ip/ip.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

static struct packet *drop(struct nat *nat, struct packet *p, enum drop_reason why)
{
	packet_drop(p, &nat->node->site, why);
	return NULL;
}

/*
 * To an endpoint outside that stands for one inside (RFC 6146 3.8): t is what the packet would be in
 * IPv4. It comes from the sender's own endpoint outside. If both ends speak IPv6, the packet stays
 * one: its addresses are what two translations would have made of them. A question goes to no port that
 * is anyone's: a mapping that has the number by chance is another host's.
 */
static struct packet *hairpin(struct nat *nat, struct packet *p, struct conn *c,
			      const struct ct_tuple *t)
{
	struct nat_map like = {.proto = t->proto, .outside = ipaddr_to4(&t->dst), .outside_port = t->dport};
	struct nat_map *map = nat_map_by_outside(&nat->maps, &like), *own;
	const struct nat_forward *f = nat_forward_find(nat, t);
	struct ct_tuple reply = {.proto = t->proto};

	if (!nat->params.hairpinning || (!f && !map) || t->proto == IPPROTO_ICMP)
		return drop(nat, p, DROP_NAT_NO_HAIRPIN);
	own = nat_map_get(nat, t, nat->outside[0]);
	if (!own) {
		icmp_error(nat->node, p, ICMP_PROHIBITED, 0);
		return drop(nat, p, DROP_NAT_EXHAUSTED);
	}
	reply.dst = ipaddr_from4(own->outside);
	reply.dport = own->outside_port;
	if (!f && !nat_hairpin_admits(nat, map, own)) {
		nat_map_reap(&nat->maps, own);
		return drop(nat, p, DROP_NAT_FILTERED);
	}
	reply.src = f ? f->to : map->inside;
	reply.sport = f ? (uint16_t)(f->to_port + t->dport - f->first) : map->inside_port;
	if (!ipaddr_is4(&reply.src))
		reply.dst = nat64_embed(&nat->params.nat64, &reply.dst);
	conn_set_reply(c, &reply);
	nat_map_join(own, c);
	if (!f)
		nat_map_hairpin(map, c);
	return p;
}

struct packet *nat64_begin(struct nat *nat, struct packet *p, struct filter_pass *pass)
{
	struct conn *c = pass->conn;
	struct ct_tuple t = c->way[CT_ORIGINAL].tuple, reply;
	struct route_entry *e;
	struct nat_map *map;

	t.dst = nat64_extract(&nat->params.nat64, &t.dst);
	if (!nat64_crosses_proto(t.proto) || ipaddr_is_multicast(&t.dst) ||
	    ipaddr_is_loopback(&t.dst) || ipaddr_is_any(&t.dst))
		return drop(nat, p, DROP_NAT64);
	if (t.proto == IPPROTO_ICMPV6)
		t.proto = IPPROTO_ICMP;
	e = route_lookup(nat->node, &t.dst);
	if (e->type == ROUTE_LOCAL)
		return hairpin(nat, p, c, &t);
	if (e->type != ROUTE_UNICAST || !nat_is_outside(nat, e->route->dev)) {
		icmp_error(nat->node, p, ICMP_NO_ROUTE, 0);
		return drop(nat, p, DROP_IP_NO_ROUTE);
	}
	map = nat_map_get(nat, &t, e->route->dev);
	if (!map) {
		icmp_error(nat->node, p, ICMP_PROHIBITED, 0);
		return drop(nat, p, DROP_NAT_EXHAUSTED);
	}
	reply = (struct ct_tuple){.src = t.dst, .sport = t.dport, .dst = ipaddr_from4(map->outside),
				  .dport = map->outside_port, .proto = t.proto};
	conn_set_reply(c, &reply);
	nat_map_join(map, c);
	return p;
}

/* ---- over ---- */

struct crossing {
	struct node *node;
	struct ip_iface *in, *out;
	struct route_entry *entry;
	struct ipaddr next_hop;
	uint32_t mtu;
};

/* Route, TTL and MTU, as ip_forward() has them, for p as it will be; false: p was consumed. */
static bool may_go(struct crossing *x, struct packet *p, const struct ipaddr *dst, bool error)
{
	struct node *n = x->node;
	bool to4 = ipaddr_is4(dst);
	struct route *r;

	x->entry = route_lookup(n, dst);
	r = x->entry->route;
	if (x->entry->type != ROUTE_UNICAST || !node_forwards(n, to4)) {
		icmp_error(n, p, ICMP_NO_ROUTE, 0);
		packet_drop(p, &n->site, DROP_IP_NO_ROUTE);
		return false;
	}
	if (p->ttl <= 1) {
		icmp_error(n, p, ICMP_TTL, 0);
		packet_drop(p, &n->site, DROP_IP_TTL);
		return false;
	}
	x->out = r->dev;
	x->next_hop = ipaddr_is_any(&r->gateway) ? x->entry->dst : r->gateway;
	x->mtu = r->mtu && r->mtu < r->dev->link.mtu ? r->mtu : r->dev->link.mtu;
	uint32_t len = packet_l4_len(p) + (to4 ? IPV4_HLEN : IPV6_HLEN);
	if (error || len <= x->mtu || nat64_may_cut(p))
		return true;
	uint32_t most = to4 ? x->mtu + 20 : x->mtu - 20;
	if (to4 && most < IP6_MIN_MTU)
		most = IP6_MIN_MTU;
	icmp_error(n, p, ICMP_TOO_BIG, most);
	packet_drop_detail(p, &n->site, DROP_IP_TOO_BIG, x->mtu);
	return false;
}

static void transmit(struct packet *p, void *arg)
{
	struct crossing *x = arg;

	ip_transmit(x->node, p, x->out, &x->next_hop, x->entry);
}

/* What came without DF becomes fragments that every IPv6 link carries (RFC 7915 4). */
static void go(struct crossing *x, struct packet *p, bool may_cut)
{
	struct node *n = x->node;
	bool ip4 = p->hdr[p->l3] >> 4 == 4;
	uint32_t mtu = !ip4 && x->mtu > IP6_MIN_MTU ? IP6_MIN_MTU : x->mtu;

	if (ip4)
		ipv4_decrement_ttl(p->hdr + p->l3);
	else
		p->hdr[p->l3 + 7]--;
	p = ip_hook(n, IP_FORWARD, p, x->in, x->out);
	if (p)
		p = ip_hook(n, IP_POSTROUTING, p, x->in, x->out);
	if (!p)
		return;
	n->forwarded++;
	if (!may_cut || packet_l3_len(p) <= mtu)
		transmit(p, x);
	else if (ip4)
		ip4_fragment(p, mtu, transmit, x);
	else
		ip6_fragment(p, mtu, (uint32_t)rng_u64(&n->rng), transmit, x);
}

/* Where an error comes from, in the other family: a router of IPv4 stands behind the prefix, one of
 * IPv6 behind this NAT. */
static struct ipaddr reporter(const struct nat *nat, struct packet *p, const struct ct_tuple *is)
{
	struct ct_tuple t;

	tuple_read(p, &t);
	return ipaddr_is4(&t.src) ? nat64_embed(&nat->params.nat64, &t.src) : is->src;
}

void nat64_cross(struct nat *nat, struct packet *p, struct filter_pass *pass, struct ip_iface *in)
{
	const struct conn *c = pass->conn;
	struct ct_tuple was = c->way[pass->dir].tuple, is = tuple_reverse(&c->way[!pass->dir].tuple);
	struct crossing x = {.node = nat->node, .in = in};
	bool error = pass->state == CT_RELATED, may_cut, done;
	uint16_t id;

	if (!may_go(&x, p, &is.dst, error))
		return;
	may_cut = !error && nat64_may_cut(p);
	id = ipaddr_is4(&is.dst) && (may_cut || error) ? (uint16_t)rng_u64(&nat->node->rng) : 0;
	if (error) {
		struct nat64_error e = {.src = reporter(nat, p, &is), .dst = is.dst,
					.quoted = c->way[!pass->dir].tuple,
					.mtu_here = in->link.mtu, .mtu_next = x.mtu};

		done = nat64_translate_error(p, &e, id);
	} else {
		done = nat64_translate(p, &was, &is, id);
	}
	if (done)
		go(&x, p, may_cut);
	else
		drop(nat, p, DROP_NAT64);
}

void nat64_restore(struct packet *p, const struct conn *c, uint8_t dir)
{
	struct ct_tuple is = c->way[dir].tuple, was = tuple_reverse(&c->way[!dir].tuple);

	nat64_translate(p, &was, &is, 0);
}
