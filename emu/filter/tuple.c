#include "filter/tuple.h"

#include <netinet/in.h>

#include "wire/be.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipv6.h"

#define PORTS_LEN 4

/* Types of RFC 792, RFC 950 and RFC 4443 (_6). LINK: multicast listeners (RFC 2710, 3810) and ND. */
enum icmp_kind { QUESTION, ANSWER, ERROR, LINK, OTHER };
enum { TIMESTAMP = 13, TIMESTAMP_REPLY, INFO, INFO_REPLY, MASK, MASK_REPLY };

static enum icmp_kind kind4(uint8_t type)
{
	if (type == ICMP4_ECHO || type == TIMESTAMP || type == INFO || type == MASK)
		return QUESTION;
	if (type == ICMP4_ECHO_REPLY || type == TIMESTAMP_REPLY || type == INFO_REPLY ||
	    type == MASK_REPLY)
		return ANSWER;
	return icmp4_is_error(type) ? ERROR : OTHER;
}

static enum icmp_kind kind6(uint8_t type)
{
	enum { LISTENER_QUERY = 130, LISTENER_DONE = 132, LISTENER_REPORT2 = 143 };

	if (type == ICMP6_MSG_ECHO_REQUEST)
		return QUESTION;
	if (type == ICMP6_MSG_ECHO_REPLY)
		return ANSWER;
	if (icmp6_is_nd(type) || (type >= LISTENER_QUERY && type <= LISTENER_DONE) ||
	    type == LISTENER_REPORT2)
		return LINK;
	return icmp6_is_error(type) ? ERROR : OTHER;
}

/* What stands for the port that is asked: code and type of the question, 0 for a plain echo. */
static uint16_t question(bool ip4, enum icmp_kind kind, const uint8_t *m)
{
	uint8_t asked = (uint8_t)(m[0] - (kind == ANSWER));
	bool echo = !ip4 || m[0] == ICMP4_ECHO || m[0] == ICMP4_ECHO_REPLY;

	return (uint16_t)(m[1] << 8 | (echo ? 0 : asked));
}

/* Of the first 8 bytes of an ICMP message. */
static enum icmp_kind icmp_ports(const uint8_t *m, bool ip4, struct ct_tuple *t)
{
	enum icmp_kind kind = ip4 ? kind4(m[0]) : kind6(m[0]);

	if (kind == QUESTION || kind == ANSWER) {
		uint16_t id = be16_load(m + 4), asked = question(ip4, kind, m);

		t->sport = kind == QUESTION ? id : asked;
		t->dport = kind == QUESTION ? asked : id;
	}
	return kind;
}

static enum tuple_kind read_icmp(struct packet *p, struct ct_tuple *t, bool ip4)
{
	if (!packet_pull(p, p->l4, ICMP4_HLEN))
		return TUPLE_MALFORMED;
	switch (icmp_ports(p->hdr + p->l4, ip4, t)) {
	case QUESTION:
	case ANSWER:
		return TUPLE_FLOW;
	case ERROR:
		return TUPLE_ICMP_ERROR;
	case LINK:
		return TUPLE_LINK;
	default:
		return TUPLE_MALFORMED;
	}
}

bool tuple_is_answer(const struct packet *p)
{
	const uint8_t *m = p->hdr + p->l4;

	return (p->proto == IPPROTO_ICMP && kind4(m[0]) == ANSWER) ||
	       (p->proto == IPPROTO_ICMPV6 && kind6(m[0]) == ANSWER);
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
	if (q->proto == (q->v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return q->l4_len >= ICMP4_HLEN && icmp_ports(q->l4, q->v4, t) <= ANSWER;
	t->sport = q->sport;
	t->dport = q->dport;
	return q->has_ports || !has_ports(q->proto);
}
