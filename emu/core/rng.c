#include "core/rng.h"

#include <math.h>
#include <string.h>

#include "core/dmath.h"

static uint64_t splitmix64(uint64_t *x)
{
	uint64_t z = (*x += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void rng_init(struct rng *r, uint64_t seed, const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const unsigned char *c = (const unsigned char *)name; *c; c++)
		h = (h ^ *c) * UINT64_C(0x100000001b3);
	/* The seed goes through the mixer first: seeds 1 and 2 must not give streams that differ
	 * by one addition. */
	uint64_t x = h ^ splitmix64(&seed);
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix64(&x);
}

static inline uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->s, result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	/* Lemire's multiply-and-reject. */
	uint64_t m = (uint64_t)(uint32_t)(rng_u64(r) >> 32) * n;

	if ((uint32_t)m < n) {
		uint32_t threshold = -n % n;

		while ((uint32_t)m < threshold)
			m = (uint64_t)(uint32_t)(rng_u64(r) >> 32) * n;
	}
	return (uint32_t)(m >> 32);
}

double rng_unit(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

bool rng_chance(struct rng *r, double p)
{
	if (p <= 0)
		return false;
	return p >= 1 || rng_unit(r) < p;
}

double rng_exp(struct rng *r, double mean)
{
	return -mean * dm_log(1.0 - rng_unit(r));
}

double rng_normal(struct rng *r)
{
	/* Marsaglia's polar method; the second value is thrown away so that a stream's state is
	 * its four words and nothing else. */
	for (;;) {
		double u = 2 * rng_unit(r) - 1, v = 2 * rng_unit(r) - 1, q = u * u + v * v;

		if (q > 0 && q < 1)
			return u * sqrt(-2 * dm_log(q) / q);
	}
}

double rng_pareto(struct rng *r, double shape)
{
	return (shape - 1) / shape * dm_exp(-dm_log(1.0 - rng_unit(r)) / shape);
}

void rng_bytes(struct rng *r, void *buf, size_t len)
{
	uint8_t *p = buf;

	while (len) {
		uint64_t v = rng_u64(r);
		size_t n = len < sizeof(v) ? len : sizeof(v);

		/* Byte by byte, low first: the same bytes whatever the machine's byte order. */
		for (size_t i = 0; i < n; i++)
			p[i] = (uint8_t)(v >> (8 * i));
		p += n;
		len -= n;
	}
}
