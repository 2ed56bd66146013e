/* Segments without a connection: resets, ACKs of TIME_WAIT and of half-open connections. */
#include <netinet/in.h>

#include "transport/tcp/internal.h"

/* Back to where `in` came from, ports and addresses exchanged; IP identification 0 as in Linux. */
void tcp_reply_send(struct node *n, const struct tcp_in *in, const struct tcp_reply *r)
{
	struct ip_flow f = {.src = in->info->dst, .dst = in->info->src, .proto = IPPROTO_TCP,
			    .tos = r->tos, .pmtudisc = IP_PMTU_WANT, .has_id = true};
	uint8_t hlen = r->ts ? TCP_HLEN_TS : TCP_HLEN;
	struct ip_path path;

	if (!ipaddr_is4(&f.dst) && ipaddr_is_linklocal(&f.dst))
		f.oif = in->info->in;
	if (ip_path(n, &f, &path) != 0)
		return;
	struct packet *p = ip_packet_new(n, ipaddr_is4(&f.dst));
	const struct tcp_hdr h = {
		.sport = in->h.dport, .dport = in->h.sport, .seq = r->seq, .ack = r->ack,
		.flags = r->flags, .window = (uint16_t)r->window, .doff = hlen / 4,
		.checksum = (uint16_t)~csum_fold(csum_pseudo(&f.src, &f.dst, IPPROTO_TCP, hlen)),
	};
	uint8_t *at = packet_put(p, hlen);
	tcp_emit(at, &h);
	if (r->ts)
		tcp_ts_emit(at + TCP_HLEN, r->tsval, r->tsecr);
	p->csum_at = (uint16_t)(p->l4 + TCP_CSUM_OFF);
	p->flags |= PACKET_CSUM;
	if (r->note)
		packet_note(p, "%s", r->note);
	ip_send(n, p, &f, &path);
}

/* RFC 9293 3.10.7.1: what belongs to no connection is reset, but resets are not. */
void tcp_reply_reset(struct node *n, const struct tcp_in *in, const char *why)
{
	struct tcp_reply r = {.flags = TCPHDR_RST, .note = why};

	if (in->h.flags & TCPHDR_RST)
		return;
	if (in->h.flags & TCPHDR_ACK) {
		r.seq = in->ack_seq;
	} else {
		r.flags |= TCPHDR_ACK;
		r.ack = in->end_seq;
	}
	tcp_reply_send(n, in, &r);
}
