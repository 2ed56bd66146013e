/* What an ACK acknowledges, and what follows from it (Linux's tcp_ack()). */
#include <assert.h>

#include "ip/neigh.h"

#include "transport/tcp/internal.h"

void tcp_count_delivered(struct tcp *tp, uint32_t n, bool ece)
{
	tp->delivered += n;
	if (ece)
		tp->delivered_ce += n;
}

void tcp_update_wl(struct tcp *tp, uint32_t seq)
{
	tp->snd_wl1 = seq;
}

static void snd_una_update(struct tcp *tp, uint32_t ack)
{
	tp->bytes_acked += ack - tp->snd_una;
	tp->snd_una = ack;
}

/* RFC 9293 3.10.7.4: may this segment change the window? */
static bool may_update_window(const struct tcp *tp, uint32_t ack, uint32_t seq, uint32_t win)
{
	return after(ack, tp->snd_una) || after(seq, tp->snd_wl1) ||
	       (seq == tp->snd_wl1 && win > tp->snd_wnd);
}

static int update_window(struct tcp *tp, const struct tcp_in *in, uint32_t ack)
{
	uint32_t win = in->h.window;
	int flag = 0;

	if (!(in->h.flags & TCPHDR_SYN))
		win <<= tp->snd_wscale;
	if (may_update_window(tp, ack, in->seq, win)) {
		flag |= FLAG_WIN_UPDATE;
		tcp_update_wl(tp, in->seq);
		if (tp->snd_wnd != win) {
			tp->snd_wnd = win;
			if (win > tp->max_window) {
				tp->max_window = win;
				tcp_sync_mss(tp, tp->pmtu_cookie);
			}
		}
	}
	snd_una_update(tp, ack);
	return flag;
}

/* RFC 7323 4.3: only a segment that begins at or before the last ACK sent carries news. */
static void replace_ts_recent(struct tcp *tp, uint32_t seq)
{
	if (!tp->saw_tstamp || after(seq, tp->rcv_wup))
		return;
	if (!tp->ts_recent_stamp || tcp_paws_check(tp, 0)) {
		tp->ts_recent = tp->rcv_tsval;
		tp->ts_recent_stamp = tp->tcp_mstamp / 1000000 + 1;
	}
}

/* A retransmission whose original was ACKed: the echo is older than it (RACK, RFC 8985 6.2). */
static bool spurious_retrans(const struct tcp *tp, const struct tcp_seg *g)
{
	return g->sacked & (TCPCB_EVER_RETRANS | TCPCB_SACKED_RETRANS) && tp->saw_tstamp &&
	       tp->rcv_tsecr && (int32_t)(tp->rcv_tsecr - (uint32_t)(g->mstamp / 1000)) < 0;
}

struct cleaned {
	uint64_t first_ackt, last_ackt; /* us; 0: none */
	uint32_t pkts_acked, reord;
	int flag;
};

static void clean_one(struct tcp *tp, uint32_t n, struct cleaned *c,
		      struct tcp_sacktag_state *sack, bool ece)
{
	struct tcp_seg *g = tcp_seg_at(tp, n);

	if (g->sacked & (TCPCB_SACKED_RETRANS | TCPCB_EVER_RETRANS)) {
		if (g->sacked & TCPCB_SACKED_RETRANS)
			tp->retrans_out--;
		c->flag |= FLAG_RETRANS_DATA_ACKED;
	} else if (!(g->sacked & TCPCB_SACKED_ACKED)) {
		c->last_ackt = g->mstamp + 1;
		if (!c->first_ackt)
			c->first_ackt = c->last_ackt;
		if (before(g->seq, c->reord))
			c->reord = g->seq;
		if (!after(g->end_seq, tp->high_seq))
			c->flag |= FLAG_ORIG_SACK_ACKED;
	}
	if (g->sacked & TCPCB_SACKED_ACKED) {
		tp->sacked_out--;
	} else if (tp->sack_ok) {
		tcp_count_delivered(tp, 1, ece);
		if (!spurious_retrans(tp, g))
			tcp_rack_advance(tp, g);
	}
	if (g->sacked & TCPCB_LOST)
		tp->lost_out--;
	tp->packets_out--;
	c->pkts_acked++;
	tcp_rate_skb_delivered(tp, g, sack->rate);
	if (g->flags & TCPHDR_SYN) {
		c->flag |= FLAG_SYN_ACKED;
		tp->retrans_stamp = 0;
	} else {
		c->flag |= FLAG_DATA_ACKED;
	}
	tcp_seg_pop(tp);
}

