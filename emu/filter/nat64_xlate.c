#include "filter/nat64_xlate.h"

#include <netinet/in.h>

#include "filter/nat64_icmp.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#define ETHER_ROOM 18  /* in front of the IP header, with a VLAN tag */
#define MIN6 1280      /* what every IPv6 link carries */
#define QUOTE4 (576 - IPV4_HLEN - ICMP4_HLEN)
#define QUOTE6 (MIN6 - IPV6_HLEN - ICMP6_HLEN)
#define TCP_CSUM_AT 16
#define UDP_CSUM_AT 6
#define ICMP_CSUM_AT 2

bool nat64_crosses_proto(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_ICMP ||
	       proto == IPPROTO_ICMPV6;
}

static uint16_t csum_at(uint8_t proto)
{
	return proto == IPPROTO_TCP ? TCP_CSUM_AT : proto == IPPROTO_UDP ? UDP_CSUM_AT : ICMP_CSUM_AT;
}

/* The pseudo-header's sum, folded, as it stands in a checksum that is still to be filled in. */
static uint16_t pseudo(const struct ct_tuple *t, uint32_t len)
{
	if (t->proto == IPPROTO_ICMP)
		return 0;
	return (uint16_t)~csum_fold(csum_pseudo(&t->src, &t->dst, t->proto, len));
}

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/* A 16-bit word of a transport header; its checksum knows unless it has none (csum NULL). */
static void put_word(uint8_t *at, uint16_t to, uint8_t *csum)
{
	if (csum)
		be16_store(csum, csum_update16(be16_load(csum), be16_load(at), to));
	be16_store(at, to);
}

/* Echo's type in the other family. */
static uint16_t echo_type(const struct ct_tuple *is, bool request)
{
	if (is->proto == IPPROTO_ICMP)
		return (uint16_t)((request ? ICMP4_ECHO : ICMP4_ECHO_REPLY) << 8);
	return (uint16_t)((request ? ICMP6_MSG_ECHO_REQUEST : ICMP6_MSG_ECHO_REPLY) << 8);
}

/*
 * The transport header at l4, of which `there` bytes can be written; the whole is len long.
 * partial: its checksum is still to be filled in.
 */
static void transport(uint8_t *l4, size_t there, uint32_t len, const struct ct_tuple *was,
		      const struct ct_tuple *is, bool partial)
{
	uint16_t at = csum_at(was->proto);
	uint8_t *csum = there >= (size_t)at + 2 ? l4 + at : NULL;
	bool udp = was->proto == IPPROTO_UDP;

	if (csum && partial) {
		be16_store(csum, pseudo(is, len));
		csum = NULL;
	}
	if (csum && udp && be16_load(csum) == 0)
		csum = NULL;
	if (csum)
		be16_store(csum, csum_update16(be16_load(csum), pseudo(was, len), pseudo(is, len)));
	if (there < 4)
		return;
	if (!is_icmp(was->proto)) {
		put_word(l4, is->sport, csum);
		put_word(l4 + 2, is->dport, csum);
	} else {
		bool request = l4[0] == ICMP4_ECHO || l4[0] == ICMP6_MSG_ECHO_REQUEST;

		put_word(l4, echo_type(is, request), csum);
		if (there >= 6)
			put_word(l4 + 4, request ? is->sport : is->dport, csum);
	}
	if (csum && udp && be16_load(csum) == 0)
		be16_store(csum, 0xffff);
}

/* What the two headers have in common. */
struct head {
	uint8_t tos, ttl;
	uint32_t len; /* behind the header */
	bool df;
	uint16_t id;
};

static void head_emit(uint8_t *at, const struct ct_tuple *t, const struct head *h)
{
	if (ipaddr_is4(&t->src)) {
		struct ipv4_hdr h4 = {.ihl = 5, .tos = h->tos, .ttl = h->ttl, .proto = t->proto,
				      .total_len = (uint16_t)(IPV4_HLEN + h->len), .df = h->df,
				      .id = h->df ? 0 : h->id, .src = t->src, .dst = t->dst};

		ipv4_emit(at, &h4);
		ipv4_set_checksum(at);
	} else {
		struct ipv6_hdr h6 = {.payload_len = (uint16_t)h->len, .tclass = h->tos,
				      .next = t->proto, .hop_limit = h->ttl, .src = t->src,
				      .dst = t->dst};

		ipv6_emit(at, &h6);
	}
}

bool nat64_may_cut(const struct packet *p)
{
	if (p->hdr[p->l3] >> 4 == 4)
		return !(p->hdr[p->l3 + 6] & 0x40);
	return (p->flags & PACKET_WAS_CUT) || packet_l4_len(p) + IPV6_HLEN <= MIN6;
}

