#include "core/siphash.h"

static uint64_t word_of(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

uint64_t siphash(const void *data, size_t len, const uint64_t key[2])
{
	const uint8_t *p = data;
	size_t i = 0;
	struct siphash s;

	siphash_init(&s, key);
	for (; i + 8 <= len; i += 8)
		siphash_word(&s, word_of(p + i, 8));
	siphash_word(&s, word_of(p + i, len - i) | (uint64_t)len << 56);
	return siphash_end(&s);
}
