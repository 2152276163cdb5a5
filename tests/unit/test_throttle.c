/* SPDX-License-Identifier: Apache-2.0 */
/* test_throttle.c -- guessing is slow, and nobody keeps another one out. */
#include "../../src/web/throttle.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)

static const int64_t begin = 1000 * SECOND;

static int
tries(struct throttle *t, int64_t now, const char *name, struct addr from, int most)
{
	int good = 0;

	for (int i = 0; i < most; i++)
		good += throttle_try(t, now, name, &from);
	return good;
}

static void
test_pair(void **state)
{
	struct throttle *t = throttle_new();
	struct addr here = addr_v4(0xc0000201), there = addr_v4(0xc0000202);

	(void)state;
	assert_int_equal(tries(t, begin, "anna", here, 20), THROTTLE_PAIR);
	assert_int_equal(tries(t, begin, "anna", there, 20), THROTTLE_PAIR);
	assert_int_equal(tries(t, begin, "bo", here, 20), THROTTLE_PAIR);
	assert_int_equal(tries(t, begin + 7 * SECOND, "anna", here, 20), 0);
	assert_int_equal(tries(t, begin + 8 * SECOND, "anna", here, 20), 1);
	assert_int_equal(tries(t, begin + 70 * SECOND, "anna", here, 20), THROTTLE_PAIR);
	throttle_free(t);
}

static void
test_right_password_forgives(void **state)
{
	struct throttle *t = throttle_new();
	struct addr here = addr_v4(0xc0000201);

	(void)state;
	assert_int_equal(tries(t, begin, "anna", here, 7), 7);
	throttle_good(t, begin, "anna", &here);
	assert_int_equal(tries(t, begin, "anna", here, 20), THROTTLE_PAIR);
	throttle_free(t);
}

/* From everywhere under all names: bounded, and whoever has been here still gets in. */
static void
test_all(void **state)
{
	struct throttle *t = throttle_new();
	struct addr here = addr_v4(0xc0000201);
	char name[16];
	int good = 0;

	(void)state;
	assert_true(throttle_try(t, begin, "anna", &here));
	throttle_good(t, begin, "anna", &here);
	for (uint32_t i = 0; i < 100000; i++) {
		struct addr from = addr_v4(0xcb007100 + i);

		(void)snprintf(name, sizeof name, "n%u", i);
		good += throttle_try(t, begin + i, name, &from);
	}
	assert_int_equal(good, THROTTLE_ALL - 1);
	assert_false(throttle_try(t, begin + SECOND / 10, "bo", &here));
	assert_true(throttle_try(t, begin + SECOND / 10, "anna", &here));
	assert_int_equal(tries(t, begin + 5 * SECOND, "bo", here, 20), 5);
	throttle_free(t);
}

/* One address alone, under all names, leaves room for others. */
static void
test_address(void **state)
{
	struct throttle *t = throttle_new();
	struct addr here = addr_v4(0xc0000201), there = addr_v4(0xc0000202);
	char name[16];
	int good = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		good += throttle_try(t, begin, name, &here);
	}
	assert_int_equal(good, THROTTLE_ADDRESS);
	assert_true(throttle_try(t, begin, "anna", &there));
	throttle_free(t);
}

static void
test_v6_by_64(void **state)
{
	struct throttle *t = throttle_new();
	struct addr one, other, far;

	(void)state;
	assert_true(addr_parse("2001:db8::1", &one));
	assert_true(addr_parse("2001:db8::2", &other));
	assert_true(addr_parse("2001:db8:0:1::1", &far));
	assert_int_equal(tries(t, begin, "anna", one, 20), THROTTLE_PAIR);
	assert_int_equal(tries(t, begin, "anna", other, 20), 0);
	assert_int_equal(tries(t, begin, "anna", far, 20), THROTTLE_PAIR);
	throttle_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pair),
	    cmocka_unit_test(test_right_password_forgives),
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_address),
	    cmocka_unit_test(test_v6_by_64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
