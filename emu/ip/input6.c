/*
 * An IPv6 packet came in (RFC 8200 3, 4): validation, extension headers, then where it goes.
 *
 * Hop-by-hop options concern every node; all other extension headers only the destination. What
 * carries a routing header with segments left is refused (RFC 5095 for type 0; no other type is
 * known here).
 */
#include <netinet/in.h>

#include "ip/fragment.h"
#include "ip/hook.h"
#include "ip/icmp.h"
#include "ip/ip.h"
#include "wire/ipv6.h"
#include "wire/ipv6_ext.h"

#define NEXT_OFF 6 /* of the fixed header's Next Header byte */
#define SEGMENTS_LEFT_OFF 3 /* in a routing header */

static bool is_own_group(const struct ip_iface *i, const struct ipaddr *group)
{
	if (ipaddr_eq(group, &ipaddr_all_nodes6))
		return true;
	if (ipaddr_eq(group, &ipaddr_all_routers6))
		return node_forwards(i->node, false);
	for (const struct ip_addr *a = i->addrs; a; a = a->next) {
		struct ipaddr solicited = ipaddr_solicited_node(&a->addr);

		if (!ipaddr_is4(&a->addr) && ipaddr_eq(group, &solicited))
			return true;
	}
	return false;
}

/* Walks the extension headers; false: the packet was refused and is gone. */
static bool walk(struct node *n, struct packet *p, struct ipv6_ext *ext)
{
	uint32_t room = PACKET_HDR - p->l3, len = packet_l3_len(p);

	packet_pull(p, p->l3, (uint16_t)(len < room ? len : room));
	enum ipv6_ext_result r = ipv6_ext_walk(p->hdr + p->l3, (size_t)(p->end - p->l3), ext);
	switch (r) {
	case IPV6_EXT_OK:
		return true;
	case IPV6_EXT_HBH_NOT_FIRST:
		icmp_error(n, p, ICMP_NO_PROTOCOL, ext->pointer);
		break;
	case IPV6_EXT_BAD_JUMBO:
	case IPV6_EXT_BAD_FRAGMENT:
	case IPV6_EXT_BAD_ROUTING:
		icmp_error(n, p, ICMP_BAD_HEADER, ext->pointer);
		break;
	default:
		break;
	}
	packet_drop(p, &n->site, DROP_IP_OPTIONS);
	return false;
}

/* RFC 8200 4.2: what the type of an unknown option asks for. False: the packet is gone. */
static bool heed_options(struct node *n, struct packet *p, const struct ipv6_ext *ext,
			 bool multicast)
{
	if (ext->opt_action == IPV6_OPT_SKIP)
		return true;
	if (ext->opt_action == IPV6_OPT_DISCARD_ICMP ||
	    (ext->opt_action == IPV6_OPT_DISCARD_ICMP_UNICAST && !multicast))
		icmp_error(n, p, ICMP_BAD_OPTION, ext->opt_off);
	packet_drop(p, &n->site, DROP_IP_OPTIONS);
	return false;
}

static struct packet *hook(struct node *n, enum ip_hook at, struct packet *p)
{
	if (ip_is_nd(p))
		return p;
	return ip_hook(n, at, p, p->in ? ip_iface_of(p->in) : NULL, NULL);
}

static void input_local(struct node *n, struct packet *p, const struct ipv6_hdr *h,
			struct ipv6_ext *ext)
{
	if (__builtin_expect(ext->count > 0, 0)) {
		if (!heed_options(n, p, ext, ipaddr_is_multicast(&h->dst)))
			return;
		if (ext->routing_off && ext->segments_left) {
			icmp_error(n, p, ICMP_BAD_HEADER, ext->routing_off + SEGMENTS_LEFT_OFF);
			packet_drop(p, &n->site, DROP_IP_OPTIONS);
			return;
		}
		if (ext->frag_off) {
			struct ipv6_hdr whole;

			p = ip_reassemble(n, p, (uint16_t)(p->l3 + ext->frag_off));
			if (!p)
				return;
			/* What was behind the fragment header is to be walked only now. */
			if (ipv6_parse_quoted(p->hdr + p->l3, IPV6_HLEN, &whole) != IPV6_OK) {
				packet_drop(p, &n->site, DROP_IP_MALFORMED);
				return;
			}
			*ext = (struct ipv6_ext){
				.proto = whole.next, .l4_off = IPV6_HLEN, .next_off = NEXT_OFF};
			if (ipv6_has_ext(whole.next)) {
				if (!walk(n, p, ext))
					return;
				if (ext->frag_off) { /* a fragment of a fragment */
					packet_drop(p, &n->site, DROP_IP_OPTIONS);
					return;
				}
				input_local(n, p, h, ext);
				return;
			}
		}
	}
	if (ext->proto == IPPROTO_NONE) { /* RFC 8200 4.7: nothing follows */
		packet_free(p);
		return;
	}
	p->l4 = (uint16_t)(p->l3 + ext->l4_off);
	p->proto = ext->proto;
	if (__builtin_expect(n->hooks != NULL, 0) && !(p = hook(n, IP_INPUT, p)))
		return;
	struct ip_info info = {
		.src = h->src,
		.dst = h->dst,
		.in = p->in ? ip_iface_of(p->in) : NULL,
		.proto = ext->proto,
		.ttl = p->ttl,
		.tos = p->tos,
		.next_off = ext->next_off,
	};
	ip_deliver(n, p, &info);
}

