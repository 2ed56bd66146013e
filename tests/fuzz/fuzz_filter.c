/*
 * Hostile packets of all kinds through a router with NAT, NAT64 and a firewall.
 *
 * Ten bytes of input are one packet: which side it comes in on, what it is, between which of a few
 * addresses and ports, its flags, which bytes of it are spoilt, and how long nothing happens
 * afterwards. After every packet the tables are looked through: each connection is found by both of
 * its tuples and stands in its queue in order, each mapping has sessions or hairpins, and an
 * outside endpoint is one mapping's. In the end no packet may be missing.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "filter/conntrack_int.h"
#include "filter/firewall.h"
#include "filter/nat_int.h"
#include "ip/ip.h"
#include "link/link.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"

#define OP_LEN 10
#define OP_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct lab {
	struct world *world;
	struct node *inside, *router, *outside;
	struct ip_iface *in, *out; /* of the router */
	struct link *links[2];
	struct nat *nat;
	struct conntrack *table;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static struct ipaddr ip(const char *text)
{
	struct ipaddr a;

	must(ipaddr_parse(text, &a));
	return a;
}

static struct ip_iface *iface(struct node *n, unsigned k, const char *four, const char *six)
{
	struct mac mac = {{2, 0, 0, 0, 0, (uint8_t)k}};
	struct ip_iface *i = node_add_iface(n, k & 1 ? "a" : "b", mac);
	struct ipaddr a = ip(four), b = ip(six);

	must(ip_addr_add(i, &a, IPADDR_V4_BITS + 24) == 0 && ip_addr_add(i, &b, 64) == 0);
	return i;
}

static void hooks(struct lab *l)
{
	static const struct firewall_rule rules[] = {
		{.action = FIREWALL_DENY, .filter = "tcp[600] = 1 or udp[8] = 0x41"},
		{.action = FIREWALL_REJECT, .filter = "dst port 22"},
	};
	struct nat_forward forward = {.proto = IPPROTO_TCP, .first = 80, .last = 85,
				      .to = ip("192.168.0.2"), .to_port = 8080};
	struct nat_params params = {.filtering = NAT_ADDRESS_DEPENDENT, .hairpinning = true,
				    .port_preservation = true, .first_port = 1, .last_port = 40,
				    .forwards = &forward, .n_forwards = 1, .has_nat64 = true};
	struct firewall_params firewall = {0};
	struct node_filter *f = filter_attach(l->router);
	char why[256];

	must(prefix_parse("64:ff9b::/96", &params.nat64));
	f->nat = l->nat = nat_new(l->router, &params);
	nat_add_outside(l->nat, l->out);
	for (int k = 0; k < FIREWALL_CHAINS; k++) {
		firewall.chains[k].stateless = k == FIREWALL_FORWARD;
		firewall.chains[k].rules = rules;
		firewall.chains[k].n_rules = 2;
	}
	f->firewall = firewall_new(l->router, &firewall, why, sizeof(why));
	must(f->firewall != NULL);
	l->table = f->conntrack;
	must(!node_sysctl_set(l->router, "net.netfilter.nf_conntrack_max", "24", why, sizeof(why)));
}

static struct lab lab_new(void)
{
	struct lab l = {.world = world_new(1)};
	struct link_params params = link_params_default;
	struct ip_iface *a, *b;
	char why[128];

	params.delay = vtime_ms(1);
	l.inside = node_new(l.world, "inside");
	l.router = node_new(l.world, "router");
	l.outside = node_new(l.world, "outside");
	must(!node_sysctl_set(l.router, "net.ipv4.ip_forward", "1", why, sizeof(why)));
	must(!node_sysctl_set(l.router, "net.ipv6.conf.all.forwarding", "1", why, sizeof(why)));
	a = iface(l.inside, 1, "192.168.0.2", "fd00:1::2");
	l.in = iface(l.router, 2, "192.168.0.1", "fd00:1::1");
	l.out = iface(l.router, 3, "203.0.113.1", "fd00:2::1");
	b = iface(l.outside, 4, "203.0.113.9", "fd00:2::9");
	l.links[0] = link_new(l.world, "l", &a->link, &l.in->link, &params, &params);
	l.links[1] = link_new(l.world, "r", &l.out->link, &b->link, &params, &params);
	hooks(&l);
	return l;
}

