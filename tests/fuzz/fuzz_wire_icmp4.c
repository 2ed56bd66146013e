/*
 * ICMP and what it quotes. Input: a message. What parses is emitted in a canonical form that parses
 * to the same again; the quote stays inside the message.
 */
#include "tests/fuzz/fuzz_wire.h"
#include "wire/icmp4.h"
#include "wire/quote.h"

static void check_quote(const uint8_t *p, size_t len)
{
	struct quote q;

	if (!quote_parse(p, len, &q))
		return;
	REQUIRE(q.v4 == ipaddr_is4(&q.src) && q.v4 == ipaddr_is4(&q.dst));
	REQUIRE(q.l4_len == 0 || (q.l4 > p && q.l4 + q.l4_len <= p + len));
	REQUIRE(!q.has_ports || q.l4_len >= 4);
	REQUIRE(!q.has_echo || q.l4_len >= 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t first[ICMP4_HLEN], second[ICMP4_HLEN];
	enum icmp4_result r;
	struct icmp4 m, again;
	uint8_t *whole;
	size_t body = size - ICMP4_HLEN;

	r = icmp4_parse(data, size, &m);
	REQUIRE(icmp4_result_name(r));
	if (r != ICMP4_OK)
		return 0;
	icmp4_emit(first, &m);
	REQUIRE(memcmp(first, data, 4) == 0);
	REQUIRE(icmp4_parse(first, size, &again) == ICMP4_OK);
	icmp4_emit(second, &again);
	REQUIRE(memcmp(first, second, sizeof first) == 0);
	REQUIRE(m.quote_len <= body);
	if (icmp4_is_error((uint8_t)m.type))
		check_quote(data + ICMP4_HLEN, icmp4_quote_len(&m, body));

	m.checksum = icmp4_checksum(&m, csum_partial(data + ICMP4_HLEN, body, 0));
	whole = malloc(size);
	memcpy(whole, data, size);
	icmp4_emit(whole, &m);
	REQUIRE(icmp4_checksum_ok(whole, size));
	free(whole);
	return 0;
}
