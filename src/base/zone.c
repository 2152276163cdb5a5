/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone.c -- Swedish local time by rule; see zone.h for what it knows and does not.
 *
 * 31 March and 31 October are the last days of their months, so the last Sunday lies as
 * many days before them as their weekday says. 1970-01-01 was a Thursday.
 */
#include "base/zone.h"

#include <stdio.h>

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* 01:00 UTC of the last Sunday of a month of 31 days. */
static int64_t
last_sunday(int32_t year, uint8_t month)
{
	struct civil c = {.year = year, .month = month, .day = 31, .hour = 1};
	int64_t t = when_from_civil(&c);
	int64_t weekday = (floor_div(t, WHEN_DAY) % 7 + 7 + 4) % 7; /* 0: Sunday */

	return t - weekday * WHEN_DAY;
}

static bool
zone_is_summer(int64_t t)
{
	int32_t year = when_to_civil(t).year;

	return t >= last_sunday(year, 3) && t < last_sunday(year, 10);
}

int64_t
zone_offset(int64_t t)
{
	return zone_is_summer(t) ? 2 * WHEN_HOUR : WHEN_HOUR;
}

struct civil
zone_civil(int64_t t)
{
	return when_to_civil(t + zone_offset(t));
}

int
zone_minute(int64_t t)
{
	struct civil c = zone_civil(t);

	return c.hour * 60 + c.minute;
}

int64_t
zone_day(int64_t t)
{
	return floor_div(t + zone_offset(t), WHEN_DAY);
}

int64_t
zone_next_minute(int64_t t, int minute)
{
	int64_t local = zone_day(t) * WHEN_DAY + minute * WHEN_MINUTE;

	/* Today or tomorrow; read with the offset before and after a change, so that the
	 * night of a change finds its point (or, in the hour that does not exist, the
	 * point one hour later on the clock). */
	for (int day = 0; day < 2; day++, local += WHEN_DAY) {
		int64_t summer = local - 2 * WHEN_HOUR, winter = local - WHEN_HOUR;

		if (summer >= t && zone_is_summer(summer))
			return summer;
		if (winter >= t && (!zone_is_summer(winter) || !zone_is_summer(summer)))
			return winter;
	}
	return local - WHEN_HOUR;
}

const char *
zone_text(int64_t t, enum zone_language language, char *out)
{
	static const char *const months[2][12] = {
	    {"januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti",
		"september", "oktober", "november", "december"},
	    {"January", "February", "March", "April", "May", "June", "July", "August",
		"September", "October", "November", "December"},
	};
	bool summer = zone_is_summer(t);
	struct civil c = zone_civil(t);

	if (language == ZONE_SV)
		(void)snprintf(out, ZONE_TEXT, "%u %s %d kl. %02u.%02u %s", c.day,
		    months[0][c.month - 1], c.year, c.hour, c.minute,
		    summer ? "svensk sommartid (UTC+2)" : "svensk normaltid (UTC+1)");
	else
		(void)snprintf(out, ZONE_TEXT, "%u %s %d, %02u:%02u %s", c.day,
		    months[1][c.month - 1], c.year, c.hour, c.minute,
		    summer ? "Swedish summer time (UTC+2)"
			   : "Swedish standard time (UTC+1)");
	return out;
}
