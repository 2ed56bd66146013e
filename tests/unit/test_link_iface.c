/* Interfaces and their taps, and checksums that are filled in when someone looks. */
#include "link_pair.h"

#include <netinet/in.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/offload.h"

struct watch {
	struct tap tap; /* first */
	char *log;
	char letter;
	enum tap_dir dir;
	vtime at;
	uint32_t len;
	uint8_t flags;
};

static void watch_frame(struct tap *t, const struct packet *p, enum tap_dir dir, vtime at)
{
	struct watch *v = (struct watch *)t;

	v->log[strlen(v->log)] = v->letter;
	v->dir = dir;
	v->at = at;
	v->len = packet_len(p);
	v->flags = p->flags;
}

static void test_taps(void **state)
{
	struct link_params p = link_params_default;
	struct pair n;
	char log[16] = "";
	struct watch out = {.tap.frame = watch_frame, .log = log, .letter = 'o'};
	struct watch second = {.tap.frame = watch_frame, .log = log, .letter = '2'};
	struct watch in = {.tap.frame = watch_frame, .log = log, .letter = 'i'};

	(void)state;
	p.rate = 1000000;
	p.delay = vtime_ms(2);
	struct world *w = pair_open(&n, &p);
	iface_tap_add(&n.a.iface, &out.tap);
	iface_tap_add(&n.a.iface, &second.tap);
	iface_tap_add(&n.b.iface, &in.tap);
	world_run_to(w, vtime_ms(1));
	iface_send(&n.a.iface, frame_new(w, 42));
	world_run(w);
	assert_string_equal(log, "o2i");
	assert_int_equal(out.dir, TAP_OUT);
	assert_int_equal(out.at.ns, NS_PER_MS);
	assert_int_equal(in.dir, TAP_IN);
	assert_int_equal(in.at.ns, 3 * NS_PER_MS + 84 * 8 * NS_PER_US);
	assert_int_equal(in.len, 42); /* without padding */
	iface_tap_remove(&n.a.iface, &out.tap);
	iface_send(&n.a.iface, frame_new(w, 42));
	world_run(w);
	assert_string_equal(log, "o2i2i");
	iface_tap_remove(&n.a.iface, &second.tap);
	iface_tap_remove(&n.b.iface, &in.tap);
	iface_send(&n.a.iface, frame_new(w, 42));
	world_run(w);
	assert_string_equal(log, "o2i2i");
	pair_close(&n);
}

static void test_states(void **state)
{
	struct pair n;
	struct end alone;

	(void)state;
	struct world *w = pair_open(&n, &link_params_default);
	end_init(&alone, w, "c");
	assert_string_equal(iface_name(&n.a.iface), "eth0");
	assert_string_equal(iface_node_name(&n.a.iface), "a");
	assert_string_equal(iface_link_name(&n.a.iface), "wan");
	assert_null(iface_link_name(&alone.iface));
	assert_memory_equal(iface_mac(&n.a.iface), "\2\0\0\0\0a", 6);
	assert_int_equal(iface_rate(&n.a.iface), 0);
	assert_int_equal(iface_rate(&alone.iface), 0);
	assert_false(iface_running(&alone.iface));

	iface_send(&alone.iface, frame_new(w, 60));
	assert_int_equal(site_drops(&alone.site, DROP_IFACE_NO_LINK), 1);
	iface_send(&n.a.iface, frame_new(w, 60));
	n.b.iface.up = false;
	world_run(w);
	assert_int_equal(site_drops(&n.b.site, DROP_IFACE_DOWN), 1);
	iface_send(&n.b.iface, frame_new(w, 60));
	assert_int_equal(site_drops(&n.b.site, DROP_IFACE_DOWN), 2);
	assert_false(iface_running(&n.b.iface));
	n.b.iface.up = true;
	iface_send(&n.a.iface, frame_new(w, 70));
	world_run(w);
	assert_int_equal(n.a.iface.tx_packets, 2);
	assert_int_equal(n.a.iface.tx_bytes, 130);
	assert_int_equal(n.b.iface.rx_packets, 1);
	assert_int_equal(n.b.iface.rx_bytes, 70);
	assert_int_equal(n.b.iface.tx_packets, 0);
	end_fini(&alone);
	pair_close(&n);
}

/*
 * Whatever the split into headers and payload, odd or even, the checksum is that of the bytes in
 * one piece, computed here the long way.
 */
static uint16_t naive_checksum(const uint8_t *bytes, uint32_t len, uint32_t sum)
{
	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void test_fill(void **state)
{
	struct world *w = world_new(1);
	struct rng r;

	(void)state;
	rng_init(&r, 1, "fill");
	for (int round = 0; round < 3000; round++) {
		uint16_t headers = (uint16_t)(8 + rng_below(&r, 60)), at = 6, got;
		uint32_t payload = rng_below(&r, 2) ? rng_below(&r, 1400) : 0;
		uint16_t pseudo = (uint16_t)rng_below(&r, 0x10000), want;
		uint8_t bytes[1500];
		struct packet *p = packet_new(w);

		if (round % 3 == 0)
			at = 2; /* as in ICMP */
		rng_bytes(&r, bytes, sizeof(bytes));
		memset(packet_put(p, 20), 0x45, 20); /* IP, which the sum leaves out */
		p->l4 = p->end;
		bytes[at] = bytes[at + 1] = 0;
		want = naive_checksum(bytes, headers + payload, pseudo);
		if (want == 0 && at == 6)
			want = 0xffff;
		be16_store(bytes + at, pseudo);
		memcpy(packet_put(p, headers), bytes, headers);
		packet_copy_in(p, bytes + headers, payload);
		p->csum_at = (uint16_t)(p->l4 + at);
		p->flags |= PACKET_CSUM;
		packet_checksum_fill(p);
		got = be16_load(p->hdr + p->csum_at);
		assert_int_equal(got, want);
		assert_int_equal(p->flags, PACKET_VERIFIED);

		/* Right, unless a bit is flipped; and not even looked at if verified. */
		p->flags = 0;
		assert_true(packet_checksum_ok(p, csum_add16(0, pseudo)));
		p->hdr[p->l4 + rng_below(&r, headers)] ^= (uint8_t)(1 << rng_below(&r, 8));
		assert_false(packet_checksum_ok(p, csum_add16(0, pseudo)));
		p->flags = PACKET_VERIFIED;
		assert_true(packet_checksum_ok(p, csum_add16(0, pseudo)));
		be16_store(p->hdr + p->csum_at, 0xbeef);
		packet_checksum_fill(p); /* without the flag nothing happens */
		assert_int_equal(be16_load(p->hdr + p->csum_at), 0xbeef);
		packet_free(p);
	}
	world_close(w);
}

/* A UDP checksum of 0 would mean "none": it is sent as 0xffff; in ICMP it stays 0. */
static void test_fill_zero(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	for (int icmp = 0; icmp < 2; icmp++) {
		struct packet *p = packet_new(w);

		memset(packet_put(p, 8), 0, 8);
		p->csum_at = (uint16_t)(p->l4 + (icmp ? 2 : 6));
		be16_store(p->hdr + p->csum_at, 0xffff); /* all sums to -0 */
		p->flags |= PACKET_CSUM;
		packet_checksum_fill(p);
		assert_int_equal(be16_load(p->hdr + p->csum_at), icmp ? 0 : 0xffff);
		packet_free(p);
	}
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taps),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_fill_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
