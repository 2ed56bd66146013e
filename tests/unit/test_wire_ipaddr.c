/* Addresses and prefixes: text both ways, classes, and the bit arithmetic against a naive twin. */
#include "tests/unit/wire_golden.h"
#include "wire/ipaddr.h"

static struct ipaddr addr(const char *text)
{
	struct ipaddr a;

	if (!ipaddr_parse(text, &a))
		fail_msg("%s is an address", text);
	return a;
}

static struct prefix prefix(const char *text)
{
	struct prefix p;

	if (!prefix_parse(text, &p))
		fail_msg("%s is a prefix", text);
	return p;
}

static void text_round_trips(void **state)
{
	/* as given, as RFC 5952 writes it */
	static const char *const text[][2] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "10.0.0.1", "10.0.0.1" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "2001:DB8::0001", "2001:db8::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "fe80::ff:fe00:1", "fe80::ff:fe00:1" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::ffff:c000:201", "192.0.2.1" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	char out[IPADDR_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		struct ipaddr a = addr(text[i][0]);

		assert_string_equal(ipaddr_format(out, sizeof out, &a), text[i][1]);
	}
}

static void bad_text_is_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "0x1.2.3.4",
		"1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "1..3.4", ".1.2.3", "1.2.3.", "1.2.3.4/8",
		"1.2.3.99999999999999999999", ":", ":::", "::1::", "1::2::3", "1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", ":1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8:", "1:2:3:4::5:6:7:8", "12345::", "g::", "::1%eth0",
		"::1.2.3", "::1.2.3.4.5", "::01.2.3.4", "1.2.3.4::", "::1.2.3.4:5",
		"1:2:3:4:5:6:7:1.2.3.4", "[::1]",
	};
	struct ipaddr a = ipaddr_loopback6;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (ipaddr_parse(bad[i], &a))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_true(ipaddr_eq(&a, &ipaddr_loopback6));
	}
}

