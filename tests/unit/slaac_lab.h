/*
 * A LAN for tests of autoconfiguration: stations at a switch, each with one interface; what crossed
 * the wire of neighbour discovery is remembered, as the switch's port of the first station saw it.
 */
#ifndef TEST_SLAAC_LAB_H
#define TEST_SLAAC_LAB_H

#include "net.h"

#include <netinet/in.h>

#include "ip/neigh.h"
#include "ip/autoconf/radv.h"
#include "ip/autoconf/slaac.h"
#include "link/switch.h"
#include "wire/eth.h"
#include "wire/ipv6.h"

enum { LAB_STATIONS = 5, LAB_SEEN = 256 };

struct lab_message {
	vtime at;
	uint8_t type;
	struct ipaddr src, dst, target;
	uint8_t bytes[256];
	uint32_t len;
};

struct lab {
	struct world *world;
	struct eth_switch *sw;
	struct node *node[LAB_STATIONS];
	struct ip_iface *iface[LAB_STATIONS];
	struct link *link[LAB_STATIONS];
	struct link_params params;
	struct tap tap; /* at the first station */
	unsigned seen;
	struct lab_message messages[LAB_SEEN];
	/* Of the watch: */
	struct slaac_watch watch;
	struct ipaddr preferred[16], servers[8];
	unsigned n_preferred, n_servers;
};

static struct lab lab;

static void lab_frame(struct tap *t, const struct packet *p, enum tap_dir dir, vtime at)
{
	struct lab_message *m = &lab.messages[lab.seen];
	uint8_t ip[IPV6_HLEN];
	struct ipv6_hdr h;
	struct eth_hdr eth;

	(void)t;
	(void)dir;
	if (eth_parse(p->hdr + p->head, (size_t)(p->end - p->head), &eth) != ETH_OK ||
	    eth.type != ETH_TYPE_IPV6 || packet_read(p, p->head, ETH_HLEN, ip, sizeof(ip)) < sizeof(ip) ||
	    ipv6_parse_quoted(ip, sizeof(ip), &h) != IPV6_OK || h.next != IPPROTO_ICMPV6)
		return;
	m->at = at;
	m->src = h.src;
	m->dst = h.dst;
	m->len = packet_read(p, p->head, ETH_HLEN + IPV6_HLEN, m->bytes, sizeof(m->bytes));
	m->type = m->bytes[0];
	if (!icmp6_is_nd(m->type))
		return;
	m->target = m->len >= 24 ? ipaddr_from_bytes16(m->bytes + 8) : ipaddr_any6;
	assert_true(lab.seen < LAB_SEEN);
	lab.seen++;
}

static void lab_address(struct slaac_watch *w, struct ip_iface *i, const struct ipaddr *addr,
			bool preferred)
{
	unsigned k = 0;

	(void)w;
	(void)i;
	while (k < lab.n_preferred && !ipaddr_eq(&lab.preferred[k], addr))
		k++;
	assert_int_equal(k == lab.n_preferred, preferred); /* never told twice */
	if (preferred)
		lab.preferred[lab.n_preferred++] = *addr;
	else
		lab.preferred[k] = lab.preferred[--lab.n_preferred];
}

static void lab_servers(struct slaac_watch *w, struct ip_iface *i, const struct ipaddr *list,
			uint32_t count)
{
	(void)w;
	(void)i;
	lab.n_servers = count;
	for (uint32_t k = 0; k < count; k++)
		lab.servers[k] = list[k];
}

static inline int lab_setup(void **state)
{
	(void)state;
	memset(&lab, 0, sizeof(lab));
	lab.params = link_params_default;
	lab.params.delay = vtime_us(500);
	lab.world = world_new(1);
	lab.sw = switch_new(lab.world, "lan", 64, VTIME_NEVER);
	lab.watch = (struct slaac_watch){.address = lab_address, .servers = lab_servers};
	for (uint8_t k = 0; k < LAB_STATIONS; k++) {
		struct mac mac = {.b = {2, 0, 0, 0, 0, (uint8_t)(k + 1)}};
		struct mac port = {.b = {2, 0, 0, 0, 1, (uint8_t)(k + 1)}};
		char name[] = {'n', (char)('0' + k), '\0'};

		lab.node[k] = net_node(lab.world, name, false);
		lab.iface[k] = node_add_iface(lab.node[k], "eth0", mac);
		lab.link[k] = link_new(lab.world, name, &lab.iface[k]->link,
				       switch_add_port(lab.sw, name, port, NULL), &lab.params,
				       &lab.params);
	}
	lab.tap.frame = lab_frame;
	iface_tap_add(&lab.iface[0]->link, &lab.tap);
	return 0;
}

