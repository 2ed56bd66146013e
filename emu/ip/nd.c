/* Neighbour discovery (RFC 4861 7.2): solicitations and advertisements. */
#include <netinet/in.h>

#include "ip/ip.h"
#include "ip/neigh.h"
#include "wire/icmp6.h"
#include "wire/ipv6.h"
#include "wire/nd_opt.h"

/* Sends a message of one fixed part and one link-layer address option. */
static void nd_send(struct ip_iface *i, const struct ipaddr *src, const struct ipaddr *dst,
		    struct icmp6 *m, enum nd_opt_type type)
{
	struct packet *p = ip_packet_new(i->node, false);
	struct nd_opt opt = {.type = (uint8_t)type, .lla = i->link.mac};
	uint8_t body[ND_OPT_LLA_LEN];
	struct ip_flow f = {
		.src = *src, .dst = *dst, .oif = i, .proto = IPPROTO_ICMPV6, .ttl = ND_HOP_LIMIT};
	struct ip_path path = {.dev = i, .next_hop = *dst, .mtu = i->link.mtu};

	nd_opt_emit(body, &opt);
	m->checksum = icmp6_checksum(src, dst, m, sizeof(body), csum_partial(body, sizeof(body), 0));
	icmp6_emit(packet_put(p, (uint16_t)icmp6_hlen((uint8_t)m->type)), m);
	memcpy(packet_put(p, sizeof(body)), body, sizeof(body));
	ip_send(i->node, p, &f, &path);
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
		nd_send(e->dev, src, unicast ? &e->addr : &group, &m, ND_OPT_SLLA);
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
	if (lla && !dad) {
		struct neigh *e = neigh_get(n, i, &info->src);

		if (e)
			neigh_learn(n, e, &lla->lla, NEIGH_OVERHEARD, true);
	}
	nd_send(i, &m->ns.target, dad ? &ipaddr_all_nodes6 : &info->src, &reply, ND_OPT_TLLA);
}

static void advertisement_input(struct node *n, struct ip_iface *i, const struct icmp6 *m,
				const struct nd_opt *lla)
{
	struct neigh *e = neigh_find(n, i, &m->na.target);

	if (!e)
		return; /* RFC 4861 7.2.5: nobody asked */
	e->router = m->na.router;
	if (lla)
		neigh_learn(n, e, &lla->lla, m->na.solicited ? NEIGH_ANSWERED : NEIGH_OVERHEARD,
			    m->na.override);
	else if (m->na.solicited)
		neigh_confirm(n, e);
}

void nd_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	uint32_t len = packet_l4_len(p);
	struct nd_opt opt;
	struct icmp6 m;
	bool have;

	if (!info->in || !packet_pull(p, p->l4, (uint16_t)(len < PACKET_HDR ? len : PACKET_HDR)) ||
	    icmp6_parse(p->hdr + p->l4, len, &m) != ICMP6_OK) {
		packet_drop(p, &n->site, DROP_ND_MALFORMED);
		return;
	}
	const uint8_t *opts = p->hdr + p->l4 + icmp6_hlen((uint8_t)m.type);
	size_t opts_len = len - icmp6_hlen((uint8_t)m.type);
	if (nd_check(&info->src, &info->dst, info->ttl, &m, opts, opts_len) != ND_VALID) {
		packet_drop(p, &n->site, DROP_ND_MALFORMED);
		return;
	}
	switch (m.type) {
	case ICMP6_MSG_NEIGHBOR_SOLICITATION:
		have = nd_opt_find(opts, opts_len, ND_OPT_SLLA, &opt);
		solicitation_input(n, info->in, info, &m, have ? &opt : NULL);
		packet_free(p);
		break;
	case ICMP6_MSG_NEIGHBOR_ADVERTISEMENT:
		have = nd_opt_find(opts, opts_len, ND_OPT_TLLA, &opt);
		advertisement_input(n, info->in, &m, have ? &opt : NULL);
		packet_free(p);
		break;
	default:
		/* Hosts get their routes from the scenario: router discovery says nothing new. */
		packet_ignore(p, &n->site, DROP_ICMP_IGNORED);
	}
}
