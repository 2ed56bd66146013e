#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/fate.h"
#include "core/rng.h"

static struct fates fates;

static int setup(void **state)
{
	(void)state;
	fates_init(&fates);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fates_fini(&fates);
	return 0;
}

static void test_order(void **state)
{
	const char *texts[FATES_OF_MAX];

	(void)state;
	assert_true(fates_empty(&fates));
	assert_int_equal(fates_of(&fates, 1, texts), 0);
	fates_note(&fates, 7, "reordered on wan");
	fates_note(&fates, 8, "lost on wan: random loss");
	fates_note(&fates, 7, "lost on wan: random loss");
	fates_note(&fates, 7, "reordered on wan"); /* the same again */
	assert_int_equal(fates_of(&fates, 7, texts), 2);
	assert_string_equal(texts[0], "reordered on wan");
	assert_string_equal(texts[1], "lost on wan: random loss");
	assert_int_equal(fates_of(&fates, 8, texts), 1);
	assert_int_equal(fates_of(&fates, 9, texts), 0);
	assert_false(fates_empty(&fates));
}

static void test_at_most(void **state)
{
	const char *texts[FATES_OF_MAX];

	(void)state;
	for (int i = 0; i < 2 * FATES_OF_MAX; i++) {
		char text[32];

		snprintf(text, sizeof(text), "text %d", i);
		fates_note(&fates, 5, text);
	}
	assert_int_equal(fates_of(&fates, 5, texts), FATES_OF_MAX);
	assert_string_equal(texts[FATES_OF_MAX - 1], "text 63");
}

static void test_seen(void **state)
{
	uint64_t page = UINT64_C(1) << FATES_PAGE_BITS;

	(void)state;
	assert_false(fates_was_seen(&fates, 3));
	fates_seen(&fates, 3);
	fates_seen(&fates, page + 3);
	fates_seen(&fates, 4);
	assert_true(fates_was_seen(&fates, 3));
	assert_true(fates_was_seen(&fates, 4));
	assert_false(fates_was_seen(&fates, 5));
	assert_true(fates_was_seen(&fates, page + 3));
	assert_false(fates_was_seen(&fates, page + 4));
	assert_false(fates_was_seen(&fates, 2 * page + 3));
	/* Its page goes to younger ids: who is older counts as seen, who is younger is known. */
	fates_seen(&fates, FATES_PAGES * page + 9);
	assert_true(fates_was_seen(&fates, 5));
	assert_true(fates_was_seen(&fates, FATES_PAGES * page + 9));
	assert_false(fates_was_seen(&fates, FATES_PAGES * page + 5));
	fates_seen(&fates, 5);
	assert_false(fates_was_seen(&fates, FATES_PAGES * page + 5));
	assert_true(fates_was_seen(&fates, page + 3));
}

/* Fates of packets that nobody captured do not pile up; those of captured ones stay. */
static void test_bounded(void **state)
{
	const char *texts[FATES_OF_MAX];
	uint32_t most = 0, count = 20 * FATES_UNSEEN;

	(void)state;
	for (uint64_t id = 1; id <= count; id++) {
		if (id % 1000 == 0)
			fates_seen(&fates, id);
		fates_note(&fates, id, id % 2 ? "odd" : "even");
		if (fates.note_count > most)
			most = fates.note_count;
	}
	assert_in_range(most, FATES_UNSEEN, 2 * FATES_UNSEEN + 2 * count / 1000);
	for (uint64_t id = 1000; id <= count; id += 1000) {
		assert_int_equal(fates_of(&fates, id, texts), 1);
		assert_string_equal(texts[0], "even");
	}
	assert_int_equal(fates_of(&fates, 1, texts), 0);
	for (uint64_t id = count - FATES_UNSEEN + 1; id <= count; id++)
		assert_int_equal(fates_of(&fates, id, texts), 1);
}

/* Against a table that cannot be wrong. */
static void test_twin(void **state)
{
	enum { IDS = 5000, TEXTS = 40 };
	static uint8_t noted[IDS][TEXTS], order[IDS][TEXTS], counts[IDS];
	struct rng r;

	(void)state;
	rng_init(&r, 1, "fates");
	for (int i = 0; i < 20000; i++) {
		uint32_t id = rng_below(&r, IDS), text = rng_below(&r, TEXTS);
		char words[32];

		snprintf(words, sizeof(words), "text %u", text);
		fates_note(&fates, id + 1, words);
		if (!noted[id][text])
			order[id][counts[id]++] = (uint8_t)text;
		noted[id][text] = 1;
	}
	for (uint32_t id = 0; id < IDS; id++) {
		const char *texts[FATES_OF_MAX];

		assert_int_equal(fates_of(&fates, id + 1, texts), counts[id]);
		for (uint32_t k = 0; k < counts[id]; k++) {
			char words[32];

			snprintf(words, sizeof(words), "text %u", order[id][k]);
			assert_string_equal(texts[k], words);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_at_most, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_twin, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
