/* The receive window: its first size, what is offered, and how the buffers grow (DRS). */
#include "transport/tcp/internal.h"

#define MAX_TCP_WINDOW 32767u
#define SKB_OVERHEAD 576u /* struct sk_buff and struct skb_shared_info, aligned */
#define MAX_TCP_HEADER 320u

static inline int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

uint32_t tcp_win_from_space(const struct tcp *tp, int64_t space)
{
	int32_t scale = tcp_sysctl(tp)->tcp_adv_win_scale;

	if (space <= 0)
		return 0;
	return (uint32_t)(scale <= 0 ? space >> -scale : space - (space >> scale));
}

static int64_t tcp_space(const struct tcp *tp)
{
	return tcp_win_from_space(tp, (int64_t)tp->socket.rcvbuf - tp->rmem_alloc);
}

static uint32_t tcp_full_space(const struct tcp *tp)
{
	return tcp_win_from_space(tp, tp->socket.rcvbuf);
}

/*
 * A buffer that its owner has chosen will not grow: it bounds the window, and so the scale, from the
 * first segment on. clamp: 0 is none.
 */
uint32_t tcp_clamp_to_buffer(const struct tcp *tp, uint32_t clamp)
{
	uint32_t full = tcp_full_space(tp);

	return tp->rcvbuf_locked && (clamp > full || clamp == 0) ? full : clamp;
}

/* Linux's tcp_select_initial_window(): the offer in a SYN, and the scale for all that follow. */
void tcp_select_initial_window(const struct tcp *tp, uint32_t space, uint32_t mss, uint32_t *rcv_wnd,
			       uint32_t *window_clamp, bool wscale_ok, uint8_t *rcv_wscale)
{
	const struct sysctls *c = tcp_sysctl(tp);

	if (*window_clamp == 0)
		*window_clamp = 65535u << TCP_MAX_WSCALE;
	if (space > *window_clamp)
		space = *window_clamp;
	if (space > mss)
		space -= space % mss;
	*rcv_wnd = space;
	if (c->tcp_workaround_signed_windows && *rcv_wnd > MAX_TCP_WINDOW)
		*rcv_wnd = MAX_TCP_WINDOW;
	if (*rcv_wnd > 65535)
		*rcv_wnd = 65535;
	*rcv_wscale = 0;
	if (wscale_ok) {
		if (space < (uint32_t)c->tcp_rmem[2])
			space = (uint32_t)c->tcp_rmem[2];
		if (space < (uint32_t)c->rmem_max)
			space = (uint32_t)c->rmem_max;
		if (space > *window_clamp)
			space = *window_clamp;
		int scale = 31 - __builtin_clz(space) - 15;
		*rcv_wscale = (uint8_t)(scale < 0 ? 0 : scale > TCP_MAX_WSCALE ? TCP_MAX_WSCALE : scale);
	}
	if (*window_clamp > 65535u << *rcv_wscale)
		*window_clamp = 65535u << *rcv_wscale;
}

/* What the peer may still send, of what was offered. */
uint32_t tcp_receive_window(const struct tcp *tp)
{
	int32_t win = (int32_t)(tp->rcv_wup + tp->rcv_wnd - tp->rcv_nxt);

	return win < 0 ? 0 : (uint32_t)win;
}

static uint32_t align_up(uint32_t v, uint8_t scale)
{
	uint32_t unit = 1u << scale;

	return (v + unit - 1) & ~(unit - 1);
}

/* RFC 9293 3.8.6.2.2 (silly window avoidance), as __tcp_select_window() does it. */
uint32_t tcp_select_window_unscaled(struct tcp *tp)
{
	int64_t mss = tp->ack.rcv_mss, free_space = tcp_space(tp), allowed = tcp_full_space(tp);
	int64_t full = min64(tp->window_clamp, allowed);

	if (mss > full)
		mss = full;
	if (mss <= 0)
		return 0;
	if (free_space < full >> 1) {
		tp->ack.quick = 0; /* its reader is slow: nothing is gained by haste */
		free_space = free_space >> tp->rcv_wscale << tp->rcv_wscale;
		if (free_space < allowed >> 4 || free_space < mss)
			return 0;
	}
	free_space = min64(free_space, tp->rcv_ssthresh);
	if (tp->rcv_wscale)
		return align_up((uint32_t)free_space, tp->rcv_wscale);
	int64_t window = tp->rcv_wnd;
	if (window <= free_space - mss || window > free_space)
		window = free_space - free_space % mss;
	else if (mss == full && free_space > window + (full >> 1))
		window = free_space;
	return (uint32_t)window;
}