static void pass(struct lab *l, vtime t)
{
	struct sched *s = &l->world->sched;
	vtime until = vtime_add(s->now, t);

	while (sched_step(s, until))
		;
	sched_advance(s, until);
}

/* ---- one packet ---- */

static const char *const four[8] = {"192.168.0.2", "192.168.0.3", "203.0.113.9", "203.0.113.1",
				    "192.168.0.1", "203.0.113.77", "8.8.8.8", "255.255.255.255"};
static const char *const six[8] = {"fd00:1::2", "fd00:1::3", "fd00:2::9", "64:ff9b::203.0.113.9",
				   "64:ff9b::203.0.113.1", "64:ff9b::127.0.0.1", "fd00:1::1", "ff02::1"};

/* A header of IP and the first bytes of what it carries; payload up to 64 bytes behind. */
static void build(struct packet *p, bool ip4, uint8_t proto, const uint8_t *op, bool quote)
{
	struct ipaddr src = ip((ip4 ? four : six)[op[2] & 7]), dst = ip((ip4 ? four : six)[op[2] >> 3 & 7]);
	uint16_t len = (uint16_t)(quote ? 8 : 20 + (op[6] & 63));
	uint8_t *l4;

	if (ip4) {
		struct ipv4_hdr h = {.ihl = 5, .ttl = op[5] & 3 ? 64 : 1, .proto = proto, .src = src, .dst = dst,
				     .df = op[5] & 4, .mf = op[5] == 8, .total_len = (uint16_t)(20 + len)};

		ipv4_emit(packet_put(p, IPV4_HLEN), &h);
		ipv4_set_checksum(p->hdr + p->end - IPV4_HLEN);
	} else {
		struct ipv6_hdr h = {.payload_len = len, .next = proto, .hop_limit = op[5] & 3 ? 64 : 1,
				     .src = src, .dst = dst};

		ipv6_emit(packet_put(p, IPV6_HLEN), &h);
	}
	l4 = packet_put(p, len);
	for (uint16_t i = 0; i < len; i++)
		l4[i] = (uint8_t)(op[7] + i * op[8]);
	be16_store(l4, (uint16_t)(1 + op[3] % 30));
	be16_store(l4 + 2, (uint16_t)(op[3] & 0x80 ? 80 + op[4] % 8 : 1 + op[4] % 30));
	if (proto == IPPROTO_TCP && !quote) {
		l4[12] = (uint8_t)((op[8] & 0x80 ? op[8] : 0x50));
		l4[13] = op[7];
	}
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		l4[0] = ip4 ? (op[7] & 1 ? 8 : 0) : (op[7] & 1 ? 128 : 129);
		l4[1] = 0;
		be16_store(l4 + 4, (uint16_t)(1 + op[3] % 30));
	}
	if (proto == IPPROTO_UDP)
		be16_store(l4 + 4, len);
}

static void error_around(struct packet *p, bool ip4, const uint8_t *op)
{
	static const uint8_t types4[] = {3, 11, 12, 5, 4, 3, 3, 3}, types6[] = {1, 2, 3, 4, 1, 2, 137, 100};
	struct ipaddr src = ip((ip4 ? four : six)[op[9] & 7]), dst = ip((ip4 ? four : six)[op[2] & 7]);
	uint8_t proto = (uint8_t[]){IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6}[op[1] >> 4 & 3];
	uint16_t at = p->end;

	packet_put(p, ip4 ? IPV4_HLEN : IPV6_HLEN);
	uint8_t *icmp = packet_put(p, 8);
	memset(icmp, 0, 8);
	icmp[0] = (ip4 ? types4 : types6)[op[8] & 7];
	icmp[1] = op[7] & 15;
	icmp[6] = op[6];
	icmp[7] = op[5];
	build(p, ip4, proto, op, true);
	struct ipv4_hdr h4 = {.ihl = 5, .ttl = 64, .proto = IPPROTO_ICMP, .src = src, .dst = dst,
			      .total_len = (uint16_t)(p->end - at)};
	struct ipv6_hdr h6 = {.payload_len = (uint16_t)(p->end - at - IPV6_HLEN), .next = IPPROTO_ICMPV6,
			      .hop_limit = 64, .src = src, .dst = dst};

	if (ip4) {
		ipv4_emit(p->hdr + at, &h4);
		ipv4_set_checksum(p->hdr + at);
	} else {
		ipv6_emit(p->hdr + at, &h6);
	}
}

