/* When to acknowledge: at once at the start, then every second segment or after the ATO. */
#include "transport/tcp/internal.h"

#define TCP_MIN_MSS 88u
#define ATO_MIN TCP_ATO_MIN_US

/* A first guess at the peer's segment size (Linux's tcp_initialize_rcv_mss()). */
void tcp_initialize_rcv_mss(struct tcp *tp)
{
	uint32_t hint = tp->advmss < tp->mss_cache ? tp->advmss : tp->mss_cache;

	if (tp->rcv_wnd / 2 < hint)
		hint = tp->rcv_wnd / 2;
	if (hint > TCP_MSS_DEFAULT)
		hint = TCP_MSS_DEFAULT;
	tp->ack.rcv_mss = hint > TCP_MIN_MSS ? hint : TCP_MIN_MSS;
}

static void incr_quickack(struct tcp *tp, uint32_t max)
{
	uint32_t n = tp->rcv_wnd / (2 * tp->ack.rcv_mss);

	if (n == 0)
		n = 2;
	if (n > max)
		n = max;
	if (n > tp->ack.quick)
		tp->ack.quick = (uint8_t)n;
}

void tcp_enter_quickack_mode(struct tcp *tp, uint32_t max)
{
	incr_quickack(tp, max);
	tp->ack.pingpong = 0;
	tp->ack.ato = ATO_MIN;
}

static void measure_rcv_mss(struct tcp *tp, const struct tcp_in *in)
{
	uint32_t last = tp->ack.last_seg_size, len = in->len;

	tp->ack.last_seg_size = 0;
	if (len >= tp->ack.rcv_mss) {
		tp->ack.rcv_mss = len < tp->advmss ? len : tp->advmss;
		return;
	}
	uint32_t hlen = (uint32_t)in->h.doff * 4, whole = len + hlen;
	bool remnant = in->h.flags & (TCPHDR_FIN | TCPHDR_URG | TCPHDR_SYN | TCPHDR_PSH);
	if (whole >= TCP_MSS_DEFAULT + TCP_HLEN || (whole >= TCP_MIN_MSS + TCP_HLEN && !remnant)) {
		uint32_t size = whole - tp->header_len;

		tp->ack.last_seg_size = size;
		if (size == last) { /* two alike: that is its size */
			tp->ack.rcv_mss = size;
			return;
		}
	}
	if (tp->ack.pending & ICSK_ACK_PUSHED)
		tp->ack.pending |= ICSK_ACK_PUSHED2;
	tp->ack.pending |= ICSK_ACK_PUSHED;
}

/* Data was accepted in order (tcp_event_data_recv()). */
void tcp_event_data_recv(struct tcp *tp, const struct tcp_in *in)
{
	uint64_t now = tp->tcp_mstamp;

	tp->ack.pending |= ICSK_ACK_SCHED;
	measure_rcv_mss(tp, in);
	tcp_rcv_rtt_measure(tp);
	if (!tp->ack.ato) {
		/* The first data: do not slow its sender's slow start down. */
		incr_quickack(tp, TCP_MAX_QUICKACKS);
		tp->ack.ato = ATO_MIN;
	} else {
		uint64_t m = now - tp->ack.lrcvtime;

		if (m <= ATO_MIN / 2) {
			tp->ack.ato = (tp->ack.ato >> 1) + ATO_MIN / 2;
		} else if (m < tp->ack.ato) {
			tp->ack.ato = (tp->ack.ato >> 1) + (uint32_t)m;
			if (tp->ack.ato > tp->rto)
				tp->ack.ato = tp->rto;
		} else if (m > tp->rto) {
			/* The sender was idle: it slow-starts again. */
			incr_quickack(tp, TCP_MAX_QUICKACKS);
		}
	}
	tp->ack.lrcvtime = now;
	tcp_ecn_check_ce(tp, in);
	if (in->len >= 128)
		tcp_grow_window(tp, in->len);
}

void tcp_send_delayed_ack(struct tcp *tp)
{
	vtime now = node_now(tcp_node(tp)), timeout;
	uint32_t ato = tp->ack.ato;

	if (ato > TCP_DELACK_MIN_US) {
		uint32_t max_ato = 500000;

		if (tcp_in_pingpong(tp) || tp->ack.pending & ICSK_ACK_PUSHED)
			max_ato = TCP_DELACK_MAX_US;
		if (tp->srtt_us) {
			uint32_t rtt = tp->srtt_us >> 3;

			if (rtt < TCP_DELACK_MIN_US)
				rtt = TCP_DELACK_MIN_US;
			if (rtt < max_ato)
				max_ato = rtt;
		}
		if (ato > max_ato)
			ato = max_ato;
	}
	if (ato > TCP_DELACK_MAX_US)
		ato = TCP_DELACK_MAX_US;
	timeout = vtime_add(now, vtime_us(ato));
	if (tp->ack.pending & ICSK_ACK_TIMER) {
		/* Nearly due: send it now. */
		if (tp->delack_timer.due.ns <= vtime_add(now, vtime_us(ato >> 2)).ns) {
			tcp_send_ack(tp);
			return;
		}
		if (!vtime_before(timeout, tp->delack_timer.due))
			timeout = tp->delack_timer.due;
	}
	tp->ack.pending |= ICSK_ACK_SCHED | ICSK_ACK_TIMER;
	tcp_timer_set(tp, &tp->delack_timer, timeout);
}

