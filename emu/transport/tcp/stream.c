/* Reading and writing: send(2), recv(2), shutdown(2) on a stream, without blocking. */
#include <errno.h>

#include "transport/tcp/internal.h"

static int take_error(struct tcp *tp)
{
	int err = -tp->socket.error;

	tp->socket.error = 0;
	return err;
}

/* Whether bytes can be written now; 0, or -errno. */
static int may_send(struct tcp *tp)
{
	if (tp->socket.error)
		return take_error(tp);
	if (tp->shutdown & TCP_SEND_SHUTDOWN)
		return -EPIPE;
	switch (tp->state) {
	case TCP_ESTABLISHED:
	case TCP_CLOSE_WAIT:
		return 0;
	case TCP_SYN_RECV:
		return tp->fastopen_rsk ? 0 : -EAGAIN;
	case TCP_SYN_SENT:
		return -EAGAIN;
	case TCP_CLOSE:
	case TCP_LISTEN:
		return -EPIPE;
	default:
		return -EPIPE;
	}
}

static uint32_t room(const struct tcp *tp)
{
	uint32_t used = tcp_wmem(tp), notsent = tcp_notsent(tp);

	if (used >= tp->socket.sndbuf || notsent >= tcp_notsent_lowat(tp))
		return 0;
	return tp->socket.sndbuf - used;
}

/* New data after idleness (tcp_slow_start_after_idle_check()). */
static void before_write(struct tcp *tp)
{
	tcp_mstamp_refresh(tp);
	if (tcp_sysctl(tp)->tcp_slow_start_after_idle && !tp->packets_out && !tcp_notsent(tp) &&
	    !tp->icsk_ca_ops->cong_control) {
		int64_t idle = (int64_t)(tp->tcp_mstamp - tp->lsndtime);

		if (idle > (int64_t)tp->rto)
			tcp_cwnd_restart(tp, idle);
	}
	tcp_rate_check_app_limited(tp, 0);
}

static bool is_stream(const struct socket *s)
{
	return s->ops == &tcp_ops;
}

int64_t stream_sendto(struct socket *s, const void *data, size_t len, int flags,
		      const struct endpoint *to)
{
	if (!is_stream(s))
		return -EOPNOTSUPP;
	if (flags & MSG_FASTOPEN)
		return tcp_fastopen_send(tcp_of(s), data, len, to);
	return stream_send(s, data, len, flags);
}

int64_t stream_send(struct socket *s, const void *data, size_t len, int flags)
{
	struct tcp *tp = tcp_of(s);
	const uint8_t *at = data;
	size_t done = 0;
	int err;

	if (!is_stream(s))
		return -EOPNOTSUPP;
	if (tp->defer_connect)
		return tcp_fastopen_send(tp, data, len, NULL);
	err = may_send(tp);
	if (err) {
		tp->nospace |= err == -EAGAIN;
		return err;
	}
	if (len == 0)
		return 0;
	before_write(tp);
	tcp_chrono_start(tp, TCP_CHRONO_BUSY);
	while (done < len) {
		uint32_t n = room(tp);

		if (n == 0)
			break;
		if (n > len - done)
			n = (uint32_t)(len - done);
		tcp_queue_append(tp, at + done, n);
		done += n;
		/* In parts, as the kernel pushes full pieces while it copies. */
		if (after(tp->write_seq, tp->pushed_seq + (tp->max_window >> 1)) && done < len)
			tcp_push(tp, true);
	}
	if (done < len) {
		tp->nospace = true;
		if (!done)
			return -EAGAIN;
	}
	tcp_push(tp, done == len && flags & MSG_MORE);
	return (int64_t)done;
}

int64_t stream_send_slab(struct socket *s, struct slab *slab, const uint8_t *data, uint32_t len,
			 int flags)
{
	struct tcp *tp = tcp_of(s);
	int err;

	if (!is_stream(s))
		return -EOPNOTSUPP;
	if (tp->defer_connect) { /* what does not fit the SYN follows it */
		int64_t n = tcp_fastopen_send(tp, data, len, NULL);

		if (n > 0 && n < len)
			tcp_queue_share(tp, slab, data + n, len - (uint32_t)n);
		return n > 0 ? len : n;
	}
	err = may_send(tp);
	if (err || (len && room(tp) == 0)) {
		tp->nospace |= !err || err == -EAGAIN;
		return err ? err : -EAGAIN;
	}
	if (len == 0)
		return 0;
	before_write(tp);
	tcp_chrono_start(tp, TCP_CHRONO_BUSY);
	tcp_queue_share(tp, slab, data, len);
	tcp_push(tp, flags & MSG_MORE);
	return len;
}

