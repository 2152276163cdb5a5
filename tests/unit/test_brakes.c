/* SPDX-License-Identifier: Apache-2.0 */
/* test_brakes.c -- caps, HOLD, shadow, and the names of causes. */
#include "../../src/case/brakes.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_hold(void **state)
{
	struct brake_history h = {.last_day = 20};

	(void)state;
	assert_false(brake_holds(&h, 20, 5)); /* max(20, 0): more than 20 holds */
	h.last_day = 21;
	assert_true(brake_holds(&h, 20, 5));
	for (int i = 0; i < BRAKE_DAYS; i++)
		h.daily[i] = (uint64_t)(i % 2 ? 8 : 12); /* median 10: 5 x 10 */
	assert_true(brake_median(&h) > 9.99 && brake_median(&h) < 10.01);
	h.last_day = 50;
	assert_false(brake_holds(&h, 20, 5));
	h.last_day = 51;
	assert_true(brake_holds(&h, 20, 5));
	h.daily[2] = 100000; /* one bad day does not move a median */
	assert_true(brake_holds(&h, 20, 5));
}

static void
test_caps(void **state)
{
	struct policy_caps caps = {
	    .notices_per_hour = 3, .notices_per_hour_per_cause = 2};
	struct brake_counts counts = {0};
	int sent = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		if (brake_fits(&caps, &counts)) {
			counts.notices_hour++;
			counts.notices_hour_cause++;
			sent++;
		}
	assert_int_equal(sent, 2);
	counts.notices_hour_cause = 0; /* another cause */
	assert_true(brake_fits(&caps, &counts));
	counts.notices_hour++;
	assert_false(brake_fits(&caps, &counts));
}

static void
test_shadow(void **state)
{
	struct policy_shadow shadow = {.days = 14, .sample = 50};

	(void)state;
	assert_true(brake_shadow(&shadow, 0, 13 * WHEN_DAY, 50));
	assert_true(brake_shadow(&shadow, 0, 14 * WHEN_DAY, 49));
	assert_false(brake_shadow(&shadow, 0, 14 * WHEN_DAY, 50));
}

static void
test_causes(void **state)
{
	struct sighting s = {.group = GROUP_REPORT,
	    .identifier = "event4_sinkhole",
	    .source = "shadow-csv",
	    .upstream = "shadowserver"};
	struct sighting hit = {
	    .group = GROUP_INTEL, .identifier = "indicator", .remote_name = "c2.example"};
	char text[BRAKE_CAUSE];

	(void)state;
	assert_string_equal(cause_of(&s, text), "report:event4_sinkhole");
	assert_string_equal(cause_indicator(&s, text), "");
	assert_true(cause_matches(&s, "report:event4_sinkhole"));
	assert_true(cause_matches(&s, "source:shadow-csv"));
	assert_true(cause_matches(&s, "upstream:shadowserver"));
	assert_false(cause_matches(&s, "upstream:shadow"));
	assert_false(cause_matches(&s, "detector:event4_sinkhole"));
	assert_string_equal(cause_of(&hit, text), "detector:indicator");
	assert_true(cause_matches(&hit, "indicator:c2.example"));
	hit.remote_name[0] = '\0';
	hit.remote = addr_v4(0xc0000201);
	assert_string_equal(cause_indicator(&hit, text), "indicator:192.0.2.1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hold),
	    cmocka_unit_test(test_caps),
	    cmocka_unit_test(test_shadow),
	    cmocka_unit_test(test_causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
