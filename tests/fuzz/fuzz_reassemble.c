/*
 * Reassembly under a stream of fragments of any place, length and order, of both families.
 *
 * Six bytes of input are one fragment: what it is, its identification and ECN, its offset and its
 * length in units that a datagram can be made of, how much of it stands in hdr, how long nothing
 * happens afterwards. Data are a pattern of their place, so that whatever comes out whole can be
 * told right from wrong; in the end no packet may be missing.
 */
#include <stdlib.h>

#include "ip/fragment.h"
#include "ip/node.h"
#include "wire/ipv4.h"
#include "wire/ipv6_ext.h"

#define OP_LEN 6
#define OP_MAX 400
#define SPACE (65536 + 4096)
#define PROTO 253

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bench {
	struct world *world;
	struct node *node;
	struct ip_iface *iface;
	struct slab *slab; /* one pattern for all, as from one sender */
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static uint8_t pattern[SPACE];

static void pattern_fill(void)
{
	for (uint32_t i = 0; i < SPACE; i++)
		pattern[i] = (uint8_t)(i * 7 + (i >> 8));
}

static struct ipaddr address(bool ip4, uint8_t last)
{
	struct ipaddr a = IPADDR_V4(10, 0, 0, last);

	if (!ip4) {
		a = ipaddr_any6;
		a.b[0] = 0xfd;
		a.b[15] = last;
	}
	return a;
}

static void header4(struct packet *p, const uint8_t *op, uint32_t off, uint32_t len, bool mf)
{
	struct ipv4_hdr h = {.ihl = op[0] & 0x08 ? 6 : 5, .tos = op[1] >> 6, .id = op[1] & 3,
			     .mf = mf, .df = op[0] & 0x10, .frag_off = (uint16_t)off, .ttl = 64,
			     .proto = PROTO, .src = address(true, 2), .dst = address(true, 1)};

	h.total_len = (uint16_t)(ipv4_hlen(&h) + len);
	ipv4_emit(packet_put(p, IPV4_HLEN), &h);
	if (h.ihl > 5)
		ipv4_opt_emit_router_alert(packet_put(p, 4), 0);
	ipv4_set_checksum(p->hdr + p->l3);
	p->tos = h.tos;
}

static uint16_t header6(struct packet *p, const uint8_t *op, uint32_t off, uint32_t len, bool mf)
{
	bool hbh = op[0] & 0x08;
	struct ipv6_hdr h = {.tclass = op[1] >> 6, .hop_limit = 64, .src = address(false, 2),
			     .dst = address(false, 1),
			     .next = hbh ? IPPROTO_HOPOPTS : IPPROTO_FRAGMENT,
			     .payload_len = (uint16_t)(IPV6_FRAG_LEN + (hbh ? 8 : 0) + len)};
	struct ipv6_frag f = {.next = PROTO, .offset = (uint16_t)off, .mf = mf, .id = op[1] & 3};
	uint16_t at;

	ipv6_emit(packet_put(p, IPV6_HLEN), &h);
	if (hbh)
		ipv6_hbh_alert_emit(packet_put(p, IPV6_HBH_ALERT_LEN), IPPROTO_FRAGMENT, 0);
	at = p->end;
	ipv6_frag_emit(packet_put(p, IPV6_FRAG_LEN), &f);
	p->tos = h.tclass;
	return at;
}

static void check_whole(const struct packet *p)
{
	static uint8_t bytes[SPACE];
	const uint8_t *ip = p->hdr + p->l3;
	uint32_t n = packet_read(p, p->l4, 0, bytes, sizeof(bytes));
	struct ipv4_hdr h4;
	struct ipv6_hdr h6;
	struct ipv6_ext x;

	must(n == packet_l4_len(p) && packet_l3_len(p) <= IPV6_HLEN + 65535);
	must(memcmp(bytes, pattern, n) == 0);
	if (ip[0] >> 4 == 4) {
		must(ipv4_parse(ip, packet_l3_len(p), &h4) == IPV4_OK);
		must(!ipv4_is_fragment(&h4) && h4.total_len == packet_l3_len(p));
		return;
	}
	must(ipv6_parse(ip, packet_l3_len(p), &h6) == IPV6_OK);
	must(h6.payload_len == packet_l3_len(p) - IPV6_HLEN);
	must(ipv6_ext_walk(ip, (size_t)(p->end - p->l3), &x) == IPV6_EXT_OK);
	must(x.proto == PROTO && !x.frag_off && p->l3 + x.l4_off == p->l4);
}

static void fragment_take(struct bench *b, const uint8_t *op)
{
	bool ip4 = op[0] & 1, mf = op[0] & 2;
	/* Small places mostly, the far end of what can be now and then. */
	uint32_t off = op[2] * (op[0] & 4 ? 256u : 8u), len = 1 + op[3];
	struct packet *p = packet_new(b->world);
	uint16_t frag_at = 0;

	if (mf && !(op[0] & 0x20))
		len = (len + 7) & ~7u;
	if (op[0] & 0x40)
		len *= 16;
	p->in = &b->iface->link;
	p->ttl = 64;
	if (ip4 && (off || mf))
		header4(p, op, off, len, mf);
	else
		frag_at = header6(p, op, off, len, mf);
	if (op[0] & 0x80 || off + len > b->slab->size)
		packet_copy_in(p, pattern + off, len);
	else
		packet_set_payload(p, b->slab, b->slab->bytes + off, len);
	p->l4 = p->end;
	packet_pull(p, p->l4, op[4] % 96);
	p = ip_reassemble(b->node, p, frag_at);
	if (p) {
		/* An atomic fragment is whole wherever its data would lie: offset 0. */
		check_whole(p);
		packet_free(p);
	}
	must(reassembly_bytes(b->node) <= 2 * 60000);
}

static void pass(struct bench *b, vtime t)
{
	struct sched *s = &b->world->sched;
	vtime until = vtime_add(s->now, t);

	while (sched_step(s, until))
		;
	sched_advance(s, until);
}

static struct bench bench_new(void)
{
	struct bench b = {.world = world_new(1)};
	struct mac mac = {{2, 0, 0, 0, 0, 1}};
	struct ipaddr four = address(true, 1), six = address(false, 1);
	char why[128];

	b.node = node_new(b.world, "n");
	b.iface = node_add_iface(b.node, "eth0", mac);
	must(ip_addr_add(b.iface, &four, IPADDR_V4_BITS + 24) == 0);
	must(ip_addr_add(b.iface, &six, 64) == 0);
	must(!node_sysctl_set(b.node, "net.ipv4.ipfrag_high_thresh", "60000", why, sizeof(why)));
	must(!node_sysctl_set(b.node, "net.ipv6.ip6frag_high_thresh", "60000", why, sizeof(why)));
	b.slab = slab_new(b.world, 65536);
	return b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench b;

	if (!pattern[1])
		pattern_fill();
	b = bench_new();
	memcpy(b.slab->bytes, pattern, b.slab->size);
	for (unsigned k = 0; k < OP_MAX && size >= OP_LEN; k++) {
		const uint8_t *op = data + k * OP_LEN;

		fragment_take(&b, op);
		if (op[5] > 128)
			pass(&b, vtime_ms((op[5] - 128) * 400));
		size -= OP_LEN;
	}
	node_free(b.node);
	slab_unref(b.world, b.slab);
	must(b.world->pool.live == 0);
	world_free(b.world);
	return 0;
}
