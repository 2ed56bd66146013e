/* Putting datagrams together: against a naive twin (a map of bytes), and every way to fail. */
#include "tests/unit/ip_pair.h"

#include "core/rng.h"
#include "ip/fragment.h"

#define DATA_MAX 4096

/* A fragment of family 4 or 6 from a to b, its data a slice of s. */
struct spec {
	bool ip4, mf, df;
	uint8_t tos, proto; /* 0: PAIR_PROTO */
	uint32_t id, offset, len;
	uint32_t base; /* where the datagram's data begins in the slab */
	uint16_t pulled; /* bytes of data in hdr */
};

static struct packet *fragment(const struct spec *f, struct slab *s)
{
	struct packet *p = packet_new(pair.world);

	p->in = &pair.bi->link;
	p->ttl = 64;
	p->tos = f->tos;
	if (f->ip4) {
		struct ipv4_hdr h = {.ihl = 5, .tos = f->tos, .id = (uint16_t)f->id, .ttl = 64,
				     .total_len = (uint16_t)(IPV4_HLEN + f->len), .mf = f->mf,
				     .df = f->df, .frag_off = (uint16_t)f->offset,
				     .proto = f->proto ? f->proto : PAIR_PROTO, .src = pair.a4,
				     .dst = pair.b4};

		ipv4_emit(packet_put(p, IPV4_HLEN), &h);
		ipv4_set_checksum(p->hdr + p->l3);
	} else {
		struct ipv6_hdr h = {.tclass = f->tos, .next = IPPROTO_FRAGMENT, .hop_limit = 64,
				     .payload_len = (uint16_t)(IPV6_FRAG_LEN + f->len),
				     .src = pair.a6, .dst = pair.b6};
		struct ipv6_frag x = {.next = PAIR_PROTO, .offset = (uint16_t)f->offset,
				      .mf = f->mf, .id = f->id};

		ipv6_emit(packet_put(p, IPV6_HLEN), &h);
		ipv6_frag_emit(packet_put(p, IPV6_FRAG_LEN), &x);
	}
	p->l4 = p->end;
	packet_set_payload(p, s, s->bytes + f->base + f->offset, f->len);
	assert_true(packet_pull(p, p->l4, f->pulled < f->len ? f->pulled : (uint16_t)f->len));
	return p;
}

static struct packet *take(const struct spec *f, struct slab *s)
{
	struct packet *p = fragment(f, s);

	return ip_reassemble(pair.b, p, f->ip4 ? 0 : (uint16_t)(p->l3 + IPV6_HLEN));
}

static struct slab *pattern_slab(uint32_t len)
{
	struct slab *s = slab_new(pair.world, len);

	for (uint32_t i = 0; i < len; i++)
		s->bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	return s;
}

/* A whole datagram of len pattern bytes whose headers were never cut; frees it. */
static void expect_whole(struct packet *p, bool ip4, uint32_t len)
{
	static uint8_t bytes[70000];

	assert_non_null(p);
	if (ip4) {
		struct ipv4_hdr h;

		assert_int_equal(ipv4_parse(p->hdr + p->l3, packet_l3_len(p), &h), IPV4_OK);
		assert_false(ipv4_is_fragment(&h));
		assert_int_equal(h.total_len, IPV4_HLEN + len);
		assert_int_equal(h.proto, PAIR_PROTO);
	} else {
		struct ipv6_hdr h;

		assert_int_equal(ipv6_parse(p->hdr + p->l3, packet_l3_len(p), &h), IPV6_OK);
		assert_int_equal(h.payload_len, len);
		assert_int_equal(h.next, PAIR_PROTO);
	}
	assert_int_equal(p->l4 - p->l3, ip4 ? IPV4_HLEN : IPV6_HLEN);
	assert_int_equal(packet_l4_len(p), len);
	assert_int_equal(packet_read(p, p->l4, 0, bytes, sizeof(bytes)), len);
	expect_pattern(bytes, len);
	packet_free(p);
}

static uint64_t drops(enum drop_reason r)
{
	return site_drops(&pair.b->site, r);
}

