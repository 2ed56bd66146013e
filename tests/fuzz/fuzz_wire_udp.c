/*
 * UDP. Input: a datagram. What parses is emitted as the same bytes, and the checksum of its pieces
 * is that of the whole, for both families.
 */
#include "tests/fuzz/fuzz_wire.h"
#include "wire/udp.h"

static void check_sum(const struct ipaddr *src, const struct ipaddr *dst, const uint8_t *p,
		      struct udp_hdr h)
{
	size_t body = h.len - UDP_HLEN, cut = body / 3;
	uint32_t whole = csum_partial(p + UDP_HLEN, body, 0), sum;
	uint8_t hdr[UDP_HLEN];

	sum = csum_block_add(csum_partial(p + UDP_HLEN, cut, 0),
			     csum_partial(p + UDP_HLEN + cut, body - cut, 0), cut);
	REQUIRE(csum_fold(sum) == csum_fold(whole));
	h.checksum = udp_checksum(src, dst, &h, whole);
	REQUIRE(h.checksum != 0 && udp_checksum_ok(src, dst, &h, sum));
	udp_emit(hdr, &h);
	sum = csum_partial(hdr, sizeof hdr, csum_pseudo(src, dst, IPPROTO_UDP, h.len));
	REQUIRE(csum_fold(csum_add(sum, whole)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ipaddr a4 = IPADDR_V4(10, 0, 0, 1), b4 = IPADDR_V4(192, 0, 2, 255);
	uint8_t out[UDP_HLEN];
	struct udp_hdr h;

	if (udp_parse(data, size, &h) != UDP_OK)
		return 0;
	REQUIRE(h.len >= UDP_HLEN && h.len <= size);
	udp_emit(out, &h);
	REQUIRE(memcmp(out, data, sizeof out) == 0);
	check_sum(&a4, &b4, data, h);
	check_sum(&ipaddr_all_nodes6, &ipaddr_loopback6, data, h);
	return 0;
}
