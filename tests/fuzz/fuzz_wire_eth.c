/* Ethernet and its tag: what parses is emitted as the same bytes. */
#include "tests/fuzz/fuzz_wire.h"
#include "wire/eth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[ETH_VLAN_HLEN];
	struct eth_hdr h;

	if (eth_parse(data, size, &h) != ETH_OK)
		return 0;
	REQUIRE(h.type >= ETH_TYPE_MIN);
	REQUIRE(h.vlan.vid < 0xfff && h.vlan.pcp < 8);
	REQUIRE(eth_emit(out, &h) == eth_hlen(&h));
	REQUIRE(eth_hlen(&h) <= size);
	REQUIRE(memcmp(out, data, eth_hlen(&h)) == 0);
	return 0;
}
