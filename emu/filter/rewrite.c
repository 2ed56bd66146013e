#include "filter/rewrite.h"

#include <netinet/in.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"
#include "wire/quote.h"

#define UDP_CSUM_AT 6
#define TCP_CSUM_AT 16
#define DCCP_CSUM_AT 6
#define ICMP_CSUM_AT 2
#define ICMP_ID_AT 4
#define IP4_CSUM_AT 10

/* Where the addresses stand. */
static uint8_t *address_at(uint8_t *ip, enum rewrite_end end)
{
	if (ip[0] >> 4 == 4)
		return ip + (end == REWRITE_SRC ? 12 : 16);
	return ip + (end == REWRITE_SRC ? 8 : 24);
}

/* For a field that holds the sum itself, not its complement: see PACKET_CSUM. */
static void sum_apply(uint8_t *field, uint32_t change)
{
	be16_store(field, (uint16_t)~csum_fold(csum_add16(change, be16_load(field))));
}

/* What a transport header has at most: a port for that end, and a checksum. Offsets; 0: none. */
struct l4_fields {
	uint16_t port, csum;
	bool has_port, has_csum;
	bool pseudo; /* addresses are part of it */
	bool udp;    /* 0 means that there is none */
};

static bool icmp_has_id(bool ip4, uint8_t type, enum rewrite_end end)
{
	bool src = end == REWRITE_SRC;

	if (!ip4)
		return type == (src ? 128 : 129);
	return src ? type == 8 || type == 13 || type == 15 || type == 17
		   : type == 0 || type == 14 || type == 16 || type == 18;
}

static struct l4_fields fields_of(uint8_t proto, const uint8_t *l4, enum rewrite_end end)
{
	struct l4_fields f = {.has_port = true, .has_csum = true, .pseudo = true,
			      .port = end == REWRITE_SRC ? 0 : 2};

	switch (proto) {
	case IPPROTO_TCP:
		f.csum = TCP_CSUM_AT;
		return f;
	case IPPROTO_UDP:
		f.udp = true;
		/* fall through */
	case IPPROTO_UDPLITE:
		f.csum = UDP_CSUM_AT;
		return f;
	case IPPROTO_DCCP:
		f.csum = DCCP_CSUM_AT;
		return f;
	case IPPROTO_ICMP:
		f.pseudo = false;
		/* fall through */
	case IPPROTO_ICMPV6:
		f.csum = ICMP_CSUM_AT;
		f.port = ICMP_ID_AT;
		/* Only questions have it as their source, only answers as their destination, and errors,
		 * whose pointer or length stands there, not at all. */
		f.has_port = icmp_has_id(proto == IPPROTO_ICMP, l4[0], end);
		return f;
	default:
		return (struct l4_fields){0};
	}
}

/* Puts the address where it belongs; what that changes in a sum that it is part of. */
static uint32_t address_put(uint8_t *ip, enum rewrite_end end, const struct ipaddr *addr)
{
	uint8_t *at = address_at(ip, end);
	uint32_t change;

	if (ip[0] >> 4 == 4) {
		change = csum_change(0, at, addr->b + 12, 4);
		memcpy(at, addr->b + 12, 4);
		csum_apply(ip + IP4_CSUM_AT, change);
	} else {
		change = csum_change(0, at, addr->b, 16);
		memcpy(at, addr->b, 16);
	}
	return change;
}

/*
 * Both headers in memory: ip, and l4 of which l4_len bytes are there. partial: the transport
 * checksum is one that is still to be filled in.
 */
static void rewrite(uint8_t *ip, uint8_t *l4, size_t l4_len, uint8_t proto, enum rewrite_end end,
		    const struct ipaddr *addr, uint16_t port, bool partial)
{
	struct l4_fields f = l4_len >= 4 ? fields_of(proto, l4, end) : (struct l4_fields){0};
	bool has_port = f.has_port && l4_len >= (size_t)f.port + 2;
	bool has_csum = f.has_csum && l4_len >= (size_t)f.csum + 2 &&
			!(f.udp && !partial && be16_load(l4 + f.csum) == 0);
	uint32_t change = address_put(ip, end, addr);
	uint8_t to_port[2];

	be16_store(to_port, port);
	if (has_csum && partial && f.pseudo)
		sum_apply(l4 + f.csum, change);
	if (has_csum && !partial) {
		change = f.pseudo ? change : 0;
		csum_apply(l4 + f.csum, has_port ? csum_change(change, l4 + f.port, to_port, 2) : change);
		if (f.udp && be16_load(l4 + f.csum) == 0)
			be16_store(l4 + f.csum, 0xffff);
	}
	if (has_port)
		memcpy(l4 + f.port, to_port, 2);
}

void rewrite_end(struct packet *p, enum rewrite_end end, const struct ipaddr *addr, uint16_t port)
{
	if (__builtin_expect(p->end - p->l4 < TCP_CSUM_AT + 2, 0) && p->data_len) {
		uint32_t len = packet_l4_len(p);

		packet_pull(p, p->l4, (uint16_t)(len < TCP_CSUM_AT + 2 ? len : TCP_CSUM_AT + 2));
	}
	rewrite(p->hdr + p->l3, p->hdr + p->l4, (size_t)(p->end - p->l4), p->proto, end, addr, port,
		p->flags & PACKET_CSUM);
}

/* What stands in a checksum that is still to be filled in: the pseudo-header's sum, if there is one. */
static uint16_t pseudo_now(const struct packet *p)
{
	const uint8_t *ip = p->hdr + p->l3;
	struct ipaddr src, dst;

	if (p->proto == IPPROTO_ICMP)
		return 0;
	src = ipaddr_from_bytes16(ip + 8);
	dst = ipaddr_from_bytes16(ip + 24);
	return (uint16_t)~csum_fold(csum_pseudo(&src, &dst, p->proto, packet_l4_len(p)));
}

bool rewrite_quote(struct packet *p, enum rewrite_end end, const struct ipaddr *addr, uint16_t port)
{
	uint16_t at = (uint16_t)(p->l4 + ICMP4_HLEN);
	uint32_t len = packet_len_from(p, at), room = (uint32_t)(PACKET_HDR - at);
	uint8_t *quote = p->hdr + at, *icmp = p->hdr + p->l4;
	struct quote q;

	/* All that may change comes into the packet's own header buffer, where it may be written. */
	if (at >= PACKET_HDR || !packet_pull(p, at, (uint16_t)(len < room ? len : room)) ||
	    !quote_parse(quote, (size_t)(p->end - at), &q))
		return false;
	rewrite(quote, quote + (q.l4 - quote), q.frag_off ? 0 : q.l4_len, q.proto, end, addr, port, false);
	/* The whole error's checksum: it was right when it came (conntrack.c), and will be again. */
	be16_store(icmp + ICMP_CSUM_AT, pseudo_now(p));
	p->csum_at = (uint16_t)(p->l4 + ICMP_CSUM_AT);
	p->flags |= PACKET_CSUM;
	return true;
}
