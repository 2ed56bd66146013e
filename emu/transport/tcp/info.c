#include "transport/tcp/info.h"

#include <errno.h>

#include "transport/tcp/internal.h"

static uint32_t ms_ago(const struct tcp *tp, uint64_t at)
{
	uint64_t now = tcp_clock_us(tp);

	return now > at ? (uint32_t)((now - at) / 1000) : 0;
}

static uint8_t options(const struct tcp *tp)
{
	return (uint8_t)((tp->tstamp_ok ? TCPI_OPT_TIMESTAMPS : 0) |
			 (tp->sack_ok ? TCPI_OPT_SACK : 0) |
			 (tp->wscale_ok ? TCPI_OPT_WSCALE : 0) |
			 (tp->ecn_flags & TCP_ECN_OK ? TCPI_OPT_ECN : 0) |
			 (tp->ecn_flags & TCP_ECN_SEEN ? TCPI_OPT_ECN_SEEN : 0) |
			 (tp->syn_data_acked ? TCPI_OPT_SYN_DATA : 0));
}

/* Linux's tcp_get_info(). */
int tcp_info_get(const struct socket *s, struct tcp_info *i)
{
	const struct tcp *tp = (const struct tcp *)s;

	if (s->ops != &tcp_ops)
		return -EOPNOTSUPP;
	*i = (struct tcp_info){
		.tcpi_state = tp->state,
		.tcpi_pacing_rate = tp->sk_pacing_rate,
		.tcpi_max_pacing_rate = tp->sk_max_pacing_rate,
		.tcpi_reordering = tp->reordering,
		.tcpi_snd_cwnd = tp->snd_cwnd,
	};
	if (tp->state == TCP_LISTEN) {
		i->tcpi_unacked = tp->accept_count;
		i->tcpi_sacked = tp->backlog;
		return 0;
	}
	i->tcpi_ca_state = tp->icsk_ca_state;
	i->tcpi_retransmits = tp->retransmits;
	i->tcpi_probes = tp->probes_out;
	i->tcpi_backoff = tp->backoff;
	i->tcpi_options = options(tp);
	i->tcpi_fastopen_client_fail = tp->fastopen_client_fail & 3;
	i->tcpi_snd_wscale = tp->snd_wscale & 15;
	i->tcpi_rcv_wscale = tp->rcv_wscale & 15;
	i->tcpi_delivery_rate_app_limited = tp->rate_app_limited;
	i->tcpi_rto = tp->rto;
	i->tcpi_ato = tp->ack.ato;
	i->tcpi_snd_mss = tp->mss_cache;
	i->tcpi_rcv_mss = tp->ack.rcv_mss;
	i->tcpi_unacked = tp->packets_out;
	i->tcpi_sacked = tp->sacked_out;
	i->tcpi_lost = tp->lost_out;
	i->tcpi_retrans = tp->retrans_out;
	i->tcpi_last_data_sent = ms_ago(tp, tp->lsndtime);
	i->tcpi_last_data_recv = ms_ago(tp, tp->ack.lrcvtime);
	i->tcpi_last_ack_recv = ms_ago(tp, tp->rcv_tstamp);
	i->tcpi_pmtu = tp->pmtu_cookie;
	i->tcpi_rcv_ssthresh = tp->rcv_ssthresh;
	i->tcpi_rtt = tp->srtt_us >> 3;
	i->tcpi_rttvar = tp->mdev_us >> 2;
	i->tcpi_snd_ssthresh = tp->snd_ssthresh;
	i->tcpi_advmss = tp->advmss;
	i->tcpi_rcv_rtt = tp->rcv_rtt_est.rtt_us >> 3;
	i->tcpi_rcv_space = tp->rcvq_space.space;
	i->tcpi_total_retrans = tp->total_retrans;
	i->tcpi_bytes_acked = tp->bytes_acked;
	i->tcpi_bytes_received = tp->bytes_received;
	i->tcpi_segs_out = (uint32_t)tp->segs_out;
	i->tcpi_segs_in = (uint32_t)tp->segs_in;
	i->tcpi_notsent_bytes = tcp_notsent(tp);
	i->tcpi_min_rtt = tcp_min_rtt(tp);
	i->tcpi_data_segs_in = (uint32_t)tp->data_segs_in;
	i->tcpi_data_segs_out = (uint32_t)tp->data_segs_out;
	i->tcpi_delivery_rate = tcp_rate_delivery_rate(tp);
	i->tcpi_busy_time = tcp_chrono_us(tp, TCP_CHRONO_BUSY);
	i->tcpi_rwnd_limited = tcp_chrono_us(tp, TCP_CHRONO_RWND_LIMITED);
	i->tcpi_sndbuf_limited = tcp_chrono_us(tp, TCP_CHRONO_SNDBUF_LIMITED);
	i->tcpi_delivered = tp->delivered;
	i->tcpi_delivered_ce = tp->delivered_ce;
	i->tcpi_bytes_sent = tp->bytes_sent;
	i->tcpi_bytes_retrans = tp->bytes_retrans;
	i->tcpi_dsack_dups = (uint32_t)tp->dsack_dups;
	i->tcpi_reord_seen = tp->reord_seen;
	i->tcpi_rcv_ooopack = tp->rcv_ooopack;
	i->tcpi_snd_wnd = tp->snd_wnd;
	return 0;
}
