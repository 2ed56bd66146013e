/* The sender's states (Open, Disorder, CWR, Recovery, Loss), PRR, and the window after an ACK. */
#include "transport/tcp/internal.h"

static bool is_rack(const struct tcp *tp)
{
	return tcp_sysctl(tp)->tcp_recovery & 1;
}

static void init_cwnd_reduction(struct tcp *tp)
{
	tp->high_seq = tp->snd_nxt;
	tp->tlp_high_seq = 0;
	tp->snd_cwnd_cnt = 0;
	tp->prior_cwnd = tp->snd_cwnd;
	tp->prr_delivered = 0;
	tp->prr_out = 0;
	tp->snd_ssthresh = tp->icsk_ca_ops->ssthresh(tp);
	if (tp->ecn_flags & TCP_ECN_OK)
		tp->ecn_flags |= TCP_ECN_QUEUE_CWR;
}

/* Proportional rate reduction (RFC 6937): sending follows delivery, down to ssthresh. */
void tcp_cwnd_reduction(struct tcp *tp, int newly_acked_sacked, int newly_lost, int flag)
{
	int delta = (int)tp->snd_ssthresh - (int)tcp_packets_in_flight(tp), sndcnt;

	if (newly_acked_sacked <= 0 || !tp->prior_cwnd)
		return;
	tp->prr_delivered += (uint32_t)newly_acked_sacked;
	if (delta < 0) {
		uint64_t dividend = (uint64_t)tp->snd_ssthresh * tp->prr_delivered +
				    tp->prior_cwnd - 1;

		sndcnt = (int)(dividend / tp->prior_cwnd) - (int)tp->prr_out;
	} else {
		int limit = (int)(tp->prr_delivered - tp->prr_out);

		if (limit < newly_acked_sacked)
			limit = newly_acked_sacked;
		/* Slow start towards ssthresh, but not while losses go on. */
		if (flag & FLAG_SND_UNA_ADVANCED && !newly_lost)
			limit++;
		sndcnt = delta < limit ? delta : limit;
	}
	/* One for the first retransmission at least. */
	if (sndcnt < (tp->prr_out ? 0 : 1))
		sndcnt = tp->prr_out ? 0 : 1;
	tp->snd_cwnd = tcp_packets_in_flight(tp) + (uint32_t)sndcnt;
}

static void end_cwnd_reduction(struct tcp *tp)
{
	if (tp->icsk_ca_ops->cong_control)
		return;
	if (tp->snd_ssthresh < TCP_INFINITE_SSTHRESH &&
	    (tp->icsk_ca_state == TCP_CA_CWR || tp->undo_marker)) {
		tp->snd_cwnd = tp->snd_ssthresh;
		tp->snd_cwnd_stamp = tp->tcp_mstamp;
	}
	tcp_ca_event(tp, CA_EVENT_COMPLETE_CWR);
}

/* A reduction without a loss: ECN, or the host's own queue. */
void tcp_enter_cwr(struct tcp *tp)
{
	tp->prior_ssthresh = 0;
	if (tp->icsk_ca_state < TCP_CA_CWR) {
		tp->undo_marker = 0;
		init_cwnd_reduction(tp);
		tcp_set_ca_state(tp, TCP_CA_CWR);
	}
}

static bool any_retrans_done(const struct tcp *tp)
{
	return tp->retrans_out ||
	       (tp->seg_count && tcp_seg_at(tp, tp->seg_first)->sacked & TCPCB_EVER_RETRANS);
}

/* A loss that is repaired already: the whole reduction in one step (tcp_process_tlp_ack()). */
void tcp_reduce_at_once(struct tcp *tp)
{
	init_cwnd_reduction(tp);
	tcp_set_ca_state(tp, TCP_CA_CWR);
	end_cwnd_reduction(tp);
	tcp_try_keep_open(tp);
}

