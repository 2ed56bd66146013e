/* Passive open, its end: listen(2), and the queue of connections that wait for accept(2). */
#include <errno.h>

#include "transport/tcp/internal.h"

bool tcp_accept_full(const struct tcp *listener)
{
	return listener->accept_count > listener->backlog;
}

int stream_listen(struct socket *s, int backlog)
{
	struct tcp *tp = tcp_of(s);
	uint32_t most = (uint32_t)s->node->sysctl->somaxconn;

	if (s->ops != &tcp_ops)
		return -EOPNOTSUPP;
	if (tp->state != TCP_CLOSE && tp->state != TCP_LISTEN)
		return -EINVAL;
	tp->backlog = backlog < 0 || (uint32_t)backlog > most ? most : (uint32_t)backlog;
	if (tp->state == TCP_LISTEN)
		return 0;
	if (s->local.port == 0) {
		int err = s->ops->take_port(s, &s->local);

		if (err)
			return err;
	}
	tp->state = TCP_LISTEN;
	/* Two may be bound with SO_REUSEADDR, but only one listens; with SO_REUSEPORT all may. */
	if (tcp_bind_conflict(tp, &s->local, true)) {
		tp->state = TCP_CLOSE;
		return -EADDRINUSE;
	}
	tp->shutdown = 0;
	tcp_fastopen_listen(tp);
	return 0;
}

int stream_accept(struct socket *s, struct socket **child)
{
	struct tcp *tp = tcp_of(s), *c = tp->accept_head;

	if (s->ops != &tcp_ops)
		return -EOPNOTSUPP;
	if (tp->state != TCP_LISTEN)
		return -EINVAL;
	if (!c)
		return -EAGAIN;
	tcp_accept_remove(c);
	transport_of(s->node)->sockets++;
	*child = &c->socket;
	return 0;
}

void tcp_accept_add(struct tcp *listener, struct tcp *child)
{
	child->listener = listener;
	child->accept_next = NULL;
	if (listener->accept_tail)
		listener->accept_tail->accept_next = child;
	else
		listener->accept_head = child;
	listener->accept_tail = child;
	listener->accept_count++;
}

/* Takes a child out of the queue, to its owner or to its end. */
void tcp_accept_remove(struct tcp *tp)
{
	struct tcp *l = tp->listener, *prev = NULL;

	if (!l)
		return;
	for (struct tcp *c = l->accept_head; c != tp; c = c->accept_next)
		prev = c;
	if (prev)
		prev->accept_next = tp->accept_next;
	else
		l->accept_head = tp->accept_next;
	if (l->accept_tail == tp)
		l->accept_tail = prev;
	l->accept_count--;
	tp->listener = NULL;
	tp->accept_next = NULL;
}

/* close(2) of a listener: half-open connections are forgotten, waiting ones reset. */
void tcp_listen_stop(struct tcp *tp)
{
	while (tp->requests)
		tcp_request_free(tp->requests);
	while (tp->accept_head) {
		struct tcp *c = tp->accept_head;

		if (c->state != TCP_CLOSE)
			tcp_send_active_reset(c, "reset: the listener was closed before accept");
		tcp_destroy(c);
	}
	tcp_fastopen_stop(tp);
}
