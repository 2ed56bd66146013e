/* Two nodes and a link between them, and a protocol of ours above each: for the tests of ip/. */
#ifndef TESTS_IP_PAIR_H
#define TESTS_IP_PAIR_H

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ip/icmp.h"
#include "ip/ip.h"
#include "ip/node.h"
#include "link/link.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/ipv6_ext.h"

#define PAIR_PROTO 253 /* for experiments (RFC 3692) */
#define FRAMES_MAX 64

/* Everything that crossed one interface, as bytes from the IP header on. */
struct frames {
	struct tap tap;
	unsigned count;
	struct {
		enum tap_dir dir;
		uint16_t type;
		uint64_t id, parent;
		uint32_t len;
		uint8_t bytes[2048];
	} at[FRAMES_MAX];
};

struct pair {
	struct world *world;
	struct node *a, *b;
	struct ip_iface *ai, *bi;
	struct link *link;
	struct ipaddr a4, b4, a6, b6;
	struct frames frames; /* at a's interface */
	unsigned delivered, errors;
	struct ip_info info;     /* of the last one */
	struct ip_error error;   /* of the last one; l4 is in quoted */
	uint8_t quoted[1280];
	const struct slab *slab; /* of what was delivered last */
	uint8_t data[70000];     /* what was delivered last, from l4 on */
	uint32_t data_len;
	struct ip_proto rows[3]; /* PAIR_PROTO, ICMP, ICMPv6 */
};

static struct pair pair;

static struct ipaddr addr_of(const char *text)
{
	struct ipaddr a;

	assert_true(ipaddr_parse(text, &a));
	return a;
}

static void pair_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	(void)n;
	pair.delivered++;
	pair.info = *info;
	pair.data_len = packet_read(p, p->l4, 0, pair.data, sizeof(pair.data));
	pair.slab = p->slab;
	packet_free(p);
}

static void pair_error(struct node *n, const struct ip_error *e)
{
	(void)n;
	pair.errors++;
	pair.error = *e;
	assert_true(e->l4_len <= sizeof(pair.quoted));
	if (e->l4_len)
		memcpy(pair.quoted, e->l4, e->l4_len);
	pair.error.l4 = pair.quoted;
}

static void frame_keep(struct tap *t, const struct packet *p, enum tap_dir dir, vtime at)
{
	struct frames *f = container_of(t, struct frames, tap);
	struct eth_hdr h;

	(void)at;
	assert_int_equal(eth_parse(p->hdr + p->head, (size_t)(p->end - p->head), &h), ETH_OK);
	if (h.type != ETH_TYPE_IPV4 && h.type != ETH_TYPE_IPV6)
		return;
	assert_true(f->count < FRAMES_MAX);
	f->at[f->count].dir = dir;
	f->at[f->count].type = h.type;
	f->at[f->count].id = p->id;
	f->at[f->count].parent = p->parent;
	f->at[f->count].len = packet_read(p, p->head, (uint32_t)eth_hlen(&h),
					  f->at[f->count].bytes, sizeof(f->at[0].bytes));
	f->count++;
}

static void rows_register(struct node *n)
{
	static const uint8_t protos[] = {PAIR_PROTO, IPPROTO_ICMP, IPPROTO_ICMPV6};

	for (int i = 0; i < 3; i++) {
		pair.rows[i] = (struct ip_proto){
			.proto = protos[i], .input = pair_input, .error = pair_error};
		ip_register(n, &pair.rows[i]);
	}
}

static struct ip_iface *iface_add(struct node *n, uint8_t last, const struct ipaddr *four,
				  const struct ipaddr *six)
{
	struct mac mac = {{2, 0, 0, 0, 0, last}};
	struct ip_iface *i = node_add_iface(n, "eth0", mac);

	assert_int_equal(ip_addr_add(i, four, IPADDR_V4_BITS + 24), 0);
	assert_int_equal(ip_addr_add(i, six, 64), 0);
	return i;
}

