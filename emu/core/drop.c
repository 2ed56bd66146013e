#include "core/drop.h"

#include <stdio.h>

static const struct {
	const char *name, *words;
} reasons[] = {
#define X(symbol, name, words) {name, words},
	DROP_REASONS(X)
#undef X
};

const char *drop_name(enum drop_reason r)
{
	return reasons[r].name;
}

const char *drop_words(enum drop_reason r)
{
	return reasons[r].words;
}

const char *drop_print(char to[DROP_WORDS_MAX], enum drop_reason r, uint64_t detail)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(to, DROP_WORDS_MAX, drop_words(r), (unsigned long long)detail);
#pragma GCC diagnostic pop
	return to;
}

bool drop_is_refusal(enum drop_reason r)
{
	switch (r) {
	case DROP_ETH_UNKNOWN_TYPE:
	case DROP_IP_BAD_DESTINATION:
	case DROP_IP_NOT_FORWARDING:
	case DROP_IP_NO_PROTOCOL:
	case DROP_IP_DISABLED:
	case DROP_ICMP_IGNORED:
	case DROP_UDP_NO_PORT:
	case DROP_SOCKET_CLOSED:
		return true;
	default:
		return false;
	}
}

bool drop_is_loss(enum drop_reason r)
{
	return r <= DROP_LINK_MTU;
}
