/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bloom.h -- "certainly not among them" for the price of one cache line.
 *
 * A Bloom filter in blocks of 512 bits (Putze, Sanders, Singler 2007): all probes of one
 * hash fall into one block. At 16 bits an element about one in a thousand strangers
 * passes. Hashes are well mixed 64-bit values.
 */
#ifndef INTEL_BLOOM_H
#define INTEL_BLOOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLOOM_WORDS = 8 };

struct bloom {
	uint64_t (*blocks)[BLOOM_WORDS];
	size_t count; /* a power of two */
};

/* Sized for `elements`; the memory is the filter's. */
void bloom_init(struct bloom *bloom, size_t elements);
void bloom_fini(struct bloom *bloom);
void bloom_add(struct bloom *bloom, uint64_t hash);
bool bloom_holds(const struct bloom *bloom, uint64_t hash);
void bloom_prefetch(const struct bloom *bloom, uint64_t hash);

#endif