void tcp_delack_timer(struct tcp *tp)
{
	if (tp->state == TCP_CLOSE || tp->state == TCP_LISTEN ||
	    !(tp->ack.pending & ICSK_ACK_TIMER))
		return;
	tp->ack.pending &= (uint8_t)~ICSK_ACK_TIMER;
	if (!(tp->ack.pending & ICSK_ACK_SCHED))
		return;
	if (!tcp_in_pingpong(tp)) {
		/* Delaying did not help: wait longer next time. */
		tp->ack.ato = tp->ack.ato << 1 < tp->rto ? tp->ack.ato << 1 : tp->rto;
	} else {
		tp->ack.pingpong = 0;
		tp->ack.ato = ATO_MIN;
	}
	tcp_send_ack(tp);
}

/* An ACK left, alone or with data. */
void tcp_event_ack_sent(struct tcp *tp)
{
	if (tp->compressed_ack) {
		tp->compressed_ack = 0;
		tcp_timer_stop(&tp->comp_ack_timer);
	}
	if (tp->ack.past) /* DCTCP's: what is owed for the newest segment is still owed */
		return;
	if (tp->ack.quick && --tp->ack.quick == 0)
		tp->ack.ato = ATO_MIN; /* leaving quick-ACK mode: deflate */
	tp->ack.pending = 0;
	tp->ack.retry = 0;
	tcp_timer_stop(&tp->delack_timer);
}

static bool in_quickack_mode(const struct tcp *tp)
{
	return tp->ack.quick && !tcp_in_pingpong(tp);
}

static bool unread_is_little(const struct tcp *tp)
{
	return tp->rcv_nxt == tp->copied_seq;
}

/* Compression of ACKs with SACK blocks: one for many when they come close together. */
static void compress_ack(struct tcp *tp)
{
	const struct sysctls *c = tcp_sysctl(tp);
	uint32_t rtt = tp->rcv_rtt_est.rtt_us;
	int64_t delay;

	tp->compressed_ack++;
	if (tp->comp_ack_timer.due.ns != VTIME_NEVER.ns)
		return;
	/* Without an estimate of its own a receiver does not wait: srtt only makes it shorter. */
	if (tp->srtt_us && tp->srtt_us < rtt)
		rtt = tp->srtt_us;
	/* 5 % of an RTT, no more than the sysctl says. */
	delay = (int64_t)rtt * (1000 >> 3) / 20;
	if (delay > c->tcp_comp_sack_delay_ns)
		delay = c->tcp_comp_sack_delay_ns;
	tcp_timer_set(tp, &tp->comp_ack_timer, vtime_add(node_now(tcp_node(tp)), vtime_ns(delay)));
}

/* Data arrived: an ACK now, later, or together with others (RFC 9293 3.8.6.3, RFC 5681 4.2). */
static void ack_decide(struct tcp *tp)
{
	if ((tp->rcv_nxt - tp->rcv_wup > tp->ack.rcv_mss &&
	     (unread_is_little(tp) || tcp_select_window_unscaled(tp) >= tp->rcv_wnd)) ||
	    in_quickack_mode(tp) || tp->ack.pending & ICSK_ACK_NOW) {
		tcp_send_ack(tp);
		return;
	}
	if (!tp->ofo_head) {
		tcp_send_delayed_ack(tp);
		return;
	}
	if (!tp->sack_ok || tp->compressed_ack >= tcp_sysctl(tp)->tcp_comp_sack_nr) {
		tcp_send_ack(tp);
		return;
	}
	if (tp->compressed_ack_rcv_nxt != tp->rcv_nxt) {
		tp->compressed_ack_rcv_nxt = tp->rcv_nxt;
		tp->dup_ack_counter = 0;
	}
	/* The first three are what fast retransmit needs. */
	if (tp->dup_ack_counter < TCP_FASTRETRANS_THRESH) {
		tp->dup_ack_counter++;
		tcp_send_ack(tp);
		return;
	}
	compress_ack(tp);
}

void tcp_ack_snd_check(struct tcp *tp)
{
	if (tp->state != TCP_CLOSE && tp->ack.pending & ICSK_ACK_SCHED)
		ack_decide(tp);
}

/* The reader took `copied` bytes: perhaps the window must be reported (tcp_cleanup_rbuf()). */
void tcp_cleanup_rbuf(struct tcp *tp, int copied)
{
	bool now = false;

	if (tp->state == TCP_CLOSE || tp->state == TCP_LISTEN)
		return;
	if (tp->ack.pending & ICSK_ACK_SCHED) {
		bool pushed = tp->ack.pending & ICSK_ACK_PUSHED2 ||
			      (tp->ack.pending & ICSK_ACK_PUSHED && !tcp_in_pingpong(tp));

		now = tp->rcv_nxt - tp->rcv_wup > tp->ack.rcv_mss ||
		      (copied > 0 && pushed && !tp->rmem_alloc);
	}
	if (copied > 0 && !now && !(tp->shutdown & TCP_RCV_SHUTDOWN)) {
		uint32_t window = tcp_receive_window(tp);

		/* RFC 9293 3.8.6.2.2: worth a segment only if it opens far. */
		if (2 * window <= tp->window_clamp) {
			uint32_t wider = tcp_select_window_unscaled(tp);

			now = wider && wider >= 2 * window;
		}
	}
	if (now) {
		tcp_mstamp_refresh(tp);
		tcp_send_ack(tp);
	}
}
