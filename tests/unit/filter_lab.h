/*
 * Two hosts and a router between them with something at its hooks; segments and datagrams made by
 * hand, so that a test says what every one of them holds. What arrives is kept in lab.got.
 */
#ifndef TESTS_FILTER_LAB_H
#define TESTS_FILTER_LAB_H

#include "net.h"

#include <netinet/in.h>
#include <string.h>

#include "filter/conntrack_int.h"
#include "filter/firewall.h"
#include "filter/nat.h"
#include "ip/icmp.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/offload.h"
#include "wire/tcp.h"
#include "wire/udp.h"

struct lab_got {
	unsigned count;
	struct ipaddr src, dst;
	uint16_t sport, dport;
	uint8_t proto, icmp_type, icmp_code;
	uint16_t flags;  /* TCP */
	uint32_t seq, ack;
	uint8_t ttl, tos;
	uint32_t mtu;    /* that an error told */
	bool csum_ok;
	uint32_t len;    /* of the payload */
	uint16_t id;     /* of its IPv4 header */
};

struct lab {
	struct world *w;
	struct node *in, *r, *out; /* inside, router, outside */
	struct ip_iface *r_in, *r_out;
	struct link *left, *right;
	struct link_params params;
	struct node_filter *filter;
	struct lab_got got[3];     /* at in, at out, at r */
	bool refuses;              /* what arrives is answered by an ICMP error: */
	enum icmp_problem problem;
	uint32_t problem_arg;
};

static struct lab lab;

static inline struct lab_got *lab_got_of(const struct node *n)
{
	return &lab.got[n == lab.r ? 2 : n == lab.out];
}

static inline void lab_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	struct lab_got *g = lab_got_of(n);
	uint8_t head[60];
	uint32_t len = packet_l4_len(p);
	uint32_t there = packet_read(p, p->l4, 0, head, sizeof(head));
	uint32_t pseudo = info->proto == IPPROTO_ICMP
				  ? 0 : csum_pseudo(&info->src, &info->dst, info->proto, len);

	g->count++;
	g->src = info->src;
	g->dst = info->dst;
	g->proto = info->proto;
	g->ttl = info->ttl;
	g->id = ipaddr_is4(&info->src) ? be16_load(p->hdr + p->l3 + 4) : 0;
	g->tos = info->tos;
	/* As if the bytes had come over a wire that may change them. */
	packet_checksum_fill(p);
	p->flags &= (uint8_t)~PACKET_VERIFIED;
	g->csum_ok = packet_checksum_ok(p, pseudo);
	if (there >= 4) {
		g->sport = be16_load(head);
		g->dport = be16_load(head + 2);
	}
	if (info->proto == IPPROTO_TCP && there >= TCP_HLEN) {
		g->flags = head[13];
		g->seq = be32_load(head + 4);
		g->ack = be32_load(head + 8);
		g->len = len - (head[12] >> 4) * 4u;
	} else {
		g->len = len > 8 ? len - 8 : 0;
	}
	if (lab.refuses)
		icmp_error(n, p, lab.problem, lab.problem_arg);
	packet_free(p);
}

static inline void lab_error(struct node *n, const struct ip_error *e)
{
	struct lab_got *g = lab_got_of(n);

	g->icmp_type = e->type;
	g->icmp_code = e->code;
	g->mtu = e->mtu;
	g->src = e->offender;
	if (e->l4_len >= 4) {
		g->sport = be16_load(e->l4);
		g->dport = be16_load(e->l4 + 2);
	}
}

static const struct ip_proto lab_rows[] = {
	{.proto = IPPROTO_TCP, .input = lab_input, .error = lab_error},
	{.proto = IPPROTO_UDP, .input = lab_input, .error = lab_error},
	{.proto = IPPROTO_ICMP, .input = lab_input, .error = lab_error},
	{.proto = IPPROTO_ICMPV6, .input = lab_input, .error = lab_error},
};

static inline struct node *lab_node(const char *name, bool router)
{
	struct node *n = net_node(lab.w, name, router);

	for (size_t i = 0; i < sizeof(lab_rows) / sizeof(lab_rows[0]); i++)
		ip_register(n, &lab_rows[i]);
	return n;
}

/* in 192.168.0.2 -- 192.168.0.1 r 203.0.113.1 -- 203.0.113.9 out; both know the other's network. */
static inline int lab_setup(void **state)
{
	(void)state;
	memset(&lab, 0, sizeof(lab));
	lab.w = world_new(1);
	lab.params = link_params_default;
	lab.params.delay = vtime_ms(1);
	lab.in = lab_node("in", false);
	lab.r = lab_node("r", true);
	lab.out = lab_node("out", false);
	lab.left = net_link(lab.in, "192.168.0.2/24", lab.r, "192.168.0.1/24", &lab.params);
	lab.right = net_link(lab.r, "203.0.113.1/24", lab.out, "203.0.113.9/24", &lab.params);
	lab.r_in = lab.r->ifaces;
	lab.r_out = ip_iface_next(lab.r_in);
	net_route(lab.in, "0.0.0.0/0", "192.168.0.1");
	net_route(lab.out, "0.0.0.0/0", "203.0.113.1");
	lab.filter = filter_attach(lab.r);
	return 0;
}

