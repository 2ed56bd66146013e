#include "wire/icmp6.h"

#include <string.h>

enum { QUOTE_UNIT = 8 };                /* of the RFC 4884 length byte */

enum na_flag { NA_ROUTER = 0x80, NA_SOLICITED = 0x40, NA_OVERRIDE = 0x20 };
enum ra_flag { RA_MANAGED = 0x80, RA_OTHER = 0x40 };

size_t icmp6_hlen(uint8_t type)
{
	switch (type) {
	case ICMP6_MSG_NEIGHBOR_SOLICITATION:
		return ICMP6_NS_LEN;
	case ICMP6_MSG_NEIGHBOR_ADVERTISEMENT:
		return ICMP6_NA_LEN;
	case ICMP6_MSG_ROUTER_ADVERTISEMENT:
		return ICMP6_RA_LEN;
	case ICMP6_MSG_REDIRECT:
		return ICMP6_REDIRECT_LEN;
	default:
		return ICMP6_HLEN;
	}
}

/* An address that one node can have: what NS and NA may ask and tell about. */
static bool is_unicast6(const struct ipaddr *a)
{
	return !ipaddr_is_multicast(a) && !ipaddr_is_any(a) && !ipaddr_is4(a);
}

static enum icmp6_result parse_ra(const uint8_t *p, struct icmp6 *m)
{
	unsigned pref = p[5] >> 3 & 3;

	m->ra.hop_limit = p[4];
	m->ra.managed = p[5] & RA_MANAGED;
	m->ra.other = p[5] & RA_OTHER;
	m->ra.preference = pref == 2 ? ND_PREF_MEDIUM : pref;
	m->ra.lifetime = be16_load(p + 6);
	m->ra.reachable_ms = be32_load(p + 8);
	m->ra.retrans_ms = be32_load(p + 12);
	return ICMP6_OK;
}

static enum icmp6_result parse_nd(const uint8_t *p, struct icmp6 *m)
{
	if (m->code != 0)
		return ICMP6_BAD_CODE;
	switch (m->type) {
	case ICMP6_MSG_ROUTER_ADVERTISEMENT:
		return parse_ra(p, m);
	case ICMP6_MSG_NEIGHBOR_SOLICITATION:
		m->ns.target = ipaddr_from_bytes16(p + 8);
		return is_unicast6(&m->ns.target) ? ICMP6_OK : ICMP6_BAD_TARGET;
	case ICMP6_MSG_NEIGHBOR_ADVERTISEMENT:
		m->na.router = p[4] & NA_ROUTER;
		m->na.solicited = p[4] & NA_SOLICITED;
		m->na.override = p[4] & NA_OVERRIDE;
		m->na.target = ipaddr_from_bytes16(p + 8);
		return is_unicast6(&m->na.target) ? ICMP6_OK : ICMP6_BAD_TARGET;
	case ICMP6_MSG_REDIRECT:
		m->redirect.target = ipaddr_from_bytes16(p + 8);
		m->redirect.dst = ipaddr_from_bytes16(p + 24);
		/* RFC 4861 8.1: a router's link-local address, or the destination itself. */
		return is_unicast6(&m->redirect.dst) &&
		       (ipaddr_is_linklocal(&m->redirect.target) ||
			ipaddr_eq(&m->redirect.target, &m->redirect.dst)) ? ICMP6_OK
									  : ICMP6_BAD_TARGET;
	default:                        /* RS has nothing */
		return ICMP6_OK;
	}
}

enum icmp6_result icmp6_parse(const uint8_t *p, size_t len, struct icmp6 *m)
{
	if (len < ICMP6_HLEN || len < icmp6_hlen(p[0]))
		return ICMP6_SHORT;
	*m = (struct icmp6){ .type = p[0], .code = p[1], .checksum = be16_load(p + 2) };
	if (icmp6_is_nd(p[0]))
		return parse_nd(p, m);
	switch (m->type) {
	case ICMP6_MSG_ECHO_REQUEST:
	case ICMP6_MSG_ECHO_REPLY:
		m->echo.id = be16_load(p + 4);
		m->echo.seq = be16_load(p + 6);
		return ICMP6_OK;
	case ICMP6_MSG_PACKET_TOO_BIG:
		m->mtu = be32_load(p + 4);
		return ICMP6_OK;
	case ICMP6_MSG_PARAMETER_PROBLEM:
		m->pointer = be32_load(p + 4);
		return ICMP6_OK;
	case ICMP6_MSG_DESTINATION_UNREACHABLE:
	case ICMP6_MSG_TIME_EXCEEDED:
		m->quote_len = (uint16_t)(p[4] * QUOTE_UNIT);
		return m->quote_len > len - ICMP6_HLEN ? ICMP6_BAD_QUOTE_LEN : ICMP6_OK;
	default:
		return ICMP6_UNKNOWN_TYPE;
	}
}

