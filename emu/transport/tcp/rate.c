/*
 * Delivery rate samples (draft-cheng-iccrg-delivery-rate-estimation-02, as Linux does it).
 *
 * Each segment remembers, when it is sent, how much had been delivered until then and when. When
 * it is acknowledged, what has been delivered since, over the time since, is a sample of what the
 * path delivers. The time is the longer of two: between the ACKs at both ends of the sample, and
 * between the transmissions at both ends; ACKs that were held up and come in a heap would
 * otherwise show a rate at which nothing was ever sent.
 *
 * A sample from a segment that was sent when the application had nothing more to give shows the
 * application, not the path, and is marked so: tp->app_limited is the count of delivered segments
 * at which the last such one will have arrived.
 */
#include "transport/tcp/tcp.h"

#include <string.h>

#include "ip/node.h"

void tcp_rate_skb_sent(struct tcp *tp, struct tcp_seg *seg)
{
	/* Nothing is out: whatever arrives from now on was delivered in the time from now on.
	 * What counts is packets_out, because "in flight" is a guess about losses that may be
	 * wrong. */
	if (!tp->packets_out) {
		tp->first_tx_mstamp = seg->mstamp;
		tp->delivered_mstamp = seg->mstamp;
	}
	seg->tx.first_tx_mstamp = tp->first_tx_mstamp;
	seg->tx.delivered_mstamp = tp->delivered_mstamp;
	seg->tx.delivered = tp->delivered;
	seg->tx.delivered_ce = tp->delivered_ce;
	seg->tx.is_app_limited = tp->app_limited != 0;
}

void tcp_rate_begin(struct rate_sample *rs)
{
	*rs = (struct rate_sample){.rtt_us = -1};
}

/* Of the segments that one ACK covers, the one sent last gives the sample; of those sent at the
 * same time, the one further on. */
static bool rate_is_newer(const struct tcp *tp, const struct tcp_seg *seg,
			  const struct rate_sample *rs)
{
	if (!rs->prior_mstamp || seg->mstamp > tp->first_tx_mstamp)
		return true;
	return seg->mstamp == tp->first_tx_mstamp && after(seg->end_seq, rs->last_end_seq);
}

void tcp_rate_skb_delivered(struct tcp *tp, struct tcp_seg *seg, struct rate_sample *rs)
{
	if (!seg->tx.delivered_mstamp)
		return;
	if (rate_is_newer(tp, seg, rs)) {
		rs->prior_delivered = seg->tx.delivered;
		rs->prior_delivered_ce = seg->tx.delivered_ce;
		rs->prior_mstamp = seg->tx.delivered_mstamp;
		rs->is_app_limited = seg->tx.is_app_limited;
		rs->is_retrans = (seg->sacked & TCPCB_EVER_RETRANS) != 0;
		rs->last_end_seq = seg->end_seq;
		/* The next sample's transmissions begin where this one's end. */
		tp->first_tx_mstamp = seg->mstamp;
		rs->interval_us = (int64_t)(seg->mstamp - seg->tx.first_tx_mstamp);
	}
	seg->tx.delivered_mstamp = 0;
}

void tcp_rate_gen(struct tcp *tp, uint32_t delivered, uint32_t lost, bool is_sack_reneg,
		  struct rate_sample *rs)
{
	if (tp->app_limited && after(tp->delivered, tp->app_limited))
		tp->app_limited = 0;
	if (delivered)
		tp->delivered_mstamp = tp->tcp_mstamp;
	rs->acked_sacked = delivered;
	rs->losses = (int)lost;

	/* What a receiver took back was counted as delivered before. */
	if (!rs->prior_mstamp || is_sack_reneg) {
		rs->delivered = -1;
		rs->interval_us = -1;
		return;
	}
	rs->delivered = (int32_t)(tp->delivered - rs->prior_delivered);
	rs->delivered_ce = (int32_t)(tp->delivered_ce - rs->prior_delivered_ce);
	rs->snd_interval_us = (uint32_t)rs->interval_us;
	rs->rcv_interval_us = (uint32_t)(tp->tcp_mstamp - rs->prior_mstamp);
	if (rs->rcv_interval_us > rs->snd_interval_us)
		rs->interval_us = rs->rcv_interval_us;

	/* Shorter than any round trip: an ACK of the original, taken for one of the copy. */
	if (rs->interval_us < tcp_min_rtt(tp)) {
		rs->interval_us = -1;
		return;
	}
	/* Keep the last one that shows the path, or one of the application's that is as high. */
	if (!rs->is_app_limited ||
	    (uint64_t)rs->delivered * tp->rate_interval_us >=
		    (uint64_t)tp->rate_delivered * (uint64_t)rs->interval_us) {
		tp->rate_delivered = (uint32_t)rs->delivered;
		tp->rate_interval_us = (uint32_t)rs->interval_us;
		tp->rate_app_limited = rs->is_app_limited;
	}
}

void tcp_rate_check_app_limited(struct tcp *tp, uint32_t host_queued)
{
	if (tcp_notsent(tp) < tp->mss_cache && !host_queued &&
	    tcp_packets_in_flight(tp) < tp->snd_cwnd && tp->lost_out <= tp->retrans_out) {
		tp->app_limited = tp->delivered + tcp_packets_in_flight(tp);
		if (!tp->app_limited)
			tp->app_limited = 1;
	}
}

uint64_t tcp_rate_delivery_rate(const struct tcp *tp)
{
	if (!tp->rate_delivered || !tp->rate_interval_us)
		return 0;
	return (uint64_t)tp->rate_delivered * tp->mss_cache * 1000000 / tp->rate_interval_us;
}
