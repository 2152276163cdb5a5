/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.c -- see json.h. RFC 8259. jansson itself bounds nesting at 2048; ours is lower
 * and is found before it builds anything, by counting brackets outside strings.
 */
#include "base/json.h"

#include "base/utf8.h"
#include "base/when.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

enum { REAL_DIGITS = 15 }; /* what a double keeps of any decimal number */

void
jw_begin(struct jw *j, struct wr *out)
{
	*j = (struct jw){.out = out};
}

static void
put_escape(struct wr *out, unsigned char c)
{
	switch (c) {
	case '"':
		wr_text(out, "\\\"");
		break;
	case '\\':
		wr_text(out, "\\\\");
		break;
	case '\n':
		wr_text(out, "\\n");
		break;
	case '\r':
		wr_text(out, "\\r");
		break;
	case '\t':
		wr_text(out, "\\t");
		break;
	default:
		wr_printf(out, "\\u%04x", c);
	}
}

/* How many bytes from `text` on may be copied as they are. */
static size_t
plain_run(const char *text, size_t size)
{
	size_t i = 0;

	while (i < size) {
		unsigned char c = (unsigned char)text[i];
		uint32_t code;
		size_t length;

		if (c < ' ' || c == '"' || c == '\\' || c == 0x7f)
			break;
		length = c < 0x80 ? 1 : utf8_next(text + i, size - i, &code);
		if (length == 1 && c >= 0x80)
			break;
		i += length;
	}
	return i;
}

static void
put_string(struct wr *out, const char *text, size_t size)
{
	wr_u8(out, '"');
	for (size_t i = 0; i < size;) {
		size_t run = plain_run(text + i, size - i);

		wr_put(out, text + i, run);
		i += run;
		if (i == size)
			break;
		if ((unsigned char)text[i] < 0x80)
			put_escape(out, (unsigned char)text[i]);
		else
			wr_text(out, "\xef\xbf\xbd");
		i++;
	}
	wr_u8(out, '"');
}

/* The comma and the name before a value. */
static void
lead(struct jw *j, const char *name)
{
	if (j->depth > 0) {
		bool object = j->closer[j->depth - 1] == '}';

		assert(object == (name != NULL));
		if (j->comma[j->depth - 1])
			wr_u8(j->out, ',');
		j->comma[j->depth - 1] = true;
	}
	if (name != NULL) {
		put_string(j->out, name, strlen(name));
		wr_u8(j->out, ':');
	}
}

static void
open_level(struct jw *j, const char *name, char opener, char closer)
{
	lead(j, name);
	assert(j->depth < JSON_DEPTH);
	wr_u8(j->out, (uint8_t)opener);
	j->comma[j->depth] = false;
	j->closer[j->depth++] = closer;
}

void
jw_object(struct jw *j, const char *name)
{
	open_level(j, name, '{', '}');
}

void
jw_array(struct jw *j, const char *name)
{
	open_level(j, name, '[', ']');
}

void
jw_end(struct jw *j)
{
	assert(j->depth > 0);
	wr_u8(j->out, (uint8_t)j->closer[--j->depth]);
}

void
jw_text_n(struct jw *j, const char *name, const char *text, size_t size)
{
	lead(j, name);
	put_string(j->out, text, size);
}

void
jw_text(struct jw *j, const char *name, const char *text)
{
	if (text == NULL)
		jw_null(j, name);
	else
		jw_text_n(j, name, text, strlen(text));
}

void
jw_int(struct jw *j, const char *name, int64_t value)
{
	lead(j, name);
	wr_printf(j->out, "%" PRId64, value);
}

void
jw_uint(struct jw *j, const char *name, uint64_t value)
{
	lead(j, name);
	wr_printf(j->out, "%" PRIu64, value);
}

void
jw_fixed(struct jw *j, const char *name, double value, int decimals)
{
	if (!isfinite(value)) {
		jw_null(j, name);
		return;
	}
	lead(j, name);
	wr_printf(j->out, "%.*f", decimals, value);
}

void
jw_flag(struct jw *j, const char *name, bool value)
{
	lead(j, name);
	wr_text(j->out, value ? "true" : "false");
}

void
jw_null(struct jw *j, const char *name)
{
	lead(j, name);
	wr_text(j->out, "null");
}

void
jw_when(struct jw *j, const char *name, int64_t t)
{
	char text[WHEN_TEXT];
	bool bound = t != WHEN_NEVER && t != INT64_MIN;

	jw_text(j, name, bound ? when_text(t, text) : NULL);
}

char *
json_text(const json_t *value)
{
	return json_dumps(
	    value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS));
}

void
jw_value(struct jw *j, const char *name, const json_t *value)
{
	char *text = json_text(value);

	assert(text != NULL); /* jansson holds only valid UTF-8 and finite numbers */
	lead(j, name);
	wr_text(j->out, text);
	free(text);
}

/* False if brackets outside strings nest deeper than `limit`. */
static bool
nests_within(const char *text, size_t size, int limit)
{
	int depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']'))
			depth--;
		if (depth > limit)
			return false;
	}
	return true;
}

json_t *
json_read(const char *text, size_t size, struct err *err)
{
	json_error_t where;
	json_t *json;

	if (!nests_within(text, size, 4 * JSON_DEPTH)) {
		(void)err_set(err, "JSON: nested deeper than %d", 4 * JSON_DEPTH);
		return NULL;
	}
	json = json_loadb(text, size,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);
	if (json == NULL)
		(void)err_set(err, "JSON: line %d, column %d: %s", where.line,
		    where.column, where.text);
	return json;
}
