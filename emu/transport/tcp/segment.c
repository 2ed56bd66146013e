/* One segment: header, options, payload slice, down to IP. */
#include <errno.h>
#include <netinet/in.h>

#include "transport/tcp/internal.h"

/* The options of every segment of an established connection; their length. */
uint32_t tcp_established_options(const struct tcp *tp, struct tcp_options *o)
{
	uint32_t size = 0, blocks = (uint32_t)tp->num_sacks + tp->has_dsack;

	tcp_options_init(o);
	if (tp->tstamp_ok) {
		o->has_ts = true;
		o->ts_val = tcp_time_stamp(tp) + tp->tsoffset;
		o->ts_ecr = tp->ts_recent;
		size += 12;
	}
	if (blocks) {
		uint32_t room = (TCP_OPTIONS_MAX - size - 4) / 8;

		if (blocks > room)
			blocks = room;
		o->sacks = (uint8_t)blocks;
		for (uint32_t i = 0, n = 0; i < blocks; i++)
			o->sack[i] = i == 0 && tp->has_dsack ? tp->duplicate_sack
							     : tp->selective_acks[n++];
		size += 4 + 8 * blocks;
	}
	return size;
}

/*
 * What a SYN of ours offers. It is what the node wants, whatever the peer said meanwhile: the
 * SYN-ACK of a simultaneous open repeats it (tcp_syn_options()).
 */
static void syn_options(struct tcp *tp, struct tcp_options *o)
{
	const struct sysctls *c = tcp_sysctl(tp);
	const struct tcp_fastopen_request *fo = tp->fastopen_req;
	uint32_t fits = tcp_advertise_mss(tp); /* the path may have become narrower since */

	if (fits < tp->advmss)
		tp->advmss = fits;
	tcp_options_init(o);
	o->mss = (uint16_t)tp->advmss;
	o->sack_permitted = c->tcp_sack;
	o->has_wscale = c->tcp_window_scaling;
	o->wscale = tp->rcv_wscale;
	if (c->tcp_timestamps) {
		o->has_ts = true;
		o->ts_val = tcp_time_stamp(tp) + tp->tsoffset;
		o->ts_ecr = tp->ts_recent;
	}
	if (fo && fo->cookie.len >= 0) {
		o->has_cookie = true;
		o->cookie_exp = fo->cookie.exp;
		o->cookie_len = (uint8_t)fo->cookie.len;
		memcpy(o->cookie, fo->cookie.val, o->cookie_len);
		o->has_cookie = tcp_options_len(o) <= TCP_OPTIONS_MAX;
		tp->syn_fastopen = o->has_cookie;
		tp->syn_fastopen_exp = o->has_cookie && o->cookie_exp;
	}
}

static void event_data_sent(struct tcp *tp)
{
	uint64_t now = tp->tcp_mstamp;

	if (tcp_packets_in_flight(tp) == 0)
		tcp_ca_event(tp, CA_EVENT_TX_START);
	tp->lsndtime = now;
	/* A reply soon after the peer's last data: a conversation, ACKs can wait. */
	if (now - tp->ack.lrcvtime < tp->ack.ato)
		tp->ack.pingpong = 1;
}

static void put_header(struct tcp *tp, struct packet *p, const struct tcp_out *o, uint16_t flags,
		       uint16_t window, const struct tcp_options *opt, uint32_t opt_len)
{
	uint32_t hlen = TCP_HLEN + opt_len;
	const struct tcp_hdr h = {
		.seq = o->seq,
		.ack = flags & TCPHDR_ACK ? tp->rcv_nxt : 0,
		.sport = tp->entry.sport,
		.dport = tp->entry.dport,
		.flags = flags,
		.window = window,
		.doff = (uint8_t)(hlen / 4),
		.checksum = (uint16_t)~csum_fold(csum_pseudo(&tp->flow.src, &tp->flow.dst,
							     IPPROTO_TCP, hlen + o->len)),
	};
	uint8_t *at = packet_put(p, (uint16_t)hlen);

	tcp_emit(at, &h);
	if (opt_len)
		tcp_options_emit(at + TCP_HLEN, opt);
	p->csum_at = (uint16_t)(p->l4 + TCP_CSUM_OFF);
	p->flags |= PACKET_CSUM;
}

