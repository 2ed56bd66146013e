/*
 * Small worlds by hand, for tests that need real nodes on real links and no scenario: nodes speak
 * protocol 253 (RFC 3692: for experiments), whose arrivals and errors are counted.
 */
#ifndef TEST_NET_H
#define TEST_NET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ip/ip.h"
#include "link/link.h"

#define NET_PROTO 253

struct net_seen {
	unsigned arrived, errors;
	uint32_t last_len;
	struct ip_info info;
	int err;
	uint8_t type, code;
	uint32_t mtu;
	struct ipaddr offender;
};

static struct net_seen net_seen;

static inline void net_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	(void)n;
	net_seen.arrived++;
	net_seen.info = *info;
	net_seen.last_len = packet_l4_len(p);
	packet_free(p);
}

static inline void net_error(struct node *n, const struct ip_error *e)
{
	(void)n;
	net_seen.errors++;
	net_seen.err = e->err;
	net_seen.type = e->type;
	net_seen.code = e->code;
	net_seen.mtu = e->mtu;
	net_seen.offender = e->offender;
}

static const struct ip_proto net_row = {
	.proto = NET_PROTO, .input = net_input, .error = net_error};

static inline struct ipaddr net_ip(const char *text)
{
	struct ipaddr a;

	assert_true(ipaddr_parse(text, &a));
	return a;
}

static inline struct node *net_node(struct world *w, const char *name, bool router)
{
	struct node *n = node_new(w, name);
	char why[100];

	ip_register(n, &net_row);
	if (router) {
		assert_int_equal(
			node_sysctl_set(n, "net.ipv4.ip_forward", "1", why, sizeof(why)), 0);
		assert_int_equal(node_sysctl_set(n, "net.ipv6.conf.all.forwarding", "1", why,
						 sizeof(why)),
				 0);
	}
	return n;
}

static unsigned net_macs;

static inline struct ip_iface *net_iface(struct node *n, const char *address)
{
	char name[16];
	struct ip_iface *i;
	struct ipaddr a;
	uint8_t len;

	snprintf(name, sizeof(name), "eth%u", n->iface_count);
	i = node_add_iface(n, name, mac_from_u64(0x020000000000 + ++net_macs));
	if (address) {
		assert_true(prefix_parse_interface(address, &a, &len));
		assert_int_equal(ip_addr_add(i, &a, len), 0);
	}
	return i;
}

static inline struct link *net_link(struct node *a, const char *a_addr, struct node *b,
				    const char *b_addr, const struct link_params *params)
{
	struct ip_iface *i = net_iface(a, a_addr), *j = net_iface(b, b_addr);

	i->link.mtu = j->link.mtu = params->mtu;
	return link_new(a->site.world, "link", &i->link, &j->link, params, params);
}

static inline void net_route(struct node *n, const char *dst, const char *via)
{
	struct ipaddr gw = net_ip(via);
	struct prefix p;

	assert_true(prefix_parse(dst, &p));
	assert_int_equal(route_add(n, &p, ROUTE_UNICAST, &gw, NULL, 0, 0, ROUTE_STATIC), 0);
}

/* Sends len bytes of protocol 253; what ip_path() or ip_send() said. */
static inline int net_send(struct node *n, const char *to, uint32_t len, uint8_t ttl, int pmtudisc)
{
	struct ip_flow f = {
		.dst = net_ip(to), .proto = NET_PROTO, .ttl = ttl, .pmtudisc = (uint8_t)pmtudisc};
	struct ip_path path;
	int err = ip_path(n, &f, &path);

	if (err)
		return err;
	struct packet *p = ip_packet_new(n, ipaddr_is4(&f.dst));
	struct slab *s = slab_new(node_world(n), len);
	memset(s->bytes, 0x5a, len);
	packet_set_payload(p, s, s->bytes, len);
	slab_unref(node_world(n), s);
	return ip_send(n, p, &f, &path);
}

static inline void net_run(struct world *w, int64_t seconds)
{
	while (sched_step(&w->sched, vtime_s(seconds)))
		;
	sched_advance(&w->sched, vtime_s(seconds));
}

#endif
