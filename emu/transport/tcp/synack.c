/* The SYN-ACK of a half-open connection: made, sent, and sent again (RFC 6298 5.5). */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "transport/tcp/internal.h"

static void put_cookie(struct tcp_options *o, const struct tcp_fastopen_cookie *foc)
{
	if (!foc || foc->len < 0)
		return;
	o->has_cookie = true;
	o->cookie_exp = foc->exp;
	o->cookie_len = (uint8_t)foc->len;
	memcpy(o->cookie, foc->val, (size_t)foc->len);
	/* Without room for it, it is not sent. */
	if (tcp_options_len(o) > TCP_OPTIONS_MAX)
		o->has_cookie = false;
}

/* The SYN-ACK, first or again. 0 or -errno. */
int tcp_request_synack(const struct tcp *l, struct tcp_request *req,
		       const struct tcp_fastopen_cookie *foc, const char *note)
{
	struct node *n = tcp_node(l);
	const struct tcp_entry *e = &req->entry;
	struct ip_flow f = {.src = e->saddr, .dst = e->daddr, .proto = IPPROTO_TCP,
			    .tos = l->socket.tos, .ttl = l->socket.ttl,
			    .pmtudisc = l->socket.pmtudisc, .has_id = true};
	struct tcp_options o;
	struct ip_path path;

	if (!ipaddr_is4(&f.dst) && ipaddr_is_linklocal(&f.dst))
		f.oif = req->in;
	int err = ip_path(n, &f, &path);
	if (err)
		return err;
	if (l->icsk_ca_ops->needs_ecn && req->ecn_ok)
		f.tos |= 2;
	tcp_options_init(&o);
	struct tcp probe = {.socket.node = n, .flow = f, .path = path, .user_mss = l->user_mss};
	o.mss = (uint16_t)tcp_advertise_mss(&probe);
	o.sack_permitted = req->sack_ok;
	o.has_wscale = req->wscale_ok;
	o.wscale = req->rcv_wscale;
	o.has_ts = req->tstamp_ok;
	o.ts_val = (req->cookie ? tcp_cookie_stamp(req)
				: (uint32_t)(node_now(n).ns / NS_PER_MS)) + req->ts_off;
	o.ts_ecr = req->ts_recent;
	put_cookie(&o, foc);
	uint32_t hlen = TCP_HLEN + (uint32_t)tcp_options_len(&o);
	struct packet *p = ip_packet_new(n, ipaddr_is4(&f.dst));
	const struct tcp_hdr h = {
		.sport = e->sport, .dport = e->dport, .seq = req->snt_isn, .ack = req->rcv_nxt,
		.flags = TCPHDR_SYN | TCPHDR_ACK | (req->ecn_ok ? TCPHDR_ECE : 0),
		.window = (uint16_t)(req->rcv_wnd > 65535 ? 65535 : req->rcv_wnd),
		.doff = (uint8_t)(hlen / 4),
		.checksum = (uint16_t)~csum_fold(csum_pseudo(&f.src, &f.dst, IPPROTO_TCP, hlen)),
	};
	uint8_t *at = packet_put(p, (uint16_t)hlen);
	tcp_emit(at, &h);
	tcp_options_emit(at + TCP_HLEN, &o);
	p->csum_at = (uint16_t)(p->l4 + TCP_CSUM_OFF);
	p->flags |= PACKET_CSUM;
	if (note)
		packet_note(p, "%s", note);
	if (req->ecn_ok)
		packet_note(p, "ECE: ECN-setup SYN-ACK (RFC 3168)");
	req->mstamp = (uint64_t)node_now(n).ns / 1000;
	return ip_send(n, p, &f, &path);
}

void tcp_request_synack_again(struct tcp *sk, struct tcp_request *req, const char *why)
{
	if (tcp_request_synack(sk, req, NULL, why))
		return;
	if (req->num_retrans < UINT8_MAX)
		req->num_retrans++;
	if (sk->fastopen_rsk)
		sk->total_retrans++;
}

void tcp_request_synack_timed(struct tcp *sk, struct tcp_request *req)
{
	char why[48];

	snprintf(why, sizeof(why), "SYN-ACK retransmission number %u", req->num_timeout + 1u);
	tcp_request_synack_again(sk, req, why);
}

/* RFC 6298 5.5 for SYN-ACKs (reqsk_timer_handler()). */
void tcp_request_fire(struct event *ev)
{
	struct tcp_request *req = container_of(ev, struct tcp_request, event);
	struct tcp *l = req->listener;
	const struct node *n = tcp_node(l);
	uint32_t most = l->syn_retries ? l->syn_retries : (uint32_t)n->sysctl->tcp_synack_retries;
	uint32_t limit = most;

	/* In a queue that is half full, half the room is for young ones: the fewer of them, the sooner
	 * old ones go. */
	if (2 * l->request_count > (l->backlog > 8 ? l->backlog : 8))
		for (uint32_t young = 2 * l->request_young;
		     limit > 2 && l->request_count >= young; young *= 2)
			limit--;
	/*
	 * A deferred one (TCP_DEFER_ACCEPT) is complete but for the data: do not nag. One whose ACK
	 * found no room to be accepted is asked for another (syn_ack_recalc()).
	 */
	uint32_t deferred = l->defer_accept_s;
	bool waits = deferred && req->acked;
	if (req->num_timeout >= limit && !(waits && req->num_timeout < deferred)) {
		tcp_request_free(req);
		return;
	}
	if (!waits || req->num_timeout + 1u >= deferred)
		tcp_request_synack_timed(l, req);
	int64_t wait = (int64_t)TCP_TIMEOUT_INIT_US << (req->num_timeout + 1 > 20
								 ? 20 : req->num_timeout + 1);
	if (wait > (int64_t)TCP_RTO_MAX_US)
		wait = TCP_RTO_MAX_US;
	if (req->num_timeout++ == 0)
		l->request_young--;
	event_arm(&node_world(n)->sched, &req->event, vtime_add(node_now(n), vtime_us(wait)));
}
