/* ARP: what parses is emitted as the same bytes. */
#include "tests/fuzz/fuzz_wire.h"
#include "wire/arp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[ARP_LEN];
	struct arp a;
	enum arp_result r = arp_parse(data, size, &a);

	REQUIRE(arp_result_name(r));
	if (r != ARP_OK)
		return 0;
	REQUIRE(ipaddr_is4(&a.spa) && ipaddr_is4(&a.tpa));
	arp_emit(out, &a);
	REQUIRE(memcmp(out, data, sizeof out) == 0);
	return 0;
}