/* The field of a segment that leaves now. What was offered is never taken back. */
uint16_t tcp_select_window(struct tcp *tp)
{
	uint32_t now = tcp_receive_window(tp), win = tcp_select_window_unscaled(tp);

	if (win < now)
		win = align_up(now, tp->rcv_wscale);
	tp->rcv_wnd = win;
	tp->rcv_wup = tp->rcv_nxt;
	uint32_t most = !tp->rcv_wscale && tcp_sysctl(tp)->tcp_workaround_signed_windows
				? MAX_TCP_WINDOW
				: 65535u << tp->rcv_wscale;
	if (win > most)
		win = most;
	return (uint16_t)(win >> tp->rcv_wscale);
}

/* Room for two windows of segments as the kernel would account for them. */
void tcp_sndbuf_expand(struct tcp *tp)
{
	const struct tcp_congestion_ops *ca = tp->icsk_ca_ops;
	uint32_t mss = tp->mss_clamp > tp->mss_cache ? tp->mss_clamp : tp->mss_cache;
	uint32_t per_mss = mss + MAX_TCP_HEADER + 320;
	uint32_t segs = tp->snd_cwnd > TCP_INIT_CWND ? tp->snd_cwnd : TCP_INIT_CWND;
	uint32_t windows = ca && ca->sndbuf_expand ? ca->sndbuf_expand(tp) : 2;

	per_mss = (1u << (32 - __builtin_clz(per_mss - 1))) + 256;
	if (segs < tp->reordering + 1)
		segs = tp->reordering + 1;
	uint64_t want = (uint64_t)windows * segs * per_mss;
	if (tp->socket.sndbuf < want)
		tp->socket.sndbuf = (uint32_t)min64((int64_t)want, tcp_sysctl(tp)->tcp_wmem[2]);
}

/* When the connection is established (tcp_init_buffer_space()). */
void tcp_init_buffer_space(struct tcp *tp)
{
	uint32_t most = tcp_full_space(tp);

	if (!tp->sndbuf_locked)
		tcp_sndbuf_expand(tp);
	tcp_mstamp_refresh(tp);
	tp->rcvq_space.time = tp->tcp_mstamp;
	tp->rcvq_space.seq = tp->copied_seq;
	if (tp->window_clamp >= most)
		tp->window_clamp = most;
	if (tp->rcv_ssthresh > tp->window_clamp)
		tp->rcv_ssthresh = tp->window_clamp;
	uint32_t space = TCP_INIT_CWND * tp->advmss;
	if (tp->rcv_wnd < space)
		space = tp->rcv_wnd;
	if (tp->rcv_ssthresh < space)
		space = tp->rcv_ssthresh;
	tp->rcvq_space.space = space;
	tp->snd_cwnd_stamp = tp->tcp_mstamp;
}

/* A segment that wastes memory may still open the window, if there is much room. */
static uint32_t grow_by(const struct tcp *tp, uint32_t len, uint32_t truesize)
{
	uint32_t size = tcp_win_from_space(tp, truesize) >> 1;
	uint32_t window = tcp_win_from_space(tp, tcp_sysctl(tp)->tcp_rmem[2]) >> 1;

	while (tp->rcv_ssthresh <= window) {
		if (size <= len)
			return 2 * tp->ack.rcv_mss;
		size >>= 1;
		window >>= 1;
	}
	return 0;
}

void tcp_grow_window(struct tcp *tp, uint32_t len)
{
	int64_t room = min64(tp->window_clamp, tcp_space(tp)) - tp->rcv_ssthresh;
	uint32_t truesize = socket_truesize(len + 52), incr;

	if (room <= 0)
		return;
	if (tcp_win_from_space(tp, truesize) <= len)
		incr = 2 * tp->advmss;
	else
		incr = grow_by(tp, len, truesize);
	if (!incr)
		return;
	if (incr < 2 * len)
		incr = 2 * len;
	tp->rcv_ssthresh += (uint32_t)min64(room, incr);
	tp->ack.quick |= 1;
}