static uint32_t window_of(struct tcp *tp, uint16_t flags, uint16_t *field)
{
	if (flags & TCPHDR_SYN) {
		*field = (uint16_t)(tp->rcv_wnd > 65535 ? 65535 : tp->rcv_wnd);
		return *field;
	}
	*field = tcp_select_window(tp);
	return (uint32_t)*field << tp->rcv_wscale;
}

static void event_sent(struct tcp *tp, const struct tcp_out *o, uint16_t flags, uint32_t wnd)
{
	tp->segs_out++;
	if (flags & TCPHDR_ACK) {
		tp->last_ack_sent = tp->rcv_nxt;
		tp->last_wnd_sent = wnd;
		tp->has_dsack = false;
		tcp_event_ack_sent(tp);
	}
	if (o->len) {
		event_data_sent(tp);
		tp->data_segs_out++;
		tp->bytes_sent += o->len;
	}
}

/*
 * Sends o. 0, or -errno of the route or IP: it did not leave, and apart from that is accounted for as
 * if it had been lost on its first link (__tcp_transmit_skb()).
 */
int tcp_transmit(struct tcp *tp, const struct tcp_out *o)
{
	struct node *n = tcp_node(tp);
	struct tcp_options opt;
	uint16_t flags = o->flags, window;
	int err = tcp_route(tp);

	if (__builtin_expect(err != 0, 0)) {
		uint32_t wnd = window_of(tp, flags, &window);

		event_sent(tp, o, flags, wnd);
		return err;
	}
	bool syn = flags & TCPHDR_SYN;
	uint32_t opt_len;
	if (__builtin_expect(syn, 0)) {
		syn_options(tp, &opt);
		opt_len = (uint32_t)tcp_options_len(&opt);
	} else {
		opt_len = tcp_established_options(tp, &opt);
	}
	struct packet *p = ip_packet_new(n, ipaddr_is4(&tp->flow.dst));
	tp->flow.tos = tcp_ecn_send(tp, o, &flags);
	uint32_t wnd = window_of(tp, flags, &window);
	put_header(tp, p, o, flags, window, &opt, opt_len);
	if (o->len)
		tcp_queue_payload(tp, p, o->seq + syn, o->len);
	if (__builtin_expect(p->world->observers != NULL, 0))
		tcp_note_sent(tp, p, o, flags, wnd);
	event_sent(tp, o, flags, wnd);
	if (tp->pacing_in_piece)
		tp->pacing_piece += o->len;
	else if (o->len && tp->sk_pacing_status)
		tcp_pacing_sent(tp, node_now(n).ns, o->len);
	tp->flow.id = tp->inet_id++;
	return ip_send(n, p, &tp->flow, &tp->path);
}

void tcp_send_ack_note(struct tcp *tp, const char *note)
{
	const struct tcp_out o = {.seq = tp->snd_nxt, .flags = TCPHDR_ACK, .note = note};

	if (tp->state == TCP_CLOSE)
		return;
	/* An acceptable number even if the window was taken back (tcp_acceptable_seq()). */
	struct tcp_out ack = o;
	if (before(tcp_wnd_end(tp), tp->snd_nxt) &&
	    tp->snd_nxt - tcp_wnd_end(tp) >= 1u << tp->rcv_wscale)
		ack.seq = tcp_wnd_end(tp);
	tcp_transmit(tp, &ack); /* without a way it is lost, as any ACK may be */
}

void tcp_send_ack(struct tcp *tp)
{
	tcp_send_ack_note(tp, NULL);
}

/* RFC 9293 3.10.5 ABORT. why: for captures. */
void tcp_send_active_reset(struct tcp *tp, const char *why)
{
	struct tcp_out o = {.seq = tp->snd_nxt, .flags = TCPHDR_ACK | TCPHDR_RST, .note = why};

	tcp_mstamp_refresh(tp);
	tcp_transmit(tp, &o);
}
