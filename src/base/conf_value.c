/* SPDX-License-Identifier: Apache-2.0 */
/* conf_value.c -- see conf_value.h. */
#include "base/conf_value.h"

#include "base/mem.h"
#include "base/near.h"
#include "base/utf8.h"
#include "base/when.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Beyond this, int64_t and double part: used for presets such as WHEN_NEVER. */
static const double int64_edge = 9.2233720368547e18;

const char *
conf_type_name(enum conf_type type)
{
	static const char *const names[] = {
	    [CONF_INT] = "number",
	    [CONF_REAL] = "real",
	    [CONF_FLAG] = "yes|no",
	    [CONF_TEXT] = "text",
	    [CONF_DURATION] = "duration",
	    [CONF_TIME] = "time",
	    [CONF_CHOICE] = "choice",
	    [CONF_ADDR] = "address",
	    [CONF_PREFIXES] = "prefixes",
	    [CONF_TEXTS] = "texts",
	    [CONF_SECTION] = "section",
	    [CONF_LIST] = "list",
	};

	assert(type > CONF_END && type <= CONF_LIST);
	return names[type];
}

static int64_t
whole(double value)
{
	if (value >= int64_edge)
		return INT64_MAX;
	return value <= -int64_edge ? INT64_MIN : (int64_t)llround(value);
}

static bool
wrong(const struct conf_opt *row, const char *text, struct err *err)
{
	static const char *const wanted[] = {
	    [CONF_INT] = "a whole number",
	    [CONF_REAL] = "a number",
	    [CONF_FLAG] = "yes or no",
	    [CONF_TEXT] = "a text",
	    [CONF_DURATION] = "a duration such as 90s, 15m, 36h or 14d",
	    [CONF_TIME] = "a time with its zone, such as 2026-01-31T12:00:00Z",
	    [CONF_CHOICE] = "one of the choices",
	    [CONF_ADDR] = "an address",
	    [CONF_PREFIXES] = "a prefix such as 192.0.2.0/24, bits beyond it zero",
	    [CONF_TEXTS] = "a text",
	    [CONF_SECTION] = "a mapping",
	    [CONF_LIST] = "a list",
	};

	return err_set(err, "`%.60s` is not %s", text ? text : "null", wanted[row->type]);
}

/* Numbers in people's words; a row whose min equals its max has no range. */
static bool
in_range(const struct conf_opt *row, double value, const char *text, struct err *err)
{
	struct wr low, high;

	if (row->min >= row->max || (value >= row->min && value <= row->max))
		return true;
	wr_init(&low, 64);
	wr_init(&high, 64);
	if (row->type == CONF_DURATION) {
		conf_duration_print(whole(row->min), &low);
		conf_duration_print(whole(row->max), &high);
	} else {
		wr_printf(&low, "%.15g", row->min);
		wr_printf(&high, "%.15g", row->max);
	}
	(void)err_set(
	    err, "%.60s is outside %s to %s", text, wr_string(&low), wr_string(&high));
	wr_fini(&low);
	wr_fini(&high);
	return false;
}

static bool
parse_int(const struct conf_opt *row, int64_t *field, const char *text, struct err *err)
{
	char *end;
	long long value;

	if (!isdigit((unsigned char)text[text[0] == '-']))
		return wrong(row, text, err);
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *end != 0)
		return wrong(row, text, err);
	if (!in_range(row, (double)value, text, err))
		return false;
	*field = value;
	return true;
}

static bool
parse_real(const struct conf_opt *row, double *field, const char *text, struct err *err)
{
	char *end;
	double value;

	if (text[strspn(text, "+-.0123456789eE")] != 0)
		return wrong(
		    row, text, err); /* strtod would take hexadecimal and names */
	value = strtod(text, &end);
	if (end == text || *end != 0 || !isfinite(value))
		return wrong(row, text, err);
	if (!in_range(row, value, text, err))
		return false;
	*field = value;
	return true;
}

static bool
parse_flag(const struct conf_opt *row, bool *field, const char *text, struct err *err)
{
	static const char *const yes[] = {"yes", "true", "on"};
	static const char *const no[] = {"no", "false", "off"};

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*field = strcasecmp(text, yes[i]) == 0;
			return true;
		}
	return wrong(row, text, err);
}

static bool
parse_duration(
    const struct conf_opt *row, int64_t *field, const char *text, struct err *err)
{
	bool negative = row->min < 0 && *text == '-';
	int64_t value = WHEN_NEVER;

	if (strcmp(text, "never") != 0 && !when_parse_duration(text + negative, &value))
		return wrong(row, text, err);
	value = negative ? -value : value;
	if (!in_range(row, (double)value, text, err))
		return false;
	*field = value;
	return true;
}

