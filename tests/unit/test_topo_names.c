/* Names: ranges, what may be one, the nearest known one; and command lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/nearest.h"
#include "topo/notation/range.h"
#include "topo/notation/words.h"

static char why[512];

static void ranges(void **state)
{
	struct arena *arena = arena_new();
	struct range range;

	(void)state;
	assert_true(range_read("client[1..1000]", &range, why));
	assert_int_equal(range.count, 1000);
	assert_string_equal(range_name(arena, &range, 0), "client1");
	assert_string_equal(range_name(arena, &range, 999), "client1000");
	assert_true(range_read("h[08..10]x", &range, why));
	assert_string_equal(range_name(arena, &range, 0), "h08x");
	assert_string_equal(range_name(arena, &range, 2), "h10x");
	assert_true(range_read("h[0..2]", &range, why));
	assert_string_equal(range_name(arena, &range, 2), "h2");
	assert_true(range_read("web", &range, why) && !range.many && range.count == 1);
	assert_string_equal(range_name(arena, &range, 0), "web");
	assert_true(range_read("x[5..5]", &range, why) && range.many && range.count == 1);
	assert_string_equal(range_name(arena, &range, 0), "x5");
	arena_free(arena);
}

static void bad_ranges(void **state)
{
	static const char *const bad[] = { "h[9..1]", "h[1..]", "h[..2]", "h[1-3]", "h[1..2", "h1..2]",
					   "h[1..2][1..2]", "h[1..999999999]", "h[a..b]", "h[]",
					   "h[1..2]]", "h[-1..2]", "h[1...2]" };
	struct range range;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (range_read(bad[i], &range, why))
			fail_msg("'%s' was taken for a range", bad[i]);
}

static void good_names(void **state)
{
	(void)state;
	assert_true(name_is_good("web-1_b", why));
	assert_true(name_is_good("4g", why));
	assert_false(name_is_good("", why));
	assert_false(name_is_good("-a", why));
	assert_false(name_is_good("a--b", why));
	assert_false(name_is_good("a.b", why));
	assert_false(name_is_good("a b", why));
	assert_true(name_is_good_iface("eth0.10", why));
	assert_false(name_is_good_iface("averyveryverylongname", why));
}

static void distances(void **state)
{
	(void)state;
	assert_int_equal(nearest_distance("loss", "loss"), 0);
	assert_int_equal(nearest_distance("losss", "loss"), 1);
	assert_int_equal(nearest_distance("rtae", "rate"), 1);	/* two neighbours swapped */
	assert_int_equal(nearest_distance("RATE", "rate"), 0);
	assert_int_equal(nearest_distance("", "abc"), 3);
	assert_int_equal(nearest_distance("kitten", "sitting"), 3);
	assert_int_equal(nearest_distance("queue", "que"), 2);
}

static void suggestions(void **state)
{
	static const char *const known[] = { "rate", "delay", "loss", "queue", NULL };
	struct nearest near = nearest_to("dealy"), far = nearest_to("colour"), one = nearest_to("a");
	static const char *const letter[] = { "b", NULL };

	(void)state;
	nearest_try_all(&near, known);
	assert_string_equal(nearest_hint(&near), "; did you mean 'delay'?");
	nearest_try_all(&far, known);
	assert_string_equal(nearest_hint(&far), "");
	nearest_try_all(&one, letter);
	assert_string_equal(nearest_hint(&one), "");
}

static void words(void **state)
{
	struct arena *arena = arena_new();
	int n;
	char **argv = words_split(arena, "  nc -u 'a b' \"c \\\" d\" e\\ f ''  ", &n, why);

	(void)state;
	assert_non_null(argv);
	assert_int_equal(n, 6);
	assert_string_equal(argv[0], "nc");
	assert_string_equal(argv[2], "a b");
	assert_string_equal(argv[3], "c \" d");
	assert_string_equal(argv[4], "e f");
	assert_string_equal(argv[5], "");
	assert_null(argv[6]);
	assert_null(words_split(arena, "ping web > file", &n, why));
	assert_null(words_split(arena, "ping 'web", &n, why));
	assert_null(words_split(arena, "   ", &n, why));
	assert_null(words_split(arena, "a; b", &n, why));
	assert_non_null(words_split(arena, "curl 'http://web/?a=1&b=2'", &n, why));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),    cmocka_unit_test(bad_ranges),  cmocka_unit_test(good_names),
		cmocka_unit_test(distances), cmocka_unit_test(suggestions), cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
