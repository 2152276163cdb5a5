/* SPDX-License-Identifier: Apache-2.0 */
/*
 * date.h -- the one reader of the dates that people and programs write in reports.
 *
 * Read are RFC 5322 with its obsolete zones and comments, ISO 8601 with and without T,
 * colon and zone, ctime and date(1), syslog (no year), Apache, day.month.year, eight
 * digits, seconds since 1970, and mixtures met in mails: "+00:00 GMT", "GMT-0700 (PDT)",
 * "21: 09:11", a date in quotes. A date that could be read in two ways (3/4/2020) is not
 * read at all.
 *
 * What is not told makes the answer wide, never wrong: `precision` is how far, either
 * way, the true time may lie from `time`.
 *   - no zone: `time` takes the text for UTC; clocks run from UTC-12 to UTC+14, so 14 h;
 *   - no time of day: noon of that day, 12 h;
 *   - no seconds: 1 minute. All of these add up. Else 0.
 */
#ifndef REPORT_DATE_H
#define REPORT_DATE_H

#include "base/when.h"

#include <stddef.h>

#define DATE_NO_ZONE (14 * WHEN_HOUR)

struct date {
	int64_t time, precision; /* µs */
	bool zoned;              /* the text states its zone */
	bool timed;              /* and the time of day */
};

/* Reads the date at the start of `text` as far as it goes and returns its length; 0 if
 * there is none. `near`: µs, a time soon after it (when the mail was sent), from which a
 * missing year is taken; 0: not known, then such dates are not read. */
size_t date_prefix(const char *text, int64_t near, struct date *out);
/* The whole text, blanks and quotes around it aside. */
bool date_parse(const char *text, int64_t near, struct date *out);
/* A zone's name ("CEST", "GMT") as µs to add to UTC; false for unknown and ambiguous
 * ones. */
bool date_zone(const char *name, size_t size, int64_t *offset);

#endif