static void packet_take(struct lab *l, const uint8_t *op)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ICMP,
					 IPPROTO_ICMPV6, IPPROTO_SCTP, 253};
	struct ip_iface *i = op[0] & 1 ? l->in : l->out;
	bool ip4 = op[0] & 2;
	struct packet *p = packet_new(l->world);

	p->in = &i->link;
	l->nat->params.has_dmz = op[0] & 64;
	l->nat->params.dmz = ip("192.168.0.3");
	if (op[0] & 4)
		error_around(p, ip4, op);
	else
		build(p, ip4, protos[op[1] & 7], op, false);
	/* Checksums are not looked at, unless the input says so: most would be wrong. */
	p->flags = op[0] & 8 ? 0 : PACKET_VERIFIED;
	if (op[0] & 16)
		p->hdr[p->l3 + op[9] % (p->end - p->l3)] ^= op[8];
	if (op[0] & 32 && p->end - p->l3 > 60) {
		uint8_t rest[PACKET_HDR];
		uint16_t cut = (uint16_t)(p->end - p->l3 - 44);

		memcpy(rest, p->hdr + p->l3 + 44, cut);
		p->end = (uint16_t)(p->l3 + 44);
		packet_copy_in(p, rest, cut);
	}
	if (p->flags & PACKET_VERIFIED && op[0] & 16)
		p->flags = 0;
	if (ip4)
		ip4_input(i, p);
	else
		ip6_input(i, p);
	pass(l, vtime_ms(op[9] > 200 ? (op[9] - 200) * 2000 : 3));
}

/* ---- what must be true at any time ---- */

static void check_conn(struct lab *l, struct conn *c)
{
	uint8_t dir;

	for (int d = 0; d < 2; d++) {
		must(conntrack_find(l->table, &c->way[d].tuple, &dir) == c);
		/* From an endpoint to itself, both ways are one. */
		must(dir == d || tuple_eq(&c->way[0].tuple, &c->way[1].tuple));
	}
	must(c->confirmed && !vtime_before(c->expires, l->world->sched.now));
	must(!c->later || !vtime_before(c->later->expires, c->expires));
	if (!c->map)
		return;
	const struct conn *s = c->map->sessions;
	while (s != c) {
		s = s->map_next;
		must(s != c->map->sessions);
	}
}

static void check_maps(struct lab *l)
{
	uint32_t n = 0, hairpins = 0;

	for (uint32_t b = 0; b < l->nat->maps.size; b++)
		for (struct nat_map *m = l->nat->maps.inside[b]; m; m = m->next_inside) {
			const struct conn *c = m->sessions;

			must(c || m->hairpins);
			hairpins += m->hairpins;
			if (c)
				do
					must(c->map == m);
				while ((c = c->map_next) != m->sessions);
			must(nat_map_by_outside(&l->nat->maps, m) == m);
			must(m->outside_port <= 40 || m->proto == IPPROTO_SCTP);
			n++;
		}
	must(n == nat_mapping_count(l->nat));
	for (int i = 0; i < CT_TIMEOUT_COUNT; i++)
		for (struct conn *c = l->table->queues[i].head; c; c = c->later)
			hairpins -= c->hairpin;
	must(hairpins == 0);
}

static void check(struct lab *l)
{
	uint32_t n = 0;

	for (int i = 0; i < CT_TIMEOUT_COUNT; i++)
		for (struct conn *c = l->table->queues[i].head; c; c = c->later) {
			must(c->timeout == i);
			check_conn(l, c);
			n++;
		}
	must(n == conntrack_count(l->table) && n <= 24);
	check_maps(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lab l = lab_new();

	for (unsigned k = 0; k < OP_MAX && size >= OP_LEN; k++, size -= OP_LEN) {
		packet_take(&l, data + k * OP_LEN);
		check(&l);
	}
	link_free(l.links[0]);
	link_free(l.links[1]);
	node_free(l.inside);
	node_free(l.router);
	node_free(l.outside);
	must(l.world->pool.live == 0);
	world_free(l.world);
	return 0;
}
