/* Fast Open, the client: data in the SYN, and what becomes of it (RFC 7413 4.2.1). */
#include <errno.h>

#include "transport/tcp/internal.h"

#define MAX_TCP_OPTION_SPACE 40u

/* Whether Fast Open pauses; each pause in a row is twice as long, up to 64 times. */
static bool paused(struct tcp *tp)
{
	const struct tcp_stack *st = tcp_stack_of(tcp_node(tp));
	int64_t s = tcp_sysctl(tp)->tcp_fastopen_blackhole_timeout_sec;
	uint32_t times = st->tfo_disable_times;

	if (!s || !times)
		return false;
	if (tcp_clock_us(tp) <
	    st->tfo_disable_stamp + (uint64_t)s * 1000000 * (1u << (times > 7 ? 6 : times - 1)))
		return true;
	tp->syn_fastopen_ch = true; /* if it works now, the next pause is short again */
	return false;
}

void tcp_fastopen_disable(struct tcp *tp)
{
	struct tcp_stack *st = tcp_stack_of(tcp_node(tp));

	if (!tcp_sysctl(tp)->tcp_fastopen_blackhole_timeout_sec)
		return;
	st->tfo_disable_stamp = tcp_clock_us(tp);
	st->tfo_disable_times++;
}

void tcp_fastopen_detect_blackhole(struct tcp *tp, bool expired)
{
	if ((tp->syn_fastopen || tp->syn_data || tp->syn_data_acked) &&
	    (tp->retransmits == 2 || (tp->retransmits < 2 && expired)))
		tcp_fastopen_disable(tp);
}

/* The end of a connection: a FIN alone behind a gap is how some middleboxes eat data. */
void tcp_fastopen_disable_ofo_check(struct tcp *tp)
{
	if (!tp->syn_fastopen)
		return;
	if (!tp->data_segs_in) {
		if (tp->ofo_count == 1 && tcp_note_of(tp->ofo_head)->fin)
			tcp_fastopen_disable(tp);
	} else if (tp->syn_fastopen_ch && !ipaddr_is_loopback(&tp->flow.dst)) {
		tcp_stack_of(tcp_node(tp))->tfo_disable_times = 0;
	}
}

/* Whether a SYN may carry data; *foc: what it says besides (tcp_fastopen_cookie_check()). */
static bool cookie_check(struct tcp *tp, uint32_t *mss, struct tcp_fastopen_cookie *foc)
{
	tcp_fastopen_cache_get(tp, mss, foc);
	if (paused(tp)) {
		foc->len = -1;
		return false;
	}
	if (tcp_sysctl(tp)->tcp_fastopen & TFO_CLIENT_NO_COOKIE || tp->fastopen_no_cookie) {
		foc->len = -1;
		return true;
	}
	if (foc->len > 0)
		return true;
	tp->fastopen_client_fail = TFO_COOKIE_UNAVAILABLE;
	return false;
}

bool tcp_fastopen_defer_connect(struct tcp *tp, struct tcp_fastopen_request *fo)
{
	uint32_t mss;

	if (!tp->fastopen_connect || tp->fastopen_req)
		return false;
	*fo = (struct tcp_fastopen_request){.data = NULL};
	if (cookie_check(tp, &mss, &fo->cookie)) {
		tp->defer_connect = true;
		return true;
	}
	tp->fastopen_req = fo;
	return false;
}

/*
 * The data of the SYN as a record of its own, as it is sent again, and in the send queue. Room is
 * left for the options that middleboxes may add (tcp_send_syn_data()).
 */
static uint32_t queue_syn_data(struct tcp *tp, struct tcp_fastopen_request *fo, uint32_t mss)
{
	uint32_t space;

	if (tp->user_mss && tp->user_mss < mss)
		mss = tp->user_mss;
	tp->mss_clamp = mss;
	tcp_sync_mss(tp, tp->pmtu_cookie);
	space = tcp_mtu_to_mss(tp, tp->pmtu_cookie) + (tp->header_len - TCP_HLEN);
	space = space > MAX_TCP_OPTION_SPACE ? space - MAX_TCP_OPTION_SPACE : 0;
	if (space > fo->size)
		space = (uint32_t)fo->size;
	fo->copied = space;
	if (!space)
		return 0;
	tcp_queue_append(tp, fo->data, space);
	uint32_t n = tcp_seg_push(tp, tp->iss + 1, tp->iss + 1 + space, TCPHDR_ACK | TCPHDR_PSH);
	struct tcp_seg *g = tcp_seg_at(tp, n);
	g->mstamp = tp->tcp_mstamp;
	tcp_rate_skb_sent(tp, g);
	tcp_tsorted_add_tail(tp, n);
	tp->packets_out++;
	return space;
}

