/* Cutting datagrams: sizes, offsets, flags, options, checksums, and nothing copied. */
#include "tests/unit/ip_pair.h"

#include "ip/fragment.h"
#include "wire/offload.h"
#include "wire/udp.h"

#define PIECES_MAX 128

struct pieces {
	struct packet *at[PIECES_MAX];
	unsigned count;
};

static void collect(struct packet *p, void *arg)
{
	struct pieces *s = arg;

	assert_true(s->count < PIECES_MAX);
	s->at[s->count++] = p;
}

static void pieces_free(struct pieces *s)
{
	for (unsigned i = 0; i < s->count; i++)
		packet_free(s->at[i]);
}

static struct ipv4_hdr header_of(const struct packet *p)
{
	struct ipv4_hdr h;
	uint8_t bytes[IPV4_MAX_HLEN];

	assert_int_equal(p->head, p->l3);
	packet_read(p, p->l3, 0, bytes, sizeof(bytes));
	assert_int_equal(ipv4_parse(bytes, packet_l3_len(p), &h), IPV4_OK);
	assert_int_equal(h.total_len, packet_l3_len(p));
	assert_int_equal(p->l4, p->l3 + ipv4_hlen(&h));
	return h;
}

/* An IPv4 packet of len pattern bytes behind the options given, whose first `pulled` are in hdr. */
static struct packet *packet4(const uint8_t *options, uint8_t options_len, uint32_t len,
			      uint16_t pulled, const struct ipv4_hdr *like)
{
	struct packet *p = packet_new(pair.world);
	struct slab *s = slab_new(pair.world, len);
	struct ipv4_hdr h = *like;

	h.ihl = (uint8_t)(5 + options_len / 4);
	h.total_len = (uint16_t)(ipv4_hlen(&h) + len);
	h.src = pair.a4;
	h.dst = pair.b4;
	ipv4_emit(packet_put(p, IPV4_HLEN), &h);
	if (options_len)
		memcpy(packet_put(p, options_len), options, options_len);
	ipv4_set_checksum(p->hdr + p->l3);
	p->l4 = p->end;
	for (uint32_t i = 0; i < len; i++)
		s->bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	packet_set_payload(p, s, s->bytes, len);
	slab_unref(pair.world, s);
	assert_true(packet_pull(p, p->l4, pulled));
	return p;
}

/* validation.md 10 */
static void test_numbers(void **state)
{
	static const uint32_t len[] = {1500, 1500, 540}, offset[] = {0, 1480, 2960};
	struct pieces s = {.count = 0};
	struct ipv4_hdr like = {.ttl = 64, .proto = PAIR_PROTO, .id = 77};
	struct packet *p = packet4(NULL, 0, 3480, 0, &like);
	uint64_t id = p->id;
	const uint8_t *data = p->data;

	(void)state;
	p->in = &pair.ai->link;
	p->ttl = 9;
	ip4_fragment(p, 1500, collect, &s);
	assert_int_equal(s.count, 3);
	for (unsigned i = 0; i < 3; i++) {
		struct ipv4_hdr h = header_of(s.at[i]);

		assert_int_equal(h.total_len, len[i]);
		assert_int_equal(h.frag_off, offset[i]);
		assert_int_equal(h.mf, i < 2);
		assert_int_equal(h.id, 77);
		assert_int_equal(s.at[i]->parent, id);
		assert_int_not_equal(s.at[i]->id, id);
		assert_ptr_equal(s.at[i]->in, &pair.ai->link);
		assert_int_equal(s.at[i]->ttl, 9);
		assert_true(s.at[i]->flags & PACKET_VERIFIED);
		/* Shared, not copied. */
		assert_ptr_equal(s.at[i]->data, data + offset[i]);
		assert_int_equal(s.at[i]->data_len, len[i] - 20);
	}
	pieces_free(&s);
}

