/* Is a segment acceptable (RFC 9293 3.10.7.4, RFC 5961, PAWS), and what is answered if not? */
#include <errno.h>

#include "transport/tcp/internal.h"

#define PAWS_24DAYS_S (60u * 60 * 24 * 24)
#define PAWS_MSL_S 60u
#define PAWS_WINDOW 1 /* the peer's processors may differ by a tick (TCP_PAWS_WINDOW) */

/* net.ipv4.tcp_invalid_ratelimit: not every invalid segment gets an answer. */
bool tcp_oow_rate_limited(struct node *n, vtime *last)
{
	vtime now = node_now(n);

	if (last->ns && now.ns - last->ns < n->sysctl->tcp_invalid_ratelimit * NS_PER_MS)
		return true;
	*last = now.ns ? now : vtime_ns(1);
	return false;
}

/* RFC 5961 7, with Linux's limits: for each connection, and for the host. why: for captures. */
void tcp_send_challenge_ack(struct tcp *tp, const char *why)
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
	tcp_send_ack_note(tp, why);
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

/*
 * PAWS (RFC 7323 5.3): tsval is not older than what was seen, by more than `ticks`. A peer whose SYN
 * said 0 had no clock yet; and after 24 days of silence nothing can be said any more (5.5).
 */
static bool not_older(uint32_t recent, uint32_t tsval, int32_t ticks, uint64_t silence_s)
{
	return (int32_t)(recent - tsval) <= ticks || !recent || silence_s >= PAWS_24DAYS_S;
}

static uint64_t silence(uint64_t now_s, uint64_t stamp)
{
	return now_s + 1 > stamp ? now_s + 1 - stamp : 0;
}

bool tcp_paws_check(const struct tcp *tp, int32_t ticks)
{
	return not_older(tp->ts_recent, tp->rcv_tsval, ticks,
			 silence(tp->tcp_mstamp / 1000000, tp->ts_recent_stamp));
}

/* Resets need no timestamp; where they have one, it counts for as long as a segment lives (5.2). */
bool tcp_paws_reject(const struct node *n, uint32_t recent, uint64_t stamp, const struct tcp_in *in)
{
	uint64_t quiet = silence((uint64_t)node_now(n).ns / NS_PER_S, stamp);

	return !not_older(recent, in->o.ts_val, 0, quiet) &&
	       !(in->h.flags & TCPHDR_RST && quiet >= PAWS_MSL_S);
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

static const char challenge_syn[] = "challenge ACK (RFC 5961): SYN in an open connection";

/* An invalid segment without data: is it answered? */
static bool may_answer(struct tcp *tp, const struct tcp_in *in)
{
	if (!tcp_oow_rate_limited(tcp_node(tp), &tp->last_oow_ack_time))
		return true;
	packet_note(in->p, "not answered: too soon after the last one (tcp_invalid_ratelimit)");
	return false;
}

/* One number before the window and nothing in it: that is how peers ask whether we are there. */
static enum tcp_ack_cause cause_outside(const struct tcp *tp, const struct tcp_in *in)
{
	if (!in->len && in->seq == tp->rcv_nxt - 1 && !(in->h.flags & TCPHDR_FIN))
		return tp->rcv_wnd ? ACK_KEEPALIVE : ACK_PROBE;
	return before(in->seq, tp->rcv_nxt) && in->len ? ACK_OLD_DATA : ACK_OUTSIDE;
}

static void send_dupack(struct tcp *tp, const struct tcp_in *in, enum tcp_ack_cause cause)
{
	tp->ack_cause = (uint8_t)cause;
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

/* A reset counts only at rcv_nxt exactly (RFC 5961 3.2), or where the furthest SACK block ends. */
static bool reset_exact(const struct tcp *tp, const struct tcp_in *in)
{
	if (in->seq == tp->rcv_nxt)
		return true;
	/* After our FIN was answered the peer's reset may carry the number before its FIN. */
	return tp->rcv_nxt - 1 == in->seq &&
	       (tp->state == TCP_CLOSE_WAIT || tp->state == TCP_LAST_ACK ||
		tp->state == TCP_CLOSING);
}

/* Behind all that has arrived: a peer that was never told of the gap may believe us to be there. */
static bool reset_at_sack_edge(const struct tcp *tp, const struct tcp_in *in)
{
	uint32_t edge;

	if (!tp->num_sacks)
		return false;
	edge = tp->selective_acks[0].end_seq;
	for (int i = 1; i < tp->num_sacks; i++)
		if (after(tp->selective_acks[i].end_seq, edge))
			edge = tp->selective_acks[i].end_seq;
	return in->seq == edge;
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
bool tcp_validate(struct tcp *tp, struct tcp_in *in)
{
	struct node *n = tcp_node(tp);
	uint16_t flags = in->h.flags;

	take_timestamp(tp, in);
	if (tp->saw_tstamp && !tcp_paws_check(tp, PAWS_WINDOW) && !(flags & TCPHDR_RST) &&
	    !disordered_ack(tp, in)) {
		if (may_answer(tp, in))
			send_dupack(tp, in, ACK_PAWS);
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
			tcp_send_challenge_ack(tp, challenge_syn);
		} else if (in->len || may_answer(tp, in)) {
			send_dupack(tp, in, cause_outside(tp, in));
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
		tcp_send_challenge_ack(tp, "challenge ACK (RFC 5961): RST not exactly at rcv_nxt");
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
		tcp_send_challenge_ack(tp, challenge_syn);
		tcp_in_drop(in, n, DROP_TCP_FLAGS);
		return false;
	}
	return true;
}