static const char *note_of(const struct tcp_fastopen_request *fo, uint32_t len)
{
	if (fo->cookie.len == 0)
		return "SYN asks for a Fast Open cookie";
	if (fo->cookie.len > 0)
		return len ? "SYN with a Fast Open cookie and data"
			   : "SYN with a Fast Open cookie";
	return len ? "SYN with data, Fast Open without a cookie" : NULL;
}

/* The SYN is on record already, and counted. */
void tcp_fastopen_send_syn(struct tcp *tp, uint16_t flags)
{
	struct tcp_fastopen_request *fo = tp->fastopen_req;
	struct tcp_out o = {.seq = tp->iss, .flags = flags};

	if (fo) {
		uint32_t mss = tp->advmss;

		if (cookie_check(tp, &mss, &fo->cookie))
			o.len = queue_syn_data(tp, fo, mss);
		o.note = note_of(fo, o.len);
	}
	/* If it finds no way out now, the timer tries again. */
	if (tcp_transmit(tp, &o) == 0) {
		tp->syn_data = o.len != 0;
	} else if (o.len) { /* what was to go with it waits for the handshake */
		tcp_tsorted_del(tp, tp->seg_first + 1);
		tp->seg_count--;
		tp->packets_out--;
	}
}

/* What cannot be told apart otherwise: did the SYN with data arrive, or the bare one after it? */
bool tcp_fastopen_rcv_synack(struct tcp *tp, struct tcp_in *in)
{
	struct tcp_fastopen_cookie foc = {.len = -1};
	bool data = tp->syn_data && tp->seg_count;
	uint8_t try_exp = 0;

	if (!tp->syn_fastopen && !tp->syn_data)
		return false;
	if (in->o.has_cookie && tp->syn_fastopen) {
		foc.len = (int8_t)in->o.cookie_len;
		foc.exp = in->o.cookie_exp;
		memcpy(foc.val, in->o.cookie, in->o.cookie_len);
	} else if (tp->syn_fastopen && !tp->total_retrans && !tp->syn_data) {
		/* Asked for, not given: perhaps the other kind is understood. */
		try_exp = tp->syn_fastopen_exp ? 2 : 1;
	}
	tcp_fastopen_cache_set(tp, in->o.mss, &foc, try_exp);
	if (data) {
		tp->fastopen_client_fail = tp->total_retrans ? TFO_SYN_RETRANSMITTED
							     : TFO_DATA_NOT_ACKED;
		for (uint32_t i = 0; i < tp->seg_count; i++)
			tcp_mark_lost(tp, tp->seg_first + i);
		tcp_xmit_retransmit_queue(tp);
		return true;
	}
	tp->syn_data_acked = tp->syn_data;
	/* SYN and data were two records, but one packet. */
	if (tp->syn_data_acked && tp->delivered > 1)
		tp->delivered--;
	tcp_take_syn_data(tp, in);
	return false;
}

/* send(2) that opens the connection: bytes that went with the SYN, or a negative errno. */
int64_t tcp_fastopen_send(struct tcp *tp, const void *data, size_t len, const struct endpoint *to)
{
	struct tcp_fastopen_request fo = {.data = data, .size = len};
	int err = -EINPROGRESS;

	if (!(tcp_sysctl(tp)->tcp_fastopen & TFO_CLIENT_ENABLE))
		return -EOPNOTSUPP;
	tp->fastopen_req = &fo;
	if (tp->defer_connect) {
		tp->defer_connect = false;
		tcp_connect_send(tp);
	} else {
		err = to ? tcp_connect(&tp->socket, to) : -EDESTADDRREQ;
	}
	tp->fastopen_req = NULL;
	return err == -EINPROGRESS && fo.copied ? (int64_t)fo.copied : err;
}
