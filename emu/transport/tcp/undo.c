/* The RTO's loss state, and taking back what turns out to have been wrong: Eifel, D-SACK, F-RTO. */
#include "transport/tcp/internal.h"

/* RFC 3522: an ACK that echoes a timestamp from before the retransmission. */
static bool packet_delayed(const struct tcp *tp)
{
	return tp->retrans_stamp && tp->saw_tstamp && tp->rcv_tsecr &&
	       (int32_t)(tp->rcv_tsecr - (uint32_t)(tp->retrans_stamp / 1000)) < 0;
}

static bool may_undo(const struct tcp *tp)
{
	return tp->undo_marker && (!tp->undo_retrans || packet_delayed(tp));
}

/* Which of the two it was that may_undo() found. */
static const char *undo_how(const struct tcp *tp)
{
	return packet_delayed(tp) ? "Eifel" : "D-SACK";
}

void tcp_undo_cwnd_reduction(struct tcp *tp, bool unmark_loss, const char *why)
{
	if (node_world(tcp_node(tp))->observers)
		tcp_note_undo(tp, why);
	if (unmark_loss) {
		for (uint32_t i = 0; i < tp->seg_count; i++)
			tcp_seg_at(tp, tp->seg_first + i)->sacked &= (uint8_t)~TCPCB_LOST;
		tp->lost_out = 0;
		tp->retransmit_hint = TCP_SEG_NONE;
	}
	if (tp->prior_ssthresh) {
		tp->snd_cwnd = tp->icsk_ca_ops->undo_cwnd(tp);
		if (tp->prior_ssthresh > tp->snd_ssthresh) {
			tp->snd_ssthresh = tp->prior_ssthresh;
			if (tp->ecn_flags & TCP_ECN_OK)
				tp->ecn_flags &= (uint8_t)~TCP_ECN_QUEUE_CWR;
		}
	}
	tp->snd_cwnd_stamp = tp->tcp_mstamp;
	tp->undo_marker = 0;
	tp->rack.advanced = true;
	tp->undone++;
}

static bool any_retrans_done(const struct tcp *tp)
{
	if (tp->retrans_out)
		return true;
	return tp->seg_count && tcp_seg_at(tp, tp->seg_first)->sacked & TCPCB_EVER_RETRANS;
}

/* Without SACK: more duplicates may still be under way, so hold on until they are past. */
static bool non_sack_preventing_reopen(struct tcp *tp)
{
	if (tp->snd_una != tp->high_seq || tp->sack_ok)
		return false;
	if (!any_retrans_done(tp))
		tp->retrans_stamp = 0;
	return true;
}

bool tcp_try_undo_recovery(struct tcp *tp)
{
	if (may_undo(tp))
		tcp_undo_cwnd_reduction(tp, false, undo_how(tp));
	else if (tp->rack.reo_wnd_persist)
		tp->rack.reo_wnd_persist--;
	if (non_sack_preventing_reopen(tp))
		return true;
	tcp_set_ca_state(tp, TCP_CA_Open);
	tp->is_sack_reneg = false;
	return false;
}

/* Every retransmission was reported as a duplicate. */
bool tcp_try_undo_dsack(struct tcp *tp)
{
	if (!tp->undo_marker || tp->undo_retrans)
		return false;
	if (tp->rack.reo_wnd_persist < 16)
		tp->rack.reo_wnd_persist++;
	tcp_undo_cwnd_reduction(tp, false, "D-SACK");
	return true;
}

bool tcp_try_undo_loss(struct tcp *tp, bool frto_undo)
{
	if (!frto_undo && !may_undo(tp))
		return false;
	tcp_undo_cwnd_reduction(tp, true, frto_undo ? "F-RTO" : undo_how(tp));
	tp->retransmits = 0;
	if (non_sack_preventing_reopen(tp))
		return true;
	if (frto_undo || tp->sack_ok) {
		tcp_set_ca_state(tp, TCP_CA_Open);
		tp->is_sack_reneg = false;
		tp->frto = false;
	}
	return true;
}

/* A partial ACK in recovery that shows the first retransmission was needless. */
bool tcp_try_undo_partial(struct tcp *tp, uint32_t prior_snd_una, bool *do_lost)
{
	if (tp->undo_marker && packet_delayed(tp)) {
		/* Plain reordering: remember how far it went. */
		tcp_check_sack_reordering(tp, prior_snd_una);
		/* Wait for what was sent again before the window is restored. */
		if (tp->retrans_out)
			return true;
		if (!any_retrans_done(tp))
			tp->retrans_stamp = 0;
		tcp_undo_cwnd_reduction(tp, true, "Eifel");
		tcp_try_keep_open(tp);
		return false;
	}
	*do_lost = !tp->sack_ok || (tp->sacked_out && after(tcp_highest_sack_seq(tp),
							    tp->snd_una + tp->reordering *
										  tp->mss_cache));
	return false;
}

