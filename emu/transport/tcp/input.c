/* A segment arrives: is it whole, and for whom? */
#include <netinet/in.h>

#include "transport/tcp/internal.h"
#include "wire/offload.h"

void tcp_in_drop(const struct tcp_in *in, struct node *n, enum drop_reason r)
{
	packet_drop(in->p, &n->site, r);
}

void tcp_input_segment(struct tcp *tp, struct tcp_in *in)
{
	tp->segs_in++;
	if (in->len)
		tp->data_segs_in++;
	if (tp->state == TCP_SYN_SENT) {
		tcp_mstamp_refresh(tp);
		tcp_synsent_input(tp, in);
	} else {
		tcp_rcv_state(tp, in);
	}
	tcp_watch_event(tp);
}

static bool parse(struct node *n, struct packet *p, const struct ip_info *info, struct tcp_in *in)
{
	uint32_t len = packet_l4_len(p);
	enum tcp_result result;

	if (!packet_pull(p, p->l4, TCP_HLEN)) {
		packet_drop(p, &n->site, DROP_TCP_MALFORMED);
		return false;
	}
	result = tcp_parse(p->hdr + p->l4, len, &in->h);
	if (result != TCP_OK || !packet_pull(p, p->l4, (uint16_t)tcp_hlen(&in->h))) {
		packet_drop(p, &n->site, DROP_TCP_MALFORMED);
		return false;
	}
	if (!(p->flags & (PACKET_VERIFIED | PACKET_CSUM)) &&
	    !packet_checksum_ok(p, csum_pseudo(&info->src, &info->dst, IPPROTO_TCP, len))) {
		packet_drop(p, &n->site, DROP_TCP_CHECKSUM);
		return false;
	}
	tcp_options_parse(p->hdr + p->l4, &in->h, &in->o);
	in->p = p;
	in->info = info;
	in->len = len - (uint32_t)tcp_hlen(&in->h);
	in->seq = in->h.seq;
	in->ack_seq = in->h.ack;
	in->end_seq = in->seq + in->len + !!(in->h.flags & TCPHDR_SYN) +
		      !!(in->h.flags & TCPHDR_FIN);
	return true;
}

static bool is_group(struct node *n, const struct ipaddr *a)
{
	return ipaddr_is_multicast(a) || ipaddr_is_limited_broadcast(a) ||
	       (ipaddr_is4(a) && route_lookup(n, a)->type == ROUTE_BROADCAST);
}

/* RFC 9293 3.9.2.3: a segment to all, or from nobody, opens nothing and is not answered. False: it was
 * consumed. */
static bool addresses_ok(struct node *n, const struct tcp_in *in)
{
	if (is_group(n, &in->info->dst)) {
		tcp_in_drop(in, n, DROP_IP_BAD_DESTINATION);
		return false;
	}
	if (ipaddr_is_any(&in->info->src) || is_group(n, &in->info->src)) {
		tcp_in_drop(in, n, DROP_IP_BAD_SOURCE);
		return false;
	}
	return true;
}

static void input(struct node *n, struct packet *p, const struct ip_info *info)
{
	struct transport *t = n->transport;
	struct tcp_stack *st = t ? t->tcp : NULL;
	struct tcp_in in;
	struct tcp *l;

	if (p->flags & PACKET_BROADCAST) { /* of the link layer: as Linux, whatever is in it */
		packet_drop(p, &n->site, DROP_IP_BAD_DESTINATION);
		return;
	}
	if (!parse(n, p, info, &in))
		return;
	if (st) {
		struct tcp_entry *e = tcp_entry_find(st, &info->dst, in.h.dport, &info->src,
						     in.h.sport);

		if (e && e->kind == TCP_ENTRY_FULL) {
			tcp_input_segment(container_of(e, struct tcp, entry), &in);
			return;
		}
		if (e && e->kind == TCP_ENTRY_REQUEST) {
			tcp_request_input((struct tcp_request *)e, &in);
			return;
		}
		if (e) {
			tcp_timewait_input((struct tcp_tw *)e, &in);
			return;
		}
	}
	if (!addresses_ok(n, &in))
		return;
	l = st ? tcp_listener_find(st, &in) : NULL;
	if (l) {
		tcp_listen_input(l, &in, 0);
		return;
	}
	tcp_stray(n, &in, false);
}

static bool listens(struct node *n, const struct ipaddr *addr, uint16_t port)
{
	const struct tcp_stack *st = tcp_stack_of(n);

	return st && tcp_listener_at(st, addr, port, NULL);
}

const struct ip_proto tcp_proto = {
	.proto = IPPROTO_TCP,
	.input = input,
	.error = tcp_error,
	.sent = tcp_sent,
	.listens = listens,
};
