/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h -- state per key in memory sized at start: 8-way set-associative.
 *
 * A key hashes to one set of eight slots. table_get returns the key's record, or takes
 * the emptiest slot: a free one, else the one idle for longest. A flood of made-up keys
 * therefore costs accuracy (evictions, counted), never memory. Hash tags lie together, so
 * that a miss touches one cache line. Everything is flat memory: save and load are
 * plain copies, and the order of iteration is that of the slots.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table;

struct table_stat {
	uint64_t live, slots, evictions, expiries;
	size_t bytes;
};

/* `slots`: rounded up to a power of two, at least 8. `key_size` and `record_size` in
 * bytes; the record is aligned to 8. Memory is taken at once. */
struct table *table_new(size_t slots, size_t key_size, size_t record_size, uint64_t seed);
void table_free(struct table *table);
/* The key's record, zeroed if it is new or was untouched for longer than `ttl` µs (0: for
 * ever). `now` marks the touch. `*fresh` (may be NULL) tells which. Borrowed until the
 * next table_get. */
void *table_get(
    struct table *table, const void *key, int64_t now, int64_t ttl, bool *fresh);
/* NULL if the key is not there; touches nothing. */
void *table_find(const struct table *table, const void *key);
void table_drop(struct table *table, const void *key);
typedef void table_visit(void *ctx, const void *key, void *record);
/* Visits every live record in slot order; the visitor may not add or drop. */
void table_each(struct table *table, table_visit *visit, void *ctx);
/* Visits, then drops, all records untouched since before `limit`, in the order (touch,
 * key bytes), which depends on the input only. */
void table_expire(struct table *table, int64_t limit, table_visit *visit, void *ctx);
void table_prefetch(const struct table *table, const void *key);
struct table_stat table_stat(const struct table *table);
void table_save(const struct table *table, struct wr *w);
/* False if the bytes do not fit a table of these sizes; the table is then empty. */
bool table_load(struct table *table, struct rd *r);

#endif
