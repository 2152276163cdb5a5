/* SPDX-License-Identifier: Apache-2.0 */
/* test_retire.c -- what is past its time is found nowhere; state and chain are the same.
 */
#include "../../src/store/retire.c"

#include "store_fixture.h"

static const struct retention se_default = {.sightings = 30 * WHEN_DAY,
    .case_payload = 90 * WHEN_DAY,
    .case_skeleton = 365 * WHEN_DAY,
    .audit = 5 * 365 * WHEN_DAY,
    .measure_days = 400 * WHEN_DAY};

enum { CASES = 400 };

static uint64_t
links(struct store *store)
{
	uint64_t count, bad;

	GOOD(store_audit_verify(store, &count, &bad, err));
	return count;
}

static void
marker(char out[32], const char *kind, int i)
{
	(void)snprintf(out, 32, "Marker-%s<%05d>", kind, i);
}

static size_t
search(struct fixture *f, const char *kind, int i)
{
	char text[32];

	marker(text, kind, i);
	return fixture_search(f->directory, text, strlen(text));
}

/* Cases opened on day i, every second one ended a day later; each with a sighting of its
 * own and payloads; and as many sightings without a case. */
static void
fill(struct fixture *f)
{
	char code[9], text[32];
	bool fresh;

	GOOD(store_begin(f->store, err));
	for (int i = 0; i < CASES; i++) {
		int64_t t = (1000 + i) * WHEN_DAY;
		struct stored_sighting s =
		    make_sighting("feed", 1000 + (uint64_t)i, t, false);
		struct case_record c;

		(void)snprintf(code, sizeof code, "C%07d", i);
		c = make_case(f->store, 1000 + (uint64_t)i, code, t);
		marker(text, "payload", i);
		(void)make_entry(f->store, c.id, ENTRY_OPENED, t, text);
		s.case_id = c.id;
		marker(s.sighting.why, "why", i);
		GOOD(store_sighting_put(f->store, &s, &fresh, err));
		s = make_sighting("scan", 5000 + (uint64_t)i, t, true);
		marker(s.sighting.why, "idle", i);
		GOOD(store_sighting_put(f->store, &s, &fresh, err));
		GOOD(store_day_set(f->store,
		    &(struct day_seen){1000 + (uint64_t)i, "mirai", "x", 1000 + i}, true,
		    err));
		if (i % 2 == 1)
			continue;
		(void)make_entry(f->store, c.id, ENTRY_CLEAN, t + WHEN_DAY, NULL);
		c.now.state = CASE_CLEAN;
		c.now.ended = t + WHEN_DAY;
		c.due = WHEN_NEVER;
		GOOD(store_case_update(f->store, &c, err));
	}
	GOOD(store_commit(f->store, err));
}

static void
test_timers(void **state)
{
	struct fixture *f = *state;
	int64_t now = (1000 + CASES) * WHEN_DAY;
	struct case_record c;
	struct erased gone;
	uint64_t before;

	fill(f);
	before = links(f->store);
	assert_true(search(f, "why", 0) > 0);
	assert_true(search(f, "idle", 0) > 0);
	GOOD(store_retire(f->store, &se_default, now, &gone, err));
	for (int i = 0; i < CASES; i++) {
		bool ended = i % 2 == 0;
		bool payload_gone = ended && (i + 1) < CASES - 90;

		assert_int_equal(search(f, "payload", i), 0); /* sealed, at any time */
		assert_int_equal(search(f, "why", i) == 0, payload_gone);
		assert_int_equal(search(f, "idle", i) == 0, i < CASES - 30);
		assert_int_equal(store_case_get(f->store, (uint64_t)i + 1, &c),
		    !(ended && (i + 1) < CASES - 365));
	}
	assert_int_equal(gone.payload_keys, 155); /* i = 0, 2, ... 308 */
	assert_int_equal(gone.cases, 17);         /* i = 0, 2, ... 32 */
	assert_int_equal(gone.days, 0);
	assert_int_equal(links(f->store), before + gone.cases);
	fixture_reopen(f);
	assert_int_equal(links(f->store), before + gone.cases);
	GOOD(store_retire(f->store, &se_default, now, &gone, err));
	assert_int_equal(gone.sightings + gone.payload_keys + gone.cases + gone.audit, 0);
}

