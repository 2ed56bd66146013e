/*
 * Reassembly: a fragment is read, judged, and put where it belongs in its datagram; when no hole is
 * left, the datagram goes on as one packet.
 */
#include "ip/fragment.h"
#include "ip/icmp.h"
#include "ip/reassemble.h"
#include "wire/ipv4.h"
#include "wire/ipv6_ext.h"

enum ecn { ECN_NOT_ECT, ECN_ECT1, ECN_ECT0, ECN_CE, ECN_MASK = 3 };

static void fragment_read4(const struct packet *p, struct fragment *f)
{
	struct ipv4_hdr h;

	ipv4_load(p->hdr + p->l3, &h);
	*f = (struct fragment){.src = h.src,
			       .dst = h.dst,
			       .id = h.id,
			       .offset = h.frag_off,
			       .proto = h.proto,
			       .ip4 = true,
			       .mf = h.mf,
			       .df = h.df,
			       .ecn = h.tos & ECN_MASK,
			       .headers = (uint32_t)ipv4_hlen(&h)};
}

static void fragment_read6(const struct packet *p, uint16_t frag_at, struct fragment *f)
{
	struct ipv6_frag h;
	const uint8_t *ip = p->hdr + p->l3;

	ipv6_frag_parse(p->hdr + frag_at, IPV6_FRAG_LEN, &h);
	*f = (struct fragment){.src = ipaddr_from_bytes16(ip + 8),
			       .dst = ipaddr_from_bytes16(ip + 24),
			       .id = h.id,
			       .offset = h.offset,
			       .mf = h.mf,
			       .ecn = ip[1] >> 4 & ECN_MASK,
			       .headers = (uint32_t)(frag_at - p->l3 - IPV6_HLEN)};
}

static void refuse(struct node *n, struct packet *p, const struct fragment *f, uint32_t pointer,
		   enum drop_reason why)
{
	if (!f->ip4) /* RFC 8200 4.5 */
		icmp_error(n, p, ICMP_BAD_HEADER, pointer);
	packet_drop(p, &n->site, why);
}

/* False: the fragment cannot be one, and is gone. */
static bool is_possible(struct node *n, struct packet *p, const struct fragment *f)
{
	uint32_t frag_offset_at = (uint32_t)(p->l4 - p->l3) - IPV6_FRAG_LEN + 2;

	if (f->end == f->offset || (f->mf && (f->end - f->offset) % 8)) {
		refuse(n, p, f, 4, DROP_FRAG_MALFORMED); /* the payload length field */
		return false;
	}
	if (f->headers + f->end > UINT16_MAX) {
		refuse(n, p, f, frag_offset_at, DROP_FRAG_TOO_BIG);
		return false;
	}
	return true;
}

enum place { PLACE_OK, PLACE_DUPLICATE, PLACE_OVERLAP, PLACE_BEYOND };

/* Where the fragment belongs: *at is the link before which it goes. */
static enum place find_place(struct datagram *d, const struct fragment *f, struct packet ***at)
{
	struct packet **link = &d->first;

	/* The last fragment says where the datagram ends; nothing may say or lie otherwise. */
	if (d->len ? f->end > d->len || (!f->mf && f->end != d->len)
		   : !f->mf && d->last && f->end < fragment_end(d, d->last))
		return PLACE_BEYOND;
	if (d->last && f->offset >= fragment_end(d, d->last)) {
		link = &d->last->next;
	} else {
		while (*link && fragment_end(d, *link) <= f->offset)
			link = &(*link)->next;
	}
	*at = link;
	if (!*link || fragment_offset(d, *link) >= f->end)
		return PLACE_OK;
	return fragment_offset(d, *link) == f->offset && fragment_end(d, *link) == f->end ? PLACE_DUPLICATE
									       : PLACE_OVERLAP;
}