static inline int lab_teardown(void **state)
{
	(void)state;
	link_free(lab.left);
	link_free(lab.right);
	node_free(lab.in);
	node_free(lab.r);
	node_free(lab.out);
	assert_int_equal(lab.w->pool.live, 0);
	world_free(lab.w);
	return 0;
}

static inline void lab_wait(int64_t ms)
{
	vtime until = vtime_add(world_now(lab.w), vtime_ms(ms));

	while (sched_step(&lab.w->sched, until))
		;
	sched_advance(&lab.w->sched, until);
}

static inline struct conntrack *lab_table(void)
{
	return lab.filter->conntrack;
}

/* A segment or datagram: from and to are addresses. */
struct lab_packet {
	struct node *from;
	const char *src, *dst; /* src NULL: the node's own */
	uint16_t sport, dport;
	uint16_t flags, window;
	uint32_t seq, ack, len;
	uint8_t ttl;
	bool damaged;
};

static inline struct packet *lab_begin(const struct lab_packet *l, uint8_t proto, struct ip_flow *f,
				struct ip_path *path)
{
	*f = (struct ip_flow){.dst = net_ip(l->dst), .proto = proto, .ttl = l->ttl,
			      .pmtudisc = IP_PMTU_WANT};
	if (l->src)
		f->src = net_ip(l->src);
	assert_int_equal(ip_path(l->from, f, path), 0);
	return ip_packet_new(l->from, ipaddr_is4(&f->dst));
}

static inline void lab_end(const struct lab_packet *l, struct packet *p, const struct ip_flow *f,
		    const struct ip_path *path, uint16_t csum_at)
{
	static const uint8_t zeros[2000];

	if (l->len)
		packet_copy_in(p, zeros, l->len);
	be16_store(p->hdr + p->l4 + csum_at,
		   f->proto == IPPROTO_ICMP ? 0 : (uint16_t)~csum_fold(csum_pseudo(&f->src, &f->dst,
					f->proto, packet_l4_len(p))));
	p->csum_at = (uint16_t)(p->l4 + csum_at);
	p->flags |= PACKET_CSUM;
	if (l->damaged) {
		packet_checksum_fill(p);
		p->hdr[p->l4 + csum_at] ^= 0x55;
		p->flags &= (uint8_t)~PACKET_VERIFIED;
	}
	assert_int_equal(ip_send(l->from, p, f, path), 0);
	lab_wait(10);
}

static inline void lab_tcp(struct lab_packet l)
{
	struct tcp_hdr h = {.sport = l.sport, .dport = l.dport, .seq = l.seq, .ack = l.ack,
			    .flags = l.flags, .window = l.window ? l.window : 65000,
			    .doff = TCP_HLEN / 4};
	struct ip_flow f;
	struct ip_path path;
	struct packet *p = lab_begin(&l, IPPROTO_TCP, &f, &path);

	tcp_emit(packet_put(p, TCP_HLEN), &h);
	lab_end(&l, p, &f, &path, TCP_CSUM_OFF);
}

static inline void lab_udp(struct lab_packet l)
{
	struct ip_flow f;
	struct ip_path path;
	struct packet *p = lab_begin(&l, IPPROTO_UDP, &f, &path);
	uint8_t *at = packet_put(p, 8);

	be16_store(at, l.sport);
	be16_store(at + 2, l.dport);
	be16_store(at + 4, (uint16_t)(8 + l.len));
	be16_store(at + 6, 0);
	lab_end(&l, p, &f, &path, 6);
}

/* flags: the type, and in sport the identifier. */
static inline void lab_icmp(struct lab_packet l)
{
	struct ip_flow f;
	struct ip_path path;
	struct packet *p = lab_begin(&l, IPPROTO_ICMP, &f, &path);
	struct icmp4 m = {.type = l.flags, .echo = {.id = l.sport, .seq = 1}};

	icmp4_emit(packet_put(p, ICMP4_HLEN), &m);
	be16_store(p->hdr + p->l4 + 4, l.sport); /* of other questions than echo, too */
	lab_end(&l, p, &f, &path, 2);
}

#define IN "192.168.0.2"
#define R_IN "192.168.0.1"
#define R_OUT "203.0.113.1"
#define OUT "203.0.113.9"

/* Whether the last packet that arrived there came with these ends, and right checksums. */
static inline void lab_arrived(const struct node *n, unsigned count, const char *src, uint16_t sport,
			const char *dst, uint16_t dport)
{
	const struct lab_got *g = lab_got_of(n);
	struct ipaddr s = net_ip(src), d = net_ip(dst);

	assert_int_equal(g->count, count);
	assert_true(ipaddr_eq(&g->src, &s));
	assert_true(ipaddr_eq(&g->dst, &d));
	assert_int_equal(g->sport, sport);
	assert_int_equal(g->dport, dport);
	assert_true(g->csum_ok);
}

#endif