uint32_t stream_inq(const struct socket *s)
{
	const struct tcp *tp = (const struct tcp *)s;
	uint32_t n = tp->rcv_nxt - tp->copied_seq;

	if (!s->rx_head)
		return 0;
	return tp->fin_received ? n - 1 : n;
}

uint32_t stream_outq(const struct socket *s)
{
	const struct tcp *tp = (const struct tcp *)s;

	return tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV ? 0 : tcp_wmem(tp);
}

uint32_t stream_notsent(const struct socket *s)
{
	const struct tcp *tp = (const struct tcp *)s;

	return tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV ? 0 : tcp_notsent(tp);
}

/* Copies from the queue's packets; consumed ones go unless peek. */
static size_t copy_out(struct tcp *tp, uint8_t *buf, size_t len, bool peek, bool discard)
{
	struct socket *s = &tp->socket;
	uint32_t seq = tp->copied_seq;
	struct packet *p = s->rx_head;
	size_t done = 0;

	while (p && done < len) {
		const struct tcp_rx_note *note = tcp_note_of(p);
		uint16_t hlen = (uint16_t)((p->hdr[p->l4 + 12] >> 4) * 4);
		uint32_t skip = seq - note->seq;
		uint32_t have = note->end_seq - note->fin - seq, n = have;

		if (n > len - done)
			n = (uint32_t)(len - done);
		if (!discard)
			packet_read(p, (uint16_t)(p->l4 + hlen), skip, buf + done, n);
		done += n;
		seq += n;
		if (n < have)
			break;
		struct packet *next = p->next;
		if (!peek) {
			tp->rmem_alloc -= note->charge;
			s->rx_head = next;
			if (!next)
				s->rx_tail = NULL;
			packet_free(p);
		}
		p = next;
	}
	if (!peek)
		tp->copied_seq = seq;
	return done;
}

int64_t stream_recv(struct socket *s, void *buf, size_t len, int flags)
{
	struct tcp *tp = tcp_of(s);
	size_t n;

	if (!is_stream(s))
		return -EOPNOTSUPP;
	if (tp->state == TCP_LISTEN)
		return -ENOTCONN;
	if (len == 0)
		return 0;
	n = copy_out(tp, buf, len, flags & MSG_PEEK, flags & MSG_TRUNC);
	if (n) {
		if (!(flags & MSG_PEEK)) {
			tcp_rcv_space_adjust(tp);
			tcp_cleanup_rbuf(tp, n > INT32_MAX ? INT32_MAX : (int)n);
		}
		return (int64_t)n;
	}
	if (tp->fin_received)
		return 0;
	if (s->error)
		return take_error(tp);
	if (tp->shutdown & TCP_RCV_SHUTDOWN)
		return 0;
	if (tp->state == TCP_CLOSE)
		return -ENOTCONN;
	return -EAGAIN;
}

int stream_shutdown(struct socket *s, int how)
{
	struct tcp *tp = tcp_of(s);

	if (!is_stream(s))
		return -EOPNOTSUPP;
	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	switch (tp->state) {
	case TCP_CLOSE:
		return -ENOTCONN;
	case TCP_LISTEN:
		if (how == SHUT_WR)
			return 0;
		tcp_listen_stop(tp);
		tp->state = TCP_CLOSE;
		tcp_wake(tp);
		return 0;
	case TCP_SYN_SENT: /* it takes the attempt back (inet_shutdown()) */
		tcp_disconnect(tp);
		s->error = ECONNRESET;
		tcp_wake(tp);
		return 0;
	default:
		break;
	}
	if (how != SHUT_WR)
		tp->shutdown |= TCP_RCV_SHUTDOWN;
	if (how != SHUT_RD) {
		tp->shutdown |= TCP_SEND_SHUTDOWN;
		/* Its FIN does not leave before the handshake is over. */
		if (tp->state != TCP_SYN_RECV)
			tcp_shutdown_send(tp);
	}
	tcp_wake(tp);
	return 0;
}

void stream_set_linger(struct socket *s, int seconds)
{
	tcp_of(s)->linger_s = seconds < 0 ? -1 : seconds;
}

void stream_set_pacing(struct socket *s, uint64_t rate)
{
	struct tcp *tp = tcp_of(s);

	tp->sk_max_pacing_rate = rate;
	if (tp->sk_pacing_rate > rate)
		tp->sk_pacing_rate = rate;
	if (rate != UINT64_MAX)
		tp->sk_pacing_status = 1;
}

int stream_set_congestion(struct socket *s, const char *name)
{
	return tcp_cc_set(tcp_of(s), name);
}

const char *stream_congestion(const struct socket *s)
{
	return ((const struct tcp *)s)->icsk_ca_ops->name;
}