/* What the sender cut from one slab is one slice of it again, wherever headers were pulled to. */
static void test_joins_without_copy(void **state)
{
	(void)state;
	for (int k = 0; k < 6; k++) {
		bool ip4 = k < 3;
		uint16_t pulled = (uint16_t)(k % 3 * 40);
		struct slab *s = pattern_slab(3500);
		struct packet *p;

		for (uint32_t at = 0; at + 1000 < 3500; at += 1000)
			assert_null(take(&(struct spec){.ip4 = ip4, .mf = true, .offset = at,
							.len = 1000, .pulled = pulled}, s));
		assert_true(reassembly_bytes(pair.b) > 3000);
		p = take(&(struct spec){.ip4 = ip4, .offset = 3000, .len = 500,
					.pulled = pulled}, s);
		assert_non_null(p);
		assert_ptr_equal(p->slab, s);
		assert_ptr_equal(p->data, s->bytes + pulled);
		expect_whole(p, ip4, 3500);
		assert_int_equal(reassembly_bytes(pair.b), 0);
		slab_unref(pair.world, s);
	}
	assert_null(pair.b->site.drops);
	assert_int_equal(pair.world->sched.count, 0); /* no clock is left running */
}

/* First fragment all in hdr; then slices. And slabs that have nothing to do with each other. */
static void test_joins_with_copy(void **state)
{
	struct slab *s = pattern_slab(3000), *t = pattern_slab(3000);

	(void)state;
	assert_null(take(&(struct spec){.ip4 = true, .mf = true, .len = 24, .pulled = 24}, s));
	expect_whole(take(&(struct spec){.ip4 = true, .offset = 24, .len = 1000}, s), true, 1024);
	assert_null(take(&(struct spec){.ip4 = true, .mf = true, .len = 800, .pulled = 8}, s));
	assert_null(take(&(struct spec){.ip4 = true, .offset = 1600, .len = 40, .pulled = 40}, s));
	expect_whole(take(&(struct spec){.ip4 = true, .mf = true, .offset = 800, .len = 800}, t),
		     true, 1640);
	assert_null(take(&(struct spec){.mf = true, .len = 8, .pulled = 8}, s));
	expect_whole(take(&(struct spec){.offset = 8, .len = 1, .pulled = 1}, t), false, 9);
	/* One slab, but not side by side: the pattern stands in it twice. */
	for (uint16_t pulled = 0; pulled < 16; pulled += 8) {
		memcpy(t->bytes + 1000, s->bytes, 1000);
		memset(t->bytes + 800, 0, 100);
		assert_null(take(&(struct spec){.mf = true, .len = 800, .pulled = 8}, t));
		expect_whole(take(&(struct spec){.offset = 800, .len = 100, .base = 1000,
						 .pulled = pulled}, t), false, 900);
	}
	slab_unref(pair.world, s);
	slab_unref(pair.world, t);
}

/* ---- the twin ---- */

struct twin {
	uint8_t covered[DATA_MAX];
	struct spec got[DATA_MAX];
	unsigned count;
	uint32_t len; /* of the whole; 0: not known */
};

enum outcome { WAITS, WHOLE, DUPLICATE, OVERLAP, BEYOND };

static enum outcome twin_take(struct twin *t, const struct spec *f)
{
	uint32_t end = f->offset + f->len, reach = 0;
	bool free_place = true, all = true;

	for (uint32_t i = 0; i < DATA_MAX; i++)
		if (t->covered[i])
			reach = i + 1;
	if (t->len ? end > t->len || (!f->mf && end != t->len) : !f->mf && reach > end)
		return BEYOND;
	for (unsigned i = 0; i < t->count; i++)
		if (t->got[i].offset == f->offset && t->got[i].len == f->len)
			return DUPLICATE;
	for (uint32_t i = f->offset; i < end; i++)
		free_place = free_place && !t->covered[i];
	if (!free_place)
		return OVERLAP;
	memset(t->covered + f->offset, 1, f->len);
	t->got[t->count++] = *f;
	if (!f->mf)
		t->len = end;
	for (uint32_t i = 0; i < t->len; i++)
		all = all && t->covered[i];
	return t->len && all ? WHOLE : WAITS;
}

/* Mostly a piece of one grid, so that datagrams get whole; now and then from across it, or one
 * that takes the datagram for a longer or shorter one. */
