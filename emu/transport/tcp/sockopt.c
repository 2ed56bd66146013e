/* Options of TCP sockets, and poll(2). */
#include <errno.h>

#include "transport/tcp/internal.h"

static int ranged(int value, int low, int high)
{
	return value < low || value > high ? -EINVAL : 0;
}

static void set_buffer(uint32_t *buf, bool *locked, int value, int32_t max, uint32_t least)
{
	if (value < 0 || value > max)
		value = max;
	*buf = 2 * (uint32_t)value > least ? 2 * (uint32_t)value : least;
	*locked = true;
}

static void set_nodelay(struct tcp *tp, bool on)
{
	if (!on) {
		tp->nonagle &= (uint8_t)~TCP_NAGLE_OFF;
		return;
	}
	tp->nonagle |= TCP_NAGLE_OFF | TCP_NAGLE_PUSH;
	tcp_push_pending(tp);
	tp->nonagle &= (uint8_t)~TCP_NAGLE_PUSH;
}

static void set_cork(struct tcp *tp, bool on)
{
	if (on) {
		tp->nonagle |= TCP_NAGLE_CORK;
		return;
	}
	tp->nonagle &= (uint8_t)~TCP_NAGLE_CORK;
	if (tp->nonagle & TCP_NAGLE_OFF)
		tp->nonagle |= TCP_NAGLE_PUSH;
	tcp_push_pending(tp);
	tp->nonagle &= (uint8_t)~TCP_NAGLE_PUSH;
}

static void set_quickack(struct tcp *tp, int value)
{
	if (!(value & 1)) {
		tp->ack.pingpong = 1;
		return;
	}
	tp->ack.pingpong = 0;
	if ((tp->state == TCP_ESTABLISHED || tp->state == TCP_CLOSE_WAIT) &&
	    tp->ack.pending & ICSK_ACK_SCHED) {
		tp->ack.pending |= ICSK_ACK_PUSHED;
		tcp_cleanup_rbuf(tp, 1);
		if (!(value & 1))
			tp->ack.pingpong = 1;
	}
}

static void set_keepalive(struct tcp *tp, bool on)
{
	if (on && !tp->keepalive) {
		tp->keepalive = true;
		tcp_keepalive_start(tp);
	} else if (!on && tp->keepalive) {
		tp->keepalive = false;
		if (!tp->dead)
			tcp_timer_stop(&tp->keepalive_timer);
	}
}

/* Seconds as the count of SYN-ACK retransmissions that cover them (secs_to_retrans()). */
static uint32_t secs_to_retrans(int seconds)
{
	uint32_t count = 0;
	int64_t period = 1, timeout = 1;

	if (seconds > 0) {
		count = 1;
		while (seconds > period && count < 255) {
			count++;
			timeout <<= 1;
			if (timeout > 120)
				timeout = 120;
			period += timeout;
		}
	}
	return count;
}

static int retrans_to_secs(uint32_t count)
{
	int64_t period = 0, timeout = 1;

	if (count > 0) {
		period = timeout;
		while (--count) {
			timeout <<= 1;
			if (timeout > 120)
				timeout = 120;
			period += timeout;
		}
	}
	return (int)period;
}

static int set_keepidle(struct tcp *tp, int value)
{
	if (value < 1 || value > 32767)
		return -EINVAL;
	tp->keepidle_s = (uint32_t)value;
	if (tp->keepalive)
		tcp_keepalive_start(tp);
	return 0;
}

/* 0: none, which only a socket that has not begun can go back to. */
static int set_window_clamp(struct tcp *tp, int value)
{
	if (value == 0) {
		if (tp->state != TCP_CLOSE)
			return -EINVAL;
		tp->window_clamp = 0;
		return 0;
	}
	tp->window_clamp = value < 1152 ? 1152 : (uint32_t)value;
	if (tp->rcv_ssthresh > tp->window_clamp)
		tp->rcv_ssthresh = tp->window_clamp;
	return 0;
}

static int set_fastopen_connect(struct tcp *tp, int value)
{
	if (value < 0 || value > 1)
		return -EINVAL;
	if (!(tp->socket.node->sysctl->tcp_fastopen & TFO_CLIENT_ENABLE))
		return -EOPNOTSUPP;
	if (tp->state != TCP_CLOSE)
		return -EINVAL;
	tp->fastopen_connect = value;
	return 0;
}

