/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_table.c -- the table against an obvious model: a list of keys per set, of which
 * the one idle for longest gives way when there are nine.
 */
#include "../../src/base/table.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEYS = 400, STEPS = 200000 };

struct model {
	bool there[KEYS];
	int64_t touch[KEYS];
	uint64_t value[KEYS];
	uint64_t evictions, expiries, live;
};

static size_t
set_of(const struct table *t, uint32_t key)
{
	return place_of(t, &key).set;
}

/* The key of the same set that must go, or KEYS. Equal times: whichever the table chose
 * (tests touch at distinct times). */
static uint32_t
model_victim(const struct model *m, const struct table *t, uint32_t key)
{
	uint32_t count = 0, idlest = KEYS;

	for (uint32_t k = 0; k < KEYS; k++) {
		if (!m->there[k] || set_of(t, k) != set_of(t, key))
			continue;
		count++;
		if (idlest == KEYS || m->touch[k] < m->touch[idlest])
			idlest = k;
	}
	return count == WAYS ? idlest : KEYS;
}

static void
model_get(struct model *m, const struct table *t, uint32_t key, int64_t now, int64_t ttl)
{
	if (m->there[key]) {
		if (ttl > 0 && now - m->touch[key] > ttl) {
			m->value[key] = 0;
			m->expiries++;
		}
	} else {
		uint32_t victim = model_victim(m, t, key);

		if (victim < KEYS) {
			m->there[victim] = false;
			m->evictions++;
			m->live--;
		}
		m->there[key] = true;
		m->value[key] = 0;
		m->live++;
	}
	m->touch[key] = now;
}

static void
model_expire(struct model *m, int64_t limit)
{
	for (uint32_t k = 0; k < KEYS; k++)
		if (m->there[k] && m->touch[k] < limit) {
			m->there[k] = false;
			m->live--;
			m->expiries++;
		}
}

static void
check_equal(const struct table *t, const struct model *m)
{
	struct table_stat stat = table_stat(t);

	assert_int_equal(stat.live, m->live);
	assert_int_equal(stat.evictions, m->evictions);
	assert_int_equal(stat.expiries, m->expiries);
	for (uint32_t k = 0; k < KEYS; k++) {
		const uint64_t *value = table_find(t, &k);

		assert_int_equal(value != NULL, m->there[k]);
		if (value != NULL)
			assert_int_equal(*value, m->value[k]);
	}
}

static void
step(struct table *t, struct model *m, struct rng *rng, int64_t now)
{
	uint32_t key = (uint32_t)rng_below(rng, KEYS);
	uint64_t what = rng_below(rng, 1000);

	if (what < 30) {
		table_drop(t, &key);
		m->live -= m->there[key];
		m->there[key] = false;
	} else if (what < 32) {
		table_expire(t, now - 700, NULL, NULL);
		model_expire(m, now - 700);
	} else {
		int64_t ttl = what < 500 ? 300 : 0;
		uint64_t *value = table_get(t, &key, now, ttl, NULL);

		model_get(m, t, key, now, ttl);
		assert_int_equal(*value, m->value[key]);
		*value = m->value[key] = rng_u64(rng);
	}
}

static void
test_against_model(void **state)
{
	struct table *t = table_new(200, sizeof(uint32_t), sizeof(uint64_t), 7);
	struct model *m = xcalloc(1, sizeof *m);
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (int64_t now = 1; now <= STEPS; now++) {
		step(t, m, &rng, now);
		if (now % 1000 == 0)
			check_equal(t, m);
	}
	assert_true(m->evictions > 1000 && m->expiries > 1000);
	free(m);
	table_free(t);
}

struct order {
	uint32_t keys[64];
	size_t count;
};

static void
note(void *ctx, const void *key, void *record)
{
	struct order *o = ctx;

	(void)record;
	memcpy(&o->keys[o->count++], key, sizeof(uint32_t));
}

/* The order of expiry depends on touch and key, not on the seed, hence not on slots. */
static void
test_expiry_order(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct table *t = table_new(4096, sizeof(uint32_t), 8, seed);
		struct order o = {.count = 0};

		for (uint32_t k = 0; k < 32; k++)
			(void)table_get(t, &k, 100 - k / 4, 0, NULL);
		table_expire(t, 98, note, &o);
		assert_int_equal(o.count, 20);
		for (uint32_t i = 0; i < 20; i++)
			assert_int_equal(o.keys[i], 28 - i / 4 * 4 + i % 4);
		assert_int_equal(table_stat(t).live, 12);
		table_free(t);
	}
}

static void
test_save_load(void **state)
{
	struct table *t = table_new(300, 6, 12, 9), *u = table_new(300, 6, 12, 9),
		     *other = table_new(300, 6, 16, 9);
	struct wr w, again;
	struct rd r;

	(void)state;
	for (uint32_t k = 0; k < 700; k++) {
		uint8_t key[6] = {(uint8_t)k, (uint8_t)(k >> 8)};

		memcpy(table_get(t, key, k, 0, NULL), "twelve bytes", 12);
	}
	wr_init(&w, 1 << 20);
	wr_init(&again, 1 << 20);
	table_save(t, &w);
	r = rd_init(w.bytes, w.size);
	assert_true(table_load(u, &r));
	assert_int_equal(rd_left(&r), 0);
	table_save(u, &again);
	assert_int_equal(w.size, again.size);
	assert_memory_equal(w.bytes, again.bytes, w.size);
	r = rd_init(w.bytes, w.size);
	assert_false(table_load(other, &r));
	r = rd_init(w.bytes, w.size - 1);
	assert_false(table_load(u, &r));
	assert_int_equal(table_stat(u).live, 0);
	wr_fini(&w);
	wr_fini(&again);
	table_free(t);
	table_free(u);
	table_free(other);
}

/* A flood of made-up keys costs records, never memory. */
static void
test_flood(void **state)
{
	struct table *t = table_new(1 << 12, sizeof(uint64_t), 32, 5);
	size_t bytes = table_stat(t).bytes;

	(void)state;
	for (uint64_t k = 0; k < 2000000; k++)
		(void)table_get(t, &k, (int64_t)k, 0, NULL);
	assert_int_equal(table_stat(t).bytes, bytes);
	assert_int_equal(table_stat(t).live, 1 << 12);
	assert_int_equal(table_stat(t).evictions, 2000000 - (1 << 12));
	table_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_model),
	    cmocka_unit_test(test_expiry_order),
	    cmocka_unit_test(test_save_load),
	    cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
