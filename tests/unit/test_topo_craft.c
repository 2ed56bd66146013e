/* Crafted packets: byte for byte what scapy 2.5.0 makes of the same numbers, and what wire/ reads. */
#include <netinet/in.h>
#include <stdlib.h>

#include "core/rng.h"
#include "topo/play/craft.h"
#include "wire/arp.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6_ext.h"
#include "wire/tcp.h"
#include "wire/udp.h"
#include "wire_golden.h"

static uint8_t out[CRAFT_MAX], piece[CRAFT_MAX];

static struct craft_bytes bytes(const char *text)
{
	return (struct craft_bytes){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static struct craft craft_of(enum craft_kind kind, uint8_t proto, bool v6)
{
	struct craft c = {.kind = kind};

	c.ip = (struct craft_ip){.ttl = 64, .proto = proto, .id = 7, .version = CRAFT_TRUE,
				 .ihl = CRAFT_TRUE, .length = CRAFT_TRUE};
	assert_true(ipaddr_parse(v6 ? "2001:db8::7" : "198.51.100.7", &c.ip.src));
	assert_true(ipaddr_parse(v6 ? "fd00::2" : "10.0.0.2", &c.ip.dst));
	if (kind == CRAFT_TCP) {
		c.tcp.sport = 4000;
		c.tcp.dport = 80;
		c.tcp.flags = TCPHDR_SYN;
		c.tcp.window = 512;
		c.tcp.doff = CRAFT_TRUE;
	} else if (kind == CRAFT_UDP) {
		c.udp.sport = 1;
		c.udp.dport = 2;
		c.udp.length = CRAFT_TRUE;
	} else if (kind != CRAFT_IP) {
		c.icmp.type = v6 ? ICMP6_MSG_ECHO_REQUEST : ICMP4_ECHO;
		c.icmp.rest = 0x00010002;
	}
	return c;
}

static void same(const uint8_t *got, size_t len, const char *hex)
{
	uint8_t want[256];

	assert_int_equal(len, hex_bytes(hex, want));
	assert_memory_equal(got, want, len);
}

static void made(const struct craft *c, const char *hex)
{
	struct crafter *crafter = crafter_new();

	same(out, craft_packet(crafter, c, out), hex);
	crafter_free(crafter);
}

static void golden4(void **state)
{
	static const uint8_t mss[] = {2, 4, 5, 0xb4}, rr[] = {7, 7, 4, 0, 0, 0, 0};
	struct craft c = craft_of(CRAFT_TCP, IPPROTO_TCP, false);

	(void)state;
	c.tcp.seq = 1;
	c.tcp.options = (struct craft_bytes){mss, sizeof(mss)};
	c.data = bytes("hello");
	made(&c, "450000310007000040064684c63364070a0000020fa000500000000100000000600202000e2200000204"
		 "05b468656c6c6f");
	c = craft_of(CRAFT_UDP, IPPROTO_UDP, false);
	c.ip.tos = 0x10;
	c.ip.df = true;
	c.data = bytes("abc");
	made(&c, "4510001f000740004011067bc63364070a00000200010002000b0736616263");
	c = craft_of(CRAFT_ICMP, IPPROTO_ICMP, false);
	c.ip.ttl = 1;
	c.ip.rf = true;
	c.data = bytes("abc");
	made(&c, "4500001f000780000101059bc63364070a0000020800339a00010002616263");
	c = craft_of(CRAFT_IP, 253, false);
	c.ip.length = 9999;
	c.ip.options = (struct craft_bytes){rr, sizeof(rr)};
	c.data = bytes("12345678");
	made(&c, "4700270f0007000040fd11a8c63364070a00000207070400000000003132333435363738");
}

static void golden6(void **state)
{
	struct craft c = craft_of(CRAFT_TCP, IPPROTO_TCP, true);

	(void)state;
	c.ip.tos = 0x12;
	c.ip.flow = 0x34567;
	c.tcp.flags = TCPHDR_SYN | TCPHDR_ACK;
	c.tcp.seq = 1;
	c.tcp.ack = 2;
	c.data = bytes("x");
	made(&c, "612345670015064020010db8000000000000000000000007fd0000000000000000000000000000020fa0"
		 "0050000000010000000250120200fb1b000078");
	c = craft_of(CRAFT_UDP, IPPROTO_UDP, true);
	c.data = bytes("abc");
	made(&c, "60000000000b114020010db8000000000000000000000007fd0000000000000000000000000000020001"
		 "0002000b10b0616263");
	c = craft_of(CRAFT_ICMP6, IPPROTO_ICMPV6, true);
	c.data = bytes("abc");
	made(&c, "60000000000b3a4020010db8000000000000000000000007fd0000000000000000000000000000028000"
		 "909100010002616263");
}

static void golden_odd(void **state)
{
	struct craft c = craft_of(CRAFT_TCP, IPPROTO_TCP, false);

	(void)state;
	c.tcp.flags = 0x1ff;
	c.tcp.seq = 0x01020304;
	c.tcp.ack = 0x05060708;
	c.tcp.window = 1;
	c.tcp.urgent = 9;
	made(&c, "45000028000700004006468dc63364070a0000020fa00050010203040506070851ff0001599b0009");
	c = craft_of(CRAFT_TCP, IPPROTO_TCP, false);
	c.tcp.doff = 15;
	made(&c, "45000028000700004006468dc63364070a0000020fa000500000000000000000f0020200c9b50000");
	c = craft_of(CRAFT_UDP, IPPROTO_UDP, false);
	c.udp.length = 9;
	c.data = bytes("abc");
	made(&c, "4500001f000700004011468bc63364070a0000020001000200090738616263");
	c = craft_of(CRAFT_UDP, IPPROTO_UDP, false);
	c.udp.dport = 52128; /* its sum is zero, which is sent as ffff */
	made(&c, "4500001c000700004011468ec63364070a0000020001cba00008ffff");
	c = craft_of(CRAFT_IP, 253, false);
	c.ip.ihl = 4;
	c.ip.version = 5;
	c.data = bytes("12345678");
	made(&c, "5400001c0007000040fd36a2c63364070a0000023132333435363738");
}

static void golden_pieces(void **state)
{
	struct crafter *crafter = crafter_new();
	struct craft_part part = {.offset = 24, .bytes = 8, .more = true};
	struct craft c = craft_of(CRAFT_UDP, IPPROTO_UDP, false);
	struct craft_arp arp = {.op = ARP_REPLY, .sha = {{2, 0, 0, 0, 0, 1}}, .tha = {{2, 0, 0, 0, 0, 2}}};
	struct eth_hdr eth = {.dst = arp.tha, .src = arp.sha, .type = ETH_TYPE_ARP};
	size_t len;

	(void)state;
	c.data = bytes("abcdefghijklmnop12345678xyz");
	len = craft_packet(crafter, &c, out);
	same(piece, craft_fragment(crafter, &c, out, len, &part, piece),
	     "4500001c000720034011268bc63364070a0000023132333435363738");
	c = craft_of(CRAFT_UDP, IPPROTO_UDP, true);
	c.ip.id = 0x1234;
	c.data = bytes("abcdefghijklmnop12345678xyz");
	len = craft_packet(crafter, &c, out);
	same(piece, craft_fragment(crafter, &c, out, len, &part, piece),
	     "6000000000102c4020010db8000000000000000000000007fd000000000000000000000000000002110000190000"
	     "12343132333435363738");
	part.other = bytes("ABCDEFGH");
	len = craft_fragment(crafter, &c, out, len, &part, piece);
	assert_memory_equal(piece + IPV6_HLEN + IPV6_FRAG_LEN, "ABCDEFGH", 8);
	assert_true(ipaddr_parse("10.0.0.1", &arp.spa) && ipaddr_parse("10.0.0.2", &arp.tpa));
	same(out, craft_arp(crafter, &arp, out),
	     "00010800060400020200000000010a0000010200000000020a000002");
	same(out, craft_ether(crafter, &eth, out), "0200000000020200000000010806");
	eth.type = ETH_TYPE_IPV4;
	eth.tagged = true;
	eth.vlan = (struct vlan){.vid = 10, .pcp = 3};
	same(out, craft_ether(crafter, &eth, out), "0200000000020200000000018100600a0800");
	crafter_free(crafter);
}

/* Of options, those without the copied bit stand in the first fragment alone (RFC 791 3.1). */
static void options_of_fragments(void **state)
{
	static const uint8_t options[] = {148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0};
	struct crafter *crafter = crafter_new();
	struct craft_part part = {.offset = 0, .bytes = 8, .more = true};
	struct craft c = craft_of(CRAFT_UDP, IPPROTO_UDP, false);
	struct ipv4_hdr h;
	size_t len, n;

	(void)state;
	c.ip.options = (struct craft_bytes){options, sizeof(options)};
	c.data = bytes("12345678");
	len = craft_packet(crafter, &c, out);
	n = craft_fragment(crafter, &c, out, len, &part, piece);
	assert_int_equal(ipv4_parse(piece, n, &h), IPV4_OK);
	assert_int_equal(h.ihl, 8);
	assert_int_equal(n, 32 + 8);
	part.offset = 8;
	part.more = false;
	n = craft_fragment(crafter, &c, out, len, &part, piece);
	assert_int_equal(ipv4_parse(piece, n, &h), IPV4_OK);
	assert_int_equal(h.ihl, 6);
	assert_int_equal(h.frag_off, 8);
	assert_memory_equal(piece + 20, options, 4);
	assert_memory_equal(piece + 24, "12345678", 8);
	crafter_free(crafter);
}

static uint16_t sum_of(const struct craft *c, const uint8_t *p, size_t len)
{
	uint32_t pseudo = c->kind == CRAFT_ICMP ? 0 : csum_pseudo(&c->ip.src, &c->ip.dst, c->ip.proto,
								 (uint32_t)len);

	return csum_fold(csum_partial(p, len, pseudo));
}

static struct craft random_craft(struct rng *r, uint8_t *data, uint8_t *options)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6, 253};
	enum craft_kind kind = (enum craft_kind)rng_below(r, 5);
	bool v6 = kind == CRAFT_ICMP6 || (kind != CRAFT_ICMP && rng_below(r, 2));
	struct craft c = craft_of(kind, protos[kind], v6);
	uint32_t n = rng_below(r, 41);

