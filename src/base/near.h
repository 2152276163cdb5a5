/* SPDX-License-Identifier: Apache-2.0 */
/*
 * near.h -- "did you mean ...?": the known name nearest to a mistyped one.
 *
 *     struct near n = near_init("netwroks");
 *     for (each known name) near_try(&n, name);
 *     near_best(&n)            -- NULL if none is near enough to be worth a line
 *
 * Distance: insertions, deletions, replacements and swaps of neighbours (optimal string
 * alignment), each 1. Near enough is at most a third of the word, but 1 always is.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include <stddef.h>

struct near {
	const char *word, *best;
	unsigned distance;
};

struct near near_init(const char *word);
/* Keeps the first of equally near names. `name` is borrowed as long as the search. */
void near_try(struct near *near, const char *name);
const char *near_best(const struct near *near);
unsigned near_distance(const char *a, const char *b);

/* Of `count` names the nearest NEAR_FEW into `out`, nearest first, ", " between; those
 * that do not fit are left out. Of equally near ones the first comes first. */
enum { NEAR_FEW = 16 };
void near_list(
    const char *word, const char *const *names, size_t count, char *out, size_t room);

#endif
