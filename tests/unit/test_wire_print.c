/* The line for every golden frame, whole and cut. */
#include "tests/unit/wire_golden.h"
#include "wire/eth.h"
#include "wire/print.h"

static void golden_lines(void **state)
{
	uint8_t frame[GOLDEN_MAX];
	char line[1024];

	(void)state;
	for (int i = 0; i < GOLDEN_COUNT; i++) {
		size_t len = hex_bytes(golden_frames[i].hex, frame);
		size_t n = wire_print(line, sizeof line, frame, len);

		assert_string_equal(line, golden_frames[i].line);
		assert_int_equal(n, strlen(line));
	}
}

static void bare_packets(void **state)
{
	uint8_t frame[GOLDEN_MAX];
	char whole[1024], bare[1024];

	(void)state;
	for (int i = 0; i < GOLDEN_COUNT; i++) {
		size_t len = hex_bytes(golden_frames[i].hex, frame);

		if (strncmp(golden_frames[i].line, "IP", 2) != 0)
			continue;
		wire_print(whole, sizeof whole, frame, len);
		wire_print_ip(bare, sizeof bare, frame + ETH_HLEN, len - ETH_HLEN);
		assert_string_equal(bare, whole);
	}
}

/* Cut at every byte, each frame still gives a line, and the cut is named in it. */
static void cut_frames_say_so(void **state)
{
	uint8_t frame[GOLDEN_MAX];
	char line[1024];

	(void)state;
	for (int i = 0; i < GOLDEN_COUNT; i++) {
		size_t len = hex_bytes(golden_frames[i].hex, frame);

		for (size_t cut = 0; cut < len; cut++) {
			wire_print(line, sizeof line, frame, cut);
			assert_true(*line);
			if (strstr(golden_frames[i].line, "IP") && !strchr(line, '['))
				fail_msg("%s at %zu: %s", golden_frames[i].name, cut, line);
		}
	}
}

static void damage_is_named(void **state)
{
	uint8_t frame[GOLDEN_MAX];
	size_t len = golden_bytes("echo4", frame);
	char line[1024];

	(void)state;
	frame[ETH_HLEN + 10] ^= 1;
	wire_print(line, sizeof line, frame, len);
	assert_string_equal(line, "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 4660, seq 1, "
				  "length 16 [bad header checksum]");
	frame[ETH_HLEN] = 0x15;
	wire_print(line, sizeof line, frame, len);
	assert_string_equal(line, "IP [version is not 4], length 36");
}

static void small_buffers_hold_the_beginning(void **state)
{
	uint8_t frame[GOLDEN_MAX];
	size_t len = golden_bytes("port6", frame);
	char whole[256], part[256];

	(void)state;
	wire_print(whole, sizeof whole, frame, len);
	assert_int_equal(wire_print(part, 0, frame, len), 0);
	for (size_t room = 1; room < sizeof part; room++) {
		size_t n = wire_print(part, room, frame, len);

		assert_int_equal(n, strlen(whole) < room ? strlen(whole) : room - 1);
		assert_memory_equal(part, whole, n);
		assert_int_equal(part[n], '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_lines),
		cmocka_unit_test(bare_packets),
		cmocka_unit_test(cut_frames_say_so),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(small_buffers_hold_the_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
