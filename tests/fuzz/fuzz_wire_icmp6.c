/*
 * ICMPv6 and neighbour discovery. Input: an IPv6 packet without extension headers. What parses is
 * emitted in a canonical form that parses to the same again; so do the options.
 */
#include "tests/fuzz/fuzz_wire.h"
#include "wire/icmp6.h"
#include "wire/ipv6.h"
#include "wire/quote.h"

/* Servers and names can all be read, and a name that DNS could have is written as it was. */
static void check_dns(const struct nd_opt *opt)
{
	struct rcursor c = rcursor_make(opt->dns.data, opt->dns.len);
	char name[ND_DOMAIN_TEXT];
	uint8_t out[256];

	if (opt->malformed)
		return;
	if (opt->type == ND_OPT_RDNSS)
		for (size_t i = 0; i < nd_opt_servers(opt); i++)
			(void)nd_opt_server(opt, i);
	else if (opt->type == ND_OPT_DNSSL)
		for (const uint8_t *at = c.p; nd_domain_next(&c, name); at = c.p) {
			size_t n = nd_domain_emit(out, sizeof out, name);

			REQUIRE(n == 0 || strlen(name) < ND_DOMAIN_TEXT - 1);
			REQUIRE(strpbrk(name, "?.") || n == (size_t)(c.p - at));
		}
}

static void check_options(const uint8_t *opts, size_t len)
{
	struct rcursor c = rcursor_make(opts, len), again;
	const uint8_t *before = c.p;
	struct nd_opt opt, copy;
	uint8_t first[2048], second[2048];
	size_t n;

	while (nd_opt_next(&c, &opt) == ND_OPT_ONE) {
		n = nd_opt_emit(first, &opt);
		check_dns(&opt);
		REQUIRE(n == nd_opt_len(&opt) && n == (size_t)(c.p - before));
		REQUIRE(first[0] == before[0] && first[1] == before[1]);
		again = rcursor_make(first, n);
		REQUIRE(nd_opt_next(&again, &copy) == ND_OPT_ONE);
		REQUIRE(nd_opt_emit(second, &copy) == n && memcmp(first, second, n) == 0);
		before = c.p;
	}
}

static void check_message(const struct ipv6_hdr *h, const uint8_t *p, size_t size)
{
	uint8_t first[ICMP6_MAX_HLEN], second[ICMP6_MAX_HLEN], *whole;
	size_t hlen = icmp6_hlen(p[0]), body = size - hlen;
	struct icmp6 m, again;
	struct quote q;
	enum icmp6_result r = icmp6_parse(p, size, &m);

	REQUIRE(icmp6_result_name(r));
	if (r != ICMP6_OK)
		return;
	REQUIRE(hlen <= size && icmp6_emit(first, &m) == hlen);
	REQUIRE(memcmp(first, p, 4) == 0);
	whole = malloc(size);
	memcpy(whole, p, size);
	memcpy(whole, first, hlen);
	REQUIRE(icmp6_parse(whole, size, &again) == ICMP6_OK);
	icmp6_emit(second, &again);
	REQUIRE(memcmp(first, second, hlen) == 0);

	m.checksum = icmp6_checksum(&h->src, &h->dst, &m, body, csum_partial(p + hlen, body, 0));
	icmp6_emit(whole, &m);
	REQUIRE(icmp6_checksum_ok(&h->src, &h->dst, whole, size));
	free(whole);

	if (icmp6_is_nd(p[0])) {
		REQUIRE(nd_check_name(nd_check(&h->src, &h->dst, h->hop_limit, &m, p + hlen, body)));
		check_options(p + hlen, body);
	} else if (icmp6_is_error(p[0])) {
		REQUIRE(m.quote_len <= body);
		if (quote_parse(p + hlen, icmp6_quote_len(&m, body), &q))
			REQUIRE(q.l4_len == 0 || q.l4 + q.l4_len <= p + size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipv6_hdr h;

	if (ipv6_parse_quoted(data, size, &h) == IPV6_OK && size > IPV6_HLEN)
		check_message(&h, data + IPV6_HLEN, size - IPV6_HLEN);
	return 0;
}
