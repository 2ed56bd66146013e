#include "topo/play/craft.h"

#include <assert.h>
#include <libnet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "wire/arp.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"
#include "wire/ipv6_ext.h"
#include "wire/tcp.h"
#include "wire/udp.h"

struct crafter {
	libnet_t *l;
	uint8_t *part; /* of an IPv6 fragment: its header and its bytes */
};

struct crafter *crafter_new(void)
{
	struct crafter *c = nt_malloc(sizeof(*c));
	char why[LIBNET_ERRBUF_SIZE];

	c->l = libnet_init(LIBNET_NONE, NULL, why);
	c->part = nt_malloc(CRAFT_MAX);
	/* A context without a device only builds; it hands the bytes out in this mode alone. */
	assert(c->l);
	c->l->injection_type = LIBNET_LINK_ADV;
	return c;
}

void crafter_free(struct crafter *c)
{
	c->l->injection_type = LIBNET_NONE;
	libnet_destroy(c->l);
	free(c->part);
	free(c);
}

/* What was built, as one piece. */
static size_t take(struct crafter *c, uint8_t *out)
{
	uint8_t *bytes;
	uint32_t n;
	int err = libnet_adv_cull_packet(c->l, &bytes, &n);

	/* It fails for lack of memory or for more than 65,535 bytes, and those were refused before. */
	assert(err == 1);
	memcpy(out, bytes, n);
	libnet_adv_free_packet(c->l, bytes);
	libnet_clear_packet(c->l);
	return n;
}

static uint32_t address4(const struct ipaddr *a)
{
	uint32_t n; /* as on the wire: libnet takes it so */

	memcpy(&n, a->b + 12, sizeof(n));
	return n;
}

static struct libnet_in6_addr address6(const struct ipaddr *a)
{
	struct libnet_in6_addr n;

	memcpy(&n, a->b, sizeof(n));
	return n;
}

static uint32_t padded(uint32_t options)
{
	return (options + 3) & ~3u;
}

static uint32_t transport_len(const struct craft *w)
{
	switch (w->kind) {
	case CRAFT_TCP:
		return TCP_HLEN + padded(w->tcp.options.len);
	case CRAFT_UDP:
		return UDP_HLEN;
	case CRAFT_ICMP:
	case CRAFT_ICMP6:
		return ICMP4_HLEN;
	default:
		return 0;
	}
}

uint32_t craft_ip_len(const struct craft *w)
{
	return ipaddr_is4(&w->ip.src) ? IPV4_HLEN + padded(w->ip.options.len) : IPV6_HLEN;
}

/* ---- built by libnet ---- */

static void put_transport(struct crafter *c, const struct craft *w)
{
	uint32_t len = transport_len(w) + w->data.len;
	uint16_t high = (uint16_t)(w->icmp.rest >> 16), low = (uint16_t)w->icmp.rest;
	uint8_t *data = w->data.len ? (uint8_t *)w->data.at : NULL;

	switch (w->kind) {
	case CRAFT_TCP:
		if (w->tcp.options.len)
			libnet_build_tcp_options(w->tcp.options.at, w->tcp.options.len, c->l, 0);
		libnet_build_tcp(w->tcp.sport, w->tcp.dport, w->tcp.seq, w->tcp.ack,
				 (uint8_t)w->tcp.flags, w->tcp.window, 0, w->tcp.urgent,
				 (uint16_t)len, data, w->data.len, c->l, 0);
		break;
	case CRAFT_UDP:
		libnet_build_udp(w->udp.sport, w->udp.dport, (uint16_t)len, 0, data, w->data.len, c->l,
				 0);
		break;
	/* An echo is any type: two halves in the place of what the second word means. */
	case CRAFT_ICMP:
		libnet_build_icmpv4_echo(w->icmp.type, w->icmp.code, 0, high, low, data, w->data.len,
					 c->l, 0);
		break;
	case CRAFT_ICMP6:
		libnet_build_icmpv6_echo(w->icmp.type, w->icmp.code, 0, high, low, data, w->data.len,
					 c->l, 0);
		break;
	default:
		if (data)
			libnet_build_data(data, w->data.len, c->l, 0);
		break;
	}
}

