/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sketch.h -- how many different things, in a few bytes (HyperLogLog).
 *
 * Flajolet, Fusy, Gandouet, Meunier 2007, with linear counting for small values. With
 * 64 registers the standard error is 13 %; small counts are nearly exact.
 */
#ifndef BASE_SKETCH_H
#define BASE_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

struct hll64 {
	uint8_t reg[64];
};

/* `hash`: of the element, well mixed. True if the sketch changed. */
bool hll64_add(struct hll64 *h, uint64_t hash);
double hll64_count(const struct hll64 *h);

#endif
