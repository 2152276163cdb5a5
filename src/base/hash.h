/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h -- seeded hashing for tables, and a small seeded generator.
 *
 * hash_bytes mixes 8 bytes at a time by multiplication to 128 bits and folding (the idea
 * of wyhash, Wang Yi): fast, and with a secret seed good against chosen keys for tables.
 * It is no cryptographic digest; those come from libsodium (digest.h).
 *
 * The generator is xoshiro256** (Blackman, Vigna 2018), seeded through splitmix64: the
 * same seed gives the same numbers on every machine. Not for secrets.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed);
uint64_t hash_u64(uint64_t value, uint64_t seed);

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_u64(struct rng *rng);
/* Uniform in [0, bound), without bias; bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);
/* Uniform in [0, 1). */
double rng_real(struct rng *rng);
/* Exponential with the given mean. */
double rng_exponential(struct rng *rng, double mean);

#endif