/* The same on the way: what a sends to b in one datagram of 3500 bytes. */
static void test_on_the_wire(void **state)
{
	static const uint32_t len[] = {1500, 1500, 540};
	unsigned i, k = 0;

	(void)state;
	assert_int_equal(pair_send(&pair.b4, PAIR_PROTO, 3480, 0, IP_PMTU_DONT), 0);
	pair_run(vtime_s(1));
	for (i = 0; i < pair.frames.count; i++) {
		struct ipv4_hdr h;

		if (pair.frames.at[i].dir != TAP_OUT)
			continue;
		assert_int_equal(ipv4_parse(pair.frames.at[i].bytes, pair.frames.at[i].len, &h),
				 IPV4_OK);
		assert_int_equal(h.total_len, len[k]);
		assert_int_equal(h.frag_off, k * 1480);
		assert_int_equal(h.mf, k < 2);
		k++;
	}
	assert_int_equal(k, 3);
	assert_int_equal(pair_send(&pair.b4, PAIR_PROTO, 3480, 0, IP_PMTU_DO), -EMSGSIZE);
}

/* A fragment cut again keeps its place in the first datagram; what was in the middle stays so. */
static void test_again(void **state)
{
	struct pieces s = {.count = 0}, t = {.count = 0};
	struct ipv4_hdr like = {.ttl = 64, .proto = PAIR_PROTO, .id = 5};
	unsigned place = 0;

	(void)state;
	ip4_fragment(packet4(NULL, 0, 3480, 0, &like), 1500, collect, &s);
	for (unsigned i = 0; i < s.count; i++)
		ip4_fragment(s.at[i], 576, collect, &t);
	assert_int_equal(t.count, 7);
	for (unsigned i = 0; i < t.count; i++) {
		struct ipv4_hdr h = header_of(t.at[i]);
		uint8_t bytes[1500];
		uint32_t n = packet_read(t.at[i], t.at[i]->l4, 0, bytes, sizeof(bytes));

		assert_true(h.total_len <= 576);
		assert_int_equal(h.frag_off, place);
		assert_int_equal(h.mf, i + 1 < t.count);
		for (uint32_t k = 0; k < n; k++)
			assert_int_equal(bytes[k],
					 (uint8_t)((place + k) * 7 + ((place + k) >> 8)));
		place += n;
	}
	assert_int_equal(place, 3480);
	pieces_free(&t);
}

/* RFC 791 3.1: record route stays in the first, router alert goes into all. */
static void test_options(void **state)
{
	uint8_t options[20] = {IPV4_OPT_RR, 15, 4};
	struct pieces s = {.count = 0};
	struct ipv4_hdr like = {.ttl = 64, .proto = PAIR_PROTO, .id = 5};
	uint32_t place = 0;

	(void)state;
	options[15] = IPV4_OPT_NOP;
	ipv4_opt_emit_router_alert(options + 16, 0);
	ip4_fragment(packet4(options, sizeof(options), 3000, 30, &like), 1500, collect, &s);
	assert_int_equal(s.count, 3);
	for (unsigned i = 0; i < s.count; i++) {
		struct ipv4_hdr h = header_of(s.at[i]);
		const uint8_t *at = s.at[i]->hdr + s.at[i]->l3 + IPV4_HLEN;

		assert_int_equal(h.frag_off, place);
		assert_int_equal(ipv4_payload_len(&h) % 8 == 0 || !h.mf, true);
		assert_int_equal(h.ihl, i ? 6 : 10);
		if (i == 0)
			assert_memory_equal(at, options, sizeof(options));
		else
			assert_memory_equal(at, options + 16, 4);
		place += (uint32_t)ipv4_payload_len(&h);
	}
	assert_int_equal(place, 3000);
	pieces_free(&s);
}

/* Headers that were pulled in so far that an IP header no longer fits before them. */
static void test_full_header_room(void **state)
{
	uint8_t options[40];
	struct pieces s = {.count = 0};
	struct ipv4_hdr like = {.ttl = 64, .proto = PAIR_PROTO};
	uint32_t place = 0;

	(void)state;
	memset(options, IPV4_OPT_NOP | IPV4_OPT_COPIED, sizeof(options));
	for (int i = 0; i < 40; i += 4)
		ipv4_opt_emit_router_alert(options + i, 1);
	ip4_fragment(packet4(options, 40, 1000, PACKET_HDR - PACKET_L3 - 60, &like), 100, collect,
		     &s);
	for (unsigned i = 0; i < s.count; i++) {
		uint8_t bytes[100];
		uint32_t n = packet_read(s.at[i], s.at[i]->l4, 0, bytes, sizeof(bytes));

		header_of(s.at[i]);
		for (uint32_t k = 0; k < n; k++)
			assert_int_equal(bytes[k],
					 (uint8_t)((place + k) * 7 + ((place + k) >> 8)));
		place += n;
	}
	assert_int_equal(place, 1000);
	pieces_free(&s);
}