	rng_bytes(r, data, 1500);
	rng_bytes(r, options, 80);
	c.data = (struct craft_bytes){data, rng_below(r, 1400)};
	c.ip.id = (uint16_t)rng_u64(r);
	c.ip.flow = (uint32_t)rng_below(r, 1 << 20);
	c.ip.tos = (uint8_t)rng_u64(r);
	c.ip.options = (struct craft_bytes){options, v6 ? 0 : n};
	memcpy(c.ip.src.b + 12, data + 1400, 4);
	memcpy(c.ip.dst.b + 12, data + 1404, 4);
	if (kind == CRAFT_TCP) {
		c.tcp.seq = (uint32_t)rng_u64(r);
		c.tcp.options = (struct craft_bytes){options + 40, rng_below(r, 41)};
		c.tcp.flags = (uint16_t)rng_below(r, 512);
		if (rng_below(r, 4) == 0)
			c.tcp.doff = (int32_t)rng_below(r, 16);
	} else if (kind == CRAFT_UDP && rng_below(r, 4) == 0) {
		c.udp.length = (int32_t)rng_below(r, 65536);
	}
	return c;
}

/* libnet's sums against those of wire/, for all that may be asked. */
static void sums_are_right(void **state)
{
	static const size_t fields[] = {[CRAFT_TCP] = 16, [CRAFT_UDP] = 6, [CRAFT_ICMP] = 2,
					[CRAFT_ICMP6] = 2};
	struct crafter *crafter = crafter_new();
	uint8_t data[1500], options[80];
	struct rng r;

	(void)state;
	rng_init(&r, 1, "craft");
	for (int k = 0; k < 3000; k++) {
		struct craft c = random_craft(&r, data, options);
		size_t len = craft_packet(crafter, &c, out), head = craft_ip_len(&c);
		uint8_t *l4 = out + head;
		size_t field = fields[c.kind % 4];
		struct ipv4_hdr h4;
		struct ipv6_hdr h6;

		if (ipaddr_is4(&c.ip.src)) {
			assert_int_equal(ipv4_parse(out, len, &h4), IPV4_OK);
			assert_int_equal(ipv4_hlen(&h4), head);
			assert_memory_equal(out + 20, options, c.ip.options.len);
		} else {
			assert_int_equal(ipv6_parse(out, len, &h6), IPV6_OK);
			assert_int_equal(h6.flow, c.ip.flow);
			assert_int_equal(h6.tclass, c.ip.tos);
		}
		if (c.data.len)
			assert_memory_equal(out + len - c.data.len, data, c.data.len);
		if (c.kind == CRAFT_IP)
			continue;
		assert_int_equal(sum_of(&c, l4, len - head), 0);
		assert_true(c.kind != CRAFT_UDP || be16_load(l4 + field));
		c.checksum.kind = CRAFT_BAD;
		craft_packet(crafter, &c, out);
		assert_int_not_equal(sum_of(&c, l4, len - head), 0);
		assert_true(be16_load(l4 + field));
		c.checksum = (struct craft_checksum){CRAFT_VALUE, 0x1234};
		craft_packet(crafter, &c, out);
		assert_int_equal(be16_load(l4 + field), 0x1234);
	}
	crafter_free(crafter);
}

