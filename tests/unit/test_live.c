/* Checksums that were left to hardware, told from wrong ones; and what being behind the clock is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "live/device.h"
#include "live/frame_checksum.h"
#include "live/pace.h"

/* UDP 10.0.0.1:1 > 10.0.0.2:2, "ab": the pseudo-header sums to 0x1403 + 17 + 10 = 0x141e. */
static const uint8_t left[] = {
	2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
	0x45, 0, 0, 30, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0, 1, 0, 2, 0, 10, 0x14, 0x1e, 'a', 'b',
};

enum { CHECKSUM = 40 };

/* 0x141e + 1 + 2 + 10 + 0x6162 = 0x758d, complemented 0x8a72. */
static void test_completed(void **state)
{
	uint8_t f[sizeof(left)];

	(void)state;
	memcpy(f, left, sizeof(f));
	assert_true(frame_checksum_complete(f, sizeof(f)));
	assert_int_equal(f[CHECKSUM], 0x8a);
	assert_int_equal(f[CHECKSUM + 1], 0x72);
	assert_memory_equal(f, left, CHECKSUM);
	/* Whole now: a second look changes nothing. */
	assert_false(frame_checksum_complete(f, sizeof(f)));
	assert_int_equal(f[CHECKSUM], 0x8a);
}

static void test_tagged(void **state)
{
	uint8_t f[sizeof(left) + 4];

	(void)state;
	memcpy(f, left, 12);
	memcpy(f + 12, "\x81\x00\x00\x05", 4);
	memcpy(f + 16, left + 12, sizeof(left) - 12);
	assert_true(frame_checksum_complete(f, sizeof(f)));
	assert_int_equal(f[CHECKSUM + 4], 0x8a);
	assert_int_equal(f[CHECKSUM + 5], 0x72);
}

/* Wrong in another way, a fragment, and every length at which it may end: as it came. */
static void test_left_alone(void **state)
{
	uint8_t f[sizeof(left)];

	(void)state;
	memcpy(f, left, sizeof(f));
	f[CHECKSUM + 1] ^= 1;
	assert_false(frame_checksum_complete(f, sizeof(f)));
	memcpy(f, left, sizeof(f));
	f[20] = 0x20; /* MF */
	assert_false(frame_checksum_complete(f, sizeof(f)));
	for (size_t len = 0; len < sizeof(left); len++) {
		memcpy(f, left, sizeof(f));
		assert_false(frame_checksum_complete(f, len));
		assert_memory_equal(f, left, sizeof(f));
	}
}

static void test_pace(void **state)
{
	struct pace p;

	(void)state;
	pace_begin(&p);
	assert_true(pace_now(&p) >= 0);
	assert_false(pace_late(&p, 100, 50));
	assert_int_equal(p.times, 0);
	assert_true(pace_late(&p, 30000000, 20000000));   /* since 10 ms */
	assert_false(pace_late(&p, 40000000, 30000000));  /* still, and said */
	assert_false(pace_late(&p, 50000000, 0));
	assert_int_equal(p.times, 1);
	assert_int_equal(p.late_max, 30000000);
	assert_int_equal(p.behind_for, 40000000);
	assert_false(pace_late(&p, 90000000, 11000000));
	assert_int_equal(p.times, 2);
}

static void test_device_names(void **state)
{
	static const char *const bad[] = {"nt0", "tap:", "tun:a", "tap:a/b", "if:..", "tap:a%d",
					  "tap:sixteen-letters-"};
	struct device_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&error, 0xff, sizeof(error));
		assert_null(device_open(bad[i], 1500, NULL, &error));
		assert_false(error.machine);
		assert_non_null(strstr(error.text, "expected"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_completed),
		cmocka_unit_test(test_tagged),
		cmocka_unit_test(test_left_alone),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_device_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
