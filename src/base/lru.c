/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lru.c -- see lru.h. Slots are numbered from 1, so that 0 ends chains and lists; the
 * list is a ring through slot 0, which holds no record. Free slots hang on `next_free`
 * by their `chain`. A slot lies as: links, key padded to 8, record padded to 8.
 */
#include "base/lru.h"

#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

struct slot {
	uint32_t older, newer; /* the ring */
	uint32_t chain;
	uint32_t hash;
	int64_t touched;
};

struct lru {
	size_t slots, key_size, record_size;
	size_t record_at, stride;
	uint32_t count, used, free; /* used: slots ever taken, in number order */
	uint32_t mask;
	uint64_t seed;
	uint32_t *heads;
	uint8_t *slab;
};

static struct slot *
slot_at(const struct lru *lru, uint32_t number)
{
	return (void *)(lru->slab + number * lru->stride);
}

static uint32_t
number_of(const struct lru *lru, const void *record)
{
	const uint8_t *at = (const uint8_t *)record - lru->record_at;

	return (uint32_t)((size_t)(at - lru->slab) / lru->stride);
}

static void *
record_of(const struct lru *lru, uint32_t number)
{
	return number == 0 ? NULL : lru->slab + number * lru->stride + lru->record_at;
}

static uint8_t *
key_of(const struct lru *lru, uint32_t number)
{
	return lru->slab + number * lru->stride + sizeof(struct slot);
}

