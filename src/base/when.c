/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when.c -- see when.h. Days from civil dates and back after Howard Hinnant, "chrono-
 * compatible low-level date algorithms": years begin in March, eras have 400 years.
 */
#include "base/when.h"

#include <ctype.h>
#include <string.h>

static int64_t
days_from_civil(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year =
	    (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t
when_from_civil(const struct civil *c)
{
	int64_t seconds = days_from_civil(c->year, c->month, c->day) * 86400 +
			  c->hour * 3600 + c->minute * 60 + c->second;

	return seconds * WHEN_SECOND + c->micro;
}

struct civil
when_to_civil(int64_t t)
{
	int64_t days = t / WHEN_DAY - (t % WHEN_DAY < 0);
	int64_t rest = t - days * WHEN_DAY, seconds = rest / WHEN_SECOND;
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t shifted = (5 * of_year + 2) / 153;
	int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;

	return (struct civil){
	    .year = (int32_t)(year + era * 400 + (month <= 2)),
	    .month = (uint8_t)month,
	    .day = (uint8_t)(of_year - (153 * shifted + 2) / 5 + 1),
	    .hour = (uint8_t)(seconds / 3600),
	    .minute = (uint8_t)(seconds / 60 % 60),
	    .second = (uint8_t)(seconds % 60),
	    .micro = (uint32_t)(rest % WHEN_SECOND),
	};
}

/* Writes the last `digits` digits and returns where it ended. */
static char *
put_digits(char *at, uint32_t value, int digits)
{
	for (int i = digits - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
	return at + digits;
}

const char *
when_text(int64_t t, char *out)
{
	struct civil c = when_to_civil(t);
	const uint8_t fields[] = {c.month, c.day, c.hour, c.minute, c.second};
	char *at;

	if (c.year < 0 || c.year > 9999)
		return strcpy(out, "out of range");
	at = put_digits(out, (uint32_t)c.year, 4);
	for (int i = 0; i < 5; i++) {
		*at++ = "--T::"[i];
		at = put_digits(at, fields[i], 2);
	}
	if (c.micro != 0) {
		*at++ = '.';
		at = put_digits(at, c.micro, 6);
	}
	(void)strcpy(at, "Z");
	return out;
}

/* Reads exactly `digits` digits. */
static bool
number(const char **at, int digits, int *out)
{
	int v = 0;

	for (int i = 0; i < digits; i++, (*at)++) {
		if (!isdigit((unsigned char)**at))
			return false;
		v = v * 10 + (**at - '0');
	}
	*out = v;
	return true;
}

static bool
literal(const char **at, char wanted)
{
	if (**at != wanted)
		return false;
	(*at)++;
	return true;
}

static bool
zone(const char **at, int64_t *offset, bool *zoned)
{
	int hours, minutes, sign = **at == '-' ? -1 : 1;

	*zoned = **at != 0;
	*offset = 0;
	if (**at == 0 || literal(at, 'Z') || literal(at, 'z'))
		return true;
	if (!literal(at, '+') && !literal(at, '-'))
		return false;
	if (!number(at, 2, &hours))
		return false;
	(void)literal(at, ':');
	if (!number(at, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*offset = sign * (hours * WHEN_HOUR + minutes * WHEN_MINUTE);
	return true;
}

static bool
in_calendar(int year, int month, int day)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] + (month == 2 && leap);
}

static uint32_t
decimals(const char **at)
{
	uint32_t micro = 0, unit = 100000;

	if (**at != '.' && **at != ',')
		return 0;
	for ((*at)++; isdigit((unsigned char)**at); (*at)++, unit /= 10)
		micro += (uint32_t)(**at - '0') * unit;
	return micro;
}

bool
when_parse(const char *text, int64_t *out, bool *zoned)
{
	const char *at = text;
	int year, month, day, hour, minute, second;
	int64_t offset;
	uint32_t micro;
	bool known;

	if (!number(&at, 4, &year) || !literal(&at, '-') || !number(&at, 2, &month) ||
	    !literal(&at, '-') || !number(&at, 2, &day))
		return false;
	if (!literal(&at, 'T') && !literal(&at, 't') && !literal(&at, ' '))
		return false;
	if (!number(&at, 2, &hour) || !literal(&at, ':') || !number(&at, 2, &minute) ||
	    !literal(&at, ':') || !number(&at, 2, &second))
		return false;
	micro = decimals(&at);
	if (!zone(&at, &offset, &known) || *at != 0)
		return false;
	if (!in_calendar(year, month, day) || hour > 23 || minute > 59 || second > 60)
		return false;
	*out = when_from_civil(&(struct civil){year, (uint8_t)month, (uint8_t)day,
		   (uint8_t)hour, (uint8_t)minute, (uint8_t)second, micro}) -
	       offset;
	if (zoned != NULL)
		*zoned = known;
	return true;
}

bool
when_parse_duration(const char *text, int64_t *out)
{
	static const struct {
		const char *unit;
		int64_t micro;
	} units[] = {{"", WHEN_SECOND}, {"s", WHEN_SECOND}, {"ms", 1000}, {"us", 1},
	    {"m", WHEN_MINUTE}, {"h", WHEN_HOUR}, {"d", WHEN_DAY}};
	int64_t v = 0;
	const char *at = text;

	if (!isdigit((unsigned char)*at))
		return false;
	for (; isdigit((unsigned char)*at); at++) {
		if (v > (INT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (*at - '0');
	}
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(at, units[i].unit) == 0)
			return !__builtin_mul_overflow(v, units[i].micro, out);
	return false;
}
