#include "wire/quote.h"

#include <netinet/in.h>

#include "wire/be.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/ipv6_ext.h"

/* Offset and length of the upper layer in the quote; false if the header cannot be read. */
static bool parse_header4(const uint8_t *p, size_t len, struct quote *q, size_t *l4, size_t *end)
{
	struct ipv4_hdr h;

	if (ipv4_parse_quoted(p, len, &h) != IPV4_OK)
		return false;
	q->v4 = true;
	q->src = h.src;
	q->dst = h.dst;
	q->proto = h.proto;
	q->ttl = h.ttl;
	q->tos = h.tos;
	q->len = h.total_len;
	q->frag_off = h.frag_off;
	*l4 = ipv4_hlen(&h);
	*end = h.total_len;
	return true;
}

static bool parse_header6(const uint8_t *p, size_t len, struct quote *q, size_t *l4, size_t *end)
{
	struct ipv6_hdr h;
	struct ipv6_ext x;

	if (ipv6_parse_quoted(p, len, &h) != IPV6_OK)
		return false;
	/* The walk's failures are no matter: it leaves what it saw, and stands where it stopped. */
	(void)ipv6_ext_walk(p, len, &x);
	q->src = h.src;
	q->dst = h.dst;
	q->proto = x.proto;
	q->ttl = h.hop_limit;
	q->tos = h.tclass;
	q->len = IPV6_HLEN + (x.jumbo_len ? x.jumbo_len : h.payload_len);
	q->frag_off = x.frag.offset;
	*l4 = x.l4_off;
	*end = ipv6_has_ext(x.proto) ? *l4 : q->len;
	return true;
}

static void parse_upper(struct quote *q)
{
	switch (q->proto) {
	case IPPROTO_TCP:
		q->has_seq = q->l4_len >= 8;
		if (q->has_seq)
			q->tcp_seq = be32_load(q->l4 + 4);
		/* fall through */
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		q->has_ports = q->l4_len >= 4;
		if (q->has_ports) {
			q->sport = be16_load(q->l4);
			q->dport = be16_load(q->l4 + 2);
		}
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: {
		uint8_t request = q->v4 ? ICMP4_ECHO : ICMP6_MSG_ECHO_REQUEST;
		uint8_t reply = q->v4 ? ICMP4_ECHO_REPLY : ICMP6_MSG_ECHO_REPLY;

		if (q->v4 != (q->proto == IPPROTO_ICMP) || q->l4_len < 8)
			break;
		q->has_echo = q->l4[0] == request || q->l4[0] == reply;
		if (q->has_echo) {
			q->echo_request = q->l4[0] == request;
			q->echo_id = be16_load(q->l4 + 4);
			q->echo_seq = be16_load(q->l4 + 6);
		}
		break;
	}
	}
}

bool quote_parse(const uint8_t *p, size_t len, struct quote *q)
{
	size_t l4, end;

	*q = (struct quote){ 0 };
	if (len == 0)
		return false;
	if (p[0] >> 4 == 4 ? !parse_header4(p, len, q, &l4, &end)
			   : !parse_header6(p, len, q, &l4, &end))
		return false;
	if (end > len)
		end = len;
	if (q->frag_off == 0 && end > l4) {
		q->l4 = p + l4;
		q->l4_len = end - l4;
		parse_upper(q);
	}
	return true;
}
