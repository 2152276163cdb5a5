/* SPDX-License-Identifier: Apache-2.0 */
/*
 * date.c -- see date.h.
 *
 * Dates are read as tokens (numbers, words, signs), not as patterns: each token fills a
 * part that is still empty, and the first that fits none ends the date. So the order of
 * ctime, of RFC 5322 and of date(1) are one code. A number's meaning comes from its
 * length and its neighbours: "2014-01-31", "07:19", "31.01.2014", four digits a year.
 *
 * Not handled: names of months in other languages than English; zones by place
 * ("Europe/Berlin"); week dates; abbreviations that several countries use (IST, BST).
 */
#include "report/date.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { YEAR_MIN = 1990, YEAR_MAX = 2099, WORD = 10 };

struct scan {
	const char *at;
	int year, month, day; /* 0: not told yet */
	int hour, minute, second, micro;
	bool timed, minutes_only, zoned, signed_zone, epoch;
	int64_t offset, seconds; /* seconds: since 1970, where `epoch` */
};

/* ---- characters */

static size_t
digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* At most nine digits. */
static int
number(const char *text, size_t size)
{
	int value = 0;

	for (size_t i = 0; i < size; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

static size_t
letters(const char *text)
{
	size_t size = 0;

	while (isalpha((unsigned char)text[size]))
		size++;
	return size;
}

/* Is the word one of the names, or the first three letters of one? */
static int
name_among(const char *word, size_t size, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if ((size == 3 || size == strlen(names[i])) &&
		    strncasecmp(word, names[i], size) == 0)
			return i + 1;
	return 0;
}

static int
month_of(const char *word, size_t size)
{
	static const char *const names[] = {"January", "February", "March", "April",
	    "May", "June", "July", "August", "September", "October", "November",
	    "December"};

	if (size == 4 && strncasecmp(word, "Sept", 4) == 0)
		return 9;
	return name_among(word, size, names, 12);
}

static bool
is_weekday(const char *word, size_t size)
{
	static const char *const names[] = {
	    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

	return name_among(word, size, names, 7) != 0;
}

/* ---- zones */

bool
date_zone(const char *name, size_t size, int64_t *offset)
{
	static const struct {
		const char *name;
		int minutes;
	} zones[] = {{"UTC", 0}, {"GMT", 0}, {"UT", 0}, {"Z", 0}, {"EST", -300},
	    {"EDT", -240}, {"CST", -360}, {"CDT", -300}, {"MST", -420}, {"MDT", -360},
	    {"PST", -480}, {"PDT", -420}, {"AKST", -540}, {"AKDT", -480}, {"HST", -600},
	    {"WET", 0}, {"WEST", 60}, {"CET", 60}, {"CEST", 120}, {"MET", 60},
	    {"MEST", 120}, {"MEZ", 60}, {"MESZ", 120}, {"EET", 120}, {"EEST", 180},
	    {"MSK", 180}, {"BRT", -180}, {"JST", 540}, {"KST", 540}, {"HKT", 480},
	    {"AEST", 600}, {"AEDT", 660}, {"NZST", 720}, {"NZDT", 780}};

	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
		if (strlen(zones[i].name) == size &&
		    strncasecmp(name, zones[i].name, size) == 0) {
			*offset = zones[i].minutes * WHEN_MINUTE;
			return true;
		}
	return false;
}

/* "+0100", "-07:00", "+02"; after "GMT" also "+2". */
static bool
take_sign(struct scan *s, bool named)
{
	const char *at = s->at + 1;
	size_t n = digits(at), minutes_size = 0;
	const char *minutes = at + 2;

	if (!s->timed || s->signed_zone || (n != 4 && n != 2 && !(named && n == 1)))
		return false;
	if (n == 4)
		minutes_size = 2;
	else if (n == 2 && at[2] == ':' && digits(at + 3) == 2) {
		minutes = at + 3;
		minutes_size = 2;
	}
	if (number(at, n == 1 ? 1 : 2) > 14 || number(minutes, minutes_size) > 59)
		return false;
	s->offset =
	    (*s->at == '-' ? -1 : 1) * (number(at, n == 1 ? 1 : 2) * WHEN_HOUR +
					   number(minutes, minutes_size) * WHEN_MINUTE);
	s->zoned = s->signed_zone = true;
	s->at = minutes_size > 0 ? minutes + minutes_size : at + n;
	return true;
}

/* A zone's name; an offset by sign, before or after it, counts more. */
static bool
take_zone(struct scan *s, size_t size)
{
	int64_t offset;

	if (!s->timed || !date_zone(s->at, size, &offset))
		return false;
	s->at += size;
	if (s->signed_zone)
		return true;
	s->offset = offset;
	s->zoned = true;
	if (offset == 0 && (*s->at == '+' || *s->at == '-'))
		(void)take_sign(s, true);
	return true;
}

/* "(CEST)": says something only where no zone was told. */
static bool
take_comment(struct scan *s)
{
	size_t size = strcspn(s->at, ")"), inside = size - 1;
	int64_t offset;

	if (!s->timed || s->at[size] == 0 || size > 40)
		return false;
	if (!s->zoned && date_zone(s->at + 1, inside, &offset)) {
		s->offset = offset;
		s->zoned = true;
	}
	s->at += size + 1;
	return true;
}

/* ---- numbers */

static bool
set_date(struct scan *s, int year, int month, int day)
{
	if (s->year != 0 || s->month != 0 || s->day != 0)
		return false;
	s->year = year;
	s->month = month;
	s->day = day;
	return year >= YEAR_MIN && year <= YEAR_MAX && month >= 1 && month <= 12 &&
	       day >= 1 && day <= 31;
}

static int
decimals(const char **at)
{
	int micro = 0, unit = 100000;

	if ((**at != '.' && **at != ',') || !isdigit((unsigned char)(*at)[1]))
		return 0;
	for ((*at)++; isdigit((unsigned char)**at); (*at)++, unit /= 10)
		micro += (**at - '0') * unit;
	return micro;
}

/* "07:19", "07:19:02.5"; and "21: 09:11" as one mailer wrote. */
static bool
take_clock(struct scan *s, size_t size)
{
	const char *at = s->at + size + 1;
	int hour = number(s->at, size);

	at += *at == ' ' && digits(at + 1) == 2 && at[3] == ':';
	if (s->timed || digits(at) != 2)
		return false;
	s->hour = hour;
	s->minute = number(at, 2);
	at += 2;
	s->minutes_only = !(at[0] == ':' && digits(at + 1) == 2);
	if (!s->minutes_only) {
		s->second = number(at + 1, 2);
		at += 3;
		s->micro = decimals(&at);
	}
	s->timed = true;
	s->at = at;
	return hour <= 23 && s->minute <= 59 && s->second <= 60;
}

/* Three numbers joined by one sign: "2014-01-31", "31.01.2014", "1/31/2014". */
static bool
take_triple(struct scan *s, size_t size)
{
	const char *second = s->at + size + 1, *third;
	size_t two = digits(second), three;
	int a = number(s->at, size), b, c;
	char sign = s->at[size];
	bool good;

	if (two < 1 || two > 2 || second[two] != sign)
		return false;
	third = second + two + 1;
	three = digits(third);
	b = number(second, two);
	c = number(third, three < 4 ? three : 4);
	if (size == 4 && (three == 1 || three == 2))
		good = set_date(s, a, b, c);
	else if (size > 2 || three != 4)
		return false;
	else if (sign == '/' && b > 12)
		good = set_date(s, c, a, b);
	else
		good = (sign == '.' || a > 12) && set_date(s, c, b, a);
	s->at = third + three;
	return good;
}

/* "20150301" or "20150301T014559". */
static bool
take_eight(struct scan *s)
{
	const char *at = s->at;

	if (!set_date(s, number(at, 4), number(at + 4, 2), number(at + 6, 2)))
		return false;
	s->at += 8;
	at = s->at + 1;
	if ((s->at[0] != 'T' && s->at[0] != 't') || digits(at) != 6)
		return true;
	s->hour = number(at, 2);
	s->minute = number(at + 2, 2);
	s->second = number(at + 4, 2);
	s->timed = true;
	s->at += 7;
	s->micro = decimals(&s->at);
	return s->hour <= 23 && s->minute <= 59 && s->second <= 60;
}

/* Seconds, or a thousand or million times as many, since 1970. */
static bool
take_epoch(struct scan *s, size_t size)
{
	if (s->year != 0 || s->month != 0 || s->day != 0 || s->timed)
		return false;
	s->epoch = true;
	s->seconds = (int64_t)number(s->at, 9) * 10 + (s->at[9] - '0');
	for (size_t i = 10, unit = 100000; i < size; i++, unit /= 10)
		s->micro += (s->at[i] - '0') * (int)unit;
	s->at += size;
	if (size == 10)
		s->micro = decimals(&s->at);
	return s->seconds >= INT64_C(631152000) && s->seconds < INT64_C(4102444800);
}

/* A sign that joins parts of a date goes with the part before it. */
static void
skip_joint(struct scan *s, bool word_follows)
{
	const char *next = s->at + 1;

	if ((*s->at == '/' || *s->at == '-') &&
	    (word_follows ? letters(next) >= 3 : isdigit((unsigned char)*next) != 0))
		s->at++;
}

/* A number by itself: day or year, whichever is missing. */
static bool
take_lone(struct scan *s, size_t size)
{
	int value = number(s->at, size);
	const char *next = s->at + size;

	if (size == 4 && s->year == 0 && s->month != 0) {
		s->year = value;
		s->at = next;
		s->at += *next == ':' && isdigit((unsigned char)next[1]); /* Apache */
		return value >= YEAR_MIN && value <= YEAR_MAX;
	}
	if (size > 2)
		return false;
	next += *next == ' ' || *next == '/' || *next == '-';
	if (s->day == 0 && (s->month != 0 || month_of(next, letters(next)) != 0)) {
		s->day = value;
		s->at += size;
		skip_joint(s, true);
		return value >= 1 && value <= 31;
	}
	if (size != 2 || s->day == 0 || s->month == 0 || s->year != 0 || s->timed)
		return false;
	s->year = value < 50 ? 2000 + value : 1900 + value; /* RFC 5322, 4.3 */
	s->at += size;
	return s->year >= YEAR_MIN;
}

static bool
take_number(struct scan *s)
{
	size_t size = digits(s->at);
	char next = s->at[size];

	if (size == 8)
		return take_eight(s);
	if (size == 10 || size == 13 || size == 16)
		return take_epoch(s, size);
	if (size > 4)
		return false;
	if (size <= 2 && next == ':')
		return take_clock(s, size);
	if ((next == '-' || next == '/' || next == '.') &&
	    isdigit((unsigned char)s->at[size + 1]))
		return take_triple(s, size);
	return take_lone(s, size);
}

/* ---- words */

static bool
take_half(struct scan *s, size_t size)
{
	bool pm = strncasecmp(s->at, "PM", size) == 0;

	if (size != 2 || !s->timed || s->hour > 12 || s->hour == 0 ||
	    (!pm && strncasecmp(s->at, "AM", size) != 0))
		return false;
	s->hour = s->hour % 12 + (pm ? 12 : 0);
	s->at += size;
	return true;
}

static bool
take_word(struct scan *s)
{
	size_t size = letters(s->at);
	int month = month_of(s->at, size);

	if (month != 0 && s->month == 0) {
		s->month = month;
		s->at += size;
		skip_joint(s, false);
		return true;
	}
	if (is_weekday(s->at, size) && s->day == 0) {
		s->at += size;
		return true;
	}
	if (size == 1 && (*s->at == 'T' || *s->at == 't') && s->day != 0 && !s->timed &&
	    isdigit((unsigned char)s->at[1])) {
		s->at++;
		return true;
	}
	if (size == 2 && strncasecmp(s->at, "at", 2) == 0 && s->day != 0 && !s->timed) {
		s->at += size;
		return true;
	}
	return take_half(s, size) || take_zone(s, size);
}

/* ---- the whole */

static bool
take_token(struct scan *s)
{
	if (isdigit((unsigned char)*s->at))
		return !s->epoch && take_number(s);
	if (isalpha((unsigned char)*s->at))
		return take_word(s);
	if (*s->at == '(')
		return take_comment(s);
	return (*s->at == '+' || *s->at == '-') && take_sign(s, false);
}

static int64_t
to_time(const struct scan *s, int year)
{
	return when_from_civil(
	    &(struct civil){year, (uint8_t)s->month, (uint8_t)s->day, (uint8_t)s->hour,
		(uint8_t)s->minute, (uint8_t)s->second, (uint32_t)s->micro});
}

/* The last such day that is at most two days after `near`: clocks go wrong a little. */
static int
year_near(const struct scan *s, int64_t near)
{
	int year = when_to_civil(near).year + 1;

	while (to_time(s, year) > near + 2 * WHEN_DAY)
		year--;
	return year;
}

static bool
is_civil(int64_t t, const struct scan *s)
{
	struct civil c = when_to_civil(t);

	return c.month == s->month && c.day == s->day;
}

static bool
finish(struct scan *s, int64_t near, struct date *out)
{
	int64_t t;

	*out = (struct date){.zoned = true, .timed = true};
	if (s->epoch) {
		out->time = s->seconds * WHEN_SECOND + s->micro;
		return true;
	}
	if (s->month == 0 || s->day == 0 || (s->year == 0 && (near == 0 || !s->timed)))
		return false;
	if (!s->timed)
		s->hour = 12;
	if (s->second == 60) /* a leap second: our days have none */
		s->second = 59;
	t = to_time(s, s->year != 0 ? s->year : year_near(s, near));
	out->zoned = s->zoned;
	out->timed = s->timed;
	out->time = t - s->offset;
	out->precision = (s->zoned ? 0 : DATE_NO_ZONE) + (s->timed ? 0 : 12 * WHEN_HOUR) +
			 (s->timed && s->minutes_only ? WHEN_MINUTE : 0);
	return is_civil(t, s);
}

size_t
date_prefix(const char *text, int64_t near, struct date *out)
{
	struct scan s = {.at = text}, good;

	do {
		good = s;
		s.at += strspn(s.at, " \t,");
	} while (take_token(&s));
	return finish(&good, near, out) ? (size_t)(good.at - text) : 0;
}

bool
date_parse(const char *text, int64_t near, struct date *out)
{
	static const char around[] = " \t\r\n'\"";
	size_t used;

	text += strspn(text, around);
	used = date_prefix(text, near, out);
	return used > 0 && text[used + strspn(text + used, around)] == 0;
}
