/* DHCPv4 messages. */
#include <stdio.h>

#include "tests/unit/wire_golden.h"
#include "wire/dhcp4.h"
#include "wire/print.h"

/* The fixed part of the DISCOVER and OFFER in Wireshark's sample capture dhcp.pcap, and their options. */
#define CLIENT "000b8201fc42"
static const char discover_options[] = "3501013d0701" CLIENT "32040000000037040103062aff";
static const char offer_options[] = "3501020104ffffff003a04000007083b0400000c4e330400000e10"
				    "3604c0a80001ff";

static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};

static void put_hex(uint8_t *p, const char *hex)
{
	unsigned v;

	for (; *hex; hex += 2, p++) {
		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		*p = (uint8_t)v;
	}
}

/* A message of len bytes with these options; yiaddr and siaddr are those of the OFFER. */
static void message(uint8_t *p, size_t len, bool reply, const char *options)
{
	memset(p, 0, len);
	put_hex(p, reply ? "0201060000003d1d" : "0101060000003d1d");
	if (reply)
		put_hex(p + 16, "c0a8000ac0a80001");
	put_hex(p + 28, CLIENT);
	memcpy(p + 236, cookie, sizeof(cookie));
	put_hex(p + 240, options);
}

static void golden_discover(void **state)
{
	uint8_t p[272];
	struct dhcp4 m;

	(void)state;
	message(p, sizeof(p), false, discover_options);
	assert_int_equal(dhcp4_parse(p, sizeof(p), &m), DHCP4_OK);
	assert_false(m.reply || m.broadcast || m.has_lease);
	assert_int_equal(m.type, DHCP4_DISCOVER);
	assert_int_equal(m.xid, 0x3d1d);
	assert_int_equal(mac_to_u64(&m.chaddr), 0x000b8201fc42);
	assert_int_equal(m.client_id_len, 7);
	assert_memory_equal(m.client_id, "\x01\x00\x0b\x82\x01\xfc\x42", 7);
	assert_true(ipaddr_is_any(&m.requested) && ipaddr_is4(&m.requested));
	assert_int_equal(m.params_len, 4);
	assert_memory_equal(m.params, "\x01\x03\x06\x2a", 4);
	/* Any part of it is no message; what is there is never passed. */
	for (size_t cut = 0; cut < 240; cut++)
		assert_int_equal(dhcp4_parse(p, cut, &m), DHCP4_SHORT);
	assert_int_equal(dhcp4_parse(p, 240, &m), DHCP4_NOT_DHCP);
	assert_int_equal(dhcp4_parse(p, 242, &m), DHCP4_BAD_OPTION);
}

static void golden_offer(void **state)
{
	const struct ipaddr server = IPADDR_V4(192, 168, 0, 1), yours = IPADDR_V4(192, 168, 0, 10);
	uint8_t p[300], out[600];
	struct dhcp4 m, again;

	(void)state;
	message(p, sizeof(p), true, offer_options);
	assert_int_equal(dhcp4_parse(p, sizeof(p), &m), DHCP4_OK);
	assert_true(m.reply && m.has_lease);
	assert_int_equal(m.type, DHCP4_OFFER);
	assert_true(ipaddr_eq(&m.yiaddr, &yours) && ipaddr_eq(&m.siaddr, &server) &&
		    ipaddr_eq(&m.server_id, &server));
	assert_int_equal(m.subnet_len, IPADDR_V4_BITS + 24);
	assert_int_equal(m.lease, 3600);
	assert_int_equal(m.t1, 1800);
	assert_int_equal(m.t2, 3150);
	/* Ours has the options in another order; what they say is the same. */
	assert_int_equal(dhcp4_emit(out, sizeof(out), &m), DHCP4_MIN);
	assert_memory_equal(out, p, 240);
	assert_int_equal(dhcp4_parse(out, DHCP4_MIN, &again), DHCP4_OK);
	assert_memory_equal(&again, &m, sizeof(m));
	assert_int_equal(dhcp4_emit(out, 260, &m), 0);
}

