/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h -- writing JSON as a stream, reading it through jansson.
 *
 * The writer puts commas and escapes; invalid UTF-8 becomes U+FFFD, so that its output
 * is always JSON. Reading: jansson's json_t, with our limits (depth, size) and errors.
 *
 *     struct jw j;
 *     jw_begin(&j, &wr);
 *     jw_object(&j, NULL);            -- the name is NULL inside arrays and at the top
 *       jw_text(&j, "host", "192.0.2.1");
 *       jw_array(&j, "groups"); jw_text(&j, NULL, "mail"); jw_end(&j);
 *     jw_end(&j);
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { JSON_DEPTH = 32 };

struct jw {
	struct wr *out;
	uint32_t depth;
	bool comma[JSON_DEPTH];
	char closer[JSON_DEPTH];
};

void jw_begin(struct jw *j, struct wr *out);
void jw_object(struct jw *j, const char *name);
void jw_array(struct jw *j, const char *name);
void jw_end(struct jw *j);
/* NULL text is written as null. */
void jw_text(struct jw *j, const char *name, const char *text);
void jw_text_n(struct jw *j, const char *name, const char *text, size_t size);
void jw_int(struct jw *j, const char *name, int64_t value);
void jw_uint(struct jw *j, const char *name, uint64_t value);
/* `decimals` digits after the point; NaN and infinities are written as null. */
void jw_fixed(struct jw *j, const char *name, double value, int decimals);
void jw_flag(struct jw *j, const char *name, bool value);
void jw_null(struct jw *j, const char *name);
/* RFC 3339 text of µs since 1970; null for an open end (WHEN_NEVER, INT64_MIN). */
void jw_when(struct jw *j, const char *name, int64_t t);
/* A value that was read, written again compactly. */
void jw_value(struct jw *j, const char *name, const json_t *value);

/* The value compactly, 0.9992 as that and not as 0.99919999999999998; the caller frees
 * it. NULL if `value` is, or holds a text that is not UTF-8. */
char *json_text(const json_t *value);

/* One document of `size` bytes; NULL with a sentence naming line and column. The caller
 * owns it (json_decref). Duplicate keys and nesting beyond JSON_DEPTH*4 are refused; a
 * \u0000 ends its text for whoever reads it as a C string. */
json_t *json_read(const char *text, size_t size, struct err *err);

#endif
