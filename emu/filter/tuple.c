#include "filter/tuple.h"

#include <netinet/in.h>

#include "wire/be.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipv6.h"

#define PORTS_LEN 4

/* Types that carry an identifier: RFC 792, RFC 950, RFC 4443. */
enum icmp_kind { QUESTION, ANSWER, ERROR, OTHER };

static enum icmp_kind kind4(uint8_t type)
{
	enum { TIMESTAMP = 13, TIMESTAMP_REPLY, INFO, INFO_REPLY, MASK, MASK_REPLY };

	if (type == ICMP4_ECHO || type == TIMESTAMP || type == INFO || type == MASK)
		return QUESTION;
	if (type == ICMP4_ECHO_REPLY || type == TIMESTAMP_REPLY || type == INFO_REPLY ||
	    type == MASK_REPLY)
		return ANSWER;
	return icmp4_is_error(type) && type != ICMP4_REDIRECT ? ERROR : OTHER;
}

static enum icmp_kind kind6(uint8_t type)
{
	if (type == ICMP6_MSG_ECHO_REQUEST)
		return QUESTION;
	if (type == ICMP6_MSG_ECHO_REPLY)
		return ANSWER;
	return icmp6_is_error(type) ? ERROR : OTHER;
}

static enum tuple_kind read_icmp(struct packet *p, struct ct_tuple *t, bool ip4)
{
	const uint8_t *m = p->hdr + p->l4;

	if (!packet_pull(p, p->l4, ICMP4_HLEN))
		return TUPLE_MALFORMED;
	switch (ip4 ? kind4(m[0]) : kind6(m[0])) {
	case QUESTION:
		t->sport = be16_load(m + 4);
		return TUPLE_FLOW;
	case ANSWER:
		t->dport = be16_load(m + 4);
		return TUPLE_FLOW;
	case ERROR:
		return TUPLE_ICMP_ERROR;
	default:
		return TUPLE_ICMP_OTHER;
	}
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_UDPLITE ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_DCCP;
}

enum tuple_kind tuple_read(struct packet *p, struct ct_tuple *t)
{
	const uint8_t *ip = p->hdr + p->l3;
	bool ip4 = ip[0] >> 4 == 4;

	*t = (struct ct_tuple){.proto = p->proto};
	if (ip4) {
		t->src = ipaddr_from_bytes4(ip + 12);
		t->dst = ipaddr_from_bytes4(ip + 16);
	} else {
		struct ipv6_hdr h;

		if (ipv6_parse_quoted(ip, IPV6_HLEN, &h) != IPV6_OK)
			return TUPLE_MALFORMED;
		t->src = h.src;
		t->dst = h.dst;
	}
	if (p->proto == (ip4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return read_icmp(p, t, ip4);
	if (!has_ports(p->proto))
		return TUPLE_FLOW;
	if (!packet_pull(p, p->l4, PORTS_LEN))
		return TUPLE_MALFORMED;
	t->sport = be16_load(p->hdr + p->l4);
	t->dport = be16_load(p->hdr + p->l4 + 2);
	return TUPLE_FLOW;
}

bool tuple_of_quote(const struct quote *q, struct ct_tuple *t)
{
	*t = (struct ct_tuple){.src = q->src, .dst = q->dst, .proto = q->proto};
	if (q->frag_off)
		return false;
	if (q->proto == (q->v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
		*(q->echo_request ? &t->sport : &t->dport) = q->echo_id;
		return q->has_echo;
	}
	t->sport = q->sport;
	t->dport = q->dport;
	return q->has_ports || !has_ports(q->proto);
}
