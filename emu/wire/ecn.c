#include "wire/ecn.h"

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/frame_ip.h"
#include "wire/ipv4.h"

#define IPV6_CE (UINT16_C(3) << 4) /* in the first word: version, traffic class, flow label */

/* Where the IP header of a frame stands, as far as its first bytes; 0 if it is no IP. */
static int ecn_read(const struct packet *p, uint8_t first[2])
{
	int version = frame_ip_version(p);

	if (!version || packet_read(p, p->l3, 0, first, 2) < 2 || first[0] >> 4 != version)
		return 0;
	return version;
}

enum ecn_codepoint packet_ecn(const struct packet *p)
{
	uint8_t first[2];

	switch (ecn_read(p, first)) {
	case 4:
		return first[1] & 3;
	case 6:
		return first[1] >> 4 & 3;
	}
	return ECN_CODE_NOT_ECT;
}

bool packet_set_ce(struct packet *p)
{
	enum ecn_codepoint now = packet_ecn(p);
	int version = frame_ip_version(p);
	uint8_t *ip = p->hdr + p->l3;

	if (now == ECN_CODE_NOT_ECT || !packet_pull(p, p->l3, IPV4_HLEN))
		return false;
	if (now == ECN_CODE_CE)
		return true;
	uint16_t from = be16_load(ip);
	uint16_t to = (uint16_t)(version == 4 ? from | ECN_CODE_CE : from | IPV6_CE);
	be16_store(ip, to);
	if (version == 4)
		be16_store(ip + 10, csum_update16(be16_load(ip + 10), from, to));
	return true;
}
