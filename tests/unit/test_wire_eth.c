/* Ethernet, its tag, and ARP. */
#include "tests/unit/wire_golden.h"
#include "wire/arp.h"
#include "wire/eth.h"

static const struct mac host_a = { { 0x02, 0, 0, 0, 0, 1 } };
static const struct mac host_b = { { 0x02, 0, 0, 0, 0, 2 } };

static void untagged(void **state)
{
	uint8_t frame[GOLDEN_MAX], out[ETH_VLAN_HLEN];
	size_t len = golden_bytes("udp4", frame);
	struct eth_hdr h = { 0 };

	(void)state;
	assert_int_equal(eth_parse(frame, len, &h), ETH_OK);
	assert_true(mac_eq(&h.dst, &host_b) && mac_eq(&h.src, &host_a));
	assert_int_equal(h.type, ETH_TYPE_IPV4);
	assert_false(h.tagged);
	assert_int_equal(eth_hlen(&h), ETH_HLEN);
	assert_int_equal(eth_emit(out, &h), ETH_HLEN);
	assert_memory_equal(out, frame, ETH_HLEN);
	for (size_t cut = 0; cut < ETH_HLEN; cut++)
		assert_int_equal(eth_parse(frame, cut, &h), ETH_SHORT);
}

static void tagged(void **state)
{
	uint8_t frame[GOLDEN_MAX], out[ETH_VLAN_HLEN];
	size_t len = golden_bytes("udp4_vlan", frame);
	struct eth_hdr h = { 0 };

	(void)state;
	assert_int_equal(eth_parse(frame, len, &h), ETH_OK);
	assert_true(h.tagged && h.vlan.dei);
	assert_int_equal(h.vlan.vid, 42);
	assert_int_equal(h.vlan.pcp, 5);
	assert_int_equal(h.type, ETH_TYPE_IPV4);
	assert_int_equal(eth_emit(out, &h), ETH_VLAN_HLEN);
	assert_memory_equal(out, frame, ETH_VLAN_HLEN);
	for (size_t cut = 0; cut < ETH_VLAN_HLEN; cut++)
		assert_int_equal(eth_parse(frame, cut, &h), ETH_SHORT);
	be16_store(frame + 14, 0x0fff);
	assert_int_equal(eth_parse(frame, len, &h), ETH_BAD_VID);
	for (unsigned tci = 0; tci <= 0xffff; tci++) {
		struct vlan v = vlan_from_tci((uint16_t)tci);

		assert_int_equal(vlan_to_tci(&v), tci);
	}
}

static void a_length_is_not_a_type(void **state)
{
	uint8_t frame[GOLDEN_MAX];
	size_t len = golden_bytes("llc", frame);
	struct eth_hdr h = { 0 };

	(void)state;
	assert_int_equal(eth_parse(frame, len, &h), ETH_LLC);
	be16_store(frame + 12, 0x05ff);
	assert_int_equal(eth_parse(frame, len, &h), ETH_LLC);
	be16_store(frame + 12, 0x0600);
	assert_int_equal(eth_parse(frame, len, &h), ETH_OK);
}

static void arp_request_and_reply(void **state)
{
	uint8_t frame[GOLDEN_MAX], out[ARP_LEN];
	struct ipaddr a = IPADDR_V4(10, 0, 0, 1), b = IPADDR_V4(10, 0, 0, 2);
	struct arp arp = { 0 };
	size_t len = golden_bytes("arp_request", frame);

	(void)state;
	assert_int_equal(arp_parse(frame + ETH_HLEN, len - ETH_HLEN, &arp), ARP_OK);
	assert_int_equal(arp.op, ARP_REQUEST);
	assert_true(mac_eq(&arp.sha, &host_a) && mac_is_zero(&arp.tha));
	assert_true(ipaddr_eq(&arp.spa, &a) && ipaddr_eq(&arp.tpa, &b));
	arp_emit(out, &arp);
	assert_memory_equal(out, frame + ETH_HLEN, ARP_LEN);

	arp = (struct arp){ .op = ARP_REPLY, .sha = host_b, .spa = b, .tha = host_a, .tpa = a };
	golden_bytes("arp_reply", frame);
	arp_emit(out, &arp);
	assert_memory_equal(out, frame + ETH_HLEN, ARP_LEN);
}

static void bad_arp_is_refused(void **state)
{
	static const struct { uint8_t at, value; enum arp_result want; } bad[] = {
		{ 0, 1, ARP_BAD_HTYPE },  { 1, 6, ARP_BAD_HTYPE }, { 2, 9, ARP_BAD_PTYPE },
		{ 3, 1, ARP_BAD_PTYPE },  { 4, 8, ARP_BAD_HLEN },  { 5, 16, ARP_BAD_PLEN },
		{ 6, 1, ARP_BAD_OP },     { 7, 0, ARP_BAD_OP },    { 7, 3, ARP_BAD_OP },
	};
	uint8_t frame[GOLDEN_MAX], *p = frame + ETH_HLEN;
	struct arp arp = { 0 };

	(void)state;
	golden_bytes("arp_reply", frame);
	for (size_t cut = 0; cut < ARP_LEN; cut++)
		assert_int_equal(arp_parse(p, cut, &arp), ARP_SHORT);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint8_t was = p[bad[i].at];

		p[bad[i].at] = bad[i].value;
		assert_int_equal(arp_parse(p, ARP_LEN, &arp), bad[i].want);
		assert_string_not_equal(arp_result_name(bad[i].want), "ok");
		p[bad[i].at] = was;
	}
	assert_int_equal(arp_parse(p, ARP_LEN + 18, &arp), ARP_OK);     /* padding */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untagged),
		cmocka_unit_test(tagged),
		cmocka_unit_test(a_length_is_not_a_type),
		cmocka_unit_test(arp_request_and_reply),
		cmocka_unit_test(bad_arp_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