static size_t
pad(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static void
clear(struct lru *lru)
{
	lru->count = lru->used = lru->free = 0;
	memset(lru->heads, 0, (lru->mask + 1) * sizeof lru->heads[0]);
	*slot_at(lru, 0) = (struct slot){0};
}

struct lru *
lru_new(size_t slots, size_t key_size, size_t record_size, uint64_t seed)
{
	struct lru *lru = xcalloc(1, sizeof *lru);
	size_t heads = 8;

	assert(slots > 0 && slots < UINT32_MAX / 2);
	while (heads < slots)
		heads *= 2;
	lru->slots = slots;
	lru->key_size = key_size;
	lru->record_size = record_size;
	lru->record_at = sizeof(struct slot) + pad(key_size);
	lru->stride = lru->record_at + pad(record_size);
	lru->mask = (uint32_t)(heads - 1);
	lru->seed = seed;
	lru->heads = xmap(heads * sizeof lru->heads[0]);
	lru->slab = xmap((slots + 1) * lru->stride);
	return lru;
}

void
lru_free(struct lru *lru)
{
	if (lru == NULL)
		return;
	xunmap(lru->heads, (lru->mask + 1) * sizeof lru->heads[0]);
	xunmap(lru->slab, (lru->slots + 1) * lru->stride);
	free(lru);
}

void *
lru_find(const struct lru *lru, const void *key)
{
	uint32_t hash = (uint32_t)hash_bytes(key, lru->key_size, lru->seed);
	uint32_t at = lru->heads[hash & lru->mask];

	while (at != 0 && (slot_at(lru, at)->hash != hash ||
			      memcmp(key_of(lru, at), key, lru->key_size) != 0))
		at = slot_at(lru, at)->chain;
	return record_of(lru, at);
}

static void
unlink_slot(struct lru *lru, const struct slot *slot)
{
	slot_at(lru, slot->older)->newer = slot->newer;
	slot_at(lru, slot->newer)->older = slot->older;
}

static void
link_newest(struct lru *lru, uint32_t number)
{
	struct slot *slot = slot_at(lru, number), *root = slot_at(lru, 0);

	slot->newer = 0;
	slot->older = root->older;
	slot_at(lru, root->older)->newer = number;
	root->older = number;
}

static uint32_t
take_slot(struct lru *lru)
{
	uint32_t number = lru->free;

	if (number == 0)
		return ++lru->used;
	lru->free = slot_at(lru, number)->chain;
	return number;
}

void *
lru_add(struct lru *lru, const void *key, int64_t now)
{
	uint32_t hash = (uint32_t)hash_bytes(key, lru->key_size, lru->seed), number;
	struct slot *slot;

	assert(lru->count < lru->slots);
	number = take_slot(lru);
	slot = slot_at(lru, number);
	slot->hash = hash;
	slot->touched = now;
	slot->chain = lru->heads[hash & lru->mask];
	lru->heads[hash & lru->mask] = number;
	link_newest(lru, number);
	memcpy(key_of(lru, number), key, lru->key_size);
	memset(record_of(lru, number), 0, lru->record_size);
	lru->count++;
	return record_of(lru, number);
}

void
lru_touch(struct lru *lru, void *record, int64_t now)
{
	uint32_t number = number_of(lru, record);
	struct slot *slot = slot_at(lru, number);

	slot->touched = now;
	if (slot->newer == 0)
		return;
	unlink_slot(lru, slot);
	link_newest(lru, number);
}

void
lru_drop(struct lru *lru, void *record)
{
	uint32_t number = number_of(lru, record);
	struct slot *slot = slot_at(lru, number);
	uint32_t *link = &lru->heads[slot->hash & lru->mask];

	while (*link != number)
		link = &slot_at(lru, *link)->chain;
	*link = slot->chain;
	unlink_slot(lru, slot);
	slot->chain = lru->free;
	lru->free = number;
	lru->count--;
}

bool
lru_full(const struct lru *lru)
{
	return lru->count == lru->slots;
}

size_t
lru_count(const struct lru *lru)
{
	return lru->count;
}

void *
lru_oldest(const struct lru *lru, int64_t *touched)
{
	uint32_t number = slot_at(lru, 0)->newer;

	if (number != 0 && touched != NULL)
		*touched = slot_at(lru, number)->touched;
	return record_of(lru, number);
}

void *
lru_newer(const struct lru *lru, const void *record)
{
	return record_of(lru, slot_at(lru, number_of(lru, record))->newer);
}

const void *
lru_key(const struct lru *lru, const void *record)
{
	return key_of(lru, number_of(lru, record));
}

int64_t
lru_touched(const struct lru *lru, const void *record)
{
	return slot_at(lru, number_of(lru, record))->touched;
}

size_t
lru_memory(const struct lru *lru)
{
	return sizeof *lru + (lru->mask + 1) * sizeof lru->heads[0] +
	       (lru->slots + 1) * lru->stride;
}

void
lru_save(const struct lru *lru, struct wr *w)
{
	wr_u64(w, lru->key_size);
	wr_u64(w, lru->record_size);
	wr_u64(w, lru->count);
	for (uint32_t at = slot_at(lru, 0)->newer; at != 0;
	     at = slot_at(lru, at)->newer) {
		wr_u64(w, (uint64_t)slot_at(lru, at)->touched);
		wr_put(w, key_of(lru, at), lru->key_size);
		wr_put(w, record_of(lru, at), lru->record_size);
	}
}

static bool
load_slot(struct lru *lru, struct rd *r)
{
	int64_t touched = (int64_t)rd_u64(r);
	const uint8_t *key = rd_take(r, lru->key_size);
	const uint8_t *record = rd_take(r, lru->record_size);

	if (key == NULL || record == NULL || lru_full(lru) || lru_find(lru, key) != NULL)
		return false;
	memcpy(lru_add(lru, key, touched), record, lru->record_size);
	return true;
}

bool
lru_load(struct lru *lru, struct rd *r)
{
	uint64_t count;

	clear(lru);
	if (rd_u64(r) != lru->key_size || rd_u64(r) != lru->record_size)
		return false;
	count = rd_u64(r);
	for (uint64_t i = 0; i < count; i++)
		if (!load_slot(lru, r)) {
			clear(lru);
			return false;
		}
	return !r->bad;
}
