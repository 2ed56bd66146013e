/* The receive queue and the error queue. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "transport/socket.h"
#include "transport/transport.h"

/*
 * What has to be remembered of a queued packet besides what struct packet says. Its link-layer
 * header has done its work: the note stands in its place.
 */
struct rx_note {
	struct ipaddr src, dst;
	uint16_t sport;
};

static_assert(sizeof(struct rx_note) <= PACKET_L3, "the note fits in front of the IP header");

static struct rx_note *note_of(struct packet *p)
{
	return (struct rx_note *)p->hdr;
}

static void wake(struct socket *s)
{
	if (s->wake)
		s->wake(s);
}

void socket_deliver(struct socket *s, struct packet *p, const struct ip_info *info,
		    uint16_t sport)
{
	/* As on Linux a datagram fits if the buffer was not yet overdrawn before it. */
	if (s->rx_bytes > s->rcvbuf) {
		s->rx_dropped++;
		packet_drop_detail(p, &s->node->site, DROP_SOCKET_BUFFER_FULL, s->rcvbuf);
		return;
	}
	assert(p->l4 >= PACKET_L3);
	*note_of(p) = (struct rx_note){info->src, info->dst, sport};
	p->in = info->in ? &info->in->link : NULL;
	p->ttl = info->ttl;
	p->tos = info->tos;
	p->at = node_now(s->node);
	p->next = NULL;
	if (s->rx_tail)
		s->rx_tail->next = p;
	else
		s->rx_head = p;
	s->rx_tail = p;
	s->rx_bytes += socket_truesize(packet_l4_len(p) + (p->l4 - p->l3));
	s->rx_packets++;
	wake(s);
}

static struct packet *dequeue(struct socket *s)
{
	struct packet *p = s->rx_head;

	s->rx_head = p->next;
	if (!s->rx_head)
		s->rx_tail = NULL;
	p->next = NULL;
	s->rx_bytes -= socket_truesize(packet_l4_len(p) + (p->l4 - p->l3));
	return p;
}

int socket_peek(struct socket *s, struct socket_in *in)
{
	struct packet *p = s->rx_head;

	if (!s->ops->send) /* a stream */
		return -EOPNOTSUPP;
	if (__builtin_expect(s->error, 0)) {
		int err = -s->error;

		s->error = 0;
		return err;
	}
	if (!p)
		return -EAGAIN;
	const struct rx_note *note = note_of(p);
	*in = (struct socket_in){
		.packet = p,
		.offset = (uint16_t)(p->l4 + s->ops->header),
		.len = packet_l4_len(p) - s->ops->header,
		.from = {.addr = note->src, .port = note->sport},
		.to = note->dst,
		.in = p->in ? ip_iface_of(p->in) : NULL,
		.ttl = p->ttl,
		.tos = p->tos,
		.at = p->at,
	};
	if (in->in && !ipaddr_is4(&note->src) && ipaddr_is_linklocal(&note->src))
		in->from.scope = in->in->link.index;
	return 0;
}

uint32_t socket_inq(const struct socket *s)
{
	return s->rx_head ? packet_l4_len(s->rx_head) - s->ops->header : 0;
}

int socket_recv(struct socket *s, struct socket_in *in)
{
	int err = socket_peek(s, in);

	if (err == 0)
		dequeue(s);
	return err;
}

static uint32_t error_charge(const struct socket_error *e)
{
	return socket_truesize(e->len);
}

/* Errors live in the pool's slabs: a flood of them allocates nothing. */
static struct socket_error *error_new(struct socket *s, uint32_t len)
{
	const uintptr_t align = _Alignof(struct socket_error);
	struct slab *slab = slab_new(node_world(s->node),
				     (uint32_t)(sizeof(struct socket_error) + align + len));
	uintptr_t at = ((uintptr_t)slab->bytes + align - 1) & ~(align - 1);
	struct socket_error *e = (struct socket_error *)at;

	*e = (struct socket_error){.slab = slab, .len = len, .at = node_now(s->node)};
	return e;
}

void socket_error_free(struct socket *s, struct socket_error *e)
{
	slab_unref(node_world(s->node), e->slab);
}

static void error_queue(struct socket *s, struct socket_error *e)
{
	if (s->rx_bytes + error_charge(e) >= s->rcvbuf) {
		socket_error_free(s, e);
		return;
	}
	if (s->err_tail)
		s->err_tail->next = e;
	else
		s->err_head = e;
	s->err_tail = e;
	s->rx_bytes += error_charge(e);
}

static struct socket_error *error_dequeue(struct socket *s)
{
	struct socket_error *e = s->err_head;

	if (!e)
		return NULL;
	s->err_head = e->next;
	if (!s->err_head)
		s->err_tail = NULL;
	e->next = NULL;
	s->rx_bytes -= error_charge(e);
	return e;
}

void socket_fail(struct socket *s, const struct ip_error *e, const struct endpoint *to,
		 const uint8_t *data, uint32_t len)
{
	/* Path MTUs are of no interest to who lets datagrams be fragmented. */
	if (e->err == EMSGSIZE && s->pmtudisc == IP_PMTU_DONT)
		return;
	bool hard = e->hard || e->err == EMSGSIZE;
	if (s->recverr) {
		struct socket_error *q = error_new(s, len);

		q->origin = ipaddr_is4(&e->offender) ? SOCKET_ORIGIN_ICMP : SOCKET_ORIGIN_ICMP6;
		q->err = e->err;
		q->type = e->type;
		q->code = e->code;
		q->mtu = e->mtu;
		q->offender = e->offender;
		q->ttl = e->ttl;
		q->to = *to;
		q->local_port = s->local.port;
		memcpy(q->data, data, len);
		error_queue(s, q);
	} else if (!hard || !s->connected) {
		return;
	}
	s->error = e->err;
	wake(s);
}

void socket_fail_local(struct socket *s, const struct endpoint *to, uint32_t mtu)
{
	if (!s->recverr)
		return;
	struct socket_error *q = error_new(s, 0);
	q->origin = SOCKET_ORIGIN_LOCAL;
	q->err = EMSGSIZE;
	q->mtu = mtu;
	q->to = *to;
	q->local_port = s->local.port;
	error_queue(s, q);
	wake(s);
}

static bool is_icmp(const struct socket_error *e)
{
	return e && e->origin != SOCKET_ORIGIN_LOCAL;
}

struct socket_error *socket_recv_error(struct socket *s)
{
	struct socket_error *e = error_dequeue(s);

	/* The pending error follows the queue (Linux's sock_dequeue_err_skb). */
	if (is_icmp(s->err_head))
		s->error = s->err_head->err;
	else if (is_icmp(e))
		s->error = 0;
	return e;
}

void socket_flush(struct socket *s)
{
	struct socket_error *e;

	while (s->rx_head)
		packet_drop(dequeue(s), &s->node->site, DROP_SOCKET_CLOSED);
	while ((e = error_dequeue(s)))
		socket_error_free(s, e);
}
