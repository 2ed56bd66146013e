/*
 * IPv4 and its options. Input: a datagram. A header that parses is emitted as the same bytes, a
 * checksum that was right is computed again, options tile their space, and a TTL counted down keeps
 * the checksum right. With a wrong checksum the input is tried once more with the right one.
 */
#include "tests/fuzz/fuzz_wire.h"
#include "wire/ipv4.h"

static void check_options(const uint8_t *p)
{
	uint8_t hlen = (p[0] & 0x0f) * 4, at = IPV4_HLEN, copied[40];
	struct ipv4_options it = ipv4_options(p);
	enum ipv4_opt_result r;
	struct ipv4_opt opt;

	while ((r = ipv4_options_next(&it, &opt)) == IPV4_OPT_ONE) {
		REQUIRE(opt.offset == at && opt.len >= 1 && opt.len <= hlen - at);
		REQUIRE(opt.len == 1 || opt.data == p + at + 2);
		at += opt.len;
	}
	REQUIRE(r == IPV4_OPT_END ? opt.offset == at : opt.offset >= at && opt.offset <= at + 2);
	REQUIRE(r == IPV4_OPT_BAD || at == hlen || p[at] == IPV4_OPT_EOL);
	if (r == IPV4_OPT_BAD)
		REQUIRE(ipv4_options_next(&it, &opt) == IPV4_OPT_END);
	REQUIRE(ipv4_opt_copied(p, copied) <= (size_t)hlen - IPV4_HLEN);
}

static void check_header(const uint8_t *p, const struct ipv4_hdr *h, size_t len)
{
	uint8_t out[IPV4_MAX_HLEN];

	REQUIRE(h->ihl >= 5 && h->ihl <= 15 && (h->frag_off & 7) == 0);
	REQUIRE(h->total_len >= ipv4_hlen(h) && h->total_len <= len);
	REQUIRE(h->frag_off + ipv4_payload_len(h) + ipv4_hlen(h) <= IPV4_MAX_LEN);
	memcpy(out, p, ipv4_hlen(h));
	memset(out, 0, IPV4_HLEN);
	ipv4_emit(out, h);
	REQUIRE(memcmp(out, p, ipv4_hlen(h)) == 0);
	/* 0xffff and 0 are the same to a receiver; a sender never makes the former. */
	REQUIRE(ipv4_header_checksum(p, h->ihl) == h->checksum || h->checksum == 0xffff);
	if (h->ttl > 1) {
		ipv4_decrement_ttl(out);
		REQUIRE(ipv4_header_sum(out, h->ihl) == 0 && out[8] == h->ttl - 1);
	}
	check_options(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum ipv4_result r;
	struct ipv4_hdr h, quoted;
	uint8_t *fixed;

	r = ipv4_parse(data, size, &h);
	REQUIRE(ipv4_result_name(r));
	if (r == IPV4_OK) {
		REQUIRE(ipv4_parse_quoted(data, size, &quoted) == IPV4_OK);
		check_header(data, &h, size);
	}
	if (r != IPV4_BAD_CHECKSUM)
		return 0;
	fixed = malloc(size);
	memcpy(fixed, data, size);
	ipv4_set_checksum(fixed);
	REQUIRE(ipv4_header_checksum(data, data[0] & 0x0f) == be16_load(fixed + 10));
	r = ipv4_parse(fixed, size, &h);
	REQUIRE(r != IPV4_BAD_CHECKSUM);
	if (r == IPV4_OK)
		check_header(fixed, &h, size);
	free(fixed);
	return 0;
}
