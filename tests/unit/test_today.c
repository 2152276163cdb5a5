/* SPDX-License-Identifier: Apache-2.0 */
/* test_today.c -- the figures of a small store, as they are printed. */
#include "../../src/measure/today.c"

#include "store_fixture.h"

static void
fill(struct fixture *f, int64_t now)
{
	struct stored_sighting s[4] = {
	    make_sighting("scan", 1, now - WHEN_DAY, true),
	    make_sighting("feed", 0, now - 2 * WHEN_DAY, false),
	    make_sighting("feed", 2, now - 20 * WHEN_DAY, false),
	    make_sighting("feed", 0, now - 3 * WHEN_DAY, false),
	};
	bool fresh;

	s[1].attributed.answer = ATTRIBUTION_NEEDS_PORT;
	s[3].attributed.answer = ATTRIBUTION_NOT_OURS;
	GOOD(store_begin(f->store, err));
	for (size_t i = 0; i < 4; i++)
		GOOD(store_sighting_put(f->store, &s[i], &fresh, err));
	GOOD(store_day_set(
	    f->store, &(struct day_seen){1, "mirai", "scan", 999}, true, err));
	GOOD(store_day_set(
	    f->store, &(struct day_seen){1, "mirai", "feed", 999}, true, err));
	GOOD(store_day_set(f->store, &(struct day_seen){2, "", "feed", 980}, true, err));
	GOOD(store_setting_set(f->store, "lines", "500", err));
	GOOD(store_stream_set(f->store, "clock", (uint64_t)now, err));
	GOOD(store_commit(f->store, err));
}

static json_t *
figures(struct store *store, int64_t days)
{
	json_t *root = NULL;
	struct wr w;
	struct jw j;

	wr_init(&w, 1 << 20);
	jw_begin(&j, &w);
	measure_json(store, measure_now(store), days, &j, NULL);
	GOOD((root = json_read((const char *)w.bytes, w.size, err)) != NULL);
	wr_fini(&w);
	return root;
}

static int64_t
number(const json_t *root, const char *key)
{
	return json_integer_value(json_object_get(root, key));
}

static void
test_figures(void **state)
{
	struct fixture *f = *state;
	json_t *root, *days, *last;

	fill(f, 1000 * WHEN_DAY + 5);
	root = figures(f->store, 30);
	days = json_object_get(root, "days");
	assert_string_equal(
	    json_string_value(json_object_get(root, "day")), "1972-09-27");
	assert_int_equal(number(root, "active"), 1);
	assert_int_equal(number(root, "new"), 0);
	assert_int_equal(number(root, "subscribed_lines"), 500);
	assert_int_equal(json_array_size(days), 30);
	last = json_array_get(days, 28); /* day 999 */
	assert_int_equal(number(last, "active"), 1);
	assert_int_equal(number(last, "new"), 1);
	assert_int_equal(number(json_array_get(days, 10), "active"), 1); /* line 2 */
	/* one of two within the window was not attributed; what is not ours counts not */
	assert_true(json_real_value(json_object_get(root, "unattributed_share")) == 0.5);
	assert_int_equal(
	    json_integer_value(json_array_get(json_object_get(root, "active_bounds"), 1)),
	    2);
	assert_int_equal(json_array_size(json_object_get(root, "families")), 1);
	assert_int_equal(json_array_size(json_object_get(root, "sources")), 2);
	assert_true(json_is_null(json_object_get(root, "new_complete_from")));
	json_decref(root);
}

static void
test_empty(void **state)
{
	struct fixture *f = *state;
	json_t *root = figures(f->store, 1);

	assert_int_equal(measure_now(f->store), 0);
	assert_int_equal(number(root, "active"), 0);
	assert_true(json_is_null(json_object_get(root, "subscribed_lines")));
	assert_true(json_is_null(json_object_get(root, "unattributed_share")));
	json_decref(root);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {CASE(test_figures), CASE(test_empty)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
