/*
 * What comes to an outside address and belongs to no connection: whom inside it is for (a forwarded port,
 * a mapping that lets its sender in, the exposed host), or that it is for nobody.
 */
#include <netinet/in.h>

#include "filter/conntrack_int.h"
#include "filter/firewall.h"
#include "filter/nat64_addr.h"
#include "filter/nat_int.h"

/* Whether c, a session of map, is between it and that remote endpoint (its address, at least). */
static bool session_is_with(const struct nat *nat, const struct conn *c, const struct nat_map *map,
			    const struct ipaddr *from, uint16_t port, bool any_port)
{
	const struct ct_tuple *t = &c->way[CT_ORIGINAL].tuple;
	bool outbound = ipaddr_eq(&t->src, &map->inside) && t->sport == map->inside_port;
	struct ipaddr peer = outbound ? t->dst : t->src;
	uint16_t peer_port = outbound ? t->dport : t->sport;

	/* To an IPv6 host an IPv4 one is behind the prefix. */
	if (!ipaddr_is4(&peer))
		peer = nat64_extract(&nat->params.nat64, &peer);
	return ipaddr_eq(&peer, from) && (any_port || peer_port == port);
}

/* Whether the mapping lets in what comes from there (RFC 4787 5). */
bool nat_map_admits(const struct nat *nat, const struct nat_map *map, const struct ipaddr *from,
		    uint16_t port)
{
	enum nat_kind filtering = nat_kinds_of(nat, map->proto).filtering;
	bool any_port = filtering == NAT_ADDRESS_DEPENDENT;
	const struct conn *c = map->sessions;

	if (filtering == NAT_ENDPOINT_INDEPENDENT)
		return true;
	if (!c)
		return false;
	do {
		if (session_is_with(nat, c, map, from, port, any_port))
			return true;
	} while ((c = c->map_next) != map->sessions);
	return false;
}

const struct nat_forward *nat_forward_find(const struct nat *nat, const struct ct_tuple *t)
{
	for (uint32_t i = 0; i < nat->params.n_forwards; i++) {
		const struct nat_forward *f = &nat->params.forwards[i];

		if (f->proto == t->proto && t->dport >= f->first && t->dport <= f->last &&
		    (ipaddr_is_any(&f->address) || ipaddr_eq(&f->address, &t->dst)))
			return f;
	}
	return NULL;
}

/*
 * A SYN that nobody waits for. It is for this node, whose rules come first: RFC 5382 REQ-4 is about
 * what is answered, and a firewall may want that nothing is.
 */
static void unsolicited(struct nat *nat, struct packet *p, const struct filter_pass *pass,
			struct ip_iface *in)
{
	struct firewall *firewall = filter_of(nat->node)->firewall;

	if (firewall)
		p = firewall_pass(firewall, FIREWALL_INPUT, p, pass, in, NULL);
	if (p)
		nat_hold(nat, p);
}

/* Whether something on the router itself waits for that. */
static bool is_own(const struct nat *nat, const struct ct_tuple *t)
{
	const struct ip_proto *row = ip_proto_find(nat->node, t->proto);

	return row && row->listens && row->listens(nat->node, &t->dst, t->dport);
}

/* Else it is a segment of a connection that this node does not know (any more). */
static bool is_syn(const struct filter_pass *pass)
{
	return pass->conn->tcp_state == CT_TCP_SYN_SENT;
}

/* What nobody here waits for, and nobody inside asked for. */
static void turn_away(struct nat *nat, struct packet *p, const struct filter_pass *pass,
		      struct ip_iface *in)
{
	if (p->proto == IPPROTO_TCP && is_syn(pass) && nat_is_outside(nat, in))
		unsolicited(nat, p, pass, in);
	else
		packet_drop(p, &nat->node->site, DROP_NAT_FILTERED);
}

struct packet *nat_to_inside(struct nat *nat, struct packet *p, struct filter_pass *pass,
			     struct ip_iface *in)
{
	struct ct_tuple t = pass->conn->way[CT_ORIGINAL].tuple;
	struct ct_tuple reply = tuple_reverse(&t);
	const struct nat_forward *f = nat_forward_find(nat, &t);
	struct nat_map like = {.proto = t.proto, .outside = ipaddr_to4(&t.dst), .outside_port = t.dport};
	struct nat_map *map = nat_map_by_outside(&nat->maps, &like), *own = NULL;
	bool hairpin = !nat_is_outside(nat, in), exposed = nat->params.has_dmz && !is_own(nat, &t);

	/* A question to the NAT's own address is its own to answer; it has no port that is anyone's. */
	if (t.proto == IPPROTO_ICMP)
		return p;
	if (!f && !map && !exposed) {
		if (t.proto != IPPROTO_TCP || !is_syn(pass) || hairpin || is_own(nat, &t) ||
		    !ip_proto_find(nat->node, t.proto))
			return p;
		turn_away(nat, p, pass, in);
		return NULL;
	}
	if (hairpin && !nat->params.hairpinning) {
		packet_drop(p, &nat->node->site, DROP_NAT_NO_HAIRPIN);
		return NULL;
	}
	/* Seen from the inside host, a hairpin comes from the sender's outside endpoint, as
	 * everything else does (RFC 4787 REQ-9 a). */
	if (hairpin) {
		own = nat_map_get(nat, &t, nat->outside[0]);
		if (!own)
			return nat_refuse(nat, p, DROP_NAT_EXHAUSTED);
		reply.dst = ipaddr_from4(own->outside);
		reply.dport = own->outside_port;
	}
	reply.src = f ? f->to : nat->params.dmz;
	reply.sport = f ? (uint16_t)(f->to_port + t.dport - f->first) : t.dport;
	if (!f && map && (own ? nat_hairpin_admits(nat, map, own)
			      : nat_map_admits(nat, map, &reply.dst, reply.dport))) {
		reply.src = map->inside;
		reply.sport = map->inside_port;
	} else if (!f && !exposed) {
		if (own)
			nat_map_reap(&nat->maps, own);
		turn_away(nat, p, pass, in);
		return NULL;
	} else {
		map = NULL;
	}
	if (!ipaddr_is4(&reply.src))
		reply.dst = nat64_embed(&nat->params.nat64, &reply.dst);
	conn_set_reply(pass->conn, &reply);
	if (own || map)
		nat_map_join(own ? own : map, pass->conn);
	if (own && map)
		nat_map_hairpin(map, pass->conn);
	return p;
}