static void ca_sample(struct tcp *tp, uint32_t pkts, int64_t rtt_us)
{
	const struct ack_sample s = {.pkts_acked = pkts, .rtt_us = (int32_t)rtt_us};

	tcp_ca_pkts_acked(tp, &s);
}

/* Without SACK duplicate ACKs stand for SACKed segments (RFC 5681): take back as many as arrived. */
static void remove_reno_sacks(struct tcp *tp, uint32_t acked, bool ece)
{
	if (acked > 0) {
		uint32_t fresh = acked > tp->sacked_out ? acked - tp->sacked_out : 0;

		tcp_count_delivered(tp, fresh > 1 ? fresh : 1, ece);
		if (acked - 1 >= tp->sacked_out)
			tp->sacked_out = 0;
		else
			tp->sacked_out -= acked - 1;
	}
	tcp_limit_reno_sacked(tp, acked);
}

/* acked: bytes that snd_una moved by. */
static int clean_rtx_queue(struct tcp *tp, uint32_t prior_fack, uint32_t acked,
			   struct tcp_sacktag_state *sack, bool ece)
{
	struct cleaned c = {.reord = sack->reord};
	int64_t seq_rtt = -1, sack_rtt = -1, ca_rtt = -1;
	uint32_t prior_sacked = tp->sacked_out;

	while (tp->seg_count && !after(tcp_seg_at(tp, tp->seg_first)->end_seq, tp->snd_una))
		clean_one(tp, tp->seg_first, &c, sack, ece);
	tcp_queue_release(tp);
	if (!tp->seg_count)
		tcp_chrono_stop(tp, TCP_CHRONO_BUSY);
	if (tp->seg_count && tcp_seg_at(tp, tp->seg_first)->sacked & TCPCB_SACKED_ACKED)
		c.flag |= FLAG_SACK_RENEGING;
	if (c.first_ackt && !(c.flag & FLAG_RETRANS_DATA_ACKED)) {
		seq_rtt = (int64_t)(tp->tcp_mstamp - (c.first_ackt - 1));
		ca_rtt = (int64_t)(tp->tcp_mstamp - (c.last_ackt - 1));
		/* Of one short segment by itself, all in order: it was probably delayed. */
		if (c.pkts_acked == 1 && !prior_sacked && acked < tp->mss_cache &&
		    sack->rate->prior_delivered + 1 == tp->delivered &&
		    !(c.flag & FLAG_SYN_ACKED))
			c.flag |= FLAG_ACK_MAYBE_DELAYED;
	}
	if (sack->first_sackt) {
		sack_rtt = (int64_t)(tp->tcp_mstamp - (sack->first_sackt - 1));
		ca_rtt = (int64_t)(tp->tcp_mstamp - (sack->last_sackt - 1));
	}
	bool rtt_update = tcp_ack_update_rtt(tp, c.flag, seq_rtt, sack_rtt, ca_rtt, sack->rate);
	if (c.flag & FLAG_ACKED) {
		c.flag |= FLAG_SET_XMIT_TIMER;
		if (tp->mtup.probe_size && !after(tp->mtup.probe_seq_end, tp->snd_una))
			tcp_mtup_probe_success(tp);
		if (!tp->sack_ok) {
			remove_reno_sacks(tp, c.pkts_acked, ece);
			/* Which of the copies it was cannot be told. */
			if (c.flag & FLAG_RETRANS_DATA_ACKED)
				c.flag &= ~FLAG_ORIG_SACK_ACKED;
		} else if (before(c.reord, prior_fack)) {
			/* A hole was filled by what had never been sent again: reordering. */
			tcp_check_sack_reordering(tp, c.reord);
		}
	} else if (tp->seg_count && rtt_update && sack_rtt >= 0 &&
		   sack_rtt > (int64_t)(tp->tcp_mstamp - tcp_seg_at(tp, tp->seg_first)->mstamp)) {
		/* SACKed data that is older than the head's last transmission says nothing of it. */
		c.flag |= FLAG_SET_XMIT_TIMER;
	}
	if (c.pkts_acked || sack->sack_delivered)
		ca_sample(tp, c.pkts_acked, ca_rtt);
	return c.flag;
}

