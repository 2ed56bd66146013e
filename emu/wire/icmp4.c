#include "wire/icmp4.h"

enum { QUOTE_UNIT = 4 };                /* of the RFC 4884 length byte */

/* The highest code of each type that has codes. Echo's is carried whatever it is, as hosts do. */
static int highest_code(uint8_t type)
{
	switch (type) {
	case ICMP4_DESTINATION_UNREACHABLE:
		return ICMP4_PRECEDENCE_CUTOFF;
	case ICMP4_REDIRECT:
		return ICMP4_REDIRECT_TOS_HOST;
	case ICMP4_TIME_EXCEEDED:
		return ICMP4_REASSEMBLY_TIMEOUT;
	case ICMP4_PARAMETER_PROBLEM:
		return ICMP4_BAD_LENGTH;
	case ICMP4_ECHO:
	case ICMP4_ECHO_REPLY:
		return 255;
	default:
		return -1;
	}
}

static bool has_quote_len(uint8_t type)
{
	return type == ICMP4_DESTINATION_UNREACHABLE || type == ICMP4_TIME_EXCEEDED ||
	       type == ICMP4_PARAMETER_PROBLEM;
}

enum icmp4_result icmp4_parse(const uint8_t *p, size_t len, struct icmp4 *m)
{
	int highest;

	if (len < ICMP4_HLEN)
		return ICMP4_SHORT;
	*m = (struct icmp4){ .type = p[0], .code = p[1], .checksum = be16_load(p + 2) };
	highest = highest_code(p[0]);
	if (highest < 0)
		return ICMP4_UNKNOWN_TYPE;
	if (m->code > highest)
		return ICMP4_BAD_CODE;
	switch (m->type) {
	case ICMP4_ECHO:
	case ICMP4_ECHO_REPLY:
		m->echo.id = be16_load(p + 4);
		m->echo.seq = be16_load(p + 6);
		break;
	case ICMP4_DESTINATION_UNREACHABLE:
		if (m->code == ICMP4_FRAGMENTATION_NEEDED)
			m->next_hop_mtu = be16_load(p + 6);
		break;
	case ICMP4_PARAMETER_PROBLEM:
		m->pointer = p[4];
		break;
	case ICMP4_REDIRECT:
		m->gateway = ipaddr_from_bytes4(p + 4);
		break;
	case ICMP4_TIME_EXCEEDED:
		break;
	}
	if (has_quote_len(p[0])) {
		m->quote_len = (uint16_t)(p[5] * QUOTE_UNIT);
		if (m->quote_len > len - ICMP4_HLEN)
			return ICMP4_BAD_QUOTE_LEN;
	}
	return ICMP4_OK;
}

void icmp4_emit(uint8_t *p, const struct icmp4 *m)
{
	p[0] = (uint8_t)m->type;
	p[1] = m->code;
	be16_store(p + 2, m->checksum);
	be32_store(p + 4, 0);
	switch (m->type) {
	case ICMP4_ECHO:
	case ICMP4_ECHO_REPLY:
		be16_store(p + 4, m->echo.id);
		be16_store(p + 6, m->echo.seq);
		break;
	case ICMP4_DESTINATION_UNREACHABLE:
		if (m->code == ICMP4_FRAGMENTATION_NEEDED)
			be16_store(p + 6, m->next_hop_mtu);
		break;
	case ICMP4_PARAMETER_PROBLEM:
		p[4] = m->pointer;
		break;
	case ICMP4_REDIRECT:
		memcpy(p + 4, m->gateway.b + 12, 4);
		break;
	case ICMP4_TIME_EXCEEDED:
		break;
	}
	if (has_quote_len((uint8_t)m->type))
		p[5] = (uint8_t)(m->quote_len / QUOTE_UNIT);
}

uint16_t icmp4_checksum(const struct icmp4 *m, uint32_t body)
{
	struct icmp4 zeroed = *m;
	uint8_t hdr[ICMP4_HLEN];

	zeroed.checksum = 0;
	icmp4_emit(hdr, &zeroed);
	return csum_fold(csum_partial(hdr, sizeof hdr, body));
}

const char *icmp4_result_name(enum icmp4_result r)
{
	static const char *const name[] = {
		[ICMP4_OK] = "ok",
		[ICMP4_SHORT] = "truncated",
		[ICMP4_UNKNOWN_TYPE] = "unknown type",
		[ICMP4_BAD_CODE] = "unknown code",
		[ICMP4_BAD_QUOTE_LEN] = "quote longer than the message",
	};

	return name[r];
}
