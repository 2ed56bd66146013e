/* The printer: any bytes give a line; a smaller buffer gives its beginning. Input: a frame. */
#include "tests/fuzz/fuzz_wire.h"
#include "wire/print.h"

static void check(size_t (*print)(char *, size_t, const uint8_t *, size_t), const uint8_t *data,
		  size_t size)
{
	char line[4096], *small;
	size_t n = print(line, sizeof line, data, size), room = size % 97 + 1, m;

	REQUIRE(n && n < sizeof line - 1 && strlen(line) == n);
	for (size_t i = 0; i < n; i++)
		REQUIRE(line[i] >= ' ' && line[i] <= '~');
	small = malloc(room);
	m = print(small, room, data, size);
	REQUIRE(m == (n < room ? n : room - 1) && strlen(small) == m);
	REQUIRE(memcmp(small, line, m) == 0);
	free(small);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(wire_print, data, size);
	check(wire_print_ip, data, size);
	return 0;
}