int tcp_set(struct socket *s, enum socket_option o, int value)
{
	struct tcp *tp = tcp_of(s);
	const struct sysctls *c = s->node->sysctl;
	int err = 0;

	tcp_mstamp_refresh(tp);
	switch (o) {
	case SOCKET_RCVBUF:
		set_buffer(&s->rcvbuf, &tp->rcvbuf_locked, value, c->rmem_max, 2304);
		return 0;
	case SOCKET_SNDBUF:
		set_buffer(&s->sndbuf, &tp->sndbuf_locked, value, c->wmem_max, 4608);
		tcp_check_space(tp);
		return 0;
	case SOCKET_REUSEADDR:
		tp->entry.reuse = value != 0;
		return -ENOPROTOOPT; /* and the common part */
	case SOCKET_REUSEPORT:
		tp->entry.reuseport = value != 0;
		return -ENOPROTOOPT;
	case SOCKET_TTL:
	case SOCKET_PMTUDISC:
		tp->path_known = false; /* from the next segment on */
		return -ENOPROTOOPT;
	case SOCKET_KEEPALIVE:
		set_keepalive(tp, value != 0);
		return 0;
	case SOCKET_MAX_PACING_RATE:
		stream_set_pacing(s, value < 0 ? UINT64_MAX : (uint64_t)value);
		return 0;
	case SOCKET_NODELAY:
		set_nodelay(tp, value != 0);
		return 0;
	case SOCKET_CORK:
		set_cork(tp, value != 0);
		return 0;
	case SOCKET_MAXSEG:
		if (value && (value < 88 || value > 32767))
			return -EINVAL;
		tp->user_mss = (uint32_t)value;
		return 0;
	case SOCKET_QUICKACK:
		set_quickack(tp, value);
		return 0;
	case SOCKET_KEEPIDLE:
		return set_keepidle(tp, value);
	case SOCKET_KEEPINTVL:
		err = ranged(value, 1, 32767);
		if (!err)
			tp->keepintvl_s = (uint32_t)value;
		return err;
	case SOCKET_KEEPCNT:
		err = ranged(value, 1, 127);
		if (!err)
			tp->keepcnt = (uint8_t)value;
		return err;
	case SOCKET_SYNCNT:
		err = ranged(value, 1, 127);
		if (!err)
			tp->syn_retries = (uint8_t)value;
		return err;
	case SOCKET_LINGER2:
		tp->linger2_s = value < 0 ? -1 : value > 120 ? 120 : value;
		return 0;
	case SOCKET_DEFER_ACCEPT:
		tp->defer_accept_s = secs_to_retrans(value);
		return 0;
	case SOCKET_USER_TIMEOUT:
		if (value < 0)
			return -EINVAL;
		tp->user_timeout_ms = (uint32_t)value;
		return 0;
	case SOCKET_NOTSENT_LOWAT:
		tp->notsent_lowat = (uint32_t)value;
		tcp_check_space(tp);
		return 0;
	case SOCKET_WINDOW_CLAMP:
		return set_window_clamp(tp, value);
	case SOCKET_FASTOPEN:
		return tcp_fastopen_tune(tp, value) ? 0 : -EINVAL;
	case SOCKET_FASTOPEN_CONNECT:
		return set_fastopen_connect(tp, value);
	case SOCKET_FASTOPEN_NO_COOKIE:
		if (value < 0 || value > 1 || (tp->state != TCP_CLOSE && tp->state != TCP_LISTEN))
			return -EINVAL;
		tp->fastopen_no_cookie = value;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_mtu(struct tcp *tp, int *value)
{
	if (!tp->socket.connected)
		return -ENOTCONN;
	int err = tcp_route(tp);
	*value = err ? 0 : (int)tp->path.mtu;
	return err;
}

int tcp_get(struct socket *s, enum socket_option o, int *value)
{
	struct tcp *tp = tcp_of(s);
	const struct sysctls *c = s->node->sysctl;

	switch (o) {
	case SOCKET_ERROR: /* what ICMP said without ending anything is told once, too */
		*value = s->error ? s->error : tp->err_soft;
		if (s->error)
			s->error = 0;
		else
			tp->err_soft = 0;
		return 0;
	case SOCKET_MTU:
		return get_mtu(tp, value);
	case SOCKET_KEEPALIVE:
		*value = tp->keepalive;
		return 0;
	case SOCKET_MAX_PACING_RATE:
		*value = tp->sk_max_pacing_rate > INT32_MAX ? -1 : (int)tp->sk_max_pacing_rate;
		return 0;
	case SOCKET_NODELAY:
		*value = !!(tp->nonagle & TCP_NAGLE_OFF);
		return 0;
	case SOCKET_CORK:
		*value = !!(tp->nonagle & TCP_NAGLE_CORK);
		return 0;
	case SOCKET_MAXSEG:
		*value = (int)(tp->user_mss && (tp->state == TCP_CLOSE || tp->state == TCP_LISTEN)
				       ? tp->user_mss : tp->mss_cache);
		return 0;
	case SOCKET_QUICKACK:
		*value = !tcp_in_pingpong(tp);
		return 0;
	case SOCKET_KEEPIDLE:
		*value = tp->keepidle_s ? (int)tp->keepidle_s : c->tcp_keepalive_time;
		return 0;
	case SOCKET_KEEPINTVL:
		*value = tp->keepintvl_s ? (int)tp->keepintvl_s : c->tcp_keepalive_intvl;
		return 0;
	case SOCKET_KEEPCNT:
		*value = tp->keepcnt ? tp->keepcnt : c->tcp_keepalive_probes;
		return 0;
	case SOCKET_SYNCNT:
		*value = tp->syn_retries ? tp->syn_retries : c->tcp_syn_retries;
		return 0;
	case SOCKET_LINGER2:
		*value = tp->linger2_s ? tp->linger2_s : c->tcp_fin_timeout;
		return 0;
	case SOCKET_DEFER_ACCEPT:
		*value = retrans_to_secs(tp->defer_accept_s);
		return 0;
	case SOCKET_USER_TIMEOUT:
		*value = (int)tp->user_timeout_ms;
		return 0;
	case SOCKET_NOTSENT_LOWAT:
		*value = (int)tp->notsent_lowat;
		return 0;
	case SOCKET_WINDOW_CLAMP:
		*value = (int)tp->window_clamp;
		return 0;
	case SOCKET_FASTOPEN:
		*value = (int)tp->fastopenq.max_qlen;
		return 0;
	case SOCKET_FASTOPEN_CONNECT:
		*value = tp->fastopen_connect;
		return 0;
	case SOCKET_FASTOPEN_NO_COOKIE:
		*value = tp->fastopen_no_cookie;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static bool is_writable(const struct tcp *tp)
{
	uint32_t used = tcp_wmem(tp);

	/* As Linux: a third of the buffer is free, and less waits than half of what may. */
	return used < tp->socket.sndbuf && tp->socket.sndbuf - used >= used >> 1 &&
	       tcp_notsent(tp) << 1 < tcp_notsent_lowat(tp);
}

/* tcp_poll() */
unsigned tcp_ready(const struct socket *s)
{
	const struct tcp *tp = (const struct tcp *)s;
	unsigned ready = 0;

	if (tp->state == TCP_LISTEN)
		return tp->accept_head ? SOCKET_READABLE : 0;
	if (tp->shutdown == (TCP_RCV_SHUTDOWN | TCP_SEND_SHUTDOWN) || tp->state == TCP_CLOSE)
		ready |= SOCKET_HUNGUP;
	if (tp->shutdown & TCP_RCV_SHUTDOWN)
		ready |= SOCKET_READABLE | SOCKET_READ_CLOSED;
	if (tp->state == TCP_SYN_SENT && tp->defer_connect) /* the write that makes it connect */
		return ready | SOCKET_WRITABLE;
	if (tp->state != TCP_SYN_SENT && (tp->state != TCP_SYN_RECV || tp->fastopen_rsk)) {
		if (s->rx_head)
			ready |= SOCKET_READABLE;
		if (tp->shutdown & TCP_SEND_SHUTDOWN || is_writable(tp))
			ready |= SOCKET_WRITABLE;
	}
	if (s->error)
		ready |= SOCKET_FAILED;
	return ready;
}
