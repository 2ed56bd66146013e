/*
 * DCTCP (RFC 8257), as in Linux.
 *
 * The receiver echoes each CE mark (not "until CWR", as RFC 3168 does): when a segment's mark
 * differs from the one before, it sends what ACK it owes for those before with their ECE, and
 * acknowledges this one at once (RFC 8257 3.2). The sender counts how much of each window of data
 * was marked and keeps a mean of it, alpha; a mark costs alpha/2 of the window, once a round
 * trip. Losses cost half, as in Reno.
 *
 * Where the peer did not agree to ECN it is Reno, under the name dctcp-reno.
 *
 * alpha is in 1/1024; it moves by 1/2^tcp_dctcp.dctcp_shift_g of the difference.
 */
#include "ip/node.h"
#include "transport/tcp/internal.h"

#define MAX_ALPHA 1024u

struct dctcp {
	uint32_t old_delivered, old_delivered_ce; /* when this window of data began */
	uint32_t next_seq;                        /* its end */
	uint32_t alpha;
	uint32_t loss_cwnd;
	uint32_t prior_rcv_nxt; /* receiver: before the latest segment */
	bool ce_state;          /* receiver: the latest segment was marked */
};
_Static_assert(sizeof(struct dctcp) <= sizeof(((struct tcp *)0)->ca_priv), "ca_priv is too small");

static const struct tcp_congestion_ops dctcp_reno;

static void dctcp_window_begin(struct tcp *tp, struct dctcp *ca)
{
	ca->next_seq = tp->snd_nxt;
	ca->old_delivered = tp->delivered;
	ca->old_delivered_ce = tp->delivered_ce;
}

static void dctcp_init(struct tcp *tp)
{
	struct dctcp *ca = tcp_ca(tp);

	if (!(tp->ecn_flags & TCP_ECN_OK) && tp->state != TCP_LISTEN && tp->state != TCP_CLOSE) {
		tp->icsk_ca_ops = &dctcp_reno;
		return;
	}
	*ca = (struct dctcp){
		.alpha = (uint32_t)tcp_sysctl(tp)->tcp_dctcp_alpha_on_init,
		.prior_rcv_nxt = tp->rcv_nxt,
	};
	dctcp_window_begin(tp, ca);
}

static uint32_t dctcp_ssthresh(struct tcp *tp)
{
	struct dctcp *ca = tcp_ca(tp);
	uint32_t cut = (uint32_t)((uint64_t)tp->snd_cwnd * ca->alpha >> 11);

	ca->loss_cwnd = tp->snd_cwnd;
	return tp->snd_cwnd - cut > 2 ? tp->snd_cwnd - cut : 2;
}

/* Once a window of data: alpha = (1 - g) alpha + g F, F the marked share. RFC 8257 3.3. */
static void dctcp_in_ack_event(struct tcp *tp, uint32_t flags)
{
	struct dctcp *ca = tcp_ca(tp);
	uint32_t shift = (uint32_t)tcp_sysctl(tp)->tcp_dctcp_shift_g;
	uint32_t marked, all, decay;

	(void)flags;
	if (before(tp->snd_una, ca->next_seq))
		return;
	/* Where the shift leaves nothing, down to zero: alpha must not stay small for ever. */
	decay = ca->alpha >> shift;
	ca->alpha -= decay ? decay : ca->alpha;
	marked = tp->delivered_ce - ca->old_delivered_ce;
	if (marked) {
		all = tp->delivered - ca->old_delivered;
		ca->alpha += (uint32_t)(((uint64_t)marked << (10 - shift)) / (all ? all : 1));
		if (ca->alpha > MAX_ALPHA)
			ca->alpha = MAX_ALPHA;
	}
	dctcp_window_begin(tp, ca);
}

static void dctcp_react_to_loss(struct tcp *tp)
{
	struct dctcp *ca = tcp_ca(tp);

	ca->loss_cwnd = tp->snd_cwnd;
	tp->snd_ssthresh = tp->snd_cwnd / 2 > 2 ? tp->snd_cwnd / 2 : 2;
}

