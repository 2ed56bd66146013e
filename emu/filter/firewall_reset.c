#include "filter/firewall_reset.h"

#include <netinet/in.h>

#include "ip/ip.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"

static void put_ip(struct node *n, struct packet *r, const struct ct_tuple *t)
{
	struct ipv4_hdr h4 = {
		.ihl = 5,
		.total_len = IPV4_HLEN + TCP_HLEN,
		.df = true,
		.ttl = (uint8_t)n->sysctl->ip_default_ttl,
		.proto = IPPROTO_TCP,
		.src = t->dst,
		.dst = t->src,
	};
	struct ipv6_hdr h6 = {
		.payload_len = TCP_HLEN,
		.next = IPPROTO_TCP,
		.hop_limit = (uint8_t)n->sysctl->ip6_hop_limit,
		.src = t->dst,
		.dst = t->src,
	};

	if (ipaddr_is4(&t->src)) {
		ipv4_emit(packet_push(r, IPV4_HLEN), &h4);
		ipv4_set_checksum(r->hdr + r->head);
	} else {
		ipv6_emit(packet_push(r, IPV6_HLEN), &h6);
	}
}

void firewall_reset(struct node *n, const struct packet *p, const struct ct_tuple *t)
{
	uint8_t head[TCP_HLEN];
	uint32_t len = packet_l4_len(p);
	struct tcp_hdr in, h = {.sport = t->dport, .dport = t->sport, .flags = TCPHDR_RST,
				.doff = TCP_HLEN / 4};
	struct packet *r;

	if (packet_read(p, p->l4, 0, head, sizeof(head)) < sizeof(head) ||
	    tcp_parse(head, len, &in) != TCP_OK || in.flags & TCPHDR_RST)
		return;
	if (in.flags & TCPHDR_ACK) {
		h.seq = in.ack;
	} else {
		h.flags |= TCPHDR_ACK;
		h.ack = in.seq + len - (uint32_t)tcp_hlen(&in) + !!(in.flags & TCPHDR_SYN) +
			!!(in.flags & TCPHDR_FIN);
	}
	h.checksum = (uint16_t)~csum_fold(csum_pseudo(&t->dst, &t->src, IPPROTO_TCP, TCP_HLEN));
	r = ip_packet_new(n, ipaddr_is4(&t->src));
	tcp_emit(packet_put(r, TCP_HLEN), &h);
	r->csum_at = (uint16_t)(r->l4 + TCP_CSUM_OFF);
	r->flags |= PACKET_CSUM;
	r->proto = IPPROTO_TCP;
	put_ip(n, r, t);
	packet_note(r, "reset: rejected by the firewall of %s", n->site.name);
	n->originated++;
	ip_send_whole(n, r);
}
