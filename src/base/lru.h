/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lru.h -- records per key in memory sized at start, kept in the order of their last
 * touch.
 *
 * For state that must come out again in order of age (flows that time out), where table.h
 * is for state that may be forgotten in any order. A slab of slots, an index by hash
 * chain, one list from the oldest touch to the newest. Nothing leaves by itself: the
 * owner looks at lru_oldest() and drops. When lru_full(), the owner drops the oldest
 * before it adds. Saved in list order, so a loaded table goes on exactly like the saved.
 */
#ifndef BASE_LRU_H
#define BASE_LRU_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lru;

/* At least one slot. The record is aligned to 8. */
struct lru *lru_new(size_t slots, size_t key_size, size_t record_size, uint64_t seed);
void lru_free(struct lru *lru);
/* The key's record or NULL; borrowed until it is dropped. */
void *lru_find(const struct lru *lru, const void *key);
/* A zeroed record for a key that is not there, touched at `now`. The table is not full.
 */
void *lru_add(struct lru *lru, const void *key, int64_t now);
/* Makes the record the newest. `now`: not before the last touch of any record. */
void lru_touch(struct lru *lru, void *record, int64_t now);
void lru_drop(struct lru *lru, void *record);
bool lru_full(const struct lru *lru);
size_t lru_count(const struct lru *lru);
/* The record untouched for longest and, in *touched, since when; NULL if there is none.
 */
void *lru_oldest(const struct lru *lru, int64_t *touched);
/* The next newer record, or NULL. */
void *lru_newer(const struct lru *lru, const void *record);
const void *lru_key(const struct lru *lru, const void *record);
int64_t lru_touched(const struct lru *lru, const void *record);
size_t lru_memory(const struct lru *lru);
void lru_save(const struct lru *lru, struct wr *w);
/* False if the bytes do not fit a table of these sizes; the table is then empty. */
bool lru_load(struct lru *lru, struct rd *r);

#endif
