/* UDP headers and checksums. */
#include "tests/unit/wire_golden.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/udp.h"

enum { AT4 = ETH_HLEN + IPV4_HLEN, AT6 = ETH_HLEN + IPV6_HLEN };

static void header(void **state)
{
	uint8_t frame[GOLDEN_MAX], out[UDP_HLEN];
	size_t len = golden_bytes("udp4", frame) - AT4;
	const uint8_t *p = frame + AT4;
	struct udp_hdr h = { 0 };

	(void)state;
	assert_int_equal(udp_parse(p, len, &h), UDP_OK);
	assert_int_equal(h.sport, 40000);
	assert_int_equal(h.dport, 9000);
	assert_int_equal(h.len, UDP_HLEN + 11);
	udp_emit(out, &h);
	assert_memory_equal(out, p, sizeof out);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(udp_parse(p, cut, &h), cut < UDP_HLEN ? UDP_SHORT : UDP_TRUNCATED);
	assert_int_equal(udp_parse(p, len + 3, &h), UDP_OK);
	be16_store(frame + AT4 + 4, 7);
	assert_int_equal(udp_parse(p, len, &h), UDP_BAD_LEN);
	be16_store(frame + AT4 + 4, 8);
	assert_int_equal(udp_parse(p, len, &h), UDP_OK);
}

static void checksums_of_golden_frames(void **state)
{
	struct ipaddr src = IPADDR_V4(10, 0, 0, 1), dst = IPADDR_V4(10, 0, 0, 2);
	uint8_t frame[GOLDEN_MAX];
	struct udp_hdr h = { 0 };
	uint32_t payload;

	(void)state;
	golden_bytes("udp4", frame);
	assert_int_equal(udp_parse(frame + AT4, 19, &h), UDP_OK);
	payload = csum_partial(frame + AT4 + UDP_HLEN, 11, 0);
	assert_int_equal(udp_checksum(&src, &dst, &h, payload), h.checksum);
	assert_true(udp_checksum_ok(&src, &dst, &h, payload));
	assert_false(udp_checksum_ok(&src, &src, &h, payload));
	h.checksum ^= 1;
	assert_false(udp_checksum_ok(&src, &dst, &h, payload));
	h.checksum = 0;
	assert_true(udp_checksum_ok(&src, &dst, &h, payload));

	golden_bytes("udp6", frame);
	src = ipaddr_from_bytes16(frame + ETH_HLEN + 8);
	dst = ipaddr_from_bytes16(frame + ETH_HLEN + 24);
	assert_int_equal(udp_parse(frame + AT6, 13, &h), UDP_OK);
	payload = csum_partial(frame + AT6 + UDP_HLEN, 5, 0);
	assert_int_equal(udp_checksum(&src, &dst, &h, payload), h.checksum);
	assert_true(udp_checksum_ok(&src, &dst, &h, payload));
	h.checksum = 0;
	assert_false(udp_checksum_ok(&src, &dst, &h, payload));
}

/* The one payload whose checksum comes out as zero is sent as 0xffff (RFC 768), and is right. */
static void zero_is_sent_as_all_ones(void **state)
{
	struct ipaddr src = IPADDR_V4(10, 0, 0, 1), dst = IPADDR_V4(10, 0, 0, 2);
	struct udp_hdr h = { .sport = 1, .dport = 2, .len = 10 };
	uint8_t word[2];

	(void)state;
	be16_store(word, udp_checksum(&src, &dst, &h, 0));
	h.checksum = udp_checksum(&src, &dst, &h, csum_partial(word, 2, 0));
	assert_int_equal(h.checksum, 0xffff);
	assert_true(udp_checksum_ok(&src, &dst, &h, csum_partial(word, 2, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header),
		cmocka_unit_test(checksums_of_golden_frames),
		cmocka_unit_test(zero_is_sent_as_all_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
