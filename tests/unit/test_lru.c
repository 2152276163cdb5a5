/* SPDX-License-Identifier: Apache-2.0 */
/* test_lru.c -- against an obvious model: an array in order of touch. */
#include "../../src/base/lru.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { SLOTS = 37, KEYS = 90 };

struct model {
	uint32_t keys[SLOTS], values[SLOTS]; /* oldest first */
	size_t count;
};

static size_t
model_find(const struct model *m, uint32_t key)
{
	size_t i = 0;

	while (i < m->count && m->keys[i] != key)
		i++;
	return i;
}

static uint32_t
model_remove(struct model *m, size_t i)
{
	uint32_t value = m->values[i];

	memmove(m->keys + i, m->keys + i + 1, (m->count - i - 1) * sizeof m->keys[0]);
	memmove(m->values + i, m->values + i + 1, (m->count - i - 1) * sizeof m->keys[0]);
	m->count--;
	return value;
}

static void
model_append(struct model *m, uint32_t key, uint32_t value)
{
	m->keys[m->count] = key;
	m->values[m->count++] = value;
}

static void
same(const struct lru *lru, const struct model *m)
{
	const uint32_t *record = lru_oldest(lru, NULL);

	assert_int_equal(lru_count(lru), m->count);
	for (size_t i = 0; i < m->count; i++, record = lru_newer(lru, record)) {
		assert_non_null(record);
		assert_memory_equal(lru_key(lru, record), &m->keys[i], 4);
		assert_int_equal(*record, m->values[i]);
	}
	assert_null(record);
}

static void
use(struct lru *lru, struct model *m, uint32_t key, int64_t now)
{
	uint32_t *record = lru_find(lru, &key);
	size_t i = model_find(m, key);

	assert_int_equal(record != NULL, i < m->count);
	if (record != NULL) {
		lru_touch(lru, record, now);
		model_append(m, key, model_remove(m, i));
		return;
	}
	if (lru_full(lru)) {
		lru_drop(lru, lru_oldest(lru, NULL));
		(void)model_remove(m, 0);
	}
	record = lru_add(lru, &key, now);
	assert_int_equal(*record, 0);
	*record = key * 3 + 1;
	model_append(m, key, *record);
}

static struct lru *
reloaded(struct lru *lru)
{
	struct lru *again = lru_new(SLOTS, 4, 4, 9);
	struct wr w;
	struct rd r;

	wr_init(&w, 1 << 20);
	lru_save(lru, &w);
	r = rd_init(w.bytes, w.size);
	assert_true(lru_load(again, &r));
	r = rd_init(w.bytes, w.size - 1);
	assert_false(lru_load(lru, &r));
	assert_int_equal(lru_count(lru), 0);
	wr_fini(&w);
	lru_free(lru);
	return again;
}

static void
test_model(void **state)
{
	struct lru *lru = lru_new(SLOTS, 4, 4, 9);
	struct model m = {0};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (int64_t now = 0; now < 20000; now++) {
		uint32_t key = (uint32_t)rng_below(&rng, KEYS);
		size_t i = model_find(&m, key);

		if (rng_below(&rng, 8) > 0) {
			use(lru, &m, key, now);
		} else if (i < m.count) {
			lru_drop(lru, lru_find(lru, &key));
			(void)model_remove(&m, i);
		}
		if (now % 1000 == 0)
			lru = reloaded(lru);
		same(lru, &m);
	}
	lru_free(lru);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_model)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
