/* Tail loss probes (RFC 8985 7). */
#include "transport/tcp/internal.h"

/* Until the RTO of the first segment in flight; negative: overdue. */
int64_t tcp_rto_delta_us(const struct tcp *tp)
{
	if (!tp->seg_count)
		return tp->rto;
	return (int64_t)(tcp_seg_at(tp, tp->seg_first)->mstamp + tp->rto) - (int64_t)tp->tcp_mstamp;
}

bool tcp_schedule_loss_probe(struct tcp *tp, bool advancing_rto)
{
	int64_t timeout, rto_delta;

	if (tp->fastopen_rsk || tcp_sysctl(tp)->tcp_early_retrans < 3 || !tp->packets_out ||
	    !tp->sack_ok ||
	    (tp->icsk_ca_state != TCP_CA_Open && tp->icsk_ca_state != TCP_CA_CWR))
		return false;
	if (tp->srtt_us) {
		timeout = tp->srtt_us >> 2;
		/* One alone may be ACKed late. */
		timeout += tp->packets_out == 1 ? TCP_RTO_MIN_US : TCP_TIMEOUT_MIN_US;
	} else {
		timeout = TCP_TIMEOUT_INIT_US;
	}
	rto_delta = advancing_rto ? tp->rto : tcp_rto_delta_us(tp);
	if (rto_delta > 0 && rto_delta < timeout)
		timeout = rto_delta;
	tcp_reset_xmit_timer(tp, ICSK_TIME_LOSS_PROBE, timeout, TCP_RTO_MAX_US);
	return true;
}

void tcp_send_loss_probe(struct tcp *tp)
{
	uint32_t mss = tcp_current_mss(tp), before_it = tp->packets_out;

	if (tp->tlp_high_seq)
		goto rearm;
	tp->tlp_retrans = false;
	if (tcp_unsent(tp) && tcp_snd_wnd_test(tp, mss)) {
		tcp_write_xmit(tp, mss, TCP_NAGLE_OFF, 2);
		if (tp->packets_out == before_it)
			goto rearm;
	} else {
		if (!tp->seg_count) {
			tp->pending = ICSK_TIME_NONE;
			return;
		}
		if (tcp_retransmit_probe(tp, tp->seg_first + tp->seg_count - 1,
					 "tail loss probe: last segment again"))
			goto rearm;
		tp->tlp_retrans = true;
	}
	tp->tlp_high_seq = tp->snd_nxt;
	tp->pending = ICSK_TIME_NONE;
rearm:
	tcp_rearm_rto(tp);
}

/* RFC 8985 7.4.2: was the probe a repair of a loss that nothing else shows? */
void tcp_process_tlp_ack(struct tcp *tp, uint32_t ack, int flag)
{
	if (before(ack, tp->tlp_high_seq))
		return;
	if (!tp->tlp_retrans) {
		tp->tlp_high_seq = 0;
	} else if (flag & FLAG_DSACK_TLP) {
		/* The original arrived as well. */
		tp->tlp_high_seq = 0;
	} else if (after(ack, tp->tlp_high_seq)) {
		/* The probe repaired a loss: reduce, as for any loss. */
		tp->tlp_high_seq = 0;
		tcp_reduce_at_once(tp);
	} else if (!(flag & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DATA_SACKED))) {
		/* A plain duplicate ACK: the original and the probe both arrived. */
		tp->tlp_high_seq = 0;
	}
}
