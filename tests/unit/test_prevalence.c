/* SPDX-License-Identifier: Apache-2.0 */
/* test_prevalence.c -- windows and gaps to the day, by vectors worked out by hand. */
#include "../../src/measure/prevalence.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct day_seen
row(uint64_t line, const char *family, int64_t day)
{
	struct day_seen d = {.line = line, .day = day, .upstream = "x"};

	(void)snprintf(d.family, sizeof d.family, "%s", family);
	return d;
}

static struct prevalence *
figures(int64_t from, int64_t to, const struct day_seen *rows, size_t count)
{
	struct prevalence_run *run = prevalence_begin(from, to);

	for (size_t i = 0; i < count; i++)
		prevalence_add(run, &rows[i]);
	return prevalence_end(run);
}

/* Seen on day 100: active on 100..109, new on 100 only. */
static void
test_window(void **state)
{
	struct day_seen rows[] = {row(1, "mirai", 100)};
	struct prevalence *p = figures(90, 120, rows, 1);

	(void)state;
	for (int64_t day = 90; day <= 120; day++) {
		assert_int_equal(p->days[day - 90].active, day >= 100 && day <= 109);
		assert_int_equal(p->days[day - 90].fresh, day == 100);
	}
	assert_int_equal(p->complete_from, 130);
	assert_int_equal(p->lines, 1);
	prevalence_free(p);
}

/* 30 days apart is one episode, 31 days are two, also where the first lies before the
 * period asked for. */
static void
test_gap(void **state)
{
	struct day_seen near[] = {row(1, "", 100), row(1, "", 130)};
	struct day_seen far[] = {row(1, "", 99), row(1, "", 130)};
	struct prevalence *p = figures(100, 130, near, 2);

	(void)state;
	assert_int_equal(p->days[0].fresh, 1);
	assert_int_equal(p->days[30].fresh, 0);
	assert_int_equal(p->days[30].active, 1);
	prevalence_free(p);
	p = figures(110, 130, near, 2);
	assert_int_equal(p->days[20].fresh, 0);
	prevalence_free(p);
	p = figures(110, 130, far, 2);
	assert_int_equal(p->days[20].fresh, 1);
	prevalence_free(p);
}

/* A line with two families is one line, two episodes; a family that comes later is new
 * for itself, not for the line. */
static void
test_families(void **state)
{
	struct day_seen rows[] = {row(1, "mirai", 100), row(1, "mozi", 105),
	    row(2, "mirai", 105), row(3, "", 60)};
	struct prevalence *p = figures(100, 105, rows, 4);

	(void)state;
	assert_int_equal(p->days[5].active, 2);
	assert_int_equal(p->days[0].fresh, 1);
	assert_int_equal(p->days[5].fresh, 1);
	assert_int_equal(p->family_count, 2); /* day 60 is out of reach */
	assert_string_equal(p->families[0].name, "mirai");
	assert_int_equal(p->families[0].active, 2);
	assert_int_equal(p->families[0].fresh, 2);
	assert_string_equal(p->families[1].name, "mozi");
	assert_int_equal(p->families[1].active, 1);
	assert_int_equal(p->families[1].fresh, 1);
	prevalence_free(p);
}

static void
test_nothing(void **state)
{
	struct prevalence *p = figures(100, 105, NULL, 0);

	(void)state;
	assert_int_equal(p->days[5].active, 0);
	assert_int_equal(p->complete_from, 106);
	prevalence_free(p);
}

/* Reference CM-1 C11: 5,000 of 643,519 lines are 7.77 per 1,000 [7.56, 7.99]; 1,500 of
 * 548,684 are 2.73 [2.60, 2.88]. */
static void
test_interval(void **state)
{
	double low, high;

	(void)state;
	prevalence_interval(5000, 643519, &low, &high);
	assert_int_equal(lround(low * 1e5), 756);
	assert_int_equal(lround(high * 1e5), 799);
	prevalence_interval(1500, 548684, &low, &high);
	assert_int_equal(lround(low * 1e5), 260);
	assert_int_equal(lround(high * 1e5), 288);
	prevalence_interval(0, 100, &low, &high);
	assert_true(low <= 0 && high > 0.03 && high < 0.04);
	prevalence_interval(1, 0, &low, &high);
	assert_true(low <= 0 && high >= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_window),
	    cmocka_unit_test(test_gap),
	    cmocka_unit_test(test_families),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
