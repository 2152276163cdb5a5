/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sketch.c -- see sketch.h. The top six bits of the hash choose a register, which keeps
 * the greatest position of the first one-bit among the rest.
 */
#include "base/sketch.h"

#include <math.h>
#include <stddef.h>

enum { REGISTERS = 64, INDEX_BITS = 6 };

bool
hll64_add(struct hll64 *h, uint64_t hash)
{
	uint64_t rest = hash << INDEX_BITS | 1 << (INDEX_BITS - 1);
	uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
	uint8_t *reg = &h->reg[hash >> (64 - INDEX_BITS)];

	if (rank <= *reg)
		return false;
	*reg = rank;
	return true;
}

double
hll64_count(const struct hll64 *h)
{
	const double alpha = 0.709; /* of 64 registers, from the paper */
	double sum = 0, raw;
	size_t empty = 0;

	for (size_t i = 0; i < REGISTERS; i++) {
		sum += ldexp(1, -h->reg[i]);
		empty += h->reg[i] == 0;
	}
	raw = alpha * REGISTERS * REGISTERS / sum;
	if (raw <= 2.5 * REGISTERS && empty > 0)
		return REGISTERS * log((double)REGISTERS / (double)empty);
	return raw;
}