/* RFC 9293 3.8.6.1: the window opened, or not yet. */
static void ack_probe(struct tcp *tp)
{
	if (!tcp_unsent(tp))
		return;
	if (tcp_snd_wnd_test(tp, tp->mss_cache)) {
		tp->backoff = 0;
		tp->probes_tstamp = 0;
		if (tp->pending == ICSK_TIME_PROBE0)
			tcp_clear_xmit_timer(tp);
	} else {
		int64_t when = tcp_probe0_clamp(tp, tcp_probe0_when(tp, TCP_RTO_MAX_US));

		tcp_reset_xmit_timer(tp, ICSK_TIME_PROBE0, when, TCP_RTO_MAX_US);
	}
}

static bool is_dubious(const struct tcp *tp, int flag)
{
	return !(flag & FLAG_NOT_DUP) || flag & FLAG_CA_ALERT || tp->icsk_ca_state != TCP_CA_Open;
}

static uint32_t newly_delivered(const struct tcp *tp, uint32_t prior)
{
	return tp->delivered - prior;
}

static void set_xmit_timer(struct tcp *tp)
{
	if (!tcp_schedule_loss_probe(tp, true))
		tcp_rearm_rto(tp);
}

/* What an ACK that is not plain leads to; captures are told if it shows that a loss was none. */
static void alert(struct tcp *tp, const struct tcp_in *in, uint32_t prior_snd_una, int num_dupack,
		  int *flag, int *rexmit)
{
	uint32_t undone = tp->undone;

	tcp_fastretrans_alert(tp, prior_snd_una, num_dupack, flag, rexmit);
	if (tp->undone != undone && tp->undo_how)
		tcp_note_undone(tp, in->p);
}

static int ack_of_old(struct tcp *tp, const struct tcp_in *in, int flag,
		      struct tcp_sacktag_state *sack)
{
	uint32_t prior = tp->snd_una;
	int rexmit = REXMIT_NONE;

	if (in->o.sacks && tp->sack_ok) {
		flag |= tcp_sacktag(tp, in, prior, sack);
		if (sack->sack_delivered)
			tcp_count_delivered(tp, sack->sack_delivered, false);
		alert(tp, in, prior, 0, &flag, &rexmit);
		tcp_xmit_recovery(tp, rexmit);
	}
	return 0;
}

static int challenge_old(struct tcp *tp, int flag)
{
	if (!(flag & FLAG_NO_CHALLENGE_ACK))
		tcp_send_challenge_ack(tp, "challenge ACK (RFC 5961): ACK that is too old");
	return -2;
}

static void confirm_neighbour(struct tcp *tp);