static void put_ip4(struct crafter *c, const struct craft_ip *ip, const uint8_t *options,
		    size_t options_len, size_t payload, uint16_t frag)
{
	size_t header = IPV4_HLEN + padded((uint32_t)options_len);

	if (options_len)
		libnet_build_ipv4_options(options, (uint32_t)options_len, c->l, 0);
	frag |= (uint16_t)((ip->df ? 0x4000 : 0) | (ip->rf ? 0x8000 : 0));
	libnet_build_ipv4((uint16_t)(header + payload), ip->tos, ip->id, frag, ip->ttl, ip->proto, 0,
			  address4(&ip->src), address4(&ip->dst), NULL, 0, c->l, 0);
}

static void put_ip6(struct crafter *c, const struct craft_ip *ip, uint8_t next, size_t payload)
{
	libnet_build_ipv6(ip->tos, 0, (uint16_t)payload, next, ip->ttl, address6(&ip->src),
			  address6(&ip->dst), NULL, 0, c->l, 0);
}

/* ---- amended by wire/ ---- */

/* What the user says of a checksum whose right value is known. */
static uint16_t said(const struct craft_checksum *s, uint16_t right)
{
	switch (s->kind) {
	case CRAFT_VALUE:
		return s->value;
	case CRAFT_BAD: /* 0 and 0xffff are the same sum, and 0 means none in UDP */
		return right == 0xffff ? 1 : (uint16_t)(right + 1);
	default:
		return right;
	}
}

/* The fixed fields of the IP header that may lie, and its checksum over what they then say. */
static void amend_ip(const struct craft_ip *ip, uint32_t options, uint8_t *p, size_t len)
{
	bool v4 = ipaddr_is4(&ip->src);

	if (!v4)
		be32_store(p, 6u << 28 | (uint32_t)ip->tos << 20 | (ip->flow & 0xfffff));
	if (ip->version != CRAFT_TRUE)
		p[0] = (uint8_t)(ip->version << 4 | (p[0] & 15));
	if (ip->length != CRAFT_TRUE)
		be16_store(p + (v4 ? 2 : 4), (uint16_t)ip->length);
	if (!v4)
		return;
	if (ip->ihl != CRAFT_TRUE)
		p[0] = (uint8_t)((p[0] & 0xf0) | ip->ihl);
	if (ip->version != CRAFT_TRUE || ip->length != CRAFT_TRUE || ip->ihl != CRAFT_TRUE) {
		uint8_t truth = (uint8_t)((IPV4_HLEN + padded(options)) / 4), ihl = p[0] & 15;

		/* A receiver adds up the header that is announced, where there can be one. */
		be16_store(p + 10, ipv4_header_checksum(p, ihl < 5 || ihl * 4u > len ? truth : ihl));
	}
	be16_store(p + 10, said(&ip->checksum, be16_load(p + 10)));
}

/* The right checksum of a message whose field at p + at holds anything. */
static uint16_t right_sum(const struct craft *w, uint8_t *p, size_t len, size_t at)
{
	uint32_t pseudo = w->kind == CRAFT_ICMP ? 0 : csum_pseudo(&w->ip.src, &w->ip.dst, w->ip.proto,
								 (uint32_t)len);

	be16_store(p + at, 0);
	return csum_fold(csum_partial(p, len, pseudo));
}

static void amend_transport(const struct craft *w, uint8_t *p, size_t len)
{
	size_t at = w->kind == CRAFT_TCP ? TCP_CSUM_OFF : w->kind == CRAFT_UDP ? 6 : 2;
	bool lies = false;

	if (w->kind == CRAFT_IP)
		return;
	if (w->kind == CRAFT_TCP && (w->tcp.flags & TCPHDR_AE || w->tcp.doff != CRAFT_TRUE)) {
		int32_t doff = w->tcp.doff == CRAFT_TRUE ? p[12] >> 4 : w->tcp.doff;

		p[12] = (uint8_t)(doff << 4 | (w->tcp.flags >> 8 & 1));
		lies = true;
	}
	if (w->kind == CRAFT_UDP && w->udp.length != CRAFT_TRUE) {
		be16_store(p + 4, (uint16_t)w->udp.length);
		lies = true;
	}
	/* The first header's protocol is in the pseudo-header, whatever stands here. */
	uint16_t right = lies ? right_sum(w, p, len, at) : be16_load(p + at);
	if (w->kind == CRAFT_UDP && right == 0)
		right = 0xffff;
	be16_store(p + at, said(&w->checksum, right));
}

/* ---- whole packets and pieces of them ---- */

