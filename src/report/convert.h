/* SPDX-License-Identifier: Apache-2.0 */
/* convert.h -- from a cell's text to a typed value, after the table of facts. */
#ifndef REPORT_CONVERT_H
#define REPORT_CONVERT_H

#include "base/mem.h"
#include "report/facts.h"
#include "report/item.h"

/* A row by the names of its columns. */
struct row {
	const char *const *columns; /* lower-case */
	const char *const *cells;
	size_t count;
};

/* False: the cell says nothing that the field can hold. Texts are the arena's or the
 * cell's; out->name is left alone. */
bool convert(const struct fact_column *fact, const char *cell, const struct row *row,
    struct arena *arena, struct value *out);

#endif