static void emit_ra(uint8_t *p, const struct icmp6 *m)
{
	p[4] = m->ra.hop_limit;
	p[5] = (uint8_t)((m->ra.managed ? RA_MANAGED : 0) | (m->ra.other ? RA_OTHER : 0) |
			 m->ra.preference << 3);
	be16_store(p + 6, m->ra.lifetime);
	be32_store(p + 8, m->ra.reachable_ms);
	be32_store(p + 12, m->ra.retrans_ms);
}

size_t icmp6_emit(uint8_t *p, const struct icmp6 *m)
{
	size_t hlen = icmp6_hlen((uint8_t)m->type);

	memset(p, 0, hlen);
	p[0] = (uint8_t)m->type;
	p[1] = m->code;
	be16_store(p + 2, m->checksum);
	switch (m->type) {
	case ICMP6_MSG_ECHO_REQUEST:
	case ICMP6_MSG_ECHO_REPLY:
		be16_store(p + 4, m->echo.id);
		be16_store(p + 6, m->echo.seq);
		break;
	case ICMP6_MSG_PACKET_TOO_BIG:
		be32_store(p + 4, m->mtu);
		break;
	case ICMP6_MSG_PARAMETER_PROBLEM:
		be32_store(p + 4, m->pointer);
		break;
	case ICMP6_MSG_DESTINATION_UNREACHABLE:
	case ICMP6_MSG_TIME_EXCEEDED:
		p[4] = (uint8_t)(m->quote_len / QUOTE_UNIT);
		break;
	case ICMP6_MSG_NEIGHBOR_SOLICITATION:
		memcpy(p + 8, m->ns.target.b, 16);
		break;
	case ICMP6_MSG_NEIGHBOR_ADVERTISEMENT:
		p[4] = (uint8_t)((m->na.router ? NA_ROUTER : 0) |
				 (m->na.solicited ? NA_SOLICITED : 0) |
				 (m->na.override ? NA_OVERRIDE : 0));
		memcpy(p + 8, m->na.target.b, 16);
		break;
	case ICMP6_MSG_ROUTER_ADVERTISEMENT:
		emit_ra(p, m);
		break;
	case ICMP6_MSG_REDIRECT:
		memcpy(p + 8, m->redirect.target.b, 16);
		memcpy(p + 24, m->redirect.dst.b, 16);
		break;
	case ICMP6_MSG_ROUTER_SOLICITATION:
		break;
	}
	return hlen;
}

uint16_t icmp6_checksum(const struct ipaddr *src, const struct ipaddr *dst, const struct icmp6 *m,
			size_t body_len, uint32_t body)
{
	struct icmp6 zeroed = *m;
	uint8_t hdr[ICMP6_MAX_HLEN];
	size_t hlen;
	uint32_t s;

	zeroed.checksum = 0;
	hlen = icmp6_emit(hdr, &zeroed);
	s = csum_pseudo(src, dst, IPPROTO_ICMPV6, (uint32_t)(hlen + body_len));
	return csum_fold(csum_partial(hdr, hlen, csum_add(s, body)));
}

const char *icmp6_result_name(enum icmp6_result r)
{
	static const char *const name[] = {
		[ICMP6_OK] = "ok",
		[ICMP6_SHORT] = "truncated",
		[ICMP6_UNKNOWN_TYPE] = "unknown type",
		[ICMP6_BAD_CODE] = "code is not 0",
		[ICMP6_BAD_TARGET] = "bad target address",
		[ICMP6_BAD_QUOTE_LEN] = "quote longer than the message",
	};

	return name[r];
}
