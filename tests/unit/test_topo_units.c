/* Quantities: exact values, and sentences that say what to write instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "topo/notation/units.h"

static char why[UNITS_WHY];

static void times(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{ "0s", 0 }, { "1ns", 1 }, { "250us", 250000 }, { "10ms", 10000000 },
		{ "1.5s", 1500000000 }, { "0.000000001s", 1 }, { "2min", 120000000000 },
		{ "1h", 3600000000000 }, { "1.50s", 1500000000 }, { "0.1ms", 100000 },
		{ "2562047h", 9223369200000000000 },
	};
	static const char *const bad[] = { "", "10", "s", "10 ms", "-1s", "+1s", "1e3s", "0.1ns", "1.s",
					   ".5s", "1..5s", "10msx", "99999999999999999999s",
					   "2562048h", "0x10s", "10MS", "inf", "nan" };
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(units_time(good[i].text, &ns, why));
		assert_int_equal(ns, good[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		if (units_time(bad[i], &ns, why))
			fail_msg("'%s' was taken for a time", bad[i]);
		assert_true(strlen(why) > 10);
	}
}

static void rates_and_sizes(void **state)
{
	uint64_t n;

	(void)state;
	assert_true(units_rate("100Mbit/s", &n, why) && n == 100000000);
	assert_true(units_rate("100Mbps", &n, why) && n == 100000000);
	assert_true(units_rate("1.5kbit/s", &n, why) && n == 1500);
	assert_true(units_rate("1Gbit/s", &n, why) && n == 1000000000);
	assert_false(units_rate("0.5bit/s", &n, why));
	assert_false(units_rate("100MB/s", &n, why));
	assert_true(units_size("1500B", &n, why) && n == 1500);
	assert_true(units_size("64kB", &n, why) && n == 64000);
	assert_true(units_size("64KiB", &n, why) && n == 65536);
	assert_true(units_size("1.5KiB", &n, why) && n == 1536);
	assert_false(units_size("1500", &n, why));
	assert_true(units_count("9223372036854775807", &n, why) && n == INT64_MAX);
	assert_false(units_count("9223372036854775808", &n, why));
	assert_false(units_count("1.5", &n, why));
}

/* A share is the double nearest to the decimal, as the compiler reads it. */
static void shares(void **state)
{
	double x;

	(void)state;
	assert_true(units_share("0.5%", &x, why) && x == 0.005);
	assert_true(units_share("0.005", &x, why) && x == 0.005);
	assert_true(units_share("0.1%", &x, why) && x == 0.001);
	assert_true(units_share("33.3%", &x, why) && x == 0.333);
	assert_true(units_share("0.2525%", &x, why) && x == 0.002525);
	assert_true(units_share("100%", &x, why) && x == 1);
	assert_true(units_share("1.0", &x, why) && x == 1);
	assert_false(units_share("1", &x, why));
	assert_non_null(strstr(why, "write 1% or 100%"));
	assert_true(units_share("0", &x, why) && x == 0);
	assert_true(units_share("0.000001", &x, why) && x == 1e-6);
	assert_false(units_share("101%", &x, why));
	assert_false(units_share("5", &x, why));
	assert_non_null(strstr(why, "write 5%"));
	assert_false(units_share("-1%", &x, why));
	assert_false(units_share("1 %", &x, why));
	assert_non_null(strstr(why, "write 1%"));
}

static void limits(void **state)
{
	enum units_limit unit;
	uint64_t n;
	double bdp;

	(void)state;
	assert_true(units_limit("1000p", &unit, &n, &bdp, why) && unit == UNITS_PACKETS && n == 1000);
	assert_true(units_limit("64kB", &unit, &n, &bdp, why) && unit == UNITS_BYTES && n == 64000);
	assert_true(units_limit("1.5bdp", &unit, &n, &bdp, why) && unit == UNITS_BDP && bdp == 1.5);
	assert_false(units_limit("1000", &unit, &n, &bdp, why));
	assert_false(units_limit("1.5p", &unit, &n, &bdp, why));
}

static void any(void **state)
{
	double x;

	(void)state;
	assert_true(units_any("3", &x, why) && x == 3);
	assert_true(units_any("40ms", &x, why) && x == 0.04);
	assert_true(units_any("1Mbit/s", &x, why) && x == 1e6);
	assert_true(units_any("64kB", &x, why) && x == 64000);
	assert_true(units_any("5%", &x, why) && x == 0.05);
	assert_true(units_any("200%", &x, why) && x == 2);
	assert_false(units_any("fast", &x, why));
}

/* What people write instead, and what they are told. */
static void sentences(void **state)
{
	static const struct {
		const char *text;
		const char *answer;
	} rates[] = {
		{ "50 Mbit", "'50 Mbit' is not a rate; write 50Mbit/s" },
		{ "50Mb/s", "'50Mb/s' is not a rate; write 50Mbit/s" },
		{ "50M", "'50M' is not a rate; write 50Mbit/s" },
		{ "50mbit/s", "'50mbit/s' is not a rate; write 50Mbit/s" },
		{ "50", "'50' has no unit; expected a rate such as 100Mbit/s" },
	}, times[] = {
		{ "10 ms", "'10 ms' is not a time; write 10ms" },
		{ "3sec", "'3sec' is not a time; write 3s" },
		{ "5m", "'5m' is not a time; write 5min" },
		{ "-5ms", "'-5ms' is negative; expected a time such as 10ms or 1.5s" },
	};
	uint64_t n;
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		assert_false(units_rate(rates[i].text, &n, why));
		assert_string_equal(why, rates[i].answer);
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_false(units_time(times[i].text, &ns, why));
		assert_string_equal(why, times[i].answer);
	}
}

/* What is printed reads back as the same quantity. */
static void printing(void **state)
{
	static const int64_t values[] = { 0, 1, 999, 1000, 1500, 1000000, 1234567, 1500000000,
					  60000000000, 90000000000, 3600000000000, INT64_MAX };
	char text[40];
	int64_t ns;
	uint64_t rate;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		units_print_time(text, sizeof(text), values[i]);
		assert_true(units_time(text, &ns, why));
		assert_int_equal(ns, values[i]);
		units_print_rate(text, sizeof(text), (uint64_t)values[i]);
		assert_true(units_rate(text, &rate, why));
		assert_int_equal(rate, values[i]);
	}
	assert_string_equal(units_print_time(text, sizeof(text), 1500000000), "1.5s");
	assert_string_equal(units_print_time(text, sizeof(text), 20000000), "20ms");
	assert_string_equal(units_print_rate(text, sizeof(text), 50000000), "50Mbit/s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),   cmocka_unit_test(rates_and_sizes), cmocka_unit_test(shares),
		cmocka_unit_test(limits),  cmocka_unit_test(any),	      cmocka_unit_test(sentences),
		cmocka_unit_test(printing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
