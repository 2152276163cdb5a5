/* SPDX-License-Identifier: Apache-2.0 */
/* bloom.c -- see bloom.h. */
#include "intel/bloom.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BITS = 64 * BLOOM_WORDS, BITS_EACH = 16, PROBES = 6, LEAST = 16 };

void
bloom_init(struct bloom *bloom, size_t elements)
{
	bloom->count = LEAST;
	while (bloom->count < elements * BITS_EACH / BLOCK_BITS)
		bloom->count *= 2;
	bloom->blocks = xcalloc(bloom->count, sizeof *bloom->blocks);
}

void
bloom_fini(struct bloom *bloom)
{
	free(bloom->blocks);
	*bloom = (struct bloom){0};
}

static uint64_t *
block_of(const struct bloom *bloom, uint64_t hash)
{
	return bloom->blocks[(hash >> 54 ^ hash >> 20) & (bloom->count - 1)];
}

static void
probe(uint64_t hash, uint64_t mask[BLOOM_WORDS])
{
	hash = hash_u64(hash, 3);
	memset(mask, 0, BLOOM_WORDS * sizeof *mask);
	for (int i = 0; i < PROBES; i++, hash >>= 9)
		mask[hash % BLOCK_BITS / 64] |= UINT64_C(1) << hash % 64;
}

void
bloom_add(struct bloom *bloom, uint64_t hash)
{
	uint64_t mask[BLOOM_WORDS], *block = block_of(bloom, hash);

	probe(hash, mask);
	for (size_t i = 0; i < BLOOM_WORDS; i++)
		block[i] |= mask[i];
}

bool
bloom_holds(const struct bloom *bloom, uint64_t hash)
{
	uint64_t mask[BLOOM_WORDS], missing = 0;
	const uint64_t *block = block_of(bloom, hash);

	probe(hash, mask);
	for (size_t i = 0; i < BLOOM_WORDS; i++)
		missing |= mask[i] & ~block[i];
	return missing == 0;
}

void
bloom_prefetch(const struct bloom *bloom, uint64_t hash)
{
	__builtin_prefetch(block_of(bloom, hash));
}
