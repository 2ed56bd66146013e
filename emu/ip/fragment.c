#include "ip/fragment.h"

#include <netinet/in.h>

#include "wire/ipv4.h"
#include "wire/ipv6_ext.h"
#include "wire/offload.h"

/*
 * A packet of len bytes of p from skip bytes after its IP header's start, with room for an IP
 * header of hlen bytes at l3; the rest follows from l4.
 */
static struct packet *piece_new(const struct packet *p, uint32_t skip, uint32_t len, uint16_t hlen)
{
	struct packet *q = packet_slice(p, p->l3, skip, len);
	uint16_t in_hdr = (uint16_t)(q->end - q->head);

	if (q->head + hlen + in_hdr > PACKET_HDR) {
		/* Headers that were pulled in far: their bytes go to a slab of the piece's own. */
		uint8_t *bytes;
		struct slab *s = slab_new(p->world, len);

		bytes = s->bytes;
		packet_read(p, p->l3, skip, bytes, len);
		if (q->slab)
			slab_unref(p->world, q->slab);
		q->slab = s;
		q->data = bytes;
		q->data_len = len;
		in_hdr = 0;
	}
	memmove(q->hdr + q->head + hlen, q->hdr + q->head, in_hdr);
	q->l4 = (uint16_t)(q->l3 + hlen);
	q->end = (uint16_t)(q->l4 + in_hdr);
	q->ttl = p->ttl;
	q->tos = p->tos;
	return q;
}

/* The most payload that a fragment which is not the last may hold: whole units of 8 bytes. */
static uint32_t room_for(uint32_t mtu, uint32_t hlen)
{
	uint32_t room = mtu > hlen ? (mtu - hlen) & ~7u : 0;

	return room ? room : 8;
}

void ip4_fragment(struct packet *p, uint32_t mtu, void (*emit)(struct packet *, void *), void *arg)
{
	uint8_t header[IPV4_MAX_HLEN], later[IPV4_MAX_HLEN] = {0};
	struct ipv4_hdr whole, h;
	uint32_t off = 0, len;
	uint16_t hlen, later_hlen;

	p->l3 = p->head;
	ipv4_load(p->hdr + p->l3, &whole);
	hlen = (uint16_t)ipv4_hlen(&whole);
	p->l4 = (uint16_t)(p->l3 + hlen);
	packet_checksum_fill(p);
	memcpy(header, p->hdr + p->l3, hlen);
	later_hlen = (uint16_t)(IPV4_HLEN + ipv4_opt_copied(header, later + IPV4_HLEN));
	len = packet_l3_len(p) - hlen;

	while (off < len) {
		uint32_t room = room_for(mtu, hlen), left = len - off;
		bool last = left <= room || hlen + left <= mtu;
		struct packet *q = piece_new(p, hlen + off, last ? left : room, hlen);

		h = whole;
		h.ihl = (uint8_t)(hlen / 4);
		h.total_len = (uint16_t)(hlen + (last ? left : room));
		/* A fragment of a fragment: places in the first datagram, and more follow it. */
		h.frag_off = (uint16_t)(whole.frag_off + off);
		h.mf = whole.mf || !last;
		memcpy(q->hdr + q->l3, header, hlen);
		ipv4_emit(q->hdr + q->l3, &h);
		ipv4_set_checksum(q->hdr + q->l3);
		emit(q, arg);
		off += last ? left : room;
		memcpy(header, later, later_hlen);
		hlen = later_hlen;
	}
	packet_free(p);
}

/*
 * The part of each fragment that routers on the way need: the fixed header with hop-by-hop and
 * routing headers, and destination options before a routing header (RFC 8200 4.5). Returns its
 * length and, in *next_at, where it says what follows.
 */
static uint16_t unfragmentable_len(const struct packet *p, uint16_t *next_at)
{
	const uint8_t *ip = p->hdr + p->l3;
	uint32_t have = (uint32_t)(p->end - p->l3), at = IPV6_HLEN, len = IPV6_HLEN, named = 6;
	uint8_t next = ip[6];

	*next_at = 6;
	while ((next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS) &&
	       at + 8 <= have) {
		bool is_options = next == IPPROTO_DSTOPTS;

		next = ip[at];
		named = at;
		at += (uint32_t)(ip[at + 1] + 1) * 8;
		if (at > have)
			break;
		if (!is_options) {
			len = at;
			*next_at = (uint16_t)named;
		}
	}
	return (uint16_t)len;
}

void ip6_fragment(struct packet *p, uint32_t mtu, uint32_t id,
		  void (*emit)(struct packet *, void *), void *arg)
{
	struct ipv6_frag frag = {.id = id};
	uint16_t fixed, next_at, hlen;
	uint32_t off = 0, len, room;

	p->l3 = p->head;
	packet_checksum_fill(p);
	fixed = unfragmentable_len(p, &next_at);
	hlen = (uint16_t)(fixed + IPV6_FRAG_LEN);
	frag.next = p->hdr[p->l3 + next_at];
	len = packet_l3_len(p) - fixed;
	room = room_for(mtu, hlen);

	while (off < len) {
		uint32_t left = len - off;
		bool last = left <= room || hlen + left <= mtu;
		uint32_t n = last ? left : room;
		struct packet *q = piece_new(p, fixed + off, n, hlen);
		uint8_t *ip = q->hdr + q->l3;

		memcpy(ip, p->hdr + p->l3, fixed);
		ip[next_at] = IPPROTO_FRAGMENT;
		be16_store(ip + 4, (uint16_t)(hlen - IPV6_HLEN + n));
		frag.offset = (uint16_t)off;
		frag.mf = !last;
		ipv6_frag_emit(ip + fixed, &frag);
		emit(q, arg);
		off += n;
	}
	packet_free(p);
}
