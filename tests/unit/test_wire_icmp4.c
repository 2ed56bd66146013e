/* ICMP for IPv4: golden bytes, refusals, and what an error's quote says. */
#include "tests/unit/wire_golden.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"
#include "wire/quote.h"

enum { AT = ETH_HLEN + IPV4_HLEN };

/* The named frame's message; checked to be emitted as the same bytes, checksum included. */
static size_t message(const char *name, uint8_t p[GOLDEN_MAX], struct icmp4 *m)
{
	uint8_t frame[GOLDEN_MAX], out[ICMP4_HLEN];
	size_t len = golden_bytes(name, frame) - AT;

	memcpy(p, frame + AT, len);
	assert_int_equal(icmp4_parse(p, len, m), ICMP4_OK);
	icmp4_emit(out, m);
	assert_memory_equal(out, p, sizeof out);
	assert_true(icmp4_checksum_ok(p, len));
	assert_int_equal(icmp4_checksum(m, csum_partial(p + 8, len - 8, 0)), m->checksum);
	for (size_t cut = 0; cut < ICMP4_HLEN; cut++)
		assert_int_equal(icmp4_parse(p, cut, m), ICMP4_SHORT);
	assert_int_equal(icmp4_parse(p, len, m), ICMP4_OK);
	p[len - 1] ^= 1;
	assert_false(icmp4_checksum_ok(p, len));
	p[len - 1] ^= 1;
	return len;
}

static void echo(void **state)
{
	uint8_t p[GOLDEN_MAX];
	struct icmp4 m;

	(void)state;
	message("echo4", p, &m);
	assert_true(m.type == ICMP4_ECHO && m.code == 0 && m.echo.id == 0x1234 && m.echo.seq == 1);
	assert_false(icmp4_is_error((uint8_t)m.type));
	message("echo4_reply", p, &m);
	assert_int_equal(m.type, ICMP4_ECHO_REPLY);
}

static void errors_and_their_quotes(void **state)
{
	struct ipaddr a = IPADDR_V4(10, 0, 0, 1), b = IPADDR_V4(10, 0, 0, 2);
	struct ipaddr far = IPADDR_V4(192, 0, 2, 9), gw = IPADDR_V4(10, 0, 0, 253);
	uint8_t p[GOLDEN_MAX];
	struct icmp4 m;
	struct quote q;
	size_t len;

	(void)state;
	len = message("ttl4", p, &m);
	assert_true(m.type == ICMP4_TIME_EXCEEDED && m.code == ICMP4_TTL_EXCEEDED);
	assert_true(icmp4_is_error((uint8_t)m.type));
	assert_true(quote_parse(p + 8, icmp4_quote_len(&m, len - 8), &q));
	assert_true(q.v4 && ipaddr_eq(&q.src, &a) && ipaddr_eq(&q.dst, &b));
	assert_true(q.proto == IPPROTO_UDP && q.ttl == 1 && q.len == 33 && q.l4_len == 13);
	assert_true(q.has_ports && q.sport == 40000 && q.dport == 33434 && !q.has_echo);

	len = message("needfrag4", p, &m);
	assert_true(m.code == ICMP4_FRAGMENTATION_NEEDED && m.next_hop_mtu == 1400);
	assert_true(quote_parse(p + 8, len - 8, &q));
	assert_true(q.len == 1500 && q.l4_len == 8 && q.dport == 9000);

	message("port4", p, &m);
	assert_int_equal(m.code, ICMP4_PORT_UNREACHABLE);

	len = message("redirect4", p, &m);
	assert_true(m.code == ICMP4_REDIRECT_HOST && ipaddr_eq(&m.gateway, &gw));
	assert_true(quote_parse(p + 8, len - 8, &q));
	assert_true(ipaddr_eq(&q.dst, &far) && !q.has_ports);
	assert_true(q.has_echo && q.echo_request && q.echo_id == 0x1234 && q.echo_seq == 1);

	len = message("param4", p, &m);
	assert_true(m.code == ICMP4_POINTER_ERROR && m.pointer == 22);
	assert_true(quote_parse(p + 8, len - 8, &q));
	assert_true(q.l4 == p + 8 + 28 && q.has_echo);
}

static void rfc4884_extensions_are_left_out_of_the_quote(void **state)
{
	uint8_t p[GOLDEN_MAX];
	struct icmp4 m;
	size_t len = message("ttl4_ext", p, &m);

	(void)state;
	assert_int_equal(m.quote_len, 128);
	assert_int_equal(icmp4_quote_len(&m, len - 8), 128);
	assert_int_equal(icmp4_quote_len(&m, 100), 100);
	assert_int_equal(icmp4_parse(p, 8 + 127, &m), ICMP4_BAD_QUOTE_LEN);
}

static void unknown_types_and_codes(void **state)
{
	static const struct { uint8_t type; int codes; } known[] = {
		{ 0, 256 }, { 3, 16 }, { 5, 4 }, { 8, 256 }, { 11, 2 }, { 12, 3 },
	};
	uint8_t p[ICMP4_HLEN] = { 0 };
	struct icmp4 m;

	(void)state;
	for (int type = 0; type < 256; type++) {
		int codes = 0;

		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			if (known[i].type == type)
				codes = known[i].codes;
		for (int code = 0; code < 256; code++) {
			enum icmp4_result want = codes == 0 ? ICMP4_UNKNOWN_TYPE
					       : code < codes ? ICMP4_OK : ICMP4_BAD_CODE;

			p[0] = (uint8_t)type;
			p[1] = (uint8_t)code;
			assert_int_equal(icmp4_parse(p, sizeof p, &m), want);
			assert_true((int)m.type == type && m.code == code);
		}
	}
}

/* A quote cut at every byte: what is there is told, what is not is not. */
static void quotes_cut_short(void **state)
{
	uint8_t p[GOLDEN_MAX];
	struct icmp4 m;
	struct quote q;
	size_t len = message("ttl4", p, &m) - 8;

	(void)state;
	for (size_t cut = 0; cut <= len; cut++) {
		assert_int_equal(quote_parse(p + 8, cut, &q), cut >= IPV4_HLEN);
		assert_int_equal(q.has_ports, cut >= IPV4_HLEN + 4);
		assert_int_equal(q.l4_len, cut > IPV4_HLEN ? cut - IPV4_HLEN : 0);
	}
	p[8 + 7] = 4;                   /* the middle of a fragmented datagram has no ports */
	assert_true(quote_parse(p + 8, len, &q));
	assert_true(q.frag_off == 32 && !q.has_ports && q.l4_len == 0);
}

static void a_quoted_tcp_segment(void **state)
{
	uint8_t p[64];
	struct quote q;

	(void)state;
	memset(p, 0, sizeof p);
	hex_bytes("4500003c 00014000 40060000 0a000001 0a000002 c3500050 01020304", p);
	assert_true(quote_parse(p, 28, &q));
	assert_true(q.has_ports && q.sport == 50000 && q.dport == 80);
	assert_true(q.has_seq && q.tcp_seq == 0x01020304);
	assert_true(quote_parse(p, 27, &q) && q.has_ports && !q.has_seq);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo),
		cmocka_unit_test(errors_and_their_quotes),
		cmocka_unit_test(rfc4884_extensions_are_left_out_of_the_quote),
		cmocka_unit_test(unknown_types_and_codes),
		cmocka_unit_test(quotes_cut_short),
		cmocka_unit_test(a_quoted_tcp_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
