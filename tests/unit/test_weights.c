/* SPDX-License-Identifier: Apache-2.0 */
/* test_weights.c -- the table in the binary, and what counted rows may claim. */
#include "../../src/detect/weights.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct weight_table *
from_text(const char *text, struct err *err)
{
	return parse("test", text, strlen(text), err);
}

static void
test_assigned(void **state)
{
	struct err err;
	struct weight_table *t = weights_read(NULL, &err);

	(void)state;
	assert_non_null(t);
	assert_true(weights_get(t, "scan") == 8);
	assert_true(weights_get(t, "report.sinkhole") == 13);
	assert_true(weights_get(t, "report.infection.C") == 4);
	assert_true(weights_get(t, "no such row") == 0);
	assert_true(weights_version(t) != 0);
	weights_free(t);
}

/* ln(1000 / (0 + 3)) = 5.81; ln(1000 / (7 + 3)) = 4.61; simulation at most 4. */
static void
test_rule_of_three(void **state)
{
	struct err err;
	struct weight_table *t = from_text(
	    "weights:\n"
	    " - { name: a, weight: 9, basis: site, line_days: 1000 }\n"
	    " - { name: b, weight: 9, basis: capture, line_days: 1000, clean_hits: 7 }\n"
	    " - { name: c, weight: 9, basis: simulation, line_days: 1000000 }\n"
	    " - { name: d, weight: 1, basis: site, line_days: 1000 }\n"
	    " - { name: e, weight: 9, basis: site, line_days: 2 }\n",
	    &err);

	(void)state;
	assert_non_null(t);
	assert_true(fabs(weights_get(t, "a") - 5.809) < .001);
	assert_true(fabs(weights_get(t, "b") - 4.605) < .001);
	assert_true(weights_get(t, "c") == 4);
	assert_true(weights_get(t, "d") == 1);
	assert_true(weights_get(t, "e") == 0);
	weights_free(t);
}

static void
test_refused(void **state)
{
	struct err err;

	(void)state;
	assert_null(
	    from_text("weights:\n - { name: a, weight: 9, basis: site }\n", &err));
	assert_non_null(strstr(err.text, "line_days"));
	assert_null(from_text("weights:\n - { name: a, weight: 1, basis: assigned }\n"
			      " - { name: a, weight: 2, basis: assigned }\n",
	    &err));
	assert_non_null(strstr(err.text, "twice"));
	assert_null(
	    from_text("weights:\n - { name: a, weight: 15, basis: assigned }\n", &err));
	assert_null(
	    from_text("weights:\n - { name: a, weight: 1, basis: guessed }\n", &err));
	assert_null(weights_read("/nonexistent", &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_assigned),
	    cmocka_unit_test(test_rule_of_three),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
