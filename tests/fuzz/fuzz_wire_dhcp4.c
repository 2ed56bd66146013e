/* DHCPv4. What parses is emitted, if it fits, as a message that parses to the same. */
#include "tests/fuzz/fuzz_wire.h"
#include "wire/dhcp4.h"

static bool has_end(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dhcp4 m, again;
	uint8_t out[2 * DHCP4_MAX];
	enum dhcp4_result r = dhcp4_parse(data, size, &m);

	REQUIRE(dhcp4_result_name(r));
	if (r != DHCP4_OK)
		return 0;
	REQUIRE(m.type >= DHCP4_DISCOVER && m.type <= DHCP4_INFORM);
	REQUIRE(m.routers.count <= DHCP4_ADDRS && m.dns.count <= DHCP4_ADDRS);
	REQUIRE(m.client_id_len <= DHCP4_CLIENT_ID && m.params_len <= DHCP4_PARAMS);
	REQUIRE(has_end(m.hostname, DHCP4_TEXT) && has_end(m.message, DHCP4_TEXT) &&
		has_end(m.domain, DHCP4_TEXT));
	size_t len = dhcp4_emit(out, sizeof out, &m);
	REQUIRE(len >= DHCP4_MIN);
	if (len > DHCP4_MAX)
		return 0;
	REQUIRE(dhcp4_parse(out, len, &again) == DHCP4_OK);
	/* Padding of the struct is zero in both: each begins as the same empty message. */
	REQUIRE(again.type == m.type && again.xid == m.xid && ipaddr_eq(&again.yiaddr, &m.yiaddr));
	REQUIRE(again.subnet_len == m.subnet_len && again.lease == m.lease &&
		again.has_lease == m.has_lease && again.t1 == m.t1 && again.t2 == m.t2);
	REQUIRE(!memcmp(&again.dns, &m.dns, sizeof m.dns) &&
		!memcmp(&again.routers, &m.routers, sizeof m.routers));
	REQUIRE(!strcmp(again.hostname, m.hostname) && !strcmp(again.domain, m.domain) &&
		!strcmp(again.message, m.message));
	REQUIRE(again.client_id_len == m.client_id_len && again.params_len == m.params_len &&
		!memcmp(again.client_id, m.client_id, m.client_id_len) &&
		!memcmp(again.params, m.params, m.params_len));
	return 0;
}