/* Only years of four digits, so that the printed time can be read back. */
static bool
parse_time(const struct conf_opt *row, int64_t *field, const char *text, struct err *err)
{
	int64_t value;
	bool zoned;
	int32_t year;

	if (!when_parse(text, &value, &zoned) || !zoned)
		return wrong(row, text, err);
	year = when_to_civil(value).year;
	if (year < 0 || year > 9999)
		return wrong(row, text, err);
	*field = value;
	return true;
}

static bool
parse_choice(const struct conf_opt *row, int *field, const char *text, struct err *err)
{
	char nearest[160];
	size_t count = 0;

	for (; row->choices[count] != NULL; count++)
		if (strcmp(text, row->choices[count]) == 0) {
			*field = (int)count;
			return true;
		}
	near_list(text, row->choices, count, nearest, sizeof nearest);
	return err_set(
	    err, "`%.60s` is no choice; there are, the nearest first: %s", text, nearest);
}

static bool
parse_text(char **field, const char *text)
{
	free(*field);
	*field = text != NULL ? xstrdup(text) : NULL;
	return true;
}

bool
conf_value_parse(
    const struct conf_opt *row, void *field, const char *text, struct err *err)
{
	if (row->type == CONF_TEXT)
		return parse_text(field, text);
	if (text == NULL)
		return wrong(row, text, err);
	switch (row->type) {
	case CONF_INT:
		return parse_int(row, field, text, err);
	case CONF_REAL:
		return parse_real(row, field, text, err);
	case CONF_FLAG:
		return parse_flag(row, field, text, err);
	case CONF_DURATION:
		return parse_duration(row, field, text, err);
	case CONF_TIME:
		return parse_time(row, field, text, err);
	case CONF_CHOICE:
		return parse_choice(row, field, text, err);
	case CONF_ADDR:
		return addr_parse(text, field) || wrong(row, text, err);
	case CONF_END:
	case CONF_TEXT:
	case CONF_PREFIXES:
	case CONF_TEXTS:
	case CONF_SECTION:
	case CONF_LIST:
		break;
	}
	return wrong(row, text, err);
}

bool
conf_value_append(
    const struct conf_opt *row, void *field, const char *text, struct err *err)
{
	struct conf_prefixes *prefixes = field;
	struct conf_texts *texts = field;
	struct prefix prefix;

	if (text == NULL)
		return wrong(row, text, err);
	if (row->type == CONF_TEXTS) {
		texts->items =
		    xrealloc(texts->items, (texts->count + 1) * sizeof *texts->items);
		texts->items[texts->count++] = xstrdup(text);
		return true;
	}
	if (!prefix_parse(text, &prefix))
		return wrong(row, text, err);
	prefixes->items =
	    xrealloc(prefixes->items, (prefixes->count + 1) * sizeof *prefixes->items);
	prefixes->items[prefixes->count++] = prefix;
	return true;
}

/* A list's preset is its items with single blanks between. */
static void
preset_list(const struct conf_opt *row, void *field)
{
	char *copy = xstrdup(row->preset_text ? row->preset_text : ""), *save = NULL;
	struct err err;

	for (char *item = strtok_r(copy, " ", &save); item != NULL;
	     item = strtok_r(NULL, " ", &save))
		if (!conf_value_append(row, field, item, &err))
			fatal("preset of %s: %s", row->name, err.text);
	free(copy);
}

void
conf_value_preset(const struct conf_opt *row, void *field)
{
	switch (row->type) {
	case CONF_INT:
	case CONF_DURATION:
	case CONF_TIME:
		*(int64_t *)field = whole(row->preset);
		break;
	case CONF_REAL:
		*(double *)field = row->preset;
		break;
	case CONF_FLAG:
		*(bool *)field = row->preset > 0;
		break;
	case CONF_CHOICE:
		*(int *)field = (int)row->preset;
		break;
	case CONF_TEXT:
		*(char **)field = row->preset_text ? xstrdup(row->preset_text) : NULL;
		break;
	case CONF_ADDR:
		memset(field, 0, sizeof(struct addr));
		if (row->preset_text != NULL && !addr_parse(row->preset_text, field))
			fatal("preset of %s is no address", row->name);
		break;
	case CONF_PREFIXES:
		*(struct conf_prefixes *)field = (struct conf_prefixes){0};
		preset_list(row, field);
		break;
	case CONF_TEXTS:
		*(struct conf_texts *)field = (struct conf_texts){0};
		preset_list(row, field);
		break;
	case CONF_END:
	case CONF_SECTION:
	case CONF_LIST:
		assert(false && "no value");
	}
}

