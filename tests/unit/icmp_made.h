/* What the tests of ICMP send: echo requests as a socket does, packets made by hand, and a way for b to
 * be a router. On ip_pair.h's two hosts. */
#ifndef TESTS_ICMP_MADE_H
#define TESTS_ICMP_MADE_H

#include "tests/unit/ip_pair.h"

#include "core/alloc.h"
#include "ip/route.h"
#include "wire/offload.h"

static inline void knob(struct node *n, const char *name, const char *value)
{
	char why[128];

	assert_int_equal(node_sysctl_set(n, name, value, why, sizeof(why)), 0);
}

static inline uint64_t drops(const struct node *n, enum drop_reason r)
{
	return site_drops(&n->site, r);
}

/* An echo request from a, its checksum left for later as a socket leaves it. */
static inline void ping(const struct ipaddr *dst, uint16_t seq, uint32_t len, uint8_t tos)
{
	bool ip4 = ipaddr_is4(dst);
	struct ip_flow f = {.dst = *dst, .tos = tos,
			    .proto = ip4 ? IPPROTO_ICMP : IPPROTO_ICMPV6};
	struct packet *p = ip_packet_new(pair.a, ip4);
	struct slab *s = slab_new(pair.world, len + 1);
	struct ip_path path;
	uint8_t *at;

	if (ipaddr_is_multicast(dst))
		f.oif = pair.ai;
	assert_int_equal(ip_path(pair.a, &f, &path), 0);
	at = packet_put(p, 8);
	memset(at, 0, 8);
	at[0] = ip4 ? ICMP4_ECHO : ICMP6_MSG_ECHO_REQUEST;
	be16_store(at + 4, 0x1234);
	be16_store(at + 6, seq);
	if (!ip4)
		be16_store(at + 2, (uint16_t)~csum_fold(csum_pseudo(&f.src, &f.dst, f.proto,
								    8 + len)));
	p->csum_at = (uint16_t)(p->l4 + 2);
	p->flags |= PACKET_CSUM;
	for (uint32_t i = 0; i < len; i++)
		s->bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	packet_set_payload(p, s, s->bytes, len);
	pair.slab = s;
	slab_unref(pair.world, s);
	assert_int_equal(ip_send(pair.a, p, &f, &path), 0);
}

struct made {
	uint8_t bytes[1400];
	uint32_t len;
};

static inline struct made make(const struct ipaddr *src, const struct ipaddr *dst, uint8_t proto,
			const void *data, uint32_t len)
{
	struct made m;

	if (ipaddr_is4(dst)) {
		struct ipv4_hdr h = {.ihl = 5, .total_len = (uint16_t)(IPV4_HLEN + len), .ttl = 9,
				     .tos = 0x1c, .proto = proto, .src = *src, .dst = *dst};

		m.len = IPV4_HLEN;
		ipv4_emit(m.bytes, &h);
		ipv4_set_checksum(m.bytes);
	} else {
		struct ipv6_hdr h = {.payload_len = (uint16_t)len, .hop_limit = 9, .next = proto,
				     .src = *src, .dst = *dst};

		m.len = IPV6_HLEN;
		ipv6_emit(m.bytes, &h);
	}
	memcpy(m.bytes + m.len, data, len);
	m.len += len;
	return m;
}

/* An ICMP message with its checksum, about what the body quotes. */
static inline struct made make_icmp(const struct ipaddr *src, const struct ipaddr *dst, uint8_t type,
			     uint8_t code, uint32_t word, const void *body, uint32_t body_len)
{
	bool ip4 = ipaddr_is4(dst);
	uint8_t msg[1300] = {type, code};
	uint32_t len = 8 + body_len;
	uint32_t pseudo = ip4 ? 0 : csum_pseudo(src, dst, IPPROTO_ICMPV6, len);

	be32_store(msg + 4, word);
	if (body_len)
		memcpy(msg + 8, body, body_len);
	be16_store(msg + 2, csum_fold(csum_partial(msg, len, pseudo)));
	return make(src, dst, ip4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, msg, len);
}

static inline void inject(struct ip_iface *to, const struct made *m)
{
	pair_inject(to, m->bytes, m->len, false);
}

/* b between a and a network behind its second interface, where nobody answers. */
static inline void make_router(void)
{
	struct mac mac = {{2, 0, 0, 0, 0, 3}};
	struct ip_iface *i = node_add_iface(pair.b, "eth1", mac);
	struct ipaddr four = addr_of("10.1.0.1"), six = addr_of("fd01::1");
	struct prefix net4, net6;

	assert_int_equal(ip_addr_add(i, &four, IPADDR_V4_BITS + 24), 0);
	assert_int_equal(ip_addr_add(i, &six, 64), 0);
	net4 = prefix_make(&ipaddr_any4, IPADDR_V4_BITS);
	net6 = prefix_make(&ipaddr_any6, 0);
	assert_int_equal(route_add(pair.a, &net4, ROUTE_UNICAST, &pair.b4, NULL, 0, 0,
				   ROUTE_STATIC), 0);
	assert_int_equal(route_add(pair.a, &net6, ROUTE_UNICAST, &pair.b6, NULL, 0, 0,
				   ROUTE_STATIC), 0);
	knob(pair.b, "net.ipv4.ip_forward", "1");
	knob(pair.b, "net.ipv6.conf.all.forwarding", "1");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_setup, pair_teardown)

#endif