void tcp_try_keep_open(struct tcp *tp)
{
	enum tcp_ca_state state = TCP_CA_Open;

	if (tp->sacked_out || tp->lost_out || any_retrans_done(tp))
		state = TCP_CA_Disorder;
	if (tp->icsk_ca_state != state) {
		tcp_set_ca_state(tp, state);
		tp->high_seq = tp->snd_nxt;
	}
}

static void try_to_open(struct tcp *tp, int flag)
{
	if (!any_retrans_done(tp))
		tp->retrans_stamp = 0;
	if (flag & FLAG_ECE)
		tcp_enter_cwr(tp);
	if (tp->icsk_ca_state != TCP_CA_CWR)
		tcp_try_keep_open(tp);
}

void tcp_init_undo(struct tcp *tp)
{
	tp->undo_marker = tp->snd_una;
	tp->undo_retrans = tp->retrans_out ? (int32_t)tp->retrans_out : -1;
}

void tcp_enter_recovery(struct tcp *tp, bool ece)
{
	tp->prior_ssthresh = 0;
	tcp_init_undo(tp);
	if (!tcp_in_cwnd_reduction(tp)) {
		if (!ece)
			tp->prior_ssthresh = tcp_current_ssthresh(tp);
		init_cwnd_reduction(tp);
	}
	tcp_set_ca_state(tp, TCP_CA_Recovery);
}

/* ---- without SACK ---- */

static void reset_reno_sack(struct tcp *tp)
{
	tp->sacked_out = 0;
}

/*
 * One segment at least is a hole, whatever the duplicates say (tcp_check_reno_reordering()). acked: how
 * many this ACK took out of packets_out.
 */
void tcp_limit_reno_sacked(struct tcp *tp, uint32_t acked)
{
	uint32_t holes = tp->lost_out > 1 ? tp->lost_out : 1;

	if (holes > tp->packets_out)
		holes = tp->packets_out;
	if (tp->sacked_out + holes <= tp->packets_out)
		return;
	tp->sacked_out = tp->packets_out - holes;
	/* More duplicates than segments: the path reorders. */
	uint32_t most = (uint32_t)tcp_sysctl(tp)->tcp_max_reordering;
	uint32_t seen = tp->packets_out + acked;

	tp->reordering = seen < most ? seen : most;
	tp->reord_seen++;
}

void tcp_add_reno_sack(struct tcp *tp, int num_dupack, bool ece)
{
	if (!num_dupack)
		return;
	uint32_t prior = tp->sacked_out;
	tp->sacked_out += (uint32_t)num_dupack;
	tcp_limit_reno_sacked(tp, 0);
	if (tp->sacked_out > prior)
		tcp_count_delivered(tp, tp->sacked_out - prior, ece);
}

/* ---- loss marking without RACK (RFC 6675) ---- */

static void update_scoreboard(struct tcp *tp, bool fast_rexmit)
{
	uint32_t cnt = 0, want = tp->sacked_out > tp->reordering ? tp->sacked_out - tp->reordering : 0;

	if (!tp->sack_ok)
		return;
	if (!want && fast_rexmit)
		want = 1;
	/* Those with at least `reordering` SACKed ones behind them; one at least at the start. */
	uint32_t sacked = tp->sacked_out;
	for (uint32_t i = 0; i < tp->seg_count; i++) {
		uint32_t n = tp->seg_first + i;
		const struct tcp_seg *g = tcp_seg_at(tp, n);

		if (g->sacked & TCPCB_SACKED_ACKED) {
			if (--sacked == 0)
				break;
			continue;
		}
		if (sacked < tp->reordering && !(fast_rexmit && cnt == 0))
			break;
		if (!(g->sacked & TCPCB_LOST))
			tcp_mark_lost(tp, n);
		cnt++;
	}
}

static void identify_packet_loss(struct tcp *tp, int *flag)
{
	if (!tp->seg_count)
		return;
	if (!tp->sack_ok) {
		tcp_newreno_mark_lost(tp, *flag & FLAG_SND_UNA_ADVANCED);
	} else if (is_rack(tp)) {
		uint32_t prior = tp->retrans_out;

		if (tcp_rack_mark_lost(tp))
			*flag &= ~FLAG_SET_XMIT_TIMER;
		if (prior > tp->retrans_out)
			*flag |= FLAG_LOST_RETRANS;
	}
}

