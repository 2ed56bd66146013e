/* Packetization-layer path MTU discovery (RFC 4821), as net.ipv4.tcp_mtu_probing asks for it. */
#include "transport/tcp/internal.h"

/* A black hole is suspected (RFC 4821 7.7): begin to search, or search lower. */
void tcp_mtu_probing(struct tcp *tp)
{
	const struct sysctls *c = tcp_sysctl(tp);

	if (!c->tcp_mtu_probing)
		return;
	if (!tp->mtup.enabled) {
		tp->mtup.enabled = true;
		tp->mtup.probe_timestamp = tp->tcp_mstamp;
	} else {
		uint32_t mss = tcp_mtu_to_mss(tp, tp->mtup.search_low) >> 1;

		if (mss > (uint32_t)c->tcp_base_mss)
			mss = (uint32_t)c->tcp_base_mss;
		if (mss < (uint32_t)c->tcp_mtu_probe_floor)
			mss = (uint32_t)c->tcp_mtu_probe_floor;
		if (mss < (uint32_t)c->tcp_min_snd_mss)
			mss = (uint32_t)c->tcp_min_snd_mss;
		tp->mtup.search_low = tcp_mss_to_mtu(tp, mss);
	}
	tcp_sync_mss(tp, tp->pmtu_cookie);
}

void tcp_mtup_probe_failed(struct tcp *tp)
{
	tp->mtup.search_high = tp->mtup.probe_size - 1;
	tp->mtup.probe_size = 0;
}

void tcp_mtup_probe_success(struct tcp *tp)
{
	/* The window stays the same in bytes. */
	uint64_t cwnd = (uint64_t)tp->snd_cwnd * tcp_mss_to_mtu(tp, tp->mss_cache) /
			tp->mtup.probe_size;

	tp->prior_ssthresh = tcp_current_ssthresh(tp);
	tp->snd_cwnd = cwnd ? (uint32_t)cwnd : 1;
	tp->snd_cwnd_cnt = 0;
	tp->snd_cwnd_stamp = tp->tcp_mstamp;
	tp->snd_ssthresh = tcp_current_ssthresh(tp);
	tp->mtup.search_low = tp->mtup.probe_size;
	tp->mtup.probe_size = 0;
	tcp_sync_mss(tp, tp->pmtu_cookie);
}

/* After a while the path may have become wider: search anew. */
static void check_reprobe(struct tcp *tp)
{
	uint64_t interval = (uint64_t)tcp_sysctl(tp)->tcp_probe_interval * 1000000;

	if (tp->tcp_mstamp - tp->mtup.probe_timestamp < interval)
		return;
	tp->mtup.probe_size = 0;
	tp->mtup.search_high = tp->mss_clamp + TCP_HLEN +
			       (ipaddr_is4(&tp->flow.dst) ? 20u : 40u);
	tp->mtup.search_low = tcp_mss_to_mtu(tp, tcp_current_mss(tp));
	tp->mtup.probe_timestamp = tp->tcp_mstamp;
}

/* Sends a probe if it is time: 1; 0 to wait for more data; -1: nothing to do (tcp_mtu_probe()). */
int tcp_mtu_probe(struct tcp *tp)
{
	if (__builtin_expect(!tp->mtup.enabled, 1))
		return -1;
	if (tp->mtup.probe_size || tp->icsk_ca_state != TCP_CA_Open || tp->snd_cwnd < 11 ||
	    tp->num_sacks || tp->has_dsack)
		return -1;
	tcp_current_mss(tp);
	uint32_t size = tcp_mtu_to_mss(tp, (tp->mtup.search_high + tp->mtup.search_low) >> 1);
	uint32_t needed = size + (tp->reordering + 1) * tp->mss_cache;
	uint32_t interval = tp->mtup.search_high - tp->mtup.search_low;
	if (size > tcp_mtu_to_mss(tp, tp->mtup.search_high) ||
	    (int32_t)interval < tcp_sysctl(tp)->tcp_probe_threshold) {
		check_reprobe(tp);
		return -1;
	}
	/* Enough behind it that its loss is noticed by duplicate ACKs. */
	if (tcp_notsent(tp) < needed)
		return -1;
	if (tp->snd_wnd < needed)
		return -1;
	if (after(tp->snd_nxt + needed, tcp_wnd_end(tp)))
		return 0;
	if (tcp_packets_in_flight(tp) + 2 > tp->snd_cwnd)
		return tcp_packets_in_flight(tp) ? 0 : -1;
	uint32_t seq = tp->snd_nxt, n = tcp_seg_push(tp, seq, seq + size, TCPHDR_ACK);
	struct tcp_seg *g = tcp_seg_at(tp, n);
	const struct tcp_out o = {.seq = seq, .len = size, .flags = TCPHDR_ACK,
				  .note = "path MTU probe (RFC 4821)"};
	g->mstamp = tp->tcp_mstamp;
	tcp_rate_skb_sent(tp, g);
	if (tcp_transmit(tp, &o)) {
		tp->seg_count--;
		return -1;
	}
	tcp_tsorted_add_tail(tp, n);
	tp->snd_cwnd--; /* it counts for two */
	tcp_event_new_data_sent(tp, n);
	tp->mtup.probe_size = tcp_mss_to_mtu(tp, size);
	tp->mtup.probe_seq_start = seq;
	tp->mtup.probe_seq_end = seq + size;
	return 1;
}
