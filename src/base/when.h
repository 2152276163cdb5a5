/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when.h -- points in time: int64_t microseconds since 1970-01-01 UTC, and their text.
 *
 * Proleptic Gregorian calendar without leap seconds, computed here: no locale, no zone
 * database, the same answer in every jail. Local time for people is base/zone's task.
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#define WHEN_SECOND INT64_C(1000000)
#define WHEN_MINUTE (60 * WHEN_SECOND)
#define WHEN_HOUR   (60 * WHEN_MINUTE)
#define WHEN_DAY    (24 * WHEN_HOUR)
#define WHEN_NEVER  INT64_MAX

enum { WHEN_TEXT = 32 };

struct civil {
	int32_t year;
	uint8_t month, day, hour, minute, second; /* from 1, 1, 0, 0, 0 */
	uint32_t micro;
};

int64_t when_from_civil(const struct civil *c);
struct civil when_to_civil(int64_t t);
/* "2011-08-10T09:46:53Z"; with six decimals where the microseconds are not zero.
 * `out` holds WHEN_TEXT bytes and is returned. */
const char *when_text(int64_t t, char *out);
/* RFC 3339, also with a blank for the T, decimals, "Z", "+hh:mm", "+hhmm", or nothing:
 * then UTC, and *zoned becomes false (zoned may be NULL). Nothing may follow. */
bool when_parse(const char *text, int64_t *out, bool *zoned);
/* "90", "90s", "15m", "36h", "14d", "500ms": microseconds; false if negative, empty or
 * too large. */
bool when_parse_duration(const char *text, int64_t *out);

#endif