static void prefixes_round_trip(void **state)
{
	static const struct { const char *text; unsigned len; } good[] = {
		{ "0.0.0.0/0", 96 },    { "10.0.0.0/8", 104 },  { "192.0.2.128/25", 121 },
		{ "10.0.0.1/32", 128 }, { "::/0", 0 },          { "2001:db8::/32", 32 },
		{ "::1/128", 128 },     { "fe80::/10", 10 },    { "2001:db8:0:1::/64", 64 },
		{ "fe80::8000:0:0:0/65", 65 },
	};
	static const char *const bad[] = {
		"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/08", "10.0.0.0/-1",
		"10.0.0.0/8 ", "::/129", "2001:db8::1/32", "/8", "::ffff:0.0.0.0/64", "10/8", "::1",
	};
	char out[PREFIX_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct prefix p = prefix(good[i].text);

		assert_int_equal(p.len, good[i].len);
		assert_string_equal(prefix_format(out, sizeof out, &p), good[i].text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct prefix p;

		if (prefix_parse(bad[i], &p))
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

static void interface_addresses_keep_their_host_part(void **state)
{
	struct ipaddr a, want = IPADDR_V4(192, 168, 1, 1);
	uint8_t len;

	(void)state;
	assert_true(prefix_parse_interface("192.168.1.1/24", &a, &len));
	assert_true(ipaddr_eq(&a, &want));
	assert_int_equal(len, 120);
	assert_false(prefix_parse_interface("192.168.1.1", &a, &len));
}

static void masks_and_last_addresses(void **state)
{
	static const char *const want[][3] = {
		{ "10.0.0.0/8", "255.0.0.0", "10.255.255.255" },
		{ "0.0.0.0/0", "0.0.0.0", "255.255.255.255" },
		{ "192.0.2.4/31", "255.255.255.254", "192.0.2.5" },
		{ "2001:db8::/32", "ffff:ffff::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "2001:db8::1/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct prefix p = prefix(want[i][0]);
		struct ipaddr mask = prefix_mask(&p), last = prefix_last(&p);
		char out[IPADDR_TEXT];

		assert_string_equal(ipaddr_format(out, sizeof out, &mask), want[i][1]);
		assert_string_equal(ipaddr_format(out, sizeof out, &last), want[i][2]);
	}
}

static void families_do_not_mix_in_prefixes(void **state)
{
	struct prefix all6 = prefix("::/0"), all4 = prefix("0.0.0.0/0");
	struct ipaddr a4 = addr("10.0.0.1"), a6 = addr("2001:db8::1");

	(void)state;
	assert_true(prefix_contains(&all4, &a4));
	assert_true(prefix_contains(&all6, &a6));
	assert_false(prefix_contains(&all6, &a4));
	assert_false(prefix_contains(&all4, &a6));
}

/* One bit at a time: what the shifts must agree with. */
static unsigned naive_common(const struct ipaddr *a, const struct ipaddr *b)
{
	unsigned n = 0;

	while (n < 128 && ((a->b[n / 8] ^ b->b[n / 8]) >> (7 - n % 8) & 1) == 0)
		n++;
	return n;
}

static void bits_agree_with_the_naive_twin(void **state)
{
	struct ipaddr a = addr("a5a5:1234::ffff:0:9999"), b, m;

	(void)state;
	for (unsigned i = 0; i <= 128; i++) {
		b = a;
		if (i < 128)
			b.b[i / 8] ^= (uint8_t)(0x80 >> i % 8);
		assert_int_equal(ipaddr_common_prefix(&a, &b), i);
		assert_int_equal(naive_common(&a, &b), i);
		m = ipaddr_mask(&a, i);
		for (unsigned k = 0; k < 128; k++) {
			unsigned bit = m.b[k / 8] >> (7 - k % 8) & 1;

			assert_int_equal(bit, k < i ? a.b[k / 8] >> (7 - k % 8) & 1 : 0);
		}
		assert_int_equal(ipaddr_cmp(&a, &b), i == 128 ? 0 : memcmp(a.b, b.b, 16) < 0 ? -1 : 1);
	}
}

enum { ANY = 1, MULTI = 2, LINK = 4, LOOP = 8, BCAST = 16, V4 = 32 };

static void classes(void **state)
{
	static const struct { const char *text; unsigned class; } want[] = {
		{ "0.0.0.0", V4 | ANY },            { "::", ANY },
		{ "224.0.0.1", V4 | MULTI },        { "239.255.255.255", V4 | MULTI },
		{ "223.255.255.255", V4 },          { "240.0.0.0", V4 },
		{ "255.255.255.255", V4 | BCAST },  { "255.255.255.254", V4 },
		{ "169.254.0.1", V4 | LINK },       { "169.255.0.1", V4 },
		{ "127.255.0.1", V4 | LOOP },       { "128.0.0.1", V4 },
		{ "ff02::1", MULTI },               { "fe80::1", LINK },
		{ "febf::1", LINK },                { "fec0::1", 0 },
		{ "::1", LOOP },                    { "::2", 0 },
		{ "2001:db8::1", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct ipaddr a = addr(want[i].text);
		unsigned got = (ipaddr_is4(&a) ? V4 : 0) | (ipaddr_is_any(&a) ? ANY : 0) |
			       (ipaddr_is_multicast(&a) ? MULTI : 0) |
			       (ipaddr_is_linklocal(&a) ? LINK : 0) |
			       (ipaddr_is_loopback(&a) ? LOOP : 0) |
			       (ipaddr_is_limited_broadcast(&a) ? BCAST : 0);

		if (got != want[i].class)
			fail_msg("%s is %x, got %x", want[i].text, want[i].class, got);
	}
}

static void numbers_and_bytes(void **state)
{
	struct ipaddr a = ipaddr_from4(0xc0000201), b = IPADDR_V4(192, 0, 2, 1);
	struct ipaddr s = addr("2001:db8::12:3456"), group;

	(void)state;
	assert_true(ipaddr_eq(&a, &b));
	assert_int_equal(ipaddr_to4(&a), 0xc0000201);
	b = ipaddr_from_bytes4((const uint8_t[]){ 192, 0, 2, 1 });
	assert_true(ipaddr_eq(&a, &b));
	b = ipaddr_from_bytes16(s.b);
	assert_true(ipaddr_eq(&s, &b));
	group = ipaddr_solicited_node(&s);
	b = addr("ff02::1:ff12:3456");
	assert_true(ipaddr_eq(&group, &b));
	assert_int_equal(ipaddr_hash(&a), ipaddr_hash(&(struct ipaddr){ .q = { a.q[0], a.q[1] } }));
}

/* 65536 neighbours into 65536 buckets: a random function leaves 63.2 % of them in use. */
static void hash_spreads(void **state)
{
	static uint8_t used[2][65536];
	unsigned count[2] = { 0 };

	(void)state;
	memset(used, 0, sizeof used);
	for (uint32_t i = 0; i < 65536; i++) {
		struct ipaddr a = ipaddr_from4(0x0a000000 + i);

		used[0][ipaddr_hash(&a) & 0xffff] = 1;
		used[1][ipaddr_hash(&a) >> 16] = 1;
	}
	for (int half = 0; half < 2; half++) {
		for (uint32_t i = 0; i < 65536; i++)
			count[half] += used[half][i];
		assert_in_range(count[half], 65536 * 60 / 100, 65536);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_round_trips),
		cmocka_unit_test(bad_text_is_refused),
		cmocka_unit_test(prefixes_round_trip),
		cmocka_unit_test(interface_addresses_keep_their_host_part),
		cmocka_unit_test(masks_and_last_addresses),
		cmocka_unit_test(families_do_not_mix_in_prefixes),
		cmocka_unit_test(bits_agree_with_the_naive_twin),
		cmocka_unit_test(classes),
		cmocka_unit_test(numbers_and_bytes),
		cmocka_unit_test(hash_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
