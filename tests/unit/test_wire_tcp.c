/*
 * TCP headers and options, against segments that a real Linux kernel sent
 * (tests/golden/linux-tcp.frames): each must parse, be emitted again byte for byte, have a right
 * checksum and be printed as tcpdump prints it.
 */
#include <stdio.h>

#include "tests/unit/wire_golden.h"
#include "wire/cursor.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/print.h"
#include "wire/tcp.h"

#define FRAMES NETARIUM_SOURCE_DIR "/tests/golden/linux-tcp.frames"

struct sample {
	uint8_t bytes[GOLDEN_MAX];
	size_t len;
	char line[1024];                /* tcpdump's */
	struct ipaddr src, dst;
	const uint8_t *tcp;
	size_t tcp_len;
};

static void locate(struct sample *s)
{
	struct ipv4_hdr h4 = { 0 };
	struct ipv6_hdr h6 = { 0 };

	if (s->bytes[0] >> 4 == 6) {
		assert_int_equal(ipv6_parse(s->bytes, s->len, &h6), IPV6_OK);
		s->src = h6.src;
		s->dst = h6.dst;
		s->tcp = s->bytes + IPV6_HLEN;
	} else {
		assert_int_equal(ipv4_parse(s->bytes, s->len, &h4), IPV4_OK);
		s->src = h4.src;
		s->dst = h4.dst;
		s->tcp = s->bytes + ipv4_hlen(&h4);
	}
	s->tcp_len = s->len - (size_t)(s->tcp - s->bytes);
}

static bool next_line(FILE *f, char *text, int size)
{
	do {
		if (!fgets(text, size, f))
			return false;
		text[strcspn(text, "\n")] = '\0';
	} while (*text == '#');
	return true;
}

/* Calls check for each recorded packet; there are at least fifty. */
static void for_each(void (*check)(const struct sample *))
{
	static char hex[2 * GOLDEN_MAX];
	static struct sample s;
	FILE *f = fopen(FRAMES, "r");
	int n = 0;

	assert_non_null(f);
	while (next_line(f, hex, sizeof hex)) {
		s.len = hex_bytes(hex, s.bytes);
		assert_true(next_line(f, s.line, sizeof s.line));
		locate(&s);
		check(&s);
		n++;
	}
	fclose(f);
	assert_true(n >= 50);
}

static void check_again(const struct sample *s)
{
	uint8_t out[TCP_HLEN_MAX];
	struct tcp_options o;
	struct tcp_hdr h;

	assert_int_equal(tcp_parse(s->tcp, s->tcp_len, &h), TCP_OK);
	assert_true(h.sport == 9000 || h.sport == 9001 || h.dport == 9000 || h.dport == 9001);
	tcp_options_parse(s->tcp, &h, &o);
	assert_int_equal(o.flaws, 0);
	assert_int_equal(o.unknown, 0);
	tcp_emit(out, &h);
	assert_int_equal(tcp_options_len(&o), tcp_hlen(&h) - TCP_HLEN);
	assert_int_equal(tcp_options_emit(out + TCP_HLEN, &o), tcp_hlen(&h) - TCP_HLEN);
	assert_memory_equal(out, s->tcp, tcp_hlen(&h));
}

static void emitted_as_linux_does(void **state)
{
	(void)state;
	for_each(check_again);
}

static void check_sum(const struct sample *s)
{
	struct tcp_hdr h;
	size_t hlen, len;
	uint32_t payload;
	uint8_t copy[GOLDEN_MAX];

	assert_int_equal(tcp_parse(s->tcp, s->tcp_len, &h), TCP_OK);
	hlen = tcp_hlen(&h);
	len = s->tcp_len - hlen;
	payload = csum_partial(s->tcp + hlen, len, 0);
	assert_true(tcp_checksum_ok(&s->src, &s->dst, s->tcp, hlen, payload, len));
	assert_int_equal(tcp_checksum(&s->src, &s->dst, s->tcp, hlen, payload, len), h.checksum);
	memcpy(copy, s->tcp, hlen);
	be16_store(copy + TCP_CSUM_OFF, 0x1234);
	assert_int_equal(tcp_checksum(&s->src, &s->dst, copy, hlen, payload, len), h.checksum);
	for (size_t i = 0; i < hlen; i++) {
		memcpy(copy, s->tcp, hlen);
		copy[i] ^= 0x10;
		assert_false(tcp_checksum_ok(&s->src, &s->dst, copy, hlen, payload, len));
	}
}

static void checksums(void **state)
{
	(void)state;
	for_each(check_sum);
}

static void check_line(const struct sample *s)
{
	char line[1024];

	wire_print_ip(line, sizeof line, s->bytes, s->len);
	assert_string_equal(line, s->line);
}

