/* The Internet checksum against a naive twin: lengths, alignments, joins, updates, pseudo-headers. */
#include <stdlib.h>

#include "tests/unit/wire_golden.h"
#include "wire/checksum.h"

enum { SIZE = 4096 };
static uint8_t bytes[SIZE + 16];

/* RFC 1071, word by word: the sum before complement. */
static uint16_t naive_sum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++) {
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static uint16_t naive(const uint8_t *p, size_t len)
{
	return (uint16_t)~naive_sum(p, len, 0);
}

static int fill(void **state)
{
	uint32_t x = 2463534242;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes[i] = (uint8_t)x;
	}
	return 0;
}

/* RFC 1071 3's example. */
static void the_rfc_example(void **state)
{
	const uint8_t p[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	assert_int_equal(csum_fold(csum_partial(p, sizeof p, 0)), (uint16_t)~0xddf2);
}

static void every_length_and_alignment(void **state)
{
	(void)state;
	for (size_t off = 0; off < 9; off++)
		for (size_t len = 0; len < 600; len++)
			assert_int_equal(csum_fold(csum_partial(bytes + off, len, 0)),
					 naive(bytes + off, len));
	assert_int_equal(csum_fold(csum_partial(bytes, SIZE, 0)), naive(bytes, SIZE));
}

static void all_ones_carry(void **state)
{
	static uint8_t ones[65536];

	(void)state;
	memset(ones, 0xff, sizeof ones);
	for (size_t len = 1; len <= sizeof ones; len = len * 3 / 2 + 1)
		assert_int_equal(csum_fold(csum_partial(ones, len, 0)), naive(ones, len));
	assert_int_equal(csum_fold(csum_partial(ones, 64, 0xffffffff)), 0);
}

/* Three pieces cut anywhere, each summed alone. */
static void pieces_join_at_any_offset(void **state)
{
	const size_t len = 101;

	(void)state;
	for (size_t a = 0; a <= len; a++) {
		for (size_t b = a; b <= len; b++) {
			uint32_t s = csum_partial(bytes, a, 0);

			s = csum_block_add(s, csum_partial(bytes + a, b - a, 0), a);
			s = csum_block_add(s, csum_partial(bytes + b, len - b, 0), b);
			assert_int_equal(csum_fold(s), naive(bytes, len));
		}
	}
}

static void chaining_at_even_offsets(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= 200; cut += 2)
		assert_int_equal(csum_fold(csum_partial(bytes + cut, 201 - cut,
							csum_partial(bytes, cut, 0))),
				 naive(bytes, 201));
	assert_int_equal(csum_fold(csum_add16(csum_add32(0, 0x01020304), 0xfffe)),
			 naive((uint8_t[]){ 1, 2, 3, 4, 0xff, 0xfe }, 6));
}

/* RFC 1624 4's example first, where its equation 2 went wrong; then every change of a real header. */
static void updates_equal_recomputation(void **state)
{
	uint8_t p[40];

	(void)state;
	assert_int_equal(csum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
	for (size_t round = 0; round + sizeof p < SIZE; round += 7) {
		uint16_t before, w0, w1;
		uint32_t d0, d1;

		memcpy(p, bytes + round, sizeof p);
		before = naive(p, sizeof p);
		w0 = be16_load(p + 10);
		w1 = be16_load(bytes + round + 40);
		be16_store(p + 10, w1);
		assert_int_equal(csum_update16(before, w0, w1), naive(p, sizeof p));
		before = naive(p, sizeof p);
		d0 = be32_load(p + 20);
		d1 = be32_load(bytes + round + 2);
		be32_store(p + 20, d1);
		assert_int_equal(csum_update32(before, d0, d1), naive(p, sizeof p));
	}
}

static void pseudo_headers(void **state)
{
	uint8_t p4[12 + 33], p6[40 + 33];
	struct ipaddr s4 = IPADDR_V4(192, 0, 2, 1), d4 = IPADDR_V4(255, 254, 253, 252), s6, d6;

	(void)state;
	assert_true(ipaddr_parse("2001:db8::ffff:1", &s6));
	assert_true(ipaddr_parse("ff02::fb", &d6));
	hex_bytes("c0000201 fffefdfc 00 11 0021", p4);
	memcpy(p4 + 12, bytes, 33);
	assert_int_equal(csum_fold(csum_partial(bytes, 33, csum_pseudo(&s4, &d4, 17, 33))),
			 naive(p4, sizeof p4));
	memcpy(p6, s6.b, 16);
	memcpy(p6 + 16, d6.b, 16);
	hex_bytes("00000021 0000003a", p6 + 32);
	memcpy(p6 + 40, bytes, 33);
	assert_int_equal(csum_fold(csum_partial(bytes, 33, csum_pseudo(&s6, &d6, 58, 33))),
			 naive(p6, sizeof p6));
	/* A jumbogram's length needs all 32 bits. */
	hex_bytes("00012345 0000003a", p6 + 32);
	assert_int_equal(csum_fold(csum_partial(bytes, 33, csum_pseudo(&s6, &d6, 58, 0x12345))),
			 naive(p6, sizeof p6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfc_example),
		cmocka_unit_test(every_length_and_alignment),
		cmocka_unit_test(all_ones_carry),
		cmocka_unit_test(pieces_join_at_any_offset),
		cmocka_unit_test(chaining_at_even_offsets),
		cmocka_unit_test(updates_equal_recomputation),
		cmocka_unit_test(pseudo_headers),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
