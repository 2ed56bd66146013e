/* An ICMPv4 message for this node (RFC 792, RFC 1122 3.2.2). */
#include <netinet/in.h>

#include "ip/icmp.h"
#include "ip/icmp_internal.h"
#include "ip/pmtu.h"
#include "wire/icmp4.h"
#include "wire/offload.h"

/* net.ipv4.ip_no_pmtu_disc */
enum no_pmtu_disc { DISCOVER, TO_MIN_PMTU, IGNORE, TRUST_SEQUENCE };

/* RFC 1191 7.1: from before routers said what their MTU is, the next lower common one. */
static uint32_t plateau_below(uint32_t len)
{
	static const uint16_t plateaus[] = {65535, 32000, 17914, 8166, 4352, 2002,
					    1492,  1006,  508,	 296,  68};
	size_t i = 0;

	while (plateaus[i] >= len && i + 1 < sizeof(plateaus) / sizeof(plateaus[0]))
		i++;
	return plateaus[i];
}

/* The MTU that an error means for the quoted packet's path; false: it is not believed. */
static bool learn_mtu(struct node *n, const struct icmp4 *m, const struct quote *q, uint32_t *mtu)
{
	if (!icmp_was_sent(n, q))
		return false;
	switch (n->sysctl->ip_no_pmtu_disc) {
	case IGNORE:
		return false;
	case TRUST_SEQUENCE: /* only from who quotes something that a stranger cannot know */
		if (q->proto != IPPROTO_TCP)
			return false;
		break;
	case TO_MIN_PMTU:
		*mtu = (uint32_t)n->sysctl->route_min_pmtu;
		pmtu_update(n, &q->dst, *mtu);
		return true;
	default:
		break;
	}
	*mtu = m->next_hop_mtu ? m->next_hop_mtu : plateau_below(q->len);
	pmtu_update(n, &q->dst, *mtu);
	return true;
}

static void error_input(struct node *n, struct packet *p, const struct ip_info *info,
			const struct icmp4 *m)
{
	struct icmp_news news = {
		.offender = info->src, .type = (uint8_t)m->type, .code = m->code, .ttl = info->ttl};
	bool frag_needed = m->type == ICMP4_DESTINATION_UNREACHABLE &&
			   m->code == ICMP4_FRAGMENTATION_NEEDED;
	uint8_t buf[ICMP_QUOTE_MAX];
	uint32_t len = packet_read(p, p->l4, ICMP4_HLEN, buf, sizeof(buf));
	struct quote q;

	if (!quote_parse(buf, icmp4_quote_len(m, len), &q) || !q.v4) {
		packet_drop(p, &n->site, DROP_ICMP_MALFORMED);
		return;
	}
	/* What did not come from here is none of our business, and perhaps a lie. */
	if (!node_addr_find(n, NULL, &q.src) ||
	    (frag_needed && !learn_mtu(n, m, &q, &news.mtu)) ||
	    (!icmp_tell(n, &q, &news) && !frag_needed)) {
		packet_drop(p, &n->site, DROP_ICMP_IGNORED);
		return;
	}
	packet_free(p);
}

static void echo_input(struct node *n, struct packet *p, const struct ip_info *info, bool to_group)
{
	const struct sysctls *k = n->sysctl;

	if (k->icmp_echo_ignore_all || (to_group && k->icmp_echo_ignore_broadcasts))
		packet_drop(p, &n->site, DROP_ICMP_IGNORED);
	else
		icmp_echo_answer(n, p, info);
}

static void reply_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	const struct ip_proto *row = ip_proto_find(n, IPPROTO_ICMP);

	if (row && row->input)
		row->input(n, p, info);
	else
		packet_drop(p, &n->site, DROP_ICMP_IGNORED);
}

void icmp4_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	uint32_t len = packet_l4_len(p);
	bool to_group = icmp_is_group(n, &info->dst);
	struct icmp4 m;

	if (len < ICMP4_HLEN || !packet_pull(p, p->l4, ICMP4_HLEN)) {
		packet_drop(p, &n->site, DROP_ICMP_MALFORMED);
		return;
	}
	if (!packet_checksum_ok(p, 0)) {
		packet_drop(p, &n->site, DROP_ICMP_CHECKSUM);
		return;
	}
	switch (icmp4_parse(p->hdr + p->l4, len, &m)) {
	case ICMP4_OK:
		break;
	case ICMP4_UNKNOWN_TYPE:
		packet_drop(p, &n->site, DROP_ICMP_IGNORED);
		return;
	default:
		packet_drop(p, &n->site, DROP_ICMP_MALFORMED);
		return;
	}
	if (m.type == ICMP4_ECHO)
		echo_input(n, p, info, to_group);
	else if (to_group || m.type == ICMP4_REDIRECT) /* routes come from the scenario alone */
		packet_drop(p, &n->site, DROP_ICMP_IGNORED);
	else if (m.type == ICMP4_ECHO_REPLY)
		reply_input(n, p, info);
	else
		error_input(n, p, info, &m);
}
