#include "transport/ping.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "transport/transport.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

#define ECHO_HLEN 8
#define ECHO_CHECKSUM_AT 2

/* The echo header of both families. */
struct echo {
	bool request;
	uint16_t id, seq;
};

static bool echo_parse(const uint8_t *at, uint32_t len, bool ip4, struct echo *e)
{
	if (ip4) {
		struct icmp4 m;

		if (icmp4_parse(at, len, &m) != ICMP4_OK ||
		    (m.type != ICMP4_ECHO && m.type != ICMP4_ECHO_REPLY))
			return false;
		*e = (struct echo){m.type == ICMP4_ECHO, m.echo.id, m.echo.seq};
	} else {
		struct icmp6 m;

		if (icmp6_parse(at, len, &m) != ICMP6_OK ||
		    (m.type != ICMP6_MSG_ECHO_REQUEST && m.type != ICMP6_MSG_ECHO_REPLY))
			return false;
		*e = (struct echo){m.type == ICMP6_MSG_ECHO_REQUEST, m.echo.id, m.echo.seq};
	}
	return true;
}

/* checksum: the partial sum's field, see wire/offload.h. */
static void echo_emit(uint8_t *at, bool ip4, const struct echo *e, uint16_t checksum)
{
	if (ip4) {
		icmp4_emit(at, &(struct icmp4){.type = ICMP4_ECHO,
					       .checksum = checksum,
					       .echo = {.id = e->id, .seq = e->seq}});
	} else {
		icmp6_emit(at, &(struct icmp6){.type = ICMP6_MSG_ECHO_REQUEST,
					       .checksum = checksum,
					       .echo = {.id = e->id, .seq = e->seq}});
	}
}

static struct demux *ping_ports(struct node *n)
{
	return &transport_of(n)->ping;
}

static uint16_t ping_pick_port(struct socket *s)
{
	struct transport *t = transport_of(s->node);
	struct endpoint e = s->local;

	for (uint32_t i = 0; i < UINT16_MAX; i++) {
		e.port = ++t->ping_last;
		if (e.port && !demux_conflict(&t->ping, s, &e))
			return e.port;
	}
	return 0;
}

/* Takes the first ECHO_HLEN bytes, wherever they stand, off a message. */
static void take_header(struct socket_out *m, uint8_t *first)
{
	uint32_t n = m->head_len < ECHO_HLEN ? m->head_len : ECHO_HLEN;
	uint32_t more = ECHO_HLEN - n;

	if (n) {
		memcpy(first, m->head, n);
		m->head = (const uint8_t *)m->head + n;
		m->head_len -= n;
	}
	if (more) {
		memcpy(first + n, m->data, more);
		m->data = (const uint8_t *)m->data + more;
		m->len -= more;
	}
}

static int ping_output(struct socket *s, const struct endpoint *to, const struct socket_out *m)
{
	bool ip4 = ipaddr_is4(&to->addr);
	uint32_t len = m->head_len + m->len;
	struct socket_out rest = *m;
	uint8_t first[ECHO_HLEN];
	struct echo e;
	struct ip_flow f;
	struct ip_path path;

	if (len < ECHO_HLEN || ip4 == s->v6)
		return -EINVAL;
	if (len > UINT16_MAX)
		return -EMSGSIZE;
	take_header(&rest, first);
	if (!echo_parse(first, len, ip4, &e) || !e.request)
		return -EINVAL;
	int err = socket_route(s, to, m, &f, &path);
	if (err)
		return err;
	f.proto = ip4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	e.id = s->local.port;
	uint32_t pseudo = ip4 ? 0 : csum_pseudo(&f.src, &f.dst, IPPROTO_ICMPV6, len);
	struct packet *p = socket_packet(s, to);
	echo_emit(packet_put(p, ECHO_HLEN), ip4, &e, ip4 ? 0 : (uint16_t)~csum_fold(pseudo));
	p->csum_at = (uint16_t)(p->l4 + ECHO_CHECKSUM_AT);
	p->flags |= PACKET_CSUM;
	socket_fill(p, &rest);
	return socket_transmit(s, p, to, &f, &path);
}

/* Echo replies that IP has checked. */
static void ping_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	struct transport *t = n->transport;
	struct echo e;

	if (!packet_pull(p, p->l4, ECHO_HLEN) ||
	    !echo_parse(p->hdr + p->l4, packet_l4_len(p), ipaddr_is4(&info->dst), &e)) {
		packet_drop(p, &n->site, DROP_ICMP_MALFORMED);
		return;
	}
	const struct demux_key k = {
		.local = {.addr = info->dst, .port = e.id},
		.in = info->in,
		.any_peer = true,
	};
	struct socket *s = t ? demux_find(&t->ping, &k) : NULL;
	if (s)
		socket_deliver(s, p, info, 0);
	else
		packet_drop(p, &n->site, DROP_ICMP_IGNORED);
}

/* The socket that a quoted request came from. */
static struct socket *sender_find(struct node *n, const struct ip_error *e)
{
	struct transport *t = n->transport;
	struct echo echo;

	if (!t || e->l4_len < ECHO_HLEN ||
	    !echo_parse(e->l4, e->l4_len, ipaddr_is4(&e->dst), &echo) || !echo.request)
		return NULL;
	const struct demux_key k = {
		.local = {.addr = e->src, .port = echo.id},
		.any_peer = true,
		.any_device = true,
	};
	return demux_find(&t->ping, &k);
}

static void ping_error(struct node *n, const struct ip_error *e)
{
	const struct endpoint to = {.addr = e->dst};
	struct socket *s = sender_find(n, e);

	if (s)
		socket_fail(s, e, &to, e->l4, e->l4_len);
}

static bool ping_sent(struct node *n, const struct ip_error *e)
{
	return sender_find(n, e) != NULL;
}

const struct ip_proto ping4_proto = {
	.proto = IPPROTO_ICMP,
	.input = ping_input,
	.error = ping_error,
	.sent = ping_sent,
};

const struct ip_proto ping6_proto = {
	.proto = IPPROTO_ICMPV6,
	.input = ping_input,
	.error = ping_error,
	.sent = ping_sent,
};

const struct socket_ops ping_ops = {
	.ports = ping_ports,
	.pick_port = ping_pick_port,
	.send = ping_output,
	.header = 0,
};