/* Bytes worked out by hand: emission, field by field. */
static void emitted_bytes(void **state)
{
	static const char options[] = "3501033d0701" CLIENT "3604c0a800013204c0a8000a"
				      "39025dc00c066c6170746f703702" "0103ff";
	uint8_t want[300], out[DHCP4_MAX];
	struct dhcp4 m = dhcp4_empty();

	(void)state;
	message(want, sizeof(want), false, options);
	want[10] = 0x80;
	want[8] = 0x01, want[9] = 0x02;
	put_hex(want + 12, "c0a80007");
	m.xid = 0x3d1d;
	m.secs = 0x102;
	m.broadcast = true;
	m.ciaddr = IPADDR_V4(192, 168, 0, 7);
	m.chaddr = mac_from_u64(0x000b8201fc42);
	m.type = DHCP4_REQUEST;
	memcpy(m.client_id, "\x01\x00\x0b\x82\x01\xfc\x42", m.client_id_len = 7);
	m.server_id = IPADDR_V4(192, 168, 0, 1);
	m.requested = IPADDR_V4(192, 168, 0, 10);
	m.max_size = 24000;
	strcpy(m.hostname, "laptop");
	m.params[0] = 1, m.params[1] = 3, m.params_len = 2;
	assert_int_equal(dhcp4_emit(out, sizeof(out), &m), sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
}

/* RFC 3396: pieces in the options field, then in file, then in sname. */
static void overload_and_pieces(void **state)
{
	uint8_t p[300];
	struct dhcp4 m;

	(void)state;
	message(p, sizeof(p), true, "3501053401030603010101010c026162ff");
	put_hex(p + 108, "0c0263640602" "0102ff"); /* the rest of option 6 is in two fields */
	put_hex(p + 44, "00000c03656667" "0603020202ff");
	assert_int_equal(dhcp4_parse(p, sizeof(p), &m), DHCP4_BAD_OPTION); /* 8 bytes with 255 */
	put_hex(p + 240, "3501053401030603010101" "0c026162ff");
	put_hex(p + 108, "0c02636406020102ff");
	assert_int_equal(dhcp4_parse(p, sizeof(p), &m), DHCP4_OK);
	assert_string_equal(m.hostname, "abcdefg");
	assert_int_equal(m.dns.count, 2);
	const struct ipaddr first = IPADDR_V4(1, 1, 1, 1), second = IPADDR_V4(2, 2, 2, 2);
	assert_true(ipaddr_eq(&m.dns.at[0], &first) && ipaddr_eq(&m.dns.at[1], &second));
	/* Without option 52 those fields are names of files and servers. */
	message(p, sizeof(p), true, "3501050c026162ff");
	put_hex(p + 108, "0c026364ff");
	assert_int_equal(dhcp4_parse(p, sizeof(p), &m), DHCP4_OK);
	assert_string_equal(m.hostname, "ab");
	/* Overload of 0 or 4 is nothing. */
	message(p, sizeof(p), true, "350105340104ff");
	assert_int_equal(dhcp4_parse(p, sizeof(p), &m), DHCP4_BAD_OPTION);
}

static void long_text_in_pieces(void **state)
{
	uint8_t out[DHCP4_MAX];
	struct dhcp4 m = dhcp4_empty(), again;

	(void)state;
	m.reply = true;
	m.type = DHCP4_NAK;
	memset(m.message, 'x', 400);
	size_t len = dhcp4_emit(out, sizeof(out), &m);
	assert_int_equal(len, 240 + 3 + 2 + 255 + 2 + 145 + 1);
	assert_int_equal(out[243], DHCP4_OPT_MESSAGE);
	assert_int_equal(out[244], 255);
	assert_int_equal(out[500], DHCP4_OPT_MESSAGE);
	assert_int_equal(dhcp4_parse(out, len, &again), DHCP4_OK);
	assert_string_equal(again.message, m.message);
}

static void wrong_options(void **state)
{
	static const char *const bad[] = {
		"350105" "0103ffffffff",     /* a mask of three bytes */
		"350105" "0104ff00ff00ff",   /* a mask with a hole */
		"350105" "0305c0a8000102ff", /* a list of five bytes */
		"350105" "0300ff",           /* an empty one */
		"350105" "3303000e10ff",     /* a lease of three bytes */
		"35020505ff",                /* two types */
		"350109ff", "350100ff",      /* types that there are not */
		"350105" "3d41",             /* an identifier of 65 bytes */
	};
	uint8_t p[400];
	struct dhcp4 m;

	(void)state;
	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
		message(p, sizeof(p), true, bad[k]);
		assert_int_equal(dhcp4_parse(p, sizeof(p), &m), DHCP4_BAD_OPTION);
	}
	message(p, sizeof(p), true, "ff");
	assert_int_equal(dhcp4_parse(p, sizeof(p), &m), DHCP4_NOT_DHCP);
	message(p, sizeof(p), true, "350105ff");
	p[2] = 8;
	assert_int_equal(dhcp4_parse(p, sizeof(p), &m), DHCP4_BAD_HEADER);
	p[2] = 6, p[236]++;
	assert_int_equal(dhcp4_parse(p, sizeof(p), &m), DHCP4_NOT_DHCP);
	assert_int_equal(dhcp4_parse(p, DHCP4_MAX + 1, &m), DHCP4_SHORT);
}

