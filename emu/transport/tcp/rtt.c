/* Round-trip times: the estimator (RFC 6298 as Linux has it), the RTO, the windowed minimum. */
#include "transport/tcp/internal.h"

/* The value of the timestamp option now, without the connection's offset: milliseconds. */
uint32_t tcp_time_stamp(const struct tcp *tp)
{
	return (uint32_t)(tp->tcp_mstamp / 1000);
}

static void estimator(struct tcp *tp, int64_t mrtt_us)
{
	int64_t m = mrtt_us;
	uint32_t srtt = tp->srtt_us;

	if (srtt != 0) {
		m -= srtt >> 3;
		srtt = (uint32_t)(srtt + m);
		if (m < 0) {
			m = -m;
			m -= tp->mdev_us >> 2;
			/* A drop of the RTT must not raise the variance by much: Eifel's remark. */
			if (m > 0)
				m >>= 3;
		} else {
			m -= tp->mdev_us >> 2;
		}
		tp->mdev_us = (uint32_t)(tp->mdev_us + m);
		if (tp->mdev_us > tp->mdev_max_us) {
			tp->mdev_max_us = tp->mdev_us;
			if (tp->mdev_max_us > tp->rttvar_us)
				tp->rttvar_us = tp->mdev_max_us;
		}
		if (after(tp->snd_una, tp->rtt_seq)) {
			if (tp->mdev_max_us < tp->rttvar_us)
				tp->rttvar_us -= (tp->rttvar_us - tp->mdev_max_us) >> 2;
			tp->rtt_seq = tp->snd_nxt;
			tp->mdev_max_us = TCP_RTO_MIN_US;
		}
	} else {
		srtt = (uint32_t)(m << 3);
		tp->mdev_us = (uint32_t)(m << 1);
		tp->rttvar_us = tp->mdev_us > TCP_RTO_MIN_US ? tp->mdev_us : TCP_RTO_MIN_US;
		tp->mdev_max_us = tp->rttvar_us;
		tp->rtt_seq = tp->snd_nxt;
	}
	tp->srtt_us = srtt ? srtt : 1;
}

void tcp_set_rto(struct tcp *tp)
{
	uint32_t rto = (tp->srtt_us >> 3) + tp->rttvar_us;

	tp->rto = rto > TCP_RTO_MAX_US ? TCP_RTO_MAX_US : rto;
}

/*
 * The least RTT of the last tcp_min_rtt_wlen seconds: three best samples of three sub-windows
 * (Linux's lib/minmax.c, after Kathleen Nichols).
 */
static void update_rtt_min(struct tcp *tp, int64_t rtt_us, int flag)
{
	uint64_t win = (uint64_t)tcp_sysctl(tp)->tcp_min_rtt_wlen * 1000000, t = tp->tcp_mstamp;
	uint32_t v = rtt_us ? (uint32_t)rtt_us : 1;

	if (flag & FLAG_ACK_MAYBE_DELAYED && v > tcp_min_rtt(tp))
		return; /* a delayed ACK: it tells nothing of the path */
	if (v <= tp->rtt_min.s[0].v || t - tp->rtt_min.s[2].t > win) {
		for (int i = 0; i < 3; i++) {
			tp->rtt_min.s[i].t = t;
			tp->rtt_min.s[i].v = v;
		}
		return;
	}
	if (v <= tp->rtt_min.s[1].v) {
		tp->rtt_min.s[1].t = tp->rtt_min.s[2].t = t;
		tp->rtt_min.s[1].v = tp->rtt_min.s[2].v = v;
	} else if (v <= tp->rtt_min.s[2].v) {
		tp->rtt_min.s[2].t = t;
		tp->rtt_min.s[2].v = v;
	}
	uint64_t dt = t - tp->rtt_min.s[0].t;
	if (dt > win) {
		for (int round = 0; round < 2 && t - tp->rtt_min.s[0].t > win; round++) {
			tp->rtt_min.s[0] = tp->rtt_min.s[1];
			tp->rtt_min.s[1] = tp->rtt_min.s[2];
			tp->rtt_min.s[2].t = t;
			tp->rtt_min.s[2].v = v;
		}
	} else if (tp->rtt_min.s[1].t == tp->rtt_min.s[0].t && dt > win / 4) {
		tp->rtt_min.s[1].t = tp->rtt_min.s[2].t = t;
		tp->rtt_min.s[1].v = tp->rtt_min.s[2].v = v;
	} else if (tp->rtt_min.s[2].t == tp->rtt_min.s[1].t && dt > win / 2) {
		tp->rtt_min.s[2].t = t;
		tp->rtt_min.s[2].v = v;
	}
}

/* One ACK's samples, -1 for those it does not give (Karn's rule; timestamps as a last resort). */
bool tcp_ack_update_rtt(struct tcp *tp, int flag, int64_t seq_rtt_us, int64_t sack_rtt_us,
			int64_t ca_rtt_us, struct rate_sample *rs)
{
	if (seq_rtt_us < 0)
		seq_rtt_us = sack_rtt_us;
	if (seq_rtt_us < 0 && tp->saw_tstamp && tp->rcv_tsecr && flag & FLAG_ACKED) {
		uint32_t delta = tcp_time_stamp(tp) - tp->rcv_tsecr;

		if (delta < INT32_MAX / 1000)
			seq_rtt_us = ca_rtt_us = delta ? delta * 1000 : 1000;
	}
	rs->rtt_us = ca_rtt_us;
	if (seq_rtt_us < 0)
		return false;
	update_rtt_min(tp, ca_rtt_us, flag);
	estimator(tp, seq_rtt_us);
	tcp_set_rto(tp);
	tp->backoff = 0;
	return true;
}

/* The SYN-ACK's way there and back. */
void tcp_synack_rtt(struct tcp *tp)
{
	uint64_t sent = tp->synack_mstamp;
	int64_t rtt = sent == TCP_NO_MSTAMP ? -1 : (int64_t)(tp->tcp_mstamp - sent);
	struct rate_sample rs;

	tcp_ack_update_rtt(tp, FLAG_SYN_ACKED, rtt, -1, rtt, &rs);
}