struct collected {
	size_t entries, payloads;
};

static bool
collect(void *ctx, const struct entry *entry, const void *payload, size_t size)
{
	struct collected *c = ctx;

	(void)entry;
	(void)size;
	c->entries++;
	c->payloads += payload != NULL;
	return true;
}

/* The keys themselves are gone, not only their rows. */
static void
test_keys(void **state)
{
	struct fixture *f = *state;
	uint8_t keys[CASES][32];
	struct collected seen = {0};
	struct erased gone;

	fill(f);
	for (int i = 0; i < CASES; i++) {
		struct bind b = bind_to(db_query(
		    &f->store->db, "SELECT key FROM payload_key WHERE case_id = ?"));
		struct cols c = {.q = b.q};

		put_int(&b, i + 1);
		assert_true(db_row(&f->store->db, b.q));
		assert_true(get_bytes(&c, keys[i], 32));
		db_done(&f->store->db, b.q);
		assert_int_equal(fixture_search(f->directory, keys[i], 32) > 0, true);
	}
	GOOD(store_retire(f->store, &se_default, (1000 + CASES) * WHEN_DAY, &gone, err));
	for (int i = 0; i < CASES; i++)
		assert_int_equal(fixture_search(f->directory, keys[i], 32) == 0,
		    i % 2 == 0 && (i + 1) < CASES - 90);
	store_entries(f->store, 101, collect, &seen); /* i = 100: skeletons stay */
	assert_int_equal(seen.entries, 2);
	assert_int_equal(seen.payloads, 0);
}

static void
test_erase_line(void **state)
{
	struct fixture *f = *state;
	struct case_record before, after;
	struct collected seen = {0};
	uint64_t chain;

	fill(f);
	chain = links(f->store);
	assert_true(store_case_get(f->store, 8, &before));
	assert_true(search(f, "why", 7) > 0);
	GOOD(store_erase_line(f->store, 1007, 2000 * WHEN_DAY, err));
	assert_int_equal(search(f, "why", 7), 0);
	assert_true(search(f, "why", 8) > 0);
	store_entries(f->store, 8, collect, &seen);
	assert_int_equal(seen.entries, 1);
	assert_int_equal(seen.payloads, 0);
	assert_true(store_case_get(f->store, 8, &after));
	assert_memory_equal(&before, &after, sizeof after);
	assert_int_equal(links(f->store), chain + 1); /* the act itself */
}

/* Old links go; what is left is whole, and still notices a change. */
static void
test_old_audit(void **state)
{
	struct fixture *f = *state;
	struct retention r = se_default;
	struct erased gone;
	uint64_t before;

	fill(f);
	before = links(f->store);
	r.audit = 100 * WHEN_DAY;
	r.measure_days = 100 * WHEN_DAY;
	GOOD(store_retire(f->store, &r, (1000 + CASES) * WHEN_DAY, &gone, err));
	assert_true(gone.audit > 400);
	assert_int_equal(gone.days, 300);
	assert_int_equal(links(f->store), before + gone.cases - gone.audit);
	fixture_reopen(f);
	assert_int_equal(links(f->store), before + gone.cases - gone.audit);
	r.audit = 0;
	GOOD(store_retire(f->store, &r, 3000 * WHEN_DAY, &gone, err));
	fixture_reopen(f);
	GOOD(store_begin(f->store, err));
	GOOD(store_audit(f->store, 3000 * WHEN_DAY, "read", "x", 1, err));
	GOOD(store_commit(f->store, err));
	(void)links(f->store);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(test_timers),
	    CASE(test_keys),
	    CASE(test_erase_line),
	    CASE(test_old_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