size_t craft_packet(struct crafter *c, const struct craft *w, uint8_t *out)
{
	uint32_t head = craft_ip_len(w), payload = transport_len(w) + w->data.len;

	if (head + payload > CRAFT_MAX)
		return 0;
	put_transport(c, w);
	if (ipaddr_is4(&w->ip.src))
		put_ip4(c, &w->ip, w->ip.options.at, w->ip.options.len, payload, 0);
	else
		put_ip6(c, &w->ip, w->ip.proto, payload);
	size_t len = take(c, out);
	amend_transport(w, out + head, len - head);
	amend_ip(&w->ip, w->ip.options.len, out, len);
	return len;
}

static size_t fragment4(struct crafter *c, const struct craft_ip *ip, const uint8_t *packet,
			const struct craft_part *part, const struct craft_bytes *bytes, uint8_t *out)
{
	uint8_t copied[IPV4_MAX_HLEN - IPV4_HLEN], header[IPV4_MAX_HLEN];
	const uint8_t *options = ip->options.at;
	size_t n = ip->options.len;

	if (part->offset && n) { /* the packet's first byte may lie about the header's length */
		memcpy(header, packet, IPV4_HLEN + padded((uint32_t)n));
		header[0] = (uint8_t)(0x40 | (IPV4_HLEN + padded((uint32_t)n)) / 4);
		n = ipv4_opt_copied(header, copied);
		options = copied;
	}
	if (IPV4_HLEN + padded((uint32_t)n) + bytes->len > CRAFT_MAX)
		return 0;
	if (bytes->len)
		libnet_build_data(bytes->at, bytes->len, c->l, 0);
	put_ip4(c, ip, options, n, bytes->len,
		(uint16_t)(part->offset >> 3 | (part->more ? 0x2000 : 0)));
	return take(c, out);
}

static size_t fragment6(struct crafter *c, const struct craft_ip *ip, const struct craft_part *part,
			const struct craft_bytes *bytes, uint8_t *out)
{
	struct ipv6_frag f = {.next = ip->proto, .offset = (uint16_t)part->offset, .mf = part->more,
			      .id = ip->id};

	if (IPV6_HLEN + IPV6_FRAG_LEN + bytes->len > CRAFT_MAX)
		return 0;
	ipv6_frag_emit(c->part, &f);
	if (bytes->len)
		memcpy(c->part + IPV6_FRAG_LEN, bytes->at, bytes->len);
	libnet_build_data(c->part, IPV6_FRAG_LEN + bytes->len, c->l, 0);
	put_ip6(c, ip, IPPROTO_FRAGMENT, IPV6_FRAG_LEN + bytes->len);
	return take(c, out);
}

size_t craft_fragment(struct crafter *c, const struct craft *w, const uint8_t *packet, size_t len,
		      const struct craft_part *part, uint8_t *out)
{
	size_t head = craft_ip_len(w), payload = len - head, n;
	struct craft_bytes bytes = part->other;

	if (!bytes.at && part->offset < payload) {
		bytes.at = packet + head + part->offset;
		bytes.len = (uint32_t)(payload - part->offset);
		if (bytes.len > part->bytes)
			bytes.len = part->bytes;
	}
	n = ipaddr_is4(&w->ip.src) ? fragment4(c, &w->ip, packet, part, &bytes, out)
				   : fragment6(c, &w->ip, part, &bytes, out);
	if (n) /* its options are what stands between the header and its bytes */
		amend_ip(&w->ip, (uint32_t)(n - bytes.len - IPV4_HLEN), out, n);
	return n;
}

/* ---- Ethernet ---- */

size_t craft_arp(struct crafter *c, const struct craft_arp *a, uint8_t *out)
{
	libnet_build_arp(ARPHRD_ETHER, ETH_TYPE_IPV4, sizeof(a->sha.b), 4, a->op, a->sha.b,
			 a->spa.b + 12, a->tha.b, a->tpa.b + 12, NULL, 0, c->l, 0);
	return take(c, out);
}

size_t craft_ether(struct crafter *c, const struct eth_hdr *h, uint8_t *out)
{
	if (h->tagged)
		libnet_build_802_1q(h->dst.b, h->src.b, ETH_TYPE_VLAN, h->vlan.pcp, h->vlan.dei,
				    h->vlan.vid, h->type, NULL, 0, c->l, 0);
	else
		libnet_build_ethernet(h->dst.b, h->src.b, h->type, NULL, 0, c->l, 0);
	return take(c, out);
}
