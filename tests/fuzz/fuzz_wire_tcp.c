/*
 * TCP. Input: a segment. What parses holds legal values only; the fixed header is emitted as the
 * same bytes; options that are emitted again read the same, and emitting is then a fixed point; the
 * readers with and without a loop agree; checksums of pieces are that of the whole.
 */
#include "tests/fuzz/fuzz_wire.h"
#include "wire/print.h"
#include "wire/tcp.h"

static void same(const struct tcp_options *a, const struct tcp_options *b)
{
	REQUIRE(a->mss == b->mss && a->has_ts == b->has_ts && a->ts_val == b->ts_val);
	REQUIRE(a->ts_ecr == b->ts_ecr && a->has_wscale == b->has_wscale);
	REQUIRE(a->wscale == b->wscale && a->sack_permitted == b->sack_permitted);
	REQUIRE(a->sacks == b->sacks && a->has_cookie == b->has_cookie);
	REQUIRE(a->cookie_exp == b->cookie_exp && a->cookie_len == b->cookie_len);
	REQUIRE(memcmp(a->sack, b->sack, a->sacks * sizeof *a->sack) == 0);
	REQUIRE(memcmp(a->cookie, b->cookie, a->cookie_len) == 0);
}

static void check_options(const uint8_t *p, const struct tcp_hdr *h)
{
	uint8_t out[2 * TCP_OPTIONS_MAX], again[2 * TCP_OPTIONS_MAX];
	struct tcp_options o, general, back;
	bool syn = h->flags & TCPHDR_SYN;
	size_t n;

	tcp_options_parse(p, h, &o);
	tcp_options_parse_any(p + TCP_HLEN, tcp_hlen(h) - TCP_HLEN, syn, &general);
	same(&o, &general);
	REQUIRE(o.flaws == general.flaws && o.unknown == general.unknown);
	REQUIRE(o.wscale <= TCP_WSCALE_MAX && o.sacks <= TCP_SACK_BLOCKS);
	REQUIRE(o.cookie_len <= TCP_COOKIE_MAX && o.cookie_len % 2 == 0);
	REQUIRE(o.cookie_len == 0 || (o.has_cookie && o.cookie_len >= TCP_COOKIE_MIN));
	REQUIRE(syn || !(o.mss || o.has_wscale || o.sack_permitted || o.has_cookie));
	n = tcp_options_len(&o);
	REQUIRE(n % 4 == 0);
	if (n > TCP_OPTIONS_MAX)        /* 40 bytes that needed no padding need it from us */
		return;
	REQUIRE(tcp_options_emit(out, &o) == n);
	tcp_options_parse_any(out, n, syn, &back);
	REQUIRE(back.flaws == 0 && back.unknown == 0);
	same(&o, &back);
	REQUIRE(tcp_options_emit(again, &back) == n && memcmp(out, again, n) == 0);
}

static void check_sum(const struct ipaddr *a, const struct ipaddr *b, const uint8_t *p, size_t size,
		      const struct tcp_hdr *h)
{
	size_t hlen = tcp_hlen(h), len = size - hlen;
	uint32_t payload = csum_partial(p + hlen, len, 0), whole;
	uint8_t hdr[TCP_HLEN_MAX];

	memcpy(hdr, p, hlen);
	be16_store(hdr + TCP_CSUM_OFF, tcp_checksum(a, b, p, hlen, payload, len));
	REQUIRE(tcp_checksum_ok(a, b, hdr, hlen, payload, len));
	whole = csum_partial(hdr, hlen, csum_pseudo(a, b, IPPROTO_TCP, (uint32_t)size));
	REQUIRE(csum_fold(csum_partial(p + hlen, len, whole)) == 0);
}

/* A whole packet around the segment, for the printer. */
static void check_print(const uint8_t *data, size_t size)
{
	uint8_t packet[20 + 512] = { 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, IPPROTO_TCP };
	char line[300], tiny[7];

	if (size > 512)
		size = 512;
	be16_store(packet + 2, (uint16_t)(20 + size));
	memcpy(packet + 20, data, size);
	REQUIRE(wire_print_ip(line, sizeof line, packet, 20 + size) == strlen(line));
	REQUIRE(strstr(line, "Flags [") || strchr(line, '['));
	REQUIRE(wire_print_ip(tiny, sizeof tiny, packet, 20 + size) == strlen(tiny));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ipaddr a4 = IPADDR_V4(10, 0, 0, 1), b4 = IPADDR_V4(192, 0, 2, 255);
	uint8_t out[TCP_HLEN];
	struct tcp_hdr h;

	check_print(data, size);
	if (tcp_parse(data, size, &h) != TCP_OK)
		return 0;
	REQUIRE(tcp_hlen(&h) >= TCP_HLEN && tcp_hlen(&h) <= size);
	tcp_emit(out, &h);
	REQUIRE(memcmp(out, data, sizeof out) == 0);
	check_options(data, &h);
	check_sum(&a4, &b4, data, size, &h);
	check_sum(&ipaddr_all_nodes6, &ipaddr_loopback6, data, size, &h);
	return 0;
}
