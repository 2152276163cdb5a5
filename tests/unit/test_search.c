/* SPDX-License-Identifier: Apache-2.0 */
/* test_search.c -- a marker is found wherever it lies, also across two pieces. */
#include "../../src/store/search.c"

#include "store_fixture.h"

struct found {
	size_t count;
	uint64_t offset;
};

static bool
find(void *ctx, const char *path, uint64_t offset)
{
	struct found *found = ctx;

	(void)path;
	found->count++;
	found->offset = offset;
	return true;
}

static void
test_search(void **state)
{
	static const uint64_t places[] = {
	    0, 100, PIECE - 5, PIECE, 2 * PIECE - 1, 3 * PIECE - 9};
	struct fixture *f = *state;
	struct found found;
	struct err why;
	uint64_t files;
	char path[128];
	FILE *file;

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		(void)snprintf(path, sizeof path, "%s/spool", f->directory);
		file = fopen(path, "wb");
		assert_non_null(file);
		assert_int_equal(ftruncate(fileno(file), 3 * PIECE), 0);
		assert_int_equal(fseek(file, (long)places[i], SEEK_SET), 0);
		assert_true(fputs("marker-01", file) >= 0);
		assert_int_equal(fclose(file), 0);
		found = (struct found){0};
		GOOD(search_files(f->directory, "marker-01", &files, find, &found, err));
		assert_int_equal(found.count, 1);
		assert_int_equal(found.offset, places[i]);
		assert_true(files >= 3);
		found = (struct found){0};
		GOOD(search_files(f->directory, "marker-02", &files, find, &found, err));
		assert_int_equal(found.count, 0);
	}
	assert_false(search_files(f->directory, "abc", &files, find, &found, &why));
	assert_false(search_files("/nonexistent", "marker", &files, find, &found, &why));
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {CASE(test_search)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
