/* SPDX-License-Identifier: Apache-2.0 */
/* test_date.c -- the dates met in reports, and those that must not be read. */
#include "../../src/report/date.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char near_text[] = "2014-02-01T12:00:00Z";

static int64_t
near_time(void)
{
	int64_t t;

	assert_true(when_parse(near_text, &t, NULL));
	return t;
}

static void
expect(const char *text, const char *utc, bool zoned, int64_t precision)
{
	struct date d;
	char shown[WHEN_TEXT];

	if (!date_parse(text, near_time(), &d))
		fail_msg("not read: %s", text);
	if (strcmp(when_text(d.time, shown), utc) != 0)
		fail_msg("%s: read as %s", text, shown);
	if (d.zoned != zoned || d.precision != precision)
		fail_msg("%s: zoned %d, precision %lld", text, d.zoned,
		    (long long)d.precision);
}

static void
test_zoned(void **state)
{
	static const char *const cases[][2] = {
	    {"Fri, 31 Jan 2014 07:19:02 +0100", "2014-01-31T06:19:02Z"},
	    {"Fri, 31 Jan 2014 07:25:31 +0100 (CET)", "2014-01-31T06:25:31Z"},
	    {" 31 Jan 14 07:25:31 EST ", "2014-01-31T12:25:31Z"},
	    {"Tue, 19 Jan 2016 14:32:49 EDT", "2016-01-19T18:32:49Z"},
	    {"Tue, 19 Jan 2016 14:32:40 -0500 (EST)", "2016-01-19T19:32:40Z"},
	    {"Tue, 19 Jan 2016 15:16:34 UTC", "2016-01-19T15:16:34Z"},
	    {"Mon, 7 Sep 2015 08:58:04 PST", "2015-09-07T16:58:04Z"},
	    {"Fri, 4 Sep 2015 21:52:52 -0000", "2015-09-04T21:52:52Z"},
	    {"2015-03-02T01:45:59+01:00", "2015-03-02T00:45:59Z"},
	    {"2015-03-02 01:45:59 +0100", "2015-03-02T00:45:59Z"},
	    {"2015-05-15 17:03:11-07:00", "2015-05-16T00:03:11Z"},
	    {"2015-03-02T01:45Z", "2015-03-02T01:45:00Z"},
	    {"'2015-03-02T01:45:59.250Z'", "2015-03-02T01:45:59.250000Z"},
	    {"20150302T014559Z", "2015-03-02T01:45:59Z"},
	    {"2015-09-14 07:49:54 CEST", "2015-09-14T05:49:54Z"},
	    {"Thu Mar 26 15:20:01 2020 +00:00 GMT", "2020-03-26T15:20:01Z"},
	    {"Thu Mar 26 2020 15:20:01 GMT-0700 (PDT)", "2020-03-26T22:20:01Z"},
	    {"Thu Mar 26 15:20:01 CET 2020", "2020-03-26T14:20:01Z"},
	    {"26 March 2020 at 3:20:01 PM UTC+2", "2020-03-26T13:20:01Z"},
	    {"31/Jan/2014:07:19:02 +0100", "2014-01-31T06:19:02Z"},
	    {"31-Jan-2014 07:19:02 (CET)", "2014-01-31T06:19:02Z"},
	    {"Sun, 07 Jun 2015 21: 09:11 +0200", "2015-06-07T19:09:11Z"},
	    {"31.01.2014, 07:19:02 GMT", "2014-01-31T07:19:02Z"},
	    {"1391149142", "2014-01-31T06:19:02Z"},
	    {"1391149142.5", "2014-01-31T06:19:02.500000Z"},
	    {"1391149142500", "2014-01-31T06:19:02.500000Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(cases[i][0], cases[i][1], true,
		    strstr(cases[i][0], "45Z") ? WHEN_MINUTE : 0);
}

static void
test_wide(void **state)
{
	(void)state;
	expect("2015-03-02 01:45:59", "2015-03-02T01:45:59Z", false, DATE_NO_ZONE);
	expect("2015/03/02 01:45", "2015-03-02T01:45:00Z", false,
	    DATE_NO_ZONE + WHEN_MINUTE);
	expect("Thu Mar 26 15:20:01 2020", "2020-03-26T15:20:01Z", false, DATE_NO_ZONE);
	expect(
	    "2015-03-02", "2015-03-02T12:00:00Z", false, DATE_NO_ZONE + 12 * WHEN_HOUR);
	expect(
	    "Jan 31 07:19:02", "2014-01-31T07:19:02Z", false, DATE_NO_ZONE); /* syslog */
	expect("Dec 31 07:19:02", "2013-12-31T07:19:02Z", false, DATE_NO_ZONE);
	expect("Feb  3 11:00:00", "2014-02-03T11:00:00Z", false, DATE_NO_ZONE);
	expect("1/31/2014 7:19:02 AM", "2014-01-31T07:19:02Z", false, DATE_NO_ZONE);
	expect("2015-03-02 01:45:59 (IST)", "2015-03-02T01:45:59Z", false, DATE_NO_ZONE);
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {"", "yesterday", "3/4/2020 10:00:00",
	    "2015-02-30 01:45:59", "2015-13-01", "2015-03-02 25:00:00",
	    "2015-03-02 10:61:00", "10:00:00", "Mar", "31", "1195", "12345678901",
	    "9999999999", "2015-03-02 10:00:00 +9900", "2015-03-02 10:00:00 nonsense",
	    "Feb 29 10:00:00", "Mar 26 2020 2021"};
	struct date d;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (date_parse(cases[i], near_time(), &d))
			fail_msg("read: %s", cases[i]);
	assert_false(date_parse("Jan 31 07:19:02", 0, &d));
}

/* A date ends where the sentence goes on. */
static void
test_prefix(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} cases[] = {
	    {"Fri, 31 Jan 2014 07:19:02 +0100 -- service: regbot", 31},
	    {"2015-03-02 01:45:59 +01:00).", 26},
	    {"2015-05-15 17:03:11 5 attempts", 19},
	    {"2015-05-15 17:03:11 - 5 attempts", 19},
	    {"31/Jan/2014:07:19:02 +0100] \"POST", 26},
	    {"2015-05-15, and then", 10},
	};
	struct date d;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(date_prefix(cases[i].text, 0, &d), cases[i].size);
	assert_int_equal(date_prefix("on 2015-05-15", 0, &d), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_zoned),
	    cmocka_unit_test(test_wide),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