/* A transport checksum that was left for later is filled in over the whole before it is cut. */
static void test_checksum_filled(void **state)
{
	struct pieces s = {.count = 0};
	struct ipv4_hdr like = {.ttl = 64, .proto = IPPROTO_UDP};
	struct packet *p = packet4(NULL, 0, 3001, UDP_HLEN, &like);
	struct udp_hdr u = {.sport = 1, .dport = 2, .len = 3001};
	uint8_t whole[3001];
	uint32_t have = 0;

	(void)state;
	u.checksum = (uint16_t)~csum_fold(csum_pseudo(&pair.a4, &pair.b4, IPPROTO_UDP, 3001));
	udp_emit(p->hdr + p->l4, &u);
	p->csum_at = (uint16_t)(p->l4 + 6);
	p->flags |= PACKET_CSUM;
	ip4_fragment(p, 1500, collect, &s);
	for (unsigned i = 0; i < s.count; i++) {
		assert_false(s.at[i]->flags & PACKET_CSUM);
		have += packet_read(s.at[i], s.at[i]->l4, 0, whole + have,
				    (uint32_t)sizeof(whole) - have);
	}
	assert_int_equal(have, 3001);
	assert_int_equal(udp_parse(whole, have, &u), UDP_OK);
	assert_true(udp_checksum_ok(&pair.a4, &pair.b4, &u,
				    csum_partial(whole + UDP_HLEN, have - UDP_HLEN, 0)));
	pieces_free(&s);
}

static void test_ip6(void **state)
{
	static const uint32_t payload[] = {1448, 1448, 584};
	struct packet *p = packet_new(pair.world);
	struct ipv6_hdr h = {.payload_len = 8 + 3480, .next = IPPROTO_HOPOPTS, .hop_limit = 3,
			     .src = pair.a6, .dst = pair.b6};
	struct pieces s = {.count = 0};
	uint8_t data[3480];
	uint32_t place = 0;

	(void)state;
	for (uint32_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + (i >> 8));
	ipv6_emit(packet_put(p, IPV6_HLEN), &h);
	ipv6_hbh_alert_emit(packet_put(p, IPV6_HBH_ALERT_LEN), PAIR_PROTO, 0);
	p->l4 = p->end;
	packet_copy_in(p, data, sizeof(data));
	ip6_fragment(p, 1504, 0x12345678, collect, &s);
	assert_int_equal(s.count, 3);
	for (unsigned i = 0; i < s.count; i++) {
		const uint8_t *ip = s.at[i]->hdr + s.at[i]->l3;
		struct ipv6_ext x;

		assert_int_equal(ipv6_parse(ip, packet_l3_len(s.at[i]), &h), IPV6_OK);
		assert_int_equal(h.next, IPPROTO_HOPOPTS);
		assert_int_equal(h.payload_len, packet_l3_len(s.at[i]) - IPV6_HLEN);
		assert_int_equal(ipv6_ext_walk(ip, packet_l3_len(s.at[i]), &x), IPV6_EXT_OK);
		assert_int_equal(x.frag_off, IPV6_HLEN + IPV6_HBH_ALERT_LEN);
		assert_int_equal(x.frag.id, 0x12345678);
		assert_int_equal(x.frag.next, PAIR_PROTO);
		assert_int_equal(x.frag.offset, place);
		assert_int_equal(x.frag.mf, i < 2);
		assert_int_equal(packet_l4_len(s.at[i]), payload[i]);
		place += payload[i];
	}
	assert_int_equal(place, 3480);
	pieces_free(&s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_numbers),         TEST(test_on_the_wire),     TEST(test_again),
		TEST(test_options),         TEST(test_full_header_room), TEST(test_checksum_filled),
		TEST(test_ip6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
