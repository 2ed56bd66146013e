/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a short keyed hash that nobody without the key can
 * guess. For sequence numbers, cookies, and the choice among sockets that share a port.
 *
 * siphash() is the function of the paper. The state and its round are here too, for who feeds it
 * words of their own.
 */
#ifndef CORE_SIPHASH_H
#define CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash {
	uint64_t v[4];
};

static inline uint64_t siphash_rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static inline void siphash_init(struct siphash *s, const uint64_t key[2])
{
	s->v[0] = key[0] ^ 0x736f6d6570736575;
	s->v[1] = key[1] ^ 0x646f72616e646f6d;
	s->v[2] = key[0] ^ 0x6c7967656e657261;
	s->v[3] = key[1] ^ 0x7465646279746573;
}

static inline void siphash_round(struct siphash *s)
{
	uint64_t *v = s->v;

	v[0] += v[1];
	v[1] = siphash_rotl(v[1], 13) ^ v[0];
	v[0] = siphash_rotl(v[0], 32);
	v[2] += v[3];
	v[3] = siphash_rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = siphash_rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = siphash_rotl(v[1], 17) ^ v[2];
	v[2] = siphash_rotl(v[2], 32);
}

static inline void siphash_word(struct siphash *s, uint64_t word)
{
	s->v[3] ^= word;
	siphash_round(s);
	siphash_round(s);
	s->v[0] ^= word;
}

static inline uint64_t siphash_end(struct siphash *s)
{
	s->v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		siphash_round(s);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

/* Of len bytes. key: two little-endian words. */
uint64_t siphash(const void *data, size_t len, const uint64_t key[2]);

#endif