static bool time_to_recover(const struct tcp *tp)
{
	if (tp->lost_out)
		return true;
	return !is_rack(tp) && tp->sacked_out + 1 > tp->reordering;
}

static bool force_fast_retransmit(const struct tcp *tp)
{
	return tp->sacked_out && after(tcp_highest_sack_seq(tp),
				       tp->snd_una + tp->reordering * tp->mss_cache);
}

/* RFC 2018 8: the peer took back what it had SACKed. Half an RTO to change its mind. */
static bool check_sack_reneging(struct tcp *tp, int *flag)
{
	if (!(*flag & FLAG_SACK_RENEGING) || !(*flag & FLAG_SND_UNA_ADVANCED))
		return false;
	int64_t delay = tp->srtt_us >> 4;
	if (delay < 10000)
		delay = 10000;
	tcp_reset_xmit_timer(tp, ICSK_TIME_RETRANS, delay, TCP_RTO_MAX_US);
	*flag &= ~FLAG_SET_XMIT_TIMER;
	return true;
}

/* What ends an episode: everything of it is acknowledged. True: nothing more to do. */
static bool episode_ends(struct tcp *tp)
{
	switch (tp->icsk_ca_state) {
	case TCP_CA_CWR:
		if (tp->snd_una != tp->high_seq) {
			end_cwnd_reduction(tp);
			tcp_set_ca_state(tp, TCP_CA_Open);
		}
		break;
	case TCP_CA_Recovery:
		if (!tp->sack_ok)
			reset_reno_sack(tp);
		if (tcp_try_undo_recovery(tp))
			return true;
		end_cwnd_reduction(tp);
		break;
	default:
		break;
	}
	return false;
}

/* An ACK that is not plain: duplicates, SACKs, ECE, or any ACK while things are not in order. */
void tcp_fastretrans_alert(struct tcp *tp, uint32_t prior_snd_una, int num_dupack, int *flag,
			   int *rexmit)
{
	bool ece = *flag & FLAG_ECE, fast_rexmit = false;
	bool do_lost = num_dupack || (*flag & FLAG_DATA_SACKED && force_fast_retransmit(tp));

	if (!tp->packets_out && tp->sacked_out)
		tp->sacked_out = 0;
	if (ece)
		tp->prior_ssthresh = 0;
	if (check_sack_reneging(tp, flag))
		return;
	if (tp->icsk_ca_state == TCP_CA_Open)
		tp->retrans_stamp = 0;
	else if (!before(tp->snd_una, tp->high_seq) && episode_ends(tp))
		return;
	switch (tp->icsk_ca_state) {
	case TCP_CA_Recovery:
		if (!(*flag & FLAG_SND_UNA_ADVANCED)) {
			if (!tp->sack_ok)
				tcp_add_reno_sack(tp, num_dupack, ece);
		} else if (tcp_try_undo_partial(tp, prior_snd_una, &do_lost)) {
			return;
		}
		if (tcp_try_undo_dsack(tp))
			try_to_open(tp, *flag);
		identify_packet_loss(tp, flag);
		if (tp->icsk_ca_state != TCP_CA_Recovery) {
			if (!time_to_recover(tp))
				return;
			tcp_enter_recovery(tp, ece);
		}
		break;
	case TCP_CA_Loss:
		tcp_process_loss(tp, *flag, num_dupack, rexmit);
		identify_packet_loss(tp, flag);
		if (!(tp->icsk_ca_state == TCP_CA_Open || *flag & FLAG_LOST_RETRANS))
			return;
		/* fall through */
	default:
		if (!tp->sack_ok) {
			if (*flag & FLAG_SND_UNA_ADVANCED)
				reset_reno_sack(tp);
			tcp_add_reno_sack(tp, num_dupack, ece);
		}
		if (tp->icsk_ca_state <= TCP_CA_Disorder)
			tcp_try_undo_dsack(tp);
		identify_packet_loss(tp, flag);
		if (!time_to_recover(tp)) {
			try_to_open(tp, *flag);
			return;
		}
		/* A lost probe of the path MTU says nothing of congestion (RFC 4821 7.6). */
		if (tp->icsk_ca_state < TCP_CA_CWR && tp->mtup.probe_size &&
		    tp->snd_una == tp->mtup.probe_seq_start) {
			tcp_mtup_probe_failed(tp);
			tp->snd_cwnd++;
			tcp_simple_retransmit(tp, "retransmission of a lost MTU probe (RFC 4821)");
			return;
		}
		tcp_enter_recovery(tp, ece);
		fast_rexmit = true;
	}
	if (!is_rack(tp) && do_lost)
		update_scoreboard(tp, fast_rexmit);
	*rexmit = REXMIT_LOST;
}