static void printed_as_tcpdump_does(void **state)
{
	(void)state;
	for_each(check_line);
}

static void check_cuts(const struct sample *s)
{
	struct tcp_hdr h;
	char line[1024];

	assert_int_equal(tcp_parse(s->tcp, s->tcp_len, &h), TCP_OK);
	for (size_t cut = 0; cut < tcp_hlen(&h); cut++) {
		struct tcp_hdr c;

		assert_int_equal(tcp_parse(s->tcp, cut, &c),
				 cut < TCP_HLEN ? TCP_SHORT : TCP_TRUNCATED);
		wire_print_ip(line, sizeof line, s->bytes, (size_t)(s->tcp - s->bytes) + cut);
		assert_non_null(strstr(line, "[|tcp]"));
	}
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for_each(check_cuts);
}

/* An option that is cut takes nothing with it that stood before it. */
static void check_option_cuts(const struct sample *s)
{
	struct tcp_options whole, part;
	struct tcp_hdr h;
	bool syn;

	assert_int_equal(tcp_parse(s->tcp, s->tcp_len, &h), TCP_OK);
	syn = h.flags & TCPHDR_SYN;
	tcp_options_parse(s->tcp, &h, &whole);
	for (size_t n = 0; n < tcp_hlen(&h) - TCP_HLEN; n++) {
		uint8_t exact[TCP_OPTIONS_MAX];

		memcpy(exact, s->tcp + TCP_HLEN, n);
		tcp_options_parse_any(exact, n, syn, &part);
		assert_int_equal(part.flaws & ~TCP_FLAW_CUT, 0);
		assert_true(part.mss == whole.mss || part.mss == 0);
		assert_true(!part.has_ts || part.ts_val == whole.ts_val);
		assert_true(!part.has_wscale || part.wscale == whole.wscale);
		assert_true(part.sacks == 0 || part.sacks == whole.sacks);
		assert_true(n < 4 || !syn || part.mss == whole.mss);
	}
}

static void cut_options(void **state)
{
	(void)state;
	for_each(check_option_cuts);
}

static void bad_offset(void **state)
{
	uint8_t p[TCP_HLEN_MAX] = { 0 };
	struct tcp_hdr h;

	(void)state;
	for (int doff = 0; doff < 16; doff++) {
		p[12] = (uint8_t)(doff << 4);
		assert_int_equal(tcp_parse(p, sizeof p, &h), doff < 5 ? TCP_BAD_DOFF : TCP_OK);
		assert_int_equal(tcp_parse(p, TCP_HLEN, &h),
				 doff < 5 ? TCP_BAD_DOFF : doff == 5 ? TCP_OK : TCP_TRUNCATED);
	}
}

static void all_fields(void **state)
{
	struct tcp_hdr h = { .seq = 0x01020304, .ack = 0x05060708, .sport = 0x090a, .dport = 0x0b0c,
			     .flags = 0x1ff, .window = 0x0d0e, .checksum = 0x0f10, .urgent = 0x1112,
			     .doff = 5, .reserved = 5 }, back;
	static const uint8_t golden[TCP_HLEN] = { 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8, 0x5b, 0xff,
						  13, 14, 15, 16, 17, 18 };
	uint8_t p[TCP_HLEN];
	char text[TCP_FLAGS_TEXT];

	(void)state;
	tcp_emit(p, &h);
	assert_memory_equal(p, golden, sizeof p);
	memset(&back, 0, sizeof back);
	assert_int_equal(tcp_parse(p, sizeof p, &back), TCP_OK);
	assert_int_equal(back.reserved, 5);
	assert_int_equal(back.flags, 0x1ff);
	assert_string_equal(tcp_flags_format(text, back.flags), "FSRP.UEWe");
	assert_string_equal(tcp_flags_format(text, 0), "none");
	assert_int_equal(back.urgent, 0x1112);
}

struct bad_case {
	const char *hex;
	bool syn;
	uint8_t flaws, unknown;
	uint16_t mss;
};

