/* dhcpd's messages (RFC 2131 4.3). */
#include "programs/dhcpd/dhcpd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ip/neigh.h"
#include "wire/icmp4.h"

#define OFFER_S 60
#define DECLINE_S 3600

static void say(struct dhcpd *d, const struct dhcp4 *m, const char *what, const struct ipaddr *addr)
{
	char mac[MAC_TEXT], text[IPADDR_TEXT];

	process_printf(d->p, "dhcpd: %s", what);
	if (addr)
		process_printf(d->p, " %s", ipaddr_format(text, sizeof(text), addr));
	process_printf(d->p, " %s%s%s\n", mac_format(mac, sizeof(mac), &m->chaddr),
		       m->hostname[0] ? " " : "", m->hostname);
}

/* Where an answer goes (RFC 2131 4.1). A client that has no address yet and wants no broadcast is reached by
 * its hardware's address: the neighbour table is told, as a kernel is by other servers. */
static struct ipaddr answer_to(struct dhcpd *d, const struct dhcp4 *m, const struct dhcp4 *answer)
{
	struct node *n = process_node(d->p);

	if (answer->type == DHCP4_NAK)
		return ipaddr_broadcast4;
	if (!ipaddr_is_any(&m->ciaddr))
		return m->ciaddr;
	if (m->broadcast)
		return ipaddr_broadcast4;
	struct neigh *e = neigh_get(n, d->dev, &answer->yiaddr);
	if (!e)
		return ipaddr_broadcast4;
	neigh_learn(n, e, &m->chaddr, NEIGH_OVERHEARD, true);
	return answer->yiaddr;
}

static struct dhcp4 answer_begin(const struct dhcpd *d, const struct dhcp4 *m, enum dhcp4_type type)
{
	struct dhcp4 a = dhcp4_empty();

	a.reply = true;
	a.type = (uint8_t)type;
	a.xid = m->xid;
	a.broadcast = m->broadcast;
	a.giaddr = m->giaddr;
	a.chaddr = m->chaddr;
	a.server_id = d->self;
	return a;
}

static void answer_send(struct dhcpd *d, const struct dhcp4 *m, const struct dhcp4 *a)
{
	const struct endpoint to = {.addr = answer_to(d, m, a), .port = DHCP4_CLIENT_PORT};
	uint8_t data[DHCP4_MAX];

	sys_sendto(d->p, d->fd, data, dhcp4_emit(data, sizeof(data), a), &to);
}

static bool wants(const struct dhcp4 *m, uint8_t option)
{
	return !m->params_len || memchr(m->params, option, m->params_len);
}

/* What the client asked to know of the network. */
static void put_settings(const struct dhcpd *d, const struct dhcp4 *m, struct dhcp4 *a)
{
	a->subnet_len = d->net.len;
	if (wants(m, DHCP4_OPT_BROADCAST) && d->net.len < IPADDR_BITS - 1)
		a->broadcast_addr = prefix_last(&d->net);
	if (wants(m, DHCP4_OPT_ROUTER))
		a->routers = d->routers;
	if (wants(m, DHCP4_OPT_DNS))
		a->dns = d->dns;
	if (wants(m, DHCP4_OPT_DOMAIN) && d->domain)
		snprintf(a->domain, sizeof(a->domain), "%s", d->domain);
}

static void put_lease(const struct dhcpd *d, const struct lease *l, struct dhcp4 *a)
{
	a->yiaddr = l->addr;
	a->has_lease = true;
	a->lease = d->lease_s;
	if (d->lease_s == DHCP4_INFINITE)
		return;
	a->t1 = d->lease_s / 2;
	a->t2 = (uint32_t)((uint64_t)d->lease_s * 7 / 8);
}

static vtime lease_end(const struct dhcpd *d)
{
	return d->lease_s == DHCP4_INFINITE ? VTIME_NEVER : tool_after(d->p, vtime_s(d->lease_s));
}

