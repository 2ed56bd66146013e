/* What happens at the two hooks of NAT; nat.h has the theory. */
#include "filter/nat.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "filter/nat64.h"
#include "filter/nat64_addr.h"
#include "filter/nat_int.h"
#include "filter/rewrite.h"
#include "ip/icmp.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"

struct nat *nat_new(struct node *n, const struct nat_params *params)
{
	struct nat *nat = nt_calloc(1, sizeof(*nat));

	nat->node = n;
	nat->params = *params;
	nat->params.pool = nt_copy(params->pool, params->n_pool * sizeof(*params->pool));
	nat->params.forwards =
		nt_copy(params->forwards, params->n_forwards * sizeof(*params->forwards));
	nat_maps_init(&nat->maps, n);
	return nat;
}

void nat_free(struct nat *nat)
{
	if (!nat)
		return;
	nat_held_free(nat, DROP_WORLD_END);
	nat_maps_fini(&nat->maps);
	free((void *)nat->params.pool);
	free((void *)nat->params.forwards);
	free(nat);
}

void nat_add_outside(struct nat *nat, struct ip_iface *i)
{
	assert(nat->n_outside < NAT_OUTSIDES);
	nat->outside[nat->n_outside++] = i;
}

uint32_t nat_mapping_count(const struct nat *nat)
{
	return nat->maps.count;
}

bool nat_is_outside(const struct nat *nat, const struct ip_iface *i)
{
	for (uint32_t k = 0; k < nat->n_outside; k++)
		if (nat->outside[k] == i)
			return true;
	return false;
}

void nat_conn_ended(struct nat *nat, struct conn *c)
{
	const struct ct_tuple *t = &c->way[CT_ORIGINAL].tuple;

	if (c->hairpin) {
		struct ipaddr to = ipaddr_is4(&t->dst) ? t->dst : nat64_extract(&nat->params.nat64, &t->dst);
		struct nat_map like = {
			.proto = t->proto, .outside = ipaddr_to4(&to), .outside_port = t->dport};

		nat_map_unhairpin(&nat->maps, &like);
	}
	if (c->map)
		nat_map_leave(&nat->maps, c);
}

bool nat_conn_is_from(const struct conn *c, const struct ipaddr *outside)
{
	return c->map && ipaddr_is4(outside) && c->map->outside == ipaddr_to4(outside);
}

void nat_reset(struct nat *nat)
{
	nat_held_free(nat, DROP_NODE_DOWN);
	memset(nat->knocks, 0, sizeof(nat->knocks));
}

/* ---- mappings for connections ---- */

struct nat_kinds nat_kinds_of(const struct nat *nat, uint8_t proto)
{
	const struct nat_params *params = &nat->params;

	if (proto == IPPROTO_UDP && params->udp.said)
		return params->udp;
	if (proto == IPPROTO_TCP && params->tcp.said)
		return params->tcp;
	return (struct nat_kinds){.mapping = params->mapping, .filtering = params->filtering};
}

struct nat_map *nat_map_get(struct nat *nat, const struct ct_tuple *t, struct ip_iface *out)
{
	enum nat_kind kind = nat_kinds_of(nat, t->proto).mapping;
	struct nat_map like = {
		.proto = t->proto,
		.inside = t->src,
		.inside_port = t->sport,
		.remote = kind != NAT_ENDPOINT_INDEPENDENT ? ipaddr_to4(&t->dst) : 0,
		.remote_port = kind == NAT_ADDRESS_AND_PORT_DEPENDENT ? t->dport : 0,
	};
	struct nat_map *map = nat_map_by_inside(&nat->maps, &like);

	if (map)
		return map;
	return nat_choose_outside(nat, &like, t, out) ? nat_map_add(&nat->maps, &like) : NULL;
}

/* There is no session for p: its sender is told that this is not for lack of a way (RFC 5508 REQ-8). */
struct packet *nat_refuse(struct nat *nat, struct packet *p, enum drop_reason why)
{
	icmp_error(nat->node, p, ICMP_PROHIBITED, 0);
	packet_drop(p, &nat->node->site, why);
	return NULL;
}

/* ---- what is known of a connection, put into its packets ---- */

/*
 * What may still be cut gets an identification as if this node had sent it: behind one address those
 * of several hosts would meet (RFC 7857 10, RFC 6864 5.3.1).
 */
static void identify(struct node *n, uint8_t *ip)
{
	uint8_t id[2];

	if (ip[0] >> 4 != 4 || ip[6] & 0x40)
		return;
	be16_store(id, n->ip_id++);
	csum_apply(ip + 10, csum_change(0, ip + 4, id, 2));
	memcpy(ip + 4, id, 2);
}

/* NULL: p was consumed. */
static struct packet *translate(struct nat *nat, struct packet *p, const struct filter_pass *pass,
				enum rewrite_end end)
{
	const struct ct_tuple *other = &pass->conn->way[!pass->dir].tuple;
	bool dst = end == REWRITE_DST;
	const struct ipaddr *is = dst ? &other->src : &other->dst;
	uint16_t port = dst ? other->sport : other->dport;

	if (!dst)
		identify(nat->node, p->hdr + p->l3);
	if (pass->state != CT_RELATED) {
		rewrite_end(p, end, is, port);
		return p;
	}
	/* A router's advice about a way that starts on its own link means nothing on another. */
	if (p->hdr[p->l4] == ICMP4_REDIRECT) {
		packet_drop(p, &nat->node->site, DROP_CONNTRACK_INVALID);
		return NULL;
	}
	/* An ICMP error about a packet of the other direction (RFC 5508 4.2, 4.3, 5): its own
	 * address, and the other end of what it quotes. */
	rewrite_end(p, end, is, 0);
	rewrite_quote(p, dst ? REWRITE_SRC : REWRITE_DST, is, port);
	return p;
}

