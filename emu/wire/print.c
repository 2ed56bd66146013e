#include "wire/print.h"

#include <stdarg.h>
#include <stdio.h>

#include "wire/arp.h"
#include "wire/dhcp4.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/ipv6_ext.h"
#include "wire/print_line.h"
#include "wire/udp.h"

void line_put(struct line *l, const char *format, ...)
{
	size_t room = l->size - l->at;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->buf + l->at, room, format, args);
	va_end(args);
	if (n > 0)
		l->at += (size_t)n < room ? (size_t)n : room - 1;
}

void line_addr(struct line *l, const struct ipaddr *a)
{
	char text[IPADDR_TEXT];

	line_put(l, "%s", ipaddr_format(text, sizeof text, a));
}

void line_flow(struct line *l, const struct ipaddr *src, const struct ipaddr *dst)
{
	line_addr(l, src);
	line_put(l, " > ");
	line_addr(l, dst);
	line_put(l, ": ");
}

static void print_arp(struct line *l, const uint8_t *p, size_t len)
{
	enum arp_result r;
	char mac[MAC_TEXT];
	struct arp a;

	line_put(l, "ARP, ");
	r = arp_parse(p, len, &a);
	if (r != ARP_OK) {
		line_put(l, "[%s], length %zu", arp_result_name(r), len);
		return;
	}
	if (a.op == ARP_REQUEST) {
		line_put(l, "Request who-has ");
		line_addr(l, &a.tpa);
		line_put(l, " tell ");
		line_addr(l, &a.spa);
	} else {
		line_put(l, "Reply ");
		line_addr(l, &a.spa);
		line_put(l, " is-at %s", mac_format(mac, sizeof mac, &a.sha));
	}
	line_put(l, ", length %zu", len);
}

/* What an IP printer knows of the upper layer. */
struct upper {
	struct ipaddr src;
	struct ipaddr dst;
	uint8_t proto;
	bool first;                     /* not the middle of a fragmented datagram */
	const uint8_t *p;
	size_t len;                     /* bytes there */
	size_t whole;                   /* bytes that IP announces */
};

static bool is_dhcp4(const struct udp_hdr *h)
{
	return (h->sport == DHCP4_SERVER_PORT || h->sport == DHCP4_CLIENT_PORT) &&
	       (h->dport == DHCP4_SERVER_PORT || h->dport == DHCP4_CLIENT_PORT);
}

static void print_dhcp4(struct line *l, const uint8_t *p, size_t len, size_t whole)
{
	struct dhcp4 m;
	enum dhcp4_result r = dhcp4_parse(p, len, &m);
	char mac[MAC_TEXT];

	line_put(l, "BOOTP/DHCP, ");
	if (r == DHCP4_OK)
		line_put(l, "%s from %s, DHCP %s", m.reply ? "Reply" : "Request",
			 mac_format(mac, sizeof mac, &m.chaddr), dhcp4_type_name(m.type));
	else
		line_put(l, "[%s]", dhcp4_result_name(r));
	line_put(l, ", length %zu", whole);
}

static void print_udp(struct line *l, const struct upper *u)
{
	struct udp_hdr h;
	enum udp_result r = udp_parse(u->p, u->len, &h);

	if (r == UDP_SHORT) {
		line_flow(l, &u->src, &u->dst);
		line_put(l, "[|udp]");
		return;
	}
	line_addr(l, &u->src);
	line_put(l, ".%u > ", h.sport);
	line_addr(l, &u->dst);
	line_put(l, ".%u: ", h.dport);
	if (r == UDP_BAD_LEN)
		line_put(l, "[bad udp length %u]", h.len);
	else if (is_dhcp4(&h))
		print_dhcp4(l, u->p + UDP_HLEN, (u->len < h.len ? u->len : h.len) - UDP_HLEN,
			    h.len - UDP_HLEN);
	else
		line_put(l, "UDP, length %u", h.len - UDP_HLEN);
}

static void print_upper(struct line *l, const struct upper *u)
{
	if (u->first && u->proto == IPPROTO_UDP) {
		print_udp(l, u);
		return;
	}
	if (u->first && u->proto == IPPROTO_TCP) {
		print_tcp(l, &u->src, &u->dst, u->p, u->len, u->whole);
		return;
	}
	line_flow(l, &u->src, &u->dst);
	if (u->first && u->proto == IPPROTO_ICMP && ipaddr_is4(&u->src))
		print_icmp4(l, u->p, u->len, u->whole);
	else if (u->first && u->proto == IPPROTO_ICMPV6 && !ipaddr_is4(&u->src))
		print_icmp6(l, u->p, u->len, u->whole);
	else
		line_put(l, "ip-proto-%u, length %zu", u->proto, u->whole);
}