/* F-RTO makes sense once for an episode, and where the timeout may have been spurious. */
static bool frto_applies(const struct tcp *tp, bool new_recovery)
{
	return tcp_sysctl(tp)->tcp_frto && (new_recovery || tp->retransmits) &&
	       !tp->mtup.probe_size;
}

static void mark_all_lost(struct tcp *tp)
{
	bool reneg = tp->seg_count &&
		     tcp_seg_at(tp, tp->seg_first)->sacked & TCPCB_SACKED_ACKED;

	if (reneg || !tp->sack_ok)
		tp->sacked_out = 0;
	tp->is_sack_reneg |= reneg;
	for (uint32_t i = 0; i < tp->seg_count; i++) {
		uint32_t n = tp->seg_first + i;
		struct tcp_seg *g = tcp_seg_at(tp, n);

		if (reneg && g->sacked & TCPCB_SACKED_ACKED)
			g->sacked &= (uint8_t)~TCPCB_SACKED_ACKED;
		else if (tp->sack_ok && !reneg && tcp_sysctl(tp)->tcp_recovery & 1 && i &&
			 (int64_t)(tp->tcp_mstamp - g->mstamp) < (int64_t)tp->rack.rtt_us)
			continue; /* too young to be lost: sent within the last RTT */
		tcp_mark_lost(tp, n);
	}
}

/* A retransmission timeout (RFC 5681 3.1, RFC 6298 5, RFC 5682). */
void tcp_enter_loss(struct tcp *tp)
{
	bool new_recovery = tp->icsk_ca_state < TCP_CA_Recovery;
	uint32_t reordering = (uint32_t)tcp_sysctl(tp)->tcp_reordering;

	tp->loss_why = "retransmission after RTO";
	mark_all_lost(tp);
	if (tp->icsk_ca_state <= TCP_CA_Disorder || !after(tp->high_seq, tp->snd_una) ||
	    (tp->icsk_ca_state == TCP_CA_Loss && !tp->retransmits)) {
		tp->prior_ssthresh = tcp_current_ssthresh(tp);
		tp->prior_cwnd = tp->snd_cwnd;
		tp->snd_ssthresh = tp->icsk_ca_ops->ssthresh(tp);
		tcp_ca_event(tp, CA_EVENT_LOSS);
		tcp_init_undo(tp);
	}
	tp->snd_cwnd = tcp_packets_in_flight(tp) + 1;
	tp->snd_cwnd_cnt = 0;
	tp->snd_cwnd_stamp = tp->tcp_mstamp;
	/* A loss that is found by time only: reordering is not what we thought it was. */
	if (tp->icsk_ca_state <= TCP_CA_Disorder && tp->sacked_out >= reordering &&
	    tp->reordering > reordering)
		tp->reordering = reordering;
	tcp_set_ca_state(tp, TCP_CA_Loss);
	tp->high_seq = tp->snd_nxt;
	tp->tlp_high_seq = 0;
	if (tp->ecn_flags & TCP_ECN_OK)
		tp->ecn_flags |= TCP_ECN_QUEUE_CWR;
	tp->frto = frto_applies(tp, new_recovery);
}

/* An ACK in the loss state. */
void tcp_process_loss(struct tcp *tp, int flag, int num_dupack, int *rexmit)
{
	bool recovered = !before(tp->snd_una, tp->high_seq);

	if (flag & FLAG_SND_UNA_ADVANCED && tcp_try_undo_loss(tp, false))
		return;
	if (tp->frto) { /* RFC 5682 3.1, with SACK */
		/* Step 3.b: something that was not sent again arrived: the timeout was spurious. */
		if (flag & FLAG_ORIG_SACK_ACKED && tcp_try_undo_loss(tp, true))
			return;
		if (after(tp->snd_nxt, tp->high_seq)) {
			if (flag & FLAG_DATA_SACKED || num_dupack)
				tp->frto = false; /* step 3.a: the loss was real */
		} else if (flag & FLAG_SND_UNA_ADVANCED && !recovered) {
			tp->high_seq = tp->snd_nxt;
			/* Step 2.b: new data tells the two apart, if there is any to send. */
			if (tcp_unsent(tp) && after(tcp_wnd_end(tp), tp->snd_nxt)) {
				*rexmit = REXMIT_NEW;
				return;
			}
			tp->frto = false;
		}
	}
	if (recovered) {
		/* Everything up to the timeout is there. */
		if (!tp->sack_ok)
			tp->sacked_out = 0;
		tcp_try_undo_recovery(tp);
		return;
	}
	if (!tp->sack_ok) {
		/* A duplicate then is of the new data of step 2.b, which has arrived. */
		if (after(tp->snd_nxt, tp->high_seq) && num_dupack)
			tcp_add_reno_sack(tp, num_dupack, flag & FLAG_ECE);
		else if (flag & FLAG_SND_UNA_ADVANCED)
			tp->sacked_out = 0;
	}
	*rexmit = REXMIT_LOST;
}
