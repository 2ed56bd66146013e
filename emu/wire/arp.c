#include "wire/arp.h"

#include "wire/be.h"
#include "wire/eth.h"

enum { HTYPE_ETHERNET = 1 };

enum arp_result arp_parse(const uint8_t *p, size_t len, struct arp *a)
{
	uint16_t op;

	if (len < ARP_LEN)
		return ARP_SHORT;
	if (be16_load(p) != HTYPE_ETHERNET)
		return ARP_BAD_HTYPE;
	if (be16_load(p + 2) != ETH_TYPE_IPV4)
		return ARP_BAD_PTYPE;
	if (p[4] != 6)
		return ARP_BAD_HLEN;
	if (p[5] != 4)
		return ARP_BAD_PLEN;
	op = be16_load(p + 6);
	if (op != ARP_REQUEST && op != ARP_REPLY)
		return ARP_BAD_OP;
	a->op = op;
	a->sha = mac_from_bytes(p + 8);
	a->spa = ipaddr_from_bytes4(p + 14);
	a->tha = mac_from_bytes(p + 18);
	a->tpa = ipaddr_from_bytes4(p + 24);
	return ARP_OK;
}

void arp_emit(uint8_t *p, const struct arp *a)
{
	be16_store(p, HTYPE_ETHERNET);
	be16_store(p + 2, ETH_TYPE_IPV4);
	p[4] = 6;
	p[5] = 4;
	be16_store(p + 6, (uint16_t)a->op);
	memcpy(p + 8, a->sha.b, 6);
	memcpy(p + 14, a->spa.b + 12, 4);
	memcpy(p + 18, a->tha.b, 6);
	memcpy(p + 24, a->tpa.b + 12, 4);
}

const char *arp_result_name(enum arp_result r)
{
	static const char *const name[] = {
		[ARP_OK] = "ok",
		[ARP_SHORT] = "truncated",
		[ARP_BAD_HTYPE] = "hardware type is not Ethernet",
		[ARP_BAD_PTYPE] = "protocol type is not IPv4",
		[ARP_BAD_HLEN] = "bad hardware address length",
		[ARP_BAD_PLEN] = "bad protocol address length",
		[ARP_BAD_OP] = "unknown operation",
	};

	return name[r];
}
