/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.c -- see table.h.
 *
 * A set is one cache line of heads (eight tags of eight bits, eight times of last touch
 * of 56 bits) and eight slots of key and record, which lie apart. A lookup compares the
 * eight tags at once in a 64-bit word, and reads a slot only where a tag agrees: of the
 * lookups that miss, 1 in 32 reads a slot in vain. Tag 0 marks a free slot.
 *
 * Memory is mapped, so that it comes zeroed and, where the kernel allows, in huge pages.
 * Times before 1970 count as 1970.
 */
#include "base/table.h"

#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 8, TOUCH_BYTES = 7, SAVE_VERSION = 1 };

struct heads {
	uint8_t tags[WAYS];
	uint8_t touch[WAYS][TOUCH_BYTES];
};

_Static_assert(sizeof(struct heads) == 64, "the heads of a set are one cache line");

struct table {
	struct heads *heads;
	uint8_t *slots;
	size_t set_count, key_size, record_at, record_size, slot_size;
	uint64_t seed;
	int64_t oldest; /* no live record was touched before */
	uint64_t live, evictions, expiries;
};

struct table *
table_new(size_t slots, size_t key_size, size_t record_size, uint64_t seed)
{
	struct table *t = xcalloc(1, sizeof *t);

	assert(key_size > 0);
	for (t->set_count = 1; t->set_count * WAYS < slots; t->set_count *= 2)
		;
	t->key_size = key_size;
	t->record_size = record_size;
	t->record_at = (key_size + 7) & ~(size_t)7;
	t->slot_size = (t->record_at + record_size + 7) & ~(size_t)7;
	t->seed = seed;
	t->oldest = INT64_MAX;
	t->heads = xmap(t->set_count * sizeof *t->heads);
	t->slots = xmap(t->set_count * WAYS * t->slot_size);
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	xunmap(t->heads, t->set_count * sizeof *t->heads);
	xunmap(t->slots, t->set_count * WAYS * t->slot_size);
	free(t);
}

static uint8_t *
slot_at(const struct table *t, size_t index)
{
	return t->slots + index * t->slot_size;
}

static int64_t
touch_get(const struct heads *h, size_t way)
{
	uint64_t v = 0;

	memcpy(&v, h->touch[way], TOUCH_BYTES);
	return (int64_t)le64toh(v);
}

static void
touch_set(struct table *t, struct heads *h, size_t way, int64_t now)
{
	uint64_t v;

	if (now < 0)
		now = 0;
	v = htole64((uint64_t)now);
	memcpy(h->touch[way], &v, TOUCH_BYTES);
	if (now < t->oldest)
		t->oldest = now;
}

struct place {
	size_t set;
	uint8_t tag;
};

static inline struct place
place_of(const struct table *t, const void *key)
{
	uint64_t hash = hash_bytes(key, t->key_size, t->seed);
	uint8_t tag = (uint8_t)(hash >> 56);

	return (struct place){.set = hash & (t->set_count - 1), .tag = tag ? tag : 1};
}

/* Bytes of `tags` equal to `tag` get their high bit set; others may too (a borrow of the
 * subtraction runs on), so whoever uses it compares again. */
static inline uint64_t
candidates(const uint8_t *tags, uint8_t tag)
{
	const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
	uint64_t word;

	memcpy(&word, tags, sizeof word);
	word ^= ones * tag;
	return (word - ones) & ~word & highs;
}

/* The way that holds the key, or WAYS. */
static inline size_t
way_of(const struct table *t, struct place p, const void *key)
{
	const struct heads *h = &t->heads[p.set];

	if (candidates(h->tags, p.tag) == 0)
		return WAYS;
	for (size_t way = 0; way < WAYS; way++)
		if (h->tags[way] == p.tag &&
		    memcmp(slot_at(t, p.set * WAYS + way), key, t->key_size) == 0)
			return way;
	return WAYS;
}

/* A free way, else the one idle for longest, whose record is then gone. */
static size_t
make_room(struct table *t, size_t set)
{
	const struct heads *h = &t->heads[set];
	size_t idlest = 0;

	for (size_t way = 0; way < WAYS; way++) {
		if (h->tags[way] == 0) {
			t->live++;
			return way;
		}
		if (touch_get(h, way) < touch_get(h, idlest))
			idlest = way;
	}
	t->evictions++;
	return idlest;
}

void *
table_get(struct table *t, const void *key, int64_t now, int64_t ttl, bool *fresh)
{
	struct place p = place_of(t, key);
	struct heads *h = &t->heads[p.set];
	size_t way = way_of(t, p, key);
	bool known = way < WAYS,
	     expired = known && ttl > 0 && now - touch_get(h, way) > ttl;
	uint8_t *slot;

	if (!known)
		way = make_room(t, p.set);
	slot = slot_at(t, p.set * WAYS + way);
	if (!known) {
		h->tags[way] = p.tag;
		memcpy(slot, key, t->key_size);
	}
	if (!known || expired)
		memset(slot + t->record_at, 0, t->record_size);
	t->expiries += expired;
	touch_set(t, h, way, now);
	if (fresh != NULL)
		*fresh = !known || expired;
	return slot + t->record_at;
}

void *
table_find(const struct table *t, const void *key)
{
	struct place p = place_of(t, key);
	size_t way = way_of(t, p, key);

	return way < WAYS ? slot_at(t, p.set * WAYS + way) + t->record_at : NULL;
}

void
table_drop(struct table *t, const void *key)
{
	struct place p = place_of(t, key);
	size_t way = way_of(t, p, key);

	if (way == WAYS)
		return;
	t->heads[p.set].tags[way] = 0;
	t->live--;
}

static inline bool
is_live(const struct table *t, size_t index)
{
	return t->heads[index / WAYS].tags[index % WAYS] != 0;
}

