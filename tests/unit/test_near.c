/* SPDX-License-Identifier: Apache-2.0 */
/* test_near.c -- suggestions are near, and there are none where nothing is near. */
#include "../../src/base/near.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_distance(void **state)
{
	(void)state;
	assert_int_equal(near_distance("", ""), 0);
	assert_int_equal(near_distance("abc", ""), 3);
	assert_int_equal(near_distance("kitten", "sitting"), 3);
	assert_int_equal(near_distance("netwroks", "networks"), 1);
	assert_int_equal(near_distance("ab", "ba"), 1);
	assert_int_equal(near_distance("listen", "listne"), 1);
}

static void
test_best(void **state)
{
	static const char *const names[] = {"detect", "demo", "measure"};
	static const struct {
		const char *word, *best;
	} cases[] = {{"detct", "detect"}, {"deom", "demo"}, {"mesures", "measure"},
	    {"xyzzy", NULL}, {"d", NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct near n = near_init(cases[i].word);

		for (size_t k = 0; k < sizeof names / sizeof *names; k++)
			near_try(&n, names[k]);
		if (cases[i].best == NULL)
			assert_null(near_best(&n));
		else
			assert_string_equal(near_best(&n), cases[i].best);
	}
}

static void
test_list(void **state)
{
	static const char *const names[] = {"due", "notifying", "notified", "clean"};
	char out[64], little[12];

	(void)state;
	near_list("notifed", names, 4, out, sizeof out);
	assert_string_equal(out, "notified, notifying, due, clean");
	near_list("notifed", names, 4, little, sizeof little);
	assert_string_equal(little, "notified");
	near_list("x", names, 0, out, sizeof out);
	assert_string_equal(out, "");
}

static void
test_list_of_many(void **state)
{
	char words[3 * NEAR_FEW][32], out[600];
	const char *names[3 * NEAR_FEW];

	(void)state;
	for (size_t i = 0; i < 3 * NEAR_FEW; i++) { /* the nearest come last */
		memset(words[i], 0, sizeof words[i]);
		memset(words[i], 'b', 1 + (3 * NEAR_FEW - i) / 2);
		names[i] = words[i];
	}
	near_list("a", names, 3 * NEAR_FEW, out, sizeof out);
	assert_memory_equal(out, "b, bb, bb, bbb, bbb, bbbb", 25);
	assert_int_equal(strlen(out), 2 * NEAR_FEW - 2 + 80);
}

static void
test_long_words(void **state)
{
	char a[300], b[300];

	(void)state;
	memset(a, 'a', sizeof a - 1);
	memset(b, 'b', sizeof b - 1);
	a[sizeof a - 1] = b[sizeof b - 1] = 0;
	assert_int_equal(near_distance(a, b), WORD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_distance),
	    cmocka_unit_test(test_best),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_list_of_many),
	    cmocka_unit_test(test_long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