static struct spec random_spec(struct rng *r, uint32_t len, bool ip4, uint32_t id)
{
	struct spec f = {.ip4 = ip4, .id = id, .pulled = (uint16_t)rng_below(r, 50)};
	uint32_t unit = rng_chance(r, 0.02) ? 8 * (1 + rng_below(r, 40)) : 128;

	if (rng_chance(r, 0.02))
		len = 1 + rng_below(r, 1500);
	f.offset = rng_below(r, (len + unit - 1) / unit) * unit;
	f.len = len - f.offset < unit ? len - f.offset : unit;
	f.mf = f.offset + f.len < len;
	return f;
}

static void check_outcome(enum outcome want, struct packet *got, const struct twin *t, bool ip4,
			  const uint64_t *before)
{
	uint64_t n = t->count;

	if (want == WHOLE)
		expect_whole(got, ip4, t->len);
	else
		assert_null(got);
	assert_int_equal(drops(DROP_FRAG_DUPLICATE) - before[0], want == DUPLICATE);
	assert_int_equal(drops(DROP_FRAG_OVERLAP) - before[1], want == OVERLAP ? n + 1 : 0);
	assert_int_equal(drops(DROP_FRAG_MALFORMED) - before[2], want == BEYOND ? n + 1 : 0);
}

static void test_twin(void **state)
{
	static struct twin t;
	unsigned seen[BEYOND + 1] = {0};
	struct rng r;

	(void)state;
	rng_init(&r, 1, "reassemble");
	for (uint32_t id = 1; id <= 2000; id++) {
		bool ip4 = id & 1;
		uint32_t len = 1 + rng_below(&r, 1500);
		struct slab *s = pattern_slab(DATA_MAX);
		enum outcome want = WAITS;

		t = (struct twin){0};
		for (int step = 0; step < 200 && (want == WAITS || want == DUPLICATE); step++) {
			struct spec f = random_spec(&r, len, ip4, id);
			uint64_t before[3] = {drops(DROP_FRAG_DUPLICATE),
					      drops(DROP_FRAG_OVERLAP),
					      drops(DROP_FRAG_MALFORMED)};

			if (f.offset == 0 && !f.mf)
				continue; /* no fragment at all */
			want = twin_take(&t, &f);
			check_outcome(want, take(&f, s), &t, ip4, before);
			seen[want]++;
		}
		slab_unref(pair.world, s);
	}
	for (int i = 0; i <= BEYOND; i++)
		assert_true(seen[i] > 20);
}

/* ---- bounds ---- */

static void test_keys_apart(void **state)
{
	struct slab *s = pattern_slab(2000);

	(void)state;
	for (uint32_t id = 1; id <= 300; id++)
		for (int ip4 = 0; ip4 < 2; ip4++)
			assert_null(take(&(struct spec){.ip4 = ip4, .id = id, .mf = true,
							.len = 1000}, s));
	for (uint32_t id = 300; id >= 1; id--)
		for (int ip4 = 0; ip4 < 2; ip4++)
			expect_whole(take(&(struct spec){.ip4 = ip4, .id = id, .offset = 1000,
							 .len = 500}, s), ip4, 1500);
	assert_int_equal(reassembly_bytes(pair.b), 0);
	/* IPv4 counts identifications per protocol, IPv6 does not. */
	assert_null(take(&(struct spec){.ip4 = true, .mf = true, .len = 800, .proto = 99}, s));
	assert_null(take(&(struct spec){.ip4 = true, .offset = 800, .len = 8}, s));
	expect_whole(take(&(struct spec){.ip4 = true, .mf = true, .len = 800}, s), true, 808);
	slab_unref(pair.world, s);
}

