/* SPDX-License-Identifier: Apache-2.0 */
/* test_chart.c -- ticks are nice, text is escaped, points land where they belong. */
#include "../../src/chart/chart.c"

#include "base/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_nice_numbers(void **state)
{
	struct axis a;

	(void)state;
	axis_number(&a, 0, 97, 5);
	assert_true(a.low == 0 && a.high == 100 && a.count == 6);
	assert_string_equal(a.label[1], "20");
	axis_number(&a, 0.02, 0.09, 5);
	assert_string_equal(a.label[0], "0.02");
	axis_number(&a, 3, 3, 5); /* no extent */
	assert_true(a.high > a.low && a.count > 1);
	axis_number(&a, NAN, NAN, 5);
	assert_true(a.high > a.low);
}

static void
test_time_ticks(void **state)
{
	struct civil c = {.year = 2026, .month = 3, .day = 2, .hour = 5};
	double low = (double)when_from_civil(&c);
	struct axis a;

	(void)state;
	axis_time(&a, low, low + 7.0 * WHEN_DAY, 8);
	assert_string_equal(a.label[0], "2026-03-03");
	assert_int_equal(a.count, 7);
	axis_time(&a, low, low + 6.0 * WHEN_HOUR, 8);
	assert_string_equal(a.label[1], "06:00");
	axis_time(&a, low, low + 400.0 * WHEN_DAY, 8);
	assert_string_equal(a.label[0], "2026-05");
	assert_true(a.count <= AXIS_TICKS);
}

static const char *
drawn(struct wr *w, const char *title)
{
	static const double x[] = {0, 10, 20}, y[] = {0, 5, 10};
	static const struct chart_series series = {
	    .kind = CHART_LINE, .label = "a<b", .x = x, .y = y, .count = 3};
	struct chart chart = {.title = title,
	    .description = "d",
	    .width = 400,
	    .height = 200,
	    .from_zero = true,
	    .series = &series,
	    .series_count = 1};

	wr_init(w, 65536);
	chart_svg(&chart, w);
	return wr_string(w);
}

static void
test_escapes(void **state)
{
	struct wr w;
	const char *svg = drawn(&w, "<script>\"&\x01");

	(void)state;
	assert_null(strstr(svg, "<script"));
	assert_non_null(strstr(svg, "<title>&lt;script&gt;&quot;&amp;</title>"));
	assert_non_null(strstr(svg, ">a&lt;b</text>"));
	wr_fini(&w);
}

static void
test_points(void **state)
{
	struct wr w;
	const char *svg = drawn(&w, "t");

	(void)state;
	/* Plot: x 58..384, y 42..174; the middle of the data is the middle of the plot.
	 */
	assert_non_null(strstr(svg, "d=\"M58.0 174.0L221.0 108.0L384.0 42.0\""));
	wr_fini(&w);
}

static void
test_gap_lifts_the_pen(void **state)
{
	const double x[] = {0, 1, 2, 3}, y[] = {1, NAN, 2, 3};
	const struct chart_series series = {
	    .kind = CHART_STEPS, .x = x, .y = y, .count = 4};
	struct chart chart = {.title = "t",
	    .description = "d",
	    .width = 300,
	    .height = 200,
	    .series = &series,
	    .series_count = 1};
	struct wr w;
	const char *path;

	(void)state;
	wr_init(&w, 65536);
	chart_svg(&chart, &w);
	path = strstr(wr_string(&w), "<path d=\"M");
	assert_non_null(path);
	assert_non_null(strchr(path + 11, 'M'));
	wr_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nice_numbers),
	    cmocka_unit_test(test_time_ticks),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_points),
	    cmocka_unit_test(test_gap_lifts_the_pen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
