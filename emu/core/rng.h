/*
 * Random streams.
 *
 * Every node and every link direction draws from a stream of its own, derived from the
 * scenario's seed and the owner's name: adding a link does not change another link's losses.
 * The generator is xoshiro256** (Blackman and Vigna), seeded through SplitMix64 from an FNV-1a
 * hash of the name. Distributions use core/dmath.h, so that every machine draws the same values
 * to the last bit.
 */
#ifndef CORE_RNG_H
#define CORE_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

/* The stream of (seed, name); an owner with several streams adds a word to its name. */
void rng_init(struct rng *r, uint64_t seed, const char *name);

uint64_t rng_u64(struct rng *r);

/* Uniform in [0, n), without bias; n > 0. */
uint32_t rng_below(struct rng *r, uint32_t n);

/* Uniform in [0, 1), 53 bits. */
double rng_unit(struct rng *r);

/* True with probability p; draws nothing when p is 0 or 1. */
bool rng_chance(struct rng *r, double p);

/* Exponential with the given mean. */
double rng_exp(struct rng *r, double mean);

/* Normal with mean 0 and standard deviation 1. */
double rng_normal(struct rng *r);

/* Pareto with the given shape (> 1), scaled to mean 1; always >= (shape - 1) / shape. */
double rng_pareto(struct rng *r, double shape);

void rng_bytes(struct rng *r, void *buf, size_t len);

#endif
