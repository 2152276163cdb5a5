/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h -- from the columns of one table's header to what is done with each cell.
 *
 * Made once for a header: which facts each column has, in the order in which they count
 * (the table's, not the header's), and which fields more than one column may fill. A row
 * is then one walk over the steps.
 */
#ifndef REPORT_PLAN_H
#define REPORT_PLAN_H

#include "base/mem.h"
#include "report/facts.h"
#include "report/item.h"

struct plan;

/* `columns`: `count` names as they came, copied. A column that the facts do not know is
 * kept as extra.COLUMN. `report` is borrowed for the plan's life. */
struct plan *plan_new(
    const struct fact_report *report, const char *const *columns, size_t count);
void plan_free(struct plan *plan);
/* Columns that the report's own facts, or those of long ago, do not know; and columns of
 * the report's own facts that the header lacks. */
size_t plan_unknown(const struct plan *plan);
size_t plan_missing(const struct plan *plan);
/* Does a column fill the field, in this header? */
bool plan_fills(const struct plan *plan, const char *field);

/* A column's name as tables of facts have it: small letters, digits, '_' and '-'. */
const char *plan_name(struct arena *arena, const char *column);

/* Puts what the cells say, and the report's constants, into the item; texts are borrowed
 * from the cells and the arena. What a conversion refuses is kept as it came. `cells` are
 * as many as the columns. */
void plan_row(
    struct plan *plan, const char *const *cells, struct arena *arena, struct item *item);
/* Of what the row says under the report's name, whatever the order of the columns. */
struct id128 plan_digest(struct plan *plan, const char *const *cells);

#endif