/* The largest packets that there can be, and one byte more. */
static void sizes(void **state)
{
	struct crafter *crafter = crafter_new();
	uint8_t *data = calloc(1, 70000);
	struct craft_part part = {.offset = 0, .more = true};

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct craft c = craft_of(CRAFT_UDP, IPPROTO_UDP, v6);
		uint32_t most = CRAFT_MAX - (v6 ? IPV6_HLEN : IPV4_HLEN) - UDP_HLEN;

		c.data = (struct craft_bytes){data, most};
		assert_int_equal(craft_packet(crafter, &c, out), CRAFT_MAX);
		assert_int_equal(sum_of(&c, out + craft_ip_len(&c), most + UDP_HLEN), 0);
		part.other = (struct craft_bytes){data, most + UDP_HLEN - (v6 ? IPV6_FRAG_LEN : 0u)};
		assert_int_equal(craft_fragment(crafter, &c, out, CRAFT_MAX, &part, piece), CRAFT_MAX);
		part.other.len++;
		assert_int_equal(craft_fragment(crafter, &c, out, CRAFT_MAX, &part, piece), 0);
		c.data.len++;
		assert_int_equal(craft_packet(crafter, &c, out), 0);
		c.data.len = 0;
		assert_int_equal(craft_packet(crafter, &c, out), CRAFT_MAX - most);
	}
	free(data);
	crafter_free(crafter);
}

/* A right sum of ffff becomes 1, one of fffe becomes ffff: neither verifies, and neither is 0. */
static void bad_is_wrong(void **state)
{
	struct crafter *crafter = crafter_new();

	(void)state;
	for (uint32_t port = 0; port <= UINT16_MAX; port++) {
		struct craft c = craft_of(CRAFT_UDP, IPPROTO_UDP, false);

		c.udp.dport = (uint16_t)port;
		c.checksum.kind = CRAFT_BAD;
		size_t len = craft_packet(crafter, &c, out);
		if (!sum_of(&c, out + IPV4_HLEN, len - IPV4_HLEN) || !be16_load(out + IPV4_HLEN + 6))
			fail_msg("port %u: a bad checksum is right", port);
	}
	crafter_free(crafter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden4),	cmocka_unit_test(golden6),
		cmocka_unit_test(golden_odd),	cmocka_unit_test(golden_pieces),
		cmocka_unit_test(sizes),	cmocka_unit_test(options_of_fragments),
		cmocka_unit_test(sums_are_right), cmocka_unit_test(bad_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
