/*
 * IPv6 and its extension headers. Input: a packet. A header that parses is emitted as the same
 * bytes; the walk stays inside the packet, chains up, and what it says of a fragment emits again.
 */
#include "tests/fuzz/fuzz_wire.h"
#include "wire/ipv6_ext.h"

static void check_walk(const uint8_t *p, size_t len, const struct ipv6_ext *x)
{
	uint8_t out[IPV6_FRAG_LEN];

	REQUIRE(x->l4_off >= IPV6_HLEN && x->l4_off <= len && x->count <= IPV6_EXT_MAX);
	REQUIRE(x->l4_off <= IPV6_HLEN + IPV6_EXT_MAX_BYTES);
	REQUIRE(p[x->next_off] == x->proto);
	REQUIRE((x->l4_off - IPV6_HLEN) % 8 == 0);
	REQUIRE(!x->hbh_off || x->hbh_off == IPV6_HLEN);
	REQUIRE(!x->opt_off == (x->opt_action == IPV6_OPT_SKIP));
	REQUIRE(!x->opt_off || p[x->opt_off] >> 6 == x->opt_action);
	REQUIRE(!x->jumbo_len || x->jumbo_len > 0xffff);
	if (!x->frag_off)
		return;
	REQUIRE(p[x->frag_next_off] == IPPROTO_FRAGMENT);
	ipv6_frag_emit(out, &x->frag);
	REQUIRE(out[0] == p[x->frag_off] && memcmp(out + 4, p + x->frag_off + 4, 4) == 0);
	REQUIRE(be16_load(out + 2) == (be16_load(p + x->frag_off + 2) & 0xfff9));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[IPV6_HLEN];
	enum ipv6_ext_result xr;
	enum ipv6_result r;
	struct ipv6_ext x;
	struct ipv6_hdr h;

	r = ipv6_parse(data, size, &h);
	REQUIRE(ipv6_result_name(r));
	if (r != IPV6_OK && r != IPV6_TRUNCATED)
		return 0;
	ipv6_emit(out, &h);
	REQUIRE(memcmp(out, data, sizeof out) == 0);
	xr = ipv6_ext_walk(data, size, &x);
	REQUIRE(ipv6_ext_result_name(xr));
	if (xr == IPV6_EXT_OK)
		check_walk(data, size, &x);
	else
		REQUIRE(x.l4_off >= IPV6_HLEN && x.l4_off <= size);
	REQUIRE(xr == IPV6_EXT_OK || x.pointer < size);
	return 0;
}
