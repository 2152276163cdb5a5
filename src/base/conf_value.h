/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_value.h -- one scalar of the configuration: text to value and back.
 *
 * Private to conf.c (which knows YAML) and conf_print.c. What conf_value_print writes,
 * conf_value_parse reads as the same value.
 */
#ifndef BASE_CONF_VALUE_H
#define BASE_CONF_VALUE_H

#include "base/conf.h"

/* The field of `row` in `target`. */
static inline void *
conf_field(const struct conf_opt *row, void *target)
{
	return (char *)target + row->offset;
}

static inline const void *
conf_field_const(const struct conf_opt *row, const void *target)
{
	return (const char *)target + row->offset;
}

/* Sets a field of a scalar type; an old CONF_TEXT is freed. `text` NULL: YAML's null.
 * The sentence in `err` begins with the value and names neither file nor key. */
MUST_CHECK bool conf_value_parse(
    const struct conf_opt *row, void *field, const char *text, struct err *err);
/* Appends one item to a CONF_TEXTS or CONF_PREFIXES field. */
MUST_CHECK bool conf_value_append(
    const struct conf_opt *row, void *field, const char *text, struct err *err);
void conf_value_preset(const struct conf_opt *row, void *field);
void conf_value_free(const struct conf_opt *row, void *field);
/* A scalar, or a list of scalars as `[a, b]`. */
void conf_value_print(const struct conf_opt *row, const void *field, struct wr *out);
/* A duration with the largest unit that divides it; WHEN_NEVER is "never". */
void conf_duration_print(int64_t value, struct wr *out);
/* "duration", "text", ... as manuals and errors name it. */
const char *conf_type_name(enum conf_type type);

#endif
