/* Neighbour discovery (RFC 4861 7.2): solicitations and advertisements. */
#include <netinet/in.h>

#include "ip/ip.h"
#include "ip/neigh.h"
#include "ip/autoconf/radv.h"
#include "ip/autoconf/slaac.h"
#include "wire/icmp6.h"
#include "wire/ipv6.h"
#include "wire/nd_opt.h"

#define ND_MOST 1500      /* bytes of a message that anyone here reads */
#define OPTIONS_INLINE 64 /* what fits behind every header */

void nd_send(struct ip_iface *i, const struct ipaddr *src, const struct ipaddr *dst,
	     struct icmp6 *m, const void *opts, size_t len)
{
	struct packet *p = ip_packet_new(i->node, false);
	struct ip_flow f = {
		.src = *src, .dst = *dst, .oif = i, .proto = IPPROTO_ICMPV6, .ttl = ND_HOP_LIMIT};
	struct ip_path path = {.dev = i, .next_hop = *dst, .mtu = i->link.mtu};

	m->checksum = icmp6_checksum(src, dst, m, len, csum_partial(opts, len, 0));
	icmp6_emit(packet_put(p, (uint16_t)icmp6_hlen((uint8_t)m->type)), m);
	if (len > OPTIONS_INLINE)
		packet_copy_in(p, opts, (uint32_t)len);
	else if (len)
		memcpy(packet_put(p, (uint16_t)len), opts, len);
	ip_send(i->node, p, &f, &path);
}

/* With the interface's own link-layer address. */
static void send_lla(struct ip_iface *i, const struct ipaddr *src, const struct ipaddr *dst,
		     struct icmp6 *m, enum nd_opt_type type)
{
	struct nd_opt opt = {.type = (uint8_t)type, .lla = i->link.mac};
	uint8_t body[ND_OPT_LLA_LEN];

	nd_send(i, src, dst, m, body, nd_opt_emit(body, &opt));
}

/* RFC 4861 7.2.2: the source of the packet that waits, if it is ours on that interface. */
static const struct ipaddr *asking_address(const struct neigh *e, const struct packet *why,
					   struct ipaddr *buf)
{
	if (why) {
		*buf = ipaddr_from_bytes16(why->hdr + why->head + 8);
		if (node_addr_find(e->dev->node, e->dev, buf))
			return buf;
	}
	return ip_source_select(e->dev, &e->addr);
}

void nd_solicit(struct node *n, struct neigh *e, bool unicast, const struct packet *why)
{
	struct icmp6 m = {.type = ICMP6_MSG_NEIGHBOR_SOLICITATION, .ns = {.target = e->addr}};
	struct ipaddr group = ipaddr_solicited_node(&e->addr), buf;
	const struct ipaddr *src = asking_address(e, why, &buf);

	(void)n;
	if (src)
		send_lla(e->dev, src, unicast ? &e->addr : &group, &m, ND_OPT_SLLA);
}

/* The link-layer address that somebody told beside its own address. */
static void overhear(struct ip_iface *i, const struct ipaddr *src, const struct nd_opt *lla)
{
	struct neigh *e = lla && !ipaddr_is_any(src) ? neigh_get(i->node, i, src) : NULL;

	if (e)
		neigh_learn(i->node, e, &lla->lla, NEIGH_OVERHEARD, true);
}

static void solicitation_input(struct node *n, struct ip_iface *i, const struct ip_info *info,
			       const struct icmp6 *m, const struct nd_opt *lla)
{
	bool dad = ipaddr_is_any(&info->src);
	struct icmp6 reply = {
		.type = ICMP6_MSG_NEIGHBOR_ADVERTISEMENT,
		.na = {.target = m->ns.target,
		       .router = node_forwards(n, false),
		       .solicited = !dad,
		       .override = true},
	};

	if (!node_addr_find(n, i, &m->ns.target))
		return;
	overhear(i, &info->src, lla);
	send_lla(i, &m->ns.target, dad ? &ipaddr_all_nodes6 : &info->src, &reply, ND_OPT_TLLA);
}

