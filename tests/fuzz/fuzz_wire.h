/* What the wire fuzzers share: a property that must hold, and a copy that ends where it ends. */
#ifndef TESTS_FUZZ_WIRE_H
#define TESTS_FUZZ_WIRE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(property) \
	((property) ? (void)0 : fuzz_failed(#property, __FILE__, __LINE__))

static inline void fuzz_failed(const char *property, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
