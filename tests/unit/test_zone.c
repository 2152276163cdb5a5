/* SPDX-License-Identifier: Apache-2.0 */
/* test_zone.c -- against values of the zone database (tzdata, Europe/Stockholm). */
#include "../../src/base/zone.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int64_t
at(const char *text)
{
	int64_t t = 0;

	assert_true(when_parse(text, &t, NULL));
	return t;
}

static void
test_against_database(void **state)
{
	static const struct {
		const char *utc, *local;
	} rows[] = {
	    {"2011-08-10T09:46:53Z", "2011-08-10T11:46:53Z"},
	    {"2024-03-31T00:59:59Z", "2024-03-31T01:59:59Z"},
	    {"2024-03-31T01:00:00Z", "2024-03-31T03:00:00Z"},
	    {"2024-10-27T00:59:59Z", "2024-10-27T02:59:59Z"},
	    {"2024-10-27T01:00:00Z", "2024-10-27T02:00:00Z"},
	    {"2026-11-22T16:30:00Z", "2026-11-22T17:30:00Z"},
	    {"2008-12-31T23:30:00Z", "2009-01-01T00:30:00Z"},
	    {"2021-03-28T01:00:00Z", "2021-03-28T03:00:00Z"},
	    {"2023-10-29T00:30:00Z", "2023-10-29T02:30:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct civil c = zone_civil(at(rows[i].utc));
		char text[WHEN_TEXT];

		assert_string_equal(when_text(when_from_civil(&c), text), rows[i].local);
	}
}

static void
test_text(void **state)
{
	char out[ZONE_TEXT];

	(void)state;
	assert_string_equal(zone_text(at("2011-08-10T09:46:53Z"), ZONE_SV, out),
	    "10 augusti 2011 kl. 11.46 svensk sommartid (UTC+2)");
	assert_string_equal(zone_text(at("2011-08-10T09:46:53Z"), ZONE_EN, out),
	    "10 August 2011, 11:46 Swedish summer time (UTC+2)");
	assert_string_equal(zone_text(at("2026-01-01T08:05:00Z"), ZONE_SV, out),
	    "1 januari 2026 kl. 09.05 svensk normaltid (UTC+1)");
}

static void
test_next_minute(void **state)
{
	static const struct {
		const char *from;
		int minute;
		const char *wanted;
	} rows[] = {
	    {"2026-11-22T16:30:00Z", 8 * 60, "2026-11-23T07:00:00Z"},
	    {"2026-11-22T06:59:59Z", 8 * 60, "2026-11-22T07:00:00Z"},
	    {"2026-11-22T07:00:00Z", 8 * 60, "2026-11-22T07:00:00Z"},
	    {"2024-03-30T20:00:00Z", 8 * 60, "2024-03-31T06:00:00Z"},
	    {"2024-10-26T20:00:00Z", 8 * 60, "2024-10-27T07:00:00Z"},
	    /* 02:30 happens not at all, and twice */
	    {"2024-03-31T00:10:00Z", 150, "2024-03-31T01:30:00Z"},
	    {"2024-10-27T00:10:00Z", 150, "2024-10-27T00:30:00Z"},
	    {"2024-10-27T00:40:00Z", 150, "2024-10-27T01:30:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[WHEN_TEXT];

		assert_string_equal(
		    when_text(zone_next_minute(at(rows[i].from), rows[i].minute), text),
		    rows[i].wanted);
	}
	assert_int_equal(zone_minute(at("2026-11-22T16:31:59Z")), 17 * 60 + 31);
	assert_int_equal(zone_day(at("1970-01-01T22:59:59Z")), 0);
	assert_int_equal(zone_day(at("1970-01-01T23:00:00Z")), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_database),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_next_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
