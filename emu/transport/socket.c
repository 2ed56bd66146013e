#include "transport/socket.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "transport/ping.h"
#include "transport/tcp/tcp.h"
#include "transport/transport.h"
#include "transport/udp.h"

static const struct socket_ops *const kinds[] = {
	[SOCKET_UDP] = &udp_ops,
	[SOCKET_PING] = &ping_ops,
	[SOCKET_TCP] = &tcp_ops,
};

struct socket *socket_new(struct node *n, enum socket_kind kind, int family)
{
	const struct socket_ops *ops = kinds[kind];
	struct socket *s;

	assert(family == AF_INET || family == AF_INET6);
	if (ops->make) {
		transport_of(n)->sockets++;
		return ops->make(n, family == AF_INET6);
	}
	s = nt_calloc(1, sizeof(*s));
	s->ops = ops;
	s->node = n;
	s->v6 = family == AF_INET6;
	s->local.addr = s->v6 ? ipaddr_any6 : ipaddr_any4;
	s->rcvbuf = (uint32_t)n->sysctl->rmem_default;
	s->sndbuf = (uint32_t)n->sysctl->wmem_default;
	s->multicast_ttl = 1;
	s->pmtudisc = n->sysctl->ip_no_pmtu_disc && !s->v6 ? IP_PMTU_DONT : IP_PMTU_WANT;
	transport_of(n)->sockets++;
	return s;
}

static void release_port(struct socket *s)
{
	if (s->local.port)
		demux_remove(s->ops->ports(s->node), s);
	s->local.port = 0;
}

void socket_close(struct socket *s)
{
	if (s->ops->close) {
		transport_of(s->node)->sockets--;
		s->ops->close(s);
		return;
	}
	release_port(s);
	socket_flush(s);
	transport_of(s->node)->sockets--;
	free(s);
}

int socket_take_port(struct socket *s, const struct endpoint *at)
{
	struct endpoint e = *at;

	if (s->ops->take_port)
		return s->ops->take_port(s, at);
	struct demux *ports = s->ops->ports(s->node);
	if (e.port == 0) {
		struct endpoint before = s->local;

		s->local = e; /* what pick_port looks for conflicts with */
		e.port = s->ops->pick_port(s);
		if (e.port == 0) {
			s->local = before;
			return -EAGAIN;
		}
	} else if (demux_conflict(ports, s, &e)) {
		return -EADDRINUSE;
	}
	s->local = e;
	demux_add(ports, s);
	return 0;
}

/* Whether a socket of this family can use an address, as its own or as a peer. */
static int family_check(const struct socket *s, const struct ipaddr *a)
{
	if (!s->v6 && !ipaddr_is4(a))
		return -EAFNOSUPPORT;
	return s->v6only && ipaddr_is4(a) ? -ENETUNREACH : 0;
}

/* Linux lets a socket have broadcast and multicast addresses too, to receive only these. */
static bool may_bind(const struct socket *s, const struct endpoint *e, struct ip_iface *on)
{
	return ipaddr_is_any(&e->addr) || ipaddr_is_loopback(&e->addr) ||
	       ipaddr_is_multicast(&e->addr) || ipaddr_is_limited_broadcast(&e->addr) ||
	       node_addr_find(s->node, on, &e->addr);
}

int socket_bind(struct socket *s, const struct endpoint *local)
{
	struct endpoint e = *local;
	struct ip_iface *on = NULL;
	int err;

	if (s->local.port)
		return -EINVAL;
	if (!s->v6 && ipaddr_eq(&e.addr, &ipaddr_any6))
		e.addr = ipaddr_any4;
	err = family_check(s, &e.addr);
	if (err)
		return err == -ENETUNREACH ? -EINVAL : err;
	if (e.scope) {
		on = node_iface_by_index(s->node, e.scope);
		if (!on)
			return -ENODEV;
	}
	if (!may_bind(s, &e, on))
		return -EADDRNOTAVAIL;
	err = socket_take_port(s, &e);
	if (err)
		return err == -EAGAIN ? -EADDRINUSE : err;
	if (on && ipaddr_is_linklocal(&e.addr))
		s->device = on;
	s->fixed_addr = !ipaddr_is_any(&e.addr);
	s->fixed_port = local->port != 0;
	return 0;
}

static void disconnect(struct socket *s)
{
	if (!s->connected)
		return;
	s->connected = false;
	s->peer = (struct endpoint){0};
	if (!s->fixed_addr)
		s->local.addr = s->v6 ? ipaddr_any6 : ipaddr_any4;
	if (!s->fixed_port)
		release_port(s);
}

int socket_connect(struct socket *s, const struct endpoint *peer)
{
	const struct socket_out nothing = {.tos = -1};
	struct ip_flow f;
	struct ip_path path;

	if (s->ops->connect)
		return s->ops->connect(s, peer);
	disconnect(s);
	if (!peer)
		return 0;
	struct endpoint to = *peer;
	if (ipaddr_is_any(&to.addr)) /* as on Linux: this host */
		to.addr = s->v6 && !ipaddr_is4(&to.addr) ? ipaddr_loopback6 : ipaddr_loopback4;
	int err = socket_route(s, &to, &nothing, &f, &path);
	if (err == 0 && s->local.port == 0) {
		struct endpoint own = {.addr = f.src};

		err = socket_take_port(s, &own);
	}
	if (err)
		return err;
	s->local.addr = f.src;
	s->peer = to;
	s->connected = true;
	return 0;
}

struct endpoint socket_local(const struct socket *s)
{
	struct endpoint e = s->local;

	if (!e.scope && s->device && !ipaddr_is4(&e.addr) && ipaddr_is_linklocal(&e.addr))
		e.scope = s->device->link.index;
	return e;
}

static struct ip_iface *outgoing(const struct socket *s, const struct endpoint *to, uint32_t oif)
{
	if (__builtin_expect(oif, 0))
		return node_iface_by_index(s->node, oif);
	if (s->device)
		return s->device;
	if (to->scope)
		return node_iface_by_index(s->node, to->scope);
	return NULL;
}

int socket_route(struct socket *s, const struct endpoint *to, const struct socket_out *m,
		 struct ip_flow *f, struct ip_path *path)
{
	bool multicast = ipaddr_is_multicast(&to->addr);
	int err = family_check(s, &to->addr);

	if (err)
		return err;
	*f = (struct ip_flow){
		.dst = to->addr,
		.oif = outgoing(s, to, m->oif),
		.ttl = m->ttl ? m->ttl : multicast ? s->multicast_ttl : s->ttl,
		.tos = m->tos >= 0 ? (uint8_t)m->tos : s->tos,
		.pmtudisc = s->pmtudisc,
	};
	if ((to->scope || m->oif) && !f->oif)
		return -ENODEV;
	if (__builtin_expect(!ipaddr_is_any(&m->from), 0)) {
		if (ipaddr_is4(&m->from) != ipaddr_is4(&to->addr))
			return -EINVAL;
		f->src = m->from;
	} else
	/* Groups and broadcasts can be bound to, but nobody sends from one. */
	if (!ipaddr_is_any(&s->local.addr) && !ipaddr_is_multicast(&s->local.addr) &&
	    !ipaddr_is_limited_broadcast(&s->local.addr)) {
		if (ipaddr_is4(&s->local.addr) != ipaddr_is4(&to->addr))
			return -ENETUNREACH;
		f->src = s->local.addr;
	}
	err = ip_path(s->node, f, path);
	if (err)
		return err;
	return path->broadcast && !s->broadcast ? -EACCES : 0;
}