static void input_other(struct node *n, struct packet *p, const struct ipv6_hdr *h,
			const struct ipv6_ext *ext, struct route_entry *entry)
{
	if (!node_forwards(n, false)) {
		packet_drop(p, &n->site, DROP_IP_NOT_FORWARDING);
	} else if (ipaddr_is_linklocal(&h->src) || (p->flags & PACKET_BROADCAST)) {
		/* RFC 4291 2.5.6: never onto another link. */
		packet_drop(p, &n->site, DROP_IP_BAD_SOURCE);
	} else if (!ext->opt_in_hbh || heed_options(n, p, ext, false)) {
		ip_forward(n, p, entry);
	}
}

/* A hook sees whole datagrams, and may give them other addresses. NULL: the packet is gone. */
static struct packet *prerouting(struct ip_iface *i, struct packet *p, struct ipv6_hdr *h,
				 struct ipv6_ext *ext)
{
	struct node *n = i->node;

	if (ext->frag_off) {
		p = ip_reassemble(n, p, (uint16_t)(p->l3 + ext->frag_off));
		if (!p)
			return NULL;
		p->flags |= PACKET_WAS_CUT;
		*ext = (struct ipv6_ext){
			.proto = p->hdr[p->l3 + NEXT_OFF], .l4_off = IPV6_HLEN, .next_off = NEXT_OFF};
		if (ipv6_has_ext(ext->proto)) {
			if (!walk(n, p, ext))
				return NULL;
			if (ext->frag_off) { /* a fragment of a fragment */
				packet_drop(p, &n->site, DROP_IP_OPTIONS);
				return NULL;
			}
		}
	}
	p->l4 = (uint16_t)(p->l3 + ext->l4_off);
	p->proto = ext->proto;
	p = hook(n, IP_PREROUTING, p);
	if (p && ipv6_parse_quoted(p->hdr + p->l3, IPV6_HLEN, h) != IPV6_OK) {
		packet_drop(p, &n->site, DROP_IP_MALFORMED);
		return NULL;
	}
	return p;
}

void ip6_input(struct ip_iface *i, struct packet *p)
{
	struct node *n = i->node;
	struct ipv6_hdr h;
	uint32_t len = packet_l3_len(p);

	if (n->sysctl->ip6_disable) {
		packet_ignore(p, &n->site, DROP_IP_DISABLED);
		return;
	}
	if (!packet_pull(p, p->l3, IPV6_HLEN)) {
		packet_drop(p, &n->site, DROP_IP_MALFORMED);
		return;
	}
	enum ipv6_result r = p->flags & PACKET_VERIFIED
				     ? ipv6_parse_quoted(p->hdr + p->l3, IPV6_HLEN, &h)
				     : ipv6_parse(p->hdr + p->l3, len, &h);
	if (r != IPV6_OK) {
		packet_drop(p, &n->site,
			    r == IPV6_TRUNCATED ? DROP_IP_TRUNCATED : DROP_IP_MALFORMED);
		return;
	}
	packet_trim(p, p->l3, (uint32_t)IPV6_HLEN + h.payload_len);
	p->ttl = h.hop_limit;
	p->tos = h.tclass;
	p->l4 = (uint16_t)(p->l3 + IPV6_HLEN);
	p->proto = h.next;

	if (ipaddr_is_multicast(&h.src) || ipaddr_is_loopback(&h.src)) {
		packet_drop(p, &n->site, DROP_IP_BAD_SOURCE);
		return;
	}
	if (ipaddr_is_any(&h.dst) || ipaddr_is_loopback(&h.dst)) {
		packet_drop(p, &n->site, DROP_IP_BAD_DESTINATION);
		return;
	}
	struct ipv6_ext ext = {.proto = h.next, .l4_off = IPV6_HLEN, .next_off = NEXT_OFF};
	if (__builtin_expect(ipv6_has_ext(h.next), 0) && !walk(n, p, &ext))
		return;

	if (__builtin_expect(n->hooks != NULL, 0) && !(p = prerouting(i, p, &h, &ext)))
		return;
	if (ipaddr_is_multicast(&h.dst)) {
		if (is_own_group(i, &h.dst))
			input_local(n, p, &h, &ext);
		else
			packet_ignore(p, &n->site, DROP_ETH_NOT_FOR_US);
		return;
	}
	if (ipaddr_is_linklocal(&h.dst)) {
		if (node_addr_find(n, i, &h.dst))
			input_local(n, p, &h, &ext);
		else
			packet_drop(p, &n->site, DROP_IP_BAD_DESTINATION);
		return;
	}
	struct route_entry *e = route_lookup(n, &h.dst);
	if (e->type == ROUTE_LOCAL)
		input_local(n, p, &h, &ext);
	else
		input_other(n, p, &h, &ext, e);
}
