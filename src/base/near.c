/* SPDX-License-Identifier: Apache-2.0 */
/*
 * near.c -- see near.h. The textbook table, three rows of it at a time. Words beyond
 * WORD bytes are compared by their beginnings: nobody mistypes those.
 */
#include "base/near.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { WORD = 63 };

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
near_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD + 1];
	size_t rows_size = strnlen(a, WORD), columns = strnlen(b, WORD);

	for (unsigned j = 0; j <= columns; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= rows_size; i++) {
		unsigned *now = rows[i % 3], *up = rows[(i + 2) % 3],
			 *upper = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= columns; j++) {
			now[j] = least(least(up[j], now[j - 1]) + 1,
			    up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j], upper[j - 2] + 1);
		}
	}
	return rows[rows_size % 3][columns];
}

struct near
near_init(const char *word)
{
	return (struct near){.word = word, .distance = UINT_MAX};
}

void
near_try(struct near *near, const char *name)
{
	unsigned distance = near_distance(near->word, name);

	if (distance < near->distance) {
		near->distance = distance;
		near->best = name;
	}
}

const char *
near_best(const struct near *near)
{
	size_t length = strlen(near->word);
	unsigned allowed = length < 6 ? 1 : (unsigned)(length / 3);

	return near->distance <= allowed ? near->best : NULL;
}

/* `at` into `best`, which is sorted; what falls off the end is lost. */
static size_t
insert(struct near *best, size_t count, struct near at)
{
	size_t i = count < NEAR_FEW ? count++ : NEAR_FEW;

	for (; i > 0 && best[i - 1].distance > at.distance; i--)
		if (i < NEAR_FEW)
			best[i] = best[i - 1];
	if (i < NEAR_FEW)
		best[i] = at;
	return count;
}

void
near_list(
    const char *word, const char *const *names, size_t count, char *out, size_t room)
{
	struct near best[NEAR_FEW];
	size_t kept = 0, used = 0, size;

	for (size_t i = 0; i < count; i++) {
		struct near at = near_init(word);

		near_try(&at, names[i]);
		kept = insert(best, kept, at);
	}
	out[0] = '\0';
	for (size_t i = 0; i < kept; i++) {
		size = strlen(best[i].best);
		if (used + size + 3 > room)
			return;
		used += (size_t)snprintf(
		    out + used, room - used, "%s%s", used > 0 ? ", " : "", best[i].best);
	}
}
