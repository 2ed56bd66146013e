/* Every block type against golden bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/names.h"
#include "capture/pcapng.h"
#include "capture_golden.h"

#define TIME vtime_ns((INT64_C(1) << 32) + 5)

static void check(struct bytes *b, const uint8_t *golden, size_t len)
{
	assert_int_equal(b->len, len);
	assert_memory_equal(b->at, golden, len);
	free(b->at);
	*b = (struct bytes){0};
}

static void test_section(void **state)
{
	struct bytes b = {0};

	(void)state;
	pcapng_section(&b, "interrupted at 1.500 s of virtual time");
	check(&b, section, sizeof(section));
	pcapng_section(&b, NULL);
	check(&b, section_plain, sizeof(section_plain));
}

static void test_interface(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
	struct bytes b = {0};

	(void)state;
	pcapng_interface(&b, &(struct pcapng_interface){
		.name = "eth0",
		.description = "laptop:eth0 on wan",
		.filter = "udp",
		.mac = mac,
		.speed = 50000000,
		.snaplen = 96,
	});
	check(&b, interface, sizeof(interface));
	pcapng_interface(&b, &(struct pcapng_interface){0});
	check(&b, interface_bare, sizeof(interface_bare));
}

static struct ipaddr web6(void)
{
	static const uint8_t a[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

	return ipaddr_from_bytes16(a);
}

static void test_names(void **state)
{
	struct ipaddr laptop = IPADDR_V4(10, 0, 0, 1), web = web6();
	struct names n = {0};
	struct bytes b = {0};

	(void)state;
	capture_names_write(&n, &b);
	assert_int_equal(b.len, 0);
	capture_names_add(&n, &laptop, "laptop");
	capture_names_add(&n, &web, "web");
	capture_names_write(&n, &b);
	check(&b, names, sizeof(names));
	capture_names_write_of(&n, (const char *const[]){"laptop", "web"}, 2, &b);
	check(&b, names, sizeof(names));
	capture_names_write_of(&n, (const char *const[]){"web", "nobody"}, 2, &b);
	assert_int_equal(b.len, 12 + 24 + 4);
	assert_memory_equal(b.at + 8, names + 24, 24);
	free(b.at);
	b = (struct bytes){0};
	capture_names_write_of(&n, (const char *const[]){"nobody"}, 1, &b);
	assert_int_equal(b.len, 0);
	capture_names_fini(&n);
}

/* Wireshark refuses blocks above 16 MiB: many names take several blocks, and none is lost. */
static void test_many_names(void **state)
{
	enum { COUNT = 100000 };
	struct names n = {0};
	struct bytes b = {0};
	uint32_t blocks = 0, found = 0;

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		struct ipaddr a = ipaddr_from4(0x0a000000 + i);
		char name[16];

		snprintf(name, sizeof(name), "host%u", i);
		capture_names_add(&n, &a, name);
	}
	capture_names_write(&n, &b);
	for (size_t at = 0; at < b.len; at += le32_load(b.at + at + 4)) {
		uint32_t size = le32_load(b.at + at + 4);
		size_t entry = at + 8;

		blocks++;
		assert_int_equal(le32_load(b.at + at), PCAPNG_NAMES);
		assert_in_range(size, 12, (1 << 20) + 16);
		assert_int_equal(le32_load(b.at + at + size - 4), size);
		for (; le32_load(b.at + entry);
		     entry += 4 + pcapng_pad(le16_load(b.at + entry + 2))) {
			char name[16];

			snprintf(name, sizeof(name), "host%u", found);
			assert_string_equal((char *)b.at + entry + 8, name);
			found++;
		}
		assert_int_equal(entry + 8, at + size);
	}
	assert_int_equal(found, COUNT);
	assert_in_range(blocks, 2, 4);
	free(b.at);
	capture_names_fini(&n);
}

static void test_secrets(void **state)
{
	struct bytes b = {0};

	(void)state;
	pcapng_secrets(&b, "CLIENT_RANDOM 0 1\n", 18);
	check(&b, secrets, sizeof(secrets));
}

static void test_packet(void **state)
{
	uint8_t record[sizeof(packet)];
	struct bytes b = {0};

	(void)state;
	memset(record, 0xee, sizeof(record));
	assert_int_equal(pcapng_packet_size(5), sizeof(packet));
	memcpy(pcapng_packet_begin(record), "\1\2\3\4\5", 5);
	assert_int_equal(pcapng_packet_end(record, 3, TIME, 5, 60, 2, 0x1122334455667788),
			 sizeof(packet));
	assert_memory_equal(record, packet, sizeof(packet));
	assert_int_equal(pcapng_packet_captured(record), 5);
	assert_true(pcapng_packet_id(record) == 0x1122334455667788);

	pcapng_packet_commented(&b, record,
				(const char *const[]){"lost on wan: burst loss", "x"}, 2);
	assert_int_equal(b.len, sizeof(packet_commented));
	assert_memory_equal(b.at, packet_commented, b.len);
	assert_true(pcapng_packet_id(b.at) == 0x1122334455667788);

	/* Comments that are there already are replaced. */
	struct bytes again = {0};
	pcapng_packet_commented(&again, b.at, NULL, 0);
	check(&again, packet, sizeof(packet));
	free(b.at);
}

/* Frames of every length modulo 4: the padding is zero and the options stand right behind it. */
static void test_packet_padding(void **state)
{
	(void)state;
	for (uint32_t len = 0; len < 9; len++) {
		uint8_t record[PCAPNG_PACKET_FRAME + 12 + PCAPNG_PACKET_TAIL];
		uint32_t size;

		memset(record, 0xee, sizeof(record));
		size = pcapng_packet_end(record, 0, VTIME_ZERO, len, len, 1, 7);
		assert_int_equal(size, 56 + (len + 3) / 4 * 4);
		assert_int_equal(le32_load(record + size - 4), size);
		for (uint32_t i = 28 + len; i < size - 28; i++)
			assert_int_equal(record[i], 0);
		assert_true(pcapng_packet_id(record) == 7);
	}
}

static void test_statistics(void **state)
{
	struct pcapng_statistics s = {
		.interface = 1,
		.start = vtime_ns(7),
		.end = TIME,
		.received = 9,
		.accepted = 8,
		.recorded = 8,
		.has_dropped = true,
		.dropped = 2,
	};
	struct bytes b = {0};

	(void)state;
	pcapng_statistics(&b, &s);
	check(&b, statistics, sizeof(statistics));
	s.has_dropped = false;
	pcapng_statistics(&b, &s);
	check(&b, statistics_no_drops, sizeof(statistics_no_drops));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_section),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_packet),
		cmocka_unit_test(test_packet_padding),
		cmocka_unit_test(test_statistics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
