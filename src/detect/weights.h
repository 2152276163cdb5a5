/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weights.h -- share/weights.yaml: what a kind of evidence is worth, in nats, and why.
 *
 * Rows {detector or report row, bin, weight, basis, line_days, clean_hits}. A row whose
 * basis is capture, simulation or site claims at most ln(N/(c+3)); simulation rows at
 * most 4 nats in operation. `assigned` rows serve until others replace them.
 */
#ifndef DETECT_WEIGHTS_H
#define DETECT_WEIGHTS_H

#include "base/err.h"

#include <stdint.h>

struct weight_table;

/* From a file, or the built-in assigned table with path NULL. */
struct weight_table *weights_read(const char *path, struct err *err);
void weights_free(struct weight_table *table);
/* The weight of `name` ("scan", "indicator.c2_domain", "report.sinkhole", ...); 0 if the
 * table has no such row. */
double weights_get(const struct weight_table *table, const char *name);
/* A digest of the content, stored with each sighting. */
uint32_t weights_version(const struct weight_table *table);

#endif