/* ---- the way in: destinations ---- */

/* What a new connection becomes on its way in. NULL: p was consumed. */
static __attribute__((noinline)) struct packet *
begin(struct nat *nat, struct packet *p, struct filter_pass *pass, struct ip_iface *in)
{
	const struct ipaddr *dst = &pass->conn->way[CT_ORIGINAL].tuple.dst;

	if (ipaddr_is4(dst))
		return nat_is_outside_addr(nat, dst) ? nat_to_inside(nat, p, pass, in) : p;
	if (nat->params.has_nat64 && prefix_contains(&nat->params.nat64, dst) && !nat_is_outside(nat, in))
		return nat64_begin(nat, p, pass);
	return p;
}

/* To the prefix of NAT64, but of no connection: there is no way on. */
static __attribute__((noinline)) bool is_lost(const struct nat *nat, struct packet *p)
{
	struct ct_tuple t;

	if (!nat->params.has_nat64 || p->hdr[p->l3] >> 4 != 6)
		return false;
	tuple_read(p, &t);
	return prefix_contains(&nat->params.nat64, &t.dst);
}

struct packet *nat_prerouting(struct nat *nat, struct packet *p, struct filter_pass *pass,
			      struct ip_iface *in)
{
	struct conn *c = pass->conn;

	if (!c) {
		if (!is_lost(nat, p))
			return p;
		packet_drop(p, &nat->node->site, DROP_NAT64);
		return NULL;
	}
	if (__builtin_expect(!c->confirmed, 0) && pass->state != CT_RELATED &&
	    !(p = begin(nat, p, pass, in)))
		return NULL;
	if (__builtin_expect(c->crosses, 0)) {
		nat64_cross(nat, p, pass, in);
		return NULL;
	}
	if (pass->dir == CT_ORIGINAL ? c->dst_nat : c->src_nat)
		return translate(nat, p, pass, REWRITE_DST);
	return p;
}

/* ---- the way out: sources ---- */

/*
 * Whether c, which is new, needs a source outside: it is begun from inside to outside; or by this node
 * itself, from an endpoint that a mapping has already.
 */
static bool leaves(const struct nat *nat, const struct conn *c, const struct ip_iface *in,
		   const struct ip_iface *out)
{
	const struct ct_tuple *t = &c->way[CT_ORIGINAL].tuple;
	struct nat_map like = {.proto = t->proto, .outside_port = t->sport};

	if (c->map || !nat_is_outside(nat, out) || !ipaddr_is4(&t->src))
		return false;
	like.outside = ipaddr_to4(&t->src);
	return in ? !nat_is_outside(nat, in) : nat_map_by_outside(&nat->maps, &like) != NULL;
}

/* Its source outside. False: none is free. */
static __attribute__((noinline)) bool map_source(struct nat *nat, struct conn *c, struct ip_iface *out)
{
	struct ct_tuple reply = c->way[CT_REPLY].tuple;
	struct nat_map *map = nat_map_get(nat, &c->way[CT_ORIGINAL].tuple, out);

	if (!map)
		return false;
	reply.dst = ipaddr_from4(map->outside);
	reply.dport = map->outside_port;
	conn_set_reply(c, &reply);
	nat_map_join(map, c);
	return true;
}

/* What belongs to no connection cannot be translated: a private address shall not get out with it. */
static struct packet *stray(const struct nat *nat, struct packet *p, const struct filter_pass *pass,
			    const struct ip_iface *in, const struct ip_iface *out)
{
	if (pass->state != CT_INVALID || !in || !nat_is_outside(nat, out) || nat_is_outside(nat, in) ||
	    p->hdr[p->l3] >> 4 != 4)
		return p;
	packet_drop(p, &nat->node->site, DROP_CONNTRACK_INVALID);
	return NULL;
}

struct packet *nat_postrouting(struct nat *nat, struct packet *p, struct filter_pass *pass,
			       struct ip_iface *in, struct ip_iface *out)
{
	struct conn *c = pass->conn;

	if (!c)
		return stray(nat, p, pass, in, out);
	if (c->crosses)
		return p;
	if (__builtin_expect(!c->confirmed, 0) && leaves(nat, c, in, out) && !map_source(nat, c, out))
		return nat_refuse(nat, p, DROP_NAT_EXHAUSTED);
	if (pass->dir == CT_ORIGINAL ? c->src_nat : c->dst_nat)
		return translate(nat, p, pass, REWRITE_SRC);
	return p;
}

void nat_undo(struct nat *nat, struct packet *p)
{
	struct ct_tuple left, back;
	const struct ct_tuple *came;
	struct conn *c;
	uint8_t dir;

	if (tuple_read(p, &left) != TUPLE_FLOW)
		return;
	back = tuple_reverse(&left);
	c = conntrack_find(filter_of(nat->node)->conntrack, &back, &dir);
	/* The first packet of a connection for which there was no room. */
	if (!c && (c = filter_of(nat->node)->in.conn) != NULL) {
		dir = CT_REPLY;
		if (c->confirmed || !tuple_eq(&back, &c->way[CT_REPLY].tuple))
			return;
	}
	if (!c)
		return;
	if (c->crosses) {
		nat64_restore(p, c, !dir);
		return;
	}
	came = &c->way[!dir].tuple;
	if (left.sport != came->sport || !ipaddr_eq(&left.src, &came->src))
		rewrite_end(p, REWRITE_SRC, &came->src, came->sport);
	if (left.dport != came->dport || !ipaddr_eq(&left.dst, &came->dst))
		rewrite_end(p, REWRITE_DST, &came->dst, came->dport);
}