static void malformed_options(void **state)
{
	static const struct bad_case cases[] = {
		{ "020405b4", true, 0, 0, 1460 },
		{ "020405b4", false, TCP_FLAW_PLACE, 0, 0 },
		{ "02", true, TCP_FLAW_CUT, 0, 0 },
		{ "0204", true, TCP_FLAW_CUT, 0, 0 },
		{ "020005b4", true, TCP_FLAW_TINY, 0, 0 },
		{ "020105b4020405b4", true, TCP_FLAW_TINY, 0, 0 },
		{ "020305020405b4", true, TCP_FLAW_SIZE, 0, 1460 },
		{ "02040000", true, TCP_FLAW_VALUE, 0, 0 },
		{ "020405b4020400ff", true, 0, 0, 255 },       /* the last counts */
		{ "00020405b4", true, 0, 0, 0 },               /* nothing after the end */
		{ "1e04aaaa020405b4", true, 0, 1, 1460 },      /* MPTCP */
		{ "fe04aaaa020405b4", true, 0, 1, 1460 },      /* some experiment */
		{ "ffff020405b4", true, TCP_FLAW_CUT, 0, 0 },
		{ "020405b4080a01", true, TCP_FLAW_CUT, 0, 1460 },
		{ "0809010203040506071f02020405b4", true, TCP_FLAW_SIZE, 1, 1460 },
		{ "0403ff020405b4", true, TCP_FLAW_SIZE, 0, 1460 },
		{ "0502020405b4", true, TCP_FLAW_SIZE, 0, 1460 },
		{ "22030a020405b4", true, TCP_FLAW_SIZE, 0, 1460 },
		{ "22040a0b020405b4", true, TCP_FLAW_VALUE, 0, 1460 },
	};
	uint8_t p[TCP_OPTIONS_MAX];
	struct tcp_options o;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = hex_bytes(cases[i].hex, p);

		tcp_options_parse_any(p, n, cases[i].syn, &o);
		assert_int_equal(o.unknown, cases[i].unknown);
		assert_int_equal(o.mss, cases[i].mss);
		assert_int_equal(o.flaws & ~TCP_FLAW_CUT, cases[i].flaws & ~TCP_FLAW_CUT);
		assert_int_equal(o.flaws, cases[i].flaws);
	}
}

static void values_held_to_what_is_legal(void **state)
{
	uint8_t p[TCP_OPTIONS_MAX];
	struct tcp_options o;
	size_t n;

	(void)state;
	n = hex_bytes("03030f", p);
	tcp_options_parse_any(p, n, true, &o);
	assert_true(o.has_wscale);
	assert_int_equal(o.wscale, 14);
	assert_int_equal(o.flaws, TCP_FLAW_VALUE);
	n = hex_bytes("fe0cf98900112233445566770101", p);
	tcp_options_parse_any(p, n, true, &o);
	assert_true(o.has_cookie && o.cookie_exp);
	assert_int_equal(o.cookie_len, 8);
	assert_int_equal(o.cookie[7], 0x77);
	n = hex_bytes("2202", p);
	tcp_options_parse_any(p, n, true, &o);
	assert_true(o.has_cookie && !o.cookie_exp && o.cookie_len == 0);
	n = hex_bytes("05220000000100000002000000030000000400000005000000060000000700000008"
		      "01010101", p);
	tcp_options_parse_any(p, n, false, &o);
	assert_int_equal(o.sacks, 4);
	assert_int_equal(o.sack[3].end_seq, 8);
	assert_int_equal(o.flaws, 0);
}

/* The reader without a loop says what the general one says, for what it takes. */
static void fast_path(void **state)
{
	uint8_t p[TCP_HLEN_TS] = { 0 };
	struct tcp_hdr h = { .doff = TCP_HLEN_TS / 4, .flags = TCPHDR_ACK };
	struct tcp_options a, b;
	uint32_t val = 0, ecr = 0;

	(void)state;
	tcp_emit(p, &h);
	tcp_ts_emit(p + TCP_HLEN, 0xdeadbeef, 0x01020304);
	assert_true(tcp_ts_parse(p, h.doff, &val, &ecr));
	assert_int_equal(val, 0xdeadbeef);
	assert_int_equal(ecr, 0x01020304);
	tcp_options_parse(p, &h, &a);
	tcp_options_parse_any(p + TCP_HLEN, 12, false, &b);
	assert_memory_equal(&a, &b, offsetof(struct tcp_options, sack));
	assert_int_equal(tcp_options_len(&a), 12);
	p[TCP_HLEN] = 0;
	assert_false(tcp_ts_parse(p, h.doff, &val, &ecr));
	tcp_options_parse(p, &h, &a);
	assert_false(a.has_ts);
}

static void sequence_numbers(void **state)
{
	(void)state;
	assert_true(tcp_seq_before(0xfffffff0, 5));
	assert_true(tcp_seq_after(5, 0xfffffff0));
	assert_false(tcp_seq_before(7, 7));
	assert_false(tcp_seq_after(7, 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(emitted_as_linux_does),
		cmocka_unit_test(checksums),
		cmocka_unit_test(printed_as_tcpdump_does),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(cut_options),
		cmocka_unit_test(bad_offset),
		cmocka_unit_test(all_fields),
		cmocka_unit_test(malformed_options),
		cmocka_unit_test(values_held_to_what_is_legal),
		cmocka_unit_test(fast_path),
		cmocka_unit_test(sequence_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
