/*
 * An IPv4 packet came in: the validation of RFC 1812 5.2.2, then where it goes.
 *
 *     malformed, checksum, truncated, martian   -> dropped
 *     local or broadcast, a fragment            -> reassembled, then delivered
 *     local or broadcast                        -> delivered
 *     someone else's                            -> forwarded, if this node does that
 */
#include "ip/fragment.h"
#include "ip/hook.h"
#include "ip/icmp.h"
#include "ip/ip.h"
#include "ip/options4.h"
#include "wire/ipv4.h"

static enum drop_reason reason_of(enum ipv4_result r)
{
	switch (r) {
	case IPV4_BAD_CHECKSUM:
		return DROP_IP_CHECKSUM;
	case IPV4_TRUNCATED:
		return DROP_IP_TRUNCATED;
	case IPV4_BAD_FRAGMENT:
		return DROP_FRAG_MALFORMED;
	default:
		return DROP_IP_MALFORMED;
	}
}

/* RFC 1122 3.2.1.3: what cannot be a source, or does not belong on a wire. */
static bool source_is_martian(const struct ipaddr *src)
{
	return ipaddr_is_multicast(src) || ipaddr_is_loopback(src) ||
	       ipaddr_is_limited_broadcast(src);
}

static void input_local(struct node *n, struct packet *p, const struct ipv4_hdr *h)
{
	if (__builtin_expect(ipv4_is_fragment(h), 0)) {
		p = ip_reassemble(n, p, 0);
		if (!p)
			return;
	}
	p = ip_hook(n, IP_INPUT, p, p->in ? ip_iface_of(p->in) : NULL, NULL);
	if (!p)
		return;
	struct ip_info info = {
		.src = h->src,
		.dst = h->dst,
		.in = p->in ? ip_iface_of(p->in) : NULL,
		.proto = h->proto,
		.ttl = p->ttl,
		.tos = p->tos,
	};
	ip_deliver(n, p, &info);
}

/* A hook sees whole datagrams, and may give them other addresses. NULL: the packet is gone. */
static struct packet *prerouting(struct ip_iface *i, struct packet *p, struct ipv4_hdr *h)
{
	if (ipv4_is_fragment(h)) {
		p = ip_reassemble(i->node, p, 0);
		if (!p)
			return NULL;
		ipv4_load(p->hdr + p->l3, h);
	}
	p = ip_hook(i->node, IP_PREROUTING, p, i, NULL);
	if (p) {
		h->src = ipaddr_from_bytes4(p->hdr + p->l3 + 12);
		h->dst = ipaddr_from_bytes4(p->hdr + p->l3 + 16);
	}
	return p;
}

void ip4_input(struct ip_iface *i, struct packet *p)
{
	struct node *n = i->node;
	struct ipv4_hdr h;
	uint32_t len = packet_l3_len(p);
	enum ipv4_result r;

	if (!packet_pull(p, p->l3, IPV4_HLEN) ||
	    !packet_pull(p, p->l3, (uint16_t)((p->hdr[p->l3] & 0x0f) * 4))) {
		packet_drop(p, &n->site, DROP_IP_MALFORMED);
		return;
	}
	/* Bytes that nobody can have changed were right when they were written. */
	if (__builtin_expect(p->flags & PACKET_VERIFIED, 1)) {
		ipv4_load(p->hdr + p->l3, &h);
	} else if ((r = ipv4_parse(p->hdr + p->l3, len, &h)) != IPV4_OK) {
		packet_drop(p, &n->site, reason_of(r));
		return;
	}
	if (__builtin_expect(len > h.total_len, 0))
		packet_trim(p, p->l3, h.total_len);
	p->l4 = (uint16_t)(p->l3 + ipv4_hlen(&h));
	p->proto = h.proto;
	p->ttl = h.ttl;
	p->tos = h.tos;

	if (__builtin_expect(source_is_martian(&h.src), 0)) {
		packet_drop(p, &n->site, DROP_IP_BAD_SOURCE);
		return;
	}
	if (__builtin_expect(ipaddr_is_loopback(&h.dst) || ipaddr_is_any(&h.dst), 0)) {
		packet_drop(p, &n->site, DROP_IP_BAD_DESTINATION);
		return;
	}
	if (__builtin_expect(n->hooks != NULL, 0) && !(p = prerouting(i, p, &h)))
		return;
	if (ipaddr_is_limited_broadcast(&h.dst)) {
		input_local(n, p, &h);
		return;
	}
	if (ipaddr_is_multicast(&h.dst)) {
		/* Every host is a member of all-systems, 224.0.0.1 (RFC 1112 4), and of no more. */
		if (ipaddr_to4(&h.dst) == 0xe0000001)
			input_local(n, p, &h);
		else
			packet_ignore(p, &n->site, DROP_IP_BAD_DESTINATION);
		return;
	}
	struct route_entry *e = route_lookup(n, &h.dst);
	bool local = e->type == ROUTE_LOCAL || e->type == ROUTE_BROADCAST;

	/* From itself to itself, but by a wire: the LAND attack, to Linux a martian source. */
	if (__builtin_expect(local && ipaddr_eq(&h.src, &h.dst), 0)) {
		packet_drop(p, &n->site, DROP_IP_BAD_SOURCE);
		return;
	}
	if (__builtin_expect(h.ihl > 5, 0) && !ip4_options_input(n, p, local ? NULL : e))
		return;
	if (local)
		input_local(n, p, &h);
	else if (!n->sysctl->ip_forward)
		packet_drop(p, &n->site, DROP_IP_NOT_FORWARDING);
	else if (p->flags & PACKET_BROADCAST) /* RFC 1812 5.3.4 */
		packet_drop(p, &n->site, DROP_IP_BAD_DESTINATION);
	else
		ip_forward(n, p, e);
}