int tcp_ack(struct tcp *tp, struct tcp_in *in, int flag)
{
	struct rate_sample rs;
	struct tcp_sacktag_state sack = {.rate = &rs};
	uint32_t prior_snd_una = tp->snd_una, ack = in->ack_seq, prior_fack;
	uint32_t prior_packets = tp->packets_out, delivered = tp->delivered, lost = tp->lost;
	int rexmit = REXMIT_NONE, num_dupack = 0;
	uint32_t ev = CA_ACK_SLOWPATH;
	bool reneg = tp->is_sack_reneg;

	tcp_rate_begin(&rs);
	rs.prior_in_flight = tcp_packets_in_flight(tp);
	sack.reord = tp->snd_nxt;
	if (before(ack, prior_snd_una)) {
		uint64_t window = tp->max_window;

		if (tp->bytes_acked < window)
			window = tp->bytes_acked;
		/* RFC 5961 5.2 */
		if (before(ack, prior_snd_una - (uint32_t)window))
			return challenge_old(tp, flag);
		return ack_of_old(tp, in, flag, &sack);
	}
	if (after(ack, tp->snd_nxt))
		return -1;
	if (after(ack, prior_snd_una)) {
		flag |= FLAG_SND_UNA_ADVANCED;
		tp->retransmits = 0;
	}
	prior_fack = tp->sack_ok && tp->sacked_out ? tcp_highest_sack_seq(tp) : tp->snd_una;
	if (flag & FLAG_UPDATE_TS_RECENT)
		replace_ts_recent(tp, in->seq);
	if (in->len || in->h.flags & TCPHDR_FIN)
		flag |= FLAG_DATA;
	flag |= update_window(tp, in, ack);
	if (in->o.sacks && tp->sack_ok)
		flag |= tcp_sacktag(tp, in, prior_snd_una, &sack);
	if (tcp_ecn_rcv_ecn_echo(tp, in->h.flags)) {
		flag |= FLAG_ECE;
		ev |= CA_ACK_ECE;
	}
	if (sack.sack_delivered)
		tcp_count_delivered(tp, sack.sack_delivered, flag & FLAG_ECE);
	if (flag & FLAG_WIN_UPDATE)
		ev |= CA_ACK_WIN_UPDATE;
	tcp_ca_in_ack_event(tp, ev);
	tp->err_soft = 0;
	tp->probes_out = 0;
	tp->rcv_tstamp = tp->tcp_mstamp;
	if (!prior_packets) {
		assert(!tp->seg_count);
		if (flag & FLAG_DSACKING_ACK)
			alert(tp, in, prior_snd_una, 0, &flag, &rexmit);
		ack_probe(tp);
		if (tp->tlp_high_seq)
			tcp_process_tlp_ack(tp, ack, flag);
		return 1;
	}
	flag |= clean_rtx_queue(tp, prior_fack, ack - prior_snd_una, &sack, flag & FLAG_ECE);
	assert(tp->packets_out == tp->seg_count);
	tcp_rack_update_reo_wnd(tp, &rs);
	if (tp->tlp_high_seq)
		tcp_process_tlp_ack(tp, ack, flag);
	if (is_dubious(tp, flag)) {
		if (!(flag & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DSACKING_ACK)))
			num_dupack = 1;
		alert(tp, in, prior_snd_una, num_dupack, &flag, &rexmit);
	}
	if (flag & FLAG_SET_XMIT_TIMER)
		set_xmit_timer(tp);
	if (flag & FLAG_FORWARD_PROGRESS || !(flag & FLAG_NOT_DUP))
		confirm_neighbour(tp);
	delivered = newly_delivered(tp, delivered);
	lost = tp->lost - lost;
	rs.is_ack_delayed = flag & FLAG_ACK_MAYBE_DELAYED;
	tcp_rate_gen(tp, delivered, lost, reneg, &rs);
	tcp_cong_control(tp, ack, delivered, flag, &rs);
	tcp_xmit_recovery(tp, rexmit);
	return 1;
}

/* The next hop evidently works (RFC 4861 7.3.1); looked at once a second at most. */
static void confirm_neighbour(struct tcp *tp)
{
	struct route_entry *e = tp->path.entry;

	if (!tp->path_known || !e || !e->neigh || e->generation != tcp_node(tp)->generation)
		return;
	if (tp->tcp_mstamp - tp->neigh_confirmed < 1000000)
		return;
	tp->neigh_confirmed = tp->tcp_mstamp;
	if (ipaddr_eq(&e->dst, &tp->flow.dst))
		neigh_confirm(tcp_node(tp), e->neigh);
}
