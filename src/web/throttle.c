/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle.c -- see throttle.h.
 *
 * Each counter is one time, as in the generic cell rate algorithm: the moment at which it
 * will be empty again. A try moves it on by the time that one try is worth, and is
 * refused where that would lead too far ahead of now.
 */
#include "web/throttle.h"

#include "base/digest.h"
#include "base/lru.h"
#include "base/mem.h"
#include "base/when.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 4096, KNOWN = 256 };

struct pair {
	struct id128 name;
	struct addr from;
};

struct throttle {
	struct lru *tried; /* pair, or address with no name -> int64_t */
	struct lru *known; /* pairs that have logged in */
	int64_t all;
};

struct throttle *
throttle_new(void)
{
	struct throttle *t = xcalloc(1, sizeof *t);
	uint64_t seed;

	randombytes_buf(&seed, sizeof seed);
	t->tried = lru_new(PAIRS, sizeof(struct pair), sizeof(int64_t), seed);
	t->known = lru_new(KNOWN, sizeof(struct pair), sizeof(int64_t), seed);
	return t;
}

void
throttle_free(struct throttle *t)
{
	if (t == NULL)
		return;
	lru_free(t->tried);
	lru_free(t->known);
	free(t);
}

static struct pair
pair_of(const char *name, const struct addr *from)
{
	struct digest d;
	struct pair pair;

	digest_init(&d);
	digest_text(&d, name);
	pair.name = digest_id(&d);
	pair.from = addr_is_v4(from) ? *from : prefix_of(from, 64).addr;
	return pair;
}

static bool
fits(const int64_t *counter, int64_t now, int tries)
{
	int64_t worth = WHEN_MINUTE / tries;

	return counter == NULL || *counter + worth <= now + WHEN_MINUTE;
}

static void
count(int64_t *counter, int64_t now, int tries)
{
	*counter = (*counter > now ? *counter : now) + WHEN_MINUTE / tries;
}

/* The pair's record, touched; made, instead of the oldest where there is no room. */
static int64_t *
record_of(struct lru *lru, const struct pair *pair, int64_t now)
{
	int64_t *record = lru_find(lru, pair);

	if (record != NULL) {
		lru_touch(lru, record, now);
		return record;
	}
	if (lru_full(lru)) {
		int64_t touched;

		lru_drop(lru, lru_oldest(lru, &touched));
	}
	return lru_add(lru, pair, now);
}

bool
throttle_try(struct throttle *t, int64_t now, const char *name, const struct addr *from)
{
	struct pair pair = pair_of(name, from), alone = {.from = pair.from};
	bool known = lru_find(t->known, &pair) != NULL;

	if (!fits(lru_find(t->tried, &pair), now, THROTTLE_PAIR) ||
	    (!known && (!fits(lru_find(t->tried, &alone), now, THROTTLE_ADDRESS) ||
			   !fits(&t->all, now, THROTTLE_ALL))))
		return false;
	count(record_of(t->tried, &pair, now), now, THROTTLE_PAIR);
	if (known)
		return true;
	count(record_of(t->tried, &alone, now), now, THROTTLE_ADDRESS);
	count(&t->all, now, THROTTLE_ALL);
	return true;
}

void
throttle_good(struct throttle *t, int64_t now, const char *name, const struct addr *from)
{
	struct pair pair = pair_of(name, from);
	int64_t *tried = lru_find(t->tried, &pair);

	if (tried != NULL)
		lru_drop(t->tried, tried);
	*record_of(t->known, &pair, now) = now;
}
