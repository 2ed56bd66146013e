/* A segment arrives: for whom, and RFC 9293 3.10.7 in its order with RFC 5961's changes. */
#include <errno.h>
#include <netinet/in.h>

#include "transport/tcp_int.h"
#include "wire/offload.h"

#define PAWS_24DAYS_S (60u * 60 * 24 * 24)

void tcp_in_drop(const struct tcp_in *in, struct node *n, enum drop_reason r)
{
	uint64_t detail = r == DROP_TCP_NO_SOCKET ? in->h.dport : 0;

	packet_drop_detail(in->p, &n->site, r, detail);
}

/* net.ipv4.tcp_invalid_ratelimit: not every invalid segment gets an answer. */
bool tcp_oow_rate_limited(struct node *n, vtime *last)
{
	vtime now = node_now(n);

	if (last->ns && now.ns - last->ns < n->sysctl->tcp_invalid_ratelimit * NS_PER_MS)
		return true;
	*last = now.ns ? now : vtime_ns(1);
	return false;
}

/* RFC 5961 7, with Linux's limits: for each connection, and for the host. */
void tcp_send_challenge_ack(struct tcp *tp)
{
	struct node *n = tcp_node(tp);
	struct tcp_stack *st = tcp_stack_of(n);
	int32_t limit = n->sysctl->tcp_challenge_ack_limit;
	int64_t second = node_now(n).ns / NS_PER_S;

	if (tcp_oow_rate_limited(n, &tp->last_oow_ack_time))
		return;
	if (limit != INT32_MAX) {
		if (second != st->challenge_second || !st->challenge_left) {
			if (second == st->challenge_second && st->challenge_second)
				return;
			uint32_t half = ((uint32_t)limit + 1) >> 1;

			st->challenge_second = second;
			/* Half of it at random: the count cannot be read from outside. */
			st->challenge_left = half + (half ? rng_below(&n->rng, half) : 0);
			if (!st->challenge_left)
				return;
		}
		st->challenge_left--;
	}
	tcp_mstamp_refresh(tp);
	tcp_send_ack_note(tp, "challenge ACK (RFC 5961)");
}

/* A reset that is believed (RFC 9293 3.10.7.4, second check). */
void tcp_reset(struct tcp *tp)
{
	int err = ECONNRESET;

	switch (tp->state) {
	case TCP_SYN_SENT:
		err = ECONNREFUSED;
		break;
	case TCP_CLOSE_WAIT:
		err = EPIPE;
		break;
	case TCP_CLOSE:
		return;
	default:
		break;
	}
	tcp_done_with_error(tp, err);
}

/* PAWS (RFC 7323 5.3): older than what was seen. */
static bool paws_fails(const struct tcp *tp)
{
	if ((int32_t)(tp->ts_recent - tp->rcv_tsval) <= 0)
		return false;
	/* After 24 days of silence nothing can be said any more. */
	return tp->tcp_mstamp / 1000000 + 1 < tp->ts_recent_stamp + PAWS_24DAYS_S;
}

/* A pure duplicate ACK with a slightly older timestamp is harmless (tcp_disordered_ack()). */
static bool disordered_ack(const struct tcp *tp, const struct tcp_in *in)
{
	return in->h.flags & TCPHDR_ACK && in->seq == in->end_seq && in->seq == tp->rcv_nxt &&
	       in->ack_seq == tp->snd_una &&
	       (int32_t)(tp->ts_recent - tp->rcv_tsval) <= (int32_t)(tp->rto / 1000) &&
	       !after(in->ack_seq, tp->snd_una) &&
	       (uint32_t)in->h.window << tp->snd_wscale == tp->snd_wnd;
}

static bool sequence_ok(const struct tcp *tp, const struct tcp_in *in)
{
	return !before(in->end_seq, tp->rcv_wup) &&
	       !after(in->seq, tp->rcv_nxt + tcp_receive_window(tp));
}

static void send_dupack(struct tcp *tp, const struct tcp_in *in)
{
	if (in->end_seq != in->seq && before(in->seq, tp->rcv_nxt)) {
		tcp_enter_quickack_mode(tp, TCP_MAX_QUICKACKS);
		if (tp->sack_ok && tcp_sysctl(tp)->tcp_dsack) {
			uint32_t end = in->end_seq;

			if (after(end, tp->rcv_nxt))
				end = tp->rcv_nxt;
			tcp_dsack_set(tp, in->seq, end);
		}
	}
	tcp_send_ack(tp);
}

/* A reset counts only at rcv_nxt exactly (RFC 5961 3.2), or where a SACK block ends. */
static bool reset_exact(const struct tcp *tp, const struct tcp_in *in)
{
	if (in->seq == tp->rcv_nxt)
		return true;
	/* After our FIN was answered the peer's reset may carry the number before its FIN. */
	return tp->rcv_nxt - 1 == in->seq &&
	       (tp->state == TCP_CLOSE_WAIT || tp->state == TCP_LAST_ACK ||
		tp->state == TCP_CLOSING);
}