static void usual_ranges(void **state)
{
	static const struct {
		const char *net, *first, *last;
	} rows[] = {
		{"192.168.1.0/24", "192.168.1.100", "192.168.1.199"},
		{"10.0.0.0/8", "10.0.0.100", "10.0.0.199"},
		{"192.168.1.64/26", "192.168.1.96", "192.168.1.126"},
		{"192.168.1.8/29", "192.168.1.12", "192.168.1.14"},
		{"192.168.1.8/30", NULL, NULL},
		{"fd00::/64", NULL, NULL},
	};

	(void)state;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		struct prefix net;
		struct ipaddr first, last, want;

		assert_true(prefix_parse(rows[k].net, &net));
		assert_int_equal(dhcp4_usual_range(&net, &first, &last), rows[k].first != NULL);
		if (!rows[k].first)
			continue;
		assert_true(ipaddr_parse(rows[k].first, &want) && ipaddr_eq(&want, &first));
		assert_true(ipaddr_parse(rows[k].last, &want) && ipaddr_eq(&want, &last));
	}
}

/* The whole DISCOVER of that capture, checksums included, and how it is shown. */
static void printed(void **state)
{
	uint8_t frame[42 + 272];
	char line[200];

	(void)state;
	put_hex(frame, "ffffffffffff" CLIENT "08004500012ca8360000fa11178b00000000ffffffff"
		       "004400430118591f");
	message(frame + 42, 272, false, discover_options);
	wire_print(line, sizeof(line), frame, sizeof(frame));
	assert_string_equal(line, "IP 0.0.0.0.68 > 255.255.255.255.67: BOOTP/DHCP, Request from "
				  "00:0b:82:01:fc:42, DHCP DISCOVER, length 272");
	frame[42 + 1] = 2;
	wire_print(line, sizeof(line), frame, sizeof(frame));
	assert_non_null(strstr(line, "BOOTP/DHCP, [not for Ethernet], length 272"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_discover),	cmocka_unit_test(golden_offer),
		cmocka_unit_test(emitted_bytes),	cmocka_unit_test(overload_and_pieces),
		cmocka_unit_test(long_text_in_pieces),	cmocka_unit_test(wrong_options),
		cmocka_unit_test(usual_ranges),		cmocka_unit_test(printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