void
conf_value_free(const struct conf_opt *row, void *field)
{
	struct conf_prefixes *prefixes = field;
	struct conf_texts *texts = field;

	if (row->type == CONF_TEXT) {
		free(*(char **)field);
		*(char **)field = NULL;
	} else if (row->type == CONF_TEXTS) {
		for (size_t i = 0; i < texts->count; i++)
			free(texts->items[i]);
		free(texts->items);
		*texts = (struct conf_texts){0};
	} else if (row->type == CONF_PREFIXES) {
		free(prefixes->items);
		*prefixes = (struct conf_prefixes){0};
	}
}

void
conf_duration_print(int64_t value, struct wr *out)
{
	static const struct {
		const char *unit;
		int64_t micro;
	} units[] = {{"d", WHEN_DAY}, {"h", WHEN_HOUR}, {"m", WHEN_MINUTE},
	    {"s", WHEN_SECOND}, {"ms", 1000}, {"us", 1}};
	size_t i = 0;

	if (value == WHEN_NEVER) {
		wr_text(out, "never");
		return;
	}
	if (value == 0) {
		wr_text(out, "0s");
		return;
	}
	while (value % units[i].micro != 0)
		i++;
	wr_printf(out, "%" PRId64 "%s", value / units[i].micro, units[i].unit);
}

/* The fewest digits that read back as the same number. */
static void
print_real(double value, struct wr *out)
{
	char text[32];

	for (int digits = 6; digits <= 17; digits++) {
		(void)snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	wr_text(out, text);
}

/* YAML's double quotes: what it might fold, strip or refuse is written as an escape. */
static void
print_quoted(const char *text, struct wr *out)
{
	size_t size = strlen(text);
	uint32_t code;

	wr_u8(out, '"');
	for (size_t i = 0; i < size;) {
		size_t length = utf8_next(text + i, size - i, &code);
		bool plain =
		    (code >= ' ' && code < 0x7f && code != '"' && code != '\\') ||
		    (code >= 0xa0 && code != 0x2028 && code != 0x2029 && code != 0xfeff &&
			code != 0xfffe && code != 0xffff);

		if (plain && !(code == UTF8_INVALID && length == 1))
			wr_put(out, text + i, length);
		else
			wr_printf(out, "\\u%04x", code);
		i += length;
	}
	wr_u8(out, '"');
}

static void
print_text(const char *text, struct wr *out)
{
	if (text == NULL)
		wr_text(out, "null");
	else
		print_quoted(text, out);
}

static void
print_list(const struct conf_opt *row, const void *field, struct wr *out)
{
	const struct conf_prefixes *prefixes = field;
	const struct conf_texts *texts = field;
	char text[PREFIX_TEXT];
	size_t count = row->type == CONF_TEXTS ? texts->count : prefixes->count;

	wr_text(out, "[");
	for (size_t i = 0; i < count; i++) {
		wr_text(out, i > 0 ? ", " : "");
		print_quoted(row->type == CONF_TEXTS
				 ? texts->items[i]
				 : prefix_text(&prefixes->items[i], text),
		    out);
	}
	wr_text(out, "]");
}

void
conf_value_print(const struct conf_opt *row, const void *field, struct wr *out)
{
	char text[ADDR_TEXT]; /* a time is shorter */

	switch (row->type) {
	case CONF_INT:
		wr_printf(out, "%" PRId64, *(const int64_t *)field);
		break;
	case CONF_REAL:
		print_real(*(const double *)field, out);
		break;
	case CONF_FLAG:
		wr_text(out, *(const bool *)field ? "yes" : "no");
		break;
	case CONF_TEXT:
		print_text(*(char *const *)field, out);
		break;
	case CONF_DURATION:
		conf_duration_print(*(const int64_t *)field, out);
		break;
	case CONF_TIME:
		wr_text(out, when_text(*(const int64_t *)field, text));
		break;
	case CONF_CHOICE:
		wr_text(out, row->choices[*(const int *)field]);
		break;
	case CONF_ADDR:
		print_quoted(addr_text(field, text), out);
		break;
	case CONF_PREFIXES:
	case CONF_TEXTS:
		print_list(row, field, out);
		break;
	case CONF_END:
	case CONF_SECTION:
	case CONF_LIST:
		assert(false && "no value");
	}
}
