/*
 * The last step of reassembly: several fragments become one packet.
 *
 * The payload is joined without copying where the slices are neighbours in one slab, as they are
 * if the sender cut them from one; the headers become those of a datagram that was never cut.
 */
#include "ip/reassemble.h"

#include "wire/ipv4.h"
#include "wire/ipv6_ext.h"

/* Whether q's data follows on at `end` of the slab, where what was pulled to its hdr is, too. */
static bool is_neighbour(const struct packet *q, const struct slab *slab, const uint8_t *end)
{
	uint32_t in_hdr = (uint32_t)(q->end - q->l4);

	if (in_hdr == 0)
		return q->slab == slab && q->data == end;
	return q->slab && q->slab == slab && q->data == end + in_hdr &&
	       memcmp(end, q->hdr + q->l4, in_hdr) == 0;
}

/* The payload of all fragments as one slice of the slab that they share; false if they do not. */
static bool join_slices(struct packet *p)
{
	const struct packet *start = p;
	uint32_t len;

	if (!p->slab) { /* all of the first one's data is in hdr */
		start = p->next;
		if (start->end != start->l4)
			return false;
	}
	len = start->data_len;
	for (const struct packet *q = start->next; q; q = q->next) {
		if (!is_neighbour(q, start->slab, start->data + len))
			return false;
		len += packet_l4_len(q);
	}
	if (start != p)
		packet_set_payload(p, start->slab, start->data, len);
	p->data_len = len;
	return true;
}

static void join_copies(struct packet *p, uint32_t total)
{
	uint32_t at = p->data_len, len = total - (uint32_t)(p->end - p->l4);
	struct slab *s = slab_new(p->world, len);

	packet_read(p, p->end, 0, s->bytes, p->data_len);
	for (struct packet *q = p->next; q; q = q->next)
		at += packet_read(q, q->l4, 0, s->bytes + at, len - at);
	if (p->slab)
		slab_unref(p->world, p->slab);
	p->slab = s;
	p->data = s->bytes;
	p->data_len = len;
}

struct packet *fragments_join(struct packet *p, uint32_t len)
{
	if (p->next && !join_slices(p))
		join_copies(p, len);
	for (struct packet *q = p->next, *next; q; q = next) {
		next = q->next;
		if (!(q->flags & PACKET_VERIFIED))
			p->flags &= (uint8_t)~PACKET_VERIFIED;
		p->flags |= q->flags & PACKET_DAMAGED;
		packet_free(q);
	}
	p->next = NULL;
	return p;
}

void headers_whole4(struct packet *p, uint32_t len, uint8_t ecn, bool df)
{
	uint8_t *ip = p->hdr + p->l3;

	ip[1] |= ecn;
	be16_store(ip + 2, (uint16_t)(p->l4 - p->l3 + len));
	be16_store(ip + 6, df ? 0x4000 : 0);
	ipv4_set_checksum(ip);
	p->tos |= ecn;
}

/* Takes the fragment header out: what stands before it moves up. */
void headers_whole6(struct packet *p, uint32_t len, uint8_t ecn)
{
	uint16_t frag_at = (uint16_t)(p->l4 - IPV6_FRAG_LEN), next_at = IPV6_HLEN;
	uint8_t *ip = p->hdr + p->l3, next = p->hdr[frag_at];

	if (p->l3 + IPV6_HLEN == frag_at) {
		ip[6] = next;
	} else {
		while (p->l3 + next_at + (ip[next_at + 1] + 1) * 8 < frag_at)
			next_at = (uint16_t)(next_at + (ip[next_at + 1] + 1) * 8);
		ip[next_at] = next;
	}
	ip[1] |= (uint8_t)(ecn << 4);
	be16_store(ip + 4, (uint16_t)(frag_at - p->l3 - IPV6_HLEN + len));
	memmove(p->hdr + p->head + IPV6_FRAG_LEN, p->hdr + p->head, (size_t)(frag_at - p->head));
	p->head = (uint16_t)(p->head + IPV6_FRAG_LEN);
	p->l3 = (uint16_t)(p->l3 + IPV6_FRAG_LEN);
	p->tos |= ecn;
}