static int pair_setup(void **state)
{
	(void)state;
	memset(&pair, 0, sizeof(pair));
	pair.world = world_new(1);
	pair.a = node_new(pair.world, "a");
	pair.b = node_new(pair.world, "b");
	pair.a4 = addr_of("10.0.0.1");
	pair.b4 = addr_of("10.0.0.2");
	pair.a6 = addr_of("fd00::1");
	pair.b6 = addr_of("fd00::2");
	pair.ai = iface_add(pair.a, 1, &pair.a4, &pair.a6);
	pair.bi = iface_add(pair.b, 2, &pair.b4, &pair.b6);
	pair.link = link_new(pair.world, "a--b", &pair.ai->link, &pair.bi->link,
			     &link_params_default, &link_params_default);
	rows_register(pair.a);
	pair.frames.tap.frame = frame_keep;
	iface_tap_add(&pair.ai->link, &pair.frames.tap);
	return 0;
}

static int pair_teardown(void **state)
{
	(void)state;
	iface_tap_remove(&pair.ai->link, &pair.frames.tap);
	link_free(pair.link);
	node_free(pair.a);
	node_free(pair.b);
	assert_int_equal(pair.world->pool.live, 0); /* nobody lost a packet out of sight */
	world_free(pair.world);
	return 0;
}

/* Fires everything up to a moment from now. */
static inline void pair_run(vtime for_time)
{
	struct sched *s = &pair.world->sched;
	vtime until = vtime_add(s->now, for_time);

	while (sched_step(s, until))
		;
	sched_advance(s, until);
}

/* Sends len bytes of a pattern from a to dst; what ip_path() or ip_send() say. */
static inline int pair_send(const struct ipaddr *dst, uint8_t proto, uint32_t len, uint8_t ttl,
			    enum ip_pmtudisc pmtudisc)
{
	struct ip_flow f = {
		.dst = *dst, .proto = proto, .ttl = ttl, .pmtudisc = (uint8_t)pmtudisc};
	struct packet *p = ip_packet_new(pair.a, ipaddr_is4(dst));
	struct slab *s = slab_new(pair.world, len ? len : 1);
	struct ip_path path;
	int err = ip_path(pair.a, &f, &path);

	for (uint32_t i = 0; i < len; i++)
		s->bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	packet_set_payload(p, s, s->bytes, len);
	slab_unref(pair.world, s);
	if (err) {
		packet_free(p);
		return err;
	}
	return ip_send(pair.a, p, &f, &path);
}

static inline void expect_pattern(const uint8_t *data, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(data[i], (uint8_t)(i * 7 + (i >> 8)));
}

/* ICMP messages, neighbour discovery apart, that came back to a; *last is the last one's place. */
static inline unsigned icmp_count(unsigned *last)
{
	unsigned count = 0;

	for (unsigned i = 0; i < pair.frames.count; i++) {
		bool ip4 = pair.frames.at[i].type == ETH_TYPE_IPV4;
		const uint8_t *ip = pair.frames.at[i].bytes;

		if (pair.frames.at[i].dir != TAP_IN ||
		    (ip4 ? ip[9] != IPPROTO_ICMP
			 : ip[6] != IPPROTO_ICMPV6 || icmp6_is_nd(ip[IPV6_HLEN])))
			continue;
		*last = i;
		count++;
	}
	return count;
}

/* An Ethernet frame around an IP packet of these bytes arrives at an interface. */
static inline void pair_inject(struct ip_iface *to, const uint8_t *ip, uint32_t len, bool broadcast)
{
	struct packet *p = packet_new(pair.world);
	struct eth_hdr h = {.dst = broadcast ? mac_broadcast : to->link.mac,
			    .src = {{2, 0, 0, 0, 0, 9}},
			    .type = ip[0] >> 4 == 4 ? ETH_TYPE_IPV4 : ETH_TYPE_IPV6};

	p->flags = 0;
	packet_copy_in(p, ip, len);
	eth_emit(packet_push(p, ETH_HLEN), &h);
	iface_receive(&to->link, p);
}

#endif
