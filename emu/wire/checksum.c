#include "wire/checksum.h"

/*
 * Ones' complement addition does not care about the word's width: 32-bit words are added into
 * 64-bit lanes, which cannot overflow within 2^32 words, and the carries are brought in at the
 * end. Two lanes of four give the compiler vector adds on any machine; the result is an integer
 * and thus the same whatever it chooses.
 */
typedef uint64_t lanes __attribute__((vector_size(32)));

enum { BLOCK = 64 };

static uint64_t sum_blocks(const uint8_t *p, size_t blocks)
{
	const lanes low = { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff };
	lanes even = { 0 }, odd = { 0 }, a, b;
	uint64_t s = 0;

	for (; blocks; blocks--, p += BLOCK) {
		memcpy(&a, p, sizeof a);
		memcpy(&b, p + sizeof a, sizeof b);
		even += (a & low) + (b & low);
		odd += (a >> 32) + (b >> 32);
	}
	for (int i = 0; i < 4; i++)
		s += csum_from64(even[i]) + (uint64_t)csum_from64(odd[i]);
	return s;
}

uint32_t csum_partial(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	uint64_t s = sum;
	uint32_t w;
	uint16_t h;

	if (len >= BLOCK) {
		s += sum_blocks(p, len / BLOCK);
		p += len / BLOCK * BLOCK;
		len %= BLOCK;
	}
	for (; len >= 4; len -= 4, p += 4) {
		memcpy(&w, p, sizeof w);
		s += w;
	}
	if (len >= 2) {
		memcpy(&h, p, sizeof h);
		s += h;
		p += 2;
	}
	if (len & 1)
		s += be16toh((uint16_t)(*p << 8));
	return csum_from64(s);
}
