/* An ICMPv6 message for this node (RFC 4443; RFC 4861 goes on to nd.c). */
#include <netinet/in.h>

#include "ip/icmp.h"
#include "ip/icmp_internal.h"
#include "ip/neigh.h"
#include "ip/pmtu.h"
#include "wire/icmp6.h"
#include "wire/offload.h"

static void error_input(struct node *n, struct packet *p, const struct ip_info *info,
			const struct icmp6 *m)
{
	bool too_big = m->type == ICMP6_MSG_PACKET_TOO_BIG;
	struct icmp_news news = {.offender = info->src,
				 .type = (uint8_t)m->type,
				 .code = m->code,
				 .ttl = info->ttl,
				 .mtu = too_big ? m->mtu : 0};
	uint8_t buf[ICMP_QUOTE_MAX];
	uint32_t len = packet_read(p, p->l4, ICMP6_HLEN, buf, sizeof(buf));
	struct quote q;

	if (!quote_parse(buf, icmp6_quote_len(m, len), &q) || q.v4) {
		packet_drop(p, &n->site, DROP_ICMP_MALFORMED);
		return;
	}
	/* What did not come from here is none of our business, and perhaps a lie. */
	if (!node_addr_find(n, NULL, &q.src) || (too_big && !icmp_was_sent(n, &q))) {
		packet_drop(p, &n->site, DROP_ICMP_IGNORED);
		return;
	}
	if (too_big)
		pmtu_update(n, &q.dst, m->mtu);
	if (icmp_tell(n, &q, &news) || too_big)
		packet_free(p);
	else
		packet_drop(p, &n->site, DROP_ICMP_IGNORED);
}

static void reply_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	const struct ip_proto *row = ip_proto_find(n, IPPROTO_ICMPV6);

	if (row && row->input)
		row->input(n, p, info);
	else
		packet_drop(p, &n->site, DROP_ICMP_IGNORED);
}

static void informational_input(struct node *n, struct packet *p, const struct ip_info *info,
				const struct icmp6 *m)
{
	if (m->type == ICMP6_MSG_ECHO_REQUEST && !n->sysctl->icmp6_echo_ignore_all)
		icmp_echo_answer(n, p, info);
	else if (m->type == ICMP6_MSG_ECHO_REPLY)
		reply_input(n, p, info);
	else
		packet_drop(p, &n->site, DROP_ICMP_IGNORED);
}

void icmp6_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	uint32_t len = packet_l4_len(p);
	struct icmp6 m;

	if (len < ICMP6_HLEN || !packet_pull(p, p->l4, ICMP6_HLEN)) {
		packet_drop(p, &n->site, DROP_ICMP_MALFORMED);
		return;
	}
	if (!packet_checksum_ok(p, csum_pseudo(&info->src, &info->dst, IPPROTO_ICMPV6, len))) {
		packet_drop(p, &n->site, DROP_ICMP_CHECKSUM);
		return;
	}
	if (icmp6_is_nd(p->hdr[p->l4])) { /* hop limit 255 and all else: nd_check() there */
		nd_input(n, p, info);
		return;
	}
	switch (icmp6_parse(p->hdr + p->l4, len, &m)) {
	case ICMP6_OK:
	case ICMP6_UNKNOWN_TYPE: /* an unknown error is told, too (RFC 4443 2.4 a) */
		break;
	default:
		packet_drop(p, &n->site, DROP_ICMP_MALFORMED);
		return;
	}
	if (icmp6_is_error((uint8_t)m.type))
		error_input(n, p, info, &m);
	else
		informational_input(n, p, info, &m);
}