static void ack(struct dhcpd *d, const struct dhcp4 *m, struct lease *l)
{
	struct dhcp4 a = answer_begin(d, m, DHCP4_ACK);

	lease_give(d, l, m, LEASE_BOUND, lease_end(d));
	put_lease(d, l, &a);
	put_settings(d, m, &a);
	a.ciaddr = m->ciaddr;
	answer_send(d, m, &a);
	say(d, m, "ACK", &l->addr);
	process_count(d->p, "acks", ++d->acks);
}

static void nak(struct dhcpd *d, const struct dhcp4 *m, const struct ipaddr *addr, const char *why)
{
	struct dhcp4 a = answer_begin(d, m, DHCP4_NAK);

	snprintf(a.message, sizeof(a.message), "%s", why);
	answer_send(d, m, &a);
	say(d, m, "NAK", addr);
	process_count(d->p, "naks", ++d->naks);
}

/* ---- is it free? ---- */

/* An echo request, and a while to listen. -EINTR, or whether somebody answered. */
static int answers_ping(struct dhcpd *d, const struct ipaddr *addr)
{
	const struct endpoint to = {.addr = *addr};
	vtime deadline = tool_after(d->p, vtime_ms(d->ping_ms));
	uint8_t echo[ICMP4_HLEN + 8] = {ICMP4_ECHO}, back[sizeof(echo)];

	be16_store(echo + 6, ++d->ping_seq);
	if (sys_sendto(d->p, d->ping_fd, echo, sizeof(echo), &to) == -EINTR)
		return -EINTR;
	for (;;) {
		struct sys_info info;
		int n = sys_recvfrom(d->p, d->ping_fd, back, sizeof(back), &info, deadline);

		if (n == -EINTR)
			return n;
		if (n == -EAGAIN)
			return 0;
		if (n >= 8 && ipaddr_eq(&info.from.addr, addr))
			return 1;
		if (n < 0 && tool_reached(d->p, deadline))
			return 0;
	}
}

static void set_aside(struct dhcpd *d, struct lease *l)
{
	lease_set_aside(d, l, tool_after(d->p, vtime_s(DECLINE_S)));
}

/* An address for the client that nobody answers for; NULL: there is none, or the end has come. */
static struct lease *free_lease(struct dhcpd *d, const struct dhcp4 *m)
{
	struct lease *l;

	while ((l = pool_choose(d, m)) != NULL) {
		if (!d->ping_ms || lease_is_of(l, m))
			return l;
		/* Meanwhile it is nobody else's; one server answers one client at a time. */
		int taken = answers_ping(d, &l->addr);
		if (taken < 0)
			return NULL;
		if (!taken)
			return l;
		char text[IPADDR_TEXT];
		process_printf(d->p, "dhcpd: somebody has %s: set aside\n",
			       ipaddr_format(text, sizeof(text), &l->addr));
		process_count(d->p, "conflicts", ++d->conflicts);
		if (l->fixed)
			return NULL;
		set_aside(d, l);
	}
	return NULL;
}

/* ---- messages ---- */

static void on_discover(struct dhcpd *d, const struct dhcp4 *m)
{
	struct lease *l;
	struct dhcp4 a = answer_begin(d, m, DHCP4_OFFER);

	say(d, m, "DISCOVER", NULL);
	l = free_lease(d, m);
	if (process_killed(d->p))
		return;
	if (!l) {
		say(d, m, "no address is free for", NULL);
		process_count(d->p, "exhausted", ++d->exhausted);
		return;
	}
	/* A lease that still runs stays what it is: the offer may come to nothing. */
	if (lease_state_now(d, l) != LEASE_BOUND)
		lease_give(d, l, m, LEASE_OFFERED, tool_after(d->p, vtime_s(OFFER_S)));
	put_lease(d, l, &a);
	put_settings(d, m, &a);
	answer_send(d, m, &a);
	say(d, m, "OFFER", &l->addr);
	process_count(d->p, "offers", ++d->offers);
}

/* SELECTING: an answer to some server's offer, perhaps to ours. */
static void on_selected(struct dhcpd *d, const struct dhcp4 *m)
{
	struct lease *l = pool_at(d, &m->requested), *own = pool_of_client(d, m);

	if (!ipaddr_eq(&m->server_id, &d->self)) {
		if (own && own->state == LEASE_OFFERED)
			lease_free(d, own);
		return;
	}
	if (l && lease_is_of(l, m) && l->state != LEASE_DECLINED)
		ack(d, m, l);
	else
		nak(d, m, &m->requested, "address not offered");
}

