#include "live/frame_checksum.h"

#include <netinet/in.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

/* The transport message of an unfragmented packet, and its pseudo-header. */
struct message {
	uint8_t *at;
	size_t len;
	uint8_t proto;
	struct ipaddr src, dst;
};

static bool find4(uint8_t *ip, size_t len, struct message *m)
{
	size_t head, total;

	if (len < IPV4_HLEN || ip[0] >> 4 != 4)
		return false;
	head = (ip[0] & 15) * 4u;
	total = be16_load(ip + 2);
	if (head < IPV4_HLEN || total < head || total > len || be16_load(ip + 6) & 0x3fff)
		return false;
	*m = (struct message){ip + head, total - head, ip[9], ipaddr_from_bytes4(ip + 12),
			      ipaddr_from_bytes4(ip + 16)};
	return true;
}

/* Extension headers stand between rarely enough: Linux offloads nothing behind them. */
static bool find6(uint8_t *ip, size_t len, struct message *m)
{
	size_t payload;

	if (len < IPV6_HLEN || ip[0] >> 4 != 6)
		return false;
	payload = be16_load(ip + 4);
	if (payload > len - IPV6_HLEN)
		return false;
	*m = (struct message){ip + IPV6_HLEN, payload, ip[6], ipaddr_from_bytes16(ip + 8),
			      ipaddr_from_bytes16(ip + 24)};
	return true;
}

static bool complete(const struct message *m)
{
	size_t at = m->proto == IPPROTO_TCP ? 16 : 6;
	uint16_t left, sum;

	if ((m->proto != IPPROTO_TCP && m->proto != IPPROTO_UDP) || m->len < at + 2)
		return false;
	left = (uint16_t)~csum_fold(csum_pseudo(&m->src, &m->dst, m->proto, (uint32_t)m->len));
	if (!left || be16_load(m->at + at) != left)
		return false;
	/* It stays in the field while the message is summed, and is the pseudo-header's share. */
	sum = csum_fold(csum_partial(m->at, m->len, 0));
	be16_store(m->at + at, m->proto == IPPROTO_UDP && !sum ? 0xffff : sum);
	return true;
}

bool frame_checksum_complete(uint8_t *frame, size_t len)
{
	size_t at = ETH_HLEN;
	struct message m;
	uint16_t type;

	if (len < ETH_HLEN)
		return false;
	type = be16_load(frame + 12);
	for (int tags = 0; tags < 2 && (type == ETH_TYPE_VLAN || type == ETH_TYPE_QINQ); tags++) {
		if (len < at + ETH_TAG_LEN)
			return false;
		type = be16_load(frame + at + 2);
		at += ETH_TAG_LEN;
	}
	if (type == ETH_TYPE_IPV4)
		return find4(frame + at, len - at, &m) && complete(&m);
	return type == ETH_TYPE_IPV6 && find6(frame + at, len - at, &m) && complete(&m);
}