/* The datagram that began first makes room for the newest. */
static void test_memory(void **state)
{
	struct slab *s = pattern_slab(2000);
	char why[128];

	(void)state;
	assert_int_equal(node_sysctl_set(pair.b, "net.ipv4.ipfrag_high_thresh", "20000", why,
					 sizeof(why)), 0);
	for (uint32_t id = 1; id <= 100; id++) {
		assert_null(take(&(struct spec){.ip4 = true, .id = id, .mf = true,
						.len = 1000}, s));
		assert_null(take(&(struct spec){.id = id, .mf = true, .len = 1000}, s));
	}
	assert_true(drops(DROP_FRAG_MEMORY) > 80 && drops(DROP_FRAG_MEMORY) < 90);
	expect_whole(take(&(struct spec){.ip4 = true, .id = 100, .offset = 1000, .len = 1}, s),
		     true, 1001);
	assert_null(take(&(struct spec){.ip4 = true, .id = 1, .offset = 1000, .len = 1}, s));
	/* IPv6 has a bound of its own. */
	expect_whole(take(&(struct spec){.id = 1, .offset = 1000, .len = 1}, s), false, 1001);
	slab_unref(pair.world, s);
}

static void test_too_big(void **state)
{
	struct slab *s = pattern_slab(65536 + 60);
	uint32_t most4 = 65535 - IPV4_HLEN;

	(void)state;
	/* Exactly full is fine for both. */
	assert_null(take(&(struct spec){.ip4 = true, .mf = true, .len = 65512}, s));
	expect_whole(take(&(struct spec){.ip4 = true, .offset = 65512, .len = most4 - 65512}, s),
		     true, most4);
	assert_null(take(&(struct spec){.mf = true, .len = 65520}, s));
	expect_whole(take(&(struct spec){.offset = 65520, .len = 15}, s), false, 65535);
	assert_null(take(&(struct spec){.ip4 = true, .offset = 65512, .len = most4 - 65511}, s));
	assert_int_equal(drops(DROP_FRAG_TOO_BIG), 1);
	assert_null(take(&(struct spec){.offset = 65520, .len = 16}, s));
	assert_int_equal(drops(DROP_FRAG_TOO_BIG), 2);
	assert_int_equal(reassembly_bytes(pair.b), 0);
	slab_unref(pair.world, s);
}

/* ---- what the source hears ---- */

/* The last ICMP message that came back to a: its type, code and first word. */
static void expect_icmp(unsigned type, unsigned code, uint32_t word)
{
	unsigned last;

	assert_int_not_equal(icmp_count(&last), 0);
	const uint8_t *ip = pair.frames.at[last].bytes;
	const uint8_t *icmp = ip + (ip[0] >> 4 == 4 ? IPV4_HLEN : IPV6_HLEN);
	assert_int_equal(icmp[0], type);
	assert_int_equal(icmp[1], code);
	assert_int_equal(be32_load(icmp + 4), word);
}

static void test_timeout(void **state)
{
	struct slab *s = pattern_slab(2000);
	unsigned last;

	(void)state;
	/* Without the first fragment nobody is told. */
	assert_null(take(&(struct spec){.ip4 = true, .id = 1, .offset = 8, .len = 8}, s));
	pair_run(vtime_ns(vtime_s(30).ns - 1));
	assert_int_equal(drops(DROP_FRAG_TIMEOUT), 0);
	pair_run(vtime_s(1));
	assert_int_equal(drops(DROP_FRAG_TIMEOUT), 1);
	assert_null(take(&(struct spec){.id = 1, .offset = 8, .len = 8}, s));
	pair_run(vtime_s(61));
	assert_int_equal(drops(DROP_FRAG_TIMEOUT), 2);
	assert_int_equal(icmp_count(&last), 0);

	/* The clock runs from the first that came, whichever it is. */
	assert_null(take(&(struct spec){.ip4 = true, .id = 2, .offset = 80, .mf = true, .len = 8},
			 s));
	pair_run(vtime_s(20));
	assert_null(take(&(struct spec){.ip4 = true, .id = 2, .mf = true, .len = 16}, s));
	assert_null(take(&(struct spec){.id = 2, .mf = true, .len = 16}, s));
	pair_run(vtime_s(11));
	assert_int_equal(drops(DROP_FRAG_TIMEOUT), 4);
	assert_int_equal(pair.errors, 1);
	assert_int_equal(pair.error.err, EHOSTUNREACH);
	assert_true(ipaddr_eq(&pair.error.offender, &pair.b4));
	expect_icmp(ICMP4_TIME_EXCEEDED, ICMP4_REASSEMBLY_TIMEOUT, 0);

	/* IPv6 waits 60 s. */
	pair_run(vtime_s(48));
	assert_int_equal(drops(DROP_FRAG_TIMEOUT), 4);
	pair_run(vtime_s(2));
	assert_int_equal(drops(DROP_FRAG_TIMEOUT), 5);
	expect_icmp(ICMP6_MSG_TIME_EXCEEDED, ICMP6_REASSEMBLY_TIMEOUT, 0);
	slab_unref(pair.world, s);
}