/* INIT-REBOOT, RENEWING, REBINDING: the client has, or had, that address. */
static void on_remembered(struct dhcpd *d, const struct dhcp4 *m, const struct ipaddr *addr)
{
	struct lease *own = pool_of_client(d, m);

	if (!prefix_contains(&d->net, addr))
		nak(d, m, addr, "wrong network");
	else if (own && lease_is_of(own, m) && ipaddr_eq(&own->addr, addr))
		ack(d, m, own);
	else if (own)
		nak(d, m, addr, "wrong address");
	/* Of clients that it does not know it says nothing: they may be another server's. */
}

static void on_request(struct dhcpd *d, const struct dhcp4 *m)
{
	say(d, m, "REQUEST", ipaddr_is_any(&m->requested) ? &m->ciaddr : &m->requested);
	if (!ipaddr_is_any(&m->server_id))
		on_selected(d, m);
	else if (!ipaddr_is_any(&m->requested))
		on_remembered(d, m, &m->requested);
	else if (!ipaddr_is_any(&m->ciaddr))
		on_remembered(d, m, &m->ciaddr);
}

static void on_decline(struct dhcpd *d, const struct dhcp4 *m)
{
	struct lease *l = pool_at(d, &m->requested);

	say(d, m, "DECLINE", &m->requested);
	if (l && lease_is_of(l, m) && ipaddr_eq(&m->server_id, &d->self))
		set_aside(d, l);
	process_count(d->p, "declines", ++d->declines);
}

static void on_release(struct dhcpd *d, const struct dhcp4 *m)
{
	struct lease *l = pool_at(d, &m->ciaddr);

	say(d, m, "RELEASE", &m->ciaddr);
	if (l && lease_is_of(l, m) && l->state == LEASE_BOUND)
		lease_free(d, l);
	process_count(d->p, "releases", ++d->releases);
}

/* A host with an address that wants to know the rest (RFC 2131 4.3.5). */
static void on_inform(struct dhcpd *d, const struct dhcp4 *m)
{
	struct dhcp4 a = answer_begin(d, m, DHCP4_ACK);

	say(d, m, "INFORM", &m->ciaddr);
	/* The answer goes there, so it had better be a host of this network. */
	if (!prefix_contains(&d->net, &m->ciaddr))
		return;
	a.ciaddr = m->ciaddr;
	put_settings(d, m, &a);
	answer_send(d, m, &a);
	process_count(d->p, "acks", ++d->acks);
}

/* Hardware that an answer can be sent to: no group's address, and not none. */
static bool is_station(const struct mac *mac)
{
	return !(mac->b[0] & 1) && mac_to_u64(mac) != 0;
}

static void on_message(struct dhcpd *d, const struct dhcp4 *m)
{
	static void (*const handlers[])(struct dhcpd *, const struct dhcp4 *) = {
		[DHCP4_DISCOVER] = on_discover, [DHCP4_REQUEST] = on_request,
		[DHCP4_DECLINE] = on_decline,	[DHCP4_RELEASE] = on_release,
		[DHCP4_INFORM] = on_inform,
	};

	if (!m->reply && ipaddr_is_any(&m->giaddr) && handlers[m->type] && is_station(&m->chaddr))
		handlers[m->type](d, m);
	else
		process_count(d->p, "ignored", ++d->ignored);
	process_count(d->p, "leases", pool_bound(d));
}

void dhcpd_serve(struct dhcpd *d)
{
	uint8_t data[DHCP4_MAX];
	struct sys_info info;
	struct dhcp4 m;
	int n;

	for (;;) {
		n = sys_recvfrom(d->p, d->fd, data, sizeof(data), &info, VTIME_NEVER);
		if (n == -EINTR)
			return;
		if (n > 0 && info.len <= sizeof(data) && dhcp4_parse(data, (size_t)n, &m) == DHCP4_OK)
			on_message(d, &m);
		else
			process_count(d->p, "ignored", ++d->ignored);
	}
}