/* Timeouts come as CA_EVENT_LOSS, so that each costs one reduction. */
static void dctcp_set_state(struct tcp *tp, enum tcp_ca_state st)
{
	if (st == TCP_CA_Recovery && tp->icsk_ca_state != TCP_CA_Recovery)
		dctcp_react_to_loss(tp);
}

static void dctcp_echo(struct tcp *tp, bool ce)
{
	if (ce)
		tp->ecn_flags |= TCP_ECN_DEMAND_CWR;
	else
		tp->ecn_flags &= (uint8_t)~TCP_ECN_DEMAND_CWR;
}

/* Acknowledges what had arrived before the latest segment. */
static void dctcp_ack_prior(struct tcp *tp, const struct dctcp *ca)
{
	uint32_t rcv_nxt = tp->rcv_nxt;

	tp->rcv_nxt = ca->prior_rcv_nxt;
	dctcp_echo(tp, ca->ce_state);
	tp->ack.past = true;
	tcp_send_ack_note(tp, "ACK before a change of CE (RFC 8257 3.2)");
	tp->ack.past = false;
	tp->rcv_nxt = rcv_nxt;
}

/* A segment arrived, and rcv_nxt has taken it in. */
static void dctcp_data_arrived(struct tcp *tp, bool ce)
{
	struct dctcp *ca = tcp_ca(tp);

	if (ca->ce_state != ce) {
		if (tp->ack.pending & ICSK_ACK_TIMER)
			dctcp_ack_prior(tp, ca);
		tp->ack.pending |= ICSK_ACK_NOW;
	}
	ca->prior_rcv_nxt = tp->rcv_nxt;
	ca->ce_state = ce;
	dctcp_echo(tp, ce);
}

static void dctcp_cwnd_event(struct tcp *tp, enum tcp_ca_event ev)
{
	if (ev == CA_EVENT_ECN_IS_CE || ev == CA_EVENT_ECN_NO_CE)
		dctcp_data_arrived(tp, ev == CA_EVENT_ECN_IS_CE);
	else if (ev == CA_EVENT_LOSS)
		dctcp_react_to_loss(tp);
}

static uint32_t dctcp_undo_cwnd(struct tcp *tp)
{
	const struct dctcp *ca = tcp_ca(tp);

	return tp->snd_cwnd > ca->loss_cwnd ? tp->snd_cwnd : ca->loss_cwnd;
}

static bool dctcp_get_info(const struct tcp *tp, union tcp_cc_info *info)
{
	const struct dctcp *ca = (const void *)tp->ca_priv;

	*info = (union tcp_cc_info){.dctcp.enabled = tp->icsk_ca_ops != &dctcp_reno};
	if (info->dctcp.enabled) {
		info->dctcp.ce_state = ca->ce_state;
		info->dctcp.alpha = ca->alpha;
		info->dctcp.ab_ecn = tp->mss_cache * (tp->delivered_ce - ca->old_delivered_ce);
		info->dctcp.ab_tot = tp->mss_cache * (tp->delivered - ca->old_delivered);
	}
	return true;
}

const struct tcp_congestion_ops tcp_cc_dctcp = {
	.name = "dctcp",
	.priv_size = sizeof(struct dctcp),
	.needs_ecn = true,
	.init = dctcp_init,
	.ssthresh = dctcp_ssthresh,
	.cong_avoid = tcp_reno_cong_avoid,
	.undo_cwnd = dctcp_undo_cwnd,
	.set_state = dctcp_set_state,
	.cwnd_event = dctcp_cwnd_event,
	.in_ack_event = dctcp_in_ack_event,
	.get_info = dctcp_get_info,
};

static const struct tcp_congestion_ops dctcp_reno = {
	.name = "dctcp-reno",
	.ssthresh = tcp_reno_ssthresh,
	.cong_avoid = tcp_reno_cong_avoid,
	.undo_cwnd = tcp_reno_undo_cwnd,
	.get_info = dctcp_get_info,
};
