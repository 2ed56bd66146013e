/* Cursors: every width in big-endian order, and an error that sticks. */
#include "tests/unit/wire_golden.h"
#include "wire/cursor.h"

static void what_is_written_is_read(void **state)
{
	static const uint8_t want[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 'a', 'b', 0 };
	uint8_t buf[sizeof want], ab[2];
	struct wcursor w = wcursor_make(buf, sizeof buf);
	struct rcursor r;

	(void)state;
	wcursor_u8(&w, 0x01);
	wcursor_u16(&w, 0x0203);
	wcursor_u32(&w, 0x04050607);
	wcursor_u64(&w, 0x08090a0b0c0d0e0f);
	wcursor_bytes(&w, "ab", 2);
	wcursor_zeros(&w, 1);
	assert_false(w.error);
	assert_int_equal(wcursor_written(&w), sizeof want);
	assert_int_equal(wcursor_remaining(&w), 0);
	assert_memory_equal(buf, want, sizeof want);

	r = rcursor_make(buf, sizeof buf);
	assert_int_equal(rcursor_u8(&r), 0x01);
	assert_int_equal(rcursor_u16(&r), 0x0203);
	assert_int_equal(rcursor_u32(&r), 0x04050607);
	assert_true(rcursor_u64(&r) == 0x08090a0b0c0d0e0f);
	rcursor_bytes(&r, ab, 2);
	assert_memory_equal(ab, "ab", 2);
	rcursor_skip(&r, 1);
	assert_false(r.error);
	assert_int_equal(rcursor_remaining(&r), 0);
}

static void a_read_past_the_end_sticks(void **state)
{
	const uint8_t data[] = { 1, 2, 3 };
	struct rcursor r = rcursor_make(data, sizeof data), sub;
	uint8_t out[2] = { 9, 9 };

	(void)state;
	assert_int_equal(rcursor_u16(&r), 0x0102);
	assert_int_equal(rcursor_u16(&r), 0);
	assert_true(r.error);
	assert_int_equal(rcursor_u8(&r), 0);    /* although a byte is left */
	assert_int_equal(rcursor_remaining(&r), 0);
	rcursor_bytes(&r, out, 2);
	assert_true(out[0] == 0 && out[1] == 0);
	assert_null(rcursor_take(&r, 0));

	r = rcursor_make(data, sizeof data);
	sub = rcursor_sub(&r, 2);
	assert_int_equal(rcursor_u16(&sub), 0x0102);
	assert_int_equal(rcursor_u8(&sub), 0);
	assert_true(sub.error && !r.error);
	sub = rcursor_sub(&r, 2);
	assert_true(sub.error && r.error);
}

static void a_write_past_the_end_sticks(void **state)
{
	uint8_t buf[4] = { 0xee, 0xee, 0xee, 0xee };
	struct wcursor w = wcursor_make(buf, 3);

	(void)state;
	wcursor_u16(&w, 0x0102);
	wcursor_u32(&w, 0xffffffff);
	wcursor_u8(&w, 0xff);
	assert_true(w.error);
	assert_int_equal(wcursor_written(&w), 2);
	assert_int_equal(wcursor_remaining(&w), 0);
	assert_memory_equal(buf, ((uint8_t[]){ 1, 2, 0xee, 0xee }), 4);
}

static void nothing_at_all(void **state)
{
	struct rcursor r = rcursor_make(NULL, 0);
	struct wcursor w = wcursor_make(NULL, 0);

	(void)state;
	rcursor_skip(&r, 0);
	wcursor_bytes(&w, NULL, 0);
	assert_false(r.error || w.error);
	assert_int_equal(rcursor_u8(&r), 0);
	wcursor_u8(&w, 1);
	assert_true(r.error && w.error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_read_past_the_end_sticks),
		cmocka_unit_test(a_write_past_the_end_sticks),
		cmocka_unit_test(nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