/* The buffer is overrun: offer little from now on. */
void tcp_clamp_window(struct tcp *tp)
{
	const struct sysctls *c = tcp_sysctl(tp);

	tp->ack.quick = 0;
	if (tp->socket.rcvbuf < (uint32_t)c->tcp_rmem[2] && !tp->rcvbuf_locked &&
	    tp->rmem_alloc > tp->socket.rcvbuf)
		tp->socket.rcvbuf = (uint32_t)min64(tp->rmem_alloc, c->tcp_rmem[2]);
	if (tp->rmem_alloc > tp->socket.rcvbuf && tp->rcv_ssthresh > 2 * tp->advmss)
		tp->rcv_ssthresh = 2 * tp->advmss;
}

static void rcv_rtt_update(struct tcp *tp, uint32_t sample, bool from_window)
{
	uint32_t old = tp->rcv_rtt_est.rtt_us;
	int64_t m = sample;

	if (old == 0)
		tp->rcv_rtt_est.rtt_us = (uint32_t)(m << 3);
	else if (!from_window)
		tp->rcv_rtt_est.rtt_us = (uint32_t)(old + (m - (old >> 3)));
	else if (m << 3 < old)
		tp->rcv_rtt_est.rtt_us = (uint32_t)(m << 3);
}

/* Without timestamps: a window's worth of data takes at least an RTT. */
void tcp_rcv_rtt_measure(struct tcp *tp)
{
	if (tp->rcv_rtt_est.time) {
		if (before(tp->rcv_nxt, tp->rcv_rtt_est.seq))
			return;
		uint64_t delta = tp->tcp_mstamp - tp->rcv_rtt_est.time;

		rcv_rtt_update(tp, delta ? (uint32_t)delta : 1, true);
	}
	tp->rcv_rtt_est.seq = tp->rcv_nxt + tp->rcv_wnd;
	tp->rcv_rtt_est.time = tp->tcp_mstamp;
}

void tcp_rcv_rtt_measure_ts(struct tcp *tp, const struct tcp_in *in)
{
	if (!tp->rcv_tsecr || tp->rcv_tsecr == tp->rcv_rtt_last_tsecr)
		return;
	tp->rcv_rtt_last_tsecr = tp->rcv_tsecr;
	if (in->len < tp->ack.rcv_mss)
		return;
	uint32_t delta = tcp_time_stamp(tp) - tp->rcv_tsecr;
	if (delta < INT32_MAX / 1000)
		rcv_rtt_update(tp, delta ? delta * 1000 : 1000, false);
}

/*
 * After each read: what the application took in an RTT, doubled, is what the buffer should hold
 * (dynamic right-sizing, tcp_rcv_space_adjust()).
 */
void tcp_rcv_space_adjust(struct tcp *tp)
{
	const struct sysctls *c = tcp_sysctl(tp);

	tcp_mstamp_refresh(tp);
	uint64_t time = tp->tcp_mstamp - tp->rcvq_space.time;
	if (time < tp->rcv_rtt_est.rtt_us >> 3 || tp->rcv_rtt_est.rtt_us == 0)
		return;
	uint32_t copied = tp->copied_seq - tp->rcvq_space.seq;
	if (copied > tp->rcvq_space.space) {
		if (c->tcp_moderate_rcvbuf && !tp->rcvbuf_locked) {
			uint64_t win = ((uint64_t)copied << 1) + 16 * tp->advmss;
			uint64_t grow = win * (copied - tp->rcvq_space.space) / tp->rcvq_space.space;
			uint32_t mem = tp->advmss + MAX_TCP_HEADER + SKB_OVERHEAD;

			win += grow << 1;
			while (tcp_win_from_space(tp, mem) < tp->advmss)
				mem += 128;
			uint64_t buf = win / tp->advmss * mem;
			if (buf > (uint64_t)c->tcp_rmem[2])
				buf = (uint64_t)c->tcp_rmem[2];
			if (buf > tp->socket.rcvbuf) {
				tp->socket.rcvbuf = (uint32_t)buf;
				tp->window_clamp = tcp_win_from_space(tp, (int64_t)buf);
			}
		}
		tp->rcvq_space.space = copied;
	}
	tp->rcvq_space.seq = tp->copied_seq;
	tp->rcvq_space.time = tp->tcp_mstamp;
}