/* In order, or clearly reordered: may the window grow by this ACK? */
static bool may_raise_cwnd(const struct tcp *tp, int flag)
{
	if (tp->reordering > (uint32_t)tcp_sysctl(tp)->tcp_reordering)
		return flag & FLAG_FORWARD_PROGRESS;
	return flag & FLAG_DATA_ACKED;
}

/* The window and the pacing rate after an ACK. */
void tcp_cong_control(struct tcp *tp, uint32_t ack, uint32_t acked_sacked, int flag,
		      const struct rate_sample *rs)
{
	if (tp->icsk_ca_ops->cong_control) {
		tp->icsk_ca_ops->cong_control(tp, rs);
		return;
	}
	if (tcp_in_cwnd_reduction(tp)) {
		tcp_cwnd_reduction(tp, (int)acked_sacked, rs->losses, flag);
	} else if (may_raise_cwnd(tp, flag)) {
		tp->icsk_ca_ops->cong_avoid(tp, ack, acked_sacked);
		tp->snd_cwnd_stamp = tp->tcp_mstamp;
	}
	tcp_update_pacing_rate(tp);
}

void tcp_xmit_recovery(struct tcp *tp, int rexmit)
{
	if (rexmit == REXMIT_NONE || tp->state == TCP_SYN_SENT)
		return;
	if (rexmit == REXMIT_NEW) {
		if (tcp_write_xmit(tp, tcp_current_mss(tp), TCP_NAGLE_OFF, 0))
			tcp_check_probe_timer(tp);
		if (after(tp->snd_nxt, tp->high_seq))
			return;
		tp->frto = false;
	}
	tcp_xmit_retransmit_queue(tp);
}

/* The path carries less than it did: what is too long is lost, though nothing is congested. */
void tcp_simple_retransmit(struct tcp *tp, const char *why)
{
	uint32_t mss = tcp_current_mss(tp);

	for (uint32_t i = 0; i < tp->seg_count; i++) {
		uint32_t n = tp->seg_first + i;
		const struct tcp_seg *g = tcp_seg_at(tp, n);

		if (g->end_seq - g->seq > mss + !!(g->flags & TCPHDR_FIN) &&
		    !(g->flags & TCPHDR_SYN))
			tcp_mark_lost(tp, n);
	}
	if (!tp->lost_out) /* a lost probe was found lost before */
		return;
	tp->loss_why = why;
	if (!tp->sack_ok && tp->sacked_out + tp->lost_out > tp->packets_out)
		tp->sacked_out = tp->packets_out - tp->lost_out;
	if (tp->icsk_ca_state != TCP_CA_Loss) {
		tp->high_seq = tp->snd_nxt;
		tp->snd_ssthresh = tcp_current_ssthresh(tp);
		tp->prior_ssthresh = 0;
		tp->undo_marker = 0;
		tcp_set_ca_state(tp, TCP_CA_Loss);
	}
	tcp_xmit_retransmit_queue(tp);
}