bool nat64_translate(struct packet *p, const struct ct_tuple *was, const struct ct_tuple *is,
		     uint16_t id)
{
	uint16_t hlen = ipaddr_is4(&is->src) ? IPV4_HLEN : IPV6_HLEN;
	uint32_t len = packet_l4_len(p), want = csum_at(was->proto) + 2u;
	struct head h = {.tos = p->tos, .ttl = p->ttl, .len = len, .df = !nat64_may_cut(p), .id = id};
	uint8_t *l4 = p->hdr + p->l4;

	if (p->l4 < hlen + ETHER_ROOM || hlen + len > 65535 ||
	    !packet_pull(p, p->l4, (uint16_t)(want < 8 ? 8 : want)))
		return false;
	/* IPv6 has no UDP without a checksum: it is made now (RFC 7915 4.5). */
	if (was->proto == IPPROTO_UDP && be16_load(l4 + UDP_CSUM_AT) == 0 &&
	    !(p->flags & PACKET_CSUM)) {
		p->flags |= PACKET_CSUM;
		p->csum_at = (uint16_t)(p->l4 + UDP_CSUM_AT);
	}
	transport(l4, (size_t)(p->end - p->l4), len, was, is, p->flags & PACKET_CSUM);
	p->l3 = p->head = (uint16_t)(p->l4 - hlen);
	p->proto = is->proto;
	head_emit(p->hdr + p->l3, is, &h);
	return true;
}

/* The quoted packet, translated as far as it was quoted; its length in out, 0: it cannot be. */
static uint32_t quote_translate(uint8_t *out, uint32_t room, const uint8_t *in, uint32_t in_len,
				const struct ct_tuple *is)
{
	uint32_t hlen = ipaddr_is4(&is->src) ? IPV4_HLEN : IPV6_HLEN, l4_len;
	struct ct_tuple was;
	struct quote q;

	if (!quote_parse(in, in_len, &q) || !tuple_of_quote(&q, &was) || !nat64_crosses_proto(q.proto))
		return 0;
	uint32_t before = (uint32_t)(q.l4 - in);
	struct head h = {.tos = q.tos, .ttl = q.ttl, .len = q.len > before ? q.len - before : 0,
			 .df = q.len > MIN6};

	if (hlen + h.len > 65535)
		return 0;
	l4_len = q.l4_len < room - hlen ? (uint32_t)q.l4_len : room - hlen;
	head_emit(out, is, &h);
	memcpy(out + hlen, q.l4, l4_len);
	transport(out + hlen, l4_len, h.len, &was, is, false);
	return hlen + l4_len;
}

bool nat64_translate_error(struct packet *p, const struct nat64_error *e, uint16_t id)
{
	bool to4 = ipaddr_is4(&e->dst);
	uint8_t in[ICMP6_HLEN + QUOTE6], quote[QUOTE6], icmp[8];
	uint32_t n = packet_read(p, p->l4, 0, in, sizeof(in));
	struct ct_tuple t = {.src = e->src, .dst = e->dst,
			     .proto = to4 ? IPPROTO_ICMP : IPPROTO_ICMPV6};
	uint32_t len;

	if (n < ICMP6_HLEN || !(to4 ? nat64_icmp_to4(in, icmp, e->mtu_here, e->mtu_next)
				    : nat64_icmp_to6(in, icmp, e->mtu_here, e->mtu_next)))
		return false;
	len = quote_translate(quote, to4 ? QUOTE4 : QUOTE6, in + ICMP6_HLEN, n - ICMP6_HLEN, &e->quoted);
	if (!len)
		return false;
	struct head h = {.tos = p->tos, .ttl = p->ttl, .len = ICMP6_HLEN + len, .id = id};

	if (p->slab)
		slab_unref(p->world, p->slab);
	p->slab = NULL;
	p->data = NULL;
	p->data_len = 0;
	p->head = p->l3 = p->end = PACKET_L3;
	head_emit(packet_put(p, to4 ? IPV4_HLEN : IPV6_HLEN), &t, &h);
	p->l4 = p->end;
	p->proto = t.proto;
	memcpy(packet_put(p, sizeof(icmp)), icmp, sizeof(icmp));
	packet_copy_in(p, quote, len);
	p->csum_at = (uint16_t)(p->l4 + ICMP_CSUM_AT);
	be16_store(p->hdr + p->csum_at, pseudo(&t, h.len));
	p->flags |= PACKET_CSUM;
	return true;
}
