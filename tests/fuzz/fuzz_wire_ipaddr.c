/*
 * Addresses, prefixes and MACs as text. What parses is printed, and the print parses to the same;
 * glibc's inet_pton() agrees on what an address is.
 */
#include <arpa/inet.h>

#include "tests/fuzz/fuzz_wire.h"
#include "wire/ipaddr.h"
#include "wire/mac.h"

static void check_address(const char *text)
{
	char out[IPADDR_TEXT], libc[INET6_ADDRSTRLEN];
	struct ipaddr a, again, peer = ipaddr_any4;
	bool ok = ipaddr_parse(text, &a);
	int agreed = strchr(text, ':') ? inet_pton(AF_INET6, text, peer.b)
				       : inet_pton(AF_INET, text, peer.b + 12);

	REQUIRE(ok == (agreed == 1));
	if (!ok)
		return;
	REQUIRE(ipaddr_eq(&a, &peer));
	ipaddr_format(out, sizeof out, &a);
	REQUIRE(ipaddr_parse(out, &again) && ipaddr_eq(&a, &again));
	if (ipaddr_is4(&a))
		return;
	/* glibc prints ::/96 and its like with a dotted tail, which RFC 5952 5 leaves open. */
	inet_ntop(AF_INET6, a.b, libc, sizeof libc);
	REQUIRE(strchr(libc, '.') || strcmp(libc, out) == 0);
}

static void check_prefix(const char *text)
{
	char out[PREFIX_TEXT];
	struct prefix p, again;
	struct ipaddr a, last, mask;
	uint8_t len;

	if (prefix_parse_interface(text, &a, &len)) {
		p = prefix_make(&a, len);
		last = prefix_last(&p);
		REQUIRE(prefix_contains(&p, &a));
		/* Of ::/80 and the like the last address is a mapped one: another family. */
		REQUIRE(prefix_contains(&p, &last) || ipaddr_is4(&last) != ipaddr_is4(&a));
	}
	if (!prefix_parse(text, &p))
		return;
	mask = prefix_mask(&p);
	REQUIRE(ipaddr_is4(&p.addr) == ipaddr_is4(&mask));
	prefix_format(out, sizeof out, &p);
	REQUIRE(prefix_parse(out, &again) && prefix_eq(&p, &again));
}

static void check_mac(const char *text)
{
	char out[MAC_TEXT];
	struct mac m, again;

	if (!mac_parse(text, &m))
		return;
	mac_format(out, sizeof out, &m);
	REQUIRE(mac_parse(out, &again) && mac_eq(&m, &again));
	again = mac_from_u64(mac_to_u64(&m));
	REQUIRE(mac_eq(&m, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check_address(text);
	check_prefix(text);
	check_mac(text);
	free(text);
	return 0;
}
