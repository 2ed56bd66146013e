#include "filter/nat64_icmp.h"

#include <string.h>

#include "wire/be.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

#define DIFFERENCE 20 /* between the two headers */
#define MIN6 1280
#define NONE 0xff

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool put(uint8_t out[8], int type, int code, uint32_t rest)
{
	out[0] = (uint8_t)type;
	out[1] = (uint8_t)code;
	be16_store(out + 2, 0);
	be32_store(out + 4, rest);
	return true;
}

/* Where in the other header the field stands that is wrong (figures 3 and 6). */
static uint8_t pointer6(uint8_t at)
{
	static const uint8_t map[20] = {0,    1,    4, 4, NONE, NONE, NONE, NONE, 7,  6,
					NONE, NONE, 8, 8, 8,    8,    24,   24,   24, 24};

	return at < sizeof(map) ? map[at] : NONE;
}

static uint8_t pointer4(uint32_t at)
{
	static const uint8_t map[8] = {0, 1, NONE, NONE, 2, 2, 9, 8};

	if (at < sizeof(map))
		return map[at];
	return at < 24 ? 12 : at < 40 ? 16 : NONE;
}

static bool unreachable6(uint8_t code, uint32_t mtu, uint8_t out[8], uint32_t here, uint32_t next)
{
	switch (code) {
	case ICMP4_PROTOCOL_UNREACHABLE:
		return put(out, ICMP6_MSG_PARAMETER_PROBLEM, ICMP6_UNKNOWN_NEXT_HEADER, 6);
	case ICMP4_PORT_UNREACHABLE:
		return put(out, ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_PORT_UNREACHABLE, 0);
	case ICMP4_FRAGMENTATION_NEEDED:
		/* Routers of before RFC 1191 do not say: the least that IPv6 knows is safe. */
		mtu = least(least(mtu + DIFFERENCE, here + DIFFERENCE), next);
		return put(out, ICMP6_MSG_PACKET_TOO_BIG, 0, mtu < MIN6 ? MIN6 : mtu);
	case ICMP4_NET_PROHIBITED:
	case ICMP4_HOST_PROHIBITED:
	case ICMP4_ADMIN_PROHIBITED:
	case ICMP4_PRECEDENCE_CUTOFF:
		return put(out, ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_ADMIN_PROHIBITED, 0);
	case ICMP4_PRECEDENCE_VIOLATION:
		return false;
	default:
		return code < ICMP4_PRECEDENCE_CUTOFF &&
		       put(out, ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_NO_ROUTE, 0);
	}
}

bool nat64_icmp_to6(const uint8_t in[8], uint8_t out[8], uint32_t mtu_here, uint32_t mtu_next)
{
	uint8_t at = pointer6(in[4]);

	switch (in[0]) {
	case ICMP4_DESTINATION_UNREACHABLE:
		return unreachable6(in[1], be16_load(in + 6), out, mtu_here, mtu_next);
	case ICMP4_TIME_EXCEEDED:
		return put(out, ICMP6_MSG_TIME_EXCEEDED, in[1], 0);
	case ICMP4_PARAMETER_PROBLEM:
		return (in[1] == ICMP4_POINTER_ERROR || in[1] == ICMP4_BAD_LENGTH) && at != NONE &&
		       put(out, ICMP6_MSG_PARAMETER_PROBLEM, ICMP6_ERRONEOUS_FIELD, at);
	default:
		return false;
	}
}

bool nat64_icmp_to4(const uint8_t in[8], uint8_t out[8], uint32_t mtu_here, uint32_t mtu_next)
{
	static const uint8_t unreachable[] = {
		ICMP4_HOST_UNREACHABLE, ICMP4_HOST_PROHIBITED, ICMP4_HOST_UNREACHABLE,
		ICMP4_HOST_UNREACHABLE, ICMP4_PORT_UNREACHABLE,
	};
	uint32_t rest = be32_load(in + 4);
	uint8_t at = pointer4(rest);

	switch (in[0]) {
	case ICMP6_MSG_DESTINATION_UNREACHABLE:
		return in[1] < sizeof(unreachable) &&
		       put(out, ICMP4_DESTINATION_UNREACHABLE, unreachable[in[1]], 0);
	case ICMP6_MSG_PACKET_TOO_BIG:
		rest = least(least(rest, mtu_here), mtu_next + DIFFERENCE);
		return put(out, ICMP4_DESTINATION_UNREACHABLE, ICMP4_FRAGMENTATION_NEEDED,
			   (rest < MIN6 ? MIN6 : rest) - DIFFERENCE);
	case ICMP6_MSG_TIME_EXCEEDED:
		return put(out, ICMP4_TIME_EXCEEDED, in[1], 0);
	case ICMP6_MSG_PARAMETER_PROBLEM:
		if (in[1] == ICMP6_UNKNOWN_NEXT_HEADER)
			return put(out, ICMP4_DESTINATION_UNREACHABLE, ICMP4_PROTOCOL_UNREACHABLE, 0);
		return in[1] == ICMP6_ERRONEOUS_FIELD && at != NONE &&
		       put(out, ICMP4_PARAMETER_PROBLEM, ICMP4_POINTER_ERROR, (uint32_t)at << 24);
	default:
		return false;
	}
}