static void insert(struct reassembly *r, struct datagram *d, struct packet **at, struct packet *p,
		   const struct fragment *f)
{
	uint32_t len = packet_l3_len(p);

	p->next = *at;
	*at = p;
	if (!p->next)
		d->last = p;
	d->have += f->end - f->offset;
	if (!f->mf)
		d->len = f->end;
	d->ecn_seen |= (uint8_t)(1u << f->ecn);
	if (len > d->max_len)
		d->max_len = len;
	if (f->df && len > d->max_df_len)
		d->max_df_len = len;
	datagram_charge(r, d, (uint32_t)sizeof(*p) + p->data_len);
}

/*
 * RFC 3168 5.3: congestion seen by one fragment was seen by the datagram; what claims to be
 * ECN-capable in part only is refused. -1, or what to set in the traffic class.
 */
static int ecn_of(uint8_t seen)
{
	bool capable = seen & (1 << ECN_ECT0 | 1 << ECN_ECT1 | 1 << ECN_CE);

	if (seen & 1 << ECN_NOT_ECT)
		return capable ? -1 : 0;
	return seen & 1 << ECN_CE ? ECN_CE : 0;
}

/* All is there: the first fragment becomes the datagram, the others end as delivered. */
static struct packet *datagram_join(struct reassembly *r, struct datagram *d)
{
	uint32_t len = d->len;
	bool ip4 = d->ip4, df = d->max_df_len && d->max_df_len == d->max_len;
	int ecn = ecn_of(d->ecn_seen);
	struct packet *p = datagram_end(r, d);
	uint32_t headers = (uint32_t)(p->l4 - p->l3) - (ip4 ? 0 : IPV6_HLEN + IPV6_FRAG_LEN);

	if (ecn < 0 || headers + len > UINT16_MAX) {
		fragments_drop(r->node, p, ecn < 0 ? DROP_FRAG_MALFORMED : DROP_FRAG_TOO_BIG, 0);
		return NULL;
	}
	p = fragments_join(p, len);
	if (ip4)
		headers_whole4(p, len, (uint8_t)ecn, df);
	else
		headers_whole6(p, len, (uint8_t)ecn);
	return p;
}

static struct packet *take(struct reassembly *r, struct packet *p, const struct fragment *f)
{
	struct datagram *d = datagram_find(r, f);
	struct packet **at;

	if (!d)
		d = datagram_new(r, f);
	switch (find_place(d, f, &at)) {
	case PLACE_DUPLICATE:
		packet_drop(p, &r->node->site, DROP_FRAG_DUPLICATE);
		return NULL;
	case PLACE_OVERLAP:
		packet_drop(p, &r->node->site, DROP_FRAG_OVERLAP);
		datagram_drop(r, d, DROP_FRAG_OVERLAP, 0);
		return NULL;
	case PLACE_BEYOND:
		packet_drop(p, &r->node->site, DROP_FRAG_MALFORMED);
		datagram_drop(r, d, DROP_FRAG_MALFORMED, 0);
		return NULL;
	case PLACE_OK:
		break;
	}
	insert(r, d, at, p, f);
	if (d->len && d->have == d->len)
		return datagram_join(r, d);
	datagrams_make_room(r, f->ip4);
	return NULL;
}

struct packet *ip_reassemble(struct node *n, struct packet *p, uint16_t frag_at)
{
	bool ip4 = p->hdr[p->l3] >> 4 == 4;
	struct fragment f;

	if (ip4) {
		fragment_read4(p, &f);
		p->l4 = (uint16_t)(p->l3 + f.headers);
	} else {
		fragment_read6(p, frag_at, &f);
		p->l4 = (uint16_t)(frag_at + IPV6_FRAG_LEN);
	}
	f.end = f.offset + packet_l4_len(p);
	if (!ip4 && !f.mf && f.offset == 0) { /* RFC 6946: whole, and nobody else's business */
		headers_whole6(p, f.end, 0);
		return p;
	}
	if (!is_possible(n, p, &f))
		return NULL;
	return take(reassembly_of(n), p, &f);
}
