#include "wire/offload.h"

#include "wire/be.h"
#include "wire/checksum.h"

#define UDP_CHECKSUM_AT 6

static uint32_t message_sum(const struct packet *p, uint32_t sum)
{
	size_t headers = (size_t)(p->end - p->l4);

	sum = csum_partial(p->hdr + p->l4, headers, sum);
	/* Behind an odd number of header bytes the payload stands at odd offsets. */
	return csum_block_add(sum, csum_partial(p->data, p->data_len, 0), headers);
}

void packet_checksum_fill(struct packet *p)
{
	if (!(p->flags & PACKET_CSUM))
		return;
	uint16_t csum = csum_fold(message_sum(p, 0));
	if (csum == 0 && p->csum_at - p->l4 == UDP_CHECKSUM_AT)
		csum = 0xffff;
	be16_store(p->hdr + p->csum_at, csum);
	p->flags &= (uint8_t)~PACKET_CSUM;
}

bool packet_checksum_ok(const struct packet *p, uint32_t pseudo)
{
	if (p->flags & (PACKET_VERIFIED | PACKET_CSUM))
		return true;
	return csum_fold(message_sum(p, pseudo)) == 0;
}