static inline int lab_teardown(void **state)
{
	(void)state;
	for (int k = 0; k < LAB_STATIONS; k++)
		link_free(lab.link[k]);
	for (int k = 0; k < LAB_STATIONS; k++)
		node_free(lab.node[k]);
	switch_free(lab.sw);
	assert_int_equal(lab.world->pool.live, 0);
	world_free(lab.world);
	return 0;
}

static inline void lab_knob(int k, const char *name, const char *value)
{
	char whole[80], why[100];

	snprintf(whole, sizeof(whole), "net.ipv6.conf.all.%s", name);
	assert_int_equal(node_sysctl_set(lab.node[k], whole, value, why, sizeof(why)), 0);
}

/* To a moment in seconds. */
static inline void lab_until(double seconds)
{
	vtime t = vtime_ns((int64_t)(seconds * 1e9));

	while (sched_step(&lab.world->sched, t))
		;
	sched_advance(&lab.world->sched, t);
}

static inline const struct ip_addr *lab_addr(int k, const char *text)
{
	struct ipaddr want = net_ip(text);
	const struct ip_addr *a = lab.iface[k]->addrs;

	while (a && !ipaddr_eq(&a->addr, &want))
		a = a->next;
	return a;
}

static inline bool lab_usable(int k, const char *text)
{
	struct ipaddr want = net_ip(text);

	return node_addr_find(lab.node[k], NULL, &want);
}

/* Messages of a type, from a position in the list on. */
static inline unsigned lab_count(uint8_t type, unsigned from)
{
	unsigned n = 0;

	for (unsigned k = from; k < lab.seen; k++)
		n += lab.messages[k].type == type;
	return n;
}

static inline const struct lab_message *lab_message(uint8_t type, unsigned nth)
{
	for (unsigned k = 0; k < lab.seen; k++)
		if (lab.messages[k].type == type && nth-- == 0)
			return &lab.messages[k];
	fail_msg("no such message");
	return NULL;
}

/* An advertisement as a router with the lab's MAC address k would send it, by hand. */
static inline void lab_advertise(int k, struct icmp6 *m, const struct nd_opt *opts, int n)
{
	struct mac mac = lab.iface[k]->link.mac;
	struct ipaddr from = mac_linklocal(&mac);
	uint8_t body[512];
	size_t len = 0;

	m->type = ICMP6_MSG_ROUTER_ADVERTISEMENT;
	for (int i = 0; i < n; i++)
		len += nd_opt_emit(body + len, &opts[i]);
	nd_send(lab.iface[k], &from, &ipaddr_all_nodes6, m, body, len);
}

static inline struct nd_opt lab_prefix(const char *text, uint32_t valid, uint32_t preferred)
{
	struct nd_opt o = {.type = ND_OPT_PREFIX,
			   .prefix = {.on_link = true,
				      .autonomous = true,
				      .valid = valid,
				      .preferred = preferred}};

	assert_true(prefix_parse(text, &o.prefix.prefix));
	return o;
}

/* Station k as a router of that address, advertising. */
static inline void lab_router(int k, const char *address, const struct radv_config *c)
{
	struct ipaddr a = net_ip(address);

	lab_knob(k, "forwarding", "1");
	assert_int_equal(ip_addr_add(lab.iface[k], &a, 64), 0);
	radv_start(lab.iface[k], c);
}

/* The next hop for a destination; :: if it is on the link, and none without a route. */
static inline struct ipaddr lab_next_hop(int k, const char *dst)
{
	struct ip_flow f = {.dst = net_ip(dst), .proto = NET_PROTO};
	struct ip_path path;

	if (ip_path(lab.node[k], &f, &path) != 0)
		return ipaddr_any6;
	return path.next_hop;
}

static inline bool lab_is(struct ipaddr a, const char *text)
{
	struct ipaddr b = net_ip(text);

	return ipaddr_eq(&a, &b);
}

#endif