static bool reset_at_sack_edge(const struct tcp *tp, const struct tcp_in *in)
{
	for (int i = 0; i < tp->num_sacks; i++)
		if (tp->selective_acks[i].end_seq == in->seq)
			return true;
	return false;
}

/* Reads what a segment's timestamp says, our offset taken off. */
static void take_timestamp(struct tcp *tp, const struct tcp_in *in)
{
	tp->saw_tstamp = in->o.has_ts && tp->tstamp_ok;
	if (!tp->saw_tstamp)
		return;
	tp->rcv_tsval = in->o.ts_val;
	tp->rcv_tsecr = in->o.ts_ecr ? in->o.ts_ecr - tp->tsoffset : 0;
}

/* The checks that come before everything (tcp_validate_incoming()). False: it was consumed. */
static bool validate(struct tcp *tp, struct tcp_in *in)
{
	struct node *n = tcp_node(tp);
	uint16_t flags = in->h.flags;

	take_timestamp(tp, in);
	if (tp->saw_tstamp && paws_fails(tp) && !(flags & TCPHDR_RST) && !disordered_ack(tp, in)) {
		if (!tcp_oow_rate_limited(n, &tp->last_oow_ack_time))
			send_dupack(tp, in);
		tcp_in_drop(in, n, DROP_TCP_PAWS);
		return false;
	}
	if (!sequence_ok(tp, in)) {
		if (flags & TCPHDR_RST) {
			if (reset_exact(tp, in)) {
				tcp_reset(tp);
				packet_free(in->p);
				return false;
			}
		} else if (flags & TCPHDR_SYN) {
			tcp_send_challenge_ack(tp);
		} else if (in->len || !tcp_oow_rate_limited(n, &tp->last_oow_ack_time)) {
			send_dupack(tp, in);
		}
		tcp_in_drop(in, n, DROP_TCP_WINDOW);
		return false;
	}
	if (flags & TCPHDR_RST) {
		if (reset_exact(tp, in) || reset_at_sack_edge(tp, in)) {
			tcp_reset(tp);
			packet_free(in->p);
			return false;
		}
		tcp_send_challenge_ack(tp);
		tcp_in_drop(in, n, DROP_TCP_RESET_IGNORED);
		return false;
	}
	if (flags & TCPHDR_SYN) {
		/*
		 * The other half of a simultaneous open: its ACK counts. The SYN itself is then a
		 * duplicate, and reported as one (RFC 2883).
		 */
		if (tp->state == TCP_SYN_RECV && flags & TCPHDR_ACK && in->seq + 1 == tp->rcv_nxt &&
		    in->seq + 1 == in->end_seq && in->ack_seq == tp->snd_nxt)
			return true;
		tcp_send_challenge_ack(tp);
		tcp_in_drop(in, n, DROP_TCP_FLAGS);
		return false;
	}
	return true;
}

/* RFC 9293 3.10.7.4, fifth check, in SYN-RECEIVED. */
static void establish(struct tcp *tp, const struct tcp_in *in)
{
	/* Where it left twice, or as a cookie, the timestamp option may still tell. */
	if (!tp->srtt_us)
		tcp_synack_rtt(tp);
	tcp_set_state(tp, TCP_ESTABLISHED);
	tp->ack.lrcvtime = tp->tcp_mstamp;
	tcp_init_transfer(tp);
	tp->snd_una = in->ack_seq;
	tp->snd_wnd = (uint32_t)in->h.window << tp->snd_wscale;
	tcp_update_wl(tp, in->seq);
	if (tp->max_window < tp->snd_wnd) {
		tp->max_window = tp->snd_wnd;
		tcp_sync_mss(tp, tp->pmtu_cookie);
	}
	tp->copied_seq = tp->rcv_nxt;
	tp->lsndtime = tp->tcp_mstamp;
	tp->rcv_tstamp = tp->tcp_mstamp;
	tcp_initialize_rcv_mss(tp);
	if (tp->keepalive)
		tcp_keepalive_start(tp);
	tcp_wake(tp);
}

static void fin_wait1_acked(struct tcp *tp, const struct tcp_in *in, bool *done)
{
	if (tp->snd_una != tp->write_seq + 1)
		return;
	tcp_set_state(tp, TCP_FIN_WAIT2);
	tp->shutdown |= TCP_SEND_SHUTDOWN;
	if (!tp->dead) {
		tcp_wake(tp);
		return;
	}
	/*
	 * TCP_LINGER2 below 0 waits for nobody; and there may be data that nobody will read (RFC
	 * 1122 4.2.2.13). Linux lets go first, and so the segment finds no connection: the reset
	 * takes its number from it.
	 */
	if (tp->linger2_s < 0 || (in->len && after(in->seq + in->len, tp->rcv_nxt))) {
		tcp_reply_reset(tcp_node(tp), in);
		tcp_done(tp);
		*done = true;
		return;
	}
	int64_t wait = tcp_fin_time_us(tp);
	if (wait > (int64_t)TCP_TIMEWAIT_US)
		tcp_keepalive_reset(tp, wait - TCP_TIMEWAIT_US);
	else if (in->h.flags & TCPHDR_FIN)
		tcp_keepalive_reset(tp, wait); /* its FIN is in this segment */
	else {
		tcp_time_wait(tp, TCP_FIN_WAIT2, wait);
		*done = true;
	}
}