/*
 * RFC 4861 7.2.5: whether it changes what is known of the neighbour besides its state. Not if it leaves
 * open what the link-layer address is, and not if it has another one and does not override.
 */
static bool is_news(const struct node *n, struct neigh *e, const struct icmp6 *m,
		    const struct nd_opt *lla)
{
	if (!neigh_knows(neigh_state_now(n, e)))
		return lla;
	return !lla || m->na.override || mac_eq(&lla->lla, &e->mac);
}

static void advertisement_input(struct node *n, struct ip_iface *i, const struct icmp6 *m,
				const struct nd_opt *lla)
{
	struct neigh *e = neigh_find(n, i, &m->na.target);

	if (!e)
		return; /* nobody asked */
	if (is_news(n, e, m, lla)) {
		if (e->router && !m->na.router)
			slaac_router_resigned(i, &m->na.target);
		e->router = m->na.router;
	}
	if (lla)
		neigh_learn(n, e, &lla->lla, m->na.solicited ? NEIGH_ANSWERED : NEIGH_OVERHEARD,
			    m->na.override);
	else if (m->na.solicited)
		neigh_confirm(n, e);
}

/* What is not asked here is ignored: most hosts have their routes from the scenario. */
static bool router_input(struct ip_iface *i, const struct ip_info *info, const struct icmp6 *m,
			 const uint8_t *opts, size_t opts_len)
{
	bool taken, advertised = m->type == ICMP6_MSG_ROUTER_ADVERTISEMENT;
	struct nd_opt lla;

	if (!advertised && m->type != ICMP6_MSG_ROUTER_SOLICITATION)
		return false;
	taken = advertised ? slaac_advertised(i, &info->src, m, opts, opts_len)
			   : radv_solicited(i);
	if (taken && nd_opt_find(opts, opts_len, ND_OPT_SLLA, &lla))
		overhear(i, &info->src, &lla);
	return taken;
}

void nd_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	uint32_t len = packet_l4_len(p);
	uint8_t whole[ND_MOST];
	struct nd_opt opt;
	struct icmp6 m;
	bool have;

	/* Cut in an option then, and malformed. */
	if (len > sizeof(whole))
		len = sizeof(whole);
	if (!info->in || packet_read(p, p->l4, 0, whole, len) < len ||
	    icmp6_parse(whole, len, &m) != ICMP6_OK) {
		packet_drop(p, &n->site, DROP_ND_MALFORMED);
		return;
	}
	const uint8_t *opts = whole + icmp6_hlen((uint8_t)m.type);
	size_t opts_len = len - icmp6_hlen((uint8_t)m.type);
	if (nd_check(&info->src, &info->dst, info->ttl, &m, opts, opts_len) != ND_VALID) {
		packet_drop(p, &n->site, DROP_ND_MALFORMED);
		return;
	}
	switch (m.type) {
	case ICMP6_MSG_NEIGHBOR_SOLICITATION:
		have = nd_opt_find(opts, opts_len, ND_OPT_NONCE, &opt);
		if (!slaac_probed(info->in, &m.ns.target, &info->src, have ? &opt : NULL)) {
			have = nd_opt_find(opts, opts_len, ND_OPT_SLLA, &opt);
			solicitation_input(n, info->in, info, &m, have ? &opt : NULL);
		}
		packet_free(p);
		break;
	case ICMP6_MSG_NEIGHBOR_ADVERTISEMENT:
		have = nd_opt_find(opts, opts_len, ND_OPT_TLLA, &opt);
		if (!slaac_claimed(info->in, &m.na.target))
			advertisement_input(n, info->in, &m, have ? &opt : NULL);
		packet_free(p);
		break;
	default:
		if (router_input(info->in, info, &m, opts, opts_len))
			packet_free(p);
		else
			packet_ignore(p, &n->site, DROP_ICMP_IGNORED);
	}
}