/* RFC 8200 4.5: where Parameter Problem points. */
static void test_impossible6(void **state)
{
	struct slab *s = pattern_slab(65536 + 60);

	(void)state;
	assert_null(take(&(struct spec){.mf = true, .len = 20}, s));
	assert_int_equal(drops(DROP_FRAG_MALFORMED), 1);
	pair_run(vtime_s(1));
	expect_icmp(ICMP6_MSG_PARAMETER_PROBLEM, ICMP6_ERRONEOUS_FIELD, 4);
	assert_null(take(&(struct spec){.offset = 65528, .len = 9}, s));
	assert_int_equal(drops(DROP_FRAG_TOO_BIG), 1);
	pair_run(vtime_s(1));
	expect_icmp(ICMP6_MSG_PARAMETER_PROBLEM, ICMP6_ERRONEOUS_FIELD, IPV6_HLEN + 2);
	/* IPv4 has no word for it. */
	assert_null(take(&(struct spec){.ip4 = true, .mf = true, .len = 20}, s));
	assert_int_equal(drops(DROP_FRAG_MALFORMED), 2);
	slab_unref(pair.world, s);
}

/* RFC 6946: an atomic fragment is whole, whatever else has its identification. */
static void test_atomic6(void **state)
{
	struct slab *s = pattern_slab(2000);

	(void)state;
	assert_null(take(&(struct spec){.id = 7, .mf = true, .len = 800}, s));
	expect_whole(take(&(struct spec){.id = 7, .len = 500, .pulled = 30}, s), false, 500);
	expect_whole(take(&(struct spec){.id = 7, .offset = 800, .len = 1}, s), false, 801);
	slab_unref(pair.world, s);
}

/* Extension headers before the fragment header stay, and name what followed it. */
static void test_headers_before6(void **state)
{
	struct slab *s = pattern_slab(100);
	struct packet *p = NULL;

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct ipv6_frag x = {.next = PAIR_PROTO, .offset = (uint16_t)(i * 48), .mf = !i};
		struct ipv6_hdr h = {.next = IPPROTO_HOPOPTS, .hop_limit = 64,
				     .payload_len = 8 + 8 + 8 + 48, .src = pair.a6, .dst = pair.b6};
		struct packet *q = packet_new(pair.world);

		ipv6_emit(packet_put(q, IPV6_HLEN), &h);
		ipv6_hbh_alert_emit(packet_put(q, IPV6_HBH_ALERT_LEN), IPPROTO_DSTOPTS, 0);
		ipv6_options_emit(packet_put(q, 8), IPPROTO_FRAGMENT, NULL, 0);
		ipv6_frag_emit(packet_put(q, IPV6_FRAG_LEN), &x);
		packet_set_payload(q, s, s->bytes + i * 48, 48);
		p = ip_reassemble(pair.b, q, (uint16_t)(q->l3 + IPV6_HLEN + 16));
	}
	assert_non_null(p);
	const uint8_t *ip = p->hdr + p->l3;
	assert_int_equal(be16_load(ip + 4), 16 + 96);
	assert_int_equal(ip[6], IPPROTO_HOPOPTS);
	assert_int_equal(ip[IPV6_HLEN], IPPROTO_DSTOPTS);
	assert_int_equal(ip[IPV6_HLEN + 8], PAIR_PROTO);
	assert_int_equal(packet_l3_len(p), IPV6_HLEN + 16 + 96);
	packet_free(p);
	slab_unref(pair.world, s);
}

/* ---- the rest of the header ---- */