/* The state changes that an acceptable ACK brings. True: the connection is gone. */
static bool ack_states(struct tcp *tp, const struct tcp_in *in)
{
	bool done = false, fin_acked = tp->fin_sent && tp->snd_una == tp->write_seq + 1;

	switch (tp->state) {
	case TCP_SYN_RECV:
		establish(tp, in);
		break;
	case TCP_FIN_WAIT1:
		fin_wait1_acked(tp, in, &done);
		break;
	case TCP_CLOSING:
		if (fin_acked) {
			tcp_time_wait(tp, TCP_TIME_WAIT, 0);
			done = true;
		}
		break;
	case TCP_LAST_ACK:
		if (fin_acked) {
			tcp_done(tp);
			done = true;
		}
		break;
	default:
		break;
	}
	return done;
}

/* Data for a socket that nobody can read any more: reset (RFC 9293 3.10.7.4, RFC 1122). */
static bool refuse_data(struct tcp *tp, struct tcp_in *in)
{
	switch (tp->state) {
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
		if (tp->shutdown & TCP_RCV_SHUTDOWN && in->len &&
		    after(in->seq + in->len, tp->rcv_nxt)) {
			tcp_send_active_reset(tp);
			tcp_in_drop(in, tcp_node(tp), DROP_TCP_CLOSED);
			tcp_reset(tp);
			return true;
		}
		return false;
	default:
		return false;
	}
}

static bool takes_data(const struct tcp *tp)
{
	return tp->state == TCP_ESTABLISHED || tp->state == TCP_FIN_WAIT1 ||
	       tp->state == TCP_FIN_WAIT2;
}

/* For a connection that has seen the peer's SYN. Consumes. */
void tcp_rcv_state(struct tcp *tp, struct tcp_in *in)
{
	struct node *n = tcp_node(tp);
	int verdict;

	tcp_mstamp_refresh(tp);
	if (!validate(tp, in))
		return;
	if (!(in->h.flags & TCPHDR_ACK)) {
		tcp_in_drop(in, n, DROP_TCP_FLAGS);
		return;
	}
	verdict = tcp_ack(tp, in, FLAG_SLOWPATH | FLAG_UPDATE_TS_RECENT |
				  (tp->state == TCP_SYN_RECV ? FLAG_NO_CHALLENGE_ACK : 0));
	if (tp->state == TCP_SYN_RECV && verdict <= 0) {
		tcp_reply_reset(n, in);
		tcp_in_drop(in, n, DROP_TCP_UNSENT_ACK);
		return;
	}
	if (verdict < 0) {
		if (verdict == -1)
			tcp_send_challenge_ack(tp); /* RFC 5961 5.2: it is answered, and dropped */
		tcp_in_drop(in, n, verdict == -1 ? DROP_TCP_UNSENT_ACK : DROP_TCP_OLD_ACK);
		return;
	}
	if (tp->state == TCP_CLOSE) {
		packet_free(in->p);
		return;
	}
	if (ack_states(tp, in)) {
		packet_free(in->p);
		return;
	}
	if (refuse_data(tp, in))
		return;
	tcp_rcv_rtt_measure_ts(tp, in);
	if (takes_data(tp) || before(in->seq, tp->rcv_nxt)) {
		if (in->seq != in->end_seq)
			tcp_data_queue(tp, in);
		else
			packet_free(in->p);
	} else {
		packet_free(in->p);
	}
	if (tp->state == TCP_CLOSE || tp->dying)
		return;
	tcp_data_snd_check(tp);
	tcp_ack_snd_check(tp);
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

static void input(struct node *n, struct packet *p, const struct ip_info *info)
{
	struct transport *t = n->transport;
	struct tcp_stack *st = t ? t->tcp : NULL;
	struct tcp_in in;

	if (!parse(n, p, info, &in))
		return;
	if (st) {
		struct tcp_entry *e = tcp_entry_find(st, &info->dst, in.h.dport, &info->src,
						     in.h.sport);
		struct tcp *l;

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
		l = tcp_listener_find(st, &info->dst, in.h.dport, info->in);
		if (l) {
			tcp_listen_input(l, &in, 0);
			return;
		}
	}
	tcp_reply_reset(n, &in);
	tcp_in_drop(&in, n, DROP_TCP_NO_SOCKET);
}

const struct ip_proto tcp_proto = {
	.proto = IPPROTO_TCP,
	.input = input,
	.error = tcp_error,
};