/* The first live slot from `i` on, or the number of slots. An empty set is one look, so
 * that walking a large table that holds little is quick. */
static size_t
live_from(const struct table *t, size_t i)
{
	size_t end = t->set_count * WAYS;
	uint64_t tags;

	if (t->live == 0)
		return end;
	while (i < end && !is_live(t, i)) {
		memcpy(&tags, t->heads[i / WAYS].tags, sizeof tags);
		i += tags == 0 ? WAYS - i % WAYS : 1;
	}
	return i;
}

void
table_each(struct table *t, table_visit *visit, void *ctx)
{
	size_t end = t->set_count * WAYS;

	for (size_t i = live_from(t, 0); i < end; i = live_from(t, i + 1))
		visit(ctx, slot_at(t, i), slot_at(t, i) + t->record_at);
}

struct due {
	int64_t touch;
	size_t index;
};

static int
compare_due(const void *a, const void *b, void *table)
{
	const struct due *x = a, *y = b;
	const struct table *t = table;

	if (x->touch != y->touch)
		return x->touch < y->touch ? -1 : 1;
	return memcmp(slot_at(t, x->index), slot_at(t, y->index), t->key_size);
}

/* The slots untouched since before `limit`, to be freed by the caller. */
static struct due *
find_due(struct table *t, int64_t limit, size_t *count)
{
	struct due *due = NULL;
	size_t room = 0;

	*count = 0;
	t->oldest = INT64_MAX;
	for (size_t i = 0; i < t->set_count * WAYS; i++) {
		int64_t touch = touch_get(&t->heads[i / WAYS], i % WAYS);

		if (!is_live(t, i))
			continue;
		if (touch >= limit) {
			if (touch < t->oldest)
				t->oldest = touch;
			continue;
		}
		if (*count == room) {
			room = room ? room * 2 : 64;
			due = xrealloc(due, room * sizeof *due);
		}
		due[(*count)++] = (struct due){.touch = touch, .index = i};
	}
	return due;
}

void
table_expire(struct table *t, int64_t limit, table_visit *visit, void *ctx)
{
	struct due *due;
	size_t count;

	if (t->oldest >= limit)
		return;
	due = find_due(t, limit, &count);
	if (count > 1)
		qsort_r(due, count, sizeof *due, compare_due, t);
	for (size_t i = 0; i < count; i++) {
		uint8_t *slot = slot_at(t, due[i].index);

		if (visit != NULL)
			visit(ctx, slot, slot + t->record_at);
		t->heads[due[i].index / WAYS].tags[due[i].index % WAYS] = 0;
	}
	t->live -= count;
	t->expiries += count;
	free(due);
}

void
table_prefetch(const struct table *t, const void *key)
{
	__builtin_prefetch(&t->heads[place_of(t, key).set], 1);
}

struct table_stat
table_stat(const struct table *t)
{
	return (struct table_stat){.live = t->live,
	    .slots = t->set_count * WAYS,
	    .evictions = t->evictions,
	    .expiries = t->expiries,
	    .bytes = t->set_count * (sizeof *t->heads + WAYS * t->slot_size)};
}

void
table_save(const struct table *t, struct wr *w)
{
	size_t end = t->set_count * WAYS;

	wr_u32(w, SAVE_VERSION);
	wr_u64(w, t->set_count);
	wr_u64(w, t->key_size);
	wr_u64(w, t->record_size);
	wr_u64(w, t->evictions);
	wr_u64(w, t->expiries);
	wr_u64(w, t->live);
	for (size_t i = live_from(t, 0); i < end; i = live_from(t, i + 1)) {
		wr_u64(w, i);
		wr_u64(w, (uint64_t)touch_get(&t->heads[i / WAYS], i % WAYS));
		wr_put(w, slot_at(t, i), t->key_size);
		wr_put(w, slot_at(t, i) + t->record_at, t->record_size);
	}
}

static void
clear(struct table *t)
{
	if (t->live > 0) /* else no page of a fresh table need be there */
		memset(t->heads, 0, t->set_count * sizeof *t->heads);
	t->live = t->evictions = t->expiries = 0;
	t->oldest = INT64_MAX;
}

/* One saved slot; it must be where its key belongs. `*next`: the least index allowed. */
static bool
load_slot(struct table *t, struct rd *r, uint64_t *next)
{
	uint64_t index = rd_u64(r), touch = rd_u64(r);
	const uint8_t *key = rd_take(r, t->key_size);
	struct place p;

	if (r->bad || index < *next || index >= t->set_count * WAYS || touch >> 56 != 0)
		return false;
	p = place_of(t, key);
	if (p.set != index / WAYS || way_of(t, p, key) < WAYS)
		return false;
	t->heads[p.set].tags[index % WAYS] = p.tag;
	touch_set(t, &t->heads[p.set], index % WAYS, (int64_t)touch);
	memcpy(slot_at(t, index), key, t->key_size);
	t->live++;
	*next = index + 1;
	return rd_copy(r, slot_at(t, index) + t->record_at, t->record_size);
}

static bool
load_all(struct table *t, struct rd *r)
{
	uint64_t count, next = 0;

	if (rd_u32(r) != SAVE_VERSION || rd_u64(r) != t->set_count ||
	    rd_u64(r) != t->key_size || rd_u64(r) != t->record_size)
		return false;
	t->evictions = rd_u64(r);
	t->expiries = rd_u64(r);
	count = rd_u64(r);
	for (uint64_t i = 0; i < count; i++)
		if (!load_slot(t, r, &next))
			return false;
	return !r->bad;
}

bool
table_load(struct table *t, struct rd *r)
{
	clear(t);
	if (load_all(t, r))
		return true;
	clear(t);
	return false;
}