/* RFC 3168 5.3: CE wins; a datagram that is ECN-capable in part is none. */
static void test_ecn(void **state)
{
	static const struct {
		uint8_t first, second;
		int whole;
	} cases[] = {{0, 0, 0}, {2, 2, 2}, {1, 1, 1}, {2, 1, 2}, {2, 3, 3},
		     {3, 1, 3}, {0, 2, -1}, {3, 0, -1}, {0, 1, -1}};
	struct slab *s = pattern_slab(100);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int ip4 = 0; ip4 < 2; ip4++) {
			uint8_t dscp = 0xb8;
			uint64_t before = drops(DROP_FRAG_MALFORMED);
			struct packet *p;

			assert_null(take(&(struct spec){.ip4 = ip4, .mf = true, .len = 16,
							.tos = dscp | cases[i].first}, s));
			p = take(&(struct spec){.ip4 = ip4, .offset = 16, .len = 5,
						.tos = cases[i].second}, s);
			if (cases[i].whole < 0) {
				assert_null(p);
				assert_int_equal(drops(DROP_FRAG_MALFORMED), before + 2);
				continue;
			}
			assert_non_null(p);
			assert_int_equal(p->tos, dscp | cases[i].whole);
			assert_int_equal(ip4 ? p->hdr[p->l3 + 1]
					     : (be16_load(p->hdr + p->l3) >> 4 & 0xff),
					 dscp | cases[i].whole);
			expect_whole(p, ip4, 21);
		}
	slab_unref(pair.world, s);
}

/* As Linux: DF of the whole if the largest fragment had it. */
static void test_df(void **state)
{
	struct slab *s = pattern_slab(100);

	(void)state;
	for (int k = 0; k < 4; k++) {
		struct packet *p;
		bool large = k & 1, small = k & 2;

		assert_null(take(&(struct spec){.ip4 = true, .mf = true, .len = 16,
						.df = large}, s));
		p = take(&(struct spec){.ip4 = true, .offset = 16, .len = 5, .df = small}, s);
		assert_non_null(p);
		assert_int_equal(p->hdr[p->l3 + 6], large ? 0x40 : 0);
		expect_whole(p, true, 21);
	}
	slab_unref(pair.world, s);
}

/* One fragment that may have changed makes the whole suspect. */
static void test_verified(void **state)
{
	struct slab *s = pattern_slab(100);
	struct packet *p, *q;

	(void)state;
	q = fragment(&(struct spec){.ip4 = true, .offset = 16, .len = 5}, s);
	q->flags = PACKET_DAMAGED;
	assert_null(ip_reassemble(pair.b, q, 0));
	p = take(&(struct spec){.ip4 = true, .mf = true, .len = 16}, s);
	assert_non_null(p);
	assert_false(p->flags & PACKET_VERIFIED);
	assert_true(p->flags & PACKET_DAMAGED);
	expect_whole(p, true, 21);
	slab_unref(pair.world, s);
}

static void test_node_down(void **state)
{
	struct slab *s = pattern_slab(100);

	(void)state;
	assert_null(take(&(struct spec){.ip4 = true, .mf = true, .len = 16}, s));
	node_set_up(pair.b, false);
	assert_int_equal(drops(DROP_NODE_DOWN), 1);
	assert_int_equal(reassembly_bytes(pair.b), 0);
	node_set_up(pair.b, true);
	/* Something is still there when the world ends: the teardown counts packets. */
	assert_null(take(&(struct spec){.ip4 = true, .mf = true, .len = 16}, s));
	slab_unref(pair.world, s);
}

/* All the way: from b's view what a sent arrives once and whole, in either family. */
static void test_over_the_link(void **state)
{
	const struct ipaddr *dst[] = {&pair.b4, &pair.b6};

	(void)state;
	ip_register(pair.b, &pair.rows[0]);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pair_send(dst[i], PAIR_PROTO, 20000, 0, IP_PMTU_DONT), 0);
		pair_run(vtime_s(3));
		assert_int_equal(pair.delivered, i + 1);
		assert_int_equal(pair.data_len, 20000);
		expect_pattern(pair.data, 20000);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_joins_without_copy), TEST(test_joins_with_copy), TEST(test_twin),
		TEST(test_keys_apart),         TEST(test_memory),          TEST(test_too_big),
		TEST(test_timeout),            TEST(test_impossible6),     TEST(test_atomic6),
		TEST(test_headers_before6),    TEST(test_ecn),             TEST(test_df),
		TEST(test_verified),           TEST(test_node_down),       TEST(test_over_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
