/* MAC addresses: text, multicast mappings, EUI-64. */
#include "tests/unit/wire_golden.h"
#include "wire/mac.h"

static void text(void **state)
{
	static const char *const bad[] = {
		"", "02:00:00:00:00", "02:00:00:00:00:01:02", "02:00:00:00:00:1", "02:00:00-00:00:01",
		"0200:00:00:00:01", "02.00.00.00.00.01", "g2:00:00:00:00:01", "02:00:00:00:00:01 ",
		"02:00:00:00:00:01:", "2:0:0:0:0:1",
	};
	char out[MAC_TEXT];
	struct mac m, n;

	(void)state;
	assert_true(mac_parse("02:00:5E:10:00:ff", &m));
	assert_string_equal(mac_format(out, sizeof out, &m), "02:00:5e:10:00:ff");
	assert_true(mac_parse("02-00-5e-10-00-ff", &n));
	assert_true(mac_eq(&m, &n));
	assert_true(mac_to_u64(&m) == 0x02005e1000ff);
	n = mac_from_u64(0x02005e1000ff);
	assert_true(mac_eq(&m, &n));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (mac_parse(bad[i], &n))
			fail_msg("\"%s\" was taken", bad[i]);
}

static void kinds(void **state)
{
	struct mac unicast = { { 0x02, 0, 0, 0, 0, 1 } }, group = { { 0x01, 0, 0x5e, 0, 0, 1 } };

	(void)state;
	assert_false(mac_is_multicast(&unicast));
	assert_true(mac_is_multicast(&group));
	assert_false(mac_is_broadcast(&group));
	assert_true(mac_is_multicast(&mac_broadcast) && mac_is_broadcast(&mac_broadcast));
	assert_true(mac_is_zero(&mac_zero) && !mac_is_zero(&unicast));
}

/* RFC 1112 6.4 and RFC 2464 7; then RFC 2464 4's own example. */
static void from_addresses(void **state)
{
	static const char *const groups[][2] = {
		{ "224.0.0.1", "01:00:5e:00:00:01" },
		{ "239.129.2.3", "01:00:5e:01:02:03" },
		{ "ff02::1", "33:33:00:00:00:01" },
		{ "ff02::1:ff12:3456", "33:33:ff:12:34:56" },
	};
	struct ipaddr a;
	struct mac m;
	char out[IPADDR_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		assert_true(ipaddr_parse(groups[i][0], &a));
		m = mac_from_multicast(&a);
		assert_string_equal(mac_format(out, sizeof out, &m), groups[i][1]);
	}
	assert_true(mac_parse("34:56:78:9a:bc:de", &m));
	a = mac_linklocal(&m);
	assert_string_equal(ipaddr_format(out, sizeof out, &a), "fe80::3656:78ff:fe9a:bcde");
	assert_true(ipaddr_parse("2001:db8:1:2::", &a));
	a = mac_eui64(&a, &m);
	assert_string_equal(ipaddr_format(out, sizeof out, &a), "2001:db8:1:2:3656:78ff:fe9a:bcde");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(kinds),
		cmocka_unit_test(from_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