static void print_fragment(struct line *l, uint32_t id, size_t off, size_t len, bool mf)
{
	line_put(l, " (frag %u:%zu@%zu%s)", id, len, off, mf ? "+" : "");
}

static void print_ipv4(struct line *l, const uint8_t *p, size_t len)
{
	enum ipv4_result r;
	struct ipv4_hdr h;
	struct upper u;
	size_t hlen;

	line_put(l, "IP ");
	r = ipv4_parse_quoted(p, len, &h);
	if (r != IPV4_OK) {
		line_put(l, "[%s], length %zu", ipv4_result_name(r), len);
		return;
	}
	hlen = ipv4_hlen(&h);
	if (len > h.total_len)
		len = h.total_len;
	u = (struct upper){ .src = h.src, .dst = h.dst, .proto = h.proto,
			    .first = h.frag_off == 0, .whole = ipv4_payload_len(&h) };
	if (len > hlen) {
		u.p = p + hlen;
		u.len = len - hlen;
	}
	print_upper(l, &u);
	if (ipv4_is_fragment(&h))
		print_fragment(l, h.id, h.frag_off, u.whole, h.mf);
	if (len < h.total_len)
		line_put(l, " [%zu bytes missing]", h.total_len - len);
	else if (len >= hlen && ipv4_header_sum(p, h.ihl) != 0)
		line_put(l, " [bad header checksum]");
}

static void print_ipv6(struct line *l, const uint8_t *p, size_t len)
{
	enum ipv6_ext_result xr;
	enum ipv6_result r;
	struct ipv6_hdr h;
	struct ipv6_ext x;
	struct upper u;
	size_t whole;

	line_put(l, "IP6 ");
	r = ipv6_parse_quoted(p, len, &h);
	if (r != IPV6_OK) {
		line_put(l, "[%s], length %zu", ipv6_result_name(r), len);
		return;
	}
	xr = ipv6_ext_walk(p, len, &x);
	whole = IPV6_HLEN + (x.jumbo_len ? (size_t)x.jumbo_len : h.payload_len);
	if (len > whole)
		len = whole;
	u = (struct upper){ .src = h.src, .dst = h.dst, .proto = x.proto,
			    .first = x.frag.offset == 0 };
	u.whole = whole > x.l4_off ? whole - x.l4_off : 0;
	if (len > x.l4_off) {
		u.p = p + x.l4_off;
		u.len = len - x.l4_off;
	}
	if (x.router_alert)
		line_put(l, "HBH (rtalert: %u) ", x.alert);
	else if (x.hbh_off)
		line_put(l, "HBH ");
	print_upper(l, &u);
	if (x.frag_off)
		print_fragment(l, x.frag.id, x.frag.offset, u.whole, x.frag.mf);
	if (xr != IPV6_EXT_OK)
		line_put(l, " [%s]", ipv6_ext_result_name(xr));
	if (len < whole)
		line_put(l, " [%zu bytes missing]", whole - len);
}

static void print_vlan(struct line *l, const struct vlan *v)
{
	line_put(l, "vlan %u, p %u%s, ", v->vid, v->pcp, v->dei ? ", DEI" : "");
}

static void print_frame(struct line *l, const uint8_t *frame, size_t len)
{
	enum eth_result r;
	struct eth_hdr h;
	const uint8_t *p;

	r = eth_parse(frame, len, &h);
	if (r == ETH_SHORT) {
		line_put(l, "[|ether], length %zu", len);
		return;
	}
	if (h.tagged)
		print_vlan(l, &h.vlan);
	p = frame + eth_hlen(&h);
	len -= eth_hlen(&h);
	if (r == ETH_LLC)
		line_put(l, "802.3, length %u", h.type);
	else if (h.type == ETH_TYPE_ARP)
		print_arp(l, p, len);
	else if (h.type == ETH_TYPE_IPV4)
		print_ipv4(l, p, len);
	else if (h.type == ETH_TYPE_IPV6)
		print_ipv6(l, p, len);
	else
		line_put(l, "ethertype 0x%04x, length %zu", h.type, len);
}

size_t wire_print(char *buf, size_t n, const uint8_t *frame, size_t len)
{
	struct line l = { .buf = buf, .size = n };

	if (n == 0)
		return 0;
	*buf = '\0';
	print_frame(&l, frame, len);
	return l.at;
}

size_t wire_print_ip(char *buf, size_t n, const uint8_t *packet, size_t len)
{
	struct line l = { .buf = buf, .size = n };

	if (n == 0)
		return 0;
	*buf = '\0';
	if (len && packet[0] >> 4 == 6)
		print_ipv6(&l, packet, len);
	else
		print_ipv4(&l, packet, len);
	return l.at;
}
