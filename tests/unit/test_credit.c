/* SPDX-License-Identifier: Apache-2.0 */
/* test_credit.c -- who is believed how far, as the formula says and no further. */
#include "../../src/case/credit.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
near_to(double got, double want)
{
	if (fabs(got - want) > 1e-3)
		fail_msg("%.4f is not %.4f", got, want);
}

static void
test_no_record(void **state)
{
	(void)state;
	for (char g = 'A'; g <= 'F'; g++) {
		near_to(credit_weight(&(struct credit){.grade = g}, 8), 8);
		assert_int_equal(credit_grade(&(struct credit){.grade = g}), g);
	}
	/* An unknown letter is the worst. */
	assert_int_equal(credit_grade(&(struct credit){.grade = 0}), 'F');
}

static void
test_good_record_adds_nothing(void **state)
{
	const struct credit c = {.grade = 'C', .confirmed = 1000};

	(void)state;
	near_to(credit_weight(&c, 4), 4);
	assert_int_equal(credit_grade(&c), 'C');
	assert_true(credit_mean(&c) > 0.99);
}

/* Beta(7, 3), 14 refuted: mean 7/24; log-odds moved by ln(7/17) - ln(7/3). */
static void
test_refuted(void **state)
{
	const struct credit c = {.grade = 'C', .refuted = 14};

	(void)state;
	near_to(credit_mean(&c), 7.0 / 24);
	near_to(credit_weight(&c, 4), 4 + log(7.0 / 17) - log(7.0 / 3));
	near_to(credit_weight(&(struct credit){.grade = 'C', .refuted = 100000}, 4), 0);
	assert_true(credit_grade(&c) > 'C');
	assert_false(credit_confirms(&c));
}

/* Silence: a tenth of a refutation; of grade A nothing. */
static void
test_silent(void **state)
{
	(void)state;
	near_to(credit_mean(&(struct credit){.grade = 'B', .silent = 100}), 9.0 / 20);
	near_to(credit_mean(&(struct credit){.grade = 'A', .silent = 100000}), 0.95);
}

static void
test_falls_with_each(void **state)
{
	double before = 9;

	(void)state;
	for (uint64_t n = 0; n < 200; n++) {
		double w = credit_weight(&(struct credit){.grade = 'B', .refuted = n}, 8);

		assert_true(w < before || w <= 0);
		before = w;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_record),
	    cmocka_unit_test(test_good_record_adds_nothing),
	    cmocka_unit_test(test_refuted),
	    cmocka_unit_test(test_silent),
	    cmocka_unit_test(test_falls_with_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
