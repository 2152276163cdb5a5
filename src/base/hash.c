/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c -- see hash.h. */
#include "base/hash.h"

#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

static const uint64_t k0 = 0x9e3779b97f4a7c15, k1 = 0xbf58476d1ce4e5b9;

static uint64_t
fold(uint64_t a, uint64_t b)
{
	uint128 product = (uint128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t
load(const uint8_t *p, size_t size)
{
	uint64_t v = 0;

	memcpy(&v, p, size);
	return v;
}

uint64_t
hash_bytes(const void *bytes, size_t size, uint64_t seed)
{
	const uint8_t *p = bytes;
	uint64_t h = fold(seed ^ k0, k1 ^ size);

	for (; size >= 8; size -= 8, p += 8)
		h = fold(h ^ load(p, 8), k0 ^ seed);
	if (size > 0)
		h = fold(h ^ load(p, size), k1 ^ seed);
	return fold(h ^ k1, k0);
}

uint64_t
hash_u64(uint64_t value, uint64_t seed)
{
	return fold(fold(value ^ k0, seed ^ k1) ^ value, k0);
}

static uint64_t
splitmix(uint64_t *state)
{
	uint64_t z = *state += k0;

	z = (z ^ z >> 30) * k1;
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
rng_seed(struct rng *rng, uint64_t seed)
{
	for (size_t i = 0; i < 4; i++)
		rng->s[i] = splitmix(&seed);
}

static uint64_t
rotate(uint64_t v, int bits)
{
	return v << bits | v >> (64 - bits);
}

uint64_t
rng_u64(struct rng *rng)
{
	uint64_t *s = rng->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t
rng_below(struct rng *rng, uint64_t bound)
{
	uint64_t least = -bound % bound, v;

	do
		v = rng_u64(rng);
	while (v < least);
	return v % bound;
}

double
rng_real(struct rng *rng)
{
	return (double)(rng_u64(rng) >> 11) * 0x1p-53;
}

double
rng_exponential(struct rng *rng, double mean)
{
	return -mean * log1p(-rng_real(rng));
}
